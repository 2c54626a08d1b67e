"""Maps of any layer over a window of frames, and their means over a whole clip."""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from core.base.registry import unknown
from core.stages.networks.backbones import Backbone
from core.stages.networks.explain.layers import Layer, network, sources_of

BATCH = 16  # single pictures at once
LONGEST_REACH = 64  # frames to either side, for layers that depend on all of a clip


@dataclass(frozen=True, eq=False)
class FrameWindow:
    """Frames of a clip as the CNN sees them, with those around them that it needs to see them as in the whole clip.

    times_s: (N,) float64 when each appears; pictures: (N, size, size, 3) uint8. before: how many come before those
    that are meant, a multiple of a step's frames; count: how many are meant; stop_s: when the last of these ends.
    """

    STORED_NAME: ClassVar[str] = "Stretch"

    times_s: np.ndarray
    pictures: np.ndarray
    before: int
    count: int
    stop_s: float

    @property
    def meant(self) -> np.ndarray:
        """(count, size, size, 3): the pictures without those around them."""
        return self.pictures[self.before : self.before + self.count]

    @property
    def meant_s(self) -> np.ndarray:
        """(count,): when these appear."""
        return self.times_s[self.before : self.before + self.count]


@dataclass(frozen=True, eq=False)
class Activations:
    """The maps of one layer over a stretch. times_s: (T,) the middle of each step; values: (T, H, W, D) float32.

    means: (T, D) over the picture; lows, highs: (D,) over the stretch, so that one scale serves all of it.
    """

    layer: str
    times_s: np.ndarray
    values: np.ndarray
    means: np.ndarray
    lows: np.ndarray
    highs: np.ndarray


def maps(backbone: Backbone, layer: Layer, stretch: FrameWindow) -> np.ndarray:
    """(T, H, W, D) float32: what a layer gives at the steps of a stretch, in TensorFlow's float32.

    As many frames around the stretch are computed with it as the layer reaches, so that the maps are those of the whole
    clip. A last step that is not full gets the last frame held.
    """
    first, stop = _needed(backbone, layer, stretch)
    values = _run(backbone, layer.name, stretch.pictures[first:stop])
    offset = (stretch.before - first) // layer.stride[0]
    return values[offset : offset + math.ceil(stretch.count / layer.stride[0])]


def reach_frames(backbone: Backbone, layer: Layer) -> int:
    """How many frames to either side of a step a layer depends on, in whole steps of the CNN."""
    if not backbone.volumetric:
        return 0
    side = layer.field[0] / 2 or LONGEST_REACH
    return math.ceil(side / backbone.frames_per_step) * backbone.frames_per_step


def _needed(backbone: Backbone, layer: Layer, stretch: FrameWindow) -> tuple[int, int]:
    """The first and the stop of the pictures of a stretch that a layer needs."""
    around = reach_frames(backbone, layer)
    return max(0, stretch.before - around), min(len(stretch.pictures), stretch.before + stretch.count + around)


def _run(backbone: Backbone, layer: str, pictures: np.ndarray) -> np.ndarray:
    """What a layer gives for pictures, without the axis of its batch.

    Computed part by part, because a Keras model keeps all that it computes until its end: for some seconds of video
    that is several GB, of which only what the next part takes is needed.
    """
    parts = _parts(backbone, layer)
    batches = [held(pictures, backbone.frames_per_step)[None]] if backbone.volumetric else _batches(pictures)
    outputs = []
    for values in batches:
        for part in parts:
            values = part(values, training=False)
        outputs.append(np.asarray(values))
    return outputs[0][0] if backbone.volumetric else np.concatenate(outputs)


def _batches(pictures: np.ndarray) -> list[np.ndarray]:
    return [pictures[at : at + BATCH] for at in range(0, len(pictures), BATCH)]


def held(pictures: np.ndarray, per_step: int) -> np.ndarray:
    """The pictures, with the last repeated until they make whole steps."""
    lacking = -len(pictures) % per_step
    return np.concatenate([pictures, np.repeat(pictures[-1:], lacking, axis=0)]) if lacking else pictures


def activations(backbone: Backbone, layer: Layer, stretch: FrameWindow) -> Activations:
    """The maps of a layer over a stretch, with what is asked of them most."""
    values = maps(backbone, layer, stretch)
    return Activations(
        layer.name,
        steps_s(stretch, layer.stride[0]),
        values,
        values.mean(axis=(1, 2)),
        values.min(axis=(0, 1, 2)),
        values.max(axis=(0, 1, 2)),
    )


def steps_s(stretch: FrameWindow, per_step: int) -> np.ndarray:
    """(T,) the middle of each step of a layer over a stretch."""
    edges_s = np.append(stretch.meant_s, stretch.stop_s)
    firsts = np.arange(0, stretch.count, per_step)
    return (edges_s[firsts] + edges_s[np.minimum(firsts + per_step, stretch.count)]) / 2


def means_of(backbone: Backbone, layer: Layer) -> Callable[[np.ndarray], np.ndarray]:
    """A function from pictures to (T, D), the mean of each channel of a layer over the picture."""
    return lambda pictures: _run(backbone, layer.name, pictures).mean(axis=(1, 2))


def _parts(backbone: Backbone, layer: str) -> list[Any]:
    """The network up to a layer as Keras models that follow each other and share its weights."""
    names = {operation.name: None for operation in network(backbone).operations}
    if layer not in names:
        raise unknown("layer", layer, names)
    order = list(names)
    through = [name for name in _narrows(backbone) if order.index(name) < order.index(layer)]
    return [_part(backbone, start, end) for start, end in itertools.pairwise([*through, layer])]


@lru_cache(maxsize=4)
def _narrows(backbone: Backbone) -> tuple[str, ...]:
    """The operations through whose output alone all goes on, from the input."""
    model = network(backbone)
    operations, sources = model.operations, sources_of(model)
    last_use = {source.name: index for index, operation in enumerate(operations) for source in sources[operation.name]}
    open_until, narrows = 0, []
    for index, operation in enumerate(operations):
        if open_until <= index:
            narrows.append(operation.name)
        open_until = max(open_until, last_use.get(operation.name, 0))
    return tuple(narrows)


@lru_cache(maxsize=1024)
def _part(backbone: Backbone, start: str, end: str) -> Any:
    """The network from the output of one operation to that of another."""
    import keras

    named = {operation.name: operation for operation in network(backbone).operations}
    return keras.Model(named[start].output, named[end].output)
