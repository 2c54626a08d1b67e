"""Commands about labelled sets: train on one, and judge a model or a training."""

import argparse
import json
import sys

from core.base import settings
from core.cli import console, training_options
from core.cli import evaluation as evaluation_module
from core.cli import training as training_module
from core.workflows import evaluation, training
from core.workflows.datasets import splits
from core.workspace.store import Store

NAMES = ("groups", "folds", "split", "backbone", "view", "seed", "save", "words")  # what a training needs to know


def train(chosen: argparse.Namespace) -> console.Output:
    """Train on a labelled set, test on groups that were held out, and perhaps save the network."""
    here = settings.current()
    store = Store(here.workspace)
    console.check_place(chosen.output)
    entries = {name: getattr(chosen, name) for name in NAMES}
    options = training_options.chosen_options(chosen)
    with console.TerminalProgress(chosen.dataset) as progress:
        printed = training_module.run(
            store, chosen.dataset, engine=here.engine, options=options, report=progress, **entries
        )
    for finding in store.dataset(printed["dataset"]).findings:
        where = f"{finding.file}, line {finding.line}" if finding.line else finding.file
        kept = "left out" if finding.left_out else "note"
        print(f"{kept}: {where}: expected {finding.expected}, got {finding.got}", file=sys.stderr)
    for warning in printed["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    return console.Output({"": (json.dumps(printed, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()})


def evaluate(chosen: argparse.Namespace) -> console.Output:
    """Judge a model, or a training, on a labelled set; with --output the report and all numbers as files too."""
    here = settings.current()
    store = Store(here.workspace)
    console.check_place(chosen.folder, folder=True)
    entries = {name: getattr(chosen, name) for name in ("model", "groups", "split", "strangers", "match")}
    with console.TerminalProgress(chosen.dataset) as progress:
        judged = evaluation_module.run(store, chosen.dataset, engine=here.engine, report=progress, **entries)
        files = evaluation_module.files(store, judged, progress) if chosen.folder else {}
    for warning in judged.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    printed = evaluation.export.printed(judged)
    text = json.dumps(printed, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return console.Output({"": text.encode()}, report=files)


# What can be asked ----------------------------------------------------------------------------------------------------


def add(commands: console.Commands) -> None:
    """Offer these commands."""
    _add_train(commands)
    _add_evaluate(commands)


def _add_train(commands: console.Commands) -> None:
    about = "Train a recurrent network on a labelled dataset, test it on held-out groups, and print the scores as JSON."
    trained = commands.add_parser("train", help="train on a labelled dataset", description=about)
    add_experiment(trained)
    spoken = "also learn from subtitles and transcripts of the clips, and print what they add"
    trained.add_argument("--words", action="store_true", help=spoken)
    trained.add_argument(
        "--save", metavar="NAME", default="", help="also train on all clips, and save that network as a model"
    )
    trained.add_argument("--output", metavar="FILE")
    training_options.add(trained)
    trained.set_defaults(run=train)


def add_experiment(trained: argparse.ArgumentParser) -> None:
    """Offer what a training is about: dataset, groups, folds, CNN, picture area and seed."""
    trained.add_argument("dataset", metavar="DATASET", help="a folder, zip or table, or the name of a stored dataset")
    pattern = "where groups come from: gNN, column, subject, folder, clip, or a regular expression"
    trained.add_argument("--groups", metavar="PATTERN", default="", help=f"{pattern} (default: the most likely)")
    folds = f"a number, or {splits.LEAVE_ONE_OUT} (default: the dataset's own split, else {splits.USUAL_FOLDS})"
    trained.add_argument("--folds", metavar="N", default="", help=folds)
    kept = "the key of a split that another run of this dataset used; instead of --groups and --folds"
    trained.add_argument("--split", metavar="KEY", default="", help=kept)
    trained.add_argument("--backbone", metavar="NAME", default="i3d-kinetics400", help="CNN (default: %(default)s)")
    seen = (
        "what of the picture the CNN sees: the whole, resized to a square, or its middle; dark pictures are lightened, "
        "except by a view that ends in -plain; auto compares whole and middle on training groups (default: %(default)s)"
    )
    views = (training_module.AUTO, *training.VIEWS)
    trained.add_argument("--view", choices=views, default=training_module.AUTO, help=seen)
    trained.add_argument("--seed", type=int, default=0, metavar="N")


def _add_evaluate(commands: console.Commands) -> None:
    about = (
        "Evaluate a model, or the held-out predictions of a run, on a labelled dataset, and print the scores as JSON."
    )
    judged = commands.add_parser("evaluate", help="evaluate a model on a labelled dataset", description=about)
    judged.add_argument("dataset", metavar="DATASET", help="a folder, zip or table, or the name of a stored dataset")
    judged.add_argument("--model", metavar="NAME", required=True, help="a model, or the name or key of a run")
    pattern = "where groups come from: gNN, column, subject, folder, clip, or a regular expression"
    judged.add_argument("--groups", metavar="PATTERN", default="", help=f"{pattern} (default: the most likely)")
    kinds = "given, unseen (by the model), the key of a stored split, or a file with one clip per line"
    split = f"evaluate only some clips: {kinds}"
    judged.add_argument("--split", metavar="FILE", default="", help=split)
    match = "a label of the dataset and the matching label of the model; may be repeated"
    judged.add_argument("--match", metavar="LABEL=LABEL", action="append", default=[], help=match)
    fate = "what happens to clips whose label the model does not know (default: %(default)s)"
    judged.add_argument("--strangers", choices=("left out", "wrong"), default="left out", help=fate)
    judged.add_argument(
        "--output", metavar="DIR", dest="folder", help="write the report and all numbers to this folder"
    )
    judged.set_defaults(run=evaluate)
