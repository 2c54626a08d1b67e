"""Which of the clips have labels, what to do about the others, and the job that reads the labels."""

import streamlit as st

from core.workflows.study.library import export
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.study.analysing import analyse
from pages.ui.study.choices import ChosenStudy


def labelled(study: ChosenStudy) -> bool:
    """Whether any of the clips has labels; else what to do."""
    if study.digests:
        return True
    if not study.names:
        theme.empty("No clips selected", "No clip has all of these tags and values. Change the selection under Clips.")
        return False
    if study.source.kind == "annotator":
        theme.empty("None of these clips is labelled", "Label them on Label, or choose other labels above.")
        st.button("Open Label", icon=":material/edit_note:", on_click=state.go, args=("label",))
        return False
    title = state.models()[study.source.name].title
    theme.empty(
        "None of these clips is analysed",
        f"There is no stored prediction of the model “{title}” for them, with the recipe that they have now. "
        "Analyse the clips, or choose other labels above.",
    )
    _button(study)
    return False


def missing(study: ChosenStudy) -> None:
    """How many clips take no part since they have no labels, and the way to get some."""
    if not study.missing:
        return
    count = formatting.count(len(study.missing), "clip")
    with st.container(horizontal=True, vertical_alignment="center", key="study-missing"):
        if study.source.kind == "annotator":
            st.caption(f"{count} without labels by this person, left out.", width="content")
        else:
            st.caption(f"{count} without a stored prediction, left out.", width="content")
            _button(study)


def _button(study: ChosenStudy) -> None:
    st.button(
        f"Analyse {formatting.count(len(study.missing), 'clip')}", key="study.analyse", icon=":material/play_arrow:",
        type="tertiary" if study.digests else "primary", on_click=analyse, args=(study.missing, study.source.name),
    )  # fmt: skip


def read(study: ChosenStudy) -> bool:
    """Whether the labels are there as they are drawn; else the job that reads them is shown."""
    task, engine = export.read_labels, state.settings().engine
    ready = job_panel.ready(
        study.key, "Read the labels", task, state.store(), study.source, engine, noun="clip", at_once=True
    )
    if ready and cache.study_columns(study.key).failures:
        theme.notes(cache.study_columns(study.key).failures)
    return ready
