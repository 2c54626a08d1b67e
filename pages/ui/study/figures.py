"""Plotly figures of a study. No st calls."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from core.domain.fingerprint import fingerprint
from core.stages.drawing.palette import colour
from core.workflows.study.library.columns import DataTable
from pages.ui.common import figures, formatting

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

SAVED = {"displaylogo": False, "scrollZoom": False, "modeBarButtons": [["toImage"]]}
GROUP_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
LONGEST = 32  # characters of a label on an axis
MOST_NODES = 14  # labels of the graph


def shown(label: str) -> str:
    """A text as Plotly draws it literally, cut where it is too long."""
    return escape(label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…")


def group_colours(groups: Sequence[str]) -> dict[str, str]:
    """A colour for each group."""
    return {group: GROUP_COLOURS[place % len(GROUP_COLOURS)] for place, group in enumerate(groups)}


def budget_bars(table: DataTable, name: str, slots: Mapping[str, int], *, dark: bool) -> "Figure":
    """Stacked bars of the share of each label, one for each clip or group."""
    from plotly import graph_objects as go

    names = list(dict.fromkeys(table[name]))
    figure = figures.blank(dark, 120 + 26 * len(names))
    order = table.groupby("label")["share"].mean().sort_values(ascending=False).index
    for label in order:
        own = table[table["label"] == label].set_index(name)["share"].reindex(names).fillna(0.0)
        if not own.any():
            continue
        figure.add_trace(
            go.Bar(
                x=100 * own.to_numpy(), y=[shown(str(row)) or "all" for row in names], name=shown(label),
                orientation="h", marker={"color": colour(slots[label])},
                hovertemplate="%{y}: " + formatting.hover_per_cent("x") + f"<extra>{shown(label)}</extra>",
            )
        )  # fmt: skip
    figure.update_layout(barmode="stack", margin={"l": 8, "r": 12, "t": 30, "b": 40}, legend={"traceorder": "normal"})
    figure.update_yaxes(autorange="reversed", automargin=True, showgrid=False, type="category")
    figure.update_xaxes(title="share of the watched time", ticksuffix=" %", rangemode="tozero", showgrid=True)
    return figure


def transition_matrix(counts: np.ndarray, totals: np.ndarray, labels: Sequence[str], *, dark: bool) -> "Figure":
    """The share of transitions from each label that lead to each other, with their counts.

    totals: (L,) all transitions from each label, also to labels that are not shown.
    """
    from plotly import graph_objects as go

    shares = counts / np.maximum(totals, 1)[:, None]
    names = [shown(label) for label in labels]
    texts = [[str(count) if count else "" for count in line] for line in counts.tolist()]
    figure = figures.blank(dark, 150 + 28 * len(labels))
    figure.add_trace(
        go.Heatmap(
            z=100 * shares, x=names, y=names, text=texts, customdata=counts, texttemplate="%{text}", zmin=0, zmax=100,
            colorscale=_solid(dark), xgap=1, ygap=1,
            hovertemplate="%{y} → %{x}: %{customdata} (" + formatting.hover_per_cent("z") + ")<extra></extra>",
            colorbar={"title": {"text": "of the first label, %", "side": "right"}, "thickness": 12},
        )
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", automargin=True, title="from", showgrid=False)
    figure.update_xaxes(tickangle=-40, automargin=True, title="to", showgrid=False)
    return figure


def _solid(dark: bool) -> list[list]:
    """The amber scale on a ground that Plotly knows, so that it chooses black or white for the counts on it."""
    first = [0.0, "#1E1B17" if dark else "#F7F1E4"]
    return [first, *(list(stop) for stop in (figures.AMBER_DARK if dark else figures.AMBER)[1:])]


def transition_graph(counts: np.ndarray, labels: Sequence[str], slots: Mapping[str, int], *, dark: bool) -> "Figure":
    """Labels on a circle, with an arrow for each transition, as wide as it is frequent."""
    from plotly import graph_objects as go

    weights = counts.sum(axis=0) + counts.sum(axis=1)
    kept: list[int] = sorted(int(place) for place in np.argsort(-weights, kind="stable")[:MOST_NODES])
    angles = 2 * np.pi * np.arange(len(kept)) / max(len(kept), 1) - np.pi / 2
    places = dict(zip(kept, zip(np.cos(angles), np.sin(angles), strict=True), strict=True))
    figure = figures.blank(dark, 480)
    largest = max(int(counts[np.ix_(kept, kept)].max(initial=0)), 1)
    ink = figures.INK_DARK if dark else figures.INK
    for first in kept:
        for then in kept:
            if first != then and counts[first, then]:
                _arrow(figure, places[first], places[then], float(counts[first, then]) / largest, ink)
    sizes = [16 + 34 * float(np.sqrt(weights[place] / max(weights.max(), 1))) for place in kept]
    figure.add_trace(
        go.Scatter(
            x=[places[place][0] for place in kept], y=[places[place][1] for place in kept], mode="markers+text",
            text=[shown(labels[place]) for place in kept], textposition=[_beside(angle) for angle in angles],
            marker={"size": sizes, "color": [colour(slots[labels[place]]) for place in kept], "opacity": 1},
            customdata=[int(counts[place].sum()) for place in kept],
            hovertemplate="%{text}: %{customdata} transitions from it<extra></extra>",
        )
    )  # fmt: skip
    figure.update_layout(showlegend=False, margin={"l": 8, "r": 8, "t": 20, "b": 8})
    figure.update_xaxes(visible=False, range=[-1.6, 1.6])
    figure.update_yaxes(visible=False, range=[-1.3, 1.35], scaleanchor="x")
    return figure


def _beside(angle: float) -> str:
    """Where a name stands: above or below its mark, as beside it long names would leave the picture."""
    return "top center" if np.sin(angle) >= 0 else "bottom center"


def _arrow(figure: "Figure", start: tuple[float, float], stop: tuple[float, float], share: float, ink: str) -> None:
    """An arrow a little to the right of the line, so that both directions are seen."""
    (x, y), (to_x, to_y) = start, stop
    length = float(np.hypot(to_x - x, to_y - y))
    across, along = ((to_y - y) / length, -(to_x - x) / length), ((to_x - x) / length, (to_y - y) / length)
    figure.add_annotation(
        x=to_x + 0.035 * across[0] - 0.13 * along[0], y=to_y + 0.035 * across[1] - 0.13 * along[1],
        ax=x + 0.035 * across[0] + 0.1 * along[0], ay=y + 0.035 * across[1] + 0.1 * along[1],
        xref="x", yref="y", axref="x", ayref="y", showarrow=True, arrowhead=2, text="",
        arrowwidth=0.6 + 5 * share, arrowsize=max(0.45, 1.1 - share), opacity=0.25 + 0.6 * share, arrowcolor=ink,
    )  # fmt: skip


def shares_over_time(table: DataTable, bin_s: float, colours: Mapping[str, str], *, dark: bool) -> "Figure":
    """Mean shares over time, with bands of one standard error. colours: of each line, by its name in `group`."""
    from plotly import graph_objects as go

    figure = figures.blank(dark, 380)
    for group, ink in colours.items():
        own = table[table["group"] == group]
        x = own["start_s"] + bin_s / 2
        band = own.dropna(subset=["low"])
        around = band["start_s"] + bin_s / 2
        figure.add_trace(
            go.Scatter(
                x=[*around, *around[::-1]], y=[*(100 * band["high"]), *(100 * band["low"][::-1])], fill="toself",
                mode="lines", line={"width": 0}, fillcolor=ink, opacity=0.18, hoverinfo="skip", showlegend=False,
            )
        )  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=x, y=100 * own["mean"], name=shown(str(group)), mode="lines+markers",
                line={"color": ink}, customdata=own["clips"],
                hovertemplate=formatting.hover_per_cent("y") + ", %{customdata} clips<extra></extra>",
            )
        )  # fmt: skip
    stop_s = float(table["start_s"].max() + bin_s)
    ticks = figures.time_ticks(stop_s)
    texts = [formatting.clock(tick, decimals=0 if float(tick).is_integer() else 1) for tick in ticks]
    figure.update_xaxes(title="time in the clip, m:ss", tickvals=ticks, ticktext=texts, range=[0, stop_s])
    figure.update_yaxes(title="share of the time", ticksuffix=" %", rangemode="tozero")
    return figure


def subject_points(table: DataTable, unit: str, groups: Sequence[str], *, dark: bool) -> "Figure":
    """The value of each subject as a point, label by label and group by group, with the mean of each group."""
    from plotly import graph_objects as go

    labels = list(dict.fromkeys(table["label"]))
    figure = figures.blank(dark, 110 + 26 * len(labels) * len(groups))
    for place, (group, ink) in enumerate(group_colours(groups).items()):
        own = table[table["group"] == group].dropna(subset=["value"])
        rows = [labels.index(label) + (place + 0.5) / len(groups) - 0.5 + _jitter(subject, len(groups))
                for label, subject in zip(own["label"], own["subject"], strict=True)]  # fmt: skip
        figure.add_trace(
            go.Scatter(
                x=own["value"], y=rows, mode="markers", name=shown(str(group)), customdata=own["subject"].map(shown),
                marker={"color": ink, "size": 8, "opacity": 0.7},
                hovertemplate="%{customdata}: %{x:.3g} " + unit + f"<extra>{shown(str(group))}</extra>",
            )
        )  # fmt: skip
        means = own.groupby("label")["value"].mean()
        figure.add_trace(
            go.Scatter(
                x=means.to_numpy(), mode="markers", showlegend=False, hoverinfo="skip",
                y=[labels.index(str(label)) + (place + 0.5) / len(groups) - 0.5 for label in means.index],
                marker={"symbol": "line-ns-open", "size": 20, "color": ink, "line": {"width": 3, "color": ink}},
            )
        )  # fmt: skip
    names = [shown(label) for label in labels]
    figure.update_yaxes(tickvals=list(range(len(labels))), ticktext=names, autorange="reversed", automargin=True)
    figure.update_xaxes(title=unit, rangemode="tozero", showgrid=True)
    return figure


def corrected_points(table: DataTable, groups: Sequence[str], *, dark: bool) -> "Figure":
    """For each label and group the predicted share as a ring, and the corrected one as a point with its interval."""
    from plotly import graph_objects as go

    labels = list(dict.fromkeys(table["label"]))
    figure = figures.blank(dark, 120 + 30 * len(labels) * len(groups))
    for place, (group, ink) in enumerate(group_colours(groups).items()):
        own = table[table["group"] == group].dropna(subset=["estimate"])
        rows = [labels.index(str(label)) + (place + 0.5) / len(groups) - 0.5 for label in own["label"]]
        name = shown(str(group))
        corrected = {"type": "data", "symmetric": False, "thickness": 2}
        ends = {"array": (own["high"] - own["estimate"]).clip(0), "arrayminus": (own["estimate"] - own["low"]).clip(0)}
        kinds = (("predicted", "raw", "circle-open", None), ("corrected", "estimate", "circle", corrected | ends))
        for kind, column, symbol, interval in kinds:
            title = f"{name}, {kind}" if name else kind
            figure.add_trace(
                go.Scatter(
                    x=own[column], y=rows, mode="markers", name=title, error_x=interval,
                    marker={"symbol": symbol, "size": 10, "color": ink, "line": {"width": 2, "color": ink}},
                    customdata=own["label"].map(shown),
                    hovertemplate="%{customdata}: " + formatting.hover_per_cent("x") + f"<extra>{title}</extra>",
                )
            )  # fmt: skip
    names = [shown(label) for label in labels]
    figure.update_yaxes(tickvals=list(range(len(labels))), ticktext=names, autorange="reversed", automargin=True)
    figure.update_xaxes(title="share of the watched time", ticksuffix=" %", rangemode="tozero", showgrid=True)
    return figure


def _jitter(subject: str, groups: int) -> float:
    """A little up or down, the same for a subject each time."""
    return (int(fingerprint(subject)[:4], 16) / 0xFFFF - 0.5) * 0.5 / groups
