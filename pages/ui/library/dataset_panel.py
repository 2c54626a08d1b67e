"""Clips that are ticked become clips of a dataset, with their labels and subjects."""

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from core.base.errors import AnalysisError
from core.workflows.datasets import library
from core.workflows.datasets.library import ClipAddition, LabelColumns
from pages.ui import state
from pages.ui.common import flash, formatting, theme

BY_COLUMN, FOR_ALL = "Labels from metadata", "One label for all"
NO_SUBJECT = "None"
SUBJECTS = ("subject", "animal", "participant", "person")  # columns that are offered first
LABELS = ("label", "behaviour", "behavior", "action", "class")
MOST_NOTES = 6
DONE = "library.dataset.done"  # what the last press did
TURN = "library.dataset.turn"  # counts how often clips were added, after which the panel is closed


def key() -> str:
    """The key of the popover, another one after each addition."""
    return f"ticked.dataset.{state.remembered(TURN, 0)}"


def panel(digests: tuple[str, ...]) -> None:
    """Which dataset, which labels, what would be added, and the button that adds it."""
    name = st.selectbox(
        "Dataset", [entry.name for entry in state.store().datasets()], None, key="dataset.name",
        accept_new_options=True, placeholder="Choose a dataset, or type a new name",
    )  # fmt: skip
    columns = _labels()
    if name and (columns.label.strip() or columns.column):
        _preview(name, digests, columns)
    else:
        st.caption("Each clip gets one label for its whole length.")


def tell() -> None:
    """What the last press did."""
    if words := state.remembered(DONE, ""):
        st.toast(words, icon=":material/check_circle:")
        state.remember(DONE, "")


def _labels() -> LabelColumns:
    """Where the labels and the subjects of the clips stand."""
    columns = state.store().metadata_columns()
    by = FOR_ALL
    if columns:
        by = st.radio("Label", (BY_COLUMN, FOR_ALL), horizontal=True, key="dataset.by", label_visibility="collapsed")
    left, right = st.columns(2)
    label = column = ""
    if by == FOR_ALL:
        label = left.text_input("Label", key="dataset.label", placeholder="walk")
    else:
        column = left.selectbox(
            "Label", columns, _usual(columns, LABELS), key="dataset.column", placeholder="Choose a column"
        )
    subjects = [NO_SUBJECT, *columns]
    subject = right.selectbox(
        "Subject", subjects, _usual(subjects, SUBJECTS) or 0, key="dataset.subject",
        help="The column that says whose clip it is, such as an animal. Clips of one subject are never in both "
        "training and test data.",
        disabled=not columns,
    )  # fmt: skip
    return LabelColumns(label, column or "", "" if subject == NO_SUBJECT else subject)


def _usual(columns: Sequence[str], names: Sequence[str]) -> int | None:
    """The place of the column that is likely meant, if there is one."""
    lowered = [column.casefold() for column in columns]
    return next((lowered.index(name) for name in names if name in lowered), None)


def _preview(name: str, digests: tuple[str, ...], columns: LabelColumns) -> None:
    """How many clips get which label, which are left out and why, and the button."""
    try:
        added = library.addition(state.store(), name, digests, columns)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    count = len(added.items)
    labels = Counter(item.label for item in added.items).most_common()
    if labels:
        st.caption(theme.plain(", ".join(f"{label}: {formatting.number(number)}" for label, number in labels)))
    st.button(
        f"Add {formatting.count(count, 'clip')}", key="dataset.add", type="primary", disabled=not count,
        on_click=_add, args=(name, digests, columns),
    )  # fmt: skip
    _left_out(added)


def _left_out(added: ClipAddition) -> None:
    if not added.left_out:
        return
    st.markdown(f"**{formatting.count(len(added.left_out), 'clip')} left out**")
    theme.notes(f"{name}: {reason}" for name, reason in added.left_out[:MOST_NOTES])
    if len(added.left_out) > MOST_NOTES:
        st.caption(f"And {formatting.number(len(added.left_out) - MOST_NOTES)} more.")


def _add(name: str, digests: tuple[str, ...], columns: LabelColumns) -> None:
    """Add the clips, or keep why that failed: a callback."""
    try:
        added = library.add_clips(state.store(), name, digests, columns)
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)
        return
    left_out = f" {formatting.count(len(added.left_out), 'clip')} left out." if added.left_out else ""
    words = f"{formatting.count(len(added.items), 'clip')} added to the dataset {' '.join(name.split())}.{left_out}"
    state.remember(DONE, theme.plain(words))
    state.remember(TURN, state.remembered(TURN, 0) + 1)
