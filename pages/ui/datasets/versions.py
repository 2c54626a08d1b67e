"""The versions of a dataset, and what each changed of the one before."""

import time
from typing import TYPE_CHECKING

import streamlit as st

from core.domain import Dataset, DatasetVersion
from core.workflows import dataset_versions
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.common import formatting, theme

if TYPE_CHECKING:
    from pandas import DataFrame

ABOUT = "Each version is a dataset of its own: choose it in the menu above to evaluate it or to train on it."
NONE = (
    "On Evaluate, choose another label for clips or exclude them, and save the changes as a new version. This one is "
    "kept."
)


def panel(entry: DatasetEntry, dataset: Dataset) -> None:
    """All versions of a dataset, the newest first."""
    store = state.store()
    names, versions = dataset_versions.family(store, entry.name), store.dataset_versions()
    if not any(name in versions for name in names):
        theme.empty("One version", NONE)
        return
    st.caption(ABOUT)
    titles, entries = dataset_versions.titles(store), {known.name: known for known in store.datasets()}
    for name in names:
        with st.container(border=True):
            selected = ", selected" if name == entry.name else ""
            st.markdown(f"**{theme.plain(titles[name])}**{selected}")
            facts = (formatting.count(entries[name].clips, "clip"), formatting.classes(entries[name].labels))
            version = versions.get(name)
            theme.facts((*facts, *(_facts(version, titles) if version else ())))
            if version:
                _changes(version)


def _facts(version: DatasetVersion, titles: dict[str, str]) -> tuple[str, ...]:
    """How many clips a version changed of which, by whom and when."""
    excluded = sum(not change.label for change in version.changes)
    counts = ((len(version.changes) - excluded, "relabelled"), (excluded, "excluded"))
    texts = [f"{formatting.number(count)} {what}" for count, what in counts if count]
    author = (f"by {version.author}",) if version.author else ()
    made = formatting.ago(version.made, time.time())
    return (*texts, f"from {titles.get(version.before, version.before)}", *author, made)


def _changes(version: DatasetVersion) -> None:
    """Its note, and its changes clip by clip."""
    if version.note:
        st.markdown(theme.plain(version.note))
    with st.expander("Changes", icon=":material/rule:"):
        st.dataframe(_table(version), hide_index=True, width="stretch", height=min(360, 38 + 35 * len(version.changes)))


def _table(version: DatasetVersion) -> "DataFrame":
    from pandas import DataFrame

    return DataFrame(
        {
            "Clip": [change.path for change in version.changes],
            "Label before": [change.before or "segments" for change in version.changes],
            "Label": [change.label or "excluded" for change in version.changes],
        }
    )
