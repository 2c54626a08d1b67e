"""The models as cards: their labels, their scores, and which one is selected."""

from html import escape

import streamlit as st

from core.domain import ModelCard
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.pickers import views_dial

OWN = "Labels in your own words"
OWN_ABOUT = (
    "Describe what to look for in English, 中文, Deutsch or one of 13 other languages. Nothing "
    "is trained (zero-shot): each label is matched to known actions with a similar meaning, "
    "so results are only as good as those actions."
)
FIRST = 3  # scores that are seen at once; the others open with how it was trained
READS = " Also uses subtitles and transcripts, if a clip has them."
SCORES = {
    "clip accuracy": "of held-out clips correctly classified",
    "step accuracy in streams": "of all moments of held-out longer videos",
    "edit score in streams": "edit score of held-out longer videos",
    "step accuracy": "of all held-out moments correctly classified",
    "clip accuracy, each fold left out in turn": "of all clips correctly classified, in cross-validation by group",
    "step accuracy in streams, each fold left out in turn": "of all moments of longer videos, in cross-validation",
    "edit score in streams, each fold left out in turn": "edit score of longer videos, in cross-validation",
    **{
        f"{first} accuracy, {branch} alone": f"with {title} only"
        for first in ("clip", "step")
        for branch, title in (("picture", "video"), ("words", "text"))
    },
}


def pick(*, opened: bool) -> None:
    """The selected model and recipe in one line, which expands to the cards of the models."""
    known, chosen = state.models(), state.chosen_model()
    if chosen is None:
        theme.empty("No models found", "Restore the models/ folder of the program, then reload this page.")
        _broken()
        return
    name = OWN if state.in_words() else chosen.title
    prepared = formatting.preparation(state.recipe(), state.chosen_video())
    title = f"Model: **{theme.plain(name)}**  ·  Preparation: **{theme.plain(prepared)}**"
    box = st.expander(
        title, expanded=opened, icon=":material/neurology:", on_change="rerun", key=f"model-choice-{opened}"
    )
    if not box.open:
        return
    with box:
        *columns, last = st.columns(max(2, len(known) + 1))
        for column, card in zip(columns, known.values(), strict=False):
            with column:
                _card(card, card.name == chosen.name and not state.in_words())
        with last:
            _in_words(state.in_words())
        _broken()
        if not state.in_words():
            views_dial.show()
        st.button(
            "Edit preparation", icon=":material/tune:", type="tertiary", on_click=state.go,
            args=("prepare",),
        )  # fmt: skip


def _broken() -> None:
    """The models that could not be loaded, and why."""
    errors = state.broken_models().values()
    if errors:
        theme.notes(f"A model could not be loaded. {error} {error.hint}" for error in errors)


def _card(card: ModelCard, used: bool) -> None:
    with st.container(border=True, height="stretch", key=f"model-{'chosen-' if used else ''}{card.name}"):
        st.html(_html(card))
        st.button(
            "Selected" if used else "Use this model",
            key=f"model.{card.name}",
            disabled=used,
            icon=":material/check:" if used else None,
            on_click=state.choose_model,
            args=(card.name,),
        )


def _in_words(used: bool) -> None:
    """The card of zero-shot labels."""
    with st.container(border=True, height="stretch", key=f"model-{'chosen-' if used else ''}in-words"):
        st.html(f'<div class="k-model"><strong>{OWN}</strong><p>{OWN_ABOUT}</p></div>')
        st.button(
            "Selected" if used else "Enter labels",
            key="model.in-words",
            disabled=used,
            icon=":material/check:" if used else ":material/edit:",
            on_click=state.choose_model,
            args=(state.IN_WORDS,),
        )


def _html(card: ModelCard) -> str:
    """The card in words: labels, held-out scores and training data."""
    rest = len(card.labels) - 6
    few = (
        formatting.listed(card.labels)
        if rest <= 10
        else f"{', '.join(card.labels[:6])} and {formatting.number(rest)} more"
    )
    rows = [f"<tr><td>{_score(score)}</td><td>{_meaning(name)}</td></tr>" for name, score in card.scores.items()]
    text = f"<p>{escape(card.trained_on)}</p>{_table(rows[FIRST:])}"
    trained = f"<details><summary>Training and evaluation</summary>{text}</details>"
    return (
        f'<div class="k-model"><strong>{escape(card.title)}</strong>'
        f"<p>Distinguishes {formatting.count(len(card.labels), 'action')}: {escape(few)}."
        f"{READS if card.words else ''}</p>"
        f"{_table(rows[:FIRST])}"
        f"{trained if card.trained_on or rows[FIRST:] else ''}</div>"
    )


def _table(rows: list[str]) -> str:
    return f"<table>{''.join(rows)}</table>" if rows else ""


def _meaning(name: str) -> str:
    return escape(SCORES.get(name, name.replace("_", " ")))


def _score(score: float) -> str:
    return formatting.per_cent(score) if 0 <= score <= 1 else f"{score:.1f} of 100"
