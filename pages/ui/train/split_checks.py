"""What makes scores on a split too good: clips without groups, and near-duplicates in different parts of a fold."""

import streamlit as st

from core.domain import Dataset, Split
from core.workflows import datasets
from core.workflows.datasets import importer
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel

UNGROUPED = (
    "No groups are known: each clip is a group of its own. If several clips show the same person or come from the same "
    "recording, scores will be too good. Set groups under Change split."
)
NOT_SEARCHED = "Near-duplicates have not been searched for. If there are any in different folds, scores are too good."
FEW = 8  # clips a class below which scores say little
FIND = "Find near-duplicates"


def show(entry: DatasetEntry, dataset: Dataset, split: Split) -> None:
    """What to know of a split before a run is tested on it, with the button that looks for near-duplicates."""
    key = importer.duplicates_key(entry.key)
    duplicates = importer.duplicates(state.store(), entry.key)
    torn = datasets.leaks(split, duplicates) if duplicates else ()
    pairs = formatting.count(len(torn), "pair")
    notes = {
        f"{pairs} of similar clips are in different parts of a fold. Join them under Change split.": bool(torn),
        UNGROUPED: split.grouping.by == "clip",
        "There are few clips per class: scores will vary between splits.": (
            len(dataset.items) < FEW * len(dataset.labels)
        ),
    }
    if texts := [text for text, holds in notes.items() if holds]:
        theme.notes(texts)
    job = state.runner().job(key)
    if job is not None and job.active:
        job_panel.watch(key, noun="clip")
    elif duplicates is None:
        _offer(entry, key)


def _offer(entry: DatasetEntry, key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(NOT_SEARCHED, width="content")
        st.button(
            FIND, icon=":material/difference:", type="tertiary", key="train.duplicates",
            on_click=_search, args=(key, entry.name),
        )  # fmt: skip


def _search(key: str, name: str) -> None:
    state.submit(key, FIND, importer.find_duplicates, state.store(), name)
