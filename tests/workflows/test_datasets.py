"""Labelled sets: what readers find, what a check keeps, splits that cannot leak, near-duplicates."""

import io
import stat
import time
import zipfile
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core.base.errors import AnalysisError, Cancelled, FormatInvalid, NotEnoughExamples, ResultMissing, SplitInvalid
from core.domain import (
    TEST,
    TRAIN,
    VALIDATION,
    Dataset,
    Frame,
    Grouping,
    Item,
    PerceptualHashes,
    Segment,
    Split,
    VideoInfo,
    straddling,
)
from core.stages import video
from core.workflows import datasets
from core.workflows.datasets import Source, Stretch, archives, importer, library
from core.workspace.store import Store
from tests.conftest import moving_square, sample_frames


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def write(path: Path, *lines: str, end: str = "\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(end.join(lines) + end, "utf-8", newline="")
    return path


def clip_info(frames: int = 10, rate: int = 25, digest: str = "ab") -> VideoInfo:
    return VideoInfo(
        path="/a.mp4", digest=digest, width_px=96, height_px=64, frame_count=frames, declared_count=frames,
        times_s=np.arange(frames) / rate, rate_hz=Fraction(rate), variable_rate=False, duration_s=frames / rate,
        codec="h264", plays_in_browser=True, notes=(),
    )  # fmt: skip


def made(labels, groups, *, splits=(), paths=()) -> Dataset:
    """A set of one clip for each label and group."""
    items = tuple(
        Item(f"{place:x}", paths[place] if paths else f"{label}/{place}.mp4", 2.0, label=label, group=group,
             split=splits[place] if splits else "")
        for place, (label, group) in enumerate(zip(labels, groups, strict=True))
    )  # fmt: skip
    return Dataset("made", tuple(sorted(set(labels))), items)


def told(draft) -> list[tuple[str, int, str]]:
    return [(one.file, one.line, one.got) for one in draft.findings]


# A folder a class -----------------------------------------------------------------------------------------------------


def test_a_folder_a_class_keeps_paths_and_tells_what_is_no_clip_of_a_class(tmp_path):
    touch(tmp_path, "walk/a.avi", "walk/tom/b.avi", "run/c.mp4", "notes.txt", "run/.DS_Store")
    (tmp_path / "sit").mkdir()
    draft = datasets.read(Source(str(tmp_path)))
    assert [(one.path, one.label) for one in draft.entries] == [
        ("run/c.mp4", "run"), ("walk/a.avi", "walk"), ("walk/tom/b.avi", "walk"),
    ]  # fmt: skip
    assert told(draft) == [("notes.txt", 0, "a file beside the folders"), ("sit", 0, "an empty folder")]


@pytest.mark.parametrize("held_out", ["val", "valid", "Validate", "validation", "dev", "test", "Testing"])
def test_folders_that_are_called_after_parts_of_a_split_are_the_split(tmp_path, held_out):
    touch(tmp_path, "train/walk/a.avi", "train/run/b.avi", f"{held_out}/walk/tom/c.avi", "train/notes.txt")
    draft = datasets.read(Source(str(tmp_path)))
    side = "test" if held_out.lower().startswith("test") else "val"
    assert {(entry.path, entry.label, entry.split) for entry in draft.entries} == {
        ("train/walk/a.avi", "walk", "train"), ("train/run/b.avi", "run", "train"),
        (f"{held_out}/walk/tom/c.avi", "walk", side),
    }  # fmt: skip
    assert set(draft.labels) == {"walk", "run"}
    assert told(draft) == [("train/notes.txt", 0, "a file beside the folders")]


@pytest.mark.parametrize(
    "files",
    [
        ("test/a.avi", "train/b.avi"),  # classes of locomotives and of exams
        ("train/walk/a.avi", "test/walk/b.avi", "other/walk/c.avi"),
        ("val/walk/a.avi", "test/walk/b.avi"),
        ("train/walk/a.avi", "training/walk/b.avi"),
    ],
)
def test_folders_that_could_be_classes_are_classes(tmp_path, files):
    draft = datasets.read(Source(str(touch(tmp_path, *files))))
    assert {entry.split for entry in draft.entries} == {""}
    assert set(draft.labels) == {file.partition("/")[0] for file in files}


def test_clips_behind_links_are_read_once_though_links_go_round(tmp_path):
    touch(tmp_path, "elsewhere/a.avi", "set/walk/b.avi")
    (tmp_path / "set" / "run").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "set" / "walk" / "linked.avi").symlink_to(tmp_path / "elsewhere" / "a.avi")
    (tmp_path / "set" / "walk" / "round").symlink_to(tmp_path / "set" / "walk", target_is_directory=True)
    draft = datasets.read(Source(str(tmp_path / "set")))
    assert [entry.path for entry in draft.entries] == ["run/a.avi", "walk/b.avi", "walk/linked.avi"]


def test_a_split_without_test_clips_is_tested_on_its_validation_clips():
    dataset = made(["walk", "run"] * 6, [f"g{place // 2}" for place in range(12)], splits=["train"] * 8 + ["val"] * 4)
    assert datasets.tests_on_validation(dataset)
    fold = datasets.given_split(dataset, Grouping("column")).fold(0)
    assert fold.test == (8, 9, 10, 11) and fold.train and not set(fold.train) & set(fold.test)
    assert not datasets.tests_on_validation(replace(dataset, items=dataset.items[:8]))


def test_the_columns_of_a_table_are_known_by_its_first_line():
    assert datasets.columns(b'clip,"my, label"\n' + b"a.avi,walk\n" * 99999, "a.csv") == ["clip", "my, label"]
    assert datasets.columns("Datei;Verhalten\n".encode("utf-16"), "a.csv") == ["Datei", "Verhalten"]
    for content in (b"", b"no table", b"\xff\xfe\x00", b"a,b;c\n"):
        assert datasets.columns(content, "a.csv") == []


