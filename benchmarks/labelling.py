"""How many seconds a person has to label until a network is good: in the order of the Label page, or in any.

A labeller is simulated on clips of several actions in a row: whole persons are held back and fully labelled, of the
others nothing is known at first. In each round the labeller is shown some stretches, says what is true in them, and a
network learns anew from all that is known. Both orders begin with the same stretches, drawn at random, and are shown
stretches of the same lengths. One training more or less moves a score by several points: so each seed, which draws who
is held back, has several labellers, who begin with other stretches, and what is compared is the mean of their scores.
Real clips are not part of the project: without them nothing is measured.
"""

import sys
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from benchmarks.measure import Figure
from benchmarks.training import CLIPS, MOTION, WORKSPACE
from core.base.settings import current
from core.domain import Dataset, Prediction, VideoInfo, intervals
from core.stages.networks import recurrent, recurrent_training
from core.stages.networks.recurrent_training import UNKNOWN, Example
from core.workflows import training
from core.workflows.annotation import drafts
from core.workflows.datasets import library
from core.workflows.training import features, training_data
from core.workspace.store import Store

SEEDS = (0, 1, 2, 3, 4)
HELD_BACK = 3  # persons that are only tested on
STRETCH_S = drafts.LONGEST_S
FIRST, EACH = 8, 6  # stretches at first, and in each round
ROUNDS = 6
LABELLERS = 4  # of each seed
WHOLES = 3  # trainings with all labels, whose mean score is the measure
GOAL = 0.9  # of what is reached when all is labelled
ORDERS = ("as the page leads", "random")
OPTIONS = training.Options(units=32, epochs=25, patience=6)  # the dial "small"


@dataclass(frozen=True, eq=False)
class Trial:
    """One simulated labeller. clips: places that may be labelled; tested: those that are held back."""

    labelled: training_data.LabelledFeatures
    infos: tuple[VideoInfo, ...]
    clips: tuple[int, ...]
    tested: tuple[int, ...]
    seed: int


def main() -> list[Figure]:
    """Seconds until the goal for each order, and both curves; no figure without the real clips."""
    if not (CLIPS / "weizmann-streams").is_dir():
        return []
    store = Store(WORKSPACE)
    return told([measured(store, seed) for seed in SEEDS])


Course = list[tuple[float, float]]  # labelled seconds and score after each round


@dataclass(frozen=True)
class Measured:
    """What came out with one seed. whole: the score with all labels; courses: of each order, the mean of labellers."""

    seed: int
    whole: float
    courses: dict[str, Course]

    def seconds(self, order: str) -> float:
        """Labelled seconds until the goal."""
        return _until(self.courses[order], GOAL * self.whole)

    @property
    def ratio(self) -> float:
        """Seconds in the order of the page over those at random."""
        return self.seconds(ORDERS[0]) / self.seconds(ORDERS[1])


def measured(store: Store, seed: int) -> Measured:
    """All labellers of one seed, in both orders."""
    trial = _trial(store, seed)
    whole = fmean(_score(trial, _learned(trial, _all(trial), number)) for number in range(WHOLES))
    firsts = [_begun(trial, number) for number in range(LABELLERS)]
    courses = {
        order: _mean([_course(trial, order, number, *first) for number, first in enumerate(firsts)]) for order in ORDERS
    }
    found = Measured(seed, whole, courses)
    print(f"seed {seed}: {found.ratio:.2f} x", file=sys.stderr, flush=True)
    return found


def told(found: list[Measured]) -> list[Figure]:
    """The figures of all seeds."""
    needed = {order: fmean(one.seconds(order) for one in found) for order in ORDERS}
    each = ", ".join(f"{one.ratio:.2f}" for one in found)
    ratio = needed[ORDERS[0]] / needed[ORDERS[1]]
    note = f"until {GOAL:.0%} of the score of full labels; seeds: {each}"
    wholes = fmean(one.whole for one in found)
    return [
        Figure(f"labelled seconds, {ORDERS[0]} over random", ratio, "x", 1.0, False, note),
        *(Figure(f"{order}: seconds until then", needed[order], "s", note="mean of the seeds") for order in ORDERS),
        Figure("step accuracy with all labels", wholes, "", note="other persons, never labelled"),
        *_curves({order: _mean([one.courses[order] for one in found]) for order in ORDERS}),
    ]


def _trial(store: Store, seed: int) -> Trial:
    dataset = library.stored_set(store, str(CLIPS / "weizmann-streams"), lambda *_: None)
    recipe, engine = training.view("whole", MOTION), current().engine
    features.gather_of(store, dataset, recipe, MOTION, engine)
    found = features.features_of_all(store, dataset, recipe, MOTION, engine)
    infos = tuple(store.video(item.video) for item in dataset.items)
    order = np.random.default_rng(seed).permutation(len(dataset.items)).tolist()
    labelled = training_data.labelled_features(dataset, _names(dataset), found)
    return Trial(labelled, infos, tuple(order[HELD_BACK:]), tuple(order[:HELD_BACK]), seed)


