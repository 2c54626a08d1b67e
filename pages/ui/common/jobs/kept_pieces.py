"""What an analysis of a clip that broke off has left for its next run."""

from collections.abc import Callable
from functools import partial

from core.domain import Recipe
from core.workflows import predictions
from pages.ui import state


def of(digest: str, recipe: Recipe, backbone: str) -> Callable[[], bool]:
    """Gives whether there is something. recipe: with the steps of the model."""
    return partial(predictions.goes_on, state.store(), digest, recipe, backbone, state.settings().engine)
