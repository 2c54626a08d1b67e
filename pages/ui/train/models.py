"""The models that were trained or imported here: download, delete, import."""

from html import escape

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import BACKBONES
from core.domain import ModelCard
from core.workflows import training
from core.workflows.training.options import options_of
from pages.ui import state
from pages.ui.common import formatting, metric_names, theme
from pages.ui.common.controls import downloads
from pages.ui.common.network import diagram as network_diagram

PICTURED = "train.pictured"  # which model is shown as a picture
BRANCH_SCORES = {
    f"{first} accuracy, {branch} alone": f"{title} only"
    for first in ("clip", "step")
    for branch, title in (("picture", "video"), ("words", "text"))
}


def show() -> None:
    """The models of the workspace, and the import."""
    own = state.own_models()
    if not own:
        theme.empty("No models yet", "Save a run as a model, or import a model.")
    for card in own.values():
        _card(card)
    _take_in()


def _card(card: ModelCard) -> None:
    with st.container(border=True, key=f"own-{card.name}"):
        st.html(f'<div class="k-name">{escape(card.title)} <span class="k-badge">{escape(card.name)}</span></div>')
        reads = ("also uses text",) if card.words else ()
        scores = [f"{_score_name(name)} {formatting.per_cent(value)}" for name, value in card.scores.items()]
        theme.facts((formatting.count(len(card.labels), "action"), *reads, *scores[:3], f"created {card.created}"))
        st.caption(theme.plain(card.trained_on))
        store = state.store()
        with st.container(horizontal=True):
            st.button(
                "Use on a clip", key=f"own.use.{card.name}", icon=":material/view_timeline:", on_click=state.go,
                args=("timeline",), kwargs={"model": card.name},
            )  # fmt: skip
            shown = state.remembered(PICTURED, "") == card.name
            st.button(
                "Hide network" if shown else "Network", key=f"own.network.{card.name}", icon=":material/schema:",
                on_click=state.remember, args=(PICTURED, "" if shown else card.name),
            )  # fmt: skip
            downloads.button(
                "Download", lambda: training.zipped(store, card.name), f"{card.name}.zip", "application/zip",
                key=f"own.zip.{card.name}",
            )  # fmt: skip
            with st.popover("", icon=":material/delete:", help="Delete this model"):
                st.markdown(f"Delete the model **{theme.plain(card.name)}**?")
                st.button(
                    "Delete", key=f"own.delete.{card.name}", type="primary", on_click=training.delete_model,
                    args=(store, card.name),
                )  # fmt: skip
        if shown and card.backbone in BACKBONES:
            settings = options_of(card.settings) if card.network else None
            network_diagram.show(card.backbone, settings, len(card.labels))


def _take_in() -> None:
    """The upload of a model as ZIP file, checked before use."""
    theme.section(
        "Import a model", "A ZIP file downloaded here or on another machine. It is checked, and no code in it is run."
    )
    turn = state.remembered("train.zip", 0)
    upload = st.file_uploader("Model file (ZIP)", type=["zip"], key=f"train.upload.{turn}")
    if upload is None:
        return
    try:
        kept = state.store().keep_import(upload, upload.name)
        name = training.open_zip(state.store(), kept, source=upload.name)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    state.remember("train.zip", turn + 1)
    st.toast(f"The model {name} was imported.", icon=":material/check_circle:")
    st.rerun()


def _score_name(name: str) -> str:
    return BRANCH_SCORES.get(name) or metric_names.in_sentence(name)
