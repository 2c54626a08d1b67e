"""Cached evaluations and queries on them."""

from core.domain import Evaluation, Listing, Rivalry
from core.stages.metrics.curves import ScoreCurve, Sweep
from core.workflows import evaluation as evaluations
from core.workflows.evaluation import choices, comparison
from pages.ui import state
from pages.ui.cache.memory import cached


@cached(most=4)
def evaluation(key: str) -> Evaluation:
    """The evaluation stored under a key."""
    return evaluations.read(state.store(), key)


@cached(most=4)
def rivalry(key: str) -> Rivalry:
    """The comparison of two evaluations stored under a key."""
    return comparison.read(state.store(), key)


@cached(most=64)
def listing(key: str, choice: choices.Choice, order: str, first: int, most: int) -> Listing:
    """A page of the cases of an evaluation selected by a click."""
    kind, *rest = choice
    if kind == "changed":
        other, rival, change = rest
        both = evaluation(key), evaluation(str(other)), rivalry(str(rival))
        return evaluations.changed(*both, change, first=first, most=most)  # type: ignore[arg-type]
    rows = choices.rows(evaluation(key), choice)
    return evaluations.cases(evaluation(key), rows, order=order, first=first, most=most)  # type: ignore[arg-type]


@cached(most=32)
def label_order(key: str, how: str, only: str) -> tuple[int, ...]:
    """The classes of an evaluation in an order."""
    return evaluations.label_order(evaluation(key), how, only)  # type: ignore[arg-type]


@cached(most=32)
def curve(key: str, label: str, kind: str) -> ScoreCurve | None:
    """The ROC or precision-recall curve of a class."""
    return evaluations.curve(evaluation(key), label, kind)  # type: ignore[arg-type]


@cached(most=32)
def sweep(key: str, label: str) -> Sweep:
    """Precision, recall and the like of a class at each threshold."""
    return evaluations.sweep(evaluation(key), label)


@cached(most=64)
def lanes(key: str, unit: int) -> evaluations.Lanes:
    """Truth, prediction and where they differ, of a clip of an evaluation."""
    return evaluations.lanes(state.store(), evaluation(key), unit)
