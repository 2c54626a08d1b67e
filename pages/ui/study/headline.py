"""The study in a sentence, and how much there is of it."""

from collections import Counter
from html import escape

import streamlit as st

from core.workflows.study.groups import NO_GROUP
from core.workflows.study.library.columns import DataTable
from pages.ui import cache
from pages.ui.common import formatting, theme
from pages.ui.study import coverage, raster
from pages.ui.study.choices import ChosenStudy

NAMED = 3  # labels of the sentence


def show(study: ChosenStudy) -> None:
    """The labels that take the most time, or the one whose groups differ most; counts and remarks below."""
    whole = cache.group_budgets(study.key, study.chosen, "", study.digests, {}, {})
    st.html(f'<div class="k-headline">{_sentence(study, whole)}</div>')
    columns = cache.study_columns(study.key)
    rows = columns.of_clips(study.digests)
    points = _points(whole)
    facts = [
        formatting.count(len(study.digests), "clip"),
        f"{formatting.length(float(columns.watched_s[rows].sum()))} watched",
        formatting.count(int(whole["count"].sum() - points["count"].sum()), "bout"),
        *([formatting.count(int(points["count"].sum()), "point")] if len(points) else []),
        formatting.count(len(whole), "label"),
    ]
    if study.group:
        sizes = Counter(study.groups.values())
        facts.append(f"{study.group}: " + ", ".join(f"{name} ({sizes[name]})" for name in study.group_names))
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        theme.facts(facts)
        coverage.missing(study)
    with right:
        raster.choose_order(study)
    if notes := _notes(study):
        theme.notes(notes)


def _sentence(study: ChosenStudy, whole: DataTable) -> str:
    lasting = whole.dropna(subset=["share"]).sort_values("share", ascending=False)
    lasting = lasting[lasting["share"] > 0]
    if lasting.empty:
        most = _points(whole).sort_values("count", ascending=False).head(NAMED)
        pairs = zip(most["label"], most["count"], strict=True)
        counts = [f"<b>{escape(label)}</b> {formatting.count(int(count), 'time')}" for label, count in pairs]
        return f"{formatting.listed(counts)}." if counts else "No label takes any time in these clips."
    if study.group and (difference := _difference(study)):
        return difference
    parts = [f"<b>{escape(row.label)}</b> {formatting.per_cent(row.share)}" for row in lasting.head(NAMED).itertuples()]
    return f"{formatting.listed(parts)} of the time."


def _points(whole: DataTable) -> DataTable:
    """The rows of labels that come as points only: they have a count and no share."""
    return whole[whole["share"].isna() & (whole["count"] > 0)]


def _difference(study: ChosenStudy) -> str:
    """The label whose share differs most between two groups, of the clips that are compared; "" for a single group."""
    compared = study.compared
    digests, groups, subjects = compared.digests, compared.groups, compared.subjects
    table = cache.group_budgets(study.key, compared.chosen, compared.by, digests, groups, subjects)
    shares = table[table["group"] != NO_GROUP].pivot(index="label", columns="group", values="share")
    if shares.shape[1] < 2:
        return ""
    label = (shares.max(axis=1) - shares.min(axis=1)).idxmax()
    parts = [f"{formatting.per_cent(share)} in {escape(str(group))}" for group, share in shares.loc[label].items()]
    return f"Largest difference: <b>{escape(str(label))}</b> takes {formatting.listed(parts)}."


def _notes(study: ChosenStudy) -> list[str]:
    notes = []
    if study.learned:
        count = formatting.count(len(study.learned), "clip")
        notes.append(
            f"The model was trained on {count} of these, marked with *. Its labels there say little about new clips; "
            "group comparison leaves them out unless you include them."
        )
    return notes
