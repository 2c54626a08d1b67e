"""Frames: a contact sheet, stepping frame by frame, the quality check, and the export of frames."""

import streamlit as st

from pages.ui.common import trouble
from pages.ui.common.pickers import clip_bar
from pages.ui.frames import contact_sheet, export, quality, viewer

info = clip_bar.head(
    "Frames", "View single frames, check the video quality, or export frames. Then analyse the clip on the Timeline."
)


@trouble.fragment
def screen() -> None:
    """One frame, as a fragment that reruns while the user steps."""
    with st.container(key="viewer"):
        viewer.show(info)


@trouble.fragment
def panel() -> None:
    """Contact sheet, quality check and export; a click shows that frame in the viewer."""
    contact_sheet.show(info)
    quality.show(info)
    export.show(info)


left, right = st.columns([6, 5], gap="large")
with left:
    screen()
with right:
    panel()
