"""From scores at each step to labelled stretches of seconds, and to one ranking for the whole clip."""

import heapq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.domain import LabelScore, Prediction, Segment, Track

NOTHING = "nothing certain"


def smooth(scores: np.ndarray, times_s: np.ndarray, *, width_s: float, where: np.ndarray | None = None) -> np.ndarray:
    """The mean over all steps within half of `width_s` of each step, on the true clock.

    scores: (T, C) float32, times_s: (T,) rising. Rows that sum to 1 still do. Both ends of the window count.
    where: (T,) bool, steps that count; the others stay as they are. All count by default.
    """
    if where is not None:
        kept = scores.astype(np.float32)
        kept[where] = smooth(scores[where], times_s[where], width_s=width_s)
        return kept
    first = np.searchsorted(times_s, times_s - width_s / 2 - 1e-9, side="left")  # (T,)
    stop = np.searchsorted(times_s, times_s + width_s / 2 + 1e-9, side="right")  # (T,)
    sums = _sums(scores)  # (T + 1, C)
    return ((sums[stop] - sums[first]) / (stop - first)[:, None]).astype(np.float32)


def edges(times_s: np.ndarray, seen_s: tuple[float, float]) -> np.ndarray:
    """Where steps begin and end: midway between their middles, the outermost at the ends of `seen_s`.

    times_s: (T,) rising. Gives (T + 1,) that never falls and never leaves `seen_s`.
    """
    between = (times_s[:-1] + times_s[1:]) / 2
    return np.clip(np.concatenate(([seen_s[0]], between, [seen_s[1]])), *seen_s)


def stretches(where: np.ndarray, times_s: np.ndarray, seen_s: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    """The stretches of seconds of steps that follow one another and count. where: (T,) bool."""
    borders_s = edges(times_s, seen_s)  # (T + 1,)
    return tuple((float(borders_s[run.first]), float(borders_s[run.stop])) for run in _runs(where) if where[run.first])


def ranking(prediction: Prediction) -> tuple[LabelScore, ...]:
    """All labels by their mean score over the clip, best first; equals keep the order of the labels."""
    means = prediction.scores.mean(axis=0, dtype=np.float64)  # (C,)
    order = np.argsort(-means, kind="stable")
    return tuple(LabelScore(prediction.labels[i], float(means[i])) for i in order)


def track(
    prediction: Prediction,
    *,
    video: str,
    threshold: float,
    shortest_s: float,
    author: str,
    where: np.ndarray | None = None,
) -> Track:
    """The best label of each step, joined into segments in seconds. where: (T,) bool, steps that count; else all.

    A step whose best score is below `threshold` gives no segment: it counts as the first label of the track. A
    stretch shorter than `shortest_s`, of a label or of nothing, goes to the neighbour that scores better there.
    A segment's confidence is the mean score of its label in it.
    """
    scores = prediction.scores
    with_nothing = np.column_stack((scores, np.full(len(scores), threshold, np.float32)))  # (T, C + 1)
    if where is not None:
        with_nothing[~where] = np.append(np.zeros(scores.shape[1]), 1)
    borders_s = edges(prediction.times_s, prediction.seen_s)  # (T + 1,)
    sums = _sums(with_nothing)  # (T + 1, C + 1)
    runs = _merge_short(_runs(with_nothing.argmax(axis=1)), borders_s, sums, shortest_s)
    segments = tuple(
        Segment(float(borders_s[run.first]), float(borders_s[run.stop]), prediction.labels[run.label], run.mean(sums))
        for run in runs
        if run.label < len(prediction.labels) and borders_s[run.first] < borders_s[run.stop]
    )
    return Track(video, (NOTHING, *prediction.labels), segments, prediction.seen_s, author)


@dataclass(eq=False)
class _LabelRun:
    """Steps [first, stop) of one label, linked to the runs beside it while short ones are merged away."""

    first: int
    stop: int
    label: int
    left: "_LabelRun | None" = None
    right: "_LabelRun | None" = None
    gone: bool = False

    def mean(self, sums: np.ndarray, label: int | None = None) -> float:
        """The mean score in this run of its own label, or of another."""
        column = self.label if label is None else label
        return float(np.clip((sums[self.stop, column] - sums[self.first, column]) / (self.stop - self.first), 0, 1))


def _sums(scores: np.ndarray) -> np.ndarray:
    """(T + 1, C) float64 running sums, so that the sum over steps [a, b) is `sums[b] - sums[a]`."""
    sums = np.zeros((len(scores) + 1, scores.shape[1]))
    np.cumsum(scores, axis=0, dtype=np.float64, out=sums[1:])
    return sums


def _runs(row: np.ndarray) -> list[_LabelRun]:
    """Runs of one value. row: (T,) integers, T >= 1."""
    starts = np.concatenate(([0], np.flatnonzero(np.diff(row)) + 1, [len(row)]))
    runs = [_LabelRun(int(a), int(b), int(row[a])) for a, b in pairwise(starts)]
    for left, right in pairwise(runs):
        left.right, right.left = right, left
    return runs


def _merge_short(runs: list[_LabelRun], borders_s: np.ndarray, sums: np.ndarray, shortest_s: float) -> list[_LabelRun]:
    """The runs after each one below `shortest_s` went to a neighbour, the shortest first; a lone run stays."""

    def length_s(run: _LabelRun) -> float:
        return float(borders_s[run.stop] - borders_s[run.first])

    waiting = [(length_s(run), run.first, run.stop, i) for i, run in enumerate(runs)]
    heapq.heapify(waiting)
    while waiting:
        length, first, stop, i = heapq.heappop(waiting)
        run = runs[i]
        if run.gone or (run.first, run.stop) != (first, stop):
            continue
        if length >= shortest_s - 1e-9 or not (run.left or run.right):
            break
        run.label = max((side.label for side in (run.left, run.right) if side), key=lambda c: run.mean(sums, c))
        for side in (run.left, run.right):
            if side and side.label == run.label:
                _absorb(run, side)
        heapq.heappush(waiting, (length_s(run), run.first, run.stop, i))
    return [run for run in runs if not run.gone]


def _absorb(run: _LabelRun, side: _LabelRun) -> None:
    """Grow `run` over `side`, one of its neighbours."""
    side.gone = True
    if side is run.left:
        run.first, run.left = side.first, side.left
        if run.left:
            run.left.right = run
    else:
        run.stop, run.right = side.stop, side.right
        if run.right:
            run.right.left = run
