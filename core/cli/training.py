"""`python -m core train`: a labelled set from its files to its scores, with the keys and results of the pages."""

from typing import Any

from core.base.errors import ResultMissing, SplitInvalid
from core.base.progress import Report
from core.base.registry import BACKBONES
from core.domain import Dataset, Split, Training, ViewChoice
from core.workflows import datasets, experiments, models
from core.workflows.datasets.library import stored_set
from core.workflows.training import checkpoints, model_files, runs, trainer
from core.workflows.training import options as options_module
from core.workflows.training.commands import command_of
from core.workflows.training.options import Options
from core.workspace.store import Store

AUTO = "auto"  # the view that is chosen on training groups


def run(
    store: Store,
    text: str,
    *,
    groups: str,
    folds: str,
    split: str,
    backbone: str,
    view: str,
    engine: str,
    options: Options,
    seed: int,
    save: str,
    report: Report,
    words: bool = False,
) -> dict[str, Any]:
    """Train and test, and where a name is given save the network for use as a model; gives what is printed.

    split: key of a stored split, "" for the one that groups and folds describe; where these are "" too, a version of a
    dataset has the split of the version that it was made from. view: AUTO, or one of VIEWS.
    """
    _ = BACKBONES[backbone]
    if save:
        models.ModelLibrary.of(store).free_name(save, exactly=True)
    dataset = stored_set(store, text, report)
    parts = split_for(store, dataset, groups, folds, split)
    choice = experiments.choose(store, dataset, parts, backbone, engine, report=report) if view == AUTO else None
    recipe = options_module.view(choice.view if choice else view, backbone)
    network = {"backbone": backbone, "engine": engine, "recipe": recipe, "options": options, "words": words}
    key = runs.plan(store, dataset, parts, seed=seed, final=bool(save), **network)
    if checkpoints.run_of(store, key).state != "done":
        trainer.train(store, key, report)
    if save:
        model_files.save_model(store, key, save)
    printed = printed_record(checkpoints.run_of(store, key), parts, dataset)
    return printed | ({"views": printed_choice(choice)} if choice else {}) | ({"model": save} if save else {})


def split_for(store: Store, dataset: Dataset, groups: str, folds: str, key: str) -> Split:
    """The split that is asked for; SplitInvalid where there is no such one, or two are asked for."""
    if not key:
        stored = store.split_keys(datasets.key(dataset)) if dataset.name in store.dataset_versions() else []
        carried = bool(stored) and not (groups or folds)
        return store.read(stored[0], Split) if carried else datasets.split_for(dataset, groups, folds)
    if groups or folds:
        raise SplitInvalid("A stored split has its own groups and folds.", "Omit --groups and --folds, or --split.")
    try:
        return checkpoints.split_of(store, key)
    except (ResultMissing, ValueError):
        hint = "Give the key under `split` of what a run printed, in the same workspace."
        raise SplitInvalid(f"There is no stored split {key!r}.", hint) from None


def printed_choice(choice: ViewChoice) -> dict[str, Any]:
    """The choice of a view as it is printed: the accuracies that it was made by."""
    return {
        "chosen": choice.view,
        "accuracy": dict(zip(choice.views, choice.accuracies, strict=False)),
        "clips": choice.clips,
    }


def printed_record(record: Training, split: Split, dataset: Dataset) -> dict[str, Any]:
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
        "split": {"method": split.method, "groups": datasets.describe_grouping(split.grouping), "key": record.split},
        "clips": len(dataset.items),
        "left_out": sum(finding.left_out for finding in dataset.findings),
        "warnings": list(record.warnings),
        "command": command_of(record),
    }
