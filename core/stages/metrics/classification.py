"""One label for each clip, or for each frame: shares of right answers, precision, recall, F1, the confusion matrix.

Where scikit-learn has the same number it is tested against it; the formulas are written on sums over units so that one
call answers all draws of a bootstrap. Our conventions, where references differ:

- Means over labels ("macro") take in the labels that have a truth, all of them and no other; scikit-learn's F1 takes
  those that occur in truth or prediction, open-mmlab/mmaction2 `mean_class_accuracy` likewise.
- Equal scores go to the label listed first, in top-k too; mmaction2 `top_k_accuracy` may take the last.
- Nothing divided by nothing is undefined, not 0.
"""

from typing import Any, Literal

import numpy as np

from core.domain import Comparison
from core.stages.metrics.comparison import mean_where, metric, share, sums_by_unit, unit_of_rows

Counts = tuple[np.ndarray, np.ndarray, np.ndarray]
Mode = Literal["counts", "truth", "prediction", "all"]


# Counting -------------------------------------------------------------------------------------------------------------


def label_table(comparison: Comparison) -> Any:
    """(n, 3 C) sparse: for each unit the right answers, the truths and the predictions of each label."""
    from scipy.sparse import csr_array

    rows = np.flatnonzero(comparison.truth >= 0)
    units, count = comparison.table(unit_of_rows)[rows], len(comparison.labels)
    truth, predicted = comparison.truth[rows], comparison.predicted[rows]
    right = truth == predicted
    columns = np.concatenate([truth[right], count + truth, 2 * count + predicted])
    ones = np.ones(len(columns))
    return csr_array(
        (ones, (np.concatenate([units[right], units, units]), columns)), shape=(len(comparison.names), 3 * count)
    )


def label_counts(comparison: Comparison) -> Counts:
    """Right answers, truths and predictions of each label, each (..., C)."""
    total = comparison.total(label_table)
    count = len(comparison.labels)
    return total[..., :count], total[..., count : 2 * count], total[..., 2 * count :]


def confusion(comparison: Comparison) -> np.ndarray:
    """(C, C) int64: rows of truth i that were predicted as j; unlabelled rows are not counted."""
    count = len(comparison.labels)
    known = comparison.truth >= 0
    flat = comparison.truth[known] * count + comparison.predicted[known]
    return np.bincount(flat, minlength=count * count).reshape(count, count)


def normalised(matrix: np.ndarray, mode: Mode) -> np.ndarray:
    """(C, C) float64: the counts themselves, or their shares of each truth, each prediction or all; NaN of nothing."""
    if mode == "counts":
        return matrix.astype(np.float64)
    wholes = {
        "truth": matrix.sum(axis=1, keepdims=True),
        "prediction": matrix.sum(axis=0, keepdims=True),
        "all": matrix.sum(),
    }
    return share(matrix, wholes[mode])


def rows_in_cell(comparison: Comparison, truth: int, predicted: int) -> np.ndarray:
    """The rows that one cell of the confusion matrix counts: as many as its number, always."""
    return np.flatnonzero((comparison.truth == truth) & (comparison.predicted == predicted))


def most_confused(matrix: np.ndarray) -> list[tuple[int, int]]:
    """The cells (truth, predicted) off the diagonal that count something, largest first, then in label order."""
    off = matrix * (1 - np.eye(len(matrix), dtype=matrix.dtype))
    cells = np.argwhere(off > 0)
    order = np.argsort(-off[tuple(cells.T)], kind="stable")
    return [(int(i), int(j)) for i, j in cells[order]]


# Shares of right answers ----------------------------------------------------------------------------------------------


def right_of_all(comparison: Comparison) -> tuple[Any, Any]:
    """Rows that are right, and rows that are labelled."""
    right, truths, _ = label_counts(comparison)
    return right.sum(axis=-1), truths.sum(axis=-1)


@metric(
    "Accuracy",
    needs="clips",
    share=right_of_all,
    help="The share of clips that were correctly classified. If one class is very frequent, always predicting "
    "it also scores high: compare with that baseline.",
)
def accuracy(comparison: Comparison) -> Any:
    """The share of labelled clips whose prediction is the truth."""
    return share(*right_of_all(comparison))


