"""CSV tables by the names of their columns, for labelled sets and for files of labels: every cell is read as text."""

import csv
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice, repeat
from operator import itemgetter
from typing import Literal, NamedTuple

from core.stages.formats.common.files import Findings, refused
from core.stages.formats.common.frame_times import clock_time

MEANINGS = {
    "path": ("path", "file", "filename", "file_name", "video", "video_name", "video_path", "videopath", "clip"),
    "label": ("label", "tag", "class", "action", "category"),
    "start": (
        *("start", "start_s", "start (s)", "start_time", "starttime", "time_start", "begin"),
        *("start_sec", "start_seconds", "start (seconds)", "start_time_s", "begin_s", "begin_time", "t_start"),
    ),
    "end": (
        *("end", "end_s", "stop", "stop_s", "stop (s)", "end (s)", "end_time", "endtime", "stop_time", "time_end"),
        *("end_sec", "end_seconds", "end (seconds)", "end_time_s", "stop_seconds", "t_end"),
    ),
    "split": ("split", "subset", "partition"),
    "group": ("group",),
    "subject": ("subject", "person"),
}
IDS = ("youtube_id", "youtubeid", "ytid", "video_id", "videoid")  # that stand for a path where there is none
SIDES: dict[str, Literal["", "train", "val", "test", "unused"]] = {
    "": "",
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validate", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("unused", "none"), "unused"),
}
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")  # of the name of a column
ABOUT_TIME = re.compile(
    r"(start|begin|end|stop|first|last)?(start|begin|end|stop|frame|time|timestamp|duration|onset|offset)"
    r"(s|sec|secs|seconds|ms|start|begin|end|stop|ing|ning)?",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+[.,]?\d*", re.ASCII)
DIGITS_S = [10.0**-places for places in range(100)]
LINE = re.compile(r"[^\n]*\n|[^\n]+")
PLAIN = re.compile(r"[0-9.;]*")
SECONDS = re.compile(r"[0-9]+(?:\.([0-9]*))?")
WHOLE = re.compile(r"\d{1,6}(\.0+)?", re.ASCII)
TO_THE_END = math.inf
SOME_ROWS = 4096  # that are converted together
OWN = ("start", "end", "confidence")  # what each row says for itself


RowTimes = tuple[()] | tuple[float, float, float] | None


class Row(NamedTuple):
    """One row of the table: its line, times and confidence, and what else it says by meaning, which like rows share.

    path: where it stands in JSON.
    """

    line: int
    cells: Mapping[str, str]
    start: str = ""
    end: str = ""
    confidence: str = ""
    path: str = ""

    @property
    def where(self) -> int | str:
        """Its path or line."""
        return self.path or self.line


@dataclass(frozen=True)
class Table:
    """A table of labels. meant: the place of each meaning that it has a column for. separator: of its cells.

    ids: whether what stands for paths is the ids of clips, as in Kinetics' table.
    """

    listed: str
    separator: str
    meant: Mapping[str, int]
    rows: tuple[Row, ...]
    ids: bool = False

    def with_clips(self, find: Callable[[str], str]) -> "Table":
        """The table with paths for ids. find: the path of the clip of a name, "" where there is none.

        Kinetics cuts a clip for each row, `id_000010_000020.mp4`, which its label is for as a whole; where there is
        only the clip of the id, the label is for the stretch of it.
        """
        if not self.ids:
            return self
        return replace(self, rows=tuple(self._with_clip(row, find) for row in self.rows))

    def _with_clip(self, row: Row, find: Callable[[str], str]) -> Row:
        name, ends = row.cells.get("path", ""), (row.start, row.end)
        if name and all(WHOLE.fullmatch(end) for end in ends):
            numbers = [int(float(end)) for end in ends]
            cuts = (f"{name}_{numbers[0]:06d}_{numbers[1]:06d}", f"{name}_{numbers[0]}_{numbers[1]}")
            if path := next(filter(None, map(find, cuts)), ""):
                return row._replace(cells={**row.cells, "path": path}, start="", end="")
        return row._replace(cells={**row.cells, "path": (name and find(name)) or name})

    def times(self, rows: Sequence[Row], findings: Findings) -> list[RowTimes]:
        """Start, stop and resolution of each row; empty for the whole clip, None where the row was left out.

        Plain numbers, which are the rule, are converted together, which is faster.
        """
        starts = _plain_seconds([row.start for row in rows])
        stops = _plain_seconds([row.end for row in rows]) if starts else None
        if not starts or not stops:
            return [self._times(row, findings) for row in rows]
        return [
            (start_s, stop_s, max(digits_s)) if start_s < stop_s else self._times(row, findings)
            for row, start_s, stop_s, *digits_s in zip(rows, starts[0], stops[0], starts[1], stops[1], strict=True)
        ]

    def _times(self, row: Row, findings: Findings) -> RowTimes:
        start, stop = row.start, row.end
        if not start and not stop:
            return ()
        if ("start" in self.meant and not start) or ("end" in self.meant and not stop):
            findings.left_out(self.listed, row.line, "both start and end, or neither", "one of the two")
            return None
        begin = self._seconds(start, row.line, findings) if start else (0.0, 0.0)
        end = self._seconds(stop, row.line, findings) if stop else (TO_THE_END, 0.0)
        if begin is None or end is None:
            return None
        if end[0] <= begin[0]:
            findings.left_out(self.listed, row.line, "an end after the start", f"{start} to {stop}")
            return None
        return begin[0], end[0], max(begin[1], end[1])

    def _seconds(self, text: str, line: int, findings: Findings) -> tuple[float, float] | None:
        """A time and what its last digit stands for."""
        if ":" in text and (clock := clock_time(text)):
            return clock
        plain = text if self.separator == "," else text.replace(",", ".")
        match = SECONDS.fullmatch(plain)
        if match is None or len(plain) > 99:
            got = f"{text!r}, whose units are ambiguous" if ":" in text else repr(text)
            findings.left_out(self.listed, line, "seconds such as 1.25, or mm:ss", got)
            return None
        return float(plain), DIGITS_S[len(match[1] or "")]


def _plain_seconds(texts: Sequence[str]) -> tuple[list[float], list[float]] | None:
    """Seconds such as 12 or 1.25, and what the last digit of each stands for; None where a text is anything else."""
    joined = ";".join(texts)
    if not PLAIN.fullmatch(joined) or joined.startswith(".") or ";." in joined:
        return None
    try:
        seconds = list(map(float, texts))
    except ValueError:  # an empty cell, or two dots
        return None
    if max(map(len, texts), default=0) >= len(DIGITS_S):
        return None
    return seconds, [DIGITS_S[len(text.partition(".")[2])] for text in texts]


def table_of(
    text: str,
    listed: str,
    findings: Findings,
    *,
    columns: Mapping[str, str] | None = None,
    needed: Sequence[str] = ("path", "label"),
    meanings: Mapping[str, Sequence[str]] = MEANINGS,
) -> Table:
    """The table that a text holds. columns: what its own headers mean, by meaning. needed: meanings it must have."""
    mark = _separator(text.partition("\n")[0].rstrip("\r"), listed)
    header, cells = rows_of(text, mark, listed, findings)
    meant = _meant(header, columns or {}, listed, findings, needed, meanings)
    rows = _rows(cells, meant, listed, findings)
    table = Table(listed, mark, meant, rows, "path" in meant and header[meant["path"]].lower() in IDS)
    if mark != "," or '"' in text:  # else no cell holds a comma
        _one_mark(table)
    if ":" in text:
        note_clocks(table, findings)
    return table


def _rows(
    cells: Iterable[tuple[int, list[str]]], meant: Mapping[str, int], listed: str, findings: Findings
) -> tuple[Row, ...]:
    """What rows of cells say. Blanks around labels are taken off, which is told."""
    others = {meaning: index for meaning, index in meant.items() if meaning not in OWN}
    nothing = -1  # where an empty cell is put for what the table has no column of
    start, end, confidence = (meant.get(meaning, nothing) for meaning in OWN)
    label = meant["label"]
    key_of = itemgetter(label, *others.values())
    shared: dict[tuple[str, ...], dict[str, str]] = {}
    rows: list[Row] = []
    spaced, first_spaced = 0, 0
    cells = iter(cells)
    while some := list(islice(cells, SOME_ROWS)):
        lines, texts = zip(*some, strict=True)
        columns = [*zip(*texts, strict=True), ("",) * len(some)]
        alike: list[dict[str, str]] = []
        for line, key in zip(lines, zip(*key_of(columns), strict=True), strict=True):
            known = shared.get(key)
            if known is None:
                known = shared[key] = dict(zip(others, map(str.strip, key[1:]), strict=True))
            if key[0] != known["label"]:
                spaced, first_spaced = spaced + 1, first_spaced or line
            alike.append(known)
        own = (map(str.strip, columns[index]) for index in (start, end, confidence))
        rows.extend(map(Row._make, zip(lines, alike, *own, repeat(""), strict=False)))
    if spaced:
        got = f"{spaced} with spaces, which are removed"
        findings.noted(listed, first_spaced, "labels without spaces around them", got)
    return tuple(rows)


def headers_of(text: str, listed: str) -> list[str]:
    """The names of the columns of a table, of which the first line is enough."""
    first = text.partition("\n")[0].rstrip("\r")
    return plain_rows(first, listed, Findings())[0]


def plain_rows(text: str, listed: str, findings: Findings) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header and the rows of a table, whatever its columns mean, as `rows_of` gives them."""
    return rows_of(text, _separator(text.partition("\n")[0].rstrip("\r"), listed), listed, findings)


def note_clocks(table: Table, findings: Findings) -> None:
    """Say how times with colons are read."""
    for row in table.rows:
        for text in (row.start, row.end):
            if ":" in text and clock_time(text):
                got = f"times such as {text}, read as minutes and seconds, with hours where there are three parts"
                findings.noted(table.listed, row.line, "seconds", got)
                return


def _separator(header: str, listed: str) -> str:
    """The one sign that parts the header."""
    signs = [sign for sign in (",", ";", "\t") if sign in header]
    if len(signs) > 1:
        text = " and ".join({",": "commas", ";": "semicolons", "\t": "tabs"}[sign] for sign in signs)
        raise refused(listed, 1, "columns separated by one character", text)
    if not signs:
        raise refused(
            listed,
            1,
            "columns such as path,label",
            repr(header[:80]),
            "Separate columns by commas, semicolons or tabs.",
        )
    return signs[0]


def rows_of(text: str, mark: str, listed: str, findings: Findings) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, and each row of its length with the line it begins on, read as they are asked for."""
    rows = filled_rows(text, mark, listed)
    _, first = next(rows, (1, []))
    header = [cell.strip() for cell in first]
    return header, _whole(rows, len(header), listed, findings)


def _whole(
    rows: Iterable[tuple[int, list[str]]], count: int, listed: str, findings: Findings
) -> Iterator[tuple[int, list[str]]]:
    """The rows of so many cells."""
    for line, cells in rows:
        if len(cells) == count:
            yield line, cells
        else:
            findings.left_out(listed, line, f"{count} cells", f"{len(cells)}")


def filled_rows(text: str, mark: str, listed: str) -> Iterator[tuple[int, list[str]]]:
    """The rows of a table that are not empty, with the lines they begin on."""
    reader = csv.reader((match[0] for match in LINE.finditer(text)), delimiter=mark, strict=True)
    line = 1
    try:
        for cells in reader:
            if cells and (cells[0].strip() or any(map(str.strip, cells))):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise refused(listed, reader.line_num, "a row of cells", str(error)) from error


def _meant(
    header: Sequence[str],
    columns: Mapping[str, str],
    listed: str,
    findings: Findings,
    needed: Sequence[str],
    meanings: Mapping[str, Sequence[str]],
) -> dict[str, int]:
    """The place of each meaning that the table has a column for."""
    lowered = [cell.lower() for cell in header]
    if twice := sorted(cell for cell, count in Counter(lowered).items() if count > 1):
        raise refused(listed, 1, "each column once", f"{twice[0]!r} twice")
    meant: dict[str, int] = {}
    for meaning, names in meanings.items():
        wanted = (columns[meaning].lower(),) if columns.get(meaning) else names
        taken = {column.lower() for other, column in columns.items() if other != meaning}
        numbers = [index for index, cell in enumerate(lowered) if cell in wanted and cell not in taken]
        if len(numbers) > 1:
            both = " and ".join(repr(header[index]) for index in numbers)
            hint = "Specify the column."
            raise refused(listed, 1, f"one column for {meaning}", both, hint)
        if not numbers and meaning == "path":
            numbers = [index for index, cell in enumerate(lowered) if cell in IDS and cell not in taken]
        if numbers:
            meant[meaning] = numbers[0]
    for meaning in needed:
        if meaning not in meant:
            hint = f"Name the column {meaning}, or specify one of these."
            raise refused(listed, 1, f"a column {meaning!r}", ", ".join(map(repr, header)), hint)
    _unused(header, meant, listed, findings)
    return meant


def _one_mark(table: Table) -> None:
    """Refuse a table in which some decimals stand behind a dot and others behind a comma."""
    marks: dict[str, int] = {}
    for row in table.rows:
        for text in (row.start, row.end):
            for mark in ".,":
                if mark in text and mark not in marks and NUMBER.fullmatch(text):
                    marks[mark] = row.line
    if len(marks) > 1:
        raise refused(
            table.listed, max(marks.values()), "one decimal separator in the whole table", "both dots and commas"
        )


def _unused(header: Sequence[str], meant: Mapping[str, int], listed: str, findings: Findings) -> None:
    """Tell of columns that are not used; one about time is refused where the times are not known without it."""
    timed = "start" in meant and "end" in meant
    for index, cell in enumerate(header):
        if index in meant.values():
            continue
        if not timed and any(ABOUT_TIME.fullmatch(word) for word in WORDS.findall(cell)):
            hint = "Give times in seconds in columns start and end. Frame numbers cannot be converted without the clip."
            raise refused(listed, 1, "times in columns named start and end", f"a column {cell!r}", hint)
        findings.noted(listed, 1, "columns that are known", f"{cell!r}, which is not used")
