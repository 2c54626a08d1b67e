"""The recipe of each clip: it stays with the clip, holds no neutral step, and is given to other clips where it fits."""

import re
import sqlite3
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from core.domain import ClipRecipe, Recipe, VideoInfo
from core.stages.preprocessing.geometry import Crop, Flip, Rotate
from core.stages.preprocessing.sampling import Trim
from core.workflows import clip_recipes
from core.workspace.store import Store, database

FIRST, LONG, SHORT = "12" * 32, "34" * 32, "56" * 32
NEUTRAL = (Trim(), Crop(), Rotate())


@pytest.fixture
def clips(store: Store) -> Store:
    """A store with three clips of 10, 10 and 1 seconds."""
    for digest, seconds in ((FIRST, 10), (LONG, 10), (SHORT, 1)):
        store.save_video(video(digest, seconds))
    return store


def video(digest: str, seconds: int) -> VideoInfo:
    times_s = np.arange(25 * seconds) / 25
    return VideoInfo(
        "/clips/a.mp4", digest, 64, 48, len(times_s), 0, times_s, Fraction(25), False, float(seconds), "h264", True, ()
    )


def test_a_clip_without_a_recipe_has_neutral_steps_ready_that_are_not_applied(clips: Store):
    assert clip_recipes.laid_out(clips, FIRST) == ClipRecipe(Recipe(NEUTRAL))
    assert clips.recipe_of(FIRST) == Recipe() and clips.clip_recipe(FIRST) is None


def test_steps_that_are_neutral_or_switched_off_are_kept_but_not_applied(clips: Store):
    kept = ClipRecipe(Recipe((Flip(), *NEUTRAL, Rotate(90.0))), off=(0,))
    clips.keep_clip_recipe(FIRST, kept)
    again = Store(clips.workspace)
    assert again.clip_recipe(FIRST) == kept
    assert again.recipe_of(FIRST) == Recipe((Rotate(90.0),))
    assert again.recipe_of(LONG) == Recipe()
    assert again.recipes_of_clips() == {FIRST: Recipe((Rotate(90.0),))}


def test_a_deleted_clip_takes_its_recipe_along(clips: Store):
    clips.keep_clip_recipe(FIRST, ClipRecipe(Recipe((Flip(),))))
    clips.delete_video(FIRST)
    assert clips.clip_recipe(FIRST) is None


def test_steps_are_copied_to_other_clips_but_not_where_they_leave_nothing(clips: Store):
    own = ClipRecipe(Recipe((Flip(),)))
    clips.keep_clip_recipe(SHORT, own)
    steps = ClipRecipe(Recipe((Trim((2.0, 4.0)), Crop(), Rotate(5.0))), off=(2,))
    clips.keep_clip_recipe(FIRST, steps)
    assert clip_recipes.copy(clips, FIRST, [LONG, SHORT, "78" * 32]) == [SHORT]
    assert clips.clip_recipe(LONG) == steps
    assert clips.clip_recipe(SHORT) == own


def test_a_crop_that_leaves_too_small_a_picture_is_not_copied(clips: Store):
    clips.save_video(replace(video(LONG, 10), width_px=16))
    clips.keep_clip_recipe(FIRST, ClipRecipe(Recipe((Crop((0.0, 20.0)),))))
    assert clip_recipes.copy(clips, FIRST, [LONG]) == [LONG]


def test_a_workspace_from_before_clips_had_recipes_opens_as_it_was(clips: Store):
    clips.save_recipe("turned", Recipe((Rotate(90.0),)))
    clips.close()
    connection = sqlite3.connect(clips.catalogue)
    newer = "".join(database.SCHEMAS[5:])
    for kind, name in re.findall(r"CREATE (INDEX|TABLE) (\w+)", newer):
        connection.execute(f"DROP {kind} {name}")
    connection.execute("PRAGMA user_version = 5")
    connection.close()
    assert clips.recipes() == {"turned": Recipe((Rotate(90.0),))}
    assert [clips.recipe_of(digest) for digest in clips.digests()] == [Recipe()] * 3
    clips.keep_clip_recipe(FIRST, ClipRecipe(Recipe((Flip(),))))
    assert clips.recipe_of(FIRST) == Recipe((Flip(),))