def ranks(comparison: Comparison) -> np.ndarray:
    """(N,): how many labels come before the true one: better scores, and equal scores of labels listed earlier."""
    assert comparison.scores is not None
    truth = np.maximum(comparison.truth, 0)[:, None]  # (N, 1)
    own = np.take_along_axis(comparison.scores, truth, axis=1)  # (N, 1)
    earlier = np.arange(len(comparison.labels)) < truth  # (N, C)
    return (comparison.scores > own).sum(axis=1) + ((comparison.scores == own) & earlier).sum(axis=1)


def hit_table(comparison: Comparison, k: int) -> np.ndarray:
    """(n, 2): for each unit its hits among the first k, and its labelled rows."""
    hits = comparison.table(ranks) < k
    return sums_by_unit(comparison, np.stack([hits, np.ones(len(hits))], axis=1))


def hits_of_all(comparison: Comparison, k: int) -> tuple[Any, Any]:
    """Rows whose truth is among the k best scores, and rows that are labelled."""
    if not 1 <= k <= len(comparison.labels):
        raise ValueError(f"top-{k} of {len(comparison.labels)} labels")
    total = comparison.total(hit_table, k)
    return total[..., 0], total[..., 1]


def top_k(comparison: Comparison, k: int) -> Any:
    """The share of rows whose truth is among the k best scores; k = 1 is the accuracy."""
    return share(*hits_of_all(comparison, k))


@metric(
    "Top-5 accuracy",
    needs="top5",
    share=lambda comparison: hits_of_all(comparison, 5),
    help="The share of clips whose true class is among the five highest scores. It shows how far off wrong "
    "predictions are.",
)
def top5(comparison: Comparison) -> Any:
    """The share of clips whose true label is among the five best scores."""
    return top_k(comparison, 5)


def labels_without_truth(comparison: Comparison) -> int:
    """How many labels a mean over labels leaves out."""
    return int(np.sum(label_counts(comparison)[1] == 0))


@metric(
    "Balanced accuracy",
    left_out=labels_without_truth,
    help="The mean of the recall of all classes. Rare classes count as much as frequent ones.",
)
def balanced_accuracy(comparison: Comparison) -> Any:
    """The mean over labels with truth of the share of their clips that is right."""
    right, truths, _ = label_counts(comparison)
    return mean_where(share(right, truths), truths > 0)


# Precision, recall, F1 ------------------------------------------------------------------------------------------------


def _right_of_predicted(comparison: Comparison) -> tuple[np.ndarray, np.ndarray]:
    right, _, predicted = label_counts(comparison)
    return right, predicted


def _right_of_true(comparison: Comparison) -> tuple[np.ndarray, np.ndarray]:
    right, truths, _ = label_counts(comparison)
    return right, truths


@metric(
    "Precision",
    by_label=True,
    share=_right_of_predicted,
    undefined="this label was never predicted",
    help="Of the clips predicted as this class, the share that is correct. Undefined if the class is never predicted.",
)
def precision(comparison: Comparison) -> Any:
    """(..., C): of the predictions of each label, the share that is right."""
    return share(*_right_of_predicted(comparison))


@metric(
    "Recall",
    by_label=True,
    share=_right_of_true,
    undefined="no clip has this label",
    help="Of the clips of this class, the share that was predicted as such. Undefined if no clip has the class.",
)
def recall(comparison: Comparison) -> Any:
    """(..., C): of the truths of each label, the share that was found."""
    return share(*_right_of_true(comparison))


@metric(
    "F1",
    by_label=True,
    undefined="this label occurs nowhere",
    help="The harmonic mean of precision and recall: low as soon as either is low, and 100 % if both are perfect.",
)
def f1(comparison: Comparison) -> Any:
    """(..., C): the harmonic mean of precision and recall, 2 TP / (2 TP + FP + FN)."""
    right, truths, predicted = label_counts(comparison)
    return share(2 * right, truths + predicted)


