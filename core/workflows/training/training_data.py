"""What is learned from, and how good it became: arrays in, arrays and numbers out."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from core.base.registry import METRICS
from core.domain import Comparison, Dataset, Features, HeldOut
from core.domain.caveats import Caveat
from core.stages import metrics
from core.stages.networks.recurrent_training import UNKNOWN, Example
from core.workflows import datasets

Run = Callable[[np.ndarray], np.ndarray]
OF_CLIPS = ("accuracy", "balanced_accuracy", "macro_f1")
OVER_TIME = (*OF_CLIPS, "f1_10", "f1_25", "f1_50", "edit")


@dataclass(frozen=True, eq=False)
class Lesson:
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

    def chosen(self, places: Iterable[int]) -> list[Example]:
        """The examples at some places that have a known step."""
        return [self.examples[place] for place in places if np.any(self.examples[place].targets != UNKNOWN)]


def lesson(dataset: Dataset, groups: Sequence[str], features: Sequence[Features]) -> Lesson:
    """The items of a set as what is learned from."""
    pairs = list(zip(dataset.items, features, strict=True))
    return Lesson(
        dataset.labels,
        dataset.background,
        tuple(item.path for item in dataset.items),
        tuple(groups),
        tuple(Example(found.values, datasets.targets(dataset, item, found.times_s)) for item, found in pairs),
        tuple(found.times_s for found in features),
        any(not item.label for item in dataset.items),
    )


def asked(taught: Lesson, places: Sequence[int], fold: int, run: Run) -> HeldOut:
    """What a network says of the items at some places: of each step, or of whole clips the mean over their steps."""
    return told(taught, places, fold, [run(taught.examples[place].values) for place in places])


def told(taught: Lesson, places: Sequence[int], fold: int, scores: Sequence[np.ndarray]) -> HeldOut:
    """Scores (T, C) of the steps of each item as such, or of whole clips as the mean over their steps."""
    if not taught.over_time:
        scores = [each.mean(axis=0, keepdims=True) for each in scores]
    return answers(taught, places, fold, scores)


def answers(taught: Lesson, places: Sequence[int], fold: int, scores: Sequence[np.ndarray]) -> HeldOut:
    """Scores (T, C) or (1, C) of each of some items, beside their truth."""
    truth = [taught.examples[place].targets for place in places]
    times_s = [taught.times_s[place] for place in places]
    if not taught.over_time:
        truth = [each[:1] for each in truth]
        times_s = [each.mean(keepdims=True) for each in times_s]
    starts = np.concatenate([[0], np.cumsum([len(each) for each in scores])])
    return HeldOut(
        np.asarray(places, np.int64),
        np.full(len(places), fold, np.int64),
        starts.astype(np.int64),
        np.concatenate([np.zeros(0), *times_s]),
        np.concatenate([np.zeros(0, np.int64), *truth]),
        np.concatenate([np.zeros((0, len(taught.labels)), np.float32), *scores]).astype(np.float32),
    )


def joined(parts: Sequence[HeldOut]) -> HeldOut:
    """Several as one, in their order."""
    offsets = np.cumsum([0, *(len(part.truth) for part in parts)])
    starts = [part.starts[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    columns = ("items", "folds", "times_s", "truth", "scores")
    told = {name: np.concatenate([getattr(part, name) for part in parts]) for name in columns}
    return HeldOut(starts=np.concatenate([*starts, offsets[-1:]]).astype(np.int64), **told)


def comparison(dataset: Dataset, groups: Sequence[str], said: HeldOut, *, split: str = "") -> Comparison:
    """Truth beside what networks said of clips that they never saw, for all metrics. groups: of the set's items."""
    names = [dataset.items[place].path for place in said.items]
    own = [groups[int(place)] for place in said.items]
    if len(said.starts) == len(said.truth) + 1 and all(dataset.items[place].label for place in said.items):
        return metrics.of_clips(dataset.labels, said.truth, said.scores, names=names, groups=own, split=split)
    rows = [slice(*ends) for ends in zip(said.starts[:-1], said.starts[1:], strict=True)]
    return metrics.of_rows(
        dataset.labels,
        [said.truth[row] for row in rows],
        [said.scores[row].argmax(axis=1) for row in rows],
        names=names,
        groups=own,
        scores=[said.scores[row] for row in rows],
        times_s=[said.times_s[row] for row in rows],
        ends_s=[dataset.items[place].duration_s for place in said.items],
        background=dataset.labels.index(dataset.background) if dataset.background else -1,
        split=split,
    )


def scores(found: Comparison) -> dict[str, float]:
    """The numbers that a training is compared by; those that are undefined are left out."""
    names = OVER_TIME if found.over_time else OF_CLIPS
    told = {name: float(METRICS[name](found)) for name in names}
    return {name: value for name, value in told.items() if np.isfinite(value)}


def accuracy(said: HeldOut) -> float:
    """The share of known rows that are named rightly; 0 where none is known."""
    known = said.truth != UNKNOWN
    return float(np.mean(said.scores[known].argmax(axis=1) == said.truth[known])) if known.any() else 0.0


def caveats(
    comparison: Comparison, scores: dict[str, float], baselines: dict[str, float], held_out: HeldOut
) -> list[Caveat]:
    """What to know before the numbers of a training are believed."""
    unit, indices = metrics.bootstrap.units_of(comparison)
    count = len(np.unique(indices))
    one_label = metrics.caveats.one_label(comparison)
    collected = [one_label] if one_label else []
    if count < metrics.bootstrap.FEW_UNITS:
        collected.append(Caveat("few tested", count, name=f"{unit}{'s' * (count > 1)}"))
    collected.extend(_constant_folds(comparison.labels, held_out))
    if scores.get("accuracy", 0) <= baselines.get("majority", 0):
        collected.append(Caveat("no better than majority"))
    elif scores.get("accuracy", 0) <= baselines.get("linear_probe", 0):
        collected.append(Caveat("no better than probe"))
    return collected


def _constant_folds(labels: Sequence[str], held_out: HeldOut) -> Iterator[Caveat]:
    """The folds whose network predicts one label for all, where the truth has several."""
    folds = np.repeat(held_out.folds, np.diff(held_out.starts))
    for number in np.unique(held_out.folds).tolist():
        rows = folds == number
        predicted, truth = np.unique(held_out.scores[rows].argmax(axis=1)), held_out.truth[rows]
        if len(predicted) == 1 and len(np.unique(truth[truth != UNKNOWN])) > 1:
            yield Caveat("constant fold", number + 1, name=labels[predicted[0]])
