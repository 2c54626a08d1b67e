"""The numbers that are shown first, and all of them as JSON and CSV."""

from dataclasses import dataclass

from core.base.registry import METRICS
from core.domain import Estimate, Evaluation, Rivalry

MAIN_METRICS = ("accuracy", "top5", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1")
MAIN_OVER_TIME = (
    "frame_accuracy",
    "balanced_accuracy",
    "macro_f1",
    "edit",
    "f1_10",
    "f1_25",
    "f1_50",
    "bout_f1",
)
NOT_APPLICABLE = Estimate(None, why="undefined: the dataset or the model lacks what this metric needs")


@dataclass(frozen=True)
class Headline:
    """One number of the first screen. unit: "" for shares; baselines: the same number of what is simpler."""

    name: str
    label: str
    estimate: Estimate
    baselines: dict[str, Estimate]
    unit: str = ""


def headline(judged: Evaluation) -> tuple[Headline, ...]:
    """The numbers to be shown first, in their order, each beside the baselines."""
    names = MAIN_OVER_TIME if judged.found.over_time else MAIN_METRICS
    return tuple(
        Headline(
            name,
            METRICS[name].label,
            judged.card.overall[name],
            {baseline.name: baseline.overall.get(name, NOT_APPLICABLE) for baseline in judged.baselines},
            METRICS[name].unit,
        )
        for name in names
        if name in judged.card.overall
    )


def ordered(overall: dict[str, Estimate]) -> dict[str, Estimate]:
    """Numbers by their names in the order of the registry; what is stored has the order of the alphabet."""
    return {name: overall[name] for name in METRICS if name in overall}


@dataclass(frozen=True)
class MetricDifference:
    """One number of two evaluations on the clips they share. not_better: share of draws in which the first is not."""

    name: str
    label: str
    first: Estimate
    second: Estimate
    change: Estimate
    not_better: float | None
    unit: str = ""


def differences(rivalry: Rivalry) -> tuple[MetricDifference, ...]:
    """The numbers of two evaluations in the order in which they are shown."""
    known = (*dict.fromkeys((*MAIN_OVER_TIME, *MAIN_METRICS)), "ece")
    names = [name for name in known if name in rivalry.overall]
    if "accuracy" in rivalry.overall:
        names.sort(key=[*MAIN_METRICS, *MAIN_OVER_TIME, "ece"].index)
    return tuple(
        MetricDifference(
            name, METRICS[name].label, *rivalry.overall[name], rivalry.not_better.get(name), METRICS[name].unit
        )
        for name in names
    )
