"""Colours of labels, and Plotly figures from domain values. No st calls."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.domain import Line, Prediction, Segment
from core.stages.drawing.palette import PALETTE, colour
from core.stages.tracks import segmentation
from pages.ui.common import formatting

__all__ = [
    "PALETTE", "QUIET", "blank", "colour", "heatmap", "ink", "line_table", "luminance", "segment_table", "time_ticks",
]  # fmt: skip

if TYPE_CHECKING:
    from pandas import DataFrame
    from plotly.graph_objects import Figure

AMBER = ((0.0, "rgba(226,150,40,0.05)"), (0.25, "#E8B86A"), (0.6, "#C67F18"), (1.0, "#5E3304"))
AMBER_DARK = ((0.0, "rgba(226,150,40,0.07)"), (0.25, "#6B430D"), (0.6, "#C8841F"), (1.0, "#FFE4B5"))
QUIET = {"displayModeBar": False, "scrollZoom": False}  # how Plotly shows a figure that is only looked at
INK, INK_DARK = "#3B362F", "#DCD7CE"
FONT = "Source Sans, sans-serif"
ROWS = 8
COLUMNS = 1200  # more steps than a screen has pixels are averaged


def ink(background: str) -> str:
    """Black or white, whichever reads better on this colour (WCAG 2 contrast)."""
    return "#000000" if 1.05 / (luminance(background) + 0.05) < (luminance(background) + 0.05) / 0.05 else "#FFFFFF"


def luminance(hex_colour: str) -> float:
    """Relative luminance of "#RRGGBB", 0 to 1, after WCAG 2."""
    parts = np.array([int(hex_colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def heatmap(prediction: Prediction, labels: Sequence[str], slots: Mapping[str, int], *, dark: bool) -> "Figure":
    """How strongly each of `labels` (best first) shows at each moment; the time axis is the clip's own clock."""
    from plotly import graph_objects as go

    borders_s, scores = _columns(prediction, labels)
    middles_s = (borders_s[:-1] + borders_s[1:]) / 2
    moments = [formatting.clock(second, decimals=1) for second in middles_s]
    drawn = go.Heatmap(
        x=borders_s,
        y=list(range(len(labels) + 1)),
        z=100 * scores,
        customdata=np.array([[[moment, label] for moment in moments] for label in labels]),
        hovertemplate="%{customdata[1]}<br>" + formatting.hover_per_cent("z") + " at %{customdata[0]}<extra></extra>",
        zmin=0,
        zmax=max(10.0, float(100 * scores.max())),
        colorscale=[list(stop) for stop in (AMBER_DARK if dark else AMBER)],
        colorbar={
            "title": {"text": "score, %", "side": "right"},
            "thickness": 12,
            "outlinewidth": 0,
            "tickformat": ".0f",
        },
    )
    figure = go.Figure(drawn)
    _lay_out(figure, labels, slots, float(borders_s[-1]))
    figure.update_layout(font={"size": 13, "color": INK_DARK if dark else INK})
    figure.update_xaxes(tickfont={"size": 13, "color": INK_DARK if dark else INK})
    figure.update_yaxes(tickfont={"size": 13, "color": INK_DARK if dark else INK})
    return figure


def _columns(prediction: Prediction, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Borders (M + 1,) in seconds and scores (rows, M) of at most COLUMNS columns, neighbours averaged."""
    picked = [prediction.labels.index(label) for label in labels]
    borders_s = segmentation.edges(prediction.times_s, prediction.seen_s)  # (T + 1,)
    scores = prediction.scores[:, picked].T  # (rows, T)
    every = -(-scores.shape[1] // COLUMNS)
    firsts = np.arange(0, scores.shape[1], every)
    counts = np.diff(np.append(firsts, scores.shape[1]))
    averaged = np.add.reduceat(scores, firsts, axis=1) / counts  # (rows, M)
    return np.append(borders_s[firsts], borders_s[-1]), averaged


def _lay_out(figure: "Figure", labels: Sequence[str], slots: Mapping[str, int], stop_s: float) -> None:
    """Axes: the best label on top, a dot of its colour before each name, time as m:ss."""
    dots = [f"{label}  <span style='color:{colour(slots[label])};font-size:17px'>■</span>" for label in labels]
    ticks_s = time_ticks(stop_s)
    figure.update_layout(
        height=100 + 34 * len(labels),
        margin={"l": 8, "r": 8, "t": 8, "b": 36},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"align": "left"},
    )
    rows = [row + 0.5 for row in range(len(labels))]
    figure.update_yaxes(tickvals=rows, ticktext=dots, autorange="reversed", showgrid=False, fixedrange=True, title=None)
    figure.update_yaxes(automargin=True, zeroline=False)
    shown = [formatting.clock(second, decimals=0 if float(second).is_integer() else 1) for second in ticks_s]
    figure.update_xaxes(tickvals=ticks_s, ticktext=shown, title="time in the clip, m:ss", range=[0, stop_s])
    figure.update_xaxes(showgrid=False, zeroline=False)


def segment_table(segments: Sequence[Segment]) -> "DataFrame":
    """The segments for a table: when, how long, what, how sure."""
    from pandas import DataFrame

    rows = [
        {
            "label": segment.label,
            "start": formatting.clock(segment.start_s, decimals=2),
            "stop": formatting.clock(segment.stop_s, decimals=2),
            "duration": segment.stop_s - segment.start_s,
            "confidence": None if segment.confidence is None else 100 * segment.confidence,
        }
        for segment in segments
    ]
    return DataFrame(rows)


def line_table(lines: Sequence[Line]) -> "DataFrame":
    """Lines of text for a table: when, and what is said."""
    from pandas import DataFrame

    return DataFrame(
        {"start": [formatting.clock(line.start_s, decimals=1) for line in lines], "words": [e.text for e in lines]}
    )


def time_ticks(stop_s: float, *, most: int = 7) -> list[float]:
    """Round moments from 0 to `stop_s`, at most `most` + 1 of them."""
    steps_s = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
    step_s = next((step for step in steps_s if stop_s / step <= most), steps_s[-1])
    return [round(step_s * tick, 1) for tick in range(int(stop_s / step_s) + 1)]


def blank(dark: bool, height_px: int) -> "Figure":
    """An empty figure with the looks that bars and curves share."""
    from plotly import graph_objects as go

    ink = INK_DARK if dark else INK
    grid = "rgba(220,215,206,0.16)" if dark else "rgba(59,54,47,0.12)"
    figure = go.Figure()
    figure.update_layout(
        height=height_px,
        margin={"l": 8, "r": 12, "t": 34, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 13, "color": ink, "family": FONT},
        legend={"orientation": "h", "y": 1.03, "yanchor": "bottom", "x": 0},
        hoverlabel={"align": "left"},
        bargap=0.3,
    )
    for axes in (figure.update_xaxes, figure.update_yaxes):
        axes(tickfont={"size": 13, "color": ink}, gridcolor=grid, fixedrange=True, zeroline=False)
    figure.update_xaxes(showgrid=False)
    return figure
