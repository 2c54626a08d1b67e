"""The recipe that is being edited, step by step."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import streamlit as st

from core.base.errors import FormatInvalid
from core.domain import Recipe, Step, serialization
from pages.ui.state.model_choice import IN_USE, show_result


@dataclass(frozen=True)
class EditedStep:
    """A step in the making. uid: its number in this session; on: whether it takes part."""

    uid: int
    on: bool
    step: Any


def parts() -> tuple[EditedStep, ...]:
    """All steps in order, those that are switched off too."""
    return tuple(EditedStep(uid, on, _step(text)) for uid, on, text in st.session_state.get("parts", ()))


def set_parts(changed: tuple[EditedStep, ...]) -> None:
    """Keep these steps in place of those before."""
    before = recipe()
    st.session_state["parts"] = tuple((part.uid, part.on, serialization.to_json(part.step)) for part in changed)
    if recipe() != before:
        show_result(IN_USE)


def new_uid() -> int:
    """A number for a step that no other step of this session has had."""
    st.session_state["uid"] = st.session_state.get("uid", 0) + 1
    return st.session_state["uid"]


def recipe() -> Recipe:
    """The steps that are switched on."""
    return Recipe(tuple(part.step for part in parts() if part.on))


def recipe_json() -> str:
    """The same as canonical text."""
    return serialization.to_json(recipe())


def use_recipe(chosen: Recipe) -> None:
    """Work with a copy of this recipe from now on."""
    set_parts(tuple(EditedStep(new_uid(), True, step) for step in chosen.steps))


def read_recipe(name: str, content: bytes) -> Recipe:
    """A recipe out of a file; FormatInvalid or RecipeInvalid say what is wrong with it."""
    try:
        return serialization.from_json(content.decode("utf-8"), Recipe, source=name)
    except UnicodeDecodeError as error:
        raise FormatInvalid(f"{name} is not a text file.", "Choose a recipe that was downloaded from here.") from error


@cache
def _parsed(text: str) -> Any:
    return serialization.from_json(text, Step)  # type: ignore[type-abstract]


def _step(text: str) -> Any:
    if _parsed.cache_info().currsize > 10_000:
        _parsed.cache_clear()
    return _parsed(text)
