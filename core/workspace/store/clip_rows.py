"""What the catalogue says of all clips at once, in few queries however many there are."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.workspace.store.metadata import REVISION
from core.workspace.store.results import Results


@dataclass(frozen=True, slots=True)
class ClipRow:
    """A clip without what was measured of its frames. added: epoch seconds; path: where the file lies.

    source: where it lay when it was added, which for an upload is its name alone. others: its further names.
    folder: that it was added from; empty for an upload.
    """

    digest: str
    name: str
    path: str
    source: str
    added: float
    uploaded: bool
    duration_s: float
    width_px: int
    height_px: int
    frame_count: int
    others: tuple[str, ...] = ()
    folder: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the clip, its own first."""
        return (self.name, *self.others)


class ClipRows(Results):
    """Rows of all clips, and which of them models have predicted."""

    def clips_version(self) -> str:
        """What tells one state of the clips and their names from another; quick however many there are."""
        count, latest = self._rows("SELECT count(*), max(saved) FROM videos")[0]
        return f"{count} {latest}"

    def clip_rows(self) -> tuple[ClipRow, ...]:
        """All clips, the latest first."""
        names: dict[str, list[tuple[str, str]]] = {}
        for digest, name, path in self._rows("SELECT digest, name, path FROM names ORDER BY noted"):
            names.setdefault(digest, []).append((name, path))
        measured = "'$.path', '$.duration_s', '$.width_px', '$.height_px', '$.frame_count'"
        query = f"SELECT digest, name, added, uploaded, json_extract(info, {measured}) FROM videos"
        rows = self._rows(f"{query} ORDER BY added DESC, digest")
        return tuple(
            self._clip_row(digest, name, added, uploaded, measured_values, names.get(digest, ()))
            for digest, name, added, uploaded, measured_values in rows
        )

    def _clip_row(
        self,
        digest: str,
        name: str,
        added: float,
        uploaded: int,
        measured: str,
        noted: Sequence[tuple[str, str]],
    ) -> ClipRow:
        """The row of a clip. measured: path, duration, sizes as JSON; noted: its names with the paths of each."""
        path, duration_s, width_px, height_px, frame_count = json.loads(measured)
        others = tuple(other for other in dict.fromkeys(other for other, _ in noted) if other != name)
        source = path
        if uploaded:
            places = (place for _, place in noted if Path(place).is_absolute())
            source = next((place for place in places if not Path(place).is_relative_to(self.workspace)), name)
        folder = os.path.dirname(source)  # noqa: PTH120  a Path for each of thousands is slow
        measures = (duration_s, width_px, height_px, frame_count)
        return ClipRow(digest, name, path, source, added, bool(uploaded), *measures, others, folder)

    def lists_version(self, *kinds: str) -> str:
        """What tells one state of the clips, their labels, metadata and results of these kinds from another."""
        marks = ", ".join("?" * len(kinds))
        (made,) = self._rows(f"SELECT count(*), max(written) FROM results WHERE kind IN ({marks})", *kinds)
        (drawn,) = self._rows("SELECT count(*), sum(dropped), max(made) FROM tracks")
        revision = self._rows("SELECT body FROM preferences WHERE name = ?", REVISION)
        return f"{self.clips_version()} {made} {drawn} {revision}"

    # Which models predicted what

    def predictions_to_note(self, *kinds: str) -> list[str]:
        """The keys of stored results of these kinds of which no model was noted yet."""
        marks = ", ".join("?" * len(kinds))
        query = f"SELECT key FROM results WHERE kind IN ({marks}) AND key NOT IN (SELECT key FROM predicted)"
        return [key for (key,) in self._rows(query, *kinds)]

    def note_predictions(self, rows: list[tuple[str, str, str]]) -> None:
        """Note which model predicted what: key, model and a fingerprint of the labels."""
        with self._changing() as catalogue:
            catalogue.executemany("INSERT OR REPLACE INTO predicted VALUES (?, ?, ?)", rows)
            catalogue.execute("DELETE FROM predicted WHERE key NOT IN (SELECT key FROM results)")

    def predicted(self) -> list[tuple[str, str, str]]:
        """Clip, model and fingerprint of the labels of the stored predictions that were noted, each once."""
        query = "SELECT DISTINCT video, model, labels FROM predicted JOIN results USING (key) WHERE video != ''"
        return self._rows(query)
