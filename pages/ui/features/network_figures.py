"""Figures of what goes on inside a network. No st calls."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.stages.networks.explain import projection
from core.stages.networks.explain.gates import CELL, HIDDEN
from pages.ui.common import formatting
from pages.ui.common.figures import PALETTE, colour
from pages.ui.features.figures import colour_stops, laid_out

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ABOUT = {
    HIDDEN: "What each unit passes on, from −1 to 1. Units are sorted by the moment of their strongest value.",
    CELL: "The memory of each unit of an LSTM, without bounds.",
    "update": "How much of its state a unit keeps: 1 keeps all of it, 0 replaces it by the candidate.",
    "reset": "How much of the state the candidate is made from: 0 starts anew.",
    "candidate": "The new value that is offered at each step, from −1 to 1.",
    "input": "How much of the candidate enters the memory.",
    "forget": "How much of the memory is kept: 1 keeps all of it.",
    "output": "How much of the memory is passed on.",
}
SIGNED = (HIDDEN, CELL, "candidate")
CURVES = 5
MOST_COLUMNS = 600


def units(times_s: np.ndarray, values: np.ndarray, *, over_s: tuple[float, float], name: str, dark: bool) -> "Figure":
    """A row for each unit, a column for each step. values: (T, U)."""
    from plotly import graph_objects as go

    order = np.argsort(np.abs(values).argmax(axis=0), kind="stable")  # (U,)
    shown, firsts = projection.coarser(values[:, order], MOST_COLUMNS)
    signed = name in SIGNED
    most = max(float(np.abs(values).max()), 1e-6) if name == CELL else 1.0
    drawn = go.Heatmap(
        x=times_s[firsts], z=shown.T, zmin=-most if signed else 0.0, zmax=most, colorscale=colour_stops(signed=signed),
        colorbar={"title": {"text": name, "side": "right"}, "thickness": 12, "outlinewidth": 0},
        text=np.broadcast_to(order[:, None], shown.T.shape),
        hovertemplate="unit %{text}: %{z:.2f} at %{x:.2f} s<extra></extra>",
    )  # fmt: skip
    return laid_out(go.Figure(drawn), dark, height=420, y_title="unit", over_s=over_s)


def scores(
    times_s: np.ndarray,
    values: np.ndarray,
    labels: Sequence[str],
    slots: Mapping[str, int],
    *,
    over_s: tuple[float, float],
    dark: bool,
) -> "Figure":
    """The labels with the highest mean scores over time, as curves. values: (T, C). slots: the colours of labels."""
    from plotly import graph_objects as go

    figure = go.Figure()
    best = np.argsort(-values.mean(axis=0), kind="stable")[:CURVES]
    for place, label in enumerate(labels[int(index)] for index in best):
        figure.add_scatter(
            x=times_s, y=100 * values[:, int(best[place])], mode="lines" if len(times_s) > 2 else "lines+markers",
            name=label, line={"color": colour(slots[label]), "width": 2},
            hovertemplate=label + ": " + formatting.hover_per_cent("y") + " at %{x:.2f} s<extra></extra>",
        )  # fmt: skip
    figure.update_yaxes(range=[0, 103])
    figure.update_layout(legend={"orientation": "h", "y": 1.14, "x": 0}, showlegend=True)
    return laid_out(figure, dark, height=320, y_title="score, %", over_s=over_s)


def before_and_after(before: np.ndarray, after: np.ndarray, labels: Sequence[str], *, dark: bool) -> "Figure":
    """The scores of the whole clip as it is and edited, for the labels that lead in either. before, after: (C,)."""
    from plotly import graph_objects as go

    best = np.argsort(-np.maximum(before, after), kind="stable")[:CURVES][::-1]
    names = [labels[index] for index in best.tolist()]
    figure = go.Figure()
    for name, values, shade in (("edited", after, PALETTE[4]), ("as it is", before, PALETTE[0])):
        figure.add_bar(
            y=names, x=100 * values[best], orientation="h", name=name, marker={"color": shade},
            hovertemplate="%{y}, " + name + ": " + formatting.hover_per_cent("x") + "<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group", legend={"orientation": "h", "y": 1.12, "x": 0, "traceorder": "reversed"})
    figure.update_xaxes(range=[0, 103], title="score of the clip, %")
    return laid_out(figure, dark, height=120 + 46 * len(names), y_title="")
