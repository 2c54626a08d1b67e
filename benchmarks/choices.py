"""What the default choices of a training bring, and that they flatter nobody.

Darkened copies of real clips (gamma 0.25 to 0.4, noise of 4 of 255), training and test groups alike, against the clips
themselves; the same without lightening; and labels dealt at random, where every choice must stay at chance. The CNN is
I3D, or that of KINETOSCOPE_BENCH_BACKBONE.
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clips import ROOT
from benchmarks.measure import Figure
from core.base.settings import current
from core.domain import Dataset, Frame
from core.stages import video
from core.workflows import datasets, experiments, training
from core.workflows.datasets import library
from core.workflows.training import checkpoints
from core.workspace.store import Store

CLIPS = ROOT.parent / "shared" / "data" / "ucf5"
WORKSPACE = Path(os.environ.get("KINETOSCOPE_BENCH_FEATURES") or ROOT / "build" / "bench" / "choices")
BACKBONE = os.environ.get("KINETOSCOPE_BENCH_BACKBONE", "i3d-kinetics400")
GAMMA, NOISE = (0.25, 0.4), 4.0
SHUFFLES = 10


def main() -> list[Figure]:
    """The scores of bright and dark clips and of random labels; nothing where the real clips are absent."""
    if not CLIPS.is_dir():
        return []
    store = Store(WORKSPACE)
    bright = library.stored_set(store, str(CLIPS), lambda *_: None)
    _darkened(store, bright)
    dark = library.stored_set(store, str(WORKSPACE / "dark"), lambda *_: None)
    score, seen, probe = _default(store, bright)
    dark_score, dark_seen, dark_probe = _default(store, dark)
    plain_score, _, plain_probe = _trained(store, dark, "whole-plain")
    note = f"{BACKBONE}, {len(bright.items)} clips, 5 folds by group"
    return [
        Figure("bright clips, default training", score, "", note=f"{note}, {seen}; linear probe {probe:.3f}"),
        Figure("darkened clips, default training", dark_score, "", note=f"{dark_seen}; linear probe {dark_probe:.3f}"),
        Figure("loss by darkness", score - dark_score, "", 0.05, False),
        Figure("darkened clips, whole picture, not lightened", plain_score, "", note=f"linear probe {plain_probe:.3f}"),
        _random_labels(store, bright),
    ]


def _darkened(store: Store, dataset: Dataset) -> None:
    """Write a dark copy of each clip, where that was not done yet."""
    for place, item in enumerate(dataset.items):
        path = WORKSPACE / "dark" / Path(item.path).with_suffix(".mp4")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            video.write(path, _dark_frames(store, item.video, np.random.default_rng(place)))


def _dark_frames(store: Store, digest: str, rng: np.random.Generator) -> Iterator[Frame]:
    table = 255 * (np.arange(256) / 255) ** (1 / rng.uniform(*GAMMA))
    for frame in video.read(store.video(digest)):
        noisy = cv2.LUT(frame.image, table) + rng.normal(0, NOISE, frame.image.shape)
        yield replace(frame, image=noisy.round().clip(0, 255).astype(np.uint8))


def _default(store: Store, dataset: Dataset) -> tuple[float, str, float]:
    """A default training: its accuracy, the view that was chosen, and the accuracy of the linear probe."""
    split = datasets.grouped_folds(dataset, datasets.grouping_of("gNN"), count=5)
    choice = experiments.choose(store, dataset, split, BACKBONE, current().engine)
    return _trained(store, dataset, choice.view)


def _trained(store: Store, dataset: Dataset, view: str) -> tuple[float, str, float]:
    split = datasets.grouped_folds(dataset, datasets.grouping_of("gNN"), count=5)
    network = {"backbone": BACKBONE, "engine": current().engine, "recipe": training.view(view, BACKBONE)}
    key = training.plan(store, dataset, split, options=training.Options(), final=False, **network)
    training.train(store, key)
    record = checkpoints.run_of(store, key)
    return record.scores["accuracy"], view, record.baselines["linear_probe"]


def _random_labels(store: Store, dataset: Dataset) -> Figure:
    """How far the mean of trainings on labels dealt at random lies from chance, with all choices made for each."""
    scores = []
    for shuffle in range(SHUFFLES):
        labels = np.random.default_rng(shuffle).permutation([item.label for item in dataset.items])
        items = tuple(replace(item, label=str(label)) for item, label in zip(dataset.items, labels, strict=True))
        dealt = replace(dataset, name=f"Random labels {shuffle}", items=items)
        store.save_dataset(dealt, datasets.key(dealt))
        scores.append(_default(store, dealt)[0])
    shares = np.bincount([dataset.labels.index(item.label) for item in dataset.items]) / len(dataset.items)
    chance = float((shares**2).sum())  # of guessing as often as each label occurs
    note = f"mean of {SHUFFLES} shuffles {np.mean(scores):.3f}, chance {chance:.3f}"
    return Figure("random labels, distance from chance", abs(float(np.mean(scores)) - chance), "", 0.03, False, note)
