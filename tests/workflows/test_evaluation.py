"""Judging models and trainings: the clips behind each number, baselines, calibration, comparisons, reports."""

import csv
import io
import json
import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.__main__ import main
from core.base import settings
from core.base.errors import LabelsMismatch, NotEnoughExamples, ResultMissing, ScoringRefused
from core.base.numerics import softmax
from core.base.progress import silent
from core.domain import (
    Dataset,
    Evaluation,
    Features,
    Frame,
    Grouping,
    HeldOut,
    Item,
    ModelCard,
    Origin,
    Prediction,
    Recipe,
    Rivalry,
    Segment,
    VideoInfo,
    serialization,
)
from core.domain.caveats import Caveat, is_leak
from core.stages import metrics
from core.stages.metrics import calibration
from core.stages.networks.backbones import BACKBONES
from core.workflows import clips as clips_workflow
from core.workflows import datasets, evaluation, html_report, predictions, training
from core.workflows.datasets import importer
from core.workflows.evaluation import (
    EvaluationQuestion,
    comparison,
    export,
    label_matching,
    report,
    report_charts,
    results,
)
from core.workflows.training import checkpoints
from core.workflows.training.options import Options
from core.workspace.store import Store

LABELS = ("run", "walk", "sit")
CNN, ENGINE = "efficientnet-lite0", "tensorflow-f32"
ORIGIN = Origin("A network", "run", "abc", "def", "3 folds", {"units": 8}, 1, {"numpy": "2"}, "core evaluate x")


def digest(place: int) -> str:
    return f"{place:064x}"


def clips(truth: list[int], labels=LABELS, groups: int = 4) -> Dataset:
    items = [
        Item(digest(place), f"{labels[label]}/clip{place}.mp4", 4.0, label=labels[label], group=f"g{place % groups}")
        for place, label in enumerate(truth)
    ]
    return Dataset("Made", labels, tuple(items))


def said_of(scores: np.ndarray, truth: list[int], folds: list[int] | None = None) -> HeldOut:
    count = len(truth)
    return HeldOut(
        np.arange(count),
        np.array(folds or [place % 2 for place in range(count)]),
        np.arange(count + 1),
        np.full(count, 2.0),
        np.array(truth, np.int64),
        scores.astype(np.float32),
    )


def judge(
    dataset: Dataset, said: HeldOut, *, crossed: bool = True, origin: Origin = ORIGIN, caveats: tuple[Caveat, ...] = ()
) -> Evaluation:
    usual = results.majority_of(said.truth, len(dataset.labels))
    groups = [item.group for item in dataset.items]
    simpler = [("majority", "Majority", "always the same", usual)]
    answers = results.Answers(dataset, groups, said, origin, caveats, simpler, split_key="5", crossed=crossed)
    return results.evaluate_answers(answers, silent)


def sure_of(places: list[int], labels: int = 3, top: float = 0.8) -> np.ndarray:
    """Scores whose best label is as told."""
    scores = np.full((len(places), labels), (1 - top) / (labels - 1))
    scores[np.arange(len(places)), places] = top
    return scores


def judged_clips(truth: list[int], predicted: list[int], top: float = 0.8) -> Evaluation:
    return judge(clips(truth), said_of(sure_of(predicted, top=top), truth))


def over_time(truth: np.ndarray, predicted: np.ndarray, labels=LABELS) -> Evaluation:
    """(n, T) steps of half a second of n videos; -1 where nobody looked."""
    count, steps = truth.shape
    items = []
    for place, row in enumerate(truth):
        borders = np.concatenate([[0], np.flatnonzero(np.diff(row)) + 1, [steps]]).tolist()
        parts = [Segment(a / 2, b / 2, labels[row[a]]) for a, b in pairwise(borders) if row[a] >= 0]
        items.append(
            Item(
                digest(place),
                f"v{place}.mp4",
                steps / 2,
                segments=tuple(parts),
                seen=((0.0, steps / 2),),
                group=f"g{place}",
            )
        )
    said = HeldOut(
        np.arange(count),
        np.arange(count) % 2,
        np.arange(count + 1) * steps,
        np.tile(np.arange(steps) / 2 + 0.25, count),
        truth.ravel().astype(np.int64),
        sure_of(predicted.ravel().tolist(), len(labels)).astype(np.float32),
    )
    return judge(Dataset("Film", labels, tuple(items)), said)


