"""Figures of Train from domain values: curves, comparisons, trials. No st calls."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from core.base.knobs import Knob
from core.domain import Epoch, Training, Trial
from core.workflows.experiments.sweep import SweepPoint
from pages.ui.common import formatting, metric_names
from pages.ui.common.figures import INK_DARK, blank

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TRAINED, VALIDATED, SIMPLE, MAJORITY = "#0072B2", "#D55E00", "#B8873A", "#8D8377"
TALL_PX = 260
SHADES = (TRAINED, VALIDATED, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")


def loss(history: Sequence[Epoch], *, epochs: int, dark: bool) -> "Figure":
    """The loss after each epoch, in training and on validation groups."""
    figure = _curves(epochs, dark)
    passed = list(range(1, len(history) + 1))
    _line(figure, passed, [epoch.loss for epoch in history], "training", TRAINED)
    if any(epoch.validation_loss is not None for epoch in history):
        _line(figure, passed, [epoch.validation_loss for epoch in history], "validation", VALIDATED)
    figure.update_yaxes(title="loss", rangemode="tozero")
    return figure


def score(history: Sequence[Epoch], *, epochs: int, best: int | None, dark: bool) -> "Figure":
    """The accuracy after each epoch, in training and on validation groups, and the best epoch."""
    figure = _curves(epochs, dark)
    passed = list(range(1, len(history) + 1))
    _line(figure, passed, [100 * epoch.accuracy for epoch in history], "training", TRAINED)
    values = [None if epoch.validation_accuracy is None else 100 * epoch.validation_accuracy for epoch in history]
    if any(value is not None for value in values):
        _line(figure, passed, values, "validation", VALIDATED)
    if best is not None and best < len(values) and values[best] is not None:
        figure.add_scatter(
            x=[best + 1], y=[values[best]], mode="markers", name="kept", hoverinfo="skip",
            marker={"size": 11, "color": VALIDATED, "line": {"width": 2, "color": INK_DARK if dark else "#FFFFFF"}},
        )  # fmt: skip
    figure.update_yaxes(title="accuracy, %", range=[0, 103])
    return figure


def compared(trainings: Sequence[Training], scores: Sequence[Mapping[str, float]], *, dark: bool) -> "Figure":
    """Scores of runs side by side, as they are on the clips that all of them tested."""
    figure = blank(dark, 300)
    names = ["accuracy", "balanced_accuracy", "macro_f1"]
    shown = [metric_names.label(name) for name in names]
    for number, (record, values_by_name) in enumerate(zip(trainings, scores, strict=True)):
        values = [100 * values_by_name.get(name, 0.0) for name in names]
        figure.add_bar(
            x=shown, y=values, name=f"{number + 1}. {record.name}", marker={"color": SHADES[number % len(SHADES)]},
            text=[f"{value:.0f}" for value in values], textposition="outside", cliponaxis=False,
            hovertemplate="%{x}: " + formatting.hover_per_cent("y") + "<extra></extra>",
        )  # fmt: skip
    figure.update_layout(barmode="group")
    figure.update_yaxes(title="%", range=[0, 108])
    return figure


def beside(record: Training, *, dark: bool) -> "Figure":
    """The network and its baselines, on the same folds."""
    figure = blank(dark, 150)
    figure.update_layout(margin={"l": 8, "r": 12, "t": 8, "b": 8})
    pairs = {
        "most frequent class": (record.baselines.get("majority"), MAJORITY),
        "linear probe": (record.baselines.get("linear_probe"), SIMPLE),
        "this network": (record.scores.get("accuracy"), TRAINED),
    }
    rows = [(name, 100 * value, shade) for name, (value, shade) in pairs.items() if value is not None]
    figure.add_bar(
        y=[row[0] for row in rows], x=[row[1] for row in rows], orientation="h",
        marker={"color": [row[2] for row in rows]},
        text=[formatting.per_cent(row[1] / 100, decimals=1) for row in rows],
        textposition="outside",
        cliponaxis=False, hovertemplate="%{y}: " + formatting.hover_per_cent("x") + "<extra></extra>", showlegend=False,
    )  # fmt: skip
    figure.update_xaxes(range=[0, 125], title=None, showticklabels=False)
    figure.update_yaxes(automargin=True, showgrid=False)
    return figure


def tried(trials: Sequence[Trial], *, dark: bool) -> "Figure":
    """The trials of a search: their accuracy on validation groups over the learning rate, GRU and LSTM apart."""
    figure = blank(dark, 280)
    for cell, name, sign in (("gru", "GRU", "circle"), ("lstm", "LSTM", "diamond")):
        own = [trial for trial in trials if trial.accuracy is not None and trial.settings.get("cell") == cell]
        figure.add_scatter(
            x=[trial.settings["learning_rate"] for trial in own], y=[100 * (trial.accuracy or 0) for trial in own],
            mode="markers", name=name,
            marker={
                "symbol": sign, "size": [7 + trial.settings["units"] / 16 for trial in own], "opacity": 0.8,
                "color": TRAINED if cell == "gru" else VALIDATED,
            },
            customdata=[[trial.number + 1, trial.settings["units"], trial.settings["dropout"]] for trial in own],
            hovertemplate="trial %{customdata[0]}: " + formatting.hover_per_cent("y") + "<br>learning rate %{x:.4f}, "
            "%{customdata[1]} units, dropout %{customdata[2]:.2f}<extra></extra>",
        )  # fmt: skip
    figure.update_xaxes(type="log", title="learning rate (larger markers: more units)")
    figure.update_yaxes(title="validation accuracy, %")
    return figure


def swept(points: Sequence[SweepPoint], knob: Knob, *, dark: bool) -> "Figure":
    """The accuracy of each run of a sweep with its interval, over the values of its setting, and the linear probe."""
    figure = blank(dark, 300)
    ended = [point for point in points if point.accuracy is not None]
    numbers = knob.kind in ("int", "float") and knob.name != "seed"
    x = [float(point.value) if numbers else point.value for point in ended]
    values = [100 * (point.accuracy or 0.0) for point in ended]
    low, high = ([100 * (point.interval or (point.accuracy,) * 2)[end] for point in ended] for end in (0, 1))  # type: ignore[operator]
    bars = {
        "type": "data", "symmetric": False, "thickness": 1.5,
        "array": [end - value for end, value in zip(high, values, strict=True)],
        "arrayminus": [value - end for end, value in zip(low, values, strict=True)],
    }  # fmt: skip
    figure.add_scatter(
        x=x, y=values, mode="lines+markers" if numbers else "markers", name="network", error_y=bars,
        marker={"size": 9, "color": TRAINED}, line={"color": TRAINED, "width": 1.5},
        customdata=[point.value for point in ended],
        hovertemplate=f"{knob.label} %{{customdata}}: " + formatting.hover_per_cent("y") + "<extra></extra>",
    )  # fmt: skip
    probes = [None if point.probe is None else 100 * point.probe for point in ended]
    figure.add_scatter(x=x, y=probes, mode="lines", name="linear probe", line={"color": SIMPLE, "dash": "dot"})
    wide = numbers and min(x, default=0) > 0 and max(x) / min(x) >= 5  # pyright: ignore[reportOperatorIssue]
    figure.update_xaxes(title=knob.label.lower(), type="log" if wide else "linear" if numbers else "category")
    if numbers:
        figure.update_xaxes(tickmode="array", tickvals=x, ticktext=[point.value for point in ended])
    figure.update_yaxes(title="accuracy, %", range=[0, 103])
    return figure


def overlaid(trainings: Sequence[Training], *, dark: bool) -> "Figure":
    """The loss of several runs after each epoch, in training as lines and on validation groups dashed."""
    epochs = max((len(curve_of(record)) for record in trainings), default=1)
    figure = _curves(epochs, dark)
    for number, record in enumerate(trainings):
        history, shade = curve_of(record), SHADES[number % len(SHADES)]
        passed = list(range(1, len(history) + 1))
        name = f"{number + 1}. {record.name}"
        _line(figure, passed, [epoch.loss for epoch in history], name, shade)
        if any(epoch.validation_loss is not None for epoch in history):
            figure.add_scatter(
                x=passed, y=[epoch.validation_loss for epoch in history], mode="lines", name=f"{name}, validation",
                line={"color": shade, "width": 2, "dash": "dash"}, showlegend=False,
                hovertemplate="epoch %{x}: %{y:.3g}<extra>" + name + ", validation</extra>",
            )  # fmt: skip
    figure.update_yaxes(title="loss", rangemode="tozero")
    return figure


def curve_of(record: Training) -> tuple[Epoch, ...]:
    """The epochs of a run by which its training is judged: with validation groups where there are such."""
    return record.validation_curve or (record.folds[0].history if record.folds else ())


def _line(figure: "Figure", x: Sequence[int], y: Sequence[float | None], name: str, shade: str) -> None:
    figure.add_scatter(
        x=x, y=y, name=name, mode="lines+markers" if len(x) < 3 else "lines", line={"color": shade, "width": 2.5},
        hovertemplate="epoch %{x}: %{y:.3g}<extra>" + name + "</extra>",
    )  # fmt: skip


def _curves(epochs: int, dark: bool) -> "Figure":
    figure = blank(dark, TALL_PX)
    figure.update_layout(showlegend=True)
    figure.update_xaxes(title="epoch", range=[0.5, max(epochs, 1) + 0.5])
    return figure
