"""Zips of labelled sets, unpacked only if nothing in them can do harm."""

import re
import shutil
import stat
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from core.base import zip_files
from core.base.errors import AnalysisError, FormatInvalid
from core.base.progress import Report, silent
from core.workflows.clip_files import MOST_FILES, is_of_the_system
from core.workflows.datasets.draft import refused

SMALL = 64 * 2**20  # bytes that an entry may expand to, however little it took
MOST_EXPANSION = 100  # times; videos hardly expand at all, lists of labels about ten times
DEEPEST = 32  # folders
LONGEST = 200  # bytes of a name
ARCHIVES = {".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst"}
DRIVE = re.compile(r"[A-Za-z]:")


def unpack(archive: Path, folder: Path, report: Report = silent) -> Path:
    """Unpack a zip into an empty folder, after all of it was looked at; gives the folder that holds the set.

    FormatInvalid names the entry and the reason: it leaves the folder, is a link, expands absurdly, is encrypted, is an
    archive itself, or stands there twice; or that the zip is damaged. What an operating system packed for itself is
    passed over. AnalysisError: the disk does not take it.
    """
    try:
        with zip_files.opened(archive) as packed:
            entries = [entry for entry in packed.infolist() if not _of_the_system(entry)]
            _check(archive, entries)
            _check_room(entries, folder)
            total = sum(entry.file_size for entry in entries)
            done = 0
            for entry in entries:
                for count in _unpack_one(packed, entry, folder):
                    done += count
                    report(done >> 20, max(1, total >> 20), "Unpacking")
    except zipfile.BadZipFile as error:
        hint = "Create a plain ZIP file of the folder, or extract it and give the folder."
        raise FormatInvalid(f"{archive.name} cannot be extracted: {error}.", hint) from error
    except OSError as error:
        hint = "Check the disk that holds the workspace, and use shorter names of folders and files."
        raise AnalysisError(f"{archive.name} could not be extracted: {error.strerror or error}.", hint) from error
    return _top(folder)


def _of_the_system(entry: zipfile.ZipInfo) -> bool:
    return any(is_of_the_system(part) for part in _parts(entry) if part not in (".", ".."))


def _parts(entry: zipfile.ZipInfo) -> tuple[str, ...]:
    return tuple(part for part in entry.filename.replace("\\", "/").split("/") if part)


def _check(archive: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse a zip that could do harm, from its list of contents alone."""
    if len(entries) > MOST_FILES:
        raise refused(archive.name, 0, f"at most {MOST_FILES} entries", f"{len(entries)}")
    if sum(entry.compress_size for entry in entries) > archive.stat().st_size:
        raise refused(archive.name, 0, "entries that fill the zip once", "overlapping entries")
    seen: dict[str, str] = {}
    for entry in entries:
        expected, got = _harm(entry)
        if got:
            raise refused(f"{archive.name}, entry {entry.filename[:120]!r}", 0, expected, got)
        if entry.is_dir():
            continue
        path = "/".join(_parts(entry)).casefold()
        if path in seen:
            raise refused(archive.name, 0, f"{entry.filename[:120]!r} once", f"also {seen[path][:120]!r}")
        seen[path] = entry.filename
    if (total := sum(entry.file_size for entry in entries)) > max(SMALL, MOST_EXPANSION * archive.stat().st_size):
        got = f"{total} of {archive.stat().st_size} bytes"
        raise refused(archive.name, 0, f"files that together expand at most {MOST_EXPANSION} times", got)
    for path, name in seen.items():
        if any(str(parent) in seen for parent in PurePosixPath(path).parents):
            raise refused(archive.name, 0, "folders and files of different names", f"{name[:120]!r} inside a file")


def _harm(entry: zipfile.ZipInfo) -> tuple[str, str]:
    """What an entry should be and what it is instead; empty where it is harmless."""
    name, parts = entry.filename.replace("\\", "/"), _parts(entry)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if name.startswith("/") or any(map(DRIVE.match, parts)) or ".." in parts or not parts or "\0" in name:
        return "a path inside the zip's folder", "one that leaves it"
    if len(parts) > DEEPEST or any(len(part.encode("utf-8", "replace")) > LONGEST for part in parts):
        return f"at most {DEEPEST} folders and names of {LONGEST} bytes", "more"
    if kind and not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
        return "a file or a folder", "a link" if stat.S_ISLNK(kind) else "a special file"
    if entry.flag_bits & 1:
        return "a file that is not encrypted", "an encrypted one"
    if entry.file_size > max(SMALL, MOST_EXPANSION * entry.compress_size):
        return (
            f"a file that expands at most {MOST_EXPANSION} times",
            f"{entry.file_size} of {entry.compress_size} bytes",
        )
    if Path(name).suffix.lower() in ARCHIVES and not entry.is_dir():
        return "clips and lists", "an archive in the archive"
    return "", ""


def _check_room(entries: Sequence[zipfile.ZipInfo], folder: Path) -> None:
    total, free = sum(entry.file_size for entry in entries), shutil.disk_usage(folder).free
    if total > free:
        hint = "Free some space, set KINETOSCOPE_WORKSPACE to a folder on a larger disk, or extract it elsewhere."
        raise AnalysisError(f"The ZIP file expands to {total >> 20} MB, and {free >> 20} MB are free.", hint)


def _unpack_one(packed: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path) -> Iterator[int]:
    """Write one entry, telling how many bytes were written; never more than the list of contents said."""
    target = folder.joinpath(*_parts(entry))
    if entry.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "xb") as file:
        for chunk in zip_files.chunks(packed, entry):
            file.write(chunk)
            yield len(chunk)


def _top(folder: Path) -> Path:
    """The folder of the set: where all lies in one folder that holds more than clips, that one."""
    while True:
        inner = list(folder.iterdir())
        if len(inner) != 1 or not inner[0].is_dir():
            return folder
        below = list(inner[0].iterdir())
        lists = any(path.suffix.lower() in (".csv", ".tsv") or path.name == "classInd.txt" for path in below)
        if not lists and not any(path.is_dir() for path in below):
            return folder
        folder = inner[0]