# The clips behind a click ---------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(-1, 2), st.integers(0, 2)), min_size=1, max_size=40), st.booleans())
def test_the_count_in_a_cell_is_that_of_the_cases_listed(pairs, timed):
    truth, predicted = ([pair[side] for pair in pairs] for side in (0, 1))
    if max(truth) < 0:
        truth[0] = 0
    if timed:
        judged = _bare(np.array(truth), np.array(predicted), starts=np.array([0, len(truth) // 2, len(truth)]))
    else:
        judged = _bare(np.array(truth), np.array(predicted))
    for i, true in enumerate(LABELS):
        for j, said in enumerate(LABELS):
            rows = evaluation.in_cell(judged, true, said)
            listing = evaluation.cases(judged, rows, most=1000)
            assert len(rows) == judged.card.confusion[i, j] == sum(one.rows for one in listing.cases) == listing.rows
            assert all((one.truth, one.predicted, one.right) == (true, said, i == j) for one in listing.cases)
            assert listing.total == len(listing.cases) <= len(rows)
    every = evaluation.cases(judged, evaluation.every(judged), order="least sure", most=1000)
    assert sum(one.rows for one in every.cases) == judged.card.confusion.sum()


def _bare(truth: np.ndarray, predicted: np.ndarray, starts: np.ndarray | None = None) -> Evaluation:
    """An evaluation without intervals, quick to make."""
    units = len(truth) if starts is None else len(starts) - 1
    names = tuple(f"v{unit}" for unit in range(units))
    found = metrics.of_clips(LABELS, truth, sure_of(predicted.tolist()), names=[str(row) for row in range(len(truth))])
    if starts is not None:
        times_s = np.concatenate([np.arange(size) + 0.5 for size in np.diff(starts)])
        found = replace(found, names=names, groups=names, starts=starts, times_s=times_s)
    found = replace(found, ends_s=np.diff(starts).astype(float) if starts is not None else np.full(units, 4.0))
    card = metrics.scorecard(found, intervals=False)
    folds = np.zeros(units, np.int64)
    videos = tuple(digest(unit) for unit in range(units))
    return Evaluation(
        ORIGIN, "Made", found, card, np.arange(units), videos, folds, (), None, np.zeros(0, np.int64), "", "", (), 0.0
    )  # fmt: skip


def test_rows_of_a_label_are_its_true_predicted_missed_and_false_ones():
    judged = judged_clips([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 2])
    told = {what: evaluation.of_label(judged, "run", what).tolist() for what in OF_LABEL}
    assert told == {
        "true": [0, 1, 2], "predicted": [0, 1, 4], "missed": [2], "false alarms": [4], "errors": [2, 4], "right": [0, 1]
    }  # fmt: skip
    assert evaluation.mistakes(judged).tolist() == [2, 4]


OF_LABEL = ("true", "predicted", "missed", "false alarms", "errors", "right")


def test_bins_and_thresholds_list_what_their_curves_count():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 60).tolist()
    judged = judge(clips(truth), said_of(rng.dirichlet(np.ones(3), 60), truth))
    for scaled in (False, True):
        found = evaluation.reliability(judged, calibrated=scaled)
        listed = [len(evaluation.in_bin(judged, number, calibrated=scaled)) for number in range(15)]
        assert listed == found.counts.tolist() and sum(listed) == 60
    curve = evaluation.curve(judged, "walk", "precision-recall")
    assert curve is not None
    for recall, precision, threshold in zip(curve.x, curve.y, curve.thresholds, strict=True):
        right, everything, missed = (
            len(evaluation.above(judged, "walk", threshold, what)) for what in ("right", "all", "missed")
        )
        assert right == pytest.approx(recall * truth.count(1)) and right + missed == truth.count(1)
        assert everything == 0 or right / everything == pytest.approx(precision)
    assert len(evaluation.sweep(judged, "walk", most=7).thresholds) <= 7


def test_the_surest_mistakes_come_first_and_the_least_sure_hits_next():
    scores = np.concatenate(
        [sure_of([1], top=0.7), sure_of([1], top=0.9), sure_of([0], top=0.6), sure_of([0], top=0.5)]
    )
    judged = judge(clips([0, 0, 0, 0]), said_of(scores, [0, 0, 0, 0]))
    rows = evaluation.every(judged)
    order = [one.unit for one in evaluation.cases(judged, rows).cases]
    assert order == [1, 0, 3, 2]
    assert [one.unit for one in evaluation.cases(judged, rows, order="least sure").cases] == [3, 2, 0, 1]
    page = evaluation.cases(judged, rows, first=1, most=2)
    assert [one.unit for one in page.cases] == [0, 3] and page.total == 4
    assert page.cases[0].confidence == pytest.approx(0.7) and page.cases[0].own == pytest.approx(0.15)


def test_by_name_numbers_count_as_numbers_and_stretches_come_in_time():
    truth = np.array([[0, 0, 1, 1], [0, 1, 1, 0], [1, 1, 1, 1]])
    judged = over_time(truth, truth)
    judged = replace(judged, found=replace(judged.found, names=("clip 10", "Clip 2", "clip 9")))
    found = evaluation.cases(judged, evaluation.every(judged), order="by name").cases
    assert [one.path for one in found] == ["Clip 2"] * 3 + ["clip 9"] + ["clip 10"] * 2
    assert [one.start_s for one in found[:3]] == sorted(one.start_s for one in found[:3])


def test_over_time_a_click_lists_stretches_with_their_moments():
    truth = np.array([[0, 0, 0, 1, 1, 1, 2, 2], [0, 0, 1, 1, -1, -1, 2, 2]])
    predicted = np.array([[0, 1, 1, 1, 1, 0, 2, 2], [1, 1, 1, 1, 1, 1, 2, 2]])
    judged = over_time(truth, predicted)
    found = evaluation.cases(judged, evaluation.in_cell(judged, "run", "walk"), order="as listed").cases
    assert [(one.unit, one.start_s, one.stop_s, one.rows) for one in found] == [(0, 0.5, 1.5, 2), (1, 0.0, 1.0, 2)]
    assert all(one.start_s <= one.moment_s < one.stop_s for one in found)
    assert judged.card.confusion[0, 1] == 4
    lanes = evaluation.lanes(Store("/nowhere"), judged, 1)
    assert [(one.label, one.start_s, one.stop_s) for one in lanes.disagreement] == [("walk, not run", 0.0, 1.0)]
    assert [(one.label, one.stop_s) for one in lanes.truth] == [("run", 1.0), ("walk", 2.0), ("sit", 4.0)]


def test_over_time_segments_are_scored_only_where_the_truth_is_known():
    truth = np.array([[0, 0, -1, -1, 1, 1]])
    judged = over_time(truth, np.array([[0, 0, 2, 2, 1, 1]]))
    assert [one.label for one in judged.found.found_segments[0]] == ["run", "walk"]
    assert judged.card.overall["bout_f1"].value == 1.0
    assert judged.baselines[0].overall["bout_f1"].value < 1.0


def test_labels_that_are_confused_stand_side_by_side():
    truth = [0] * 6 + [1] * 6 + [2] * 6 + [3] * 6
    predicted = [2] * 3 + [0] * 3 + [1] * 6 + [0] * 3 + [2] * 3 + [3] * 6
    labels = ("a", "b", "c", "d")
    judged = judge(clips(truth, labels), said_of(sure_of(predicted, 4), truth))
    order = evaluation.label_order(judged, "clusters")
    assert sorted(order) == [0, 1, 2, 3] and abs(order.index(0) - order.index(2)) == 1
    assert evaluation.label_order(judged, "given", "confused") == (0, 2)
    assert set(evaluation.label_order(judged, "worst first")[:2]) == {0, 2}
    first = evaluation.confused(judged)[0]
    assert (first.truth, first.predicted, first.count, first.share) == ("a", "c", 3, 0.5)
    shares = evaluation.matrix(judged, order, "truth")
    assert shares.sum(axis=1) == pytest.approx(np.ones(4))


@pytest.mark.parametrize(
    ("truth", "predicted"), [([0], [0]), ([0, 0], [1, 1]), ([0, 1, 2, 0], [0, 1, 2, 0]), ([1] * 5, [1] * 5)]
)
def test_small_and_one_sided_sets_are_judged_and_reported(truth, predicted):
    judged = judged_clips(truth, predicted)
    page = report.html(judged, ()).decode()
    assert "undefined" not in {one.estimate.value for one in evaluation.headline(judged)} and "</html>" in page
    json.loads(evaluation.as_json(judged))
    assert evaluation.label_order(judged, "clusters", "confused") == evaluation.label_order(judged, "given", "confused")


# Numbers and calibration ----------------------------------------------------------------------------------------------


def test_a_temperature_is_never_fitted_on_what_it_scales():
    rng = np.random.default_rng(1)
    truth, folds = rng.integers(0, 3, 80).tolist(), (np.arange(80) % 4).tolist()
    scores = 0.4 * np.eye(3)[truth] + 0.6 * rng.dirichlet(np.ones(3), 80)
    first = judge(clips(truth), said_of(scores, truth, folds)).calibration
    changed = np.where((np.arange(80) % 4 == 2)[:, None], scores[:, ::-1], scores)
    second = judge(clips(truth), said_of(changed, truth, folds)).calibration
    assert first is not None and second is not None
    assert first.temperatures[2] == pytest.approx(second.temperatures[2], rel=1e-9)
    assert first.temperatures[0] != pytest.approx(second.temperatures[0], rel=1e-3)


def test_without_folds_temperatures_are_crossed_over_groups():
    rng = np.random.default_rng(1)
    truth = rng.integers(0, 3, 40).tolist()
    judged = judge(clips(truth), said_of(rng.dirichlet(np.ones(3), 40), truth), crossed=False)
    assert judged.calibration is not None
    by_group = {group: set() for group in judged.found.groups}
    for group, part in zip(judged.found.groups, judged.calibration.parts.tolist(), strict=True):
        by_group[group].add(part)
    assert all(len(parts) == 1 for parts in by_group.values()) and len(judged.calibration.temperatures) == 4


@given(st.integers(0, 10_000), st.floats(0.2, 5))
def test_the_temperature_is_where_the_loss_is_least(seed, heat):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (60, 4))
    raised = np.exp(logits / heat)
    truth = np.array([rng.choice(4, p=row / row.sum()) for row in raised])
    fitted = calibration.fit_temperature(logits, truth)

    def loss(temperature: float) -> float:
        scores = softmax(logits / temperature)
        return float(-np.log(scores[np.arange(60), truth]).mean())

    grid = [loss(fitted.value * factor) for factor in (0.9, 0.99, 1.01, 1.1) if 0.05 <= fitted.value * factor <= 20]
    assert loss(fitted.value) <= min(grid) + 1e-9


def test_planted_wrong_labels_are_suspected():
    rng = np.random.default_rng(2)
    true, planted = rng.integers(0, 3, 300), np.arange(0, 300, 20)
    told = true.copy()
    told[planted] = (true[planted] + 1) % 3
    scores = 0.9 * np.eye(3)[true] + 0.1 * rng.dirichlet(np.ones(3), 300)
    judged = judge(clips(told.tolist()), said_of(scores, told.tolist()))
    found = set(judged.suspects.tolist())
    assert found <= set(planted.tolist()) and len(found) >= 0.8 * len(planted)
    whole = judge(clips(told.tolist()), said_of(scores, told.tolist()), crossed=False)
    assert not len(whole.suspects) and "not trained" in whole.suspects_why


def test_the_majority_of_a_fold_is_what_its_network_learned_from():
    dataset = clips([0, 0, 0, 1, 1, 0, 1, 1], groups=2)
    split = datasets.leave_one_group_out(dataset, Grouping("column"))
    folds = [int(group == "g1") for group in split.groups]
    usual = results.majority_of_folds(dataset, split, said_of(np.eye(3)[[0] * 8], [0] * 8, folds))
    learned = [
        [item.label for item, group in zip(dataset.items, split.groups, strict=True) if group != one]
        for one in ("g0", "g1")
    ]
    expected = [max(LABELS, key=learned[fold].count) for fold in folds]
    assert [LABELS[place] for place in usual] == expected


def test_an_evaluation_survives_the_store(store):
    judged = over_time(np.array([[0, 0, 1, 1], [1, 1, 0, 0]]), np.array([[0, 1, 1, 1], [1, 1, 0, 0]]))
    store.write("ab", judged, kind="evaluation")
    again = evaluation.read(store, "ab")
    assert serialization.to_json(again) == serialization.to_json(judged)
    assert [one.name for one in evaluation.headline(again)][:2] == ["frame_accuracy", "balanced_accuracy"]


# Trainings ------------------------------------------------------------------------------------------------------------


def trained(store: Store, dataset: Dataset, scores: np.ndarray, *, seed: int = 0, state="done") -> str:
    """The key of a training that said so of the clips of a stored set."""
    store.save_dataset(dataset, datasets.key(dataset))
    split = datasets.grouped_folds(dataset, Grouping("column"), count=2)
    key = training.plan(
        store, dataset, split, backbone=CNN, engine=ENGINE, recipe=Recipe(), options=Options(), seed=seed
    )
    order = [*split.fold(0).test, *split.fold(1).test]
    folds = [0] * len(split.fold(0).test) + [1] * len(split.fold(1).test)
    truth = [dataset.labels.index(dataset.items[place].label) for place in order]
    said = replace(said_of(scores[order], truth, folds), items=np.array(order))
    for what in ("held out", "probe"):
        checkpoints.Checkpoints(store, key).keep_held_out(said, what)
    baselines = {"majority": 0.3, "linear_probe": 0.9}
    record = replace(training.run_of(store, key), state=state, scores={"accuracy": 0.8}, baselines=baselines)
    store.write(key, record, kind="training")
    return key


SAME = "the difference in accuracy is 0.0 points (95 % interval 0.0 to 0.0)"
TRUTH = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]


