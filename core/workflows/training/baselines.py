"""What is simpler than a recurrent network, learned on the same part of the same folds, so that its worth is seen.

The linear probe is a logistic regression on standardised features: of a whole clip on the mean over its steps, of a
set that is labelled over time on each step by itself. Neither knows the order of steps.
"""

import warnings as python_warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.domain import HeldOut
from core.stages.networks.recurrent_training import UNKNOWN
from core.workflows.training.training_data import LabelledFeatures, held_out_rows

STRENGTH = 0.01  # C of the regression: small, for there are more channels than clips
MOST_ROWS = 20_000  # steps to learn from, drawn evenly where there are more


def majority(labelled: LabelledFeatures, learned: Sequence[int], tested: Sequence[int], fold: int) -> HeldOut:
    """The most frequent label of what was learned, said of everything."""
    counts = np.bincount(_rows(labelled, learned)[1], minlength=len(labelled.labels))
    usual = np.eye(len(labelled.labels), dtype=np.float32)[int(counts.argmax())]
    rows = [len(labelled.examples[index].targets) if labelled.over_time else 1 for index in tested]
    return held_out_rows(labelled, tested, fold, [np.tile(usual, (count, 1)) for count in rows])


def linear_probe(labelled: LabelledFeatures, learned: Sequence[int], tested: Sequence[int], fold: int) -> HeldOut:
    """A logistic regression on features without their order."""
    values, targets = _rows(labelled, learned)
    known = np.unique(targets)
    if len(known) < 2:
        return majority(labelled, learned, tested, fold)
    model = _fitted(values, targets)
    scores = []
    for index in tested:
        of_item = np.zeros((len(steps := _seen(labelled, index)), len(labelled.labels)), np.float32)
        of_item[:, known] = model.predict_proba(steps)
        scores.append(of_item)
    return held_out_rows(labelled, tested, fold, scores)


def _fitted(values: np.ndarray, targets: np.ndarray) -> Any:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=300, class_weight="balanced"))
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(values, targets)


def _seen(labelled: LabelledFeatures, index: int) -> np.ndarray:
    """What the probe sees of an item: (T, D) its steps, or (1, D) their mean."""
    values = labelled.examples[index].values
    return values if labelled.over_time else values.mean(axis=0, keepdims=True)


def _rows(labelled: LabelledFeatures, indices: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Known rows to learn from: (R, D) and (R,)."""
    values = [_seen(labelled, index) for index in indices]
    targets = [labelled.examples[index].targets[: len(value)] for index, value in zip(indices, values, strict=True)]
    known = [target != UNKNOWN for target in targets]
    count = sum(int(mask.sum()) for mask in known)
    every = max(1, -(-count // MOST_ROWS))
    rows = np.concatenate([value[mask] for value, mask in zip(values, known, strict=True)])[::every]
    return rows, np.concatenate([target[mask] for target, mask in zip(targets, known, strict=True)])[::every]
