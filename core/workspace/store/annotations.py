"""Drawn labels: each track is a journal of edits to which only ever something is added."""

import time
from collections.abc import Mapping

from core.base.errors import ResultMissing
from core.workspace.store.database import Catalogue, hex_digits

APART_S = 1e-5  # between tracks that are filed at one moment, whose order is kept


class Journals(Catalogue):
    """Tracks of drawn labels."""

    def tracks(self, video: str) -> list[str]:
        """The tracks of labels that were drawn in a clip, the oldest first. They outlive the clip's place here."""
        rows = self._rows("SELECT id FROM tracks WHERE video = ? AND NOT dropped ORDER BY made, id", video)
        return [track_id for (track_id,) in rows]

    def tracks_version(self, video: str) -> str:
        """What tells one state of the tracks of a clip from another; quick however many edits there are."""
        newest = "(SELECT max(number) FROM edits WHERE track = id)"
        rows = self._rows(f"SELECT id, {newest} FROM tracks WHERE video = ? AND NOT dropped ORDER BY id", video)
        return " ".join(f"{track_id}:{number}" for track_id, number in rows)

    def labelled_videos(self) -> list[str]:
        """The clips in which labels were drawn, the latest first."""
        query = "SELECT video FROM tracks WHERE NOT dropped GROUP BY video ORDER BY max(made) DESC, video"
        return [video for (video,) in self._rows(query)]

    def video_of_track(self, track_id: str) -> str:
        """The clip of a track; ResultMissing if there is no such track."""
        rows = self._rows("SELECT video FROM tracks WHERE id = ?", track_id)
        if not rows:
            raise ResultMissing(f"There is no track {track_id[:12]!r}.", "Choose another.")
        return rows[0][0]

    def begin_tracks(self, video: str, bodies: Mapping[str, str]) -> None:
        """File new tracks of a clip, all or none. bodies: the first state of each, by id; one that is there stays."""
        with self._changing(durably=True) as catalogue:
            for place, (track_id, body) in enumerate(bodies.items()):
                made = time.time() + place * APART_S
                row = (hex_digits(track_id), hex_digits(video), made)
                if catalogue.execute("INSERT OR IGNORE INTO tracks VALUES (?, ?, ?, 0)", row).rowcount == 1:
                    catalogue.execute("INSERT INTO edits VALUES (?, 0, 'begin', 0, ?, ?)", (track_id, body, made))

    def drop_track(self, track_id: str, dropped: bool = True) -> None:
        """Show a track no more, or again; nothing of it is deleted."""
        with self._changing(durably=True) as catalogue:
            catalogue.execute("UPDATE tracks SET dropped = ? WHERE id = ?", (dropped, track_id))

    def add_edit(
        self, track_id: str, number: int, kind: str, target: int, body: str, sent: tuple[str, int] = ("", 0)
    ) -> bool:
        """Add an edit to a journal; on the disk before this returns. False where that number is taken already.

        sent: who sent it, "" where nobody says, and its number there.
        """
        with self._changing(durably=True) as catalogue:
            row = (track_id, number, kind, target, body, time.time())
            cursor = catalogue.execute("INSERT OR IGNORE INTO edits VALUES (?, ?, ?, ?, ?, ?)", row)
            if cursor.rowcount == 1 and sent[0]:
                catalogue.execute("INSERT OR REPLACE INTO senders VALUES (?, ?, ?)", (track_id, *sent))
            return cursor.rowcount == 1

    def last_serial(self, track_id: str, sender: str) -> int:
        """The number of the latest edit of a track that came from that sender; 0 where none did."""
        rows = self._rows("SELECT serial FROM senders WHERE track = ? AND sender = ?", track_id, sender)
        return rows[0][0] if rows else 0

    def edits(self, track_id: str, first: int = 0) -> list[tuple[int, str, int, str, float]]:
        """A journal from a number on: number, kind, target, body and moment of each edit."""
        query = "SELECT number, kind, target, body, made FROM edits WHERE track = ? AND number >= ? ORDER BY number"
        return self._rows(query, track_id, first)

    def edit_outline(self, track_id: str, before: int) -> list[tuple[int, str]]:
        """A journal up to a number: number and kind of each edit."""
        query = "SELECT number, kind FROM edits WHERE track = ? AND number < ? ORDER BY number"
        return self._rows(query, track_id, before)

    def edit_body(self, track_id: str, number: int) -> str:
        """What is written of an edit."""
        return self._rows("SELECT body FROM edits WHERE track = ? AND number = ?", track_id, number)[0][0]

    def keep_track_state(self, track_id: str, number: int, body: str) -> None:
        """Keep what a track is after an edit, so that its journal need not be read from its beginning."""
        with self._changing() as catalogue:
            catalogue.execute("INSERT OR REPLACE INTO track_states VALUES (?, ?, ?)", (track_id, number, body))

    def track_state(self, track_id: str) -> tuple[int, str] | None:
        """The latest state that was kept, and after which edit it was."""
        rows = self._rows("SELECT number, body FROM track_states WHERE track = ?", track_id)
        return rows[0] if rows else None
