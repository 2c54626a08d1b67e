"""An evaluation out of what networks said: comparison, numbers, baselines, calibration, suspected labels."""

import time
import warnings as python_warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from core.base.errors import NotEnoughExamples
from core.base.numerics import softmax
from core.base.progress import Report
from core.domain import (
    Baseline,
    Calibration,
    Comparison,
    Dataset,
    Estimate,
    Evaluation,
    HeldOut,
    Item,
    Origin,
    Scorecard,
    Segment,
    Split,
)
from core.domain.caveats import Caveat, leak_of
from core.stages import metrics
from core.stages.metrics import calibration
from core.stages.metrics.comparison import unit_of_rows
from core.stages.tracks import segmentation
from core.workflows.training import training_data
from core.workspace.store import Store

CROSS_PARTS = 5  # into which groups are dealt to fit temperatures where there are no folds
STEPS = 4  # of the progress that is told
NOT_CROSSED = (
    "Label errors are only searched for where every clip was predicted by a network that was not trained on it."
)


NO_INTERVAL = "no interval: the model was trained on clips that it is evaluated on"


@dataclass(frozen=True, eq=False)
class Answers:
    """What networks predicted of clips of a dataset, and what an evaluation of it needs to know.

    groups: of all items of the dataset. baselines: name, title, about, (N,) what each predicts of every row. crossed:
    whether each clip was predicted by a network that learned from the others.
    """

    dataset: Dataset
    groups: Sequence[str]
    held_out: HeldOut
    origin: Origin
    caveats: Sequence[Caveat]
    baselines: Sequence[tuple[str, str, str, np.ndarray]]
    split_key: str
    crossed: bool

    @property
    def fold_of_each(self) -> np.ndarray:
        """(n,) int64 the fold in which each clip was predicted, -1 where not each by a network of its own."""
        return self.held_out.folds if self.crossed else np.full(len(self.held_out.items), -1, np.int64)


def read(store: Store, key: str) -> Evaluation:
    """The evaluation of that key; ResultMissing if it was not made.

    Where the model learned from clips that it is evaluated on, no number has an interval: what it would say of new
    clips is not known.
    """
    judged = store.read(key, Evaluation)
    if not leak_of(judged.warnings):
        return judged
    card = judged.card
    by_label = {
        name: tuple(without_interval(estimate) for estimate in estimates) for name, estimates in card.by_label.items()
    }
    card = replace(card, overall=_without_intervals(card.overall), by_label=by_label)
    simpler = tuple(replace(baseline, overall=_without_intervals(baseline.overall)) for baseline in judged.baselines)
    return replace(judged, card=card, baselines=simpler)


def _without_intervals(overall: Mapping[str, Estimate]) -> dict[str, Estimate]:
    return {name: without_interval(estimate) for name, estimate in overall.items()}


def without_interval(estimate: Estimate) -> Estimate:
    """A number of a model that learned from the clips it is evaluated on."""
    return estimate if estimate.value is None else replace(estimate, low=None, high=None, why=NO_INTERVAL)


def evaluate_answers(answers: Answers, report: Report) -> Evaluation:
    """The evaluation of what networks predicted; NotEnoughExamples where no clip has a label."""
    report(0, STEPS, "Computing the metrics")
    comparison = comparison_of(answers)
    if not np.any(comparison.truth >= 0):
        raise NotEnoughExamples("None of these clips has a label to score.", "Choose other clips.")
    report(1, STEPS, "Scoring")
    card = metrics.scorecard(comparison)
    report(2, STEPS, "Scoring the baselines")
    simpler = tuple(_baseline(comparison, *baseline) for baseline in answers.baselines)
    report(3, STEPS, "Fitting temperatures")
    temperatures, why_not = fit_temperatures(comparison, card, answers.fold_of_each)
    dataset, held_out = answers.dataset, answers.held_out
    return Evaluation(
        answers.origin,
        dataset=dataset.name,
        found=comparison,
        card=card,
        items=held_out.items,
        videos=tuple(dataset.items[item].video for item in held_out.items),
        folds=held_out.folds,
        baselines=simpler,
        calibration=temperatures,
        suspects=suspected(comparison) if answers.crossed else np.zeros(0, np.int64),
        suspects_why="" if answers.crossed else NOT_CROSSED,
        basis=described(dataset, comparison, card),
        warnings=_texts((*answers.caveats, *why_not), comparison),
        created=time.time(),
    )


