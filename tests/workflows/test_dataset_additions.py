"""Clips of the library that are added to a dataset: their labels and subjects, and those that are left out."""

import pytest

from core.base.errors import AnalysisError
from core.domain import Dataset, Grouping, Item
from core.workflows import datasets
from core.workflows.datasets import library
from core.workflows.datasets.library import LabelColumns
from core.workspace.store import Store
from tests.pages.test_pages import video_info

BY_COLUMN = LabelColumns(column="behaviour", subject="animal")


def digest(number: int) -> str:
    return f"{number:064x}"


@pytest.fixture
def digests(store: Store) -> list[str]:
    """Five clips; the fourth has no label, the fifth no subject."""
    rows = ["walk anna", "run ben", "walk cleo", " dora", "run "]
    for number, row in enumerate(rows):
        label, subject = row.split(" ")
        store.save_video(video_info(f"/study/day {number % 2}/{number}.mp4", digest=digest(number), duration_s=2.0))
        store.keep_metadata({digest(number): {"behaviour": label, "animal": subject}})
    return [digest(number) for number in range(len(rows))]


def test_a_new_dataset_takes_labels_and_subjects_from_columns_and_one_odd_row_costs_no_other(
    store: Store, digests: list[str]
):
    added = library.add_clips(store, " my  walks ", [*digests, digest(99), digests[0]], BY_COLUMN)
    assert dict(added.left_out) == {
        "3.mp4": "Its cell in the column behaviour is empty, so it has no label.",
        "4.mp4": "Its cell in the column animal is empty, so it has no subject.",
        digest(99)[:12]: "It was deleted.",
    }
    dataset = store.dataset("my walks")
    assert dataset.labels == ("run", "walk") and dataset.items == added.items
    assert [(item.path, item.label, item.subject) for item in dataset.items] == [
        ("day 0/0.mp4", "walk", "anna"),
        ("day 1/1.mp4", "run", "ben"),
        ("day 0/2.mp4", "walk", "cleo"),
    ]
    assert datasets.groups_from(dataset, Grouping("subject")) == ("anna", "ben", "cleo")


def test_clips_are_added_to_a_dataset_with_one_label_for_all_and_its_split_is_drawn_again(
    store: Store, digests: list[str]
):
    items = tuple(
        Item(f"{number:064d}", f"{number}.mp4", 1.0, label=["walk", "run"][number % 2]) for number in (7, 8, 9)
    )
    before = Dataset("walks", ("run", "walk"), (*items, Item(digests[0], "a.mp4", 2.0, label="walk")))
    store.save_dataset(before, datasets.key(before))
    split = datasets.draw_split(before, Grouping("clip"), "folds", count=2)
    store.save_split(split, datasets.split_key(split))
    added = library.add_clips(store, "walks", digests, LabelColumns(label=" swim "))
    assert added.left_out == (("0.mp4", "It is in the dataset already, with walk."),)
    after = store.dataset("walks")
    assert after.labels == ("run", "walk", "swim") and after.items == (*before.items, *added.items)
    assert {item.label for item in added.items} == {"swim"}
    (kept,) = store.split_keys(datasets.key(after))
    assert store.read(kept, type(split)).parts.shape[1] == len(after.items)


@pytest.mark.parametrize(
    ("name", "columns", "message"),
    [
        (" ", BY_COLUMN, "The dataset has no name."),
        ("walks", LabelColumns(label="  "), "The clips have no label."),
        ("walks", LabelColumns(column="colour"), "No clip can be added to walks."),
    ],
)
def test_what_cannot_be_added_is_refused_in_words_and_nothing_is_kept(
    store: Store, digests: list[str], name: str, columns: LabelColumns, message: str
):
    with pytest.raises(AnalysisError) as caught:
        library.add_clips(store, name, digests, columns)
    assert str(caught.value) == message and caught.value.hint
    assert store.datasets() == []
