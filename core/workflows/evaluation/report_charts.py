"""The charts of a report as Plotly's own JSON: plain dicts, for the page that draws them carries the library itself.

Colours that differ between paper and screen are told as names, which the report's script looks up: "@ink", "@rule",
"@amber" for the scale of a matrix, "@1" to "@6" for lines.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

from core.base.percentages import hover_per_cent
from core.domain import Estimate, Evaluation
from core.workflows.evaluation import queries
from core.workflows.evaluation.metrics_summary import Headline

MOST_NAMED = 60  # labels of a matrix; of more, MOST_CHOSEN are shown
MOST_CHOSEN = 30
MOST_NUMBERED = 16  # labels up to which each cell shows its count
MOST_AS_GIVEN = 12  # labels up to which a matrix keeps their order
MOST_CURVES = 10
MOST_POINTS = 200
LONGEST = 28  # characters of a label on an axis


@dataclass(frozen=True)
class Chart:
    """One chart of a report. about: how it is read, in words. width: in pixels, 0 for all there is."""

    name: str
    title: str
    about: str
    data: list[dict[str, Any]]
    layout: dict[str, Any]
    width: int = 0


def shown(label: str, most: int = LONGEST) -> str:
    """A label as Plotly draws it literally, cut where it is too long."""
    return escape(label if len(label) <= most else f"{label[: most - 1]}…")


def headline_chart(numbers: Sequence[Headline], names: dict[str, str]) -> Chart:
    """Numbers with their intervals, beside the baselines. names: what each baseline is called."""
    shares = [number for number in numbers if not number.unit and number.estimate.value is not None][::-1]
    rows = [shown(share.label, 40) for share in shares]
    data = [_points([share.estimate for share in shares], rows, "this", "@1", "circle", 0.0)]
    for index, (name, title) in enumerate(names.items()):
        estimates = [share.baselines.get(name, Estimate(None)) for share in shares]
        look = ("@ink-soft", "line-ns-open") if index == 0 else ("@2", "diamond-open")
        data.append(_points(estimates, rows, title, *look, -0.22 * (index + 1)))
    layout = {
        "height": 110 + 46 * len(rows),
        "xaxis": {"range": [0, 102], "dtick": 20, "ticksuffix": " %", "title": {"text": "higher is better"}},
        "yaxis": {"tickmode": "array", "tickvals": list(range(len(rows))), "ticktext": rows},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    }
    about = "Metrics with their 95 % intervals; baselines are marked next to them."
    return Chart("headline", "At a glance", about, data, layout)


def _points(
    estimates: Sequence[Estimate], rows: Sequence[str], name: str, colour: str, symbol: str, shift: float
) -> dict[str, Any]:
    """Values with intervals in per cent as one trace. shift: how far above their row."""
    values = [_percent(estimate.value) for estimate in estimates]
    above = [
        _percent(estimate.high - estimate.value) if estimate.high is not None and estimate.value is not None else 0
        for estimate in estimates
    ]
    below = [
        _percent(estimate.value - estimate.low) if estimate.low is not None and estimate.value is not None else 0
        for estimate in estimates
    ]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": values,
        "y": [index + shift for index in range(len(rows))],
        "customdata": list(rows),
        "error_x": {"type": "data", "array": above, "arrayminus": below, "color": colour, "thickness": 2, "width": 0},
        "marker": {"color": colour, "symbol": symbol, "size": 11, "line": {"width": 2, "color": colour}},
        "hovertemplate": "%{customdata}: " + hover_per_cent("x") + "<extra>" + escape(name) + "</extra>",
    }


def matrix_chart(judged: Evaluation) -> Chart:
    """The confusion matrix, what is confused side by side; of many labels those that are confused most."""
    occurring = queries.label_order(judged, "clusters" if len(judged.card.labels) > MOST_AS_GIVEN else "given")
    indices = occurring if len(occurring) <= MOST_NAMED else _most_confused(judged, occurring)
    true = [index for index in indices if judged.card.confusion[index].any()]
    side = min(900, max(360, 34 * len(indices)))
    layout = {
        "height": max(260, side * len(true) // len(indices)) + 140,
        "xaxis": _named(judged, indices) | {"title": {"text": "predicted"}, "tickangle": -45},
        "yaxis": _named(judged, true) | {"title": {"text": "true"}, "autorange": "reversed", "scaleanchor": "x"},
    }
    what = "time steps" if judged.found.over_time else "clips"
    about = f"One row per true label, one column per predicted label; {what} on the diagonal are correct."
    if len(indices) < len(occurring):
        about += f" The {len(indices)} most confused of {len(occurring)} labels; confusion.csv contains all."
    elif left := len(judged.card.labels) - len(indices):
        about += f" {left} labels that never occur are not shown."
    return Chart("matrix", "Confusion matrix", about, [_cells(judged, true, indices)], layout, side + 230)


def _most_confused(judged: Evaluation, occurring: Sequence[int]) -> list[int]:
    """The labels of the most confused pairs, in their order among those that occur."""
    labels = judged.card.labels
    pairs = queries.confused(judged, len(occurring))
    chosen = dict.fromkeys(label for pair in pairs for label in (pair.truth, pair.predicted))
    chosen |= dict.fromkeys(labels[index] for index in queries.label_order(judged, "most clips"))
    kept = set(list(chosen)[:MOST_CHOSEN])
    return [index for index in occurring if labels[index] in kept]


def _named(judged: Evaluation, indices: Sequence[int]) -> dict[str, Any]:
    """An axis of labels."""
    return {
        "tickmode": "array",
        "tickvals": list(range(len(indices))),
        "ticktext": [shown(judged.card.labels[index]) for index in indices],
        "constrain": "domain",
    }


def _cells(judged: Evaluation, true: Sequence[int], indices: Sequence[int]) -> dict[str, Any]:
    """The cells of a matrix, coloured by their share of the truth. true, indices: of its rows and columns.

    Names and counts travel once, under "meta"; the report's script gives each cell its own.
    """
    rows = [list(indices).index(index) for index in true]
    counts = queries.matrix(judged, indices)[rows]
    shares = 100 * queries.matrix(judged, indices, "truth")[rows]
    labels = [[shown(judged.card.labels[index]) for index in side] for side in (true, indices)]
    cells: dict[str, Any] = {
        "type": "heatmap",
        "z": _rows(shares),
        "meta": {"names": labels, "counts": [[int(count) for count in line] for line in counts]},
        "hovertemplate": "%{customdata[0]} predicted as %{customdata[1]}: %{customdata[2]} "
        f"({hover_per_cent('z', decimals=0)})<extra></extra>",
        "zmin": 0,
        "zmax": 100,
        "colorscale": "@amber",
        "xgap": 1,
        "ygap": 1,
        "colorbar": {"title": {"text": "of the truth, %", "side": "right"}, "thickness": 12, "outlinewidth": 0},
    }
    if len(indices) <= MOST_NUMBERED:
        cells["text"] = [[str(int(count)) if count else "" for count in line] for line in counts.tolist()]
        cells["texttemplate"] = "%{text}"
    return cells


def reliability_chart(judged: Evaluation) -> Chart:
    """Confidence against how often it is right, before and after temperature scaling."""
    data: list[dict[str, Any]] = [_line([0, 100], [0, 100], "perfect calibration", "@rule", dash="dot")]
    sides = [("uncalibrated", False, "@1")] + (
        [("after temperature scaling", True, "@2")] if judged.calibration else []
    )
    for name, scaled, colour in sides:
        reliability = queries.reliability(judged, calibrated=scaled)
        there = np.flatnonzero(reliability.counts)
        counts = [int(reliability.counts[index]) for index in there]
        entries = _line(
            _list(100 * reliability.confidence[there]), _list(100 * reliability.accuracy[there]), name, colour
        )
        entries["mode"] = "lines+markers"
        entries["marker"] = {
            "size": [6 + 2 * math.sqrt(min(count, 100)) for count in counts],
            "symbol": ["circle-open" if reliability.few[index] else "circle" for index in there],
            "color": colour,
        }
        entries["customdata"] = counts
        entries["hovertemplate"] = (
            f"confidence {hover_per_cent('x', decimals=0)}, accuracy {hover_per_cent('y', decimals=0)} "
            "(%{customdata})<extra></extra>"
        )
        data.append(entries)
    layout = {
        "height": 420,
        "xaxis": {"title": {"text": "confidence, %"}, "range": [0, 101]},
        "yaxis": {"title": {"text": "accuracy, %"}, "range": [0, 103]},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
    }
    about = (
        "On the dotted line, 80 % of the predictions with 80 % confidence are correct. Hollow points stand for "
        "fewer than 10."
    )
    return Chart("reliability", "Calibration", about, data, layout)


def curve_charts(judged: Evaluation) -> list[Chart]:
    """ROC and precision-recall curves, of the labels that are told apart worst where there are many."""
    worst = [label for label in _worst_first(judged) if judged.card.confusion[label].sum()][:MOST_CURVES]
    many = len(judged.card.labels) > len(worst)
    which = f" The {len(worst)} labels with the lowest average precision." if many else ""
    about = {
        "roc": "True positive rate (up) against false positive rate (right)." + which,
        "precision-recall": "Precision (up) against recall (right)." + which,
    }
    titles = {"roc": ("ROC curves", "false positive rate, %", "true positive rate, %")}
    titles["precision-recall"] = ("Precision and recall", "recall, %", "precision, %")
    charts = []
    for kind, (title, x, y) in titles.items():
        data = []
        for number, index in enumerate(worst):
            label = judged.card.labels[index]
            curve = queries.curve(judged, label, kind, most=MOST_POINTS)  # pyright: ignore[reportArgumentType]
            if curve is not None:
                name = f"{label} ({100 * curve.area:.0f})"
                line = _line(_list(100 * curve.x), _list(100 * curve.y), name, f"@{number % 6 + 1}")
                line["line"]["dash"] = "solid" if number < 6 else "dash"
                data.append(line)
        layout = {
            "height": 460,
            "xaxis": {"title": {"text": x}, "range": [0, 101]},
            "yaxis": {"title": {"text": y}, "range": [0, 103]},
        }
        charts.append(
            Chart(kind, title, f"{about[kind]} The area below each curve is in brackets, in %.", data, layout)
        )
    return charts


def _worst_first(judged: Evaluation) -> list[int]:
    estimates = judged.card.by_label.get("average_precision", ())
    areas = [1.0 if estimate.value is None else estimate.value for estimate in estimates]
    return sorted(range(len(areas)), key=areas.__getitem__)


def _line(x: list[Any], y: list[Any], name: str, colour: str, dash: str = "solid") -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": shown(name, LONGEST + 6),
        "x": x,
        "y": y,
        "line": {"color": colour, "width": 2, "dash": dash},
        "hovertemplate": "%{x:.1f}, %{y:.1f}<extra>%{fullData.name}</extra>",
    }


def _percent(value: float | None) -> float | None:
    return None if value is None else round(100 * value, 3)


def _list(values: np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in values]


def _rows(values: np.ndarray) -> list[list[float | None]]:
    """A matrix with NaN as nothing."""
    return [[None if np.isnan(value) else round(float(value), 1) for value in row] for row in values]
