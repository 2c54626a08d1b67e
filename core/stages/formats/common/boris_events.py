"""What the shapes of BORIS' exports share. Source: olivierfriard/BORIS 9.12 and its tests/files; formats are read, code
is not copied. Columns change with the version and with the project: they are found by name.

(a) old tabular: a preamble, then a row for each START, STOP or POINT    (b) current tabular: the same, header first
(c) aggregated: a row a bout                                              (d) a project, as JSON
"""

import csv
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Part
from core.stages.formats.common.boris_media import (
    DURATION,
    MEDIA,
    OFFSET,
    RATE,
    EventRow,
    Medium,
    is_project,
    media_of,
    named_medium,
    players_of,
    project_rows,
)
from core.stages.formats.common.clip_names import base, meant, stem
from core.stages.formats.common.csv_tables import filled_rows
from core.stages.formats.common.files import LARGEST_TABLE_BYTES, Files, ReadOptions, one_file, refused, shown, text_of
from core.stages.formats.common.frame_times import EXACT_S, clock_time
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import Placed, in_ms, one_line, placed

OPTIONAL = {"modifier"}
ALONE = "No focal subject"
NO_SUBJECT = ("", ALONE)
MODIFIER = re.compile(r"Modifier #\d+|Modifiers")
KIND = ("Behavior type", "Status")
SHARED = {
    *("Observation id", "Observation type", "Source", "Player #1", "Subject", "Behavior", OFFSET),
    *(*KIND, *MEDIA, *DURATION, *RATE),
}  # the columns that are read, but for times and comments, which each row has of its own
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
    reader = Reader(name, options, 0.001)
    if options.only:
        table = [row for row in table if _taken(options, row)]
    groups = _observations(table)
    del table
    return _labels(reader, groups)


def parts(files: Files) -> tuple[Part, ...]:
    """Observations and subjects with how many labels each has, and the columns of modifiers that are not empty."""
    _, rows = _opened(files)
    counts = Counter(id(row.cells) for row in rows)
    kinds = {id(row.cells): row for row in reversed(rows)}
    table = [(kinds[kind], many) for kind, many in counts.items() if kinds[kind].first(KIND).upper() != "STOP"]
    observations, subjects, columns = Counter[str](), Counter[str](), Counter[str]()
    for row, many in table:
        observations[_observation(row)] += many
        subjects[_subject(row)] += many
        columns.update({name: many for name in row.cells if MODIFIER.fullmatch(name) and _said(row, name)})
    available = [Part("observation", name, many) for name, many in observations.items()]
    available += [Part("subject", name, many) for name, many in subjects.items()]
    order = dict.fromkeys(name for row, _ in table[:1] for name in row.cells)
    return (*available, *(Part("modifier", name, columns[name]) for name in order if columns[name]))


def _opened(files: Files) -> tuple[str, list[EventRow]]:
    """The file's name, and its rows with what stands above them."""
    name, content = one_file(files)
    text = text_of(name, content, LARGEST_TABLE_BYTES)
    if is_project(text):
        return name, project_rows(name, content)
    sign, header = header_of(text)
    if "Behavior" not in header:
        raise refused(name, 1, "a header of BORIS, with Behavior and Behavior type", shown(text[:60]))
    above, rows = rows_of(name, text, sign, header)
    return name, list(_event_rows(rows, header, _preamble(above) if "Status" in header else {}))


def _event_rows(
    rows: Iterable[tuple[int, list[str]]], header: Sequence[str], above: Mapping[str, str]
) -> Iterator[EventRow]:
    """The rows of a table; those that say the same but for times and comments share it. above: what all of them say."""
    places = {name: at for at, name in enumerate(header)}
    bout = "Start (s)" in places
    start, stop = (places.get(name, -1) for name in (("Start (s)", "Stop (s)") if bout else ("Time", "")))
    comment = places.get("Comment start" if bout else "Comment", -1)
    names = [name for name in places if name in SHARED or MODIFIER.match(name)]
    key_of = itemgetter(places["Behavior"], *(places[name] for name in names))
    shared: dict[tuple[str, ...], dict[str, str]] = {}
    for line, cells in rows:
        if len(cells) < len(header):
            cells += [""] * (len(header) - len(cells))
        cells.append("")  # where -1 points
        key = key_of(cells)
        said = shared.get(key)
        if said is None:
            said = shared[key] = {**above, **{name: cells[places[name]].strip() for name in names}}
        yield EventRow(line, said, cells[start].strip(), cells[stop].strip(), cells[comment].strip(), bout)


def _taken(options: ReadOptions, row: EventRow) -> bool:
    return options.takes("observation", _observation(row)) and options.takes("subject", _subject(row))


