"""Runs a CNN as fast as this machine can: with OpenVINO where it is installed, else with TensorFlow.

The Keras model is turned into OpenVINO's format once and kept on disk, so that later processes start within a second
and never import TensorFlow for it. Same numbers within tolerances that tests keep: OpenVINO in float32 differs from
TensorFlow by less than 1e-4 of the largest feature; in bfloat16, which rounds each number to eight bits, by less than
5e-2 of it, which moves the 400 scores of a clip by about a hundredth.
"""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from core.errors import AnalysisError
from core.registry import BACKBONES
from core.settings import ENGINES

Run = Callable[[np.ndarray], np.ndarray]
FORMAT = 1  # of what is kept on disk


class Backbone(Protocol):
    """What is asked of a CNN here; `core.backbones` tells what each field means."""

    name: str
    version: int
    size_px: int
    chunk_frames: int
    channels: int

    @property
    def volumetric(self) -> bool: ...

    def build(self) -> Any: ...


def load(backbone: Backbone, engine: str, cache: Path) -> Run:
    """A function that computes one chunk: uint8 (chunk, size, size, 3) -> float32 (steps, channels).

    engine: one of settings.ENGINES. cache: the folder for converted networks. Loaded once in a process.
    WeightsMissing if the backbone has no weights here.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}, expected one of {', '.join(ENGINES)}")
    return _load(backbone.name, engine, cache)


@lru_cache(maxsize=2)
def _load(name: str, engine: str, cache: Path) -> Run:
    if engine == "tensorflow-f32":
        return _tensorflow(BACKBONES[name])
    return _openvino(BACKBONES[name], engine.removeprefix("openvino-"), cache)


def _shape(backbone: Backbone) -> tuple[int, ...]:
    """Of what the network takes at once: one clip of a chunk's frames, or as many single pictures."""
    pictures = (backbone.chunk_frames, backbone.size_px, backbone.size_px, 3)
    return (1, *pictures) if backbone.volumetric else pictures


def _tensorflow(backbone: Backbone) -> Run:
    """The chunk function in TensorFlow, compiled as a graph."""
    graph = _graph(backbone)

    def run(chunk: np.ndarray) -> np.ndarray:
        return _rows(np.asarray(graph(chunk.reshape(_shape(backbone)))), backbone)

    return run


def _openvino(backbone: Backbone, precision: str, cache: Path) -> Run:
    """The chunk function in OpenVINO, from the network kept in `cache` or converted now."""
    import openvino

    kept = cache / f"{backbone.name}-{backbone.version}-{backbone.chunk_frames}-{_openvino_version(openvino)}-{FORMAT}"
    if not kept.exists():
        _keep(backbone, kept)
    network = openvino.Core().read_model(kept / "network.xml")
    hints = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    compiled = openvino.Core().compile_model(network, "CPU", hints)
    request = compiled.create_infer_request()

    def run(chunk: np.ndarray) -> np.ndarray:
        return _rows(request.infer([chunk.reshape(_shape(backbone))])[0], backbone)

    return run


def _openvino_version(openvino: Any) -> str:
    return openvino.__version__.partition("-")[0]


def _rows(values: np.ndarray, backbone: Backbone) -> np.ndarray:
    """(1, steps, channels) or (frames, channels) -> (steps, channels), as an own array."""
    return values.reshape(-1, backbone.channels).astype(np.float32)


def _graph(backbone: Backbone) -> Any:
    """The network as a TensorFlow function of one chunk."""
    import tensorflow as tf

    model = backbone.build()
    call = tf.function(lambda pictures: model(pictures, training=False))
    return call.get_concrete_function(tf.TensorSpec(_shape(backbone), tf.uint8))


def _keep(backbone: Backbone, kept: Path) -> None:
    """Convert the network and put it at `kept`, whole or not at all; if another process was faster, its one stays.

    OpenVINO reads a frozen TensorFlow graph by itself. Its Python converter is not used: it would report its use to
    its makers over the network.
    """
    import openvino
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{kept.name}.", suffix=".partial", dir=kept.parent) as folder:
        frozen, made = Path(folder, "frozen.pb"), Path(folder, "made")
        graph = convert_variables_to_constants_v2(_graph(backbone)).graph
        frozen.write_bytes(graph.as_graph_def().SerializeToString())
        made.mkdir()
        openvino.save_model(openvino.Core().read_model(frozen), made / "network.xml", compress_to_fp16=False)
        with suppress(OSError):
            made.rename(kept)
    if not kept.exists():
        raise AnalysisError(f"{kept} cannot be written.", "Check that the workspace's disk has room and is writable.")
