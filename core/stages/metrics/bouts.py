"""Segments in seconds: mean average precision over temporal IoU, bout agreement with onset and offset errors.

Source of the first: activitynet/ActivityNet `Evaluation/eval_detection.py`, with these differences: predictions of
labels without truth are counted and told instead of failing, ties go by video and start, and predictions whose middle
nobody looked at are dropped. For bouts no standard exists; the rule is in `pair`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from core.domain import Comparison, Segment
from core.stages.metrics.comparison import mean_where, metric, share

SLACK_S = 1e-9
THRESHOLDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
HALF = 0.5
NO_BOUT = "there is no bout to divide by"


class Stretches(NamedTuple):
    """Segments of one video and one label: (K,) start and stop in seconds, and score, NaN where nobody said."""

    starts_s: np.ndarray
    stops_s: np.ndarray
    scores: np.ndarray


def stretches(segments: Sequence[Segment]) -> Stretches:
    """The segments as arrays, in order of start, then stop."""
    ordered = sorted(segments, key=lambda segment: (segment.start_s, segment.stop_s))
    scores = [np.nan if segment.confidence is None else segment.confidence for segment in ordered]
    times_s = np.array([(segment.start_s, segment.stop_s) for segment in ordered], np.float64).reshape(-1, 2)
    return Stretches(times_s[:, 0], times_s[:, 1], np.array(scores, np.float64))


def overlaps(stretches: Stretches, truth: Stretches) -> tuple[np.ndarray, np.ndarray]:
    """(P, G): seconds in both, and seconds in either."""
    first = np.maximum(stretches.starts_s[:, None], truth.starts_s)
    inter = np.maximum(np.minimum(stretches.stops_s[:, None], truth.stops_s) - first, 0)
    lengths = (stretches.stops_s - stretches.starts_s)[:, None] + (truth.stops_s - truth.starts_s)
    return inter, lengths - inter


def reaches(inter: np.ndarray, union: np.ndarray, tau: float) -> np.ndarray:
    """Whether the IoU is at least tau, with a slack of 1e-9; tau = 0 asks for any overlap."""
    return (inter >= tau * union - SLACK_S) & (inter > SLACK_S)


def seen_predictions(comparison: Comparison) -> list[list[Segment]]:
    """Predicted segments of each video whose middle its author looked at."""
    return [
        [segment for segment in segments if start_s <= (segment.start_s + segment.stop_s) / 2 < stop_s]
        for segments, (start_s, stop_s) in zip(comparison.found_segments, comparison.seen_s, strict=True)
    ]


def by_label(comparison: Comparison) -> dict[str, list[tuple[Stretches, Stretches]]]:
    """For each label but the background, and each video: what is true, and what was predicted and seen."""
    sides = list(zip(comparison.truth_segments, comparison.table(seen_predictions), strict=True))

    def of(label: str, segments: Sequence[Segment]) -> Stretches:
        return stretches([segment for segment in segments if segment.label == label])

    named = [label for index, label in enumerate(comparison.labels) if index != comparison.background]
    return {label: [(of(label, true), of(label, predicted)) for true, predicted in sides] for label in named}


# mAP over temporal IoU ------------------------------------------------------------------------------------------------


class Detections(NamedTuple):
    """All predictions of one label, best score first. units: (K,) their videos; right: (K, 10) at each threshold.

    truths: (n,) how many true segments each video has.
    """

    units: np.ndarray
    right: np.ndarray
    truths: np.ndarray


def claims(truth: Stretches, predicted: Stretches, tau: float) -> np.ndarray:
    """(P,) bool: which predictions, best score first, get a true segment of IoU >= tau that is still free.

    Each takes the free one with the largest IoU, the earlier of equals. (Unlike F1@k, where there is no second choice.)
    """
    inter, union = overlaps(predicted, truth)
    iou = inter / union
    good = reaches(inter, union, tau)
    right = np.zeros(len(predicted.starts_s), bool)
    for row in np.argsort(-predicted.scores, kind="stable"):
        free = np.flatnonzero(good[row])
        if len(free):
            right[row] = True
            good[:, free[np.argmax(iou[row, free])]] = False
    return right


def detections(comparison: Comparison) -> dict[str, Detections]:
    """Each label's predictions in the order in which they count. Equal scores go by name of video, then by start."""
    rank = np.argsort(np.argsort(np.array(comparison.names), kind="stable"), kind="stable")
    result = {}
    for label, pairs in comparison.table(by_label).items():
        units = np.repeat(np.arange(len(pairs)), [len(predicted.starts_s) for _, predicted in pairs])
        right = [np.stack([claims(pair[0], pair[1], tau) for tau in THRESHOLDS], axis=1) for pair in pairs]
        columns = [np.concatenate([np.zeros(0), *(pair[1][column] for pair in pairs)]) for column in (0, 2)]
        order = np.lexsort((columns[0], rank[units], -columns[1]))
        flags = np.concatenate([np.zeros((0, len(THRESHOLDS)), bool), *right])
        truths = np.array([len(truth.starts_s) for truth, _ in pairs], np.float64)
        result[label] = Detections(units[order], flags[order], truths)
    return result


