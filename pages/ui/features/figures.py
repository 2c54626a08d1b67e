"""Plotly figures of features. No st calls.

Streamlit hears clicks on markers only, so each figure that is clicked has some, with the moment in their customdata.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.stages.networks.explain import projection
from core.stages.networks.explain.deletion import Deletion
from pages.ui.common import formatting
from pages.ui.common.figures import INK, INK_DARK, colour, time_ticks
from pages.ui.features import colormaps

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MARK = "#D18A1C"
BLUE, GREY = "#0072B2", "#8A8A8A"
MOST_POINTS = 1200
MOST_SQUARES = 240
FONT = "Source Sans, sans-serif"


def lane(
    times_s: np.ndarray,
    values: np.ndarray,
    *,
    moment_s: float,
    window_s: tuple[float, float] | None,
    unit: str,
    over_s: tuple[float, float],
    dark: bool,
) -> "Figure":
    """A value over the clip, with the moment and the window that are looked at; each step can be clicked."""
    from plotly import graph_objects as go

    rows, firsts = projection.coarser(values[:, None], MOST_POINTS)
    shown_s = times_s[firsts]
    clocks = [formatting.clock(second, decimals=2) for second in shown_s]
    line = go.Scatter(
        x=shown_s,
        y=rows[:, 0],
        mode="lines+markers",
        line={"color": MARK, "width": 2},
        marker={"size": 7 if len(shown_s) < 200 else 4, "color": MARK},
        fill="tozeroy",
        fillcolor="rgba(209,138,28,0.18)",
        customdata=[[float(second)] for second in shown_s],
        text=clocks,
        hovertemplate="%{y:.3g} at %{text}<extra></extra>",
    )
    figure = go.Figure(line)
    if window_s:
        figure.add_vrect(*window_s, fillcolor=BLUE, opacity=0.12, line_width=0)
    figure.add_vline(moment_s, line={"color": BLUE, "width": 2})
    return laid_out(figure, dark, height=210, y_title=unit, over_s=over_s)


def falling(deletion: Deletion, *, dark: bool) -> "Figure":
    """The score of a label while more and more is hidden, the marked first and at random."""
    from plotly import graph_objects as go

    hidden = 100 * deletion.fractions
    random = 100 * deletion.random
    middle = random.mean(axis=0)
    span = go.Scatter(
        x=np.concatenate([hidden, hidden[::-1]]),
        y=np.concatenate([random.max(axis=0), random.min(axis=0)[::-1]]),
        mode="lines",
        fill="toself",
        fillcolor="rgba(138,138,138,0.25)",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    kinds = (
        ("random order", middle, GREY, "dash"),
        ("most important first", 100 * deletion.marked, MARK, "solid"),
    )
    lines = [
        go.Scatter(
            x=hidden,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": shade, "width": 2.5, "dash": dash},
            hovertemplate=f"{name}: {formatting.hover_per_cent('y')} with {formatting.hover_per_cent('x', decimals=0)} "
            "hidden<extra></extra>",
        )
        for name, values, shade, dash in kinds
    ]
    figure = go.Figure([span, *lines])
    figure.update_xaxes(title="hidden share, %", range=[-2, 102], zeroline=False)
    figure.update_yaxes(range=[0, max(5.0, 1.08 * 100 * float(max(deletion.marked.max(), deletion.random.max())))])
    figure.update_layout(legend={"orientation": "h", "y": 1.15, "x": 0})
    return laid_out(figure, dark, height=320, y_title=f"score of “{deletion.label}”, %")


def rows(
    times_s: np.ndarray, values: np.ndarray, channels: Sequence[int], *, seen_s: tuple[float, float], dark: bool
) -> "Figure":
    """How some channels change over the clip, a row each, all on one scale."""
    from plotly import graph_objects as go

    picked, firsts = projection.coarser(values[:, list(channels)], MOST_POINTS)
    low, high = min(0.0, float(picked.min())), float(picked.max())
    edges_s = np.append(times_s[firsts], seen_s[1])
    edges_s[0] = seen_s[0]
    drawn = go.Heatmap(
        x=edges_s,
        y=[str(channel) for channel in channels],
        z=picked.T,
        zmin=low if low >= 0 else -max(-low, high),
        zmax=high if low >= 0 else max(-low, high),
        colorscale=colour_stops(signed=low < 0),
        colorbar={"title": {"text": "activation", "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="channel %{y}: %{z:.3g} at %{x:.2f} s<extra></extra>",
    )
    figure = go.Figure(drawn)
    figure.update_yaxes(type="category", autorange="reversed", nticks=24)
    return laid_out(figure, dark, height=max(280, 60 + 9 * len(channels)), y_title="channel", over_s=seen_s)


def squares(times_s: np.ndarray, values: np.ndarray, *, dark: bool) -> "Figure":
    """How alike each two moments of the clip are: the cosine between their features."""
    from plotly import graph_objects as go

    alike = projection.similarity(values)
    drawn = go.Heatmap(
        x=times_s,
        y=times_s,
        z=alike,
        zmin=float(alike.min()),
        zmax=1.0,
        colorscale=colour_stops(),
        colorbar={"title": {"text": "cosine", "side": "right"}, "thickness": 12, "outlinewidth": 0},
        hovertemplate="%{x:.2f} s and %{y:.2f} s: %{z:.2f}<extra></extra>",
    )
    figure = go.Figure(drawn)
    figure.update_yaxes(autorange="reversed", scaleanchor="x", constrain="domain")
    figure.update_xaxes(constrain="domain")
    return laid_out(
        figure, dark, height=430, y_title="time, m:ss", over_s=(float(times_s[0]), float(times_s[-1])), both=True
    )


def cloud(
    placed: np.ndarray,
    times_s: np.ndarray,
    shares: np.ndarray,
    *,
    labels: Sequence[str] | None = None,
    slots: Mapping[str, int] | None = None,
    dark: bool,
) -> "Figure":
    """All steps on a plane, like beside like, coloured by time or by label; each can be clicked."""
    from plotly import graph_objects as go

    figure = go.Figure()
    figure.add_scatter(
        x=placed[:, 0], y=placed[:, 1], mode="lines", line={"color": "rgba(138,138,138,0.35)", "width": 1},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    groups: list[tuple[str, np.ndarray, dict[str, Any]]] = []
    if labels is None or slots is None:
        bar = {"title": {"text": "time, s", "side": "right"}, "thickness": 12, "outlinewidth": 0}
        groups.append(("", np.arange(len(placed)), {"color": times_s, "colorscale": "Cividis", "colorbar": bar}))
    else:
        given = np.array(labels)
        groups += [
            (name, np.flatnonzero(given == name), {"color": colour(slots[name])}) for name in dict.fromkeys(labels)
        ]
    for name, at, marker in groups:
        figure.add_scatter(
            x=placed[at, 0], y=placed[at, 1], mode="markers", name=name, showlegend=bool(name),
            marker={"size": 9, "line": {"width": 0.5, "color": "rgba(0,0,0,0.4)"}, **marker},
            customdata=[[float(times_s[index])] for index in at],
            text=[f"{formatting.clock(float(times_s[index]), decimals=2)} {name}" for index in at],
            hovertemplate="%{text}<extra></extra>",
        )  # fmt: skip
    texts = [
        f"axis {axis + 1}: {formatting.per_cent(float(share))} of the variance" for axis, share in enumerate(shares)
    ]
    figure.update_xaxes(title=texts[0], zeroline=False)
    figure.update_layout(legend={"orientation": "h", "y": -0.2})
    return laid_out(figure, dark, height=430, y_title=texts[1])


def colour_stops(*, signed: bool = False) -> list[tuple[float, str]]:
    """The colours of the maps as Plotly takes them; as rgb(), for Streamlit takes #0000.. for colours of its theme."""
    table = colormaps.table(signed=signed)
    return [(at / 255, f"rgb({table[at, 0]},{table[at, 1]},{table[at, 2]})") for at in range(0, 256, 15)]


def laid_out(
    figure: "Figure",
    dark: bool,
    *,
    height: int,
    y_title: str,
    over_s: tuple[float, float] | None = None,
    both: bool = False,
) -> "Figure":
    """The looks that all share; over_s: the x axis is time, m:ss."""
    ink = INK_DARK if dark else INK
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 16, "b": 36},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"size": 13, "color": ink, "family": FONT},
        clickmode="event+select",
        dragmode=False,
    )
    faint = "rgba(128,128,128,0.25)"
    figure.update_xaxes(gridcolor=faint, tickfont={"color": ink}, automargin=True)
    figure.update_yaxes(gridcolor=faint, tickfont={"color": ink}, title=y_title, automargin=True)
    if over_s:
        ticks_s = [tick for tick in time_ticks(over_s[1]) if tick >= over_s[0] - 1e-6] or [over_s[0]]
        shown = [formatting.clock(tick, decimals=0 if float(tick).is_integer() else 1) for tick in ticks_s]
        figure.update_xaxes(tickvals=ticks_s, ticktext=shown, title="time in the clip, m:ss", zeroline=False)
        figure.update_xaxes(range=list(over_s))
        if both:
            figure.update_yaxes(tickvals=ticks_s, ticktext=shown, zeroline=False)
    return figure