def test_a_training_is_judged_on_what_its_networks_never_saw(store):
    key = trained(store, clips(TRUTH), sure_of([0, 1, 2] * 3 + [1, 1, 1]))
    question = EvaluationQuestion("Made", "run", key)
    evaluation.evaluate(store, question)
    judged = evaluation.read(store, evaluation.question_key(store, question))
    assert judged.card.overall["accuracy"].value == pytest.approx(10 / 12)
    assert [each.name for each in judged.baselines] == ["majority", "linear_probe"]
    assert judged.warnings[0] == str(Caveat("no better than probe", name=SAME)) and "2 folds" in judged.origin.split
    for unit, item in enumerate(judged.items.tolist()):
        assert judged.found.names[unit] == f"{LABELS[TRUTH[item]]}/clip{item}.mp4"
        assert judged.videos[unit] == digest(item)


def test_a_training_that_has_not_ended_or_is_of_another_set_is_refused(store):
    planned = trained(store, clips(TRUTH), sure_of(TRUTH), state="planned")
    with pytest.raises(ResultMissing, match="not finished"):
        evaluation.question_key(store, EvaluationQuestion("Made", "run", planned))
    done = trained(store, clips(TRUTH), sure_of(TRUTH))
    changed = clips([*TRUTH, 0])
    store.save_dataset(changed, datasets.key(changed))
    with pytest.raises(ResultMissing, match="another dataset"):
        evaluation.evaluate(store, EvaluationQuestion("Made", "run", done))
    with pytest.raises(ResultMissing, match="no dataset"):
        evaluation.question_key(store, EvaluationQuestion("Nothing", "run", done))


