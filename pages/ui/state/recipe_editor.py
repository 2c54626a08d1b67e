"""The recipe of the clip that is worked on, step by step; it is stored with the clip."""

from dataclasses import dataclass
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import ClipRecipe, Recipe, serialization
from core.stages.preprocessing.views import Views
from core.workflows import clip_recipes
from pages.ui.state.clip_choice import chosen_digest
from pages.ui.state.model_choice import IN_USE, show_result
from pages.ui.state.session import remember, remembered, store


@dataclass(frozen=True)
class EditedStep:
    """A step in the making. uid: its number in this session; on: whether it takes part."""

    uid: int
    on: bool
    step: Any


def parts() -> tuple[EditedStep, ...]:
    """The steps of the clip in order, those that are switched off too; at first a neutral Trim, Crop and Rotate.

    A step keeps its number until something else than this session changes the steps: then all is drawn anew.
    """
    steps = clip_recipes.laid_out(store(), chosen_digest())
    name = (chosen_digest(), serialization.to_json(steps))
    known, uids = remembered("parts", (("", ""), ()))
    if known != name:
        uids = tuple(new_uid() for _ in steps.laid_out.steps)
        remember("parts", (name, uids))
    numbered = zip(uids, steps.laid_out.steps, strict=True)
    return tuple(EditedStep(uid, place not in steps.off, step) for place, (uid, step) in enumerate(numbered))


def set_parts(changed: tuple[EditedStep, ...]) -> None:
    """Keep these steps of the clip in place of those before."""
    digest = chosen_digest()
    before = clip_recipes.laid_out(store(), digest)
    off = tuple(place for place, part in enumerate(changed) if not part.on)
    steps = ClipRecipe(Recipe(tuple(part.step for part in changed)), off)
    remember("parts", ((digest, serialization.to_json(steps)), tuple(part.uid for part in changed)))
    if steps != before and digest:
        store().keep_clip_recipe(digest, steps)
    if steps.recipe != before.recipe:
        show_result(IN_USE)


def new_uid() -> int:
    """A number for a step that no other step of this session has had."""
    remember("uid", remembered("uid", 0) + 1)
    return remembered("uid", 0)


def recipe() -> Recipe:
    """The recipe of the clip: the steps that are switched on and change something."""
    return store().recipe_of(chosen_digest()) if chosen_digest() else Recipe()


def use_recipe(chosen: Recipe) -> None:
    """Give the clip a copy of this recipe."""
    steps = clip_recipes.of_recipe(chosen).laid_out.steps
    set_parts(tuple(EditedStep(new_uid(), True, step) for step in steps))


def use_views(views: Views | None) -> None:
    """Give the recipe of the clip this step in place of its other steps of that kind, or none."""
    others = tuple(part for part in parts() if not isinstance(part.step, Views))
    set_parts((*others, *((EditedStep(new_uid(), True, views),) if views else ())))


def read_recipe(name: str, content: bytes) -> Recipe:
    """A recipe out of a file; FormatInvalid or RecipeInvalid say what is wrong with it."""
    try:
        return serialization.from_json(content.decode("utf-8"), Recipe, source=name)
    except UnicodeDecodeError as error:
        raise FormatInvalid(f"{name} is not a text file.", "Choose a recipe that was downloaded from here.") from error
