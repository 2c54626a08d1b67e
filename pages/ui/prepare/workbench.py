"""The parts of Prepare: the picture before and after, and the steps."""

import math
from contextlib import suppress
from typing import Any

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import STEPS
from core.domain import Recipe, VideoInfo, serialization
from core.stages.preprocessing.frame_clock import choosing
from core.stages.preprocessing.geometry import least_crop_pct
from core.stages.preprocessing.recipes import picture_size
from core.workflows import clip_recipes
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.media import preview
from pages.ui.common.media.before_after import after, compare
from pages.ui.prepare import crop_picture
from pages.ui.prepare.step_form import form
from pages.ui.state import EditedStep

FOLLOWED = "prepare.followed"  # the clip, and the steps that choose its frames, when its moment was looked at last


def viewer(info: VideoInfo, moment_s: float) -> None:
    """Before and after at a moment, and what the recipe makes of the whole clip."""
    recipe, index = state.recipe(), state.position(info, moment_s)
    theme.facts((formatting.preparation_line(recipe, info),))
    source, result = st.columns(2, gap="small")
    try:
        with source:
            crop_picture.show(info, index)
        made = cache.clock(info.digest)
        with result:
            compare(
                key=f"after.{info.digest}", data={"before": after(recipe, info, made, moment_s) | {"name": "After"}}
            )
        texts = (*preview.described(made, recipe, info), *preview.looked_at(recipe, state.chosen_model(), info))
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    theme.facts(("Result", *texts))


def follow(info: VideoInfo) -> None:
    """Look at the nearest moment that is kept where a change of the recipe has cut the present one away."""
    name = (info.digest, serialization.to_json(choosing(state.recipe())))
    before, _ = known = state.remembered(FOLLOWED, ("", ""))
    state.remember(FOLLOWED, name)
    if before != info.digest or known == name:
        return
    moment_s = state.moment_s(info)
    with suppress(AnalysisError):  # told beside the picture
        nearest_s = cache.clock(info.digest).nearest(moment_s)
        if nearest_s is not None and nearest_s != moment_s:
            state.jump(nearest_s)


def steps(info: VideoInfo) -> None:
    """All steps with their forms, and a menu to add one."""
    drawn = crop_picture.take(info)
    parts = state.parts()
    changed, rests = [], [drawn]
    for index, part in enumerate(parts):
        step, rest = _card(part, index, parts, info)
        changed.append(EditedStep(part.uid, part.on, step))
        rests.append(rest)
    if changed != list(parts):
        state.set_parts(tuple(changed))
    if all(rests):
        state.mirror()
    _add(info)


def _card(part: EditedStep, index: int, parts: tuple[EditedStep, ...], info: VideoInfo) -> tuple[Any, bool]:
    """One step: its switch, its form, and buttons to move and remove it."""
    with st.container(border=True, key=f"step-{part.uid}", gap="small"):
        with st.container(horizontal=True, vertical_alignment="center", wrap=False):
            unchanged = " · no change" if part.on and part.step.is_neutral() else ""
            st.toggle(
                f"**{index + 1}. {part.step.label}**{unchanged}",
                part.on,
                key=f"on.{part.uid}",
                on_change=_switch,
                args=(part.uid,),
                width="stretch",
            )
            _button("Move up", ":material/arrow_upward:", part, index == 0, _move, -1)
            _button("Move down", ":material/arrow_downward:", part, index == len(parts) - 1, _move, 1)
            _button("Remove", ":material/delete:", part, False, _remove)
        if not part.on:
            st.caption("This step is switched off.")
            return part.step, True
        return form(part.step, key=f"step.{part.uid}", limits=_limits(parts[:index], info))


def _limits(before: tuple[EditedStep, ...], info: VideoInfo) -> dict[str, float]:
    """What bounds the sliders of a step after these ones, by the names that knobs know it by."""
    try:
        size = picture_size(Recipe(tuple(part.step for part in before if part.on)), info.width_px, info.height_px)
        width_px, height_px = size.width_px, size.height_px
    except AnalysisError:  # told beside the picture
        width_px, height_px = info.width_px, info.height_px
    return {
        "duration_s": math.ceil(100 * info.duration_s - 1e-6) / 100,
        "frame_s": math.ceil(100 / float(info.rate_hz) - 1e-6) / 100,
        "least_width_pct": least_crop_pct(width_px),
        "least_height_pct": least_crop_pct(height_px),
    }


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


def _add(info: VideoInfo) -> None:
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
            disabled=clip_recipes.laid_out(state.store(), info.digest) == clip_recipes.of_recipe(Recipe()),
            on_click=state.use_recipe,
            args=(Recipe(),),
            help="Back to the clip without preparation",
        )


def _append() -> None:
    name = state.widget("add-step")
    if name in STEPS:
        state.set_parts((*state.parts(), EditedStep(state.new_uid(), True, STEPS[name]())))
