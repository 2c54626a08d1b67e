"""What models predicted for a clip: all stored predictions with model and recipe, the newest first."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from core.base.errors import ResultMissing
from core.domain import ModelCard, Prediction, Recipe
from core.workflows import predictions
from core.workspace.store import Store


@dataclass(frozen=True)
class ClipResult:
    """A stored prediction. recipe: None where that was not noted; written: epoch seconds."""

    key: str
    model: str
    recipe: Recipe | None
    written: float


def stored(store: Store, digest: str, cards: Mapping[str, ModelCard], engine: str) -> list[ClipResult]:
    """The predictions of a clip by models that are still there, the newest first."""
    results = []
    for key, written in store.written_of(digest, *predictions.KINDS):
        with suppress(ResultMissing):  # it was deleted meanwhile
            prediction = store.read(key, Prediction)
            card = cards.get(prediction.model)
            if card and card.labels == prediction.labels:
                results.append(ClipResult(key, card.name, _recipe(store, digest, key, card, engine), written))
    return results


def _recipe(store: Store, digest: str, key: str, card: ModelCard, engine: str) -> Recipe | None:
    """The recipe of a prediction. Where it was not noted, the empty one or a saved one if it fits, else None."""
    with suppress(ResultMissing):
        return store.read(predictions.recipe_key(key), Recipe)
    for recipe in (Recipe(), *store.recipes().values()):
        if predictions.prediction_key(store, digest, recipe, card, engine) == key:
            return recipe
    return None
