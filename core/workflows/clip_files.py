"""The clips in folders: which files are there, and which of them are taken for clips."""

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from core.base import addresses
from core.base.errors import VideoUnreadable
from core.stages.formats.common.files import refused
from core.workflows.clips import SUFFIXES

MOST_FILES = 50_000
OF_THE_SYSTEM = {"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "@eadir"}


def clips_at(text: str) -> list[str]:
    """The file at a path or an address, whatever it is, or the video files in the folder there and below."""
    place = addresses.absolute(text) if addresses.is_address(text) else text
    files = _objects(place) if addresses.is_address(place) else _files(Path(place))
    if files is None:
        return [place]
    if not files:
        raise VideoUnreadable(
            f"The folder {place} contains no video files.",
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
    if addresses.is_address(text.strip()):
        raise VideoUnreadable("Only a folder on this machine can be watched.", "Enter the path of a folder.")
    if not path.is_dir():
        raise VideoUnreadable(f"There is no folder {path}.", "Check the spelling and enter the full path.")
    return path.absolute()


def _files(path: Path) -> list[str] | None:
    return [str(file) for file in videos_below(path)] if path.is_dir() else None


def _objects(address: str) -> list[str] | None:
    from core.stages import video

    below = video.objects_below(address)
    if below is None:
        return None
    shown = (key for key in below if not any(map(is_of_the_system, key.split("/")[3:])))
    files = list(islice((key for key in shown if Path(key).suffix.lower() in SUFFIXES), MOST_FILES + 1))
    if len(files) > MOST_FILES:
        raise refused(address, 0, f"at most {MOST_FILES} files", "more", "Give a folder inside it.")
    return files


def is_of_the_system(name: str) -> bool:
    """Whether a file or folder is one that an operating system keeps for itself."""
    return name.startswith(".") or name.lower() in OF_THE_SYSTEM


def clips_typed(text: str) -> list[str]:
    """The same for what a person types, in full: with quotes around it, or a ~ for the home folder."""
    typed = text.strip().strip("\"'")
    if not typed:
        raise VideoUnreadable("No path was given.", "Enter the path of a video file or of a folder with video files.")
    if addresses.is_address(typed):
        typed = addresses.absolute(typed)
    if not addresses.is_address(typed):
        path = Path(typed).expanduser()
        if not path.is_file() and not path.is_dir():
            raise VideoUnreadable(f"There is no file or folder {path}.", "Check the spelling and enter the full path.")
        typed = str(path)
    return [addresses.absolute(file) for file in clips_at(typed)]


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
