"""The clips of the library: what was measured of them, and copies of those that were uploaded."""

import os
import re
import shutil
import time
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import numpy as np

from core.base.errors import ResultMissing
from core.domain import VideoInfo
from core.domain.serialization import from_json, to_json
from core.workspace.store.database import hex_digits
from core.workspace.store.results import DELETED, Results, packed, remove, unpacked

SUFFIX = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)
CHUNK = 2**20  # bytes
LONGEST_NAME = 120  # characters
FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))  # in names of files on Windows
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # which Windows takes for no file


@dataclass(frozen=True, eq=False)
class VideoEntry:
    """A clip of the library. name: for people; added: epoch seconds; uploaded: the workspace holds the clip itself.

    others: further names under which the same bytes were added.
    """

    info: VideoInfo
    name: str
    added: float
    uploaded: bool
    others: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names of the clip, its own first."""
        return (self.name, *self.others)


class VideoRecords(Results):
    """Clips by the digest of their bytes."""

    def __init__(self, workspace: Path | str):
        super().__init__(workspace)
        self._entries: dict[str, tuple[float, VideoEntry]] = {}  # by digest, with the moment they were saved

    # Places

    @property
    def upload_folder(self) -> Path:
        """Where uploaded clips lie."""
        return self.workspace / "clips"

    @property
    def import_folder(self) -> Path:
        """Where uploaded zips and tables of labelled sets lie until they are taken in."""
        return self.workspace / "imports"

    def thumbnail_path(self, digest: str) -> Path:
        """Where the picture of a clip lies, or will: its folder is there."""
        return self._video_folder(digest) / "thumbnail.jpg"

    def proxy_path(self, digest: str) -> Path:
        """Where the copy of a clip for the browser lies, or will: its folder is there."""
        return self._video_folder(digest) / "proxy.mp4"

    def remove_pictures(self, digest: str) -> None:
        """Delete the picture of a clip and its copy for the browser."""
        with self._explained():
            remove(self.workspace / "videos" / hex_digits(digest))

    def _video_folder(self, digest: str) -> Path:
        folder = self.workspace / "videos" / hex_digits(digest)
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    # Clips

    def save_video(self, info: VideoInfo, *, name: str = "") -> None:
        """File a clip under its digest; one that is there already is replaced and keeps its moment of adding.

        name: what people see; by default the name under which it was uploaded, or that of its file.
        """
        uploaded = self._is_upload(info.path)
        arrays: dict[str, np.ndarray] = {}
        text = to_json(info, arrays=arrays)
        with self._changing() as catalogue:
            known = catalogue.execute("SELECT name FROM uploads WHERE digest = ?", (info.digest,)).fetchone()
            shown = cleaned_name(name or (known[0] if known and uploaded else Path(info.path).name))
            now = time.time()
            catalogue.execute("DELETE FROM results WHERE key = ? AND kind = ?", (info.digest, DELETED))
            catalogue.execute("DELETE FROM set_aside WHERE video = ?", (info.digest,))
            catalogue.execute(
                "INSERT INTO videos (digest, info, arrays, name, added, saved, uploaded) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (digest) DO UPDATE SET info = excluded.info, arrays = excluded.arrays, "
                "name = excluded.name, saved = excluded.saved, uploaded = excluded.uploaded",
                (hex_digits(info.digest), text, packed(arrays), shown, now, now, uploaded),
            )

    def note_name(self, digest: str, name: str, path: str) -> None:
        """Note that a clip of the library was added from a path under a name, which is one of its names from now on."""
        with self._changing() as catalogue:
            now = time.time()
            row = (hex_digits(digest), cleaned_name(name), path, now)
            catalogue.execute("INSERT OR REPLACE INTO names VALUES (?, ?, ?, ?)", row)
            catalogue.execute("UPDATE videos SET saved = ? WHERE digest = ?", (now, digest))
            catalogue.execute("DELETE FROM set_aside WHERE video = ?", (digest,))  # it was added again

    def names_noted(self, since: float) -> list[tuple[str, str, str]]:
        """Digest, name and path of what was added since then."""
        return self._rows("SELECT digest, name, path FROM names WHERE noted >= ? ORDER BY noted", since)

    def names_version(self) -> str:
        """What tells one state of the names of clips from another; quick, however many there are."""
        count, latest = self._rows("SELECT count(*), max(noted) FROM names")[0]
        return f"{count} {latest}"

    def video(self, digest: str) -> VideoInfo:
        """What was measured of a clip; ResultMissing if it is not in the library."""
        return self.entry(digest).info

    def entry(self, digest: str) -> VideoEntry:
        """A clip of the library; ResultMissing if it is not there."""
        entries = self._entries_where("digest = ?", digest)
        if not entries:
            raise ResultMissing(f"There is no clip {digest[:12]!r} in the library.", "Choose another, or add it again.")
        return entries[0]

    def videos(self) -> list[VideoEntry]:
        """All clips, the latest first."""
        return self._entries_where("TRUE")

    def clip_names(self) -> dict[str, str]:
        """The names of all clips by digest."""
        return dict(self._rows("SELECT digest, name FROM videos"))

    def digests(self) -> list[str]:
        """The digests of all clips, in no order; quick however many there are."""
        return [digest for (digest,) in self._rows("SELECT digest FROM videos")]

    def newest_digest(self) -> str:
        """The digest of the clip that was added last; empty where there is none."""
        rows = self._rows("SELECT digest FROM videos ORDER BY added DESC, digest LIMIT 1")
        return rows[0][0] if rows else ""

    def paths(self, digests: Iterable[str]) -> dict[str, str]:
        """Where these clips lie, by digest, without reading all that is known of them; those that are gone are not."""
        query = "SELECT json_extract(info, '$.path') FROM videos WHERE digest = ?"
        arrays = {digest: self._rows(query, digest) for digest in dict.fromkeys(digests)}
        return {digest: rows[0][0] for digest, rows in arrays.items() if rows}

    def find_video(self, prefix: str) -> VideoInfo:
        """The one clip whose digest begins so; ResultMissing if there is none, or more than one."""
        entries = self._entries_where("substr(digest, 1, ?) = ?", len(prefix), prefix.lower()) if prefix else []
        if len(entries) != 1:
            many = f"{len(entries)} clips begin" if entries else "No clip begins"
            raise ResultMissing(f"{many} with {prefix[:70]!r}.", "Give all 64 digits of the clip, or add it first.")
        return entries[0].info

    def set_aside(self, digests: Iterable[str], session: str) -> None:
        """Mark clips that a session is about to delete; all that was made of them stays until then.

        A clip that is added again loses its mark.
        """
        with self._changing(durably=True) as catalogue:
            rows = [(hex_digits(digest), session) for digest in digests]
            catalogue.executemany("INSERT OR REPLACE INTO set_aside VALUES (?, ?)", rows)

    def take_back(self, digests: Iterable[str]) -> None:
        """Take the mark from clips: they are not deleted."""
        with self._changing(durably=True) as catalogue:
            rows = [(digest,) for digest in digests]
            catalogue.executemany("DELETE FROM set_aside WHERE video = ?", rows)

    def videos_set_aside(self) -> dict[str, str]:
        """The clips that are about to be deleted, with the sessions that marked them."""
        return dict(self._rows("SELECT video, session FROM set_aside WHERE video IN (SELECT digest FROM videos)"))

    def delete_video(self, digest: str) -> None:
        """Forget a clip and all that was made from it; a clip that was not uploaded stays where it is."""
        path = self.paths([digest]).get(digest)
        if path is None:
            raise ResultMissing(f"There is no clip {digest[:12]!r} in the library.", "Choose another, or add it again.")
        with self._changing() as catalogue:
            keys = [key for (key,) in catalogue.execute("SELECT key FROM results WHERE video = ?", (digest,))]
            with self._explained():
                folders = self._set_aside(keys)
            catalogue.executemany("DELETE FROM jobs WHERE key = ?", [(key,) for key in keys])
            about = "instr(key, ?) OR json_extract(body, '$.clip') = ?"
            catalogue.execute(f"DELETE FROM jobs WHERE {about}", (digest, digest))
            named = (("videos", "digest"), ("uploads", "digest"), ("names", "digest"), ("clip_recipes", "video"))
            for table, column in (("results", "video"), ("set_aside", "video"), *named):
                catalogue.execute(f"DELETE FROM {table} WHERE {column} = ?", (digest,))
            row = (digest, DELETED, "", time.time())  # what is still made of it is refused
            catalogue.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", row)
        with self._explained():
            for folder in [*folders, self._video_folder(digest)]:
                remove(folder)
            if self._is_upload(path):
                Path(path).unlink(missing_ok=True)
        self._entries.pop(digest, None)

    def _is_upload(self, path: str) -> bool:
        return Path(path).resolve().is_relative_to(self.upload_folder.resolve())

    def _entries_where(self, condition: str, *values: Any) -> list[VideoEntry]:
        """The clips that meet a condition; each is read from the catalogue once after it was saved."""
        arrays = self._rows(f"SELECT digest, saved FROM videos WHERE {condition} ORDER BY added DESC, digest", *values)
        entries = []
        for digest, saved in arrays:
            known = self._entries.get(digest)
            if known is None or known[0] != saved:
                known = self._entries[digest] = (saved, self._read_entry(digest))
            entries.append(known[1])
        return entries

    def _read_entry(self, digest: str) -> VideoEntry:
        columns = "info, arrays, name, added, uploaded"
        rows = self._rows(f"SELECT {columns} FROM videos WHERE digest = ?", digest)
        if not rows:
            raise ResultMissing(f"The clip {digest[:12]!r} was deleted.", "Choose another, or add it again.")
        text, raw, name, added, uploaded = rows[0]
        info = from_json(text, VideoInfo, source=self.catalogue.name, arrays=unpacked(raw))
        query = "SELECT name FROM names WHERE digest = ? AND name != ? GROUP BY name ORDER BY min(noted)"
        others = tuple(other for (other,) in self._rows(query, digest, name))
        return VideoEntry(info, name, added, bool(uploaded), others)

    # Uploads

    def keep_upload(self, stream: BinaryIO, name: str) -> Path:
        """Copy an uploaded clip into the workspace, under the digest of its bytes; the same bytes are kept once."""
        digest = sha256()
        partial = self.upload_folder / f"{uuid4().hex}.partial"
        with self._explained():
            self.upload_folder.mkdir(parents=True, exist_ok=True)
            try:
                with open(partial, "wb") as copy:
                    while chunk := stream.read(CHUNK):
                        digest.update(chunk)
                        copy.write(chunk)
                return self._filed(partial, digest.hexdigest(), name)
            finally:
                partial.unlink(missing_ok=True)

    def keep_import(self, stream: BinaryIO, name: str) -> Path:
        """Copy an uploaded file that is to be imported into the workspace, where it stays for a day at most."""
        folder = self.import_folder / uuid4().hex
        with self._explained():
            folder.mkdir(parents=True)
            with open(folder / file_name(name), "wb") as copy:
                shutil.copyfileobj(stream, copy, CHUNK)
        return folder / file_name(name)

    def discard_import(self, path: str) -> None:
        """Delete what `keep_import` copied; any other file is left alone."""
        folder = Path(path).parent
        if folder.parent == self.import_folder:
            with self._explained():
                shutil.rmtree(folder, ignore_errors=True)

    def kept_import(self, path: str, digest: str, name: str) -> str:
        """Where a clip of a labelled set lies from now on: one that was unpacked here moves to the uploaded clips."""
        if not Path(path).resolve().is_relative_to(self.import_folder.resolve()):
            return path
        with self._explained():
            self.upload_folder.mkdir(parents=True, exist_ok=True)
            return str(self._filed(Path(path), digest, name))

    def _filed(self, partial: Path, digest: str, name: str) -> Path:
        """Give a copied upload its place and note its name."""
        suffix = Path(cleaned_name(name)).suffix.lower()
        kept = sorted(self.upload_folder.glob(f"{digest}*"))
        path = kept[0] if kept else self.upload_folder / f"{digest}{suffix if SUFFIX.fullmatch(suffix) else ''}"
        if not kept:
            partial.replace(path)
        with self._changing() as catalogue:
            catalogue.execute("INSERT OR REPLACE INTO uploads VALUES (?, ?)", (digest, cleaned_name(name)))
        return path

    def discard_upload(self, path: str | Path) -> None:
        """Delete an uploaded copy that became no clip of the library; any other file is left alone."""
        digest = Path(path).stem
        if not self._is_upload(str(path)) or self._rows("SELECT 1 FROM videos WHERE digest = ?", digest):
            return
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM uploads WHERE digest = ?", (digest,))
        with self._explained():
            Path(path).unlink(missing_ok=True)


def cleaned_name(name: str) -> str:
    """A name that is safe to show and to file: no folders, no invisible or control characters, not overlong."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name).rstrip("/\\"))[-1]
    visible = "".join(" " if unicodedata.category(letter)[0] in "ZC" else letter for letter in last)
    whole = " ".join(visible.split()).strip(". ") or "clip"
    if len(whole) <= LONGEST_NAME:
        return whole
    suffix = Path(whole).suffix[:10]
    return whole[: LONGEST_NAME - len(suffix)] + suffix


def file_name(name: str) -> str:
    """A cleaned name as this system can file it: Windows keeps some letters and some whole names for itself."""
    cleaned = cleaned_name(name)
    if os.name != "nt":
        return cleaned
    allowed = cleaned.translate(FORBIDDEN)
    return f"_{allowed}" if DEVICE.fullmatch(allowed) else allowed
