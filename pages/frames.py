"""Frames: a contact sheet, exact stepping, what is wrong with some frames, and chosen frames to take along."""

import streamlit as st

from pages.ui import checks, clip_bar, contact_sheet, exports, state, stepper, theme

theme.title("Frames", "Look at any frame of the clip, find the stretches that may go wrong, and take pictures along.")
info = state.chosen_video()
clip_bar.show(info)


@st.fragment
def screen() -> None:
    """One frame, run again by itself while a person steps."""
    with st.container(key="viewer"):
        stepper.show(info)


@st.fragment
def panel() -> None:
    """What leads to a frame, and out of the program; a click in it shows that frame on the screen."""
    contact_sheet.show(info)
    checks.show(info)
    exports.show(info)


left, right = st.columns([6, 5], gap="large")
with left:
    screen()
with right:
    panel()
