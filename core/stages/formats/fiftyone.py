"""FiftyOne temporal detections: labels.json of a FiftyOneTemporalDetectionDataset.

Source: voxel51/fiftyone fiftyone/core/labels.py. `support` is the first and the last frame, from 1, both included;
`timestamps` are seconds, or HH:MM:SS.XXX, whose end is taken as excluded. Written are frames of the clip's own clock:
its own conversion of timestamps is wrong for variable rates.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.domain import ClipLabels, Labels
from core.stages.formats.common.files import Files, ReadOptions, json_of, one_file, shown
from core.stages.formats.common.frame_times import frames_of, seconds_of
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import clock, frame_range, json_bytes, names_of, placed

NAME = "fiftyone"
TITLE = "FiftyOne: temporal detections"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = "frames", "the first frame is 1", "the second frame is the last one, included"
KEEPS = {"classes", "confidence", "overlaps", "several", "stretches"}
DIGIT_S = 0.0
REMARK = "labels.json of a dataset whose clips lie in data/. Timestamps in seconds are read too."
CLOCK = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)


def looks_like(name: str, head: str) -> bool:
    """Whether a file is such a labels.json."""
    others = re.search(r'"(is_multilabel|video|kinetoscope_labels|database)"', head)
    kind = re.search(r'"(support|timestamps)"', head) or not others
    return '"classes"' in head and '"labels"' in head and bool(kind)


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of all clips."""
    name, content = one_file(files)
    entry = json_of(name, content)
    reader = Reader(name, options, 0.001, parallel=True)
    held = entry.get("labels") if isinstance(entry, Mapping) else None
    if not isinstance(held, Mapping):
        reader.problems.add("$.labels", "an object with clips by name", shown(held))
        reader.problems.finish()
        held = {}
    classes = entry.get("classes")
    if classes is not None and not (
        isinstance(classes, list) and all(isinstance(class_, str) and class_ for class_ in classes)
    ):
        reader.problems.add("$.classes", "a list of labels, or null", shown(classes))
        reader.problems.finish()
    rows = [row for own in held.values() for row in _list(own) if isinstance(row, Mapping)]
    frames = any(row.get("timestamps") is None for row in rows)
    wanted = reader.given(held) if frames else set(held)
    clip_labels = [_clip(reader, clip, held[clip], classes, len(wanted) == 1) for clip in held if clip in wanted]
    return reader.labels(clip_labels, classes or ())


def _clip(reader: Reader, name: str, rows: Any, classes: Sequence[str] | None, alone: bool) -> ClipLabels:
    path = f"$.labels.{name}"
    if rows is None:
        rows = []
    if not isinstance(rows, list):
        reader.left_out(path, "a list of detections", shown(rows))
    events = [
        event
        for at, row in enumerate(_list(rows))
        if (event := _event(reader, name, row, classes, f"{path}[{at}]", alone))
    ]
    return reader.clip(name, events, alone=alone)


def _list(entry: Any) -> list[Any]:
    return entry if isinstance(entry, list) else []


def _event(reader: Reader, name: str, row: Any, classes: Sequence[str] | None, where: str, alone: bool) -> Event | None:
    if not isinstance(row, Mapping):
        reader.left_out(where, "an object", shown(row))
        return None
    label = _label(reader, row.get("label"), classes, where)
    times = row.get("timestamps")
    ends = _seconds(reader, times, f"{where}.timestamps") if times is not None else None
    if row.get("support") is not None:
        frames = _frames(reader, name, row["support"], f"{where}.support", alone, ends)
        ends = (ends or frames) if frames else None
    if ends is None:
        if times is None and row.get("support") is None:
            reader.left_out(where, "support or timestamps", "neither")
        return None
    return Event(*ends, label, where, reader.confidence(row.get("confidence"), where))


def _label(reader: Reader, value: Any, classes: Sequence[str] | None, where: str) -> str:
    if classes is None or isinstance(value, str):
        if classes is not None and value not in classes:
            reader.left_out(f"{where}.label", "one of the classes", shown(value))
            return ""
        return reader.label(value, f"{where}.label")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < len(classes):
        reader.left_out(f"{where}.label", f"the index of a class, 0 to {len(classes) - 1}", shown(value))
        return ""
    return classes[value].strip()


def _seconds(reader: Reader, times: Any, where: str) -> tuple[float, float] | None:
    if not isinstance(times, list) or len(times) != 2:
        reader.left_out(where, "a start and an end", shown(times))
        return None
    seconds = []
    for time in times:
        clock_told = CLOCK.fullmatch(time) if isinstance(time, str) else None
        if clock_told:
            seconds.append(int(clock_told[1]) * 3600 + int(clock_told[2]) * 60 + float(clock_told[3]))
        else:
            seconds.append(reader.number(time, where, "seconds or HH:MM:SS.XXX"))
    return seconds[0], seconds[1]


def _frames(
    reader: Reader, name: str, support: Any, where: str, alone: bool, ends: tuple[float, float] | None
) -> tuple[float, float] | None:
    """The stretch that frames say; a problem where timestamps say another by more than a frame."""
    whole = isinstance(support, list) and all(isinstance(end, int) and not isinstance(end, bool) for end in support)
    if not whole or len(support) != 2 or not 1 <= support[0] <= support[1]:
        reader.left_out(where, "first and last frame, from 1", shown(support))
        return None
    info = reader.info(name, alone=alone)
    if info is None and ends:
        return ends
    info = info or reader.clock(name, alone=alone)
    if support[1] > info.frame_count:
        reader.left_out(where, f"frames up to {info.frame_count}", shown(support))
        return None
    values = seconds_of(support[0] - 1, support[1], info)
    if ends:
        other = frames_of(ends[0], ends[1], info)
        if max(abs(other[0] - support[0] + 1), abs(other[1] - support[1])) > 1:
            reader.left_out(where, f"frames of the timestamps, {other[0] + 1} to {other[1]}", shown(support))
            return None
    return values


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """Frames from 1, both ends included; labels by their place among the classes."""
    numbers = {label: at for at, label in enumerate(labels.classes)}
    rows: dict[str, list[dict[str, Any]]] = {}
    for name, clip in zip(names_of(labels), labels.clips, strict=True):
        info = clock(clip, "FiftyOne")
        rows[name] = []
        for item in placed(clip, "FiftyOne"):
            first, stop = frame_range(item.segment, info, "FiftyOne")
            entries: dict[str, Any] = {"label": numbers[item.segment.label], "support": [first + 1, stop]}
            if item.segment.confidence is not None:
                entries["confidence"] = round(item.segment.confidence, 6)
            rows[name].append(entries)
    return json_bytes({"classes": list(labels.classes), "labels": rows})
