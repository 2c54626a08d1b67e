"""What a click asks for, in words."""

from collections.abc import Callable, Sequence
from typing import Any

from core.domain import Evaluation
from core.workflows.evaluation.choices import Choice
from pages.ui.common import formatting

SOME = 6  # labels that are named in a sentence
OF_LABEL = {
    "errors": "Mistakes with it",
    "missed": "Missed: true, but another was said",
    "false alarms": "False alarms: said, but another is true",
    "right": "Named rightly",
    "true": "All that are true",
    "predicted": "All that were said",
}


ABOVE = {
    "all": "All from this score on",
    "right": "Those that are right",
    "false alarms": "False alarms",
    "missed": "Missed: true ones below it",
}


def described(choice: Choice) -> str:
    """A choice in words."""
    kind, *details = choice
    return TOLD[str(kind)](*details)


def _cell(truth: str, predicted: str) -> str:
    return f"“{truth}” named rightly" if truth == predicted else f"“{truth}” taken for “{predicted}”"


def _label(label: str, what: str) -> str:
    return f"“{label}”: {OF_LABEL[what].partition(':')[0].lower()}"


def _bin(index: int, scaled: int) -> str:
    low, high = 100 * int(index) / 15, 100 * (int(index) + 1) / 15
    return f"{'After scaling, f' if scaled else 'F'}rom {low:.0f} to {high:.0f} % sure"


def _above(label: str, threshold: float, what: str) -> str:
    score = f"{100 * min(max(float(threshold), 0.0), 1.0):.1f} %"
    kinds = {
        "all": f"Score of “{label}” at least {score}",
        "right": f"“{label}”, found from {score} on",
        "false alarms": f"Not “{label}”, but its score is at least {score}",
        "missed": f"“{label}” with a score below {score}",
    }
    return kinds[what]


TOLD: dict[str, Callable[..., str]] = {
    "cell": _cell,
    "label": _label,
    "bin": _bin,
    "above": _above,
    "mistakes": lambda: "All mistakes",
    "suspects": lambda: "Labels that look wrong",
    "every": lambda: "Everything that was tested",
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
