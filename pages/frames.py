"""Frames: a contact sheet, exact stepping, what is wrong with some frames, and chosen frames to take along."""

import streamlit as st

from pages.ui import state
from pages.ui.common import theme
from pages.ui.common.pickers import clip_bar
from pages.ui.frames import contact_sheet, export, quality, viewer

theme.title("Frames", "View any frame of the clip, check the video quality, and export frames.")
info = state.chosen_video()
clip_bar.show(info)


@st.fragment
def screen() -> None:
    """One frame, run again by itself while a person steps."""
    with st.container(key="viewer"):
        viewer.show(info)


@st.fragment
def panel() -> None:
    """What leads to a frame, and out of the program; a click in it shows that frame on the screen."""
    contact_sheet.show(info)
    quality.show(info)
    export.show(info)


left, right = st.columns([6, 5], gap="large")
with left:
    screen()
with right:
    panel()
