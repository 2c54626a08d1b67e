"""How the shares of labels change in the course of the clips."""

import pandas as pd
import streamlit as st

from core.stages.drawing.palette import colour
from core.workflows.study.library.columns import DataTable
from pages.ui import cache, state
from pages.ui.study import figures
from pages.ui.study.choices import ChosenStudy

BINS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
USUAL_BINS = 12
MOST_BINS = 400
SHOWN = 5  # labels at first


def show(study: ChosenStudy) -> None:
    """A line for each group, or for each label where there are no groups."""
    columns = cache.study_columns(study.key)
    rows = columns.of_clips(study.digests)
    longest_s = float(columns.ends_s[rows].max())
    budgets = cache.group_budgets(study.key, study.chosen, "", study.digests, {}, {})
    labels = budgets.dropna(subset=["share"]).sort_values("share", ascending=False)["label"].tolist()
    if not labels:
        st.caption("No label takes any time.")
        return
    left, right = st.columns([3, 1])
    with left:
        chosen = _labels(study, labels)
    with right:
        bin_s = _bin_s(longest_s)
    if not chosen:
        return
    tables = [_of_label(study, label, bin_s) for label in chosen]
    table, slots = pd.concat(tables, ignore_index=True), cache.slots(tuple(chosen))
    colours = {label: colour(slots[label]) for label in chosen}
    colours = figures.group_colours(study.group_names) if study.group else colours
    figure = figures.shares_over_time(table, bin_s, colours, dark=state.is_dark())
    saved = {"toImageButtonOptions": {"format": "svg", "filename": "share-over-time"}}
    st.plotly_chart(figure, key="study.time", config=figures.SAVED | saved)
    st.caption("Mean over the clips that were watched in a bin; the band is one standard error to either side.")


def _labels(study: ChosenStudy, labels: list[str]) -> list[str]:
    """The label whose groups are compared, or several labels where there are no groups."""
    if study.group:
        return [str(st.selectbox("Label", labels, key="study.time.label"))]
    return st.multiselect("Labels", labels, labels[:SHOWN], key="study.time.labels")


def _bin_s(longest_s: float) -> float:
    offered = [bin_s for bin_s in BINS_S if longest_s / bin_s <= MOST_BINS] or [BINS_S[-1]]
    usual = next((place for place, bin_s in enumerate(offered) if longest_s / bin_s <= USUAL_BINS), len(offered) - 1)
    return float(st.selectbox("Bin", offered, usual, _length, key=f"study.time.bin.{len(offered)}.{usual}"))


def _of_label(study: ChosenStudy, label: str, bin_s: float) -> DataTable:
    """The shares of a label in each group; where there are none, under the name of the label."""
    table = cache.shares_over_time(study.key, study.chosen, study.by, bin_s, label, study.digests, study.groups)
    return table if study.group else table.assign(group=label)


def _length(seconds: float) -> str:
    return f"{seconds:g} s" if seconds < 60 else f"{seconds / 60:g} min" if seconds < 3600 else f"{seconds / 3600:g} h"
