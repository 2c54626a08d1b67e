"""Are the pictures of Features true, and do they come at once?

Truth, on a made clip: a checkered square, 128 of 224 px wide, stands for a while somewhere in a drifting, noisy
gradient. A linear classifier is trained on the spot on features of other such clips, with the checkered square, with
squares of other textures, or with none, at random places and sizes. The square is all that the class depends on, so
the positive class activation should lie in it, and the lane should peak while it is there.

Truth, on real clips (in a folder beside the project, skipped where it is absent): in the middle window of each clip, do
the places that class activation marks for the winning label lower its score faster when hidden than places at random?

Speed: what the server does when layer, channel or moment change over stored results: read, pick, paint, encode.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks import clips
from benchmarks.measure import Figure, percentile, watch
from core.base.settings import ROOT, current
from core.domain import Recipe
from core.stages.networks.backbones import BACKBONES
from core.stages.networks.explain import activations, attribution, deletion, layers
from core.stages.networks.explain.activations import FrameWindow
from core.workflows import clips as clips_workflow
from core.workflows import explanations
from core.workflows.explanations import ClipWindow, ExplanationQuestion
from core.workspace.store import Store

STILL, MOVING = "efficientnet-lite0", "i3d-kinetics400"
SIDE_PX, SIZE_PX = 128, 224
FRAMES, SHOWN = 24, (8, 16)
REAL_CLIPS = ROOT.parent / "shared" / "data" / "ucf5"
FRACTIONS = (0.0, 0.1, 0.25, 0.5, 1.0)
MOST_CLIPS = int(os.environ.get("KINETOSCOPE_BENCH_CLIPS", "1000"))
LAYERS = ("conv3d_1a_7x7", "conv3d_2c_3x3", "mixed_3c", "mixed_4c", "mixed_5c")


def main() -> list[Figure]:
    """The figures of truth and of speed."""
    return [*made_figures(), *_real_figures(), *_speed_figures()]


# A made clip ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Made:
    """mass: share of the positive class activation, over the whole clip, within the square while it is there.

    near: the same with the square one place of the map (32 px) wider on each side, as far as a map can tell.
    """

    mass: float
    near: float
    peaks_inside: bool


def made_figures(count: int = 5, examples: int = 80) -> list[Figure]:
    """Means over made clips with the square at different places."""
    made = [made_clip(seed=seed, examples=examples) for seed in range(count)]
    note = f"mean of {count} made clips, {STILL} with a classifier trained on the spot"
    return [
        Figure("class activation within the object", float(np.mean([one.mass for one in made])), "", 0.7, note=note),
        Figure("... or within one place of it", float(np.mean([one.near for one in made])), ""),
        Figure("made clips whose lane peaks while it is there", sum(one.peaks_inside for one in made), "", count),
    ]


def made_clip(*, seed: int, examples: int) -> Made:
    """Train a classifier on `examples` pictures and see where it looks in one clip."""
    backbone = BACKBONES[STILL]
    layer = layers.anatomy(backbone).layer("head")
    rng = np.random.default_rng(seed)
    weights = _trained(activations.means_of(backbone, layer), examples, rng)
    left, top = (int(at) for at in rng.integers(0, SIZE_PX - SIDE_PX, 2))
    pictures = _gradient(rng, FRAMES)
    pictures[slice(*SHOWN), top : top + SIDE_PX, left : left + SIDE_PX] = _texture("checkered", SIDE_PX)
    maps = activations.maps(backbone, layer, FrameWindow(np.arange(FRAMES) / 25, pictures, 0, FRAMES, FRAMES / 25))
    found = attribution.evidence(maps, weights)
    lane = found.mean(axis=(1, 2))
    mass, near = (_within(found, (left - wider, top - wider), SIDE_PX + 2 * wider) for wider in (0, 32))
    return Made(mass, near, SHOWN[0] <= int(lane.argmax()) < SHOWN[1])


def _within(found: np.ndarray, corner: tuple[int, int], side: int) -> float:
    """The share of the positive evidence in a square while the object is there; maps are spread over the pixels."""
    spread = np.stack([cv2.resize(np.maximum(one, 0), (SIZE_PX, SIZE_PX)) for one in found])
    (left, top), (right, bottom) = (max(at, 0) for at in corner), (at + side for at in corner)
    return float(spread[slice(*SHOWN), top:bottom, left:right].sum() / spread.sum())


def _trained(means: Callable[[np.ndarray], np.ndarray], examples: int, rng: np.random.Generator) -> np.ndarray:
    """(D,) weights of a logistic regression that tells pictures with the checkered square from others."""
    pictures, targets = _gradient(rng, examples), np.arange(examples) % 2
    for picture, target in zip(pictures, targets, strict=True):
        texture = "checkered" if target else str(rng.choice(["none", "stripes", "bars", "plain"]))
        side = int(rng.integers(64, 144))
        left, top = rng.integers(0, SIZE_PX - side, 2)
        if texture != "none":
            picture[top : top + side, left : left + side] = _texture(texture, side)
    features = means(pictures)
    centre, spread = features.mean(axis=0), features.std() + 1e-6
    scaled, weights, bias = (features - centre) / spread, np.zeros(features.shape[1]), 0.0
    for _ in range(400):
        misses = 1 / (1 + np.exp(-(scaled @ weights + bias))) - targets
        weights -= 0.3 * (scaled.T @ misses / examples + 0.03 * weights)
        bias -= 0.3 * misses.mean()
    return (weights / spread).astype(np.float32)


def _gradient(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Pictures of soft colours that drift, with noise."""
    soft = cv2.resize(rng.uniform(40, 200, (3, 3, 3)).astype(np.float32), (500, 500), interpolation=cv2.INTER_CUBIC)
    corners = 60 + np.cumsum(rng.uniform(-2, 2, (frames, 2)), axis=0)
    cut = [soft[y : y + SIZE_PX, x : x + SIZE_PX] for x, y in np.clip(corners, 0, 270).astype(int)]
    return np.clip(np.stack(cut) + rng.normal(0, 3, (frames, SIZE_PX, SIZE_PX, 3)), 0, 255).astype(np.uint8)


