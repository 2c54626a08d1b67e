"""Files for their owner alone. Windows has no such bits: there the folder of each user is closed to the others."""

import os
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

OTHERS = 0o077  # the bits of a mode that let group and others in
FOLDER_MODE = 0o700


@contextmanager
def owner_only() -> Generator[None]:
    """Whatever this process makes inside the block is for its owner alone: folders 0700, files 0600."""
    before = os.umask(OTHERS)
    try:
        yield
    finally:
        os.umask(before)


def is_wide(path: Path) -> bool:
    """Whether the rights of `path` let others in; never so for a link, nor on Windows."""
    mode = path.lstat().st_mode
    return os.name != "nt" and not stat.S_ISLNK(mode) and bool(mode & OTHERS)


def is_shared_place(folder: Path) -> bool:
    """Whether others have business in `folder` by its nature: a temporary, a home or a root folder."""
    return bool(folder.stat().st_mode & stat.S_ISVTX) or folder in (Path.home(), Path(folder.anchor))


def narrow(path: Path) -> None:
    """Take the rights of others from a file, or from a folder and all in it; links and what refuses are left alone."""
    _narrow_one(path)
    for parent, folders, files in os.walk(path):
        for name in folders + files:
            _narrow_one(Path(parent, name))


def _narrow_one(path: Path) -> None:
    with suppress(OSError):  # gone meanwhile, of somebody else, or on a disk that cannot
        if is_wide(path):
            path.chmod(stat.S_IMODE(path.lstat().st_mode) & ~OTHERS)