# Models ---------------------------------------------------------------------------------------------------------------


def modelled(store: Store, dataset: Dataset, labels: tuple[str, ...], scores: np.ndarray, **changes) -> ModelCard:
    """A model of the workspace, whose predictions of a stored set are there already."""
    card = ModelCard("mine", "My model", CNN, BACKBONES[CNN].version, labels, **changes)
    path = store.workspace / "models" / "mine" / "card.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(serialization.pretty_json(card))
    store.save_dataset(dataset, datasets.key(dataset))
    for item, row in zip(dataset.items, scores, strict=True):
        times_s = np.arange(8) / 2
        info = VideoInfo(
            f"/clips/{item.path}", item.video, 96, 64, 8, 8, times_s, Fraction(2), False, 4.0, "h264", True, ()
        )
        store.save_video(info)
        said = Prediction(times_s, np.tile(row, (8, 1)).astype(np.float32), labels, "mine", (0.0, 4.0))
        key = predictions.prediction_key(store, item.video, Recipe(), card, ENGINE)
        store.write(key, said, kind="prediction", video=item.video)
    return card


def asked(store: Store, **changes) -> Evaluation:
    question = EvaluationQuestion("Made", "model", "mine", grouping=Grouping("column"), engine=ENGINE, **changes)
    evaluation.evaluate(store, question)
    return evaluation.read(store, evaluation.question_key(store, question))


def test_stored_predictions_are_used_and_labels_matched_by_name(store, monkeypatch):
    monkeypatch.setattr(predictions, "predict", lambda *_: pytest.fail("it was there"))
    modelled(store, clips([0, 1, 2, 0]), ("SIT", "Run_", "w-alk", "fly"), sure_of([1, 2, 0, 3], 4))
    judged = asked(store)
    assert judged.origin.matching.pairs == (("run", "Run_"), ("walk", "w-alk"), ("sit", "SIT"))
    assert judged.found.labels == (*LABELS, "fly") and judged.origin.matching.beyond == 1
    assert judged.found.predicted.tolist() == [0, 1, 2, 3]
    assert any("wrong" in warning and "run = Run_" in warning for warning in judged.warnings)
    lane = evaluation.lanes(store, judged, 3)
    assert lane.predicted[0].label == "fly" and lane.disagreement[0].label == "fly, not run"


