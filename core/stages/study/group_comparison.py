"""From clips to subjects, and from two groups of subjects to the difference of their means.

The unit is the subject: its clips are pooled first, since clips of one subject are not independent observations.
Sources: Efron and Tibshirani, 1993, chapter 12 (bootstrap-t); Phipson and Smyth, 2010 (p values of random
permutations); Holm, 1979; Benjamini and Hochberg, 1995.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

import numpy as np

from core.stages.study.time_budget import SECONDS_PER_MINUTE, LabelBudget

FEWEST_SUBJECTS = 5  # in each group, for an interval
EXACT_MOST = 20_000  # arrangements that are all tried
DRAWS = 9_999
DIGITS = 12  # differences that are equal so far are ties
FLAT = 1e-6  # a draw whose spread is this part of that of the values has none

Values = Sequence[float | None] | np.ndarray


@dataclass(frozen=True)
class GroupDifference:
    """The mean of group b minus the mean of group a, over subjects.

    n_a and n_b count the subjects with a value. low and high: the interval of `confidence`, both None where there is
    none. p: two-sided, None where a group is empty. method: how interval and p were made. notes: what was left out, and
    why something is missing, as sentences.
    """

    n_a: int
    n_b: int
    mean_a: float | None
    mean_b: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    confidence: float
    method: str
    notes: tuple[str, ...] = ()


# Clips of a subject ---------------------------------------------------------------------------------------------------


def pooled(budgets: Sequence[LabelBudget], watched_s: Sequence[float | None]) -> LabelBudget:
    """One label's budgets in the clips of one subject as one.

    watched_s: for how long each clip was watched. Counts, durations and watched times are added, and share, rate and
    mean duration are made from the sums. The latency is the mean over those clips in which the label comes. There is no
    median: budgets do not hold it. Where a clip's watched time is unknown, there are no share and no rate.
    """
    if not budgets or len({budget.label for budget in budgets}) > 1 or len(budgets) != len(watched_s):
        labels = sorted({budget.label for budget in budgets})
        raise ValueError(f"{len(budgets)} budgets of {labels} with {len(watched_s)} watched times: one label is pooled")
    kinds = {budget.kind for budget in budgets if budget.count}
    count = sum(budget.count for budget in budgets)
    length_s = None if None in watched_s else sum(seconds for seconds in watched_s if seconds)
    total_s = None if kinds == {"point"} else math.fsum(budget.total_s or 0.0 for budget in budgets)
    latencies_s = [budget.latency_s for budget in budgets if budget.latency_s is not None]
    return LabelBudget(
        budgets[0].label,
        "point" if kinds == {"point"} else "state",
        count,
        total_s,
        total_s / length_s if total_s is not None and length_s else None,
        total_s / count if total_s is not None and count else None,
        None,
        SECONDS_PER_MINUTE * count / length_s if length_s else None,
        math.fsum(latencies_s) / len(latencies_s) if latencies_s else None,
        sum(budget.cut for budget in budgets),
    )


# Two groups -----------------------------------------------------------------------------------------------------------


def compare(
    values_a: Values, values_b: Values, *, seed: int = 0, confidence: float = 0.95, draws: int = DRAWS
) -> GroupDifference:
    """How much larger the mean of group b is than that of group a, with an interval and a p value.

    values: one number for each subject; None, NaN and infinite ones are left out. The interval is a studentised
    bootstrap over subjects and needs 5 subjects and two different values in each group. p is that of a two-sided
    permutation test of the difference of means: over all arrangements where these are at most 20,000, else over random
    ones. seed decides the `draws`: the same values and the same seed give the same numbers.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, got {confidence}")
    group_a, group_b = _known(values_a), _known(values_b)
    n_a, n_b = len(group_a), len(group_b)
    mean_a, mean_b = (float(group.mean()) if len(group) else None for group in (group_a, group_b))
    difference = None if mean_a is None or mean_b is None else mean_b - mean_a
    dropped = len(values_a) - n_a + len(values_b) - n_b
    notes = [f"{dropped} of {n_a + n_b + dropped} subjects have no value and were left out."] if dropped else []
    why = _without_interval(group_a, group_b)
    low = high = None
    if not why:
        low, high = _studentised(group_a, group_b, confidence, draws, np.random.default_rng(seed))
        why = "" if low is not None else "No interval: too few different values in a group."
    p = _permutation_p(group_a, group_b, draws, np.random.default_rng(seed)) if n_a and n_b else None
    notes += [why] if why else []
    test = "exact permutation test" if _exact(n_a, n_b) else f"permutation test with {draws:,} random arrangements"
    method = test if low is None else f"bootstrap-t interval, {test}"
    return GroupDifference(n_a, n_b, mean_a, mean_b, difference, low, high, p, confidence, method, tuple(notes))


def _known(values: Values) -> np.ndarray:
    numbers = np.array([math.nan if value is None else value for value in values], np.float64)
    return numbers[np.isfinite(numbers)]


