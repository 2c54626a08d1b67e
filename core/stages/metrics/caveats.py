"""What the numbers of a comparison themselves give cause to beware of."""

import numpy as np

from core.domain import Comparison
from core.domain.caveats import Caveat
from core.stages.metrics.bootstrap import FEW_UNITS, units_of
from core.stages.metrics.calibration import FEW_CLIPS
from core.stages.metrics.classification import label_counts

ONE_SIDED = 0.95  # share of predictions on one label from which the user is warned


def few_units(unit: str, count: int) -> Caveat | None:
    """That intervals from so few units are missing or not reliable; None from ten on."""
    if count < 2:
        return Caveat("no interval", count, name=f"{unit}{'s' * (count == 0)}")
    return Caveat("few units", count, name=f"{unit}s") if count < FEW_UNITS else None


def few_units_of(comparison: Comparison) -> Caveat | None:
    """The same of what the intervals of a comparison draw."""
    unit, indices = units_of(comparison)
    return few_units(unit, len(np.unique(indices)))


def one_label(comparison: Comparison) -> Caveat | None:
    """That almost all predictions are one label."""
    predicted = label_counts(comparison)[2]
    total, top = predicted.sum(), int(np.argmax(predicted))
    if not total or predicted[top] < ONE_SIDED * total:
        return None
    return Caveat("one label", share=float(predicted[top] / total), name=comparison.labels[top])


def few_for_calibration(comparison: Comparison) -> Caveat | None:
    """That there are too few predictions with scores for the calibration error."""
    total = int(label_counts(comparison)[2].sum())
    few = comparison.scores is not None and 0 < total < FEW_CLIPS
    return Caveat("few for calibration", total) if few else None


def caveats(comparison: Comparison) -> tuple[Caveat, ...]:
    """All of these, in their order."""
    every = (few_units_of(comparison), one_label(comparison), few_for_calibration(comparison))
    return tuple(caveat for caveat in every if caveat is not None)