def test_what_a_model_has_not_said_yet_is_made_once(store, monkeypatch):
    importer.make_set(store, groups=2, takes=1)
    cnn = BACKBONES[CNN]
    card = ModelCard("things", "Things", CNN, cnn.version, cnn.labels())
    path = store.workspace / "models" / "things" / "card.json"
    path.parent.mkdir(parents=True)
    path.write_text(serialization.pretty_json(card))
    looked, told = [], []

    def extract(info, *_, **_options):
        looked.append(info.digest)
        rng = np.random.default_rng(len(looked))
        return Features(np.arange(3) + 0.5, rng.random((3, len(cnn.classifier()[0])), np.float32), (0.0, 3.0))

    monkeypatch.setattr(predictions, "extract", extract)
    labels = store.dataset(importer.MADE_NAME).labels
    pairs = tuple(zip(labels, cnn.labels()[:6], strict=True))
    question = EvaluationQuestion(
        importer.MADE_NAME, "model", "things", grouping=Grouping("column"), pairs=pairs, engine=ENGINE
    )
    evaluation.evaluate(store, question, lambda *each: told.append(each))
    evaluation.evaluate(store, question)
    judged = evaluation.read(store, evaluation.question_key(store, question))
    assert len(looked) == len(set(looked)) == len(judged.found.names) == 12
    assert any("Predicting, 12 of 12" in message for _, _, message in told)
    assert judged.card.group_count == 2 and store.has(judged.origin.predictions[0])


def test_clips_of_labels_that_the_model_does_not_know_are_told_and_left_out_unless_asked_for(store):
    modelled(store, clips([0, 1, 2, 2]), ("run", "walk"), sure_of([0, 1, 0, 1], 2, top=0.9))
    judged = asked(store)
    assert len(judged.found.names) == 2 and judged.card.overall["accuracy"].value == 1.0
    assert judged.origin.matching.strangers == ("sit",) and judged.origin.matching.clips == 2
    assert any("sit" in warning and "left out" in warning for warning in judged.warnings)
    strict = asked(store, strangers="wrong")
    assert len(strict.found.names) == 4 and strict.card.overall["accuracy"].value == 0.5
    assert any("counted as wrong" in warning for warning in strict.warnings)


def test_a_model_is_judged_over_time_where_its_labels_are_known(store):
    parts = (Segment(0.0, 1.0, "run"), Segment(1.0, 2.0, "sit"))
    items = [
        Item(digest(place), f"v{place}.mp4", 4.0, segments=parts, seen=((0.0, 3.0),), group=f"g{place}")
        for place in range(2)
    ]
    dataset = Dataset("Made", ("nothing", *LABELS), tuple(items), background="nothing")
    modelled(store, dataset, ("run", "walk", "nothing"), sure_of([0, 2], 3))
    judged = asked(store)
    assert judged.found.over_time and judged.origin.matching.strangers == ("sit",)
    assert judged.found.truth.reshape(2, 8).tolist() == [[1, 1, -1, -1, 0, 0, -1, -1]] * 2
    assert judged.card.overall["frame_accuracy"].value == 0.5 and judged.found.background == 0
    strict = asked(store, strangers="wrong")
    assert strict.found.truth.reshape(2, 8)[0].tolist() == [1, 1, 3, 3, 0, 0, -1, -1]
    assert strict.card.overall["frame_accuracy"].value == pytest.approx(4 / 12)


def test_labels_matched_by_hand_add_their_scores(store):
    scores = np.array([[0.4, 0.35, 0.25], [0.2, 0.2, 0.6]])
    dataset = Dataset(
        "Made",
        ("move", "sit"),
        tuple(replace(item, label=label) for item, label in zip(clips([0, 1]).items, ("move", "sit"), strict=True)),
    )
    modelled(store, dataset, ("sit", "walk", "run"), np.array([[0.4, 0.35, 0.25], [0.6, 0.2, 0.2]]))
    assert scores is not None
    judged = asked(store, pairs=(("move", "walk"), ("move", "run")))
    assert judged.found.predicted.tolist() == [0, 1]
    assert judged.found.scores is not None and judged.found.scores[0] == pytest.approx([0.6, 0.4])
    with pytest.raises(LabelsMismatch, match="no label 'fly'"):
        asked(store, pairs=(("move", "fly"),))


def test_names_of_which_two_would_fit_are_not_guessed():
    card = ModelCard("m", "M", CNN, 1, ("Wave 1", "wave_1", "run"))
    dataset = clips([0, 1], ("wave1", "run"))
    found = label_matching.matched(dataset, card)
    assert found.pairs == (("run", "run"),) and found.strangers == ("wave1",)


def test_labels_that_share_words_with_a_class_come_first():
    known = ("abseiling", "surfing water", "skipping rope", "springboard diving", "swinging on something", "sword")
    for ours, first in (("Surfing", known[1]), ("JumpRope", known[2]), ("Diving", known[3]), ("Swing", known[4])):
        found = label_matching.nearest(ours, known)
        assert found[0] == first and sorted(found) == sorted(known)


def test_a_model_that_knows_no_label_is_refused(store):
    modelled(store, clips([0, 1]), ("fly", "swim"), sure_of([0, 1], 2))
    with pytest.raises(LabelsMismatch, match="knows none"):
        asked(store)


def test_a_model_that_learned_from_the_clips_is_warned_about(store):
    dataset = clips([0, 1, 2, 0])
    card = modelled(store, dataset, LABELS, sure_of([0, 1, 2, 0]), settings={"data": datasets.key(dataset)})
    assert asked(store).warnings[0].startswith("LEAK")
    named = replace(card, settings={"held_out": ["clip0", "run g9"]}, trained_on="Clips of Made", network="n.keras")
    assert label_matching.unseen(store, dataset, named) == (0,)
    told = label_matching.leak(store, dataset, named, range(4), "")[0]
    assert (told.kind, told.total) == ("leak", 4) and is_leak(str(told)) and "1 of the 4 clips" in told.name
    assert label_matching.leak(store, dataset, named, [0], "")[0].kind == "held-out groups"
    strange = replace(named, trained_on="Other clips")
    assert label_matching.leak(store, dataset, strange, range(4), "")[0].kind == "unknown training data"


