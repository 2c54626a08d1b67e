"""The command about sweeps: one setting varied over several runs on a labelled dataset."""

import argparse
import json

from core.base import settings
from core.cli import console, training, training_options
from core.cli import datasets as dataset_commands
from core.domain import SettingSweep
from core.workflows import experiments
from core.workflows.datasets.library import stored_set
from core.workflows.experiments import sweep as sweeps
from core.workflows.training.commands import flag
from core.workflows.training.options import view
from core.workspace.store import Store


def sweep(chosen: argparse.Namespace) -> console.Output:
    """Train a run for each value of a setting, and print their scores on held-out clips."""
    here = settings.current()
    store = Store(here.workspace)
    console.check_place(chosen.output)
    setting = chosen.vary.replace("-", "_")
    values = sweeps.values_of(
        setting, chosen.values or sweeps.proposed(setting, training_options.chosen_options(chosen))
    )
    with console.TerminalProgress(chosen.dataset) as progress:
        dataset = stored_set(store, chosen.dataset, progress)
        split = training.split_for(store, dataset, chosen.groups, chosen.folds, chosen.split)
        name = chosen.view
        if name == training.AUTO:
            choice = experiments.choose(store, dataset, split, chosen.backbone, here.engine, report=progress)
            name = choice.view
        key = sweeps.plan(
            store, dataset, split, setting, values, backbone=chosen.backbone, engine=here.engine,
            recipe=view(name, chosen.backbone), options=training_options.chosen_options(chosen), seed=chosen.seed,
        )  # fmt: skip
        sweeps.run(store, key, progress)
    printed = _printed(store, store.read(key, SettingSweep), name)
    return console.Output({"": (json.dumps(printed, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()})


def _printed(store: Store, made: SettingSweep, view_name: str) -> dict[str, object]:
    """A sweep as it is printed."""
    rows = [
        {
            "value": point.value,
            "accuracy": point.accuracy,
            "interval": list(point.interval),
            "linear_probe": point.probe,
            "run": point.run,
        }
        for point in sweeps.points(store, made)
    ]
    return {"dataset": made.dataset, "setting": made.setting, "view": view_name, "runs": rows}


# What can be asked ----------------------------------------------------------------------------------------------------


def add(commands: console.Commands) -> None:
    """Offer this command."""
    about = (
        "Train a run for each value of one setting, with everything else alike, and print their scores on held-out "
        "groups as JSON. Runs that are there are not trained again."
    )
    parser = commands.add_parser("sweep", help="vary one setting over several runs", description=about)
    dataset_commands.add_experiment(parser)
    names = [flag(name)[2:] for name in sweeps.SETTINGS]
    parser.add_argument("--vary", metavar="SETTING", choices=names, default="learning-rate", help=", ".join(names))
    values = "values separated by commas, such as 0.002,0.006,0.02 (default: around the one that is set)"
    parser.add_argument("--values", metavar="LIST", default="", help=values)
    parser.add_argument("--output", metavar="FILE")
    training_options.add(parser)
    parser.set_defaults(run=sweep)
