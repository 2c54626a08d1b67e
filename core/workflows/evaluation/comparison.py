"""Two evaluations on the clips that they share: differences with intervals, and which clips changed side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.base.errors import ScoringRefused
from core.base.progress import Report, silent
from core.base.registry import METRICS
from core.domain import Comparison, Estimate, Evaluation, Rivalry
from core.domain.caveats import Caveat, is_leak, leak_of
from core.domain.fingerprint import fingerprint
from core.stages import metrics
from core.stages.metrics import bootstrap
from core.workflows.evaluation import results
from core.workflows.evaluation.metrics_summary import MAIN_METRICS, MAIN_OVER_TIME
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

BY_LABEL = ("recall", "f1")
GROUPED = "McNemar's test is for independent clips, and these clips are grouped: use the interval of the difference."
TIMED = (
    "McNemar's test is for independent clips, and time steps are not independent: use the interval of the difference."
)

LEAKED = "There is no winner where one side was trained on the clips that both are compared on."


@dataclass(frozen=True, eq=False)
class Shared:
    """Two comparisons of the same rows, and which rows these are in each evaluation: (M,) int64 both."""

    first: Comparison
    second: Comparison
    first_rows: np.ndarray
    second_rows: np.ndarray
    left_out: int  # clips with another label in the other evaluation


def rivalry_key(text: str, other: str) -> str:
    """The name of what compares two evaluations, which are named by their keys."""
    return fingerprint("rivalry", 1, text, other)


@short()
def compare(store: Store, text: str, other: str, report: Report = silent) -> None:
    """Compare two stored evaluations, and store what came out."""
    report(0, 2, "Matching the clips of both evaluations")
    first, second = results.read(store, text), results.read(store, other)
    both = shared(first, second)
    report(1, 2, "Drawing differences")
    store.write(rivalry_key(text, other), rivalry(text, other, first, second, both), kind="rivalry")
    report(2, 2, "Done")


def read(store: Store, key: str) -> Rivalry:
    """The comparison of that key; where either side learned from the clips, without what would name a winner."""
    compared = store.read(key, Rivalry)
    if not leak_of(compared.warnings):
        return compared
    overall = {
        name: tuple(results.without_interval(estimate) for estimate in sides)
        for name, sides in compared.overall.items()
    }
    by_label = {
        name: tuple(results.without_interval(estimate) for estimate in estimates)
        for name, estimates in compared.by_label.items()
    }
    not_better = dict.fromkeys(compared.not_better)
    leaks = tuple(text for text in compared.warnings if is_leak(text))
    return replace(
        compared, overall=overall, by_label=by_label, not_better=not_better, p=None, why=LEAKED, warnings=leaks
    )


def rivalry(key: str, other_key: str, evaluation: Evaluation, other: Evaluation, both: Shared) -> Rivalry:
    """What the comparison of two evaluations tells; differences are first minus second."""
    overall, not_better, by_label = _differences(both)
    known = both.first.truth >= 0
    right = [known & (comparison.predicted == comparison.truth) for comparison in (both.first, both.second)]
    rows = np.stack([both.first_rows, both.second_rows], axis=1)  # (M, 2)
    lost, won = rows[right[0] & ~right[1]], rows[right[1] & ~right[0]]
    p, why = _mcnemar(both, len(lost), len(won))
    count = len(both.first.names)
    return Rivalry(
        key,
        other_key,
        (evaluation.origin.title, other.origin.title),
        count,
        len(evaluation.found.names) - count - both.left_out,
        len(other.found.names) - count - both.left_out,
        overall,
        not_better,
        both.first.labels,
        by_label,
        len(lost),
        len(won),
        p,
        why,
        lost,
        won,
        _warnings(evaluation, other, both),
    )


def _mcnemar(both: Shared, only_first: int, only_second: int) -> tuple[float | None, str]:
    """The p value of McNemar's test, or why it does not apply."""
    if both.first.over_time:
        return None, TIMED
    if bootstrap.units_of(both.first)[0] != "clip":
        return None, GROUPED
    return bootstrap.mcnemar_p(only_first, only_second), ""


