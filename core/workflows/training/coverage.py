"""How much of a split a run has tested, and the scores of several runs on the clips that all of them tested."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import ResultMissing, ScoringRefused
from core.domain import Dataset, HeldOut, Split, Training
from core.workflows.training import checkpoints, training_data
from core.workspace.store import Store


@dataclass(frozen=True)
class Coverage:
    """How many folds a run has tested, of all of its split, and how many clips of those that any fold tests."""

    folds: int
    fold_count: int
    clips: int
    clip_count: int

    @property
    def is_partial(self) -> bool:
        """Whether there are scores, but not of all folds."""
        return 0 < self.folds < self.fold_count


@dataclass(frozen=True)
class CommonScores:
    """Scores of runs on the clips that all of them tested: by key of the run, then by metric. clips: how many."""

    clips: int
    scores: dict[str, dict[str, float]]


def coverage(record: Training, split: Split) -> Coverage:
    """How much of its split a run has tested."""
    tested = {index for number in range(len(split.parts)) for index in split.fold(number).test}
    return Coverage(len(record.folds), record.fold_count, sum(fold.clips for fold in record.folds), len(tested))


def common_scores(store: Store, runs: Mapping[str, Training]) -> CommonScores:
    """The scores of runs, by their keys, on their common clips.

    ScoringRefused where the runs are of different datasets or have no clip in common; ResultMissing where what a run
    predicted, or its dataset as it was then, is gone.
    """
    records = list(runs.values())
    if len({record.dataset_key for record in records}) > 1:
        raise ScoringRefused(
            "These runs are of different datasets, so their scores cannot be compared.", "Select runs of one dataset."
        )
    dataset = _dataset(store, records[0])
    tested = {key: checkpoints.held_out(store, key) for key in runs}
    common = set.intersection(*(set(held_out.items.tolist()) for held_out in tested.values()))
    if not common:
        raise ScoringRefused("These runs have tested no clip in common.", "Let both finish all folds.")
    scores = {
        key: training_data.scores(
            training_data.comparison(
                dataset, checkpoints.split_of(store, runs[key].split).groups, of_items(held_out, sorted(common))
            )
        )
        for key, held_out in tested.items()
    }
    return CommonScores(len(common), scores)


def _dataset(store: Store, record: Training) -> Dataset:
    entry = next((entry for entry in store.datasets() if entry.key == record.dataset_key), None)
    if entry is None:
        raise ResultMissing(
            f"The dataset {record.dataset!r} is gone or has changed since these runs.", "Train on it again."
        )
    return store.dataset(entry.name)


def of_items(held_out: HeldOut, items: Sequence[int]) -> HeldOut:
    """The predictions of some of the items, in that order."""
    places = {item: place for place, item in enumerate(held_out.items.tolist())}
    chosen = [places[item] for item in items]
    rows = [np.arange(int(held_out.starts[place]), int(held_out.starts[place + 1])) for place in chosen]
    every = np.concatenate(rows)
    return HeldOut(
        held_out.items[chosen],
        held_out.folds[chosen],
        np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64),
        held_out.times_s[every],
        held_out.truth[every],
        held_out.scores[every],
    )
