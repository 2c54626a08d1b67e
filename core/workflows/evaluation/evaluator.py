"""The job that evaluates a run or a model, as a question asks, and the key of its result."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from core.base.errors import AnalysisError, ClusterFailed, NotEnoughExamples, ResultMissing
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import (
    Dataset,
    Evaluation,
    HeldOut,
    Matching,
    ModelCard,
    Prediction,
    Recipe,
    Split,
    Training,
)
from core.domain.caveats import Caveat
from core.domain.fingerprint import fingerprint
from core.workflows import datasets, models, predictions, training
from core.workflows.evaluation import label_matching, results
from core.workflows.evaluation.question import EvaluationQuestion, origin_of_model, origin_of_run
from core.workflows.texts import text_store
from core.workflows.training import training_data
from core.workspace.jobs.cluster import spread
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

VERSION = 2


def question_key(store: Store, question: EvaluationQuestion) -> str:
    """The name of the evaluation that answers a question; ResultMissing where what it asks for is gone."""
    dataset_key = _dataset_key(store, question.dataset)
    if question.source == "run":
        record = _record(store, question)
        state = (record.state, len(record.folds), record.network_sha256, record.scores)
        return fingerprint("evaluation", VERSION, dataset_key, question.dataset, question.name, state)
    card, _ = models.ModelLibrary.of(store).get(question.name)
    steps = predictions.prepared(question.recipe, card)
    choices = (question.dataset, question.split, question.grouping, question.strangers, question.pairs)
    model = (card.name, card.version, card.labels, card.backbone, BACKBONES[card.backbone].version, card.settings)
    texts = (_spoken_keys(store, question.dataset),) if card.words else ()
    return fingerprint("evaluation", VERSION, dataset_key, choices, model, steps, question.engine, *texts)


def _spoken_keys(store: Store, name: str) -> tuple[str, ...]:
    """What stands for all that is spoken in the clips of a set."""
    return text_store.spoken_keys_of_all(store, (item.video for item in store.dataset(name).items))


def match(store: Store, question: EvaluationQuestion) -> Matching:
    """How the labels of the set and of the model would be matched."""
    if question.source == "run":
        return Matching()
    card, _ = models.ModelLibrary.of(store).get(question.name)
    left_out = question.strangers == "left out"
    return label_matching.matched(store.dataset(question.dataset), card, by_hand=question.pairs, left_out=left_out)


def _is_predicted(store: Store, question: EvaluationQuestion) -> bool:
    """Whether all is there that an evaluation reads, so that no model has to look at a clip."""
    if question.source == "run":
        return True
    card, _ = models.ModelLibrary.of(store).get(question.name)
    videos = {item.video for item in store.dataset(question.dataset).items}
    seen = partial(predictions.has_features, store, recipe=question.recipe, card=card, engine=question.engine)
    return all(seen(video) for video in videos)


@short(when=_is_predicted)
def evaluate(store: Store, question: EvaluationQuestion, report: Report = silent) -> None:
    """Answer a question, and store the answer: predictions that are not there yet are made first.

    Progress is told in frames of the clips while a model looks at them.
    """
    key = question_key(store, question)
    answer = _of_run if question.source == "run" else _of_model
    store.write(key, answer(store, question, report), kind="evaluation")
    report(results.STEPS, results.STEPS, "Done")


# A training -----------------------------------------------------------------------------------------------------------


def _of_run(store: Store, question: EvaluationQuestion, report: Report) -> Evaluation:
    record = _record(store, question)
    dataset = store.dataset(question.dataset)
    split, held_out = training.split_of(store, record.split), training.held_out(store, question.name)
    if not len(held_out.items):
        raise NotEnoughExamples("No fold of this run has finished.", "Let it finish at least one fold.")
    probe = training.probe(store, question.name)
    usual = results.majority_of_folds(dataset, split, held_out)
    simpler = [
        ("majority", "Majority", "always predicts the most frequent label of the training data of each fold", usual),
        ("linear_probe", "Linear probe", PROBE[record.over_time], _predicted(probe)),
    ]
    crossed = split.method != "given" and len(set(held_out.folds.tolist())) > 1
    answers = results.Answers(
        dataset=dataset,
        groups=split.groups,
        held_out=held_out,
        origin=origin_of_run(question, record, split),
        caveats=_caveats_of_run(record, dataset, split, held_out, probe),
        baselines=simpler,
        split_key=record.split,
        crossed=crossed,
    )
    return results.evaluate_answers(answers, report)


PROBE = {
    False: "a logistic regression on the mean feature of each clip, which ignores the order in time",
    True: "a logistic regression on the features of each step alone, which ignores the order in time",
}


def _predicted(held_out: HeldOut) -> np.ndarray:
    return held_out.scores.argmax(axis=1).astype(np.int64)


def _caveats_of_run(
    record: Training, dataset: Dataset, split: Split, held_out: HeldOut, probe: HeldOut
) -> list[Caveat]:
    comparison = training.comparison(dataset, split.groups, held_out)
    caveats = training_data.caveats(comparison, record.scores, record.baselines, held_out, probe)
    stopped = [] if record.state == "done" else [Caveat("stopped", len(record.folds), record.fold_count)]
    return [*stopped, *caveats]


# A model --------------------------------------------------------------------------------------------------------------


def _of_model(store: Store, question: EvaluationQuestion, report: Report) -> Evaluation:
    card, _ = models.ModelLibrary.of(store).get(question.name)
    dataset = store.dataset(question.dataset)
    matching = match(store, question)
    label_matching.check_matched(dataset, card, matching)
    split = _split(store, question.split)
    groups = split.groups if split else datasets.groups_from(dataset, question.grouping)
    indices, folds = _chosen(dataset, split, matching)
    make = partial(predictions.prediction_key, store, recipe=question.recipe, card=card, engine=question.engine)
    keys = [make(dataset.items[index].video) for index in indices]
    _predict(store, dataset, question, indices, keys, report)
    wide, held_out = _predictions(store, dataset, card, matching, indices, folds, keys)
    about = "always predicts the most frequent label of these clips"
    simpler = [("majority", "Majority", about, results.majority_of(held_out.truth, len(wide.labels)))]
    answers = results.Answers(
        dataset=wide,
        groups=groups,
        held_out=held_out,
        origin=origin_of_model(question, card, split, matching, datasets.key(dataset), tuple(keys)),
        caveats=_caveats_of_model(store, dataset, question, card, matching, indices),
        baselines=simpler,
        split_key=question.split,
        crossed=False,
    )
    return results.evaluate_answers(answers, report)


def _chosen(dataset: Dataset, split: Split | None, matching: Matching) -> tuple[list[int], list[int]]:
    """The clips that are judged, and the fold in which each is tested, -1 without folds."""
    tested = {} if split else dict.fromkeys(range(len(dataset.items)), -1)
    for number in range(len(split.parts)) if split else ():
        assert split is not None
        tested |= {index: number for index in split.fold(number).test if index not in tested}
    if matching.left_out:
        tested = {index: fold for index, fold in tested.items() if _known(dataset, index, matching)}
    if not tested:
        raise NotEnoughExamples("No clip is left to evaluate.", "Choose the whole dataset, or another model.")
    return sorted(tested), [tested[index] for index in sorted(tested)]


def _known(dataset: Dataset, index: int, matching: Matching) -> bool:
    """Whether a clip has a label that the model knows."""
    return bool(label_matching.labels_of(dataset, dataset.items[index]) - set(matching.strangers))


def _predict(
    store: Store,
    dataset: Dataset,
    question: EvaluationQuestion,
    indices: Sequence[int],
    keys: Sequence[str],
    report: Report,
) -> None:
    """Make the predictions that are not there; on a cluster several workers share the clips."""
    missing = {
        dataset.items[index].video: index for index, key in zip(indices, keys, strict=True) if not store.has(key)
    }
    infos = [training.info_of(store, digest, dataset.items[index].path) for digest, index in missing.items()]
    frames = [predictions.frames_read(info, question.recipe) for info in infos]
    calls = [
        (store, digest, dataset.items[index].path, question.recipe, question.name, question.engine)
        for digest, index in missing.items()
    ]
    if calls:
        spread(make_prediction, calls, frames, "Predicting", report)


def make_prediction(
    store: Store, digest: str, path: str, recipe: Recipe, model: str, engine: str, report: Report = silent
) -> None:
    """Make and store what a model says of one clip of a set; errors name it as the set does."""
    try:
        predictions.predict(store, digest, recipe, model, engine, report)
    except ClusterFailed:
        raise
    except AnalysisError as error:
        raise type(error)(f"{path}: {error}", error.hint) from error


def _predictions(
    store: Store,
    dataset: Dataset,
    card: ModelCard,
    matching: Matching,
    indices: Sequence[int],
    folds: Sequence[int],
    keys: Sequence[str],
) -> tuple[Dataset, HeldOut]:
    """What a model said of some clips, over all labels of set and model, beside the truth."""
    labels, columns = label_matching.columns(dataset, card, matching)
    wide = Dataset(dataset.name, labels, dataset.items, dataset.background, dataset.source)
    over_time = any(not item.label for item in dataset.items)
    scores, times_s, truth = [], [], []
    for index, key in zip(indices, keys, strict=True):
        prediction = store.read(key, Prediction)
        moments_s = prediction.times_s if over_time else prediction.times_s.mean(keepdims=True)
        scores.append(prediction.scores if over_time else prediction.scores.mean(axis=0, keepdims=True))
        times_s.append(moments_s)
        truth.append(datasets.targets(wide, wide.items[index], moments_s))
    spread_out = np.zeros((len(card.labels), len(labels)), np.float32)
    spread_out[np.arange(len(card.labels)), columns] = 1
    rows = np.concatenate(truth)
    if matching.left_out:
        rows[np.isin(rows, [labels.index(label) for label in matching.strangers])] = datasets.UNKNOWN
    starts = np.cumsum([0, *(len(rows_of_clip) for rows_of_clip in truth)]).astype(np.int64)
    items, tested = np.asarray(indices, np.int64), np.asarray(folds, np.int64)
    return wide, HeldOut(items, tested, starts, np.concatenate(times_s), rows, np.concatenate(scores) @ spread_out)


def _caveats_of_model(
    store: Store,
    dataset: Dataset,
    question: EvaluationQuestion,
    card: ModelCard,
    matching: Matching,
    indices: Sequence[int],
) -> tuple[Caveat, ...]:
    leaks = label_matching.leak(store, dataset, card, indices, question.split)
    if matching.strangers or any(ours != theirs for ours, theirs in matching.pairs):
        return (*leaks, Caveat("label matching", name=label_matching.describe_matching(matching)))
    return leaks


# What the question names ----------------------------------------------------------------------------------------------


def _dataset_key(store: Store, name: str) -> str:
    entry = next((entry for entry in store.datasets() if entry.name == name), None)
    if entry is None:
        raise ResultMissing(f"There is no dataset named {name!r}.", "Choose another.")
    return entry.key


def _record(store: Store, question: EvaluationQuestion) -> Training:
    """The training of a question, which must be of the set as it is now."""
    record = training.run_of(store, question.name)
    if record.dataset_key != _dataset_key(store, question.dataset):
        raise ResultMissing(
            f"The run {record.name!r} was made on another dataset, or on {question.dataset!r} before it changed.",
            "Choose a run on this dataset, or train again.",
        )
    if record.state == "planned":
        raise ResultMissing(f"The run {record.name!r} has not finished.", "Wait for it, or choose another.")
    return record


def _split(store: Store, key: str) -> Split | None:
    """A split by its key, kept for a set or for a training."""
    if not key:
        return None
    try:
        return store.read(key, Split)
    except ResultMissing:
        return training.split_of(store, key)
