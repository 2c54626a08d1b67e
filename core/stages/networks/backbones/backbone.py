"""What all CNNs have in common: their definition, and their folder of weights, labels and card."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from core.base import settings
from core.base.errors import FormatInvalid, WeightsMissing
from core.base.registry import BACKBONES

if TYPE_CHECKING:
    import keras

WeightArrays = dict[str, np.ndarray]
SCRIPT_HINT = "Restore the folder models/backbones/ from the project, or create it with scripts/convert_weights.py."


@dataclass(frozen=True)
class Stage:
    """A part of a CNN that is computed by itself, on windows of its input that overlap as far as it reaches in time.

    window: rows of input computed at once. stride: rows of input to a row of output. before, after: rows of input that
    an output row needs on either side of its own `stride` rows, both multiples of the stride.
    ends_at: the layer whose output it gives; empty for the last stage.
    """

    window: int
    stride: int = 1
    before: int = 0
    after: int = 0
    ends_at: str = ""

    def __post_init__(self):
        ragged = any(rows % self.stride for rows in (self.window, self.before, self.after))
        if ragged or self.window - self.before - self.after < self.stride:
            raise ValueError(f"{self} leaves no whole row of a window")

    def given(self, number: int) -> int:
        """Rows of output that the first windows account for, so many of them."""
        later = self.window - self.before - self.after
        return (self.window - self.after + (number - 1) * later) // self.stride if number else 0

    def start(self, number: int) -> int:
        """The first row of input of a window, counted from 0."""
        return max(0, self.given(number) * self.stride - self.before)


@dataclass(frozen=True)
class Backbone:
    """A CNN that turns frames into features.

    version: goes up when its numbers change; part of each key.
    size_px: side of the square picture it takes. rate_hz: frames it wants a second, None where any will do.
    channels: numbers in a row of features. stages: how long clips are computed piece by piece.
    make: the Keras model. It is flat; takes uint8 pictures (N, frames, size, size, 3), or (N, size, size, 3) where a
    step is a single frame; normalises them itself; gives float32 (N, steps, channels) or (N, channels).
    """

    name: str
    title: str
    version: int
    size_px: int
    rate_hz: Fraction | None
    channels: int
    stages: tuple[Stage, ...]
    make: Callable[["Backbone"], "keras.Model"]
    hint: str = SCRIPT_HINT

    def __repr__(self):
        return f"Backbone({self.name!r})"

    @property
    def frames_per_step(self) -> int:
        """Frames that one row of features stands for."""
        return math.prod(stage.stride for stage in self.stages)

    @property
    def volumetric(self) -> bool:
        """Whether it sees motion: a step is many frames."""
        return self.frames_per_step > 1

    def build(self) -> "keras.Model":
        """The Keras model with its weights. Imports TensorFlow (seconds)."""
        return self.make(self)

    @property
    def folder(self) -> Path:
        """Where its weights are: the first of the models' folders that has it. WeightsMissing if none has."""
        path = self._folder()
        if path is None:
            raise WeightsMissing(f"The weights of {self.title} are not on this machine.", self.hint)
        return path

    @property
    def ships(self) -> bool:
        """Whether its weights lie in one of the models' folders, so that no network is needed."""
        return self._folder() is not None

    def _folder(self) -> Path | None:
        paths = [models / "backbones" / self.name for models in settings.current().models]
        return next((path for path in paths if path.is_dir()), None)

    def labels(self) -> tuple[str, ...]:
        """What its own classifier tells apart, in the order of the classifier's columns; empty if it has none."""
        path = self.folder / "labels.txt"
        return tuple(path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()

    def arrays(self) -> WeightArrays:
        """The numbers of weights.npz as float32, by layer and term. Refused where they are not those of the card."""
        path = self.folder / "weights.npz"
        check_weights(path, self.hint)
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name].astype(np.float32) for name in stored.files}

    def classifier(self) -> tuple[np.ndarray, np.ndarray]:
        """Its own last layer, linear on features: kernel (channels, labels), bias (labels,), both float32."""
        return _classifier(self.folder, self.hint)


def check_weights(path: Path, hint: str) -> None:
    """Refuse a file of weights that is missing, or is not the one that the card beside it names."""
    if not path.exists():
        raise WeightsMissing(f"{path} is missing.", hint)
    expected = card(path.parent).get("files", {}).get(path.name, {}).get("sha256")
    with open(path, "rb") as file:
        text = hashlib.file_digest(file, "sha256").hexdigest()
    if expected not in (None, text):
        raise FormatInvalid(f"{path} is damaged: its SHA-256 is {text}, expected {expected}.", hint)


def card(folder: Path) -> dict[str, Any]:
    """What card.json of a backbone's folder says: title, sources, licences, hashes; empty if there is none."""
    path = folder / "card.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


@cache
def _classifier(folder: Path, hint: str) -> tuple[np.ndarray, np.ndarray]:
    path = folder / "weights.npz"
    check_weights(path, hint)
    with np.load(path, allow_pickle=False) as stored:
        kernel, bias = (stored[f"classifier.{term}"].astype(np.float32) for term in ("kernel", "bias"))
    kernel.flags.writeable = bias.flags.writeable = False
    return kernel, bias


def backbone(name: str, **facts: Any) -> Callable[[Callable[[Backbone], "keras.Model"]], Any]:
    """File the decorated function, which builds the Keras model, as the backbone `name` with these facts."""

    def file(make: Callable[[Backbone], "keras.Model"]) -> Callable[[Backbone], "keras.Model"]:
        BACKBONES.add(name, Backbone(name=name, make=make, **facts))
        return make

    return file


def set_weights(model: "keras.Model", arrays: WeightArrays, terms: dict[str, tuple[str, ...]]) -> None:
    """Give each layer `<unit>_<kind>` the arrays `<unit>.<term>`, with the terms that `terms` lists for its kind."""
    for layer in model.layers:
        unit, _, kind = layer.name.rpartition("_")
        if layer.weights:
            layer.set_weights([arrays[f"{unit}.{term}"] for term in terms[kind]])
