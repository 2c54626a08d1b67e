"""Do the intervals and p values of groups keep what they promise, and do corrected shares come nearer to the truth?

Thousands of studies are made of two groups whose true means are known. Each is compared as the program does it. Others
are made of clips whose true labels are known, labelled by a model whose errors are known.
"""

from collections.abc import Callable
from dataclasses import dataclass

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
CORRECTED = 500  # studies whose shares are corrected
LABELS, ACCURACY = 5, 0.75
HELD_OUT, CLIPS, BOUTS = 60, 12, 20  # clips held out, clips of the study, and bouts in each clip
KINDS = {"normal values": NORMAL, "skewed durations (gamma)": DURATIONS, "skewed shares (beta)": SHARES}


def main() -> list[Figure]:
    """Coverage of the interval and the rate of false differences, then what the correction for confusion gains."""
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
    return figures + corrections()


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


# Correction for confusion ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SimulatedStudy:
    """Sums of absolute differences from the truth, and the part of the labels whose interval holds it.

    held_sample: the truth of these clips; held_population: that of all clips that might have been recorded.
    """

    raw: float
    corrected: float
    held_sample: float
    held_population: float

    @property
    def nearer(self) -> bool:
        """Whether the correction brought the shares nearer to the truth."""
        return self.corrected < self.raw


def corrections() -> list[Figure]:
    """How often the correction comes nearer to the truth, and how often its interval holds it."""
    settings = {"uneven shares (Dirichlet 1)": (1.0, 0.0, 80.0), "even shares (Dirichlet 3)": (3.0, 0.0, None)}
    settings["uneven shares, confusion varies between clips"] = (1.0, 10.0, None)
    note = f"{CORRECTED} studies"
    figures: list[Figure] = []
    for number, (name, (evenness, steadiness, bar)) in enumerate(settings.items()):
        outcomes = [
            simulated_study(np.random.default_rng([number, seed]), evenness, steadiness) for seed in range(CORRECTED)
        ]

        def percent(field: str, outcomes: list[SimulatedStudy] = outcomes) -> float:
            return 100 * float(np.mean([getattr(outcome, field) for outcome in outcomes]))

        figures += [
            Figure(f"corrected shares nearer to the truth than raw: {name}", percent("nearer"), "%", bar, note=note),
            Figure("sum of absolute errors, raw", percent("raw"), "%", note=note),
            Figure("sum of absolute errors, corrected", percent("corrected"), "%", note=note),
            Figure("95 % intervals that hold the share in these clips", percent("held_sample"), "%", note=note),
            Figure("95 % intervals that hold the share in all clips", percent("held_population"), "%", note=note),
        ]
    return figures


def simulated_study(rng: np.random.Generator, evenness: float = 1.0, steadiness: float = 0.0) -> SimulatedStudy:
    """One study that is corrected. evenness: of the true shares; steadiness: of confusion in clips, 0: constant."""
    shares = rng.dirichlet(np.full(LABELS, evenness))
    errors = (1 - ACCURACY) * rng.dirichlet(np.ones(LABELS - 1), LABELS)
    confusion = np.array([np.insert(row, place, ACCURACY) for place, row in enumerate(errors)])
    held_out = _clips(rng, HELD_OUT, np.full(LABELS, 1 / LABELS), confusion, steadiness)
    clips = _clips(rng, CLIPS, shares, confusion, steadiness)
    clips = clips / clips.sum(axis=(1, 2), keepdims=True)
    truth = clips.sum(axis=2).mean(axis=0)
    made = study.corrected_shares(clips.sum(axis=1), held_out)
    assert made.estimate is not None and made.low is not None and made.high is not None
    held = [float(((made.low <= true) & (true <= made.high)).mean()) for true in (truth, shares)]
    return SimulatedStudy(float(np.abs(made.raw - truth).sum()), float(np.abs(made.estimate - truth).sum()), *held)


def _clips(
    rng: np.random.Generator, count: int, shares: np.ndarray, confusion: np.ndarray, steadiness: float
) -> np.ndarray:
    """(count, L, L): seconds of true by predicted label in clips whose own shares scatter around `shares`."""
    seconds = np.zeros((count, LABELS, LABELS))
    for clip in seconds:
        own = np.array([rng.dirichlet(steadiness * row + 1e-3) for row in confusion]) if steadiness else confusion
        true = rng.choice(LABELS, BOUTS, p=rng.dirichlet(5 * shares + 1e-3))
        predicted = (own[true].cumsum(axis=1) > rng.random((BOUTS, 1))).argmax(axis=1)
        np.add.at(clip, (true, predicted), rng.exponential(1, BOUTS))
    return seconds
