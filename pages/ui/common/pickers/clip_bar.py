"""The head of a page about a clip: title and next step, and beside them the selected clip with a menu of the others."""

import streamlit as st

from core.domain import VideoInfo
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.media import thumbnails


def head(name: str, promise: str, *, prepared: bool = True) -> VideoInfo:
    """Draw the head, and give the selected clip; without any clip the page stops and says what to do.

    prepared: says which recipe the clip has; not where the page itself says so while it changes.
    """
    if not state.store().digests():
        theme.title(name, promise)
        return state.chosen_video()
    info = state.chosen_video()
    with st.container(key="clip-head"):
        left, right = st.columns([6, 5], vertical_alignment="center", gap="medium")
        with left:
            theme.title(name, promise)
        with right:
            _menu(info, prepared)
    return info


def _menu(info: VideoInfo, prepared: bool) -> None:
    """The selected clip; choosing another runs the page with that one."""
    names = {row.digest: formatting.names(row.names) for row in cache.clip_rows()}
    digests = list(names)
    with st.container(key="clip-bar"):
        picture, rest = st.columns([2, 9], vertical_alignment="center", gap="small")
        picture.html(thumbnails.html(info))
        with rest.container(gap="xsmall"):
            chosen = st.selectbox(
                "Clip",
                digests,
                digests.index(info.digest),
                names.__getitem__,
                key=f"clip.{info.digest}",
                label_visibility="collapsed",
            )
            recipe = [(formatting.preparation_line(state.recipe(), info),)] if prepared else []
            theme.facts(formatting.facts(info), *recipe)
    if chosen != info.digest:
        state.choose(chosen)
        st.rerun()
