"""Keras files that strangers made: checked before Keras opens them."""

import hashlib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.base import zip_files
from core.base.errors import FormatInvalid, WeightsMissing
from core.domain import serialization

LAYERS = ("InputLayer", "Normalization", "Dropout", "Bidirectional", "GRU", "LSTM", "Dense", "Embedding")
_PARTS = (
    "Functional",
    "__keras_tensor__",
    "DTypePolicy",
    "GlorotUniform",
    "Orthogonal",
    "OrthogonalInitializer",
    "Zeros",
)


LARGEST = {"config.json": 4 * 2**20, "metadata.json": 2**16, "model.weights.h5": 2**29}  # bytes
MOST_LAYERS = 100
MOST_WEIGHTS = 2**27  # numbers, 512 MiB
GATES = {"GRU": 3, "LSTM": 4, "Dense": 1}
AGAIN = "Train the model again, or download it again."


def check_file(path: Path, sha256: str) -> None:
    """Refuse a file that is missing, is not the one that was named, or holds anything but our layers."""
    if not path.is_file():
        raise WeightsMissing(
            f"The network file {path} is missing.", "Restore the complete folder of the model, or train it again."
        )
    got = hashlib.sha256(path.read_bytes()).hexdigest()
    if got != sha256:
        raise FormatInvalid(
            f"{path}: expected SHA-256 {sha256 or '(none)'}, got {got}.",
            "The file changed after its card was written. Restore the original, or train the model again.",
        )
    try:
        with zip_files.opened(path) as archive:
            text = _config(archive, path)
    except (zipfile.BadZipFile, UnicodeDecodeError) as error:
        raise FormatInvalid(f"{path} is not a Keras file: {error}.", AGAIN) from error
    config = serialization.plain_value(text, source=f"{path}, config.json")
    strangers = sorted({name for name in _classes(config) if name not in LAYERS + _PARTS})
    if strangers:
        raise FormatInvalid(
            f"{path}: expected layers of {', '.join(LAYERS)}, got {', '.join(strangers)}.",
            "Only networks trained by this program can be loaded.",
        )
    _check_size(config, path)


def _config(archive: zipfile.ZipFile, path: Path) -> str:
    """The configuration in a Keras file whose members are those that there must be, none of them too large."""
    members = {member.filename: member for member in archive.infolist()}
    if set(members) != set(LARGEST) or len(archive.infolist()) != len(LARGEST):
        raise FormatInvalid(f"{path}: expected {sorted(LARGEST)}, got {sorted(members)[:8]}.", AGAIN)
    for name, most in LARGEST.items():
        if members[name].file_size > most:
            got = members[name].file_size
            raise FormatInvalid(f"{path}: expected at most {most} bytes in {name}, got {got}.", AGAIN)
    return zip_files.content(archive, members["config.json"]).decode()


def _check_size(config: Any, path: Path) -> None:
    """Refuse a configuration whose layers would take too much memory, before Keras makes any of them."""
    layers = [(kind, given) for kind, given in _layers(config) if kind in LAYERS]
    if len(layers) > MOST_LAYERS:
        raise FormatInvalid(f"{path}: expected at most {MOST_LAYERS} layers, got {len(layers)}.", AGAIN)
    widths = [_width(given, path) for kind, given in layers if kind == "InputLayer"]
    sizes = [(kind, _count(given, "units", path)) for kind, given in layers if kind in GATES]
    tables = [
        (_count(given, "input_dim", path), _count(given, "output_dim", path))
        for kind, given in layers
        if kind == "Embedding"
    ]
    widest = max([*widths, *(2 * units for _, units in sizes), *(width for _, width in tables), 1])
    weights = sum(rows * width for rows, width in tables)
    weights += sum(GATES[kind] * units * (widest + units + 2) for kind, units in sizes)  # at most
    if weights > MOST_WEIGHTS:
        raise FormatInvalid(f"{path}: expected layers of at most {MOST_WEIGHTS} weights, got up to {weights}.", AGAIN)


def _width(given: dict[str, Any], path: Path) -> int:
    """The features of an input (N, T, D) whose N and T are open; 1 for (N, T)."""
    shape = given.get("batch_shape")
    if not isinstance(shape, list) or shape[:2] != [None, None] or len(shape) > 3:
        raise FormatInvalid(f"{path}: expected inputs of [null, null, D], got {str(shape)[:80]}.", AGAIN)
    return _number(shape[2], "batch_shape", path) if len(shape) == 3 else 1


def _count(given: dict[str, Any], name: str, path: Path) -> int:
    if any(given.get(option) for option in ("stateful", "unroll", "lora_rank")):
        raise FormatInvalid(f"{path}: expected no stateful, unrolled or adapted layers, got one.", AGAIN)
    return _number(given.get(name), name, path)


def _number(got: Any, name: str, path: Path) -> int:
    if not isinstance(got, int) or isinstance(got, bool) or not 1 <= got <= MOST_WEIGHTS:
        raise FormatInvalid(f"{path}: expected 1 to {MOST_WEIGHTS} as {name} of a layer, got {str(got)[:80]}.", AGAIN)
    return got


def _layers(config: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The class and the settings of each object in a configuration."""
    if isinstance(config, dict):
        if "class_name" in config:
            given = config.get("config")
            yield str(config["class_name"]), given if isinstance(given, dict) else {}
        for value in config.values():
            yield from _layers(value)
    elif isinstance(config, list):
        for value in config:
            yield from _layers(value)


def _classes(config: Any) -> Iterator[str]:
    """Each class that a Keras configuration would make; one from outside Keras carries its module in its name."""
    if isinstance(config, dict):
        if "class_name" in config:
            module = str(config.get("module") or "keras")
            inside = module in ("builtins", "keras") or module.startswith(("keras.", "keras_"))
            known = config.get("registered_name") in (None, config["class_name"])
            yield str(config["class_name"]) if inside and known else f"{module}.{config['class_name']}"
        for value in config.values():
            yield from _classes(value)
    elif isinstance(config, list):
        for value in config:
            yield from _classes(value)
