"""The figure of an embedding map, and its colours. No st calls."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from core.domain import Dataset, EmbeddingMap
from core.workflows.experiments import embedding_map
from pages.ui.common import figures, formatting
from pages.ui.common.figures import PALETTE

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

OTHERS, NONE = "others", "none"
GREY = "#8A8A93"
MOST_COLOURS = 24  # of the palette; the rarest categories share a grey
OUTCOMES = {
    embedding_map.CORRECT: "#009E73",
    embedding_map.INCORRECT: "#D55E00",
    embedding_map.UNTESTED: GREY,
}


def categories(values: Sequence[str]) -> list[str]:
    """The category of each point; beyond MOST_COLOURS the rarest are one."""
    frequent = {value for value, _ in Counter(filter(None, values)).most_common(MOST_COLOURS)}
    return [value if value in frequent else OTHERS if value else NONE for value in values]


def colours(names: Sequence[str], slots: Mapping[str, int]) -> dict[str, str]:
    """A colour for each category. slots: of those that are labels."""
    plain = [name for name in names if name not in (OTHERS, NONE) and name not in slots and name not in OUTCOMES]
    made = {name: PALETTE[place % len(PALETTE)] for place, name in enumerate(plain)}
    made |= {name: figures.colour(slots[name]) for name in names if name in slots}
    return made | {name: shade for name, shade in OUTCOMES.items() if name in names} | {OTHERS: GREY, NONE: GREY}


def scatter(
    made: EmbeddingMap, dataset: Dataset, values: Sequence[str], slots: Mapping[str, int], *, dark: bool
) -> "Figure":
    """A point for each clip or step, with a colour for each category; the number of a point is its customdata."""
    figure = figures.blank(dark, 470)
    of_points = np.array(categories(values), dtype=object)
    names = sorted(set(of_points), key=lambda name: (name in (OTHERS, NONE), name))
    shades = colours(names, slots)
    texts = np.array([_text(made, dataset, row) for row in range(len(made.points))], dtype=object)
    for name in names:
        rows = np.flatnonzero(of_points == name)
        figure.add_scattergl(
            x=made.points[rows, 0], y=made.points[rows, 1], mode="markers", name=name, customdata=rows,
            text=texts[rows], hovertemplate="%{text}<br>" + name + "<extra></extra>",
            marker={"color": shades[name], "size": 9 if len(made.points) <= 500 else 6, "opacity": 0.85},
        )  # fmt: skip
    legend = {"orientation": "h", "x": 0, "y": -0.04, "yanchor": "top"}
    figure.update_layout(dragmode="lasso", margin={"t": 32}, legend=legend, modebar={"bgcolor": "rgba(0,0,0,0)"})
    axes = [f"component {axis + 1}, {formatting.per_cent(share)} of the variance" for axis, share in _shares(made)]
    figure.update_xaxes(title=axes[0] if axes else None, showticklabels=False, showgrid=False, fixedrange=False)
    figure.update_yaxes(title=axes[1] if axes else None, showticklabels=False, showgrid=False, fixedrange=False)
    return figure


def _shares(made: EmbeddingMap) -> list[tuple[int, float]]:
    return list(enumerate(made.explained)) if len(made.explained) == 2 else []


def _text(made: EmbeddingMap, dataset: Dataset, row: int) -> str:
    """What a point is."""
    name = dataset.items[int(made.items[row])].path.rpartition("/")[2]
    time_s = float(made.times_s[row])
    return f"{name}, {formatting.clock(time_s, decimals=1)}" if time_s >= 0 else name
