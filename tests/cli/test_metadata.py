"""The command `metadata`: what it prints and sets, and its exit codes."""

from pathlib import Path

import pytest

from core.__main__ import main
from core.base import settings
from core.workspace.store import Store
from tests.pages.test_pages import video_info

ANNA, BEN = "12" * 32, "34" * 32


@pytest.fixture
def library(store: Store, monkeypatch: pytest.MonkeyPatch):
    """A library with two clips of two folders, and one cell."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(store.workspace))
    settings.current.cache_clear()
    store.save_video(video_info("/study/control/anna_1.mp4", digest=ANNA))
    store.save_video(video_info("/study/drug/ben_2.mp4", digest=BEN))
    store.keep_metadata({ANNA: {"dose": "2"}})
    yield store
    settings.current.cache_clear()


@pytest.fixture
def command(capfdbinary):
    """Run the command here; gives exit code, standard output and standard error as text."""

    def run(*arguments: object) -> tuple[int, str, str]:
        code = main(["metadata", *map(str, arguments)])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    return run


def test_all_metadata_are_a_table_that_can_be_set_again(library: Store, command, tmp_path: Path):
    code, out, _ = command()
    assert (code, out) == (0, "clip,dose\nben_2.mp4,\nanna_1.mp4,2\n")
    table = tmp_path / "table.csv"
    table.write_text(out.replace("anna_1.mp4,2", "anna_1.mp4,3"))
    code, out, err = command("--set", table)
    assert (code, out) == (0, "clip,dose\nanna_1.mp4,3\n") and "metadata of 1 of 2 clips set" in err
    assert library.metadata() == {ANNA: {"dose": "3"}}


def test_a_table_with_another_column_of_clips_is_set_and_its_odd_rows_are_told(library: Store, command, tmp_path: Path):
    table = tmp_path / "animals.csv"
    table.write_text("file;diet\nben_2;sweet\nnone;sour\n")
    code, _, err = command("--set", table, "--clip-column", "FILE")
    assert code == 0 and "not in the library: none" in err
    assert library.metadata() == {ANNA: {"dose": "2"}, BEN: {"diet": "sweet"}}


def test_a_pattern_is_tried_and_then_set(library: Store, command, tmp_path: Path):
    call = ("--pattern", "{group}/{subject}_*", "--output", tmp_path / "out.csv")
    code, _, err = command(*call, "--dry-run")
    assert code == 0 and "would be set" in err and library.metadata() == {ANNA: {"dose": "2"}}
    assert command(*call)[0] == 0
    assert library.metadata()[BEN] == {"group": "drug", "subject": "ben"}
    assert (tmp_path / "out.csv").read_text().splitlines()[1] == "ben_2.mp4,drug,ben"


def test_what_sets_nothing_is_an_error_with_a_hint(library: Store, command, tmp_path: Path):
    table = tmp_path / "table.csv"
    table.write_text("clip,dose\nnone,1\n")
    for call, words in (
        (("--set", table), "None of 2 clips"),
        (("--set", table, "--clip-column", "file"), "has no column 'file'"),
        (("--set", tmp_path / "none.csv"), "cannot be read"),
        (("--pattern", "{a}.avi"), "None of 2 clips"),
        (("--pattern", "{a}{b}"), "Nothing separates"),
    ):
        code, out, err = command(*call)
        assert (code, out) == (1, "") and words in err and "hint: " in err
    library.delete_video(ANNA)
    library.delete_video(BEN)
    assert "The library has no clips" in command()[2]


@pytest.mark.parametrize(
    "options", [("--set", "a.csv", "--pattern", "{a}"), ("--clip-column", "file"), ("--dry-run",), ("a.mp4",)]
)
def test_a_call_that_does_not_fit_together_exits_with_2(command, options):
    with pytest.raises(SystemExit) as caught:
        command(*options)
    assert caught.value.code == 2
