"""Which clip a name in a file means."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote

from core.domain import VideoInfo

MOST_PREFIXES = 3  # of one name
LONGEST_NAME = 1000
UPLOADED = re.compile(r"[0-9a-fA-F]{4,}-(?P<name>.+)")  # what servers put before the name of an upload


def base(path: str) -> str:
    """The name of a file without its folders, whichever way these are written."""
    text = path.replace("\\", "/")
    name = text.rpartition("/")[2]
    return (PurePosixPath(text).name or path) if name in ("", ".") else name


def stem(path: str) -> str:
    """The name of a file without folders and its last suffix, where that looks like one."""
    name = base(path)
    front, dot, last = name.rpartition(".")
    return front if dot and front and last.isalnum() and len(last) <= 5 else name


def meant(reference: str, clips: Sequence[VideoInfo], *, uploads: bool = False) -> list[VideoInfo]:
    """The clips that a name, a path or an address in a file means: those that fit it most closely.

    uploads: whether a prefix of hex digits and a dash may stand before the name.
    """
    return [clips[at] for at in places(reference, tuple(clip.path for clip in clips), uploads=uploads)]


def places(reference: str, paths: tuple[str, ...], *, uploads: bool = False) -> Sequence[int]:
    """The same by the paths of clips: the places of those that are meant. uploads: as of `meant`."""
    for name in _readings(reference, uploads) if paths else ():
        for key, table in _tables(paths):
            if fits := table.get(key(name)):
                return fits
    return ()


@lru_cache(maxsize=8)
def _tables(paths: tuple[str, ...]) -> tuple[tuple[Callable[[str], str], dict[str, list[int]]], ...]:
    """The places of clips by their names, as they are and ever more loosely."""
    tables: list[tuple[Callable[[str], str], dict[str, list[int]]]] = []
    for key in (str, stem, _loose, _loose_stem):
        table: dict[str, list[int]] = {}
        for at, path in enumerate(paths):
            table.setdefault(key(base(path)), []).append(at)
        tables.append((key, table))
    return tuple(tables)


def _readings(reference: str, uploads: bool) -> Iterable[str]:
    """The names that a reference may stand for, the likeliest first."""
    path, _, query = reference.partition("?")
    texts = [base(reference), base(unquote(path))]
    texts += [base(text) for text in parse_qs(query).get("d", ())] if query else []
    own = texts if uploads else []
    for _ in range(MOST_PREFIXES):
        own = [match["name"] for text in own if len(text) <= LONGEST_NAME and (match := UPLOADED.fullmatch(text))]
        texts += own
    return dict.fromkeys(texts)


def _loose(name: str) -> str:
    """A name as it is after a way through servers and other systems: case, accents' form and blanks do not count."""
    text = unicodedata.normalize("NFC", name).casefold().replace(" ", "_")
    return re.sub(r"[^\w.-]", "", text)


def _loose_stem(name: str) -> str:
    return _loose(stem(name))


def several(names: Sequence[str]) -> str:
    """The first of several names."""
    return ", ".join(map(base, names[:5])) + (f" and {len(names) - 5} others" if len(names) > 5 else "")
