"""The catalogue of a workspace in SQLite: its tables, transactions, and its errors in words."""

import errno
import re
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from core.base import rights
from core.base.errors import AnalysisError, CatalogueDamaged

SCHEMA = """
CREATE TABLE videos (digest TEXT PRIMARY KEY, info TEXT NOT NULL, arrays BLOB NOT NULL, name TEXT NOT NULL,
                     added REAL NOT NULL, saved REAL NOT NULL, uploaded INTEGER NOT NULL);
CREATE TABLE results (key TEXT PRIMARY KEY, kind TEXT NOT NULL, video TEXT NOT NULL, written REAL NOT NULL);
CREATE INDEX results_by_video ON results (video);
CREATE TABLE jobs (key TEXT PRIMARY KEY, submitted REAL NOT NULL, body TEXT NOT NULL);
CREATE TABLE recipes (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE uploads (digest TEXT PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE labels (label TEXT PRIMARY KEY, slot INTEGER NOT NULL UNIQUE);
"""
SETS = """
CREATE TABLE datasets (name TEXT PRIMARY KEY, key TEXT NOT NULL, body TEXT NOT NULL, clips INTEGER NOT NULL,
                       labels INTEGER NOT NULL, added REAL NOT NULL);
CREATE TABLE splits (key TEXT PRIMARY KEY, dataset TEXT NOT NULL, saved REAL NOT NULL);
"""
LABELLING = """
CREATE TABLE tracks (id TEXT PRIMARY KEY, video TEXT NOT NULL, made REAL NOT NULL, dropped INTEGER NOT NULL);
CREATE INDEX tracks_by_video ON tracks (video);
CREATE TABLE edits (track TEXT NOT NULL, number INTEGER NOT NULL, kind TEXT NOT NULL, target INTEGER NOT NULL,
                    body TEXT NOT NULL, made REAL NOT NULL, PRIMARY KEY (track, number)) WITHOUT ROWID;
CREATE TABLE track_states (track TEXT PRIMARY KEY, number INTEGER NOT NULL, body TEXT NOT NULL);
"""
SENDERS = """
CREATE TABLE senders (track TEXT NOT NULL, sender TEXT NOT NULL, serial INTEGER NOT NULL,
                      PRIMARY KEY (track, sender)) WITHOUT ROWID;
"""
NAMES = """
CREATE TABLE names (digest TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL, noted REAL NOT NULL,
                    PRIMARY KEY (digest, name, path)) WITHOUT ROWID;
"""
CLIP_RECIPES = """
CREATE TABLE clip_recipes (video TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""
SCHEME = """
CREATE TABLE scheme (label TEXT PRIMARY KEY, place INTEGER NOT NULL);
"""
PREFERENCES = """
CREATE TABLE preferences (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""
CLIP_NOTES = """
CREATE TABLE metadata_columns (name TEXT PRIMARY KEY, place INTEGER NOT NULL);
CREATE TABLE metadata (video TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
                       PRIMARY KEY (video, name)) WITHOUT ROWID;
CREATE TABLE tags (video TEXT NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (video, tag)) WITHOUT ROWID;
"""
BATCHES = """
CREATE TABLE batches (name TEXT PRIMARY KEY, made REAL NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE batch_tries (batch TEXT NOT NULL, item TEXT NOT NULL, tries INTEGER NOT NULL, error TEXT NOT NULL,
                          hint TEXT NOT NULL, PRIMARY KEY (batch, item)) WITHOUT ROWID;
"""
CLIP_LISTS = """
CREATE TABLE predicted (key TEXT PRIMARY KEY, model TEXT NOT NULL, labels TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE set_aside (video TEXT PRIMARY KEY, session TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX videos_by_saved ON videos (saved);
"""
POINT_LABELS = """
CREATE TABLE point_labels (label TEXT PRIMARY KEY) WITHOUT ROWID;
"""
VERSIONS = """
CREATE TABLE dataset_versions (name TEXT PRIMARY KEY, base TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
"""
# Each adds to those before it; a catalogue's version is how many it has.
SCHEMAS = (
    *(SCHEMA, SETS, LABELLING, SENDERS, NAMES, CLIP_RECIPES, SCHEME, PREFERENCES, CLIP_NOTES, BATCHES, CLIP_LISTS),
    *(POINT_LABELS, VERSIONS),
)
HEX = re.compile(r"[0-9a-f]{1,128}", re.ASCII)
BUSY_S = 15.0
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
OWN_FOLDER = "Set KINETOSCOPE_WORKSPACE to a folder of its own, on a disk that keeps the rights of users."
OWN_FILES = ("catalogue*.sqlite*", "worker.*", "backups", "results", "videos", "clips", "imports", "engine", "models")
OWN_FILES += ("searches",)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


class Catalogue:
    """The workspace at one path, and its catalogue; folders are made when first written to."""

    def __init__(self, workspace: Path | str):
        self.workspace = Path(workspace)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def __reduce__(self):
        return type(self), (self.workspace,)

    def __del__(self):
        with suppress(Exception):  # nobody is left to tell
            self.close()

    def __repr__(self):
        return f"{type(self).__name__}({str(self.workspace)!r})"

    def close(self) -> None:
        """Let go of the catalogue; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @property
    def catalogue(self) -> Path:
        """The SQLite file."""
        return self.workspace / "catalogue.sqlite"

    def tidy(self) -> None:
        """Remove what dead processes left behind; done when the catalogue is opened."""

    def narrow(self) -> str:
        """Take from others the rights to a workspace that lets them in; gives what is to be told of it, or "".

        Files in it that are not ours keep their own rights, but nobody else can reach them.
        """
        folder = self.workspace
        with self._explained():
            if not folder.is_dir() or not rights.is_wide(folder):
                return ""
            if rights.is_shared_place(folder):
                return f"Other users of this machine can read the workspace {folder}. {OWN_FOLDER}"
            with suppress(OSError):  # told below
                folder.chmod(rights.FOLDER_MODE)
            for path in (path for pattern in OWN_FILES for path in folder.glob(pattern)):
                rights.narrow(path)
            if rights.is_wide(folder):
                return f"Other users of this machine can read the workspace {folder}: it refuses a change. {OWN_FOLDER}"
        return f"Other users of this machine could read the workspace {folder}. It is closed to them from now on."

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows that answer a question to the catalogue."""
        with self._lock, self._explained():
            return self._opened().execute(query, values).fetchall()

    @contextmanager
    def _changing(self, *, durably: bool = False) -> Iterator[sqlite3.Connection]:
        """The catalogue inside one transaction, kept if the block ends well.

        durably: even if the power fails right after it; for what nobody could make again.
        """
        with self._lock, self._explained():
            catalogue = self._opened()
            catalogue.execute(f"PRAGMA synchronous = {'FULL' if durably else 'NORMAL'}")
            catalogue.execute("BEGIN IMMEDIATE")
            try:
                yield catalogue
                catalogue.execute("COMMIT")
            except BaseException:
                if catalogue.in_transaction:
                    catalogue.execute("ROLLBACK")
                raise

    def _opened(self) -> sqlite3.Connection:
        """The one connection of this store, opened and laid out on first use; call it under the lock."""
        if self._connection is None:
            self.workspace.parent.mkdir(parents=True, exist_ok=True)
            self.workspace.mkdir(rights.FOLDER_MODE, exist_ok=True)
            connection = sqlite3.connect(self.catalogue, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                lay_out(connection, self.catalogue)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
            self.tidy()
        return self._connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Errors of the disk and of SQLite in words."""
        try:
            yield
        except sqlite3.Error as error:
            if _is_damage(error):
                raise CatalogueDamaged(*self._damage(str(error))) from error
            raise AnalysisError(*self._of_sqlite(error)) from error
        except OSError as error:
            raise AnalysisError(*self._of_disk(error)) from error

    def _of_sqlite(self, error: sqlite3.Error) -> tuple[str, str]:
        """Message and hint for an error of the catalogue."""
        text = str(error)
        if "full" in text:
            return self._full(text)
        if "locked" in text:
            return f"Another program is using {self.catalogue}.", "Close the other program, or try again in a moment."
        if "readonly" in text or "unable to open" in text:
            return self._refused(text)
        return f"The catalogue {self.catalogue} cannot be used: {text}", "Start the program again."

    def _damage(self, text: str) -> tuple[str, str]:
        """Message and hint for a catalogue that cannot be read."""
        hint = (
            "Do not delete it: labels may still be read from it. Restore a backup on any page of the dashboard, "
            "or with `python -m core restore`."
        )
        return f"The catalogue {self.catalogue} is damaged: {text}.", hint

    def _of_disk(self, error: OSError) -> tuple[str, str]:
        """Message and hint for an error of the file system."""
        text = f"{error.strerror or error}"
        if error.errno in FULL:
            return self._full(text)
        return self._refused(text) if error.errno in REFUSED else (f"{self.workspace}: {error}", "Check that disk.")

    def _full(self, text: str) -> tuple[str, str]:
        free = "unknown space"
        with suppress(OSError):
            free = f"{shutil.disk_usage(self.workspace).free / 2**20:.0f} MB"
        hint = "Delete clips that are no longer needed, or set KINETOSCOPE_WORKSPACE to a folder on a larger disk."
        return f"There is no room left in {self.workspace} ({free} free): {text}", hint

    def _refused(self, text: str) -> tuple[str, str]:
        hint = "Give this user write permission, or set KINETOSCOPE_WORKSPACE to another folder."
        return f"The folder {self.workspace} cannot be written to: {text}", hint


def _is_damage(error: sqlite3.Error) -> bool:
    """Whether an error says that the file itself is not what it should be."""
    if isinstance(error, sqlite3.OperationalError):
        return str(error).startswith(("no such table", "no such column"))
    return type(error) is sqlite3.DatabaseError


def hex_digits(name: str) -> str:
    """`name`, which must be hex digits: it becomes part of a path."""
    if not HEX.fullmatch(name):
        raise ValueError(f"Keys and digests are hex digits, got {name[:60]!r}")
    return name


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Let readers and a writer not wait for each other. SQLite gives up at once where two begin that together."""
    give_up = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
        time.sleep(0.01)


def lay_out(connection: sqlite3.Connection, path: Path) -> None:
    """Set up a connection, and the tables of a new catalogue."""
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("BEGIN IMMEDIATE")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    for schema in SCHEMAS[version:]:
        for statement in filter(None, map(str.strip, schema.split(";"))):
            connection.execute(statement)
    if version < len(SCHEMAS):
        connection.execute(f"PRAGMA user_version = {len(SCHEMAS)}")
    connection.execute("COMMIT")
    if version > len(SCHEMAS):
        hint = "Use that program, or set KINETOSCOPE_WORKSPACE to another folder."
        raise AnalysisError(f"The catalogue {path} was made by a newer program.", hint)
