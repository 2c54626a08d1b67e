"""What a click asks for: rows of a cell, a label, a bin or a threshold, and the clips or stretches they stand for.

Rows are places in the evaluation's comparison, (K,) int64, rising, and only those whose truth is known. All functions
are quick for 10,000 clips and 400 labels; what they need again is kept with the comparison.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from core.base.numerics import softmax
from core.domain import Calibration, Case, Comparison, Evaluation, Listing, Rivalry
from core.stages import metrics
from core.stages.metrics import calibration, classification
from core.stages.metrics.classification import Mode
from core.stages.metrics.comparison import unit_of_rows

Order = Literal["surest mistakes", "least sure", "by name", "as listed"]
OfLabel = Literal["true", "predicted", "missed", "false alarms", "errors", "right"]
Above = Literal["all", "right", "false alarms", "missed"]
LabelOrder = Literal["given", "clusters", "worst first", "most clips"]
Shown = Literal["occurring", "all", "confused"]
MOST_SHOWN = 50
DIGITS = 20  # of a number in a name


@dataclass(frozen=True)
class Confusion:
    """Two labels that are taken for each other: how often `truth` was taken for `predicted`, and of how many."""

    truth: str
    predicted: str
    count: int
    share: float


# Rows -----------------------------------------------------------------------------------------------------------------


def every(judged: Evaluation) -> np.ndarray:
    """All rows whose truth is known."""
    return np.flatnonzero(judged.found.truth >= 0)


def mistakes(judged: Evaluation) -> np.ndarray:
    """The rows that were named wrongly."""
    comparison = judged.found
    return np.flatnonzero((comparison.truth >= 0) & (comparison.truth != comparison.predicted))


def suspects(judged: Evaluation) -> np.ndarray:
    """The rows whose label looks wrong, the most suspicious first."""
    return judged.suspects


def in_cell(judged: Evaluation, truth: str, predicted: str) -> np.ndarray:
    """The rows that a cell of the confusion matrix counts: as many as its number, always."""
    return classification.rows_in_cell(judged.found, _place(judged, truth), _place(judged, predicted))


def of_label(judged: Evaluation, label: str, what: OfLabel) -> np.ndarray:
    """Rows of one label. errors: those that were missed, and those that were taken for it."""
    comparison, index = judged.found, _place(judged, label)
    true, predicted = comparison.truth == index, (comparison.predicted == index) & (comparison.truth >= 0)
    chosen = {
        "true": true,
        "predicted": predicted,
        "missed": true & ~predicted,
        "false alarms": predicted & ~true,
        "errors": true ^ predicted,
        "right": true & predicted,
    }
    return np.flatnonzero(chosen[what])


def in_bin(
    judged: Evaluation, number: int, *, bins: int = calibration.BINS, equal_mass: bool = False, calibrated: bool = False
) -> np.ndarray:
    """The rows that a bin of the reliability plot counts. number: from 0."""
    return np.flatnonzero(reliability(judged, bins=bins, equal_mass=equal_mass, calibrated=calibrated).rows == number)


def above(judged: Evaluation, label: str, threshold: float, what: Above) -> np.ndarray:
    """Rows that score at least `threshold` for a label, of them those that have it or not, or those that fall short."""
    comparison, index = judged.found, _place(judged, label)
    assert comparison.scores is not None
    known, true, predicted = comparison.truth >= 0, comparison.truth == index, comparison.scores[:, index] >= threshold
    chosen = {
        "all": predicted & known,
        "right": predicted & true,
        "false alarms": predicted & known & ~true,
        "missed": true & ~predicted,
    }
    return np.flatnonzero(chosen[what])


# Cases ----------------------------------------------------------------------------------------------------------------


def cases(
    judged: Evaluation, rows: np.ndarray, *, order: Order = "surest mistakes", first: int = 0, most: int = MOST_SHOWN
) -> Listing:
    """The clips, or stretches of them, that some rows stand for, from the one at `first` on.

    Rows of one clip that follow each other with one truth and one prediction are one stretch. "surest mistakes": wrong
    ones first, the surest on top, then right ones, the least sure on top. "by name": as people count, "clip 2" before
    "clip 10", and in time within a clip. "as listed": as the rows come.
    """
    rank = np.argsort(rows, kind="stable")
    rows = np.asarray(rows, np.int64)[rank]
    stretches = spans(judged.found, rows)
    if order == "as listed" and len(stretches):
        firsts = np.searchsorted(rows, stretches[:, 0])
        stretches = stretches[np.argsort(np.minimum.reduceat(rank, firsts), kind="stable")]
    elif order == "by name":
        stretches = stretches[np.lexsort((stretches[:, 0], judged.found.table(_turns)[_units(judged, stretches)]))]
    elif len(stretches):
        sure = _means(judged.found, stretches)
        wrong = judged.found.truth[stretches[:, 0]] != judged.found.predicted[stretches[:, 0]]
        doubt = np.where(wrong, -sure - 1, sure) if order == "surest mistakes" else sure
        stretches = stretches[np.argsort(doubt, kind="stable")]
    shown = tuple(_case(judged, *span) for span in stretches[first : first + most].tolist())
    return Listing(shown, len(stretches), len(rows))


def spans(comparison: Comparison, rows: np.ndarray) -> np.ndarray:
    """(S, 2): first row and stop of each stretch. rows: rising."""
    if not len(rows):
        return np.zeros((0, 2), np.int64)
    kinds = np.stack([comparison.table(unit_of_rows), comparison.truth, comparison.predicted])[:, rows]  # (3, K)
    parted = (np.diff(rows) != 1) | (np.diff(kinds, axis=1) != 0).any(axis=0)
    edges = np.concatenate([[0], np.flatnonzero(parted) + 1, [len(rows)]])
    return np.stack([rows[edges[:-1]], rows[edges[1:] - 1] + 1], axis=1)


def _units(judged: Evaluation, stretches: np.ndarray) -> np.ndarray:
    return judged.found.table(unit_of_rows)[stretches[:, 0]]


def _turns(comparison: Comparison) -> np.ndarray:
    """(U,) the place of each unit when they are sorted by name, numbers in names as numbers."""
    parts = [
        [(part.isdecimal(), part.zfill(DIGITS)) for part in re.split(r"(\d+)", name.casefold())]
        for name in comparison.names
    ]
    turns = np.empty(len(parts), np.int64)
    turns[sorted(range(len(parts)), key=parts.__getitem__)] = np.arange(len(parts))
    return turns


def _means(comparison: Comparison, spans: np.ndarray) -> np.ndarray:
    """The mean confidence of each stretch."""
    sums = np.concatenate([[0.0], np.cumsum(comparison.table(calibration.confidence)[:, 0])])
    return (sums[spans[:, 1]] - sums[spans[:, 0]]) / (spans[:, 1] - spans[:, 0])


def _case(judged: Evaluation, first: int, stop: int) -> Case:
    comparison = judged.found
    unit = int(comparison.table(unit_of_rows)[first])
    truth, predicted = int(comparison.truth[first]), int(comparison.predicted[first])
    start_s, stop_s, moment_s = _when(comparison, unit, first, stop)
    assert comparison.scores is not None
    return Case(
        unit,
        judged.videos[unit],
        comparison.names[unit],
        start_s,
        stop_s,
        moment_s,
        stop - first,
        comparison.labels[truth] if truth >= 0 else "",
        comparison.labels[predicted],
        truth == predicted,
        float(comparison.scores[first:stop, predicted].mean()),
        float(comparison.scores[first:stop, truth].mean()) if truth >= 0 else None,
        int(judged.folds[unit]),
        comparison.groups[unit] if judged.card.unit == "group" else "",
    )


def _when(comparison: Comparison, unit: int, first: int, stop: int) -> tuple[float, float, float]:
    """Start, stop and surest moment of a stretch in seconds."""
    assert comparison.ends_s is not None
    end_s = float(comparison.ends_s[unit])
    if comparison.starts is None or comparison.times_s is None:
        return 0.0, end_s, end_s / 2
    low, high = int(comparison.starts[unit]), int(comparison.starts[unit + 1])
    times_s = comparison.times_s
    start_s = float(times_s[first - 1 : first + 1].mean()) if first > low else 0.0
    stop_s = float(times_s[stop - 1 : stop + 1].mean()) if stop < high else end_s
    surest = first + int(np.argmax(comparison.table(calibration.confidence)[first:stop, 0]))
    return start_s, max(stop_s, start_s), float(times_s[surest])


def changed(
    evaluation: Evaluation,
    other: Evaluation,
    rivalry: Rivalry,
    which: Literal["lost", "won"],
    *,
    order: Order = "surest mistakes",
    first: int = 0,
    most: int = MOST_SHOWN,
) -> Listing:
    """The cases that only the first ("lost") or only the second ("won") named rightly, with what both said."""
    rows = rivalry.lost if which == "lost" else rivalry.won
    beside = dict(rows.tolist())
    listing = cases(evaluation, rows[:, 0], order=order, first=first, most=most)
    return replace(listing, cases=tuple(_beside(evaluation, other, case, beside) for case in listing.cases))


def _beside(evaluation: Evaluation, other: Evaluation, case: Case, beside: dict[int, int]) -> Case:
    """A case with what the other evaluation says at its moment."""
    row = _row(evaluation.found, case)
    index = beside.get(row, -1)
    if index < 0:
        return case
    number = int(other.found.predicted[index])
    assert other.found.scores is not None
    return replace(case, other=other.found.labels[number], other_confidence=float(other.found.scores[index, number]))


def _row(comparison: Comparison, case: Case) -> int:
    """The row at the moment of a case."""
    if comparison.starts is None or comparison.times_s is None:
        return case.unit
    low, high = int(comparison.starts[case.unit]), int(comparison.starts[case.unit + 1])
    return low + int(np.argmin(np.abs(comparison.times_s[low:high] - case.moment_s)))


# Labels and the matrix ------------------------------------------------------------------------------------------------


def confused(judged: Evaluation, most: int = 20) -> tuple[Confusion, ...]:
    """The pairs of labels that were taken for each other most often."""
    matrix, labels = judged.card.confusion, judged.card.labels
    truths = matrix.sum(axis=1)
    return tuple(
        Confusion(labels[i], labels[j], int(matrix[i, j]), float(matrix[i, j] / truths[i]))
        for i, j in classification.most_confused(matrix)[:most]
    )


def label_order(judged: Evaluation, how: LabelOrder = "given", only: Shown = "occurring") -> tuple[int, ...]:
    """Places of labels in the order of a matrix. only: those that occur in truth or prediction, or are ever confused.

    "clusters": labels that are taken for each other stand side by side (average linkage with optimal leaf order;
    Bar-Joseph, Gifford and Jaakkola, 2001).
    """
    matrix = judged.card.confusion
    off = matrix - np.diag(np.diag(matrix))
    wanted = {"all": np.ones(len(matrix)), "occurring": matrix.sum(axis=0) + matrix.sum(axis=1)}
    wanted["confused"] = off.sum(axis=0) + off.sum(axis=1)
    indices = np.flatnonzero(wanted[only])
    truths = matrix.sum(axis=1)[indices]
    right = np.diag(matrix)[indices] / np.maximum(truths, 1)
    if how == "worst first":
        indices = indices[np.lexsort((-truths, np.where(truths > 0, right, 2.0)))]
    elif how == "most clips":
        indices = indices[np.argsort(-truths, kind="stable")]
    elif how == "clusters" and len(indices) > 2:
        indices = indices[_clustered(matrix[np.ix_(indices, indices)])]
    return tuple(indices.tolist())


def _clustered(matrix: np.ndarray) -> np.ndarray:
    """(C,) an order in which what is confused stands together."""
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    alike = shares + shares.T
    np.fill_diagonal(alike, 0)
    apart = 1 - alike / max(float(alike.max()), 1e-12)
    np.fill_diagonal(apart, 0)
    return leaves_list(linkage(squareform(apart, checks=False), "average", optimal_ordering=len(matrix) <= 120))


def matrix(judged: Evaluation, order: Sequence[int], mode: Mode = "counts") -> np.ndarray:
    """(K, K) float64: the confusion matrix of those labels; shares are of the whole one. NaN of nothing."""
    return classification.normalised(judged.card.confusion, mode)[np.ix_(list(order), list(order))]


# Calibration and curves -----------------------------------------------------------------------------------------------


def scaled(judged: Evaluation) -> Comparison:
    """The comparison with its scores scaled by temperatures that never saw what they scale."""
    return judged.found.table(_scaled, judged.calibration) if judged.calibration else judged.found


def _scaled(comparison: Comparison, fitted: Calibration) -> Comparison:
    assert comparison.scores is not None
    heat = np.array(fitted.temperatures)[fitted.parts][comparison.table(unit_of_rows)]  # (N,)
    milder = softmax(calibration.logits_of(comparison.scores) / heat[:, None])
    return replace(comparison, scores=milder.astype(np.float32))


def reliability(
    judged: Evaluation, *, bins: int = calibration.BINS, equal_mass: bool = False, calibrated: bool = False
) -> calibration.Reliability:
    """What the reliability plot shows; calibrated: after temperature scaling."""
    comparison = scaled(judged) if calibrated else judged.found
    return calibration.reliability(comparison, bins=bins, equal_mass=equal_mass)


def curve(
    judged: Evaluation, label: str, kind: Literal["roc", "precision-recall"], *, most: int = 400
) -> metrics.curves.ScoreCurve | None:
    """A curve of one label against the rest, at most `most` of its points; None where it has none."""
    made = {"roc": metrics.curves.roc_curve, "precision-recall": metrics.curves.precision_recall_curve}[kind]
    whole = made(judged.found, _place(judged, label))
    if whole is None or len(whole.x) <= most:
        return whole
    kept = _thinned(len(whole.x), most)
    return replace(whole, x=whole.x[kept], y=whole.y[kept], thresholds=whole.thresholds[kept])


def sweep(judged: Evaluation, label: str, *, most: int = 400) -> metrics.curves.Sweep:
    """Precision, recall and F1 of a label at each threshold, at most `most` of them."""
    comparison, index = judged.found, _place(judged, label)
    assert comparison.scores is not None
    known = comparison.truth >= 0
    whole = metrics.curves.sweep(comparison.scores[known, index], comparison.truth[known] == index)
    if len(whole.thresholds) <= most:
        return whole
    kept = _thinned(len(whole.thresholds), most)
    columns = {name: getattr(whole, name)[kept] for name in ("thresholds", "precision", "recall", "f1")}
    return replace(whole, **columns)


def _thinned(count: int, most: int) -> np.ndarray:
    return np.unique(np.linspace(0, count - 1, most).round().astype(int))


def _place(judged: Evaluation, label: str) -> int:
    return judged.found.labels.index(label)
