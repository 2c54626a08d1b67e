"""The results of a clip on the Timeline: the newest or the selected one, the others, and the way to a further one."""

import streamlit as st

from core.domain import ModelCard, VideoInfo
from core.workflows import predictions
from core.workflows.clip_results import ClipResult
from pages.ui import cache, state
from pages.ui.common import clip_results, formatting
from pages.ui.common.jobs import job_panel, kept_pieces
from pages.ui.common.pickers import model_picker
from pages.ui.timeline import result

ABOUT = (
    "The network predicts an action for each moment of the clip. This usually takes less than "
    "the duration of the clip, depending on this machine; the result is stored."
)


def show(info: VideoInfo, card: ModelCard) -> None:
    """The result that is shown; before there is one, the button that analyses and the clip."""
    key = clip_results.key_in_use(info)
    shown = clip_results.shown(info, key)
    if (job := state.runner().job(key)) and job.active:
        state.show_result(state.IN_USE)
    if shown is None:
        _analyse(info, card, key, title="Analyse the clip", about=ABOUT)
        result.preview(info)
        model_picker.pick(opened=True)
        return
    chosen = state.shown_result() == state.IN_USE
    if not chosen:
        state.show_result(shown.key)
        state.mirror()
    missing = not state.store().has(key)
    if missing and chosen:
        with st.container(key="timeline-further"):
            _analyse(info, card, key, title=_title(info, card))
    result.show(info, state.models()[shown.model], shown, _menu)
    if missing and not chosen:
        _analyse(info, card, key, title=_title(info, card))
    model_picker.pick(opened=False)


def _title(info: VideoInfo, card: ModelCard) -> str:
    """What the button does where there are results of another model or recipe."""
    return f"Analyse with {card.title} · {formatting.preparation(state.recipe(), info)}"


def _analyse(info: VideoInfo, card: ModelCard, key: str, *, title: str, about: str = "") -> None:
    """The job of the model and the recipe in use."""
    task = (predictions.predict, state.store(), info.digest, state.recipe(), card.name, state.settings().engine)
    kept = kept_pieces.of(info.digest, predictions.prepared(state.recipe(), card), card.backbone)
    if job_panel.ready(key, title, *task, about=about, kept=kept):
        st.rerun()


def _menu(info: VideoInfo, shown: ClipResult) -> None:
    """Which result is shown, with a menu of the others."""
    titles = {stored.key: clip_results.title(stored, info) for stored in cache.results(info.digest)}
    if len(titles) == 1:
        st.caption(titles[shown.key])
        return
    keys = list(titles)
    st.selectbox(
        f"Result, {len(keys)} in total", keys, keys.index(shown.key), titles.__getitem__,
        key=f"timeline.result.{shown.key}.{len(keys)}", label_visibility="collapsed", on_change=_pick,
        args=(f"timeline.result.{shown.key}.{len(keys)}",),
    )  # fmt: skip


def _pick(widget: str) -> None:
    """Show the selected result."""
    state.show_result(str(state.widget(widget)))
