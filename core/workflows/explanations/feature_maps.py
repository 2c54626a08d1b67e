"""What a CNN sees: its layers, and their activations in a window or over a whole clip.

Maps are computed by TensorFlow in float32, as in the whole clip.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import Features, Recipe
from core.domain.fingerprint import fingerprint
from core.stages.networks.backbones import Backbone, Stage
from core.stages.networks.explain import activations, layers
from core.stages.networks.explain.activations import Activations, FrameWindow
from core.stages.networks.explain.layers import Architecture, Layer
from core.workflows import predictions
from core.workflows.explanations.windows import ClipWindow, frame_window, window_frames
from core.workspace.jobs.lanes import short
from core.workspace.store import Store


def anatomy_key(backbone_name: str) -> str:
    """The name of what is known of a CNN's layers."""
    backbone = BACKBONES[backbone_name]
    return fingerprint("anatomy", 1, backbone.name, backbone.version)


def means_key(digest: str, recipe: Recipe, backbone_name: str, layer: str) -> str:
    """The name of a layer's channel means over a whole clip."""
    return fingerprint("means", 1, predictions.features_key(digest, recipe, backbone_name, "tensorflow-f32"), layer)


@short()
def study(store: Store, backbone_name: str, report: Report = silent) -> Architecture:
    """Store the layers of a CNN."""
    key = anatomy_key(backbone_name)
    if not store.has(key):
        report(0, 0, "Loading the network")
        store.write(key, layers.anatomy(BACKBONES[backbone_name]), kind="anatomy")
    return anatomy(store, backbone_name)


def anatomy(store: Store, backbone_name: str) -> Architecture:
    """The layers of a CNN as `study` stored them; ResultMissing before that. Read once in a process."""
    return _anatomy(store.workspace, anatomy_key(backbone_name))


@lru_cache(maxsize=16)
def _anatomy(workspace: Path, key: str) -> Architecture:
    return Store(workspace).read(key, Architecture)


@short()
def stretch(store: Store, view: ClipWindow, report: Report = silent) -> FrameWindow:
    """Store what the CNN gets to see in a window."""
    if not store.has(view.key):
        known = study(store, view.backbone, report)
        report(0, 0, "Reading frames")
        around = activations.reach_frames(view.cnn, known.layer(known.last))
        window = frame_window(store.video(view.digest), view.recipe, view.cnn, view.number, around)
        store.write(view.key, window, kind="stretch", video=view.digest)
    return store.read(view.key, FrameWindow)


@short()
def show(store: Store, view: ClipWindow, layer: str, report: Report = silent) -> Activations:
    """Store the maps of a layer over a window, and the window's pictures."""
    known = study(store, view.backbone, report).layer(layer)
    seen = stretch(store, view, report)
    key = view.layer_key(layer)
    if not store.has(key):
        report(0, 0, "Running the network up to this layer")
        store.write(key, activations.activations(view.cnn, known, seen), kind="activations", video=view.digest)
    return store.read(key, Activations)


def layer_means(
    store: Store, digest: str, recipe: Recipe, backbone_name: str, layer: str, report: Report = silent
) -> Features:
    """Store the mean of each channel of a layer at each of its steps, over the whole clip."""
    key = means_key(digest, recipe, backbone_name, layer)
    if not store.has(key):
        backbone = BACKBONES[backbone_name]
        known = study(store, backbone_name, report).layer(layer)
        run = _Means((activations.means_of(backbone, known),))
        features = predictions.look(store.video(digest), recipe, _cut_for(backbone, known), run, report)
        store.write(key, features, kind="means", video=digest)
    return store.read(key, Features)


@dataclass(frozen=True)
class _Means:
    """The network up to a layer, as `core.stages.networks.backbones.features` takes it: in one stage."""

    stages: tuple[Callable[[np.ndarray], np.ndarray], ...]


def _cut_for(backbone: Backbone, layer: Layer) -> Backbone:
    """The CNN as clips are cut for it when a layer is asked, not its end."""
    around = activations.reach_frames(backbone, layer)
    stage = Stage(window_frames(backbone) + 2 * around, layer.stride[0], around, around)
    return replace(backbone, stages=(stage,), channels=layer.shape[2])


def features(
    store: Store, digest: str, recipe: Recipe, backbone_name: str, engine: str, report: Report = silent
) -> Features:
    """Store the features of a whole clip."""
    return predictions.features_of(store, store.video(digest), recipe, backbone_name, engine, report)


def as_npz(features: Features, layer: str) -> bytes:
    """Features, or the means of a layer, as an .npz file: times_s (T,), values (T, D), layer, channels (D,) names."""
    file = io.BytesIO()
    channels = np.array([f"{layer}_{channel}" for channel in range(features.values.shape[1])])
    np.savez_compressed(
        file,
        allow_pickle=False,
        times_s=features.times_s,
        values=np.asarray(features.values),
        layer=np.array(layer),
        channels=channels,
    )
    return file.getvalue()
