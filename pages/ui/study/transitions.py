"""Which label follows which, as a matrix and as a graph."""

import numpy as np
import streamlit as st

from pages.ui import cache, state
from pages.ui.common import theme
from pages.ui.study import figures
from pages.ui.study.choices import ChosenStudy

GAP, ANY_GAP = "study.gap", -1.0  # what is kept of the longest gap
MOST_NAMED = 40  # labels of the matrix


def show(study: ChosenStudy) -> None:
    """Matrix and graph beside each other."""
    columns = cache.study_columns(study.key)
    gap_s = _longest_gap_s()
    counts = cache.transition_counts(study.key, study.chosen, gap_s, study.digests)
    weights = counts.sum(axis=0) + counts.sum(axis=1)
    used = sorted(np.argsort(-weights, kind="stable")[: min(MOST_NAMED, int((weights > 0).sum()))].tolist())
    if not used:
        soon = "" if gap_s is None else f" within {gap_s:g} s"
        theme.empty("No transitions", f"No bout is followed by another one{soon} in these clips.")
        return
    labels, totals = [columns.labels[place] for place in used], counts.sum(axis=1)[used]
    counts = counts[np.ix_(used, used)]
    slots = cache.slots(tuple(labels))
    left_out = int((weights > 0).sum()) - len(used)
    more = f" The {len(used)} most frequent labels are shown; transitions.csv contains all." if left_out else ""
    st.caption(
        f"From each bout to the next one of the same clip, {_how_far(gap_s)}. Colours show the share of all "
        "transitions from a label; arrows are as wide as a transition is frequent." + more
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        matrix = figures.transition_matrix(counts, totals, labels, dark=state.is_dark())
        st.plotly_chart(matrix, key="study.matrix", config=figures.SAVED | _saved("transitions"))
    with right:
        graph = figures.transition_graph(counts, labels, slots, dark=state.is_dark())
        st.plotly_chart(graph, key="study.graph", config=figures.SAVED | _saved("transition-graph"))


def chosen_gap_s() -> float | None:
    """The longest time between the bouts of a transition; None for any."""
    gap_s = state.kept(GAP, ANY_GAP)
    return None if gap_s < 0 else gap_s


def _longest_gap_s() -> float | None:
    """The same, from its field."""
    key = f"{GAP}.box"
    before = state.starting(GAP, key, ANY_GAP)
    picked = st.number_input(
        "Longest gap, s", 0.0, None, None if before < 0 else before, 0.5, key=key, placeholder="Any", width=200,
        help="Bouts with a longer time between them do not count as a transition, nor in transitions.csv.",
    )  # fmt: skip
    state.keep(GAP, ANY_GAP if picked is None else float(picked))
    return picked


def _how_far(gap_s: float | None) -> str:
    return "however long the gap" if gap_s is None else f"at most {gap_s:g} s later"


def _saved(name: str) -> dict[str, dict[str, str]]:
    return {"toImageButtonOptions": {"format": "svg", "filename": name}}
