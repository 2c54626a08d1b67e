"""NWB files: what is written is read back the same and is valid, and files of others are read with bounds."""

import json
import math
import shutil
import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import h5py
import numpy as np
import pytest

from core.base.errors import AnalysisError, FormatInvalid
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, Lane, Point, Segment, VideoInfo
from core.stages import video
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion, selection
from core.stages.formats.nwb import contents, hdf5, reader, writer
from core.stages.formats.nwb.recording import NwbRecording

START = datetime(2026, 3, 1, 14, 5, tzinfo=timezone(timedelta(hours=1)))
THIRD = 1 / 3
STRANGE = ("a/b:c", "走る", "tab\tand\nline", 'quote"\\', "🐭 é", "-- 0")


@pytest.fixture(scope="module")
def packages() -> None:
    """Skips a test where the packages that write NWB files are not installed."""
    if not writer.installed():
        pytest.skip("pynwb and ndx-ethogram are not installed: pip install pynwb ndx-ethogram")


def two_tiers() -> tuple[Lane, ...]:
    """Two tracks whose labels overlap, one that is empty, and one of which nobody says what was watched."""
    walk = (Segment(0.1, 0.1 + THIRD, "walk", 0.1 + 0.2, "slow\nand sure"), Segment(THIRD + 0.2, 1.7, "rest"))
    return (
        Lane(walk, (Point(THIRD, "blink", THIRD, "left"), Point(1.5, "walk")), ((0.0, 0.9), (0.9, 1.9)), "A/1", "Ann"),
        Lane((Segment(0.2, 1.2, "look"),), (), ((0.0, 2.0),), "注意", "Ann", "mouse 1"),
        Lane((), (), ((0.5, 1.0),), "nothing"),
        Lane((Segment(0.0, 2.0, "rest", 0.0),), (Point(0.0, "blink"),)),
        Lane(),
    )


def recording(*lanes: Lane, name: str = "one.mp4", **entries) -> NwbRecording:
    clip = ClipLabels(name, lanes, duration_s=2.0)
    known = entries.pop("classes", ())
    classes = tuple(dict.fromkeys((*known, *clip.labels)))
    return NwbRecording(Labels((clip,), classes), START, **entries)


def full(**entries) -> NwbRecording:
    about = {"program": "Kinetoscope", "version": "0.1.0", "model": {"name": "m", "digest": "abc", "threshold": 0.4}}
    about["recipe"] = {"steps": [{"kind": "Trim", "start_s": 0.25}]}
    metadata = {"diet": "sweet", "Käfig": "走\0\udc80"}
    own = {"subject": "mouse 1/é", "method": "automated", "digest": "5" * 64, "metadata": metadata, "about": about}
    return recording(*two_tiers(), **{**own, **entries}, classes=("unused",))


def written(made: NwbRecording, folder: Path) -> Path:
    path = folder / "made.nwb"
    writer.write(made, path)
    return path


def read(path: Path, *clips: VideoInfo, **asked) -> NwbRecording:
    return recording_in(path.name, path.read_bytes(), ReadOptions(clips, **asked))


def recording_in(name: str, content: bytes, options: ReadOptions | None = None) -> NwbRecording:
    """What a file holds, read in this process: one of its own takes a second to begin."""
    plain = json.loads(json.dumps(hdf5.contents(name, content)))
    return reader.recording(contents.NwbContents(name, plain), options)


@pytest.fixture(scope="module")
def full_file(packages, tmp_path_factory) -> Path:
    return written(full(), tmp_path_factory.mktemp("nwb"))


@pytest.fixture
def changed(full_file, tmp_path):
    """A copy of a file of ours, open to be changed."""
    path = Path(shutil.copy(full_file, tmp_path / "changed.nwb"))
    with h5py.File(path, "r+") as root:
        yield path, root


def test_what_is_written_is_read_back_the_same(full_file):
    assert read(full_file) == full()


def test_a_written_file_is_valid_and_pynwb_reads_it_without_its_specifications(full_file):
    from pynwb import NWBHDF5IO, validate

    assert not validate(path=str(full_file))
    with NWBHDF5IO(str(full_file), "r", load_namespaces=False) as source:
        file = source.read()
        bouts = file.processing["behavior"]["bouts_1"]
        assert bouts.neurodata_type == "EthogramBouts" and bouts.labeling_method == "automated"
        assert list(bouts["label"][:]) == ["walk", "rest"] and bouts["start_time"][0] == 0.1
        assert math.isnan(bouts["confidence"][1]) and bouts.source_software == "Kinetoscope 0.1.0"
        assert json.loads(bouts.parameters)["model"] == full().about["model"]
        assert list(bouts.observation_intervals["stop_time"][:]) == [0.9, 1.9]
        unknown = file.processing["behavior"]["bouts_4"]
        assert list(unknown.observation_intervals["stop_time"][:]) == [2.0], "omitted would mean that all was watched"
        assert list(file.events["points_1"]["timestamp"][:]) == [THIRD, 1.5]
        assert list(bouts.ethogram["behavior"][:]) == ["unused", "walk", "rest", "blink", "look"]
        assert list(bouts.ethogram["behavior_type"][:]) == ["state", "state", "state", "point", "state"]
        assert file.session_start_time == START and file.subject.subject_id == "mouse 1/é"


