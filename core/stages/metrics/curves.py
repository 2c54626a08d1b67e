"""One label against the rest at every threshold: ROC and precision-recall curves, their areas, the threshold sweep.

The curves themselves come from scikit-learn. The areas of all labels are computed here, because the bootstrap needs
them under weights; they equal scikit-learn's `roc_auc_score` and `average_precision_score` (tested). A label has no
area where it has no truth, or no row without it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.domain import Comparison
from core.stages.metrics.comparison import mean_where, metric, share, unit_of_rows

KEPT_THRESHOLD = 0.5
# (positives, negatives, last) -> (R,): the two are (R, N) weights of rows by falling score; last are the places of the
# last row of each run of equal scores.
Area = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class ScoreCurve:
    """x, y: (K,) points of a curve, thresholds: (K,) predicted when score >= threshold; area under it."""

    x: np.ndarray
    y: np.ndarray
    thresholds: np.ndarray
    area: float


@dataclass(frozen=True, eq=False)
class Sweep:
    """Precision, recall and F1 (NaN where undefined) at each threshold, highest threshold first.

    chosen: the threshold of the best F1, the highest of equals; 0.5 where there is no truth to choose by, and then
    `can_choose` is False.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    chosen: float
    can_choose: bool


def _one_label(comparison: Comparison, label: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a label, and whether it is the truth, of the labelled rows."""
    assert comparison.scores is not None
    known = comparison.truth >= 0
    return comparison.scores[known, label], comparison.truth[known] == label


def roc_curve(comparison: Comparison, label: int) -> ScoreCurve | None:
    """Recall against the share of other rows that are taken for `label`; None where one of the two is empty."""
    from sklearn import metrics

    scores, truth = _one_label(comparison, label)
    if truth.all() or not truth.any():
        return None
    false, true, thresholds = metrics.roc_curve(truth, scores, drop_intermediate=False)
    return ScoreCurve(false, true, thresholds, float(metrics.auc(false, true)))


def precision_recall_curve(comparison: Comparison, label: int) -> ScoreCurve | None:
    """Precision against recall; the area is the average precision. None where the label has no truth."""
    from sklearn import metrics

    scores, truth = _one_label(comparison, label)
    if not truth.any():
        return None
    precision, recall, thresholds = metrics.precision_recall_curve(truth, scores)
    area = float(metrics.average_precision_score(truth, scores))
    return ScoreCurve(recall, precision, np.append(thresholds, np.inf), area)


def sweep(scores: np.ndarray, truth: np.ndarray) -> Sweep:
    """What each threshold gives, on validation data. scores: (n,), truth: (n,) bool.

    Candidates are the distinct scores and one value above the largest.
    """
    truth = np.asarray(truth, bool)
    distinct = np.unique(np.asarray(scores, np.float64))[::-1]
    above = np.nextafter(distinct[0], np.inf) if len(distinct) else KEPT_THRESHOLD
    thresholds = np.concatenate([[above], distinct])  # (K,)
    order = np.sort(scores), np.sort(scores[truth])
    predicted, right = (len(values) - np.searchsorted(values, thresholds, side="left") for values in order)
    f1 = share(2 * right, predicted + truth.sum())
    can_choose = bool(truth.any())
    chosen = float(thresholds[np.argmax(f1)]) if can_choose else KEPT_THRESHOLD
    return Sweep(thresholds, share(right, predicted), share(right, truth.sum()), f1, chosen, can_choose)


# Areas of all labels --------------------------------------------------------------------------------------------------


def _areas(comparison: Comparison, area: Area) -> np.ndarray:
    """(..., C): the area of each label, NaN where it has none."""
    if comparison.weights is None:
        return comparison.table(_weighted_areas, area, True)[0]
    return _weighted_areas(comparison, area, False)


def _orders(comparison: Comparison) -> np.ndarray:
    """(C, K) int32: for each label the places of the K labelled rows by falling score."""
    assert comparison.scores is not None
    return np.argsort(-comparison.scores[comparison.truth >= 0].T, axis=1, kind="stable").astype(np.int32)


def _weighted_areas(comparison: Comparison, area: Area, once: bool) -> np.ndarray:
    """(R, C): the area of each label in each draw, or with each unit counted once."""
    assert comparison.scores is not None
    known = np.flatnonzero(comparison.truth >= 0)
    weights = np.ones((1, len(comparison.names))) if once or comparison.weights is None else comparison.weights
    by_row = weights[:, comparison.table(unit_of_rows)[known]]  # (R, N)
    areas = np.full((len(weights), len(comparison.labels)), np.nan)
    for label in np.unique(comparison.truth[known]):
        scores = comparison.scores[known, label]
        order = comparison.table(_orders)[label]
        last = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
        ordered, positive = by_row[:, order], comparison.truth[known][order] == label
        areas[:, label] = area(ordered * positive, ordered * ~positive, last)
    return areas


def _roc_area(positives: np.ndarray, negatives: np.ndarray, last: np.ndarray) -> np.ndarray:
    """The chance that a positive scores above a negative, equals counting half (Mann and Whitney, 1947)."""
    above = np.cumsum(positives, axis=1)[:, last]  # (R, K)
    passed = np.diff(np.cumsum(negatives, axis=1)[:, last], axis=1, prepend=0)
    before = np.concatenate([np.zeros((len(above), 1)), above[:, :-1]], axis=1)
    pairs = positives.sum(axis=1) * negatives.sum(axis=1)
    return share((passed * (above + before) / 2).sum(axis=1), pairs)


def _precision_area(positives: np.ndarray, negatives: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Precision weighted by the steps of recall, without interpolation."""
    right = np.cumsum(positives, axis=1)[:, last]
    precision = np.nan_to_num(share(right, right + np.cumsum(negatives, axis=1)[:, last]))
    steps = np.diff(right, axis=1, prepend=0)
    return share((precision * steps).sum(axis=1), right[:, -1])


def _without_area(comparison: Comparison) -> int:
    return int(np.isnan(roc_auc(comparison)).sum())


def _without_truth(comparison: Comparison) -> int:
    return len(comparison.labels) - len(np.unique(comparison.truth[comparison.truth >= 0]))


@metric(
    "Area under the ROC curve",
    needs="scores",
    by_label=True,
    undefined="all clips have this label, or none has",
    fast=False,
    help="The probability that a clip with this class scores higher than a clip without it. 50 % is chance.",
)
def roc_auc(comparison: Comparison) -> Any:
    """(..., C): the chance that a clip of this label scores higher for it than one of another label."""
    return _areas(comparison, _roc_area)


@metric(
    "Average precision",
    needs="scores",
    by_label=True,
    undefined="no clip has this label",
    fast=False,
    help="The area under the precision–recall curve of the class. Chance level is the share of clips with the class.",
)
def average_precision(comparison: Comparison) -> Any:
    """(..., C): the area under the precision-recall curve, as the sum of precision times each step of recall."""
    return _areas(comparison, _precision_area)


@metric(
    "Area under the ROC curve, mean over labels",
    needs="scores",
    left_out=_without_area,
    fast=False,
    help="The mean over classes of the area under the ROC curve. 50 % is chance.",
)
def macro_roc_auc(comparison: Comparison) -> Any:
    """The plain mean over labels that have an area, each against the rest."""
    areas = roc_auc(comparison)
    return mean_where(areas, ~np.isnan(areas))


@metric(
    "Average precision, mean over labels",
    needs="scores",
    left_out=_without_truth,
    fast=False,
    help="The mean over classes of the area under the precision–recall curve. Errors with high scores lower it.",
)
def macro_average_precision(comparison: Comparison) -> Any:
    """The plain mean over labels with truth."""
    areas = average_precision(comparison)
    return mean_where(areas, ~np.isnan(areas))
