"""The parts of Prepare: the two pictures, the moment, the steps, saved recipes."""

from typing import Any

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import STEPS
from core.domain import Recipe, VideoInfo, serialization
from pages.ui import cache, state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.controls import downloads
from pages.ui.common.media import preview
from pages.ui.common.media.before_after import after, before, compare
from pages.ui.prepare.step_form import form
from pages.ui.state import EditedStep

NAME = "recipe-name"  # of the text box


def viewer(info: VideoInfo, moment_s: float) -> None:
    """Before and after at a moment, and what the recipe makes of the whole clip."""
    recipe, index = state.recipe(), state.position(info, moment_s)
    try:
        made = cache.clock(info.digest)
        data = {"before": before(recipe, info, index), "after": after(recipe, info, made, moment_s)}
        texts = (*preview.described(made, recipe, info), *preview.looked_at(recipe, state.chosen_model(), info))
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    compare(key=f"compare.{info.digest}", data=data)
    theme.facts(("Result", *texts))


def steps(info: VideoInfo) -> None:
    """All steps with their forms, and a menu to add one."""
    parts = state.parts()
    changed, rests = [], []
    for index, part in enumerate(parts):
        step, rest = _card(part, index, len(parts), info)
        changed.append(EditedStep(part.uid, part.on, step))
        rests.append(rest)
    state.set_parts(tuple(changed))
    if all(rests):
        state.mirror()
    if not parts:
        st.caption("No steps yet: the clip is analysed as it is. Add a step to crop, rotate, brighten or denoise it.")
    _add(parts)


def _card(part: EditedStep, index: int, count: int, info: VideoInfo) -> tuple[Any, bool]:
    """One step: its switch, its form, and buttons to move and remove it."""
    limits = {"duration_s": round(info.duration_s + 0.005, 2)}
    with st.container(border=True, key=f"step-{part.uid}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.toggle(
                f"**{index + 1}. {part.step.label}**",
                part.on,
                key=f"on.{part.uid}",
                on_change=_switch,
                args=(part.uid,),
            )
            st.space("stretch")
            _button("Move up", ":material/arrow_upward:", part, index == 0, _move, -1)
            _button("Move down", ":material/arrow_downward:", part, index == count - 1, _move, 1)
            _button("Remove", ":material/delete:", part, False, _remove)
        if not part.on:
            st.caption("This step is switched off.")
            return part.step, True
        return form(part.step, key=f"step.{part.uid}", limits=limits)


def _button(name: str, icon: str, part: EditedStep, disabled: bool, action: Any, *args: Any) -> None:
    text = f"{name}: {part.step.label}"
    st.button(
        "",
        key=f"{name}.{part.uid}",
        icon=icon,
        help=text,
        type="tertiary",
        disabled=disabled,
        on_click=action,
        args=(part.uid, *args),
    )


def _switch(uid: int) -> None:
    on = bool(state.widget(f"on.{uid}"))
    state.set_parts(
        tuple(EditedStep(part.uid, on if part.uid == uid else part.on, part.step) for part in state.parts())
    )


def _move(uid: int, by: int) -> None:
    parts = list(state.parts())
    index = next((at for at, part in enumerate(parts) if part.uid == uid), None)
    if index is not None and 0 <= index + by < len(parts):
        parts.insert(index + by, parts.pop(index))
        state.set_parts(tuple(parts))


def _remove(uid: int) -> None:
    state.set_parts(tuple(part for part in state.parts() if part.uid != uid))


def _add(parts: tuple[EditedStep, ...]) -> None:
    """The menu of steps, and the way back to none."""
    with st.container(horizontal=True):
        st.menu_button(
            "Add a step",
            list(STEPS),
            key="add-step",
            icon=":material/add:",
            format_func=lambda name: STEPS[name].label,
            on_click=_append,
        )
        st.button(
            "Reset",
            icon=":material/restart_alt:",
            disabled=not parts,
            on_click=state.use_recipe,
            args=(Recipe(),),
            help="Remove all steps",
        )


def _append() -> None:
    name = state.widget("add-step")
    if name in STEPS:
        state.set_parts((*state.parts(), EditedStep(state.new_uid(), True, STEPS[name]())))


def recipes() -> None:
    """Save the steps under a name, take saved ones, exchange them as files."""
    with st.expander("Saved recipes", icon=":material/bookmark:"):
        _save()
        _load()
        _exchange()
    flash.show("recipe")


def _try(action: Any, *args: Any) -> None:
    """Do it, or remember why not."""
    try:
        action(*args)
    except AnalysisError as error:
        flash.keep("recipe", error)


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