def _warnings(first: Evaluation, second: Evaluation, both: Shared) -> tuple[str, ...]:
    """What to know of the two, leaks of either first, as it is stored."""
    count, longest = len(both.first.names), max(len(first.found.names), len(second.found.names))
    caveats = [Caveat("shared clips", count)] if count < longest else []
    if both.left_out:
        have = "clip has" if both.left_out == 1 else "clips have"
        caveats.append(Caveat("other labels", both.left_out, name=have))
    if first.origin.dataset_key != second.origin.dataset_key:
        caveats.append(Caveat("other version", name=_versions(first, second)))
    if first.origin.source == second.origin.source == "run" and not _same_folds(first, second):
        caveats.append(Caveat("different folds"))
    few = metrics.caveats.few_units_of(both.first)
    if few and few.kind == "few units":
        caveats.append(few)
    leaks = (f"{side.origin.title}: {text}" for side in (first, second) for text in side.warnings if is_leak(text))
    return (*leaks, *(str(caveat) for caveat in caveats))


def _versions(first: Evaluation, second: Evaluation) -> str:
    """The datasets of the two, as a clause."""
    if first.dataset == second.dataset:
        return f"{first.dataset}, the second on an earlier or later state of it"
    return f"{first.dataset}, the second on {second.dataset}"


def _same_folds(first: Evaluation, second: Evaluation) -> bool:
    """Whether two runs have the same split, or on two versions of a dataset test the clips of both in the same folds.

    A version has the folds of the version before under another key.
    """
    if first.origin.dataset_key == second.origin.dataset_key:
        return first.found.split == second.found.split
    pairs = np.array(_pairs(first, second)).reshape(-1, 2)
    return bool((first.folds[pairs[:, 0]] == second.folds[pairs[:, 1]]).all())


def _units(comparison: Comparison) -> tuple[str, int]:
    unit, indices = bootstrap.units_of(comparison)
    return unit, len(np.unique(indices))


# What is shared -------------------------------------------------------------------------------------------------------


def shared(evaluation: Evaluation, other: Evaluation) -> Shared:
    """The rows that both evaluations judge; ScoringRefused where there is none.

    Labels are matched by their names, groups are those of the first. Where time steps differ, the second is asked for
    the step nearest to each of the first.
    """
    if evaluation.found.over_time != other.found.over_time:
        raise ScoringRefused(
            "One of the two evaluates whole clips, the other time steps.", "Compare two evaluations of the same kind."
        )
    pairs = _pairs(evaluation, other)
    labels = tuple(dict.fromkeys((*evaluation.found.labels, *other.found.labels)))
    spans = [_rows(evaluation.found, other.found, *pair) for pair in pairs]
    same = [_same_truth(evaluation.found, other.found, *span) for span in spans]
    kept = [index for index, fits in enumerate(same) if fits]
    if not kept:
        hint = "Choose two evaluations of the same dataset, or of datasets that share clips."
        raise ScoringRefused(
            f"{evaluation.origin.title!r} and {other.origin.title!r} were evaluated on different clips.", hint
        )
    rows = [np.concatenate([spans[index][side] for index in kept]) for side in (0, 1)]
    units = [pairs[index][0] for index in kept]
    sizes = [len(spans[index][0]) for index in kept]
    first = _of_rows(evaluation.found, evaluation.found, labels, units, rows[0], rows[0], sizes)
    second = _of_rows(evaluation.found, other.found, labels, units, rows[0], rows[1], sizes)
    return Shared(first, second, rows[0], rows[1], len(pairs) - len(kept))


def _pairs(evaluation: Evaluation, other: Evaluation) -> list[tuple[int, int]]:
    """The units of the two that are the same clip: by their place in the set, or in two sets by the clip's digest."""
    same_set = evaluation.origin.dataset_key == other.origin.dataset_key
    names = [side.items.tolist() if same_set else list(side.videos) for side in (evaluation, other)]
    numbers = {name: unit for unit, name in reversed(list(enumerate(names[1])))}
    return [(unit, numbers[name]) for unit, name in enumerate(names[0]) if name in numbers]


