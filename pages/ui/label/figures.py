"""The figure of the Label page. No st calls."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.workflows.annotation.retraining import LearningPoint
from pages.ui.common import figures, formatting

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

FEW = 200  # moments below which a score says little
LINE = "#C67F18"


def curve(points: Sequence[LearningPoint], *, dark: bool) -> "Figure":
    """Held-out accuracy over labelled time, one marker per run."""
    from plotly import graph_objects as go

    ink = figures.INK_DARK if dark else figures.INK
    minutes = max(point.seconds for point in points) >= 180
    scale, unit = (60, "min") if minutes else (1, "s")
    texts = [
        f"{formatting.length(point.seconds)} of labels<br>"
        f"{formatting.per_cent(point.score)} of {formatting.number(point.moments)} moments"
        for point in points
    ]
    drawn = go.Figure(
        go.Scatter(
            x=[point.seconds / scale for point in points], y=[100 * point.score for point in points],
            mode="lines+markers", line={"width": 2, "color": LINE}, marker={"size": 9, "color": LINE},
            customdata=texts, hovertemplate="%{customdata}<extra></extra>", showlegend=False,
        )
    )  # fmt: skip
    drawn.update_layout(
        height=280, margin={"l": 8, "r": 8, "t": 12, "b": 36}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", font={"size": 12, "color": ink, "family": figures.FONT}, dragmode=False,
    )  # fmt: skip
    grid = {"gridcolor": "rgba(128,128,128,0.18)", "zeroline": False, "fixedrange": True, "rangemode": "tozero"}
    drawn.update_xaxes(**grid, title=f"labelled, {unit}")
    drawn.update_yaxes(**grid, title="accuracy on held-out moments, %", range=[0, 103])
    return drawn


def summary(points: Sequence[LearningPoint]) -> str:
    """The accuracy of the latest network, its labelled time, and the difference from the one before."""
    *earlier, last = sorted(points, key=lambda point: point.made)
    right = f"**{formatting.per_cent(last.score)}** of {formatting.number(last.moments)} held-out moments"
    text = f"{right} correctly classified, after {formatting.length(last.seconds)} of labels."
    if not earlier:
        return text
    before = earlier[-1]
    return f"{text} Before: {formatting.per_cent(before.score)}, after {formatting.length(before.seconds)}."
