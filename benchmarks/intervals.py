"""Do 95 % intervals hold the true value in 95 % of the cases, and how long do the numbers of a large set take?

A population of many groups (or videos) is made, whose true scores are therefore known. Thousands of small sets are
taken from it at random, and each gets its interval as the program makes it.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.measure import Figure, watch
from core.base.numerics import softmax
from core.base.registry import METRICS
from core.domain import Comparison
from core.stages import metrics
from core.stages.metrics import bootstrap

SETS = 3000  # a thousand leave the coverage itself unsure by 1.4 per cent
GROUPS = 60
LEAST, MOST = 93, 97


def main() -> list[Figure]:
    """Coverage of each kind of interval, then the time of a scorecard."""
    groups, film = _groups(np.random.default_rng(0)), _videos(np.random.default_rng(1))
    cases = {
        "accuracy": (groups, METRICS["accuracy"]),
        "F1, mean over labels": (groups, METRICS["macro_f1"]),
        "calibration, Brier score": (groups, METRICS["brier"]),
        "frame accuracy": (film, METRICS["frame_accuracy"]),
        "edit score": (film, METRICS["edit"]),
        "F1@50": (film, METRICS["f1_50"]),
    }
    held = {name: coverage(*case) for name, case in cases.items()}
    held["difference of two models"] = coverage_of_difference(groups, _worse(groups))
    figures = [
        Figure(f"95 % intervals that hold the truth: {name}", each, "%", LEAST, note=f"{SETS} sets of {GROUPS} units")
        for name, each in held.items()
    ]
    return [
        *figures,
        Figure("The same, the highest of these", max(held.values()), "%", MOST, at_least=False),
        Figure("The same for accuracy, if clips were drawn and not groups", naive(groups), "%", note="why not to"),
        Figure("All numbers of 10,000 clips x 400 labels, with intervals", seconds_of_many(), "s", 5, at_least=False),
    ]


def _holds(interval: bootstrap.Interval, truth: float) -> bool:
    return interval.low is not None and interval.high is not None and interval.low <= truth <= interval.high


def coverage(population: Comparison, formula: Callable[[Comparison], Any]) -> float:
    """Per cent of the sets whose interval holds the population's value."""
    truth, rng = float(formula(population)), np.random.default_rng(7)
    held = (_holds(bootstrap.bootstrap(sample(population, rng), formula, seed=s), truth) for s in range(SETS))
    return 100 * sum(held) / SETS


def coverage_of_difference(one: Comparison, other: Comparison) -> float:
    """The same for the difference of two models on one set."""
    formula = METRICS["accuracy"]
    truth, held = float(formula(one) - formula(other)), 0
    for number in range(SETS):
        first, second = (sample(each, np.random.default_rng(number)) for each in (one, other))
        held += _holds(bootstrap.difference(first, second, formula, seed=number).interval, truth)
    return 100 * held / SETS


def naive(population: Comparison) -> float:
    """Coverage of Wilson's interval over clips, as if those of one group were independent."""
    truth, rng = float(METRICS["accuracy"](population)), np.random.default_rng(7)
    held = 0
    for _ in range(SETS):
        right, count = metrics.classification.right_of_all(sample(population, rng))
        held += _holds(bootstrap.wilson(right, count), truth)
    return 100 * held / SETS


def sample(population: Comparison, rng: np.random.Generator) -> Comparison:
    """As many groups or videos as a set has, taken at random; one taken twice counts as two."""
    members = population.table(_members)
    chosen = [members[unit] for unit in rng.integers(0, len(members), GROUPS)]
    found = metrics.taken(population, np.concatenate(chosen))
    groups = tuple(f"{number}" for number, units in enumerate(chosen) for _ in units)
    return replace(found, groups=groups)


def _members(population: Comparison) -> list[np.ndarray]:
    """The clips or videos of each unit."""
    _, places = bootstrap.units_of(population)
    return np.split(np.argsort(places, kind="stable"), np.cumsum(np.bincount(places))[:-1])


def _groups(rng: np.random.Generator, count: int = 3000, labels: int = 6) -> Comparison:
    """Groups of 1 to 8 clips of which some are easy and some are hard: clips of one group share their luck."""
    sizes = rng.integers(1, 9, count)
    skill = np.repeat(rng.normal(1.2, 1.2, count), sizes)  # (n,)
    truth = rng.integers(0, labels, len(skill))
    logits = rng.normal(0, 1, (len(skill), labels))
    logits[np.arange(len(skill)), truth] += skill
    scores = softmax(logits)
    names = [f"clip {place}" for place in range(len(skill))]
    groups = np.repeat([f"group {place}" for place in range(count)], sizes).tolist()
    return metrics.of_clips([f"label {place}" for place in range(labels)], truth, scores, names=names, groups=groups)


def _worse(population: Comparison) -> Comparison:
    """Another model on the same clips: noise on the scores of the first."""
    assert population.scores is not None
    rng = np.random.default_rng(2)
    logits = metrics.calibration.logits_of(population.scores) + rng.normal(0, 0.8, population.scores.shape)
    scores = softmax(logits)
    return metrics.of_clips(
        population.labels, population.truth, scores, names=population.names, groups=population.groups
    )


def _videos(rng: np.random.Generator, count: int = 1500) -> Comparison:
    """Videos of 2 to 9 segments; some are recognised well, others badly; borders are moved and segments broken."""
    truth, found = [], []
    for skill in rng.beta(4, 2, count):
        labels, lengths = rng.integers(0, 5, rng.integers(2, 10)), rng.integers(5, 40, 10)
        row = np.repeat(labels, lengths[: len(labels)])
        broken = np.repeat(rng.random(len(row) // 6 + 1) > skill, 6)[: len(row)]
        truth.append(row)
        found.append(np.where(broken, rng.integers(0, 5), np.roll(row, rng.integers(-4, 5))))
    names = [f"video {place}" for place in range(count)]
    return metrics.of_rows(["nothing", "a", "b", "c", "d"], truth, found, names=names)


def seconds_of_many(clips: int = 10_000, labels: int = 400) -> float:
    """The time that all numbers with their intervals take from stored scores."""
    rng = np.random.default_rng(0)
    truth, scores = rng.integers(0, labels, clips), rng.random((clips, labels), np.float32) ** 8
    scores[np.arange(clips), truth] += rng.random(clips)
    scores /= scores.sum(axis=1, keepdims=True)
    names = [f"clip {place}" for place in range(clips)]
    with watch() as taken:
        metrics.scorecard(metrics.of_clips([f"label {place}" for place in range(labels)], truth, scores, names=names))
    return taken.seconds