def _observation(row: EventRow) -> str:
    return row.cells.get("Observation id", "")


def _subject(row: EventRow) -> str:
    return row.cells.get("Subject", "") or ALONE


def _said(row: EventRow, modifier: str) -> list[str]:
    """What a row says in a column of modifiers."""
    return [text for text in row.cells[modifier].split("|") if text not in ("", "None")]


def rows_of(
    name: str, text: str, sign: str, header: Sequence[str]
) -> tuple[list[list[str]], Iterator[tuple[int, list[str]]]]:
    """The rows above the header, and those below it with their lines, read as they are asked for."""
    rows, above = filled_rows(text, sign, name), []
    for _, cells in rows:
        stripped = [cell.strip() for cell in cells]
        if stripped == list(header):
            return above, rows
        above.append(stripped)
    raise refused(name, 1, "a header of BORIS on one line", "one within quotes")


def _preamble(rows: Sequence[list[str]]) -> dict[str, str]:
    """What stands above the table of the old shape."""
    return {cells[0]: cells[1] for cells in rows if len(cells) > 1 and cells[0]}


# Tabular and aggregated -----------------------------------------------------------------------------------------------


def _labels(reader: Reader, groups: dict[tuple[str, str], list[EventRow]]) -> Labels:
    """The labels of all clips that the observations are about. Groups are used up: they may hold millions of rows."""
    clips: dict[str, dict[str, list[Event]]] = {}
    about: dict[str, tuple[Medium, int | str]] = {}
    for group in list(groups):
        first, observation = groups[group][0], group[0]
        media, own = media_of(reader, groups.pop(group))
        events = _bouts(reader, own) if first.bout else _pairs(reader, own)
        del own
        for medium in media:
            about.setdefault(medium.name, (medium, first.line))
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
    kinds = {id(row.cells): row for row in table}
    for row in kinds.values():
        if name := named_medium(row):
            known.setdefault(_observation(row), set()).add(name)
    keys: dict[int, tuple[str, str]] = {}
    for kind, row in kinds.items():
        observation = _observation(row)
        alone = players_of(row) or len(known.get(observation, ())) < 2
        keys[kind] = observation, "" if alone else named_medium(row)
    groups: dict[tuple[str, str], list[EventRow]] = {}
    for row in table:
        groups.setdefault(keys[id(row.cells)], []).append(row)
    return groups


def _wanted(reader: Reader, medium: Medium, line: int | str) -> bool:
    """Whether a clip is one of those that were given; one of another name is told."""
    given = reader.asked.clips
    if not given or reader.asked.by_name or not medium.named or meant(medium.name, given):
        return True
    text = f"labels of {' or '.join(base(info.path) for info in given)}"
    reader.left_out(line, text, f"labels of {medium.name}", "Take only the observations of that clip.")
    return False


def _in_tracks(reader: Reader, name: str, own: Mapping[str, list[Event]], line: int | str) -> list[Event]:
    """The events of a clip; those of each observation in tracks of its own where there are several of it."""
    if len(own) == 1:
        return next(iter(own.values()))
    reader.noted(line, f"one observation of {name}", f"{len(own)}: each has tracks of its own")
    return [event._replace(lane=observation) for observation, events in own.items() for event in events]


def _offset_s(reader: Reader, row: EventRow) -> float:
    text = row.cells.get(OFFSET, "")
    clock = clock_time(text.removeprefix("-"))
    if clock:
        return -clock[0] if text.startswith("-") else clock[0]
    return reader.number(text, row.line, f"a number as {OFFSET}") if text else 0.0


def _time_s(reader: Reader, row: EventRow, text: str, column: str, offsets_s: dict[int, float]) -> float:
    """A time on the observation's clock: without its offset. offsets_s: known ones, by the cells that rows share."""
    clock = clock_time(text) if ":" in text else None
    own_s = clock[0] if clock else reader.number(text, row.line, column)
    offset_s = offsets_s.get(id(row.cells))
    if offset_s is None:
        offset_s = _offset_s(reader, row)
        if not math.isnan(offset_s):
            offsets_s[id(row.cells)] = offset_s
    time_s = own_s - offset_s
    if time_s > 1e9:
        hint = "The observation counts from the date at which the media was made: switch that off and export again."
        reader.left_out(row.line, "seconds from the beginning of the clip", f"{time_s:.3f} s", hint)
        return math.nan
    return round(time_s, 6)


