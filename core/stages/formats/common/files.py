"""What files of labels are before their format is known: bytes by name, text, bounded JSON, complaints, and
what a person says about them.

Files is bytes by path with "/" between folders: one entry for a file alone, several for a folder or a zip.
"""

import codecs
import io
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any, TypeAlias

from core.base import zip_files
from core.base.errors import FormatInvalid
from core.domain import Finding, VideoInfo, serialization

Files: TypeAlias = Mapping[str, bytes]
OddRow: TypeAlias = tuple[int | str, str, str]  # where, what was expected, what was there

LARGEST_BYTES = 64 * 2**20  # of all files together, unpacked
LARGEST_TABLE_BYTES = 256 * 2**20  # of a table, which is read row by row: some millions of rows
TABLES = (".csv", ".tsv")
MOST_FILES = 2000
MOST_PROBLEMS = 20
MOST_FINDINGS = 200  # that are told one by one
REPACK = "Create the ZIP file again, or extract it and give the folder."
MEND = "Fix the file in the program that created it, or use another file."
STAMP = (1980, 1, 1, 0, 0, 0)  # of what is put into a zip, so that the same labels give the same bytes


@dataclass(frozen=True, eq=False)
class ReadOptions:
    """What a person says about a file that the file itself does not say.

    clips: that it may be about, measured. watched: whether all of each clip was looked at, so that between labels there
    is background; else nothing is known there. rate_hz: the frame rate that the file's program counted on (Label
    Studio). every: a row stands for so many frames (MS-TCN), or a label holds for so many (CVAT). split: which of the
    numbered lists (UCF101, HMDB51). attribute: which one is the label (VIA); "tier" for the names of ELAN's tiers.
    confidences: whether a last number in the text of a subtitle such as 0.93 is a confidence. only: the parts of the
    file that are taken, as kind and names; of a kind that is not among them, all. See parts.py. by_name: the clips are
    a collection of which the file is about some: labels of another name are not taken for the only clip, and a clip
    that the file says nothing of is not told.
    """

    clips: tuple[VideoInfo, ...] = ()
    watched: bool = False
    rate_hz: Fraction | None = None
    every: int = 1
    split: int = 1
    attribute: str = ""
    confidences: bool = True
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()
    by_name: bool = False

    def chosen(self, kind: str) -> bool:
        """Whether parts of that kind were chosen."""
        return kind in dict(self.only)

    def takes(self, kind: str, name: str) -> bool:
        """Whether the part of that kind and name is taken."""
        return not self.chosen(kind) or name in dict(self.only)[kind]


def refused(file: str, where: int | str, expected: str, got: str, hint: str = "") -> FormatInvalid:
    """The error for a file of which nothing can be read. where: a line from 1, a JSON path, or 0 for none."""
    return FormatInvalid(f"{_place(file, where)}: expected {expected}, got {got}.", hint or MEND)


def place_text(where: int | str) -> str:
    """A line or a JSON path in words."""
    return f"line {where}" if isinstance(where, int) else where


def _place(file: str, where: int | str) -> str:
    text = f", line {where}" if isinstance(where, int) and where else f", {where}" if where else ""
    return f"{file}{text}"


@dataclass
class Findings:
    """What is found while something is read, in order."""

    all: list[Finding] = field(default_factory=list)

    def left_out(self, file: str, line: int, expected: str, got: str) -> None:
        """Something that takes no part in what was read."""
        self.add(Finding(file, line, expected, got, True))

    def noted(self, file: str, line: int, expected: str, got: str) -> None:
        """Something odd that takes part all the same."""
        self.add(Finding(file, line, expected, got, False))

    def add(self, finding: Finding) -> None:
        """One more of them."""
        self.all.append(finding)


@dataclass
class FirstFindings(Findings):
    """What is found in a file that may have millions of odd rows: the first, each once, and the number of others.

    more: how many others there are; left_out_more: whether any of these takes no part.
    """

    more: int = 0
    left_out_more: bool = False
    known: set[Finding] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        if finding in self.known:
            return
        if len(self.all) < MOST_FINDINGS:
            self.all.append(finding)
            self.known.add(finding)
        else:
            self.count(1, left_out=finding.left_out)

    def count(self, others: int, *, left_out: bool) -> None:
        """Further ones that are not kept."""
        self.more += others
        self.left_out_more = self.left_out_more or left_out

    def bounded(self, file: str) -> tuple[Finding, ...]:
        """The first, and how many others there are."""
        if not self.more:
            return tuple(self.all)
        limit, got = f"at most {MOST_FINDINGS} remarks", f"{self.more} more remarks like these"
        return (*self.all, Finding(file, 0, limit, got, self.left_out_more))


@dataclass
class AlikeRows:
    """Rows that are odd in one way: the first, the last, and their number."""

    first: int | str
    last: int | str
    count: int = 1


def alike_rows(rows: Iterable[OddRow]) -> Iterator[OddRow]:
    """Odd rows, with those that are odd in one way as the first and their number."""
    kinds: dict[tuple[str, str], AlikeRows] = {}
    for where, expected, got in rows:
        known = kinds.get((expected, got))
        if known is not None:
            known.last, known.count = where, known.count + 1
        elif len(kinds) < MOST_FINDINGS:
            kinds[expected, got] = AlikeRows(where, where)
        else:
            yield where, expected, got
    for (expected, got), own in kinds.items():
        more = f" and in {own.count - 1} more rows up to {place_text(own.last)}" if own.count > 1 else ""
        yield own.first, expected, f"{got}{more}"


