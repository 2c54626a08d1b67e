"""VIA 3: its project JSON, and its CSV of temporal segments, whose header is a comment and whose cells are JSON.

Source: ox-vgg/via via-3.x.y/CodeDoc.md, src/js/_via_import_export.js. `z` with one value is a still frame, `xy` that is
not empty a region in space. Check box, radio and select attributes store the id of an option, whose name the project
and the full CSV hold and the temporal CSV does not.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Part
from core.stages.formats.common.clip_names import base, stem
from core.stages.formats.common.files import Files, ReadOptions, json_of, one_file, refused, shown, text_of
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import json_bytes, placed, seconds

NAME = "via"
TITLE = "VIA 3: a project"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = "seconds, 3 decimals", "from 0", "the second of z is the end, which is not part of the segment"
KEEPS = {"overlaps", "points", "several", "stretches"}
DIGIT_S = 0.001
REMARK = "One text attribute, behaviour; one clip in each view."
ATTRIBUTE = "behaviour"
OPTIONS = ("2", "3", "4", "5")  # check box, radio, select, image: what they store is the id of an option


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a project of VIA 3."""
    return '"vid_list"' in head or ('"project"' in head and '"metadata"' in head)


def is_table(head: str) -> bool:
    """Whether a text is a CSV of VIA 3: its header is a comment."""
    return bool(re.search(r"^[^\S\n]*#\s*CSV_HEADER\s*=", head, re.MULTILINE))


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of a project or of a CSV. asked.attribute: which attribute is the label, where there are several.

    Where attributes are chosen as parts of the file, each becomes a track.
    """
    reader, rows = _opened(files, options)
    reader.problems.finish()
    events: dict[str, list[Event]] = {}
    for clip, where, z, values in rows:
        own = events.setdefault(clip, [])
        if z and options.chosen("attribute"):
            taken = {value: reader.label(values[value], where) for value in values if options.takes("attribute", value)}
            own += [Event(z[0], z[-1], label, where, lane=text) for text, label in taken.items()]
        elif z and (chosen := _chosen(reader, values, where)):
            own.append(Event(z[0], z[-1], chosen, where))
    events = events or {stem(reader.file): []}
    clips = [reader.clip(clip, own, alone=len(events) == 1) for clip, own in events.items()]
    return reader.labels(clips)


def parts(files: Files) -> tuple[Part, ...]:
    """The attributes with how many labels have each."""
    _, rows = _opened(files, ReadOptions())
    counts = Counter(value for _, _, z, values in rows if z for value in values)
    return tuple(Part("attribute", name, many) for name, many in counts.items())


def _opened(
    files: Files, options: ReadOptions
) -> tuple[Reader, list[tuple[str, int | str, list[float], dict[str, str]]]]:
    name, content = one_file(files)
    text = text_of(name, content)
    reader = Reader(name, options, 0.001, parallel=True)
    return reader, _table(reader, text) if is_table(text) else _project(reader, json_of(name, content))


def _chosen(reader: Reader, values: Mapping[str, str], where: int | str) -> str:
    """The value of the attribute that is the label."""
    wanted = reader.asked.attribute
    if wanted or len(values) != 1:
        if wanted not in values:
            text = ", ".join(map(repr, values)) or "none"
            hint = "Say which attribute is the label, with --attribute, or --only attribute=NAME, at the command line."
            tell = reader.left_out if wanted or not values else reader.problems.add
            tell(where, f"the attribute {wanted!r}" if wanted else "one attribute", text, hint)
            return ""
        return reader.label(values[wanted], where)
    return reader.label(next(iter(values.values())), where)


def _z(reader: Reader, entry: Any, where: int | str) -> list[float]:
    """Start and end, or one moment."""
    if not isinstance(entry, list) or len(entry) not in (1, 2):
        reader.left_out(where, "one or two times", shown(entry))
        return []
    return [reader.number(number, where, "seconds") for number in entry]


def _project(reader: Reader, entry: Any) -> list[tuple[str, int | str, list[float], dict[str, str]]]:
    """Clip, place, times and values of each label of a project; clips without labels come with none."""
    parts = {
        key: entry.get(key) if isinstance(entry, Mapping) else None for key in ("metadata", "file", "view", "attribute")
    }
    for key, value in parts.items():
        if not isinstance(value, Mapping):
            reader.problems.add(f"$.{key}", "an object", shown(value))
    reader.problems.finish()
    clips = {vid: _viewed(reader, parts, vid) for vid in parts["view"] or {}}
    reader.problems.finish()
    rows: list[tuple[str, int | str, list[float], dict[str, str]]] = []
    used = set()
    for number, part in (parts["metadata"] or {}).items():
        where = f"$.metadata.{number}"
        sound = isinstance(part, Mapping) and isinstance(part.get("av"), Mapping) and isinstance(part.get("vid"), str)
        if not sound or part["vid"] not in clips:
            reader.left_out(where, "a view that is there, and values", shown(part))
            continue
        if part.get("xy"):
            reader.unused(where, "a segment", "a region in space, which is left out")
            continue
        values = {}
        for key, value in part["av"].items():
            attribute = (parts["attribute"] or {}).get(key)
            named = str(attribute.get("aname", key)) if isinstance(attribute, Mapping) else key
            values[named] = _option(reader, attribute, value, where)
        used.add(part["vid"])
        rows.append((clips[part["vid"]], where, _z(reader, part.get("z"), where), values))
    return rows + [(clip, "", [], {}) for vid, clip in clips.items() if vid not in used]


def _viewed(reader: Reader, parts: Mapping[str, Any], vid: str) -> str:
    """The clip in a view."""
    view = parts["view"][vid]
    fids = view.get("fid_list") if isinstance(view, Mapping) else None
    if not isinstance(fids, list) or len(fids) != 1 or not isinstance(parts["file"].get(str(fids[0])), Mapping):
        reader.problems.add(f"$.view.{vid}.fid_list", "one file that is there", shown(fids))
        return ""
    name = parts["file"][str(fids[0])].get("fname")
    if not isinstance(name, str) or not name.strip():
        reader.problems.add(f"$.file.{fids[0]}.fname", "the name of a file", shown(name))
        return ""
    return name.strip()


def _option(reader: Reader, attribute: Any, value: Any, where: int | str) -> str:
    """The text of a value: the name of the option where ids are stored."""
    if not isinstance(value, str):
        reader.left_out(where, "text", shown(value))
        return ""
    kind = str(attribute.get("type", "1")) if isinstance(attribute, Mapping) else "1"
    options = attribute.get("options") if isinstance(attribute, Mapping) else None
    if kind in OPTIONS:
        if not isinstance(options, Mapping) or value not in options:
            reader.left_out(where, "the id of an option whose name is told", shown(value))
            return ""
        return str(options[value])
    return value


def _table(reader: Reader, text: str) -> list[tuple[str, int | str, list[float], dict[str, str]]]:
    """The same of a CSV, temporal or full."""
    head = re.search(r"^[^\S\n]*#\s*CSV_HEADER\s*=\s*(.+)$", text, re.MULTILINE)
    header = [entry.strip() for entry in head[1].split(",")] if head else []
    attributes = _attributes(reader, text)
    lines = text.split("\n")
    body = "\n".join("" if line.lstrip().startswith("#") else line for line in lines)
    rows: list[tuple[str, int | str, list[float], dict[str, str]]] = []
    reading, line = csv.reader(io.StringIO(body, newline=""), strict=True), 1
    try:
        for cells in reading:
            if cells and any(cells) and len(cells) != len(header):
                reader.left_out(line, f"{len(header)} cells", f"{len(cells)}")
            elif any(cells) and (row := _row(reader, dict(zip(header, cells, strict=False)), line, attributes)):
                rows.append(row)
            line = reading.line_num + 1
    except csv.Error as error:
        raise refused(reader.file, reading.line_num, "a row of cells", str(error)) from error
    return rows


def _attributes(reader: Reader, text: str) -> Mapping[str, Any]:
    match = re.search(r"^[^\S\n]*#\s*ATTRIBUTE\s*=\s*(.+)$", text, re.MULTILINE)
    entry = json_of(reader.file, match[1].encode()) if match else {}
    return entry if isinstance(entry, Mapping) else {}


def _row(
    reader: Reader, cells: Mapping[str, str], line: int, attributes: Mapping[str, Any]
) -> tuple[str, int | str, list[float], dict[str, str]] | None:
    files, values = (_cell(reader, cells.get(key, ""), line) for key in ("file_list", "metadata"))
    if not isinstance(files, list) or len(files) != 1 or not isinstance(files[0], str):
        reader.left_out(line, "one file", shown(files))
        return None
    if not isinstance(values, Mapping):
        reader.left_out(line, "values of attributes", shown(values))
        return None
    if "temporal_segment_start" in cells:
        texts = [cells["temporal_segment_start"], cells.get("temporal_segment_end", "")]
        z = _z(reader, [text for text in texts if text], line)
    else:
        if _cell(reader, cells.get("spatial_coordinates", "") or "[]", line):
            reader.unused(line, "a segment", "a region in space, which is left out")
            return None
        z = _z(reader, _cell(reader, cells.get("temporal_coordinates", ""), line), line)
    named = {}
    for key, value in values.items():
        attribute = attributes.get(key)
        name = str(attribute.get("aname", key)) if isinstance(attribute, Mapping) else str(key)
        if not attributes and isinstance(value, str) and re.fullmatch(r"\d+", value):
            hint = "Export the project, or the full CSV: the temporal CSV does not hold the names of options."
            reader.left_out(line, "a label", f"{value!r}, which may be the id of an option", hint)
            continue
        named[name] = _option(reader, attribute, value, line)
    return files[0], line, z, named


def _cell(reader: Reader, text: str, line: int) -> Any:
    try:
        return json_of(reader.file, text.encode())
    except FormatInvalid:
        reader.left_out(line, "JSON in a cell", shown(text))
        return None


# Writing --------------------------------------------------------------------------------------------------------------


def rows_of(clip: ClipLabels, title: str) -> list[tuple[tuple[str, ...], str]]:
    """Times as text and label of each label of a clip."""
    pairs: list[tuple[tuple[str, ...], str]] = [
        (seconds(item.segment, title), item.segment.label) for item in placed(clip, title)
    ]
    pairs += [
        ((f"{round(point.time_s * 1000) / 1000:.3f}",), point.label) for lane in clip.lanes for point in lane.points
    ]
    return sorted(pairs, key=lambda pair: (float(pair[0][0]), pair[0], pair[1]))


def write(labels: Labels) -> bytes:
    """A project: one text attribute, a view for each clip."""
    ids = [str(number) for number in range(1, len(labels.clips) + 1)]
    metadata = {}
    for number, clip in zip(ids, labels.clips, strict=True):
        for index, (times, label) in enumerate(rows_of(clip, "VIA"), 1):
            z = [float(time) for time in times]
            metadata[f"{number}_{index:06}"] = {"vid": number, "flg": 0, "z": z, "xy": [], "av": {"1": label}}
    about = {
        "pid": "__VIA_PROJECT_ID__",
        "rev": "__VIA_PROJECT_REV_ID__",
        "rev_timestamp": "__VIA_PROJECT_REV_TIMESTAMP__",
    }
    about |= {"pname": "Kinetoscope", "creator": "Kinetoscope", "created": 0, "vid_list": ids}
    attribute = {
        "aname": ATTRIBUTE,
        "anchor_id": "FILE1_Z2_XY0",
        "type": 1,
        "desc": "",
        "options": {},
        "default_option_id": "",
    }
    files = {
        number: {"fid": number, "fname": base(clip.name), "type": 4, "loc": 1, "src": base(clip.name)}
        for number, clip in zip(ids, labels.clips, strict=True)
    }
    content = {"project": about, "config": {}, "attribute": {"1": attribute}, "file": files, "metadata": metadata}
    return json_bytes({**content, "view": {number: {"fid_list": [number]} for number in ids}})


def write_table(labels: Labels, title: str) -> bytes:
    """The temporal CSV: the header is a comment, cells are JSON."""
    text = io.StringIO()
    text.write("# CSV_HEADER = metadata_id,file_list,temporal_segment_start,temporal_segment_end,metadata\n")
    writer = csv.writer(text, lineterminator="\n")
    for number, clip in enumerate(labels.clips, 1):
        for index, (times, label) in enumerate(rows_of(clip, title), 1):
            cells: Sequence[str] = [f"{number}_{index:06}", _json([base(clip.name)]), *times, *[""] * (2 - len(times))]
            writer.writerow([*cells, _json({ATTRIBUTE: label})])
    return text.getvalue().encode("utf-8", "backslashreplace")


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
