"""NWB files, read with h5py: tables of bouts (EthogramBouts of ndx-ethogram) and of point events with labels.

Times stay as they are, to the last bit. A file of another program has its own names of tables, and no notes of ours.
"""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.domain import ClipLabels, Lane, intervals, serialization
from core.domain.intervals import Span
from core.stages.formats.common.clip_names import meant, stem
from core.stages.formats.common.files import ReadOptions, refused, shown
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.nwb.contents import NwbContents, NwbTable
from core.stages.formats.nwb.recording import LabelingMethod, NwbRecording
from core.stages.formats.nwb.tables import BEHAVIOR, BOUTS, CATALOGUE, MEND, POINTS, VERSION, WHOLE_CLIP

METHODS: dict[str, LabelingMethod] = {"manual": "manual", "automated": "automated", "curated": "curated"}
SPLITS = ("train", "val", "test", "unused")


def recording(contents: NwbContents, options: ReadOptions | None = None) -> NwbRecording:
    """The labels of a file, with what it says of their recording; FormatInvalid where it holds none."""
    return _NwbReader(contents, options or ReadOptions()).recording()


class _NwbReader:
    """Reads one file. notes: ours, empty in a file of another program. own: what they say of each table of bouts."""

    def __init__(self, file: NwbContents, options: ReadOptions):
        self.file = file
        self.reader = Reader(file.name, options, parallel=True)
        self.notes = _notes(file)
        self.own = {entry["table"]: entry for entry in _entries(self.notes, "tracks") if "table" in entry}

    def recording(self) -> NwbRecording:
        """All of it."""
        tables = self.file.kinds("EthogramBouts")
        events = dict(self._events())
        if not tables and not events:
            hint = "Only tables of EthogramBouts (ndx-ethogram) and EventsTables with a column of labels are read."
            raise refused(self.file.name, 0, "tables of labelled bouts or events", "none", hint)
        clip = self._bare()
        lanes: list[Lane] = []
        methods: set[str] = set()
        for path, table in tables:
            methods.add(table.attributes["labeling_method"])
            name = path.rpartition("/")[2]
            if name == WHOLE_CLIP and clip.label:
                continue
            key = f"/events/{name.replace(BOUTS, POINTS)}"
            points = events.pop(key, None) if name in self.own else None
            lanes += self._track(clip, name, table, points)
        for path, table in events.items():
            lanes += self._lanes(clip, self._points(table, {"lane": path.rpartition("/")[2]}), ())
        info = self.reader.info(clip.name)
        labels = self.reader.labels((replace(clip, lanes=tuple(lanes), info=info),), self._classes())
        return NwbRecording(
            labels,
            self._start(),
            str(self.notes.get("subject") or self.file.text("/general/subject/subject_id")),
            _method(methods),
            str(_mapping(self.notes, "clip").get("sha256") or ""),
            {name: str(value) for name, value in _mapping(self.notes, "metadata").items()},
            _mapping(self.notes, "about"),
        )

    def _bare(self) -> ClipLabels:
        """The clip without its labels; its name is that of its video, or of the file."""
        entry = _mapping(self.notes, "clip")
        texts: dict[str, Any] = {name: str(entry.get(name) or "") for name in ("label", "group", "subject", "model")}
        length_s = entry.get("duration_s")
        if isinstance(length_s, int | float) and 0 <= length_s < math.inf:
            texts["duration_s"] = float(length_s)
        texts["split"] = entry.get("split") if entry.get("split") in SPLITS else ""
        return ClipLabels(self._clip_name(str(entry.get("name") or "")), **texts)

    def _clip_name(self, noted: str) -> str:
        """The first of the names in the notes, of the video and of the file that means a clip that was given."""
        names = [name for name in (noted, self._video(), stem(self.file.name)) if name]
        return next((name for name in names if meant(name, self.reader.asked.clips)), names[0])

    def _video(self) -> str:
        for _, series in self.file.kinds("ImageSeries"):
            if "external_file" in series.columns and (names := self.file.column(series, "external_file")):
                return names[0]
        return ""

    def _track(self, clip: ClipLabels, name: str, table: NwbTable, points: NwbTable | None) -> tuple[Lane, ...]:
        """A table of bouts with its point events."""
        entry = self.own.get(name, {"name": name, "author": table.attributes["annotator"]})
        names = {field: str(entry.get(key) or "") for field, key in _NAMES.items()}
        seen = self._seen(table, clip)
        if name in self.own and not entry.get("watched_known"):
            seen = ()
        rows = self._bouts(table, names) + (self._points(points, names) if points else [])
        lanes = self._lanes(clip, rows, seen)
        kept = bool(lanes) and any(lane.segments or lane.points for lane in lanes)
        return lanes if kept else (Lane((), (), seen, names["lane"], names["author"], names["subject"]),)

    def _lanes(self, clip: ClipLabels, rows: list[Event], seen: tuple[Span, ...]) -> tuple[Lane, ...]:
        return self.reader.clip(clip.name, rows, exact=True, seen=seen, duration_s=clip.duration_s).lanes

    def _bouts(self, table: NwbTable, names: Mapping[str, Any]) -> list[Event]:
        starts_s, stops_s = self.file.column(table, "start_time"), self.file.column(table, "stop_time")
        return self._rows(table, starts_s, stops_s, "note", names)

    def _points(self, table: NwbTable, names: Mapping[str, Any]) -> list[Event]:
        times_s = self.file.column(table, "timestamp")
        return self._rows(table, times_s, times_s, "annotation", names)

    def _rows(
        self, table: NwbTable, starts_s: list[float], stops_s: list[float], note: str, names: Mapping[str, Any]
    ) -> list[Event]:
        """The rows of a table as events, without those that mean nothing, which is told."""
        labels = self.file.column(table, "label")
        blank = [""] * len(labels)
        texts = self.file.column(table, note) if note in table.columns else blank
        values = self.file.column(table, "confidence") if "confidence" in table.columns else None
        columns = [starts_s, stops_s, labels, texts, values or [math.nan] * len(labels)]
        if len({len(column) for column in columns}) > 1:
            raise refused(self.file.name, str(table.name), "columns of one length", "several lengths", MEND)
        rows: list[Event] = []
        for at, (start_s, stop_s, label, text, value) in enumerate(zip(*columns, strict=True)):
            where = f"{table.name}, row {at}"
            confidence = None if math.isnan(value) else self.reader.confidence(value, where)
            if math.isnan(start_s) or math.isnan(stop_s):
                self.reader.left_out(where, "start and end in seconds", shown(start_s))
            elif not label.strip():
                self.reader.left_out(where, "a label", shown(label))
            else:
                rows.append(Event(start_s, stop_s, label, where, confidence, text, **names))
        return rows

    def _seen(self, table: NwbTable, clip: ClipLabels) -> tuple[Span, ...]:
        """What was watched; by ndx-ethogram all of a clip of which nothing is said."""
        spans = self.file.linked(table, "observation_intervals")
        if spans is None:
            info = self.reader.info(clip.name)
            end_s = info.duration_s if info else clip.duration_s
            return ((0.0, end_s),) if end_s else ()
        starts_s, stops_s = (self.file.column(spans, name) for name in ("start_time", "stop_time"))
        pairs = [pair for pair in zip(starts_s, stops_s, strict=False) if 0 <= pair[0] < pair[1] < math.inf]
        ends = [moment for pair in pairs for moment in pair]
        return tuple(pairs) if ends == sorted(ends) else intervals.union(pairs)

    def _events(self) -> list[tuple[str, NwbTable]]:
        """The tables of events that have labels; others, such as pulses of a device, are told."""
        kept: list[tuple[str, NwbTable]] = []
        for path, table in self.file.kinds("EventsTable"):
            if "label" in table.columns and "timestamp" in table.columns:
                kept.append((path, table))
            else:
                self.reader.unused(path, "events with a column of labels", "none")
        return kept

    def _classes(self) -> list[str]:
        table = self.file.tables.get(f"/processing/{BEHAVIOR}/{CATALOGUE}")
        if table is not None and "behavior" in table.columns:
            return self.file.column(table, "behavior")
        return []

    def _start(self) -> datetime:
        text = self.file.text("/session_start_time")
        try:
            start = datetime.fromisoformat(text)
        except ValueError:
            start = None
        if start is None or start.tzinfo is None:
            expected = "a date and time with a time zone"
            raise refused(self.file.name, "/session_start_time", expected, shown(text), MEND)
        return start


_NAMES = {"lane": "name", "author": "author", "subject": "subject"}  # of an Event, and in the notes


def _notes(file: NwbContents) -> dict[str, Any]:
    """Our notes; nothing where a file has others."""
    text = file.text("/general/notes")
    if not text.startswith("{") or '"kinetoscope_nwb"' not in text:
        return {}
    entries = serialization.plain_value(text, source=file.name)
    version = entries.get("kinetoscope_nwb") if isinstance(entries, dict) else None
    if version != VERSION:
        hint = "Read it with the version of the program that wrote it."
        raise refused(file.name, "/general/notes", f"notes of version {VERSION}", shown(version), hint)
    return entries


def _method(methods: set[str]) -> LabelingMethod:
    """Who labelled, where all tables agree about it."""
    return METHODS.get(next(iter(methods)), "unknown") if len(methods) == 1 else "unknown"


def _mapping(entries: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = entries.get(name)
    return value if isinstance(value, dict) else {}


def _entries(entries: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = entries.get(name)
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
