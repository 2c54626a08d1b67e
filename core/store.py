"""The workspace: a catalogue in SQLite, results on disk by key, and the clips' own small files.

workspace/
+-- catalogue.sqlite         videos, results, jobs, recipes, uploads, label numbers, labelled sets, splits, drawn labels
+-- results/<key>/           value.json and its arrays, or a file; made aside as *.partial and renamed when whole
+-- videos/<digest>/         thumbnail, and proxy for the browser
+-- clips/<digest>.<suffix>  uploaded clips; files that were added by their path stay where they are
+-- imports/                 zips and tables of labelled sets, until they are taken in
+-- engine/                  networks converted for this machine
+-- worker.log               what the worker processes print

A Store is its path: it travels to other processes as that and may be used from any thread. Several processes may work
on one workspace. Nothing outside the workspace is ever written or deleted.
"""

import errno
import json
import os
import re
import shutil
import sqlite3
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

import numpy as np

from core.codec import from_json, to_json
from core.domain import Dataset, Recipe, Split, VideoInfo
from core.errors import AnalysisError, FormatInvalid, ResultMissing
from core.jobs import Job
from core.keys import fingerprint

T = TypeVar("T")

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
SCHEMAS = (SCHEMA, SETS, LABELLING)  # each adds to those before it; a catalogue's version is how many it has
HEX = re.compile(r"[0-9a-f]{1,128}", re.ASCII)
SUFFIX = re.compile(r"\.[a-z0-9]{1,8}", re.ASCII)
JOB_FIELDS = {field.name for field in fields(Job)}
CHUNK = 2**20  # bytes
MAPPED_FROM = 2**18  # bytes: smaller arrays are read whole, so that they hold no file open
BUSY_S = 15.0
STALE_S = 86400.0
EXPORTS_KEPT_S = 7 * 86400.0
RESULT_FILE = "file"
JOBS_KEPT_S = 30 * 86400.0
LONGEST_NAME = 120  # characters
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)
PARSING = (
    threading.Lock()
)  # headers of arrays are parsed by ast.literal_eval: not in two threads at once in Python 3.11


@dataclass(frozen=True, eq=False)
class VideoEntry:
    """A clip of the library. name: for people; added: epoch seconds; uploaded: the workspace holds the clip itself."""

    info: VideoInfo
    name: str
    added: float
    uploaded: bool


@dataclass(frozen=True)
class DatasetEntry:
    """A labelled set of the workspace. key: the name of its content; body: where it is kept; added: epoch seconds."""

    name: str
    key: str
    body: str
    clips: int
    labels: int
    added: float


