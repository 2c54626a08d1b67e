"""Time budgets of groups, corrected for the labels that the model confuses on held-out clips."""

import pandas as pd
import streamlit as st

from core.workflows.study.corrected_shares import CorrectedBudgets
from core.workflows.study.library import corrected_budgets
from core.workflows.study.library.columns import DataTable
from core.workflows.study.library.held_out_confusion import HeldOutClips
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.study import figures
from pages.ui.study.choices import ChosenStudy

UNLABELLED = "no label"
MOST_LABELS = 15  # in the figure
TITLE = "Corrected for misclassification"
NONE_YET = (
    "On clips whose true labels are known, the model shows how it confuses labels, and these shares can be corrected "
    "for that. Evaluate the model on a labelled dataset of similar clips first."
)
ALL_LEARNED = "The model was trained on all clips of its evaluations. Evaluate it on clips that it was not trained on."
ASSUMED = (
    "Assumes that the model confuses labels in this study as it does on {}. The intervals do not cover a violation of "
    "this assumption."
)


def show(study: ChosenStudy) -> None:
    """The corrected shares where an evaluation of the model allows it; else how to make one."""
    if study.source.kind != "model":
        return
    theme.section(TITLE)
    there = cache.held_out_clips(study.source)
    usable = {clips.key: clips for clips in there if clips.units}
    if not usable:
        st.caption(ALL_LEARNED if there else NONE_YET)
        st.button("Open Evaluate", icon=":material/query_stats:", on_click=state.go, args=("evaluate",))
        return
    shown = st.toggle(
        "Correct the shares", state.starting("study.corrected", "study.corrected.on", False), key="study.corrected.on",
        help="Uses how the model confuses labels on held-out clips of a stored evaluation.",
    )  # fmt: skip
    state.keep("study.corrected", bool(shown))
    if shown:
        _corrected(study, _evaluation(usable))


def _evaluation(usable: dict[str, HeldOutClips]) -> HeldOutClips:
    """The evaluation whose clips are used: the latest one, or another that is chosen."""
    if len(usable) == 1:
        return next(iter(usable.values()))
    picked = st.selectbox("Evaluation", list(usable), format_func=lambda key: _named(usable[key]))
    return usable[str(picked)]


def _named(clips: HeldOutClips) -> str:
    folds = ", by cross-validation" if clips.crossed else ""
    return f"{clips.dataset}{folds}: {formatting.count(len(clips.units), 'held-out clip')}"


def _corrected(study: ChosenStudy, clips: HeldOutClips) -> None:
    question = study.question()
    key = cache.correction_key(question, clips.key)
    if not job_panel.ready(
        key, "Correct the shares", corrected_budgets.correct_budgets, state.store(), question, clips.key,
        state.settings().engine, noun="clip", at_once=True,
    ):  # fmt: skip
        return
    made = cache.corrected_budgets(key)
    table = _table(made)
    if any(row.estimate is not None for row in made.rows):
        groups = list(dict.fromkeys(table["group"]))
        saved = {"toImageButtonOptions": {"format": "svg", "filename": "corrected-time-budget"}}
        largest = _largest(made)
        figure = figures.corrected_points(table[table["label"].isin(largest)], groups, dark=state.is_dark())
        st.plotly_chart(figure, key="study.corrected.points", config=figures.SAVED | saved)
        if len(made.rows) > len(largest) * len(groups):
            st.caption(f"The {MOST_LABELS} labels with the largest predicted shares; the table lists all.")
        st.caption(ASSUMED.format(f"{formatting.count(made.clips, 'held-out clip')} of {theme.plain(clips.dataset)}"))
        _numbers(table)
    if made.notes:
        theme.notes(made.notes)


def _table(made: CorrectedBudgets) -> DataTable:
    """The shares in per cent."""
    rows = [
        {
            "group": row.group, "label": row.label or UNLABELLED, "subjects": row.subjects, "raw": 100 * row.raw,
            "estimate": _per_cent(row.estimate), "low": _per_cent(row.low), "high": _per_cent(row.high),
        }
        for row in made.rows
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _largest(made: CorrectedBudgets) -> list[str]:
    """The labels of the figure: those with the largest predicted share in any group."""
    shares: dict[str, float] = {}
    for row in made.rows:
        name = row.label or UNLABELLED
        shares[name] = max(shares.get(name, 0.0), row.raw)
    return sorted(shares, key=lambda label: -shares[label])[:MOST_LABELS]


def _per_cent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _numbers(table: DataTable) -> None:
    titles = {"raw": "Predicted, %", "estimate": "Corrected, %", "low": "95 % from", "high": "to"}
    numbers = {name: st.column_config.NumberColumn(title, format="%.1f") for name, title in titles.items()}
    shown = table if any(table["group"]) else table.drop(columns="group")
    st.dataframe(
        shown, hide_index=True, height=min(480, 38 + 35 * len(shown)),
        column_config={"group": "Group", "label": "Label", "subjects": "Subjects", **numbers},
    )  # fmt: skip
