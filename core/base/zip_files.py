"""ZIP files from outside: whatever is wrong with one is BadZipFile in words, and none takes more memory than it may."""

import errno
import lzma
import struct
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

CHUNK = 2**20  # bytes
SMALL_CHUNK = 2**12  # bytes, of methods whose decoders in Python unpack all that they are given
LARGEST_DIRECTORY = 2**24  # bytes of the list of contents, which takes some ten times as much memory
BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
FAULTS = (
    *(zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError),
    *(NotImplementedError, RuntimeError, ValueError, OverflowError),
)
DAMAGED = "it is damaged or incomplete"


class _Limited:
    """A file whose list of contents cannot be larger than LARGEST_DIRECTORY; zipfile reads that in one piece."""

    def __init__(self, file: IO[bytes]):
        self.file = file
        self.opening = True
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, count: int = -1, /) -> bytes:
        if self.opening and count > LARGEST_DIRECTORY:
            raise zipfile.BadZipFile(f"its list of contents is larger than {LARGEST_DIRECTORY >> 20} MiB")
        return self.file.read(count)


def is_zip(path: Path) -> bool:
    """Whether a file ends as ZIP files do, damaged ones included."""
    try:
        return zipfile.is_zipfile(path)
    except FAULTS:
        return True


@contextmanager
def opened(source: Path | bytes) -> Generator[zipfile.ZipFile, None, None]:
    """The ZIP file at a path or in bytes; BadZipFile says what is wrong with it."""
    with _in_words():
        file = BytesIO(source) if isinstance(source, bytes) else open(source, "rb")
    with file:
        limited = _Limited(file)
        with _in_words():
            archive = zipfile.ZipFile(limited)
        limited.opening = False
        with archive:
            if not all(entry.filename for entry in archive.infolist()):
                raise zipfile.BadZipFile(DAMAGED)
            yield archive


def chunks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """The bytes of an entry, piece by piece and never more than declared; BadZipFile where they cannot be had."""
    size = CHUNK if entry.compress_type in BOUNDED else SMALL_CHUNK
    left = entry.file_size
    with _in_words(entry):
        stream = archive.open(entry)
    with stream:
        while True:
            with _in_words(entry):
                chunk = stream.read(size)
            if not chunk:
                break
            left -= len(chunk)
            yield chunk
    if left:
        raise zipfile.BadZipFile(f"{entry.filename[:120]!r} is not as large as declared")


def content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """All bytes of an entry, whose declared size the caller has found small enough."""
    return b"".join(chunks(archive, entry))


@contextmanager
def _in_words(entry: zipfile.ZipInfo | None = None) -> Generator[None, None, None]:
    """Any fault as BadZipFile that names the entry and says what is wrong."""
    try:
        yield
    except FAULTS as error:
        text = f"entry {entry.filename[:120]!r}: {_words(error)}" if entry else _words(error)
        raise zipfile.BadZipFile(text) from error


def _words(error: Exception) -> str:
    text = str(error)
    if isinstance(error, NotImplementedError):
        return "its compression method is not supported"
    if "encrypted" in text:
        return "it is encrypted"
    if "CRC" in text:
        return "its checksum (CRC-32) does not match its content"
    if "list of contents" in text:
        return text
    if isinstance(error, OSError) and error.strerror and error.errno != errno.EINVAL:  # a place before the beginning
        return f"it cannot be read: {error.strerror}"
    return DAMAGED
