"""What is not searchable yet: clips that were not analysed, and results that are not in the index."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from core.domain import ModelCard
from core.workflows import batches, models, predictions
from core.workflows.search import index
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel, kept_pieces

AT_ONCE = 200  # results that a search takes in by itself; more are a job


def show(text: str) -> None:
    """How many clips cannot be searched yet, and the job that looks at them. text: one clip, or empty for all.

    Clips that are there for a dataset alone are left out beside others until the person includes them.
    """
    clips = (text,) if text else state.store().digests()
    waiting = index.waiting(state.store(), clips)
    if not waiting or not state.models():
        return
    others = set() if text else cache.only_in_datasets().intersection(clips)
    with st.container(border=True, key="search-waiting"):
        offer = st.container()
        if len(others) < len(clips) and not others.isdisjoint(waiting) and not _with_datasets(others, waiting):
            clips = [clip for clip in clips if clip not in others]
            waiting = tuple(clip for clip in waiting if clip not in others)
        if waiting:
            with offer:
                _offer(text, waiting, len(clips))


def _with_datasets(others: set[str], waiting: tuple[str, ...]) -> bool:
    """Whether clips that are there for a dataset alone are to be analysed too; how many are left out if not."""
    with st.container(horizontal=True, vertical_alignment="center"):
        included = st.toggle(
            "Include clips of datasets", state.starting("search.datasets", "search.all", False), key="search.all",
            help="Clips that were imported or drawn with a dataset. Clips that you added yourself are always included.",
        )  # fmt: skip
        state.keep("search.datasets", included)
        if not included:
            left_out = formatting.count(len(others.intersection(waiting)), "clip")
            st.caption(f"Not analysed and left out: {left_out} of datasets.", width="content")
    return included


def _offer(text: str, waiting: tuple[str, ...], whole: int) -> None:
    """The job that looks at clips. text: a single clip, or empty where they are of the `whole` library."""
    known = state.models()
    model = models.DEFAULT_MODEL if models.DEFAULT_MODEL in known else next(iter(known))
    key, task, arguments = _job(waiting, text, model)
    if text:
        name = theme.plain(state.store().entry(text).name)
        st.markdown(f"**{name} cannot be searched yet.** It has not been analysed.")
    else:
        st.markdown(
            f"**{formatting.number(len(waiting))} of {formatting.count(whole, 'clip')} cannot be searched yet.** "
            f"{'It has' if len(waiting) == 1 else 'They have'} not been analysed."
        )
    st.caption(
        "This usually takes less than the duration of the clips, depending on this machine. It is needed only once."
    )
    arguments = (state.store(), *arguments, state.settings().engine)
    kept = partial(_kept, waiting, known[model])
    job_panel.ready(key, "Analyse now", task, *arguments, there=False, kept=kept)


def _kept(clips: tuple[str, ...], card: ModelCard) -> str:
    """What an analysis of these clips that broke off left of the first that has no result, in a sentence."""
    left = index.waiting(state.store(), clips)
    if not left:
        return ""
    recipe = predictions.prepared(state.store().recipe_of(left[0]), card)
    return kept_pieces.sentence(left[0], recipe, card.backbone)


def _job(waiting: tuple[str, ...], text: str, model: str) -> tuple[str, Callable[..., Any], tuple[Any, ...]]:
    """The job that looks at these clips: of one, the job of the Timeline; of all, the same whichever are left."""
    if not text:
        batch = batches.Batch(f"library-{model}", waiting, model)
        return batches.job_key(batch), batches.run_anew, (batch,)
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
