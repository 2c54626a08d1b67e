"""The model that was chosen, labels in words, and the query of the search."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import ModelCard
from core.workflows.models import DEFAULT_MODEL, ModelLibrary
from core.workflows.search import query as searching
from pages.ui.state.session import settings

IN_USE = "in-use"  # stands where a result is named
IN_WORDS = "in-words"  # stands where a model is named


def models() -> dict[str, ModelCard]:
    """The models that can be used, by name."""
    return ModelLibrary.of(settings()).cards()


def broken_models() -> dict[str, AnalysisError]:
    """What is wrong with the models that cannot be used, by their folder."""
    return ModelLibrary.of(settings()).broken()


def chosen_model() -> ModelCard | None:
    """The model that is used; where none was chosen the usual one, or the first; None where there is none."""
    known = models()
    wanted = known.get(st.session_state.get("model", "")) or known.get(DEFAULT_MODEL)
    return wanted or next(iter(known.values()), None)


def own_models() -> dict[str, ModelCard]:
    """The models that were trained or taken in here, by name."""
    return ModelLibrary.of(settings()).own().cards()


def choose_model(name: str) -> None:
    """Use another model from now on."""
    st.session_state["model"] = name
    show_result(IN_USE)


def shown_result() -> str:
    """The key of the result of the clip that is shown, or how it begins; IN_USE; empty for the newest."""
    return st.session_state.get("result", "")


def show_result(key: str) -> None:
    """Show another result of the clip from now on. IN_USE: that of the model and the recipe in use, once it is made."""
    st.session_state["result"] = key


def in_words() -> bool:
    """Whether labels in words are looked for, in place of those of a model."""
    return st.session_state.get("model") == IN_WORDS


def named_text() -> str:
    """The labels in words, one a line, as they were typed."""
    return st.session_state.get("labels", "")


def name_labels(text: str) -> None:
    """Look for these labels in words from now on."""
    st.session_state["labels"] = text


def query() -> str:
    """What is searched for."""
    return st.session_state.get("query", "")


def ask(text: str) -> None:
    """Search for this from now on."""
    st.session_state["query"] = " ".join(text.split())[: searching.LONGEST_QUERY]
