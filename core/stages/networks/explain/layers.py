"""The layers of a CNN: which give maps, how large those are, and how far each sees in space and time."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from core.base.registry import unknown
from core.stages.networks.backbones import Backbone


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
class Architecture:
    """The layers of a CNN in the order in which they are computed.

    last: the layer whose maps become the features; pooled: whether they become so by their mean over the picture,
    which makes class activation exact. first: the first convolution; kernels: its weights, (frames, height, width,
    3, D), frames being 1 in a CNN of single pictures, or of no size where the first convolution does not see colours.
    """

    STORED_NAME: ClassVar[str] = "Anatomy"

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


def anatomy(backbone: Backbone) -> Architecture:
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
    return Architecture(layers, last, pooled, first, kernels)


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
    reaches: dict[str, _Reach] = {}
    sources = sources_of(model)
    for operation in model.operations:
        inputs = sources[operation.name]
        if not inputs:
            axes = len(operation.output.shape) - 2
            reaches[operation.name] = _Reach((1,) * axes, (1,) * axes)
        else:
            reaches[operation.name] = _reach(operation, [(source, reaches[source.name]) for source in inputs])
    return reaches


def sources_of(model: Any) -> dict[str, list[Any]]:
    """For each operation of a Keras model, by name, the operations whose outputs it takes; none for an input."""
    producers = {id(tensor): operation for operation in model.operations for tensor in _tensors(operation.output)}
    return {
        operation.name: []
        if type(operation).__name__ == "InputLayer"
        else [producers[id(tensor)] for tensor in _tensors(operation.input)]
        for operation in model.operations
    }


def _tensors(structure: Any) -> list[Any]:
    import keras

    return keras.tree.flatten(structure)


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
    end = next(operation for operation in model.operations if model.outputs[0] is _tensors(operation.output)[0])
    maps = {layer.name for layer in layers}
    before = [source.name for source in sources_of(model)[end.name]]
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
