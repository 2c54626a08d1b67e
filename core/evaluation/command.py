"""`python -m core evaluate`: a labelled set and a model or a training to numbers and a report."""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from core import datasets, pipeline, training
from core.base.errors import AnalysisError, FormatInvalid, LabelsMismatch, ResultMissing, SplitInvalid, UnknownName
from core.base.progress import Report
from core.base.registry import unknown
from core.base.settings import ROOT
from core.domain import TEST, UNUSED, Dataset, Evaluation, Grouping, Split
from core.evaluation import asking, matching, tables
from core.evaluation import report as reports
from core.evaluation.asking import Question
from core.training import command
from core.workspace.store import Store

GIVEN, UNSEEN = "given", "unseen"
SHORTEST_KEY = 8  # digits by which a training can be named
TOLD = 5  # clips named in an error


def run(
    store: Store,
    told: str,
    *,
    model: str,
    groups: str,
    split: str,
    strangers: Any,
    match: Sequence[str],
    engine: str,
    report: Report,
) -> Evaluation:
    """Evaluate, or take what was evaluated before. told: a labelled set; model: a model, or name or key of a training.

    split: "given", "unseen" (groups that the model's card says were held out), key of a stored split, or a file that
    lists the test clips, one a line.
    """
    dataset = command.stored_set(store, told, report)
    question = _question(store, dataset, model, groups, split, strangers, match, engine)
    key = asking.question_key(store, question)
    if not store.has(key):
        asking.evaluate(store, question, report)
    return asking.read(store, key)


def files(store: Store, judged: Evaluation, tell: Report) -> dict[str, bytes]:
    """The report and the numbers as files by name."""
    return {
        "report.html": reports.html(judged, reports.shots(store, judged, tell)),
        "report.json": tables.as_json(judged),
        "clips.csv": tables.as_csv(judged),
        "labels.csv": tables.labels_csv(judged),
        "confusion.csv": tables.confusion_csv(judged),
    }


# What is asked --------------------------------------------------------------------------------------------------------


def _question(
    store: Store,
    dataset: Dataset,
    model: str,
    groups: str,
    split: str,
    strangers: Any,
    match: Sequence[str],
    engine: str,
) -> Question:
    if not _is_model(store, model):
        if groups or split or match:
            hint = "Leave --groups, --split and --match away."
            raise AnalysisError("A training is judged on its own split, with its own groups and labels.", hint)
        return Question(dataset.name, "run", _training(store, dataset, model))
    grouping = datasets.grouping_of(groups) if groups else datasets.offers(dataset)[0].grouping
    return Question(
        dataset.name,
        "model",
        model,
        split=split_named(store, dataset, split, grouping, model) if split else "",
        grouping=Grouping() if split else grouping,
        strangers=strangers,
        pairs=tuple(_pair(one) for one in match),
        engine=engine,
    )


def _is_model(store: Store, name: str) -> bool:
    """Whether there is a model of that name; a broken one says what is wrong with it."""
    try:
        pipeline.model_of(store, name)
    except UnknownName:
        return False
    return True


def _training(store: Store, dataset: Dataset, name: str) -> str:
    """The key of the training of that name, or of that key, on this set; the latest that has ended goes first."""
    runs = {
        key: record
        for key, record in training.all_runs(store).items()
        if record.dataset_key == datasets.key(dataset) and record.state != "planned"
    }
    found = [key for key, record in runs.items() if record.name == name]
    if len(name) >= SHORTEST_KEY and re.fullmatch("[0-9a-f]+", name):
        found += [key for key in runs if key.startswith(name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise AnalysisError(
            f"{len(found)} trainings on {dataset.name!r} are called {name!r}.",
            f"Give the key of one: {', '.join(key[:12] for key in found)}.",
        )
    known = dict.fromkeys([*_models(store), *(record.name for record in runs.values())])
    raise unknown("model or training on this set", name, known)


def _models(store: Store) -> Iterator[str]:
    for place in (ROOT / "models", store.workspace / "models"):
        yield from sorted(path.parent.name for path in place.glob("*/card.json"))


def _pair(told: str) -> tuple[str, str]:
    ours, sign, theirs = told.partition("=")
    if not sign or not ours.strip() or not theirs.strip():
        raise LabelsMismatch(f"{told!r} matches no labels.", "Write it as 'label of the set=label of the model'.")
    return ours.strip(), theirs.strip()


# Splits ---------------------------------------------------------------------------------------------------------------


def split_named(store: Store, dataset: Dataset, told: str, grouping: Grouping, model: str) -> str:
    """The key of the split that was asked for, which is kept. told: as `evaluate` says of its split."""
    if told == UNSEEN:
        places = matching.unseen(dataset, pipeline.model_of(store, model)[0])
        if not places:
            raise SplitInvalid(f"The model {model!r} names no group of this set as held out.", "Judge all clips.")
        return _kept(store, dataset, places, grouping)
    if told == GIVEN:
        return training.keep_split(store, datasets.given_split(dataset, grouping))
    for read in (lambda: store.read(told, Split), lambda: training.split_of(store, told)):
        with suppress(ResultMissing, ValueError):
            if read().dataset != datasets.key(dataset):
                raise SplitInvalid(f"The split {told[:12]} is of another set.", "Choose a split of this set.")
            return told
    return _kept(store, dataset, _listed(dataset, told), grouping)


def _kept(store: Store, dataset: Dataset, places: Sequence[int], grouping: Grouping) -> str:
    """The key of a split of one fold that tests those clips and no other."""
    parts = np.full((1, len(dataset.items)), UNUSED, np.uint8)
    parts[0, list(places)] = TEST
    groups = datasets.groups_from(dataset, grouping)
    return training.keep_split(store, Split(datasets.key(dataset), GIVEN, grouping, groups, parts))


def _listed(dataset: Dataset, file: str) -> list[int]:
    """The places of the clips that a file lists, one a line, as the set names them; what follows a path is a class."""
    try:
        with open(file, encoding="utf-8-sig") as lines:
            told = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        hint = "Give 'given', 'unseen', the key of a stored split, or a file with a test clip on each line."
        raise SplitInvalid(f"There is no split {file!r}: {error}", hint) from error
    names: dict[str, list[int]] = {}
    for place, item in enumerate(dataset.items):
        for name in {item.path, PurePosixPath(item.path).name, str(PurePosixPath(item.path).with_suffix(""))}:
            names.setdefault(name, []).append(place)
    found = [_place(names, line) for line in told]
    lost = [line for line, place in zip(told, found, strict=True) if place is None]
    if lost or not told:
        named = ", ".join(lost[:TOLD]) + (f" and {len(lost) - TOLD} more" if len(lost) > TOLD else "")
        raise FormatInvalid(
            f"{file}: expected the path of a clip of {dataset.name!r} on each line, got {named or 'nothing'}."
        )
    return sorted({place for place in found if place is not None})


def _place(names: dict[str, list[int]], line: str) -> int | None:
    """The one clip that a line means: all of it, or what stands before its last blank, as in the lists of UCF101."""
    for told in (line, line.rpartition(" ")[0].strip()):
        if len(names.get(told, ())) == 1:
            return names[told][0]
    return None
