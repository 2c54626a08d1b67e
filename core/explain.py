"""What a CNN sees and why it says what it says: maps of any layer, class activation, attribution, the deletion test.

TensorFlow is imported inside the functions that run a network; the others are NumPy and quick. A map is what one
channel of a layer gives at each place of the picture. All maps here are (T, H, W, D) float32: T time steps of the
layer, H x W places, D channels; for a CNN of single pictures each picture is a step.

Class activation: B. Zhou et al., Learning Deep Features for Discriminative Localization, CVPR 2016. Grad-CAM:
R. Selvaraju et al., ICCV 2017. Integrated gradients: M. Sundararajan et al., ICML 2017. Deletion: V. Petsiuk et al.,
RISE, BMVC 2018.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np

from core.backbones import Backbone
from core.base.errors import UnknownName
from core.base.progress import Report, silent
from core.base.registry import unknown

PATH_POINTS = 32  # of an integrated gradient
BLUR = 1 / 12  # of the picture's side: the standard deviation that leaves colours and no shapes
BATCH = 16  # single pictures at once
LONGEST_REACH = 64  # frames to either side, for layers that depend on all of a clip
FRACTIONS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class Layer:
    """A layer whose output is a map.

    shape: (H, W, D) of one time step. stride: (frames, px down, px right) between neighbouring places. field: what of
    the clip one place can depend on, the same three; 0 where it is all of it. The field is that of the arithmetic;
    what lies near its middle counts most.
    """

    name: str
    kind: str
    shape: tuple[int, int, int]
    stride: tuple[int, int, int]
    field: tuple[int, int, int]
    convolution: bool


@dataclass(frozen=True, eq=False)
class Anatomy:
    """The layers of a CNN in the order in which they are computed.

    last: the layer whose maps become the features; pooled: whether they become so by their mean over the picture,
    which makes class activation exact. first: the first convolution; kernels: its weights, (frames, height, width,
    3, D), frames being 1 in a CNN of single pictures, or of no size where the first convolution does not see colours.
    """

    layers: tuple[Layer, ...]
    last: str
    pooled: bool
    first: str
    kernels: np.ndarray

    def layer(self, name: str) -> Layer:
        """The layer of that name; UnknownName if there is none."""
        named = {layer.name: layer for layer in self.layers}
        if name not in named:
            raise unknown("layer", name, named)
        return named[name]


@dataclass(frozen=True, eq=False)
class Stretch:
    """Frames of a clip as the CNN sees them, with those around them that it needs to see them as in the whole clip.

    times_s: (N,) float64 when each appears; pictures: (N, size, size, 3) uint8. before: how many come before those
    that are meant, a multiple of a step's frames; count: how many are meant; stop_s: when the last of these ends.
    """

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


@dataclass(frozen=True, eq=False)
class Attribution:
    """How much each step speaks for a label at one moment, from integrated gradients on the features.

    times_s: (T,); gradients: (T, D) float32, the mean gradient of the log score along the straight way from
    `baseline` (D,), the average step that the network was trained on; importance: (T,) whose sum is how much the log
    score lies above that of a clip of nothing but average steps.
    """

    times_s: np.ndarray
    gradients: np.ndarray
    baseline: np.ndarray
    importance: np.ndarray
    label: str
    at_s: float
    score: float
    score_of_baseline: float


@dataclass(frozen=True, eq=False)
class Evidence:
    """How much each place speaks for a label. times_s: (T,); maps: (T, H, W) float32. exact: CAM, else Grad-CAM."""

    times_s: np.ndarray
    maps: np.ndarray
    label: str
    exact: bool


@dataclass(frozen=True, eq=False)
class Deletion:
    """How the score of a label falls while more and more is hidden.

    fractions: (F,) of all places, from 0 to 1; marked: (F,) scores with the most marked hidden first; random: (R, F)
    with places hidden in R random orders. hidden: "blur" or "mean", what is put there.
    """

    fractions: np.ndarray
    marked: np.ndarray
    random: np.ndarray
    hidden: str
    label: str

    @property
    def areas(self) -> tuple[float, float]:
        """The areas under the marked and under the mean random curve."""
        return self._under(self.marked), self._under(self.random.mean(axis=0))

    @property
    def span(self) -> tuple[float, float]:
        """The least and the most of the areas under the curves of single random orders."""
        areas = [self._under(curve) for curve in self.random]
        return min(areas), max(areas)

    @property
    def gain(self) -> float:
        """The area between the curves: above 0 the explanation finds what matters better than chance does."""
        return self.areas[1] - self.areas[0]

    def _under(self, curve: np.ndarray) -> float:
        return float((np.diff(self.fractions) * (curve[1:] + curve[:-1]) / 2).sum())


# What the network is made of ------------------------------------------------------------------------------------------


def anatomy(backbone: Backbone) -> Anatomy:
    """The layers of a CNN, with what each of their places sees, from the graph of its Keras model."""
    model = network(backbone)
    reaches = _reaches(model)
    layers = tuple(
        Layer(
            operation.name,
            type(operation).__name__,
            tuple(operation.output.shape[-3:]),
            _three(reaches[operation.name].stride, 1),
            _three(reaches[operation.name].field, 1),
            _is_convolution(operation),
        )
        for operation in model.operations
        if _gives_maps(operation, backbone)
    )
    last, pooled = _last(model, layers)
    first, kernels = _first(model)
    return Anatomy(layers, last, pooled, first, kernels)


@lru_cache(maxsize=2)
def network(backbone: Backbone) -> Any:
    """The Keras model of a CNN, kept between calls."""
    return backbone.build()


@dataclass(frozen=True)
class _Reach:
    """Along each axis of a map: the step between its places and what one of them depends on, in inputs."""

    stride: tuple[float, ...]
    field: tuple[float, ...]


def _reaches(model: Any) -> dict[str, _Reach]:
    """Stride and field of each operation's output, by the rules for kernels, strides and dilations.

    Where several outputs meet, the field is the largest and the stride that of the largest map. What was pooled over
    the whole picture depends on all of it, and so does whatever it is multiplied into.
    """
    found: dict[str, _Reach] = {}
    for operation in model.operations:
        inputs = _sources(operation)
        if not inputs:
            axes = len(operation.output.shape) - 2
            found[operation.name] = _Reach((1,) * axes, (1,) * axes)
        else:
            found[operation.name] = _reach(operation, [(source, found[source.name]) for source in inputs])
    return found


def _sources(operation: Any) -> list[Any]:
    """The operations whose outputs this one takes."""
    if type(operation).__name__ == "InputLayer":
        return []
    _, node, _ = operation.output._keras_history
    return [tensor._keras_history[0] for tensor in operation._inbound_nodes[node].input_tensors]


def _reach(operation: Any, inputs: list[tuple[Any, _Reach]]) -> _Reach:
    axes = len(inputs[0][1].stride)
    field = tuple(max(reach.field[axis] for _, reach in inputs) for axis in range(axes))
    stride = max(inputs, key=lambda pair: _places(pair[0]))[1].stride
    pooled = _pooled_axes(operation, axes)
    size, step, spread = (_per_axis(operation, names, axes) for names in _SETTINGS)
    scale = _per_axis(operation, ("size",), axes) if "UpSampling" in type(operation).__name__ else (1,) * axes
    if "Transpose" in type(operation).__name__:
        scale, step = step, (1,) * axes
    grown = (
        math.inf if axis in pooled else field[axis] + (size[axis] - 1) * spread[axis] * stride[axis]
        for axis in range(axes)
    )
    return _Reach(tuple(stride[axis] * step[axis] / scale[axis] for axis in range(axes)), tuple(grown))


_SETTINGS = (("kernel_size", "pool_size"), ("strides",), ("dilation_rate",))


def _places(operation: Any) -> int:
    return math.prod(side or 1 for side in operation.output.shape[1:-1])


def _per_axis(operation: Any, names: tuple[str, ...], axes: int) -> tuple[int, ...]:
    """A setting of a layer for each axis; 1 where it has none."""
    given = next((getattr(operation, name) for name in names if hasattr(operation, name)), 1)
    return tuple(given) if isinstance(given, list | tuple) and len(given) == axes else (1,) * axes


def _pooled_axes(operation: Any, axes: int) -> tuple[int, ...]:
    """The axes of the map over which an operation takes a mean or maximum of everything."""
    kind = type(operation).__name__
    if kind.startswith("Global"):
        return tuple(range(axes))
    if kind in ("Mean", "Max", "Sum", "Flatten", "Reshape", "Dense"):
        over = getattr(operation, "axis", None)
        if kind in ("Flatten", "Reshape"):
            return tuple(range(axes))
        named = () if over is None or kind == "Dense" else (over,) if isinstance(over, int) else tuple(over)
        return tuple(axis - 1 for axis in named if 1 <= axis <= axes)
    return ()


def _three(values: Sequence[float], missing: int) -> tuple[int, int, int]:
    """Values for time, height and width as whole numbers, 0 for infinity; without time for single pictures."""
    whole = [0 if math.isinf(value) else round(value) for value in values]
    time, height, width = [missing] * (3 - len(whole)) + whole
    return time, height, width


def _is_convolution(operation: Any) -> bool:
    kind = type(operation).__name__
    return "Conv" in kind and hasattr(operation, "kernel_size")


def _gives_maps(operation: Any, backbone: Backbone) -> bool:
    shape = getattr(operation.output, "shape", ())
    if type(operation).__name__ == "InputLayer" or len(shape) != (5 if backbone.volumetric else 4):
        return False
    return all(side is not None and side > 1 for side in shape[-3:-1])


def _last(model: Any, layers: tuple[Layer, ...]) -> tuple[str, bool]:
    """The layer whose maps become the features, and whether by their mean over the picture."""
    end = model.outputs[0]._keras_history[0]
    maps = {layer.name for layer in layers}
    before = [source.name for source in _sources(end)]
    mean = type(end).__name__ in ("GlobalAveragePooling2D", "GlobalAveragePooling3D") or (
        type(end).__name__ == "Mean" and len(_pooled_axes(end, 3)) == 2
    )
    if mean and len(before) == 1 and before[0] in maps:
        return before[0], True
    return layers[-1].name, False


def _first(model: Any) -> tuple[str, np.ndarray]:
    """The first convolution that looks at colours, and its weights as (frames, height, width, 3, D)."""
    for operation in model.operations:
        if _is_convolution(operation):
            kernel = operation.kernel.numpy() if hasattr(operation, "kernel") else np.zeros((1, 1, 1, 0))
            kernel = kernel if kernel.ndim == 5 else kernel[None]
            return operation.name, kernel if kernel.shape[3] == 3 else np.zeros((0, 0, 0, 3, 0), np.float32)
    return "", np.zeros((0, 0, 0, 3, 0), np.float32)


# Maps -----------------------------------------------------------------------------------------------------------------


def maps(backbone: Backbone, layer: Layer, stretch: Stretch) -> np.ndarray:
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


def _needed(backbone: Backbone, layer: Layer, stretch: Stretch) -> tuple[int, int]:
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
    found = []
    for values in batches:
        for part in parts:
            values = part(values, training=False)
        found.append(np.asarray(values))
    return found[0][0] if backbone.volumetric else np.concatenate(found)


def _batches(pictures: np.ndarray) -> list[np.ndarray]:
    return [pictures[at : at + BATCH] for at in range(0, len(pictures), BATCH)]


def held(pictures: np.ndarray, per_step: int) -> np.ndarray:
    """The pictures, with the last repeated until they make whole steps."""
    lacking = -len(pictures) % per_step
    return np.concatenate([pictures, np.repeat(pictures[-1:], lacking, axis=0)]) if lacking else pictures


def activations(backbone: Backbone, layer: Layer, stretch: Stretch) -> Activations:
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


def steps_s(stretch: Stretch, per_step: int) -> np.ndarray:
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
    operations = network(backbone).operations
    last_use = {source.name: place for place, operation in enumerate(operations) for source in _sources(operation)}
    open_until, narrows = 0, []
    for place, operation in enumerate(operations):
        if open_until <= place:
            narrows.append(operation.name)
        open_until = max(open_until, last_use.get(operation.name, 0))
    return tuple(narrows)


@lru_cache(maxsize=1024)
def _part(backbone: Backbone, start: str, end: str) -> Any:
    """The network from the output of one operation to that of another."""
    import keras

    named = {operation.name: operation for operation in network(backbone).operations}
    return keras.Model(named[start].output, named[end].output)


# Where it looks -------------------------------------------------------------------------------------------------------


def direction(kernel: np.ndarray, label: int) -> np.ndarray:
    """(D,): what a linear classifier looks for in a label beyond what it looks for in labels on the whole.

    kernel: (D, C). What all labels share moves no softmax, so it is left out.
    """
    return kernel[:, label] - kernel.mean(axis=1)


def evidence(values: np.ndarray, towards: np.ndarray, *, baseline: np.ndarray | float = 0.0) -> np.ndarray:
    """(T, H, W): how much each place adds to a label's score; its mean over the picture is what the step adds.

    values: (T, H, W, D) of the layer that is averaged into the features. towards: (D,), or (T, D) where it differs
    from step to step. Exact for scores that are linear in the features; baseline: (D,) features that count as nothing.
    """
    rows = np.broadcast_to(towards, (len(values), values.shape[-1]))
    return np.einsum("thwd,td->thw", values - baseline, rows).astype(np.float32)


def gradient_maps(backbone: Backbone, layer: Layer, stretch: Stretch, towards: np.ndarray) -> np.ndarray:
    """(T, H, W) Grad-CAM over a stretch: for networks that do more with their last maps than average them.

    towards: (D,) or (T, D), the direction in the features that speaks for the label.
    """
    import keras
    import tensorflow as tf

    model = network(backbone)
    both = keras.Model(model.input, [model.get_layer(layer.name).output, model.output])
    batch = held(stretch.meant, backbone.frames_per_step)
    with tf.GradientTape() as tape:
        values, features = both(batch[None] if backbone.volumetric else batch, training=False)
        total = tf.reduce_sum(tf.reshape(features, (-1, features.shape[-1])) * towards)
    weights = tf.reduce_sum(tf.convert_to_tensor(tape.gradient(total, values)), axis=(-3, -2), keepdims=True)
    found = tf.nn.relu(tf.reduce_sum(values * weights, axis=-1)).numpy()  # (1, T, H, W) or (T, H, W)
    return found.reshape(-1, *found.shape[-2:])[: math.ceil(stretch.count / layer.stride[0])]


def attribution(
    model: Any, values: np.ndarray, times_s: np.ndarray, *, label: int, name: str, step: int
) -> Attribution:
    """What speaks for a label at one step of a recurrent network, over all steps of `values` (T, D).

    model: as core.network builds it: features and known in, scores (N, T, C) out.
    """
    import tensorflow as tf

    baseline = _average_step(model, values.shape[1])
    shares = (np.arange(PATH_POINTS, dtype=np.float32) + 0.5) / PATH_POINTS
    total = np.zeros(values.shape)
    per_batch = max(1, 2**23 // values.size)
    for at in range(0, PATH_POINTS, per_batch):
        way = tf.constant(baseline + shares[at : at + per_batch, None, None] * (values - baseline), tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(way)
            scores = model([way, tf.ones(way.shape[:2], tf.bool)], training=False)
            logs = tf.reduce_sum(tf.math.log(scores[:, step, label] + 1e-12))
        total += tf.convert_to_tensor(tape.gradient(logs, way)).numpy().sum(axis=0)
    gradients = (total / PATH_POINTS).astype(np.float32)
    ends = np.stack([np.broadcast_to(baseline, values.shape), values]).astype(np.float32)
    from_, to = model([ends, np.ones(ends.shape[:2], bool)], training=False).numpy()[:, step, label]
    importance = ((values - baseline) * gradients).sum(axis=1)
    return Attribution(times_s, gradients, baseline, importance, name, float(times_s[step]), float(to), float(from_))


def _average_step(model: Any, channels: int) -> np.ndarray:
    """(D,) the average of what the network was trained on, which its first layer remembers; else zeros."""
    for layer in model.layers:
        if type(layer).__name__ == "Normalization":
            return np.asarray(layer.mean.numpy() if hasattr(layer.mean, "numpy") else layer.mean).reshape(-1)
    return np.zeros(channels, np.float32)


# The deletion test ----------------------------------------------------------------------------------------------------


def deletion(
    pictures: np.ndarray,
    marks: np.ndarray,
    score: Callable[[np.ndarray], float],
    *,
    label: str,
    hidden: str = "blur",
    fractions: Sequence[float] = FRACTIONS,
    rounds: int = 3,
    seed: int = 0,
    report: Report = silent,
) -> Deletion:
    """Hide more and more of (N, size, size, 3) pictures and see how the score falls.

    marks: (T, H, W); a place of it is a block of pixels over some frames, and is hidden as a whole. score: of a label
    for pictures like these. Nothing hidden and everything hidden are the same for all orders and asked once.
    """
    shown_or_hidden = pictures, _obscured(pictures, hidden)
    rng = np.random.default_rng(seed)
    orders = [np.argsort(-marks.ravel(), kind="stable")] + [rng.permutation(marks.size) for _ in range(rounds)]
    ends = {0.0: score(pictures), 1.0: score(shown_or_hidden[1])}
    total, done = len(orders) * sum(share not in ends for share in fractions) + 2, 2
    curves = np.zeros((len(orders), len(fractions)))
    for row, order in enumerate(orders):
        for column, share in enumerate(fractions):
            if share in ends:
                curves[row, column] = ends[share]
                continue
            report(done, total, "Hiding the marked places" if row == 0 else "Hiding places at random")
            taken = np.zeros(marks.size, bool)
            taken[order[: round(share * marks.size)]] = True
            curves[row, column] = score(_with_hidden(*shown_or_hidden, taken.reshape(marks.shape)))
            done += 1
    return Deletion(np.array(fractions), curves[0], curves[1:], hidden, label)


def _obscured(pictures: np.ndarray, hidden: str) -> np.ndarray:
    """The pictures with nothing left to see: blurred beyond shapes, or each of its own mean colour."""
    if hidden == "mean":
        means = pictures.mean(axis=(1, 2), keepdims=True).round().astype(np.uint8)
        return np.broadcast_to(means, pictures.shape)
    if hidden != "blur":
        raise UnknownName(f"There is no way of hiding named {hidden!r}.", "There are: blur, mean.")
    return np.stack([cv2.GaussianBlur(picture, (0, 0), BLUR * picture.shape[0]) for picture in pictures])


def _with_hidden(pictures: np.ndarray, obscured: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """The pictures with the places that are `taken`, (T, H, W) bool, obscured."""
    times, rows, columns = (
        np.arange(length) * places // length for length, places in zip(pictures.shape[:3], taken.shape, strict=True)
    )
    mask = taken[times[:, None, None], rows[None, :, None], columns[None, None, :]]  # (N, size, size)
    return np.where(mask[..., None], obscured, pictures)


# The whole clip -------------------------------------------------------------------------------------------------------


def coarser(values: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """(M, D) means of neighbouring rows so that at most `most` are left, and (M,) the first row of each."""
    firsts = np.arange(0, len(values), -(-len(values) // most))
    counts = np.diff(np.append(firsts, len(values)))[:, None]
    return (np.add.reduceat(values, firsts, axis=0) / counts).astype(np.float32), firsts


def most_varying(values: np.ndarray, count: int) -> np.ndarray:
    """The columns of (T, D) that vary most over time, the most varying first."""
    return np.argsort(-values.std(axis=0), kind="stable")[:count]


def strongest(values: np.ndarray, count: int) -> np.ndarray:
    """The columns of (T, D) whose mean is farthest from 0, the farthest first."""
    return np.argsort(-np.abs(values.mean(axis=0)), kind="stable")[:count]


def similarity(values: np.ndarray) -> np.ndarray:
    """(T, T) cosine of the angle between each two rows of (T, D); 0 for rows of nothing but zeros."""
    lengths = np.linalg.norm(values, axis=1, keepdims=True)
    unit = np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 0)
    return np.clip(unit @ unit.T, -1, 1)


def plane(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2) the rows of (T, D) on the two axes along which they differ most (PCA), and the share of variance of each.

    Each axis points so that its largest coordinate is positive: the picture is the same on each machine.
    """
    centred = values - values.mean(axis=0)
    if len(centred) > centred.shape[1]:
        _, axes = np.linalg.eigh(centred.T @ centred)
        placed = centred @ axes[:, ::-1][:, :2]
    else:
        sides, lengths, _ = np.linalg.svd(centred, full_matrices=False)
        placed = (sides * lengths)[:, :2]
    placed = np.pad(placed, ((0, 0), (0, 2 - placed.shape[1])))
    signs = np.sign(placed[np.abs(placed).argmax(axis=0), (0, 1)])
    total = float((centred**2).sum())
    shares = (placed**2).sum(axis=0) / total if total > 0 else np.zeros(2)
    return (placed * np.where(signs == 0, 1, signs)).astype(np.float32), shares