def test_a_folder_without_folders_and_a_path_to_nothing_are_refused(tmp_path):
    with pytest.raises(FormatInvalid, match="a subfolder for each class, got none"):
        datasets.read(Source(str(touch(tmp_path, "a.avi"))))
    with pytest.raises(FormatInvalid, match="no file or folder"):
        datasets.read(Source(str(tmp_path / "none")))


def test_a_folder_that_fits_two_layouts_is_refused_with_both(tmp_path):
    write(tmp_path / "classInd.txt", "1 Walk")
    touch(tmp_path, "groundTruth/a.txt")
    with pytest.raises(FormatInvalid, match=r"UCF101 .* and as .*MS-TCN"):
        datasets.form_of(tmp_path)


# Tables ---------------------------------------------------------------------------------------------------------------


def table(tmp_path, *lines, **options):
    touch(tmp_path, "clips/a.mp4", "clips/b.mp4", "clips/c.mp4")
    return datasets.read_csv(write(tmp_path / "set.csv", *lines), **options)


def test_a_table_is_read_by_its_headers_in_any_order(tmp_path):
    draft = table(
        tmp_path,
        "\ufefflabel,path,start,end,split,group,subject",
        "walk,clips/a.mp4,0.080,0.200,train,g1,tom",
        "run,clips/a.mp4,0.24,0.36,train,g1,tom",
        "007,clips/b.mp4,,,Validation,g2,",
    )
    first, second = draft.entries
    assert draft.labels == ("007", "run", "walk")
    assert first.stretches == (Stretch(0.08, 0.2, "walk", 2, 0.001), Stretch(0.24, 0.36, "run", 3, 0.01))
    assert (first.group, first.subject, first.split, second.split, second.label) == ("g1", "tom", "train", "val", "007")
    assert draft.findings == ()


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("video_name,tag", "clips/a.mp4,walk"),
        ("videoPath,label", "clips/a.mp4,walk"),
        ("file;class", "clips\\a.mp4;walk"),
        ("clip\taction", "clips/a.mp4\twalk"),
    ],
)
def test_other_names_and_separators_are_understood(tmp_path, header, row):
    (entry,) = table(tmp_path, header, row).entries
    assert (entry.label, Path(entry.file).name) == ("walk", "a.mp4")


def test_columns_of_any_name_can_be_mapped(tmp_path):
    lines = ("what,where,label", "walk,clips/a.mp4,ignored")
    draft = table(tmp_path, *lines, columns=(("label", "what"), ("path", "where")))
    assert draft.entries[0].label == "walk"
    assert told(draft) == [("set.csv", 1, "'label', which is not used")]


@pytest.mark.parametrize(
    ("lines", "match"),
    [
        (("path,label;x", "a,b"), "commas and semicolons"),
        (("path", "a"), "columns such as path,label"),
        (("file,path,label", "a,b,c"), "one column for path, got 'file' and 'path'"),
        (("path,path,label", "a,b,c"), "'path' twice"),
        (("path,what", "a,b"), "a column 'label'"),
        (("path,label,start_frame", "a,b,1"), "a column 'start_frame'"),
        (("path;label;start;end", "clips/a.mp4;w;1.5;2", "clips/a.mp4;w;3,5;4"), "both dots and commas"),
        (("path,label", 'clips/a.mp4,"w'), "a row of cells"),
    ],
)
def test_a_table_that_could_mean_several_things_is_refused(tmp_path, lines, match):
    with pytest.raises(FormatInvalid, match=match):
        table(tmp_path, *lines)


