"""The texts that lie beside clips in the workspace: subtitles, transcripts, speech written down, notes of people.

All but notes are *spoken*: trainings learn from them, and models with words read them. What such a model said of a clip
is filed as WITH_WORDS and is deleted as soon as the clip's spoken texts change: nothing that is told is ever older than
the words that it was told by.
"""

from collections.abc import Iterable, Sequence

from core.base.errors import ResultMissing
from core.domain import Line, Lines
from core.domain.fingerprint import fingerprint
from core.workspace.store import Store

LINES = "lines"
WITH_WORDS, WITH_WORDS_APART = "prediction with words", "picture and words apart"
SPOKEN = ("subtitle", "transcript", "speech")  # beginnings of the sources that are spoken
MOST_SOURCES = 2**14
_SOURCES: dict[str, str] = {}  # of texts by key, MOST_SOURCES at most; a key is the hash of its texts: no entry changes


def keep_lines(store: Store, digest: str, source: str, lines: Sequence[Line]) -> str:
    """File texts that come with a clip, in place of those of the same source; gives their key.

    source: what they are, in a word, as it is told where one matches: "subtitle", "note".
    """
    key = fingerprint(LINES, 1, digest, source, tuple(lines))
    for old in store.made_of(digest, LINES):
        if old != key and _source(store, old) == source:
            store.delete(old)
    if not store.has(key):
        store.write(key, Lines(source, tuple(lines)), kind=LINES, video=digest)
        _forget(store, digest, source)
    return key


def drop_lines(store: Store, digest: str, source: str) -> None:
    """Keep the texts of that source no longer."""
    for key in store.made_of(digest, LINES):
        if _source(store, key) == source:
            store.delete(key)
            _forget(store, digest, source)


def lines_of(store: Store, digest: str) -> tuple[Lines, ...]:
    """All texts that are kept beside a clip, by the name of their source."""
    return tuple(
        sorted((store.read(key, Lines) for key in store.made_of(digest, LINES)), key=lambda lines: lines.source)
    )


def all_lines(store: Store) -> dict[str, tuple[Lines, ...]]:
    """The texts of all clips that have some, by digest."""
    lines: dict[str, tuple[Lines, ...]] = {}
    for key, video in store.made(LINES):
        lines[video] = (*lines.get(video, ()), store.read(key, Lines))
    return lines


def spoken(texts: Iterable[Lines]) -> tuple[Lines, ...]:
    """Those texts of a clip that are spoken."""
    return tuple(text for text in texts if text.source.startswith(SPOKEN))


def spoken_keys(store: Store, digest: str) -> tuple[str, ...]:
    """What stands for the spoken texts of a clip: others as soon as a line changes, none where there are none."""
    return tuple(sorted(key for key in store.made_of(digest, LINES) if _source(store, key).startswith(SPOKEN)))


def spoken_keys_by_clip(store: Store) -> dict[str, tuple[str, ...]]:
    """The same of each clip that has some, by digest, in one look at the catalogue."""
    keys: dict[str, list[str]] = {}
    for key, video in store.made(LINES):
        if _source(store, key).startswith(SPOKEN):
            keys.setdefault(video, []).append(key)
    return {video: tuple(sorted(own)) for video, own in keys.items()}


def spoken_keys_of_all(store: Store, digests: Iterable[str]) -> tuple[str, ...]:
    """The same of several clips together, in one look at the catalogue."""
    wanted = set(digests)
    keys = (key for key, video in store.made(LINES) if video in wanted)
    return tuple(sorted(key for key in keys if _source(store, key).startswith(SPOKEN)))


def _source(store: Store, key: str) -> str:
    """Which source the texts under a key are of; "" where they were deleted meanwhile."""
    if (source := _SOURCES.get(key)) is not None:
        return source
    try:
        source = store.read(key, Lines).source
    except ResultMissing:
        return ""
    if len(_SOURCES) >= MOST_SOURCES:
        _SOURCES.clear()
    _SOURCES[key] = source
    return source


def _forget(store: Store, digest: str, source: str) -> None:
    """Delete what models with words said of a clip, where a source of spoken texts has changed."""
    if source.startswith(SPOKEN):
        for key in store.made_of(digest, WITH_WORDS, WITH_WORDS_APART):
            store.delete(key)
