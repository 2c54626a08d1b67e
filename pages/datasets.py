"""Datasets: import datasets, view their content, split them without leakage."""

import streamlit as st

from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import flash, theme
from pages.ui.common.pickers import dataset_picker, missing_clips
from pages.ui.datasets import embedding_map, import_panel, overview, splits, versions

VIEWS = {
    "Classes": lambda entry, dataset: overview.classes(dataset),
    "Clips": lambda entry, dataset: overview.clips(dataset),
    "Groups and split": splits.panel,
    "Near-duplicates": splits.duplicates,
    "Embedding map": embedding_map.panel,
    "Versions": versions.panel,
    "Import report": lambda entry, dataset: overview.findings(dataset),
}


def show(entry: DatasetEntry) -> None:
    """One dataset: its header and the selected view."""
    dataset = cache.dataset(entry)
    if dataset is not None:
        overview.head(entry, dataset)
        missing_clips.show(entry, dataset)
        view = st.segmented_control(
            "View", list(VIEWS), default="Classes", key="sets.view", label_visibility="collapsed", required=True
        )
        VIEWS[view](entry, dataset)


theme.title("Datasets", "Import labelled clips and check how they are split. Then train a network on them.")
entries = state.store().datasets()
import_panel.panel(opened=not entries)
busy = import_panel.progress()
flash.show()
if not entries and not busy:
    theme.empty(
        "No datasets yet",
        "Import a folder with one subfolder of clips per class, a CSV table or file lists, or "
        "create the sample dataset. Everything is checked before anything is imported.",
    )
if entries:
    show(dataset_picker.pick(entries))
