"""What an analysis of a clip that broke off has left for its next run."""

from collections.abc import Callable
from functools import partial

from core.domain import Recipe
from core.workflows import predictions
from pages.ui import state
from pages.ui.state import CONTINUE

GOES_ON = f"What was analysed so far is kept. Press “{CONTINUE}” to go on from there."


def of(digest: str, recipe: Recipe, backbone: str) -> Callable[[], str]:
    """What gives `sentence` whenever it is called."""
    return partial(sentence, digest, recipe, backbone)


def sentence(digest: str, recipe: Recipe, backbone: str) -> str:
    """That it is kept, where there is something; else "". recipe: with the steps of the model."""
    kept = predictions.goes_on(state.store(), digest, recipe, backbone, state.settings().engine)
    return GOES_ON if kept else ""