def _texture(kind: str, side: int) -> np.ndarray:
    down, right = np.mgrid[:side, :side] // 8
    light = {"checkered": (down + right) % 2, "stripes": right % 2, "bars": down % 2, "plain": 0 * down}[kind]
    return np.where(light[..., None] == 1, [250, 230, 40], [20, 30, 120]).astype(np.uint8)


# Real clips -----------------------------------------------------------------------------------------------------------


def _real_figures() -> list[Figure]:
    """How often hiding what is marked beats hiding at random."""
    paths = sorted(REAL_CLIPS.glob("*/*.avi"))
    if not paths:
        return []
    paths = paths[:: -(-len(paths) // MOST_CLIPS)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        gains = [gain(store, clips_workflow.add_video(store, path)) for path in paths]
    note = f"{len(gains)} clips, {MOVING}, {current().engine}, middle window, blur"
    better = float(np.mean([one > 0 for one in gains]))
    return [
        Figure("clips in which the marked places matter more than chance", 100 * better, "%", 80, note=note),
        Figure("mean difference of the areas", 100 * float(np.mean(gains)), "points", note=note),
    ]


def gain(store: Store, digest: str, rounds: int = 2) -> float:
    """The area between the curves of the deletion test for the label that wins in the middle window of a clip."""
    info, backbone = store.video(digest), BACKBONES[MOVING]
    card = next(card for card in explanations.readers(current(), MOVING).values() if not card.network)
    view = ClipWindow(digest, Recipe(), MOVING, explanations.window_at(info, Recipe(), backbone, info.duration_s / 2))
    shown = explanations.show(store, view, explanations.study(store, MOVING).last)
    kernel, bias = backbone.classifier()
    label = int((shown.means.mean(axis=0) @ kernel + bias).argmax())
    asked = ExplanationQuestion(view, card, current().engine, label)
    pictures = np.array(explanations.stretch(store, view).meant)
    found = deletion.deletion(
        pictures,
        attribution.evidence(shown.values, attribution.direction(kernel, label)),
        explanations.scorer(store, asked),
        label=asked.name,
        fractions=FRACTIONS,
        rounds=rounds,
    )
    return found.gain


# Speed ----------------------------------------------------------------------------------------------------------------


def _speed_figures() -> list[Figure]:
    """The time that a changed layer, channel or moment takes on the server, page and all."""
    from benchmarks import features_page

    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        digest = clips_workflow.add_video(store, clips.full_hd())
        view = ClipWindow(digest, Recipe(), MOVING, 1)
        with watch() as first:
            explanations.show(store, view, LAYERS[0])
        for layer in LAYERS:
            explanations.show(store, view, layer)
        taken = features_page.runs(Path(folder), digest, LAYERS)
    note = f"{len(taken)} runs of the page over stored maps of {len(LAYERS)} layers of {MOVING}"
    return [
        Figure("changed layer, channel or moment, p95", 1000 * percentile(taken, 95), "ms", 300, False, note),
        Figure("first layer of a new window, 1080p", first.seconds, "s", note="decoding and TensorFlow, in a worker"),
    ]