def _named(reader: Reader, row: EventRow) -> tuple[str, str]:
    """Label and subject of a row."""
    columns = [name for name in row.cells if MODIFIER.fullmatch(name) and reader.asked.takes("modifier", name)]
    texts = [text for name in columns for text in _said(row, name)]
    label = reader.label(row.cells.get("Behavior", ""), row.line)
    if label and texts:
        label = f"{label} ({'|'.join(texts)})"
    subject = row.cells.get("Subject", "")
    return label, "" if subject in NO_SUBJECT else subject


def _pairs(reader: Reader, rows: list[EventRow]) -> list[Event]:
    """Events of rows with START, STOP and POINT, which alternate for each observation, subject, label and modifiers.

    A START without a STOP is left out; so is what follows two of them, until it is clear again which belongs to which.
    """
    offsets_s: dict[int, float] = {}
    own_s = (_time_s(reader, row, row.start, "seconds as Time", offsets_s) for row in rows)
    times_s = np.fromiter(own_s, np.float64, len(rows))
    order = np.argsort(times_s, kind="stable")[: np.count_nonzero(~np.isnan(times_s))]
    begun: dict[tuple[str, ...], tuple[float, EventRow]] = {}
    names: dict[int, _Kind] = {}
    events: list[Event] = []
    for at in order:
        time_s, row = float(times_s[at]), rows[at]
        named = names.get(id(row.cells)) or _kind(reader, row)
        if named.label:
            names[id(row.cells)] = named
        label, subject, kind, key = named
        if kind == "POINT":
            events.append(Event(time_s, time_s, label, row.line, note=row.comment, subject=subject))
        elif kind == "START":
            if key in begun:
                events.append(_open(reader, *begun.pop(key)))
                events.append(_open(reader, time_s, row))
            else:
                begun[key] = time_s, row
        elif kind == "STOP" and key in begun:
            start_s, start = begun.pop(key)
            events.append(
                _state(reader, Event(start_s, time_s, label, start.line, None, start.comment, "", "", subject))
            )
        elif kind == "STOP":
            reader.left_out(row.line, "a START before its STOP", f"STOP of {_text(named, time_s)}")
        else:
            reader.left_out(row.line, "START, STOP or POINT", shown(row.first(KIND)))
    return [*events, *(_open(reader, *pair) for pair in begun.values())]


class _Kind(NamedTuple):
    """What rows that share their cells are about. key: which START belongs to which STOP."""

    label: str
    subject: str
    kind: str
    key: tuple[str, ...]


def _kind(reader: Reader, row: EventRow) -> _Kind:
    label, subject = _named(reader, row)
    modifiers = "|".join(cell for name, cell in row.cells.items() if name.startswith("Modifier"))
    key = (_observation(row), subject, row.cells.get("Behavior", ""), modifiers)
    return _Kind(label, subject, row.first(KIND).upper(), key)


def _open(reader: Reader, time_s: float, row: EventRow) -> Event:
    """A START without a STOP, as a stretch of which nothing is known."""
    reader.left_out(row.line, "a STOP", f"an open START of {_text(_kind(reader, row), time_s)}")
    return Event(time_s, math.inf, "", row.line)


def _text(named: _Kind, time_s: float) -> str:
    return f"{named.label!r} of {named.subject or 'no subject'} at {time_s:.3f} s"


def _state(reader: Reader, event: Event) -> Event:
    """A state; one without a length is a moment."""
    if event.start_s == event.stop_s:
        got = f"{event.label!r} at {event.start_s:.3f} s without one, which is kept as a moment"
        reader.noted(event.where, "a state with a length", got)
    return event


def _bouts(reader: Reader, rows: Sequence[EventRow]) -> list[Event]:
    """Events of the aggregated shape: a row a bout."""
    events: list[Event] = []
    offsets_s: dict[int, float] = {}
    for row in rows:
        kind = row.cells.get("Behavior type", "STATE").upper()
        if kind not in ("STATE", "POINT"):
            reader.left_out(row.line, "STATE or POINT", shown(kind))
            continue
        start_s = _time_s(reader, row, row.start, "seconds as Start (s)", offsets_s)
        label, subject = _named(reader, row)
        if kind == "POINT":
            events.append(Event(start_s, start_s, label, row.line, note=row.comment, subject=subject))
            continue
        stop_s = _time_s(reader, row, row.stop, "seconds as Stop (s)", offsets_s)
        if stop_s < start_s:
            reader.left_out(row.line, "a stop after the start", f"{start_s:g} to {stop_s:g} s")
        elif math.isnan(stop_s) and not math.isnan(start_s):
            events.append(Event(start_s, math.inf, "", row.line))
        else:
            event = Event(start_s, stop_s, label, row.line, note=row.comment, subject=subject)
            events.append(_state(reader, event))
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
