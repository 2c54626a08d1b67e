"""The clips in folders: which files are there, and which of them are taken for clips."""

import os
from collections.abc import Iterator
from pathlib import Path

from core.base.errors import VideoUnreadable
from core.stages.formats.common.files import refused
from core.workflows.clips import SUFFIXES

MOST_FILES = 50_000
OF_THE_SYSTEM = {"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "@eadir"}


def clips_at(path: Path) -> list[Path]:
    """The file at a path, whatever it is, or the video files in the folder there and below."""
    if not path.is_dir():
        return [path]
    files = videos_below(path)
    if not files:
        raise VideoUnreadable(
            f"The folder {path} contains no video files.",
            f"Video files are those that end in {', '.join(SUFFIXES)}. Name other files one by one.",
        )
    return files


def videos_below(folder: Path) -> list[Path]:
    """The video files in a folder and those below it, by the alphabet."""
    return [file for file in files_below(folder) if file.suffix.lower() in SUFFIXES]


def folder_typed(text: str) -> Path:
    """The folder of a path as a person types it; it may be empty."""
    path = Path(text.strip().strip("\"'")).expanduser()
    if not text.strip():
        raise VideoUnreadable("No path was given.", "Enter the path of a folder.")
    if not path.is_dir():
        raise VideoUnreadable(f"There is no folder {path}.", "Check the spelling and enter the full path.")
    return path.absolute()


def is_of_the_system(name: str) -> bool:
    """Whether a file or folder is one that an operating system keeps for itself."""
    return name.startswith(".") or name.lower() in OF_THE_SYSTEM


def clips_typed(text: str) -> list[Path]:
    """The same for a path as a person types it, with quotes around it or a ~ for the home folder."""
    path = Path(text.strip().strip("\"'")).expanduser()
    if not text.strip():
        raise VideoUnreadable("No path was given.", "Enter the path of a video file or of a folder with video files.")
    if not path.is_file() and not path.is_dir():
        raise VideoUnreadable(f"There is no file or folder {path}.", "Check the spelling and enter the full path.")
    return clips_at(path)


def files_below(folder: Path) -> Iterator[Path]:
    """All files of a folder and those below it, by the alphabet; links are followed, each folder once."""
    count, seen = 0, {_identity(folder)}
    for text, folders, names in os.walk(folder, followlinks=True):
        fresh = []
        for name in sorted(name for name in folders if not is_of_the_system(name)):
            if (identity := _identity(Path(text, name))) not in seen:
                seen.add(identity)
                fresh.append(name)
        folders[:] = fresh
        for name in sorted(name for name in names if not is_of_the_system(name)):
            count += 1
            if count > MOST_FILES:
                hint = "Each clip must be one video file; folders of pictures are not supported."
                raise refused(str(folder), 0, f"at most {MOST_FILES} files", "more", hint)
            yield Path(text, name)


def _identity(folder: Path) -> tuple[int, int]:
    """What a folder is, by whatever path or link it is reached."""
    status = folder.stat()
    return status.st_dev, status.st_ino
