"""NWB files, written with pynwb and its extension ndx-ethogram."""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import AnalysisError
from core.domain import Lane, Point, Segment, intervals
from core.domain.fingerprint import fingerprint
from core.stages.formats.common.clip_names import base
from core.stages.formats.nwb.recording import NwbRecording
from core.stages.formats.nwb.tables import (
    BEHAVIOR,
    BOUTS,
    CATALOGUE,
    POINTS,
    VERSION,
    VIDEO,
    WATCHED,
    WHOLE_CLIP,
    exact,
    plain,
)

PROGRAM = "Kinetoscope"
INSTALL = "pip install pynwb ndx-ethogram"
LONGEST_ATTRIBUTE = 1000  # characters; HDF5 holds 64 KiB of all attributes of a table together


def installed() -> bool:
    """Whether the packages are there that write NWB files."""
    return all(find_spec(package) for package in ("pynwb", "ndx_ethogram"))


def require() -> None:
    """Refuse to go on without these packages."""
    if not installed():
        raise AnalysisError(
            "NWB files need the packages pynwb and ndx-ethogram, which are not installed.",
            f"Install them into the environment of this program: {INSTALL}",
        )


def write(recording: NwbRecording, path: Path) -> None:
    """Write a file, with the specifications that it follows, so that others read it without ndx-ethogram."""
    require()
    from pynwb import NWBHDF5IO, NWBFile  # type: ignore[import-not-found]
    from pynwb.file import Subject  # type: ignore[import-not-found]

    known = _describing(recording)
    if recording.subject:
        known["subject"] = Subject(subject_id=plain(recording.subject))
    file = NWBFile(**known)
    _Tables(recording, file).add()
    opened: Any = NWBHDF5IO
    with opened(str(path), "w") as output:
        output.write(file)


def _describing(recording: NwbRecording) -> dict[str, Any]:
    """What a file says of the session."""
    clip, version = recording.clip, str(recording.about.get("version", ""))
    notes = _notes(recording)
    known = {
        "session_description": plain(f"Labels over time of the clip {base(clip.name)}"),
        "identifier": fingerprint("nwb", VERSION, notes, clip.lanes),
        "session_start_time": recording.session_start,
        "notes": notes,
    }
    return known | ({"was_generated_by": [(PROGRAM, version)]} if version else {})


