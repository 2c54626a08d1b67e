"""Does a recurrent network see the order of frames, and a mean of features not?

The made set: six classes, in three pairs that differ in nothing but the order of their frames. CNN features of single
frames (efficientnet-lite0, every fourth frame). A GRU and a linear probe on the mean feature of a clip are trained on
seven scenes and tested on 60 clips of the other five, as they are and with their frames shuffled. The CNN sees each
frame by itself, so the steps of features are shuffled in place of the frames, with the same result.
"""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from benchmarks.measure import Figure
from core.base.settings import current
from core.domain import Frame
from core.stages.drawing import sample_dataset
from core.stages.drawing.sample_dataset import LABELS, MadeClip
from core.stages.networks import inference_engine, recurrent, recurrent_training
from core.stages.networks.backbones import BACKBONES, squared
from core.stages.networks.recurrent import NetworkSettings
from core.stages.networks.recurrent_training import Example
from core.stages.preprocessing.time_edits import TimeEdit

TRAINING_SCENES, EVERY, SHUFFLES = 7, 4, 5
SETTINGS = NetworkSettings(epochs=40, dropout=0.5, learning_rate=6e-3, noise=0.2)


def main() -> list[Figure]:
    """Accuracy of both on 60 clips, in order and shuffled."""
    clips = sample_dataset.clips()
    rows, truth = _features(clips), np.array([LABELS.index(clip.label) for clip in clips])
    seen = np.array([int(clip.group[1:]) <= TRAINING_SCENES for clip in clips])
    training, test = np.flatnonzero(seen), np.flatnonzero(~seen)
    run, probe = _network(rows, truth, training), _probe(rows, truth, training)
    whole = [_accuracy(score, rows, truth, test) for score in (run, probe)]
    mixed = [np.mean([_accuracy(score, rows, truth, test, seed) for seed in range(SHUFFLES)]) for score in (run, probe)]
    note = f"{len(test)} clips of {12 - TRAINING_SCENES} scenes, mean of {SHUFFLES} shuffles"
    return [
        Figure("GRU, frames in order", whole[0], note=note),
        Figure("GRU, frames shuffled", float(mixed[0])),
        Figure("accuracy that shuffling costs the GRU", float(whole[0] - mixed[0]), bar=0.3),
        Figure("linear probe, frames in order", whole[1]),
        Figure("accuracy that shuffling costs the probe", float(whole[1] - mixed[1]), bar=0.0, at_least=False),
    ]


def _features(clips: tuple[MadeClip, ...]) -> list[np.ndarray]:
    """(16, 1280) float32 of each clip."""
    settings, backbone = current(), BACKBONES["efficientnet-lite0"]
    run = inference_engine.load(backbone, settings.engine, settings.workspace / "engine")
    return [run(_pictures(clip, backbone.size_px)) for clip in clips]


def _pictures(clip: MadeClip, size_px: int) -> np.ndarray:
    frames = list(sample_dataset.frames(clip))[::EVERY]
    return np.stack([squared(frame.image, size_px) for frame in frames])  # (16, size, size, 3)


def _network(rows: list[np.ndarray], truth: np.ndarray, training: np.ndarray):
    examples = [Example(rows[i], np.full(len(rows[i]), truth[i])) for i in training]
    fitted = recurrent_training.fit(SETTINGS, examples, labels=len(LABELS))
    return recurrent.runner(fitted.model)


def _probe(rows: list[np.ndarray], truth: np.ndarray, training: np.ndarray):
    means = np.array([rows[i].mean(axis=0) for i in training])
    probe = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(means, truth[training])
    return lambda values: probe.predict_proba(values.mean(axis=0, keepdims=True))


def _accuracy(score, rows: list[np.ndarray], truth: np.ndarray, test: np.ndarray, seed: int | None = None) -> float:
    """The share of clips whose mean score is the highest for their class; shuffled where a seed is given."""
    hits = []
    for i in test:
        values = rows[i] if seed is None else _shuffled(rows[i], seed)
        hits.append(score(values).mean(axis=0).argmax() == truth[i])
    return float(np.mean(hits))


def _shuffled(values: np.ndarray, seed: int) -> np.ndarray:
    """(T, D) in the order in which the program shows shuffled frames."""
    frames = (Frame(i, float(i), row) for i, row in enumerate(values))
    return np.stack([frame.image for frame in TimeEdit("shuffled", seed=seed).apply(frames)])