def test_the_clip_stands_in_the_file_as_a_video_beside_it(packages, square_clip, tmp_path):
    info = video.probe(square_clip, "5" * 64)
    clip = replace(full().clip, info=info, duration_s=0.0)
    made = replace(full(), labels=Labels((clip,), full().labels.classes))
    path = written(made, tmp_path)
    with h5py.File(path) as root:
        assert root["acquisition/video/external_file"].asstr()[0] == "square.mp4"
        assert np.array_equal(root["acquisition/video/timestamps"][()], info.times_s)
    again = read(path)
    assert again.clip.lanes == clip.lanes and again.clip.duration_s == info.duration_s
    bound = read(path, info)
    assert bound.clip.info is info and bound.clip.lanes == clip.lanes


@pytest.mark.parametrize("kind", ["label", "track"])
def test_names_of_every_kind_come_back(packages, tmp_path, kind):
    lanes = [
        Lane((Segment(0.0, 1.0, name),), (), (), "") if kind == "label" else Lane((), (), ((0.0, 1.0),), name, name)
        for name in STRANGE
    ]
    made = recording(*lanes, name="Käfig 1/走る.mp4")
    assert read(written(made, tmp_path)) == made


def test_a_clip_without_tracks_and_with_a_label_of_its_own(packages, tmp_path):
    clip = ClipLabels("one.mp4", (Lane(),), "juggling", "val", "g", "s", 2.0)
    made = NwbRecording(Labels((clip,), ("juggling",)), START)
    path = written(made, tmp_path)
    assert read(path) == made
    with h5py.File(path) as root:
        assert root["processing/behavior/whole_clip/stop_time"][0] == 2.0
        assert root["processing/behavior/bouts_1/start_time"].shape == (0,)


def test_a_label_that_hdf5_cannot_hold_is_refused(packages, tmp_path):
    for label in ("a\0b", "a\udc80"):
        with pytest.raises(FormatInvalid, match="cannot hold the text"):
            writer.write(recording(Lane((Segment(0.0, 1.0, label),))), tmp_path / "x.nwb")