def _per_label(comparison: Comparison) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Precision, recall and F1 of each label as means take them, and the truths: 0 where a label was never tried."""
    values = {"precision": precision(comparison), "recall": recall(comparison), "f1": f1(comparison)}
    truths = label_counts(comparison)[1]
    return {name: np.nan_to_num(value, nan=0.0) for name, value in values.items()}, truths


def _macro(comparison: Comparison, name: str) -> Any:
    values, truths = _per_label(comparison)
    return mean_where(values[name], truths > 0)


def _weighted(comparison: Comparison, name: str) -> Any:
    values, truths = _per_label(comparison)
    return share((values[name] * truths).sum(axis=-1), truths.sum(axis=-1))


@metric(
    "Macro precision",
    left_out=labels_without_truth,
    help="The mean precision over all classes that occur. A class that is never predicted counts as 0.",
)
def macro_precision(comparison: Comparison) -> Any:
    """The plain mean over labels with truth; a label that was never predicted enters with 0."""
    return _macro(comparison, "precision")


@metric(
    "Macro recall",
    left_out=labels_without_truth,
    help="The mean recall over all classes that occur. It equals the balanced accuracy.",
)
def macro_recall(comparison: Comparison) -> Any:
    """The plain mean over labels with truth: the same number as the balanced accuracy."""
    return _macro(comparison, "recall")


@metric(
    "Macro F1",
    left_out=labels_without_truth,
    help="The mean F1 over all classes that occur, each weighted equally. It is the usual summary if some "
    "classes are rare.",
)
def macro_f1(comparison: Comparison) -> Any:
    """The plain mean of the F1 of labels with truth (not the F1 of the means)."""
    return _macro(comparison, "f1")


@metric(
    "Precision, weighted by truth",
    left_out=labels_without_truth,
    help="The mean precision, each class weighted by its number of clips. Frequent classes dominate it.",
)
def weighted_precision(comparison: Comparison) -> Any:
    """The mean over labels with truth, each weighing as much as it has true clips."""
    return _weighted(comparison, "precision")


@metric(
    "Recall, weighted by truth",
    left_out=labels_without_truth,
    help="The mean recall, each class weighted by its number of clips. It always equals the accuracy.",
)
def weighted_recall(comparison: Comparison) -> Any:
    """The mean over labels with truth, each weighing as much as it has true clips: the accuracy."""
    return _weighted(comparison, "recall")


@metric(
    "F1, weighted by truth",
    left_out=labels_without_truth,
    help="The mean F1, each class weighted by its number of clips. Frequent classes dominate it.",
)
def weighted_f1(comparison: Comparison) -> Any:
    """The mean over labels with truth, each weighing as much as it has true clips."""
    return _weighted(comparison, "f1")


def micro(comparison: Comparison, *, excluded: tuple[int, ...] = ()) -> tuple[Any, Any, Any]:
    """Precision, recall and F1 of the counts summed over all labels but `excluded` ones.

    With nothing excluded all three are the accuracy; without the background they differ.
    """
    keep = ~np.isin(np.arange(len(comparison.labels)), excluded)
    right, truths, predicted = (np.where(keep, label_count, 0).sum(axis=-1) for label_count in label_counts(comparison))
    return share(right, predicted), share(right, truths), share(2 * right, truths + predicted)


@metric(
    "F1, all counts summed",
    share=right_of_all,
    help="The F1 of the summed counts of all classes. With one label per clip it equals the accuracy.",
)
def micro_f1(comparison: Comparison) -> Any:
    """The F1 of the counts summed over all labels: with one label each and none left out, the accuracy."""
    return micro(comparison)[2]


# Agreement beyond chance ----------------------------------------------------------------------------------------------


def kappa_of_counts(right: Any, truths: np.ndarray, predicted: np.ndarray) -> Any:
    """Cohen's kappa from how many moments agree and how often each side says each label (last axis)."""
    count = truths.sum(axis=-1)
    observed = share(right, count)
    expected = share((truths * predicted).sum(axis=-1), count**2)
    return share(observed - expected, 1 - expected)


@metric(
    "Cohen's kappa",
    undefined="truth and prediction contain only one and the same label, or nothing is labelled",
    help="Agreement beyond chance: 1 is perfect, 0 is what random predictions with the same class frequencies "
    "reach. Negative values are worse than that.",
)
def kappa(comparison: Comparison) -> Any:
    """Agreement of truth and prediction beyond what their label frequencies alone would give (Cohen, 1960).

    -1 to 1; over time, the bins are frames. olivierfriard/BORIS `irr.py` says 1 where both use one label only; here
    that is undefined.
    """
    right, truths, predicted = label_counts(comparison)
    return kappa_of_counts(right.sum(axis=-1), truths, predicted)
