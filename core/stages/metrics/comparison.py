"""Making a comparison, and what the formulas share: the registry's entry, shares and means that may be undefined.

A metric is one function `(Comparison) -> float`, or `-> (C,)` with by_label=True, under `@metric("Label", help="...")`.
NaN stands for "undefined" inside the formulas; outside, an `Estimate` says None and why. A formula that takes its sums
from `Comparison.total` and works on the last axis serves the bootstrap too, all draws at once; any other still gets its
interval, one draw after another.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from core.base.errors import LabelsMismatch, ScoringRefused
from core.base.registry import METRICS
from core.domain import Comparison, Track

SUM_SLACK = 1e-3
Formula = Callable[[Comparison], Any]


@dataclass(frozen=True)
class Metric:
    """One metric of the registry.

    needs: what a comparison must have: "labels" (always there), "clips" (one label each), "scores", "top5" (scores of
    more than five labels), "rows" (labels over time), "times", "segments" (in seconds), "detections" (with a score).
    share: the two counts (k, n) whose ratio it is, where it is the plain share of clips: those get Wilson intervals.
    best: its value where prediction equals truth. unit: "" for numbers from 0 to 1, shown in per cent, else "s" or "x".
    left_out: how many labels or videos its mean could not take in. undefined: why it may have no value.
    fast: whether it takes all draws of a bootstrap at once in little time. short: its name where there is little room;
    help: two sentences for people, shown as its tooltip.
    """

    name: str
    label: str
    formula: Formula
    needs: str
    by_label: bool
    best: float
    unit: str
    share: Formula | None
    left_out: Callable[[Comparison], int] | None
    undefined: str
    fast: bool
    short: str
    help: str

    def __call__(self, comparison: Comparison) -> Any:
        return self.formula(comparison)

    def applies(self, comparison: Comparison) -> bool:
        """Whether `comparison` has what this metric needs."""
        scored = all(segment.confidence is not None for segments in comparison.found_segments for segment in segments)
        there = {
            "labels": True,
            "clips": not comparison.over_time,
            "top5": comparison.scores is not None and len(comparison.labels) > 5,
            "scores": comparison.scores is not None,
            "rows": comparison.over_time,
            "times": comparison.times_s is not None and comparison.ends_s is not None,
            "segments": bool(comparison.truth_segments),
            "detections": bool(comparison.truth_segments) and scored,
        }
        return there[self.needs]


def metric(
    label: str,
    *,
    help: str,
    short: str = "",
    needs: str = "labels",
    by_label: bool = False,
    best: float = 1.0,
    unit: str = "",
    share: Formula | None = None,
    left_out: Callable[[Comparison], int] | None = None,
    undefined: str = "nothing is labelled",
    fast: bool = True,
) -> Callable[[Formula], Formula]:
    """File a formula under its name; the arguments are those of `Metric`."""

    def filed(formula: Formula) -> Formula:
        name = getattr(formula, "__name__", "")
        entry = Metric(
            name=name,
            label=label,
            formula=formula,
            needs=needs,
            by_label=by_label,
            best=best,
            unit=unit,
            share=share,
            left_out=left_out,
            undefined=undefined,
            fast=fast,
            short=short or label,
            help=help,
        )
        METRICS.add(name, entry)
        return formula

    return filed


# What the formulas share ----------------------------------------------------------------------------------------------


def share(part: Any, whole: Any) -> Any:
    """part / whole, NaN where `whole` is 0."""
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    quotient = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    np.divide(part, whole, out=quotient, where=whole != 0)
    return quotient[()]


def mean_where(values: np.ndarray, keep: np.ndarray) -> Any:
    """The mean over the last axis of those `values` that are kept, NaN where none is."""
    return share(np.where(keep, values, 0).sum(axis=-1), np.sum(keep, axis=-1))


def unit_of_rows(comparison: Comparison) -> np.ndarray:
    """(N,) the unit that each row belongs to."""
    if comparison.starts is None:
        return np.arange(len(comparison.truth))
    return np.repeat(np.arange(len(comparison.names)), np.diff(comparison.starts))


def sums_by_unit(comparison: Comparison, values: np.ndarray) -> np.ndarray:
    """(n, K): for each unit the sum of `values` (N, K) over its labelled rows."""
    units, labelled = comparison.table(unit_of_rows), comparison.truth >= 0
    count = len(comparison.names)
    kept = np.where(labelled[:, None], values, 0.0)  # (N, K)
    if comparison.starts is None:
        return kept
    return np.stack([np.bincount(units, column, count) for column in kept.T], axis=1)


def videos(comparison: Comparison) -> list[tuple[np.ndarray, np.ndarray]]:
    """Truth and prediction of each unit; both -1 in unlabelled frames."""
    masked = np.where(comparison.truth < 0, -1, comparison.predicted)
    starts = np.arange(len(comparison.truth) + 1) if comparison.starts is None else comparison.starts
    return [(comparison.truth[a:b], masked[a:b]) for a, b in pairwise(starts)]


def taken(comparison: Comparison, units: Sequence[int] | np.ndarray) -> Comparison:
    """A comparison of those units alone, in that order; a unit may be taken several times."""
    starts = np.arange(len(comparison.names) + 1) if comparison.starts is None else comparison.starts
    spans = [np.arange(starts[unit], starts[unit + 1]) for unit in units]
    rows = np.concatenate([np.zeros(0, np.int64), *spans]).astype(np.int64)
    every = np.asarray(units, np.int64)

    def chosen(values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(values[unit] for unit in units) if values else ()

    return Comparison(
        comparison.labels,
        chosen(comparison.names),
        chosen(comparison.groups),
        comparison.truth[rows],
        comparison.predicted[rows],
        None if comparison.scores is None else comparison.scores[rows],
        None
        if comparison.starts is None
        else np.concatenate([[0], np.cumsum([len(span) for span in spans])]).astype(int),
        None if comparison.times_s is None else comparison.times_s[rows],
        None if comparison.ends_s is None else comparison.ends_s[every],
        comparison.background,
        chosen(comparison.truth_segments),
        chosen(comparison.found_segments),
        chosen(comparison.seen_s),
        comparison.split,
    )


# Making a comparison --------------------------------------------------------------------------------------------------


def of_clips(
    labels: Sequence[str],
    truth: np.ndarray,
    scores: np.ndarray,
    *,
    names: Sequence[str],
    groups: Sequence[str] | None = None,
    split: str = "",
) -> Comparison:
    """Clips with one label each. truth: (n,) places in `labels`, -1 where unknown; scores: (n, C) probabilities.

    The prediction is the best score; equals go to the label listed first.
    """
    truth, scores = np.asarray(truth, np.int64), np.asarray(scores)
    _check_scores(scores, labels, lambda row: f"the clip {names[row]!r}")
    predicted = np.argmax(scores, axis=1) if len(scores) else np.zeros(0, np.int64)
    return Comparison(tuple(labels), tuple(names), _groups(groups, names), truth, predicted, scores=scores, split=split)


def of_rows(
    labels: Sequence[str],
    truth: Sequence[np.ndarray],
    predicted: Sequence[np.ndarray],
    *,
    names: Sequence[str],
    groups: Sequence[str] | None = None,
    scores: Sequence[np.ndarray] | None = None,
    times_s: Sequence[np.ndarray] | None = None,
    ends_s: Sequence[float] | None = None,
    background: int = 0,
    split: str = "",
) -> Comparison:
    """Videos with a label for each frame.

    truth, predicted: for each video (T,) places in `labels`, -1 where unknown. A prediction that is unknown where the
    truth is not is refused. scores: for each video (T, C) probabilities; times_s, ends_s: when its frames appear and
    when the last one disappears.
    """
    starts = np.concatenate([[0], np.cumsum([len(row) for row in truth])]).astype(np.int64)
    times = None if times_s is None else _joined(times_s, np.float64)
    _check_times(times, names, starts)
    _check_covered(names, truth, predicted, times_s)
    joined = None if scores is None else np.concatenate([np.zeros((0, len(labels)), np.float32), *scores])
    if joined is not None:
        _check_scores(joined, labels, lambda row: _place(row, names, starts, times))
    return Comparison(
        tuple(labels),
        tuple(names),
        _groups(groups, names),
        _joined(truth, np.int64),
        _joined(predicted, np.int64),
        joined,
        starts,
        times,
        None if ends_s is None else np.asarray(ends_s, np.float64),
        background,
        split=split,
    )


def of_tracks(
    truth: Sequence[Track],
    predicted: Sequence[Track],
    *,
    times_s: Sequence[np.ndarray],
    ends_s: Sequence[float],
    names: Sequence[str],
    groups: Sequence[str] | None = None,
    split: str = "",
) -> Comparison:
    """Pairs of tracks of the same clips, sampled at the measured times of their frames. ends_s: ends of the clips."""
    labels = truth[0].labels if truth else ("",)
    for name, track, other in zip(names, truth, predicted, strict=True):
        if track.labels != labels or other.labels != labels:
            raise LabelsMismatch(f"{name}: the tracks do not list the same labels.", "Score tracks of one label list.")
        if track.video != other.video:
            raise ScoringRefused(f"{name}: the tracks belong to two clips.", "Score tracks of the same clip.")
    rows = of_rows(
        labels,
        [row_of(track, times) for track, times in zip(truth, times_s, strict=True)],
        [row_of(track, times) for track, times in zip(predicted, times_s, strict=True)],
        names=names,
        groups=groups,
        times_s=times_s,
        ends_s=ends_s,
        split=split,
    )
    return with_segments(rows, [track.segments for track in truth], [track.segments for track in predicted], truth)


def with_segments(
    comparison: Comparison, truth: Sequence[Any], predicted: Sequence[Any], seen: Sequence[Any]
) -> Comparison:
    """`comparison` with the segments of each video beside its rows. seen: tracks, or (start, stop) in seconds."""
    for name, *sides in zip(comparison.names, truth, predicted, strict=True):
        for row in (segment for side in sides for segment in side):
            if not np.isfinite(row.stop_s):
                raise ScoringRefused(
                    f"{name}: the segment {row.label!r} from {row.start_s} to {row.stop_s} s has no end.", "End it."
                )
    stretches = tuple(row.seen_s if isinstance(row, Track) else tuple(row) for row in seen)
    return replace(
        comparison,
        truth_segments=tuple(map(tuple, truth)),
        found_segments=tuple(map(tuple, predicted)),
        seen_s=stretches,
    )


def row_of(track: Track, times_s: np.ndarray) -> np.ndarray:
    """(T,) int64: the place in its labels of what `track` says at each time; -1 outside of what its author saw.

    Where it was seen and nothing is marked, that is the first label.
    """
    start_s, stop_s = track.seen_s
    row = np.where((times_s >= start_s) & (times_s < stop_s), 0, -1)
    for segment in track.segments:
        first, stop = np.searchsorted(times_s, [segment.start_s, segment.stop_s], side="left")
        row[first:stop] = np.where(row[first:stop] < 0, -1, track.labels.index(segment.label))
    return row.astype(np.int64)


def _groups(groups: Sequence[str] | None, names: Sequence[str]) -> tuple[str, ...]:
    """The group of each unit; one that belongs to none ("") is a group of its own."""
    texts = names if groups is None else groups
    return tuple(group or f"{name} alone" for group, name in zip(texts, names, strict=True))


def _joined(rows: Sequence[np.ndarray], kind: type) -> np.ndarray:
    return np.concatenate([np.zeros(0, kind), *rows]).astype(kind)


def _place(row: int, names: Sequence[str], starts: np.ndarray, times_s: np.ndarray | None) -> str:
    """Video and moment of a row, in words."""
    unit = int(np.searchsorted(starts, row, side="right")) - 1
    moment = f"frame {row - starts[unit]}" if times_s is None else f"{times_s[row]:.3f} s"
    return f"{names[unit]} at {moment}"


def _check_times(times_s: np.ndarray | None, names: Sequence[str], starts: np.ndarray) -> None:
    if times_s is not None and not np.all(np.isfinite(times_s)):
        row = int(np.flatnonzero(~np.isfinite(times_s))[0])
        raise ScoringRefused(f"{_place(row, names, starts, None)}: its time is {times_s[row]}.", "Correct the times.")


def _check_covered(
    names: Sequence[str],
    truth: Sequence[np.ndarray],
    predicted: Sequence[np.ndarray],
    times_s: Sequence[np.ndarray] | None,
) -> None:
    """Refuse predictions of other frames, and those that say nothing where the truth is known."""
    for unit, (name, values, other) in enumerate(zip(names, truth, predicted, strict=True)):
        if len(values) != len(other):
            raise ScoringRefused(
                f"{name}: truth has {len(values)} frames, the prediction {len(other)}.",
                "Both must be made for the same frames of the same clip.",
            )
        missing = np.flatnonzero((np.asarray(values) >= 0) & (np.asarray(other) < 0))
        if len(missing):
            first = int(missing[0])
            moment = f"frame {first}" if times_s is None else f"{times_s[unit][first]:.3f} s"
            raise ScoringRefused(
                f"{name}: the prediction is missing for {len(missing)} frames with a known truth, first at {moment}.",
                "Predict the whole clip, or score only the predicted part.",
            )


def _check_scores(scores: np.ndarray, labels: Sequence[str], function: Callable[[int], str]) -> None:
    """Refuse scores that are no probabilities over `labels`."""
    if scores.ndim != 2 or scores.shape[1] != len(labels):
        raise LabelsMismatch(f"There are {len(labels)} labels, but the scores are {scores.shape}.", "Score one model.")
    odd = ~np.isfinite(scores)
    if odd.any():
        row, label = (int(axis[0]) for axis in np.nonzero(odd))
        raise ScoringRefused(f"{function(row)}: the score of {labels[label]!r} is {scores[row, label]}.", _AGAIN)
    odd = (scores < -1e-6) | (scores > 1 + 1e-6)
    if odd.any():
        row, label = (int(axis[0]) for axis in np.nonzero(odd))
        raise ScoringRefused(
            f"{function(row)}: {scores[row, label]} for {labels[label]!r} is not a probability.", _AGAIN
        )
    sums = scores.sum(axis=1, dtype=np.float64)  # (N,)
    odd = np.abs(sums - 1) > SUM_SLACK
    if odd.any():
        row = int(np.flatnonzero(odd)[0])
        raise ScoringRefused(f"{function(row)}: the probabilities sum to {sums[row]:.4f}, not to 1.", _AGAIN)


_AGAIN = "Repeat the prediction; scores must be finite, from 0 to 1, and sum to 1 for each moment."
