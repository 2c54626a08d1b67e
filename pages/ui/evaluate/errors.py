"""Errors: all errors, those of a class or of a pair of classes, and suspicious labels."""

import streamlit as st

from core.domain import Evaluation
from core.workflows import evaluation
from pages.ui import cache
from pages.ui.common import formatting, theme
from pages.ui.evaluate import clip_list, descriptions, selection

MOST_PAIRS = 60
SUSPECTS = (
    "The model confidently predicted another class for these clips, in folds where they were "
    "held out. Often the label is wrong, sometimes the clip is just difficult: watch it, "
    "then choose another label for it, or exclude it. The changes are saved as a new version of the dataset."
)


def show(key: str) -> None:
    """The selection of errors, and their clips."""
    results = cache.evaluation(key)
    counts = {"all": len(evaluation.mistakes(results)), "suspects": len(evaluation.suspects(results))}
    views = {
        "all": f"All errors ({formatting.number(counts['all'])})",
        "pairs": "Most confused pairs",
        "class": "One class",
        "suspects": f"Suspicious labels ({formatting.number(counts['suspects'])})",
    }
    view = st.segmented_control(
        "Errors", list(views), default="all", format_func=views.__getitem__, key="evaluate.errors",
        required=True, label_visibility="collapsed",
    )  # fmt: skip
    SHOWS[str(view)](key, results)


def _all(key: str, results: Evaluation) -> None:
    if not len(evaluation.mistakes(results)):
        theme.empty("No errors", f"All {selection.many(results, results.card.labelled)} were correctly classified.")
        return
    clip_list.panel(key, ("mistakes",), at="mistakes")


def _pairs(key: str, results: Evaluation) -> None:
    """The most confused pairs as a table; the one that is picked shows its clips."""
    pairs = evaluation.confused(results, most=MOST_PAIRS)
    if not pairs:
        _all(key, results)
        return
    left, right = st.columns([5, 6], gap="large")
    with left:
        st.caption("Select a row to see its clips.")
        picked = st.dataframe(
            descriptions.pairs(pairs), hide_index=True, width="stretch", key=f"evaluate.pairs.{key}",
            height=min(520, 38 + 35 * len(pairs)), on_select="rerun", selection_mode="single-row",
            column_config={
                "Share of true class": st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100)
            },
        )  # fmt: skip
    rows = [row for row in picked.selection.rows if row < len(pairs)]  # type: ignore[attr-defined]
    pair = pairs[rows[0] if rows else 0]
    with right:
        clip_list.panel(key, ("cell", pair.truth, pair.predicted), at="pairs")


def _class(key: str, evaluation: Evaluation) -> None:
    """The errors of one class, the worst class first."""
    labels = [evaluation.card.labels[index] for index in cache.label_order(key, "worst first", "occurring")]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox("Class", labels, 0, key=f"evaluate.class.{key}", width=280)
        what = st.selectbox(
            "Show", list(selection.OF_LABEL), 0, selection.OF_LABEL.__getitem__, key="evaluate.what",
            width=320,
        )  # fmt: skip
    clip_list.panel(key, ("label", str(label), str(what)), at="class")


def _suspects(key: str, results: Evaluation) -> None:
    """Labels that the model contradicts with high confidence."""
    if not len(evaluation.suspects(results)):
        theme.empty(
            "No suspicious labels", results.suspects_why or "The model contradicts no label with high confidence."
        )
        return
    st.caption(SUSPECTS)
    clip_list.panel(key, ("suspects",), at="suspects", first="as listed")


SHOWS = {"all": _all, "pairs": _pairs, "class": _class, "suspects": _suspects}
