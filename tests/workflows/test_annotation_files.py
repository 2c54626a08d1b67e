"""Labelled sets out of the label files of other programs."""

import pytest

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import Labels, Segment
from core.workflows import datasets
from core.workflows.datasets import Source
from tests.labels import A, labels, nwb_file, steady

SECONDS = (
    "elan",
    "boris",
    "boris-aggregated",
    "via",
    "via-csv",
    "activitynet",
    "coco",
    "createml",
    "vtt",
    "srt",
    "json",
)
WALK = labels(Segment(0.08, 0.2, "walk"), Segment(0.2, 0.32, "run"))


@pytest.fixture
def folder(tmp_path):
    """A folder with two files that may be clips."""
    for name in ("a.mp4", "b.mp4"):
        (tmp_path / name).write_bytes(b"clip")
    return tmp_path


@pytest.mark.parametrize("name", SECONDS)
def test_a_file_of_labels_beside_its_clips_is_a_set(folder, name):
    form = FORMATS[name]
    path = folder / f"a{form.suffix}"
    path.write_bytes(form.write(WALK))
    draft = datasets.read(Source(str(path)))
    (entry,) = draft.entries
    assert entry.path == "a.mp4" and set(draft.labels) == {"walk", "run"} and not draft.background
    item, findings = datasets.item(draft, entry, A)
    assert item is not None and [(one.start_s, one.stop_s, one.label) for one in item.segments] == [
        (0.08, 0.2, "walk"),
        (0.2, 0.32, "run"),
    ]
    assert not [one for one in (*draft.findings, *findings) if one.left_out]


def test_nwb_files_beside_their_clips_are_a_set(folder):
    for name, label in (("a", "walk"), ("b", "run")):
        nwb_file(folder / f"{name}.nwb", Segment(0.08, 0.2, label), Segment(0.2, 0.32, "rest"))
    draft = datasets.read(Source(str(folder / "a.nwb")))
    assert [entry.path for entry in draft.entries] == ["a.mp4"] and set(draft.labels) == {"walk", "rest"}
    assert datasets.form_of(folder) == datasets.form_of(folder / "b.nwb") == "labels"
    draft = datasets.read(Source(str(folder)))
    assert [entry.path for entry in draft.entries] == ["a.mp4", "b.mp4"] and not draft.findings
    item, findings = datasets.item(draft, draft.entries[1], A)
    assert item is not None and [(one.start_s, one.stop_s, one.label) for one in item.segments] == [
        (0.08, 0.2, "run"),
        (0.2, 0.32, "rest"),
    ]
    assert not findings
    (folder / "b.nwb").write_bytes(b"label,start,end")
    with pytest.raises(FormatInvalid, match=r"b\.nwb: expected an undamaged HDF5 file"):
        datasets.read(Source(str(folder)))


def test_a_folder_of_files_of_one_clip_each_is_a_set_and_the_rest_may_be_background(folder):
    for name, label in (("a", "walk"), ("b", "run")):
        told = labels(Segment(0.08, 0.2, label), info=steady(path=f"/x/{name}.mp4"))
        (folder / f"{name}.eaf").write_bytes(FORMATS["elan"].write(told))
    assert datasets.form_of(folder) == "labels"
    draft = datasets.read(Source(str(folder), watched=True))
    assert [entry.path for entry in draft.entries] == ["a.mp4", "b.mp4"]
    assert draft.labels == ("background", "walk", "run") and draft.background == "background"


def test_a_folder_with_one_table_of_labels_is_read_and_one_with_two_is_not(folder):
    table = FORMATS["boris"].write(WALK)
    (folder / "events.tsv").write_bytes(table)
    assert datasets.form_of(folder) == "labels"
    draft = datasets.read(Source(str(folder)))
    assert [entry.path for entry in draft.entries] == ["a.mp4"] and set(draft.labels) == {"walk", "run"}
    (folder / "more.tsv").write_bytes(table)
    assert datasets.form_of(folder) != "labels"


def test_clips_that_are_not_there_are_told(folder):
    several = Labels(
        (*WALK.clips, *labels(Segment(0.0, 0.1, "run"), info=steady(path="none.mp4")).clips), ("walk", "run")
    )
    (folder / "x.json").write_bytes(FORMATS["coco"].write(several))
    draft = datasets.read(Source(str(folder / "x.json")))
    assert [entry.path for entry in draft.entries] == ["a.mp4"]
    (finding,) = draft.findings
    assert finding.left_out and finding.file == "x.json" and "none.mp4" in finding.expected


@pytest.mark.parametrize("name", ["feral", "cvat", "fiftyone", "mstcn"])
def test_what_counts_frames_is_turned_into_a_table_first(folder, name):
    form = FORMATS[name]
    path = folder / f"a{form.suffix}"
    path.write_bytes(form.write(labels(Segment(0.08, 0.2, "walk"))))
    with pytest.raises(FormatInvalid, match="counts frames") as caught:
        datasets.read(Source(str(path)))
    assert f"convert {path.name}" in caught.value.hint


def test_a_plain_table_stays_a_table(folder):
    (folder / "a.csv").write_text("path,label\na.mp4,walk\n")
    assert datasets.form_of(folder / "a.csv") == datasets.form_of(folder) == "csv"
