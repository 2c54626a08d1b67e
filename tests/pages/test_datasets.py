"""The Datasets page when it is empty, while a set is checked, with a set, and when a check has failed."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from core.domain import Dataset, Duplicates, Features, Finding, Item, Pair, Segment, Split
from core.stages.drawing import sample_dataset
from core.workflows import datasets, predictions, training
from core.workflows.datasets import importer
from core.workflows.experiments import embedding_map
from core.workspace.store import Store
from pages.ui import state
from pages.ui.datasets import import_panel
from tests.pages.test_pages import FakeRunner, button, page, runner, told, video_info

__all__ = ["runner"]
CNN = "i3d-kinetics400"


def some_set(name: str = "Moves", *, clips: int = 24, **changes) -> Dataset:
    """Two classes, three persons and as many clips of each as fit."""
    people = ("ann", "bob", "cy")
    items = tuple(
        Item(f"{place:064x}", f"{label}/{people[place // 2 % 3]}_{place}.mp4", 2.0 + place % 3, label=label)
        for place, label in zip(range(clips), ("walk", "run") * clips, strict=False)
    )
    return replace(Dataset(name, ("run", "walk"), items, source="folder /clips"), **changes)


@pytest.fixture
def store(runner: FakeRunner) -> Iterator[Store]:
    yield state.store()


def saved(store: Store, dataset: Dataset) -> str:
    key = datasets.key(dataset)
    store.save_dataset(dataset, key)
    return key


def view(at, name: str):
    return at.segmented_control[0].select(name).run()


def radio(at, label: str):
    return next(one for one in at.radio if label in one.label)


def frames_of(at):
    return [table.value for table in at.dataframe]


def test_clips_that_are_gone_are_told_and_can_be_left_out(store):
    dataset = some_set()
    for item in dataset.items[1:]:
        store.save_video(video_info(f"/clips/{item.path}", digest=item.video))
    saved(store, dataset)
    at = page("datasets")
    assert "1 clip of this dataset is no longer in the library: walk/ann_0.mp4" in told(at)
    button(at, "Leave out 1 missing clip").click().run()
    assert "no longer in the library" not in told(at)
    assert store.dataset("Moves").items == dataset.items[1:]
    for item in dataset.items[1:]:
        store.delete_video(item.video)
    at.run()
    words = told(at)
    assert "All clips of this dataset are no longer in the library" in words and "delete the dataset" in words
    assert not [one for one in at.button if one.label.startswith("Leave out")]


def test_without_a_set_the_page_says_what_to_do(store):
    words = told(page("datasets"))
    assert "No datasets yet" in words
    assert "Create the sample dataset" in words


def test_the_sample_set_is_made_by_a_job(store, runner):
    at = page("datasets")
    button(at, "Create the sample dataset").click().run()
    assert runner.known[importer.MADE_KEY].title == "Create the sample dataset"
    assert [len(sample_dataset.clips(groups=groups, takes=takes)) for groups, takes in import_panel.SIZES] == [144, 24]
    assert [words.split()[0] for words in import_panel.SIZES.values()] == ["144", "24"]
    words = told(at)
    assert any(one.label == "Cancel" for one in at.button)
    assert "No datasets yet" not in words


def test_a_path_is_checked_by_a_job_which_shows_how_far_it_is(store, runner, tmp_path):
    at = page("datasets")
    at.text_input[0].input(str(tmp_path / "moves")).run()
    button(at, "Check dataset").click().run()
    (job,) = runner.known.values()
    assert job.title == "Check moves"
    assert job.key == "import-" + importer.import_key(datasets.Source(str(tmp_path / "moves")))
    assert any(one.label == "Cancel" for one in at.button)
    assert not told(at).count("No datasets yet")


def test_an_upload_is_kept_aside_and_checked(store, runner):
    at = page("datasets")
    at.file_uploader[0].upload("moves.zip", b"PK", "application/zip").run()
    button(at, "Check dataset").click().run()
    (job,) = runner.known.values()
    assert job.title == "Check moves"
    assert [path.name for path in store.import_folder.rglob("*.zip")] == ["moves.zip"]


def test_nothing_given_is_told(store, runner):
    at = page("datasets")
    button(at, "Check dataset").click().run()
    assert "No file or path was given" in told(at)
    assert not runner.known


def test_each_layout_asks_for_what_it_needs(store, runner, tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("file,what,when\na.avi,walk,1\n")
    at = page("datasets")
    at.selectbox[0].select("csv").run()
    assert any("Between the labelled segments" in one.label for one in at.radio)
    at.text_input[0].input(str(table)).run()
    label = next(one for one in at.selectbox if one.label == "Label")
    assert label.options == ["file", "what", "when"]
    label.select("what")
    radio(at, "Between the labelled segments").set_value(True)
    button(at, "Check dataset").click().run()
    source = datasets.Source(str(table), form="csv", watched=True, columns=(("label", "what"),))
    assert list(runner.known) == ["import-" + importer.import_key(source)]
    at.selectbox[0].select("mstcn").run()
    assert {"Split number", "Frames per label"} <= {one.label for one in at.number_input}


def test_a_new_check_puts_away_how_the_last_ones_failed(store, runner, tmp_path):
    at = page("datasets")
    for number in (1, 2):
        at.text_input[0].input(str(tmp_path / str(number))).run()
        button(at, "Check dataset").click().run()
        key = list(runner.known)[-1]
        runner.known[key] = replace(runner.known[key], state="failed", error=f"failure {number}")
        at.run()
    assert "failure 2" in told(at) and "failure 1" not in told(at)


def test_a_set_that_is_tested_on_its_validation_clips_says_so(store):
    items = some_set(clips=12).items
    parted = tuple(
        replace(item, group=f"g{place}", split="train" if place < 8 else "val") for place, item in enumerate(items)
    )
    saved(store, some_set(items=parted))
    at = view(page("datasets"), "Groups and split")
    assert "scores are computed on the validation clips" in told(at)


def test_a_check_that_failed_says_why_and_can_be_closed(store, runner, tmp_path):
    at = page("datasets")
    at.text_input[0].input(str(tmp_path)).run()
    button(at, "Check dataset").click().run()
    (key,) = runner.known
    runner.known[key] = replace(runner.known[key], state="failed", error="expected 7 cells", hint="Mend line 3.")
    words = told(at.run())
    assert "expected 7 cells" in words
    assert "Mend line 3" in words
    button(at, "Close").click().run()
    assert "expected 7 cells" not in told(at)


def test_what_a_check_found_waits_for_a_word(store, monkeypatch):
    findings = (Finding("set.csv", 3, "a clip b.mp4", "no such file"), Finding("set.csv", 4, "x", "y", False))
    source = datasets.Source("/sets/moves")
    store.write(importer.import_key(source), some_set(findings=findings), kind="import")
    at = page("datasets")
    words = told(at)
    assert "24 clips in 2 classes can be used" in words
    assert "1 item would be skipped" in words
    (table,) = frames_of(at)
    assert table["Outcome"].tolist() == ["skipped", "imported anyway"]
    assert table["Line"].tolist() == ["3", "4"]
    assert store.datasets() == []
    button(at, "Import valid clips").click().run()
    assert "ann_0.mp4 was moved or deleted after it was checked" in told(at).replace("\\", "")
    monkeypatch.setattr(importer, "take_clips", lambda store, found: None)  # as if they were
    button(at, "Import valid clips").click().run()
    assert [entry.name for entry in store.datasets()] == ["Moves"]
    view(at, "Import report")
    assert frames_of(at)[0]["Location"].tolist() == ["set.csv", "set.csv"]


def test_a_check_can_be_forgotten_and_an_unusable_set_cannot_be_taken_in(store):
    source = datasets.Source("/sets/moves")
    store.write(importer.import_key(source), Dataset("Moves", (), ()), kind="import")
    at = page("datasets")
    assert button(at, "Import dataset").disabled
    button(at, "Discard").click().run()
    assert store.keys("import") == []


def test_a_name_that_is_taken_is_refused(store):
    saved(store, some_set())
    store.write(importer.import_key(datasets.Source("/x")), some_set(), kind="import")
    at = page("datasets")
    button(at, "Import dataset").click().run()
    assert "already a dataset named" in told(at)


def test_a_set_shows_its_classes_lengths_and_pictures(store):
    saved(store, some_set())
    at = page("datasets")
    words = told(at)
    assert [menu.value for menu in at.selectbox if menu.label == "Dataset"] == ["Moves"]
    assert words.count("Moves") == words.count("Delete the dataset **Moves**"), "named once, in the menu"
    for expected in (
        "24 clips",
        "2 classes",
        "All classes have the same number of examples",
        "From 2.0 s to 4.0 s",
    ):
        assert expected in words
    (pictures,) = [one.proto.body for one in at.get("html") if "<figure>" in one.proto.body]
    assert pictures.count("<figure>") == 12
    assert pictures.count(f"/thumbs/{1:064x}") == 1
    view(at, "Clips")
    (table,) = frames_of(at)
    assert len(table) == 24
    assert list(table.columns) == ["Clip", "Label", "Seconds"]
    view(at, "Import report")
    assert "No problems found" in told(at)


def test_a_class_is_shown_where_its_segments_are_and_not_at_the_start_of_its_clips(store):
    segments = (Segment(0.0, 2.0, "walk"), Segment(2.0, 5.0, "run"), Segment(5.0, 6.0, "walk"))
    items = (Item(f"{7:064x}", "ann.mp4", 6.0, segments=segments, seen=((0.0, 6.0),)),)
    saved(store, Dataset("Streams", ("run", "walk"), items))
    at = page("datasets")
    (pictures,) = [one.proto.body for one in at.get("html") if "<figure>" in one.proto.body]
    assert f"/moments/{7:064x}?t=3.50" in pictures, "the middle of the first run"


def test_groups_are_offered_and_the_split_is_kept(store):
    key = saved(store, some_set())
    at = view(page("datasets"), "Groups and split")
    assert radio(at, "Group by").options[0].startswith("File name up to the first _ · 3 groups")
    assert "ann, bob and cy" in told(at)
    at.selectbox(key="sets.method").select("leave one group out").run()
    assert frames_of(at)[1]["Test groups"].tolist() == ["ann", "bob", "cy"]
    button(at, "Use this split").click().run()
    assert "This is the current split of the dataset" in at.success[0].value
    (kept,) = store.split_keys(key)
    assert store.read(kept, Split).grouping.pattern == "^(?P<group>[^_]+)_"


def test_a_pattern_of_ones_own_is_tried_and_told_if_it_fits_no_clip(store):
    saved(store, some_set())
    at = view(page("datasets"), "Groups and split")
    radio(at, "Group by").set_value("Custom pattern").run()
    for pattern, expected in (("(", "not a valid regular expression"), ("^zed_", "24 of 24 clips have no group")):
        at.text_input(key=at.text_input[1].key).input(pattern).run()
        assert expected in told(at).replace("\\", "")


def test_too_many_folds_are_told(store):
    saved(store, some_set())
    at = view(page("datasets"), "Groups and split")
    folds = at.number_input(key="sets.folds.3")
    assert folds.value == 3, "no more than there are groups"
    folds.set_value(7).run()
    assert "3 groups cannot be divided into 7 folds" in told(at)


def test_near_duplicates_are_looked_for_joined_and_no_longer_leak(store, runner):
    key = saved(store, some_set())
    at = view(page("datasets"), "Near-duplicates")
    button(at, "Find near-duplicates").click().run()
    assert list(runner.known) == [importer.duplicates_key(key)]
    runner.known.clear()
    found = Duplicates(key, (Pair(0, 2, 0.02, 0.05),), 1)  # of ann and of bob
    store.write(importer.duplicates_key(key), found, kind="duplicates")
    view(at.run(), "Groups and split")
    at.selectbox(key="sets.method").select("leave one group out").run()
    assert "1 pair of similar clips are in different parts of a fold" in told(at)
    assert button(at, "Use this split").disabled
    view(at, "Near-duplicates")
    assert "Picture similarity: 98 %" in told(at)
    at.toggle[0].set_value(True).run()
    view(at, "Groups and split")
    at.selectbox(key="sets.method").select("leave one group out").run()
    words = told(at)
    assert "are in different parts" not in words
    assert not button(at, "Use this split").disabled


def test_deleting_a_set_keeps_its_clips(store):
    saved(store, some_set())
    at = page("datasets")
    button(at, "Delete").click().run()
    assert store.datasets() == []
    assert "No datasets yet" in told(at)


def test_a_set_that_is_damaged_says_so(store):
    saved(store, some_set())
    (entry,) = store.datasets()
    (store.workspace / "results" / entry.body / "value.json").write_text("{}")
    assert "damaged" in told(page("datasets"))


def test_the_folds_of_many_clips_are_drawn_once(store, monkeypatch):
    items = tuple(
        Item(f"{place:064x}", f"c{place % 20}/p{place // 20:02}_{place}.mp4", 2.0, label=f"c{place % 20:02}")
        for place in range(1000)
    )
    saved(store, Dataset("Many", tuple(f"c{number:02}" for number in range(20)), items))
    drawn, draw = [], datasets.draw_split
    monkeypatch.setattr(datasets, "draw_split", lambda *told, **more: drawn.append(told) or draw(*told, **more))
    at = view(page("datasets"), "Groups and split")
    assert len(drawn) == 1
    told(at.run())
    assert len(drawn) == 1


def test_the_embedding_map_says_how_far_classes_are_told_apart_and_offers_its_colours(store, runner):
    dataset = some_set(clips=12)
    saved(store, dataset)
    for place, item in enumerate(dataset.items):
        values = np.random.default_rng(place).normal(0, 0.1, (3, 4)).astype(np.float32)
        values[:, dataset.labels.index(item.label)] += 1
        key = predictions.features_key(item.video, training.view("whole", CNN), CNN, "tensorflow-f32")
        store.write(key, Features(np.arange(3.0), values, (0.0, 3.0)), kind="features", video=item.video)
    at = view(page("datasets"), "Embedding map")
    (job,) = runner.known.values()  # features are there: it begins by itself
    task = {"method": "t-sne", "over_time": False}
    assert job.key == embedding_map.map_key(
        datasets.key(dataset), training.view("whole", CNN), CNN, "tensorflow-f32", **task
    )
    embedding_map.make_map(store, dataset, job.key, training.view("whole", CNN), CNN, "tensorflow-f32", "t-sne", False)
    runner.known.clear()
    at = view(page("datasets"), "Embedding map")
    assert "**100 %** of the clips" in told(at) and "No clips selected" in told(at)
    (menu,) = (one for one in at.selectbox if one.label == "Colour")
    assert menu.options == ["Class", "Group", "Test fold"]
    menu.select("Test fold").run()
    assert not at.exception


def test_the_map_of_a_dataset_without_features_waits_for_a_press(store, runner):
    saved(store, some_set(clips=12))
    at = view(page("datasets"), "Embedding map")
    assert not runner.known and "Missing features are computed first" in told(at)
    assert not button(at, "Create the map").disabled