class Store:
    """The workspace at one path; folders are made when first written to."""

    def __init__(self, workspace: Path | str):
        self.workspace = Path(workspace)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._entries: dict[str, tuple[float, VideoEntry]] = {}  # by digest, with the moment they were saved

    def __reduce__(self):
        return Store, (self.workspace,)

    def __del__(self):
        with suppress(Exception):  # nobody is left to tell
            self.close()

    def __repr__(self):
        return f"Store({str(self.workspace)!r})"

    def close(self) -> None:
        """Let go of the catalogue; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    # Places

    @property
    def catalogue(self) -> Path:
        """The SQLite file."""
        return self.workspace / "catalogue.sqlite"

    @property
    def upload_folder(self) -> Path:
        """Where uploaded clips lie."""
        return self.workspace / "clips"

    @property
    def import_folder(self) -> Path:
        """Where uploaded zips and tables of labelled sets lie until they are taken in."""
        return self.workspace / "imports"

    @property
    def engine_cache(self) -> Path:
        """Where converted networks lie."""
        return self.workspace / "engine"

    @property
    def worker_log(self) -> Path:
        """The file that holds what the worker processes print."""
        return self.workspace / "worker.log"

    def thumbnail_path(self, digest: str) -> Path:
        """Where the picture of a clip lies, or will: its folder is there."""
        return self._video_folder(digest) / "thumbnail.jpg"

    def proxy_path(self, digest: str) -> Path:
        """Where the copy of a clip for the browser lies, or will: its folder is there."""
        return self._video_folder(digest) / "proxy.mp4"

    def _video_folder(self, digest: str) -> Path:
        folder = self.workspace / "videos" / _hex(digest)
        with self._explained():
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _result_folder(self, key: str) -> Path:
        return self.workspace / "results" / _hex(key)

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
            catalogue.execute(
                "INSERT INTO videos (digest, info, arrays, name, added, saved, uploaded) VALUES (?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (digest) DO UPDATE SET info = excluded.info, arrays = excluded.arrays, "
                "name = excluded.name, saved = excluded.saved, uploaded = excluded.uploaded",
                (_hex(info.digest), text, _packed(arrays), shown, now, now, uploaded),
            )

    def video(self, digest: str) -> VideoInfo:
        """What was measured of a clip; ResultMissing if it is not in the library."""
        return self.entry(digest).info

    def entry(self, digest: str) -> VideoEntry:
        """A clip of the library; ResultMissing if it is not there."""
        found = self._entries_where("digest = ?", digest)
        if not found:
            raise ResultMissing(f"There is no clip {digest[:12]!r} in the library.", "Choose another, or add it again.")
        return found[0]

    def videos(self) -> list[VideoEntry]:
        """All clips, the latest first."""
        return self._entries_where("TRUE")

    def digests(self) -> list[str]:
        """The digests of all clips, in no order; quick however many there are."""
        return [digest for (digest,) in self._rows("SELECT digest FROM videos")]

    def paths(self, digests: Iterable[str]) -> dict[str, str]:
        """Where these clips lie, by digest, without reading all that is known of them; those that are gone are not."""
        query = "SELECT json_extract(info, '$.path') FROM videos WHERE digest = ?"
        found = {digest: self._rows(query, digest) for digest in dict.fromkeys(digests)}
        return {digest: rows[0][0] for digest, rows in found.items() if rows}

    def find_video(self, prefix: str) -> VideoInfo:
        """The one clip whose digest begins so; ResultMissing if there is none, or more than one."""
        found = self._entries_where("substr(digest, 1, ?) = ?", len(prefix), prefix.lower()) if prefix else []
        if len(found) != 1:
            many = f"{len(found)} clips begin" if found else "No clip begins"
            raise ResultMissing(f"{many} with {prefix[:70]!r}.", "Give all 64 digits of the clip, or add it first.")
        return found[0].info

    def delete_video(self, digest: str) -> None:
        """Forget a clip and all that was made from it; a clip that was not uploaded stays where it is."""
        entry = self.entry(digest)
        with self._changing() as catalogue:
            keys = [key for (key,) in catalogue.execute("SELECT key FROM results WHERE video = ?", (digest,))]
            catalogue.executemany("DELETE FROM jobs WHERE key = ?", [(key,) for key in keys])
            catalogue.execute("DELETE FROM jobs WHERE instr(key, ?)", (digest,))
            for table, column in (("results", "video"), ("videos", "digest"), ("uploads", "digest")):
                catalogue.execute(f"DELETE FROM {table} WHERE {column} = ?", (digest,))
        with self._explained():
            for folder in [self._result_folder(key) for key in keys] + [self._video_folder(digest)]:
                _remove(folder)
            if self._is_upload(entry.info.path):
                Path(entry.info.path).unlink(missing_ok=True)
        self._entries.pop(digest, None)

    def _is_upload(self, path: str) -> bool:
        return Path(path).resolve().is_relative_to(self.upload_folder.resolve())

    def _entries_where(self, condition: str, *values: Any) -> list[VideoEntry]:
        """The clips that meet a condition; each is read from the catalogue once after it was saved."""
        found = self._rows(f"SELECT digest, saved FROM videos WHERE {condition} ORDER BY added DESC, digest", *values)
        entries = []
        for digest, saved in found:
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
        info = from_json(text, VideoInfo, source=self.catalogue.name, arrays=_unpacked(raw))
        return VideoEntry(info, name, added, bool(uploaded))

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
        """Copy an uploaded zip or table of a labelled set into the workspace, where it stays for a day at most."""
        folder = self.import_folder / uuid4().hex
        with self._explained():
            folder.mkdir(parents=True)
            with open(folder / cleaned_name(name), "wb") as copy:
                shutil.copyfileobj(stream, copy, CHUNK)
        return folder / cleaned_name(name)

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

    # Results

    def has(self, key: str) -> bool:
        """Whether there is a result under `key`."""
        return bool(HEX.fullmatch(key)) and (self._result_folder(key) / "value.json").is_file()

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
        return self._result_folder(key) / RESULT_FILE

    @contextmanager
    def _filing(self, key: str, kind: str, video: str) -> Iterator[Path]:
        """A folder to be filled, which becomes the result under `key` if the block ends well."""
        folder = self._result_folder(key)
        partial = folder.with_name(f"{key}-{uuid4().hex}.partial")
        with self._explained():
            try:
                partial.mkdir(parents=True)
                yield partial
                with self._changing() as catalogue:
                    row = (key, kind, video, time.time())
                    catalogue.execute("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", row)
                _swap_in(partial, folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)

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
            raise ResultMissing(f"The result {key[:12]!r} was damaged: {error}", "Make it again.") from error
        raise ResultMissing(f"There is no result {key[:12]!r}.", "Make it again.")

    def _value(self, key: str, expected: type[T]) -> tuple[Any, Exception | None]:
        """What lies under `key`, or why it cannot be read."""
        folder = self._result_folder(key)
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
                told = (self._result_folder(key) / "value.json").stat()
                return told.st_ino, told.st_mtime_ns
            if not self._rows("SELECT 1 FROM results WHERE key = ?", key):
                break
        return None

    def delete(self, key: str) -> None:
        """Delete the result under `key`, if there is one."""
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM results WHERE key = ?", (_hex(key),))
        with self._explained():
            _remove(self._result_folder(key))

    # Jobs

    def save_job(self, job: Job) -> None:
        """Remember how a job goes."""
        with self._changing() as catalogue:
            row = (job.key, job.submitted, json.dumps(asdict(job)))
            catalogue.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", row)

    def load_job(self, key: str) -> Job | None:
        """What is remembered of the job of that key."""
        rows = self._rows("SELECT body FROM jobs WHERE key = ?", key)
        return _job(rows[0][0]) if rows else None

    def jobs(self) -> list[Job]:
        """All jobs that are remembered, the latest first."""
        return [_job(body) for (body,) in self._rows("SELECT body FROM jobs ORDER BY submitted DESC, key")]

    # Recipes and labels

    def save_recipe(self, name: str, recipe: Recipe) -> None:
        """Keep a recipe under a name, in place of one that had it."""
        if not name.strip():
            raise AnalysisError("A recipe needs a name to be saved under.", "Type a name first.")
        with self._changing() as catalogue:
            catalogue.execute("INSERT OR REPLACE INTO recipes VALUES (?, ?)", (cleaned_name(name), to_json(recipe)))

    def recipes(self) -> dict[str, Recipe]:
        """The saved recipes by name, by the alphabet; those with steps that no longer exist are left out."""
        found = {}
        for name, body in self._rows("SELECT name, body FROM recipes ORDER BY lower(name)"):
            with suppress(FormatInvalid):
                found[name] = from_json(body, Recipe, source=f"recipe {name!r}")
        return found

    def delete_recipe(self, name: str) -> None:
        """Forget a saved recipe."""
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM recipes WHERE name = ?", (name,))

    def label_slots(self, labels: Iterable[str]) -> dict[str, int]:
        """The number of each label, from 0, first come first numbered: it never changes, and colours hang on it."""
        wanted = list(dict.fromkeys(labels))
        known: dict[str, int] = dict(self._rows("SELECT label, slot FROM labels"))
        if any(label not in known for label in wanted):
            with self._changing() as catalogue:
                known = dict(catalogue.execute("SELECT label, slot FROM labels"))
                fresh = [label for label in wanted if label not in known]
                added = [(label, len(known) + place) for place, label in enumerate(fresh)]
                catalogue.executemany("INSERT INTO labels VALUES (?, ?)", added)
                known |= dict(added)
        return {label: known[label] for label in wanted}

    def label_slot(self, label: str) -> int:
        """The number of one label."""
        return self.label_slots([label])[label]

    # Labelled sets

    def save_dataset(self, dataset: Dataset, key: str) -> None:
        """Keep a labelled set under its name, in place of one that had it. key: the name of its content."""
        body = fingerprint("set", 1, dataset)
        self.write(body, dataset, kind="dataset")
        before = self._rows("SELECT body FROM datasets WHERE name = ?", dataset.name)
        with self._changing() as catalogue:
            row = (dataset.name, _hex(key), body, len(dataset.items), len(dataset.labels), time.time())
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
            raise ResultMissing(f"There is no labelled set {name!r}.", "Choose another, or import it again.")
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
            row = (_hex(key), split.dataset, time.time())
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

    # Drawn labels: each track is a journal of edits to which only ever something is added

    def tracks(self, video: str) -> list[str]:
        """The tracks of labels that were drawn in a clip, the oldest first. They outlive the clip's place here."""
        rows = self._rows("SELECT id FROM tracks WHERE video = ? AND NOT dropped ORDER BY made, id", video)
        return [track for (track,) in rows]

    def labelled_videos(self) -> list[str]:
        """The clips in which labels were drawn, the latest first."""
        asked = "SELECT video FROM tracks WHERE NOT dropped GROUP BY video ORDER BY max(made) DESC, video"
        return [video for (video,) in self._rows(asked)]

    def video_of_track(self, track: str) -> str:
        """The clip of a track; ResultMissing if there is no such track."""
        rows = self._rows("SELECT video FROM tracks WHERE id = ?", track)
        if not rows:
            raise ResultMissing(f"There is no track {track[:12]!r}.", "Choose another.")
        return rows[0][0]

    def begin_track(self, track: str, video: str, body: str) -> None:
        """File a new track, whose first state is `body`."""
        with self._changing(durably=True) as catalogue:
            now = time.time()
            catalogue.execute("INSERT INTO tracks VALUES (?, ?, ?, 0)", (_hex(track), _hex(video), now))
            catalogue.execute("INSERT INTO edits VALUES (?, 0, 'begin', 0, ?, ?)", (track, body, now))

    def drop_track(self, track: str, dropped: bool = True) -> None:
        """Show a track no more, or again; nothing of it is deleted."""
        with self._changing(durably=True) as catalogue:
            catalogue.execute("UPDATE tracks SET dropped = ? WHERE id = ?", (dropped, track))

    def add_edit(self, track: str, number: int, kind: str, target: int, body: str) -> bool:
        """Add an edit to a journal; on the disk before this returns. False where that number is taken already."""
        with self._changing(durably=True) as catalogue:
            row = (track, number, kind, target, body, time.time())
            told = catalogue.execute("INSERT OR IGNORE INTO edits VALUES (?, ?, ?, ?, ?, ?)", row)
            return told.rowcount == 1

    def edits(self, track: str, first: int = 0) -> list[tuple[int, str, int, str, float]]:
        """A journal from a number on: number, kind, target, body and moment of each edit."""
        asked = "SELECT number, kind, target, body, made FROM edits WHERE track = ? AND number >= ? ORDER BY number"
        return self._rows(asked, track, first)

    def edit_outline(self, track: str, before: int) -> list[tuple[int, str]]:
        """A journal up to a number: number and kind of each edit."""
        asked = "SELECT number, kind FROM edits WHERE track = ? AND number < ? ORDER BY number"
        return self._rows(asked, track, before)

    def edit_body(self, track: str, number: int) -> str:
        """What is written of an edit."""
        return self._rows("SELECT body FROM edits WHERE track = ? AND number = ?", track, number)[0][0]

    def keep_track_state(self, track: str, number: int, body: str) -> None:
        """Keep what a track is after an edit, so that its journal need not be read from its beginning."""
        with self._changing() as catalogue:
            catalogue.execute("INSERT OR REPLACE INTO track_states VALUES (?, ?, ?)", (track, number, body))

    def track_state(self, track: str) -> tuple[int, str] | None:
        """The latest state that was kept, and after which edit it was."""
        rows = self._rows("SELECT number, body FROM track_states WHERE track = ?", track)
        return rows[0] if rows else None

    def made(self, kind: str) -> list[tuple[str, str]]:
        """The key and the clip of each result of a kind that was made of a clip of the library."""
        query = "SELECT key, video FROM results WHERE kind = ? AND video IN (SELECT digest FROM videos)"
        return [(key, video) for key, video in self._rows(query, kind)]

    def keys(self, kind: str) -> list[str]:
        """The keys of all results of a kind, the latest first."""
        rows = self._rows("SELECT key FROM results WHERE kind = ? ORDER BY written DESC, key", kind)
        return [key for (key,) in rows]

    # The whole

    def usage_bytes(self) -> int:
        """The space that the workspace takes."""
        total = 0
        for folder, _, names in os.walk(self.workspace):
            for name in names:
                with suppress(OSError):  # deleted in between
                    total += (Path(folder) / name).lstat().st_size
        return total

    def tidy(self) -> None:
        """Remove what dead processes left behind more than a day ago, and files to download that are older than a week.

        Done when the catalogue is opened.
        """
        before, kept_since = time.time() - STALE_S, time.time() - EXPORTS_KEPT_S
        waiting = self.keys("import")  # sets that wait for the user's word need what was measured of their clips
        for pattern in ("results/*.partial", "clips/*.partial", "videos/*/*.partial", "engine/*.partial", "imports/*"):
            for path in self.workspace.glob(pattern):
                with suppress(OSError):
                    if path.stat().st_mtime < before and not any(key in path.name for key in waiting):
                        _remove(path)
        orphan = "video != '' AND written < ? AND video NOT IN (SELECT digest FROM videos)"
        for key, video in self._rows(f"SELECT key, video FROM results WHERE {orphan}", before):
            if not waiting:
                self.delete(key)
                _remove(self.workspace / "videos" / video)
        for (key,) in self._rows("SELECT key FROM results WHERE kind = 'export' AND written < ?", kept_since):
            self.delete(key)
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM jobs WHERE submitted < ?", (time.time() - JOBS_KEPT_S,))

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
            self.workspace.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.catalogue, BUSY_S, isolation_level=None, check_same_thread=False)
            try:
                _lay_out(connection, self.catalogue)
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
            raise AnalysisError(*self._of_sqlite(error)) from error
        except OSError as error:
            raise AnalysisError(*self._of_disk(error)) from error

    def _of_sqlite(self, error: sqlite3.Error) -> tuple[str, str]:
        """Message and hint for an error of the catalogue."""
        said = str(error)
        if "full" in said:
            return self._full(said)
        if "locked" in said:
            return f"Another program keeps {self.catalogue} busy.", "Close the other program, or try again in a moment."
        if "readonly" in said or "unable to open" in said:
            return self._refused(said)
        if isinstance(error, sqlite3.OperationalError | sqlite3.ProgrammingError):
            return f"The catalogue {self.catalogue} cannot be used: {said}", "Start the program again."
        hint = "Move this file away and start again: the clips stay on disk, and results are made again when needed."
        return f"The catalogue {self.catalogue} is damaged: {said}", hint

    def _of_disk(self, error: OSError) -> tuple[str, str]:
        """Message and hint for an error of the file system."""
        said = f"{error.strerror or error}"
        if error.errno in FULL:
            return self._full(said)
        return self._refused(said) if error.errno in REFUSED else (f"{self.workspace}: {error}", "Check that disk.")

    def _full(self, said: str) -> tuple[str, str]:
        free = "unknown space"
        with suppress(OSError):
            free = f"{shutil.disk_usage(self.workspace).free / 2**20:.0f} MB"
        hint = "Delete clips that are no longer needed, or set KINETOSCOPE_WORKSPACE to a folder on a larger disk."
        return f"There is no room left in {self.workspace} ({free} free): {said}", hint

    def _refused(self, said: str) -> tuple[str, str]:
        hint = "Give this user the right to write there, or set KINETOSCOPE_WORKSPACE to another folder."
        return f"The folder {self.workspace} cannot be written to: {said}", hint