def _rows(comparison: Comparison, other: Comparison, unit: int, beside: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows of a clip in the first, and of each the row of the second that is nearest in time."""
    if comparison.starts is None or other.starts is None or comparison.times_s is None or other.times_s is None:
        return np.array([unit]), np.array([beside])
    rows = np.arange(comparison.starts[unit], comparison.starts[unit + 1])
    low, high = int(other.starts[beside]), int(other.starts[beside + 1])
    if low == high:
        return rows[:0], rows[:0]
    borders_s = (other.times_s[low : high - 1] + other.times_s[low + 1 : high]) / 2
    return rows, low + np.searchsorted(borders_s, comparison.times_s[rows])


def _same_truth(comparison: Comparison, other: Comparison, rows: np.ndarray, beside: np.ndarray) -> bool:
    """Whether a clip carries the same labels in both; at the borders of labels over time, steps may differ."""
    truths = [
        [side.labels[label] if label >= 0 else "" for label in side.truth[indices].tolist()]
        for side, indices in ((comparison, rows), (other, beside))
    ]
    known = [first == second for first, second in zip(*truths, strict=True) if first and second]
    return bool(known) and (2 * sum(known) >= len(known) if comparison.over_time else all(known))


def _of_rows(
    comparison: Comparison,
    judged: Comparison,
    labels: Sequence[str],
    units: Sequence[int],
    rows: np.ndarray,
    beside: np.ndarray,
    sizes: Sequence[int],
) -> Comparison:
    """What `judged` says, at `beside`, beside the truth of the first, at `rows`."""
    assert judged.scores is not None
    truths, indices = (
        np.array([*(labels.index(label) for label in side.labels), -1], np.int64) for side in (comparison, judged)
    )
    scores = np.zeros((len(rows), len(labels)), np.float32)
    scores[:, indices[:-1]] = judged.scores[beside]
    truth, predicted = truths[comparison.truth[rows]], indices[judged.predicted[beside]]
    truth = np.where((judged.truth[beside] < 0) | (predicted < 0), -1, truth)
    timed = comparison.starts is not None
    return Comparison(
        tuple(labels),
        tuple(comparison.names[unit] for unit in units),
        tuple(comparison.groups[unit] for unit in units),
        truth,
        predicted,
        scores,
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64) if timed else None,
        comparison.times_s[rows] if timed and comparison.times_s is not None else None,
        comparison.ends_s[np.asarray(units)] if comparison.ends_s is not None else None,
        comparison.background,
    )


# Differences ----------------------------------------------------------------------------------------------------------


def _differences(
    both: Shared,
) -> tuple[dict[str, tuple[Estimate, Estimate, Estimate]], dict[str, float | None], dict[str, tuple[Estimate, ...]]]:
    """Overall numbers of both and their differences, shares of draws in which the first is no better, and by label."""
    names = [name for name in (*MAIN_METRICS, *MAIN_OVER_TIME, "ece") if METRICS[name].applies(both.first)]
    names = list(dict.fromkeys(names))
    formulas = {name: METRICS[name].formula for name in (*names, *BY_LABEL)}
    unit, count = _units(both.first)
    few = bootstrap.warning(unit, count)
    sides = (both.first, both.second)
    values = [{name: np.atleast_1d(formula(side)) for name, formula in formulas.items()} for side in sides]
    drawn = [bootstrap.drawn_values(side, formulas) for side in sides] if count >= 2 else None
    estimateseses = {name: _three(name, values, drawn, few) for name in formulas}
    overall = {
        name: (estimateseses[name][0][0], estimateseses[name][1][0], estimateseses[name][2][0]) for name in names
    }
    not_better = {name: _not_better(name, drawn) for name in names}
    return overall, not_better, {name: estimateseses[name][2] for name in BY_LABEL}


def _three(name: str, values: Any, drawn: Any, few: str) -> tuple[tuple[Estimate, ...], ...]:
    """Estimates of the first, of the second and of their difference, one or C each."""
    usual = [values[0][name], values[1][name], values[0][name] - values[1][name]]
    if drawn is None:
        return tuple(_estimates(values, None, name, few) for values in usual)
    draws = [values[name].reshape(len(values[name]), -1) for values in drawn]
    draws.append(draws[0] - draws[1])
    return tuple(_estimates(estimates, rows, name, few) for estimates, rows in zip(usual, draws, strict=True))


def _estimates(values: np.ndarray, draws: np.ndarray | None, name: str, few: str) -> tuple[Estimate, ...]:
    if draws is None:
        bounds = [bootstrap.Interval(None, None, few)] * len(values)
    else:
        bounds = [
            bootstrap.Interval(percentile.low, percentile.high, percentile.why or few)
            for percentile in bootstrap.percentiles(draws)
        ]
    undefined = f"undefined: {METRICS[name].undefined}"
    return tuple(
        Estimate(None, why=undefined) if np.isnan(value) else Estimate(float(value), bound.low, bound.high, bound.why)
        for value, bound in zip(values.tolist(), bounds, strict=True)
    )


def _not_better(name: str, drawn: Any) -> float | None:
    """The share of draws in which the first is no better than the second."""
    if drawn is None:
        return None
    better: Callable[[np.ndarray], np.ndarray] = np.negative if METRICS[name].best == 0 else np.positive
    change = better(drawn[0][name] - drawn[1][name])
    defined = change[~np.isnan(change)]
    return float(np.mean(defined <= 0)) if len(defined) else None
