"""Pieces of a result in the making: what a run that broke off leaves for the next, each whole or not at all.

They lie in a folder of their own among the results, are listed there as kind "pieces", and go with the clip, when the
result is there, or a week after they were last used.
"""

import os
import zipfile
from contextlib import suppress
from pathlib import Path

import numpy as np

from core.workspace.store.results import packed, unpacked
from core.workspace.store.videos import VideoRecords

KIND = "pieces"
DAMAGED = (zipfile.BadZipFile, ValueError, EOFError, KeyError, OSError)


class ResultPieces:
    """The pieces under `key` of a result that is made of the clip `video`: arrays by stage and number."""

    def __init__(self, store: VideoRecords, key: str, video: str):
        self._store, self._key, self._video = store, key, video
        self._begun = False  # with the first piece that is written
        self._kept = True  # until the disk refuses one: pieces save time, and no result hangs on them

    def read(self, stage: int, number: int) -> np.ndarray | None:
        """A piece; None if it is not there, or damaged: it is deleted then."""
        path = self._path(stage, number)
        try:
            return unpacked(path.read_bytes())["rows"]
        except DAMAGED:
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return None

    def exist(self) -> bool:
        """Whether a run left any."""
        return any(self._store.result_folder(self._key).glob("*.npz"))

    def write(self, stage: int, number: int, rows: np.ndarray) -> None:
        """Keep a piece. ResultMissing if its clip was deleted."""
        if not self._kept:
            return
        if not self._begun:
            self._store.begin(self._key, kind=KIND, video=self._video)
            self._begun = True
        path = self._path(stage, number)
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        try:
            partial.write_bytes(packed({"rows": rows}))
            partial.replace(path)
        except OSError:
            self._kept = False
            self.forget()
            self._store.video(self._video)

    def drop(self, stage: int, before: int) -> None:
        """Delete the pieces of a stage whose number is lower."""
        for path in self._store.result_folder(self._key).glob(f"{stage}-*.npz"):
            if int(path.stem.partition("-")[2]) < before:
                with suppress(OSError):
                    path.unlink(missing_ok=True)

    def forget(self) -> None:
        """Delete all pieces."""
        self._store.delete(self._key)

    def _path(self, stage: int, number: int) -> Path:
        return self._store.result_folder(self._key) / f"{stage}-{number}.npz"
