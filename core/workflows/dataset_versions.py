"""Versions of labelled sets: clips with other labels or without some, beside the set that they were made from.

A version is a set with a name of its own, such as "Pets, version 2", and everything that takes the name of a set takes
it. The set that it was made from keeps its name, key, splits, runs and evaluations.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

import numpy as np

from core.base.errors import AnalysisError, NotEnoughExamples, ResultMissing
from core.domain import TEST, TRAIN, Dataset, DatasetVersion, Duplicates, Item, LabelChange, Split
from core.workflows import datasets, training
from core.workflows.datasets import importer
from core.workflows.datasets.library import FIRST_VERSION
from core.workspace.store import Store

MOST = 10_000  # versions of a set
LONGEST_LABEL = 80  # characters
CHANGED = "Open Evaluate again: the dataset was changed meanwhile."


def save_version(
    store: Store, name: str, changes: Sequence[LabelChange], *, note: str = "", author: str = ""
) -> DatasetVersion:
    """Keep a version of a set with these changes, and with its splits and near-duplicates; gives what was kept.

    AnalysisError where there is no change, or one does not fit the set; NotEnoughExamples where no clip would be left.
    """
    before = store.dataset(name)
    after, made = changed(before, changes)
    key = datasets.key(after)
    indices = {(item.video, item.path): index for index, item in enumerate(after.items)}
    places = [indices.get((item.video, item.path), -1) for item in before.items]  # of each item before
    base = base_name(store, name)
    for split in _splits(store, datasets.key(before)):
        if (carried := carried_split(split, places, key)) is not None:
            store.save_split(carried, datasets.split_key(carried))
    _carry_duplicates(store, datasets.key(before), key, places)
    for number in range(2, MOST):
        texts = {"author": " ".join(author.split()), "note": note.strip()}
        version = DatasetVersion(f"{base}, version {number}", base, number, name, time.time(), made, **texts)
        if store.save_version(replace(after, name=version.name), key, version):
            return version
    raise AnalysisError(f"The dataset {base!r} has {MOST} versions.", "Import it under another name.")


def changed(dataset: Dataset, changes: Sequence[LabelChange]) -> tuple[Dataset, tuple[LabelChange, ...]]:
    """The set with these changes, and what of it they changed.

    A new label counts for all clips with the same bytes, which cannot have two. A class that has no clip left is none.
    """
    known = {(item.video, item.path): item for item in dataset.items}
    for change in changes:
        _check(change, known)
    excluded = {(change.video, change.path) for change in changes if not change.label}
    labels = {change.video: clean_label(change.label) for change in changes if change.label}
    made: list[LabelChange] = []
    items: list[Item] = []
    for item in dataset.items:
        label = labels.get(item.video, item.label)
        if (item.video, item.path) in excluded:
            made.append(LabelChange(item.video, item.path, item.label))
        elif label != item.label:
            made.append(LabelChange(item.video, item.path, item.label, label))
            items.append(replace(item, label=label))
        else:
            items.append(item)
    if not made:
        raise AnalysisError("Nothing would change.", "Choose another label for a clip, or exclude it.")
    if not items:
        raise NotEnoughExamples("No clip would be left.", "Undo some of the changes.")
    used = {label for item in items for label in (item.label, *(part.label for part in item.segments))}
    fresh = sorted({item.label for item in items if item.label} - set(dataset.labels), key=str.casefold)
    kept = tuple(label for label in dataset.labels if label in used or label == dataset.background)
    return replace(dataset, labels=(*kept, *fresh), items=tuple(items)), tuple(made)


def _check(change: LabelChange, known: dict[tuple[str, str], Item]) -> None:
    item = known.get((change.video, change.path))
    if item is None or item.label != change.before:
        raise AnalysisError(f"{change.path} is not in the dataset with the label {change.before!r}.", CHANGED)
    if change.label and not item.label:
        hint = "Correct its segments on the Label page, or exclude the clip."
        raise AnalysisError(f"{change.path} is labelled by segments, not as a whole.", hint)


def clean_label(text: str) -> str:
    """A label as a person typed it, without odd blanks; AnalysisError where it is too long."""
    label = " ".join(text.split())
    if len(label) > LONGEST_LABEL:
        raise AnalysisError(f"The label {label[:20]}… is too long.", f"Use at most {LONGEST_LABEL} characters.")
    return label


# What goes along ------------------------------------------------------------------------------------------------------


def _splits(store: Store, dataset_key: str) -> list[Split]:
    """The splits of a set, the one that its next run would take last: stored ones, and before them those of runs."""
    stored = store.split_keys(dataset_key)
    runs = [record.split for record in training.all_runs(store).values() if record.dataset_key == dataset_key]
    splits = [store.read(key, Split) for key in stored]
    for key in dict.fromkeys(key for key in runs if key not in stored):
        with suppress(ResultMissing):
            splits.append(training.split_of(store, key))
    return splits[::-1]


def carried_split(split: Split, places: Sequence[int], key: str) -> Split | None:
    """The split of another version: the clips that are in both keep their groups and their parts in each fold.

    places: where each item is in the other version, -1 where it is not. key: of the other version. Folds that have no
    clip left to train on or to test on are dropped; None where no fold is left.
    """
    kept = [index for index, place in enumerate(places) if place >= 0]
    parts = split.parts[:, kept]  # (F, M)
    lost = np.zeros(len(parts), bool)
    for side in (TRAIN, TEST):
        lost |= (split.parts == side).any(axis=1) & ~(parts == side).any(axis=1)
    if not kept or lost.all():
        return None
    pairs = tuple((places[first], places[second]) for first, second in split.joins)
    joins = tuple(pair for pair in pairs if min(pair) >= 0)
    groups = tuple(split.groups[index] for index in kept)
    return replace(split, dataset=key, groups=groups, parts=parts[~lost], joins=joins)


def _carry_duplicates(store: Store, before: str, after: str, places: Sequence[int]) -> None:
    """Let the near-duplicates that were looked for before be those of the other version, but of excluded clips."""
    looked = importer.duplicates(store, before)
    if looked is None:
        return
    moved = [replace(pair, first=places[pair.first], second=places[pair.second]) for pair in looked.pairs]
    pairs = tuple(pair for pair in moved if min(pair.first, pair.second) >= 0)
    carried = Duplicates(after, pairs, looked.compared, looked.left)
    store.write(importer.duplicates_key(after), carried, kind="duplicates")


# Names ----------------------------------------------------------------------------------------------------------------


def base_name(store: Store, name: str) -> str:
    """The name of the first version of the set of that name."""
    version = store.dataset_versions().get(name)
    return version.of if version else name


def family(store: Store, name: str) -> tuple[str, ...]:
    """The names of all versions that are stored of the set of that name, itself among them, the newest first."""
    base, versions = base_name(store, name), store.dataset_versions()
    later = [version.name for version in versions.values() if version.of == base]
    first = [entry.name for entry in store.datasets() if entry.name == base]
    return (*reversed(later), *first)


def titles(store: Store) -> dict[str, str]:
    """What sets are called where versions matter: a first version that has others is called so too."""
    bases = {version.of for version in store.dataset_versions().values()}
    names = (entry.name for entry in store.datasets())
    return {name: f"{name}{FIRST_VERSION}" if name in bases else name for name in names}
