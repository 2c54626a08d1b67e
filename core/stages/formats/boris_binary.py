"""BORIS, binary table: a row a step, a column a behaviour, 1 while it lasts. One clip and one subject a file."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise

from core.base.errors import FormatInvalid
from core.domain import Labels, intervals
from core.stages.formats.common.boris_events import header_of, rows_of
from core.stages.formats.common.clip_names import stem
from core.stages.formats.common.files import Files, ReadOptions, one_file, refused, shown, text_of
from core.stages.formats.common.frame_times import EXACT_S, runs
from core.stages.formats.common.reader import Event, OddRow, Reader
from core.stages.formats.common.writer import (
    clock,
    frame_range,
    in_ms,
    one_clip,
    one_line,
    placed,
    seen_frames,
    steady,
    stretched,
    table_bytes,
)

NAME = "boris-binary"
TITLE = "BORIS: binary table"
SUFFIX = ".csv"
MIME = "text/csv"
UNIT, BASE, ENDS = (
    "rows of a fixed step, written a row a frame",
    "the time of its frame",
    "a row lasts until the next one",
)
STEP_S = 0.001 + EXACT_S  # by which steps may differ
STATES = ("0", "1")
KEEPS = {"classes", "overlaps", "stretches"}
DIGIT_S = 0.0
EVERY_FRAME = True
REMARK = "Times have three decimals. Only for clips of constant rate. Point events are not stored."


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a binary table of BORIS."""
    return header_of(head)[1][:1] == ["time"] and name.lower().endswith((".csv", ".tsv"))


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TimedRow:
    """A row and the time that it covers."""

    line: int
    cells: Sequence[str]
    start_s: float
    stop_s: float


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of a table; a column that holds counts, as of points, is left out, and so are rows with odd cells."""
    name, content = one_file(files)
    text = text_of(name, content)
    sign, header = header_of(text)
    if header[:1] != ["time"]:
        raise refused(name, 1, "a header of BORIS' binary table, with time first", shown(text[:60]))
    _, rows = rows_of(name, text, sign, header)
    table = [(line, [cell.strip() for cell in cells]) for line, cells in rows]
    return _binary(Reader(name, options, 0.001), header, table)


def _binary(reader: Reader, header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Labels:
    """Row k covers the time until row k + 1, the last one a step."""
    names = list(header[1:])
    if len(set(names)) < len(names) or not all(names):
        reader.problems.add(1, "each behaviour once", shown(names))
    reader.problems.finish()
    whole = [(line, cells) for line, cells in rows if len(cells) == len(header)]
    states = {label: at for at, label in enumerate(names, 1) if _is_state(reader, label, at, whole)}
    info = reader.info(stem(reader.file))
    timed = _covering(reader, _timed(reader, header, list(states.values()), rows))
    timed = [row for row in timed if info is None or row.start_s < info.duration_s - STEP_S]
    end_s = info.duration_s if info else math.inf
    seen = intervals.union((row.start_s, min(row.stop_s, end_s)) for row in timed) if states else ()
    reader.sound = bool(seen)
    events = [event for label, at in states.items() for event in _bouts(timed, at, label)]
    return reader.labels([reader.clip(stem(reader.file), events, seen=seen)], list(states))


def _is_state(reader: Reader, label: str, column: int, rows: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether a column tells when a behaviour lasts. One with a count above 1, or mostly without numbers, does not."""
    cells = [(line, cells[column]) for line, cells in rows]
    counts = [(line, cell) for line, cell in cells if cell.isascii() and cell.isdecimal() and cell not in STATES]
    odd = [(line, cell) for line, cell in cells if cell not in STATES]
    wrong = counts or (odd if len(odd) * 2 > len(cells) else [])
    if wrong:
        got = f"{shown(wrong[0][1])}, a count of points or no number: the column is left out"
        reader.left_out(wrong[0][0], f"0 or 1 as {label}", got)
    return not wrong


def _bouts(rows: Sequence[TimedRow], column: int, label: str) -> Iterator[Event]:
    """The stretches in which a column is 1, from row to row without a gap."""
    parts = accumulate((earlier.stop_s < later.start_s for earlier, later in pairwise(rows)), initial=0)
    cells = [(row.cells[column], part) for row, part in zip(rows, parts, strict=False)]
    for (value, _), first, stop in runs(cells):
        if value == "1":
            yield Event(rows[first].start_s, rows[stop - 1].stop_s, label, rows[first].line, lane=label)


