"""Over time: frame-wise metrics, segments, bouts with onset and offset errors; truth above prediction."""

from html import escape

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Evaluation, Segment
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.evaluate import clip_list, descriptions, headline

MOMENTS = ("frame_accuracy", "time_accuracy", "edit", "f1_10", "f1_25", "f1_50")
BOUTS = ("bout_precision", "bout_recall", "onset_error", "offset_error", "map_50", "map_mean")
RIBBONS = 12


def show(key: str) -> None:
    """Numbers, bouts by class, and the clips as ribbons."""
    evaluation = cache.evaluation(key)
    theme.section("Frames and segments", "Frame-wise metrics, and segment metrics for the order of actions.")
    _row(evaluation, MOMENTS)
    theme.section(
        "Bouts",
        "A bout is one occurrence of a class from start to end. Predicted and true bouts are "
        "matched if their overlap (IoU) is at least 50 %.",
    )
    _row(evaluation, BOUTS)
    if evaluation.found.truth_segments:
        table = descriptions.bouts(evaluation)
        st.dataframe(
            table, hide_index=True, width="stretch", height=min(480, 38 + 35 * len(table)),
            column_config={
                "Hits": st.column_config.NumberColumn(help="Predicted bouts that match a true bout."),
                "Onset": st.column_config.TextColumn(help="Median difference between predicted and true start times."),
                "Offset": st.column_config.TextColumn(help="Median difference between predicted and true end times."),
            },
        )  # fmt: skip
    _ribbons(key, evaluation)
    _one(key, evaluation)


def _row(evaluation: Evaluation, names: tuple[str, ...]) -> None:
    """Numbers side by side, each explained."""
    overall = evaluation.card.overall
    there = [name for name in names if name in overall]
    if not there:
        st.caption("Bout metrics need segments with times, which this prediction does not have.")
        return
    headline.numbers(evaluation, there)


def _ribbons(key: str, evaluation: Evaluation) -> None:
    """Some clips, each as a ribbon of its truth above one of what was said."""
    theme.section("Timelines", "Truth above prediction, one pair per clip. Blank parts have no label.")
    shown = state.remembered(f"evaluate.ribbons.{key}", RIBBONS)
    labels = tuple(label for index, label in enumerate(evaluation.card.labels) if index != evaluation.found.background)
    slots = cache.slots(labels)
    try:
        text = "".join(_ribbon(key, evaluation, unit, slots) for unit in range(min(shown, len(evaluation.found.names))))
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    st.html("".join(theme.chip(label, slots[label]) for label in labels[:24]))
    st.html(f'<div class="k-ribbons">{text}</div>')
    if len(evaluation.found.names) > shown:
        st.button(
            "Show more clips", icon=":material/expand_more:", key="evaluate.more.ribbons",
            on_click=state.remember, args=(f"evaluate.ribbons.{key}", shown * 2),
        )  # fmt: skip


def _ribbon(key: str, evaluation: Evaluation, unit: int, slots: dict[str, int]) -> str:
    lanes = cache.lanes(key, unit)
    name = escape(evaluation.found.names[unit].rpartition("/")[2])
    rows = "".join(_stripes(segments, lanes.duration_s, slots) for segments in (lanes.truth, lanes.predicted))
    return f'<div class="k-ribbon"><span title="{name}">{name}</span><div>{rows}</div></div>'


def _stripes(segments: tuple[Segment, ...], duration_s: float, slots: dict[str, int]) -> str:
    """A ribbon of the segments of a clip."""
    shown = (segment for segment in segments if segment.label in slots)
    return f"<p>{''.join(_stripe(segment, duration_s, slots[segment.label]) for segment in shown)}</p>"


def _stripe(segment: Segment, duration_s: float, slot: int) -> str:
    left, wide = (100 * value / duration_s for value in (segment.start_s, segment.stop_s - segment.start_s))
    start, stop = (formatting.clock(moment_s, decimals=1) for moment_s in (segment.start_s, segment.stop_s))
    tooltip = escape(f"{segment.label}, {start} to {stop}")
    style = f"left:{left:.3f}%;width:{wide:.3f}%;background:{figures.colour(slot)}"
    return f'<i style="{style}" title="{tooltip}"></i>'


def _one(key: str, evaluation: Evaluation) -> None:
    """One clip in full."""
    names = evaluation.found.names
    unit = st.selectbox("Watch clip", range(len(names)), 0, lambda at: names[at], key=f"evaluate.unit.{key}")
    left, _ = st.columns([3, 2])
    with left:
        clip_list.play(key, evaluation.videos[unit or 0], unit or 0, start_s=0.0, at_once=False)
