"""Runs a CNN as fast as this machine can: with OpenVINO where it is installed, else with TensorFlow.

The Keras model is turned into OpenVINO's format once and kept on disk, so that later processes start within a second
and never import TensorFlow for it. Same numbers within tolerances that tests keep: OpenVINO in float32
differs from TensorFlow by less than 1e-4 of the largest feature; in bfloat16, which rounds each number to eight bits,
by less than 0.12 of it, and a score (0 to 1) of a single step by less than 0.06.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Protocol

import numpy as np

from core.base import errors, settings
from core.base.errors import AnalysisError
from core.base.registry import BACKBONES
from core.base.settings import ENGINES, ROOT
from core.base.threads import AT_ONCE
from core.stages.networks import stem

FORMAT = 2  # of what is kept on disk
FOLDED = "bf16"  # the precision in which matrix units compute, which want the stem folded
CONVERTER = """
import sys
from core.stages.networks import backbones, inference_engine
inference_engine.convert(*sys.argv[1:])
"""  # what the child runs
REFUSED = 3  # the exit status of a child whose last line on stderr is an error as JSON
StageFunction = Callable[[np.ndarray], np.ndarray]


class EngineStage(Protocol):
    """What is asked of a part of a CNN here; `core.stages.networks.backbones` tells what each field means."""

    @property
    def window(self) -> int: ...
    @property
    def ends_at(self) -> str: ...


class EngineBackbone(Protocol):
    """What is asked of a CNN here; `core.stages.networks.backbones` tells what each field means."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def volumetric(self) -> bool: ...
    @property
    def stages(self) -> Sequence[EngineStage]: ...
    def build(self) -> Any: ...


@dataclass(frozen=True)
class CompiledNetwork:
    """A network ready to compute. stages: a function for each stage, from a window of rows to rows, float32."""

    stages: tuple[StageFunction, ...]

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """The features of a short clip at once: uint8 (frames, size, size, 3) -> float32 (steps, channels).

        frames: a multiple of the backbone's frames_per_step. Any number will do, at the price of memory.
        """
        rows = pictures
        for stage in self.stages:
            rows = stage(rows)
        return rows


def release(engine: str) -> str:
    """The release of the library behind an engine, and how it computes the stem: others may round otherwise."""
    release = metadata.version("tensorflow" if engine == "tensorflow-f32" else "openvino")
    return f"{release}, stem folded" if engine == f"openvino-{FOLDED}" else release


def load(backbone: EngineBackbone, engine: str, cache: Path) -> CompiledNetwork:
    """The network, ready to compute. Loaded once in a process, and used from any thread.

    engine: one of settings.ENGINES. cache: the folder for converted networks. WeightsMissing if the backbone has no
    weights here.
    """
    if engine not in ENGINES:
        raise ValueError(f"engine is {engine!r}, expected one of {', '.join(ENGINES)}")
    with _loading:
        return _load(backbone, engine, cache)


_loading = threading.Lock()  # else two threads convert the same network


@lru_cache(maxsize=2)
def _load(backbone: EngineBackbone, engine: str, cache: Path) -> CompiledNetwork:
    if engine == "tensorflow-f32":
        return _network([_in_tensorflow(graph) for graph in _graphs(backbone)], backbone)
    kept = _converted_folder(backbone, cache)
    precision = engine.removeprefix("openvino-")
    try:
        parts = [_in_openvino(kept, index, stage.window, precision) for index, stage in enumerate(backbone.stages)]
    except RuntimeError:  # what is on disk is damaged
        shutil.rmtree(kept, ignore_errors=True)
        _keep(backbone, kept)
        parts = [_in_openvino(kept, index, stage.window, precision) for index, stage in enumerate(backbone.stages)]
    return _network(parts, backbone)


def _network(parts: Sequence[StageFunction], backbone: EngineBackbone) -> CompiledNetwork:
    """A network of these stages. Threads take turns: a window uses all cores by itself, and much memory."""
    turns = Turns()
    stages = zip(parts, backbone.stages, strict=True)
    return CompiledNetwork(tuple(_in_turn(_batched(part, backbone), stage.window, turns) for part, stage in stages))


def _in_turn(part: StageFunction, window: int, turns: "Turns") -> StageFunction:
    def run(rows: np.ndarray) -> np.ndarray:
        with turns.taking(1 if _is_short(len(rows), window) else AT_ONCE):
            return part(rows)

    return run


def _is_short(length: int, window: int) -> bool:
    """Whether as many windows as are computed side by side take no more memory than a full one."""
    return AT_ONCE * length <= window


class Turns:
    """Lets threads compute in the order in which they come: AT_ONCE of them that take a part, or one that takes all."""

    def __init__(self):
        self._waiting = threading.Lock()
        self._places = threading.Semaphore(AT_ONCE)

    @contextmanager
    def taking(self, count: int) -> Iterator[None]:
        """Wait for so many places, and hold them."""
        with self._waiting:
            for _ in range(count):
                self._places.acquire()
        try:
            yield
        finally:
            self._places.release(count)


def _batched(part: StageFunction, backbone: EngineBackbone) -> StageFunction:
    """The same function of rows alone: a network that sees motion wants them as one clip of a batch."""
    return (lambda rows: part(rows[None])[0]) if backbone.volumetric else part


def _in_tensorflow(graph: Any) -> StageFunction:
    return lambda rows: np.array(graph(rows))