def test_a_model_of_a_training_is_not_warned_about_on_clips_it_did_not_learn_from(store):
    dataset = clips(TRUTH)
    key = trained(store, dataset, sure_of(TRUTH))
    card = ModelCard("mine", "M", CNN, BACKBONES[CNN].version, LABELS, settings={"training": key})
    learned = label_matching.leak(store, dataset, card, range(12), "")[0]
    assert (learned.kind, learned.count, learned.total) == ("leak", 12, 12)
    others = Dataset(
        "Others", LABELS, tuple(replace(item, video=digest(100 + place)) for place, item in enumerate(dataset.items))
    )
    assert label_matching.leak(store, others, card, range(12), "") == ()
    assert label_matching.unseen(store, dataset, card) == label_matching.unseen(store, others, card) == ()
    mixed = replace(dataset, items=(*dataset.items, *others.items[:3]))
    assert label_matching.unseen(store, mixed, card) == (12, 13, 14)
    assert label_matching.leak(store, mixed, card, (12, 13, 14), "") == ()


# Two evaluations ------------------------------------------------------------------------------------------------------


def rivalry(store: Store, one: Evaluation, other: Evaluation) -> Rivalry:
    store.write("a1", one, kind="evaluation")
    store.write("a2", other, kind="evaluation")
    evaluation.compare(store, "a1", "a2")
    return store.read(evaluation.rivalry_key("a1", "a2"), Rivalry)


def test_two_models_differ_by_the_clips_that_changed_side(store):
    truth = [0, 1, 2] * 6
    one = judged_clips(truth, truth)
    other = judged_clips(truth, [1, 1, 2] * 2 + truth[6:], top=0.7)
    found = rivalry(store, one, other)
    assert (found.shared, found.right_first, found.right_second) == (18, 2, 0)
    assert found.overall["accuracy"][2].value == pytest.approx(2 / 18)
    assert found.p is None and "grouped" in found.why
    lost = evaluation.changed(one, other, found, "lost")
    assert [(case.unit, case.predicted, case.other) for case in lost.cases] == [(0, "run", "walk"), (3, "run", "walk")]
    assert evaluation.changed(one, other, found, "won").total == 0
    names = [row.name for row in evaluation.differences(found)]
    assert names[:2] == ["accuracy", "balanced_accuracy"] and names[-1] == "ece"
    recall = dict(zip(found.labels, found.by_label["recall"], strict=True))
    assert recall["run"].value == pytest.approx(2 / 6) and recall["sit"].value == 0


def test_what_was_judged_is_told_in_clips_or_in_videos():
    assert "12 clips" in judged_clips(TRUTH, TRUTH).basis and "video" not in judged_clips(TRUTH, TRUTH).basis
    timed = over_time(np.array([[0, 1], [1, 0]]), np.array([[0, 1], [1, 0]])).basis
    assert "2 videos" in timed and "4 labelled time steps" in timed


def test_two_that_answer_alike_are_better_in_no_draw(store):
    """A tie speaks against the first: "no better" holds in every draw in which both are equal."""
    judged = judged_clips([0, 1, 2] * 6, [0, 1, 1] * 6)
    assert set(rivalry(store, judged, judged).not_better.values()) == {1.0}


def test_draws_without_the_clip_that_differs_are_no_better(store):
    """One of 18 clips in as many groups differs: (17 / 18) ** 18 of all draws leave it out, and so are ties."""
    truth = [0, 1, 2] * 6
    dataset = clips(truth, groups=18)
    better, worse = (judge(dataset, said_of(sure_of(told), truth)) for told in (truth, [1, *truth[1:]]))
    assert rivalry(store, better, worse).not_better["accuracy"] == pytest.approx((17 / 18) ** 18, abs=0.05)
    assert rivalry(store, worse, better).not_better["accuracy"] == 1.0


def test_independent_clips_get_mcnemars_test(store):
    truth = [0, 1] * 8
    dataset = clips(truth, groups=16)
    one = judge(dataset, said_of(sure_of(truth), truth))
    other = judge(dataset, said_of(sure_of([1 - label for label in truth[:6]] + truth[6:]), truth))
    found = rivalry(store, one, other)
    assert found.p == pytest.approx(2 * 0.5**6) and found.why == ""


def test_only_shared_clips_are_compared_and_none_is_refused(store):
    one = judged_clips(TRUTH, TRUTH)
    part = replace(said_of(sure_of(TRUTH[:6]), TRUTH[:6]), items=np.arange(6))
    found = rivalry(store, one, judge(clips(TRUTH), part))
    assert (found.shared, found.only_first, found.only_second) == (6, 6, 0)
    assert any("6 clips that both" in warning for warning in found.warnings)
    dataset = clips(TRUTH)
    elsewhere = Dataset(
        "Else", LABELS, tuple(replace(item, video=digest(50 + n)) for n, item in enumerate(dataset.items))
    )
    origin = replace(ORIGIN, dataset_key="other")
    other = judge(elsewhere, said_of(sure_of(TRUTH), TRUTH), origin=origin)
    with pytest.raises(ScoringRefused, match="different clips"):
        comparison.shared(one, other)
    with pytest.raises(ScoringRefused, match="time steps"):
        comparison.shared(one, over_time(np.array([[0, 1]]), np.array([[0, 1]])))


