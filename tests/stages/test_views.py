"""Several views of a clip: which recipes they are, and which pixels each of them shows."""

import numpy as np
import pytest

from core.domain import Frame, Recipe
from core.stages.preprocessing import Gamma, Hold, Resize, Trim, Views
from core.stages.preprocessing.views import SingleView, single_views

WIDE = np.arange(4 * 10 * 3, dtype=np.uint8).reshape(4, 10, 3)


def shown(recipe: Recipe, image: np.ndarray) -> np.ndarray:
    (frame,) = recipe.apply([Frame(0, 0.0, image)])
    return frame.image


def test_a_recipe_without_the_step_is_its_own_only_view():
    assert single_views(Recipe((Trim(), Gamma()))) == (Recipe((Trim(), Gamma())),)


def test_a_mirror_is_the_recipe_and_its_mirror_image():
    plain, mirrored = single_views(Recipe((Gamma(2.0), Views("mirror"), Hold())))
    assert plain == Recipe((Gamma(2.0), Hold()))
    assert np.array_equal(shown(Recipe(mirrored.steps[:-1]), WIDE), shown(Recipe(plain.steps[:-1]), WIDE)[:, ::-1])


@pytest.mark.parametrize("image", [WIDE, WIDE.transpose(1, 0, 2)], ids=["wide", "high"])
def test_a_careful_look_covers_the_longer_side_in_three_squares_each_mirrored_too(image):
    views = [shown(view, image) for view in single_views(Recipe((Views("careful"),)))]
    wide = [view if image is WIDE else view.transpose(1, 0, 2) for view in views[::2]]
    for view, first in zip(wide, (0, 3, 6), strict=True):
        assert np.array_equal(view, WIDE[:, first : first + 4])
    for plain, mirrored in zip(views[::2], views[1::2], strict=True):
        assert np.array_equal(mirrored, plain[:, ::-1])


def test_a_picture_that_is_stretched_afterwards_is_only_mirrored():
    squeezed = Resize(224, 224, "stretch")
    assert single_views(Recipe((Views("careful"), squeezed, Hold()))) == (
        Recipe((squeezed, Hold())),
        Recipe((SingleView(mirrored=True), squeezed, Hold())),
    )


def test_of_several_such_steps_the_first_counts():
    assert single_views(Recipe((Views("mirror"), Gamma(), Views("careful")))) == single_views(
        Recipe((Views("mirror"), Gamma()))
    )