def _without_interval(group_a: np.ndarray, group_b: np.ndarray) -> str:
    """Why there is no interval; empty where there may be one."""
    if min(len(group_a), len(group_b)) < FEWEST_SUBJECTS:
        return f"No interval: it needs at least {FEWEST_SUBJECTS} subjects with a value in each group."
    if _constant(group_a) or _constant(group_b):
        return "No interval: all subjects of a group have the same value, so how much they vary is unknown."
    return ""


def _constant(group: np.ndarray) -> bool:
    """Whether all values are equal up to rounding."""
    return bool(np.ptp(group) <= 10.0**-DIGITS * np.abs(group).max())


def _studentised(
    group_a: np.ndarray, group_b: np.ndarray, confidence: float, draws: int, rng: np.random.Generator
) -> tuple[float, float] | tuple[None, None]:
    """The bootstrap-t interval of the difference of means, without the assumption of equal variances.

    There is none where so many draws lack any spread that they would decide its ends.
    """
    tail = (1 - confidence) / 2
    means_a, variances_a = _drawn(group_a, draws, rng)
    means_b, variances_b = _drawn(group_b, draws, rng)
    spread = math.sqrt(group_a.var(ddof=1) / len(group_a) + group_b.var(ddof=1) / len(group_b))
    away, errors = means_b - means_a, np.sqrt(variances_a + variances_b)  # (draws,)
    flat = errors <= FLAT * spread
    if flat.mean() >= tail:
        return None, None
    ratios = away / np.where(flat, FLAT * spread, errors)
    below, above = np.quantile(ratios, (tail, 1 - tail), method="nearest")
    difference = group_b.mean() - group_a.mean()
    return float(difference - above * spread), float(difference - below * spread)


def _drawn(group: np.ndarray, draws: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(draws,) and (draws,): how far the mean of each draw is from that of the group, and the variance of that mean."""
    count = len(group)
    drawn = (group - group.mean())[rng.integers(0, count, (draws, count), np.int32)]  # (draws, n)
    means = drawn.mean(axis=1)
    squares = np.einsum("ij,ij->i", drawn, drawn) / count
    return means, np.maximum(squares - means**2, 0.0) / (count - 1)


def _permutation_p(group_a: np.ndarray, group_b: np.ndarray, draws: int, rng: np.random.Generator) -> float:
    """Two-sided: twice the smaller of the two one-sided p values, at most 1, as scipy's permutation_test has it."""
    values = np.concatenate([group_a, group_b])
    if _constant(values):
        return 1.0
    values = (values - values.mean()) / np.ptp(values)
    observed = np.round(values[: len(group_a)].sum(), DIGITS)  # with the total fixed, as good as the difference
    if _exact(len(group_a), len(group_b)):
        sums, extra = np.round(values[_arrangements(len(values), len(group_a))].sum(axis=1), DIGITS), 0
    else:
        rows = rng.permuted(np.broadcast_to(values, (draws, len(values))), axis=1)
        sums, extra = np.round(rows[:, : len(group_a)].sum(axis=1), DIGITS), 1
    rarer = min(np.count_nonzero(sums <= observed), np.count_nonzero(sums >= observed)) + extra
    return float(min(1.0, 2 * rarer / (len(sums) + extra)))


def _exact(n_a: int, n_b: int) -> bool:
    return math.comb(n_a + n_b, n_a) <= EXACT_MOST


@lru_cache(maxsize=8)
def _arrangements(count: int, chosen: int) -> np.ndarray:
    """(K, chosen): which subjects form group a in each arrangement of `count` subjects."""
    return np.array(list(combinations(range(count), chosen)), np.int32)


# Many comparisons -----------------------------------------------------------------------------------------------------


def adjusted(
    p_values: Sequence[float | None], method: Literal["holm", "benjamini-hochberg"] = "holm"
) -> tuple[float | None, ...]:
    """The p values of comparisons that were made together, in their order; None and NaN stay None and do not count."""
    if method not in ("holm", "benjamini-hochberg"):
        raise ValueError(f'method is "holm" or "benjamini-hochberg", got {method!r}')
    numbers = np.array([math.nan if p is None else p for p in p_values], np.float64)
    tested = ~np.isnan(numbers)
    if tested.any():
        numbers[tested] = (_holm if method == "holm" else _benjamini_hochberg)(numbers[tested])
    return tuple(_or_none(numbers))


def _or_none(numbers: np.ndarray) -> Iterator[float | None]:
    return (None if math.isnan(number) else float(number) for number in numbers)


def _holm(p: np.ndarray) -> np.ndarray:
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    result = np.empty(len(p))
    result[order] = np.minimum(steps, 1.0)
    return result


def _benjamini_hochberg(p: np.ndarray) -> np.ndarray:
    from scipy.stats import false_discovery_control

    return np.asarray(false_discovery_control(p, method="bh"))
