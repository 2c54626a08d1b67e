"""How sure a number is: Wilson's interval for shares, the bootstrap for everything else, and two models compared.

What is drawn again is what was recorded apart: groups where they are known, else clips or videos; never frames and
never segments, which are near-copies of each other. Sources: Wilson, 1927; Efron, 1979 (percentile bootstrap);
McNemar, 1947 (exact, two-sided).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import ScoringRefused
from core.base.percentages import per_cent
from core.domain import Comparison
from core.stages.metrics.comparison import taken

Z = 1.959964
DRAWS = 2000
TAILS = (0.025, 0.975)
FEW_UNITS = 10
MOST_UNDEFINED = 0.05
CHUNK = 2_000_000  # weights that lie in memory at once


@dataclass(frozen=True)
class Interval:
    """A 95 % interval; None and None where there is none, and `why`. A warning about few units is told there too."""

    low: float | None
    high: float | None
    why: str = ""


@dataclass(frozen=True)
class PairedDifference:
    """Of two models on the same units: first minus second, its interval, and the share of draws that are <= 0."""

    value: float | None
    interval: Interval
    not_better: float | None


def wilson(right: float, count: float) -> Interval:
    """For a share of independent clips: `right` of `count`."""
    if count == 0:
        return Interval(None, None, "there is nothing to count")
    part, spread = right / count, Z * Z / count
    centre = (part + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * np.sqrt(part * (1 - part) / count + spread / (4 * count))
    return Interval(max(0.0, min(part, float(centre - half))), min(1.0, max(part, float(centre + half))))


def units_of(comparison: Comparison) -> tuple[str, np.ndarray]:
    """What is drawn, "clip", "video" or "group", and (n,) which of them each clip or video belongs to."""
    _, indices = np.unique(np.array(comparison.groups, dtype=object).astype(str), return_inverse=True)
    known = len(comparison.names) > 0 and indices.max() + 1 < len(comparison.names)
    alone = "video" if comparison.over_time else "clip"
    return ("group", indices) if known else (alone, np.arange(len(comparison.names)))


def warning(unit: str, count: int) -> str:
    """What to say of an interval from so few units; empty from ten on."""
    if count < 2:
        return f"no interval: there is {count} {unit}" + "s" * (count == 0)
    return f"not reliable, n = {count} {unit}s" if count < FEW_UNITS else ""


def draws_of(comparison: Comparison, *, draws: int = DRAWS, seed: int = 0) -> Iterator[np.ndarray]:
    """How often each clip or video counts in each draw, (r, n) float64 at a time, `draws` rows in all.

    As many units are drawn as there are, with replacement; what belongs to a unit is drawn with it.
    """
    _, indices = units_of(comparison)
    count = int(indices.max()) + 1
    generator = np.random.default_rng(seed)
    step = max(1, CHUNK // max(count, len(indices)))
    for first in range(0, draws, step):
        rows = min(step, draws - first)
        chosen = generator.integers(0, count, (rows, count), dtype=np.int32)
        flat = (chosen + np.arange(rows, dtype=np.int64)[:, None] * count).ravel()
        yield np.bincount(flat, minlength=rows * count).reshape(rows, count)[:, indices].astype(np.float64)


def drawn_values(
    comparison: Comparison, formulas: dict[str, Callable[[Comparison], Any]], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, np.ndarray]:
    """Each formula on each draw, (R,) or (R, C), NaN where it is undefined; the same draws for all.

    A formula that does not know of weights is called on one draw after another.
    """
    usual = {name: np.ndim(formula(comparison)) for name, formula in formulas.items()}
    values: dict[str, list[Any]] = {name: [] for name in formulas}
    for weights in draws_of(comparison, draws=draws, seed=seed):
        drawn = comparison.drawn(weights)
        for name, formula in formulas.items():
            value = np.asarray(formula(drawn))
            if value.ndim != usual[name] + 1:
                value = np.array([formula(_repeated(comparison, row)) for row in weights])
            values[name].append(value)
    return {name: np.concatenate(value) for name, value in values.items()}


def _repeated(comparison: Comparison, weights: np.ndarray) -> Comparison:
    return taken(comparison, np.repeat(np.arange(len(weights)), weights.astype(np.int64)))


def percentiles(values: np.ndarray) -> list[Interval]:
    """The interval of each column of (R, C): 2.5 % and 97.5 % points of its draws.

    Where more than 5 % of the draws are undefined there is no interval.
    """
    undefined = np.isnan(values)
    lost = undefined.mean(axis=0)  # (C,)
    if undefined.any():
        usable = np.where(undefined.all(axis=0), 0.0, values)
        low, high = np.nanquantile(usable, TAILS, axis=0)
    else:
        low, high = np.quantile(values, TAILS, axis=0)
    return [
        Interval(None, None, f"no interval: undefined in {per_cent(part)} of the draws")
        if part > MOST_UNDEFINED
        else Interval(float(least), float(most))
        for part, least, most in zip(lost, low, high, strict=True)
    ]


def bootstrap(
    comparison: Comparison, formula: Callable[[Comparison], Any], *, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """The interval of one number. Fewer than two units give none; from fewer than ten it is told as not reliable."""
    unit, indices = units_of(comparison)
    count = len(np.unique(indices))
    if count < 2:
        return Interval(None, None, warning(unit, count))
    values = drawn_values(comparison, {"": formula}, draws=draws, seed=seed)[""]
    (interval,) = percentiles(values.reshape(len(values), 1))
    return Interval(interval.low, interval.high, interval.why or warning(unit, count))


# Two models -----------------------------------------------------------------------------------------------------------


def check_comparable(comparison: Comparison, other: Comparison) -> None:
    """Refuse two runs that did not answer for the same labels on the same clips of the same split."""
    refused = "The two models cannot be compared: "
    if comparison.labels != other.labels:
        raise ScoringRefused(f"{refused}their labels differ.", "Compare models of one label list.")
    if comparison.split != other.split:
        raise ScoringRefused(f"{refused}they were tested on different splits.", "Test both on the same split.")
    if (
        comparison.names != other.names
        or comparison.groups != other.groups
        or not np.array_equal(comparison.truth, other.truth)
    ):
        raise ScoringRefused(
            f"{refused}they do not cover the same labelled clips and frames.", "Test both on the same clips."
        )


def difference(
    comparison: Comparison,
    other: Comparison,
    formula: Callable[[Comparison], Any],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> PairedDifference:
    """First minus second on the same units, the same ones drawn for both."""
    check_comparable(comparison, other)
    unit, indices = units_of(comparison)
    count = len(np.unique(indices))
    value = float(formula(comparison) - formula(other))
    shown = None if np.isnan(value) else value
    if count < 2:
        return PairedDifference(shown, Interval(None, None, warning(unit, count)), None)
    both = [drawn_values(side, {"": formula}, draws=draws, seed=seed)[""] for side in (comparison, other)]
    change = both[0] - both[1]
    (interval,) = percentiles(change[:, None])
    defined = change[~np.isnan(change)]
    not_better = float(np.mean(defined <= 0)) if interval.low is not None else None
    return PairedDifference(
        shown, Interval(interval.low, interval.high, interval.why or warning(unit, count)), not_better
    )


def mcnemar_p(only_first: int, only_second: int) -> float:
    """The exact two-sided p value of so uneven a split, if each side were as likely."""
    from scipy.stats import binom

    total = only_first + only_second
    return float(min(1.0, 2 * binom.cdf(min(only_first, only_second), total, 0.5))) if total else 1.0