def test_a_comparison_repeats_the_leak_of_either_and_nothing_else_of_them(store):
    dataset, predicted = clips(TRUTH), said_of(sure_of(TRUTH), TRUTH)
    told = (Caveat("leak", 2, 12, name="it saw them."), Caveat("no better than probe"))
    leaky, clean = judge(dataset, predicted, caveats=told), judge(dataset, predicted)
    assert rivalry(store, clean, leaky).warnings[0] == f"{leaky.origin.title}: LEAK: it saw them."
    assert not any("probe" in text or "LEAK" in text for text in rivalry(store, clean, leaky).warnings[1:])


def test_no_number_of_a_leak_has_an_interval_and_no_comparison_with_it_a_winner(store):
    dataset, predicted = clips(TRUTH), said_of(sure_of(TRUTH), TRUTH)
    caveat = Caveat("leak", 2, 12, name="this model was trained on 2 of the 12 clips.")
    leaky, clean = judge(dataset, predicted, caveats=(caveat,)), judge(dataset, predicted)
    for key, each in (("aa", leaky), ("bb", clean)):
        store.write(key, each, kind="evaluation")
    read = evaluation.read(store, "aa")
    estimates = [*read.card.overall.values(), *(one for row in read.card.by_label.values() for one in row)]
    assert all(one.low is None and one.high is None for one in estimates)
    assert {name: one.value for name, one in read.card.overall.items()} == {
        name: one.value for name, one in leaky.card.overall.items()
    }
    assert evaluation.export.printed(read)["leak"] == "This model was trained on 2 of the 12 clips."
    unchanged = evaluation.read(store, "bb")
    assert unchanged.card.overall["accuracy"].low is not None and "leak" not in evaluation.export.printed(unchanged)
    evaluation.compare(store, "bb", "aa")
    compared = comparison.read(store, evaluation.rivalry_key("bb", "aa"))
    assert compared.p is None and all(share is None for share in compared.not_better.values())
    assert all(one.low is None for sides in compared.overall.values() for one in sides)


def test_models_of_other_labels_are_compared_by_name(store):
    one = judged_clips([0, 1, 2, 0], [0, 1, 2, 0])
    labels = ("fly", "sit", "run", "walk")
    wide = judge(clips([2, 3, 1, 2], labels), said_of(sure_of([2, 3, 0, 2], 4), [2, 3, 1, 2]))
    found = rivalry(store, one, wide)
    assert (found.right_first, found.right_second) == (1, 0) and found.labels == (*LABELS, "fly")


def test_over_time_the_nearest_step_of_the_second_is_asked(store):
    one = over_time(np.array([[0, 0, 1, 1]]), np.array([[0, 0, 1, 1]]))
    other = over_time(np.array([[0, 0, 1, 1]]), np.array([[0, 1, 1, 1]]))
    found = rivalry(store, one, other)
    assert found.lost.tolist() == [[1, 1]] and found.p is None
    assert found.overall["frame_accuracy"][2].value == pytest.approx(0.25)


# Reports --------------------------------------------------------------------------------------------------------------

HOSTILE = (
    "<script>alert(1)</script>",
    "</script><img src=x onerror=alert(2)>",
    "{{ 7 * 7 }}\"' onload=alert(3) /*plotly*/",
)


class Seen(HTMLParser):
    """What a browser would make of a page: its tags, what they load, and its text outside scripts."""

    def __init__(self):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts = [""]
        self.inside = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] += data
        else:
            self.text += data


def hostile() -> Evaluation:
    truth = [0, 1, 2] * 4
    dataset = clips(truth, HOSTILE)
    origin = replace(ORIGIN, title=HOSTILE[0], settings={HOSTILE[1]: HOSTILE[2]})
    said = said_of(sure_of([1, 1, 0] * 4), truth)
    return judge(
        replace(dataset, name=HOSTILE[2]), said, origin=origin, caveats=(Caveat("label matching", name=HOSTILE[1]),)
    )


def test_a_report_runs_nothing_that_a_name_says_and_loads_nothing():
    judged = hostile()
    shots = tuple(report.Shot(case, "") for case in evaluation.cases(judged, evaluation.mistakes(judged)).cases)
    page = Seen()
    page.feed(report.html(judged, shots).decode())
    assert sum(tag == "script" for tag, _ in page.tags) == 3 and all(name in page.text for name in HOSTILE)
    assert not [tag for tag, _ in page.tags if tag in ("img", "link", "iframe", "object", "base")]
    for _, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        assert not [
            value
            for name, value in attributes.items()
            if name in ("src", "href") and not (value or "").startswith("data:")
        ]
    policy = next(told["content"] for tag, told in page.tags if tag == "meta" and "http-equiv" in told)
    assert "default-src 'none'" in (policy or "")
    drawn = json.loads(page.scripts[2])
    assert set(drawn) == {"headline", "matrix", "reliability", "roc", "precision-recall"}
    assert "<script>" not in json.dumps(drawn), "Plotly reads some tags in labels: they are escaped for it too"


def test_a_report_holds_pictures_numbers_and_how_to_run_it_again(store, monkeypatch):
    shown = Frame(0, 0.0, np.full((60, 80, 3), 90, np.uint8))
    monkeypatch.setattr(clips_workflow, "moment", lambda *_: [shown])
    judged = judged_clips(TRUTH, [1, 1, 1] * 4)
    store.write("ab", judged, kind="evaluation")
    evaluation.make_report(store, "ab")
    page = store.file_path(evaluation.report_key("ab")).read_text("utf-8")
    assert page.count("data:image/jpeg;base64,") == 8
    for told in ("33.3 %", "Majority", "core evaluate x", "3 folds", "seed 0", "numpy", "walk/clip1.mp4"):
        assert told in page or told == "walk/clip1.mp4"
    assert "prefers-color-scheme: dark" in page and "@media print" in page


