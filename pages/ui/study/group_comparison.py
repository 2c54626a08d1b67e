"""Groups compared: a point for each subject, and the difference of each pair with interval and p values."""

from dataclasses import asdict

import pandas as pd
import streamlit as st

from core.stages.study.group_comparison import FEWEST_SUBJECTS
from core.workflows.study.groups import MEASURES, MOST_GROUPS, NO_GROUP, GroupComparison
from core.workflows.study.library import question, sources
from core.workflows.study.library.columns import DataTable
from core.workflows.study.library.question import LibraryQuestion
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.study import figures
from pages.ui.study.choices import ChosenStudy

CORRECTIONS = {"holm": "Holm", "benjamini-hochberg": "Benjamini-Hochberg"}
MOST_LABELS = 15  # with points at first
NEEDED = "A comparison needs a column of the metadata that parts the clips into groups, such as treatment or sex."


def asked(study: ChosenStudy) -> LibraryQuestion:
    """The comparison as it is set."""
    correction = state.kept("study.correction", "holm")
    return study.question(
        correction=correction if correction in CORRECTIONS else "holm", with_learned=state.kept("study.learned", False)
    )


def problem(study: ChosenStudy) -> tuple[str, str]:
    """Why groups cannot be compared, as a headline and what to do; empty texts where they can."""
    groups = set(study.compared.groups.values()) - {NO_GROUP}
    if not state.store().metadata_columns():
        return "No metadata", f"{NEEDED} Add metadata to the clips in the library."
    if not study.group:
        return "No groups chosen", f"{NEEDED} Choose it under Group by."
    if len(groups) < 2:
        there = f"only the value {min(groups)}" if groups else "no value"
        return "Only one group", f"The column {study.group} has {there} for these clips. {NEEDED}"
    if len(groups) > MOST_GROUPS:
        return "Too many groups", f"The column {study.group} has {len(groups)} values. {NEEDED}"
    return "", ""


def show(study: ChosenStudy) -> None:
    """The comparison, or why there is none."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    with left:
        _correction()
    with right:
        _with_learned(study)
    headline, advice = problem(study)
    if headline:
        theme.empty(headline, advice)
        return
    store, engine = state.store(), state.settings().engine
    key = cache.comparison_key(asked(study))
    if job_panel.ready(
        key, "Compare groups", question.compare_groups, store, asked(study), engine, noun="label", at_once=True
    ):
        _results(study, cache.group_comparison(key))


def _correction() -> None:
    names = list(CORRECTIONS)
    before = state.starting("study.correction", "study.correction.box", "holm")
    about = "Holm keeps the chance of even one false difference at 5 %; Benjamini-Hochberg the share of false ones."
    picked = st.selectbox(
        "Correction for several comparisons", names, names.index(before) if before in names else 0,
        CORRECTIONS.__getitem__, key="study.correction.box", help=about,
    )  # fmt: skip
    state.keep("study.correction", str(picked))


def _with_learned(study: ChosenStudy) -> None:
    """Whether clips are compared that the model was trained on."""
    if study.learned:
        title = f"Include {formatting.count(len(study.learned), 'clip')} that the model was trained on"
        included = st.toggle(
            title, state.starting("study.learned", "study.learned.on", False), key="study.learned.on",
            help="A model knows its training clips better than new ones, which can look like a difference of groups.",
        )  # fmt: skip
        state.keep("study.learned", included)


def _results(study: ChosenStudy, comparison: GroupComparison) -> None:
    names = [name for name in MEASURES if any(row.measure == name for row in comparison.rows)]
    if not names:
        theme.notes(comparison.notes)
        return
    measure = st.segmented_control(
        "Measure", names, default=names[0], format_func=lambda name: MEASURES[name].title, required=True,
        key=f"study.measure.{'.'.join(names)}", label_visibility="collapsed",
    )  # fmt: skip
    few = min((min(row.difference.n_a, row.difference.n_b) for row in comparison.rows), default=0)
    if few < FEWEST_SUBJECTS:
        st.warning(
            f"A group has fewer than {FEWEST_SUBJECTS} subjects with a value. No interval can be trusted there, so "
            "none is shown; look at the points.",
            icon=":material/warning:",
        )
    if not study.subject:
        theme.notes(["No column of subjects is chosen: each clip counts as a subject of its own."])
    if sources.is_training_unknown(state.store(), study.source):
        theme.notes([sources.TRAINING_UNKNOWN])
    _points(study, comparison, str(measure))
    _table(comparison, str(measure))
    with st.expander("Notes", icon=":material/notes:"):
        theme.notes(comparison.notes or ["Nothing to note."])
        st.caption("How the interval and the p values are computed: docs/study.md, Group comparison.")


def _points(study: ChosenStudy, comparison: GroupComparison, measure: str) -> None:
    unit, factor = MEASURES[measure].unit, MEASURES[measure].factor
    values = [asdict(value) for value in comparison.subjects if value.measure == measure and value.value is not None]
    if not values:
        return
    table = pd.DataFrame(values)
    labels = list(dict.fromkeys(table["label"]))
    ranked = sorted(labels, key=lambda label: _smallest_p(comparison, measure, label))
    chosen = st.multiselect(
        "Labels", labels, ranked[:MOST_LABELS] if len(labels) > MOST_LABELS else labels, key=f"study.points.{measure}"
    )
    table = table[table["label"].isin(chosen)].assign(value=factor * table["value"])
    if chosen:
        groups = [group for group in study.group_names if group in set(table["group"])]
        saved = {"toImageButtonOptions": {"format": "svg", "filename": f"groups-{measure}"}}
        figure = figures.subject_points(table, unit, groups, dark=state.is_dark())
        st.plotly_chart(figure, key=f"study.groups.{measure}", config=figures.SAVED | saved)


def _smallest_p(comparison: GroupComparison, measure: str, label: str) -> float:
    own = (row.difference.p for row in comparison.rows if (row.label, row.measure) == (label, measure))
    return min((p for p in own if p is not None), default=2.0)


def _table(comparison: GroupComparison, measure: str) -> None:
    unit, factor = MEASURES[measure].unit, MEASURES[measure].factor
    rows = [
        {
            "label": row.label,
            "groups": f"{row.group_b} – {row.group_a}",
            "subjects": f"{row.difference.n_b} and {row.difference.n_a}",
            "difference": _scaled(row.difference.difference, factor),
            "low": _scaled(row.difference.low, factor),
            "high": _scaled(row.difference.high, factor),
            "p": row.difference.p,
            "p_adjusted": row.p_adjusted,
        }
        for row in comparison.rows
        if row.measure == measure
    ]
    number = st.column_config.NumberColumn
    table: DataTable = pd.DataFrame(rows)
    if table["low"].isna().all():
        table = table.drop(columns=["low", "high"])
    st.dataframe(
        table, hide_index=True, height=min(480, 38 + 35 * len(rows)),
        column_config={
            "label": "Label", "groups": "Groups", "subjects": "Subjects",
            "difference": number(f"Difference, {unit}", format="%.3g"),
            "low": number("95 % from", format="%.3g"), "high": number("to", format="%.3g"),
            "p": number("p", format="%.4f"), "p_adjusted": number("p adjusted", format="%.4f"),
        },
    )  # fmt: skip


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value
