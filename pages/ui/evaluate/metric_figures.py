"""Figures of Evaluate from domain values: scores beside baselines, classes, reliability, curves, differences.

Streamlit hears clicks on markers only, so each figure that is clicked has some, with what they stand for in customdata.
No st calls.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.domain import Estimate, Evaluation
from core.stages.metrics.calibration import Reliability
from core.stages.metrics.curves import ScoreCurve, Sweep
from pages.ui.common import formatting
from pages.ui.common.figures import INK, INK_DARK, blank

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

OWN, OTHER, SIMPLE, FAINT = "#0072B2", "#D55E00", "#B8873A", "#8D8377"
OWN_DARK = "#56B4E9"
MARKS = (("recall", "Recall", "circle"), ("precision", "Precision", "diamond"), ("f1", "F1", "line-ns"))
NUMBER_PX = 64  # room for the number beside the longest bar
ROW_PX = 24  # of a class
MOST_MARKS = 160  # points of a curve that can be clicked
CLICKED = {"clickmode": "event+select", "dragmode": False, "hovermode": "closest"}


def own(dark: bool) -> str:
    """The colour of the first of what is evaluated."""
    return OWN_DARK if dark else OWN


def beside(rows: Sequence[tuple[str, Estimate]], *, dark: bool) -> "Figure":
    """Scores and baselines, each with its interval. rows: what is evaluated comes last."""
    figure = blank(dark, 46 + 34 * len(rows))
    shades = [*(FAINT, SIMPLE, FAINT, SIMPLE)[: len(rows) - 1], own(dark)]
    values = [100 * (item.value or 0) for _, item in rows]
    figure.add_bar(
        y=[name for name, _ in rows], x=values, orientation="h", marker={"color": shades},
        error_x=_whisker([item for _, item in rows], dark),
        customdata=[interval(item) for _, item in rows],
        hovertemplate="%{y}: " + formatting.hover_per_cent("x") + "<br>%{customdata}<extra></extra>", showlegend=False,
    )  # fmt: skip
    for (name, estimate), value in zip(rows, values, strict=True):
        edge = max(value, 100 * (estimate.high or 0))
        figure.add_annotation(
            x=edge,
            y=name,
            text=formatting.per_cent(value / 100, decimals=1),
            showarrow=False,
            xanchor="left",
            xshift=6,
            align="left",
        )
    figure.update_xaxes(range=[0, 101], showticklabels=False, title=None)
    figure.update_yaxes(automargin=True, showgrid=False, ticklabelstandoff=8)
    figure.update_layout(margin={"l": 8, "r": NUMBER_PX, "t": 4, "b": 4}, dragmode=False)
    return figure


def interval(estimate: Estimate) -> str:
    """The interval of a number in words, or why it has none."""
    if estimate.low is None or estimate.high is None:
        return estimate.why or "no interval"
    return f"95 % interval: {formatting.per_cent_range(estimate.low, estimate.high)}"


def classes(
    labels: Sequence[str],
    counts: np.ndarray,
    by_label: dict[str, tuple[Estimate, ...]],
    shown: Sequence[int],
    metric: str,
    *,
    dark: bool,
) -> "Figure":
    """One metric of each class with its interval, and the two others as small marks. shown: places of the classes."""
    figure = blank(dark, 92 + ROW_PX * len(shown))
    names = [
        f"{_short(labels[index])}  <span style='opacity:0.7'>{formatting.number(int(counts[index]))}</span>"
        for index in shown
    ]
    rows = list(range(len(shown)))
    for name, title, symbol in MARKS:
        estimates = [by_label[name][index] for index in shown]
        if name == metric:
            _intervals(figure, estimates, rows, dark)
        figure.add_scatter(
            x=[None if item.value is None else 100 * item.value for item in estimates], y=rows,
            mode="markers", name=title,
            marker=_class_mark(symbol, name == metric, dark),
            customdata=[[labels[index]] for index in shown],
            text=[f"{labels[index]}: {title} {estimate(item)}" for index, item in zip(shown, estimates, strict=True)],
            hovertemplate="%{text}<extra></extra>",
            selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.35}},
        )  # fmt: skip
    figure.update_yaxes(tickvals=rows, ticktext=names, range=[len(shown) - 0.4, -0.6], automargin=True, showgrid=False)
    figure.update_xaxes(range=[-3, 103], ticksuffix=" %", showgrid=True, side="top")
    figure.update_layout(CLICKED | {"margin": {"l": 8, "r": 12, "t": 54, "b": 6}, "hoverdistance": 40})
    figure.update_layout(legend={"y": 1, "yref": "container", "yanchor": "top"})
    return figure


def _class_mark(symbol: str, main: bool, dark: bool) -> dict[str, Any]:
    ink = INK_DARK if dark else INK
    line = {"width": 2 if symbol.startswith("line") else 0, "color": own(dark) if main else ink}
    shade = own(dark) if main else ink
    return {"symbol": symbol, "size": 11 if main else 7, "color": shade, "line": line, "opacity": 1 if main else 0.55}


def _intervals(figure: "Figure", estimates: Sequence[Estimate], rows: Sequence[int], dark: bool) -> None:
    """A bar for each interval, behind the marks."""
    xs: list[float | None] = []
    ys: list[float | None] = []
    for row, estimate in zip(rows, estimates, strict=True):
        if estimate.low is not None and estimate.high is not None:
            xs += [100 * estimate.low, 100 * estimate.high, None]
            ys += [row, row, None]
    figure.add_scatter(
        x=xs, y=ys, mode="lines", line={"width": 7, "color": own(dark)}, opacity=0.28, name="95 % interval",
        hoverinfo="skip", showlegend=bool(xs),
    )  # fmt: skip


def estimate(value: Estimate) -> str:
    """A number with its interval in words."""
    if value.value is None:
        return f"– ({value.why})"
    text = formatting.per_cent(value.value, decimals=1)
    return (
        text
        if value.low is None or value.high is None
        else f"{text} ({formatting.per_cent_range(value.low, value.high)})"
    )


def reliability(bins: Reliability, *, dark: bool, noun: str = "clip") -> "Figure":
    """The accuracy of each bin of confidence; on the diagonal, the two agree. Bins can be clicked."""
    figure = blank(dark, 380)
    ink = INK_DARK if dark else INK
    there = np.flatnonzero(bins.counts > 0)
    figure.add_scatter(
        x=[0, 100], y=[0, 100], mode="lines", line={"dash": "dot", "color": ink, "width": 1}, opacity=0.6,
        hoverinfo="skip", name="perfect calibration",
    )  # fmt: skip
    most = max(1, int(bins.counts.max(initial=1)))
    figure.add_scatter(
        x=100 * bins.confidence[there], y=100 * bins.accuracy[there], mode="lines+markers", name="model",
        line={"color": own(dark), "width": 2},
        marker={
            "size": 9 + 15 * np.sqrt(bins.counts[there] / most),
            "color": ["rgba(0,0,0,0)" if bins.few[index] else own(dark) for index in there],
            "line": {"width": 2, "color": own(dark)},
        },
        customdata=[[int(index)] for index in there],
        text=[_bin(bins, int(index), noun) for index in there], hovertemplate="%{text}<extra></extra>",
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0.4}},
    )  # fmt: skip
    figure.update_xaxes(title="confidence, %", range=[-2, 103], showgrid=True)
    figure.update_yaxes(title="accuracy, %", range=[-4, 106], automargin=True)
    figure.update_layout(CLICKED | {"margin": {"l": 8, "r": 12, "t": 60, "b": 44}})
    return figure


def _bin(reliability: Reliability, index: int, noun: str) -> str:
    low, high = (float(reliability.edges[at]) for at in (index, index + 1))
    many = formatting.count(int(reliability.counts[index]), noun)
    few = ", too few to be reliable" if reliability.few[index] else ""
    return (
        f"{many} with {formatting.per_cent_range(low, high, decimals=0)} confidence{few}<br>"
        f"mean confidence {formatting.per_cent(float(reliability.confidence[index]), decimals=0)}, "
        f"accuracy {formatting.per_cent(float(reliability.accuracy[index]), decimals=0)}"
    )


AXES = {
    "roc": ("false positive rate", "recall"),
    "precision-recall": ("recall", "precision"),
}


def share_of(evaluation: Evaluation, index: int) -> float:
    """The share of labelled rows that have a class: the precision of a guess."""
    truths = evaluation.card.confusion.sum(axis=1)
    return float(truths[index] / max(1, truths.sum()))


def curve(points: ScoreCurve, kind: str, share: float, *, dark: bool) -> "Figure":
    """A ROC or precision-recall curve whose points can be clicked; share: of clips that have the class."""
    figure = blank(dark, 330)
    x, y = AXES[kind]
    indices = thinned(len(points.thresholds))
    figure.add_scatter(
        x=[0, 100], y=[0, 100] if kind == "roc" else [100 * share] * 2, mode="lines", hoverinfo="skip", opacity=0.6,
        line={"dash": "dot", "color": INK_DARK if dark else INK, "width": 1}, name="chance",
    )  # fmt: skip
    figure.add_scatter(
        x=100 * points.x[indices], y=100 * points.y[indices], mode="lines+markers", name="model",
        line={"color": own(dark), "width": 2.5}, marker={"size": 7, "color": own(dark)},
        customdata=[[_finite(float(points.thresholds[index]))] for index in indices],
        text=[_threshold(float(points.thresholds[index])) for index in indices],
        hovertemplate=f"{x} {formatting.hover_per_cent('x')}<br>{y} {formatting.hover_per_cent('y')}<br>"
        "%{text}<extra></extra>",
        selected={"marker": {"size": 13, "opacity": 1}}, unselected={"marker": {"opacity": 0.6}},
    )  # fmt: skip
    figure.update_xaxes(title=f"{x}, %", range=[-3, 103], showgrid=True)
    figure.update_yaxes(title=f"{y}, %", range=[-3, 105], automargin=True)
    figure.update_layout(CLICKED | {"hoverdistance": 40})
    return figure


def thinned(count: int) -> np.ndarray:
    """At most MOST_MARKS places of `count`, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, MOST_MARKS)).round().astype(int))


