"""What the shapes of BORIS' exports share. Source: olivierfriard/BORIS 9.12 and its tests/files; formats are read, code
is not copied. Columns change with the version and with the project: they are found by name.

(a) old tabular: a preamble, then a row for each START, STOP or POINT    (b) current tabular: the same, header first
(c) aggregated: a row a bout                                              (d) binary table: a row a step, 0 or 1 a cell
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Part
from core.stages.formats.common.clip_names import base, stem
from core.stages.formats.common.files import Files, ReadOptions, one_file, refused, shown, text_of
from core.stages.formats.common.frame_times import EXACT_S, runs
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import Placed, in_ms, one_line, placed

OPTIONAL = {"modifier"}
ALONE = "No focal subject"
NO_SUBJECT = ("", ALONE)
MODIFIER = re.compile(r"Modifier #\d+|Modifiers")
MEDIA = ("Media file name", "Media file path", "Media file")
DURATION = ("Media duration (s)", "Total length")
RATE = ("FPS", "FPS (frame/s)")
OFFSET = "Time offset (s)"
STEP_S = 0.001 + EXACT_S  # by which steps of a binary table may differ
SEPARATORS = ",\t;"


@dataclass(frozen=True)
class EventRow:
    """A row of the table by names of columns. line: in the file."""

    line: int
    cells: Mapping[str, str]

    def first(self, names: Sequence[str]) -> str:
        """The cell of the first of these columns that there is."""
        return next((self.cells[name] for name in names if name in self.cells), "")


def header_of(head: str) -> tuple[str, list[str]]:
    """What parts the cells, and the cells of the line that names the columns, by which the shapes are told; or none."""
    lines = head.split("\n")[:200]
    for line in lines:
        for sign in SEPARATORS:
            cells = _cells(line, sign) if "Behavior" in line else []
            if "Behavior" in cells and {"Status", "Behavior type"} & set(cells):
                return sign, cells
    for sign in SEPARATORS:
        cells = _cells(lines[0], sign)
        if cells[:1] == ["time"] and (len(cells) > 1 or lines[0].strip() == "time"):
            return sign, cells
    return "", []


def _cells(line: str, sign: str) -> list[str]:
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=sign), [])]
    except csv.Error:
        return []


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of an export in any of the four shapes, told by its header."""
    name, header, rows, texts = _opened(files)
    reader = Reader(name, options, 0.001)
    if "Behavior" not in header:
        return _binary(reader, header, rows)
    for line, cells in rows:
        if len(cells) != len(header):
            reader.problems.add(line, f"{len(header)} cells", f"{len(cells)}")
    table = [row for row in _table(header, rows, texts) if _taken(options, row)]
    events = _bouts if "Start (s)" in header else _pairs
    return _labels(reader, table, events)


def parts(files: Files) -> tuple[Part, ...]:
    """Observations and subjects with how many labels each has, and the columns of modifiers that are not empty."""
    _, header, rows, texts = _opened(files)
    if "Behavior" not in header:
        return ()
    table = [row for row in _table(header, rows, texts) if row.first(("Behavior type", "Status")).upper() != "STOP"]
    available = [Part("observation", name, many) for name, many in Counter(map(_observation, table)).items()]
    available += [Part("subject", name, many) for name, many in Counter(map(_subject, table)).items()]
    columns = Counter(name for row in table for name in row.cells if MODIFIER.fullmatch(name) and _said(row, name))
    return (*available, *(Part("modifier", name, columns[name]) for name in header if name in columns))


def _opened(files: Files) -> tuple[str, list[str], list[tuple[int, list[str]]], dict[str, str]]:
    """The file's name, the columns, the rows with their lines, and what stands above them."""
    name, content = one_file(files)
    text = text_of(name, content)
    sign, header = header_of(text)
    if not header:
        raise refused(name, 1, "a header of BORIS, with Behavior and Behavior type, or time", shown(text[:60]))
    rows, index = _rows(name, text, sign, header)
    return name, header, rows[index + 1 :], _preamble(rows[:index]) if "Status" in header else {}


