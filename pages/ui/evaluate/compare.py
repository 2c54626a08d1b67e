"""Compare: a second one on the same clips; differences with intervals, classes, and clips that changed side."""

import streamlit as st

from core.base.registry import METRICS
from core.domain import Estimate, Evaluation, Rivalry
from core.workflows import evaluation
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.evaluate import clip_list, descriptions, picker
from pages.ui.evaluate import figures as evaluate_figures

SHARES = ("accuracy", "frame_accuracy", "balanced_accuracy", "macro_f1", "edit", "f1_50", "top5")
SIDES = {"lost": "Only the first is right", "won": "Only the second is right"}
MOST_CLASSES = 20
ABOUT = "It is made once and kept. A model that has not looked at these clips yet looks at them first."


def show(key: str, entry: DatasetEntry, first: evaluation.EvaluationQuestion) -> None:
    """Choose a second one; once it is evaluated, the two side by side."""
    second = picker.rival(entry, first)
    if second is None:
        return
    store, other = state.store(), picker.key(second)
    if not other:
        return
    at_once = second.source == "run"
    task = (evaluation.evaluate, store, second)
    if not job_panel.ready(other, "Evaluate it too", *task, at_once=at_once, about="" if at_once else ABOUT):
        return
    rival = evaluation.rivalry_key(key, other)
    if job_panel.ready(rival, "Compare the two", evaluation.compare, store, key, other, at_once=True, noun="step"):
        _compared(key, other, rival)


def _compared(key: str, other: str, rival: str) -> None:
    """Outcome, differences, classes, clips."""
    found, one = cache.rivalry(rival), cache.evaluation(key)
    name = descriptions.main_number(one)
    st.html(f'<div class="k-headline">{descriptions.beaten(found, name)}</div>')
    theme.facts((f"First: {found.titles[0]}", f"Second: {found.titles[1]}", *_shared(found)))
    if found.warnings:
        theme.notes(found.warnings)
    left, right = st.columns(2, gap="large")
    with left:
        _differences(found)
    with right:
        _by_class(found)
    _changed(one, found, (other, rival), key)


def _shared(found: Rivalry) -> tuple[str, ...]:
    told = (f"on the {formatting.count(found.shared, 'clip')} that both were tested on",)
    alone = [
        f"{formatting.count(count, 'clip')} only in the {which}"
        for count, which in ((found.only_first, "first"), (found.only_second, "second"))
        if count
    ]
    return (*told, *alone)


def _differences(found: Rivalry) -> None:
    """Each number of the first minus that of the second, with its interval."""
    theme.section(
        "First minus second", "Right of the dotted line the first is better. An interval across it may be chance."
    )
    told = [(METRICS[name].label, found.overall[name][2]) for name in SHARES if name in found.overall]
    rows = [_points(name, gap) for name, gap in told if gap.value is not None]
    st.plotly_chart(
        evaluate_figures.differences(rows, dark=state.is_dark()), key="evaluate.differences", theme=None,
        config=figures.QUIET,
    )  # fmt: skip
    with st.expander("All numbers of both", icon=":material/table_rows:"):
        st.dataframe(descriptions.rivals(found), hide_index=True, width="stretch")
    if found.p is not None:
        st.caption(
            f"Only the first was right on {formatting.number(found.right_first)}, only the second on "
            f"{formatting.number(found.right_second)}: p = {found.p:.3f}.",
            help="McNemar's test: how likely so uneven a split is if both were equally good. Below 0.05 it is usually "
            "called no chance.",
        )
    elif found.why:
        st.caption(theme.plain(found.why))


def _points(name: str, gap: Estimate) -> tuple[str, float, float | None, float | None]:
    """A difference in points, with its interval."""
    low, high = (None if end is None else 100 * end for end in (gap.low, gap.high))
    return name, 100 * (gap.value or 0), low, high


def _by_class(found: Rivalry) -> None:
    """The classes in which the two differ most."""
    theme.section("Class by class", "Difference in how many of each class were found.")
    told = [
        (label, gap)
        for label, gap in zip(found.labels, found.by_label["recall"], strict=True)
        if gap.value is not None and gap.value != 0
    ]
    if not told:
        theme.empty("No difference", "Both find equally many of every class.")
        return
    told.sort(key=lambda row: -abs(row[1].value or 0))
    rows = [_points(label, gap) for label, gap in told[:MOST_CLASSES]]
    st.plotly_chart(
        evaluate_figures.differences(rows, dark=state.is_dark()), key="evaluate.by-class", theme=None,
        config=figures.QUIET,
    )  # fmt: skip
    if len(told) > MOST_CLASSES:
        st.caption(f"The {MOST_CLASSES} classes of {len(told)} in which they differ most.")


def _changed(one: Evaluation, found: Rivalry, second: tuple[str, str], key: str) -> None:
    """The clips that only one of the two named rightly."""
    theme.section("What changed side", "Clips that one of them gets right and the other does not.")
    counts = {"lost": len(found.lost), "won": len(found.won)}
    side = st.segmented_control(
        "Which", list(SIDES), default="lost" if counts["lost"] or not counts["won"] else "won", key="evaluate.side",
        format_func=lambda name: f"{SIDES[name]} ({formatting.number(counts[name])})", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    clip_list.panel(key, ("changed", *second, str(side)), at="changed", title=SIDES[str(side)])
