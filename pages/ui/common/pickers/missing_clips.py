"""The clips of a dataset that are no longer in the library, and the button that leaves them out."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Dataset
from core.workflows.datasets import library
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.common import flash, formatting, theme

NAMED = 3  # clips that are named


def show(entry: DatasetEntry, dataset: Dataset) -> bool:
    """Say which clips are missing and offer to leave them out; whether there are any."""
    missing = library.missing_clips(state.store(), dataset)
    if not missing:
        return False
    left = len(dataset.items) - len(missing)
    names = [item.path for item in missing[:NAMED]]
    rest = [f"{formatting.number(len(missing) - NAMED)} more"] if len(missing) > NAMED else []
    if left:
        count = formatting.count(len(missing), "clip")
        verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        advice = f"Add {them} again, or leave {them} out: {formatting.count(left, 'clip')} would remain."
    else:
        count, verb = "All clips", "are"
        advice = "Add them again, or delete the dataset."
    theme.notes(
        (
            f"{count} of this dataset {verb} no longer in the library: {formatting.listed([*names, *rest])}. "
            f"{advice} Until then you cannot train on this dataset.",
        )
    )
    if left:
        clips = f"{formatting.number(len(missing))} missing clip{'s' * (len(missing) != 1)}"
        st.button(
            f"Leave out {clips}", key=f"missing.{entry.key}", icon=":material/playlist_remove:", on_click=_leave_out,
            args=(entry.name,), help="Saves the dataset without them. Runs on the earlier version are kept.",
        )  # fmt: skip
    return True


def _leave_out(name: str) -> None:
    """Leave missing clips out of a dataset, or keep why that failed."""
    try:
        library.leave_out_missing(state.store(), name)
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)
