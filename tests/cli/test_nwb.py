"""NWB files at the command line: of a study, and as a source of labels."""

import shutil
import sys
from pathlib import Path

import pytest

from core.stages.formats.nwb import writer
from tests.labels import recorded


@pytest.fixture
def packages() -> None:
    if not writer.installed():
        pytest.skip("pynwb and ndx-ethogram are not installed: pip install pynwb ndx-ethogram")


@pytest.fixture
def given(tmp_path: Path, square_clip: Path) -> Path:
    """A folder with two clips, their labels and a table about them."""
    for name in ("one", "two"):
        (tmp_path / "clips").mkdir(exist_ok=True)
        shutil.copy(square_clip, tmp_path / "clips" / f"{name}.mp4")
        (tmp_path / "labels").mkdir(exist_ok=True)
        (tmp_path / "labels" / f"{name}.csv").write_text("label,start,end,confidence\nwalk,0,0.4,0.75\nrest,0.4,1,\n")
    (tmp_path / "table.csv").write_text("clip,date,time,animal\none,2026-03-01,14:05:30,m1\ntwo,2026-03-02,,m2\n")
    return tmp_path


def call(folder: Path, *more: object) -> tuple:
    here = ("study", folder / "clips", "--tracks", folder / "labels", "--output", folder / "out", "--nwb")
    return (*here, *more)


def test_each_clip_becomes_a_file_and_one_without_a_start_is_told(packages, command, given):
    code, _, err = command(*call(given, "--metadata", given / "table.csv", "--subject", "animal"))
    assert code != 0 and "error: two.mp4: The column 'date' holds '2026-03-02'" in err and "session_start" in err
    assert [path.name for path in (given / "out" / "nwb").iterdir()] == ["one.nwb"]
    assert (given / "out" / "budget.csv").is_file(), "the tables do not depend on it"
    read = recorded(given / "out" / "nwb" / "one.nwb")
    assert read.session_start.isoformat().startswith("2026-03-01T14:05:30") and read.subject == "m1"
    assert read.metadata == {"date": "2026-03-01", "time": "14:05:30", "animal": "m1"}
    assert read.method == "unknown" and read.about["program"] == "Kinetoscope" and read.clip.name == "one.mp4"
    assert read.about["labels_from"] == "one.csv" and len(read.digest) == 64
    assert [segment.label for segment in read.clip.lanes[0].segments] == ["walk", "rest"]


def test_a_start_at_the_command_line_holds_for_all_and_the_files_are_converted(packages, command, given):
    code, _, err = command(*call(given, "--session-start", "2026-03-01T14:05+01:00"))
    assert code == 0 and "error" not in err
    source = given / "out" / "nwb" / "two.nwb"
    assert recorded(source).session_start.isoformat() == "2026-03-01T14:05:00+01:00"
    code, _, err = command("convert", source, given / "back.csv")
    assert (
        code == 0 and (given / "back.csv").read_text().count("walk") == 1 and "0.4" in (given / "back.csv").read_text()
    )
    code, _, err = command("convert", given / "back.csv", given / "made.nwb")
    assert code != 0 and "must say when the recording began" in err and "study --nwb" in err


def test_files_of_labels_of_a_study_give_the_same_study_again(packages, command, given):
    code, _, err = command(*call(given, "--session-start", "2026-03-01T14:05+01:00"))
    assert code == 0, err
    budget = (given / "out" / "budget.csv").read_bytes()
    code, out, err = command("study", given / "clips", "--tracks", given / "out" / "nwb")
    assert (code, out) == (0, budget), err
    one = given / "out" / "nwb" / "one.nwb"
    code, out, err = command("study", given / "clips", "--tracks", one, "--from", "nwb")
    assert code == 0 and out.decode().count("one.mp4") == 2 and "without labels, which take no part: two.mp4" in err
    (given / "out" / "nwb" / "two.nwb").write_bytes(one.read_bytes()[:5000])
    code, out, err = command("study", given / "clips", "--tracks", given / "out" / "nwb")
    assert code == 1 and "error: two.nwb: two.nwb: expected an undamaged HDF5 file" in err and b"one.mp4" in out


def test_a_start_that_is_no_column_is_told(packages, command, given):
    code, _, err = command(*call(given, "--metadata", given / "table.csv", "--session-start", "began"))
    assert code != 0 and "'began' is neither a date with a time nor a column" in err and "animal" in err


def test_without_the_packages_nothing_is_begun(command, given, monkeypatch):
    monkeypatch.setitem(sys.modules, "pynwb", None)
    code, _, err = command(*call(given))
    assert code != 0 and "pip install pynwb ndx-ethogram" in err and not (given / "out").exists()


@pytest.mark.parametrize("options", [("--nwb",), ("--session-start", "x")])
def test_options_that_do_not_fit_together_are_refused(command, given, capfdbinary, options):
    with pytest.raises(SystemExit):
        command("study", given / "clips", *options)
    assert f"{options[0]} needs --" in capfdbinary.readouterr().err.decode()
