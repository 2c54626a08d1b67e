"""The step that has a network look at a clip several times: mirrored, and at several squares of the picture.

Such views are what action recognition is tested with (10-crop and 30-view testing: Simonyan and Zisserman, 2014; Wang
et al., Non-local neural networks, 2018). The features of a clip are then the mean of those of its views.
"""

from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np

from core.base.knobs import knob
from core.domain import Recipe
from core.stages.preprocessing.geometry import Resize
from core.stages.preprocessing.step import PictureStep, step

PLACES = ("start", "middle", "end")  # of a square along the longer side


@step("Several views")
@dataclass(frozen=True)
class Views(PictureStep):
    """Have networks look at several views of the clip and average their features; frames pass unchanged."""

    scale_free: ClassVar[bool] = True
    squeeze_free: ClassVar[bool] = True

    kind: str = knob(
        "mirror",
        label="Views",
        choices={"mirror": "The clip and its mirror image (2)", "careful": "Three squares and their mirror images (6)"},
        help="Each view takes as long as an analysis without this step.",
    )

    def summary(self, width_px: int, height_px: int) -> str:
        return "2 views" if self.kind == "mirror" else "6 views"

    def change(self, image: np.ndarray) -> np.ndarray:
        return image


@dataclass(frozen=True)
class SingleView(PictureStep):
    """One of several views: a square of the picture, or all of it, and whether it is mirrored.

    place: one of PLACES, or "" for the whole picture.
    """

    label: ClassVar[str] = "View"
    picture: ClassVar[bool] = True
    scale_free: ClassVar[bool] = True

    place: str = ""
    mirrored: bool = False

    def __post_init__(self):
        if self.place not in ("", *PLACES):
            raise ValueError(f"place is {self.place!r}, expected one of {PLACES}")

    def change(self, image: np.ndarray) -> np.ndarray:
        if self.place:
            height, width = image.shape[:2]
            side = min(height, width)
            first = (max(height, width) - side) * PLACES.index(self.place) // 2
            image = image[first : first + side] if height > width else image[:, first : first + side]
        return cv2.flip(image, 1) if self.mirrored else image


def single_views(recipe: Recipe) -> tuple[Recipe, ...]:
    """The recipes of the views that a recipe asks for: itself, where it has no step Views.

    Where the picture is stretched into a shape afterwards, as for a network that learned the whole picture, the views
    are the picture and its mirror image. Of several such steps the first counts.
    """
    places = [index for index, item in enumerate(recipe.steps) if isinstance(item, Views)]
    if not places:
        return (recipe,)
    before, later = recipe.steps[: places[0]], recipe.steps[places[0] + 1 :]
    after = tuple(item for item in later if not isinstance(item, Views))
    stretched = any(isinstance(item, Resize) and item.shape == "stretch" for item in after)
    squares = PLACES if recipe.steps[places[0]].kind == "careful" and not stretched else ("",)
    views = [SingleView(place, mirrored) for place in squares for mirrored in (False, True)]
    return tuple(Recipe((*before, *(() if view == SingleView() else (view,)), *after)) for view in views)
