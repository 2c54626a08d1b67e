"""Words that stand in lines of text as they were typed, whatever the language.

A text is a row of words, folded so that case, accents and widths do not matter; of scripts that put no spaces between
words (Chinese, Japanese, Korean, Thai and others) each letter is one. The words of all lines stand in one row of
numbers, so a search is a look-up in the vocabulary and one pass over that row: two letters of Chinese are found as any
word is, and no sign of a query means anything but itself. What is put in quotation marks must stand there exactly;
else function words count little, other forms of a word (rides, riding) nearly as much as the word, and letters of
dense scripts by pairs. A line that holds all words as they were typed, one after another, fits with 1.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from core.domain import Index

DENSE = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
WORD = re.compile(rf"[{DENSE}]|[^\W_{DENSE}]+")
RUN = re.compile(rf"[{DENSE}]+|[^\W_{DENSE}]+")
MARKS = re.compile("[\u0300-\u036f\u0640\u064b-\u0652\u0670]")  # accents, and the vowel marks of Arabic
LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})
QUOTED = re.compile('"([^"]+)"|“([^“”]+)”|„([^„“”]+)[“”]|«([^«»]+)»|»([^«»]+)«|「([^「」]+)」|『([^『』]+)』')
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
BARE = re.compile("([aou])e")
ENDINGS = ("ings", "ing", "edly", "ern", "est", "ed", "es", "en", "er", "em", "s", "e", "n")
STEM = 3  # letters of a word that stay at least when endings go
BEGINNING = 5  # letters from which a word stands for longer ones that begin with it: Kalman, Kalmanfilter
FORM, LONGER = 0.9, 0.8  # what another form, and a longer word, count of the word
SCATTERED = 0.98  # what all words count where others stand between them
WHOLE = 0.999  # share from which all words are there
LEAST_SHARE = 0.5  # of the weight of the words that a line must hold to be told
COMMON, COMMONNESS = 10, 0.1  # lines up to which words are telling, and what each ten times as many take off
CLOSELY = 300  # lines that are looked at word by word
FUNCTION = frozenset((Path(__file__).parent / "data" / "function_words.txt").read_text("utf-8").split())  # folded


def folded(text: str) -> str:
    """The same text without case, accents and widths."""
    apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).casefold())
    return unicodedata.normalize("NFC", MARKS.sub("", apart)).translate(LETTERS)


def words_of(text: str) -> list[str]:
    """The folded words of a text in order."""
    return WORD.findall(folded(text))


def dense(word: str) -> bool:
    """Whether a word is of a script that puts no spaces between words."""
    return bool(re.match(f"[{DENSE}]", word))


def stem(word: str) -> str:
    """What the forms of a word share, roughly: filter, filters, filtered; Kind, Kinder, Kindern."""
    for _ in range(2):
        ending = next((ending for ending in ENDINGS if word.endswith(ending) and len(word) - len(ending) >= STEM), "")
        word = word.removesuffix(ending)
    return word[:-1] if len(word) > STEM and word[-1] == word[-2] else word


@lru_cache(maxsize=2**14)
def pieces(text: str) -> frozenset[str]:
    """What a text holds: stems of words; of dense scripts its letters and their pairs."""
    return frozenset(piece for run in RUN.findall(folded(text)) for piece in _pieces(run))


def sought(text: str) -> frozenset[str]:
    """What a text must hold that holds all of this: as pieces, without single letters where there are pairs."""
    runs = RUN.findall(folded(text))
    return frozenset(
        piece for run in runs for piece in _pieces(run) if not dense(run) or len(piece) == min(len(run), 2)
    )


def _pieces(run: str) -> list[str]:
    return [*run, *map("".join, pairwise(run))] if dense(run) else [stem(run)]


@dataclass(frozen=True)
class ParsedQuery:
    """A query taken apart. words: all in order; units: words, and pairs of letters, that lines are found by.

    phrases: what was put in quotation marks; loose: whether words stand beside them. spelled: how else words with
    umlauts are written, where they were typed.
    """

    words: tuple[str, ...]
    units: tuple[tuple[str, ...], ...]
    phrases: tuple[tuple[str, ...], ...]
    loose: bool
    spelled: Mapping[str, str]

    def named(self, label: str) -> bool:
        """Whether all that was put in quotation marks stands in the name of a label."""
        words = words_of(label)
        return all(
            any(tuple(words[at : at + len(phrase)]) == phrase for at in range(len(words))) for phrase in self.phrases
        )


def parse_query(query: str) -> ParsedQuery:
    """What a query asks for."""
    phrases = tuple(filter(None, (tuple(words_of("".join(groups))) for groups in QUOTED.findall(query))))
    exact = {word for phrase in phrases for word in phrase}
    units: dict[tuple[str, ...], None] = {}
    for run in RUN.findall(folded(query)):
        units |= dict.fromkeys(list(pairwise(WORD.findall(run))) or [(run,)])
    telling = tuple(unit for unit in units if exact.issuperset(unit) or not FUNCTION & set(unit))
    lowered = RUN.findall(unicodedata.normalize("NFKC", query).casefold())
    spelled = {folded(word): folded(word.translate(UMLAUTS)) for word in lowered if word != word.translate(UMLAUTS)}
    loose = bool(words_of(QUOTED.sub(" ", query)))
    return ParsedQuery(tuple(words_of(query)), telling or tuple(units), phrases, loose, spelled)


@dataclass(frozen=True)
class Vocabulary:
    """The words of all lines, with what finds them. row: all words, each after a line break, and one at the end."""

    index_of: Mapping[str, int]
    row: str = field(repr=False)

    def near(self, word: str, spelled: str) -> dict[int, float]:
        """The places of a word, of its other forms and of longer words that begin with it, with what each counts."""
        values: dict[int, float] = {}
        if len(word) > STEM:
            short = stem(word)
            for other in self._begin_with(short[:-1] if len(short) > STEM else short):
                if stem(other) == short:
                    values[self.index_of[other]] = FORM
                elif len(word) >= BEGINNING and other.startswith(word):
                    values[self.index_of[other]] = LONGER
            bare = self.index_of.get(BARE.sub(r"\1", word))  # Tuer, where lines have Tür
            values |= {} if bare is None else {bare: FORM}
        return values | dict.fromkeys(self.exact(word, spelled), 1.0)

    def exact(self, word: str, spelled: str) -> list[int]:
        """The places of a word, and of how else it is written."""
        return [self.index_of[spelling] for spelling in dict.fromkeys((word, spelled)) if spelling in self.index_of]

    def _begin_with(self, letters: str) -> Iterator[str]:
        at = self.row.find(f"\n{letters}")
        while at >= 0:
            end = self.row.index("\n", at + 1)
            yield self.row[at + 1 : end]
            at = self.row.find(f"\n{letters}", end)


@lru_cache(maxsize=2)
def _vocabulary(words: tuple[str, ...]) -> Vocabulary:
    return Vocabulary({word: index for index, word in enumerate(words)}, "\n".join(("", *words, "")))


def begins(text: str, query: str) -> int:
    """Where in a text the first word stands that a query asks for, or one like it; 0 where there is none."""
    sought = {stem(word) for unit in parse_query(query).units for word in unit}
    numbers = (match.start() for match in RUN.finditer(text) if sought & {stem(word) for word in words_of(match[0])})
    return next(numbers, 0)


@dataclass(frozen=True)
class TextMatch:
    """A line in which words stand. row: its place in the index; score: 0 to 1; whole: all words are in it."""

    row: int
    score: float
    whole: bool


def lines(index: Index, query: str, inside: np.ndarray) -> list[TextMatch]:
    """The lines in which the words of a query stand, best first. inside: (sources,) bool, those that are searched."""
    sought = parse_query(query)
    if not sought.units or not len(index.word):
        return []
    near = _near(_vocabulary(index.words), sought)
    shares, quality = _shares(index, sought, near, inside)
    fits = shares > 0 if sought.phrases else shares >= LEAST_SHARE
    for phrase in sought.phrases:
        fits &= _holding(index, [list(near[word]) for word in phrase])
    rows = np.flatnonzero(fits)
    lengths = np.diff(np.append(index.line_word, len(index.word)))[rows]
    best = rows[np.lexsort((lengths, -shares[rows] * quality[rows]))][:CLOSELY]
    matches = [_closely(index, sought, near, int(row), float(shares[row]), float(quality[row])) for row in best]
    common = _commonness(int((shares >= WHOLE).sum()), sought)
    matches = [replace(match, score=max(0.0, float(match.score - common))) for match in matches]
    return sorted(matches, key=lambda match: -match.score)  # shorter lines first where these are equal, as they come


def _commonness(count: int, sought: ParsedQuery) -> float:
    """What is taken off the lines of a query that `count` lines hold all words of: they tell little then."""
    return 0.0 if sought.phrases else COMMONNESS * max(0.0, np.log10(max(count, 1) / COMMON))


def _near(vocabulary: Vocabulary, sought: ParsedQuery) -> dict[str, dict[int, float]]:
    """What each word of a query is found by: places in the vocabulary and what each counts."""
    exact = {word for phrase in sought.phrases for word in phrase}
    entries = {}
    for word in dict.fromkeys((*sought.words, *exact)):
        spelled = sought.spelled.get(word, word)
        indices = vocabulary.exact(word, spelled)
        entries[word] = dict.fromkeys(indices, 1.0) if word in exact else vocabulary.near(word, spelled)
    return entries


def _shares(
    index: Index, sought: ParsedQuery, near: Mapping[str, Mapping[int, float]], inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(L,) how much of the query each line holds, by the weight of its words; (L,) how exactly these stand there.

    A word that stands in few lines weighs more.
    """
    count = len(index.line_word)
    some = np.zeros(len(index.words), bool)
    some[[position for unit in sought.units for word in unit for position in near[word]]] = True
    at = np.flatnonzero(some[index.word])  # (P,) where in the row of words something stands that was asked for
    word = index.word[at]
    line = np.searchsorted(index.line_word, at, side="right") - 1
    kept = inside[index.line_source[line]]
    at, word, line = at[kept], word[kept], line[kept]
    shares, exactly, whole = np.zeros(count), np.zeros(count), 0.0
    for unit in sought.units:
        fit = _counts(near[unit[0]], len(index.words))[word]
        if len(unit) == 2 and len(at):
            follows = np.append((at[1:] == at[:-1] + 1) & (line[1:] == line[:-1]), False)
            fit = fit * follows * np.append(_counts(near[unit[1]], len(index.words))[word][1:], 0)
        best = np.zeros(count)
        np.maximum.at(best, line, fit)
        weight = 1 + np.log((1 + count) / (1 + np.count_nonzero(best)))
        shares += weight * (best > 0)
        exactly += weight * best
        whole += weight
    return shares / whole, exactly / np.maximum(shares, 1e-9)


