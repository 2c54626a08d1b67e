"""Apple Create ML action data, as JSON: one object a label. Source: developer.apple.com, MLActionClassifier.DataSource.

Its columns are parameters of the call: the names that are usual are known, others are told by the reader. No start is
the beginning of the clip, no end its end. Times are seconds, or text as mm:ss or hh:mm:ss with decimals. As a table the
same is the format csv.
"""

import re
from typing import Any

from core.domain import Labels
from core.stages.formats.common.csv_tables import Row, Table, note_clocks
from core.stages.formats.common.files import Files, FirstFindings, ReadOptions, json_of, one_file, refused, shown
from core.stages.formats.common.reader import Reader
from core.stages.formats.common.writer import empty, json_bytes
from core.stages.formats.csv import READ, read_table

NAME = "createml"
TITLE = "Create ML: action data"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = "seconds, 6 decimals", "from 0", "the end is not part of the segment"
KEEPS = {"overlaps", "several", "stretches", "whole"}
DIGIT_S = 1e-6
REMARK = "Name its columns videoPath, label, start and end when you load it."


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a list of objects with a label and a clip."""
    keys = {key.lower() for key in re.findall(r'"([^"\\]{1,40})"\s*:', head)}
    listed = re.match(r"\s*\[\s*(\{|\])", head) is not None and "segments" not in keys
    return listed and (not keys or bool(keys & set(READ["path"]) and keys & set(READ["label"])))


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of all clips."""
    name, content = one_file(files)
    entry = json_of(name, content)
    reader = Reader(name, options, DIGIT_S)
    if not isinstance(entry, list) or not all(isinstance(field, dict) for field in entry):
        raise refused(name, "$", "a list of objects", shown(entry))
    rows, strange = [], set()
    for at, field in enumerate(entry):
        cells, sound = {}, True
        for key, value in field.items():
            meaning = next((meaning for meaning, names in READ.items() if key.lower() in names), "")
            if not meaning:
                strange.add(key)
                continue
            if meaning in cells:
                reader.problems.add(f"$[{at}]", f"one key for {meaning}", shown(key))
            cells[meaning] = _cell(reader, value, f"$[{at}].{key}")
            sound = sound and cells[meaning] is not None
        for needed in ("path", "label"):
            if sound and not cells.get(needed):
                reader.left_out(f"$[{at}]", f"a {needed}", "none")
                sound = False
        if sound:
            rows.append(Row(at + 1, cells, cells.get("start", ""), cells.get("end", ""), path=f"$[{at}]"))
    for key in sorted(strange):
        reader.noted(0, "keys that are known", f"{key!r}, which is not used")
    reader.problems.finish(skipped=not rows)
    table, findings = Table(name, ";", {"path": 0, "label": 1}, tuple(rows)), FirstFindings()
    note_clocks(table, findings)
    return read_table(reader, table, findings)


def _cell(reader: Reader, value: Any, where: str) -> str | None:
    """A value as text, as tables hold it; None where it is none, which is told."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        reader.left_out(where, "text or a number", shown(value))
        return None
    if isinstance(value, float):
        return f"{value:.9f}".rstrip("0").rstrip(".")
    return str(value).strip()


def write(labels: Labels) -> bytes:
    """An object a label; of the whole clip without start and end."""
    rows: list[dict[str, Any]] = []
    for clip in labels.clips:
        if clip.label:
            rows.append({"videoPath": clip.name, "label": clip.label})
        for lane in clip.lanes:
            for segment in lane.segments:
                start_s, stop_s = round(segment.start_s, 6), round(segment.stop_s, 6)
                if start_s >= stop_s:
                    raise empty(segment, TITLE, "millionths of a second")
                rows.append({"videoPath": clip.name, "label": segment.label, "start": start_s, "end": stop_s})
    return json_bytes(rows)
