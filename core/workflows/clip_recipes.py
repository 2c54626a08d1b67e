"""The recipe of each clip: its steps as they are laid out for editing, and the way to other clips."""

from collections.abc import Iterable

from core.base.errors import RecipeInvalid, ResultMissing
from core.domain import ClipRecipe, Recipe, VideoInfo
from core.stages.preprocessing import recipes
from core.stages.preprocessing.frame_clock import choosing, clock_of
from core.workspace.store import Store


def laid_out(store: Store, digest: str) -> ClipRecipe:
    """The steps of a clip as they were left; where nobody laid out any, a neutral Trim, Crop and Rotate."""
    return store.clip_recipe(digest) or of_recipe(Recipe())


def of_recipe(recipe: Recipe) -> ClipRecipe:
    """The steps of a recipe laid out for editing, with a neutral Trim, Crop and Rotate where it has none."""
    return ClipRecipe(recipes.with_standard(recipe))


def copy(store: Store, source: str, digests: Iterable[str]) -> list[str]:
    """Give other clips the steps of a clip, in place of their own; the digests of those that keep theirs.

    A clip keeps its own where the recipe would leave nothing of it, or was deleted meanwhile.
    """
    steps, kept_own = laid_out(store, source), []
    for digest in digests:
        try:
            fits = _leaves_something(steps.recipe, store.video(digest))
        except ResultMissing:
            continue
        if fits:
            store.keep_clip_recipe(digest, steps)
        else:
            kept_own.append(digest)
    return kept_own


def _leaves_something(recipe: Recipe, info: VideoInfo) -> bool:
    """Whether there are frames after the recipe, and whether its steps can take pictures of that size."""
    try:
        recipes.picture_size(recipe, info.width_px, info.height_px)
    except RecipeInvalid:
        return False
    return not choosing(recipe).steps or bool(len(clock_of(recipe, info).times_s))
