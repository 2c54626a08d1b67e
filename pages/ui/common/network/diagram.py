"""A model as a picture: clip, frames, CNN, features, recurrent layers and scores, with shapes and parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from core.base.registry import BACKBONES
from core.stages.networks.recurrent import LayerShape, NetworkSettings, layer_shapes
from core.workflows.explanations import inside
from core.workflows.explanations.inside import CnnSummary
from pages.ui import state
from pages.ui.common import formatting
from pages.ui.common.jobs import job_panel

HIDDEN_KINDS = ("Dropout",)  # layers that only act during training


@dataclass(frozen=True)
class DiagramPart:
    """A box of the picture."""

    name: str
    shape: str
    detail: str = ""
    parameters: int | None = None


def show(
    backbone: str, settings: NetworkSettings | None, labels: int, *, clip: str = "clip", steps: int | None = None
) -> None:
    """The picture, or the job that counts the parameters of the CNN.

    settings: of the recurrent network, None where the CNN's own classifier is used. clip: what goes in, in words.
    steps: time steps of that clip, where they are known.
    """
    key = inside.summary_key(backbone)
    if job_panel.ready(key, "Read the network", inside.summarise, state.store(), backbone, at_once=True):
        parts = diagram(backbone, state.store().read(key, CnnSummary), settings, labels, clip=clip, steps=steps)
        st.html(html(parts))


def diagram(
    backbone: str,
    summary: CnnSummary,
    settings: NetworkSettings | None,
    labels: int,
    *,
    clip: str = "clip",
    steps: int | None = None,
) -> tuple[DiagramPart, ...]:
    """The boxes from left to right."""
    cnn = BACKBONES[backbone]
    rate = formatting.rate(cnn.rate_hz) if cnn.rate_hz else "at the rate of the clip"
    step = formatting.count(cnn.frames_per_step, "frame")
    lasts = f", {float(cnn.frames_per_step / cnn.rate_hz):.2f} s" if cnn.rate_hz else ""
    count = "T" if steps is None else formatting.number(steps)
    first = (
        DiagramPart("Clip", clip, "after preparation"),
        DiagramPart("Frames", f"N × {cnn.size_px} × {cnn.size_px} × 3", rate),
        DiagramPart(
            "CNN", cnn.title.split(",")[0], f"{formatting.count(summary.layers, 'layer')}; {_field(summary)}",
            summary.parameters,
        ),
        DiagramPart("Features", f"{count} × {cnn.channels}", f"a step is {step}{lasts}"),
    )  # fmt: skip
    if settings is None:
        kernel = (cnn.channels + 1) * labels
        return (*first, DiagramPart("Scores", f"{count} × {labels}", "linear layer, softmax", kernel))
    shapes = layer_shapes(settings, channels=cnn.channels, labels=labels)
    return (*first, *(_layer(shape, count) for shape in shapes if shape.kind not in HIDDEN_KINDS))


def _layer(shape: LayerShape, count: str) -> DiagramPart:
    titles = {"Normalization": "Standardise", "Dense, softmax": "Scores"}
    width = shape.shape[-1] or 0
    units = f"2 × {width // 2} units" if shape.kind.startswith("Bidirectional") else f"{width} units"
    details = {"Normalization": "mean 0, variance 1", "Dense, softmax": "dense layer, softmax"}
    detail = details.get(shape.kind, units)
    title = titles.get(shape.kind, shape.kind)
    return DiagramPart(title, f"{count} × {shape.shape[-1]}", detail, shape.parameters)


def _field(summary: CnnSummary) -> str:
    """What one step can depend on."""
    frames, down, _ = summary.field
    time = f"{formatting.count(frames, 'frame')}" if frames > 1 else "one frame" if frames else "all frames"
    return f"sees {time}, {formatting.number(down)} px" if down else f"sees {time}, the whole picture"


def html(parts: Sequence[DiagramPart]) -> str:
    """The boxes with arrows between them."""
    return f'<div class="k-network">{"<i>→</i>".join(map(_box, parts))}</div>'


def _box(part: DiagramPart) -> str:
    parameters = "" if part.parameters is None else f"<b>{formatting.number(part.parameters)} parameters</b>"
    detail = f"<small>{escape(part.detail)}</small>" if part.detail else ""
    return f"<div><strong>{escape(part.name)}</strong><span>{escape(part.shape)}</span>{detail}{parameters}</div>"
