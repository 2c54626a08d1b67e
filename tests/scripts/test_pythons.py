"""Which Pythons are tested by `make test-pythons`, and what it says of the others."""

import re
from pathlib import Path

import pytest

from scripts import pythons, setup

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[int, int]]:
    """The versions that the commands of this machine answer with."""
    answers: dict[str, tuple[int, int]] = {}

    def probe(command: list[str]) -> tuple[tuple[int, int], str]:
        name = " ".join(command)
        return answers.get(name, (0, 0)), name if name in answers else ""

    monkeypatch.setattr(setup, "probe", probe)
    monkeypatch.setattr(pythons, "ENVIRONMENTS", tmp_path / "pythons")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    return answers


def test_a_python_is_looked_for_by_name_and_with_pyenv(machine: dict, tmp_path: Path):
    for version in ("3.12.1", "3.13.0"):
        (tmp_path / "pyenv/versions" / version).mkdir(parents=True)
    machine["python3.11"] = (3, 11)
    machine[str(tmp_path / "pyenv/versions/3.13.0/bin/python")] = (3, 13)
    assert pythons.installed((3, 11)) == "python3.11"
    assert pythons.installed((3, 12)) == ""
    assert pythons.installed((3, 13)) == str(tmp_path / "pyenv/versions/3.13.0/bin/python")


def test_on_windows_the_launcher_is_asked(machine: dict, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(setup, "on_windows", lambda: True)
    machine["py -3.12"] = (3, 12)
    assert pythons.installed((3, 12)) == "py -3.12"


def test_a_command_of_another_version_is_not_taken(machine: dict):
    machine["python3.12"] = (3, 11)
    assert pythons.installed((3, 12)) == ""


def test_each_outcome_is_told_and_a_missing_python_is_no_failure(
    machine: dict, monkeypatch: pytest.MonkeyPatch, capsys
):
    machine.update({"python3.11": (3, 11), "python3.13": (3, 13)})
    monkeypatch.setattr(pythons, "passes", lambda version, program: True)
    assert pythons.main([]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Python 3.11: passed",
        "Python 3.12: not installed here",
        "Python 3.13: passed",
    ]


def test_a_failure_and_an_unknown_version_give_status_1(machine: dict, monkeypatch: pytest.MonkeyPatch, capsys):
    machine["python3.13"] = (3, 13)
    monkeypatch.setattr(pythons, "passes", lambda version, program: False)
    assert pythons.main(["3.13"]) == 1
    assert capsys.readouterr().out == "Python 3.13: FAILED\n"
    assert pythons.main(["3.14"]) == 1


def test_the_readme_promises_the_pythons_that_are_set_up():
    promise = re.search(r"Python (3[\d., or]+\d)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert promise and re.findall(r"3\.\d+", promise[1]) == [f"{major}.{minor}" for major, minor in setup.VERSIONS]
