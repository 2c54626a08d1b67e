"""Keras files that strangers made: checked before Keras opens them."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from core.base.errors import FormatInvalid, WeightsMissing

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


_MEMBERS = {"config.json", "metadata.json", "model.weights.h5"}
_CONFIG_BYTES = 4 * 2**20


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
        with zipfile.ZipFile(path) as archive:
            members = {member.filename: member.file_size for member in archive.infolist()}
            if set(members) != _MEMBERS or members["config.json"] > _CONFIG_BYTES:
                raise FormatInvalid(f"{path}: expected {sorted(_MEMBERS)}, got {sorted(members)[:8]}.")
            config = json.loads(archive.read("config.json"))
    except (zipfile.BadZipFile, ValueError) as error:
        raise FormatInvalid(
            f"{path} is not a Keras file: {error}.", "Train the model again, or download it again."
        ) from error
    strangers = sorted({name for name in _classes(config) if name not in LAYERS + _PARTS})
    if strangers:
        raise FormatInvalid(
            f"{path}: expected layers of {', '.join(LAYERS)}, got {', '.join(strangers)}.",
            "Only networks trained by this program can be loaded.",
        )


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
