"""The recipe of a clip beyond its steps: for other clips, saved under a name, and as a file."""

from typing import Any

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import VideoInfo, serialization
from core.workflows import clip_recipes
from pages.ui import cache, state
from pages.ui.common import flash, formatting
from pages.ui.common.controls import downloads

NAME = "recipe-name"  # of the text box
OTHERS = "recipe.others"  # of the menu of clips
PANEL = "recipe"  # of errors
COPIED = "recipe.copied"  # in words: to how many clips the steps were given, and to which they were not


def show(info: VideoInfo) -> None:
    """Give the steps to other clips, save them under a name, take saved ones, exchange them as files."""
    with st.expander("Apply to other clips", icon=":material/content_copy:"):
        _others(info)
    with st.expander("Saved recipes", icon=":material/bookmark:"):
        _save()
        _load()
        _exchange()
    flash.show(PANEL)


def _others(info: VideoInfo) -> None:
    """The other clips to choose from, and what becomes of their own recipes."""
    names = {row.digest: formatting.names(row.names) for row in cache.clip_rows()}
    names.pop(info.digest, None)
    if not names:
        st.caption("There are no other clips in the library.")
        return
    _tell()
    every = st.checkbox(f"All other clips ({formatting.number(len(names))})", key="recipe.every")
    picked = st.multiselect("Clips", list(names), format_func=names.__getitem__, key=OTHERS, disabled=every)
    chosen = tuple(names) if every else tuple(picked)
    own = state.store().recipes_of_clips()
    if replaced := sum(digest in own for digest in chosen):
        st.caption(f"This replaces the recipe of {formatting.count(replaced, 'clip')}.")
    st.button(
        f"Apply to {formatting.count(len(chosen), 'clip')}", key="recipe.apply", type="primary", disabled=not chosen,
        on_click=_try, args=(_copy, info.digest, chosen),
    )  # fmt: skip


def _tell() -> None:
    """What became of the last press, once."""
    done, kept_own = state.remembered(COPIED, ("", ""))
    state.remember(COPIED, ("", ""))
    if done:
        st.success(done, icon=":material/check:")
    if kept_own:
        st.warning(kept_own, icon=":material/info:")


def _copy(digest: str, chosen: tuple[str, ...]) -> None:
    """Give the steps to these clips, and tell which of them keep their own."""
    kept_own = clip_recipes.copy(state.store(), digest, chosen)
    many, texts = len(chosen) - len(kept_own), ["", ""]
    if many:
        texts[0] = f"Applied to {formatting.count(many, 'clip')}."
    if kept_own:
        names = formatting.listed(formatting.names(state.store().entry(digest).names) for digest in kept_own[:5])
        more = " and more" if len(kept_own) > 5 else ""
        texts[1] = f"Not applied to {names}{more}: the recipe leaves no frame or too small a picture there."
    state.remember(COPIED, tuple(texts))


def _try(action: Any, *args: Any) -> None:
    """Do it, or remember why not."""
    try:
        action(*args)
    except AnalysisError as error:
        flash.keep(PANEL, error)


def _save() -> None:
    with st.form("save-recipe", border=False, clear_on_submit=True):
        st.text_input("Recipe name", key=NAME, placeholder="for example: left half, brighter")
        st.form_submit_button("Save", icon=":material/save:", on_click=_try, args=(_keep,))


def _keep() -> None:
    state.store().save_recipe(state.widget(NAME), state.recipe())


def _load() -> None:
    saved = state.store().recipes()
    if not saved:
        return
    name = st.selectbox(
        "Saved recipe", list(saved), format_func=lambda name: f"{name}: {formatting.steps(saved[name])}"
    )
    with st.container(horizontal=True):
        st.button("Use", icon=":material/check:", on_click=state.use_recipe, args=(saved[name],))
        st.button(
            "Delete",
            icon=":material/delete:",
            on_click=_try,
            args=(state.store().delete_recipe, name),
            key="delete-recipe",
        )


def _exchange() -> None:
    text = serialization.pretty_json(state.recipe())
    downloads.button("Download as JSON", text, "recipe.json", "application/json", key="recipe.download")
    turn = state.remembered("recipe.turn", 0)
    key = f"recipe-file.{turn}"
    st.file_uploader(
        "Load a recipe file", type="json", key=key, on_change=_try, args=(_take, key, turn), max_upload_size=1
    )


def _take(key: str, turn: int) -> None:
    """Use the recipe in the file that was just given, and make the uploader new."""
    file = state.widget(key)
    state.remember("recipe.turn", turn + 1)
    if file is not None:
        state.use_recipe(state.read_recipe(file.name, file.getvalue()))
