"""The bytes of a clip: of a file on this machine, or of an object in S3, read by ranges and never copied whole."""

import errno
import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from core.base import addresses, object_store
from core.base.errors import VideoUnreadable

BLOCK_BYTES = 2 * 2**20  # of a range that is asked for
BLOCKS = 16  # that are kept of an open object; the next is fetched ahead


class Status:
    """How large a source is and what tells one state of it from another."""

    def __init__(self, size_bytes: int, modified_ns: int):
        self.size_bytes, self.modified_ns = size_bytes, modified_ns


def status_of(path: str) -> Status:
    """The status of a regular file or an object; VideoUnreadable with the reason where there is none."""
    if addresses.is_address(path):
        return _status_of_object(path)
    return _status_of_file(path)


def open_plain(path: str) -> BinaryIO:
    """The file or object, open for reading, or VideoUnreadable. Never waits on a pipe or a device."""
    if addresses.is_address(path):
        return RemoteFile(path)  # pyright: ignore[reportReturnType]  a raw file with all that is used of a BinaryIO
    name = Path(path).name
    try:
        return open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)), "rb")
    except PermissionError:
        raise _forbidden(name) from None
    except (OSError, ValueError) as error:
        raise VideoUnreadable(f"{name} cannot be opened: {reason(error)}.", "Check that the disk is there.") from None


class RemoteFile(io.RawIOBase):
    """An object, read by ranges. After a range that could not be read, no other is: the end is never taken for it."""

    def __init__(self, address: str):
        self._name = Path(address).name
        self._broken: OSError | None = None
        system = object_store.file_system(address)
        with object_store.explained(address, "reading", VideoUnreadable):
            cache = {"maxblocks": BLOCKS}
            options = {"block_size": BLOCK_BYTES, "cache_type": "background", "cache_options": cache}
            self._file: Any = system.open(address, "rb", **options)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        """So many bytes, fewer at the end alone; OSError where they cannot be read."""
        if self._broken:
            raise self._broken
        try:
            return self._file.read(size)
        except Exception as error:  # of s3fs, botocore, aiohttp, or the network
            self._broken = OSError(errno.EIO, f"the connection was lost ({type(error).__name__})")
            raise self._broken from error

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        if not self.closed:
            self._file.close()
        super().close()


def objects_below(address: str) -> Iterator[str] | None:
    """The addresses of all objects below one, by the alphabet; None where it is an object itself."""
    system, bare = object_store.file_system(address), address.rstrip("/")
    with object_store.explained(address, "reading", VideoUnreadable):
        if bare == address and system.isfile(address):
            return None
        listed = system.find(bare)
        if not listed:
            system.info(bare)  # which tells of a bucket that is not there
    scheme = address.partition("://")[0]
    return (f"{scheme}://{key}" for key in sorted(listed))


def reason(error: Exception) -> str:
    """An error of the system in words."""
    return getattr(error, "strerror", None) or str(error)


def _status_of_object(address: str) -> Status:
    system = object_store.file_system(address)
    with object_store.explained(address, "reading", VideoUnreadable):
        about = system.info(address)
    if about["type"] != "file":
        raise VideoUnreadable(f"{address} is a folder.", "Choose a video file inside it.")
    modified = about.get("LastModified")
    state = hash((about.get("ETag"), str(modified)))
    return Status(int(about["size"]), state)


def _status_of_file(path: str) -> Status:
    name = Path(path).name
    try:
        status = Path(path).stat()
    except (FileNotFoundError, NotADirectoryError):
        raise VideoUnreadable(
            f"There is no file {path}.", "Check the path. Was the file moved, or its disk removed?"
        ) from None
    except PermissionError:
        raise _forbidden(name) from None
    except (OSError, ValueError) as error:
        raise VideoUnreadable(f"{name} cannot be opened: {reason(error)}.", "Check the path.") from None
    if stat.S_ISDIR(status.st_mode):
        raise VideoUnreadable(f"{name} is a folder.", "Choose a video file inside it.")
    if not stat.S_ISREG(status.st_mode):
        raise VideoUnreadable(f"{name} is a pipe or a device, not a file.", "Choose a video file.")
    return Status(status.st_size, status.st_mtime_ns)


def _forbidden(name: str) -> VideoUnreadable:
    return VideoUnreadable(f"There is no permission to read {name}.", "Ask for permission to read it, or copy it.")
