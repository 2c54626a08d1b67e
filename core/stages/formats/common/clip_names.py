"""Which clip a name in a file means."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from urllib.parse import parse_qs, unquote

from core.domain import VideoInfo

UPLOADED = re.compile(r"[0-9a-fA-F]{4,}-(?P<name>.+)")  # what servers put before the name of an upload


def base(path: str) -> str:
    """The name of a file without its folders, whichever way these are written."""
    return PurePosixPath(path.replace("\\", "/")).name or path


def stem(path: str) -> str:
    """The name of a file without folders and its last suffix, where that looks like one."""
    name = base(path)
    front, dot, last = name.rpartition(".")
    return front if dot and front and last.isalnum() and len(last) <= 5 else name


def meant(reference: str, clips: Sequence[VideoInfo], *, uploads: bool = False) -> list[VideoInfo]:
    """The clips that a name, a path or an address in a file means: those that fit it most closely.

    uploads: whether a prefix of hex digits and a dash may stand before the name.
    """
    for name in _readings(reference, uploads):
        for key in (str, stem, _loose, _loose_stem):
            if fits := [clip for clip in clips if key(base(clip.path)) == key(name)]:
                return fits
    return []


def _readings(reference: str, uploads: bool) -> Iterable[str]:
    """The names that a reference may stand for, the likeliest first."""
    path, _, query = reference.partition("?")
    texts = [base(reference), base(unquote(path)), *(base(text) for text in parse_qs(query).get("d", ()))]
    if uploads:
        for text in texts:  # grows: prefixes may be several
            texts += [match["name"]] if (match := UPLOADED.fullmatch(text)) else []
    return dict.fromkeys(texts)


def _loose(name: str) -> str:
    """A name as it is after a way through servers and other systems: case, accents' form and blanks do not count."""
    text = unicodedata.normalize("NFC", name).casefold().replace(" ", "_")
    return re.sub(r"[^\w.-]", "", text)


def _loose_stem(name: str) -> str:
    return _loose(stem(name))
