"""Which label follows which, as a matrix and as a graph."""

import numpy as np
import streamlit as st

from pages.ui import cache, state
from pages.ui.common import theme
from pages.ui.study import figures
from pages.ui.study.choices import ChosenStudy

MOST_NAMED = 40  # labels of the matrix


def show(study: ChosenStudy) -> None:
    """Matrix and graph beside each other."""
    columns = cache.study_columns(study.key)
    counts = cache.transition_counts(study.key, study.chosen, study.digests)
    weights = counts.sum(axis=0) + counts.sum(axis=1)
    used = sorted(np.argsort(-weights, kind="stable")[: min(MOST_NAMED, int((weights > 0).sum()))].tolist())
    if not used:
        theme.empty("No transitions", "In no clip is a bout followed by another one.")
        return
    labels, counts = [columns.labels[place] for place in used], counts[np.ix_(used, used)]
    slots = cache.slots(tuple(labels))
    st.caption(
        "From each bout to the next one of the same clip, however long the gap. Colours show the share of all "
        "transitions from a label; arrows are as wide as a transition is frequent."
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        matrix = figures.transition_matrix(counts, labels, dark=state.is_dark())
        st.plotly_chart(matrix, key="study.matrix", config=figures.SAVED | _saved("transitions"))
    with right:
        graph = figures.transition_graph(counts, labels, slots, dark=state.is_dark())
        st.plotly_chart(graph, key="study.graph", config=figures.SAVED | _saved("transition-graph"))


def _saved(name: str) -> dict[str, dict[str, str]]:
    return {"toImageButtonOptions": {"format": "svg", "filename": name}}