def _notes(recording: NwbRecording) -> str:
    """All that NWB has no field for, as JSON; letters that UTF-8 cannot hold are escapes, which JSON reads back."""
    clip = recording.clip
    entries = {
        "kinetoscope_nwb": VERSION,
        "clip": {
            "name": clip.name,
            "sha256": recording.digest,
            "duration_s": clip.end_s,
            "label": clip.label,
            "split": clip.split,
            "group": clip.group,
            "subject": clip.subject,
            "model": clip.model,
        },
        "tracks": [_track(number, lane) for number, lane in enumerate(clip.lanes, 1)],
        "labels": list(recording.labels.classes),
        "labeling_method": recording.method,
        "subject": recording.subject,
        "metadata": dict(recording.metadata),
        "about": dict(recording.about),
    }
    text = json.dumps(entries, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _track(number: int, lane: Lane) -> dict[str, Any]:
    names = {"name": lane.name, "author": lane.author, "subject": lane.subject}
    return {"table": f"{BOUTS}_{number}", **names, "watched_known": bool(lane.seen)}


class _Tables:
    """The tables of a file. Nothing is added before `add`."""

    def __init__(self, recording: NwbRecording, file: Any):
        self.recording, self.file, self.clip = recording, file, recording.clip
        self.module = file.create_processing_module(BEHAVIOR, "Labels over time, in seconds from the first frame.")
        self.shared: dict[str, Any] = {}

    def add(self) -> None:
        """Add the video, the catalogue of labels, and the tables of each track."""
        if self.recording.labels.classes:
            self.shared["ethogram"] = self._catalogue()
            self.module.add(self.shared["ethogram"])
        if self.clip.info:
            self.shared["source_video"] = self._video()
            self.file.add_acquisition(self.shared["source_video"])
        for number, lane in enumerate(self.clip.lanes, 1):
            self._add_track(number, lane)
        if self.clip.label and self.clip.end_s:
            whole = Lane((Segment(0.0, self.clip.end_s, self.clip.label),), seen=((0.0, self.clip.end_s),))
            self._add_bouts(WHOLE_CLIP, whole, "The label of the whole clip.")

    def _add_track(self, number: int, lane: Lane) -> None:
        names = (("track", lane.name), ("author", lane.author), ("subject", lane.subject))
        text = ", ".join(f"{kind} {name}" for kind, name in names if name)
        text = plain(text)[:LONGEST_ATTRIBUTE] or f"track {number}"
        self._add_bouts(f"{BOUTS}_{number}", lane, f"Bouts of behaviour: {text}.")
        if lane.points:
            self.file.add_events_table(self._points(f"{POINTS}_{number}", lane.points, f"Point events: {text}."))

    def _add_bouts(self, name: str, lane: Lane, description: str) -> None:
        from ndx_ethogram import EthogramBouts  # type: ignore[import-not-found]
        from pynwb.epoch import TimeIntervals  # type: ignore[import-not-found]

        watched = lane.seen or intervals.union((segment.start_s, segment.stop_s) for segment in lane.segments)
        what = "What was watched." if lane.seen else "What was watched is not known; these are the bouts themselves."
        spans = TimeIntervals(name=f"{WATCHED}_{name}", **_columns(what, _ends(watched)))
        self.module.add(spans)
        columns = [*_ends([(segment.start_s, segment.stop_s) for segment in lane.segments]), _labels(lane.segments)]
        columns += _rest(lane.segments, "note")
        made_by = {"annotator": plain(lane.author)[:LONGEST_ATTRIBUTE]} if lane.author else {}
        if self.recording.method in ("automated", "curated"):
            made_by |= {"source_software": self._software()}
        self.module.add(
            EthogramBouts(
                name=name,
                labeling_method=self.recording.method,
                parameters=self._parameters(),
                observation_intervals=spans,
                **made_by,
                **_columns(description, columns),
                **self.shared,
            )
        )

    def _software(self) -> str:
        about = self.recording.about
        return plain(" ".join(filter(None, (PROGRAM, str(about.get("version", ""))))))

    def _parameters(self) -> str:
        """What decided the labels, in short: the attributes of a table hold little; the notes have all of it."""
        about = self.recording.about
        model = about.get("model") or {}
        keys = ("name", "digest", "backbone", "backbone_version", "threshold")
        entries = {key: model[key] for key in keys if isinstance(model, dict) and key in model}
        chosen = {"recipe": fingerprint("recipe", json.dumps(about["recipe"]))} if about.get("recipe") else {}
        text = json.dumps({"model": entries or None, "clip_sha256": self.recording.digest or None, **chosen})
        return text if len(text) <= 20 * LONGEST_ATTRIBUTE else "{}"

    def _catalogue(self) -> Any:
        from ndx_ethogram import Ethogram  # type: ignore[import-not-found]

        points = {point.label for lane in self.clip.lanes for point in lane.points}
        states = {segment.label for lane in self.clip.lanes for segment in lane.segments}
        classes = self.recording.labels.classes
        kinds = ["point" if label in points - states else "state" for label in classes]
        columns = [
            _text("behavior", "The label.", classes),
            _text("definition", "What the label means; empty where nobody says.", [""] * len(classes)),
            _text("behavior_type", "state: lasts for some time; point: a moment.", kinds),
        ]
        return Ethogram(name=CATALOGUE, **_columns("All labels of the study.", columns))

    def _video(self) -> Any:
        from pynwb.image import ImageSeries  # type: ignore[import-not-found]

        info = self.clip.info
        assert info is not None
        return ImageSeries(
            name=VIDEO,
            description="The clip. Its file is expected beside this one.",
            external_file=[plain(base(info.path))],
            format="external",
            starting_frame=[0],
            timestamps=np.asarray(info.times_s, np.float64),
            unit="n/a",
        )

    def _points(self, name: str, points: Sequence[Point], description: str) -> Any:
        from pynwb.event import EventsTable, TimestampVectorData  # type: ignore[import-not-found]

        times_s = np.array([point.time_s for point in points], np.float64)
        timestamps = TimestampVectorData(name="timestamp", description="Seconds from the first frame.", data=times_s)
        columns = [timestamps, _labels(points), *_rest(points, "annotation")]
        return EventsTable(name=name, source_description=self.recording.method, **_columns(description, columns))


# Columns --------------------------------------------------------------------------------------------------------------


def _columns(description: str, columns: Sequence[Any]) -> dict[str, Any]:
    """The arguments of any table."""
    return {"description": description, "columns": list(columns), "colnames": [column.name for column in columns]}


def _column(name: str, description: str, values: Any) -> Any:
    from hdmf.common import VectorData  # type: ignore[import-not-found]

    return VectorData(name=name, description=description, data=values)


def _text(name: str, description: str, texts: Sequence[str]) -> Any:
    values = [exact(text) for text in texts]
    return _column(name, description, values or np.array([], dtype="U1"))


def _ends(spans: Sequence[tuple[float, float]]) -> list[Any]:
    values = np.array(spans, np.float64).reshape(-1, 2)  # (N, 2)
    return [
        _column("start_time", "Start, in seconds from the first frame.", values[:, 0]),
        _column("stop_time", "End, in seconds from the first frame.", values[:, 1]),
    ]


def _labels(entries: Sequence[Segment] | Sequence[Point]) -> Any:
    return _text("label", "The label.", [entry.label for entry in entries])


def _rest(entries: Sequence[Segment] | Sequence[Point], note: str) -> list[Any]:
    """Confidences and notes, where there are any. note: the name of their column."""
    columns: list[Any] = []
    if any(entry.confidence is not None for entry in entries):
        values = [np.nan if entry.confidence is None else entry.confidence for entry in entries]
        columns.append(_column("confidence", "0 to 1; NaN where nobody says.", np.array(values, np.float64)))
    if any(entry.note for entry in entries):
        columns.append(_text(note, "Notes.", [entry.note for entry in entries]))
    return columns
