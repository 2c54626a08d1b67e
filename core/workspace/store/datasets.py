"""Labelled sets by name, and the splits that were kept for them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from core.base.errors import ResultMissing
from core.domain import Dataset, Split
from core.domain.fingerprint import fingerprint
from core.workspace.store.database import hex_digits
from core.workspace.store.results import Results


@dataclass(frozen=True)
class DatasetEntry:
    """A labelled set of the workspace. key: the name of its content; body: where it is kept; added: epoch seconds."""

    name: str
    key: str
    body: str
    clips: int
    labels: int
    added: float


class LabelledSets(Results):
    """Labelled sets and splits."""

    def save_dataset(self, dataset: Dataset, key: str) -> None:
        """Keep a labelled set under its name, in place of one that had it. key: the name of its content."""
        body = fingerprint("set", 1, dataset)
        self.write(body, dataset, kind="dataset")
        before = self._rows("SELECT body FROM datasets WHERE name = ?", dataset.name)
        with self._changing() as catalogue:
            row = (dataset.name, hex_digits(key), body, len(dataset.items), len(dataset.labels), time.time())
            catalogue.execute("INSERT OR REPLACE INTO datasets VALUES (?, ?, ?, ?, ?, ?)", row)
        self._drop_bodies(one for (one,) in before)

    def datasets(self) -> list[DatasetEntry]:
        """The labelled sets, the latest first."""
        columns = "name, key, body, clips, labels, added"
        return [DatasetEntry(*row) for row in self._rows(f"SELECT {columns} FROM datasets ORDER BY added DESC, name")]

    def dataset(self, name: str) -> Dataset:
        """A labelled set; ResultMissing if there is none of that name."""
        rows = self._rows("SELECT body FROM datasets WHERE name = ?", name)
        if not rows:
            raise ResultMissing(f"There is no dataset named {name!r}.", "Choose another, or import it again.")
        return self.read(rows[0][0], Dataset)

    def delete_dataset(self, name: str) -> None:
        """Forget a labelled set and its splits; its clips stay in the library."""
        gone = self._rows("SELECT key, body FROM datasets WHERE name = ?", name)
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM datasets WHERE name = ?", (name,))
            kept = {key for (key,) in catalogue.execute("SELECT key FROM datasets")}
            orphans = [split for key, _ in gone if key not in kept for split in self.split_keys(key)]
        for split in orphans:
            self.delete_split(split)
        self._drop_bodies(body for _, body in gone)

    def _drop_bodies(self, bodies: Iterable[str]) -> None:
        """Delete what was kept of sets, but what a set still needs."""
        kept = {body for (body,) in self._rows("SELECT body FROM datasets")}
        for body in set(bodies) - kept:
            self.delete(body)

    def save_split(self, split: Split, key: str) -> None:
        """Keep a split under its key; saved again it becomes the latest."""
        self.write(key, split, kind="split")
        with self._changing() as catalogue:
            row = (hex_digits(key), split.dataset, time.time())
            catalogue.execute("INSERT OR REPLACE INTO splits VALUES (?, ?, ?)", row)

    def split_keys(self, dataset: str) -> list[str]:
        """The keys of the splits of a set, which is named by its key; the latest first."""
        rows = self._rows("SELECT key FROM splits WHERE dataset = ? ORDER BY saved DESC, key", dataset)
        return [key for (key,) in rows]

    def delete_split(self, key: str) -> None:
        """Forget a split."""
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM splits WHERE key = ?", (key,))
        self.delete(key)
