"""Splits that cannot leak: a group stands on one side of each fold, and the test part is never chosen by its result.

Folds are drawn by scikit-learn's StratifiedGroupKFold, stratified by class as far as groups allow. Each fold has
validation groups of its own, taken from what would else be trained on, for early stopping and for choices.
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from core.base.errors import SplitInvalid
from core.domain import TEST, TRAIN, UNUSED, VALIDATION, Dataset, Finding, Grouping, Split, straddling
from core.domain.fingerprint import fingerprint
from core.workflows.datasets.groups import grouping_of, groups_from, offers

MOST_FOLDS = 100
USUAL_FOLDS = 5
LEAVE_ONE_OUT = "leave-one-group-out"  # as an option of the command line
LEAST_FOR_VALIDATION = 3  # groups to train on, below which none is spared for validation
NAMED = 8  # classes that are named in a finding
VALIDATION_PARTS = 6  # one in so many groups is for validation
SIDES = {"": UNUSED, "unused": UNUSED, "train": TRAIN, "val": VALIDATION, "test": TEST}
Joins = Iterable[tuple[int, int]]
SplitMethod = Literal["given", "folds", "leave one group out"]


def key(dataset: Dataset) -> str:
    """The name of a set's content: clips, labels, groups and given parts, whatever the set is called."""
    items = tuple(replace(item, path="") for item in dataset.items)
    return fingerprint("dataset", 1, dataset.labels, dataset.background, items)


def split_key(split: Split) -> str:
    """The name of a split."""
    return fingerprint("split", 1, split)


def draw_split(
    dataset: Dataset,
    grouping: Grouping,
    method: SplitMethod,
    *,
    count: int = USUAL_FOLDS,
    seed: int = 0,
    joins: Joins = (),
) -> Split:
    """The split of a set by a method; SplitInvalid where there is none such. count: of folds, where they are drawn."""
    if method == "given":
        return given_split(dataset, grouping, seed=seed, joins=joins)
    if method == "folds":
        return grouped_folds(dataset, grouping, count=count, seed=seed, joins=joins)
    return leave_one_group_out(dataset, grouping, seed=seed, joins=joins)


def redraw_split(split: Split, dataset: Dataset) -> Split:
    """The same kind of split of another version of its set; SplitInvalid where there is none such."""
    count = len(split.parts)
    return draw_split(dataset, split.grouping, split.method, count=count, seed=split.seed, joins=split.joins)


def split_for(dataset: Dataset, groups: str = "", folds: str = "", seed: int = 0) -> Split:
    """The split that options of the command line ask for.

    By default the set's own, else folds by the likeliest groups.
    """
    grouping = grouping_of(groups) if groups else offers(dataset)[0].grouping
    if folds == LEAVE_ONE_OUT:
        return draw_split(dataset, grouping, "leave one group out", seed=seed)
    if not folds and {"train", "test"} <= {item.split for item in dataset.items}:
        return draw_split(dataset, grouping, "given", seed=seed)
    return draw_split(dataset, grouping, "folds", count=_fold_count(folds, dataset, grouping), seed=seed)


def _fold_count(folds: str, dataset: Dataset, grouping: Grouping) -> int:
    if not folds:
        return min(USUAL_FOLDS, len(set(groups_from(dataset, grouping))))
    try:
        return int(folds)
    except ValueError:
        hint = f"Give a number, or {LEAVE_ONE_OUT}."
        raise SplitInvalid(f"{folds!r} is not a number of folds.", hint) from None


def given_split(dataset: Dataset, grouping: Grouping | None = None, *, seed: int = 0, joins: Joins = ()) -> Split:
    """The split that came with the set, one fold. Without validation clips some groups of the training part are drawn.

    Where it has validation clips and no test clips, those are what is tested on. SplitInvalid if it has no training
    clips or none to test on, or puts a group on two sides.
    """
    grouping, joins = grouping or Grouping(), tuple(joins)
    groups = groups_from(dataset, grouping, joins=joins)
    sides = SIDES | ({"val": TEST} if tests_on_validation(dataset) else {})
    parts = np.array([[sides[item.split] for item in dataset.items]], np.uint8).reshape(1, -1)
    for side, name in ((TRAIN, "train"), (TEST, "test")):
        if not (parts == side).any():
            raise SplitInvalid(f"No clip of {dataset.name!r} is given for {name}.", "Choose folds by group instead.")
    if torn := straddling(groups, parts):
        named = ", ".join(torn[:20]) + (f" and {len(torn) - 20} more" if len(torn) > 20 else "")
        hint = "Choose folds by group, or correct the lists of the split."
        raise SplitInvalid(f"{len(torn)} groups are divided by the original split: {named}", hint)
    if not (parts == VALIDATION).any():
        _spare_validation(dataset, groups, parts[0], seed)
    return Split(key(dataset), "given", grouping, groups, parts, seed, joins)


def tests_on_validation(dataset: Dataset) -> bool:
    """Whether the split that came with the set has validation clips and no test clips."""
    given = {item.split for item in dataset.items}
    return "val" in given and "test" not in given


def grouped_folds(
    dataset: Dataset, grouping: Grouping, *, count: int = USUAL_FOLDS, seed: int = 0, joins: Joins = ()
) -> Split:
    """`count` folds: each group is tested in just one of them; classes are spread as evenly as groups allow."""
    joins = tuple(joins)
    groups = groups_from(dataset, grouping, joins=joins)
    names = sorted(set(groups))
    if not 2 <= count <= MOST_FOLDS:
        raise SplitInvalid(f"{count} folds were requested.", f"Choose 2 to {MOST_FOLDS}.")
    if len(names) < count:
        hint = f"Choose at most {len(names)} folds, or another grouping."
        raise SplitInvalid(f"{len(names)} groups cannot be divided into {count} folds.", hint if len(names) > 1 else "")
    tested = _drawn(dataset, groups, count, seed)
    return Split(key(dataset), "folds", grouping, groups, _parts(dataset, groups, tested, seed), seed, joins)


