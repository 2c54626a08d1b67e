"""What a person noted about clips: columns of any name, such as subject or day, and tags."""

from collections.abc import Iterable, Mapping
from sqlite3 import Connection

from core.base.errors import AnalysisError
from core.workspace.store.database import Catalogue, hex_digits

LONGEST_COLUMN = 60  # characters
LONGEST_CELL = 500  # characters
REVISION = "metadata.revision"  # of preferences


class ClipNotes(Catalogue):
    """Metadata and tags by the digest of a clip; both are kept when a clip is deleted, and return with it."""

    def metadata_columns(self) -> tuple[str, ...]:
        """The names of all columns, in the order in which they were made."""
        return tuple(name for (name,) in self._rows("SELECT name FROM metadata_columns ORDER BY place"))

    def metadata(self) -> dict[str, dict[str, str]]:
        """The cells of all clips that have any: digest -> column -> text. An empty cell is not there."""
        cells: dict[str, dict[str, str]] = {}
        for video, name, value in self._rows("SELECT video, name, value FROM metadata"):
            cells.setdefault(video, {})[name] = value
        return cells

    def metadata_revision(self) -> int:
        """A number that grows with every change of metadata or tags."""
        rows = self._rows("SELECT body FROM preferences WHERE name = ?", REVISION)
        return int(rows[0][0]) if rows else 0

    def keep_metadata(self, cells: Mapping[str, Mapping[str, str]]) -> None:
        """Set cells of clips, all or none: digest -> column -> text. An empty text empties the cell.

        A column that is not there yet is made; names that differ in upper and lower case alone mean one column.
        """
        with self._changing(durably=True) as catalogue:
            names = _columns(catalogue)
            for column in dict.fromkeys(column for row in cells.values() for column in row):
                names[_checked(column).casefold()] = _made(catalogue, column, names)
            rows = [
                (hex_digits(video), names[_checked(column).casefold()], value.strip()[:LONGEST_CELL])
                for video, row in cells.items()
                for column, value in row.items()
            ]
            catalogue.executemany("DELETE FROM metadata WHERE video = ? AND name = ?", [row[:2] for row in rows])
            catalogue.executemany("INSERT OR REPLACE INTO metadata VALUES (?, ?, ?)", [row for row in rows if row[2]])
            _count_up(catalogue)

    def add_metadata_column(self, name: str) -> None:
        """Make an empty column; AnalysisError where there is one of that name."""
        with self._changing(durably=True) as catalogue:
            names = _columns(catalogue)
            if known := names.get(_checked(name).casefold()):
                raise AnalysisError(f"There is a column {known!r} already.", "Choose another name.")
            _made(catalogue, name, names)
            _count_up(catalogue)

    def rename_metadata_column(self, name: str, new: str) -> None:
        """Call a column otherwise; AnalysisError where another column has that name."""
        with self._changing(durably=True) as catalogue:
            made, others = _checked(new), {key: known for key, known in _columns(catalogue).items() if known != name}
            if made.casefold() in others:
                text = f"There is a column {others[made.casefold()]!r} already."
                raise AnalysisError(text, "Choose another name.")
            catalogue.execute("UPDATE metadata_columns SET name = ? WHERE name = ?", (made, name))
            catalogue.execute("UPDATE metadata SET name = ? WHERE name = ?", (made, name))
            _count_up(catalogue)

    def delete_metadata_column(self, name: str) -> None:
        """Delete a column with its cells."""
        with self._changing(durably=True) as catalogue:
            catalogue.execute("DELETE FROM metadata_columns WHERE name = ?", (name,))
            catalogue.execute("DELETE FROM metadata WHERE name = ?", (name,))
            _count_up(catalogue)

    def tags(self) -> dict[str, tuple[str, ...]]:
        """The tags of all clips that have any, by the alphabet."""
        tags: dict[str, tuple[str, ...]] = {}
        for video, tag in self._rows("SELECT video, tag FROM tags ORDER BY video, lower(tag), tag"):
            tags[video] = (*tags.get(video, ()), tag)
        return tags

    def add_tag(self, digests: Iterable[str], tag: str) -> None:
        """Give clips a tag."""
        with self._changing(durably=True) as catalogue:
            rows = [(hex_digits(digest), _checked(tag)) for digest in digests]
            catalogue.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", rows)
            _count_up(catalogue)

    def remove_tag(self, digests: Iterable[str], tag: str) -> None:
        """Take a tag from clips."""
        with self._changing(durably=True) as catalogue:
            catalogue.executemany("DELETE FROM tags WHERE video = ? AND tag = ?", [(digest, tag) for digest in digests])
            _count_up(catalogue)


def _columns(catalogue: Connection) -> dict[str, str]:
    """The columns by their names in lower case."""
    return {name.casefold(): name for (name,) in catalogue.execute("SELECT name FROM metadata_columns")}


def _made(catalogue: Connection, column: str, names: Mapping[str, str]) -> str:
    """The name of a column, which is made where it is not there."""
    name = _checked(column)
    if name.casefold() not in names:
        last = "(SELECT coalesce(max(place), -1) + 1 FROM metadata_columns)"
        catalogue.execute(f"INSERT INTO metadata_columns VALUES (?, {last})", (name,))
    return names.get(name.casefold(), name)


def _checked(name: str) -> str:
    """The name of a column or a tag, with no blanks around it."""
    name = " ".join(name.split())
    if not name:
        raise AnalysisError("A column and a tag need a name.", "Enter a name first.")
    if len(name) > LONGEST_COLUMN:
        raise AnalysisError(f"The name {name[:20]}… is too long.", f"Use at most {LONGEST_COLUMN} characters.")
    return name


def _count_up(catalogue: Connection) -> None:
    insert = "INSERT INTO preferences VALUES (?, '1') ON CONFLICT (name) DO UPDATE SET body = CAST(body AS INTEGER) + 1"
    catalogue.execute(insert, (REVISION,))
