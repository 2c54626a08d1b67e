"""The rows of an evaluation that a click asks for, as a tuple of texts and numbers."""

from collections.abc import Callable

import numpy as np

from core.domain import Evaluation
from core.workflows import evaluation

Choice = tuple[str | int | float, ...]
ROWS: dict[str, Callable[..., np.ndarray]] = {
    "cell": evaluation.in_cell,
    "label": evaluation.of_label,
    "bin": lambda judged, number, scaled: evaluation.in_bin(judged, int(number), calibrated=bool(scaled)),
    "above": evaluation.above,
    "mistakes": evaluation.mistakes,
    "suspects": evaluation.suspects,
    "every": evaluation.every,
}


def rows(evaluation: Evaluation, choice: Choice) -> np.ndarray:
    """(K,) the rows of the comparison that a choice asks for."""
    kind, *details = choice
    return ROWS[str(kind)](evaluation, *details)
