"""What is evaluated, as a question, and how its answer tells where it comes from."""

import shlex
from dataclasses import dataclass, field
from typing import Literal

from core.domain import Grouping, Matching, ModelCard, Origin, Recipe, Split, Training
from core.workflows import datasets, predictions
from core.workflows.training import trainer

PROGRAM = "python -m core evaluate"


@dataclass(frozen=True)
class EvaluationQuestion:
    """What is to be evaluated.

    dataset: name of a stored set. source: "run" for the held-out answers of a training, whose key is the name; "model"
    for a model of that name. For models: split, key of a split whose test clips alone count, else all do; grouping,
    how groups are told where there is no split; strangers, what becomes of clips with a label that the model does not
    know; pairs (label of the set, label of the model) that a person matched; recipe, steps before the model's own.
    """

    dataset: str
    source: Literal["run", "model"]
    name: str
    split: str = ""
    grouping: Grouping = field(default_factory=Grouping)
    strangers: Literal["left out", "wrong"] = "left out"
    pairs: tuple[tuple[str, str], ...] = ()
    recipe: Recipe = field(default_factory=Recipe)
    engine: str = ""


def origin_of_run(question: EvaluationQuestion, record: Training, split: Split) -> Origin:
    settings = {
        "CNN": f"{record.backbone}, version {record.backbone_version}",
        "engine": record.engine,
        "steps": _steps(record.recipe),
        **record.settings,
    }
    return Origin(
        f"{record.name}, on held-out clips",
        "run",
        question.name,
        record.dataset_key,
        describe_split(split),
        settings,
        record.seed,
        record.versions,
        f"{PROGRAM} {shlex.quote(question.dataset)} --model {question.name[:12]}",
    )


def describe_split(split: Split) -> str:
    """How clips were chosen to learn from and to be judged on."""
    groups = describe_groups(split.grouping)
    if split.method == "given":
        return f"The original split of the dataset; {groups}."
    separation = (
        "each leaves one group out"
        if split.method == "leave one group out"
        else "no group is in both training and test data"
    )
    return (
        f"{len(split.parts)} folds, drawn with seed {split.seed}; {separation}; {groups}. Each clip is "
        "evaluated in the fold in which it was held out."
    )


def origin_of_model(
    question: EvaluationQuestion,
    card: ModelCard,
    split: Split | None,
    matching: Matching,
    dataset_key: str,
    keys: tuple[str, ...],
) -> Origin:
    chosen = _tested_words(split) if split else _whole(question)
    settings = {
        "model": f"{card.name}: {card.title}",
        "CNN": f"{card.backbone}, version {card.backbone_version}",
        "engine": question.engine,
        "steps": _steps(predictions.prepared(question.recipe, card)),
        "smoothed over": f"{card.smooth_s:g} s",
        "network": card.network_sha256[:16],
        **({"words": "used if a clip has text; otherwise the prediction is based on video only"} if card.words else {}),
        "learned from": card.trained_on,
        "strangers": question.strangers,
    }
    return Origin(
        card.title or card.name,
        "model",
        card.name,
        dataset_key,
        chosen,
        settings,
        card.seed,
        trainer.versions(),
        _command(question, split),
        matching,
        keys,
    )


def _tested_words(split: Split) -> str:
    """Which clips a model is judged on, where a split chooses them."""
    folds = "that are its test clips" if split.method == "given" else f"that its {len(split.parts)} folds test"
    return f"Only the clips of a split {folds}; {describe_groups(split.grouping)}."


def _whole(question: EvaluationQuestion) -> str:
    return f"All clips of the dataset; {describe_groups(question.grouping)}."


def describe_groups(grouping: Grouping) -> str:
    """How groups are told, as a clause."""
    by = grouping.by
    return (
        "each clip is a group of its own"
        if by == "clip"
        else f"groups are taken from {datasets.describe_grouping(grouping)}"
    )


def _command(question: EvaluationQuestion, split: Split | None) -> str:
    words = [PROGRAM, shlex.quote(question.dataset), "--model", shlex.quote(question.name)]
    by = question.grouping
    if split:
        words += ["--split", question.split]
    elif by.by != "clip":
        words += ["--groups", shlex.quote("gNN" if by.within_label else by.pattern or by.by)]
    for ours, theirs in question.pairs:
        words += ["--match", shlex.quote(f"{ours}={theirs}")]
    if question.strangers == "wrong":
        words.append("--strangers wrong")
    return " ".join(words)


def _steps(recipe: Recipe) -> str:
    """The steps of a recipe with their settings, as they are written in Python."""
    return "; ".join(str(step) for step in recipe.steps) or "none"