def _area(right: np.ndarray, weights: np.ndarray, truths: np.ndarray) -> np.ndarray:
    """(R,): area under precision made non-increasing from the right (VOC 2011). right: (K,), weights: (R, K)."""
    hits = np.cumsum(weights * right, axis=1)
    precision = np.nan_to_num(share(hits, np.cumsum(weights, axis=1)))
    envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    steps = np.diff(hits, axis=1, prepend=0)
    return share((steps * envelope).sum(axis=1), truths)


def average_precisions(comparison: Comparison, tau: float) -> np.ndarray:
    """(..., C): the average precision of each label at one of `THRESHOLDS`; NaN for labels without truth."""
    if tau not in THRESHOLDS:
        raise ValueError(f"tau is one of {THRESHOLDS}, got {tau}")
    weights = np.ones((1, len(comparison.names))) if comparison.weights is None else comparison.weights
    areas = np.full((len(weights), len(comparison.labels)), np.nan)
    for label, (units, right, truths) in comparison.table(detections).items():
        column = right[:, THRESHOLDS.index(tau)]
        areas[:, comparison.labels.index(label)] = _area(column, weights[:, units], weights @ truths)
    return areas[0] if comparison.weights is None else areas


def map_at(comparison: Comparison, tau: float) -> Any:
    """The mean average precision over labels with truth."""
    areas = average_precisions(comparison, tau)
    return mean_where(areas, ~np.isnan(areas))


def _labels_without_segments(comparison: Comparison) -> int:
    true = {segment.label for truth_segment in comparison.truth_segments for segment in truth_segment}
    return sum(label not in true for index, label in enumerate(comparison.labels) if index != comparison.background)


@metric(
    "mAP at IoU 0.5",
    needs="detections",
    left_out=_labels_without_segments,
    undefined="there is no true segment",
    fast=False,
    short="mAP at 0.5",
    help="Mean average precision of the predicted segments. A segment is correct if its overlap (IoU) with a "
    "true one is at least 50 %.",
)
def map_50(comparison: Comparison) -> Any:
    """The mean over labels of the average precision of segments that share half with a true one."""
    return map_at(comparison, 0.5)


@metric(
    "mAP, mean over IoU 0.5 to 0.95",
    needs="detections",
    left_out=_labels_without_segments,
    undefined="there is no true segment",
    fast=False,
    short="mAP 0.5 to 0.95",
    help="The same, averaged over overlap thresholds from 50 to 95 %. It is the metric of the ActivityNet challenge.",
)
def map_mean(comparison: Comparison) -> Any:
    """The mean of the mAP at 0.50, 0.55, ... 0.95, as ActivityNet tells it."""
    return np.mean([map_at(comparison, tau) for tau in THRESHOLDS], axis=0)


# Bouts ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Errors:
    """How far predicted moments lie from the true ones, in seconds; positive is late. None where there is no hit.

    far_s: 90 % of the errors are no larger, early or late.
    """

    count: int
    mean_s: float | None
    median_s: float | None
    far_s: float | None


@dataclass(frozen=True)
class Bouts:
    """How bouts agree. Rates count bouts a minute of labelled time; None where there is nothing to divide by."""

    hits: int
    misses: int
    false_alarms: int
    precision: float | None
    recall: float | None
    f1: float | None
    onset: Errors
    offset: Errors
    true_per_minute: float | None
    found_per_minute: float | None
    true_total_s: float
    found_total_s: float
    true_mean_s: float | None
    found_mean_s: float | None


def pair(truth: Stretches, predicted: Stretches, tau: float) -> list[tuple[int, int]]:
    """Pairs (true bout, predicted bout) with IoU >= tau, the largest first, each bout once.

    Equal IoUs: the earlier true bout first, then the earlier prediction. tau = 0: any overlap.
    """
    inter, union = (overlap.T for overlap in overlaps(predicted, truth))  # (G, P)
    true, values = np.nonzero(reaches(inter, union, tau))
    iou = np.round(inter[true, values] / union[true, values], 9)
    pairs: list[tuple[int, int]] = []
    free_true, free_found = set(range(len(truth.starts_s))), set(range(len(predicted.starts_s)))
    for position in np.lexsort((values, true, -iou)):
        number, other = int(true[position]), int(values[position])
        if number in free_true and other in free_found:
            pairs.append((number, other))
            free_true.remove(number)
            free_found.remove(other)
    return pairs


