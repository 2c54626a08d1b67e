"""Brightness, sharpness and motion over time as a Plotly figure, and what was found as a table and in words.

No st calls.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.domain import Quality
from core.stages.quality import BLACK_SHARE, DARK_LUMA, QualityFinding
from pages.ui.common import figures, formatting

if TYPE_CHECKING:
    from pandas import DataFrame
    from plotly.graph_objects import Figure
from pages.ui.common.quality_text import CALLED, what

COLOURS = dict(
    zip(
        CALLED,
        ("#56B4E9", "#0072B2", "#E69F00", "#CC79A7", "#009E73", "#44BB99", "#D55E00", "#A01813", "#882255"),
        strict=True,
    )
)


LANES = (("brightness", "brightness, %"), ("sharpness", "sharpness, %"), ("motion", "change per frame, %"))


def about(quality: Quality, findings: Sequence[QualityFinding], index: int) -> list[str]:
    """One frame in short facts: what was measured of it, and the findings that hold there."""
    if index >= len(quality.times_s):
        return []
    moment_s = float(quality.times_s[index])
    black = quality.black[index] >= BLACK_SHARE
    shown = [(name, label) for name, label in LANES if not (black and name == "sharpness")]
    facts = [
        f"{label.split(',')[0]} {formatting.per_cent(float(getattr(quality, name)[index]), decimals=1)}"
        for name, label in shown
    ]
    return facts + [CALLED[finding.kind][0] for finding in findings if finding.start_s <= moment_s < finding.stop_s]


def table(findings: Sequence[QualityFinding]) -> "DataFrame":
    """The findings for a table: when, and what."""
    from pandas import DataFrame

    rows = [
        {
            "from": formatting.clock(finding.start_s, decimals=2),
            "to": formatting.clock(finding.stop_s, decimals=2),
            "what": what(finding),
        }
        for finding in findings
    ]
    return DataFrame(rows)


def figure(quality: Quality, findings: Sequence[QualityFinding], duration_s: float, *, dark: bool) -> "Figure":
    """A lane for each measure on one time axis. Where a column stands for many frames, a band shows the least and the
    most of them. Findings are shaded in their colours, beginnings of shots are dotted.
    """
    from plotly.subplots import make_subplots

    drawn = make_subplots(rows=len(LANES), cols=1, shared_xaxes=True, vertical_spacing=0.07)
    ink = figures.INK_DARK if dark else figures.INK
    for row, (name, label) in enumerate(LANES, start=1):
        values = 100 * getattr(quality, name)
        shown = np.where(quality.black >= BLACK_SHARE, np.nan, values) if name == "sharpness" else values
        _lane(drawn, row, quality.times_s, shown, label, ink)
    note = {"text": "dark", "font": {"size": 11, "color": ink}, "showarrow": False}
    line = {"width": 1, "dash": "dot", "color": ink}
    drawn.add_hline(100 * DARK_LUMA, row=1, col=1, line=line, opacity=0.55, annotation=note)  # type: ignore[arg-type]
    shapes = [_shade(finding, duration_s) for finding in findings[:300]]
    shapes += [_shot(float(quality.times_s[first]), ink) for first in quality.shots[1:300]]
    drawn.update_layout(shapes=[*drawn.layout.shapes, *shapes])  # type: ignore[misc]
    _lay_out(drawn, duration_s, ink, findings)
    return drawn


def _lane(drawn: "Figure", row: int, times_s: np.ndarray, values: np.ndarray, label: str, ink: str) -> None:
    """One measure: a line, markers that can be clicked, and the band of what the columns stand for."""
    from plotly import graph_objects as go

    every = -(-len(values) // figures.COLUMNS)
    firsts = np.arange(0, len(values), every)
    means = np.add.reduceat(values, firsts) / np.diff(np.append(firsts, len(values)))
    least, most = np.minimum.reduceat(values, firsts), np.maximum.reduceat(values, firsts)
    moments = [f"frame {first}, {formatting.clock(float(times_s[first]), decimals=2)}" for first in firsts]
    if every > 1:
        band = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        drawn.add_trace(go.Scatter(x=times_s[firsts], y=most, **band), row=row, col=1)
        drawn.add_trace(
            go.Scatter(x=times_s[firsts], y=least, fill="tonexty", fillcolor="rgba(198,127,24,0.28)", **band),
            row=row,
            col=1,
        )
    drawn.add_trace(
        go.Scatter(
            x=times_s[firsts], y=means, mode="lines+markers", line={"width": 1.6, "color": "#C67F18"},
            marker={"size": 6, "opacity": 0},
            selected={"marker": {"opacity": 0.9}}, unselected={"marker": {"opacity": 0}},
            customdata=moments, hovertemplate=formatting.hover_per_cent("y") + "<br>%{customdata}<extra></extra>",
            showlegend=False,
        ),
        row=row, col=1,
    )  # fmt: skip
    drawn.update_yaxes(title={"text": label, "font": {"size": 12, "color": ink}}, row=row, col=1, rangemode="tozero")


def _shade(finding: QualityFinding, duration_s: float) -> dict:
    """A finding over all lanes, wide enough to be seen."""
    least_s = duration_s / 400
    middle_s, half_s = (finding.start_s + finding.stop_s) / 2, max(finding.stop_s - finding.start_s, least_s) / 2
    entries = {"x0": middle_s - half_s, "x1": middle_s + half_s, "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}
    return entries | {
        "type": "rect",
        "layer": "below",
        "line": {"width": 0},
        "fillcolor": COLOURS[finding.kind],
        "opacity": 0.3,
    }


def _shot(moment_s: float, ink: str) -> dict:
    entries = {"x0": moment_s, "x1": moment_s, "y0": 0, "y1": 1, "xref": "x", "yref": "paper"}
    return entries | {"type": "line", "line": {"width": 1, "dash": "dot", "color": ink}, "opacity": 0.6}


def _lay_out(drawn: "Figure", duration_s: float, ink: str, findings: Sequence[QualityFinding]) -> None:
    """Axes, and a legend of the findings' colours."""
    from plotly import graph_objects as go

    for kind in dict.fromkeys(finding.kind for finding in findings):
        mark = {"size": 11, "symbol": "square", "color": COLOURS[kind], "opacity": 0.55}
        drawn.add_trace(go.Scatter(x=[None], y=[None], mode="markers", marker=mark, name=CALLED[kind][0]), row=1, col=1)
    ticks_s = figures.time_ticks(duration_s, most=6)
    shown = [formatting.clock(second, decimals=0 if float(second).is_integer() else 1) for second in ticks_s]
    drawn.update_layout(
        height=430,
        margin={"l": 8, "r": 8, "t": 30, "b": 36},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 12, "color": ink},
        legend={"orientation": "h", "y": 1.02, "x": 0, "yanchor": "bottom"},
        hovermode="closest",
        clickmode="event+select",
        dragmode=False,
    )
    grid = {"gridcolor": "rgba(128,128,128,0.18)", "zeroline": False, "tickfont": {"size": 12, "color": ink}}
    drawn.update_yaxes(**grid, nticks=4, fixedrange=True)
    drawn.update_xaxes(**grid, range=[0, duration_s], tickvals=ticks_s, ticktext=shown, fixedrange=True)
    drawn.update_xaxes(
        title={"text": "time in the clip, m:ss", "font": {"size": 12, "color": ink}}, row=len(LANES), col=1
    )