def _finite(threshold: float) -> float:
    return float(np.clip(threshold, -2.0, 2.0))


def _threshold(threshold: float) -> str:
    return f"score threshold {formatting.per_cent(threshold, decimals=1)}" if threshold <= 1 else "never predicted"


def sweep(points: Sweep, at: float, *, dark: bool) -> "Figure":
    """Precision, recall and F1 of one class at each threshold, with the one that is looked at."""
    figure = blank(dark, 330)
    indices = thinned(len(points.thresholds))
    lines = (("Precision", points.precision, OTHER), ("Recall", points.recall, SIMPLE), ("F1", points.f1, own(dark)))
    for name, values, shade in lines:
        figure.add_scatter(
            x=100 * np.minimum(points.thresholds[indices], 1.0), y=100 * values[indices], mode="lines", name=name,
            line={"color": shade, "width": 2.5, "shape": "vh"},
            hovertemplate=f"{name} {formatting.hover_per_cent('y')} at a score threshold of "
            f"{formatting.hover_per_cent('x')}<extra></extra>",
        )  # fmt: skip
    figure.add_vline(100 * at, line={"color": INK_DARK if dark else INK, "width": 1.5})
    figure.update_xaxes(title="score threshold, %", range=[-2, 102], showgrid=True)
    figure.update_yaxes(title="%", range=[-3, 105], automargin=True)
    figure.update_layout(dragmode=False)
    return figure


