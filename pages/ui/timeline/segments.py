"""The segments of a result as a table: filtered by label, duration and confidence, and played with a click."""

from collections.abc import Sequence

import streamlit as st

from core.domain import Segment
from core.domain.fingerprint import fingerprint
from core.stages.tracks.segmentation import NOTHING
from pages.ui.common import figures, formatting
from pages.ui.timeline import played_table

STEP_S = 0.1  # of the shortest duration


def table(segments: Sequence[Segment], key: str) -> None:
    """The segments that pass the filter. key: of the result."""
    if not segments:
        st.markdown(f"**{formatting.count(0, 'segment')}**")
        st.caption(f"No label has enough confidence at any moment: {NOTHING}.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        head = st.container(width="content")
        with st.popover("Filter", icon=":material/filter_list:"):
            chosen = _filter(segments, key)
    count = formatting.count(len(segments), "segment")
    head.markdown(f"**{count if len(chosen) == len(segments) else f'{formatting.number(len(chosen))} of {count}'}**")
    if not chosen:
        st.caption("No segment passes the filter. Select more labels or lower the limits.")
        return
    st.caption("Click a row to play it.")
    columns = {
        "duration": st.column_config.NumberColumn("duration", format="%.2f s"),
        "confidence": st.column_config.ProgressColumn("confidence", format="%.0f %%", min_value=0, max_value=100),
    }
    starts_s = [segment.start_s for segment in chosen]
    name = key if len(chosen) == len(segments) else f"{key}.{fingerprint('filtered', tuple(starts_s))[:12]}"
    played_table.show(figures.segment_table(chosen), starts_s, f"table.{name}", columns)


def _filter(segments: Sequence[Segment], key: str) -> list[Segment]:
    """What is to be shown, as it is set, and the segments that are."""
    labels = list(dict.fromkeys(segment.label for segment in segments))
    picked = st.multiselect("Labels", labels, key=f"filter.labels.{key}", placeholder="all")
    longest_s = max(segment.stop_s - segment.start_s for segment in segments)
    shortest_s = st.slider(
        "Shortest duration, s", 0.0, max(STEP_S, round(longest_s, 1)), 0.0, STEP_S, key=f"filter.duration.{key}"
    )
    least = st.slider("Lowest confidence, %", 0, 100, 0, 1, key=f"filter.confidence.{key}")
    return passing(segments, picked, shortest_s=shortest_s, least=least / 100)


def passing(segments: Sequence[Segment], labels: Sequence[str], *, shortest_s: float, least: float) -> list[Segment]:
    """The segments with one of these labels, at least so long and of at least this confidence (0 to 1).

    labels: all where none is named. A segment without a confidence passes only where none is asked for.
    """
    return [
        segment
        for segment in segments
        if (not labels or segment.label in labels)
        and segment.stop_s - segment.start_s >= shortest_s - 1e-9
        and (segment.confidence or 0.0) >= least
    ]
