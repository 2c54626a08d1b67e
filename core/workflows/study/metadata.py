"""A table about the clips of a study: a row for each clip, and columns of any name, such as group, subject or dose."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import FormatInvalid
from core.stages.formats.common import clip_names, csv_tables
from core.stages.formats.common.conversion import told
from core.stages.formats.common.files import LARGEST_TABLE_BYTES, FirstFindings, refused, text_of
from core.workflows.study.clips import first_names

CLIP_COLUMN = "clip"
PREFIX = "metadata_"  # of a column that is called like one of ours
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class MetadataRow:
    """A row of the table. cells: as many as there are columns, without blanks around them."""

    line: int
    clip: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class MetadataTable:
    """All that the table holds. headers: its columns but the one of clips; columns: their names in our tables."""

    file: str = ""
    headers: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[MetadataRow, ...] = ()
    notes: tuple[str, ...] = ()

    def place(self, name: str, option: str) -> int:
        """The place of a column; FormatInvalid with the columns that there are. option: that asks for it."""
        return _place(name, self.headers, self.file, option)


@dataclass(frozen=True)
class ClipMetadata:
    """What a table says of each clip, in the order of the clips. cells: all empty for a clip without a row."""

    cells: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


def read_metadata(path: str, clip_column: str, taken: Collection[str]) -> MetadataTable:
    """The table in a file. taken: names of columns of our own tables; a column of such a name gets a prefix."""
    file = Path(path)
    try:
        content = file.read_bytes()
    except OSError as error:
        text = f"The table {file} cannot be read: {error.strerror or error}."
        raise FormatInvalid(text, "Give a CSV file with a row for each clip.") from error
    return metadata_in(content, file.name, clip_column, taken)


def metadata_in(content: bytes, name: str, clip_column: str, taken: Collection[str]) -> MetadataTable:
    """The same from the bytes of a file of that name."""
    header, rows, findings = _rows_in(content, name)
    own = _place(clip_column or CLIP_COLUMN, header, name, "--clip-column")
    places = [place for place, column in enumerate(header) if place != own and column]
    headers = tuple(header[place] for place in places)
    columns, notes = table_columns(headers, taken, name)
    if not all(header):
        notes.append(f"{name}: columns without a name are not used")
    parted = tuple(
        MetadataRow(line, cells[own].strip(), tuple(cells[place].strip() for place in places)) for line, cells in rows
    )
    notes += map(told, findings.bounded(name))
    return MetadataTable(name, headers, columns, parted, tuple(notes))


def headers_in(content: bytes, name: str) -> tuple[str, ...]:
    """The names of all columns of such a table, from which that of the clips can be chosen."""
    return tuple(header for header in _rows_in(content, name)[0] if header)


def _rows_in(content: bytes, name: str) -> tuple[list[str], list[tuple[int, list[str]]], FirstFindings]:
    """The header and the rows of the table, and what is odd about them."""
    if content.startswith(ZIP):
        hint = "Save the sheet as CSV, and give that file."
        raise refused(name, 0, "a table as text", "a ZIP file or a spreadsheet", hint)
    findings = FirstFindings()
    header, rows = csv_tables.plain_rows(text_of(name, content, LARGEST_TABLE_BYTES), name, findings)
    names = [column.casefold() for column in header if column]
    if twice := next((column for column in header if column and names.count(column.casefold()) > 1), ""):
        hint = "Give each column a name of its own; upper and lower case do not count."
        raise refused(name, 1, "each column once", f"{twice!r} {names.count(twice.casefold())} times", hint)
    return header, list(rows), findings


def _place(name: str, headers: Sequence[str], file: str, option: str) -> int:
    """The place of a column, in whatever case its name is written."""
    for place, header in enumerate(headers):
        if header.casefold() == name.casefold():
            return place
    there = ", ".join(header for header in headers if header) or "none"
    raise FormatInvalid(f"{file} has no column {name!r}.", f"Choose another one with {option}. Its columns: {there}.")


def table_columns(headers: Sequence[str], taken: Collection[str], file: str) -> tuple[tuple[str, ...], list[str]]:
    """The names of the columns in our tables, and what is told of those that are called otherwise there."""
    columns: list[str] = []
    notes: list[str] = []
    known = {name.casefold() for name in taken}
    for header in headers:
        name = header
        while name.casefold() in known or (name != header and name.casefold() in map(str.casefold, headers)):
            name = f"{PREFIX}{name}"
        known.add(name.casefold())
        columns.append(name)
        if name != header:
            notes.append(f"{file}: the column {header!r} is written as {name!r}: the tables have a column of that name")
    return tuple(columns), notes


# The clips that are meant ---------------------------------------------------------------------------------------------


def matched(table: MetadataTable, paths: Sequence[str], *, within: str = "this study") -> ClipMetadata:
    """What the table says of the clips at these paths, by their file names, with or without the suffix.

    within: what the clips are all clips of, for the notes.

    A clip of which rows contradict each other has no metadata; a row that fits several clips counts for none.
    """
    own, notes = _rows_of_clips(table, tuple(paths), within)
    cells: list[tuple[str, ...]] = []
    for path, rows in zip(paths, own, strict=True):
        agreed = len({row.cells for row in rows}) <= 1
        cells.append(rows[0].cells if rows and agreed else ("",) * len(table.columns))
        if len(rows) > 1:
            notes.append(_several_rows(table, path, rows, agreed=agreed))
    if without := [path for path, rows in zip(paths, own, strict=True) if not rows]:
        notes.append(f"{table.file}: {len(without)} of {len(paths)} clips without a row: {clip_names.several(without)}")
    notes += _empty_cells(table, paths, own)
    return ClipMetadata(tuple(cells), tuple(notes))


def _rows_of_clips(
    table: MetadataTable, paths: tuple[str, ...], within: str
) -> tuple[list[list[MetadataRow]], list[str]]:
    """The rows of each clip, and what is told of the other rows."""
    own: list[list[MetadataRow]] = [[] for _ in paths]
    strange: list[str] = []
    notes: list[str] = []
    for row in table.rows:
        fits = meant(row.clip, paths) if row.clip else ()
        if len(fits) == 1:
            own[fits[0]].append(row)
        elif fits:
            clips = f"{len(fits)} clips, and is not used"
            notes.append(f"{table.file}, line {row.line}: {row.clip!r} can mean {clips}: give a part of the path too")
        elif row.clip:
            strange.append(row.clip)
        else:
            notes.append(f"{table.file}, line {row.line}: the row names no clip, and is not used")
    if strange:
        notes.append(f"{table.file}: rows about clips that are not in {within}: {first_names(strange)}")
    return own, notes


def meant(reference: str, paths: tuple[str, ...]) -> tuple[int, ...]:
    """The places of the clips that a name means. Folders in it decide between clips that are called alike."""
    fits = tuple(clip_names.places(reference, paths))
    folders = tuple(part for part in reference.replace("\\", "/").split("/")[:-1] if part)
    if len(fits) > 1 and folders:
        inside = [at for at in fits if Path(paths[at]).absolute().parts[-len(folders) - 1 : -1] == folders]
        return tuple(inside) or fits
    return fits


def _several_rows(table: MetadataTable, path: str, rows: Sequence[MetadataRow], *, agreed: bool) -> str:
    lines = " and ".join(str(row.line) for row in rows[:5])
    name = f"{clip_names.base(path)} has {len(rows)} rows in {table.file} (lines {lines})"
    if agreed:
        return f"{name}, which agree"
    columns = zip(table.headers, *(row.cells for row in rows), strict=True)
    differing = ", ".join(header for header, *values in columns if len(set(values)) > 1)
    return f"{name}, which differ in {differing}: none of them is used, and the clip has no metadata"


def _empty_cells(table: MetadataTable, paths: Sequence[str], own: Sequence[Sequence[MetadataRow]]) -> list[str]:
    """What is told of cells that are empty in the rows of clips."""
    notes: list[str] = []
    for place, header in enumerate(table.headers):
        without = [path for path, rows in zip(paths, own, strict=True) if any(not row.cells[place] for row in rows)]
        if without:
            notes.append(f"{table.file}: empty in the column {header!r}: {clip_names.several(without)}")
    return notes
