"""Versions of datasets: clips with other labels or without some, what goes along, and what stays as it was."""

from dataclasses import replace

import numpy as np
import pytest

from core.base.errors import AnalysisError, NotEnoughExamples
from core.cli import training as cli_training
from core.domain import TEST, Dataset, Duplicates, Grouping, Item, LabelChange, Pair, Segment, Split
from core.workflows import dataset_versions, datasets
from core.workflows.datasets import importer, library
from core.workspace.store import Store

PEOPLE = ("ann", "bob", "cy", "dee")


def moves() -> Dataset:
    """Sixteen clips of two classes and four persons, and one of a class of its own."""
    labels = ("jump", "run")
    items = [
        Item(f"{index:064x}", f"{PEOPLE[index // 2 % 4]}_{index}.mp4", 2.0, label=labels[index % 2],
             group=PEOPLE[index // 2 % 4])
        for index in range(16)
    ]  # fmt: skip
    items.append(Item("f" * 64, "dee_odd.mp4", 2.0, label="hop", group="dee"))
    return Dataset("Moves", ("jump", "run", "hop"), tuple(items), source="folder /clips")


@pytest.fixture
def dataset(store: Store) -> Dataset:
    dataset = moves()
    store.save_dataset(dataset, datasets.key(dataset))
    return dataset


def relabelled(item: Item, label: str) -> LabelChange:
    return LabelChange(item.video, item.path, item.label, label)


def excluded(item: Item) -> LabelChange:
    return LabelChange(item.video, item.path, item.label)


def test_a_version_stands_beside_the_set_that_it_was_made_from(store: Store, dataset: Dataset):
    changes = (relabelled(dataset.items[0], " run "), excluded(dataset.items[3]))
    version = dataset_versions.save_version(store, "Moves", changes, note=" Two to check ", author="Ann")
    assert (version.name, version.of, version.number, version.before) == ("Moves, version 2", "Moves", 2, "Moves")
    assert (version.note, version.author) == ("Two to check", "Ann")
    assert version.changes == (relabelled(dataset.items[0], "run"), excluded(dataset.items[3]))
    assert store.dataset_versions() == {"Moves, version 2": version}
    after = store.dataset("Moves, version 2")
    assert after.items[0].label == "run" and dataset.items[3] not in after.items and len(after.items) == 16
    assert store.dataset("Moves") == dataset
    newest, oldest = store.datasets()
    assert (newest.name, newest.key) == ("Moves, version 2", datasets.key(after))
    assert (oldest.name, oldest.key) == ("Moves", datasets.key(dataset))
    assert dataset_versions.family(store, "Moves") == ("Moves, version 2", "Moves")
    assert dataset_versions.titles(store) == {"Moves": "Moves, version 1", "Moves, version 2": "Moves, version 2"}


def test_versions_are_counted_and_no_number_is_given_twice(store: Store, dataset: Dataset):
    first = dataset_versions.save_version(store, "Moves", [excluded(dataset.items[0])])
    second = dataset_versions.save_version(store, first.name, [excluded(dataset.items[1])])
    assert (second.name, second.before, len(store.dataset(second.name).items)) == ("Moves, version 3", first.name, 15)
    store.delete_dataset(second.name)
    assert list(store.dataset_versions()) == [first.name]
    branch = dataset_versions.save_version(store, "Moves", [excluded(dataset.items[2])])
    assert (branch.name, branch.before) == ("Moves, version 4", "Moves")
    for name in ("Moves", first.name, branch.name):
        store.delete_dataset(name)
    store.save_dataset(dataset, datasets.key(dataset))
    assert dataset_versions.save_version(store, "Moves", [excluded(dataset.items[2])]).number == 2


def test_a_set_that_has_the_name_of_a_version_is_not_replaced(store: Store, dataset: Dataset):
    other = replace(dataset, name="Moves, version 2", items=dataset.items[:4], labels=("jump", "run"))
    store.save_dataset(other, datasets.key(other))
    assert dataset_versions.save_version(store, "Moves", [excluded(dataset.items[0])]).name == "Moves, version 3"
    assert store.dataset("Moves, version 2") == other
    assert dataset_versions.base_name(store, "Moves, version 2") == "Moves, version 2"


def test_classes_follow_the_labels_of_the_clips(dataset: Dataset):
    after, _ = dataset_versions.changed(dataset, [relabelled(dataset.items[16], "skip")])
    assert after.labels == ("jump", "run", "skip")
    after, _ = dataset_versions.changed(dataset, [excluded(dataset.items[16])])
    assert after.labels == ("jump", "run")


def test_the_same_bytes_under_two_names_get_the_same_label(dataset: Dataset):
    twin = replace(dataset.items[0], path="copy.mp4")
    twice = replace(dataset, items=(*dataset.items, twin))
    after, made = dataset_versions.changed(twice, [relabelled(twin, "run")])
    assert (after.items[0].label, after.items[-1].label) == ("run", "run")
    assert {change.path for change in made} == {twin.path, dataset.items[0].path}
    after, _ = dataset_versions.changed(twice, [excluded(twin)])
    assert after.items == dataset.items, "a copy can be excluded alone"


def test_changes_that_do_not_fit_are_refused(store: Store, dataset: Dataset):
    first = dataset.items[0]
    for changes, words in (
        ([], "Nothing would change"),
        ([relabelled(first, "jump")], "Nothing would change"),
        ([LabelChange(first.video, first.path, "run", "hop")], "is not in the dataset with the label 'run'"),
        ([LabelChange("e" * 64, "gone.mp4", "run")], "gone.mp4 is not in the dataset"),
        ([relabelled(first, "x" * 200)], "is too long"),
    ):
        with pytest.raises(AnalysisError, match=words):
            dataset_versions.save_version(store, "Moves", changes)
    with pytest.raises(NotEnoughExamples, match="No clip would be left"):
        dataset_versions.save_version(store, "Moves", [excluded(item) for item in dataset.items])
    assert len(store.datasets()) == 1 and not store.dataset_versions()


def test_a_clip_labelled_by_segments_can_only_be_excluded():
    items = tuple(
        Item(f"{index:064x}", f"{index}.mp4", 2.0, segments=(Segment(0.0, 1.0, "run"),), seen=((0.0, 2.0),))
        for index in range(2)
    )
    timed = Dataset("Timed", ("nothing", "run"), items, background="nothing")
    after, made = dataset_versions.changed(timed, [LabelChange(items[0].video, "0.mp4", "")])
    assert after.items == items[1:] and after.labels == ("nothing", "run") and made[0].label == ""
    with pytest.raises(AnalysisError, match="labelled by segments") as caught:
        dataset_versions.changed(timed, [LabelChange(items[0].video, "0.mp4", "", "run")])
    assert "Label page" in caught.value.hint


def test_splits_and_near_duplicates_go_along(store: Store, dataset: Dataset):
    split = datasets.draw_split(dataset, Grouping("column"), "folds", count=4, joins=((0, 1), (4, 5)))
    older = datasets.draw_split(dataset, Grouping("column"), "folds", count=2)
    for drawn in (older, split):
        store.save_split(drawn, datasets.split_key(drawn))
    pairs = (Pair(0, 8, 0.1, 0.1), Pair(4, 12, 0.1, 0.1))
    key = datasets.key(dataset)
    store.write(importer.duplicates_key(key), Duplicates(key, pairs, 2, 1), kind="duplicates")
    changes = (excluded(dataset.items[0]), relabelled(dataset.items[4], "hop"))
    version = dataset_versions.save_version(store, "Moves", changes)
    after = store.dataset(version.name)
    carried, second = (store.read(text, Split) for text in store.split_keys(datasets.key(after)))
    assert (len(carried.parts), len(second.parts)) == (4, 2), "the latest stays the latest"
    assert (carried.parts == split.parts[:, 1:]).all() and carried.groups == split.groups[1:]
    assert carried.joins == ((3, 4),) and carried.grouping == split.grouping and carried.seed == split.seed
    assert carried.dataset == datasets.key(after)
    looked = importer.duplicates(store, datasets.key(after))
    assert looked is not None and [(pair.first, pair.second) for pair in looked.pairs] == [(3, 11)] and looked.left == 1
    assert len(store.split_keys(key)) == 2, "the set before keeps its own"


def test_folds_without_a_clip_to_test_are_dropped():
    parts = np.array([[TEST, 1, 1], [1, TEST, 1], [1, 1, TEST]], np.uint8)
    split = Split("a" * 8, "folds", Grouping(), ("a", "b", "c"), parts)
    carried = dataset_versions.carried_split(split, (-1, 0, 1), "b" * 8)
    assert carried is not None and carried.parts.tolist() == [[TEST, 1], [1, TEST]]
    assert dataset_versions.carried_split(split, (-1, -1, 0), "b" * 8) is None


def test_a_version_is_named_and_split_at_the_command_line(store: Store, dataset: Dataset):
    split = datasets.draw_split(dataset, Grouping("clip"), "folds", count=3, seed=5)
    store.save_split(split, datasets.split_key(split))
    version = dataset_versions.save_version(store, "Moves", [excluded(dataset.items[0])])
    after = library.stored_set(store, version.name, lambda *_: None)
    assert len(after.items) == 16
    assert library.stored_set(store, "Moves, version 1", lambda *_: None) == dataset
    assert (cli_training.split_for(store, after, "", "", "").parts == split.parts[:, 1:]).all()
    assert cli_training.split_for(store, after, "column", "2", "").parts.shape == (2, 16), (
        "another one where it is asked"
    )