def test_without_the_packages_a_file_is_refused_in_words(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ndx_ethogram", None)
    assert not writer.installed()
    with pytest.raises(AnalysisError, match="not installed") as refusal:
        writer.write(full(), tmp_path / "x.nwb")
    assert "pip install pynwb ndx-ethogram" in refusal.value.hint and not list(tmp_path.iterdir())


def test_it_is_a_format_that_is_told_by_its_name_and_only_read(full_file):
    content = full_file.read_bytes()
    form = conversion.detect("Made.NWB", content[: conversion.HEAD_BYTES])
    assert form is FORMATS["nwb"] and form.name not in conversion.writable() and not form.frames
    assert form.read({"made.nwb": content}, ReadOptions()) == full().labels
    with pytest.raises(FormatInvalid, match="known format"):
        conversion.detect("tracks.h5", content[: conversion.HEAD_BYTES])
    with pytest.raises(FormatInvalid, match="when the recording began") as refusal:
        conversion.convert(full().labels, conversion.format_for("new.nwb"))
    assert "study --nwb" in refusal.value.hint
    lanes = selection.read({"made.nwb": content}, form, ReadOptions(only=(("track", ("注意",)),))).clips[0].lanes
    assert [lane.name for lane in lanes] == ["注意"]


def test_a_clip_is_meant_by_the_name_of_the_file_where_the_video_has_another(full_file, square_clip, tmp_path):
    info = video.probe(square_clip, "5" * 64)
    content = full_file.read_bytes()
    assert recording_in("square.nwb", content, ReadOptions((info,), by_name=True)).clip.info is info
    assert recording_in("other.nwb", content, ReadOptions((info,), by_name=True)).clip.info is None


# Files of other programs ----------------------------------------------------------------------------------------------


def foreign(path: Path, rows: list[tuple[float, float, str]], **entries) -> None:
    """A file as the documentation of ndx-ethogram makes it."""
    from ndx_ethogram import EthogramBouts
    from pynwb import NWBHDF5IO, NWBFile
    from pynwb.event import EventsTable

    file = NWBFile(session_description="s", identifier="i", session_start_time=START, notes="our mice")
    bouts = EthogramBouts(name="behavior_bouts", description="d", labeling_method="manual", annotator="Bea", **entries)
    for start_s, stop_s, label in rows:
        bouts.add_row(start_time=start_s, stop_time=stop_s, label=label)
    file.create_processing_module("behavior", "d").add(bouts)
    pulses = EventsTable(name="ttl", description="pulses")
    pulses.add_event(timestamp=0.5)
    file.add_events_table(pulses)
    with NWBHDF5IO(str(path), "w") as output:
        output.write(file)


def test_a_file_of_another_program_is_read(packages, square_clip, tmp_path):
    path = tmp_path / "square.nwb"
    foreign(path, [(0.25, 1.0, "groom"), (0.5, 1.5, "rear"), (math.nan, 1.0, "x"), (1.0, 99.0, "late")])
    info = video.probe(square_clip, "5" * 64)
    known = read(path, info)
    assert [(lane.name, lane.author, lane.seen) for lane in known.clip.lanes] == [
        ("behavior_bouts: groom", "Bea", ((0.0, info.duration_s),)),
        ("behavior_bouts: rear", "Bea", ((0.0, info.duration_s),)),
    ], "of a table that says nothing of what was watched, all was"
    assert known.clip.lanes[0].segments == (Segment(0.25, 1.0, "groom"),)
    assert known.method == "manual" and known.session_start == START and known.about == {}
    told = " ".join(f"{finding.expected} {finding.got}" for finding in known.labels.findings)
    assert "column of labels" in told and "start and end in seconds" in told and "late" in told
    assert read(path).clip.lanes[0].seen == (), "the length of the clip is not known"


def test_damage_is_told_in_words(full_file, tmp_path):
    content = full_file.read_bytes()
    path = tmp_path / "damaged.nwb"
    for damaged in (b"", b"label,start\n", content[: len(content) // 2], content[:512] + b"\0" * 9000):
        path.write_bytes(damaged)
        with pytest.raises(FormatInvalid, match=r"damaged\.nwb: expected an undamaged HDF5 file"):
            read(path)


def test_bytes_turned_over_give_labels_or_an_error_in_words(full_file, tmp_path):
    content = full_file.read_bytes()
    draw = np.random.default_rng(5)
    path = tmp_path / "turned.nwb"
    refused = 0
    for _ in range(20):
        turned = bytearray(content)
        for place in draw.integers(0, len(content), 400):
            turned[place] = draw.integers(256)
        path.write_bytes(turned)
        try:
            read(path)
        except FormatInvalid:
            refused += 1
    assert refused


def test_a_file_at_which_hdf5_crashes_or_never_ends_is_refused_and_nothing_else_ends(full_file, monkeypatch):
    content = full_file.read_bytes()
    assert reader.recording(contents.read("a/made.nwb", content)) == full()
    with monkeypatch.context() as changed:
        changed.setattr(contents, "LONGEST_S", 0.001)
        with pytest.raises(FormatInvalid, match=r"made\.nwb: expected a file that is read within 0\.001 s"):
            contents.read("a/made.nwb", content)
    monkeypatch.setattr(contents, "COMMAND", (sys.executable, "-c", "import os; os.abort()"))
    with pytest.raises(FormatInvalid, match=r"made\.nwb: expected an undamaged HDF5 file, got one at which HDF5"):
        contents.read("a/made.nwb", content)


def test_links_to_other_files_are_not_followed(changed):
    path, root = changed
    root["processing/behavior/more"] = h5py.ExternalLink("/etc/other.h5", "/")
    root.close()
    with pytest.raises(FormatInvalid, match="a link to another file"):
        read(path)


def test_data_in_other_files_are_not_read(changed, tmp_path):
    path, root = changed
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(16))
    table = root["processing/behavior/bouts_1"]
    del table["start_time"]
    table.create_dataset("start_time", (2,), "f8", external=[(str(secret), 0, 16)])
    root.close()
    with pytest.raises(FormatInvalid, match="data in another file"):
        read(path)


def test_columns_that_unpack_to_more_than_may_be_are_refused(changed):
    path, root = changed
    table = root["processing/behavior/bouts_1"]
    del table["start_time"]
    table.create_dataset("start_time", (2**40,), "f8", chunks=(1024,), compression="gzip")
    root.close()
    with pytest.raises(FormatInvalid, match="at most 64 MiB"):
        read(path)


def test_one_long_text_in_many_rows_is_refused(packages, tmp_path):
    path = tmp_path / "long.nwb"
    foreign(path, [(0.0, 1.0, "x")])
    with h5py.File(path, "r+") as root:
        table = root["processing/behavior/behavior_bouts"]
        del table["label"]
        table.create_dataset("label", (100,), h5py.string_dtype(), data=["x" * 1_000_000] * 100)
    with pytest.raises(FormatInvalid, match="at most 64 MiB of text"):
        read(path)


def test_columns_of_several_lengths_are_refused(changed):
    path, root = changed
    table = root["processing/behavior/bouts_1"]
    del table["label"]
    table["label"] = ["walk"]
    root.close()
    with pytest.raises(FormatInvalid, match="columns of one length"):
        read(path)


@pytest.mark.parametrize("text", ["", "yesterday", "2026-03-01T14:05:00"])
def test_a_start_that_is_no_moment_is_refused(changed, text):
    path, root = changed
    del root["session_start_time"]
    root["session_start_time"] = text
    root.close()
    with pytest.raises(FormatInvalid, match="a date and time with a time zone"):
        read(path)


def test_notes_of_a_later_version_are_refused(changed):
    path, root = changed
    notes = json.loads(root["general/notes"].asstr()[()])
    del root["general/notes"]
    root["general/notes"] = json.dumps({**notes, "kinetoscope_nwb": 2})
    root.close()
    with pytest.raises(FormatInvalid, match="notes of version 1"):
        read(path)