def _in_openvino(kept: Path, index: int, window: int, precision: str) -> StageFunction:
    """One stage in OpenVINO, made for windows of one length: the full one, until a short clip brings another.

    A copy for windows of any length would be as fast, but takes twice the memory; making one for a new length takes
    a fifth of a second. Short windows of two clips are computed side by side, each on half of the cores: cores that
    share one window wait for each other.
    """
    openvino, making = _openvino_package(), threading.Lock()
    core, hints = openvino.Core(), _hints(precision)

    @lru_cache(maxsize=1)
    def made(length: int) -> tuple[int, SimpleQueue[Any]]:
        """The axis of the rows, and the requests that are idle."""
        network = core.read_model(kept / f"stage{index}.xml")
        shape = network.inputs[0].partial_shape
        axis = next(axis for axis, size in enumerate(shape) if size.is_dynamic)
        shape[axis] = length
        network.reshape(shape)
        if precision == FOLDED:
            stem.fold(network, openvino.opset13)
        count, idle = AT_ONCE if _is_short(length, window) else 1, SimpleQueue()
        compiled = core.compile_model(network, "CPU", {**hints, "NUM_STREAMS": str(count)})
        for _ in range(count):
            idle.put(compiled.create_infer_request())
        return axis, idle

    axis, _ = made(window)

    def run(rows: np.ndarray) -> np.ndarray:
        with making:
            idle = made(rows.shape[axis])[1]
        request = idle.get()
        try:
            return np.array(request.infer([rows])[0], np.float32)
        finally:
            idle.put(request)

    return run


def _hints(precision: str) -> dict[str, Any]:
    """How OpenVINO is to compute. It is told of threads only where it may use fewer than there are cores."""
    hints: dict[str, Any] = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    threads = settings.current().threads
    return hints | {"INFERENCE_NUM_THREADS": threads} if threads < (os.cpu_count() or 1) else hints


def _graphs(backbone: EngineBackbone) -> list[Any]:
    """Each stage as a TensorFlow function of a window of any length."""
    whole = backbone.build()  # first: without weights it is refused before TensorFlow is loaded
    import keras
    import tensorflow as tf

    def graph(model: Any) -> Any:
        symbol = model.inputs[0]
        shape = [1, None, *symbol.shape[2:]] if backbone.volumetric else [None, *symbol.shape[1:]]
        call = tf.function(lambda rows: model(rows, training=False))
        function = call.get_concrete_function(tf.TensorSpec(shape, symbol.dtype))
        function.model = model  # whose weights TensorFlow would let go of
        return function

    cuts = [whole.get_layer(stage.ends_at).output for stage in backbone.stages[:-1]]
    starts, ends = [whole.inputs[0], *cuts], [*cuts, whole.outputs[0]]
    return [graph(keras.Model(start, end)) for start, end in zip(starts, ends, strict=True)]


def _converted_folder(backbone: EngineBackbone, cache: Path) -> Path:
    """The folder of the converted network, made now if it is not there."""
    release = _openvino_package().__version__.partition("-")[0]
    cuts = "-".join(stage.ends_at for stage in backbone.stages[:-1]) or "whole"
    kept = cache / f"{backbone.name}-{backbone.version}-{cuts}-{release}-{FORMAT}"
    if not kept.exists():
        _keep(backbone, kept)
    return kept


def _openvino_package() -> Any:
    """The package `openvino`, kept from reporting its use to its makers over the network.

    It does so, and leaves files in the home folder, as soon as it is imported beside `openvino_telemetry`. Without
    that package it does neither, so it is made to look as if it were not installed.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # pyright: ignore[reportArgumentType]
    try:
        import openvino
    except ImportError as error:
        raise AnalysisError(
            "OpenVINO is not installed.",
            "Install it with `pip install openvino`, or set KINETOSCOPE_ENGINE=tensorflow-f32.",
        ) from error
    return openvino


def _keep(backbone: EngineBackbone, kept: Path) -> None:
    """Convert the network and put it at `kept`, whole or not at all; if another process was faster, its one stays."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{kept.name}.", suffix=".partial", dir=kept.parent) as folder:
        made = Path(folder, "made")
        _convert_apart(backbone, made)
        with suppress(OSError):  # another process put its own there meanwhile
            made.rename(kept)


def _convert_apart(backbone: EngineBackbone, folder: Path) -> None:
    """Convert in a process of its own: TensorFlow and its memory, over a gigabyte, leave with it."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    child = subprocess.run(
        [sys.executable, "-c", CONVERTER, backbone.name, str(folder)],
        env={**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    text = child.stderr.strip().rpartition("\n")[2]
    if child.returncode == REFUSED:
        error = json.loads(text)
        raise getattr(errors, error["kind"])(error["message"], error["hint"])
    if child.returncode:
        raise AnalysisError(
            f"{backbone.name} cannot be converted for OpenVINO in {folder.parent.parent}: {text or child.returncode}",
            "Check that there is enough disk space and memory, or set KINETOSCOPE_ENGINE=tensorflow-f32.",
        )


def convert(name: str, folder: str) -> None:
    """What the child process does: write the stages of a backbone to `folder`, or say on stderr why not."""
    try:
        _convert(BACKBONES[name], Path(folder))
    except AnalysisError as error:
        texts = {"kind": type(error).__name__, "message": str(error), "hint": error.hint}
        print(json.dumps(texts), file=sys.stderr)
        sys.exit(REFUSED)


def _convert(backbone: EngineBackbone, folder: Path) -> None:
    """Write each stage of the network to stage<number>.xml and .bin in a new `folder`.

    OpenVINO reads a frozen TensorFlow graph by itself, so its Python converter, which knows Keras 2, is not needed.
    """
    openvino, graphs = _openvino_package(), _graphs(backbone)
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    folder.mkdir()
    frozen = folder.with_suffix(".pb")
    for index, graph in enumerate(graphs):
        frozen.write_bytes(convert_variables_to_constants_v2(graph).graph.as_graph_def().SerializeToString())
        openvino.save_model(openvino.Core().read_model(frozen), folder / f"stage{index}.xml", compress_to_fp16=False)
