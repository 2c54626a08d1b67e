"""COCO-like JSON: videos, categories and annotations with ids. There is no standard; this shape is ours."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from core.domain import Labels
from core.stages.formats.common.files import Files, ReadOptions, json_of, one_file, shown
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import empty, json_bytes, placed

NAME = "coco"
TITLE = "COCO-like JSON: videos, categories, annotations"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = "seconds, 6 decimals", "from 0", "the second number is the end, which is not part of the segment"
KEEPS = {"classes", "confidence", "overlaps", "several", "stretches"}
DIGIT_S = 1e-6
REMARK = "There is no standard for temporal labels in COCO style."


def looks_like(name: str, head: str) -> bool:
    """Whether a file has videos and categories."""
    return '"videos"' in head and ('"categories"' in head or '"annotations"' in head)


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of all clips; every id must lead somewhere."""
    name, content = one_file(files)
    entry = json_of(name, content)
    reader = Reader(name, options, DIGIT_S)
    videos, categories, annotations = (_table(reader, entry, key) for key in ("videos", "categories", "annotations"))
    reader.problems.finish()
    names = {
        number: reader.label(category.get("name"), f"$.categories id {number}")
        for number, category in categories.items()
    }
    events: dict[int, list[Event]] = {number: [] for number in videos}
    for number, annotation in annotations.items():
        where = f"$.annotations id {number}"
        video: Any = annotation.get("video_id")
        category: Any = annotation.get("category_id")
        segment = annotation.get("segment")
        if not _known(video, videos) or not _known(category, names):
            reader.left_out(where, "ids that are there", f"video {shown(video)}, category {shown(category)}")
        elif not isinstance(segment, list) or len(segment) != 2:
            reader.left_out(where, "a segment [start, end]", shown(segment))
        else:
            ends = [reader.number(end, where) for end in segment]
            confidence = reader.confidence(annotation.get("score"), where)
            events[video].append(Event(ends[0], ends[1], names[category], where, confidence))
    clips = []
    for number, annotation in videos.items():
        path = reader.label(annotation.get("file_name"), f"$.videos id {number}")
        if path:
            stated = _stated(reader, number, annotation)
            clips.append(reader.clip(path, events[number], alone=len(videos) == 1, **stated))
    return reader.labels(clips, list(names.values()))


def _known(number: Any, table: Mapping[Any, Any]) -> bool:
    return isinstance(number, (int, str)) and number in table


def _table(reader: Reader, entry: Any, key: str) -> dict[Any, Mapping[str, Any]]:
    """The objects of a list by their ids."""
    rows = entry.get(key) if isinstance(entry, Mapping) else None
    if not isinstance(rows, list):
        reader.problems.add(f"$.{key}", "a list", shown(rows))
        return {}
    rows_by_id: dict[Any, Mapping[str, Any]] = {}
    for at, row in enumerate(rows):
        number = row.get("id") if isinstance(row, Mapping) else None
        if isinstance(number, bool) or not isinstance(number, (int, str)) or number in rows_by_id:
            reader.left_out(f"$.{key}[{at}]", "an id of its own", shown(number))
        else:
            rows_by_id[number] = row
    return rows_by_id


def _stated(reader: Reader, number: Any, entries: Mapping[str, Any]) -> dict[str, Any]:
    stated: dict[str, Any] = {}
    where = f"$.videos id {number}"
    if entries.get("fps") is not None:
        rate = reader.number(entries["fps"], where)
        stated["rate_hz"] = Fraction(rate).limit_denominator(100_000) if 0 < rate < 1e6 else None
    if entries.get("frames") is not None:
        stated["frame_count"] = max(reader.count(entries["frames"], where), 0)
    return stated


def write(labels: Labels) -> bytes:
    """Ids from 1."""
    numbers = {label: at for at, label in enumerate(labels.classes, 1)}
    videos, annotations = [], []
    for number, clip in enumerate(labels.clips, 1):
        entries: dict[str, Any] = {"id": number, "file_name": clip.name}
        if clip.info:
            entries |= {"fps": round(float(clip.info.rate_hz), 6), "frames": clip.info.frame_count}
        videos.append(entries)
        for item in placed(clip, TITLE):
            start_s, stop_s = round(item.segment.start_s, 6), round(item.segment.stop_s, 6)
            if start_s >= stop_s:
                raise empty(item.segment, TITLE, "millionths of a second")
            ids = {"id": len(annotations) + 1, "video_id": number, "category_id": numbers[item.segment.label]}
            score = {} if item.segment.confidence is None else {"score": round(item.segment.confidence, 6)}
            annotations.append({**ids, "segment": [start_s, stop_s], **score})
    categories = [{"id": at, "name": label} for label, at in numbers.items()]
    return json_bytes({"videos": videos, "categories": categories, "annotations": annotations})
