"""Words beside what networks say: vectors of texts, labels that a person names, the index of the search."""

from dataclasses import dataclass

import numpy as np

from core.domain.predictions import LabelScore, Prediction
from core.domain.validation import check


@dataclass(frozen=True, eq=False)
class Vectors:
    """What a text encoder makes of N texts. values: (N, D) float32."""

    values: np.ndarray

    def __post_init__(self):
        check(self.values.ndim == 2 and self.values.dtype == np.float32, f"vectors are {self.values.shape}")


@dataclass(frozen=True)
class Line:
    """A text with the stretch of seconds that it stands for: a line of subtitles, or a note."""

    start_s: float
    stop_s: float
    text: str

    def __post_init__(self):
        check(0 <= self.start_s < self.stop_s, f"a line runs from {self.start_s} to {self.stop_s} s")


@dataclass(frozen=True)
class Lines:
    """The texts that come with one clip. source: what they are, in a word: "subtitle", "note"."""

    source: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, eq=False)
class Named:
    """What was found of labels that a person named in words, without training.

    prediction: its labels are those of the person, then one for none of them.
    nearest: for each of the person's labels, the known labels that mean the most similar, with their nearness.
    carried: for each, the known labels by which moments of this clip were given to it, with their part of the
    decision, 0 to 1; empty where it was given none.
    """

    prediction: Prediction
    nearest: tuple[tuple[LabelScore, ...], ...]
    carried: tuple[tuple[LabelScore, ...], ...]

    def __post_init__(self):
        count = len(self.prediction.labels) - 1
        check(count == len(self.nearest) == len(self.carried) >= 1, f"told of {len(self.nearest)} of {count} labels")


@dataclass(frozen=True, eq=False)
class Index:
    """What the search knows: M moments described by their K strongest known labels, and L lines of text.

    sources: keys of the results it was made of; videos: the digest of each one's clip; kinds: what its lines are, as
    Lines.source tells, empty for moments. labels: their names; words: the vocabulary of the lines.
    source: (M,) int32 place in sources, rising; start_s, stop_s: (M,) float32; label: (M, K) int32 places in
    labels; score: (M, K) float16, strongest first.
    line_source: (L,) int32; line_s: (L, 2) float64, from when to when; line_vector: (L, D) int8.
    word: (N,) int32 places in words, line after line; line_word: (L,) int32, where in word each line begins.
    text: (B,) uint8, all lines in UTF-8; line_text: (L,) int32, where in text each line begins.
    """

    sources: tuple[str, ...]
    videos: tuple[str, ...]
    kinds: tuple[str, ...]
    labels: tuple[str, ...]
    words: tuple[str, ...]
    source: np.ndarray
    start_s: np.ndarray
    stop_s: np.ndarray
    label: np.ndarray
    score: np.ndarray
    line_source: np.ndarray
    line_s: np.ndarray
    line_vector: np.ndarray
    line_word: np.ndarray
    line_text: np.ndarray
    word: np.ndarray
    text: np.ndarray

    def __post_init__(self):
        count, lines = len(self.source), len(self.line_source)
        check(len(self.sources) == len(self.videos) == len(self.kinds), "each source is of one clip")
        check(len(self.start_s) == len(self.stop_s) == len(self.label) == len(self.score) == count, "M moments")
        check(
            len(self.line_s) == len(self.line_vector) == len(self.line_word) == len(self.line_text) == lines, "L lines"
        )

    def line(self, row: int) -> Line:
        """One of the lines."""
        start, stop = _stretch(self.line_text, row, len(self.text))
        start_s, stop_s = self.line_s[row].tolist()
        return Line(start_s, stop_s, self.text[start:stop].tobytes().decode())

    def line_words(self, row: int) -> list[int]:
        """The words of a line as places in the vocabulary."""
        start, stop = _stretch(self.line_word, row, len(self.word))
        return self.word[start:stop].tolist()

    def __repr__(self):
        return f"Index({len(self.sources)} sources, {len(self.source)} moments, {len(self.line_source)} lines)"


def _stretch(begins: np.ndarray, index: int, end: int) -> tuple[int, int]:
    """From where to where one of the parts lasts that begin there."""
    return int(begins[index]), int(begins[index + 1]) if index + 1 < len(begins) else end


@dataclass(frozen=True)
class Moment:
    """A stretch of a clip that words found. video: digest; score: 0 to 1; why: what matched, in words.

    source: key of the prediction whose labels matched, "" where a text did.
    """

    video: str
    path: str
    start_s: float
    stop_s: float
    score: float
    why: str
    source: str = ""


@dataclass(frozen=True)
class Hits:
    """What a search found, best first.

    clips: how many were searched; waiting: digests of those that were not, because nothing has looked at them yet.
    meant: the known labels nearest to the words, with their nearness. trusted: whether any is near enough to trust.
    said: how many of the moments are lines in which all words stand that were asked for.
    """

    query: str
    moments: tuple[Moment, ...]
    clips: int
    waiting: tuple[str, ...]
    meant: tuple[LabelScore, ...]
    trusted: bool
    said: int = 0
