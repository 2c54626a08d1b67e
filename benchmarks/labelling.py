"""How many seconds a person has to label until a network is good: the least sure stretches first, or any.

A labeller is simulated on clips of several actions in a row: whole persons are held back and fully labelled, of the
others nothing is known at first. In each round the labeller is shown some stretches, says what is true in them, and a
network learns anew from all that is known. Both orders begin with the same stretches, drawn at random, and are shown
stretches of the same lengths. Real clips are not part of the project: without them nothing is measured.
"""

from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from benchmarks.measure import Figure
from benchmarks.training import CLIPS, MOTION, WORKSPACE
from core import network, training
from core.domain import Dataset, Prediction, VideoInfo
from core.labelling import drafts, spans
from core.network import UNKNOWN, Example
from core.settings import current
from core.store import Store
from core.training import command, gathering, lessons

SEEDS = (0, 1, 2, 3, 4)
HELD_BACK = 3  # persons that are only tested on
STRETCH_S = drafts.LONGEST_S
FIRST, EACH = 8, 6  # stretches at first, and in each round
ROUNDS = 6
GOAL = 0.9  # of what is reached when all is labelled
ORDERS = ("least sure", "random")
OPTIONS = training.Options(units=32, epochs=25, patience=6)  # the dial "small"


@dataclass(frozen=True, eq=False)
class Trial:
    """One simulated labeller. clips: places that may be labelled; tested: those that are held back."""

    taught: lessons.Lesson
    infos: tuple[VideoInfo, ...]
    clips: tuple[int, ...]
    tested: tuple[int, ...]
    seed: int


def main() -> list[Figure]:
    """Seconds until the goal for each order, and both curves; no figure without the real clips."""
    if not (CLIPS / "weizmann-streams").is_dir():
        return []
    store = Store(WORKSPACE)
    trials = [_trial(store, seed) for seed in SEEDS]
    wholes = [_score(trial, _learned(trial, _all(trial))) for trial in trials]
    firsts = [_begun(trial) for trial in trials]
    curves = {
        order: [_course(trial, order, *first) for trial, first in zip(trials, firsts, strict=True)] for order in ORDERS
    }
    needed = {
        order: [_until(course, GOAL * whole) for course, whole in zip(curves[order], wholes, strict=True)]
        for order in ORDERS
    }
    ratios = [one / other for one, other in zip(needed["least sure"], needed["random"], strict=True)]
    each = ", ".join(f"{ratio:.2f}" for ratio in ratios)
    figures = [
        Figure(
            "labelled seconds, least sure first over random",
            fmean(needed["least sure"]) / fmean(needed["random"]),
            "x",
            1.0,
            False,
            f"until {GOAL:.0%} of the score of full labels; seeds: {each}",
        ),
        *(
            Figure(f"{order}: seconds until then", fmean(needed[order]), "s", note="mean of 5 seeds")
            for order in ORDERS
        ),
        Figure("step accuracy with all labels", fmean(wholes), "", note="other persons, never labelled"),
    ]
    return figures + _curves(curves)


def _trial(store: Store, seed: int) -> Trial:
    dataset = command.stored_set(store, str(CLIPS / "weizmann-streams"), lambda *_: None)
    recipe, engine = training.view("whole", MOTION), current().engine
    gathering.gather_of(store, dataset, recipe, MOTION, engine)
    found = gathering.features_of_all(store, dataset, recipe, MOTION, engine)
    infos = tuple(store.video(item.video) for item in dataset.items)
    order = np.random.default_rng(seed).permutation(len(dataset.items)).tolist()
    taught = lessons.lesson(dataset, _names(dataset), found)
    return Trial(taught, infos, tuple(order[HELD_BACK:]), tuple(order[:HELD_BACK]), seed)


def _names(dataset: Dataset) -> list[str]:
    return [item.path for item in dataset.items]


Seen = dict[int, tuple[tuple[float, float], ...]]  # by place of the clip: what was labelled of it


def _all(trial: Trial) -> Seen:
    return {clip: ((0.0, trial.infos[clip].duration_s),) for clip in trial.clips}


