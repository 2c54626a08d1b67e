"""Folders that are watched: new files in them become items of a batch, once they are complete.

A file counts as complete when it has the same size and time at two looks, one after the other. One that cannot be
analysed is noted with its reason, as in any batch, and is tried again when it has changed. What was taken in is kept
with the batch, so that a server that is started again goes on where the last one was killed.
"""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from core.base.errors import AnalysisError
from core.domain import Recipe
from core.domain.jobs import Job
from core.workflows import batches, clip_files
from core.workflows.batches import Batch
from core.workspace.store import Store

LOOK_EVERY_S = 5.0
AGAIN_AFTER_S = 60.0  # a job that failed with clips left is begun again
FileMark: TypeAlias = tuple[int, int]  # size in bytes and time of change in nanoseconds, which tell whether it changed


class FolderWatch:
    """What is in a folder, from one look to the next. taken: the marks of files that were taken in already, by path."""

    def __init__(self, folder: str, taken: Mapping[str, FileMark] | None = None):
        self.folder = folder
        self.taken = dict(taken or {})
        self._before: dict[str, FileMark] = {}

    def complete(self) -> dict[str, FileMark]:
        """The video files that are new or have changed, and did not change since the last look; they are taken in now.

        AnalysisError where the folder cannot be read.
        """
        marks = self._marks()
        fresh = {
            path: mark
            for path, mark in marks.items()
            if self._before.get(path) == mark and self.taken.get(path) != mark
        }
        self._before = marks
        self.taken |= fresh
        return fresh

    def waiting(self) -> int:
        """How many files were there at the last look that may still be written to."""
        return sum(self.taken.get(path) != mark for path, mark in self._before.items())

    def _marks(self) -> dict[str, FileMark]:
        if not Path(self.folder).is_dir():
            raise AnalysisError(f"There is no folder {self.folder} now.", "It is looked for again in a moment.")
        marks = {}
        try:
            for path in clip_files.videos_below(Path(self.folder)):
                status = _status(path)
                if status is not None:
                    marks[str(path)] = (status.st_size, status.st_mtime_ns)
        except OSError as error:
            text = f"The folder {self.folder} cannot be read: {error.strerror or error}."
            raise AnalysisError(text, "It is looked at again in a moment.") from error
        return marks


def _status(path: Path) -> os.stat_result | None:
    """Size and time of a file; None where it is gone, or is nothing that could be read."""
    try:
        return path.stat()
    except OSError:
        return None


def begin(store: Store, folder: Path, model: str, recipe: Recipe | None = None) -> Batch:
    """Keep a batch of what is in a folder now and of what will be."""
    return batches.begin(store, (), model, recipe, folder=str(folder), since=time.time())


def set_watching(store: Store, batch: Batch, watching: bool) -> None:
    """Stop to watch the folder of a batch, or begin again."""
    since = time.time()
    store.change_batch(batch.name, lambda body: body.update(watching=watching, since=since))


@dataclass(frozen=True)
class FolderLook:
    """How the last look into a folder was. at: epoch seconds. latest: the path of the file that was taken in last.

    waiting: files that may still be written to. problem: why the folder could not be read, "" where it could.
    """

    at: float
    latest: str = ""
    waiting: int = 0
    problem: str = ""


class FolderWatcher:
    """Looks into the folders of all batches that watch one, and begins the job of a batch that has clips left.

    submit: begins the job of a batch. job: the record of a job by its key. engine: that clips are analysed by.
    """

    def __init__(self, store: Store, submit: Callable[[Batch], Any], job: Callable[[str], Job | None], engine: str):
        self._store, self._submit, self._job, self._engine = store, submit, job, engine
        self._watches: dict[str, FolderWatch] = {}
        self._settled: dict[str, str] = {}  # the versions of batches of which no clip was left
        self._begun: dict[str, set[str]] = {}  # what was left when a job was begun last
        self.looks: dict[str, FolderLook] = {}  # by the name of the batch

    def look(self) -> None:
        """Look into each folder once."""
        watched = {batch.name: batch for batch in batches.stored(self._store, watching=True)}
        for name in self._watches.keys() - watched.keys():
            del self._watches[name]
        for batch in watched.values():
            try:
                self._attend(batch)
            except AnalysisError as error:  # the other folders are looked into all the same
                self._note(batch, f"{error} {error.hint}")

    def _attend(self, batch: Batch) -> None:
        """Look into the folder of a batch, and begin its job where that is to be done."""
        job = self._job(batches.job_key(batch))
        if job is not None and job.state == "cancelled" and job.submitted >= batch.since:
            set_watching(self._store, batch, False)  # whoever stops the job stops all of it
            return
        batch = self._taken_in(batch)
        if not (job is not None and job.active) and self._is_left(batch, job):
            self._submit(batch)

    def _note(self, batch: Batch, problem: str) -> None:
        latest = self.looks.get(batch.name, FolderLook(0.0)).latest
        self.looks[batch.name] = FolderLook(time.time(), latest, 0, problem)

    def _taken_in(self, batch: Batch) -> Batch:
        """The batch with the files that are complete now."""
        if batch.name not in self._watches:
            marks = self._store.batches(watching=True).get(batch.name, {}).get("files", {})
            taken = {path: (size, changed) for path, (size, changed) in marks.items()}
            self._watches[batch.name] = FolderWatch(batch.folder, taken)
        watch = self._watches[batch.name]
        try:
            fresh = watch.complete()
        except AnalysisError as error:
            self._note(batch, f"{error} {error.hint}")
            return batch
        latest = next(reversed(fresh)) if fresh else self.looks.get(batch.name, FolderLook(0.0)).latest
        self.looks[batch.name] = FolderLook(time.time(), latest, watch.waiting())
        if not fresh:
            return batch

        def add(body: dict[str, Any]) -> None:
            body["items"] = list(dict.fromkeys([*body["items"], *fresh]))
            body["files"] = {**body.get("files", {}), **fresh}

        self._store.forget_tries_of(batch.name, fresh)
        self._store.change_batch(batch.name, add)
        return next((known for known in batches.stored(self._store) if known.name == batch.name), batch)

    def _is_left(self, batch: Batch, job: Job | None) -> bool:
        """Whether clips of a batch are to be analysed now; those that a job failed to reach have to wait."""
        version = batches.version(self._store, batch)
        if self._settled.get(batch.name) == version:
            return False
        items = batches.items_of(self._store, batch, self._engine)
        left = {item.item for item in items if not (item.done or item.error or item.gone)}
        if not left:
            self._settled[batch.name] = version
            return False
        failed = job is not None and job.state == "failed" and time.time() - job.finished < AGAIN_AFTER_S
        if failed and left <= self._begun.get(batch.name, set()):
            return False
        self._begun[batch.name] = left
        return True