def differences(rows: Sequence[tuple[str, float, float | None, float | None]], *, dark: bool) -> "Figure":
    """Differences with their intervals about zero. rows: name, value, low and high, in points."""
    figure = blank(dark, 80 + 32 * len(rows))
    names = [row[0] for row in rows]
    values = [row[1] for row in rows]
    ups = [0 if high is None else high - value for _, value, _, high in rows]
    downs = [0 if low is None else value - low for _, value, low, _ in rows]
    figure.add_scatter(
        x=values, y=names, mode="markers", marker={"size": 11, "color": own(dark)},
        error_x={"array": ups, "arrayminus": downs, "thickness": 3, "width": 5, "color": own(dark)},
        hovertemplate="%{y}: %{x:+.1f} points<extra></extra>", showlegend=False,
    )  # fmt: skip
    reach = max([1.0, *(abs(value) + max(up, down) for value, up, down in zip(values, ups, downs, strict=True))]) * 1.12
    figure.add_vline(0, line={"color": INK_DARK if dark else INK, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(range=[-reach, reach], title="difference, points", showgrid=True)
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False)
    figure.update_layout(dragmode=False, margin={"l": 8, "r": 12, "t": 8, "b": 44})
    return figure


def _whisker(estimates: Sequence[Estimate], dark: bool) -> dict[str, Any]:
    values = [100 * (estimate.value or 0) for estimate in estimates]
    highs = [
        value if estimate.high is None else 100 * estimate.high
        for estimate, value in zip(estimates, values, strict=True)
    ]
    lows = [
        value if estimate.low is None else 100 * estimate.low for estimate, value in zip(estimates, values, strict=True)
    ]
    return {
        "type": "data",
        "array": [high - value for high, value in zip(highs, values, strict=True)],
        "arrayminus": [value - low for low, value in zip(lows, values, strict=True)],
        "color": INK_DARK if dark else INK,
        "thickness": 2,
        "width": 5,
    }


def _short(text: str, most: int = 26) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
