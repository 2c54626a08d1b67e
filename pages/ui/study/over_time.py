"""How the share of a label changes in the course of the clips."""

import streamlit as st

from pages.ui import cache, state
from pages.ui.study import figures
from pages.ui.study.choices import ChosenStudy

BINS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
USUAL_BINS = 12
MOST_BINS = 400


def show(study: ChosenStudy) -> None:
    """A line for each group."""
    columns = cache.study_columns(study.key)
    rows = columns.of_clips(study.digests)
    longest_s = float(columns.ends_s[rows].max())
    budgets = cache.group_budgets(study.key, study.chosen, "", study.digests, {}, {})
    labels = budgets.dropna(subset=["share"]).sort_values("share", ascending=False)["label"].tolist()
    if not labels:
        st.caption("No label takes any time.")
        return
    left, right, _ = st.columns([2, 2, 3])
    label = left.selectbox("Label", labels, key="study.time.label")
    offered = [bin_s for bin_s in BINS_S if longest_s / bin_s <= MOST_BINS] or [BINS_S[-1]]
    usual = next((place for place, bin_s in enumerate(offered) if longest_s / bin_s <= USUAL_BINS), len(offered) - 1)
    bin_s = right.selectbox("Bin", offered, usual, _length, key=f"study.time.bin.{len(offered)}.{usual}")
    table = cache.shares_over_time(
        study.key, study.chosen, study.by, float(bin_s), str(label), study.digests, study.groups
    )
    figure = figures.shares_over_time(table, float(bin_s), study.group_names, dark=state.is_dark())
    saved = {"toImageButtonOptions": {"format": "svg", "filename": "share-over-time"}}
    st.plotly_chart(figure, key="study.time", config=figures.SAVED | saved)
    st.caption("Mean over the clips that were watched in a bin; the band is one standard error to either side.")


def _length(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"