def _counts(values: Mapping[int, float], size: int) -> np.ndarray:
    """(V,) what each word of a vocabulary of that size counts for the word that is found by `values`."""
    counts = np.zeros(size, np.float32)
    counts[list(values)] = list(values.values())
    return counts


def _holding(index: Index, phrase: Sequence[Sequence[int]]) -> np.ndarray:
    """(L,) bool: the lines in which a phrase stands. phrase: for each of its words the numbers that it may have."""
    first = np.isin(index.word, phrase[0])
    starts = np.flatnonzero(first[: max(0, len(index.word) - len(phrase) + 1)])
    for step, numbers in enumerate(phrase[1:], start=1):
        starts = starts[np.isin(index.word[starts + step], numbers)]
    line, last = (np.searchsorted(index.line_word, at, side="right") - 1 for at in (starts, starts + len(phrase) - 1))
    holding = np.zeros(len(index.line_word), bool)
    holding[line[line == last]] = True
    return holding


def _closely(
    index: Index, sought: ParsedQuery, near: Mapping[str, Mapping[int, float]], row: int, share: float, quality: float
) -> TextMatch:
    """A line looked at word by word; all that was put in quotation marks stands in it."""
    words = index.line_words(row)
    if (sought.phrases and not sought.loose) or _stands(sought.words, words, near):
        return TextMatch(row, 1.0, True)
    return TextMatch(row, float(SCATTERED * quality * share**2), share >= WHOLE)


def _stands(phrase: Sequence[str], words: Sequence[int], near: Mapping[str, Mapping[int, float]]) -> bool:
    """Whether words stand in a line as they are, one after another."""
    exact = [{index for index, value in near[word].items() if value == 1} for word in phrase]
    last = len(words) - len(phrase)
    return any(all(words[at + step] in numbers for step, numbers in enumerate(exact)) for at in range(last + 1))
