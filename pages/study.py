"""Study: how time is spent in many clips, and how groups of them differ."""

import streamlit as st

from pages.ui import state
from pages.ui.common import flash, theme
from pages.ui.study import (
    budgets,
    choices,
    coverage,
    files,
    group_comparison,
    headline,
    over_time,
    raster,
    transitions,
)

VIEWS = {
    "budgets": ("Time budget", budgets.show),
    "transitions": ("Transitions", transitions.show),
    "time": ("Over time", over_time.show),
    "groups": ("Group comparison", group_comparison.show),
    "files": ("Files", files.show),
}


def views(study: choices.ChosenStudy) -> None:
    """One of the views below the raster."""
    kept = state.remembered("study.view", "budgets")
    view = st.segmented_control(
        "View", list(VIEWS), default=kept if kept in VIEWS else "budgets", format_func=lambda name: VIEWS[name][0],
        key="study.views", label_visibility="collapsed", required=True,
    )  # fmt: skip
    state.remember("study.view", str(view))
    VIEWS[str(view)][1](study)


theme.title("Study", "View how time is spent in many clips, and compare groups of them.")
flash.show()
if not state.store().digests():
    theme.empty("No clips yet", "Add the clips of your study in the library first.")
    st.button("Open Library", type="primary", icon=":material/video_library:", on_click=state.go, args=("library",))
    state.stop()
study = choices.choose()
if study is None:
    theme.empty("No models and no labels", "Restore the models/ folder of the program, or label a clip first.")
elif coverage.labelled(study) and coverage.read(study):
    headline.show(study)
    raster.show(study)
    views(study)
    raster.table(study)
