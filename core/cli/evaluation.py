"""`python -m core evaluate`: a labelled set and a model or a training to numbers and a report."""

import re
from collections.abc import Sequence
from typing import Any

from core.base.errors import AnalysisError, LabelsMismatch, UnknownName
from core.base.progress import Report
from core.base.registry import unknown
from core.domain import Dataset, Evaluation, Grouping
from core.workflows import datasets, models, training
from core.workflows.datasets import library
from core.workflows.evaluation import evaluator, export, results
from core.workflows.evaluation import report as reports
from core.workflows.evaluation.evaluator import EvaluationQuestion
from core.workflows.evaluation.split_selection import split_named
from core.workspace.store import Store

SHORTEST_KEY = 8  # digits by which a training can be named


def run(
    store: Store,
    text: str,
    *,
    model: str,
    groups: str,
    split: str,
    strangers: Any,
    match: Sequence[str],
    engine: str,
    report: Report,
) -> Evaluation:
    """Evaluate, or take what was evaluated before. text: a labelled set; model: a model, or name or key of a training.

    split: "given", "unseen" (groups that the model's card says were held out), key of a stored split, or a file that
    lists the test clips, one a line.
    """
    dataset = library.stored_set(store, text, report)
    question = _question(store, dataset, model, groups, split, strangers, match, engine)
    key = evaluator.question_key(store, question)
    if not store.has(key):
        evaluator.evaluate(store, question, report)
    return results.read(store, key)


def files(store: Store, judged: Evaluation, tell: Report) -> dict[str, bytes]:
    """The report and the numbers as files by name."""
    return {
        "report.html": reports.html(judged, reports.shots(store, judged, tell)),
        "report.json": export.as_json(judged),
        "clips.csv": export.as_csv(judged),
        "scores.csv": export.scores_csv(judged),
        "labels.csv": export.labels_csv(judged),
        "confusion.csv": export.confusion_csv(judged),
    }


def _question(
    store: Store,
    dataset: Dataset,
    model: str,
    groups: str,
    split: str,
    strangers: Any,
    match: Sequence[str],
    engine: str,
) -> EvaluationQuestion:
    if not _is_model(store, model):
        if groups or split or match:
            hint = "Omit --groups, --split and --match."
            raise AnalysisError("A run is evaluated on its own split, with its own groups and labels.", hint)
        return EvaluationQuestion(dataset.name, "run", _training(store, dataset, model))
    grouping = datasets.grouping_of(groups) if groups else datasets.offers(dataset)[0].grouping
    return EvaluationQuestion(
        dataset.name,
        "model",
        model,
        split=split_named(store, dataset, split, grouping, model) if split else "",
        grouping=Grouping() if split else grouping,
        strangers=strangers,
        pairs=tuple(_pair(text) for text in match),
        engine=engine,
    )


def _is_model(store: Store, name: str) -> bool:
    """Whether there is a model of that name; a broken one says what is wrong with it."""
    try:
        models.ModelLibrary.of(store).get(name)
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
    texts = [key for key, record in runs.items() if record.name == name]
    if len(name) >= SHORTEST_KEY and re.fullmatch("[0-9a-f]+", name):
        texts += [key for key in runs if key.startswith(name)]
    if len(texts) == 1:
        return texts[0]
    if texts:
        raise AnalysisError(
            f"{len(texts)} runs on {dataset.name!r} are named {name!r}.",
            f"Give the key of one of them: {', '.join(key[:12] for key in texts)}.",
        )
    known = dict.fromkeys([*models.ModelLibrary.of(store).names(), *(record.name for record in runs.values())])
    raise unknown("model or run on this dataset", name, known)


def _pair(text: str) -> tuple[str, str]:
    ours, sign, theirs = text.partition("=")
    if not sign or not ours.strip() or not theirs.strip():
        raise LabelsMismatch(f"{text!r} is not a pair of labels.", "Write it as 'dataset label=model label'.")
    return ours.strip(), theirs.strip()
