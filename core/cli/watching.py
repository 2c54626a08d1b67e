"""`analyze FOLDER --watch`: what comes into a folder is analysed until the command is interrupted."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from core.base.errors import AnalysisError
from core.cli import console
from core.workflows import clip_files
from core.workflows.watched_folders import LOOK_EVERY_S, FolderWatch


def watch(text: str, take: Callable[[Sequence[str]], None]) -> None:
    """Hand the complete files of a folder to `take`, now and as they come; ends with KeyboardInterrupt alone."""
    watching, problem = FolderWatch(str(clip_files.folder_typed(text))), ""
    print(f"watching {watching.folder}: press Ctrl+C to stop", file=sys.stderr)
    while True:
        fresh, before = {}, problem
        try:
            fresh, problem = watching.complete(), ""
        except AnalysisError as error:
            problem = str(error)
            if problem != before:
                console.complain(error)
        if fresh:
            print(f"{', '.join(Path(path).name for path in fresh)}: taken in", file=sys.stderr)
            take(list(fresh))
        time.sleep(LOOK_EVERY_S)
