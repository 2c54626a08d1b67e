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
TOO_MUCH = "no interval: too many clips and labels to draw this one again"


def scorecard(
    found: Comparison, *, intervals: bool = True, by_label: bool = True, draws: int = DRAWS, seed: int = 0
) -> Scorecard:
    """Every metric of the registry that applies to `found`; without by_label only those that are one number."""
    used = [each for each in METRICS.values() if each.applies(found) and (by_label or not each.by_label)]
    unit, places = units_of(found)
    count = len(np.unique(places))
    few = warning(unit, count)
    bounds = _bounds(found, used, draws, seed) if intervals and count >= 2 else {}
    estimates = {each.name: _estimates(found, each, bounds.get(each.name), few) for each in used}
    matrix, (_, truths, predicted) = confusion(found), label_counts(found)
    labelled = int(truths.sum())
    return Scorecard(
        found.labels,
        matrix,
        {each.name: estimates[each.name][0] for each in used if not each.by_label},
        {each.name: estimates[each.name] for each in used if each.by_label},
        unit,
        count,
        len(found.names),
        len(set(found.groups)),
        labelled,
        _estimate(share(truths.max(), labelled), Interval(None, None), "nothing is labelled"),
        tuple(label for label, times in zip(found.labels, predicted, strict=True) if times == 0),
        int(predicted[truths == 0].sum()),
        ties(found),
        tuple(str(caveat) for caveat in caveats(found)),
        draws,
        seed,
    )


def ties(found: Comparison) -> int:
    """Labelled rows whose best score is shared by several labels."""
    if found.scores is None or not len(found.scores):
        return 0
    shared = (found.scores == found.scores.max(axis=1, keepdims=True)).sum(axis=1) > 1
    return int(np.sum(shared & (found.truth >= 0)))


def estimate(found: Comparison, name: str, *, draws: int = DRAWS, seed: int = 0) -> Estimate:
    """One number that is not told by label, with its interval, whatever that costs."""
    chosen: Metric = METRICS[name]
    if chosen.by_label:
        raise ValueError(f"{name} is told by label")
    plain = chosen.share is not None and units_of(found)[0] == "clip"
    interval = (
        wilson(*chosen.share(found)) if plain and chosen.share else bootstrap(found, chosen, draws=draws, seed=seed)
    )
    left_out = chosen.left_out(found) if chosen.left_out else 0
    return _estimate(chosen(found), interval, chosen.undefined, left_out)


def _bounds(found: Comparison, used: list[Metric], draws: int, seed: int) -> dict[str, list[Interval]]:
    """The intervals of each metric, one or C: Wilson's for shares of independent clips, else drawn."""
    independent = units_of(found)[0] == "clip"
    small = draws * len(found.truth) * len(found.labels) <= MOST_WORK
    shares = [each for each in used if each.share and independent]
    drawn = [each for each in used if each not in shares and (each.fast or small)]
    bounds = {each.name: _wilsons(each.share(found)) for each in shares if each.share}
    values = drawn_values(found, {each.name: each.formula for each in drawn}, draws=draws, seed=seed)
    bounds |= {name: percentiles(each.reshape(len(each), -1)) for name, each in values.items()}
    return {each.name: [Interval(None, None, TOO_MUCH)] for each in used} | bounds


def _wilsons(counts: tuple[Any, Any]) -> list[Interval]:
    parts, wholes = (np.atleast_1d(each) for each in counts)
    return [wilson(part, whole) for part, whole in zip(parts, wholes, strict=True)]


def _estimates(found: Comparison, used: Metric, bounds: list[Interval] | None, few: str) -> tuple[Estimate, ...]:
    """One estimate, or one for each label; `few` is said of those that have an interval or lack one for that reason."""
    values = np.atleast_1d(used(found))
    if bounds is None:
        bounds = [Interval(None, None, few)]
    if len(bounds) < len(values):
        bounds = bounds * len(values)
    left_out = used.left_out(found) if used.left_out else 0
    told = [Interval(each.low, each.high, each.why or few) for each in bounds]
    return tuple(
        _estimate(value, interval, used.undefined, left_out) for value, interval in zip(values, told, strict=True)
    )


def _estimate(value: Any, interval: Interval, undefined: str, left_out: int = 0) -> Estimate:
    if np.isnan(value):
        return Estimate(None, why=f"undefined: {undefined}", left_out=left_out)
    return Estimate(float(value), interval.low, interval.high, interval.why, left_out)
