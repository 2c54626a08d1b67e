"""What was made of clips: dataclasses with their arrays, and files, by key; each is there whole or not at all."""

import errno
import json
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import numpy as np

from core.base.errors import FormatInvalid, ResultMissing
from core.domain.serialization import from_json, to_json
from core.workspace.store.database import BUSY_S, HEX, Catalogue, hex_digits

T = TypeVar("T")

MAPPED_FROM = 2**18  # bytes: smaller arrays are read whole, so that they hold no file open
MAPS = os.name != "nt"  # Windows can neither delete nor replace a file as long as it is mapped
RESULT_FILE = "file"
DELETED = "deleted"  # kind of the row, under the digest of a clip, that tells that it was deleted
WITHOUT_CLIP = ("measured",)  # kinds of results that are there before their clip is one of the library
PARSING = (
    threading.Lock()
)  # headers of arrays are parsed by ast.literal_eval: not in two threads at once in Python 3.11


class Results(Catalogue):
    """Results by key."""

    def has(self, key: str) -> bool:
        """Whether there is a result under `key`."""
        return bool(HEX.fullmatch(key)) and (self.result_folder(key) / "value.json").is_file()

    def write(self, key: str, value: Any, *, kind: str, video: str = "") -> None:
        """Keep a dataclass under `key`, whole or not at all.

        kind: what it is, in a word. video: the digest of the clip it was made from, with which it is deleted.
        """
        arrays: dict[str, np.ndarray] = {}
        text = to_json(value, arrays=arrays)
        with self._filing(key, kind, video) as partial:
            for name, array in arrays.items():
                np.save(partial / f"{name}.npy", array, allow_pickle=False)
            (partial / "value.json").write_text(text, "ascii")

    def write_file(self, key: str, fill: Callable[[Path], None], *, kind: str, video: str = "") -> None:
        """Keep a file under `key`, whole or not at all: `fill` writes it at the path that it is given."""
        with self._filing(key, kind, video) as partial:
            fill(partial / RESULT_FILE)
            (partial / "value.json").write_text("{}", "ascii")

    def file_path(self, key: str) -> Path:
        """Where the file under `key` lies, if there is one."""
        return self.result_folder(key) / RESULT_FILE

    @contextmanager
    def _filing(self, key: str, kind: str, video: str) -> Iterator[Path]:
        """A folder to be filled, which becomes the result under `key` if the block ends well."""
        folder = self.result_folder(key)
        partial = folder.with_name(f"{key}-{uuid4().hex}.partial")
        with self._explained():
            try:
                partial.mkdir(parents=True)
                yield partial
                with self._changing() as catalogue:
                    _enter(catalogue, key, kind, video)
                    _swap_in(partial, folder)  # before a deletion of the clip can come between
            finally:
                shutil.rmtree(partial, ignore_errors=True)

    def begin(self, key: str, *, kind: str, video: str) -> None:
        """Make and list the folder of `key`, which is filled file by file; `has` never calls it a result."""
        folder = self.result_folder(key)
        with self._explained(), self._changing() as catalogue:
            _enter(catalogue, key, kind, video)
            folder.mkdir(parents=True, exist_ok=True)

    def known(self, key: str, expected: type[T]) -> T | None:
        """The result under `key`; None if there is none, or if it was damaged, which deletes it."""
        try:
            return self.read(key, expected) if self.has(key) else None
        except ResultMissing:
            return None

    def read(self, key: str, expected: type[T]) -> T:
        """The result under `key`, with large arrays mapped from disk, not copied into memory; arrays are read-only.

        ResultMissing if there is none, or if what is there is damaged or of an older program: it is deleted then.
        """
        give_up = time.monotonic() + BUSY_S
        while (before := self._lies_at(key)) and time.monotonic() < give_up:
            value, error = self._value(key, expected)
            if self._lies_at(key) != before:
                continue  # another was put in its place meanwhile
            if error is None:
                return value
            self.delete(key)
            raise ResultMissing(f"The result {key[:12]!r} was damaged: {error}", "Compute it again.") from error
        raise ResultMissing(f"There is no result {key[:12]!r}.", "Compute it again.")

    def plain_fields(self, key: str) -> dict[str, Any]:
        """What JSON holds of the result under `key`, which is all but its arrays; nothing where it cannot be read."""
        with suppress(OSError, ValueError):
            fields = json.loads((self.result_folder(key) / "value.json").read_text("ascii"))
            return fields if isinstance(fields, dict) else {}
        return {}

    def _value(self, key: str, expected: type[T]) -> tuple[Any, Exception | None]:
        """What lies under `key`, or why it cannot be read."""
        folder = self.result_folder(key)
        with self._explained():
            try:
                text = (folder / "value.json").read_text("ascii")
                arrays = {path.stem: _loaded(path) for path in folder.glob("array*.npy")}
                return from_json(text, expected, source=f"result {key[:12]}", arrays=arrays), None
            except (FormatInvalid, ValueError, EOFError, FileNotFoundError) as error:
                return None, error

    def _lies_at(self, key: str) -> tuple[int, int] | None:
        """What tells the result under `key` from one that took its place; None if there is none.

        Where another process just puts one in the place of another, that moment is waited for.
        """
        if not HEX.fullmatch(key):
            return None
        for wait_s in (0.0, 0.002, 0.02, 0.1):
            time.sleep(wait_s)
            with suppress(OSError):
                status = (self.result_folder(key) / "value.json").stat()
                return status.st_ino, status.st_mtime_ns
            if not self._rows("SELECT 1 FROM results WHERE key = ?", key):
                break
        return None

    def delete(self, key: str) -> None:
        """Delete the result under `key`, if there is one."""
        with self._explained(), self._changing() as catalogue:
            aside = self._set_aside([hex_digits(key)])
            catalogue.execute("DELETE FROM results WHERE key = ?", (key,))
        for folder in aside:
            remove(folder)

    def _set_aside(self, keys: Iterable[str]) -> list[Path]:
        """Rename the folders of results, so that none is ever seen half deleted; gives their new places."""
        places = []
        for folder in map(self.result_folder, keys):
            with suppress(FileNotFoundError):
                places.append(folder.rename(folder.with_name(f"{folder.name}-{uuid4().hex}.partial")))
        return places

    def made(self, kind: str) -> list[tuple[str, str]]:
        """The key and the clip of each result of a kind that was made of a clip of the library."""
        query = "SELECT key, video FROM results WHERE kind = ? AND video IN (SELECT digest FROM videos)"
        return [(key, video) for key, video in self._rows(query, kind)]

    def made_of(self, digest: str, *kinds: str) -> list[str]:
        """The keys of all results of some kinds that were made of a clip; quick however many clips there are."""
        rows = self._rows("SELECT key, kind FROM results WHERE video = ? ORDER BY key", digest)
        return [key for key, kind in rows if kind in kinds]

    def written_of(self, digest: str, *kinds: str) -> list[tuple[str, float]]:
        """The same with the moment when each was written, in epoch seconds; the latest first."""
        query = "SELECT key, kind, written FROM results WHERE video = ? ORDER BY written DESC, key"
        return [(key, written) for key, kind, written in self._rows(query, digest) if kind in kinds]

    def keys(self, kind: str) -> list[str]:
        """The keys of all results of a kind, the latest first."""
        rows = self._rows("SELECT key FROM results WHERE kind = ? ORDER BY written DESC, key", kind)
        return [key for (key,) in rows]

    def result_folder(self, key: str) -> Path:
        """Where the result under `key` lies, if there is one."""
        return self.workspace / "results" / hex_digits(key)


