"""The recurrent network: from a CNN's features at each step to a score for each label at each step.

Keras is imported inside functions, because that takes seconds. A network is one flat functional model with two
inputs, `features` (N, T, D) float32 and `known` (N, T) bool, and one output (N, T, C) whose rows sum to 1. Steps that
are not known are skipped in both directions, so padding never changes a score.
"""

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import FormatInvalid
from core.stages.networks.keras_file import AGAIN, check_file

ScoreFunction = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class NetworkSettings:
    """How a network is built and trained.

    cell: "gru" or "lstm". units: width of each layer and direction. dropout: share of features and of hidden values
    left out in training. smoothing: share of each target spread over all labels. patience: epochs without a better
    validation loss before training ends, with the best weights kept. balanced: each label counts the same, however
    rare it is.

    Each time a clip is learned it is varied. stretch: how much faster or slower it may become, 0.3 for up to e ** 0.3
    times. crop: the shortest share of it that may be left. noise: what is added to each feature, in its deviations.
    """

    cell: str = "gru"
    units: int = 64
    layers: int = 1
    bidirectional: bool = True
    dropout: float = 0.3
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    smoothing: float = 0.05
    batch_size: int = 16
    epochs: int = 30
    patience: int = 8
    balanced: bool = True
    stretch: float = 0.0
    crop: float = 1.0
    noise: float = 0.0

    def __post_init__(self):
        if self.cell not in ("gru", "lstm"):
            raise ValueError(f"cell is {self.cell!r}, expected 'gru' or 'lstm'")
        counts = (self.units, self.layers, self.batch_size, self.epochs, self.patience)
        shares = (self.dropout, self.smoothing, 1 - self.crop)
        if min(counts) < 1 or not all(0 <= share < 1 for share in shares) or self.learning_rate <= 0:
            raise ValueError(f"settings out of range: {self}")
        if min(self.stretch, self.noise, self.weight_decay) < 0 or self.stretch > 2:
            raise ValueError(f"settings out of range: {self}")


def build(settings: NetworkSettings, *, channels: int, labels: int, standardise: bool = True) -> Any:
    """An untrained Keras model: standardise, drop out, recur, softmax at each step."""
    from keras import Input, Model, layers

    features = Input((None, channels), name="features")  # (N, T, D)
    known = Input((None,), dtype="bool", name="known")  # (N, T)
    hidden = layers.Normalization(name="standardise")(features) if standardise else features
    for i in range(settings.layers):
        hidden = layers.Dropout(settings.dropout, name=f"dropout_{i}")(hidden)
        cell = layers.GRU if settings.cell == "gru" else layers.LSTM
        recurrent: Any = cell(settings.units, return_sequences=True, name=f"{settings.cell}_{i}")
        if settings.bidirectional:
            recurrent = layers.Bidirectional(recurrent, name=f"both_ways_{i}")
        hidden = recurrent(hidden, mask=known)  # (N, T, units or 2 * units)
    hidden = layers.Dropout(settings.dropout, name="dropout_last")(hidden)
    scores = layers.Dense(labels, activation="softmax", name="scores")(hidden)  # (N, T, C)
    return Model([features, known], scores, name="network")


@dataclass(frozen=True)
class LayerShape:
    """A layer of a network: its name, what kind it is, the shape that it gives, and how many numbers it holds.

    shape: None stands for as many steps as a clip has. parameters: all numbers, those that are not learned too.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...]
    parameters: int


def layer_shapes(settings: NetworkSettings, *, channels: int, labels: int) -> tuple[LayerShape, ...]:
    """The layers that `build` makes, without building them: for where TensorFlow is not loaded.

    A test holds them against the Keras models themselves.
    """
    shapes = [LayerShape("standardise", "Normalization", (None, channels), 2 * channels + 1)]
    width, gates = channels, 3 if settings.cell == "gru" else 4
    for i in range(settings.layers):
        shapes.append(LayerShape(f"dropout_{i}", "Dropout", (None, width), 0))
        biases = 2 if settings.cell == "gru" else 1  # Keras's GRU resets after the matrix product
        count = gates * settings.units * (width + settings.units + biases)
        ways = 2 if settings.bidirectional else 1
        name = f"both_ways_{i}" if settings.bidirectional else f"{settings.cell}_{i}"
        kind = f"Bidirectional {settings.cell.upper()}" if settings.bidirectional else settings.cell.upper()
        width = ways * settings.units
        shapes.append(LayerShape(name, kind, (None, width), ways * count))
    shapes.append(LayerShape("dropout_last", "Dropout", (None, width), 0))
    return (*shapes, LayerShape("scores", "Dense, softmax", (None, labels), (width + 1) * labels))


def runner(model: Any) -> ScoreFunction:
    """A function from the features of one clip, (T, D) float32, to its scores, (T, C) float32."""
    import tensorflow as tf

    channels = model.inputs[0].shape[-1]
    shape = tf.TensorSpec((1, None, channels), tf.float32)

    @tf.function(input_signature=[shape], autograph=False, jit_compile=False)
    def scores(values):
        return model([values, tf.ones(tf.shape(values)[:2], tf.bool)], training=False)

    def run(values: np.ndarray) -> np.ndarray:
        if values.ndim != 2 or values.shape[1] != channels:
            raise ValueError(f"features are {values.shape}, the network takes (T, {channels})")
        return scores(values[None].astype(np.float32)).numpy()[0]  # (T, C)

    return run


def predict(model: Any, values: np.ndarray) -> np.ndarray:
    """(T, C) float32 scores for the (T, D) features of one clip. For many clips keep what `runner` gives."""
    return runner(model)(values)


def save(model: Any, path: Path) -> str:
    """Write the model to `path`, whole or not at all; gives the file's SHA-256 in hex."""
    partial = path.with_name(f".partial-{path.name}")  # Keras asks for the suffix .keras
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with warnings.catch_warnings():  # TensorFlow's variables lag behind NumPy 2
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(partial)
        digest = hashlib.sha256(partial.read_bytes()).hexdigest()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return digest


def load(path: Path, sha256: str) -> ScoreFunction:
    """The runner of the network in the file; see `read`."""
    return runner(read(path, sha256))


def read(path: Path, sha256: str) -> Any:
    """The Keras model in the file, after it was shown to be the very file that its card names.

    Only layers of LAYERS are let in, and Keras reads them in its safe mode.
    """
    check_file(path, sha256)
    import keras

    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError, OSError, RuntimeError) as error:
        raise FormatInvalid(f"{path} cannot be read as a network: {error}", AGAIN) from error
    except MemoryError as error:
        raise FormatInvalid(f"{path} cannot be read as a network: too little memory.", AGAIN) from error
