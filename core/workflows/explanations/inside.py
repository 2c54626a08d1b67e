"""Inside a model: its CNN in numbers, its recurrent layers over a clip, and how edits of time change its scores."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import ModelCard, Prediction, Recipe
from core.domain.fingerprint import fingerprint
from core.stages.networks.explain import gates, layers
from core.stages.networks.explain.gates import LayerTrace
from core.stages.preprocessing.time_edits import TimeEdit
from core.workflows import predictions
from core.workflows.models import ModelLibrary
from core.workspace.jobs.lanes import short
from core.workspace.store import Store


@dataclass(frozen=True)
class CnnSummary:
    """A CNN in numbers, of its Keras model. layers: that hold numbers; parameters: all of them.

    field: what of the clip one place of the last map can depend on: (frames, px down, px right), 0 for all of it.
    """

    STORED_NAME: ClassVar[str] = "CnnSummary"

    layers: int
    parameters: int
    field: tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class NetworkTrace:
    """What a network does over a clip. times_s: (T,) float64; scores: (T, C) float32 of single steps, not smoothed.

    layers: its recurrent layers, each direction by itself. steps: (K,) int64; built_up: (K, C) float32, the scores of
    the clip cut after each of these steps.
    """

    STORED_NAME: ClassVar[str] = "NetworkTrace"

    times_s: np.ndarray
    scores: np.ndarray
    layers: tuple[LayerTrace, ...]
    steps: np.ndarray
    built_up: np.ndarray


def summary_key(backbone_name: str) -> str:
    """The name of a CNN's summary."""
    backbone = BACKBONES[backbone_name]
    return fingerprint("cnn summary", 1, backbone.name, backbone.version)


@short()
def summarise(store: Store, backbone_name: str, report: Report = silent) -> CnnSummary:
    """Store a CNN in numbers; imports TensorFlow."""
    key = summary_key(backbone_name)
    if not store.has(key):
        report(0, 0, "Loading the network")
        backbone = BACKBONES[backbone_name]
        model, known = layers.network(backbone), layers.anatomy(backbone)
        counted = sum(bool(layer.weights) for layer in model.layers)
        made = CnnSummary(counted, int(model.count_params()), known.layer(known.last).field)
        store.write(key, made, kind="cnn summary")
    return store.read(key, CnnSummary)


def trace_key(digest: str, recipe: Recipe, card: ModelCard, engine: str) -> str:
    """The name of what goes on inside a model's network over a clip."""
    features = predictions.features_key(digest, predictions.prepared(recipe, card), card.backbone, engine)
    return fingerprint("network trace", 1, features, card.network_sha256)


def _is_seen(store: Store, digest: str, recipe: Recipe, model_name: str, engine: str) -> bool:
    card, _ = ModelLibrary.of(store).get(model_name)
    return predictions.has_features(store, digest, recipe, card, engine)


@short(when=_is_seen)
def trace(store: Store, digest: str, recipe: Recipe, model_name: str, engine: str, report: Report = silent) -> None:
    """Compute the features that are missing, and store what the network does with them."""
    from core.stages.networks import recurrent

    card, folder = ModelLibrary.of(store).get(model_name)
    steps = predictions.prepared(recipe, card)
    features = predictions.features_of(store, store.video(digest), steps, card.backbone, engine, report)
    report(0, 0, "Looking inside the network")
    model = recurrent.read(folder / card.network, card.network_sha256)
    run = recurrent.runner(model)
    values = np.asarray(features.values)
    cuts, built_up = gates.built_up(run, values)
    made = NetworkTrace(features.times_s, run(values), gates.traces(model, values), cuts, built_up)
    store.write(trace_key(digest, recipe, card, engine), made, kind="network trace", video=digest)


def edit_key(digest: str, recipe: Recipe, card: ModelCard, engine: str, edit: TimeEdit) -> str:
    """The name of what a model predicts of a clip whose time was edited."""
    steps = predictions.prepared(Recipe((*recipe.steps, edit)), card)
    features = predictions.features_key(digest, steps, card.backbone, engine)
    return fingerprint("edited prediction", 1, features, card.name, card.version, card.labels)


def predict_edited(
    store: Store,
    digest: str,
    recipe: Recipe,
    model_name: str,
    engine: str,
    edit: TimeEdit,
    report: Report = silent,
) -> None:
    """Store what a model predicts of a clip whose frames were reordered before the CNN. Words take no part."""
    card, folder = ModelLibrary.of(store).get(model_name)
    steps = predictions.prepared(Recipe((*recipe.steps, edit)), card)
    features = predictions.extract(store.video(digest), steps, card.backbone, engine, store.engine_cache, report)
    key = edit_key(digest, recipe, card, engine, edit)
    store.write(key, predictions.label(card, folder, features), kind="edited prediction", video=digest)


def whole_clip(prediction: Prediction) -> np.ndarray:
    """(C,) the scores of a clip as a whole: the mean over its steps."""
    return prediction.scores.mean(axis=0)
