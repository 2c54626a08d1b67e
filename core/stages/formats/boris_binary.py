"""BORIS, binary table: a row a step, a column a behaviour, 1 while it lasts. One clip and one subject a file."""

import math
from collections.abc import Sequence
from itertools import pairwise

from core.base.errors import FormatInvalid
from core.domain import Labels
from core.stages.formats.common.boris_events import header_of, rows_of, table_bytes
from core.stages.formats.common.clip_names import stem
from core.stages.formats.common.files import Files, ReadOptions, one_file, refused, shown, text_of
from core.stages.formats.common.frame_times import EXACT_S, runs
from core.stages.formats.common.reader import Event, Reader
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
KEEPS = {"classes", "overlaps", "stretches"}
DIGIT_S = 0.0
REMARK = "Times have three decimals. Only for clips of constant rate. Point events are not stored."


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a binary table of BORIS."""
    return header_of(head)[1][:1] == ["time"] and name.lower().endswith((".csv", ".tsv"))


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of a table; a column that holds counts, as of points, is left out."""
    name, content = one_file(files)
    text = text_of(name, content)
    sign, header = header_of(text)
    if header[:1] != ["time"]:
        raise refused(name, 1, "a header of BORIS' binary table, with time first", shown(text[:60]))
    rows, index = rows_of(name, text, sign, header)
    return _binary(Reader(name, options, 0.001), header, rows[index + 1 :])


def _binary(reader: Reader, header: Sequence[str], rows: Sequence[tuple[int, list[str]]]) -> Labels:
    """Row k covers the time until row k + 1, the last one a step."""
    names = list(header[1:])
    if len(set(names)) < len(names) or not all(names):
        reader.problems.add(1, "each behaviour once", shown(names))
    reader.problems.finish()
    rows, times_s = _timed(reader, header, rows)
    edges_s = _edges(reader, times_s, rows)
    info = reader.info(stem(reader.file))
    kept = [at for at in range(len(rows)) if info is None or times_s[at] < info.duration_s - STEP_S]
    seen = ((edges_s[0], min(edges_s[len(kept)], info.duration_s if info else edges_s[-1])),) if kept else ()
    events, states = [], []
    for column, label in enumerate(names, 1):
        cells = [rows[at][1][column] for at in kept]
        odd = next((at for at, cell in zip(kept, cells, strict=True) if cell not in ("0", "1")), None)
        if odd is not None:
            got = f"{shown(rows[odd][1][column])}, a count of points or no number: the column is left out"
            reader.left_out(rows[odd][0], f"0 or 1 as {label}", got)
            continue
        states.append(label)
        events += [
            Event(edges_s[first], edges_s[stop], label, rows[first][0], lane=label)
            for value, first, stop in runs(cells)
            if value == "1"
        ]
    return reader.labels([reader.clip(stem(reader.file), events, seen=seen)], states)


def _timed(
    reader: Reader, header: Sequence[str], rows: Sequence[tuple[int, list[str]]]
) -> tuple[list[tuple[int, list[str]]], list[float]]:
    """The rows that have all cells and a time, with these times."""
    timed = []
    for line, cells in rows:
        if len(cells) != len(header):
            reader.left_out(line, f"{len(header)} cells", f"{len(cells)}")
        elif not math.isnan(time_s := reader.number(cells[0], line, "seconds as time")):
            timed.append(((line, cells), time_s))
    return [row for row, _ in timed], [time_s for _, time_s in timed]


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
