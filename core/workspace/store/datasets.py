"""Labelled sets by name, what their versions changed, and the splits that were kept for them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from core.base.errors import ResultMissing
from core.domain import Dataset, DatasetVersion, Split
from core.domain.fingerprint import fingerprint
from core.domain.serialization import from_json, to_json
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
            catalogue.execute("UPDATE dataset_versions SET body = '' WHERE name = ?", (name,))  # its number stays taken
            others = "SELECT base FROM dataset_versions WHERE body != ''"
            rest = f"base NOT IN (SELECT name FROM datasets) AND base NOT IN ({others})"
            catalogue.execute(f"DELETE FROM dataset_versions WHERE {rest}")
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

    # Versions

    def save_version(self, dataset: Dataset, key: str, version: DatasetVersion) -> bool:
        """Keep a version of a set beside the others; False, and nothing is kept, where its name is taken."""
        names = "SELECT name FROM datasets UNION SELECT name FROM dataset_versions"
        if (version.name,) in self._rows(names):
            return False
        body = fingerprint("set", 1, dataset)
        self.write(body, dataset, kind="dataset")
        with self._changing(durably=True) as catalogue:
            row = (version.name, version.of, to_json(version))
            if (version.name,) in catalogue.execute(names).fetchall():  # another process was first
                return False
            catalogue.execute("INSERT INTO dataset_versions VALUES (?, ?, ?)", row)
            row = (version.name, hex_digits(key), body, len(dataset.items), len(dataset.labels), time.time())
            catalogue.execute("INSERT INTO datasets VALUES (?, ?, ?, ?, ?, ?)", row)
        return True

    def dataset_versions(self) -> dict[str, DatasetVersion]:
        """The versions of labelled sets by their names, first versions and versions that were deleted left out."""
        bodies = self._rows("SELECT body FROM dataset_versions WHERE body != ''")
        versions = [from_json(body, DatasetVersion, source=self.catalogue.name) for (body,) in bodies]
        return {version.name: version for version in sorted(versions, key=lambda version: (version.of, version.number))}

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
