"""The selection of a click in words."""

from collections.abc import Callable, Sequence
from typing import Any

from core.domain import Evaluation
from core.workflows.evaluation.choices import Choice
from pages.ui.common import formatting

SOME = 6  # labels that are named in a sentence
OF_LABEL = {
    "errors": "Errors",
    "missed": "False negatives: true, but predicted as another class",
    "false alarms": "False positives: predicted, but another class is true",
    "right": "Correctly classified",
    "true": "All with this true class",
    "predicted": "All predicted as this class",
}


ABOVE = {
    "all": "All above the threshold",
    "right": "True positives",
    "false alarms": "False positives",
    "missed": "False negatives: below the threshold",
}


def described(choice: Choice) -> str:
    """A choice in words."""
    kind, *details = choice
    return DESCRIPTIONS[str(kind)](*details)


def _cell(truth: str, predicted: str) -> str:
    return f"“{truth}” correctly classified" if truth == predicted else f"“{truth}” predicted as “{predicted}”"


def _label(label: str, what: str) -> str:
    return f"“{label}”: {OF_LABEL[what].partition(':')[0].lower()}"


def _bin(index: int, scaled: int) -> str:
    confidences = formatting.per_cent_range(int(index) / 15, (int(index) + 1) / 15, decimals=0)
    return f"{'After scaling, f' if scaled else 'F'}rom {confidences} confidence"


def _above(label: str, threshold: float, what: str) -> str:
    score = formatting.per_cent(min(max(float(threshold), 0.0), 1.0), decimals=1)
    kinds = {
        "all": f"Score of “{label}” at least {score}",
        "right": f"“{label}” with a score of at least {score}",
        "false alarms": f"Not “{label}”, but with a score of at least {score}",
        "missed": f"“{label}” with a score below {score}",
    }
    return kinds[what]


DESCRIPTIONS: dict[str, Callable[..., str]] = {
    "cell": _cell,
    "label": _label,
    "bin": _bin,
    "above": _above,
    "mistakes": lambda: "All errors",
    "suspects": lambda: "Suspicious labels",
    "every": lambda: "All test clips",
}


def many(evaluation: Evaluation, count: int) -> str:
    """So many rows, in words: clips, or moments in a set labelled over time."""
    return formatting.count(count, noun(evaluation))


def some(labels: Sequence[str]) -> str:
    """A few labels in words, and that there are more."""
    more = len(labels) - SOME
    return formatting.listed((*labels[:SOME], f"{formatting.number(more)} more") if more > 0 else labels)


def noun(evaluation: Evaluation) -> str:
    """What a row is: a clip, or a moment of one."""
    return "moment" if evaluation.found.over_time else "clip"


def clicked(picked: Any) -> list[list[Any]]:
    """The customdata of the markers that a chart says are selected."""
    points = picked["selection"]["points"] if picked else []
    return [point["customdata"] for point in points if point.get("customdata")]