def bout_table(comparison: Comparison, tau: float) -> np.ndarray:
    """(n, 5): for each video hits, true bouts, predicted bouts, and over hits the sums of onset and offset errors."""
    rows = np.zeros((len(comparison.names), 5))
    for pairs in comparison.table(by_label).values():
        for unit, (truth, predicted) in enumerate(pairs):
            late = hit_errors(truth, predicted, tau)  # (2, hits)
            rows[unit] += (late.shape[1], len(truth.starts_s), len(predicted.starts_s), *late.sum(axis=1))
    return rows


def hit_errors(truth: Stretches, predicted: Stretches, tau: float) -> np.ndarray:
    """(2, hits): onset and offset errors in seconds, positive is late."""
    indices = np.array(pair(truth, predicted, tau), np.int64).reshape(-1, 2)
    true, values = indices.T
    return np.stack(
        [predicted.starts_s[values] - truth.starts_s[true], predicted.stops_s[values] - truth.stops_s[true]]
    )


@metric(
    "Bouts: precision at IoU 0.5",
    needs="segments",
    undefined=NO_BOUT,
    short="Bout precision",
    help="The share of predicted bouts that match a true bout with an overlap (IoU) of at least 50 %. The "
    "others are false positives.",
)
def bout_precision(comparison: Comparison) -> Any:
    """Of the predicted bouts, the share that pairs with a true one."""
    total = comparison.total(bout_table, HALF)
    return share(total[..., 0], total[..., 2])


@metric(
    "Bouts: recall at IoU 0.5",
    needs="segments",
    undefined=NO_BOUT,
    short="Bout recall",
    help="The share of true bouts that match a predicted bout with an overlap (IoU) of at least 50 %. The "
    "others were missed.",
)
def bout_recall(comparison: Comparison) -> Any:
    """Of the true bouts, the share that pairs with a predicted one."""
    total = comparison.total(bout_table, HALF)
    return share(total[..., 0], total[..., 1])


@metric(
    "Bouts: F1 at IoU 0.5",
    needs="segments",
    undefined=NO_BOUT,
    help="The harmonic mean of bout precision and bout recall. It is low as soon as either is low.",
)
def bout_f1(comparison: Comparison) -> Any:
    """The harmonic mean of the two."""
    total = comparison.total(bout_table, HALF)
    return share(2 * total[..., 0], total[..., 1] + total[..., 2])


@metric(
    "Bouts: mean onset error",
    needs="segments",
    best=0.0,
    unit="s",
    undefined="no bout was hit",
    short="Onset error",
    help="How many seconds late (positive) or early (negative) matched bouts start, on average. Early and late "
    "starts can cancel out.",
)
def onset_error(comparison: Comparison) -> Any:
    """Over bouts that were hit, how many seconds too late (positive) or too early they begin."""
    total = comparison.total(bout_table, HALF)
    return share(total[..., 3], total[..., 0])


@metric(
    "Bouts: mean offset error",
    needs="segments",
    best=0.0,
    unit="s",
    undefined="no bout was hit",
    short="Offset error",
    help="How many seconds late (positive) or early (negative) matched bouts end, on average. Early and late "
    "ends can cancel out.",
)
def offset_error(comparison: Comparison) -> Any:
    """Over bouts that were hit, how many seconds too late (positive) or too early they end."""
    total = comparison.total(bout_table, HALF)
    return share(total[..., 4], total[..., 0])


def _errors(late_s: np.ndarray) -> Errors:
    if not len(late_s):
        return Errors(0, None, None, None)
    size = np.abs(late_s)
    return Errors(len(late_s), float(late_s.mean()), float(np.median(size)), float(np.quantile(size, 0.9)))


def _or_none(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)


def bouts(comparison: Comparison, *, tau: float = HALF, label: str = "") -> Bouts:
    """How the bouts of one label agree, or of all but the background. tau: least IoU of a pair; 0: any overlap."""
    chosen = comparison.table(by_label)
    pairs = [row for name, rows in chosen.items() if label in ("", name) for row in rows]
    late = np.concatenate([np.zeros((2, 0)), *(hit_errors(pair[0], pair[1], tau) for pair in pairs)], axis=1)
    true, predicted = (
        np.concatenate([np.zeros(0), *(pair[side][1] - pair[side][0] for pair in pairs)]) for side in (0, 1)
    )
    hits, minutes = late.shape[1], sum(stop - start for start, stop in comparison.seen_s) / 60
    return Bouts(
        hits,
        len(true) - hits,
        len(predicted) - hits,
        _or_none(share(hits, len(predicted))),
        _or_none(share(hits, len(true))),
        _or_none(share(2 * hits, len(true) + len(predicted))),
        _errors(late[0]),
        _errors(late[1]),
        _or_none(share(len(true), minutes)),
        _or_none(share(len(predicted), minutes)),
        float(true.sum()),
        float(predicted.sum()),
        _or_none(share(true.sum(), len(true))),
        _or_none(share(predicted.sum(), len(predicted))),
    )
