"""Copies of the catalogue, one a day, and the way back to one of them when the catalogue is damaged.

Clips and results stay where they are: a catalogue without them is of no use, and they are not in it. Labels, sets,
splits and recipes are in it alone, and nobody could make them again.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.base import rights
from core.base.errors import CatalogueDamaged, ResultMissing
from core.workspace.store.database import BUSY_S, Catalogue, lay_out

KEPT = 7  # days of which a copy is kept
PAGES_AT_ONCE = 2048  # of the catalogue that are copied while others wait
NAME = "catalogue-{}.sqlite"
# What people made, and where it belongs. Of two versions of a row that of the backup counts, but for the last serial
# numbers: a browser that sends an edit again must not have it counted twice.
BY_HAND = (
    *("videos", "names", "uploads", "tracks", "edits", "datasets", "splits", "recipes", "clip_recipes", "labels"),
    *("scheme", "point_labels", "preferences", "metadata_columns", "metadata", "tags", "batches", "dataset_versions"),
)
NEWER_COUNTS = ("senders",)


@dataclass(frozen=True)
class Backup:
    """A copy of the catalogue. clips, tracks, sets: how many of each are in it; all 0 where it cannot be read."""

    day: date
    path: Path
    clips: int
    tracks: int
    sets: int


class Backups(Catalogue):
    """The copies of a catalogue, in `backups/` of the workspace."""

    def back_up(self) -> Path | None:
        """Make the copy of today, unless it is there or there is nothing to lose; gives the copy that was made.

        A copy is written aside and takes its name when it is whole. A damaged catalogue is never copied.
        """
        with self._explained():
            path = self._backup_path(date.today())
            if path.exists() or not self.catalogue.exists():
                return None
            with closing(sqlite3.connect(self.catalogue, timeout=BUSY_S)) as source:
                if not _is_whole(source):
                    raise CatalogueDamaged(*self._damage("it fails SQLite's own check"))
                if not any(_count(source, table) for table in BY_HAND):
                    return None
                path.parent.mkdir(rights.FOLDER_MODE, exist_ok=True)
                partial = path.with_name(f"{path.name}.{time.time_ns()}.partial")
                try:
                    with closing(sqlite3.connect(partial)) as target:
                        source.backup(target, pages=PAGES_AT_ONCE)
                    rights.narrow(partial)
                    partial.replace(path)
                finally:
                    partial.unlink(missing_ok=True)
            for older in self._backup_paths()[KEPT:]:
                older.unlink(missing_ok=True)
            return path

    def backups(self) -> list[Backup]:
        """The copies that there are, the latest first."""
        return [_described(path) for path in self._backup_paths()]

    def restore(self, day: date) -> Path:
        """Put the copy of a day in the place of the catalogue; gives where the catalogue is kept that was there.

        Rows that people made since then and that can still be read in the damaged catalogue are taken over.
        """
        backup = self._backup_path(day)
        if not backup.exists():
            raise ResultMissing(f"There is no backup of {day}.", "Choose another day.")
        with self._lock, self._explained():
            with closing(sqlite3.connect(backup)) as copy:
                if not _is_whole(copy):
                    raise CatalogueDamaged(f"The backup {backup} is damaged too.", "Choose another day.")
            self.close()
            old = self._set_catalogue_aside()
            self._put_in_place(backup, old)
            return old

    def _put_in_place(self, backup: Path, old: Path) -> None:
        """Make the catalogue of a backup and of what can still be read of the old one."""
        partial = backup.with_name(f"{backup.name}.{time.time_ns()}.partial")
        try:
            with closing(sqlite3.connect(partial, isolation_level=None)) as target:
                with closing(sqlite3.connect(backup)) as source:
                    source.backup(target)
                lay_out(target, partial)  # an older program may have made the backup
                _take_over(old, target)
            rights.narrow(partial)
            partial.replace(self.catalogue)
        finally:
            partial.unlink(missing_ok=True)

    def start_anew(self) -> Path:
        """Begin with an empty catalogue; gives where the one is kept that was there."""
        with self._lock, self._explained():
            self.close()
            return self._set_catalogue_aside()

    def _set_catalogue_aside(self) -> Path:
        """Give the catalogue, with what SQLite keeps beside it, another name."""
        old = self.catalogue.with_name(f"catalogue-damaged-{time.strftime('%Y%m%d-%H%M%S')}.sqlite")
        for ending in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.catalogue}{ending}").replace(f"{old}{ending}")
        return old

    def _backup_path(self, day: date) -> Path:
        return self.workspace / "backups" / NAME.format(day.isoformat())

    def _backup_paths(self) -> list[Path]:
        """The copies, the latest first: their names are days."""
        return sorted((self.workspace / "backups").glob(NAME.format("????-??-??")), reverse=True)


def _is_whole(connection: sqlite3.Connection) -> bool:
    """Whether SQLite finds no damage."""
    try:
        return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except sqlite3.DatabaseError:
        return False


def _count(connection: sqlite3.Connection, table: str) -> int:
    """How many rows a table has; 0 where it cannot be read or is not there."""
    try:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
    except sqlite3.DatabaseError:
        return 0


def _described(path: Path) -> Backup:
    with closing(sqlite3.connect(path)) as copy:
        clips, tracks, sets = (_count(copy, table) for table in ("videos", "tracks", "datasets"))
    return Backup(date.fromisoformat(path.stem.removeprefix("catalogue-")), path, clips, tracks, sets)


def _take_over(old: Path, target: sqlite3.Connection) -> None:
    """Copy the rows by hand that `old` has and `target` has not, as far as they can be read."""
    if not old.exists():
        return
    with closing(sqlite3.connect(old)) as damaged:
        target.execute("BEGIN")
        for table in (*BY_HAND, *NEWER_COUNTS):
            known = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
            for row in _readable(damaged, table, known):
                rule = "REPLACE" if table in NEWER_COUNTS else "IGNORE"
                with suppress(sqlite3.DatabaseError):  # a row that damage made unfit
                    target.execute(f"INSERT OR {rule} INTO {table} VALUES ({', '.join('?' * len(known))})", row)
        target.execute("COMMIT")


def _readable(damaged: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple]:
    """The rows of a table from its beginning up to the first damage, and from its end down to the last."""
    for order in ("", "DESC"):
        with suppress(sqlite3.DatabaseError):
            yield from damaged.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY {columns[0]} {order}")
            return
