"""The made labelled set: what parts its pairs is order alone, and order parts them."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from core.domain import Grouping
from core.stages.drawing import sample_dataset
from core.workflows import datasets
from core.workflows.datasets import importer, library
from core.workspace.store import Store


def images(clip: sample_dataset.MadeClip) -> np.ndarray:
    return np.stack([frame.image for frame in sample_dataset.frames(clip)])


@pytest.fixture(scope="module")
def small() -> dict[sample_dataset.MadeClip, np.ndarray]:
    """A small set, each frame as the light of each hue in it: like a pooled CNN, it tells no places."""
    clips = sample_dataset.clips(groups=8)
    return {clip: np.stack([colours(image) for image in images(clip)[::4]]) for clip in clips}


def colours(image: np.ndarray) -> np.ndarray:
    """How much light of each of 16 hues there is, and how much in all: no places, no patterns. (17,)"""
    hue, saturation, value = np.moveaxis(cv2.cvtColor(np.float32(image / 255), cv2.COLOR_RGB2HSV), 2, 0)
    light = saturation * value**2
    shares = np.bincount((hue / 22.5).astype(int).ravel() % 16, light.ravel(), minlength=16)
    return np.append(shares, value.sum()) / light.size


def truth(clips) -> np.ndarray:
    return np.array([sample_dataset.LABELS.index(clip.label) for clip in clips])


def test_the_set_is_balanced_and_in_pairs():
    clips = sample_dataset.clips()
    assert len(sample_dataset.LABELS) == 6
    assert len(clips) == 6 * sample_dataset.GROUPS * sample_dataset.TAKES == len({clip.path for clip in clips})
    assert len({clip.group for clip in clips}) == sample_dataset.GROUPS


def test_each_pattern_of_the_wall_covers_a_quarter_of_it(monkeypatch):
    """Clockwise from the upper left; here each pattern is one flat colour."""
    flat = (np.zeros((sample_dataset.HEIGHT_PX, sample_dataset.WIDTH_PX), np.float32) for _ in range(4))
    tones = iter([0.0, 1000.0, 2000.0, 3000.0])
    monkeypatch.setattr(sample_dataset, "_patterns", lambda _scene: flat)
    monkeypatch.setattr(sample_dataset, "_colours", lambda _scene, _hue: (np.full(3, next(tones)),) * 2)
    wall = np.rint(sample_dataset._backdrop(np.random.default_rng(0))[..., 0] / 1000)
    half_height, half_width = sample_dataset.HEIGHT_PX // 2, sample_dataset.WIDTH_PX // 2
    expected = np.repeat(np.repeat([[0, 1], [3, 2]], half_height, axis=0), half_width, axis=1)
    assert np.array_equal(wall, expected)


@pytest.mark.parametrize("pair", sample_dataset.PAIRS)
def test_each_clip_has_a_twin_that_is_the_same_backwards(pair):
    first, second = (images(sample_dataset.MadeClip(label, "g03", 1, 0)) for label in pair)
    assert first.shape == (sample_dataset.FRAMES, sample_dataset.HEIGHT_PX, sample_dataset.WIDTH_PX, 3)
    assert np.array_equal(first, second[::-1])
    assert not np.array_equal(first, second)


def test_clips_are_the_same_on_each_run_and_differ_from_each_other():
    one = sample_dataset.MadeClip("grow", "g01", 1, 0)
    assert np.array_equal(images(one), images(one))
    others = [("grow", "g01", 2, 0), ("grow", "g02", 1, 0), ("grow", "g01", 1, 1)]
    assert not any(np.array_equal(images(one), images(sample_dataset.MadeClip(*other))) for other in others)


def test_things_move_the_way_their_label_says():
    """Told by the lit part of the picture alone: its middle, its size, its angle."""
    down, across = np.mgrid[0 : sample_dataset.HEIGHT_PX, 0 : sample_dataset.WIDTH_PX]
    for group in ("g01", "g02", "g05"):
        lit = {
            label: lit_parts(images(sample_dataset.MadeClip(label, group, 1, 0)))
            for label in sample_dataset.LABELS[::2]
        }
        middles = [float((across * part).sum() / part.sum()) for part in lit["left to right"]]
        assert middles[-1] > middles[0] + 0.3 * sample_dataset.WIDTH_PX
        sizes = [float(part.sum()) for part in lit["grow"]]
        assert sizes[-1] > 3 * sizes[0]
        x, y = across - sample_dataset.WIDTH_PX / 2, down - sample_dataset.HEIGHT_PX / 2
        angles = np.unwrap([np.arctan2((y * part).sum(), (x * part).sum()) for part in lit["clockwise"]])
        assert angles[-1] - angles[0] > 1.4 * np.pi  # y runs down


def lit_parts(pictures: np.ndarray) -> np.ndarray:
    """What is brighter than usual for its place; the first and the last eighth stand for the ends. (K, H, W)"""
    grey = pictures.mean(axis=3)
    return np.clip(grey - 1.6 * np.percentile(grey, 10, axis=0) - 12, 0, None)[::8]


def test_what_forgets_order_cannot_part_a_pair(small):
    from sklearn.linear_model import LogisticRegression

    clips, labels = list(small), truth(small)
    means = np.stack([values.mean(axis=0) for values in small.values()])
    tested = np.array([clip.group in ("g01", "g02", "g03") for clip in clips])
    for pair in range(3):
        own = labels // 2 == pair
        probe = LogisticRegression(C=100, max_iter=2000).fit(means[own & ~tested], labels[own & ~tested])
        accuracy = float((probe.predict(means[own & tested]) == labels[own & tested]).mean())
        assert abs(accuracy - 0.5) <= 0.15, sample_dataset.PAIRS[pair]


@pytest.mark.training
def test_a_recurrent_network_parts_all_six(small):
    from core.stages.networks import recurrent, recurrent_training

    def examples(groups: set[str]) -> list[recurrent_training.Example]:
        chosen = [clip for clip in small if clip.group in groups]
        return [
            recurrent_training.Example(np.float32(small[clip]), np.full(len(small[clip]), label))
            for clip, label in zip(chosen, truth(chosen), strict=True)
        ]

    settings = recurrent.NetworkSettings(units=48, dropout=0.1, learning_rate=5e-3, epochs=80, patience=80)
    fitted = recurrent_training.fit(settings, examples({"g04", "g05", "g06", "g07", "g08", "g03"}), labels=6, seed=0)
    run = recurrent.runner(fitted.model)
    tested = examples({"g01", "g02"})
    right = [run(one.values).mean(axis=0).argmax() == one.targets[0] for one in tested]
    assert np.mean(right) >= 0.95


def test_making_the_set_fills_library_and_store(store: Store):
    told = []
    importer.make_set(store, 2, 1, lambda *progress: told.append(progress))
    (entry,) = store.datasets()
    made = store.dataset(entry.name)
    assert (entry.name, entry.clips, entry.labels) == (importer.MADE_NAME, 12, 6)
    assert told[-1][:2] == (12, 12)
    info = store.video(made.items[0].video)
    assert (info.frame_count, info.width_px) == (sample_dataset.FRAMES, sample_dataset.WIDTH_PX)
    assert store.thumbnail_path(info.digest).exists()
    assert set(datasets.groups_from(made, Grouping("column"))) == {"g01", "g02"}
    importer.make_set(store, 2, 1)
    assert len(store.datasets()) == 1
    assert len(store.videos()) == 12
    assert store.entry(info.digest).names == (Path(made.items[0].path).name,), "not after its digest"
    assert library.only_in_datasets(store, [made]) == {item.video for item in made.items}, "nobody added them"
