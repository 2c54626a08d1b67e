"""What an analysis of a clip that broke off has left for its next run."""

from core.domain import Recipe
from core.workflows import predictions
from pages.ui import state

GOES_ON = "What was analysed so far is kept. Press “Continue” to go on from there."


def sentence(digest: str, recipe: Recipe, backbone: str) -> str:
    """That it is kept, where there is something; else "". recipe: with the steps of the model."""
    kept = predictions.goes_on(state.store(), digest, recipe, backbone, state.settings().engine)
    return GOES_ON if kept else ""
