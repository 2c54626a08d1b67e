"""The way from a result on the Timeline to labels of a person's own, which begin with its draft."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Analysis, DrawnTrack
from core.stages.tracks.segmentation import NOTHING
from core.workflows.annotation import journal, scheme
from pages.ui import state
from pages.ui.common import flash
from pages.ui.common.controls import label_views

FEW = 20  # labels of a network that are all offered


def button(analysis: Analysis, *, begun: bool) -> None:
    """Open the Label page with what the network says as a draft. begun: whether the clip has labels already."""
    st.button(
        "Open your labels" if begun else "Correct on Label", key="timeline.correct", icon=":material/edit:",
        on_click=_open, args=(analysis, begun), help="The prediction is shown there as a draft to accept or correct.",
    )  # fmt: skip


def note(*, begun: bool) -> None:
    """What the result is, where there are labels of a person beside it."""
    if begun:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("Segments and files on this page are the prediction of the network, without your corrections.")
            st.button(
                "Download your labels", key="timeline.labels", icon=":material/download:", type="tertiary",
                on_click=_to, args=("files",),
            )  # fmt: skip


def offered_labels(analysis: Analysis) -> tuple[str, ...]:
    """The labels to correct a prediction with: those in it, and for a network of few labels also its others."""
    labels = [segment.label for segment in analysis.track.segments]
    if len(analysis.track.labels) <= FEW:
        labels += analysis.track.labels[1:]
    return tuple(dict.fromkeys(label for label in labels if label != NOTHING))


def _open(analysis: Analysis, begun: bool) -> None:
    if not begun:
        labels = offered_labels(analysis)
        try:
            scheme.add(state.store(), labels)
            author = state.remembered("label.author", "")
            track = journal.begin(state.store(), analysis.video.digest, DrawnTrack(labels, (), (), "", author))
            state.draw_in(analysis.video.digest, track)
        except AnalysisError as error:
            flash.keep(label_views.PANEL, error)
    _to("draft")


def _to(tool: str) -> None:
    label_views.turn_to(tool)
    state.go("label")
