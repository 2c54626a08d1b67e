"""The confusion matrix as a figure, and which classes it shows when there are many. No st calls.

Right answers lie on the diagonal in one colour, mistakes off it in another with a scale of their own: on one scale a
handful of mistakes would vanish beside hundreds of right answers. Clicks on a heatmap select nothing in Streamlit, so
a marker that cannot be seen lies on each cell.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.domain import Evaluation
from core.stages.metrics.classification import Mode
from core.workflows import evaluation
from pages.ui.common import formatting
from pages.ui.common.figures import INK, INK_DARK, blank

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MOST_CLASSES = 40  # in one matrix; more are shown a part at a time
LIGHTEST = 4  # clips that have the deepest colour where no cell counts more
MAX_NUMBERED_CLASSES = 16  # classes up to which each cell tells its number
AMBERS = ((0.0, "#FBE9CF"), (0.25, "#E8B86A"), (0.6, "#C67F18"), (1.0, "#5E3304"))
AMBERS_DARK = ((0.0, "#3A270D"), (0.25, "#6B430D"), (0.6, "#C8841F"), (1.0, "#FFE4B5"))
BLUES = ((0.0, "#E3EFF7"), (0.5, "#7FB2D3"), (1.0, "#00568A"))
BLUES_DARK = ((0.0, "#142A3A"), (0.5, "#1F5C85"), (1.0, "#8FCBF0"))


def figure(results: Evaluation, shown: Sequence[int], mode: Mode, *, dark: bool) -> "Figure":
    """The cells of the classes `shown`; a click on one gives (truth, predicted) as places in the labels.

    A row for each class that is true somewhere, a column for each class.
    """
    true = results.card.confusion.sum(axis=1) > 0
    rows = [at for at, index in enumerate(shown) if true[index]] or list(range(len(shown)))
    counts = evaluation.matrix(results, shown, "counts")[rows].astype(np.int64)  # (R, C)
    values = evaluation.matrix(results, shown, mode)[rows] * (1 if mode == "counts" else 100)
    columns = np.asarray(shown)
    right = columns[rows][:, None] == columns
    side_px = 17 if len(shown) > 24 else max(24, min(56, 460 // max(1, len(shown))))
    drawn = blank(dark, 150 + side_px * len(rows) + (70 if len(shown) > 4 else 0))
    noun = "moment" if results.found.over_time else "clip"
    units = {"counts": f"{noun}s", "truth": "% of the true class", "prediction": "% of the predicted class"}
    for which, name in ((right, "correct"), (~right, "misclassified")):
        cells = np.where(which & (counts > 0), values, np.nan)
        _heat(drawn, cells, f"{name}, {units[mode]}", dark, right=which is right, whole=mode == "counts")
    labels = [results.card.labels[index] for index in shown]
    true_labels = [labels[at] for at in rows]
    shares = [""] * counts.size if mode == "counts" else [_share(value, units[mode]) for value in values.ravel()]
    pairs = [(truth, label) for truth in true_labels for label in labels]
    texts = [
        _describe_cell(*pair, int(many), noun, share)
        for pair, many, share in zip(pairs, counts.ravel(), shares, strict=True)
    ]
    _clicks(drawn, columns[rows], columns, texts, side_px, dark)
    _axes(drawn, true_labels, labels, side_px)
    return drawn


def _heat(drawn: "Figure", values: np.ndarray, title: str, dark: bool, *, right: bool, whole: bool) -> None:
    """The correct or the wrong cells, with their own colour scale; whole: they are counts."""
    least = LIGHTEST if whole else 1.0
    highest = max(least, float(np.nanmax(values)) if np.isfinite(values).any() else least)
    scale = (BLUES_DARK if dark else BLUES) if right else (AMBERS_DARK if dark else AMBERS)
    bar = {"orientation": "h", "thickness": 9, "outlinewidth": 0, "len": 0.46, "nticks": 4, "tickformat": ".0f"}
    left = 0.0 if right else 0.54
    bar |= {"x": left, "xanchor": "left", "yref": "container", "y": 0.0, "yanchor": "bottom", "tickfont": {"size": 12}}
    drawn.add_annotation(
        text=title, x=left, y=0, yshift=-16, xref="paper", yref="paper", xanchor="left", showarrow=False,
        font={"size": 12},
    )  # fmt: skip
    drawn.add_heatmap(
        z=values, zmin=0, zmax=highest, colorscale=[list(stop) for stop in scale], hoverinfo="skip",
        xgap=1, ygap=1, colorbar=bar, texttemplate="%{z:.0f}" if values.shape[1] <= MAX_NUMBERED_CLASSES else "",
        textfont={"size": 13},
    )  # fmt: skip


def _clicks(
    drawn: "Figure", true: np.ndarray, values: np.ndarray, texts: Sequence[str], side_px: int, dark: bool
) -> None:
    """A marker on each cell that hears the click, and frames the cell once it was clicked."""
    rows, columns = (index.ravel() for index in np.indices((len(true), len(values))))
    drawn.add_scatter(
        x=columns, y=rows, mode="markers",
        marker={
            "symbol": "square", "size": max(10, side_px - 10), "opacity": 0, "color": "rgba(255,255,255,0.22)",
            "line": {"width": 3, "color": INK_DARK if dark else INK},
        },
        customdata=np.stack([true[rows], values[columns]], axis=1).tolist(),
        text=list(texts), hoverinfo="text", showlegend=False,
        selected={"marker": {"opacity": 1}}, unselected={"marker": {"opacity": 0}},
    )  # fmt: skip


def _describe_cell(truth: str, text: str, many: int, noun: str, share: str) -> str:
    """A cell in words."""
    taken = "correctly classified" if truth == text else f"predicted as <b>{text}</b>"
    return f"<b>{truth}</b>, {taken}: {formatting.count(many, noun)}{share}"


def _share(value: float, unit: str) -> str:
    return "" if np.isnan(value) else f", {value:.1f} {unit}"


def _axes(drawn: "Figure", true: Sequence[str], texts: Sequence[str], side_px: int) -> None:
    """The names of the classes, the true ones from top to bottom."""
    many, slanted = len(texts), len(texts) > 4
    look: dict[str, Any] = {"showgrid": False, "automargin": True, "tickfont_size": 12 if side_px >= 20 else 11}
    drawn.update_xaxes(
        **look, tickvals=list(range(many)), ticktext=_short(texts), side="top", range=[-0.5, many - 0.5],
        tickangle=-50 if slanted else 0, ticklabeloverflow="allow",
        title={"text": "predicted class", "font": {"size": 12}},
    )  # fmt: skip
    drawn.update_yaxes(
        **look, tickvals=list(range(len(true))), ticktext=_short(true), range=[len(true) - 0.5, -0.5],
        title={"text": "true class", "font": {"size": 12}},
    )  # fmt: skip
    drawn.update_layout(
        margin={"l": 4, "r": 4 + 4 * slanted * len(_short(texts)[-1]), "t": 4, "b": 66},
        clickmode="event+select", dragmode=False, hovermode="closest",
        hoverdistance=-1, hoverlabel={"align": "left"},
    )  # fmt: skip


def _short(names: Sequence[str], most: int = 22) -> list[str]:
    return [name if len(name) <= most else f"{name[: most - 1]}…" for name in names]


def parts(evaluation: Evaluation, order: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Which classes can be shown together, by a name in words: the most confused, and portions of `order`."""
    portions = {
        f"Similar classes, {first + 1} to {min(first + MOST_CLASSES, len(order))}": tuple(
            order[first : first + MOST_CLASSES]
        )
        for first in range(0, len(order), MOST_CLASSES)
    }
    return {f"The {MOST_CLASSES} most confused classes": most_mistaken(evaluation, order)} | portions


def most_mistaken(results: Evaluation, order: Sequence[int], most: int = MOST_CLASSES) -> tuple[int, ...]:
    """The classes of the most confused pairs until there are `most`, in the order of `order`."""
    taken: set[str] = set()
    for pair in evaluation.confused(results, most=most * most):
        if len(taken | {pair.truth, pair.predicted}) > most:
            break
        taken |= {pair.truth, pair.predicted}
    return tuple(index for index in order if results.card.labels[index] in taken) or tuple(order[:most])
