"""The clip that was chosen, the moment and the part of it that are shown, and the way from page to page."""

from typing import NoReturn

import numpy as np
import streamlit as st

from core.base.errors import ResultMissing
from core.domain import VideoInfo
from pages.ui.common import theme
from pages.ui.state.model_choice import choose_model, show_result
from pages.ui.state.session import SHOWN_CLIP, SHOWN_PAGE, remember, remembered, stop, store


def chosen_digest() -> str:
    """The clip that is worked on; empty if there is none."""
    return st.session_state.get("video", "")


def choose(digest: str) -> None:
    """Work on another clip from now on, from its start."""
    if digest != st.session_state.get("video"):
        st.session_state["video"] = digest
        st.session_state["moment_s"] = 0.0
        st.session_state["view"] = ()
        show_result("")
        st.session_state["touched"] = st.session_state.get("touched", 0) + 1


def chosen_video() -> VideoInfo:
    """The clip that is worked on, at first the latest; a page without one stops here and says what to do."""
    try:
        info = store().video(chosen_digest())
    except ResultMissing:
        newest = store().newest_digest()
        if not newest:
            _no_clip()
        info = store().video(newest)
        choose(newest)
    remember(SHOWN_CLIP, info.digest)
    return info


def _no_clip() -> NoReturn:
    """Say what to do without a clip, and end the page."""
    st.session_state.pop("video", None)
    theme.empty("No clips yet", "Add your own clip or the sample clip in the library.")
    st.button("Open Library", type="primary", icon=":material/video_library:", on_click=go, args=("library",))
    stop()


def forget(digest: str) -> None:
    """Work no longer on a clip that was deleted."""
    if st.session_state.get("video") == digest:
        for name in ("video", "moment_s"):
            st.session_state.pop(name, None)


def go(page: str, digest: str = "", *, model: str = "") -> None:
    """Show another page in the next run, with another clip and another model if named.

    As a callback of a button outside of fragments, which no run can miss; elsewhere followed by a rerun.
    """
    if digest:
        choose(digest)
    if model:
        choose_model(model)
    st.session_state["go"] = (remembered(SHOWN_PAGE, ""), page)


def moment_s(info: VideoInfo) -> float:
    """The moment that is looked at, within the clip."""
    return min(max(st.session_state.get("moment_s", 0.0), 0.0), float(info.times_s[-1]))


def set_moment(time_s: float) -> None:
    """Look at another moment from now on."""
    st.session_state["moment_s"] = float(time_s)


def shown_part() -> tuple[float, ...]:
    """Start and stop of the part of the clip that players show large; empty where that is all of it."""
    return st.session_state.get("view", ())


def show_part(start_s: float, stop_s: float) -> None:
    """Show another part of the clip large from now on; all of it where there is no such part."""
    st.session_state["view"] = (start_s, stop_s) if start_s < stop_s else ()


def drawn_in(digest: str) -> str:
    """The track of a clip that is drawn in, or how its name begins; empty where none was chosen."""
    return remembered(f"label.track.{digest}", "")


def draw_in(digest: str, track: str) -> None:
    """Draw in another track of a clip from now on."""
    remember(f"label.track.{digest}", track)


def jump(time_s: float) -> None:
    """Look at another moment, and let all that shows the moment begin there."""
    set_moment(time_s)
    st.session_state["touched"] = touched() + 1


def touched() -> int:
    """Counts how often the moment was set from elsewhere than its slider, which then begins anew."""
    return st.session_state.get("touched", 0)


def position(info: VideoInfo, time_s: float) -> int:
    """The index of the frame on screen at a moment."""
    return max(0, int(np.searchsorted(info.times_s, time_s + 5e-4, side="right")) - 1)
