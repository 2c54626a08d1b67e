"""Do the intervals and p values that compare two groups of subjects keep what they promise?

Thousands of studies are made of two groups whose true means are known. Each is compared as the program does it.
"""

from collections.abc import Callable

import numpy as np

from benchmarks.measure import Figure
from core.stages import study

STUDIES = 2000  # leave the coverage itself unsure by 1 per cent, and the rate of false differences too
DRAWS = 1999  # for each comparison; the program takes more, so that its numbers depend less on the seed
SIGNIFICANT = 0.05

Draw = Callable[[np.random.Generator, int], np.ndarray]

# For each kind of values group a and group b, and the true difference of their means.
NORMAL: tuple[Draw, Draw, float] = (
    lambda rng, count: rng.normal(10, 2, count),
    lambda rng, count: rng.normal(12, 3, count),
    2.0,
)
DURATIONS: tuple[Draw, Draw, float] = (
    lambda rng, count: rng.gamma(2, 3, count),
    lambda rng, count: rng.gamma(2, 5, count),
    4.0,
)
SHARES: tuple[Draw, Draw, float] = (
    lambda rng, count: rng.beta(1, 9, count),
    lambda rng, count: rng.beta(2, 6, count),
    0.15,
)
KINDS = {"normal values": NORMAL, "skewed durations (gamma)": DURATIONS, "skewed shares (beta)": SHARES}


def main() -> list[Figure]:
    """Coverage of the interval, then the rate of false differences."""
    figures: list[Figure] = []
    for number, (name, kind) in enumerate(KINDS.items()):
        for subjects, least, most in ((20, 92, 97), (8, 90, None)):
            value = coverage(*kind, subjects, np.random.default_rng([number, subjects]))
            title = f"95 % intervals of a difference of groups that hold the truth: {name}, {subjects} a group"
            figures += _within(title, value, least, most)
        for subjects in (6, 10):
            value = false_differences(kind[0], subjects, np.random.default_rng([number, subjects, 1]))
            title = f"p <= 0.05 where groups do not differ: {name}, {subjects} a group"
            figures += _within(title, value, 3, 7)
    return figures


def _within(title: str, value: float, least: float, most: float | None) -> list[Figure]:
    """One figure for each bar that the value must keep."""
    lower = Figure(title, value, "%", least, note=f"{STUDIES} studies")
    return [lower] if most is None else [lower, Figure("The same", value, "%", most, at_least=False)]


def coverage(draw_a: Draw, draw_b: Draw, truth: float, subjects: int, rng: np.random.Generator) -> float:
    """Per cent of the studies whose interval holds the true difference; one without an interval does not."""
    held = 0
    for seed in range(STUDIES):
        made = study.compare(draw_a(rng, subjects), draw_b(rng, subjects), seed=seed, draws=DRAWS)
        held += made.low is not None and made.high is not None and made.low <= truth <= made.high
    return 100 * held / STUDIES


def false_differences(draw: Draw, subjects: int, rng: np.random.Generator) -> float:
    """Per cent of the studies with p <= 0.05 if both groups come from one population."""
    small = 0
    for seed in range(STUDIES):
        p = study.compare(draw(rng, subjects), draw(rng, subjects), seed=seed, draws=DRAWS).p
        small += p is not None and p <= SIGNIFICANT
    return 100 * small / STUDIES
