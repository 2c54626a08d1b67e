"""Datasets: import labelled sets, see what is in them, split them so that nothing leaks."""

import streamlit as st

from core.workspace.store import DatasetEntry
from pages.ui import reads, set_import, set_parts, set_split, state, theme

VIEWS = {
    "Classes": lambda entry, dataset: set_parts.classes(dataset),
    "Clips": lambda entry, dataset: set_parts.clips(dataset),
    "Groups and split": set_split.panel,
    "Near-duplicates": set_split.duplicates,
    "What was found": lambda entry, dataset: set_parts.findings(dataset),
}


def show(entry: DatasetEntry) -> None:
    """One set: its head, and the view of it that was picked."""
    dataset = reads.dataset(entry)
    if dataset is not None:
        set_parts.head(entry, dataset)
        view = st.segmented_control(
            "View", list(VIEWS), default="Classes", key="sets.view", label_visibility="collapsed", required=True
        )
        VIEWS[view](entry, dataset)


theme.title("Datasets", "Clips whose labels are known: to train a network on, and to test it honestly.")
entries = state.store().datasets()
set_import.panel(opened=not entries)
busy = set_import.progress()
state.show_problem()
if not entries and not busy:
    theme.empty(
        "There is no labelled set yet",
        "Give a folder that holds a folder of clips for each class, a table or lists; or make the sample set. "
        "Everything is checked before anything is taken in.",
    )
if entries:
    show(set_parts.pick(entries))
