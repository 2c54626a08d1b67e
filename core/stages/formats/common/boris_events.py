"""What the shapes of BORIS' exports share. Source: olivierfriard/BORIS 9.12 and its tests/files; formats are read, code
is not copied. Columns change with the version and with the project: they are found by name.

(a) old tabular: a preamble, then a row for each START, STOP or POINT    (b) current tabular: the same, header first
(c) aggregated: a row a bout                                              (d) a project, as JSON
"""

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Part
from core.stages.formats.common.boris_media import (
    OFFSET,
    EventRow,
    Medium,
    is_project,
    media_of,
    named_medium,
    players_of,
    project_rows,
)
from core.stages.formats.common.clip_names import base, meant, stem
from core.stages.formats.common.files import Files, ReadOptions, one_file, refused, shown, text_of
from core.stages.formats.common.frame_times import EXACT_S, clock_time
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import Placed, in_ms, one_line, placed

OPTIONAL = {"modifier"}
ALONE = "No focal subject"
NO_SUBJECT = ("", ALONE)
MODIFIER = re.compile(r"Modifier #\d+|Modifiers")
KIND = ("Behavior type", "Status")
SEPARATORS = ",\t;"


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
    """The labels of an export of events, or of a project."""
    name, table = _opened(files)
    return _labels(Reader(name, options, 0.001), [row for row in table if _taken(options, row)])


def parts(files: Files) -> tuple[Part, ...]:
    """Observations and subjects with how many labels each has, and the columns of modifiers that are not empty."""
    _, rows = _opened(files)
    table = [row for row in rows if row.first(KIND).upper() != "STOP"]
    available = [Part("observation", name, many) for name, many in Counter(map(_observation, table)).items()]
    available += [Part("subject", name, many) for name, many in Counter(map(_subject, table)).items()]
    columns = Counter(name for row in table for name in row.cells if MODIFIER.fullmatch(name) and _said(row, name))
    order = dict.fromkeys(name for row in table[:1] for name in row.cells)
    return (*available, *(Part("modifier", name, columns[name]) for name in order if name in columns))


def _opened(files: Files) -> tuple[str, list[EventRow]]:
    """The file's name, and its rows with what stands above them."""
    name, content = one_file(files)
    text = text_of(name, content)
    if is_project(text):
        return name, project_rows(name, content)
    sign, header = header_of(text)
    if "Behavior" not in header:
        raise refused(name, 1, "a header of BORIS, with Behavior and Behavior type", shown(text[:60]))
    rows, index = rows_of(name, text, sign, header)
    above = _preamble(rows[:index]) if "Status" in header else {}
    table = ((line, dict(zip_longest(header, cells[: len(header)], fillvalue=""))) for line, cells in rows[index + 1 :])
    return name, [EventRow(line, {**above, **cells}) for line, cells in table]


def _taken(options: ReadOptions, row: EventRow) -> bool:
    return options.takes("observation", _observation(row)) and options.takes("subject", _subject(row))


def _observation(row: EventRow) -> str:
    return row.cells.get("Observation id", "")


def _subject(row: EventRow) -> str:
    return row.cells.get("Subject", "") or ALONE


def _said(row: EventRow, modifier: str) -> list[str]:
    """What a row says in a column of modifiers."""
    return [text for text in row.cells[modifier].split("|") if text not in ("", "None")]


def rows_of(name: str, text: str, sign: str, header: Sequence[str]) -> tuple[list[tuple[int, list[str]]], int]:
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


def _labels(reader: Reader, table: Sequence[EventRow]) -> Labels:
    """The labels of all clips that the observations are about."""
    clips: dict[str, dict[str, list[Event]]] = {}
    about: dict[str, tuple[Medium, int | str]] = {}
    for (observation, _), rows in _observations(table).items():
        media, own = media_of(reader, rows)
        events = _bouts(reader, own) if "Start (s)" in rows[0].cells else _pairs(reader, own)
        for medium in media:
            about.setdefault(medium.name, (medium, rows[0].line))
            clips.setdefault(medium.name, {}).setdefault(observation, []).extend(medium.cut(reader, events))
    if not clips:
        return reader.labels([reader.clip(stem(reader.file), ())])
    made = [
        reader.clip(name, _in_tracks(reader, name, own, about[name][1]), alone=len(clips) == 1, **about[name][0].stated)
        for name, own in clips.items()
        if _wanted(reader, *about[name])
    ]
    return reader.labels(made)


def _observations(table: Sequence[EventRow]) -> dict[tuple[str, str], list[EventRow]]:
    """The rows of each observation, apart by their media where no column tells of these together."""
    known: dict[str, set[str]] = {}
    for row in table:
        if name := named_medium(row):
            known.setdefault(_observation(row), set()).add(name)
    groups: dict[tuple[str, str], list[EventRow]] = {}
    for row in table:
        key = _observation(row)
        name = "" if players_of(row) or len(known.get(key, ())) < 2 else named_medium(row)
        groups.setdefault((key, name), []).append(row)
    return groups


