"""Clips and labels that the tests of formats share."""

from fractions import Fraction
from pathlib import Path

import h5py
import numpy as np

from core.domain import ClipLabels, Labels, Lane, Segment, VideoInfo, listed
from core.stages.formats import ReadOptions
from core.stages.formats.common.files import Files, unpacked
from core.stages.formats.common.format import Format
from core.stages.formats.nwb import contents, reader
from core.stages.formats.nwb.recording import NwbRecording


def clip(times_s, end_s: float, *, path: str = "/clips/a.mp4", digest: str = "d" * 64) -> VideoInfo:
    """A clip with these frame times."""
    times_s = np.array(times_s, np.float64)
    gaps_s = np.diff(np.append(times_s, end_s))
    return VideoInfo(
        path=path,
        digest=digest,
        width_px=320,
        height_px=240,
        frame_count=len(times_s),
        declared_count=len(times_s),
        times_s=times_s,
        rate_hz=Fraction(len(times_s) / end_s).limit_denominator(100_000),
        variable_rate=bool(np.ptp(gaps_s) > 1e-3),
        duration_s=end_s,
        codec="h264",
        plays_in_browser=True,
        notes=(),
    )


def steady(frames: int = 10, rate: Fraction | int = 25, *, path: str = "/clips/a.mp4") -> VideoInfo:
    """A clip of constant rate; by default that of section 5: 25 frames/s, 10 frames."""
    return clip([float(i / Fraction(rate)) for i in range(frames)], float(frames / Fraction(rate)), path=path)


A = steady()
VARIABLE = clip([0.0, 0.04, 0.12, 0.16, 0.28, 0.32, 0.4, 0.44, 0.56, 0.6], 0.68)


def labels(*segments: Segment, info: VideoInfo = A, seen=None, **more) -> Labels:
    """Labels of one clip that was watched as a whole."""
    lane = Lane(segments, seen=((0.0, info.duration_s),) if seen is None else seen)
    made = ClipLabels(info.path.rpartition("/")[2], (lane,), info=info, **more)
    return Labels((made,), listed((), (made,)))


def file_name(form: Format, stem: str = "a") -> str:
    """What a file of this format about the clip `stem` is called."""
    return f"{stem}_labels.csv" if form.name == "deepethogram" else f"{stem}{form.suffix}"


def files_of(form: Format, content: bytes, stem: str = "a") -> Files:
    """The bytes of a file as what a reader gets."""
    name = file_name(form, stem)
    return unpacked(name, content) if content.startswith(b"PK") else {name: content}


def read(form: Format, content: bytes, *infos: VideoInfo, stem: str = "a", **asked) -> Labels:
    """What a format reads of these bytes."""
    return form.read(files_of(form, content, stem), ReadOptions(clips=infos, **asked))


def nwb_file(path: Path, *segments: Segment) -> bytes:
    """An NWB file of another program, made with h5py alone: a table of bouts."""
    with h5py.File(path, "w") as root:
        root["session_start_time"] = "2026-03-01T14:05:00+01:00"
        table = root.create_group("processing/behavior/bouts")
        table.attrs.update({"neurodata_type": "EthogramBouts", "labeling_method": "manual", "annotator": "Bea"})
        table["start_time"] = [segment.start_s for segment in segments]
        table["stop_time"] = [segment.stop_s for segment in segments]
        table.create_dataset("label", data=[segment.label for segment in segments], dtype=h5py.string_dtype())
    return path.read_bytes()


def recorded(path: Path) -> NwbRecording:
    """What an NWB file holds."""
    return reader.recording(contents.read(path.name, path.read_bytes()))


def events(found: Labels, *, joined: bool = False) -> list[tuple[str, float, float, str]]:
    """All segments as clip, start, stop and label. joined: those of one label that touch as one."""
    rows = []
    for one in found.clips:
        own = sorted(
            (segment.label, segment.start_s, segment.stop_s) for lane in one.lanes for segment in lane.segments
        )
        kept: list[list] = []
        for label, start_s, stop_s in own:
            if joined and kept and kept[-1][0] == label and abs(kept[-1][2] - start_s) < 1e-6:
                kept[-1][2] = stop_s
            else:
                kept.append([label, start_s, stop_s])
        name = one.name.rpartition("/")[2].rpartition(".")[0] or one.name
        rows += [(name, round(start_s, 5), round(stop_s, 5), label) for label, start_s, stop_s in kept]
    return sorted(rows)
