"""Budgets corrected for the confusion of stored evaluations, against a computation by hand."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import ResultMissing
from core.domain import Dataset, HeldOut, Item, ModelCard, Prediction, Recipe, Segment
from core.stages import video
from core.workflows import clips, datasets, evaluation, predictions
from core.workflows.evaluation import EvaluationQuestion
from core.workflows.study import StudyOptions, study, writing
from core.workflows.study.corrected_shares import CorrectedBudgets
from core.workflows.study.library import export, held_out_confusion
from core.workflows.study.library.corrected_budgets import correct_budgets
from core.workflows.study.library.question import LibraryQuestion, correction_key, library_study
from core.workflows.study.library.sources import LabelSource
from core.workspace.store import Store
from tests.conftest import moving_square
from tests.workflows.test_evaluation import ENGINE, ORIGIN, digest, judge, modelled
from tests.workflows.test_library_study import clip

SOURCE = LabelSource("model", "mine", shortest_s=0.1)
STEP_S = 0.5
RUN, WALK, NOTHING = (0.9, 0.1), (0.1, 0.9), (0.5, 0.5)


def labelled(store: Store, card: ModelCard, video: str, run: int, walk: int, nothing: int) -> None:
    """The model predicts so many steps of half a second of each label."""
    scores = np.array(run * [RUN] + walk * [WALK] + nothing * [NOTHING], np.float32)
    times_s = (np.arange(len(scores)) + 0.5) * STEP_S
    made = Prediction(times_s, scores, card.labels, card.name, (0.0, len(scores) * STEP_S))
    key = predictions.prediction_key(store, video, Recipe(), card, ENGINE)
    store.write(key, made, kind="prediction", video=video)


def evaluated(store: Store, count: int = 6, **changes) -> ModelCard:
    """A model evaluated on clips with 2 s of run, then 2 s without a label; it is late, and sees walk in between."""
    items = tuple(
        Item(digest(place), f"{place}.mp4", 4.0, segments=(Segment(0.0, 2.0, "run"),), seen=((0.0, 4.0),))
        for place in range(count)
    )
    dataset = Dataset("Made", ("run", "walk"), items)
    card = modelled(store, dataset, ("Run_", "w-alk"), np.full((count, 2), 0.5), threshold=0.6, **changes)
    for item in items:
        labelled(store, card, item.video, 3, 3, 2)
    evaluation.evaluate(store, EvaluationQuestion("Made", "model", "mine", engine=ENGINE))
    return card


def studied(store: Store, card: ModelCard) -> LibraryQuestion:
    """Three clips, in two groups, of which the model says run 30 %, walk 45 %, nothing 25 %."""
    digests = tuple(clip(store, f"{name}.mp4", 10.0) for name in "abc")
    for place, group in enumerate("xxy"):
        labelled(store, card, digests[place], 6, 9, 5)
        store.keep_metadata({digests[place]: {"diet": group}})
    return LibraryQuestion(digests, SOURCE)


def made(store: Store, question: LibraryQuestion) -> CorrectedBudgets:
    (clips,) = held_out_confusion.held_out_clips(store, question.source, ENGINE)
    correct_budgets(store, question, clips.key, ENGINE)
    return store.read(correction_key(store, question, clips.key, ENGINE), CorrectedBudgets)


def test_seconds_of_confusion_are_those_of_the_segments(store: Store):
    evaluated(store)
    (clips,) = held_out_confusion.held_out_clips(store, SOURCE, ENGINE)
    assert len(clips.units) == 6 and clips.dataset == "Made" and not clips.crossed and not clips.trained
    confusion = held_out_confusion.confusion_of(store, SOURCE, clips)
    assert confusion.labels == ("run", "walk", "") and confusion.names == {"Run_": "run", "w-alk": "walk"}
    np.testing.assert_allclose(confusion.seconds[0], [[1.5, 0.5, 0], [0, 0, 0], [0, 1, 1]])
    strict = replace(SOURCE, threshold=0.95)
    np.testing.assert_allclose(
        held_out_confusion.confusion_of(store, strict, clips).seconds[0], [[0, 0, 2], [0, 0, 0], [0, 0, 2]]
    )
    steady = replace(SOURCE, shortest_s=1.2)
    np.testing.assert_allclose(
        held_out_confusion.confusion_of(store, steady, clips).seconds[0], [[1.5, 0.5, 0], [0, 0, 0], [0, 2, 0]]
    )


def test_shares_are_corrected_as_by_hand(store: Store):
    # 0.75 of run is predicted as run and 0.25 as walk; of nothing, half as walk: run = 0.3 / 0.75, nothing = 0.25 / 0.5
    question = studied(store, evaluated(store))
    budgets = made(store, question)
    rows = {row.label: row for row in budgets.rows}
    assert [(row.group, row.subjects) for row in budgets.rows] == 3 * [("", 3)] and budgets.clips == 6
    assert {label: round(row.raw, 6) for label, row in rows.items()} == {"run": 0.3, "walk": 0.45, "": 0.25}
    for label, share in (("run", 0.4), ("walk", 0.1), ("", 0.5)):
        assert rows[label].estimate == pytest.approx(share, abs=0.02)
        assert rows[label].low == pytest.approx(share, abs=0.02), "all clips are alike"


def test_groups_are_corrected_apart(store: Store):
    question = replace(studied(store, evaluated(store)), group="diet")
    budgets = made(store, question)
    assert [(row.group, row.subjects) for row in budgets.rows] == 3 * [("x", 2)] + 3 * [("y", 1)]
    assert budgets.notes == ("y: A single subject: the interval only covers the uncertainty of the confusion.",)


def test_a_background_that_the_model_does_not_know_is_what_has_no_label(store: Store):
    dataset = Dataset("Made", ("run", "rest", "swim"), (), "rest")
    item = Item("0" * 64, "a", 6.0, segments=(Segment(1, 2, "run"), Segment(3, 4, "swim")), seen=((0, 5),))
    parts = held_out_confusion._true_parts(dataset, item, (0.5, 6.0), {"rest", "swim"})
    assert sorted(parts, key=lambda part: part[1]) == [("", 0.5, 1), ("run", 1, 2), ("", 2, 3), ("", 4, 5)]


def test_few_held_out_clips_give_raw_shares_and_a_reason(store: Store):
    budgets = made(store, studied(store, evaluated(store, 4)))
    assert budgets.rows[0].estimate is None and budgets.rows[0].raw == pytest.approx(0.3)
    assert budgets.notes == ("Not corrected: it needs at least 5 held-out clips, and there are 4.",)


def test_a_reason_that_holds_for_all_groups_is_given_once(store: Store):
    budgets = made(store, replace(studied(store, evaluated(store, 4)), group="diet"))
    assert len(budgets.rows) == 6 and len(budgets.notes) == 1


def test_clips_of_the_study_that_are_held_out_are_noted(store: Store):
    question = studied(store, evaluated(store))
    budgets = made(store, replace(question, digests=(*question.digests, digest(0), digest(1))))
    assert budgets.notes == ("Held-out clips that are in this study too: 2 of 6.",)


def test_training_clips_are_not_held_out(store: Store):
    evaluated(store, settings={"data": "another"})
    (clips,) = held_out_confusion.held_out_clips(store, SOURCE, ENGINE)
    assert len(clips.units) == 6
    evaluated(store, settings={"data": datasets.key(store.dataset("Made"))})
    clips = held_out_confusion.held_out_clips(store, SOURCE, ENGINE)[0]
    assert clips.units == () and clips.trained == 6


def test_evaluations_of_another_source_or_dataset_do_not_count(store: Store):
    card = evaluated(store)
    question = studied(store, card)
    assert held_out_confusion.held_out_clips(store, LabelSource("annotator", "Anna"), ENGINE) == ()
    store.save_dataset(Dataset("Made", ("run", "walk"), store.dataset("Made").items[:5]), "ab" * 32)
    assert held_out_confusion.held_out_clips(store, SOURCE, ENGINE) == ()
    with pytest.raises(ResultMissing, match="earlier model or dataset"):
        correct_budgets(store, question, store.keys("evaluation")[0], ENGINE)


def test_an_evaluation_of_an_earlier_model_does_not_count(store: Store):
    evaluated(store)
    assert len(held_out_confusion.held_out_clips(store, SOURCE, ENGINE)) == 1
    modelled(store, store.dataset("Made"), ("Run_", "walk"), np.full((6, 2), 0.5), threshold=0.6)
    assert held_out_confusion.held_out_clips(store, SOURCE, ENGINE) == ()


def test_the_files_of_the_page_and_of_the_command_line_hold_the_same_corrected_shares(store: Store, tmp_path: Path):
    card = evaluated(store)
    table = tmp_path / "table.csv"
    digests = []
    for place, name in enumerate("abc"):
        video.write(tmp_path / f"{name}.mp4", moving_square(50 + place))
        digests.append(clips.add_video(store, tmp_path / f"{name}.mp4"))
        labelled(store, card, digests[-1], 1 + place % 2, 1, 2 - place % 2)
    store.keep_metadata({digest: {"diet": "xy"[place % 2]} for place, digest in enumerate(digests)})
    table.write_text("clip,diet\n" + "".join(f"{name}.mp4,{'xy'[place % 2]}\n" for place, name in enumerate("abc")))
    options = StudyOptions((str(tmp_path),), "mine", metadata=str(table), group="diet")
    by_command = writing.files(study(store, options, engine=ENGINE), {})
    question = LibraryQuestion(tuple(reversed(digests)), LabelSource("model", "mine"), group="diet")
    export.make_files(store, question, ENGINE)
    key = export.files_key(store, question, ENGINE)
    assert export.part(store, key, "corrected_budget.csv") == by_command["corrected_budget.csv"]
    rows = list(csv.DictReader(io.StringIO(by_command["corrected_budget.csv"].decode())))
    assert tuple(rows[0]) == writing.CORRECTED_COLUMNS
    assert [(row["group"], row["label"], row["subjects"]) for row in rows] == [
        *(("x", label, "2") for label in ("run", "walk", "")),
        *(("y", label, "1") for label in ("run", "walk", "")),
    ]
    shown = made(store, replace(question, source=LabelSource("model", "mine")))
    assert [row["corrected"] for row in rows] == [repr(round(float(row.estimate or 0), 6)) for row in shown.rows]
    about = json.loads(by_command["study.json"])
    (evaluation,) = store.keys("evaluation")
    known = {"evaluation": evaluation, "dataset": "Made", "held_out_clips": 6, "cross_validation": False}
    assert about["corrected_budget"] == known and "corrected_budget.csv" in about["files"]
    assert any(note.startswith("corrected_budget.csv: y: A single subject") for note in about["notes"])
    page = by_command["report.html"].decode()
    assert "corrected for misclassification" in page and "On 6 held-out clips of the dataset Made" in page


def test_files_without_an_evaluation_have_no_corrected_shares_and_a_later_one_makes_them_anew(store: Store):
    question = studied(store, evaluated(store))
    without = replace(question, source=replace(SOURCE, kind="corrected"))
    made_without = writing.files(library_study(store, without, ENGINE), {})
    assert (
        "corrected_budget.csv" not in made_without and "misclassification" not in made_without["report.html"].decode()
    )
    assert "corrected_budget" not in json.loads(made_without["study.json"])
    before = export.files_key(store, question, ENGINE)
    for key in store.keys("evaluation"):
        store.delete(key)
    assert export.files_key(store, question, ENGINE) != before
    assert "corrected_budget.csv" not in writing.files(library_study(store, question, ENGINE), {})


def test_an_evaluation_that_cannot_be_used_after_all_is_a_note(store: Store):
    card = evaluated(store)
    digests = tuple(clip(store, f"{name}.mp4", 2.0) for name in "ab")
    for digest_of_clip in digests:
        labelled(store, card, digest_of_clip, 0, 0, 4)
    result = library_study(store, LibraryQuestion(digests, SOURCE), ENGINE)
    assert "corrected_budget.csv: No label takes any time in these clips." in result.notes
    files = writing.files(result, {})
    assert files["corrected_budget.csv"].decode().split() == [",".join(writing.CORRECTED_COLUMNS)]
    assert "Nothing could be corrected" in files["report.html"].decode()


def test_networks_of_folds_tell_the_confusion_of_their_model(store: Store):
    run = "12" * 32
    evaluated(store, settings={"training": run}, smooth_s=0.0)
    dataset = store.dataset("Made")
    scores = np.tile(np.array(5 * [RUN] + 3 * [WALK], np.float32), (6, 1))
    truth = np.tile([0] * 4 + [-1] * 4, 6)
    said = HeldOut(np.arange(6), np.arange(6) % 2, np.arange(7) * 8, np.tile(np.arange(8) / 2 + 0.25, 6), truth, scores)
    origin = replace(ORIGIN, name=run, dataset_key=datasets.key(dataset))
    judged = judge(dataset, said, origin=origin, crossed=False)
    store.write("34" * 32, judged, kind="evaluation")
    (of_run,) = [clips for clips in held_out_confusion.held_out_clips(store, SOURCE, ENGINE) if clips.crossed]
    assert of_run.videos == judged.videos
    seconds = held_out_confusion.confusion_of(store, SOURCE, of_run).seconds
    np.testing.assert_allclose(seconds, np.tile([[2, 0, 0], [0, 0, 0], [0.5, 1.5, 0]], (6, 1, 1)))


def test_the_key_names_all_that_decides_the_numbers(store: Store):
    question = replace(studied(store, evaluated(store)), group="diet")
    (key,) = store.keys("evaluation")
    changes = [question, replace(question, digests=question.digests[:2]), replace(question, group="")]
    changes += [
        replace(question, source=replace(SOURCE, threshold=0.7)),
        replace(question, source=replace(SOURCE, shortest_s=1)),
    ]
    keys = [correction_key(store, change, key, ENGINE) for change in changes]
    keys.append(correction_key(store, question, "56" * 32, ENGINE))
    store.keep_metadata({question.digests[0]: {"diet": "y"}})
    keys.append(correction_key(store, question, key, ENGINE))
    assert len(set(keys)) == len(keys)
