"""Time budgets: the share of each label, and all numbers for each clip or each group."""

import streamlit as st

from core.workflows.study.library.columns import DataTable
from pages.ui import cache, state
from pages.ui.common import theme
from pages.ui.study import corrected_budgets, figures
from pages.ui.study.choices import ChosenStudy

MOST_BARS = 40  # clips that have a bar each
CLIP, GROUP = "Per clip", "Per group"
TITLES = {
    "clip": "Clip", "group": "Group", "track": "Track", "label": "Label", "clips": "Clips", "subjects": "Subjects",
    "count": "Count", "share": "Share, %", "total_s": "Total, s", "mean_s": "Mean bout, s",
    "median_s": "Median bout, s", "rate_per_min": "Rate, per min", "latency_s": "Latency, s",
    "gap_s": "Median gap, s", "cut": "Cut bouts", "watched_s": "Watched, s",
}  # fmt: skip
HELP = {
    "count": "Of bouts, or of points.",
    "share": "Of the watched time.",
    "latency_s": "Watched seconds until the label first comes.",
    "gap_s": "Between the end of a bout and the start of the next one of the same label (inter-bout interval).",
    "cut": "Bouts that touch the beginning or the end of what was watched, and may have been longer.",
}
ABOUT = "Group values are means over subjects, whose clips are pooled first; medians are over all bouts."


def show(study: ChosenStudy) -> None:
    """Bars, and the numbers as a table."""
    options = [GROUP, CLIP] if study.group else [CLIP]
    per = st.segmented_control(
        "Budget", options, default=options[0], key=f"study.budget.{len(options)}", label_visibility="collapsed",
        required=True,
    )  # fmt: skip
    table = of_groups(study) if per == GROUP else of_clips(study)
    name = "group" if per == GROUP else "clip"
    if table[name].nunique() <= MOST_BARS:
        figure = figures.budget_bars(table, name, cache.slots(tuple(table["label"].unique())), dark=state.is_dark())
        st.plotly_chart(figure, key="study.budget.bars", config=figures.SAVED | {"toImageButtonOptions": _saved(per)})
    else:
        st.caption(f"More than {MOST_BARS} clips: the raster and the table show them.")
    if per == GROUP:
        st.caption(ABOUT)
    _numbers(table)
    corrected_budgets.show(study)


def _saved(per: str | None) -> dict[str, str]:
    return {"format": "svg", "filename": f"time-budget-{str(per).lower().replace(' ', '-')}"}


def of_groups(study: ChosenStudy) -> DataTable:
    """The budgets of the groups."""
    return cache.group_budgets(study.key, study.chosen, study.by, study.digests, study.groups, study.subjects)


def of_clips(study: ChosenStudy) -> DataTable:
    """The budgets of the clips under their names."""
    table = cache.clip_budgets(study.key, study.chosen, study.digests)
    names = table["digest"].map(dict(study.names)) + table["track"].map(lambda track: f" · {track}" if track else "")
    return table.assign(clip=names)[["clip", "label", *table.columns.difference(["digest", "track", "label", "kind"])]]


def _numbers(table: DataTable) -> None:
    shown = [name for name in TITLES if name in table.columns]
    shares = table.assign(share=100 * table["share"])[shown]
    configured = {
        name: st.column_config.NumberColumn(
            TITLES[name], help=HELP.get(name), format="%.1f" if name == "share" else "%.2f"
        )
        if table[name].dtype == float
        else st.column_config.Column(TITLES[name], help=HELP.get(name))
        for name in shown
    }
    theme.section("Numbers", "Empty cells are undefined, such as the mean duration of a label that never comes.")
    st.dataframe(shares, hide_index=True, column_config=configured, height=min(480, 38 + 35 * len(shares)))
