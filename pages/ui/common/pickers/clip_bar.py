"""The selected clip at the top of a page: its picture, its name, and a menu of the others."""

import streamlit as st

from core.domain import VideoInfo
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.media import thumbnails


def show(info: VideoInfo) -> None:
    """Draw the bar; choosing another clip runs the page with that one."""
    names = {entry.info.digest: entry.name for entry in state.entries()}
    digests = list(names)
    with st.container(border=True, key="clip-bar"):
        picture, rest = st.columns([1, 7], vertical_alignment="center", gap="small")
        picture.html(thumbnails.html(info))
        with rest:
            chosen = st.selectbox(
                "Clip",
                digests,
                digests.index(info.digest),
                names.__getitem__,
                key=f"clip.{info.digest}",
                label_visibility="collapsed",
            )
            theme.facts(formatting.facts(info))
    if chosen != info.digest:
        state.choose(chosen)
        st.rerun()
