"""The first convolution of a network that sees motion, folded so that matrix units of processors can compute it.

A convolution of stride 2 over three colours uses three of the 32 numbers that such a unit multiplies at once: that one
layer took more than half of the time of I3D. Blocks of 2 x 2 x 2 pixels, taken as the 24 channels of one pixel, hold
the same numbers for a convolution of stride 1 with a kernel of half the size, the odd end filled with zeros: the same
sums in another order, in less than a third of the time. In float32 it would be no faster.
"""

from itertools import product
from typing import Any

import numpy as np

MOST_CHANNELS = 4  # of the pictures: eight times as many fill one row of a matrix unit
AXES = 3


def fold(network: Any, ops: Any) -> None:
    """Fold the first convolution of an OpenVINO network of known size where that can be done, else leave it.

    ops: the module `openvino.opset13`.
    """
    nodes = network.get_ordered_ops()
    convolution = next((node for node in nodes if node.get_type_name() == "Convolution"), None)
    if convolution is None or not _folds(convolution):
        return
    kernel, before, after = folded_kernel(_constant(convolution))
    blocks = ops.space_to_depth(convolution.input_value(0), "blocks_first", 2)
    ones = [1] * AXES
    folded = ops.convolution(blocks, ops.constant(kernel), ones, before, after, ones)
    convolution.output(0).replace(folded.output(0))


def folded_kernel(kernel: np.ndarray) -> tuple[np.ndarray, list[int], list[int]]:
    """The kernel (O, 8 C, ...) on blocks, for one (O, C, depth, height, width) on pixels, and its padding on each axis.

    The padding of the other is SAME for stride 2 on an even number of pixels: (size - 2) // 2 of them before the first.
    """
    out, channels, *sizes = kernel.shape
    pads = [(size - 2) // 2 for size in sizes]
    before = [-(-pad // 2) for pad in pads]
    after = [(size - 1 - pad) // 2 for size, pad in zip(sizes, pads, strict=True)]
    lengths = [first + 1 + last for first, last in zip(before, after, strict=True)]
    folded = np.zeros((out, 2, 2, 2, channels, *lengths), np.float32)
    for tap in product(*map(range, sizes)):
        moved = [index - pad for index, pad in zip(tap, pads, strict=True)]
        block = [move // 2 + first for move, first in zip(moved, before, strict=True)]
        parity = [move % 2 for move in moved]
        folded[:, *parity, :, *block] = kernel[:, :, *tap]
    return folded.reshape(out, 8 * channels, *lengths), before, after


def _folds(convolution: Any) -> bool:
    """Whether a convolution is one over few channels in three dimensions, of stride 2, on an even number of pixels."""
    attributes, shape = convolution.get_attributes(), convolution.input_value(0).get_partial_shape()
    kernel = convolution.input_value(1).get_node()
    if kernel.get_type_name() != "Constant" or shape.is_dynamic or len(shape) != AXES + 2:
        return False
    even = all(length.get_length() % 2 == 0 for length in list(shape)[2:])
    plain = list(attributes["strides"]) == [2] * AXES and list(attributes["dilations"]) == [1] * AXES
    same = attributes["auto_pad"] == "same_upper" and min(list(kernel.shape)[2:]) >= 2
    return even and plain and same and shape[1].get_length() <= MOST_CHANNELS


def _constant(convolution: Any) -> np.ndarray:
    return convolution.input_value(1).get_node().data.astype(np.float32)
