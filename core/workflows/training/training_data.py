"""A dataset and its features as examples to learn from, and the scores of a network on them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.registry import METRICS
from core.domain import Comparison, Dataset, Features, HeldOut
from core.domain.caveats import Caveat
from core.stages import metrics
from core.stages.networks.recurrent import ScoreFunction
from core.stages.networks.recurrent_training import UNKNOWN, Example
from core.workflows import datasets

RUN_SCORES = ("accuracy", "balanced_accuracy", "macro_f1")
RUN_SCORES_OVER_TIME = (*RUN_SCORES, "f1_10", "f1_25", "f1_50", "edit")


@dataclass(frozen=True, eq=False)
class LabelledFeatures:
    """A labelled set with the features of its items. times_s: (T,) of each item; groups: of each item.

    over_time: whether some clips are labelled by segment, so that steps are scored and not whole clips.
    words: of each item the words near each step, where they take part.
    """

    labels: tuple[str, ...]
    background: str
    names: tuple[str, ...]
    groups: tuple[str, ...]
    examples: tuple[Example, ...]
    times_s: tuple[np.ndarray, ...]
    over_time: bool
    words: tuple[tuple[str, ...], ...] = ()

    def chosen(self, indices: Iterable[int]) -> list[Example]:
        """The examples at some places that have a known step."""
        return [self.examples[index] for index in indices if np.any(self.examples[index].targets != UNKNOWN)]


def labelled_features(dataset: Dataset, groups: Sequence[str], features: Sequence[Features]) -> LabelledFeatures:
    """The items of a set as what is learned from."""
    pairs = list(zip(dataset.items, features, strict=True))
    return LabelledFeatures(
        dataset.labels,
        dataset.background,
        tuple(item.path for item in dataset.items),
        tuple(groups),
        tuple(Example(features.values, datasets.targets(dataset, item, features.times_s)) for item, features in pairs),
        tuple(feature.times_s for feature in features),
        any(not item.label for item in dataset.items),
    )


def predicted(labelled: LabelledFeatures, indices: Sequence[int], fold: int, run: ScoreFunction) -> HeldOut:
    """What a network says of the items at some indices: of each step, or of whole clips the mean over their steps."""
    return held_out_of(labelled, indices, fold, [run(labelled.examples[index].values) for index in indices])


def held_out_of(labelled: LabelledFeatures, indices: Sequence[int], fold: int, scores: Sequence[np.ndarray]) -> HeldOut:
    """Scores (T, C) of the steps of each item as such, or of whole clips as the mean over their steps."""
    if not labelled.over_time:
        scores = [score.mean(axis=0, keepdims=True) for score in scores]
    return held_out_rows(labelled, indices, fold, scores)


def held_out_rows(
    labelled: LabelledFeatures, indices: Sequence[int], fold: int, scores: Sequence[np.ndarray]
) -> HeldOut:
    """Scores (T, C) or (1, C) of each of some items, beside their truth."""
    truth = [labelled.examples[index].targets for index in indices]
    times_s = [labelled.times_s[index] for index in indices]
    if not labelled.over_time:
        truth = [values[:1] for values in truth]
        times_s = [values.mean(keepdims=True) for values in times_s]
    starts = np.concatenate([[0], np.cumsum([len(score) for score in scores])])
    return HeldOut(
        np.asarray(indices, np.int64),
        np.full(len(indices), fold, np.int64),
        starts.astype(np.int64),
        np.concatenate([np.zeros(0), *times_s]),
        np.concatenate([np.zeros(0, np.int64), *truth]),
        np.concatenate([np.zeros((0, len(labelled.labels)), np.float32), *scores]).astype(np.float32),
    )


def joined(parts: Sequence[HeldOut]) -> HeldOut:
    """Several as one, in their order."""
    offsets = np.cumsum([0, *(len(part.truth) for part in parts)])
    starts = [part.starts[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    columns = ("items", "folds", "times_s", "truth", "scores")
    arrays = {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
    return HeldOut(starts=np.concatenate([*starts, offsets[-1:]]).astype(np.int64), **arrays)


def comparison(dataset: Dataset, groups: Sequence[str], held_out: HeldOut, *, split: str = "") -> Comparison:
    """Truth beside what networks said of clips that they never saw, for all metrics. groups: of the set's items."""
    names = [dataset.items[item].path for item in held_out.items]
    own = [groups[int(item)] for item in held_out.items]
    if len(held_out.starts) == len(held_out.truth) + 1 and all(dataset.items[item].label for item in held_out.items):
        return metrics.of_clips(dataset.labels, held_out.truth, held_out.scores, names=names, groups=own, split=split)
    rows = [slice(*ends) for ends in zip(held_out.starts[:-1], held_out.starts[1:], strict=True)]
    return metrics.of_rows(
        dataset.labels,
        [held_out.truth[row] for row in rows],
        [held_out.scores[row].argmax(axis=1) for row in rows],
        names=names,
        groups=own,
        scores=[held_out.scores[row] for row in rows],
        times_s=[held_out.times_s[row] for row in rows],
        ends_s=[dataset.items[item].duration_s for item in held_out.items],
        background=dataset.labels.index(dataset.background) if dataset.background else -1,
        split=split,
    )


