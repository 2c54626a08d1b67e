"""Batches: which clips are analysed together and how, and how often each of them was tried."""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from core.workspace.store.database import Catalogue


@dataclass(frozen=True)
class BatchTry:
    """A clip of a batch that was begun and has no result. error: why, "" where its process ended before it could tell.

    tries: how often it was begun without an end.
    """

    item: str
    tries: int
    error: str
    hint: str


class BatchRecords(Catalogue):
    """Batches by their names, and the clips of them that were tried without a result."""

    def save_batch(self, name: str, body: dict[str, Any]) -> None:
        """Keep what a batch is about, as JSON."""
        with self._changing() as catalogue:
            row = (name, time.time(), json.dumps(body))
            catalogue.execute("INSERT OR REPLACE INTO batches VALUES (?, ?, ?)", row)

    def change_batch(self, name: str, change: Callable[[dict[str, Any]], None]) -> None:
        """Change what a batch is about, in one step; nothing where it was removed."""
        with self._changing() as catalogue:
            row = catalogue.execute("SELECT body FROM batches WHERE name = ?", (name,)).fetchone()
            if row:
                body = json.loads(row[0])
                change(body)
                catalogue.execute("UPDATE batches SET body = ? WHERE name = ?", (json.dumps(body), name))

    def batches(self, *, watching: bool = False) -> dict[str, dict[str, Any]]:
        """All batches by name, the latest first. watching: only those that watch a folder; quick where none does."""
        which = "json_extract(body, '$.watching')" if watching else "TRUE"
        rows = self._rows(f"SELECT name, body FROM batches WHERE {which} ORDER BY made DESC, name")
        return {name: json.loads(body) for name, body in rows}

    def delete_batch(self, name: str) -> None:
        """Forget a batch; the results of its clips stay."""
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM batches WHERE name = ?", (name,))
            catalogue.execute("DELETE FROM batch_tries WHERE batch = ?", (name,))

    def begin_try(self, name: str, item: str) -> None:
        """Note that a clip is begun, until `end_try`."""
        with self._changing() as catalogue:
            again = "ON CONFLICT (batch, item) DO UPDATE SET tries = tries + 1, error = '', hint = ''"
            catalogue.execute(f"INSERT INTO batch_tries VALUES (?, ?, 1, '', '') {again}", (name, item))

    def end_try(self, name: str, item: str, error: str = "", hint: str = "") -> None:
        """Note that a clip has a result, or why it has none."""
        with self._changing() as catalogue:
            if error:
                row = (name, item, error, hint)
                again = "ON CONFLICT (batch, item) DO UPDATE SET error = excluded.error, hint = excluded.hint"
                catalogue.execute(f"INSERT INTO batch_tries VALUES (?, ?, 1, ?, ?) {again}", row)
            else:
                catalogue.execute("DELETE FROM batch_tries WHERE batch = ? AND item = ?", (name, item))

    def tries(self, name: str) -> list[BatchTry]:
        """The clips of a batch that were begun and have no result."""
        rows = self._rows("SELECT item, tries, error, hint FROM batch_tries WHERE batch = ? ORDER BY item", name)
        return [BatchTry(*row) for row in rows]

    def tries_version(self, name: str) -> str:
        """What tells one state of a batch and its tries, and of the recipes of all clips, from another."""
        made = self._rows("SELECT made, body FROM batches WHERE name = ?", name)
        recipes = self._rows("SELECT video, body FROM clip_recipes")
        return sha256(repr((made, self.tries(name), recipes)).encode()).hexdigest()

    def forget_tries(self, name: str) -> None:
        """Let all clips of a batch be tried anew."""
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM batch_tries WHERE batch = ?", (name,))

    def forget_tries_of(self, name: str, items: Iterable[str]) -> None:
        """Let some clips of a batch be tried anew."""
        with self._changing() as catalogue:
            rows = [(name, item) for item in items]
            catalogue.executemany("DELETE FROM batch_tries WHERE batch = ? AND item = ?", rows)
