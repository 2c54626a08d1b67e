"""Where in the picture the evidence for a label lies: class activation, Grad-CAM, integrated gradients."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.stages.networks.backbones import Backbone
from core.stages.networks.explain.activations import FrameWindow, held
from core.stages.networks.explain.layers import Layer, network

PATH_POINTS = 32  # of an integrated gradient


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


def gradient_maps(backbone: Backbone, layer: Layer, stretch: FrameWindow, towards: np.ndarray) -> np.ndarray:
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
    heat = tf.nn.relu(tf.reduce_sum(values * weights, axis=-1)).numpy()  # (1, T, H, W) or (T, H, W)
    return heat.reshape(-1, *heat.shape[-2:])[: math.ceil(stretch.count / layer.stride[0])]


def attribution(
    model: Any, values: np.ndarray, times_s: np.ndarray, *, label: int, name: str, step: int
) -> Attribution:
    """What speaks for a label at one step of a recurrent network, over all steps of `values` (T, D).

    model: as recurrent builds it: features and known in, scores (N, T, C) out.
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
