"""The viewer of Frames: one frame before and after the recipe, and the navigation."""

from typing import Any

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import VideoInfo
from core.workflows.frames import quality_key
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.controls.slider import slider
from pages.ui.common.media import before_after
from pages.ui.common.media.preview import Viewport
from pages.ui.frames import quality_figures

LONG = 10  # frames of a long step, until another number is typed


def show(info: VideoInfo) -> None:
    """The frame at the moment of the session, and how to go on from it."""
    screen = st.container()
    ways(info)
    index = state.position(info, state.moment_s(info))
    with screen:
        pictures(info, index)
    frame_facts(info, index)


def pictures(info: VideoInfo, index: int) -> None:
    """The frame, and beside it what the recipe makes of it where it has steps; both can be magnified."""
    recipe, key = state.recipe(), f"frame.{info.digest}"
    view = _view(state.widget(key))
    try:
        data: dict[str, Any] = {"zoom": True, "before": before_after.before(recipe, info, index, view)}
        if recipe.steps:
            made = cache.clock(info.digest)
            data["after"] = before_after.after(recipe, info, made, float(info.times_s[index]), view)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        st.button("Try again", icon=":material/refresh:")
        return
    before_after.compare(key=key, data=data, default={"view": None}, on_view_change=_nothing)


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""


def _view(known: Any) -> Viewport:
    """The part of the picture that the browser shows."""
    entries = known.get("view") if isinstance(known, dict) else None
    if not isinstance(entries, dict):
        return Viewport()
    scale, x, y = (float(entries.get(name, 1.0)) for name in ("scale", "x", "y"))
    return Viewport(min(max(scale, 1.0), 1000.0), min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))


def ways(info: VideoInfo) -> None:
    """A slider over all frames, steps by one and by many, and jumps to a moment."""
    last = info.frame_count - 1
    index = state.position(info, state.moment_s(info))
    if last < 1:
        return
    chosen, rest = slider(
        "Frame", key=f"index.{info.digest}", value=index, low=0, high=last, step=1, unit=f"of {last}", follows=True
    )
    if chosen != index:
        state.set_moment(float(info.times_s[int(chosen)]))  # type: ignore[arg-type]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        many = int(state.widget("step.many") or LONG)
        for by, name, key in (
            (-many, f"−{many}", "Shift+Left"),
            (-1, "−1", "Left"),
            (1, "+1", "Right"),
            (many, f"+{many}", "Shift+Right"),
        ):
            st.button(name, key=f"by.{key}", shortcut=key, on_click=_step, args=(info, by), help=_help(by))
        st.number_input(
            "Large step", 2, max(2, min(last, 100_000)), min(LONG, max(2, last)), key="step.many", width=128
        )
        st.text_input("Go to time", key="step.time", placeholder="1:23.4", on_change=_go_to, args=(info,), width=110)
    if rest:
        state.mirror()


def _help(by: int) -> str:
    return f"{formatting.count(abs(by), 'frame')} {'forward' if by > 0 else 'back'}"


def _step(info: VideoInfo, by: int) -> None:
    index = state.position(info, state.moment_s(info)) + by
    state.set_moment(float(info.times_s[min(max(index, 0), info.frame_count - 1)]))


def _go_to(info: VideoInfo) -> None:
    """Show the frame on screen at the time that was typed, if it is one."""
    typed = str(state.widget("step.time") or "")
    moment_s = formatting.seconds(typed)
    if moment_s is not None:
        state.set_moment(float(info.times_s[state.position(info, moment_s)]))
    state.remember("time.problem", typed if moment_s is None and typed else "")


def frame_facts(info: VideoInfo, index: int) -> None:
    """How long the frame is on screen, and what was found about it."""
    if typed := state.remembered("time.problem", ""):
        st.caption(f"“{theme.plain(typed)}” is not a valid time. Enter seconds, or minutes and seconds such as 1:23.4.")
    stop_s = float(info.times_s[index + 1]) if index + 1 < info.frame_count else info.duration_s
    stays = f"on screen for {1000 * (stop_s - float(info.times_s[index])):.0f} ms"
    facts = [stays]
    if state.store().has(quality_key(info.digest)):
        facts += quality_figures.about(cache.quality(info.digest), cache.quality_findings(info.digest), index)
    theme.facts(facts)
