"""Train: train a network on a dataset with live curves, and test it on held-out clips."""

import streamlit as st

from pages.ui import state
from pages.ui.common import flash, theme
from pages.ui.train import models, new_run, progress, runs

VIEWS = {"new": "New run", "runs": "Runs", "models": "Models"}


def new() -> bool:
    """The form of a new run; whether it shows the runs under way, below its button."""
    entries = state.store().datasets()
    if entries:
        return new_run.show(entries)
    theme.empty(
        "No datasets yet",
        "Training needs labelled clips. Import a dataset, or create the sample dataset to try it out.",
    )
    st.button("Open Datasets", type="primary", icon=":material/dataset:", on_click=state.go, args=("datasets",))
    return False


theme.title("Train", "Select a dataset and train a network on it. Then evaluate the network on held-out clips.")
flash.show()
progress.arrive()
head = st.container()
view = st.segmented_control(
    "View", list(VIEWS), default="new", format_func=VIEWS.__getitem__, key="train.tab", label_visibility="collapsed"
)
shown = False
if view == "runs":
    runs.show()
elif view == "models":
    models.show()
else:
    shown = new()
if not shown:
    with head:
        runs.latest() if view == "new" else progress.under_way()