def _table(header: Sequence[str], rows: Sequence[tuple[int, list[str]]], texts: Mapping[str, str]) -> list[EventRow]:
    return [EventRow(line, {**texts, **dict(zip(header, cells, strict=False))}) for line, cells in rows]


def _taken(options: ReadOptions, row: EventRow) -> bool:
    return options.takes("observation", _observation(row)) and options.takes("subject", _subject(row))


def _observation(row: EventRow) -> str:
    return row.cells.get("Observation id", "")


def _subject(row: EventRow) -> str:
    return row.cells.get("Subject", "") or ALONE


def _said(row: EventRow, modifier: str) -> list[str]:
    """What a row says in a column of modifiers."""
    return [text for text in row.cells[modifier].split("|") if text not in ("", "None")]


def _rows(name: str, text: str, sign: str, header: Sequence[str]) -> tuple[list[tuple[int, list[str]]], int]:
    """All rows with their lines, and the place of the header among them."""
    reader, rows, line = csv.reader(io.StringIO(text, newline=""), delimiter=sign, strict=True), [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, [cell.strip() for cell in cells]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise refused(name, reader.line_num, "a row of cells", str(error)) from error
    index = next((index for index, (_, cells) in enumerate(rows) if cells == list(header)), None)
    if index is None:
        raise refused(name, 1, "a header of BORIS on one line", "one within quotes")
    return rows, index


def _preamble(rows: Sequence[tuple[int, list[str]]]) -> dict[str, str]:
    """What stands above the table of the old shape."""
    return {cells[0]: cells[1] for _, cells in rows if len(cells) > 1 and cells[0]}


# Tabular and aggregated -----------------------------------------------------------------------------------------------


def _labels(reader: Reader, table: Sequence[EventRow], events: Any) -> Labels:
    clips: dict[str, list[EventRow]] = {}
    for row in table:
        _one_file(reader, row)
        clips.setdefault(base(row.first(MEDIA)) or _source(row) or stem(reader.file), []).append(row)
    clip_labels = [] if clips else [reader.clip(stem(reader.file), ())]
    for name, rows in clips.items():
        known = [base(clip.path) for clip in reader.asked.clips] + [stem(clip.path) for clip in reader.asked.clips]
        if reader.asked.clips and base(name) not in known and stem(name) not in known:
            hint = "Take only the observations of that clip."
            text = f"labels of {' or '.join(known[: len(known) // 2])}"
            reader.problems.add(rows[0].line, text, f"labels of {name}", hint)
            continue
        several = _observed(reader, name, rows, events)
        clip_labels.append(reader.clip(name, several, alone=len(clips) == 1, **_stated(reader, rows[0])))
    return reader.labels(clip_labels)


def _observed(reader: Reader, name: str, rows: Sequence[EventRow], events: Any) -> list[Event]:
    """The events of a clip; those of each observation in tracks of its own where there are several of it."""
    by_observation: dict[str, list[EventRow]] = {}
    for row in rows:
        by_observation.setdefault(_observation(row), []).append(row)
    if len(by_observation) == 1:
        return events(reader, rows)
    reader.noted(rows[0].line, f"one observation of {name}", f"{len(by_observation)}: each has tracks of its own")
    return [replace(event, lane=text) for text, own in by_observation.items() for event in events(reader, own)]


def _one_file(reader: Reader, row: EventRow) -> None:
    """Where an observation runs on over several files, only labels in the first count from its beginning."""
    match = re.match(r"player #1:([^|]*)", row.cells.get("Source", ""))
    several = [base(entry) for entry in match[1].split(";") if entry] if match else []
    if len(several) > 1 and base(row.first(MEDIA)) != several[0]:
        got = f"{base(row.first(MEDIA)) or 'a label'}, after {len(several) - 1} others"
        hint = "Its times run on from file to file: export observations of one file each."
        reader.problems.add(row.line, f"a label in {several[0]}", got, hint)


def _source(row: EventRow) -> str:
    match = re.match(r"player #1:([^;|]*)", row.cells.get("Source", ""))
    return base(match[1]) if match else ""


def _stated(reader: Reader, row: EventRow) -> dict[str, Any]:
    """What the file says of the clip."""
    entries: dict[str, Any] = {}
    duration, rate = row.first(DURATION), row.first(RATE)
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", duration, re.ASCII):
        entries["duration_s"] = float(duration)
    if re.fullmatch(r"\d{1,6}(\.\d{1,9})?", rate, re.ASCII) and float(rate) > 0:
        entries["rate_hz"] = Fraction(rate)
    return entries


def _offset_s(reader: Reader, row: EventRow) -> float:
    text = row.cells.get(OFFSET, "")
    return reader.number(text, row.line, f"a number as {OFFSET}") if text else 0.0


def _time_s(reader: Reader, row: EventRow, column: str) -> float:
    """A time on the clip's clock: without the offset of the observation."""
    time_s = reader.number(row.cells.get(column, ""), row.line, f"seconds as {column}") - _offset_s(reader, row)
    if time_s > 1e9:
        hint = "The observation counts from the date at which the media was made: switch that off and export again."
        reader.problems.add(row.line, "seconds from the beginning of the clip", f"{time_s:.3f} s", hint)
        return float("nan")
    return round(time_s, 6)


def _named(reader: Reader, row: EventRow) -> dict[str, Any]:
    """Label and subject of a row."""
    columns = [name for name in row.cells if MODIFIER.fullmatch(name) and reader.asked.takes("modifier", name)]
    texts = [text for name in columns for text in _said(row, name)]
    label = reader.label(row.cells.get("Behavior", ""), row.line)
    if label and texts:
        label = f"{label} ({'|'.join(texts)})"
    subject = row.cells.get("Subject", "")
    return {"label": label, "subject": "" if subject in NO_SUBJECT else subject}


def _pairs(reader: Reader, rows: Sequence[EventRow]) -> list[Event]:
    """Events of rows with START, STOP and POINT, which alternate for each observation, subject, label and modifiers."""
    timed = [(_time_s(reader, row, "Time"), row) for row in rows]
    reader.problems.finish()
    timed.sort(key=lambda pair: pair[0])
    begun: dict[tuple[str, ...], tuple[float, EventRow]] = {}
    events = []
    for time_s, row in timed:
        named, kind = _named(reader, row), row.first(("Behavior type", "Status")).upper()
        modifiers = "|".join(cell for name, cell in row.cells.items() if name.startswith("Modifier"))
        key = (row.cells.get("Observation id", ""), named["subject"], row.cells.get("Behavior", ""), modifiers)
        text = f"{named['label']!r} of {named['subject'] or 'no subject'} at {time_s:.3f} s"
        comment = row.first(("Comment", "Comment start"))
        if kind == "POINT":
            events.append(Event(time_s, time_s, where=row.line, note=comment, **named))
        elif kind == "START" and key not in begun:
            begun[key] = time_s, row
        elif kind == "STOP" and key in begun:
            start_s, start = begun.pop(key)
            events.append(Event(start_s, time_s, where=start.line, note=start.cells.get("Comment", ""), **named))
        elif kind in ("START", "STOP"):
            expected = "a STOP before the next START" if kind == "START" else "a START before its STOP"
            reader.problems.add(row.line, expected, f"{kind} of {text}")
        else:
            reader.problems.add(row.line, "START, STOP or POINT", shown(kind))
    for (_, subject, label, _), (time_s, row) in begun.items():
        reader.problems.add(
            row.line, "a STOP", f"an open START of {label!r} of {subject or 'no subject'} at {time_s:.3f} s"
        )
    return events


def _bouts(reader: Reader, rows: Sequence[EventRow]) -> list[Event]:
    """Events of the aggregated shape: a row a bout."""
    events = []
    for row in rows:
        start_s, stop_s = _time_s(reader, row, "Start (s)"), _time_s(reader, row, "Stop (s)")
        kind = row.cells.get("Behavior type", "STATE").upper()
        if kind not in ("STATE", "POINT"):
            reader.problems.add(row.line, "STATE or POINT", shown(kind))
        if kind == "STATE" and stop_s <= start_s:
            reader.problems.add(row.line, "a stop after the start", f"{start_s:g} to {stop_s:g} s")
        stop_s = start_s if kind == "POINT" else stop_s
        events.append(
            Event(start_s, stop_s, where=row.line, note=row.cells.get("Comment start", ""), **_named(reader, row))
        )
    return events


# Binary table ---------------------------------------------------------------------------------------------------------


def _binary(reader: Reader, header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Labels:
    """Row k covers the time until row k + 1, the last one a step."""
    names = list(header[1:])
    if len(set(names)) < len(names) or not all(names):
        reader.problems.add(1, "each behaviour once", shown(names))
    for line, cells in rows:
        if len(cells) != len(header):
            reader.problems.add(line, f"{len(header)} cells", f"{len(cells)}")
    reader.problems.finish()
    times_s = [reader.number(cells[0], line, "seconds as time") for line, cells in rows]
    reader.problems.finish()
    edges_s = _edges(reader, times_s, rows)
    info = reader.info(stem(reader.file))
    kept = [at for at in range(len(rows)) if info is None or times_s[at] < info.duration_s - STEP_S]
    seen = ((edges_s[0], min(edges_s[len(kept)], info.duration_s if info else edges_s[-1])),) if kept else ()
    events = []
    for column, label in enumerate(names, 1):
        cells = [rows[at][1][column] for at in kept]
        for at, cell in zip(kept, cells, strict=True):
            if cell not in ("0", "1"):
                got = f"{shown(cell)}: a count of points, or no number"
                reader.problems.add(rows[at][0], f"0 or 1 as {label}", got)
        events += [
            Event(edges_s[first], edges_s[stop], label, rows[first][0], lane=label)
            for value, first, stop in runs(cells)
            if value == "1"
        ]
    return reader.labels([reader.clip(stem(reader.file), events, seen=seen)], names)


def _edges(reader: Reader, times_s: Sequence[float], rows: Sequence[tuple[int, list[str]]]) -> list[float]:
    """When rows begin, and when the last one ends."""
    steps_s = [later - earlier for earlier, later in pairwise(times_s)]
    if not times_s:
        return [0.0]
    step_s = steps_s[0] if steps_s else 0.0
    for (line, _), own_s in zip(rows[1:], steps_s, strict=True):
        if own_s <= 0 or abs(own_s - step_s) > STEP_S:
            reader.problems.add(line, f"a step of {step_s:.3f} s", f"{own_s:.3f} s")
    if not step_s:
        reader.problems.add(rows[0][0], "two rows or more, to tell the step", "one")
    reader.problems.finish()
    mean_s = (times_s[-1] - times_s[0]) / len(steps_s)
    return [*times_s, times_s[-1] + mean_s]


# Writing --------------------------------------------------------------------------------------------------------------


def observation(clip: ClipLabels) -> dict[str, str]:
    """What BORIS tells of an observation of one clip."""
    rate = clip.info.rate_hz if clip.info else clip.rate_hz
    return {
        "Observation id": stem(clip.name),
        "Observation type": "Media file(s)",
        "Source": f"player #1:{base(clip.name)}",
        OFFSET: "0.000",
        "Media duration (s)": f"{clip.end_s:.3f}" if clip.end_s else "NA",
        "FPS": f"{float(rate):.3f}" if rate else "NA",
        "Media file name": base(clip.name),
    }


def checked(clip: ClipLabels, title: str) -> list[Placed]:
    """The segments of a clip; one label at a time for each subject, as BORIS pairs starts and stops by label."""
    one_line(clip.labels, title)
    placed_segments, latest = placed(clip, title), {}
    for placed_segment in placed_segments:
        key = placed_segment.segment.label, placed_segment.lane.subject
        if latest.get(key, 0.0) > placed_segment.segment.start_s + EXACT_S:
            raise FormatInvalid(
                f"{title} pairs starts and stops by label: {placed_segment.segment.label!r} at "
                f"{placed_segment.segment.start_s:g} s overlaps itself in another track.",
                "Give the tracks different subjects or labels, or choose ELAN.",
            )
        latest[key] = max(latest.get(key, 0.0), placed_segment.segment.stop_s)
        in_ms(placed_segment.segment, title)
    return placed_segments


def table_bytes(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """A table of these columns; what a row does not tell is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def ms(time_s: float) -> str:
    """Seconds with three decimals."""
    return f"{round(time_s * 1000) / 1000:.3f}"
