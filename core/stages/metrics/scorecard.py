"""All numbers of one comparison, each with its interval or the reason why it has none."""

from typing import Any

import numpy as np

from core.base.registry import METRICS
from core.domain import Comparison, Estimate, Scorecard
from core.stages.metrics.bootstrap import (
    DRAWS,
    Interval,
    bootstrap,
    drawn_values,
    percentiles,
    units_of,
    warning,
    wilson,
)
from core.stages.metrics.caveats import caveats
from core.stages.metrics.classification import confusion, label_counts
from core.stages.metrics.comparison import Metric, share

MOST_WORK = 5e7  # draws x rows x labels up to which slow metrics get an interval
TOO_MUCH = "no interval: too many clips and labels for the bootstrap"


def scorecard(
    comparison: Comparison, *, intervals: bool = True, by_label: bool = True, draws: int = DRAWS, seed: int = 0
) -> Scorecard:
    """Every metric of the registry that applies to `comparison`; without by_label only those that are one number."""
    used = [metric for metric in METRICS.values() if metric.applies(comparison) and (by_label or not metric.by_label)]
    unit, indices = units_of(comparison)
    count = len(np.unique(indices))
    few = warning(unit, count)
    bounds = _bounds(comparison, used, draws, seed) if intervals and count >= 2 else {}
    estimates = {metric.name: _estimates(comparison, metric, bounds.get(metric.name), few) for metric in used}
    matrix, (_, truths, predicted) = confusion(comparison), label_counts(comparison)
    labelled = int(truths.sum())
    return Scorecard(
        comparison.labels,
        matrix,
        {metric.name: estimates[metric.name][0] for metric in used if not metric.by_label},
        {metric.name: estimates[metric.name] for metric in used if metric.by_label},
        unit,
        count,
        len(comparison.names),
        len(set(comparison.groups)),
        labelled,
        _estimate(share(truths.max(), labelled), Interval(None, None), "nothing is labelled"),
        tuple(label for label, times in zip(comparison.labels, predicted, strict=True) if times == 0),
        int(predicted[truths == 0].sum()),
        ties(comparison),
        tuple(str(caveat) for caveat in caveats(comparison)),
        draws,
        seed,
    )


def ties(comparison: Comparison) -> int:
    """Labelled rows whose best score is shared by several labels."""
    if comparison.scores is None or not len(comparison.scores):
        return 0
    shared = (comparison.scores == comparison.scores.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return int(np.sum(shared & (comparison.truth >= 0)))


def estimate(comparison: Comparison, name: str, *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """One number that is not told by label, with its interval, whatever that costs."""
    chosen: Metric = METRICS[name]
    if chosen.by_label:
        raise ValueError(f"{name} is a metric by label")
    plain = chosen.share is not None and units_of(comparison)[0] == "clip"
    interval = (
        wilson(*chosen.share(comparison))
        if plain and chosen.share
        else bootstrap(comparison, chosen, draws=draws, seed=seed)
    )
    left_out = chosen.left_out(comparison) if chosen.left_out else 0
    return _estimate(chosen(comparison), interval, chosen.undefined, left_out)


def _bounds(comparison: Comparison, used: list[Metric], draws: int, seed: int) -> dict[str, list[Interval]]:
    """The intervals of each metric, one or C: Wilson's for shares of independent clips, else drawn."""
    independent = units_of(comparison)[0] == "clip"
    small = draws * len(comparison.truth) * len(comparison.labels) <= MOST_WORK
    shares = [metric for metric in used if metric.share and independent]
    drawn = [metric for metric in used if metric not in shares and (metric.fast or small)]
    bounds = {share.name: _wilsons(share.share(comparison)) for share in shares if share.share}
    values = drawn_values(comparison, {metric.name: metric.formula for metric in drawn}, draws=draws, seed=seed)
    bounds |= {name: percentiles(value.reshape(len(value), -1)) for name, value in values.items()}
    return {metric.name: [Interval(None, None, TOO_MUCH)] for metric in used} | bounds


def _wilsons(counts: tuple[Any, Any]) -> list[Interval]:
    parts, wholes = (np.atleast_1d(count) for count in counts)
    return [wilson(part, whole) for part, whole in zip(parts, wholes, strict=True)]


def _estimates(comparison: Comparison, used: Metric, bounds: list[Interval] | None, few: str) -> tuple[Estimate, ...]:
    """One estimate, or one for each label; `few` is said of those that have an interval or lack one for that reason."""
    values = np.atleast_1d(used(comparison))
    if bounds is None:
        bounds = [Interval(None, None, few)]
    if len(bounds) < len(values):
        bounds = bounds * len(values)
    left_out = used.left_out(comparison) if used.left_out else 0
    intervals = [Interval(bound.low, bound.high, bound.why or few) for bound in bounds]
    return tuple(
        _estimate(value, interval, used.undefined, left_out) for value, interval in zip(values, intervals, strict=True)
    )


def _estimate(value: Any, interval: Interval, undefined: str, left_out: int = 0) -> Estimate:
    if np.isnan(value):
        return Estimate(None, why=f"undefined: {undefined}", left_out=left_out)
    return Estimate(float(value), interval.low, interval.high, interval.why, left_out)
