"""Moments of the library that words describe, best first.

A moment fits a query as far as its labels are near to it in meaning and strong in it: the sum over its strongest
labels of score * weight, where the label nearest to the query weighs 1 and others exponentially less with every
SHARPNESS that they are farther. The whole is scaled down where even the nearest label is far. Lines of text fit by
the words that stand in them as they were typed, or else by the cosine between their vector and the query's.
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.base.errors import AnalysisError
from core.base.progress import Report, silent
from core.domain import Hits, Index, Moment
from core.workflows.search import full_text, semantics
from core.workflows.search import index as indices
from core.workspace.store import Store

LONGEST_QUERY = 300  # characters
SHARPNESS = 0.05
FAR, SURE = 0.2, 0.4  # nearness of the nearest label up to which nothing fits, and from which scores are told in full
TRUSTED = 0.3  # nearness that 5 of 100 rightly understood wordings stay below, and most words about no action
MIN_FIT = 0.005  # moments that fit less are not told; those below WEAK are told as weak
WEAK = 0.1
SPREAD = 0.5  # neighbours that fit at least this part as well are one moment with it
LEAST_LINE = 0.35  # cosine of a line of text
LINES_A_CLIP = 5  # that are told at most where several clips are searched
MAX_LINE_LENGTH = 160  # characters of a line
WRITTEN = "note"  # the source of lines that nobody said
MOST_ROWS = 4000  # that are looked at closely
MEANT = 3
OR = re.compile(  # in the languages of the encoder; "of" of the Dutch says too much else
    r"(?<!\S)(?:or|oder|ou|o|oppure|lub|albo|или|veya|أو|또는)(?!\S)|または|或者|或是|或(?![许許然])|หรือ",
    re.IGNORECASE,
)
MOST_WISHES = 5
UNSEEN = ("Cc", "Cs", "Co", "Cn")  # kinds of signs
ALSO = 0.25  # part of the fit from which a second label is told


def search(
    store: Store, query: str, clips: Sequence[str] | None = None, most: int = 60, report: Report = silent
) -> Hits:
    """The moments of the library, or of some clips of it (digests), that fit the words in any of 16 languages."""
    words = cleaned(query)
    if not words:
        raise AnalysisError("The query is empty.", "Enter what to look for, such as: someone rides a horse.")
    if len(words) > LONGEST_QUERY:
        raise AnalysisError(f"The query has {len(words)} characters.", f"Use at most {LONGEST_QUERY} characters.")
    index = indices.current(store, report)
    bank = semantics.of_labels(store, index.labels)
    wishes = wished(words)
    near = bank.nearness(wishes) if index.labels else np.zeros((len(wishes), 0), np.float32)  # (W, C)
    texts = list(store.digests() if clips is None else dict.fromkeys(clips))
    there = set(texts)
    inside = np.array([video in there for video in index.videos], bool)  # (sources,)
    sought, moments = _by_lines(index, words, bank.vectors([words])[0], inside, most)
    for wish, nearness in zip(wishes, near, strict=True):
        sought += _by_labels(index, _meant(index, wish, nearness), inside, most)
    nearness = near.max(axis=0)  # (C,)
    looked_at, best = set(index.videos), _apart(sought, most)
    paths = store.paths(moment.video for moment in best)
    return Hits(
        words,
        tuple(replace(moment, path=paths[moment.video]) for moment in best if moment.video in paths),
        len(there & looked_at),
        tuple(digest for digest in texts if digest not in looked_at),
        bank.nearest(nearness, MEANT),
        bool(len(nearness)) and float(nearness.max()) >= TRUSTED,
        sum(moment in moments for moment in best),
    )


def cleaned(query: str) -> str:
    """A query in one line, without signs that cannot be seen or written."""
    return " ".join("".join(" " if unicodedata.category(text) in UNSEEN else text for text in query).split())


def wished(words: str) -> tuple[str, ...]:
    """What is asked for, of which each is as welcome: "surfing or diving" is two. What is quoted is left whole."""
    if full_text.parse_query(words).phrases:
        return (words,)
    parts = tuple(dict.fromkeys(part for part in map(str.strip, OR.split(words)) if part))
    return parts if 1 < len(parts) <= MOST_WISHES else (words,)


def _meant(index: Index, words: str, nearness: np.ndarray) -> np.ndarray:
    """(C,) how near labels are; those in whose name something is missing that was put in quotation marks are far."""
    sought = full_text.parse_query(words)
    if not sought.phrases:
        return nearness
    return np.where([sought.named(label) for label in index.labels], nearness, np.float32(-1))


def _by_labels(index: Index, nearness: np.ndarray, inside: np.ndarray, most: int) -> list[Moment]:
    """Moments by the labels that networks see in them."""
    if not len(index.source) or nearness.max() <= FAR:
        return []
    weights = np.exp((nearness - nearness.max()) / SHARPNESS) * np.clip(
        (nearness.max() - FAR) / (SURE - FAR), 0, 1
    )  # (C,)
    parts = weights.astype(np.float32)[index.label] * index.score.astype(np.float32)  # (M, K)
    fits = parts.sum(axis=1) * inside[index.source]  # (M,)
    rows = np.flatnonzero(fits >= MIN_FIT)
    if len(rows) > MOST_ROWS:
        rows = np.sort(rows[np.argpartition(-fits[rows], MOST_ROWS)[:MOST_ROWS]])
    runs = [run for run in np.split(rows, _breaks(rows, fits, index.source)) if len(run)]
    lengths = index.stop_s - index.start_s
    scored = [(float(np.average(fits[run], weights=lengths[run])), run) for run in runs]
    scored.sort(key=lambda pair: -pair[0])
    return [_moment(index, score, run, parts[run], lengths[run]) for score, run in scored[: 2 * most]]


def _breaks(rows: np.ndarray, fits: np.ndarray, source: np.ndarray) -> np.ndarray:
    """Where in `rows` another moment begins: in another clip, after a gap, or where it fits much better or worse."""
    before, after = rows[:-1], rows[1:]
    low, high = np.minimum(fits[before], fits[after]), np.maximum(fits[before], fits[after])
    return np.flatnonzero((after != before + 1) | (source[before] != source[after]) | (low < SPREAD * high)) + 1


def _moment(index: Index, score: float, run: np.ndarray, parts: np.ndarray, lengths: np.ndarray) -> Moment:
    """A run of rows as a moment, with the labels that made it fit and their mean scores in it."""
    labels, fit = index.label[run], parts * lengths[:, None]  # (R, K)
    named, indices = np.unique(labels, return_inverse=True)
    shares = np.bincount(indices.ravel(), fit.ravel()) / max(float(fit.sum()), 1e-9)
    means = np.bincount(indices.ravel(), (index.score[run].astype(np.float32) * lengths[:, None]).ravel())
    means = means / float(lengths.sum())
    order = [at for rank, at in enumerate(np.argsort(-shares)[:2]) if not rank or shares[at] >= ALSO]
    why = ", ".join(f"{index.labels[named[at]]} {means[at]:.2f}" for at in order)
    source = index.source[run[0]]
    start_s, stop_s = float(index.start_s[run[0]]), float(index.stop_s[run[-1]])
    place = index.videos[source], "", round(start_s, 3), round(stop_s, 3)
    return Moment(*place, round(min(score, 1.0), 4), why, index.sources[source])


def _by_lines(
    index: Index, words: str, vector: np.ndarray, inside: np.ndarray, most: int
) -> tuple[list[Moment], set[Moment]]:
    """Moments by the texts that come with clips, and those of them in which all words stand."""
    if not len(index.line_source):
        return [], set()
    matches = full_text.lines(index, words, inside)
    exact = {match.row: match for match in matches}
    scores = {match.row: match.score for match in matches}
    if not full_text.parse_query(words).phrases:
        fits = indices.cosines(index, vector) * inside[index.line_source]
        near = np.flatnonzero(fits >= LEAST_LINE)
        for row in near[np.argsort(-fits[near], kind="stable")][: 2 * most].tolist():
            scores[row] = max(float(fits[row]), scores.get(row, 0.0))
    best = sorted(scores, key=lambda row: -scores[row])
    moments = {
        row: _line_moment(index, row, scores[row], words, row in exact) for row in _few(index, best, inside)[:most]
    }
    return list(moments.values()), {moment for row, moment in moments.items() if row in exact and exact[row].whole}


def _line_moment(index: Index, row: int, score: float, words: str, literal: bool) -> Moment:
    """A line as a moment. literal: words of the query stand in it."""
    line, source = index.line(row), int(index.line_source[row])
    kind = index.kinds[source]
    why = describe_line(kind, line.text, words) if literal else f"{kind}: {shortened(line.text)}"
    return Moment(index.videos[source], "", line.start_s, line.stop_s, round(min(score, 1.0), 4), why)


def _few(index: Index, rows: list[int], inside: np.ndarray) -> list[int]:
    """The first lines of each clip, where several clips are searched."""
    several = len({index.videos[source] for source in np.flatnonzero(inside)}) > 1
    counts: Counter[str] = Counter()
    kept = []
    for row in rows:
        video = index.videos[int(index.line_source[row])]
        counts[video] += 1
        if counts[video] <= LINES_A_CLIP or not several:
            kept.append(row)
    return kept


def describe_line(source: str, text: str, words: str) -> str:
    """Why a line was found in which words stand: what was said, or written, about there."""
    return f'{"noted" if source == WRITTEN else "said"}: "{shortened(text, full_text.begins(text, words))}"'


def shortened(text: str, about: int = 0) -> str:
    """A text of which at most MAX_LINE_LENGTH characters are left, about that place."""
    if len(text) <= MAX_LINE_LENGTH:
        return text
    start = max(0, min(about - MAX_LINE_LENGTH // 3, len(text) - MAX_LINE_LENGTH))
    start = text.find(" ", start, about) + 1 if start and text.find(" ", start, about) >= 0 else start
    part = text[start : start + MAX_LINE_LENGTH].rstrip()
    return f"{'... ' if start else ''}{part}{' ...' if start + MAX_LINE_LENGTH < len(text) else ''}"


def _apart(moments: list[Moment], most: int) -> tuple[Moment, ...]:
    """The best moments; of those that overlap by half in one clip only the best stays."""
    kept: list[Moment] = []
    for moment in sorted(moments, key=lambda moment: (-moment.score, moment.video, moment.start_s)):
        if len(kept) == most:
            break
        if not any(_overlap(moment, other) for other in kept if other.video == moment.video):
            kept.append(moment)
    return tuple(kept)


def _overlap(moment: Moment, other: Moment) -> bool:
    shared = min(moment.stop_s, other.stop_s) - max(moment.start_s, other.start_s)
    return shared > 0.5 * min(moment.stop_s - moment.start_s, other.stop_s - other.start_s)


def written(hits: Hits, form: str) -> str:
    """The moments as text or as JSON, as the command line tells them."""
    if form == "json":
        keys = ("path", "start_s", "stop_s", "score", "why")
        rows = [{key: getattr(moment, key) for key in keys} for moment in hits.moments]
        return json.dumps({"moments": rows}, indent=2, ensure_ascii=False) + "\n"
    lines = [
        f"{moment.score:.2f}  {moment.start_s:8.2f} - {moment.stop_s:8.2f} s  {moment.path}  ({moment.why})"
        for moment in hits.moments
    ]
    return "".join(f"{line}\n" for line in lines) or "No moment matches this query.\n"
