"""Prepare: choose and order preprocessing steps, with before and after at any moment."""

import streamlit as st

from pages.ui import state
from pages.ui.common import theme, trouble
from pages.ui.common.controls import button
from pages.ui.common.controls.moment_slider import moment
from pages.ui.common.pickers import clip_bar
from pages.ui.prepare import recipes, workbench

info = clip_bar.head(
    "Prepare", "Trim, crop or rotate the clip if needed, then continue to the Timeline. The file is never changed.",
    prepared=False,
)  # fmt: skip


@trouble.fragment
def bench() -> None:
    """Pictures and steps, as a fragment that reruns while a slider moves."""
    pictures, panel = st.columns([5, 3], gap="large")
    with panel:
        theme.section("Steps", "Applied from top to bottom. Kept with this clip.")
        workbench.steps(info)
        recipes.show(info)
    with pictures:
        screen = st.container(key="viewer")
        workbench.follow(info)
        moment_s = moment(info, key="moment")[0]
        if button.pressed(
            "Continue to the Timeline", key="prepare.on", type="primary", icon=":material/view_timeline:"
        ):
            state.go("timeline")
            st.rerun()
    with screen:
        workbench.viewer(info, moment_s)


bench()