def _timed(
    reader: Reader, header: Sequence[str], columns: Sequence[int], rows: Sequence[tuple[int, list[str]]]
) -> list[TimedRow]:
    """The rows that have all cells, a time, and 0 or 1 in these columns, by their times."""
    timed: list[TimedRow] = []
    odd: list[OddRow] = []
    for line, cells in rows:
        strange = next((at for at in columns if len(cells) == len(header) and cells[at] not in STATES), 0)
        if len(cells) != len(header):
            odd.append((line, f"{len(header)} cells", f"{len(cells)}"))
        elif strange:
            odd.append((line, f"0 or 1 as {header[strange]}", shown(cells[strange])))
        elif (time_s := reader.number(cells[0], line, "seconds as time")) < 0:
            odd.append((line, "a time from 0", shown(cells[0])))
        elif not math.isnan(time_s):
            odd += _placed(timed, TimedRow(line, cells, time_s, time_s))
    reader.rows_left_out(odd)
    return timed


def _placed(timed: list[TimedRow], row: TimedRow) -> Iterator[OddRow]:
    """Put a row behind the others, and tell which is left out where it does not come after the last of them."""
    last = timed[-1] if timed else None
    before_s = timed[-2].start_s if len(timed) > 1 else -math.inf
    if last is None or row.start_s > last.start_s:
        timed.append(row)
    elif row.start_s == last.start_s:
        yield row.line, "each time once", f"{row.start_s:g} s again, after line {last.line}"
        if row.cells != last.cells:
            yield last.line, "each time once", f"{row.start_s:g} s with other cells than line {row.line}"
            timed.pop()
    elif row.start_s > before_s:
        yield last.line, "times that rise", f"{last.start_s:g} s, and {row.start_s:g} s in the next row"
        timed[-1] = row
    else:
        yield row.line, "times that rise", f"{row.start_s:g} s after {last.start_s:g} s"


def _covering(reader: Reader, timed: Sequence[TimedRow]) -> list[TimedRow]:
    """Rows from their time to that of the next one; before one that is missing, a step long.

    The step is what most rows are apart; where no such step is, the file is refused.
    """
    gaps_s = [later.start_s - earlier.start_s for earlier, later in pairwise(timed)]
    if not gaps_s:
        if timed:
            reader.problems.add(timed[0].line, "two rows or more, to tell the step", "one")
        reader.problems.finish(skipped=True)
        return []
    step_s = sorted(gaps_s)[(len(gaps_s) - 1) // 2]
    even = [abs(gap_s - step_s) <= STEP_S for gap_s in gaps_s]
    steps = [
        (row.line, f"a step of {step_s:.3f} s", f"{gap_s:.3f} s") for row, gap_s in zip(timed[1:], gaps_s, strict=True)
    ]
    odd = [step for step, sound in zip(steps, even, strict=True) if not sound]
    if len(odd) * 2 >= len(even):
        reader.problems.add(*odd[0])
        reader.problems.finish()
    reader.rows_left_out((line, expected, f"{got} since the row before") for line, expected, got in odd)
    mean_s = sum(gap_s for gap_s, sound in zip(gaps_s, even, strict=True) if sound) / sum(even)
    stops_s = [
        later.start_s if sound else min(later.start_s, earlier.start_s + mean_s)
        for (earlier, later), sound in zip(pairwise(timed), even, strict=True)
    ]
    return [
        replace(row, stop_s=stop_s) for row, stop_s in zip(timed, [*stops_s, timed[-1].start_s + mean_s], strict=True)
    ]


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """A row at the time of each frame; columns by name."""
    clip = stretched(one_clip(labels, TITLE), TITLE)
    info = clock(clip, TITLE)
    steady(info, TITLE)
    names = sorted(labels.classes)
    one_line(names, TITLE)
    if len({lane.subject for lane in clip.lanes}) > 1:
        raise FormatInvalid(f"{TITLE} holds one subject per file.", "Write a file for each subject.")
    if not all(seen_frames(clip.lanes, info)):
        raise FormatInvalid(
            f"{TITLE} cannot mark unannotated parts, and {clip.name!r} is not fully annotated.",
            "State that the whole clip was annotated (--watched at the command line), or choose DeepEthogram.",
        )
    cells = {name: ["0"] * info.frame_count for name in names}
    for item in placed(clip, TITLE):
        in_ms(item.segment, TITLE)
        first, stop = frame_range(item.segment, info, TITLE)
        cells[item.segment.label][first:stop] = ["1"] * (stop - first)
    rows = [
        {"time": str(round(float(time_s), 3)), **{name: cells[name][frame] for name in names}}
        for frame, time_s in enumerate(info.times_s)
    ]
    return table_bytes(("time", *names), rows)
