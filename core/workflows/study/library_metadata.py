"""Metadata for clips of the library, out of a table or out of their file names, and as a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from core.stages.formats.common.writer import csv_table
from core.workflows import file_name_patterns
from core.workflows.study.clips import names_of
from core.workflows.study.metadata import CLIP_COLUMN, PREFIX, MetadataTable, matched
from core.workspace.store import ClipRow

WITHIN = "the library"


@dataclass(frozen=True)
class MetadataProposal:
    """Cells that can be kept in the library. cells: digest -> column -> text, of clips of which something is said.

    clips: how many there are in all. notes: what is odd.
    """

    columns: tuple[str, ...]
    cells: Mapping[str, Mapping[str, str]]
    clips: int
    notes: tuple[str, ...] = ()


def out_of_table(table: MetadataTable, rows: Sequence[ClipRow]) -> MetadataProposal:
    """What a table says of clips, which are matched by their file names. An empty cell says nothing."""
    metadata = matched(table, [row.source for row in rows], within=WITHIN)
    cells = {
        row.digest: own
        for row, texts in zip(rows, metadata.cells, strict=True)
        if (own := {name: text for name, text in zip(table.headers, texts, strict=True) if text})
    }
    return MetadataProposal(table.headers, cells, len(rows), (*table.notes, *metadata.notes))


def out_of_names(pattern: str, rows: Sequence[ClipRow]) -> MetadataProposal:
    """What file names say of clips by a pattern; FormatInvalid where it is none."""
    fitting = file_name_patterns.fit(pattern, [row.source for row in rows])
    cells = {row.digest: own for row, own in zip(rows, fitting.cells, strict=True) if own}
    notes = _several_ways(pattern, fitting.ambiguous)
    return MetadataProposal(fitting.columns, cells, len(rows), notes)


def _several_ways(pattern: str, paths: Sequence[str]) -> tuple[str, ...]:
    """What is told of paths that a pattern fits in several ways."""
    if not paths:
        return ()
    cells = file_name_patterns.pattern_of(pattern).cells(paths[0])
    reading = ", ".join(f"{column} = {text}" for column, text in cells.items())
    count = f"{len(paths)} file names fit" if len(paths) > 1 else "1 file name fits"
    return (f"{count} in several ways. {PurePath(paths[0]).name} is read as {reading}.",)


def as_csv(rows: Sequence[ClipRow], columns: Sequence[str], cells: Mapping[str, Mapping[str, str]]) -> bytes:
    """The metadata of clips as a table that `out_of_table` reads again."""
    taken = {column.casefold() for column in columns}
    header = [_free(column, taken) for column in columns]
    names = names_of([row.source for row in rows])
    body = (
        [name, *(cells.get(row.digest, {}).get(column, "") for column in columns)]
        for name, row in zip(names, rows, strict=True)
    )
    return csv_table([CLIP_COLUMN, *header], body)


def _free(column: str, taken: Iterable[str]) -> str:
    """The name of a column beside that of the clips."""
    name = column
    while name.casefold() == CLIP_COLUMN or (name != column and name.casefold() in taken):
        name = f"{PREFIX}{name}"
    return name
