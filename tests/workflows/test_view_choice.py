"""The choice of a view: by what training groups show, never by what is tested, and stored under its own key."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.domain import Dataset, Features, Grouping, Item, VideoInfo
from core.workflows import datasets, experiments, predictions, training
from core.workspace.store import Store
from tests.pages.test_pages import video_info

CNN, ENGINE = "i3d-kinetics400", "tensorflow-f32"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def made_set(store: Store, **size_px: int) -> Dataset:
    """Two classes, six groups of four clips."""
    items = tuple(
        Item(f"{place:064x}", f"{label}/{place}.mp4", 3.0, label=label, group=f"g{place // 4}")
        for place, label in enumerate(("run", "walk") * 12)
    )
    for item in items:
        info: VideoInfo = replace(video_info(f"/clips/{item.path}", digest=item.video), **size_px)
        store.save_video(info)
    dataset = Dataset("Moves", ("run", "walk"), items)
    store.save_dataset(dataset, datasets.key(dataset))
    return dataset


def keep_features(store: Store, dataset: Dataset, view: str, separates: set[str]) -> None:
    """Features in which classes differ where a clip's group is among `separates`."""
    rng = np.random.default_rng(len(view))
    for item in dataset.items:
        values = rng.normal(0, 0.3, (6, 3)).astype(np.float32)
        values[:, dataset.labels.index(item.label)] += 2.0 * (item.group in separates)
        key = predictions.features_key(item.video, training.view(view, CNN), CNN, ENGINE)
        store.write(key, Features(np.arange(6.0), values, (0.0, 3.0)), kind="features", video=item.video)


GROUPS = {f"g{number}" for number in range(6)}


def test_the_view_is_chosen_in_which_training_groups_are_told_apart(store):
    dataset = made_set(store)
    keep_features(store, dataset, "whole", separates=set())
    keep_features(store, dataset, "middle", separates=GROUPS)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=3)
    choice = experiments.choose(store, dataset, split, CNN, ENGINE)
    assert choice.view == "middle" and choice.views == ("whole", "middle")
    assert choice.accuracies[1] > 0.9 > 0.8 > choice.accuracies[0]
    assert choice.clips == 16
    assert experiments.chosen(store, experiments.choice_key(datasets.key(dataset), split, CNN, ENGINE)) == choice


def test_clips_of_the_tested_groups_do_not_change_the_choice(store):
    dataset = made_set(store)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=3)
    tested = set(split.fold(0).groups)
    keep_features(store, dataset, "whole", separates=GROUPS - tested)
    keep_features(store, dataset, "middle", separates=tested)  # perfect where nobody may look
    assert experiments.choose(store, dataset, split, CNN, ENGINE).view == "whole"


def test_nothing_is_compared_where_all_clips_are_square(store):
    dataset = made_set(store, width_px=240, height_px=240)
    keep_features(store, dataset, "whole", separates=GROUPS)  # of the other view there is none
    split = datasets.grouped_folds(dataset, Grouping("column"), count=3)
    choice = experiments.choose(store, dataset, split, CNN, ENGINE)
    assert (choice.view, choice.views, choice.accuracies) == ("whole", ("whole",), ())


def test_clips_that_are_not_lightened_have_a_choice_of_their_own(store):
    dataset = made_set(store)
    for view in experiments.UNLIGHTENED:
        keep_features(store, dataset, view, separates=GROUPS if view == "middle-plain" else set())
    split = datasets.grouped_folds(dataset, Grouping("column"), count=3)
    choice = experiments.choose(store, dataset, split, CNN, ENGINE, experiments.UNLIGHTENED)
    key = datasets.key(dataset)
    assert choice.view == "middle-plain"
    assert experiments.chosen(store, experiments.choice_key(key, split, CNN, ENGINE)) is None


def test_equal_views_leave_the_whole_picture(store):
    dataset = made_set(store)
    for view in experiments.LIGHTENED:
        for item in dataset.items:
            key = predictions.features_key(item.video, training.view(view, CNN), CNN, ENGINE)
            values = np.full((6, 8), dataset.labels.index(item.label), np.float32)
            store.write(key, Features(np.arange(6.0), values, (0.0, 3.0)), kind="features", video=item.video)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=3)
    assert experiments.choose(store, dataset, split, CNN, ENGINE).view == "whole"