def _learned(trial: Trial, seen: Seen) -> network.Run:
    """A network from what is labelled, alone."""
    examples = []
    for clip, stretches in seen.items():
        example, times_s = trial.taught.examples[clip], trial.taught.times_s[clip]
        known = np.zeros(len(times_s), bool)
        for start_s, stop_s in stretches:
            known |= (times_s >= start_s) & (times_s < stop_s)
        if known.any():
            examples.append(Example(example.values, np.where(known, example.targets, UNKNOWN)))
    options = training.options_of(vars(OPTIONS))
    sized = replace(options, batch_size=min(options.batch_size, max(1, len(examples) // 4)))
    fitted = network.fit(sized, examples, labels=len(trial.taught.labels), seed=trial.seed)
    return network.runner(fitted.model)


def _score(trial: Trial, run: network.Run) -> float:
    """The share of steps of the persons held back that are named rightly."""
    return lessons.accuracy(lessons.asked(trial.taught, trial.tested, 0, run))


def _begun(trial: Trial) -> tuple[Seen, network.Run]:
    """The stretches that both orders begin with, and the network that learned from them."""
    nothing: Seen = dict.fromkeys(trial.clips, ())
    seen = _more(nothing, _drawn(trial, nothing, np.random.default_rng(1000 + trial.seed), FIRST))
    return seen, _learned(trial, seen)


def _course(trial: Trial, order: str, seen: Seen, run: network.Run) -> list[tuple[float, float]]:
    """Labelled seconds and score after each round."""
    rng = np.random.default_rng(2000 + trial.seed)
    course = [_reached(trial, seen, run)]
    for _ in range(ROUNDS):
        seen = _more(seen, _unsure(trial, seen, run) if order == "least sure" else _drawn(trial, seen, rng, EACH))
        run = _learned(trial, seen)
        course.append(_reached(trial, seen, run))
    return course


def _reached(trial: Trial, seen: Seen, run: network.Run) -> tuple[float, float]:
    """Labelled seconds, and the score."""
    return sum(spans.length_s(each) for each in seen.values()), _score(trial, run)


def _more(seen: Seen, shown: list[tuple[int, tuple[float, float]]]) -> Seen:
    """What is labelled after some stretches were shown."""
    after = dict(seen)
    for clip, stretch in shown:
        after[clip] = spans.union([*after[clip], stretch])
    return after


def _drawn(trial: Trial, seen: Seen, rng: np.random.Generator, count: int) -> list[tuple[int, tuple[float, float]]]:
    """Stretches that nobody looked at, at random."""
    left = [
        (clip, stretch)
        for clip in trial.clips
        for stretch in drafts.pieces(seen[clip], (0.0, trial.infos[clip].duration_s), trial.infos[clip], STRETCH_S)
    ]
    return [left[place] for place in rng.permutation(len(left))[:count]]


def _unsure(trial: Trial, seen: Seen, run: network.Run) -> list[tuple[int, tuple[float, float]]]:
    """The stretches of which the network is least sure, as the Label page orders them, over all clips."""
    found = []
    for clip in trial.clips:
        info, times_s = trial.infos[clip], trial.taught.times_s[clip]
        said = Prediction(
            times_s, run(trial.taught.examples[clip].values), trial.taught.labels, "trial", (0.0, info.duration_s)
        )
        doubts = drafts.to_look_at(said, (), seen[clip], info, longest_s=STRETCH_S)
        found += [(one.doubt, clip, (one.start_s, one.stop_s)) for one in doubts]
    found.sort(key=lambda one: -one[0])
    return [(clip, stretch) for _, clip, stretch in found[:EACH]]


def _until(course: list[tuple[float, float]], goal: float) -> float:
    """Seconds until a score was first reached, along the line between rounds; the last ones where it never was."""
    before = course[0]
    if before[1] >= goal:
        return before[0]
    for now in course[1:]:
        if now[1] >= goal:
            return before[0] + (goal - before[1]) / (now[1] - before[1]) * (now[0] - before[0])
        before = now
    return course[-1][0]


def _curves(curves: dict[str, list[list[tuple[float, float]]]]) -> list[Figure]:
    """The mean score of each order after each round."""
    figures = []
    for place in range(ROUNDS + 1):
        for order in ORDERS:
            seconds, scores = (fmean(course[place][part] for course in curves[order]) for part in (0, 1))
            figures.append(Figure(f"{order}, {seconds:.0f} s labelled", scores, "", note="step accuracy, 5 seeds"))
    return figures
