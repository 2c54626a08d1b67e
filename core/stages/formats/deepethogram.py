"""DeepEthogram <clip>_labels.csv: a row a frame, a column a class, 1, 0 or -1 for not labelled yet.

Source: jbohnslav/deepethogram docs/file_structure.md, file_io.py. Academic licence: only the format is taken.
`background` comes first and is 1 exactly when all others are 0. A -1 fills a whole row that was never visited, or one
column of a class that was added later.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import starmap

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Lane, VideoInfo
from core.stages.formats.common.clip_names import stem
from core.stages.formats.common.files import Files, ReadOptions, one_file, refused, shown, text_of
from core.stages.formats.common.frame_times import frames_of, labelled_runs, spans
from core.stages.formats.common.reader import BACKGROUND, Event, OddRow, Reader
from core.stages.formats.common.writer import clock, frame_range, one_clip, one_line, placed, stretched

NAME = "deepethogram"
TITLE = "DeepEthogram: a row for each frame"
SUFFIX = ".csv"
MIME = "text/csv"
UNIT, BASE, ENDS = "frames", "the first row is frame 0", "each row is one frame"
KEEPS = {"classes", "overlaps", "stretches", "unlabelled"}
DIGIT_S = 0.0
REMARK = "The only frame table that marks unannotated frames, as -1. Each class becomes a track."
CELLS = {"0": 0, "1": 1, "-1": -1, "0.0": 0, "1.0": 1, "-1.0": -1}
ENDINGS = ("_labels", "_predictions")


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a table whose first header cell is empty and whose second is background."""
    return head.replace('"', "").startswith(f",{BACKGROUND}")


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """A lane for each class."""
    name, content = one_file(files)
    reader = Reader(name, options)
    header, rows = _rows(name, text_of(name, content))
    if header[0] or header[1:2] != [BACKGROUND]:
        hint = "The first column is the index and has no name, the second is background."
        raise refused(name, 1, f"an empty cell, then {BACKGROUND}", shown(header[:2]), hint)
    classes = header[2:]
    if len(set(header)) < len(header) or not all(classes):
        raise refused(name, 1, "each class once", shown(classes))
    clip = stem(name)
    for ending in ENDINGS:
        clip = clip.removesuffix(ending)
    info = reader.clock(clip)
    table = _table(reader, rows, header, info.frame_count)
    reader.sound = any(max(row) >= 0 for row in table)
    made = reader.clip(clip, (), exact=True)
    lanes = [_lane(reader, label, [row[at] for row in table], made, info) for at, label in enumerate(classes)]
    if not classes:
        lanes = [Lane(seen=spans([row[-1] >= 0 for row in table], info))]
    return reader.labels([replace(made, lanes=tuple(lanes))], classes, BACKGROUND)


def _rows(name: str, text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    reader, rows = csv.reader(io.StringIO(text, newline=""), strict=True), []
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader if cells]
    except csv.Error as error:
        raise refused(name, reader.line_num, "a row of cells", str(error)) from error
    if not rows:
        raise refused(name, 1, "a header", "an empty file")
    return rows[0][1], rows[1:]


