"""Train: train a network on a dataset with live curves, and test it on held-out clips."""

import streamlit as st

from core.workflows import training
from pages.ui import state
from pages.ui.common import flash, theme
from pages.ui.train import models, new_run, progress, runs

VIEWS = {"new": "New run", "runs": "Runs", "models": "Models"}


def new() -> None:
    """The form of a new run, below the result of the latest one."""
    followed = state.remembered("train.followed", "")
    if followed in state.store().keys("training") and training.run_of(state.store(), followed).state == "done":
        runs.summary(followed)
    entries = state.store().datasets()
    if entries:
        new_run.show(entries)
        return
    theme.empty(
        "No datasets yet",
        "Training needs labelled clips. Import a dataset, or create the sample dataset to try it out.",
    )
    st.button("Open Datasets", type="primary", icon=":material/dataset:", on_click=state.go, args=("datasets",))


theme.title("Train", "Select a dataset and train a network on it. Then evaluate the network on held-out clips.")
flash.show()
progress.under_way()
view = st.segmented_control(
    "View", list(VIEWS), default="new", format_func=VIEWS.__getitem__, key="train.tab", label_visibility="collapsed"
)
if view == "runs":
    runs.show()
elif view == "models":
    models.show()
else:
    new()