def leave_one_group_out(dataset: Dataset, grouping: Grouping, *, seed: int = 0, joins: Joins = ()) -> Split:
    """A fold for each group, which is tested there, in the order of the alphabet."""
    joins = tuple(joins)
    groups = groups_from(dataset, grouping, joins=joins)
    names = sorted(set(groups))
    if not 2 <= len(names) <= MOST_FOLDS:
        hint = "Choose folds by group instead." if len(names) > 2 else "Choose another grouping."
        raise SplitInvalid(f"Leaving one group out needs 2 to {MOST_FOLDS} groups; there are {len(names)}.", hint)
    tested = [{name} for name in names]
    parts = _parts(dataset, groups, tested, seed)
    return Split(key(dataset), "leave one group out", grouping, groups, parts, seed, joins)


def gaps(dataset: Dataset, split: Split) -> tuple[Finding, ...]:
    """What a network cannot learn or what is not tested for want of clips, fold by fold."""
    missing = []
    for number in range(len(split.parts)):
        fold, where = split.fold(number), f"fold {number + 1}"
        trained, tested = (_labels(dataset, part) for part in (fold.train, fold.test))
        unlearned = [label for label in dataset.labels if label in tested and label not in trained]
        untested = [label for label in dataset.labels if label not in tested]
        if unlearned:
            missing.append(Finding(where, 0, f"clips of {_named(unlearned)} to train on", "all are held back", False))
        if untested and split.method != "leave one group out":
            missing.append(Finding(where, 0, f"clips of {_named(untested)} to test on", "none", False))
    return tuple(missing)


def _named(labels: Sequence[str]) -> str:
    return ", ".join(labels[:NAMED]) + (f" and {len(labels) - NAMED} more" if len(labels) > NAMED else "")


def _labels(dataset: Dataset, indices: Sequence[int]) -> set[str]:
    return {label for index in indices for label in _item_labels(dataset, index)}


def _item_labels(dataset: Dataset, index: int) -> list[str]:
    """The labels of an item, one for each segment; the background only where there is nothing else."""
    item = dataset.items[index]
    return [item.label] if item.label else [part.label for part in item.segments] or [dataset.background]


def _parts(dataset: Dataset, groups: Sequence[str], tested: Sequence[set[str]], seed: int) -> np.ndarray:
    """(F, N) uint8 for folds that test those groups."""
    parts = np.array([[TEST if group in names else TRAIN for group in groups] for names in tested], np.uint8)
    if not all((row == TEST).any() and (row == TRAIN).any() for row in parts):
        raise SplitInvalid("A fold would have no clip to train or to test on.", "Choose fewer folds.")
    for number, row in enumerate(parts):
        _spare_validation(dataset, groups, row, seed + number)
    return parts


def _spare_validation(dataset: Dataset, groups: Sequence[str], row: np.ndarray, seed: int) -> None:
    """Turn about one in VALIDATION_PARTS of the training groups of a fold into validation, in place.

    No class is taken from training altogether; of the candidates the one with the most classes, then nearest to its
    share, is taken. Where groups are too few, the fold has no validation part.
    """
    chosen = np.flatnonzero(row == TRAIN).tolist()
    own = [groups[index] for index in chosen]
    if len(set(own)) < LEAST_FOR_VALIDATION:
        return
    for count in range(min(VALIDATION_PARTS, len(set(own))), 1, -1):
        try:
            candidates = _drawn(dataset, groups, count, seed, chosen)
        except SplitInvalid:
            continue
        worth = [(score, names) for names in candidates if (score := _worth(dataset, groups, chosen, names, count))]
        if worth:
            names = max(worth, key=lambda pair: pair[0])[1]
            for index in chosen:
                row[index] = VALIDATION if groups[index] in names else TRAIN
            return


def _worth(
    dataset: Dataset, groups: Sequence[str], chosen: Sequence[int], names: set[str], count: int
) -> tuple[int, float] | None:
    """How good groups are for validation; None where a class would have nothing left to train on."""
    spared = [index for index in chosen if groups[index] in names]
    rest = [index for index in chosen if groups[index] not in names]
    seen = _labels(dataset, spared)
    if not spared or not rest or seen - _labels(dataset, rest):
        return None
    return len(seen), -abs(len(spared) / len(chosen) - 1 / count)


def _drawn(
    dataset: Dataset, groups: Sequence[str], count: int, seed: int, chosen: Sequence[int] | None = None
) -> list[set[str]]:
    """The groups of each of `count` parts of the items, or of the chosen ones, stratified by class."""
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    indices = range(len(dataset.items)) if chosen is None else chosen
    samples = [(groups[index], label) for index in indices for label in _item_labels(dataset, index)]
    own, labels = (np.array(column, dtype=str) for column in zip(*samples, strict=True))
    most = int(np.unique(labels, return_counts=True)[1].max())
    if most < count:
        raise SplitInvalid(f"No class has {count} clips; the largest has {most}.", f"Choose at most {most} folds.")
    alone = len(set(own.tolist())) == len(own)  # where each sample is a group of its own, the same is had far faster
    splitter: Any = (StratifiedKFold if alone else StratifiedGroupKFold)(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # classes with few clips: told by gaps()
        drawn = [set(own[tested].tolist()) for _, tested in splitter.split(labels, labels, own)]
    if not all(drawn):
        raise SplitInvalid(f"The groups cannot be spread over {count} folds.", "Choose fewer folds.")
    return drawn
