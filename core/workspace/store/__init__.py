"""The workspace: a catalogue in SQLite, results on disk by key, and the clips' own small files.

workspace/
+-- catalogue.sqlite         videos, names, results, jobs, recipes, uploads, labels, datasets, splits, drawn labels,
|                        metadata and tags of clips, batches, clips that are about to be deleted, versions of datasets
+-- backups/                 copies of the catalogue, of the last seven days on which it was in use
+-- results/<key>/           value.json and its arrays, or a file; made aside as *.partial and renamed when whole
+-- videos/<digest>/         thumbnail, and proxy for the browser
+-- clips/<digest>.<suffix>  uploaded clips; files that were added by their path stay where they are
+-- imports/                 zips and tables of labelled sets, until they are taken in
+-- engine/                  networks converted for this machine
+-- worker.log               what the worker processes print

A Store is its path: it travels to other processes as that and may be used from any thread. Several processes may work
on one workspace. Nothing outside the workspace is ever written or deleted.
"""

import json
import time
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path

from core.domain.jobs import Job
from core.workspace.store.annotations import Journals
from core.workspace.store.backups import Backups
from core.workspace.store.batches import BatchRecords, BatchTry
from core.workspace.store.clip_rows import ClipRow, ClipRows
from core.workspace.store.datasets import DatasetEntry, LabelledSets
from core.workspace.store.metadata import ClipNotes
from core.workspace.store.pieces import ResultPieces
from core.workspace.store.preferences import Preferences
from core.workspace.store.recipes import Recipes
from core.workspace.store.results import DELETED, remove
from core.workspace.store.scheme import LabelSchemes
from core.workspace.store.videos import VideoEntry, VideoRecords, cleaned_name

__all__ = ["BatchTry", "ClipRow", "DatasetEntry", "ResultPieces", "Store", "VideoEntry", "cleaned_name"]

JOB_FIELDS = {field.name for field in fields(Job)}
UNFINISHED = ("results/*.partial", "clips/*.partial", "videos/*/*.partial", "engine/*.partial", "backups/*.partial")
STALE_S = 86400.0
UNUSED_KEPT_S = 7 * 86400.0
JOBS_KEPT_S = 30 * 86400.0


class Store(
    VideoRecords, ClipRows, LabelledSets, Journals, Recipes, LabelSchemes, Preferences, ClipNotes, BatchRecords, Backups
):
    """The workspace at one path."""

    @property
    def engine_cache(self) -> Path:
        """Where converted networks lie."""
        return self.workspace / "engine"

    @property
    def worker_log(self) -> Path:
        """The file that holds what the worker processes print."""
        return self.workspace / "worker.log"

    # Jobs

    def save_job(self, job: Job) -> None:
        """Remember how a job goes."""
        with self._changing() as catalogue:
            row = (job.key, job.submitted, json.dumps(asdict(job)))
            catalogue.execute("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", row)

    def delete_job(self, key: str) -> None:
        """Forget a job."""
        with self._changing() as catalogue:
            catalogue.execute("DELETE FROM jobs WHERE key = ?", (key,))

    def load_job(self, key: str) -> Job | None:
        """What is remembered of the job of that key."""
        rows = self._rows("SELECT body FROM jobs WHERE key = ?", key)
        return _job(rows[0][0]) if rows else None

    def jobs(self) -> list[Job]:
        """All jobs that are remembered, the latest first."""
        return [_job(body) for (body,) in self._rows("SELECT body FROM jobs ORDER BY submitted DESC, key")]

    def recent_jobs(self, since: float) -> list[Job]:
        """The jobs that have not ended, as far as is remembered, and those that ended since then."""
        under_way = "json_extract(body, '$.state') IN ('queued', 'running')"
        rows = self._rows(f"SELECT body FROM jobs WHERE {under_way} OR json_extract(body, '$.finished') >= ?", since)
        return [_job(body) for (body,) in rows]

    # The whole

    def tidy(self) -> None:
        """Remove what dead processes left behind more than a day ago, and files to download and pieces of results
        that are older than a week.

        Done when the catalogue is opened.
        """
        before, kept_since = time.time() - STALE_S, time.time() - UNUSED_KEPT_S
        waiting = self.keys("import")  # sets that wait for the user's word need what was measured of their clips
        for pattern in (*UNFINISHED, "imports/*"):
            for path in self.workspace.glob(pattern):
                with suppress(OSError):
                    if path.stat().st_mtime < before and not any(key in path.name for key in waiting):
                        remove(path)
        orphan = "video != '' AND written < ? AND video NOT IN (SELECT digest FROM videos)"
        for key, video in self._rows(f"SELECT key, video FROM results WHERE {orphan}", before):
            if not waiting:
                self.delete(key)
                remove(self.workspace / "videos" / video)
        old = "kind IN ('export', 'pieces') AND written < ?"
        for (key,) in self._rows(f"SELECT key FROM results WHERE {old}", kept_since):
            self.delete(key)
        with self._changing() as catalogue:
            month_ago = time.time() - JOBS_KEPT_S
            catalogue.execute("DELETE FROM jobs WHERE submitted < ?", (month_ago,))
            catalogue.execute("DELETE FROM results WHERE kind = ? AND written < ?", (DELETED, month_ago))


def _job(body: str) -> Job:
    """A job as it was remembered, by this program or an older one."""
    return Job(**{name: value for name, value in json.loads(body).items() if name in JOB_FIELDS})
