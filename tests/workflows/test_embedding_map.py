"""The map of a dataset's features: what lies near what, which class each point has, and how runs did there."""

from pathlib import Path

import numpy as np
import pytest

from core.base.errors import NotEnoughExamples
from core.domain import Dataset, EmbeddingMap, Features, HeldOut, Item, Recipe, Segment
from core.workflows import datasets, predictions
from core.workflows.experiments import embedding_map
from core.workspace.store import Store

CNN, ENGINE = "i3d-kinetics400", "tensorflow-f32"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def labelled(count: int) -> Dataset:
    """Clips of two classes in turn, in groups of two."""
    items = tuple(
        Item(f"{place:064x}", f"{place}.mp4", 3.0, label=("run", "walk")[place % 2], group=f"g{place // 2}")
        for place in range(count)
    )
    return Dataset("Moves", ("run", "walk"), items)


def keep(store: Store, dataset: Dataset) -> None:
    """Features of five steps that differ between the classes, and a little between clips."""
    rng = np.random.default_rng(0)
    for item in dataset.items:
        values = rng.normal(0, 0.2, (5, 6)).astype(np.float32) + 3.0 * dataset.labels.index(item.label)
        features = Features(np.arange(5) * 0.6 + 0.3, values, (0.0, 3.0))
        key = predictions.features_key(item.video, Recipe(), CNN, ENGINE)
        store.write(key, features, kind="features", video=item.video)


def made_map(store: Store, dataset: Dataset, method: str, *, over_time: bool = False) -> EmbeddingMap:
    key = embedding_map.map_key(datasets.key(dataset), Recipe(), CNN, ENGINE, method, over_time=over_time)
    embedding_map.make_map(store, dataset, key, Recipe(), CNN, ENGINE, method, over_time)
    return store.read(key, EmbeddingMap)


@pytest.mark.parametrize("method", embedding_map.METHODS)
def test_clips_of_a_class_lie_nearer_to_each_other_than_to_those_of_another(store, method):
    dataset = labelled(24)
    keep(store, dataset)
    made = made_map(store, dataset, method)
    assert made.items.tolist() == list(range(24)) and set(made.times_s) == {-1.0}
    middles = [made.points[side::2].mean(axis=0) for side in (0, 1)]
    spread = max(np.linalg.norm(made.points[side::2] - middles[side], axis=1).max() for side in (0, 1))
    assert np.linalg.norm(middles[0] - middles[1]) > spread
    assert len(made.explained) == (2 if method == "pca" else 0)
    assert embedding_map.agreement(made, embedding_map.classes(dataset, made), [f"g{n // 2}" for n in range(24)]) == 1.0


def test_the_same_features_give_the_same_map(store):
    dataset = labelled(12)
    keep(store, dataset)
    first, second = (made_map(store, dataset, "t-sne").points for _ in range(2))
    assert np.array_equal(first, second)


def test_points_may_be_steps_of_which_as_many_are_drawn_of_each_clip(store, monkeypatch):
    monkeypatch.setattr(embedding_map, "MOST_POINTS", 18)
    dataset = labelled(6)
    keep(store, dataset)
    made = made_map(store, dataset, "pca", over_time=True)
    assert np.bincount(made.items).tolist() == [3] * 6
    assert sorted(set(np.round(made.times_s, 6))) == [0.3, 1.5, 2.7]


def test_of_more_clips_than_points_some_are_drawn_evenly(store, monkeypatch):
    monkeypatch.setattr(embedding_map, "MOST_POINTS", 6)
    dataset = labelled(11)
    keep(store, dataset)
    made = made_map(store, dataset, "pca")
    assert made.items.tolist() == [0, 2, 4, 6, 8, 10] and made.clips == 11


def test_a_map_of_next_to_nothing_is_refused_with_the_numbers(store):
    dataset = labelled(4)
    keep(store, dataset)
    with pytest.raises(NotEnoughExamples, match=r"at least 5 points; the dataset gives 4"):
        made_map(store, dataset, "t-sne")


def test_the_neighbour_of_the_same_group_does_not_count():
    """Points on a line: each is nearest to one of its own group, and then to one of the other class."""
    neighbours = np.array([[1, 2], [0, 2], [3, 1], [2, 1]])
    made = EmbeddingMap(np.zeros((4, 2), np.float32), np.arange(4), np.full(4, -1.0), neighbours, (), 4)
    assert embedding_map.agreement(made, ("a", "a", "b", "b"), ("x", "x", "y", "y")) == 0.0
    assert embedding_map.agreement(made, ("a", "a", "b", "b"), ("x", "y", "x", "y")) == 1.0
    assert embedding_map.agreement(made, ("a", "a", "b", "b"), ("x", "x", "x", "x")) is None


def test_a_step_has_the_class_of_its_moment_and_a_clip_that_of_most_of_it():
    item = Item(
        "a" * 64, "long.mp4", 10.0, seen=((0.0, 10.0),), segments=(Segment(0.0, 6.0, "run"), Segment(6.0, 10.0, "walk"))
    )
    dataset = Dataset("Streams", ("run", "walk"), (item,))
    points = EmbeddingMap(
        np.zeros((3, 2), np.float32), np.zeros(3, np.int64), np.array([-1.0, 2.0, 8.0]), np.zeros((3, 0), int), (), 1
    )
    assert embedding_map.classes(dataset, points) == ("run", "run", "walk")


def test_points_show_whether_a_run_was_right_where_it_was_tested():
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]], np.float32)
    held_out = HeldOut(
        np.array([0, 2]), np.zeros(2, np.int64), np.array([0, 1, 3]), np.array([1.5, 0.5, 2.5]),
        np.array([0, 1, 0]), scores,
    )  # fmt: skip
    points = EmbeddingMap(
        np.zeros((4, 2), np.float32),
        np.array([0, 1, 2, 2]),
        np.array([-1.0, -1.0, 0.4, 2.6]),
        np.zeros((4, 0), int),
        (),
        3,
    )
    assert embedding_map.outcomes(points, held_out) == ("correct", "not tested", "correct", "incorrect")
