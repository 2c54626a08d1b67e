"""What a whole recipe does to a clip: sizes, outlines, the stretch of the source it keeps, previews."""

import itertools
import math
from collections.abc import Iterable, Iterator

import numpy as np

from core.domain import Frame, Recipe
from core.stages.preprocessing.geometry import Crop, Rotate
from core.stages.preprocessing.sampling import Trim
from core.stages.preprocessing.step import CLOCK_SLACK_S, TO_THE_END_S, Box, PictureStep, Placement


def placed(recipe: Recipe, width_px: int, height_px: int) -> Placement:
    """Where a recipe puts things of a picture of this size, all its steps together; RecipeInvalid where it cannot."""
    matrix = np.eye(3)
    for picture_step in _picture_steps(recipe):
        placement = picture_step.placement(width_px, height_px)
        matrix, width_px, height_px = placement.matrix @ matrix, placement.width_px, placement.height_px
    return Placement(matrix, width_px, height_px)


def picture_size(recipe: Recipe, width_px: int, height_px: int) -> Box:
    """The whole picture that the recipe makes of one of this size; RecipeInvalid where it cannot."""
    placement = placed(recipe, width_px, height_px)
    return Box(0, 0, placement.width_px, placement.height_px)


def summary(recipe: Recipe, width_px: int, height_px: int) -> tuple[str, ...]:
    """Each step in a few words, for a clip with pictures of this size; RecipeInvalid where a step cannot take them."""
    texts = []
    for step in recipe.steps:
        texts.append(step.summary(width_px, height_px))
        if isinstance(step, PictureStep):
            placement = step.placement(width_px, height_px)
            width_px, height_px = placement.width_px, placement.height_px
    return tuple(texts)


STANDARD = (Trim, Crop, Rotate)


def with_standard(recipe: Recipe) -> Recipe:
    """The recipe with a neutral Trim, Crop and Rotate where it has none, each at its place in that order."""
    steps = list(recipe.steps)
    for rank, kind in enumerate(STANDARD):
        if not any(isinstance(step, kind) for step in steps):
            before = [place for place, step in enumerate(steps) if isinstance(step, STANDARD[:rank])]
            steps.insert(max(before, default=-1) + 1, kind())
    return Recipe(tuple(steps))


def outline(recipe: Recipe, width_px: int, height_px: int) -> np.ndarray | None:
    """What the last Crop of a recipe keeps, drawn on the source picture of this size; None without a Crop.

    (4, 2) float64 px, x and y of the corners, clockwise from the upper left of the cropped picture. After a Rotate
    they form a tilted rectangle, parts of which may lie outside the source.
    """
    matrix, corners = np.eye(3), None
    for picture_step in _picture_steps(recipe):
        if isinstance(picture_step, Crop):
            box = picture_step.box(width_px, height_px)
            left, top, right, bottom = box.left_px, box.top_px, box.left_px + box.width_px, box.top_px + box.height_px
            drawn = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]], np.float64)
            corners = (drawn @ np.linalg.inv(matrix).T)[:, :2]  # (4, 2)
        placement = picture_step.placement(width_px, height_px)
        matrix, width_px, height_px = placement.matrix @ matrix, placement.width_px, placement.height_px
    return corners


def _picture_steps(recipe: Recipe) -> Iterator[PictureStep]:
    return (step for step in recipe.steps if isinstance(step, PictureStep))


def source_stretch_s(recipe: Recipe) -> tuple[float, float]:
    """The stretch of the source outside which no frame can matter, so that it need not be decoded.

    Only a Trim that comes before every step that looks at more than one frame can tell; stop is inf for the end.
    """
    start_s, stop_s = 0.0, math.inf
    for item in itertools.takewhile(lambda item: isinstance(item, (Trim, PictureStep)), recipe.steps):
        if isinstance(item, Trim):
            start_s = max(start_s, item.kept_s[0])
            stop_s = min(stop_s, item.kept_s[1] if item.kept_s[1] < TO_THE_END_S else math.inf)
    return start_s, stop_s


def frame_by_frame(recipe: Recipe) -> bool:
    """Whether the recipe can begin in the middle of a clip and makes of the rest what it makes of it in the whole."""
    return all(step.frame_by_frame for step in recipe.steps)


def preview_recipe(recipe: Recipe) -> Recipe:
    """The steps that change pictures, without those that choose or add frames: how the recipe makes any frame look."""
    return Recipe(tuple(step for step in recipe.steps if step.picture))


def reach(recipe: Recipe) -> int:
    """How many frames on either side of a moment a preview of that moment needs."""
    return sum(step.reach() for step in preview_recipe(recipe).steps)


def preview(recipe: Recipe, frames: Iterable[Frame], time_s: float) -> Frame | None:
    """The frame on screen at a moment as the recipe makes it look; None without frames.

    frames: that frame with `reach(recipe)` frames before and after it, or any longer stretch.
    """
    shown = None
    for frame in preview_recipe(recipe).apply(frames):
        if shown is not None and frame.time_s > time_s + CLOCK_SLACK_S / 2:
            break
        shown = frame
    return shown