def described(dataset: Dataset, comparison: Comparison, card: Scorecard) -> str:
    """What was judged, in words."""
    clips = (
        f"{len(comparison.names)} of {len(dataset.items)} clips" if len(comparison.names) < len(dataset.items) else ""
    )
    several = "videos" if comparison.over_time else "clips"
    grouped = f" in {card.group_count} groups" if card.unit == "group" else ""
    steps = f", {card.labelled} labelled time steps" if comparison.over_time else ""
    labels = int(np.count_nonzero(card.confusion.sum(axis=1)))
    return f"{clips or f'{len(comparison.names)} {several}'}{grouped}{steps}, {labels} label{'s' * (labels != 1)}."


def _texts(caveats: Sequence[Caveat], comparison: Comparison) -> tuple[str, ...]:
    """What to know of the predictions, then of the numbers, none of it twice, as it is stored."""
    few = metrics.caveats.few_units_of(comparison)
    ordered = dict.fromkeys((*caveats, *metrics.caveats.caveats(comparison)))
    ordered = [caveat for caveat in ordered if caveat != few and caveat.kind != "few tested"]
    return tuple(str(caveat) for caveat in (*ordered, *((few,) if few else ())))


# Comparison -----------------------------------------------------------------------------------------------------------


def comparison_of(answers: Answers) -> Comparison:
    """Truth beside prediction, with the ends of the clips, and in sets labelled over time with segments in seconds."""
    dataset, held_out = answers.dataset, answers.held_out
    timed = training_data.comparison(dataset, answers.groups, held_out, split=answers.split_key)
    items = [dataset.items[item] for item in held_out.items]
    timed = replace(timed, ends_s=np.array([item.duration_s for item in items], np.float64))
    if not timed.over_time or timed.times_s is None:
        return timed
    truth = [_true_segments(item) for item in items]
    predicted = [_found_segments(timed, unit) for unit in range(len(items))]
    seen = [(item.seen[0][0], item.seen[-1][1]) if item.seen else (0.0, item.duration_s) for item in items]
    return metrics.with_segments(timed, truth, predicted, seen)


def _true_segments(item: Item) -> tuple[Segment, ...]:
    return (Segment(0.0, item.duration_s, item.label),) if item.label else item.segments


def _found_segments(comparison: Comparison, unit: int) -> tuple[Segment, ...]:
    """What was predicted where the truth is known, as stretches of seconds; unmarked stretches part them."""
    assert comparison.starts is not None and comparison.times_s is not None and comparison.ends_s is not None
    rows = slice(int(comparison.starts[unit]), int(comparison.starts[unit + 1]))
    row = np.where(comparison.truth[rows] < 0, -1, comparison.predicted[rows])
    scores = None if comparison.scores is None else comparison.scores[rows]
    return stretches(row, comparison.times_s[rows], float(comparison.ends_s[unit]), comparison.labels, scores)


def stretches(
    row: np.ndarray, times_s: np.ndarray, end_s: float, labels: Sequence[str], scores: np.ndarray | None = None
) -> tuple[Segment, ...]:
    """Runs of one label as segments, -1 as nothing. row: (T,); confidence: the mean score of the label."""
    if not len(row):
        return ()
    borders_s = segmentation.edges(times_s, (0.0, end_s))
    edges = np.concatenate([[0], np.flatnonzero(np.diff(row)) + 1, [len(row)]]).tolist()
    return tuple(
        Segment(
            float(borders_s[first]),
            float(borders_s[stop]),
            labels[label],
            None if scores is None else float(np.clip(scores[first:stop, label].mean(), 0, 1)),
        )
        for (first, stop), label in zip(pairwise(edges), [int(row[edge]) for edge in edges[:-1]], strict=True)
        if label >= 0 and borders_s[first] < borders_s[stop]
    )


# Baselines ------------------------------------------------------------------------------------------------------------


def _baseline(comparison: Comparison, name: str, title: str, about: str, predicted: np.ndarray) -> Baseline:
    """What something simpler reaches on the same rows."""
    plain = replace(comparison, predicted=predicted, scores=None)
    if comparison.truth_segments:
        plain = replace(
            plain, found_segments=tuple(_found_segments(plain, unit) for unit in range(len(comparison.names)))
        )
    return Baseline(name, title, about, predicted, metrics.scorecard(plain, by_label=False).overall)


def majority_of_folds(dataset: Dataset, split: Split, held_out: HeldOut) -> np.ndarray:
    """(N,) for each row the label that is most frequent in what its fold's network learned from."""
    usual = {}
    for number in set(held_out.folds.tolist()):
        fold = split.fold(number)
        usual[number] = _most_frequent(dataset, (*fold.train, *fold.validation))
    by_clip = np.array([usual[number] for number in held_out.folds.tolist()], np.int64)
    return np.repeat(by_clip, np.diff(held_out.starts))


