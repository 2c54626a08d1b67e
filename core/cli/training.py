"""`python -m core train`: a labelled set from its files to its scores, with the keys and results of the pages."""

from typing import Any

from core.base.progress import Report
from core.base.registry import BACKBONES
from core.domain import Dataset, Split, Training
from core.workflows import datasets, models
from core.workflows.datasets.library import stored_set
from core.workflows.training import checkpoints, model_files, runs, trainer
from core.workflows.training.options import Options, view
from core.workspace.store import Store


def run(
    store: Store,
    text: str,
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
        models.ModelLibrary.of(store).free_name(save, exactly=True)
    dataset = stored_set(store, text, report)
    recipe = view("whole", backbone)
    key = runs.plan(
        store,
        dataset,
        datasets.split_for(dataset, groups, folds),
        backbone=backbone,
        engine=engine,
        recipe=recipe,
        options=options,
        seed=seed,
        final=bool(save),
        words=words,
    )
    if checkpoints.run_of(store, key).state != "done":
        trainer.train(store, key, report)
    if save:
        model_files.save_model(store, key, save)
    return printed_record(
        checkpoints.run_of(store, key), checkpoints.split_of(store, checkpoints.run_of(store, key).split), dataset
    ) | ({"model": save} if save else {})


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
    }
