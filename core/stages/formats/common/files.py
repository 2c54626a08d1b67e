"""What files of labels are before their format is known: bytes by name, text in UTF-8, bounded JSON, and complaints.

Files is bytes by path with "/" between folders: one entry for a file alone, several for a folder or a zip.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from core.base.errors import FormatInvalid
from core.domain import Finding, serialization

Files: TypeAlias = Mapping[str, bytes]

LARGEST_BYTES = 64 * 2**20  # of all files together, unpacked
MOST_FILES = 2000
MOST_PROBLEMS = 20
MEND = "Fix the file in the program that created it, or use another file."
STAMP = (1980, 1, 1, 0, 0, 0)  # of what is put into a zip, so that the same labels give the same bytes


def refused(file: str, where: int | str, expected: str, got: str, hint: str = "") -> FormatInvalid:
    """The error for a file of which nothing can be read. where: a line from 1, a JSON path, or 0 for none."""
    return FormatInvalid(f"{_place(file, where)}: expected {expected}, got {got}.", hint or MEND)


def _place(file: str, where: int | str) -> str:
    text = f", line {where}" if isinstance(where, int) and where else f", {where}" if where else ""
    return f"{file}{text}"


@dataclass
class Findings:
    """What is found while something is read, in order."""

    all: list[Finding] = field(default_factory=list)

    def left_out(self, file: str, line: int, expected: str, got: str) -> None:
        """Something that takes no part in what was read."""
        self.all.append(Finding(file, line, expected, got, True))

    def noted(self, file: str, line: int, expected: str, got: str) -> None:
        """Something odd that takes part all the same."""
        self.all.append(Finding(file, line, expected, got, False))


@dataclass
class Problems:
    """What is wrong with one file: up to 20 things are collected before it is refused with all of them."""

    file: str
    told: list[str] = field(default_factory=list)
    hint: str = ""

    def add(self, where: int | str, expected: str, got: str, hint: str = "") -> None:
        """One more thing that is wrong."""
        self.told.append(f"{_place(self.file, where)}: expected {expected}, got {got}.")
        self.hint = self.hint or hint
        if len(self.told) >= MOST_PROBLEMS:
            self.finish()

    def finish(self) -> None:
        """Refuse the file if anything is wrong with it."""
        if self.told:
            raise FormatInvalid("\n".join(self.told), self.hint or MEND)


def shown(value: object) -> str:
    """A value of a file as complaints tell it."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def one_file(files: Files) -> tuple[str, bytes]:
    """The name and the bytes of the only file."""
    if len(files) != 1:
        raise FormatInvalid(f"Expected one file, got {len(files)}.", "Give the file itself, not its folder.")
    return next(iter(files.items()))


def text_of(name: str, content: bytes) -> str:
    """The text of a file in UTF-8, with or without a byte-order mark, line ends as \\n."""
    if len(content) > LARGEST_BYTES:
        raise refused(name, 0, f"at most {LARGEST_BYTES >> 20} MiB", f"{len(content)} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = "Save it as UTF-8 in the program that created it."
        raise refused(name, line, "text in UTF-8", f"byte {content[error.start]:#04x}", hint) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise refused(name, line, "text", "a byte 0", "Is this the right file?")
    return text.replace("\r\n", "\n")


def lines_of(name: str, content: bytes) -> list[str]:
    """The lines of a file; an empty last one does not count."""
    return text_of(name, content).removesuffix("\n").split("\n")


def json_of(name: str, content: bytes) -> Any:
    """The JSON of a file: finite numbers, each name once, of bounded depth."""
    return serialization.plain_value(text_of(name, content), source=name)


def read_path(path: Path) -> Files:
    """A file, all files of a folder, or of a zip, whole; FormatInvalid where that cannot be."""
    try:
        if path.is_dir():
            return _folder(path)
        if not path.is_file():
            raise FormatInvalid(f"There is no file or folder {path}.", "Check the path.")
        if path.stat().st_size > LARGEST_BYTES:
            raise refused(path.name, 0, f"at most {LARGEST_BYTES >> 20} MiB", f"{path.stat().st_size} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise FormatInvalid(
            f"{path} cannot be read: {error.strerror}.", "Check the path and its permissions."
        ) from error
    return unpacked(path.name, content) if content.startswith(b"PK\x03\x04") else {path.name: content}


def _folder(path: Path) -> Files:
    files, size = {}, 0
    for file in sorted(path.rglob("*")):
        if not file.is_file() or file.name.startswith(".") or file.stat().st_size > LARGEST_BYTES:
            continue
        size += file.stat().st_size
        if size > LARGEST_BYTES or len(files) >= MOST_FILES:
            hint = "Give the folder of the lists, without the clips."
            limit = f"at most {MOST_FILES} files of {LARGEST_BYTES >> 20} MiB together"
            raise refused(path.name, 0, limit, "more", hint)
        files[file.relative_to(path).as_posix()] = file.read_bytes()
    return files


def unpacked(name: str, content: bytes) -> Files:
    """The files of a zip, none of which is written anywhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [zip_info for zip_info in archive.infolist() if not zip_info.is_dir()]
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > LARGEST_BYTES:
                limit = f"at most {MOST_FILES} files of {LARGEST_BYTES >> 20} MiB together"
                raise refused(name, 0, limit, f"{len(entries)} files")
            if any(stat.S_ISLNK(entry.external_attr >> 16) or entry.flag_bits & 1 for entry in entries):
                raise refused(name, 0, "plain files", "a link or an encrypted file")
            return {entry.filename.replace("\\", "/"): archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise refused(name, 0, "an undamaged ZIP file", str(error) or "a damaged one") from error


def packed(files: Files) -> bytes:
    """The files as a zip, the same bytes for the same files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, files[name])
    return held.getvalue()