@dataclass
class Problems:
    """What is wrong with one file: up to 20 things are collected before it is refused with all of them.

    skipped: of its rows, which refuse it only where nothing else remains.
    """

    file: str
    told: list[str] = field(default_factory=list)
    hint: str = ""
    skipped: list[str] = field(default_factory=list)
    skipped_hint: str = ""

    def add(self, where: int | str, expected: str, got: str, hint: str = "") -> None:
        """One more thing that is wrong."""
        self.told.append(f"{_place(self.file, where)}: expected {expected}, got {got}.")
        self.hint = self.hint or hint
        if len(self.told) >= MOST_PROBLEMS:
            self.finish()

    def skip(self, where: int | str, expected: str, got: str, hint: str = "") -> None:
        """A row that takes no part."""
        if len(self.skipped) < MOST_PROBLEMS:
            self.skipped.append(f"{_place(self.file, where)}: expected {expected}, got {got}.")
        self.skipped_hint = self.skipped_hint or hint

    def finish(self, *, skipped: bool = False) -> None:
        """Refuse the file if anything is wrong with it. skipped: rows that take no part are wrong too."""
        if self.told:
            raise FormatInvalid("\n".join(self.told), self.hint or MEND)
        if skipped and self.skipped:
            raise FormatInvalid("\n".join(self.skipped), self.skipped_hint or MEND)


def shown(value: object) -> str:
    """A value of a file as complaints tell it."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def one_file(files: Files) -> tuple[str, bytes]:
    """The name and the bytes of the only file."""
    if len(files) != 1:
        raise FormatInvalid(f"Expected one file, got {len(files)}.", "Give the file itself, not its folder.")
    return next(iter(files.items()))


def decoded(content: bytes, errors: str = "strict") -> str:
    """Bytes as text with line ends as \\n: UTF-8, or UTF-16 where a mark or the zeros of plain letters say so."""
    text = content.decode(encoding_of(content), errors).removeprefix("\ufeff")
    return re.sub(r"\r+\n?", _line_ends, text) if "\r" in text else text


def _line_ends(match: re.Match[str]) -> str:
    """One line end for CR LF, also where CR stands twice; one for each CR alone."""
    return "\n" if match[0].endswith("\n") else "\n" * len(match[0])


def encoding_of(content: bytes) -> str:
    """UTF-8, or the UTF-16 that bytes are in."""
    head = content[:400]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = head[0::2], head[1::2]
    if len(odd) > 8 and not even.count(0) and odd.count(0) * 2 > len(odd):
        return "utf-16-le"
    if len(odd) > 8 and not odd.count(0) and even.count(0) * 2 > len(even):
        return "utf-16-be"
    return "utf-8"


def text_of(name: str, content: bytes, largest: int = LARGEST_BYTES) -> str:
    """The text of a file in UTF-8 or UTF-16, with or without a byte-order mark, line ends as \\n."""
    if len(content) > largest:
        raise refused(name, 0, f"at most {largest >> 20} MiB", f"{len(content)} bytes")
    try:
        text = decoded(content)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        hint = "Save it as UTF-8 in the program that created it."
        got = f"byte {content[error.start]:#04x}" if error.start < len(content) else "an incomplete character"
        raise refused(name, line, "text in UTF-8", got, hint) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise refused(name, line, "text", "a byte 0", "Is this the right file?")
    return text


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
        if path.stat().st_size > LARGEST_TABLE_BYTES:
            raise refused(path.name, 0, f"at most {LARGEST_TABLE_BYTES >> 20} MiB", f"{path.stat().st_size} bytes")
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
        with zip_files.opened(content) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir() and not _hidden(entry.filename)]
            _check_entries(name, entries)
            return {entry.filename.replace("\\", "/"): zip_files.content(archive, entry) for entry in entries}
    except zipfile.BadZipFile as error:
        raise refused(name, 0, "an undamaged ZIP file", str(error), REPACK) from error


def _check_entries(name: str, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse a zip that is too large or could do harm, from its list of contents alone."""
    tables = all(entry.filename.lower().endswith(TABLES) for entry in entries)
    largest = LARGEST_TABLE_BYTES if tables else LARGEST_BYTES
    if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > largest:
        limit = f"at most {MOST_FILES} files of {largest >> 20} MiB together"
        raise refused(name, 0, limit, f"{len(entries)} files")
    if any(stat.S_ISLNK(entry.external_attr >> 16) or entry.flag_bits & 1 for entry in entries):
        raise refused(name, 0, "plain files", "a link or an encrypted file", REPACK)
    paths = [entry.filename.replace("\\", "/") for entry in entries]
    if outside := next((path for path in paths if path.startswith("/") or ".." in path.split("/")), ""):
        raise refused(name, 0, "paths inside the ZIP file's folder", shown(outside), REPACK)
    if len(set(paths)) < len(paths):
        double = next(path for path, count in Counter(paths).items() if count > 1)
        raise refused(name, 0, f"{shown(double)} once", "several of that name", REPACK)


def _hidden(name: str) -> bool:
    """Whether a file in a zip is one of those that file managers leave there."""
    return name.startswith("__MACOSX/") or PurePosixPath(name.replace("\\", "/")).name.startswith(".")


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
