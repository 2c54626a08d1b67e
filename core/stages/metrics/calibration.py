"""Whether a confidence of 80 % is right in 80 % of the cases, and how to make it so.

The answer is the best score and the confidence that score. Sources: Guo et al., ICML 2017 (expected calibration error,
temperature scaling); Brier, 1950, as the sum over labels, which for two labels is twice the one-sided number of some
libraries. Bins [a, b) of equal width, the last one closed; 15 of them unless said otherwise.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import NotEnoughExamples
from core.domain import Comparison
from core.stages.metrics.comparison import metric, share, sums_by_unit, unit_of_rows

BINS = 15
FEW_CLIPS = 100  # below, the expected calibration error is too large on average
FEW_IN_BIN = 10
LEAST_PROBABILITY = 1e-12
COLDEST, HOTTEST = 0.05, 20.0
CLOSE = 1e-12  # of the search for a temperature


@dataclass(frozen=True, eq=False)
class Reliability:
    """A reliability plot: edges (B + 1,), and for each bin its rows, their accuracy and mean confidence, NaN if empty.

    few: (B,) whether a bin holds fewer than 10 rows. rows: (N,) the bin of each row, -1 where unlabelled.
    """

    edges: np.ndarray
    counts: np.ndarray
    accuracy: np.ndarray
    confidence: np.ndarray
    few: np.ndarray
    rows: np.ndarray


@dataclass(frozen=True)
class Temperature:
    """What logits are divided by. at_bound: the search ended at its coldest or hottest value: no finite optimum."""

    value: float
    at_bound: bool


def confidence(comparison: Comparison) -> np.ndarray:
    """(N, 2): the best score of each row, and 1.0 where it is that of the truth."""
    assert comparison.scores is not None
    if not len(comparison.scores):
        return np.zeros((0, 2))
    best = np.argmax(comparison.scores, axis=1)
    top = np.take_along_axis(comparison.scores, best[:, None], axis=1)[:, 0].astype(np.float64)
    return np.stack([top, best == comparison.truth], axis=1)


def bin_edges(comparison: Comparison, bins: int, equal_mass: bool = False) -> np.ndarray:
    """(B + 1,): edges of equal width, or those between which equally many labelled rows lie."""
    if not equal_mass:
        return np.arange(bins + 1) / bins
    known = comparison.table(confidence)[comparison.truth >= 0, 0]
    inner = np.quantile(known, np.arange(1, bins) / bins) if len(known) else np.arange(1, bins) / bins
    return np.concatenate([[0.0], inner, [1.0]])


def bin_of_rows(comparison: Comparison, bins: int, equal_mass: bool = False) -> np.ndarray:
    """(N,): the bin that the confidence of each row falls into."""
    inner = comparison.table(bin_edges, bins, equal_mass)[1:-1]
    return np.searchsorted(inner, comparison.table(confidence)[:, 0], side="right")


def bin_table(comparison: Comparison, bins: int, equal_mass: bool = False) -> np.ndarray:
    """(n, 3 B): for each unit and bin its rows, those that are right, and the sum of their confidence."""
    known, count = comparison.truth >= 0, len(comparison.names)
    positions = comparison.table(unit_of_rows)[known] * bins + comparison.table(bin_of_rows, bins, equal_mass)[known]
    top, right = comparison.table(confidence)[known].T
    sums = [np.bincount(positions, row, count * bins) for row in (np.ones(len(positions)), right, top)]
    return np.concatenate([row.reshape(count, bins) for row in sums], axis=1)


def calibration_error(comparison: Comparison, *, bins: int = BINS, equal_mass: bool = False) -> Any:
    """The mean over rows of how far the accuracy of their bin lies from its mean confidence."""
    counts, right, top = np.split(comparison.total(bin_table, bins, equal_mass), 3, axis=-1)  # (..., B) each
    return share(np.abs(right - top).sum(axis=-1), counts.sum(axis=-1))


@metric(
    "Expected calibration error",
    needs="scores",
    best=0.0,
    short="Calibration error",
    help="Of predictions with 80 % confidence, 80 % should be correct; this is the average difference. 0 is "
    "perfect; with fewer than 100 clips it is overestimated.",
)
def ece(comparison: Comparison) -> Any:
    """Over 15 bins of equal width: how far accuracy and confidence lie apart, on average."""
    return calibration_error(comparison)


@metric(
    "Expected calibration error, equal-mass bins",
    needs="scores",
    best=0.0,
    help="The same over 15 bins with equal numbers of clips. It is more stable if the model is almost always "
    "very confident.",
)
def ece_equal_mass(comparison: Comparison) -> Any:
    """The same over 15 bins that hold equally many rows; the bins of the whole set serve all draws."""
    return calibration_error(comparison, equal_mass=True)


def brier_table(comparison: Comparison) -> np.ndarray:
    """(n, 2): for each unit the sum of squared differences from the truth, and its labelled rows."""
    assert comparison.scores is not None
    scores, truth = comparison.scores.astype(np.float64), np.maximum(comparison.truth, 0)[:, None]
    own = np.take_along_axis(scores, truth, axis=1)[:, 0]
    squared = (scores**2).sum(axis=1) - own**2 + (own - 1) ** 2  # (N,)
    return sums_by_unit(comparison, np.stack([squared, np.ones(len(squared))], axis=1))


@metric(
    "Brier score, sum over labels",
    needs="scores",
    best=0.0,
    unit="x",
    short="Brier score",
    help="The squared distance of the scores from the truth: 0 is certain and correct, 2 is certain and wrong. "
    "It penalises both errors and wrong confidence.",
)
def brier(comparison: Comparison) -> Any:
    """The mean squared distance of the scores from the truth: 0 for certain and right, 2 for certain and wrong."""
    total = comparison.total(brier_table)
    return share(total[..., 0], total[..., 1])


def log_table(comparison: Comparison) -> np.ndarray:
    """(n, 2): for each unit the sum of -ln of the score of the truth, and its labelled rows."""
    assert comparison.scores is not None
    own = np.take_along_axis(comparison.scores, np.maximum(comparison.truth, 0)[:, None], axis=1)[:, 0]
    surprise = -np.log(np.maximum(own.astype(np.float64), LEAST_PROBABILITY)) + 0.0
    return sums_by_unit(comparison, np.stack([surprise, np.ones(len(own))], axis=1))


@metric(
    "Log loss",
    needs="scores",
    best=0.0,
    unit="x",
    help="The negative log score of the true class: 0 is perfect. Confident errors are penalised heavily.",
)
def log_loss(comparison: Comparison) -> Any:
    """The mean of -ln of the probability given to the truth, which counts as at least 1e-12."""
    total = comparison.total(log_table)
    return share(total[..., 0], total[..., 1])


def reliability(comparison: Comparison, *, bins: int = BINS, equal_mass: bool = False) -> Reliability:
    """What the reliability plot shows."""
    counts, right, top = np.split(comparison.total(bin_table, bins, equal_mass), 3)
    rows = np.where(comparison.truth >= 0, comparison.table(bin_of_rows, bins, equal_mass), -1)
    edges = comparison.table(bin_edges, bins, equal_mass)
    few = counts < FEW_IN_BIN
    return Reliability(edges, counts.astype(np.int64), share(right, counts), share(top, counts), few, rows)


# Temperature ----------------------------------------------------------------------------------------------------------


def logits_of(scores: np.ndarray) -> np.ndarray:
    """Logits that give these probabilities: their logarithms, of at least 1e-12."""
    return np.log(np.maximum(np.asarray(scores, np.float64), LEAST_PROBABILITY))


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> Temperature:
    """The temperature in [0.05, 20] at which softmax(logits / T) has the least log loss. For validation data only.

    logits: (n, C); truth: (n,), rows of -1 are left out. The loss is convex in 1 / T, so its slope there has one root.
    """
    from scipy.optimize import root_scalar

    known = truth >= 0
    if not known.any():
        raise NotEnoughExamples("No clip of the validation part is labelled.", "Label some, or leave the scores alone.")
    logits = np.array(logits[known], np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    own = float(np.take_along_axis(logits, truth[known][:, None], axis=1).mean())
    low, high = 1 / HOTTEST, 1 / COLDEST
    if _slope(low, logits, own) >= 0:
        return Temperature(HOTTEST, True)
    if _slope(high, logits, own) <= 0:
        return Temperature(COLDEST, True)
    solution = root_scalar(_slope, (logits, own), method="brentq", bracket=(low, high), xtol=CLOSE, rtol=CLOSE)
    return Temperature(1 / float(solution.root), False)


def _slope(sharpness: float, logits: np.ndarray, own: float) -> float:
    """The derivative of the mean log loss by the sharpness 1 / T. logits: (n, C), none above 0; own: those of truth."""
    raised = np.exp(logits * sharpness)
    total = raised.sum(axis=1)
    raised *= logits
    return float((raised.sum(axis=1) / total).mean()) - own
