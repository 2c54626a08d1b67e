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
class Difference:
    """Of two models on the same units: first minus second, its interval, and the share of draws that are <= 0."""

    value: float | None
    interval: Interval
    not_better: float | None


@dataclass(frozen=True)
class McNemar:
    """Clips that only the first, or only the second model got right, and how likely so uneven a split is by chance."""

    only_first: int
    only_second: int
    p: float
    why: str = ""


def wilson(right: float, count: float) -> Interval:
    """For a share of independent clips: `right` of `count`."""
    if count == 0:
        return Interval(None, None, "there is nothing to count")
    part, spread = right / count, Z * Z / count
    centre = (part + spread / 2) / (1 + spread)
    half = Z / (1 + spread) * np.sqrt(part * (1 - part) / count + spread / (4 * count))
    return Interval(max(0.0, min(part, float(centre - half))), min(1.0, max(part, float(centre + half))))


def units_of(found: Comparison) -> tuple[str, np.ndarray]:
    """What is drawn, "clip", "video" or "group", and (n,) which of them each clip or video belongs to."""
    _, places = np.unique(np.array(found.groups, dtype=object).astype(str), return_inverse=True)
    known = len(found.names) > 0 and places.max() + 1 < len(found.names)
    alone = "video" if found.over_time else "clip"
    return ("group", places) if known else (alone, np.arange(len(found.names)))


def warning(unit: str, count: int) -> str:
    """What to say of an interval from so few units; empty from ten on."""
    if count < 2:
        return f"no interval: there is {count} {unit}" + "s" * (count == 0)
    return f"not reliable, n = {count} {unit}s" if count < FEW_UNITS else ""


def draws_of(found: Comparison, *, draws: int = DRAWS, seed: int = 0) -> Iterator[np.ndarray]:
    """How often each clip or video counts in each draw, (r, n) float64 at a time, `draws` rows in all.

    As many units are drawn as there are, with replacement; what belongs to a unit is drawn with it.
    """
    _, places = units_of(found)
    count = int(places.max()) + 1
    generator = np.random.default_rng(seed)
    step = max(1, CHUNK // max(count, len(places)))
    for first in range(0, draws, step):
        rows = min(step, draws - first)
        chosen = generator.integers(0, count, (rows, count), dtype=np.int32)
        flat = (chosen + np.arange(rows, dtype=np.int64)[:, None] * count).ravel()
        yield np.bincount(flat, minlength=rows * count).reshape(rows, count)[:, places].astype(np.float64)


def drawn_values(
    found: Comparison, formulas: dict[str, Callable[[Comparison], Any]], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, np.ndarray]:
    """Each formula on each draw, (R,) or (R, C), NaN where it is undefined; the same draws for all.

    A formula that does not know of weights is called on one draw after another.
    """
    usual = {name: np.ndim(formula(found)) for name, formula in formulas.items()}
    values: dict[str, list[Any]] = {name: [] for name in formulas}
    for weights in draws_of(found, draws=draws, seed=seed):
        drawn = found.drawn(weights)
        for name, formula in formulas.items():
            value = np.asarray(formula(drawn))
            if value.ndim != usual[name] + 1:
                value = np.array([formula(_repeated(found, row)) for row in weights])
            values[name].append(value)
    return {name: np.concatenate(each) for name, each in values.items()}


def _repeated(found: Comparison, weights: np.ndarray) -> Comparison:
    return taken(found, np.repeat(np.arange(len(weights)), weights.astype(np.int64)))


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
        Interval(None, None, f"no interval: undefined in {part:.0%} of the draws")
        if part > MOST_UNDEFINED
        else Interval(float(least), float(most))
        for part, least, most in zip(lost, low, high, strict=True)
    ]


def bootstrap(
    found: Comparison, formula: Callable[[Comparison], Any], *, draws: int = DRAWS, seed: int = 0
) -> Interval:
    """The interval of one number. Fewer than two units give none; from fewer than ten it is told as not reliable."""
    unit, places = units_of(found)
    count = len(np.unique(places))
    if count < 2:
        return Interval(None, None, warning(unit, count))
    values = drawn_values(found, {"": formula}, draws=draws, seed=seed)[""]
    (interval,) = percentiles(values.reshape(len(values), 1))
    return Interval(interval.low, interval.high, interval.why or warning(unit, count))


# Two models -----------------------------------------------------------------------------------------------------------


def check_comparable(one: Comparison, other: Comparison) -> None:
    """Refuse two runs that did not answer for the same labels on the same clips of the same split."""
    refused = "The two models cannot be compared: "
    if one.labels != other.labels:
        raise ScoringRefused(f"{refused}their labels differ.", "Compare models of one label list.")
    if one.split != other.split:
        raise ScoringRefused(f"{refused}they were tested on different splits.", "Test both on the same split.")
    if one.names != other.names or one.groups != other.groups or not np.array_equal(one.truth, other.truth):
        raise ScoringRefused(
            f"{refused}they do not cover the same labelled clips and frames.", "Test both on the same clips."
        )


def difference(
    one: Comparison, other: Comparison, formula: Callable[[Comparison], Any], *, draws: int = DRAWS, seed: int = 0
) -> Difference:
    """First minus second on the same units, the same ones drawn for both."""
    check_comparable(one, other)
    unit, places = units_of(one)
    count = len(np.unique(places))
    value = float(formula(one) - formula(other))
    shown = None if np.isnan(value) else value
    if count < 2:
        return Difference(shown, Interval(None, None, warning(unit, count)), None)
    both = [drawn_values(each, {"": formula}, draws=draws, seed=seed)[""] for each in (one, other)]
    change = both[0] - both[1]
    (interval,) = percentiles(change[:, None])
    defined = change[~np.isnan(change)]
    not_better = float(np.mean(defined <= 0)) if interval.low is not None else None
    return Difference(shown, Interval(interval.low, interval.high, interval.why or warning(unit, count)), not_better)


def mcnemar_p(only_first: int, only_second: int) -> float:
    """The exact two-sided p value of so uneven a split, if each side were as likely."""
    from scipy.stats import binom

    total = only_first + only_second
    return float(min(1.0, 2 * binom.cdf(min(only_first, only_second), total, 0.5))) if total else 1.0


def mcnemar(one: Comparison, other: Comparison) -> McNemar:
    """Whether two models differ on independent clips. Clips in groups are refused: there the bootstrap is right."""
    check_comparable(one, other)
    if units_of(one)[0] != "clip":
        raise ScoringRefused(
            "McNemar's test is for independent clips, and these come in groups or over time.",
            "Read the interval of the difference: it draws whole groups.",
        )
    known = one.truth >= 0
    first, second = (each.predicted[known] == one.truth[known] for each in (one, other))
    only_first, only_second = int(np.sum(first & ~second)), int(np.sum(second & ~first))
    why = "" if only_first + only_second else "no clip tells them apart"
    return McNemar(only_first, only_second, mcnemar_p(only_first, only_second), why)
