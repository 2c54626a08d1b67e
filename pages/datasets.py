"""Datasets: import labelled sets, see what is in them, split them so that nothing leaks."""

import streamlit as st

from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import theme
from pages.ui.common.pickers import dataset_picker
from pages.ui.datasets import import_panel, overview, splits

VIEWS = {
    "Classes": lambda entry, dataset: overview.classes(dataset),
    "Clips": lambda entry, dataset: overview.clips(dataset),
    "Groups and split": splits.panel,
    "Near-duplicates": splits.duplicates,
    "What was found": lambda entry, dataset: overview.findings(dataset),
}


def show(entry: DatasetEntry) -> None:
    """One set: its head, and the view of it that was picked."""
    dataset = cache.dataset(entry)
    if dataset is not None:
        overview.head(entry, dataset)
        view = st.segmented_control(
            "View", list(VIEWS), default="Classes", key="sets.view", label_visibility="collapsed", required=True
        )
        VIEWS[view](entry, dataset)


theme.title("Datasets", "Clips whose labels are known: to train a network on, and to test it honestly.")
entries = state.store().datasets()
import_panel.panel(opened=not entries)
busy = import_panel.progress()
state.show_problem()
if not entries and not busy:
    theme.empty(
        "There is no labelled set yet",
        "Give a folder that holds a folder of clips for each class, a table or lists; or make the sample set. "
        "Everything is checked before anything is taken in.",
    )
if entries:
    show(dataset_picker.pick(entries))
