"""What the search knows of the library: moments by the labels that networks see in them, and lines of text.

It is made of all predictions and texts of the workspace, brought up to date before each search, and kept whole under
the key of all it was made of. Clips are cut into moments of a second or more wherever what is seen changes; of each
moment its strongest labels are kept. A line of text is one row: whoever has texts with their seconds (subtitles, notes)
files them with `core.workflows.texts.text_store.keep_lines`, and they are found.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from core.base.errors import ResultMissing
from core.base.progress import Report, silent
from core.domain import Index, Lines, Prediction
from core.domain.fingerprint import fingerprint
from core.stages.tracks import segmentation
from core.workflows import predictions
from core.workflows.search import full_text, semantics
from core.workflows.search.text_encoders import ENCODERS, USUAL
from core.workflows.texts.text_store import LINES
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

KIND = "search index"
VERSION = 2
MIN_MOMENT_S = 1.0  # of a moment
LONGEST_S = 30.0
CHANGE = 0.5  # sum of changes of all scores from which a new moment begins
LABELS_PER_MOMENT = 8  # labels of each moment
STEPS = 254.0  # of a number of a line's vector, from -0.5 to 0.5: four times quicker to go through than float16
A_TEXT = 20  # results that take about as long to take in as a text
AT_A_TIME = 2**12  # lines of which cosines are taken together, such that they stay in the processor's cache
IndexSource: TypeAlias = tuple[str, str, str]  # key, digest of the clip, kind
Columns: TypeAlias = tuple[np.ndarray, ...]
_HELD: dict[str, tuple[str, Index]] = {}  # by workspace: the key of the index and the index itself


def behind(store: Store) -> int:
    """How much the index has not taken in yet, in results; a text counts as several, as it is encoded line by line."""
    known = set(_latest(store).sources)
    return sum(A_TEXT if kind == LINES else 1 for key, _, kind in _wanted(store) if key not in known)


def key_of(wanted: list[IndexSource]) -> str:
    """The name of the index of all this."""
    encoder = ENCODERS[USUAL]
    keys = " ".join(sorted(key for key, _, _ in wanted))
    return fingerprint(KIND, VERSION, encoder.name, encoder.version, keys)


def stamp(store: Store) -> str:
    """What changes as soon as a search may find something else."""
    return f"{key_of(_wanted(store))} {len(store.digests())}"


def current(store: Store, report: Report = silent) -> Index:
    """The index of all that there is now; what is new is taken in, what is gone left out."""
    wanted = _wanted(store)
    key = key_of(wanted)
    before = _latest(store)
    if _HELD.get(str(store.workspace), ("",))[0] == key:
        return before
    index = _updated(store, before, wanted, report)
    store.write(key, index, kind=KIND)
    for old in store.keys(KIND):
        if old != key:
            store.delete(old)
    _HELD[str(store.workspace)] = (key, index)
    return index


def waiting(store: Store, clips: Sequence[str] | None = None) -> tuple[str, ...]:
    """The clips of the library, or of these, that nothing has looked at yet."""
    return tuple(sorted(set(store.digests() if clips is None else clips) - looked_at(store)))


def looked_at(store: Store) -> set[str]:
    """The clips that a network has looked at."""
    return {video for kind in predictions.KINDS for _, video in store.made(kind)}


@short()
def refresh(store: Store, report: Report = silent) -> None:
    """The same as a job."""
    current(store, report)


def _wanted(store: Store) -> list[IndexSource]:
    """All that is searched."""
    return [(key, video, kind) for kind in (*predictions.KINDS, LINES) for key, video in store.made(kind)]


def _latest(store: Store) -> Index:
    """The last index, out of memory or else off the disk; an empty one where there is none."""
    text = str(store.workspace)
    if text not in _HELD:
        for key in store.keys(KIND):
            with suppress(ResultMissing):
                _HELD[text] = (key, store.read(key, Index))
                break
    return _HELD[text][1] if text in _HELD else _Making().index()


def _updated(store: Store, before: Index, wanted: list[IndexSource], report: Report) -> Index:
    """An index of `wanted`, with what `before` has of it."""
    making = _Making()
    making.label_indices(before.labels)
    known = set(before.sources)
    making.take_over(before, {key for key, _, _ in wanted})
    missing = [texts for texts in wanted if texts[0] not in known]
    for done, (key, video, kind) in enumerate(missing):
        if done % 8 == 0:
            report(done, len(missing), "Updating the search index")
        with suppress(ResultMissing):  # it was deleted meanwhile
            if kind == LINES:
                making.take_lines(key, video, store.read(key, Lines), store)
            else:
                making.take_moments(key, video, store.read(key, Prediction))
    return making.index()


@dataclass
class _Making:
    """An index in the making."""

    sources: list[str] = field(default_factory=list)
    videos: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    labels: dict[str, int] = field(default_factory=dict)
    words: dict[str, int] = field(default_factory=dict)
    moments: list[Columns] = field(default_factory=list)  # source, start_s, stop_s, label, score
    lines: list[Columns] = field(default_factory=list)  # source, seconds, vector, words in it, bytes of its text
    line_words: list[np.ndarray] = field(default_factory=list)  # places in words, line after line
    texts: list[np.ndarray] = field(default_factory=list)  # UTF-8, line after line

    def label_indices(self, labels: Sequence[str]) -> np.ndarray:
        """Where these labels stand in the whole list; new ones are added."""
        return np.array([self.labels.setdefault(label, len(self.labels)) for label in labels], np.int32)

    def take_over(self, before: Index, wanted: set[str]) -> None:
        """What an older index has of some sources."""
        kept = np.array([key in wanted for key in before.sources], bool)
        new = np.cumsum(kept, dtype=np.int32) - 1  # (sources,) their places from now on
        self.sources += [key for key, stays in zip(before.sources, kept, strict=True) if stays]
        self.videos += [video for video, stays in zip(before.videos, kept, strict=True) if stays]
        self.kinds += [kind for kind, stays in zip(before.kinds, kept, strict=True) if stays]
        if len(before.source):
            rows = kept[before.source]
            columns = (new[before.source], before.start_s, before.stop_s, before.label, before.score)
            self.moments.append(tuple(np.asarray(column)[rows] for column in columns))
        if len(before.line_source):
            rows = kept[before.line_source]
            counts, sizes = _sizes(before.line_word, before.word), _sizes(before.line_text, before.text)
            columns = (new[before.line_source], before.line_s, before.line_vector, counts, sizes)
            self.lines.append(tuple(np.asarray(column)[rows] for column in columns))
            self._add_words(before.words, before.word[np.repeat(rows, counts)])
            self.texts.append(before.text[np.repeat(rows, sizes)])

    def take_moments(self, key: str, video: str, prediction: Prediction) -> None:
        """What a network says of a clip."""
        start_s, stop_s, label, score = moments(prediction)
        source = np.full(len(start_s), self._new(key, video), np.int32)
        self.moments.append((source, start_s, stop_s, self.label_indices(prediction.labels)[label], score))

    def take_lines(self, key: str, video: str, lines: Lines, store: Store) -> None:
        """Texts that come with a clip."""
        self.take_texts(key, video, lines, semantics.of_labels(store, ()).vectors([line.text for line in lines.lines]))

    def take_texts(self, key: str, video: str, lines: Lines, vectors: np.ndarray) -> None:
        """The same with the vectors of the texts, (L, D)."""
        line_words = [full_text.words_of(line.text) for line in lines.lines]
        texts = [line.text.encode(errors="replace") for line in lines.lines]
        source = np.full(len(line_words), self._new(key, video, lines.source), np.int32)
        times_s = np.array([(line.start_s, line.stop_s) for line in lines.lines], np.float64).reshape(-1, 2)
        counts, sizes = (np.array([len(part) for part in parts], np.int32) for parts in (line_words, texts))
        self.lines.append((source, times_s, stepped(vectors), counts, sizes))
        self.texts.append(np.frombuffer(b"".join(texts), np.uint8))
        known = {
            word: index for index, word in enumerate(dict.fromkeys(word for words in line_words for word in words))
        }
        self._add_words(tuple(known), np.array([known[word] for words in line_words for word in words], np.int32))

    def _add_words(self, words: Sequence[str], indices: np.ndarray) -> None:
        """Lines as places in `words`; words that none of them holds are not kept."""
        held, indices = np.unique(indices, return_inverse=True)
        new = [self.words.setdefault(words[int(index)], len(self.words)) for index in held]
        self.line_words.append(np.array(new, np.int32)[indices])

    def _new(self, key: str, video: str, kind: str = "") -> int:
        self.sources.append(key)
        self.videos.append(video)
        self.kinds.append(kind)
        return len(self.sources) - 1

    def index(self) -> Index:
        """The whole."""
        none, seconds, wide = np.zeros(0, np.int32), np.zeros(0, np.float32), np.zeros((0, LABELS_PER_MOMENT), np.int32)
        no_moments = (none, seconds, seconds, wide, wide.astype(np.float16))
        no_lines = (none, np.zeros((0, 2)), np.zeros((0, ENCODERS[USUAL].width), np.int8), none, none)
        source, start_s, stop_s, label, score = _columns(no_moments, self.moments)
        line_source, line_s, line_vector, word_counts, text_sizes = _columns(no_lines, self.lines)
        return Index(
            sources=tuple(self.sources),
            videos=tuple(self.videos),
            kinds=tuple(self.kinds),
            labels=tuple(self.labels),
            words=tuple(self.words),
            source=source,
            start_s=start_s,
            stop_s=stop_s,
            label=label,
            score=score,
            line_source=line_source,
            line_s=line_s,
            line_vector=line_vector,
            line_word=_begins(word_counts),
            line_text=_begins(text_sizes),
            word=np.concatenate([none, *self.line_words]),
            text=np.concatenate([np.zeros(0, np.uint8), *self.texts]),
        )


def _columns(empty: Columns, parts: Sequence[Columns]) -> list[np.ndarray]:
    """The columns of all parts, each as one; empty: the same without rows, which gives types and widths."""
    return [np.concatenate(values) for values in zip(*[empty, *parts], strict=True)]


def _begins(sizes: np.ndarray) -> np.ndarray:
    """(L,) int32 where each part begins; sizes: (L,) how long the parts are."""
    return (np.cumsum(sizes) - sizes).astype(np.int32)


def _sizes(begins: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """(L,) how long the parts of a row are that begin there."""
    return np.diff(np.append(begins, len(whole))).astype(np.int32)


def stepped(vectors: np.ndarray) -> np.ndarray:
    """Unit vectors in whole steps, (N, D) int8; a cosine changes by less than 0.005."""
    return np.clip(np.rint(vectors * STEPS), -127, 127).astype(np.int8)


def cosines(index: Index, vector: np.ndarray) -> np.ndarray:
    """(L,) float32: of each line and a unit vector; by one thread, as threads of BLAS would wait for each other."""
    rows = range(0, len(index.line_vector), AT_A_TIME)
    parts = [np.einsum("ld,d->l", index.line_vector[at : at + AT_A_TIME].astype(np.float32), vector) for at in rows]
    return np.concatenate([np.zeros(0, np.float32), *parts]) / STEPS


def moments(prediction: Prediction) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """A clip cut where what is seen changes: start_s, stop_s (M,), its strongest labels, their scores (M, K)."""
    borders_s = segmentation.edges(prediction.times_s, prediction.seen_s)  # (T + 1,)
    second = np.floor((borders_s[:-1] - borders_s[0]) / MIN_MOMENT_S + 1e-6)
    firsts = np.flatnonzero(np.diff(second, prepend=-1))  # steps with which a new second begins
    counts = np.diff(np.append(firsts, len(second)))
    sums = np.add.reduceat(prediction.scores, firsts, axis=0, dtype=np.float64)  # (S, C)
    starts = [0]
    whole, steps = sums[0].copy(), counts[0]
    for at in range(1, len(firsts)):
        length_s = borders_s[firsts[at]] - borders_s[firsts[starts[-1]]]
        if np.abs(whole / steps - sums[at] / counts[at]).sum() > CHANGE or length_s >= LONGEST_S:
            starts.append(at)
            whole, steps = sums[at].copy(), counts[at]
        else:
            whole, steps = whole + sums[at], steps + counts[at]
    means = np.add.reduceat(sums, starts, axis=0) / np.add.reduceat(counts, starts)[:, None]  # (M, C)
    label, score = _strongest(means)
    ends_s = borders_s[np.append(firsts[starts[1:]], len(second))]
    return borders_s[firsts[starts]].astype(np.float32), ends_s.astype(np.float32), label, score


def _strongest(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(M, K) places and scores of the strongest labels; where there are fewer than K, places of 0 with score 0."""
    label = np.argsort(-means, axis=1, kind="stable")[:, :LABELS_PER_MOMENT].astype(np.int32)
    score = np.take_along_axis(means, label, axis=1).astype(np.float16)
    missing = LABELS_PER_MOMENT - label.shape[1]
    return np.pad(label, ((0, 0), (0, max(missing, 0)))), np.pad(score, ((0, 0), (0, max(missing, 0))))
