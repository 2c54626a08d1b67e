"""The texts and tables of Train, from domain values. No st calls."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from core.base.registry import BACKBONES
from core.domain import FoldResult, SettingSweep, Training, Trial, ViewChoice
from core.stages.networks.recurrent import layer_shapes
from core.workflows.experiments import tuning
from core.workflows.experiments.sweep import SETTINGS, SweepPoint
from core.workflows.training.option_knobs import CELLS
from core.workflows.training.options import PLAIN, options_of
from pages.ui.common import formatting

if TYPE_CHECKING:
    from pandas import DataFrame


DIALS = {"small": "Small", "medium": "Medium", "large": "Large", "found": "Tuned"}
ABOUT_DIALS = {
    "small": "32 units, 25 epochs. For a first try, or for very few clips.",
    "medium": "64 units, 40 epochs. Suitable for most datasets.",
    "large": "Two layers of 128 units, up to 60 epochs with early stopping. For hundreds of clips or more.",
    "found": "The best settings on the validation groups.",
}


AREAS = {
    "auto": "Automatic: the better of the two",
    "whole": "The whole picture, resized to a square",
    "middle": "The centre square of the picture",
}
STATES = {"planned": "incomplete", "stopped": "stopped", "done": "done"}


def network(settings: Mapping[str, Any]) -> str:
    """A network in a few words."""
    layers = "" if settings.get("layers", 1) == 1 else f"{settings['layers']} layers of "
    ways = "bidirectional" if settings.get("bidirectional") else "forward"
    return f"{CELLS.get(settings.get('cell', ''), 'RNN')}, {layers}{settings.get('units', '?')} units, {ways}"


def chosen_area(choice: ViewChoice) -> str:
    """Which picture area was chosen for a dataset, and by what."""
    area = AREAS[choice.view.removesuffix(PLAIN)]
    if not choice.accuracies:
        return f"{area}: there was nothing to compare."
    shares = {
        AREAS[name.removesuffix(PLAIN)]: share for name, share in zip(choice.views, choice.accuracies, strict=True)
    }
    others = [formatting.per_cent(share) for name, share in shares.items() if name != area]
    return (
        f"{area}: a linear probe reaches {formatting.per_cent(shares[area])} with it and "
        f"{formatting.listed(others)} with the other, cross-validated on "
        f"{formatting.count(choice.clips, 'training clip')}."
    )


def headline(record: Training, part: str = "") -> str:
    """The result of a run in a sentence; HTML. part: how much of its split was tested, where that is not all."""
    if not record.scores:
        return "This run is not complete yet."
    what = "moments" if record.over_time else "clips"
    share = formatting.per_cent(record.scores.get("accuracy", 0.0))
    so_far = f" in {part}" if part else ""
    return f"<b>{share}</b> of the held-out {what} were correctly classified{so_far}."


def beside(record: Training) -> str:
    """The baselines in a sentence."""
    texts = {name: formatting.per_cent(value) for name, value in record.baselines.items()}
    if not {"linear_probe", "majority"} <= set(texts):
        return ""
    return (
        f"On the same folds, a linear probe, which ignores the order in time, reaches {texts['linear_probe']}; "
        f"always predicting the most frequent class, {texts['majority']}."
    )


def facts(record: Training) -> tuple[str, ...]:
    """The facts of a run, each in a few words."""
    backbone = BACKBONES[record.backbone].title if record.backbone in BACKBONES else record.backbone
    seconds = record.seconds.get("train", 0.0)
    first = (record.dataset, backbone, network(record.settings), formatting.count(record.fold_count, "fold"))
    ended = (f"trained in {formatting.length(seconds)}",) if seconds else ()
    return (*first, f"seed {record.seed}", *ended, formatting.ago(record.created, time.time()))


def table(trainings: Iterable[Training], parts: Iterable[str]) -> "DataFrame":
    """A row for each run. parts: how much of its split each has tested, "" where that is all."""
    from pandas import DataFrame

    def share(record: Training, name: str) -> float | None:
        value = record.scores.get(name)
        return None if value is None else 100 * value

    def simple(record: Training, name: str) -> float | None:
        value = record.baselines.get(name)
        return None if value is None else 100 * value

    rows = [
        {
            "Name": record.name,
            "State": f"{STATES[record.state]}: {part}" if part else STATES[record.state],
            "Accuracy": share(record, "accuracy"),
            "95 % interval": _interval(record),
            "Macro F1": share(record, "macro_f1"),
            "Linear probe": simple(record, "linear_probe"),
            "Majority": simple(record, "majority"),
            "Dataset": record.dataset,
            "Network": network(record.settings),
            "CNN": record.backbone,
            "Folds": record.fold_count,
            "Learning rate": record.settings.get("learning_rate"),
            "Dropout": record.settings.get("dropout"),
            "Batch": record.settings.get("batch_size"),
            "Epochs": record.settings.get("epochs"),
            "Parameters": _parameters(record),
            "Seconds": record.seconds.get("train"),
            "Seed": record.seed,
        }
        for record, part in zip(trainings, parts, strict=True)
    ]
    return DataFrame(rows)


def _interval(record: Training) -> str:
    return " to ".join(f"{100 * end:.0f}" for end in record.interval)


def _parameters(record: Training) -> int | None:
    """How many numbers the network of a run learns and holds; None where the features are not known any more."""
    channels = record.channels or (BACKBONES[record.backbone].channels if record.backbone in BACKBONES else 0)
    if not channels:
        return None
    layers = layer_shapes(options_of(record.settings), channels=channels, labels=len(record.labels))
    return sum(layer.parameters for layer in layers)


def folds(fold_results: Sequence[FoldResult]) -> "DataFrame":
    """A row for each fold that was tested."""
    from pandas import DataFrame

    rows = [
        {
            "Fold": number,
            "Accuracy": 100 * fold.accuracy,
            "Clips": fold.clips,
            "Epochs": fold.best + 1,
            "Test groups": formatting.listed(fold.groups[:6]) + (" …" if len(fold.groups) > 6 else ""),
        }
        for number, fold in enumerate(fold_results, 1)
    ]
    return DataFrame(rows)


def differences(trainings: Sequence[Training]) -> "DataFrame":
    """The settings that differ between runs: a row for each setting, a column for each run."""
    from pandas import DataFrame

    settings_by_run = [_settings(record) for record in trainings]
    names = [name for name in settings_by_run[0] if len({str(settings.get(name)) for settings in settings_by_run}) > 1]
    columns = {
        f"{number}. {record.name}": [str(settings.get(name, "")) for name in names]
        for number, (record, settings) in enumerate(zip(trainings, settings_by_run, strict=True), 1)
    }
    return DataFrame({"Setting": [name.replace("_", " ") for name in names]} | columns)


def _settings(record: Training) -> dict[str, Any]:
    own = {"set": record.dataset, "CNN": record.backbone, "split": record.split[:8], "seed": record.seed}
    return own | {"steps before": formatting.steps(record.recipe)} | dict(record.settings)


def sweep(made: SettingSweep) -> str:
    """A sweep in a few words."""
    knob = SETTINGS[made.setting]
    return f"{knob.label}: {', '.join(made.values)} ({formatting.ago(made.created, time.time())})"


def spread(points: Sequence[SweepPoint]) -> str:
    """What the chart of a sweep shows, and how far its runs differ."""
    scores = [point.accuracy for point in points if point.accuracy is not None]
    text = (
        "Accuracy on held-out test groups. Bars are 95 % intervals over groups. All runs are tested on the same "
        "groups, so runs may differ although their bars overlap."
    )
    if len(scores) < 2:
        return text
    low, high = formatting.per_cent(min(scores), decimals=1), formatting.per_cent(max(scores), decimals=1)
    return f"{text} Lowest {low}, highest {high}, in {formatting.count(len(scores), 'run')}."


def gain(finished: Sequence[Trial]) -> str:
    """What a search has brought over the settings that it began with."""
    winner, points = tuning.best(finished), tuning.gain(finished)
    if winner is None or winner.accuracy is None:
        return ""
    best = f"Best trial: **{formatting.per_cent(winner.accuracy)}** of the validation groups"
    if points is None:
        return f"{best}."
    before = formatting.per_cent(winner.accuracy - points)
    if points <= 0:
        return f"No trial was better than the current settings, which reach **{before}** of the validation groups."
    chosen = "The best of many trials is chosen on the same groups, so expect a smaller gain on test groups."
    return f"{best}, {100 * points:.1f} points above the current settings ({before}). {chosen}"


def trials(finished: Sequence[Trial]) -> "DataFrame":
    """A row for each trial of a search, the best first."""
    from pandas import DataFrame

    ordered = sorted(finished, key=lambda trial: (-(trial.accuracy or -1), trial.loss or 0))
    states = {"done": "complete", "pruned": "pruned", "failed": "interrupted", "running": "running"}
    rows = [
        {
            "Trial": trial.number + 1,
            "Validation accuracy": None if trial.accuracy is None else 100 * trial.accuracy,
            "Validation loss": trial.loss,
            "State": "current settings" if tuning.is_first_current(trial) else states[trial.state],
            "Learning rate": trial.settings.get("learning_rate"),
            "Batch": trial.settings.get("batch_size"),
            "Cell": CELLS.get(trial.settings.get("cell", ""), ""),
            "Units": trial.settings.get("units"),
            "Dropout": trial.settings.get("dropout"),
            "CNN": trial.settings.get("backbone", ""),
            "Seconds": trial.seconds,
        }
        for trial in ordered
    ]
    return DataFrame(rows)
