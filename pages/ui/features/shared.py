"""What the parts of the Features page share: the moment and its window, clicks on charts, files to take along."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import BACKBONES
from core.domain import VideoInfo
from core.workflows import explanations
from core.workflows.explanations import ClipWindow
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import downloads
from pages.ui.common.controls.moment_slider import moment
from pages.ui.features import colormaps

ABOUT = (
    "The network processes the frames around this moment, which usually takes a few seconds. "
    "After that, the layers, labels and moments that you select in this clip are computed immediately."
)
Bytes = Callable[[], bytes]


def look_at(info: VideoInfo, backbone: str) -> tuple[ClipWindow, float, bool] | None:
    """The window around the moment that is looked at, that moment, and whether nothing is being dragged.

    None, said in words, where the recipe leaves nothing of the clip.
    """
    recipe, cnn = state.recipe(), BACKBONES[backbone]
    _begin_where_active(info, backbone)
    moment_s, rest = moment(info, key="features.moment")
    try:
        view = ClipWindow(info.digest, recipe, backbone, explanations.window_at(info, recipe, cnn, moment_s))
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return None
    return view, moment_s, rest


def _begin_where_active(info: VideoInfo, backbone: str) -> None:
    """Where a clip is opened here at its very beginning, look at the moment of most activation instead."""
    opened = f"features.opened.{info.digest}"
    if state.remembered(opened, False):
        return
    state.remember(opened, True)
    if state.moment_s(info) == 0:
        engine = state.settings().engine
        state.jump(explanations.active_s(state.store(), info, state.recipe(), backbone, engine))


def frame(info: VideoInfo) -> None:
    """The frame at the moment that is looked at."""
    moment_s = state.moment_s(info)
    index = state.position(info, moment_s)
    address, problem = cache.picture_or_problem(info.digest, index)
    caption = f"Frame {index} at {clock(moment_s)}"
    if address:
        st.html(
            f'<figure class="k-shot"><img src="{address}" alt="{caption}"><figcaption>{caption}</figcaption></figure>'
        )
    else:
        st.caption(theme.plain(problem))


def waits(info: VideoInfo, key: str, name: str, *, there: bool) -> bool:
    """Whether a result waits for the first press about this clip; then its frame is shown, with the button.

    Moments and layers that are chosen after that are computed at once. key: of the job; name: of the button. there:
    whether the result is there.
    """
    wanted = f"features.wanted.{info.digest}"
    if there or state.remembered(wanted, False) or state.runner().job(key) is not None:
        return False
    left, right = st.columns([2, 3], gap="large")
    with left:
        frame(info)
    with right:
        theme.empty("Not computed yet", ABOUT)
        st.button(
            name, key="features.begin", type="primary", icon=":material/play_arrow:", on_click=state.remember,
            args=(wanted, True),
        )  # fmt: skip
    return True


def steppers(times_s: np.ndarray, step: int, *, key: str) -> None:
    """Buttons to the steps before and after the one that is shown."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for name, icon, to, shortcut in (
            ("Step back", ":material/chevron_left:", step - 1, "Left"),
            ("Step on", ":material/chevron_right:", step + 1, "Right"),
        ):
            there = 0 <= to < len(times_s)
            st.button(
                name,
                key=f"{key}.{name}",
                icon=icon,
                shortcut=shortcut,
                disabled=not there,
                on_click=state.jump,
                args=(float(times_s[to]) if there else 0.0,),
            )
        st.caption(f"Step {step + 1} of {len(times_s)} in this window, around {clock(times_s[step])}")


def nearest(times_s: np.ndarray, moment_s: float) -> int:
    """The step nearest to a moment."""
    return int(np.abs(np.asarray(times_s) - moment_s).argmin())


def clock(time_s: float) -> str:
    """A moment with hundredths."""
    return formatting.clock(float(time_s), decimals=2)


def chart(figure: Any, *, key: str) -> float | None:
    """Draw a figure; the moment of the marker that was clicked just now, if one was."""
    picked = st.plotly_chart(figure, key=key, on_select="rerun", selection_mode="points", theme=None)
    points: Sequence[Any] = picked["selection"]["points"] if picked else []  # type: ignore[index]
    values = tuple(float(point["customdata"][0]) for point in points if point.get("customdata"))
    if values == state.remembered(f"click.{key}", ()):
        return None
    state.remember(f"click.{key}", values)
    return values[0] if values else None


def follow(moment_s: float | None) -> None:
    """Look at the moment that was clicked from now on."""
    if moment_s is not None:
        state.jump(moment_s)
        st.rerun()


def take_along(files: Sequence[tuple[str, str, Bytes]], *, key: str) -> None:
    """Download buttons: title, file name, and what makes the content when it is asked for."""
    kinds = {".png": "image/png", ".npz": "application/zip"}
    with st.container(horizontal=True):
        for title, name, make in files:
            downloads.button(title, make, name, kinds[name[-4:]], key=f"{key}.{title}")


def stem(info: VideoInfo, *parts: str) -> str:
    """The name of a file about a clip, without its suffix."""
    name = state.store().entry(info.digest).name
    return formatting.file_name("-".join((name.rsplit(".", 1)[0], *parts)).replace(".", "_"), "")


def legend(shown: colormaps.Scale, note: str = "") -> None:
    """The colour scale of the pictures beside it."""
    st.html(colormaps.colour_bar(shown) + (f'<p class="k-hint">{note}</p>' if note else ""))