def _wanted(reader: Reader, medium: Medium, line: int | str) -> bool:
    """Whether a clip is one of those that were given; one of another name is told."""
    given = reader.asked.clips
    if not given or not medium.named or meant(medium.name, given):
        return True
    text = f"labels of {' or '.join(base(info.path) for info in given)}"
    reader.left_out(line, text, f"labels of {medium.name}", "Take only the observations of that clip.")
    return False


def _in_tracks(reader: Reader, name: str, own: Mapping[str, list[Event]], line: int | str) -> list[Event]:
    """The events of a clip; those of each observation in tracks of its own where there are several of it."""
    if len(own) == 1:
        return next(iter(own.values()))
    reader.noted(line, f"one observation of {name}", f"{len(own)}: each has tracks of its own")
    return [replace(event, lane=observation) for observation, events in own.items() for event in events]


def _offset_s(reader: Reader, row: EventRow) -> float:
    text = row.cells.get(OFFSET, "")
    clock = clock_time(text.removeprefix("-"))
    if clock:
        return -clock[0] if text.startswith("-") else clock[0]
    return reader.number(text, row.line, f"a number as {OFFSET}") if text else 0.0


def _time_s(reader: Reader, row: EventRow, column: str) -> float:
    """A time on the observation's clock: without its offset."""
    text = row.cells.get(column, "")
    clock = clock_time(text)
    own_s = clock[0] if clock else reader.number(text, row.line, f"seconds as {column}")
    time_s = own_s - _offset_s(reader, row)
    if time_s > 1e9:
        hint = "The observation counts from the date at which the media was made: switch that off and export again."
        reader.left_out(row.line, "seconds from the beginning of the clip", f"{time_s:.3f} s", hint)
        return math.nan
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
    """Events of rows with START, STOP and POINT, which alternate for each observation, subject, label and modifiers.

    A START without a STOP is left out; so is what follows two of them, until it is clear again which belongs to which.
    """
    timed = [(_time_s(reader, row, "Time"), row) for row in rows]
    timed = sorted((pair for pair in timed if not math.isnan(pair[0])), key=lambda pair: pair[0])
    begun: dict[tuple[str, ...], tuple[float, EventRow]] = {}
    events: list[Event] = []
    for time_s, row in timed:
        named, kind = _named(reader, row), row.first(KIND).upper()
        modifiers = "|".join(cell for name, cell in row.cells.items() if name.startswith("Modifier"))
        key = (_observation(row), named["subject"], row.cells.get("Behavior", ""), modifiers)
        if kind == "POINT":
            events.append(Event(time_s, time_s, where=row.line, note=row.first(("Comment", "Comment start")), **named))
        elif kind == "START":
            if key in begun:
                events.append(_open(reader, *begun.pop(key)))
                events.append(_open(reader, time_s, row))
            else:
                begun[key] = time_s, row
        elif kind == "STOP" and key in begun:
            start_s, start = begun.pop(key)
            note = start.cells.get("Comment", "")
            events.append(_state(reader, Event(start_s, time_s, where=start.line, note=note, **named)))
        elif kind == "STOP":
            reader.left_out(row.line, "a START before its STOP", f"STOP of {_text(named, time_s)}")
        else:
            reader.left_out(row.line, "START, STOP or POINT", shown(row.first(KIND)))
    return [*events, *(_open(reader, *pair) for pair in begun.values())]


def _open(reader: Reader, time_s: float, row: EventRow) -> Event:
    """A START without a STOP, as a stretch of which nothing is known."""
    reader.left_out(row.line, "a STOP", f"an open START of {_text(_named(reader, row), time_s)}")
    return Event(time_s, math.inf, "", row.line)


def _text(named: Mapping[str, str], time_s: float) -> str:
    return f"{named['label']!r} of {named['subject'] or 'no subject'} at {time_s:.3f} s"


def _state(reader: Reader, event: Event) -> Event:
    """A state; one without a length is a moment."""
    if event.start_s == event.stop_s:
        got = f"{event.label!r} at {event.start_s:.3f} s without one, which is kept as a moment"
        reader.noted(event.where, "a state with a length", got)
    return event


def _bouts(reader: Reader, rows: Sequence[EventRow]) -> list[Event]:
    """Events of the aggregated shape: a row a bout."""
    events = []
    for row in rows:
        kind = row.cells.get("Behavior type", "STATE").upper()
        if kind not in ("STATE", "POINT"):
            reader.left_out(row.line, "STATE or POINT", shown(kind))
            continue
        start_s = _time_s(reader, row, "Start (s)")
        named, note = _named(reader, row), row.cells.get("Comment start", "")
        if kind == "POINT":
            events.append(Event(start_s, start_s, where=row.line, note=note, **named))
            continue
        stop_s = _time_s(reader, row, "Stop (s)")
        if stop_s < start_s:
            reader.left_out(row.line, "a stop after the start", f"{start_s:g} to {stop_s:g} s")
        elif math.isnan(stop_s) and not math.isnan(start_s):
            events.append(Event(start_s, math.inf, "", row.line))
        else:
            events.append(_state(reader, Event(start_s, stop_s, where=row.line, note=note, **named)))
    return events


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