def _enter(catalogue: sqlite3.Connection, key: str, kind: str, video: str) -> None:
    """List a result, or refuse it where its clip was deleted meanwhile."""
    query = "SELECT 1 FROM results WHERE key = ? AND kind = ?"
    if video and kind not in WITHOUT_CLIP and catalogue.execute(query, (video, DELETED)).fetchone():
        raise ResultMissing(f"The clip {video[:12]!r} was deleted while it was processed.", "Add it again.")
    row = (key, kind, video, time.time())
    catalogue.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", row)


def _loaded(path: Path) -> np.ndarray:
    """An array, read-only."""
    with PARSING:
        if MAPS and path.stat().st_size >= MAPPED_FROM:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        array = np.load(path, allow_pickle=False)
    array.setflags(write=False)
    return array


def packed(arrays: dict[str, np.ndarray]) -> bytes:
    """Small arrays as the bytes of an .npz file."""
    packed = BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def unpacked(raw: bytes) -> dict[str, np.ndarray]:
    """The arrays in the bytes of an .npz file, read-only."""
    with PARSING, np.load(BytesIO(raw), allow_pickle=False) as packed:
        arrays = dict(packed)
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


def remove(path: Path) -> None:
    """Delete a file or a folder, whoever else is at it."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _swap_in(partial: Path, folder: Path) -> None:
    """Give a finished result its name; another of the same name makes way, since it says the same."""
    for _ in range(20):
        try:
            partial.rename(folder)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        aside = folder.with_name(f"{folder.name}-{uuid4().hex}.partial")
        with suppress(FileNotFoundError):
            folder.rename(aside)
        try:
            with suppress(OSError):  # another came in between
                partial.rename(folder)
                return
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    raise OSError(errno.EBUSY, f"{folder} is being written by others")
