"""A CSV table read as a labelled set: path, label, start, end, split, group, subject, under these names or others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import FormatInvalid
from core.stages.formats.common.csv_tables import SIDES, Row, Table, headers_of, table_of
from core.stages.formats.common.files import decoded
from core.workflows.datasets.draft import Draft, Entry, Findings, Stretch
from core.workflows.datasets.file_listing import clips_below, text_of

BACKGROUND = "background"
MOST_OF_HEADER = 2**16  # bytes that are looked at for the names of the columns


def read_csv(
    path: Path, *, name: str = "", clips: str = "", watched: bool = False, columns: Sequence[tuple[str, str]] = ()
) -> Draft:
    """The set of a CSV table. Paths are relative to `clips`, or else to the table.

    watched: between the labelled stretches of a clip there is background; else nothing is known there.
    columns: what the table's own headers mean, as (meaning, header). Every cell is read as text.
    """
    findings = Findings()
    root, listed = path.parent, path.name
    folder = Path(clips) if clips else root
    table = table_of(text_of(path, root), listed, findings, columns=dict(columns))
    table = table.with_clips(_finder(folder)) if table.ids else table
    reader = _RowReader(table, folder, findings)
    entries = reader.entries(table.rows)
    labels = sorted(
        {entry.label for entry in entries} - {""} | {part.label for entry in entries for part in entry.stretches}
    )
    some = any(entry.stretches for entry in entries)
    background = BACKGROUND if some and (watched or BACKGROUND in labels) else ""
    if background and background not in labels:
        labels = [background, *labels]
    return Draft(
        name or path.stem, tuple(labels), tuple(entries), tuple(findings.all), f"table {path}", background, watched
    )


def columns(content: bytes, listed: str) -> list[str]:
    """The names of the columns of a table, by its first bytes; none where they are no table."""
    try:
        return headers_of(decoded(content[:MOST_OF_HEADER].rpartition(b"\n")[0] or content), listed)
    except (FormatInvalid, UnicodeDecodeError):
        return []


def _finder(folder: Path) -> Callable[[str], str]:
    """What finds the one clip below a folder that is called so, its suffix aside."""
    known = clips_below(folder)

    def find(name: str) -> str:
        paths = known.by_stem.get(name, ())
        return paths[0].relative_to(folder).as_posix() if len(paths) == 1 else ""

    return find


@dataclass(frozen=True)
class _RowReader:
    """Reads the rows of one table."""

    table: Table
    root: Path
    findings: Findings

    @property
    def listed(self) -> str:
        return self.table.listed

    def entries(self, rows: Sequence[Row]) -> list[Entry]:
        """An entry for each clip of the table."""
        clips: dict[str, list[Row]] = {}
        for row in rows:
            if self._sound(row):
                clips.setdefault(row.cells["path"], []).append(row)
        candidates = (self._entry(path, own) for path, own in clips.items())
        return list(self._once(entry for entry in candidates if entry))

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
            texts = {
                row.cells.get(meaning, "").lower() if meaning == "split" else row.cells.get(meaning, "") for row in rows
            }
            if len(texts) > 1:
                both = " and ".join(map(repr, sorted(texts)))
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
        full_path = self.root / Path(path).expanduser()
        return full_path if full_path.exists() else self.root / path.replace("\\", "/")

    def _labels(self, path: str, rows: Sequence[Row]) -> tuple[str, list[Stretch]]:
        """The label of the whole clip, or the labelled stretches; neither where rows contradict each other."""
        timed = self.table.times(rows, self.findings)
        whole = [row for row, times in zip(rows, timed, strict=True) if times == ()]
        stretches = [
            Stretch(times[0], times[1], row.cells["label"], row.line, times[2])
            for row, times in zip(rows, timed, strict=True)
            if times
        ]
        if whole and stretches:
            self.findings.left_out(self.listed, whole[0].line, f"{path} as a whole or by segments", "both")
            return "", []
        labels = sorted({row.cells["label"] for row in whole})
        if len(labels) > 1:
            self.findings.left_out(self.listed, whole[1].line, f"one label for all of {path}", " and ".join(labels))
            return "", []
        for row in whole[1:]:
            self.findings.left_out(self.listed, row.line, f"{path} once", f"the same as line {whole[0].line}")
        return (labels[0] if labels else ""), stretches

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
