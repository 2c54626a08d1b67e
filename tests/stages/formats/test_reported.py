"""Files as other programs write them: the values they mean, through what the command and the Label page call."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from core.__main__ import main
from core.base import settings
from core.stages import video
from core.workflows.annotation import files as label_files

Row = tuple[str, str, float, float]
Convert = Callable[..., tuple[list[Row], str]]

PLAIN, SECOND = "plain25.mp4", "second.mp4"
# file: clips given, further arguments, rows as clip, label, start, end, and words that the notes must hold.
REPORTED: dict[str, tuple[tuple[str, ...], tuple[str, ...], list[Row], tuple[str, ...]]] = {
    "boris/media_not_found.csv": ((PLAIN,), (), [(PLAIN, "rest", 0, 4), (PLAIN, "groom", 5, 10)], ()),
    "labelstudio/region_without_ranges.json": ((PLAIN,), (), [(PLAIN, "grasp", 1, 2)], ("result[2]", "left out")),
    "labelstudio/two_uploads.json": (
        (PLAIN, SECOND), (), [(PLAIN, "grasp", 1, 2), (SECOND, "release", 2, 3)], (),
    ),
    "labelstudio/config_framerate_10": ((PLAIN,), (), [(PLAIN, "grasp", 1, 2)], ("frameRate 10",)),
    "elan/two_cameras.eaf": ((SECOND,), (), [(SECOND, "wave", 3, 5)], ("2 s",)),
    "createml/clock.json": (
        (PLAIN,), (), [(PLAIN, "jump", 1, 3), (PLAIN, "run", 3.5, 5.25), (PLAIN, "walk", 6, 9.5)], (),
    ),
    "subtitles/no_blank_line.vtt": ((PLAIN,), (), [(PLAIN, "walk", 1, 2), (PLAIN, "run", 3, 4)], ()),
    "tables/gender.csv": ((PLAIN,), (), [(PLAIN, "walk", 1, 2)], ("'gender', which is not used",)),
    "cvat/skeleton.xml": ((PLAIN,), (), [(PLAIN, "rat", 0.4, 0.8)], ()),
    "cvat/track_without_end_step5.xml": ((PLAIN,), (), [(PLAIN, "rat", 2, 10)], ("never closed",)),
}  # fmt: skip


@pytest.fixture
def convert(shared_data: Path, tmp_path: Path, monkeypatch, capfd) -> Convert:
    """Run `convert` on a file of the reported ones; gives the rows of the table and what was told."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(tmp_path / "workspace"))
    settings.current.cache_clear()
    folder = shared_data / "reported"

    def run(name: str, clips: tuple[str, ...], *arguments: str) -> tuple[list[Row], str]:
        out = tmp_path / "out.csv"
        given = [part for clip in clips for part in ("--video", str(folder / clip))]
        code = main(["convert", str(folder / name), str(out), *given, *arguments])
        told = capfd.readouterr().err
        assert code == 0, told
        with out.open(encoding="utf-8") as table:
            return sorted(_row(cells) for cells in csv.DictReader(table)), told

    yield run
    settings.current.cache_clear()


def _row(cells: dict[str, str]) -> Row:
    return Path(cells["path"]).name, cells["label"], float(cells["start"]), float(cells["end"])


@pytest.mark.parametrize("name", REPORTED)
def test_a_reported_file_gives_its_values_at_the_command_line(convert: Convert, name: str):
    clips, arguments, rows, told = REPORTED[name]
    converted, notes = convert(name, clips, *arguments)
    assert converted == sorted((clip, label, float(start), float(end)) for clip, label, start, end in rows)
    assert all(words in notes for words in told), notes


@pytest.mark.parametrize("name", REPORTED)
def test_a_reported_file_gives_its_values_on_the_label_page(shared_data: Path, name: str):
    clips, _, rows, _ = REPORTED[name]
    folder = shared_data / "reported"
    path = folder / name
    files = {file.name: file.read_bytes() for file in (sorted(path.iterdir()) if path.is_dir() else [path])}
    for clip in clips:
        info = video.probe(str(folder / clip), "d" * 64)
        labels = label_files.read(files, info, clip)
        segments = [
            (segment.label, round(segment.start_s, 3), round(segment.stop_s, 3))
            for track in label_files.tracks_of(labels)
            for segment in track.segments
        ]
        assert sorted(segments) == sorted(
            (label, float(start), float(end)) for own, label, start, end in rows if own == clip
        )


def test_a_clip_that_was_given_and_bound_to_nothing_is_told(convert: Convert):
    rows, notes = convert("tables/gender.csv", (PLAIN, SECOND))
    assert rows == [(PLAIN, "walk", 1.0, 2.0)]
    assert "labels of second.mp4" in notes and "none" in notes
