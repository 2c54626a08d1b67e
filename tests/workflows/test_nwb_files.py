"""NWB files of studies: when a recording began, who labelled, and the ZIP of clips of the library."""

import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Lane, Segment
from core.stages.formats.nwb import writer
from core.workflows.study import nwb_files
from core.workflows.study.clips import StudyClip
from core.workflows.study.library import export, question
from core.workflows.study.library.question import LibraryQuestion
from core.workflows.study.result import Study
from core.workspace.store import Store
from tests.labels import recorded
from tests.workflows.test_library_study import ANNA, ENGINE, study_of

START = "2026-03-01T14:05:30+01:00"


@pytest.fixture
def packages() -> None:
    if not writer.installed():
        pytest.skip("pynwb and ndx-ethogram are not installed: pip install pynwb ndx-ethogram")


@pytest.mark.parametrize(
    "metadata, start, expected",
    [
        ({"session_start": START}, "", START),
        ({"Session_Start": START, "date": "2020-01-01"}, "", START),
        ({"session_start": "", "date": "2026-03-01T13:05:30Z"}, "", START),
        ({"date": "x", "began": START}, "began", START),
        ({"date": "2020-01-01T00:00Z"}, START, START),
    ],
)
def test_a_start_is_read_from_a_column_or_an_argument(metadata, start, expected):
    assert nwb_files.session_start(metadata, start) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("metadata", [{"session_start": "2026-07-01 14:05"}, {"date": "2026-07-01", "time": "14:05"}])
def test_a_start_without_a_time_zone_is_in_that_of_the_computer(metadata):
    moment = nwb_files.session_start(metadata)
    assert moment == datetime(2026, 7, 1, 14, 5).astimezone() and moment.tzinfo is not None


@pytest.mark.parametrize(
    "metadata, start, words",
    [
        ({}, "", "do not say when the recording began"),
        ({"session_start": " "}, "", "do not say when the recording began"),
        ({"date": "2026-03-01"}, "", "no date with a time of day"),
        ({"date": "2026-03-01", "time": "noon"}, "", "no date with a time of day"),
        ({"date": "01.03.2026 14:05"}, "", "no date with a time of day"),
        ({"diet": "sweet"}, "2026-03-01", "neither a date with a time nor a column"),
        ({"date": START}, "began", "neither a date with a time nor a column"),
    ],
)
def test_a_start_that_is_missing_or_not_exact_is_never_made_up(metadata, start, words):
    with pytest.raises(FormatInvalid, match=words) as refusal:
        nwb_files.session_start(metadata, start)
    assert "2026-03-01T14:05+01:00" in refusal.value.hint


@pytest.mark.parametrize(
    "about, model, method",
    [
        ({"labels": {"from": "model"}, "model": {}}, "", "automated"),
        ({"labels": {"from": "annotator"}, "model": None}, "", "manual"),
        ({"labels": {"from": "corrected"}, "model": {}}, "", "curated"),
        ({"model": {"name": "m"}}, "", "automated"),
        ({"model": None}, "m", "automated"),
        ({"model": None}, "", "unknown"),
    ],
)
def test_who_labelled_is_never_guessed(about, model, method):
    labels = ClipLabels("a.mp4", (Lane((Segment(0.0, 1.0, "walk"),)),), model=model, subject="m1")
    clip = StudyClip("x/a.mp4", "/x/a.mp4", labels)
    made = Study((), (clip,), ("walk",), (), (), (), None, (), (), {**about, "recipe": {"x/a.mp4": {"steps": []}}})
    record = nwb_files.recording(made, clip, START)
    assert (record.method, record.subject, record.clip.name) == (method, "m1", "x/a.mp4")
    assert record.about["recipe"] == {"steps": []}


def test_clips_of_one_name_have_files_of_their_own(packages, store: Store):
    clip = StudyClip("a/x.mp4", "", ClipLabels("x.mp4", (Lane(),)))
    others = [StudyClip(name, "", clip.labels) for name in ("a_x.mp4", "A_X.mp4", "../..")]
    made = Study((), (clip, *others), (), (), (), (), None, (), (), {})
    names = [name for name, _ in nwb_files.files(made, START)]
    assert len({name.casefold() for name in names}) == 4 and not any("/" in name or "\\" in name for name in names)
    assert names[:2] == ["a_x.nwb", "a_x-2.nwb"]


def test_the_zip_holds_a_file_of_each_clip_of_the_library(packages, store: Store, tmp_path: Path):
    digests = study_of(store, {"a": 2})
    own = LibraryQuestion(tuple(digests.values()), ANNA, subject="animal")
    with pytest.raises(FormatInvalid, match=r"2 of 2 clips, a0\.mp4, a1\.mp4: The metadata do not say"):
        export.make_nwb_files(store, own, ENGINE)
    assert not store.keys("export"), "nothing incomplete is kept"
    store.keep_metadata({digest: {"session_start": START} for digest in digests.values()})
    export.make_nwb_files(store, own, ENGINE)
    key = export.nwb_key(question.comparison_key(store, own, ENGINE))
    with zipfile.ZipFile(store.file_path(key)) as box:
        assert box.namelist() == ["a0.nwb", "a1.nwb"]
        box.extract("a0.nwb", tmp_path)
    read = recorded(tmp_path / "a0.nwb")
    assert read.method == "manual" and read.subject == "a0" and read.digest == digests["a0.mp4"]
    assert read.session_start.astimezone(UTC) == datetime(2026, 3, 1, 13, 5, 30, tzinfo=UTC)
    assert read.clip.lanes[0].author == "Anna" and read.clip.lanes[0].seen == ((0.0, 20.0),)
    assert [segment.label for segment in read.clip.lanes[0].segments] == ["rest", "<b>walk</b>", "rest"]
