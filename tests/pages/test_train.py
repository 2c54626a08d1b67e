"""The Train page: empty, before and after features, while it learns, ended well or badly, and its models."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.errors import NotEnoughExamples
from core.domain import (
    Dataset,
    Duplicates,
    Epoch,
    Features,
    FoldResult,
    Grouping,
    HeldOut,
    Item,
    ModelCard,
    Pair,
    Recipe,
    Training,
    TrainingProgress,
    Trial,
)
from core.workflows import datasets, experiments, predictions, training
from core.workflows.datasets import importer
from core.workflows.training import checkpoints
from core.workspace.store import Store
from pages.ui import state
from pages.ui.train import descriptions, run_figures
from tests.pages.test_pages import FakeRunner, button, downloads_of, page, runner, told, video_info

__all__ = ["runner"]

ENGINE, CNN = "tensorflow-f32", "i3d-kinetics400"
HISTORY = tuple(Epoch(1 / (place + 1), 1.2 / (place + 1), 0.5 + place / 20, 0.6 + place / 20) for place in range(8))


def some_set() -> Dataset:
    """Two classes and four persons."""
    people = ("ann", "bob", "cy", "dee")
    items = tuple(
        Item(f"{place:064x}", f"{label}/{people[place // 2 % 4]}_{place}.mp4", 3.0, label=label)
        for place, label in enumerate(("walk", "run") * 12)
    )
    return Dataset("Moves", ("run", "walk"), items, source="folder /clips")


@pytest.fixture
def store(runner: FakeRunner, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(state, "own_models", dict)
    return state.store()


@pytest.fixture
def dataset(store: Store) -> Dataset:
    """A set whose clips no CNN has looked at yet."""
    found = some_set()
    for item in found.items:
        store.save_video(video_info(f"/clips/{item.path}", digest=item.video))
    store.save_dataset(found, datasets.key(found))
    return found


@pytest.fixture
def looked_at(store: Store, dataset: Dataset) -> Dataset:
    """The set with features of the whole picture, which is chosen."""
    store.keep_preference("train.area", "whole")
    for item in dataset.items:
        key = predictions.features_key(item.video, training.view("whole", CNN), CNN, ENGINE)
        store.write(key, Features(np.arange(3.0), np.zeros((3, 4), np.float32), (0.0, 3.0)), kind="features")
    return dataset


def planned(store: Store, dataset: Dataset, **changes) -> str:
    split = datasets.grouped_folds(dataset, Grouping("pattern", r"^[^_]+"), count=2)
    asked = {"backbone": CNN, "engine": ENGINE, "recipe": Recipe(), "options": training.Options()}
    return training.plan(store, dataset, split, name="First try", **(asked | changes))


def ended(store: Store, key: str, **changes) -> Training:
    """A training as it is when it has ended."""
    folds = tuple(FoldResult((name,), 12, accuracy, HISTORY, 6) for name, accuracy in (("ann", 1.0), ("bob", 0.75)))
    told = {
        "state": "done",
        "folds": folds,
        "scores": {"accuracy": 0.875, "balanced_accuracy": 0.87, "macro_f1": 0.86},
        "baselines": {"majority": 0.5, "linear_probe": 0.8},
        "seconds": {"features": 1.0, "train": 12.0},
        "warnings": ("not reliable, n = 2 groups",),
        "network_sha256": "ab" * 32,
    }
    record = replace(training.run_of(store, key), **(told | changes))
    store.write(key, record, kind="training")
    return record


def answered(store: Store, dataset: Dataset, key: str, count: int | None = None) -> None:
    """Keep answers of a run for its first clips, all of them right."""
    items = np.arange(len(dataset.items))[:count]
    truth = np.array([dataset.labels.index(dataset.items[item].label) for item in items], np.int64)
    scores = np.eye(len(dataset.labels), dtype=np.float32)[truth]
    held_out = HeldOut(items, items * 0, np.arange(len(items) + 1), np.zeros(len(items)), truth, scores)
    checkpoints.Checkpoints(store, key).keep_held_out(held_out)


def tab(at, name: str):
    return next(one for one in at.segmented_control if one.label == "View").select(name).run()


def test_without_a_set_the_page_says_where_to_get_one(store):
    words = told(page("train"))
    assert "No datasets yet" in words and "Open Datasets" in words


def test_before_its_features_a_set_offers_to_have_all_clips_looked_at(dataset, runner):
    at = page("train")
    words = told(at)
    (menu,) = (one for one in at.selectbox if one.label == "Dataset")
    assert (menu.value, menu.options, menu.disabled) == ("Moves", ["Moves"], False), "it is named though it is alone"
    assert "<span>1 min 12 s of video</span>" in words and "The dataset holds 1 min 12 s of video." in words
    assert "24 clips" in words and "Compute features" in words and "Suggested split" in words
    assert not any(one.label == "Train" for one in at.button)
    button(at, "Compute features").click().run()
    (job,) = runner.known.values()
    assert job.title == "Compute features" and job.active
    assert any(one.label == "Cancel" for one in at.button)
    runner.known[job.key] = replace(job, state="cancelled")
    assert button(at.run(), "Continue") and "Cancelled. Features computed so far are kept." in told(at)
    assert state.again(job.key) == "Continue", "the list of jobs says the same"


def test_clips_that_are_gone_are_told_and_can_be_left_out(dataset, store):
    for item in dataset.items[:2]:
        store.delete_video(item.video)
    at = page("train")
    words = told(at)
    assert "2 clips of this dataset are no longer in the library: walk/ann_0.mp4 and run/ann_1.mp4" in words
    assert "22 clips would remain" in words and "Compute features" not in words
    button(at, "Leave out 2 missing clips").click().run()
    words = told(at)
    assert "no longer in the library" not in words and "22 clips" in words and "Compute features" in words
    assert store.dataset("Moves").items == dataset.items[2:]


def test_with_features_a_training_begins_with_one_click_and_shows_its_curves(looked_at, runner, store):
    at = page("train")
    assert "Features of all 24 clips" in told(at)
    button(at, "Train").click().run()
    (key,) = training.all_runs(store)
    assert runner.known[key].title.startswith("Train Moves")
    record = training.run_of(store, key)
    labels = [one.label for one in at.button]
    assert labels.index("Cancel") == labels.index("Training…") + 1, "its progress is below the button"
    assert button(at, "Training…").disabled
    seed = next(one for one in at.number_input if one.label == "Seed")
    assert not button(seed.set_value(1).run(), "Train").disabled, "another run can be started meanwhile"
    assert button(seed.set_value(0).run(), "Training…").disabled
    assert training.options_of(record.settings) == training.DIALS["medium"]
    assert record.recipe == training.view("whole", CNN) and record.fold_count == 4
    checkpoints.Checkpoints(store, key).keep_progress(TrainingProgress(1, False, 40, HISTORY))
    words = told(at.run())
    assert "Fold 2 of 4: epoch 8 of at most 40" in words
    assert len(at.get("plotly_chart")) >= 2


def test_a_run_that_was_chosen_among_the_jobs_is_shown(looked_at, store, runner):
    first, second = planned(store, looked_at), planned(store, looked_at, seed=1)
    ended(store, first)
    at = page("train", **{"page.jobs.arrived": first})
    assert at.session_state["train.tab"] == "runs" and any(one.key == f"train.rename.{first}" for one in at.text_input)
    runner.submit(second, "Train Moves", None)
    at = page("train", **{"page.jobs.arrived": second})
    assert at.session_state["train.tab"] == "new" and any(one.key == f"cancel.{second}" for one in at.button)


def test_the_dial_and_the_details_make_the_settings(looked_at, store):
    at = page("train")
    dial = next(one for one in at.segmented_control if one.label == "Network size")
    dial.select("large").run()
    next(one for one in at.selectbox if one.label == "Cell").select("lstm").run()
    next(one for one in at.number_input if one.label == "Units").set_value(48).run()
    next(one for one in at.toggle if one.label == "Bidirectional").set_value(False).run()
    button(at, "Train").click().run()
    (record,) = training.all_runs(store).values()
    expected = replace(training.DIALS["large"], cell="lstm", units=48, bidirectional=False)
    assert training.options_of(record.settings) == expected


def test_a_training_that_failed_says_why_and_can_go_on(looked_at, store, runner):
    at = page("train")
    button(at, "Train").click().run()
    (key,) = training.all_runs(store)
    runner.known[key] = replace(runner.known[key], state="failed", error="It died.", hint="Try again.")
    words = told(at.run())
    assert "It died" in words and "Try again" in words
    button(at, "Resume").click().run()
    assert runner.known[key].active and state.again(key) == "Resume", "the list of jobs says the same"
    runner.known[key] = replace(runner.known[key], state="cancelled")
    ended(store, key, state="stopped")
    assert "The best network so far was kept" in told(at.run())
    button(at, "Close").click().run()
    assert "The best network so far was kept" not in told(at)


def test_a_training_that_has_ended_is_told_with_what_is_simpler(looked_at, store, runner):
    at = page("train")
    button(at, "Train").click().run()
    (key,) = training.all_runs(store)
    runner.known[key] = replace(runner.known[key], state="done")
    ended(store, key)
    words = told(at.run())
    assert "88 %" in words and "linear probe, which ignores the order in time, reaches 80 %" in words
    assert "not reliable, n = 2 groups" in words and "Save as model" in words


def test_trainings_are_listed_compared_renamed_and_deleted(looked_at, store):
    first, second = planned(store, looked_at), planned(store, looked_at, seed=1)
    ended(store, first)
    ended(store, second, scores={"accuracy": 0.5, "macro_f1": 0.4})
    answered(store, looked_at, first), answered(store, looked_at, second)
    at = tab(page("train"), "runs")
    words = told(at)
    assert "First try" in words and "correctly classified" in words
    at.session_state["train.table.2"] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    at.run()
    assert "due to chance" in told(at)
    (differing,) = [table.value for table in at.dataframe if "Setting" in table.value]
    assert list(differing["Setting"]) == ["seed"]
    at.session_state["train.table.2"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    at.run()
    shown = list(training.all_runs(store))[1]
    next(one for one in at.text_input if one.key == f"train.rename.{shown}").input("Second try").run()
    button(at, "Rename").click().run()
    assert training.run_of(store, shown).name == "Second try"
    button(at, "Delete").click().run()
    assert len(training.all_runs(store)) == 1


def test_a_run_that_was_stopped_is_called_partial_everywhere_and_compared_on_common_clips(looked_at, store):
    whole, part = planned(store, looked_at), planned(store, looked_at, seed=1)
    ended(store, whole), answered(store, looked_at, whole)
    fold = FoldResult(("ann",), 12, 1.0, HISTORY, 6)
    ended(store, part, state="stopped", folds=(fold,), scores={"accuracy": 1.0}), answered(store, looked_at, part, 12)
    at = tab(page("train"), "runs")
    (runs,) = [table.value for table in at.dataframe if "State" in table.value]
    some = f"1 of 2 folds, 12 of {len(looked_at.items)} clips"
    assert sorted(runs["State"]) == ["done", f"stopped: {some}"]
    at.session_state["train.table.2"] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    words = told(at.run())
    assert "On the 12 clips tested by all" in words and some in words
    rows = list(training.all_runs(store))
    at.session_state["train.table.2"] = {"selection": {"rows": [rows.index(part)], "columns": [], "cells": []}}
    assert f"correctly classified in {some}." in told(at.run())


def test_runs_of_different_datasets_are_not_compared(looked_at, store):
    other = replace(looked_at, name="Other", items=looked_at.items[:-1])
    store.save_dataset(other, datasets.key(other))
    for each in (looked_at, other):
        key = planned(store, each)
        ended(store, key), answered(store, each, key)
    at = tab(page("train"), "runs")
    at.session_state["train.table.2"] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    assert "different datasets, so their scores cannot be compared" in told(at.run())


def test_clips_without_groups_and_duplicates_not_searched_for_are_named_with_the_button(looked_at, store, runner):
    split = datasets.grouped_folds(looked_at, Grouping(), count=2)
    store.save_split(split, datasets.split_key(split))
    at = page("train")
    words = told(at)
    assert "each clip is a group of its own" in words and "Near-duplicates have not been searched for" in words
    button(at, "Find near-duplicates").click().run()
    (job,) = runner.known.values()
    assert job.title == "Find near-duplicates" and job.active
    pair = Pair(split.fold(0).test[0], split.fold(0).train[0], 0.1, 0.1)
    key = importer.duplicates_key(datasets.key(looked_at))
    store.write(key, Duplicates(datasets.key(looked_at), (pair,), 1, 0), kind="duplicates")
    assert "1 pair of similar clips are in different parts" in told(at.run())


def test_a_training_that_did_not_end_can_be_gone_on_with_from_the_list(looked_at, store, runner):
    key = planned(store, looked_at)
    at = tab(page("train"), "runs")
    assert "is not complete yet" in told(at)
    button(at, "Resume this run").click().run()
    assert runner.known[key].active


def test_without_trainings_and_models_the_tabs_say_so(dataset):
    assert "No runs yet" in told(tab(page("train"), "runs"))
    assert "No models yet" in told(tab(page("train"), "models"))


def test_models_can_be_used_downloaded_deleted_and_bad_zips_are_refused(store, monkeypatch):
    card = ModelCard("walks", "My walks", CNN, 2, ("run", "walk"), scores={"clip accuracy": 0.9}, created="2026-01-01")
    monkeypatch.setattr(state, "own_models", lambda: {"walks": card})
    at = tab(page("train"), "models")
    words = told(at)
    assert "My walks" in words and "clip accuracy 90 %" in words
    assert {title: file.name for title, file in downloads_of(at).items()} == {"Download": "walks.zip"}
    at.file_uploader[0].upload("bad.zip", b"PK nothing", "application/zip").run()
    assert "bad.zip is not a readable zip file" in at.error[0].value.replace("\\", "")


def test_a_search_shows_its_trials_and_its_best_becomes_the_settings(looked_at, store, runner):
    at = page("train")
    button(at, "Start tuning").click().run()
    key, job = next(iter(runner.known.items()))
    assert job.title == "Tune hyperparameters for Moves"
    runner.known[key] = replace(job, state="done")
    drawn = {"backbone": CNN, "learning_rate": 0.004, "batch_size": 8, "cell": "lstm", "units": 32, "dropout": 0.2}
    store.write(key, (Trial(0, drawn, "done", 0.9, 0.3, 20, 2.0), Trial(1, drawn, "pruned", 0.5, 1.0)), kind="search")
    at.run()
    button(at, "Use trial 1, 90 % on validation groups").click().run()
    told(at)
    button(at, "Train").click().run()
    (record,) = training.all_runs(store).values()
    options = training.options_of(record.settings)
    assert (options.cell, options.units, options.learning_rate, options.batch_size) == ("lstm", 32, 0.004, 8)


def test_the_automatic_area_is_shown_with_what_it_was_chosen_by(dataset, store, runner):
    split = datasets.split_for(dataset)
    for place, item in enumerate(dataset.items):
        values = np.random.default_rng(place).normal(0, 0.1, (3, 4)).astype(np.float32)
        values[:, dataset.labels.index(item.label)] += 1
        key = predictions.features_key(item.video, training.view("middle", CNN), CNN, ENGINE)
        store.write(key, Features(np.arange(3.0), values, (0.0, 3.0)), kind="features")
        key = predictions.features_key(item.video, training.view("whole", CNN), CNN, ENGINE)
        store.write(key, Features(np.arange(3.0), np.zeros((3, 4), np.float32), (0.0, 3.0)), kind="features")
    assert "Compute features" in told(page("train"))
    experiments.choose(store, dataset, split, CNN, ENGINE)
    at = page("train")
    assert "The centre square of the picture: a linear probe reaches 100 %" in told(at)
    button(at, "Train").click().run()
    (record,) = training.all_runs(store).values()
    assert record.recipe == training.view("middle", CNN)


def test_a_set_that_cannot_be_split_says_so(store):
    lone = some_set()
    lone = replace(lone, items=lone.items[:1])
    store.save_dataset(lone, datasets.key(lone))
    at = page("train")
    assert at.error and not any(one.label == "Train" for one in at.button)
    told(at)


def test_settings_outlast_the_page_and_the_session_and_can_be_reset(looked_at, store):
    at = page("train")
    units = next(field for field in at.number_input if field.label == "Units")
    usual = units.value
    units.set_value(usual + 4).run()
    for again in (at.switch_page("../library.py").run().switch_page("../train.py").run(), page("train")):
        assert next(field for field in again.number_input if field.label == "Units").value == usual + 4
    button(again, "Reset these settings").click().run()
    assert next(field for field in again.number_input if field.label == "Units").value == usual
    assert not [one for one in again.button if one.label == "Reset these settings"]
    again.radio(key="train.view").set_value("middle").run()
    assert page("train").radio(key="train.view").value == "middle"


def test_a_set_with_one_class_is_refused_with_a_reason(store, dataset):
    walks = replace(dataset, labels=("walk",), items=tuple(item for item in dataset.items if item.label == "walk"))
    store.save_dataset(walks, datasets.key(walks))  # in the place of the set of that name
    words = told(page("train"))
    assert "a single class" in words and "Add clips of another class" in words
    assert "Compute features" not in words
    split = datasets.leave_one_group_out(walks, Grouping("clip"))
    with pytest.raises(NotEnoughExamples, match="nothing to tell apart"):
        training.plan(
            store, walks, split, backbone="i3d-kinetics400", engine="tensorflow-f32", recipe=Recipe(),
            options=training.Options(),
        )  # fmt: skip


def test_words_and_figures_hold_what_they_are_given(store, dataset):
    record = ended(store, planned(store, dataset))
    assert "88 %" in descriptions.headline(record) and "GRU, 64 units, bidirectional" in descriptions.facts(record)
    figure: Any = run_figures.beside(record, dark=False)
    assert list(figure.data[0].x) == pytest.approx([50.0, 80.0, 87.5])
    drawn: Any = run_figures.score(HISTORY, epochs=40, best=6, dark=True)
    assert [trace.name for trace in drawn.data] == ["training", "validation", "kept"]
    assert list(descriptions.folds(record.folds)["Epochs"]) == [7, 7]
    assert Path(record.dataset).name == "Moves"