def _table(
    reader: Reader, rows: Sequence[tuple[int, list[str]]], header: Sequence[str], frames: int
) -> list[list[int]]:
    """The values of the classes and of the background for each frame, -1 where its row means nothing or is missing.

    Rows are placed by their index. A table that begins at another frame, or that has other rows than the clip and does
    not end with its last frame, is one of another clip and refused.
    """
    places = [_index(cells) for _, cells in rows]
    if len(rows) != frames and max(places, default=-1) != frames - 1:
        hint = "The file belongs to another clip, or to another version of this clip."
        raise refused(reader.file, 0, f"{frames} rows, as the clip has frames", f"{len(rows)}", hint)
    if rows and places[0] > 0 and frames in places:
        raise refused(reader.file, rows[0][0], "the index 0", str(places[0]), "The first row is frame 0.")
    nothing = [-1] * (len(header) - 1)
    table, taken, odd = [nothing] * frames, dict[int, int](), list[OddRow]()
    for frame, (line, cells) in zip(places, rows, strict=True):
        values, wrong = _values(cells, header)
        if not 0 <= frame < frames:
            odd.append((line, f"an index from 0 to {frames - 1}", shown(cells[0])))
        elif frame in taken and (not values or values != table[frame]):
            odd.append((line, f"one row for frame {frame}", f"another than in line {taken[frame]}: neither is used"))
            table[frame] = nothing
        elif wrong:
            odd.append((line, *wrong))
        else:
            table[frame] = values
        taken.setdefault(frame, line)
    missing = [frame for frame in range(frames) if frame not in taken]
    reader.rows_left_out([*odd, *((0, "a row for each frame", f"none for frame {frame}") for frame in missing)])
    return table


def _index(cells: Sequence[str]) -> int:
    """The frame of a row; -1 where it tells none."""
    return int(cells[0]) if cells[0].isascii() and cells[0].isdecimal() and len(cells[0]) < 10 else -1


def _values(cells: Sequence[str], header: Sequence[str]) -> tuple[list[int], tuple[str, str] | None]:
    """The values of the classes, followed by that of the background, or what is wrong with them."""
    if len(cells) != len(header):
        return [], (f"{len(header)} cells", f"{len(cells)}")
    for label, cell in zip(header[1:], cells[1:], strict=True):
        if cell not in CELLS:
            return [], (f"-1, 0 or 1 as {label}", shown(cell))
    background, *values = (CELLS[cell] for cell in cells[1:])
    if background == 1 and 1 in values:
        return [], ("background 0 beside another class", "background 1")
    if background == 0 and 1 not in values and not (values and all(value < 0 for value in values)):
        return [], ("background 1 where all others are 0", "background 0")
    if background == -1 and any(value >= 0 for value in values):
        return [], ("background 0 or 1 where a class is labelled", "background -1")
    return [*values, background], None


def _lane(reader: Reader, label: str, column: Sequence[int], clip: ClipLabels, info: VideoInfo) -> Lane:
    named = {1: label}
    events = starmap(Event, labelled_runs([named.get(value, "") for value in column], info, line=2, empty=""))
    return reader.lane(events, clip, spans([value >= 0 for value in column], info), name=label)


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """Rows of frames; a class is labelled where the authors of its tracks looked, or of all where it has none."""
    clip = stretched(one_clip(labels, "DeepEthogram"), "DeepEthogram")
    info = clock(clip, "DeepEthogram")
    classes = list(labels.classes)
    one_line(classes, "DeepEthogram")
    if BACKGROUND in classes or "none" in classes:
        raise FormatInvalid(
            "DeepEthogram uses background and none for frames without a label: rename this class.", "Rename it."
        )
    columns = [_column(label, clip, info) for label in classes]
    for item in placed(clip, "DeepEthogram"):
        first, stop = frame_range(item.segment, info, "DeepEthogram")
        columns[classes.index(item.segment.label)][first:stop] = [1] * (stop - first)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["", BACKGROUND, *classes])
    empty = _column("", clip, info)
    for frame in range(info.frame_count):
        values = [column[frame] for column in columns]
        if 1 in values:
            background = 0
        elif 0 in values or (not values and not empty[frame]):
            background = 1
        else:
            background = -1
        writer.writerow([frame, background, *values])
    return text.getvalue().encode()


def _column(label: str, clip: ClipLabels, info: VideoInfo) -> list[int]:
    """0 where somebody looked for a class, else -1."""
    named = [lane for lane in clip.lanes if lane.name == label or label in lane.labels]
    column = [-1] * info.frame_count
    for lane in named or clip.lanes:
        for start_s, stop_s in lane.seen:
            first, stop = frames_of(start_s, stop_s, info)
            column[first:stop] = [0] * (stop - first)
    return column