def cleaned_name(name: str) -> str:
    """A name that is safe to show and to file: no folders, no invisible or control characters, not overlong."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name).rstrip("/\\"))[-1]
    visible = "".join(" " if unicodedata.category(letter)[0] in "ZC" else letter for letter in last)
    whole = " ".join(visible.split()).strip(". ") or "clip"
    if len(whole) <= LONGEST_NAME:
        return whole
    suffix = Path(whole).suffix[:10]
    return whole[: LONGEST_NAME - len(suffix)] + suffix


def _hex(name: str) -> str:
    """`name`, which must be hex digits: it becomes part of a path."""
    if not HEX.fullmatch(name):
        raise ValueError(f"Keys and digests are hex digits, got {name[:60]!r}")
    return name


def _job(body: str) -> Job:
    """A job as it was remembered, by this program or an older one."""
    return Job(**{name: value for name, value in json.loads(body).items() if name in JOB_FIELDS})


def _loaded(path: Path) -> np.ndarray:
    """An array, read-only."""
    with PARSING:
        if path.stat().st_size >= MAPPED_FROM:
            return np.load(path, mmap_mode="r", allow_pickle=False)
        array = np.load(path, allow_pickle=False)
    array.setflags(write=False)
    return array


def _packed(arrays: dict[str, np.ndarray]) -> bytes:
    """Small arrays as the bytes of an .npz file."""
    packed = BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    return packed.getvalue()


def _unpacked(raw: bytes) -> dict[str, np.ndarray]:
    """The arrays in the bytes of an .npz file, read-only."""
    with PARSING, np.load(BytesIO(raw), allow_pickle=False) as packed:
        arrays = dict(packed)
    for array in arrays.values():
        array.setflags(write=False)
    return arrays


def _remove(path: Path) -> None:
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


def _lay_out(connection: sqlite3.Connection, path: Path) -> None:
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
