"""`python -m core train`: a labelled set from its files to its scores, with the keys and results of the pages."""

from pathlib import Path
from typing import Any

from core import datasets, sets
from core.base.errors import AnalysisError, ResultMissing, SplitInvalid
from core.base.progress import Report
from core.base.registry import BACKBONES
from core.domain import Dataset, Grouping, Split, Training
from core.training import runs, saving
from core.training.options import Options, view
from core.workspace.store import Store

FOLDS = 5
LEAVE_ONE_OUT = "leave-one-group-out"


def stored_set(store: Store, told: str, report: Report) -> Dataset:
    """The labelled set of that name in the workspace, or that of a path, which is checked and kept there."""
    if any(entry.name == told for entry in store.datasets()):
        return store.dataset(told)
    if not Path(told).expanduser().exists():
        names = ", ".join(entry.name for entry in store.datasets()) or "none"
        raise ResultMissing(
            f"There is no file, folder or labelled set {told!r}.", f"Give a path, or the name of a set: {names}."
        )
    source = datasets.Source(told)
    kept = _kept(store, sets.gathered(store, source, report))
    sets.drop(store, sets.import_key(source))
    return kept


def _kept(store: Store, found: Dataset) -> Dataset:
    """The set under its name, or where another set has that, under the next that is free."""
    if not found.items:
        raise AnalysisError(f"No clip of {found.name!r} can be used.", "See what is said of each.")
    key = datasets.key(found)
    sets.take_clips(store, found)
    taken = {entry.name: entry.key for entry in store.datasets()}
    names = (found.name, *(f"{found.name} {number}" for number in range(2, 1000)))
    name = next(each for each in names if taken.get(each, key) == key)
    if name in taken:
        return store.dataset(name)
    renamed = Dataset(name, found.labels, found.items, found.background, found.source, found.findings)
    store.save_dataset(renamed, key)
    return renamed


def split_for(dataset: Dataset, groups: str, folds: str, seed: int = 0) -> Split:
    """The split that was asked for in words; by default the set's own, else folds by the likeliest groups."""
    grouping = datasets.grouping_of(groups) if groups else datasets.offers(dataset)[0].grouping
    if folds == LEAVE_ONE_OUT:
        return datasets.leave_one_group_out(dataset, grouping, seed=seed)
    if not folds and {"train", "test"} <= {item.split for item in dataset.items}:
        return datasets.given_split(dataset, grouping, seed=seed)
    return datasets.grouped_folds(dataset, grouping, count=_count(folds, dataset, grouping), seed=seed)


def _count(folds: str, dataset: Dataset, grouping: Grouping) -> int:
    if folds:
        try:
            return int(folds)
        except ValueError:
            raise SplitInvalid(f"{folds!r} is no number of folds.", f"Give a number, or {LEAVE_ONE_OUT}.") from None
    return min(FOLDS, len(set(datasets.groups_from(dataset, grouping))))


def run(
    store: Store,
    told: str,
    *,
    groups: str,
    folds: str,
    backbone: str,
    engine: str,
    options: Options,
    seed: int,
    save: str,
    report: Report,
    words: bool = False,
) -> dict[str, Any]:
    """Train and test, and where a name is given save the network for use as a model; gives what is printed."""
    _ = BACKBONES[backbone]
    if save:
        saving.free_name(store, save, exactly=True)
    dataset = stored_set(store, told, report)
    recipe = view("whole", backbone)
    key = runs.plan(
        store,
        dataset,
        split_for(dataset, groups, folds),
        backbone=backbone,
        engine=engine,
        recipe=recipe,
        options=options,
        seed=seed,
        final=bool(save),
        words=words,
    )
    if runs.run_of(store, key).state != "done":
        runs.train(store, key, report)
    if save:
        saving.save_model(store, key, save)
    return told_of(runs.run_of(store, key), runs.split_of(store, runs.run_of(store, key).split), dataset) | (
        {"model": save} if save else {}
    )


def told_of(record: Training, split: Split, dataset: Dataset) -> dict[str, Any]:
    """A training as it is printed."""
    first = ("accuracy", "balanced_accuracy", "macro_f1")
    return {
        "dataset": record.dataset,
        "backbone": record.backbone,
        "settings": record.settings,
        "folds": [{"groups": list(fold.groups), "accuracy": fold.accuracy} for fold in record.folds],
        **{name: record.scores.get(name) for name in first},
        "baselines": record.baselines,
        **({"words": record.words} if record.words else {}),
        "seconds": record.seconds,
        "seed": record.seed,
        "scored": "time steps" if record.over_time else "clips",
        "over_time": {name: value for name, value in record.scores.items() if name not in first},
        "split": {"method": split.method, "groups": datasets.words(split.grouping), "key": record.split},
        "clips": len(dataset.items),
        "left_out": sum(finding.left_out for finding in dataset.findings),
        "warnings": list(record.warnings),
    }
