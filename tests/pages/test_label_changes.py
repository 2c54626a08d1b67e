"""Labels corrected from Evaluate: chosen in the dialog, collected, undone, saved as a version, and compared."""

import pytest

from core.domain import LabelChange, Split
from core.workflows import dataset_versions, datasets, evaluation, training
from core.workspace.store import Store
from tests.pages.test_evaluate import (
    answered,
    chosen,
    clip_answers,
    key,
    over_time_set,
    run,
    some_set,
    step_answers,
    store,
    trained,
    view,
)
from tests.pages.test_pages import button, give, page, runner, told, video_info

__all__ = ["key", "run", "runner", "store"]

SUREST = {"page.evaluate.watched": ("mistakes", 0)}  # the most confident error: clip 16


def watched(store: Store, number: int = 16):
    """Evaluate with all errors listed and the dialog open on the most confident one."""
    store.save_video(video_info("/clips/run.mp4", digest=f"{number:064x}"))
    at = view(page("evaluate"), "errors")
    give(at, **SUREST)
    return at.run()


def test_a_label_chosen_in_the_dialog_is_collected_and_saved_as_a_version(store, key):
    at = chosen(watched(store), "Label").select("jump").run()
    assert "1 change to Moves, not saved yet" in told(at)
    button(at, "Exclude").click().run()
    assert "**excluded**" in told(at)
    button(at, "Include again").click().run()
    assert "not saved yet" not in told(at)
    chosen(at, "Label").select("jump").run()
    give(at, **{"page.evaluate.watched": ("", 0)})
    at.run()
    words = told(at)
    assert "**1 change** to Moves, not saved yet" in words and "**run → jump**" in words
    next(area for area in at.text_area if area.label == "Note").input("checked twice").run()
    next(field for field in at.text_input if field.label == "Your name").input("Ann").run()
    button(at, "Save version").click().run()
    version = store.dataset_versions()["Moves, version 2"]
    assert (version.note, version.author) == ("checked twice", "Ann")
    item = some_set().items[16]
    assert version.changes == (LabelChange(item.video, item.path, "run", "jump"),)
    assert store.dataset("Moves, version 2").items[16].label == "jump" and store.dataset("Moves") == some_set()
    assert any("Moves, version 2" in message.value for message in at.success)
    assert "not saved yet" not in told(at)


def test_changes_outlast_another_page_and_are_undone(store, key):
    at = chosen(watched(store), "Label").select("jump").run()
    give(at, **{"page.evaluate.watched": ("", 0)})
    at.switch_page("../train.py").run()
    at.switch_page("../evaluate.py").run()
    assert "**1 change** to Moves, not saved yet" in told(at)
    button(at, "Undo").click().run()
    assert "not saved yet" not in told(at) and not store.dataset_versions()


def test_tags_are_written_at_once(store, key):
    at = watched(store)
    chosen(at, "Tags").set_value(["to check"]).run()
    assert store.tags() == {f"{16:064x}": ("to check",)} and not store.dataset_versions()
    chosen(at, "Tags").set_value([]).run()
    assert not store.tags() and "not saved yet" not in told(at)


def test_several_clips_of_a_list_are_excluded_at_once(store, key):
    at = view(page("evaluate"), "errors")
    at.session_state["changes.several.mistakes"] = True
    at.run()
    chosen(at, "Clips").set_value([0, 1]).run()
    button(at, "Exclude").click().run()
    assert "2 changes to Moves, not saved yet" in told(at)
    assert len([text for text in at.markdown if "**excluded**" in text.value]) == 2


def test_a_clip_labelled_over_time_can_be_excluded_and_is_labelled_elsewhere(store):
    dataset = over_time_set()
    store.save_dataset(dataset, datasets.key(dataset))
    answered(store, trained(store, dataset, step_answers(dataset)))
    at = watched(store, 3)
    assert "Labels over time are corrected on the Label page" in told(at)
    assert not [box for box in at.selectbox if box.label == "Label"]
    button(at, "Exclude").click().run()
    assert "1 change to Moves, not saved yet" in told(at)


@pytest.fixture
def second(store: Store, run: str) -> str:
    """A run on a second version of the dataset, in which a clip has another label."""
    item = some_set().items[16]
    dataset_versions.save_version(store, "Moves", [LabelChange(item.video, item.path, "run", "jump")], note="mended")
    after = store.dataset("Moves, version 2")
    return trained(store, after, clip_answers(after, {1: 2}), seed=3)


def test_runs_on_two_versions_are_compared_on_clips_of_the_same_label(store, run, second):
    first = answered(store, run)
    question = evaluation.EvaluationQuestion("Moves, version 2", "run", second)
    evaluation.evaluate(store, question)
    other = evaluation.question_key(store, question)
    at = page("evaluate", **{"page.sets.name": "Moves", "page.evaluate.view": "compare"})
    pick = chosen(at, "Dataset")
    assert pick.options == ["Moves, version 2", "Moves, version 1"] and pick.value == "Moves"
    assert "Moves, version 1" in told(at), "the result names its version"
    assert ", on Moves, version 2" in chosen(at, "Compare with").options[0]
    evaluation.compare(store, first, other)
    words = told(at.run())
    assert "First: Try 1, on held-out clips (Moves, version 1)" in words
    assert "Second: Try 4, on held-out clips (Moves, version 2)" in words
    assert "on the 23 clips in both test sets" in words
    assert "Left out: 1 clip has a different label in the other dataset" in words
    assert "The first was evaluated on Moves, the second on Moves, version 2" in words
    assert "different folds" not in words


def test_datasets_tells_what_a_version_changed(store, second):
    at = page("datasets", **{"page.sets.name": "Moves, version 2"})
    chosen(at, "View").select("Versions").run()
    words = told(at)
    assert "Moves, version 2" in words and "Moves, version 1" in words and "1 relabelled" in words and "mended" in words
    (table,) = [frame.value for frame in at.dataframe if "Label before" in frame.value]
    assert table.iloc[0].tolist() == [some_set().items[16].path, "run", "jump"]


def test_the_split_of_a_run_goes_along(store, run, second):
    key = datasets.key(store.dataset("Moves, version 2"))
    (kept,) = store.split_keys(key)
    before = training.split_of(store, training.run_of(store, run).split)
    assert (store.read(kept, Split).parts == before.parts).all()
