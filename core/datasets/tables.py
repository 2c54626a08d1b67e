"""A CSV table read as a labelled set: path, label, start, end, split, group, subject, under these names or others."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from core.datasets.drafts import Draft, Entry, Findings, Stretch, refused
from core.datasets.places import text_of

MEANINGS = {
    "path": ("path", "file", "filename", "file_name", "video", "video_name", "video_path", "videopath", "clip"),
    "label": ("label", "tag", "class", "action", "category"),
    "start": ("start", "start_s", "start (s)", "start_time", "starttime", "begin"),
    "end": ("end", "end_s", "stop", "stop_s", "stop (s)", "end (s)", "end_time", "endtime", "stop_time"),
    "split": ("split", "subset", "partition"),
    "group": ("group",),
    "subject": ("subject", "person"),
}
SIDES: dict[str, Literal["", "train", "val", "test", "unused"]] = {
    "": "",
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation", "dev"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("unused", "none"), "unused"),
}
ABOUT_TIME = re.compile(r"start|begin|end|stop|frame|time|duration|onset|offset", re.IGNORECASE)
NUMBER = re.compile(r"\d+(?P<mark>[.,])?(?P<places>\d+)?", re.ASCII)
TO_THE_END = math.inf
BACKGROUND = "background"


@dataclass(frozen=True)
class Row:
    """One row of the table: what it says by meaning, and its line."""

    line: int
    cells: Mapping[str, str]


def read_csv(
    path: Path, *, name: str = "", clips: str = "", watched: bool = False, columns: Sequence[tuple[str, str]] = ()
) -> Draft:
    """The set of a CSV table. Paths are relative to `clips`, or else to the table.

    watched: between the labelled stretches of a clip there is background; else nothing is known there.
    columns: what the table's own headers mean, as (meaning, header). Every cell is read as text.
    """
    findings = Findings()
    root, listed = path.parent, path.name
    text = text_of(path, root)
    mark = _separator(text.partition("\n")[0].rstrip("\r"), listed)
    header, rows = _rows(text, mark, listed, findings)
    meant = _meant(header, dict(columns), listed, findings)
    _one_mark(rows, meant, listed)
    _blanks(rows, meant["label"], listed, findings)
    told = [Row(line, {meaning: cells[place].strip() for meaning, place in meant.items()}) for line, cells in rows]
    reader = _Reader(listed, mark, Path(clips) if clips else root, findings, "start" in meant, "end" in meant)
    entries = reader.entries(told)
    labels = sorted(
        {entry.label for entry in entries} - {""} | {part.label for one in entries for part in one.stretches}
    )
    some = any(entry.stretches for entry in entries)
    background = BACKGROUND if some and (watched or BACKGROUND in labels) else ""
    if background and background not in labels:
        labels = [background, *labels]
    return Draft(
        name or path.stem, tuple(labels), tuple(entries), tuple(findings.all), f"table {path}", background, watched
    )


def _separator(header: str, listed: str) -> str:
    """The one sign that parts the header."""
    signs = [sign for sign in (",", ";", "\t") if sign in header]
    if len(signs) > 1:
        told = " and ".join({",": "commas", ";": "semicolons", "\t": "tabs"}[sign] for sign in signs)
        raise refused(listed, 1, "columns parted by one sign", told)
    if not signs:
        raise refused(
            listed, 1, "columns such as path,label", repr(header[:80]), "A comma, semicolon or tab parts them."
        )
    return signs[0]


def _rows(text: str, mark: str, listed: str, findings: Findings) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header, and each row of its length with the line it begins on."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    rows, line = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((line, cells))
            line = reader.line_num + 1
    except csv.Error as error:
        raise refused(listed, reader.line_num, "a row of cells", str(error)) from error
    header = [cell.strip() for cell in rows[0][1]] if rows else []
    kept = []
    for line, cells in rows[1:]:
        if len(cells) == len(header):
            kept.append((line, cells))
        else:
            findings.left_out(listed, line, f"{len(header)} cells", f"{len(cells)}")
    return header, kept


def _meant(header: Sequence[str], columns: Mapping[str, str], listed: str, findings: Findings) -> dict[str, int]:
    """The place of each meaning that the table has a column for."""
    lowered = [cell.lower() for cell in header]
    if twice := sorted({cell for cell in lowered if lowered.count(cell) > 1}):
        raise refused(listed, 1, "each column once", f"{twice[0]!r} twice")
    meant: dict[str, int] = {}
    for meaning, names in MEANINGS.items():
        wanted = (columns[meaning].lower(),) if columns.get(meaning) else names
        taken = {one.lower() for other, one in columns.items() if other != meaning}
        found = [place for place, cell in enumerate(lowered) if cell in wanted and cell not in taken]
        if len(found) > 1:
            both = " and ".join(repr(header[place]) for place in found)
            hint = "Say which column is meant."
            raise refused(listed, 1, f"one column for {meaning}", both, hint)
        if found:
            meant[meaning] = found[0]
    for meaning in ("path", "label"):
        if meaning not in meant:
            hint = f"Name the column {meaning}, or say which of these it is."
            raise refused(listed, 1, f"a column {meaning!r}", ", ".join(map(repr, header)), hint)
    _unused(header, set(meant.values()), listed, findings)
    return meant


def _one_mark(rows: Sequence[tuple[int, list[str]]], meant: Mapping[str, int], listed: str) -> None:
    """Refuse a table in which some decimals stand behind a dot and others behind a comma."""
    marks: dict[str, int] = {}
    for line, cells in rows:
        for meaning in ("start", "end"):
            found = NUMBER.fullmatch(cells[meant[meaning]].strip()) if meaning in meant else None
            if found and found["mark"]:
                marks.setdefault(found["mark"], line)
    if len(marks) > 1:
        raise refused(listed, max(marks.values()), "one decimal sign in the whole table", "both dots and commas")


def _blanks(rows: Sequence[tuple[int, list[str]]], place: int, listed: str, findings: Findings) -> None:
    """Say that blanks around labels are taken off."""
    lines = [line for line, cells in rows if cells[place] != cells[place].strip()]
    if lines:
        findings.noted(listed, lines[0], "labels without blanks around them", f"{len(lines)} with; they are taken off")


def _unused(header: Sequence[str], used: set[int], listed: str, findings: Findings) -> None:
    for place, cell in enumerate(header):
        if place in used:
            continue
        if ABOUT_TIME.search(cell):
            hint = "Give times in seconds in columns start and end. Frames cannot be told without their clip's clock."
            raise refused(listed, 1, "times in columns named start and end", f"a column {cell!r}", hint)
        findings.noted(listed, 1, "columns that are known", f"{cell!r}, which is not used")


@dataclass(frozen=True)
class _Reader:
    """Reads the rows of one table."""

    listed: str
    separator: str
    root: Path
    findings: Findings
    has_start: bool
    has_end: bool

    def entries(self, rows: Sequence[Row]) -> list[Entry]:
        """An entry for each clip of the table."""
        clips: dict[str, list[Row]] = {}
        for row in rows:
            if self._sound(row):
                clips.setdefault(row.cells["path"], []).append(row)
        found = (self._entry(path, own) for path, own in clips.items())
        return list(self._once(entry for entry in found if entry))

    def _sound(self, row: Row) -> bool:
        """Whether a row names a clip, a label and a side."""
        for meaning in ("path", "label"):
            if not row.cells[meaning]:
                self.findings.left_out(self.listed, row.line, f"a {meaning}", "an empty cell")
                return False
        if row.cells.get("split", "").lower() not in SIDES:
            self.findings.left_out(self.listed, row.line, "train, val, test or nothing as split", row.cells["split"])
            return False
        return True

    def _entry(self, path: str, rows: Sequence[Row]) -> Entry | None:
        """The clip that these rows are about."""
        first = rows[0]
        file = self._file(path)
        if not file.is_file():
            self.findings.left_out(self.listed, first.line, f"a clip {path}", f"no such file below {self.root}")
            return None
        for meaning in ("split", "group", "subject"):
            told = {
                row.cells.get(meaning, "").lower() if meaning == "split" else row.cells.get(meaning, "") for row in rows
            }
            if len(told) > 1:
                both = " and ".join(map(repr, sorted(told)))
                self.findings.left_out(self.listed, first.line, f"one {meaning} for {path}", both)
                return None
        label, stretches = self._labels(path, rows)
        if not label and not stretches:
            return None
        cells = first.cells
        return Entry(
            file=str(file), path=path.replace("\\", "/"), label=label, stretches=tuple(stretches),
            group=cells.get("group", ""), subject=cells.get("subject", ""),
            split=SIDES[cells.get("split", "").lower()], listed=self.listed, line=first.line,
        )  # fmt: skip

    def _file(self, path: str) -> Path:
        """Where a path of the table leads; one with backslashes is taken as it is, or else as Windows means it."""
        asked = self.root / Path(path).expanduser()
        return asked if asked.exists() else self.root / path.replace("\\", "/")

    def _labels(self, path: str, rows: Sequence[Row]) -> tuple[str, list[Stretch]]:
        """The label of the whole clip, or the labelled stretches; neither where rows contradict each other."""
        timed = [self._times(row) for row in rows]
        whole = [row for row, times in zip(rows, timed, strict=True) if times == ()]
        stretches = [
            Stretch(times[0], times[1], row.cells["label"], row.line, times[2])
            for row, times in zip(rows, timed, strict=True)
            if times
        ]
        if whole and stretches:
            self.findings.left_out(self.listed, whole[0].line, f"{path} as a whole or by stretches", "both")
            return "", []
        labels = sorted({row.cells["label"] for row in whole})
        if len(labels) > 1:
            self.findings.left_out(self.listed, whole[1].line, f"one label for all of {path}", " and ".join(labels))
            return "", []
        for row in whole[1:]:
            self.findings.left_out(self.listed, row.line, f"{path} once", f"the same as line {whole[0].line}")
        return (labels[0] if labels else ""), stretches

    def _times(self, row: Row) -> tuple[()] | tuple[float, float, float] | None:
        """Start, stop and resolution of a row; empty for the whole clip, None where the row was left out."""
        start, stop = row.cells.get("start", ""), row.cells.get("end", "")
        if not start and not stop:
            return ()
        if (self.has_start and not start) or (self.has_end and not stop):
            self.findings.left_out(self.listed, row.line, "both start and end, or neither", "one of the two")
            return None
        begin = self._seconds(start, row.line) if start else (0.0, 0.0)
        end = self._seconds(stop, row.line) if stop else (TO_THE_END, 0.0)
        if begin is None or end is None:
            return None
        if end[0] <= begin[0]:
            self.findings.left_out(self.listed, row.line, "an end after the start", f"{start} to {stop}")
            return None
        return begin[0], end[0], max(begin[1], end[1])

    def _seconds(self, text: str, line: int) -> tuple[float, float] | None:
        """A time and what its last digit stands for."""
        found = NUMBER.fullmatch(text)
        if not found or (found["mark"] == "," and self.separator == ","):
            got = f"{text!r}, of which it is not known what its parts count" if ":" in text else repr(text)
            self.findings.left_out(self.listed, line, "seconds such as 1.25", got)
            return None
        return float(text.replace(",", ".")), 10.0 ** -len(found["places"] or "")

    def _once(self, entries: Iterator[Entry]) -> Iterator[Entry]:
        """Each file once: two ways to write one path are told."""
        seen: dict[Path, Entry] = {}
        for entry in entries:
            file = Path(entry.file).resolve()
            if file in seen:
                got = f"the same file as {seen[file].path} in line {seen[file].line}"
                self.findings.left_out(self.listed, entry.line, f"{entry.path} under one name", got)
            else:
                seen[file] = entry
                yield entry
