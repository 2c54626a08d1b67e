"""What models predicted: all stored predictions of a clip, and which models predicted which clip."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from core.base.errors import ResultMissing
from core.domain import ModelCard, Prediction, Recipe
from core.domain.fingerprint import fingerprint
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


def models_of_clips(store: Store, cards: Mapping[str, ModelCard]) -> dict[str, tuple[str, ...]]:
    """The models that predicted each clip with the labels that they have now, by digest, in the order of the cards.

    In few queries however many clips there are: of each prediction, the model is read once and noted.
    """
    if keys := store.predictions_to_note(*predictions.KINDS):
        fields = ((key, store.plain_fields(key)) for key in keys)
        noted = [(key, str(known["model"]), _labels_mark(known["labels"])) for key, known in fields if known]
        store.note_predictions(noted)
    marks = {name: _labels_mark(card.labels) for name, card in cards.items()}
    models: dict[str, set[str]] = {}
    for digest, model, labels in store.predicted():
        if marks.get(model) == labels:
            models.setdefault(digest, set()).add(model)
    return {digest: tuple(name for name in cards if name in names) for digest, names in models.items()}


def _labels_mark(labels: Sequence[str]) -> str:
    """What tells the labels of one version of a model from those of another."""
    return fingerprint("labels of a model", tuple(labels))


def _recipe(store: Store, digest: str, key: str, card: ModelCard, engine: str) -> Recipe | None:
    """The recipe of a prediction. Where it was not noted, the empty one or a saved one if it fits, else None."""
    with suppress(ResultMissing):
        return store.read(predictions.recipe_key(key), Recipe)
    for recipe in (Recipe(), *store.recipes().values()):
        if predictions.prediction_key(store, digest, recipe, card, engine) == key:
            return recipe
    return None
