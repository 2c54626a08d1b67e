"""Train: a network of one's own on a labelled set, watched while it learns, tested on clips that it never saw."""

import streamlit as st

from core.workflows import training
from pages.ui import state
from pages.ui.common import theme
from pages.ui.train import models, progress, runs
from pages.ui.train import new as train_new

VIEWS = {"new": "New training", "runs": "Trainings", "models": "Models"}


def new() -> None:
    """What begins a training, under the result of the one that was begun here."""
    followed = state.remembered("train.followed", "")
    if followed in state.store().keys("training") and training.run_of(state.store(), followed).state == "done":
        runs.summary(followed)
    entries = state.store().datasets()
    if entries:
        train_new.show(entries)
        return
    theme.empty(
        "There is no labelled set yet",
        "A network learns from clips whose labels are known. Import some, or make the sample set to try things with.",
    )
    st.button("Open Datasets", type="primary", icon=":material/dataset:", on_click=state.go, args=("datasets",))


theme.title("Train", "Teach a network your own actions, and see how it does on clips that it never saw.")
state.show_problem()
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
