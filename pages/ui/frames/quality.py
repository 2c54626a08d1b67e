"""The quality check of a clip: curves and findings; a click shows the frame."""

from typing import Any

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import VideoInfo
from core.workflows import frames
from pages.ui import cache, state
from pages.ui.common import formatting, quality_text, theme
from pages.ui.common.jobs import job_panel
from pages.ui.frames import quality_figures

ABOUT = (
    "Measures the brightness, sharpness and motion of each frame, and finds repeated, black "
    "and missing frames and shot boundaries. This takes about as long as decoding the clip; "
    "the result is stored."
)


def show(info: VideoInfo) -> None:
    """The findings with the curves that they come from, or the way to them."""
    theme.section("Video quality", "Segments that may mislead a viewer or a network.")
    key = frames.quality_key(info.digest)
    if not job_panel.ready(key, "Check all frames", frames.make_quality, state.store(), info.digest, about=ABOUT):
        return
    try:
        measured, findings = cache.quality(info.digest), cache.quality_findings(info.digest)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    if findings:
        _table(info, findings)
    else:
        st.html(f'<div class="k-headline">{quality_text.NOTHING_FOUND}</div>')
        st.caption(
            f"{formatting.count(info.frame_count, 'frame')} checked: none is dark, black, blurred, repeated or missing."
        )
    _curves(info, measured, findings)


def _table(info: VideoInfo, findings: tuple) -> None:
    """The findings; picking one shows its first frame."""
    st.html(f'<div class="k-headline">{quality_text.headline(findings)}</div>')
    st.caption("Select a row to view it.")
    picked = st.dataframe(
        quality_figures.table(findings),
        hide_index=True,
        height=min(360, 38 + 35 * len(findings)),
        key=f"findings.{info.digest}",
        on_select="rerun",
        selection_mode="single-row",
        column_config={"what": st.column_config.TextColumn(width="large")},
    )
    st.caption("  \n".join(quality_text.meanings(findings)))
    _follow(f"finding.{info.digest}", [findings[row].start_s for row in picked.selection.rows])  # type: ignore[attr-defined]


def _curves(info: VideoInfo, measured: Any, findings: tuple) -> None:
    """Brightness, sharpness and motion over time; a click shows that moment."""
    picked = st.plotly_chart(
        quality_figures.figure(measured, findings, info.duration_s, dark=state.is_dark()),
        key=f"lanes.{info.digest}",
        on_select="rerun",
        selection_mode="points",
        config={"displayModeBar": False, "scrollZoom": False},
        alt="Brightness, sharpness and motion of each frame over time, with the findings marked",
    )
    _follow(f"lane.{info.digest}", [float(point["x"]) for point in picked.selection.points])  # type: ignore[attr-defined]


def _follow(name: str, moments_s: list[float]) -> None:
    """Look at the first of these moments where they are new."""
    values = tuple(moments_s)
    if values != state.remembered(name, ()):
        state.remember(name, values)
        if values:
            state.jump(values[0])
            st.rerun()
