"""The stored results of a clip: which one is shown, and how each is called."""

import time

from core.domain import VideoInfo
from core.workflows.clip_results import ClipResult
from core.workflows.predictions import prediction_key
from pages.ui import cache, state
from pages.ui.common import formatting


def key_in_use(info: VideoInfo) -> str:
    """The key of what the model in use predicts for the clip with the recipe in use; empty without a model."""
    card = state.chosen_model()
    if card is None:
        return ""
    return prediction_key(state.store(), info.digest, state.recipe(), card, state.settings().engine)


def shown(info: VideoInfo, in_use: str = "") -> ClipResult | None:
    """The result that was selected, or that of model and recipe in use where these were; else the newest.

    in_use: the key of the latter, where it is known already.
    """
    results, wanted = cache.results(info.digest), state.shown_result()
    if wanted == state.IN_USE:
        wanted = in_use or key_in_use(info)
    selected = (result for result in results if wanted and result.key.startswith(wanted))
    return next(selected, results[0] if results else None)


def title(result: ClipResult, info: VideoInfo) -> str:
    """Model, preparation and age of a result."""
    recipe = "preparation unknown" if result.recipe is None else formatting.preparation(result.recipe, info)
    return f"{state.models()[result.model].title} · {recipe} · {formatting.ago(result.written, time.time())}"