def _names(dataset: Dataset) -> list[str]:
    return [item.path for item in dataset.items]


Seen = dict[int, tuple[tuple[float, float], ...]]  # by place of the clip: what was labelled of it


def _all(trial: Trial) -> Seen:
    return {clip: ((0.0, trial.infos[clip].duration_s),) for clip in trial.clips}


def _learned(trial: Trial, seen: Seen, number: int) -> recurrent.ScoreFunction:
    """A network from what is labelled, alone."""
    examples = []
    for clip, stretches in seen.items():
        example, times_s = trial.labelled.examples[clip], trial.labelled.times_s[clip]
        known = np.zeros(len(times_s), bool)
        for start_s, stop_s in stretches:
            known |= (times_s >= start_s) & (times_s < stop_s)
        if known.any():
            examples.append(Example(example.values, np.where(known, example.targets, UNKNOWN)))
    options = training.options_of(vars(OPTIONS))
    sized = replace(options, batch_size=min(options.batch_size, max(1, len(examples) // 4)))
    fitted = recurrent_training.fit(sized, examples, labels=len(trial.labelled.labels), seed=100 * trial.seed + number)
    return recurrent.runner(fitted.model)


def _score(trial: Trial, run: recurrent.ScoreFunction) -> float:
    """The share of steps of the persons held back that are named rightly."""
    return training_data.accuracy(training_data.predicted(trial.labelled, trial.tested, 0, run))


def _begun(trial: Trial, number: int) -> tuple[Seen, recurrent.ScoreFunction]:
    """The stretches with which a labeller begins in both orders, and the network that learned from them."""
    nothing: Seen = dict.fromkeys(trial.clips, ())
    seen = _more(nothing, _drawn(trial, nothing, np.random.default_rng((1, trial.seed, number)), FIRST))
    return seen, _learned(trial, seen, number)


def _course(trial: Trial, order: str, number: int, seen: Seen, run: recurrent.ScoreFunction) -> Course:
    rng = np.random.default_rng((2, trial.seed, number))
    course = [_reached(trial, seen, run)]
    for _ in range(ROUNDS):
        seen = _more(seen, _led(trial, seen, run) if order == ORDERS[0] else _drawn(trial, seen, rng, EACH))
        run = _learned(trial, seen, number)
        course.append(_reached(trial, seen, run))
    return course


def _mean(courses: list[Course]) -> Course:
    """Mean seconds and mean score after each round."""
    return [(fmean(one[0] for one in each), fmean(one[1] for one in each)) for each in zip(*courses, strict=True)]


def _reached(trial: Trial, seen: Seen, run: recurrent.ScoreFunction) -> tuple[float, float]:
    """Labelled seconds, and the score."""
    return sum(intervals.length_s(each) for each in seen.values()), _score(trial, run)


def _more(seen: Seen, shown: list[tuple[int, tuple[float, float]]]) -> Seen:
    """What is labelled after some stretches were shown."""
    after = dict(seen)
    for clip, stretch in shown:
        after[clip] = intervals.union([*after[clip], stretch])
    return after


def _drawn(trial: Trial, seen: Seen, rng: np.random.Generator, count: int) -> list[tuple[int, tuple[float, float]]]:
    """Stretches that nobody looked at, at random."""
    left = [
        (clip, stretch)
        for clip in trial.clips
        for stretch in drafts.pieces(seen[clip], (0.0, trial.infos[clip].duration_s), trial.infos[clip], STRETCH_S)
    ]
    return [left[place] for place in rng.permutation(len(left))[:count]]


def _led(trial: Trial, seen: Seen, run: recurrent.ScoreFunction) -> list[tuple[int, tuple[float, float]]]:
    """The stretches to which the Label page leads first, over all clips."""
    found = []
    for clip in trial.clips:
        info, times_s = trial.infos[clip], trial.labelled.times_s[clip]
        scores = run(trial.labelled.examples[clip].values)
        said = Prediction(times_s, scores, trial.labelled.labels, "trial", (0.0, info.duration_s))
        found.append(drafts.looks(said, (), seen[clip], info, longest_s=STRETCH_S))
    return [(trial.clips[place], (one.start_s, one.stop_s)) for place, one in drafts.in_order(found)[:EACH]]


def _until(course: Course, goal: float) -> float:
    """Seconds until a score was first reached, along the line between rounds; the last ones where it never was."""
    before = course[0]
    if before[1] >= goal:
        return before[0]
    for now in course[1:]:
        if now[1] >= goal:
            return before[0] + (goal - before[1]) / (now[1] - before[1]) * (now[0] - before[0])
        before = now
    return course[-1][0]


def _curves(courses: dict[str, Course]) -> list[Figure]:
    """The score of each order after each round."""
    return [
        Figure(
            f"{order}, {courses[order][place][0]:.0f} s labelled", courses[order][place][1], "", note="step accuracy"
        )
        for place in range(ROUNDS + 1)
        for order in ORDERS
    ]
