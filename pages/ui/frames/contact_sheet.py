"""The contact sheet of Frames: frames all over the clip, each with its index and time."""

from pathlib import Path

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import VideoInfo
from core.workflows import frames
from pages.ui import cache, state
from pages.ui.common import formatting, theme

SIZES = (12, 24, 48)
SHOTS = "shots"
ON_ONE = 48  # shots on one sheet

_sheet = theme.component(Path(__file__).with_name("contact_sheet.js"))


def show(info: VideoInfo) -> None:
    """The sheet. A click shows a frame on the screen; ticks choose frames to take along."""
    theme.section("Contact sheet", "Click a picture to view that frame. Tick frames to export them.")
    chosen = st.segmented_control(
        "Thumbnails",
        (*SIZES, SHOTS),
        default=24,
        key="sheet.size",
        required=True,
        format_func=_name,
        label_visibility="collapsed",
    )
    cells = _of_shots(info) if chosen == SHOTS else frames.spread(info, int(chosen or 24))
    if not cells:
        return
    try:
        with st.spinner("Loading frames…", show_time=True):
            pictures = cache.sheet_pictures(info.digest, cells)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        st.button("Try again", key="sheet.again", icon=":material/refresh:")
        return
    _draw(info, pictures, frames.sheet_key(info.digest, cells))


def _name(size: int | str) -> str:
    return "One per shot" if size == SHOTS else str(size)


def ticked(info: VideoInfo) -> tuple[int, ...]:
    """The indices of the frames that were chosen, rising."""
    return state.remembered(f"ticked.{info.digest}", ())


def tick(info: VideoInfo, indices: tuple[int, ...]) -> None:
    """Choose these frames and no others."""
    state.remember(f"ticked.{info.digest}", indices)
    state.remember("ticked.turn", state.remembered("ticked.turn", 0) + 1)


def _of_shots(info: VideoInfo) -> frames.Places:
    """A place in each shot, in portions; nothing, with advice, before the frames were looked at."""
    if not state.store().has(frames.quality_key(info.digest)):
        theme.empty("Shots have not been detected yet", "Run “Check all frames” under “Video quality” first.")
        return ()
    cells = frames.of_shots(cache.quality(info.digest))
    st.caption(f"{formatting.count(len(cells), 'shot')}, separated by abrupt changes between two frames.")
    if len(cells) <= ON_ONE:
        return cells
    starts = list(range(0, len(cells), ON_ONE))
    start = st.selectbox("Shots", starts, 0, lambda first: f"{first + 1} to {min(first + ON_ONE, len(cells))}")
    return cells[start : start + ON_ONE]


def _draw(info: VideoInfo, pictures: tuple[dict, ...], name: str) -> None:
    """The pictures; what was clicked becomes the moment of the session."""
    turn = state.remembered("ticked.turn", 0)
    data = {
        "frames": list(pictures),
        "order": name,
        "ratio": f"{info.width_px} / {info.height_px}",
        "here": state.position(info, state.moment_s(info)),
        "ticked": list(ticked(info)),
    }
    answer = _sheet(
        key=f"sheet.{info.digest}.{turn}",
        data=data,
        default={"ticked": data["ticked"]},
        on_ticked_change=_nothing,
        on_picked_change=_nothing,
    )
    within = {int(index) for index in answer.ticked if 0 <= int(index) < info.frame_count}
    state.remember(f"ticked.{info.digest}", tuple(sorted(within)))
    if answer.picked is not None and 0 <= int(answer.picked) < info.frame_count and answer.picked != data["here"]:
        state.jump(float(info.times_s[int(answer.picked)]))
        st.rerun()


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""