def scores(comparison: Comparison) -> dict[str, float]:
    """The numbers that a training is compared by; those that are undefined are left out."""
    names = RUN_SCORES_OVER_TIME if comparison.over_time else RUN_SCORES
    values = {name: float(METRICS[name](comparison)) for name in names}
    return {name: value for name, value in values.items() if np.isfinite(value)}


def accuracy(held_out: HeldOut) -> float:
    """The share of known rows that are named rightly; 0 where none is known."""
    known = held_out.truth != UNKNOWN
    return float(np.mean(held_out.scores[known].argmax(axis=1) == held_out.truth[known])) if known.any() else 0.0


def caveats(
    comparison: Comparison, scores: dict[str, float], baselines: dict[str, float], held_out: HeldOut, probe: HeldOut
) -> list[Caveat]:
    """What to know before the numbers of a training are believed. probe: what the linear probe predicts of them."""
    unit, indices = metrics.bootstrap.units_of(comparison)
    count = len(np.unique(indices))
    one_label = metrics.caveats.one_label(comparison)
    collected = [one_label] if one_label else []
    if count < metrics.bootstrap.FEW_UNITS:
        collected.append(Caveat("few tested", count, name=f"{unit}{'s' * (count > 1)}"))
    collected.extend(_constant_folds(comparison.labels, held_out))
    if scores.get("accuracy", 0) <= baselines.get("majority", 0):
        collected.append(Caveat("no better than majority"))
    elif caveat := beside_probe(comparison, probe):
        collected.append(caveat)
    return collected


def beside_probe(comparison: Comparison, probe: HeldOut) -> Caveat | None:
    """Whether the linear probe is better, or the network not shown to be better, by the 95 % interval of the paired
    difference in accuracy; None where the network is better."""
    simpler = replace(comparison, predicted=probe.scores.argmax(axis=1).astype(np.int64), scores=None)
    gap = metrics.bootstrap.difference(comparison, simpler, METRICS["accuracy"].formula)
    if gap.value is None:
        return None
    low, high = gap.interval.low, gap.interval.high
    if low is None or high is None:
        difference = f"the difference in accuracy is {points(gap.value)} points, without an interval"
        return Caveat("no better than probe", name=difference) if gap.value <= 0 else None
    if low > 0:
        return None
    difference = (
        f"the difference in accuracy is {points(gap.value)} points (95 % interval {points(low)} to {points(high)})"
    )
    return Caveat("worse than probe" if high < 0 else "no better than probe", name=difference)


def points(share: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    rounded = round(100 * share, 1)
    return f"{rounded:+.1f}".replace("-", "−") if rounded else "0.0"


def _constant_folds(labels: Sequence[str], held_out: HeldOut) -> Iterator[Caveat]:
    """The folds whose network predicts one label for all, where the truth has several."""
    folds = np.repeat(held_out.folds, np.diff(held_out.starts))
    for number in np.unique(held_out.folds).tolist():
        rows = folds == number
        predicted, truth = np.unique(held_out.scores[rows].argmax(axis=1)), held_out.truth[rows]
        if len(predicted) == 1 and len(np.unique(truth[truth != UNKNOWN])) > 1:
            yield Caveat("constant fold", number + 1, name=labels[int(predicted[0])])
