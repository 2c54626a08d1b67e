"""Datasets, their splits, and the training runs on them."""

from collections.abc import Mapping
from contextlib import suppress

from core.base.errors import AnalysisError, ResultMissing
from core.domain import Dataset, EmbeddingMap, Grouping, Split, Training
from core.workflows import datasets, training
from core.workflows.datasets import library
from core.workflows.evaluation import label_matching, split_selection
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.cache.memory import cached
from pages.ui.common import theme


def dataset(entry: DatasetEntry) -> Dataset | None:
    """A dataset; a message on the page and None where it cannot be read."""
    try:
        return read_dataset(entry.body)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return None


@cached(most=4)
def read_dataset(body: str) -> Dataset:
    """The dataset stored under a key."""
    return state.store().read(body, Dataset)


def datasets_of_clips() -> dict[str, tuple[str, ...]]:
    """The names of the datasets that contain a clip, by its digest; one that cannot be read is left out."""
    return _datasets_of_clips(dataset_bodies())


def only_in_datasets() -> set[str]:
    """The digests of the clips that are in the library for a dataset alone, but for those of a damaged dataset."""
    return _only_in_datasets(dataset_bodies(), state.store().names_version())


def dataset_bodies() -> tuple[str, ...]:
    """The keys under which the datasets are stored."""
    return tuple(entry.body for entry in state.store().datasets())


@cached(most=1)
def _datasets_of_clips(bodies: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    names: dict[str, tuple[str, ...]] = {}
    for dataset in _readable(bodies):
        for video in dict.fromkeys(item.video for item in dataset.items):
            names[video] = (*names.get(video, ()), dataset.name)
    return names


@cached(most=1)
def _only_in_datasets(bodies: tuple[str, ...], names: str) -> set[str]:
    return library.only_in_datasets(state.store(), _readable(bodies))


@cached(most=1)
def _readable(bodies: tuple[str, ...]) -> tuple[Dataset, ...]:
    """Those of the datasets that can be read."""
    sets = []
    for body in bodies:
        with suppress(AnalysisError):
            sets.append(read_dataset(body))
    return tuple(sets)


def checked(key: str) -> Dataset:
    """A dataset that was checked but not imported yet."""
    return state.store().read(key, Dataset)


def kept_split(key: str) -> Split:
    """A split that was saved for a dataset."""
    return state.store().read(key, Split)


def suggested_split(entry: DatasetEntry) -> Split:
    """The default split of a dataset."""
    return _suggested_split(entry.body)


@cached(most=4, spinner="Computing the split")
def _suggested_split(body: str) -> Split:
    return datasets.split_for(read_dataset(body))


def offers(entry: DatasetEntry) -> tuple[datasets.Offer, ...]:
    """The groupings that fit a dataset."""
    return _offers(entry.body)


@cached(most=4)
def _offers(body: str) -> tuple[datasets.Offer, ...]:
    return datasets.offers(read_dataset(body))


def drawn_split(
    entry: DatasetEntry, grouping: Grouping, method: datasets.SplitMethod, count: int, seed: int, joins: tuple
) -> Split:
    """The split of a dataset by that method; SplitInvalid where there is none such."""
    return _drawn_split(entry.body, grouping, method, count, seed, joins)


@cached(most=8, spinner="Computing the split")
def _drawn_split(
    body: str, grouping: Grouping, method: datasets.SplitMethod, count: int, seed: int, joins: tuple
) -> Split:
    chosen = read_dataset(body)
    return datasets.draw_split(chosen, grouping, method, count=count, seed=seed, joins=joins)


def named_split(entry: DatasetEntry, name: str, grouping: Grouping, model: str) -> str:
    """The key of the split of a dataset with that name, as on the command line; the split is saved."""
    return _named_split(entry.body, name, grouping, model)


@cached(most=32)
def _named_split(body: str, name: str, grouping: Grouping, model: str) -> str:
    return split_selection.split_named(state.store(), read_dataset(body), name, grouping, model)


def unseen(entry: DatasetEntry, model: str) -> int:
    """How many clips of a dataset a model was not trained on, where it was trained on others of them."""
    return _unseen(entry.body, model, state.models()[model].version, dataset_bodies())


@cached(most=32)
def _unseen(body: str, model: str, version: str, bodies: tuple[str, ...]) -> int:
    return len(label_matching.unseen(state.store(), read_dataset(body), state.models()[model]))


def embedding_map(key: str) -> EmbeddingMap:
    """The map of the features of a dataset that is stored under a key."""
    return _embedding_map(key)


@cached(most=4)
def _embedding_map(key: str) -> EmbeddingMap:
    return state.store().read(key, EmbeddingMap)


def coverage(key: str) -> training.Coverage | None:
    """How much of its split a run has tested; None where the run or its split is gone."""
    record = training_or_none(key)
    return _coverage(key, len(record.folds)) if record is not None else None


@cached(most=64)
def _coverage(key: str, folds: int) -> training.Coverage | None:
    with suppress(ResultMissing):
        record = training.run_of(state.store(), key)
        return training.coverage(record, training.split_of(state.store(), record.split))
    return None


def common_scores(runs: Mapping[str, Training]) -> training.CommonScores:
    """The scores of runs, by their keys, on the clips that all of them tested."""
    return _common_scores(tuple((key, len(record.folds)) for key, record in runs.items()))


@cached(most=8)
def _common_scores(folds: tuple[tuple[str, int], ...]) -> training.CommonScores:
    return training.common_scores(state.store(), {key: training.run_of(state.store(), key) for key, _ in folds})


def training_or_none(key: str) -> Training | None:
    """The training run of that key; None where it was deleted."""
    with suppress(ResultMissing):
        return state.store().read(key, Training)
    return None
