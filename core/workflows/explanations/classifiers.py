"""The models that classify the features of a CNN, and how they rank their labels over a whole clip."""

from pathlib import Path

import numpy as np

from core.base.errors import WeightsMissing
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.base.settings import Settings
from core.domain import Features, ModelCard, Prediction, Recipe
from core.workflows import models, predictions
from core.workflows.explanations.feature_maps import features
from core.workspace.jobs.lanes import short
from core.workspace.store import Store


def readers(settings: Settings, backbone_name: str) -> dict[str, ModelCard]:
    """The models whose labels come from this CNN's features, by name.

    Where none is its own classifier, that one comes along as a model of the CNN's own name, if it has one.
    """
    model_cards = {
        name: card for name, card in models.ModelLibrary.of(settings).cards().items() if card.backbone == backbone_name
    }
    if all(card.network for card in model_cards.values()) and (own := _own(backbone_name)):
        model_cards[own.name] = own
    return model_cards


def _own(backbone_name: str) -> ModelCard | None:
    """A CNN's own classifier as a model; None where it has none, or its weights are not here."""
    backbone = BACKBONES[backbone_name]
    try:
        labels = backbone.labels()
    except WeightsMissing:
        return None
    title = f"{backbone.title}: its own labels"
    return ModelCard(backbone.name, title, backbone.name, backbone.version, labels) if labels else None


def model_folder(store: Store, card: ModelCard) -> Path:
    """The folder of a model; the CNN's own classifier has none and gives the workspace."""
    return store.workspace if card.name == card.backbone else models.ModelLibrary.of(store).get(card.name)[1]


def reading_key(store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str) -> str:
    """The name of what `read` stores last."""
    own = card.name == card.backbone
    key = predictions.features_key(digest, recipe, card.backbone, engine)
    return key if own else predictions.prediction_key(store, digest, recipe, card, engine)


@short(when=predictions.has_features)
def read(store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str, report: Report = silent) -> None:
    """Store the features of a clip, and what the model says of it if it is more than the CNN's own classifier."""
    features(store, digest, recipe, card.backbone, engine, report)
    if card.name != card.backbone:
        predictions.predict(store, digest, recipe, card.name, engine, report)


def order(store: Store, digest: str, recipe: Recipe, card: ModelCard, engine: str) -> list[int]:
    """The places of the labels in the card, the best score over the whole clip first, from what is stored."""
    if card.name == card.backbone:
        kernel, bias = BACKBONES[card.backbone].classifier()
        whole = store.read(predictions.features_key(digest, recipe, card.backbone, engine), Features)
        scores = whole.values.mean(axis=0) @ kernel + bias
    else:
        prediction = store.read(predictions.prediction_key(store, digest, recipe, card, engine), Prediction)
        scores = prediction.scores.mean(axis=0)
    return [int(index) for index in np.argsort(-scores, kind="stable")]