@pytest.mark.parametrize(
    ("row", "expected", "got"),
    [
        ("clips/none.mp4,walk,,,", "a clip clips/none.mp4", "no such file"),
        ("clips/a.mp4,,,,", "a label", "an empty cell"),
        (",walk,,,", "a path", "an empty cell"),
        ("clips/a.mp4,walk,1,,", "both start and end", "one of the two"),
        ("clips/a.mp4,walk,00:00:01:5,2,", "seconds", "units are ambiguous"),
        ("clips/a.mp4,walk,nan,2,", "seconds", "'nan'"),
        ("clips/a.mp4,walk,-1,2,", "seconds", "'-1'"),
        ("clips/a.mp4,walk,1e9999,2,", "seconds", "'1e9999'"),
        ("clips/a.mp4,walk,2,2,", "an end after the start", "2 to 2"),
        ("clips/a.mp4,walk,,,holdout", "train, val, test", "holdout"),
        ("clips/a.mp4,walk", "5 cells", "2"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_left_out(tmp_path, row, expected, got):
    draft = table(tmp_path, "path,label,start,end,split", "clips/b.mp4,run,,,", row)
    (found,) = draft.findings
    assert (found.file, found.line, found.left_out) == ("set.csv", 3, True)
    assert expected in found.expected
    assert got in found.got
    assert [entry.label for entry in draft.entries] == ["run"]


@pytest.mark.parametrize(
    ("rows", "kept", "lines"),
    [
        (("clips/a.mp4,walk,,,", "clips/a.mp4,walk,,,"), 1, [3]),
        (("clips/a.mp4,walk,,,", "clips/a.mp4,run,,,"), 0, [3]),
        (("clips/a.mp4,walk,,,", "clips/a.mp4,walk,0,1,"), 0, [2]),
        (("clips/a.mp4,walk,0,1,train", "clips/a.mp4,walk,1,2,test"), 0, [2]),
        (("clips/a.mp4,walk,,,", "clips/../clips/a.mp4,walk,,,"), 1, [3]),
    ],
)
def test_rows_that_contradict_each_other_are_told(tmp_path, rows, kept, lines):
    draft = table(tmp_path, "path,label,start,end,split", *rows)
    assert len(draft.entries) == kept
    assert [one.line for one in draft.findings] == lines


def test_what_is_no_text_is_refused(tmp_path):
    (tmp_path / "set.csv").write_bytes("path,label\na.mp4,gehört\n".encode("latin-1"))
    with pytest.raises(FormatInvalid, match="text in UTF-8, got byte 0xf6"):
        datasets.read(Source(str(tmp_path / "set.csv")))


# Lists ----------------------------------------------------------------------------------------------------------------


def ucf(tmp_path, train, test):
    write(tmp_path / "ucfTrainTestlist/classInd.txt", "1 Dive", "2 Swing", end="\r\n")
    write(tmp_path / "ucfTrainTestlist/trainlist01.txt", *train, end="\r\n")
    write(tmp_path / "ucfTrainTestlist/testlist01.txt", *test, end="\r\n")
    names = [f"v_Dive_g0{group}_c01.avi" for group in (1, 2)]
    touch(tmp_path, *(f"UCF-101/Dive/{name}" for name in names), "UCF-101/Swing/v_Swing_g01_c01.avi")
    return datasets.read(Source(str(tmp_path)))


def test_ucf_lists_give_classes_groups_and_sides(tmp_path):
    lines = ["Dive/v_Dive_g01_c01.avi 1", "Swing/v_Swing_g01_c01.avi 2"], ["Dive/v_Dive_g02_c01.avi"]
    draft = ucf(tmp_path, *lines)
    assert draft.findings == ()
    assert [(one.label, one.group, one.split) for one in draft.entries] == [
        ("Dive", "Dive g01", "train"), ("Swing", "Swing g01", "train"), ("Dive", "Dive g02", "test"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("train", "test", "expected", "line"),
    [
        (["Fly/v_Fly_g01_c01.avi 3"], [], "a class of classInd.txt", 1),
        (["Dive/v_Dive_g01_c01.avi 2"], [], "1, the number of Dive", 1),
        (["Dive/v_Dive_g09_c01.avi 1"], [], "a clip Dive/v_Dive_g09_c01.avi", 1),
        (["Dive/v_Dive_g01_c01.avi 1", "nothing"], [], "Class/clip.avi", 2),
        (["Dive/v_Dive_g01_c01.avi 1"], ["Dive/v_Dive_g01_c01.avi"], "once", 1),
    ],
)
def test_a_line_that_does_not_fit_is_told(tmp_path, train, test, expected, line):
    draft = ucf(tmp_path, train, test)
    assert any(expected in one.expected and one.line == line and one.left_out for one in draft.findings)
    assert sum(one.expected == "a line in one of the lists" for one in draft.findings) >= 2  # the clips no list names


def test_a_group_in_both_lists_is_told_and_its_split_refused(tmp_path):
    touch(tmp_path, "UCF-101/Dive/v_Dive_g01_c02.avi")
    draft = ucf(tmp_path, ["Dive/v_Dive_g01_c01.avi 1", "Swing/v_Swing_g01_c01.avi 2"], ["Dive/v_Dive_g01_c02.avi"])
    assert any("would leak" in one.got and not one.left_out for one in draft.findings)
    items = [replace(datasets.item(draft, one, clip_info())[0], video=f"{n}") for n, one in enumerate(draft.entries)]
    found = datasets.dataset(draft, items, ())
    with pytest.raises(SplitInvalid, match="Dive g01"):
        datasets.given_split(found, Grouping("column"))


def test_hmdb_lists_know_clips_that_a_split_does_not_use(tmp_path):
    touch(tmp_path, "brush_hair/a_b.avi", "brush_hair/c.avi", "brush_hair/d.avi", "wave/e.avi")
    write(tmp_path / "lists/brush_hair_test_split1.txt", "a_b.avi 1 ", "c.avi 2 ", "d.avi 0 ", "x.avi 7")
    write(tmp_path / "lists/wave_test_split2.txt", "e.avi 1")
    draft = datasets.read(Source(str(tmp_path)))
    assert [(one.label, one.split) for one in draft.entries] == [
        ("brush_hair", "train"), ("brush_hair", "test"), ("brush_hair", "unused"),
    ]  # fmt: skip
    expected = [one.expected for one in draft.findings]
    assert "a clip, then 0, 1 or 2" in expected
    assert "a list wave_test_split1.txt" in expected
    assert any(one.expected.startswith("70 clips") and not one.left_out for one in draft.findings)


def mstcn(tmp_path, rows, mapping=("0 background", "1 walk"), **options):
    if mapping:
        write(tmp_path / "mapping.txt", *mapping)
    write(tmp_path / "groundTruth/a.txt", *rows)
    write(tmp_path / "splits/train.split1.bundle", "a.txt")
    touch(tmp_path, "videos/a.mp4")
    return datasets.read(Source(str(tmp_path), **options))


def test_frame_labels_become_seconds_of_the_clips_own_clock(tmp_path):
    """The event of three frames that stands in every format's conformance test."""
    draft = mstcn(tmp_path, ["background"] * 2 + ["walk"] * 3 + ["background"] * 5)
    item, found = datasets.item(draft, draft.entries[0], clip_info(10))
    assert found == ()
    assert item.segments == (Segment(0.08, 0.2, "walk"),)
    assert item.seen == ((0.0, 0.4),)
    assert item.split == "train"
    assert draft.background == "background"


def test_frame_labels_must_fit_the_frames(tmp_path):
    draft = mstcn(tmp_path, ["walk"] * 5)
    item, found = datasets.item(draft, draft.entries[0], clip_info(10))
    assert item is None
    assert "5 rows; they would fit every 2 frames" in found[0].got
    draft = mstcn(tmp_path, ["walk"] * 5, every=2)
    item, found = datasets.item(draft, draft.entries[0], clip_info(10))
    assert item.segments == (Segment(0.0, 0.4, "walk"),)


def test_an_unknown_frame_label_leaves_its_stretch_unknown(tmp_path):
    draft = mstcn(tmp_path, ["walk"] * 4 + ["wlak"] * 2 + ["walk"] * 4)
    assert told(draft) == [("groundTruth/a.txt", 5, "'wlak' in 2 rows")]
    item, _ = datasets.item(draft, draft.entries[0], clip_info(10))
    found = datasets.dataset(draft, [item], ())
    row = datasets.targets(found, item, clip_info(10).times_s)
    walk = found.labels.index("walk")
    assert row.tolist() == [walk] * 4 + [datasets.UNKNOWN] * 2 + [walk] * 4


# Segments in seconds --------------------------------------------------------------------------------------------------


def checked(tmp_path, *rows, frames=10, **options):
    draft = table(tmp_path, "path,label,start,end", *rows, **options)
    item, found = datasets.item(draft, draft.entries[0], clip_info(frames))
    return draft, item, found


def test_rounded_times_go_back_to_the_frames_they_came_from(tmp_path):
    info = replace(clip_info(30), times_s=np.arange(30) / 30, duration_s=1.0)
    draft = table(tmp_path, "path,label,start,end", "clips/a.mp4,walk,0.033,0.067")
    item, _ = datasets.item(draft, draft.entries[0], info)
    assert item.segments == (Segment(1 / 30, 2 / 30, "walk"),)


@pytest.mark.parametrize(
    ("row", "left"),
    [("clips/a.mp4,walk,0.08,0.43", 1), ("clips/a.mp4,walk,0.08,0.6", 0), ("clips/a.mp4,walk,0.4,0.5", 0)],
)
def test_segments_beyond_the_end_are_cut_by_a_frame_at_most(tmp_path, row, left):
    _, item, found = checked(tmp_path, row)
    assert (item is not None) == bool(left)
    assert found[0].left_out != bool(left)
    assert found[0].line == 2
    if item:
        assert item.segments[0].stop_s == 0.4


@pytest.mark.parametrize("watched", [False, True])
def test_overlapping_segments_are_left_out_and_unknown(tmp_path, watched):
    rows = ("clips/a.mp4,walk,0.00,0.12", "clips/a.mp4,run,0.08,0.20", "clips/a.mp4,run,0.24,0.32")
    draft, item, found = checked(tmp_path, *rows, watched=watched)
    assert sorted(one.line for one in found if one.left_out) == [2, 3]
    assert item.segments == (Segment(0.24, 0.32, "run"),)
    row = datasets.targets(datasets.dataset(draft, [item], ()), item, clip_info().times_s)
    assert row[:5].tolist() == [datasets.UNKNOWN] * 5
    assert (row[5] == datasets.UNKNOWN) != watched


def test_unlabelled_is_not_background(tmp_path):
    draft, item, _ = checked(tmp_path, "clips/a.mp4,walk,0.08,0.20")
    found = datasets.dataset(draft, [item], ())
    assert found.labels == ("walk",)
    assert datasets.targets(found, item, clip_info().times_s).tolist() == [-1, -1, 0, 0, 0, -1, -1, -1, -1, -1]
    draft, item, _ = checked(tmp_path, "clips/a.mp4,walk,0.08,0.20", watched=True)
    found = datasets.dataset(draft, [item], ())
    assert found.labels == ("background", "walk")
    assert datasets.targets(found, item, clip_info().times_s).tolist() == [0, 0, 1, 1, 1, 0, 0, 0, 0, 0]
    (track,) = datasets.tracks(found, item)
    assert (track.labels[0], track.segments, track.seen_s) == ("background", item.segments, (0.0, 0.4))


def test_the_same_bytes_under_two_labels_are_left_out_and_under_one_are_told():
    items = made(["walk", "run", "run", "run"], ["", "", "", ""]).items
    same = [
        replace(items[0], video="aa"),
        replace(items[1], video="aa"),
        items[2],
        replace(items[3], video=items[2].video),
    ]
    draft = datasets.Draft("x", ("run", "walk", "Walk "), (), (), "")
    found = datasets.dataset(draft, same, ())
    assert [item.video for item in found.items] == [items[2].video] * 2
    assert found.labels == ("run",)
    assert {one.got for one in found.findings if not one.left_out} == {f"the same bytes as {items[2].path}"}
    assert sum(one.expected == "one truth for each clip" for one in found.findings) == 2
    assert {one.file for one in found.findings if "clips of the class" in one.expected} == {"walk", "Walk "}


# Zips -----------------------------------------------------------------------------------------------------------------


def packed(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes], method=zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return path


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return entry


@pytest.mark.parametrize(
    ("entries", "match"),
    [
        ([("../evil.avi", b"x")], "leaves it"),
        ([("walk/../../evil.avi", b"x")], "leaves it"),
        ([("/etc/evil.avi", b"x")], "leaves it"),
        ([("..\\evil.avi", b"x")], "leaves it"),
        ([("C:\\evil.avi", b"x")], "leaves it"),
        ([("walk/C:/evil.avi", b"x")], "leaves it"),
        ([("walk/C:evil.avi", b"x")], "leaves it"),
        ([(link("walk/a.avi"), b"/etc/passwd")], "a link"),
        ([("walk/bomb.avi", bytes(archives.SMALL + 1))], "expands at most"),
        ([("walk/inner.zip", b"PK")], "an archive in the archive"),
        ([("walk/a.avi", b"x"), ("walk/A.avi", b"y")], "once"),
        ([("walk", b"x"), ("walk/a.avi", b"y")], "inside a file"),
        ([("a/" * 40 + "x.avi", b"x")], "at most"),
    ],
)
def test_a_zip_that_could_do_harm_is_refused_whole(tmp_path, entries, match):
    archive = packed(tmp_path / "set.zip", *entries)
    (tmp_path / "into").mkdir()
    with pytest.raises(FormatInvalid, match=match):
        datasets.unpack(archive, tmp_path / "into")
    assert list((tmp_path / "into").rglob("*")) == []
    assert sorted(one.name for one in tmp_path.iterdir()) == ["into", "set.zip"]


def test_encrypted_crowded_and_broken_zips_are_refused(tmp_path, monkeypatch):
    archive = packed(tmp_path / "set.zip", ("walk/a.avi", b"xyz" * 100))
    content = bytearray(archive.read_bytes())
    for mark in (b"PK\x01\x02", b"PK\x03\x04"):
        content[content.index(mark) + (8 if mark == b"PK\x01\x02" else 6)] |= 1
    with pytest.raises(FormatInvalid, match="an encrypted one"):
        datasets.unpack(_file(tmp_path, bytes(content)), _folder(tmp_path, "one"))
    with pytest.raises(FormatInvalid, match="cannot be extracted"):
        datasets.unpack(_file(tmp_path, archive.read_bytes()[:-30]), _folder(tmp_path, "two"))
    monkeypatch.setattr(archives, "MOST_FILES", 0)
    with pytest.raises(FormatInvalid, match="at most 0 entries"):
        datasets.unpack(archive, _folder(tmp_path, "three"))


def _file(folder: Path, content: bytes) -> Path:
    (folder / "made.zip").write_bytes(content)
    return folder / "made.zip"


def _folder(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def test_a_zip_is_unpacked_down_to_the_folder_of_the_set(tmp_path):
    archive = packed(
        tmp_path / "set.zip", ("set/walk/a.avi", b"a"), ("set/run/b.avi", b"b"), ("__MACOSX/set/walk/._a.avi", b"junk")
    )
    root = datasets.unpack(archive, _folder(tmp_path, "into"))
    assert root.name == "set"
    assert [one.label for one in datasets.read(Source(str(root))).entries] == ["run", "walk"]
    only = packed(tmp_path / "one.zip", ("walk/a.avi", b"a"))
    assert datasets.unpack(only, _folder(tmp_path, "other")).name == "other"


def test_what_came_in_a_zip_may_name_no_other_file_of_this_machine(tmp_path):
    outside = touch(tmp_path, "secret.mp4") / "secret.mp4"
    root = _folder(tmp_path, "set")
    touch(root, "a.mp4")
    write(root / "set.csv", "path,label", "a.mp4,walk", f"{outside},walk", "../secret.mp4,run")
    draft = datasets.confined(datasets.read(Source(str(root))), root)
    assert [one.path for one in draft.entries] == ["a.mp4"]
    assert any("elsewhere" in one.got for one in draft.findings)


# From a source to a set of the workspace ------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, square_clip) -> Path:
    """Two classes of two clips each, and a file that is no clip."""
    root = tmp_path / "moves"
    for number, name in enumerate(("right/tom_1.mp4", "right/ann_1.mp4", "still/tom_2.mp4", "still/ann_2.mp4")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        video.write(root / name, moving_square(12 + number))
    (root / "still" / "broken.mp4").write_bytes(b"this is no clip")
    return root


def test_a_check_tells_everything_and_takes_nothing_in_before_the_user_agrees(store: Store, folder):
    source, reports = Source(str(folder)), []
    importer.check(store, source, lambda *progress: reports.append(progress))
    key = importer.import_key(source)
    found = store.read(key, Dataset)
    assert store.datasets() == []
    assert store.keys("import") == [key]
    assert [(one.file, one.left_out) for one in found.findings] == [("still/broken.mp4", True)]
    assert reports[-1][:2] == (5, 5)
    assert store.videos() == []
    assert importer.keep(store, key, "") == "moves"
    kept = store.dataset("moves")
    store.set_aside([item.video for item in kept.items], "a session")
    importer.take_clips(store, kept)
    assert store.videos_set_aside() == {}, "whoever imports clips wants to keep them"
    assert library.only_in_datasets(store, [kept]) == {item.video for item in kept.items}, "nobody added them"
    assert {entry.name for entry in store.videos()} == {"tom_1.mp4", "ann_1.mp4", "tom_2.mp4", "ann_2.mp4"}
    assert not any(entry.uploaded for entry in store.videos())
    assert not store.keys("measured")
    kept = store.dataset("moves")
    assert kept == found
    assert store.keys("import") == []
    assert all(store.video(item.video).duration_s == item.duration_s for item in kept.items)


def test_a_set_without_a_usable_clip_and_a_name_that_is_taken_are_refused(store: Store, folder, tmp_path):
    source = Source(str(folder))
    for _ in range(2):
        importer.check(store, source)
        if not store.datasets():
            importer.keep(store, importer.import_key(source), "mine")
    with pytest.raises(AnalysisError, match="already a dataset named 'mine'"):
        importer.keep(store, importer.import_key(source), "mine")
    empty = Source(str(touch(tmp_path / "none", "walk/a.avi")))
    importer.check(store, empty)
    with pytest.raises(NotEnoughExamples):
        importer.keep(store, importer.import_key(empty), "")


def zipped(store: Store, folder: Path) -> Source:
    """The folder as an uploaded zip."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made_zip:
        for path in sorted(folder.rglob("*.mp4")):
            made_zip.write(path, path.relative_to(folder))
    content.seek(0)
    return Source(str(store.keep_import(content, "my moves.zip")), name="moves")


def test_a_zip_brings_its_clips_into_the_library(store: Store, folder):
    source = zipped(store, folder)
    importer.check(store, source)
    found = store.read(importer.import_key(source), Dataset)
    assert [item.path for item in found.items] == [
        "right/ann_1.mp4", "right/tom_1.mp4", "still/ann_2.mp4", "still/tom_2.mp4",
    ]  # fmt: skip
    assert [one.file for one in found.findings] == ["still/broken.mp4"]
    assert store.videos() == []
    importer.keep(store, importer.import_key(source), "")
    assert all(entry.uploaded and Path(entry.info.path).is_file() for entry in store.videos())
    assert {entry.name for entry in store.videos()} == {"ann_1.mp4", "tom_1.mp4", "ann_2.mp4", "tom_2.mp4"}
    assert all(store.thumbnail_path(item.video).is_file() for item in found.items)
    assert not list(store.import_folder.glob("unpacked-*"))


def test_what_is_forgotten_leaves_nothing(store: Store, folder):
    source = zipped(store, folder)
    importer.check(store, source)
    assert list(store.import_folder.glob("unpacked-*"))
    importer.drop(store, importer.import_key(source))
    assert (store.videos(), store.datasets(), store.keys("import")) == ([], [], [])
    assert not list(store.import_folder.glob("unpacked-*"))
    assert not list(store.upload_folder.glob("*"))


def test_what_waits_for_a_word_outlasts_a_day_and_what_nobody_waits_for_does_not(store: Store, folder, monkeypatch):
    source = zipped(store, folder)
    importer.check(store, source)
    monkeypatch.setattr("core.workspace.store.STALE_S", -1.0)
    store.tidy()
    assert len(store.keys("measured")) == 4
    store.delete(importer.import_key(source))  # not dropped: its folder stays behind
    store.tidy()
    assert not store.keys("measured")
    assert not list(store.import_folder.glob("*"))
    assert not list((store.workspace / "videos").glob("*"))


def test_a_check_that_is_stopped_leaves_no_clip_and_measures_none_twice(store: Store, folder, monkeypatch):
    def stop(done, total, message):
        if done == 2:
            raise Cancelled(message)

    source = zipped(store, folder)
    with pytest.raises(Cancelled):
        importer.check(store, source, stop)
    assert (store.videos(), store.keys("import")) == ([], [])
    assert not list(store.import_folder.glob("unpacked-*"))
    probed, probe = [], video.probe
    monkeypatch.setattr(video, "probe", lambda path, *rest: probed.append(path) or probe(path, *rest))
    importer.check(store, source)
    assert [Path(path).name for path in probed] == ["ann_2.mp4", "tom_2.mp4"]
    assert importer.keep(store, importer.import_key(source), "") == "moves"


def test_a_clip_that_is_gone_before_the_word_is_told(store: Store, folder):
    source = Source(str(folder))
    importer.check(store, source)
    (folder / "right" / "ann_1.mp4").unlink()
    with pytest.raises(ResultMissing, match=r"ann_1.mp4 was moved or deleted after it was checked"):
        importer.keep(store, importer.import_key(source), "")
    assert (store.datasets(), store.videos()) == ([], [])


def test_a_clip_that_ended_its_process_twice_is_left_out(store: Store, folder, monkeypatch):
    from core.workflows import clips

    def crash(*_):
        raise SystemExit  # stands for a process that is gone: nothing is cleaned up

    monkeypatch.setattr(importer.Path, "unlink", lambda *_, **__: None)
    monkeypatch.setattr(clips, "measure_aside", crash)
    for _ in range(importer.TRIES):
        with pytest.raises(SystemExit):
            importer.gathered(store, Source(str(folder)))
    monkeypatch.undo()
    found = importer.gathered(store, Source(str(folder)))
    assert len(found.items) == 3
    assert any("crashed the process that read it, 2 times" in one.got for one in found.findings)


def test_sets_and_splits_live_and_die_in_the_store(store: Store):
    one = made(["a", "a", "b", "b"], ["1", "2", "1", "2"])
    key = datasets.key(one)
    store.save_dataset(one, key)
    store.save_dataset(replace(one, name="copy"), key)
    split = datasets.leave_one_group_out(one, Grouping("column"))
    store.save_split(split, datasets.split_key(split))
    (again,) = store.split_keys(key)
    back = store.read(again, Split)
    assert datasets.split_key(back) == again
    assert np.array_equal(back.parts, split.parts)
    store.delete_dataset("made")
    assert [entry.name for entry in store.datasets()] == ["copy"]
    assert store.split_keys(key)
    store.delete_dataset("copy")
    assert (store.datasets(), store.split_keys(key), store.keys("dataset"), store.keys("split")) == ([], [], [], [])
    with pytest.raises(ResultMissing):
        store.dataset("copy")


def test_two_groups_are_enough_to_leave_one_out():
    split = datasets.leave_one_group_out(made(["a", "a", "b", "b"], ["1", "2", "1", "2"]), Grouping("column"))
    assert [split.fold(number).groups for number in range(len(split.parts))] == [("1",), ("2",)]
    with pytest.raises(SplitInvalid, match="there are 1"):
        datasets.leave_one_group_out(made(["a", "b"], ["1", "1"]), Grouping("column"))


def test_the_key_of_a_set_tells_its_content_and_not_its_name():
    one = made(["a", "b"], ["1", "2"])
    assert datasets.key(one) == datasets.key(replace(one, name="other", source="elsewhere"))
    for change in ({"group": "3"}, {"label": "b"}, {"video": "cc"}, {"split": "test"}):
        assert datasets.key(one) != datasets.key(replace(one, items=(replace(one.items[0], **change), one.items[1])))


# Groups ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "path", "group"),
    [
        (r"^(?P<group>[^_]+)_", "walk/daria_walk.avi", "daria"),
        (r"g\d+", "Dive/v_Dive_g08_c01.avi", "g08"),
        (r"_(c\d+)", "Dive/v_Dive_g08_c01.avi", "c01"),
        (r"^(?P<group>[^/]+)/", "tom/walk.avi", "tom"),
        ("gNN", "Dive/v_Dive_g08_c01.avi", "a g08"),
        ("folder", "x/y/walk.avi", "x/y"),
    ],
)
def test_groups_are_found_in_names(text, path, group):
    found = made(["a"], [""], paths=[path])
    assert datasets.groups_from(found, datasets.grouping_of(text)) == (group,)


def test_clips_without_a_group_and_patterns_that_are_none_are_refused():
    found = made(["a", "a"], ["", ""], paths=["a/tom_1.avi", "a/nothing.avi"])
    with pytest.raises(SplitInvalid, match=r"1 of 2 clips have no group .*a/nothing.avi"):
        datasets.groups_from(found, datasets.grouping_of("^([^_]+)_"))
    with pytest.raises(SplitInvalid, match="not a valid regular expression"):
        datasets.grouping_of("(?P<group>")


@pytest.mark.parametrize(
    ("paths", "title", "count"),
    [
        ([f"{m}/{who}_{m}.avi" for m in ("walk", "run") for who in ("ann", "bob", "cy")], "up to the first _", 3),
        ([f"{m}/{m}_{who}.avi" for m in ("walk", "run") for who in ("ann", "bob", "cy")], "after the last _", 3),
        ([f"{m}/v_{m}_g{g:02}_c{c:02}.avi" for m in ("Dive", "Swim") for g in (1, 2) for c in (1, 2)], "UCF101", 4),
        ([f"{m}/person{p:02}_{m}_d1.avi" for m in ("walk", "run") for p in (1, 2, 3)], "Person in the file name", 3),
        ([f"{m}/{m}{film}_{n}.avi" for m in ("walk", "run") for film in "ab" for n in (1, 2)], "up to the first _", 4),
    ],
)  # fmt: skip
def test_the_likeliest_grouping_is_offered_first(paths, title, count):
    offers = datasets.offers(made([path.split("/")[0] for path in paths], [""] * len(paths), paths=paths))
    assert title in offers[0].title
    assert offers[0].count == count
    assert offers[-1].grouping.by == "clip"


def test_a_class_in_the_name_is_no_group():
    paths = [f"{move}/{move}_{number}.avi" for move in ("walk", "run") for number in (1, 2)]
    (only,) = datasets.offers(made([path.split("/")[0] for path in paths], [""] * 4, paths=paths))
    assert only.grouping.by == "clip"


# Splits ---------------------------------------------------------------------------------------------------------------


def assert_sound(dataset: Dataset, split: Split) -> None:
    """No group on two sides, each item tested just once, each fold with something to train on."""
    assert straddling(split.groups, split.parts) == ()
    assert ((split.parts == TEST).sum(axis=0) == 1).all()
    for number in range(len(split.parts)):
        fold = split.fold(number)
        assert fold.train and fold.test
        assert len({*fold.train, *fold.validation, *fold.test}) == len(dataset.items)
        sides = [{split.groups[index] for index in part} for part in (fold.train, fold.validation, fold.test)]
        assert not sides[0] & sides[1] and not sides[0] & sides[2] and not sides[1] & sides[2]
        assert set(fold.groups) == sides[2]


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("stuvwxyz")), min_size=8, max_size=60),
    st.integers(2, 6),
    st.integers(0, 5),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=3),
)
@hypothesis_settings(max_examples=40, deadline=None)
def test_no_split_ever_tears_a_group(items, count, seed, joins):
    dataset = made(*zip(*items, strict=True))
    for draw in (
        lambda: datasets.grouped_folds(dataset, Grouping("column"), count=count, seed=seed, joins=joins),
        lambda: datasets.leave_one_group_out(dataset, Grouping("column"), seed=seed, joins=joins),
    ):
        try:
            split = draw()
        except SplitInvalid:
            continue
        assert_sound(dataset, split)
        assert all(split.groups[one] == split.groups[other] for one, other in joins)
        assert datasets.split_key(draw()) == datasets.split_key(split)


def test_a_split_value_refuses_a_torn_group():
    with pytest.raises(ValueError, match="two sides of a fold"):
        Split("ab", "given", Grouping(), ("g", "g"), np.array([[TRAIN, TEST]], np.uint8))
    with pytest.raises(ValueError, match="two sides of a fold"):
        Split("ab", "given", Grouping(), ("g", "g"), np.array([[TRAIN, VALIDATION]], np.uint8))


def test_folds_are_stratified_and_have_validation_groups():
    labels = [label for label in "abcdef" for _ in range(20)]
    groups = [f"g{number % 10}" for number in range(120)]
    dataset = made(labels, groups)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=5)
    assert_sound(dataset, split)
    for number in range(5):
        fold = split.fold(number)
        assert [sum(labels[index] == label for index in fold.test) for label in "abcdef"] == [4] * 6
        assert {labels[index] for index in fold.validation} == set("abcdef") == {labels[index] for index in fold.train}
    assert datasets.gaps(dataset, split) == ()
    other = datasets.grouped_folds(dataset, Grouping("column"), count=5, seed=1)
    assert datasets.split_key(other) != datasets.split_key(split)


def test_validation_never_takes_the_last_group_of_a_class_from_training():
    dataset = made(list("aaaabbbbc"), ["1", "2", "3", "4", "1", "2", "3", "4", "3"])
    for number in range(4):
        split = datasets.leave_one_group_out(dataset, Grouping("column"))
        fold = split.fold(number)
        kept = {dataset.items[index].label for index in fold.train}
        assert {dataset.items[index].label for index in fold.validation} <= kept
    (gap,) = datasets.gaps(dataset, split)
    assert (gap.file, gap.expected) == ("fold 3", "clips of c to train on")


def test_classes_that_a_fold_does_not_test_are_told_together():
    dataset = made(list("aabbc"), ["1", "2", "1", "3", "1"])
    split = datasets.leave_one_group_out(dataset, Grouping("column"))
    given = replace(split, method="folds by group")
    told = {gap.file: gap.expected for gap in datasets.gaps(dataset, given) if gap.got == "none"}
    assert told["fold 2"] == "clips of b, c to test on" and told["fold 3"] == "clips of a, c to test on"


def test_groups_of_a_known_pattern_are_told_in_words():
    known = datasets.grouping_of("gNN")
    assert datasets.describe_grouping(known) == "gNN in the file name, separately for each class"
    assert datasets.describe_grouping(Grouping("pattern", r"^(?P<group>[^_]+)_")) == "the file name up to the first _"
    assert datasets.describe_grouping(Grouping("pattern", r"x(\d)")) == r"the pattern x(\d)"


def test_too_few_groups_are_told_and_too_many_too():
    dataset = made(list("aabb"), ["1", "2", "1", "2"])
    with pytest.raises(SplitInvalid, match="2 groups cannot be divided into 3 folds"):
        datasets.grouped_folds(dataset, Grouping("column"), count=3)
    with pytest.raises(SplitInvalid, match="there are 1"):
        datasets.leave_one_group_out(dataset, Grouping("column"), joins=[(0, 1)])
    many = made(["a"] * 300, [str(number) for number in range(300)])
    with pytest.raises(SplitInvalid, match="there are 300"):
        datasets.leave_one_group_out(many, Grouping("clip"))


def test_a_given_split_is_kept_and_gets_a_validation_part_from_training():
    labels, groups = list("ab") * 8, [str(number // 2) for number in range(16)]
    splits = ["train"] * 12 + ["test"] * 2 + ["unused", ""]
    dataset = made(labels, groups, splits=splits)
    fold = datasets.given_split(dataset, Grouping("column")).fold(0)
    assert fold.test == (12, 13)
    assert len(fold.train) + len(fold.validation) == 12
    assert fold.validation
    with pytest.raises(SplitInvalid, match=r"No clip .* for test"):
        datasets.given_split(made(labels, groups, splits=["train"] * 16))


def test_sets_of_segments_are_stratified_by_their_segments():
    def item(place: int) -> Item:
        labels = ("walk", "run") if place % 2 else ("walk", "sit")
        parts = tuple(Segment(float(at), at + 1.0, label) for at, label in enumerate(labels))
        return Item(f"{place:x}", f"{place}.mp4", 3.0, segments=parts, seen=((0.0, 2.0),), group=f"g{place}")

    dataset = Dataset("streams", ("run", "sit", "walk"), tuple(map(item, range(8))))
    split = datasets.grouped_folds(dataset, Grouping("column"), count=4)
    assert_sound(dataset, split)
    assert datasets.gaps(dataset, split) == ()


def test_splitting_takes_ten_times_as_long_for_ten_times_the_clips():
    """In time of the processor, which other processes do not lengthen. Work on each pair would take a hundred times."""

    def work_s(count: int) -> float:
        dataset = made([f"c{number % 50}" for number in range(count)], [f"g{number % 100}" for number in range(count)])
        begun = time.thread_time()
        datasets.offers(dataset)
        split = datasets.grouped_folds(dataset, Grouping("column"), count=5)
        taken_s = time.thread_time() - begun
        assert straddling(split.groups, split.parts) == ()
        return taken_s

    assert work_s(3000) < 40 * min(work_s(300) for _ in range(3))


# Near-duplicates ------------------------------------------------------------------------------------------------------


def looks(frames) -> PerceptualHashes:
    """The hashes of some frames of a clip, as if it began with them."""
    return datasets.looks(replace(one, index=at, time_s=at / 25) for at, one in enumerate(frames))


def smaller(frames: list[Frame], size: tuple[int, int]) -> list[Frame]:
    import cv2

    return [replace(one, image=cv2.resize(one.image, size, interpolation=cv2.INTER_AREA)) for one in frames]


def test_a_resized_trimmed_copy_is_found_and_other_clips_of_its_scene_are_not(sample_path, tmp_path):
    sample = sample_frames(sample_path)
    lefts = [2 * (one.index % 100) for one in sample]  # of a camera that pans
    panned = [
        replace(one, image=np.ascontiguousarray(one.image[:, left : left + 440]))
        for one, left in zip(sample, lefts, strict=True)
    ]
    all_frames = [panned[begin : begin + 50] for begin in (0, 50, 100, 200, 250)]  # two of a scene
    copy = smaller(all_frames[0], (256, 144))[7:-5]
    video.write(tmp_path / "copy.mp4", [replace(one, index=at, time_s=at / 25) for at, one in enumerate(copy)])
    info = video.probe(tmp_path / "copy.mp4", "ab")
    every = [*(looks(frames) for frames in all_frames), datasets.looks(video.read(info))]
    found = datasets.near_duplicates("ab", every, list("123456"))
    assert [(pair.first, pair.second, pair.same) for pair in found.pairs] == [(0, 5, False)]


def test_the_same_bytes_are_found_at_once_and_a_leak_is_one_across_sides():
    frames = list(moving_square(30))
    found = datasets.near_duplicates("ab", [looks(frames)] * 3, ["aa", "bb", "aa"])
    assert found.pairs[0] == replace(found.pairs[0], first=0, second=2, same=True)
    parts = np.array([[TRAIN, TEST, TEST], [TEST, TRAIN, TEST]], np.uint8)
    split = Split("ab", "folds", Grouping(), ("1", "2", "3"), parts)
    assert {(pair.first, pair.second) for pair in datasets.leaks(split, found)} == {(0, 1), (0, 2), (1, 2)}
    together = Split("ab", "folds", Grouping(), ("1", "2", "1"), np.array([[TRAIN, TEST, TRAIN]], np.uint8))
    assert (0, 2) not in {(pair.first, pair.second) for pair in datasets.leaks(together, found)}


def test_a_planted_duplicate_of_a_real_clip_is_found_across_a_split(store: Store, shared_data, tmp_path):
    """Re-encoded, smaller, 0.3 s trimmed; of clips of one camera and of one sport none is taken for another."""
    root = tmp_path / "set"
    classes = ("weizmann/jump", "weizmann/run", "ucf5/Surfing")
    sources = [one for place in classes for one in sorted((shared_data / place).glob("*.avi"))[:3]]
    for source in sources:
        (root / source.parent.name).mkdir(parents=True, exist_ok=True)
        (root / source.parent.name / source.name).symlink_to(source)
    planted = sources[0]
    info = video.probe(planted, "ab")
    kept = [one for one in video.read(info, size_px=(120, 96)) if one.time_s >= 0.3]
    moved = [replace(one, index=at, time_s=one.time_s - kept[0].time_s) for at, one in enumerate(kept)]
    video.write(root / "jump" / "zed_jump.mp4", moved)
    source = Source(str(root))
    importer.check(store, source)
    name = importer.keep(store, importer.import_key(source), "")
    importer.find_duplicates(store, name)
    dataset = store.dataset(name)
    found = importer.duplicates(store, datasets.key(dataset))
    pairs = [{dataset.items[pair.first].path, dataset.items[pair.second].path} for pair in found.pairs]
    assert pairs == [{f"jump/{planted.name}", "jump/zed_jump.mp4"}]
    split = datasets.grouped_folds(dataset, Grouping("clip"), count=3, seed=1)
    leaks = datasets.leaks(split, found)
    joins = [(pair.first, pair.second) for pair in found.pairs]
    joined = datasets.grouped_folds(dataset, Grouping("clip"), count=3, seed=1, joins=joins)
    assert leaks
    assert datasets.leaks(joined, found) == ()