def majority_of(truth: np.ndarray, labels: int) -> np.ndarray:
    """(N,) the most frequent label of the truth itself."""
    counts = np.bincount(truth[truth >= 0], minlength=labels)
    return np.full(len(truth), int(counts.argmax()), np.int64)


def _most_frequent(dataset: Dataset, indices: Sequence[int]) -> int:
    """The label with most clips, or where clips are labelled over time with most seconds."""
    over_time = any(not item.label for item in dataset.items)
    total = dict.fromkeys(dataset.labels, 0.0)
    for item in (dataset.items[index] for index in indices):
        if item.label:
            total[item.label] += item.duration_s if over_time else 1.0
            continue
        for part in item.segments:
            total[part.label] += part.stop_s - part.start_s
        if dataset.background:
            marked = sum(part.stop_s - part.start_s for part in item.segments)
            total[dataset.background] += sum(stop - start for start, stop in item.seen) - marked
    return int(np.argmax([total[label] for label in dataset.labels]))


# Calibration ----------------------------------------------------------------------------------------------------------


def fit_temperatures(
    comparison: Comparison, card: Scorecard, folds: np.ndarray
) -> tuple[Calibration | None, tuple[Caveat, ...]]:
    """Temperatures, each fitted on what it is not used for: on the other folds, or else on other groups; or why not."""
    parts, about = _parts(comparison, folds)
    row_parts = parts[comparison.table(unit_of_rows)]
    known = comparison.truth >= 0
    numbers = range(int(parts.max()) + 1)
    if len(numbers) < 2 or any(not np.any(known & (row_parts != number)) for number in numbers):
        return None, (Caveat("not calibrated"),)
    logits = calibration.logits_of(comparison.scores if comparison.scores is not None else np.zeros((0, 1)))
    fitted: list[calibration.Temperature] = []
    for number in numbers:
        others = known & (row_parts != number)
        fitted.append(calibration.fit_temperature(logits[others], comparison.truth[others]))
    heat = np.array([temperature.value for temperature in fitted])
    milder = replace(comparison, scores=softmax(logits / heat[row_parts][:, None]).astype(np.float32))
    cold = tuple(number for number, temperature in enumerate(fitted) if temperature.at_bound)
    after = metrics.estimate(milder, "ece")
    before = card.overall.get("ece", Estimate(None, why="there are no scores"))
    return Calibration(parts, tuple(heat.tolist()), cold, before, after, about), ()


def _parts(comparison: Comparison, folds: np.ndarray) -> tuple[np.ndarray, str]:
    """(n,) int64 the part of each unit, numbered from 0, and how they were made, in words."""
    if len(folds) and folds.min() >= 0 and len(set(folds.tolist())) > 1:
        _, parts = np.unique(folds, return_inverse=True)
        return parts.astype(np.int64), "The temperature of each fold was fitted on the held-out clips of the others."
    names, indices = np.unique(np.array(comparison.groups, dtype=object).astype(str), return_inverse=True)
    count = min(CROSS_PARTS, len(names))
    dealt = np.random.default_rng(0).permutation(len(names)) % max(count, 1)
    about = f"Groups were divided into {count} parts; the temperature of each was fitted on the clips of the others."
    return dealt[indices].astype(np.int64), about


# Suspected labels -----------------------------------------------------------------------------------------------------


def suspected(comparison: Comparison) -> np.ndarray:
    """(K,) int64 rows whose label is confidently disagreed with, the most suspicious first.

    Confident learning (Northcutt, Jiang and Chuang, JAIR 2021) by the package cleanlab, on probabilities of networks
    that did not learn from the clip: of each label as many are taken as its noise is estimated to be.
    """
    from cleanlab.filter import find_label_issues

    known = np.flatnonzero(comparison.truth >= 0)
    labels, truth = np.unique(comparison.truth[known], return_inverse=True)
    if comparison.scores is None or len(labels) < 2:
        return np.zeros(0, np.int64)
    scores = comparison.scores[known][:, labels].astype(np.float64)
    scores = (scores + calibration.LEAST_PROBABILITY) / (scores + calibration.LEAST_PROBABILITY).sum(1, keepdims=True)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", UserWarning)  # labels with few clips: told by the page
        odd = find_label_issues(truth, scores, return_indices_ranked_by="self_confidence", n_jobs=1)
    rows = known[np.asarray(odd, np.int64)]
    return rows[comparison.truth[rows] != comparison.predicted[rows]]
