"""What is not searchable yet: clips that were not analysed, and results that are not in the index."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.domain import ModelCard
from core.workflows import models, predictions, search
from core.workflows.search import index
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel, kept_pieces

AT_ONCE = 200  # results that a search takes in by itself; more are a job


def show(text: str) -> None:
    """How many clips cannot be searched yet, and the job that looks at them. text: one clip, or empty for all."""
    waiting = index.waiting(state.store(), (text,) if text else None)
    known = state.models()
    if not waiting or not known:
        return
    model = models.DEFAULT_MODEL if models.DEFAULT_MODEL in known else next(iter(known))
    key, task, arguments = _job(waiting, text, model)
    with st.container(border=True, key="search-waiting"):
        whole = len(state.store().digests())
        if text:
            name = theme.plain(state.store().entry(text).name)
            st.markdown(f"**{name} cannot be searched yet.** It has not been analysed.")
        else:
            st.markdown(
                f"**{formatting.number(len(waiting))} of {formatting.count(whole, 'clip')} cannot be searched yet.** "
                "They have not been analysed."
            )
        st.caption(
            "This usually takes less than the duration of the clips, depending on this machine. It is needed only once."
        )
        arguments = (state.store(), *arguments, state.settings().engine)
        kept = partial(_is_kept, waiting, known[model])
        job_panel.ready(key, "Analyse now", task, *arguments, there=False, kept=kept)


def _is_kept(clips: tuple[str, ...], card: ModelCard) -> bool:
    """Whether an analysis of these clips that broke off left something of the first that has no result."""
    left = index.waiting(state.store(), clips)
    if not left:
        return False
    recipe = predictions.prepared(state.store().recipe_of(left[0]), card)
    return kept_pieces.of(left[0], recipe, card.backbone)()


def _job(waiting: tuple[str, ...], text: str, model: str) -> tuple[str, Callable[..., Any], tuple[Any, ...]]:
    """The job that looks at these clips: of one, the job of the Timeline; of all, the same whichever are left."""
    if not text:
        return f"search-library-{model}", search.analyse, (waiting, model)
    recipe, card = state.store().recipe_of(text), state.models()[model]
    key = predictions.prediction_key(state.store(), text, recipe, card, state.settings().engine)
    return key, predictions.predict, (text, recipe, model)


def indexed() -> bool:
    """Whether the search knows nearly all results; else the job that takes them in is shown."""
    missing = index.behind(state.store())
    return job_panel.ready(
        "search-index",
        "Update the search index",
        index.refresh,
        state.store(),
        noun="result",
        there=missing <= AT_ONCE,
        at_once=True,
    )
