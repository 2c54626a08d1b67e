"""The choice of a labelled dataset, and its facts in a row."""

import streamlit as st

from core.domain import Dataset
from core.workflows import dataset_versions
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.common import formatting


def pick(entries: list[DatasetEntry]) -> DatasetEntry:
    """The selected dataset, in a menu of all, which names it also where it is the only one; each version is one."""
    names = [entry.name for entry in entries]
    wanted = state.kept("sets.name", names[0])
    index = names.index(wanted) if wanted in names else 0
    titles = dataset_versions.titles(state.store())
    shown = {name: titles.get(name, name) for name in names}
    name = st.selectbox("Dataset", names, index, shown.__getitem__, key=f"sets.pick.{'.'.join(names)}.{index}")
    index = names.index(name)
    state.keep("sets.name", name)
    return entries[index]


def facts(dataset: Dataset) -> tuple[str, ...]:
    """The size of a dataset in words."""
    seconds = sum(item.duration_s for item in dataset.items)
    segments = sum(len(item.segments) for item in dataset.items)
    texts = (
        formatting.count(len(dataset.items), "clip"),
        formatting.classes(len(dataset.labels)),
        f"{formatting.length(seconds)} of video",
    )
    return (*texts, formatting.count(segments, "segment")) if segments else texts
