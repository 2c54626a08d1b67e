"""ActivityNet JSON: seconds, several clips. Source: activitynet/ActivityNet Evaluation/eval_detection.py.

Truth has database, taxonomy and version; predictions have results, version and external_data. MMAction2's flat form,
one object a clip with duration_second, is read too. Ids are names without a suffix.
"""

import re
from typing import Any

from core.domain import ClipLabels, Labels
from core.stages.formats.common.files import Files, ReadOptions, json_of, one_file, shown
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import empty, json_bytes, names_of, placed

NAME = "activitynet"
TITLE = "ActivityNet JSON"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = "seconds, 6 decimals", "from 0", "the second number is the end, which is not part of the segment"
KEEPS = {"confidence", "overlaps", "several", "split", "stretches"}
DIGIT_S = 1e-6
REMARK = "Written as predictions where segments have a confidence, else as truth."
SUBSETS = {"training": "train", "validation": "val", "testing": "test", "": ""}


def looks_like(name: str, head: str) -> bool:
    """Whether a file is ActivityNet's truth, its predictions, or MMAction2's flat form."""
    keys = set(re.findall(r'"(version|database|results|taxonomy|external_data|duration_second)"\s*:', head))
    ours = head.lstrip().startswith("{") and "kinetoscope_labels" not in head
    return ours and ({"database"} <= keys or {"results"} <= keys or "duration_second" in keys)


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of all clips."""
    name, content = one_file(files)
    entry = json_of(name, content)
    reader = Reader(name, options, 1e-6, parallel=True)
    if not isinstance(entry, dict):
        reader.problems.add("$", "an object", shown(entry))
        reader.problems.finish()
    key = next((key for key in ("database", "results") if key in entry), "")
    if "database" in entry and "results" in entry:
        reader.problems.add("$", "database or results", "both")
    clips = entry[key] if key else entry
    path = f"$.{key}" if key else "$"
    if not isinstance(clips, dict):
        reader.problems.add(path, "an object with clips by name", shown(clips))
        clips = {}
    for needed in {"database": ("version", "taxonomy"), "results": ("version", "external_data")}.get(key, ()):
        if needed not in entry:
            reader.noted(f"$.{needed}", "this key", "none")
    clip_labels = [_clip(reader, entry, f"{path}.{clip}", clip, len(clips) == 1) for clip, entry in clips.items()]
    return reader.labels(clip_labels)


def _clip(reader: Reader, entry: Any, path: str, name: str, alone: bool) -> ClipLabels:
    rows = entry.get("annotations") if isinstance(entry, dict) else entry
    if not isinstance(rows, list):
        reader.left_out(path, "a list of annotations", shown(rows))
        rows = []
    events = [event for at, row in enumerate(rows) if (event := _event(reader, row, f"{path}[{at}]"))]
    stated: dict[str, Any] = {}
    if isinstance(entry, dict):
        for key in ("duration", "duration_second"):
            if key in entry:
                duration_s = reader.number(entry[key], f"{path}.{key}")
                stated["duration_s"] = duration_s if duration_s > 0 else 0.0
        subset = entry.get("subset", "")
        stated["split"] = SUBSETS.get(subset, "") if isinstance(subset, str) else ""
        if not isinstance(subset, str) or subset not in SUBSETS:
            reader.unused(f"{path}.subset", "training, validation or testing", shown(subset))
    return reader.clip(name, events, alone=alone, **stated)


def _event(reader: Reader, row: Any, where: str) -> Event | None:
    segment = row.get("segment") if isinstance(row, dict) else None
    if not isinstance(segment, list) or len(segment) != 2:
        reader.left_out(where, "a segment [start, end]", shown(segment))
        return None
    start_s, stop_s = (reader.number(entry, where) for entry in segment)
    label = reader.label(row.get("label"), where)
    return Event(start_s, stop_s, label, where, reader.confidence(row.get("score"), where))


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """Predictions where all segments have a confidence, else truth."""
    names = names_of(labels)
    placed_by_clip = {name: placed(clip, "ActivityNet") for name, clip in zip(names, labels.clips, strict=True)}
    segments = [placed.segment for own in placed_by_clip.values() for placed in own]
    if segments and all(segment.confidence is not None for segment in segments):
        results = {name: [_row(placed.segment, "score") for placed in own] for name, own in placed_by_clip.items()}
        return json_bytes({"version": "1.3", "external_data": {}, "results": results})
    subset = {part: name for name, part in SUBSETS.items()} | {"": "", "unused": ""}
    database = {}
    for (name, own), clip in zip(placed_by_clip.items(), labels.clips, strict=True):
        entries: dict[str, Any] = {"subset": subset[clip.split]} if subset[clip.split] else {}
        entries |= {"duration": round(clip.end_s, 6)} if clip.end_s else {}
        database[name] = {**entries, "annotations": [_row(placed.segment, "") for placed in own]}
    return json_bytes({"version": "1.3", "taxonomy": [], "database": database})


def _row(segment: Any, score: str) -> dict[str, Any]:
    start_s, stop_s = round(segment.start_s, 6), round(segment.stop_s, 6)
    if start_s >= stop_s:
        raise empty(segment, "ActivityNet", "millionths of a second")
    entries = {"segment": [start_s, stop_s], "label": segment.label}
    return {**entries, score: round(segment.confidence, 6)} if score else entries
