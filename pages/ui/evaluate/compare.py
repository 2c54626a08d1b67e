"""Compare: a second run or model on the same clips; differences with intervals, classes, and clips that differ."""

import streamlit as st

from core.base.registry import METRICS
from core.domain import Estimate, Evaluation, Rivalry
from core.domain.caveats import is_leak
from core.workflows import evaluation
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.evaluate import clip_list, descriptions, headline, metric_figures, picker

SHARES = ("accuracy", "frame_accuracy", "balanced_accuracy", "macro_f1", "edit", "f1_50", "top5")
SIDES = {"lost": "Only the first is correct", "won": "Only the second is correct"}
MOST_CLASSES = 20
ABOUT = "The comparison is stored. Clips without a stored prediction are predicted first."


def show(key: str, entry: DatasetEntry, first: evaluation.EvaluationQuestion) -> None:
    """Select a second run or model; once it is evaluated, show the comparison."""
    second = picker.rival(entry, first)
    if second is None:
        return
    store, other = state.store(), picker.key(second) if picker.answerable(entry, second, "Evaluate the second") else ""
    if not other:
        return
    at_once = second.source == "run"
    task = (evaluation.evaluate, store, second)
    if not job_panel.ready(other, "Evaluate the second", *task, at_once=at_once, about="" if at_once else ABOUT):
        return
    rival = evaluation.rivalry_key(key, other)
    if job_panel.ready(rival, "Compare", evaluation.compare, store, key, other, at_once=True, noun="step"):
        _compared(key, other, rival)


def _compared(key: str, other: str, rival: str) -> None:
    """Result, differences, classes, clips."""
    rivalry, evaluation = cache.rivalry(rival), cache.evaluation(key)
    name = descriptions.main_number(evaluation)
    st.html(f'<div class="k-headline">{descriptions.beaten(rivalry, name)}</div>')
    first, second = map(headline.titled, rivalry.titles, (evaluation, cache.evaluation(other)))
    theme.facts((f"First: {first}", f"Second: {second}", *_shared(rivalry)))
    if notes := [text for text in rivalry.warnings if not is_leak(text)]:
        theme.notes(notes)
    left, right = st.columns(2, gap="large")
    with left:
        _differences(rivalry)
    with right:
        _by_class(rivalry)
    _changed(evaluation, rivalry, (other, rival), key)


def _shared(rivalry: Rivalry) -> tuple[str, ...]:
    texts = (f"on the {formatting.count(rivalry.shared, 'clip')} in both test sets",)
    alone = [
        f"{formatting.count(count, 'clip')} only in the {which}"
        for count, which in ((rivalry.only_first, "first"), (rivalry.only_second, "second"))
        if count
    ]
    return (*texts, *alone)


def _differences(rivalry: Rivalry) -> None:
    """Each number of the first minus that of the second, with its interval."""
    theme.section(
        "Difference (first − second)",
        "The first is better to the right of the dotted line. A difference whose interval "
        "crosses the line may be due to chance.",
    )
    pairs = [(METRICS[name].label, rivalry.overall[name][2]) for name in SHARES if name in rivalry.overall]
    rows = [_points(name, gap) for name, gap in pairs if gap.value is not None]
    st.plotly_chart(
        metric_figures.differences(rows, dark=state.is_dark()), key="evaluate.differences", theme=None,
        config=figures.QUIET,
    )  # fmt: skip
    with st.expander("All metrics", icon=":material/table_rows:"):
        st.dataframe(descriptions.rivals(rivalry), hide_index=True, width="stretch")
    if rivalry.p is not None:
        st.caption(
            f"Only the first is correct on {formatting.number(rivalry.right_first)}, only the second on "
            f"{formatting.number(rivalry.right_second)}: p = {rivalry.p:.3f}.",
            help=(
                "McNemar's test: the probability of a difference at least this large if both were "
                "equally good. Values below 0.05 are usually called significant."
            ),
        )
    elif rivalry.why:
        st.caption(theme.plain(rivalry.why))


def _points(name: str, gap: Estimate) -> tuple[str, float, float | None, float | None]:
    """A difference in points, with its interval."""
    low, high = (None if end is None else 100 * end for end in (gap.low, gap.high))
    return name, 100 * (gap.value or 0), low, high


def _by_class(rivalry: Rivalry) -> None:
    """The classes in which the two differ most."""
    theme.section("Per class", "Difference in recall for each class.")
    pairs = [
        (label, gap)
        for label, gap in zip(rivalry.labels, rivalry.by_label["recall"], strict=True)
        if gap.value is not None and gap.value != 0
    ]
    if not pairs:
        theme.empty("No difference", "Both have the same recall for every class.")
        return
    pairs.sort(key=lambda row: -abs(row[1].value or 0))
    rows = [_points(label, gap) for label, gap in pairs[:MOST_CLASSES]]
    st.plotly_chart(
        metric_figures.differences(rows, dark=state.is_dark()), key="evaluate.by-class", theme=None,
        config=figures.QUIET,
    )  # fmt: skip
    if len(pairs) > MOST_CLASSES:
        st.caption(f"The {MOST_CLASSES} classes of {len(pairs)} with the largest differences.")


def _changed(evaluation: Evaluation, rivalry: Rivalry, second: tuple[str, str], key: str) -> None:
    """The clips that only one of the two classified correctly."""
    theme.section("Changed predictions", "Clips that only one of the two classifies correctly.")
    counts = {"lost": len(rivalry.lost), "won": len(rivalry.won)}
    side = st.segmented_control(
        "Show", list(SIDES), default="lost" if counts["lost"] or not counts["won"] else "won", key="evaluate.side",
        format_func=lambda name: f"{SIDES[name]} ({formatting.number(counts[name])})", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    clip_list.panel(key, ("changed", *second, str(side)), at="changed", title=SIDES[str(side)])
