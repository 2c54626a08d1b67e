"""Folders that are watched for new clips, for as long as the server runs."""

import sys
from functools import cache
from pathlib import Path

from core.base.errors import AnalysisError
from core.base.settings import Settings
from core.workflows import batches
from core.workflows.watched_folders import FolderLook, FolderWatcher
from pages.ui.state.session import runner, settings, store

_problems: set[str] = set()  # each of which is told once in the terminal


def look_into_folders() -> None:
    """Look once into each folder that is watched, and begin what is to be done."""
    try:
        _watcher(settings()).look()
    except AnalysisError as error:
        if str(error) not in _problems:
            _problems.add(str(error))
            print(f"Watched folders: {error} {error.hint}", file=sys.stderr, flush=True)


def folder_look(batch: batches.Batch) -> FolderLook:
    """How the last look into the folder of a batch was."""
    return _watcher(settings()).looks.get(batch.name, FolderLook(0.0))


@cache
def _watcher(chosen: Settings) -> FolderWatcher:
    def submit(batch: batches.Batch) -> None:
        title = f"Analyse new clips of {Path(batch.folder).name}"
        runner().submit(batches.job_key(batch), title, batches.run, store(), batch, chosen.engine, page="batch")

    return FolderWatcher(store(), submit, lambda key: runner().job(key), chosen.engine)
