"""Which part of the picture a CNN should see, chosen for a dataset without a look at what is tested.

Features of each view are computed, and a linear probe is cross-validated by group on the training side of the first
fold: the view whose held-out groups are classified best is used for all folds.
"""

import warnings as python_warnings
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from core.base.errors import ResultMissing
from core.base.progress import Report, part_of, silent
from core.base.registry import BACKBONES
from core.domain import Dataset, Split, ViewChoice
from core.domain.fingerprint import fingerprint
from core.stages.networks.recurrent_training import UNKNOWN
from core.workflows import datasets
from core.workflows.training import baselines, features, training_data
from core.workflows.training.options import PLAIN, view
from core.workflows.training.training_data import LabelledFeatures
from core.workspace.store import Store

AREAS = ("whole", "middle")  # the first where both are equal, or where there is too little to choose by
PARTS = 3  # of the cross-validation
LOSS_WEIGHT = 1e-3  # of equal accuracies the one with the smaller loss is better
SQUARE = 1.05  # of sides whose quotient is at most this; the views show the same then


LIGHTENED = AREAS
UNLIGHTENED = tuple(f"{area}{PLAIN}" for area in AREAS)


def choice_key(dataset_key: str, split: Split, backbone: str, engine: str, views: tuple[str, ...] = LIGHTENED) -> str:
    """The name of the choice for a dataset, its split and a CNN."""
    recipes = [view(name, backbone) for name in views]
    version = BACKBONES[backbone].version
    return fingerprint(
        "view choice", 1, dataset_key, datasets.split_key(split), backbone, version, engine, recipes, PARTS
    )


def chosen(store: Store, key: str) -> ViewChoice | None:
    """The choice that is stored under a key; None before it was made."""
    with suppress(ResultMissing):
        return store.read(key, ViewChoice)
    return None


def choose(
    store: Store,
    dataset: Dataset,
    split: Split,
    backbone: str,
    engine: str,
    views: tuple[str, ...] = LIGHTENED,
    report: Report = silent,
) -> ViewChoice:
    """Compute the features of each view and store which of them to use. Progress is told in frames.

    Where all clips are about square, or the training side has one group, nothing is compared: the first is used.
    """
    fold = split.fold(0)
    learned = (*fold.train, *fold.validation)
    comparable = not _all_square(store, dataset) and len({split.groups[index] for index in learned}) > 1
    names = views if comparable else views[:1]
    accuracies, values = [], []
    for place, name in enumerate(names):
        recipe = view(name, backbone)
        features.gather_of(store, dataset, recipe, backbone, engine, part_of(report, place, len(names)))
        if comparable:
            of_items = features.features_of_all(store, dataset, recipe, backbone, engine)
            labelled = training_data.labelled_features(dataset, split.groups, of_items)
            accuracy, loss = _cross_validated(labelled, learned, report)
            accuracies.append(accuracy)
            values.append(accuracy - LOSS_WEIGHT * loss)
    best = names[int(np.argmax(values))] if comparable else names[0]
    choice = ViewChoice(best, names, tuple(accuracies), len(learned))
    key = choice_key(datasets.key(dataset), split, backbone, engine, views)
    store.write(key, choice, kind="view choice")
    return choice


def _all_square(store: Store, dataset: Dataset) -> bool:
    infos = (features.info_of(store, item.video, item.path) for item in dataset.items)
    sides = ((info.width_px, info.height_px) for info in infos)
    return all(max(width, height) <= SQUARE * min(width, height) for width, height in sides)


def _cross_validated(labelled: LabelledFeatures, learned: Sequence[int], report: Report) -> tuple[float, float]:
    """Accuracy and mean log loss of a linear probe on groups that it did not learn from."""
    held_out = []
    for number, (train, test) in enumerate(_parts(labelled, learned)):
        report(number, PARTS, "Comparing the views")
        held_out.append(baselines.linear_probe(labelled, train, test, number))
    joined = training_data.joined(held_out)
    known = joined.truth != UNKNOWN
    likely = joined.scores[known, joined.truth[known]]  # (S,)
    loss = float(-np.log(np.maximum(likely, 1e-6)).mean()) if known.any() else 0.0
    return training_data.accuracy(joined), loss


def _parts(labelled: LabelledFeatures, learned: Sequence[int]) -> list[tuple[list[int], list[int]]]:
    """Indices to learn from and to test, no group on both sides, classes spread as evenly as groups allow."""
    from sklearn.model_selection import StratifiedGroupKFold

    groups = np.array([labelled.groups[index] for index in learned])
    classes = np.array([_most_frequent(labelled.examples[index].targets) for index in learned])
    folds = StratifiedGroupKFold(min(PARTS, len(np.unique(groups))), shuffle=True, random_state=0)
    with python_warnings.catch_warnings():
        python_warnings.simplefilter("ignore", UserWarning)  # a class with fewer clips than parts
        drawn = list(folds.split(classes, classes, groups))
    return [([learned[i] for i in train], [learned[i] for i in test]) for train, test in drawn]


def _most_frequent(targets: np.ndarray) -> int:
    known = targets[targets != UNKNOWN]
    return int(np.bincount(known).argmax()) if len(known) else UNKNOWN