def test_a_clip_that_is_gone_leaves_the_report_whole(store):
    judged = judged_clips([0, 1], [1, 1])
    (shot,) = report.shots(store, judged)
    assert shot.picture == "" and b"cannot be read" in report.html(judged, [shot])


def test_numbers_leave_as_json_and_csv():
    judged = judged_clips(TRUTH, [0, 1, 2] * 3 + [1, 1, 1])
    told = json.loads(evaluation.as_json(judged))
    accuracy = judged.card.overall["accuracy"]
    assert told["numbers"]["accuracy"]["value"] == accuracy.value and told["numbers"]["accuracy"]["low"] == accuracy.low
    assert np.array(told["confusion"]["counts"]).sum() == 12 and told["command"] == "core evaluate x"
    rows = list(csv.DictReader(io.StringIO(evaluation.as_csv(judged).decode())))
    assert [int(row["right"]) for row in rows] == [1] * 9 + [0, 1, 0]
    assert {row["truth"] for row in rows} == set(LABELS) and rows[0]["confidence"] == "0.8000"
    labels = list(csv.DictReader(io.StringIO(export.labels_csv(judged).decode())))
    assert [row["recall"] for row in labels] == ["0.7500", "1.0000", "0.7500"]
    assert re.fullmatch(r"[\w.-]+", evaluation.report_name(hostile()))


def test_many_labels_stay_readable_in_a_report():
    labels = tuple(f"label {n}" for n in range(70))
    truth = list(range(70)) * 2
    judged = judge(clips(truth, labels), said_of(sure_of([*range(1, 70), 0] * 2, 70), truth))
    drawn = report_charts.matrix_chart(judged)
    assert len(drawn.layout["xaxis"]["ticktext"]) == report_charts.MOST_CHOSEN and "confusion.csv" in drawn.about
    counted = [cell for line in drawn.data[0]["meta"]["counts"] for cell in line]
    assert len(counted) == report_charts.MOST_CHOSEN**2 and sum(counted) >= report_charts.MOST_CHOSEN
    assert len(report_charts.curve_charts(judged)[0].data) <= report_charts.MOST_CURVES


# The command line -----------------------------------------------------------------------------------------------------


@pytest.fixture
def command(store, monkeypatch, capfdbinary):
    """Run the command line on the workspace of `store`; gives exit code, standard output and standard error."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(store.workspace))
    monkeypatch.setenv("KINETOSCOPE_ENGINE", ENGINE)
    settings.current.cache_clear()

    def run(*arguments):
        code = main(["evaluate", *map(str, arguments)])
        out, err = capfdbinary.readouterr()
        return code, out.decode(), err.decode()

    yield run
    settings.current.cache_clear()


def test_the_command_prints_the_headline_and_writes_the_report(store, command, tmp_path):
    key = trained(store, clips(TRUTH), sure_of([0, 1, 2] * 3 + [1, 1, 1]))
    code, out, err = command("Made", "--model", key[:12], "--output", tmp_path / "report")
    told = json.loads(out)
    assert code == 0 and f"warning: {Caveat('no better than probe', name=SAME)}" in err
    for name in ("accuracy", "top5", "balanced_accuracy", "macro_precision", "macro_recall", "macro_f1"):
        assert set(told[name]) == {"value", "low", "high"}
    assert told["accuracy"]["value"] == pytest.approx(10 / 12) and told["top5"]["value"] is None
    assert (told["n_clips"], told["n_groups"]) == (12, 4)
    files = {path.name for path in (tmp_path / "report").iterdir()}
    assert files == {"report.html", "report.json", "scores.csv", "clips.csv", "labels.csv", "confusion.csv"}
    assert command("Made", "--model", "Made, GRU 64")[0] == 0


def test_the_command_judges_a_model_on_the_clips_that_a_file_lists(store, command, tmp_path):
    modelled(store, clips([0, 1, 2, 0]), LABELS, sure_of([0, 1, 0, 1]))
    listed = tmp_path / "test.txt"
    listed.write_text("run/clip0.mp4 1\nclip2.mp4\n# a remark\n")
    code, out, _ = command("Made", "--model", "mine", "--split", listed, "--groups", "column")
    told = json.loads(out)
    assert code == 0 and told["n_clips"] == 2 and told["accuracy"]["value"] == 0.5
    assert json.loads(command("Made", "--model", "mine", "--groups", "column")[1])["n_clips"] == 4
    code, _, err = command("Made", "--model", "mine", "--split", "unseen")
    assert code == 1 and "held out" in err
    listed.write_text("nothing.mp4\n")
    code, _, err = command("Made", "--model", "mine", "--split", listed)
    assert code == 1 and "nothing.mp4" in err


def test_the_command_says_what_it_cannot_judge(store, command, tmp_path):
    key = trained(store, clips(TRUTH), sure_of(TRUTH))
    for arguments, told in (
        (("Made", "--model", "nobody"), "nobody"),
        (("Nothing", "--model", "mine"), "Nothing"),
        (("Made", "--model", key, "--groups", "clip"), "own split"),
        (("Made", "--model", key, "--output", tmp_path / "no" / "where"), "no folder"),
    ):
        code, out, err = command(*arguments)
        assert code == 1 and not out and err.startswith("error:") and told in err and "hint:" in err


def test_nothing_labelled_is_refused():
    with pytest.raises(NotEnoughExamples):
        over_time(np.array([[-1, -1]]), np.array([[0, 0]]))


def test_the_time_of_a_picture_is_told_in_minutes():
    assert (html_report.clock(0.04), html_report.clock(75.26), html_report.clock(600)) == (
        "0:00.0",
        "1:15.3",
        "10:00.0",
    )
    assert Path(report.__file__).with_name("report.html.jinja").is_file()
