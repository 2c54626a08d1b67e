"""One network, two engines, the same numbers; and what is kept on disk is whole."""

import gc
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.base.errors import AnalysisError, WeightsMissing
from core.stages.networks import inference_engine, stem
from core.stages.networks.backbones import BACKBONES, Stage

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("i3d-kinetics400", "efficientnet-lite0")
needs_openvino = pytest.mark.skipif(find_spec("openvino") is None, reason="OpenVINO is not installed")
# The largest difference allowed, as a part of the largest feature, and between two scores (0 to 1).
TOLERANCE = {"openvino-f32": (1e-4, 1e-3), "openvino-bf16": (0.12, 0.06)}


FRAMES = {"i3d-kinetics400": 24, "efficientnet-lite0": 4}


def moving_picture(frame_count: int, size_px: int = 224) -> np.ndarray:
    """(frames, size, size, 3) uint8: soft coloured waves that drift, so that neither space nor time is flat."""
    across = np.arange(size_px) / size_px
    time = np.arange(frame_count)[:, None, None]
    waves = [
        np.sin(6.3 * (k * across[None, None, :] + (3 - k) * across[None, :, None]) + 0.3 * (k + 1) * time)
        for k in range(3)
    ]
    return (127.5 + 120 * np.stack(waves, axis=-1)).astype(np.uint8)


def scores(backbone: Any, values: np.ndarray) -> np.ndarray:
    kernel, bias = backbone.classifier()
    raised = np.exp(values @ kernel + bias)
    return raised / raised.sum(axis=1, keepdims=True)


@needs_openvino
@pytest.mark.parametrize("name", SHIPPED)
def test_both_engines_give_the_same_features_and_scores(name, networks):
    backbone = BACKBONES[name]
    chunk = moving_picture(FRAMES[name])
    truth = inference_engine.load(backbone, "tensorflow-f32", networks)(chunk)
    assert truth.shape == (FRAMES[name] // backbone.frames_per_step, backbone.channels)
    assert truth.dtype == np.float32
    for chosen, (of_features, of_scores) in TOLERANCE.items():
        values = inference_engine.load(backbone, chosen, networks)(chunk)
        assert values.dtype == np.float32 and values.shape == truth.shape
        assert np.abs(values - truth).max() <= of_features * np.abs(truth).max(), chosen
        assert np.abs(scores(backbone, values) - scores(backbone, truth)).max() <= of_scores, chosen


@needs_openvino
@pytest.mark.parametrize(("size", "pixels"), [(7, 8), (3, 6), (2, 4)])
def test_a_folded_stem_gives_the_sums_of_the_one_it_replaces(size, pixels):
    import openvino
    from openvino import opset13 as ops

    random = np.random.default_rng(size)
    pictures = random.normal(size=(1, 3, pixels, 8, 10)).astype(np.float32)
    kernel = random.normal(size=(5, 3, size, size, size)).astype(np.float32)

    def network() -> Any:
        rows = ops.parameter(pictures.shape, np.float32)
        sums = ops.convolution(rows, ops.constant(kernel), [2] * 3, [0] * 3, [0] * 3, [1] * 3, "same_upper")
        return openvino.Model([ops.relu(sums)], [rows])

    plain, folded = network(), network()
    stem.fold(folded, ops)
    assert "SpaceToDepth" in {node.get_type_name() for node in folded.get_ordered_ops()}
    hints = {"INFERENCE_PRECISION_HINT": "f32"}
    expected, values = (openvino.Core().compile_model(part, "CPU", hints)([pictures])[0] for part in (plain, folded))
    np.testing.assert_allclose(values, expected, rtol=0, atol=1e-4 * np.abs(expected).max())


@needs_openvino
def test_a_stem_over_an_odd_number_of_pixels_stays_as_it_is():
    import openvino
    from openvino import opset13 as ops

    rows, kernel = ops.parameter([1, 3, 7, 8, 8], np.float32), np.ones((2, 3, 7, 7, 7), np.float32)
    sums = ops.convolution(rows, ops.constant(kernel), [2] * 3, [0] * 3, [0] * 3, [1] * 3, "same_upper")
    network = openvino.Model([sums], [rows])
    stem.fold(network, ops)
    assert "SpaceToDepth" not in {node.get_type_name() for node in network.get_ordered_ops()}


@needs_openvino
def test_results_of_earlier_windows_stay_as_they_were(networks):
    run = inference_engine.load(BACKBONES["efficientnet-lite0"], "openvino-f32", networks)
    first = run(moving_picture(4))
    kept = first.copy()
    run(255 - moving_picture(4))
    np.testing.assert_array_equal(first, kept)


@needs_openvino
def test_threads_that_use_one_network_get_what_each_would_get_alone(networks):
    run = inference_engine.load(BACKBONES["efficientnet-lite0"], "openvino-f32", networks)
    pictures = [np.roll(moving_picture(4), number, axis=0) for number in range(12)]
    alone = [run(picture) for picture in pictures]
    with ThreadPoolExecutor(4) as pool:
        for values, expected in zip(pool.map(run, pictures), alone, strict=True):
            np.testing.assert_array_equal(values, expected)


def test_short_windows_are_computed_two_at_a_time_and_a_full_one_alone():
    turns, together, held, alone = inference_engine.Turns(), threading.Barrier(2, timeout=60), [], []

    def short() -> None:
        with turns.taking(1):
            together.wait()  # for the other, which is at it too

    def full() -> None:
        with turns.taking(inference_engine.AT_ONCE):
            alone.append(not held)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _number: short(), range(2)))
        with turns.taking(1):
            held.append("a short window")
            waiting = pool.submit(full)
            wait([waiting], timeout=0.3)  # if it does not wait it is through by now
            held.clear()
        waiting.result()
    assert alone == [True]


def test_a_network_that_is_cut_elsewhere_is_converted_anew(tmp_path, monkeypatch):
    """What was converted for other stages must not be taken for this one."""
    made = []
    monkeypatch.setattr(inference_engine, "_keep", lambda _backbone, kept: (made.append(kept), kept.mkdir()))
    whole = BACKBONES["efficientnet-lite0"]
    parted = replace(whole, stages=(Stage(4, ends_at="here"), Stage(4)))
    elsewhere = replace(whole, stages=(Stage(4, ends_at="there"), Stage(4)))
    for backbone in (whole, parted, elsewhere, whole, parted):
        assert inference_engine._converted_folder(backbone, tmp_path).is_dir()
    assert len(made) == len(set(made)) == 3


@needs_openvino
def test_a_kept_network_needs_no_tensorflow_and_tells_nobody(networks, tmp_path):
    inference_engine.load(BACKBONES["efficientnet-lite0"], "openvino-f32", networks)
    ask = f"""
import sys
from pathlib import Path
import numpy as np
from core.stages.networks import inference_engine, stem
from core.stages.networks.backbones import BACKBONES, Stage
run = inference_engine.load(BACKBONES["efficientnet-lite0"], "openvino-f32", Path({str(networks)!r}))
print(run(np.zeros((32, 224, 224, 3), np.uint8)).shape, "tensorflow" in sys.modules, "keras" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env={**os.environ, "HOME": str(tmp_path)}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "(32, 1280) False False"
    assert not list(tmp_path.iterdir()), "OpenVINO left files for its makers in the home folder"


@dataclass(frozen=True)
class Tiny:
    """A network of one layer."""

    name: str = "tiny"
    version: int = 1
    volumetric: bool = False
    stages: tuple[Stage, ...] = (Stage(2),)

    def build(self) -> Any:
        import keras

        picture = keras.Input((4, 4, 3), dtype="uint8")
        return keras.Model(picture, keras.layers.GlobalAveragePooling2D()(keras.layers.Rescaling(1.0)(picture)))


@dataclass(frozen=True)
class Weighed(Tiny):
    """A network of one layer with weights."""

    def build(self) -> Any:
        import keras

        values = keras.Input((4,))
        return keras.Model(values, keras.layers.Dense(2, kernel_initializer="ones")(values))


def test_a_graph_keeps_the_weights_of_its_model():
    """TensorFlow lets go of them with the model, which no one else holds; Python 3.12 collects it before it is used."""
    (graph,) = inference_engine._graphs(Weighed())
    gc.collect()
    np.testing.assert_array_equal(
        inference_engine._in_tensorflow(graph)(np.ones((3, 4), np.float32)), np.full((3, 2), 4)
    )


TINY = """
import sys
from core.stages.networks import inference_engine, stem
from core.base.registry import BACKBONES
from tests.stages.test_inference_engine import Tiny
BACKBONES.add(sys.argv[1], Tiny(name=sys.argv[1]))
"""
CONVERT = TINY + "inference_engine.convert(*sys.argv[1:])"


@pytest.fixture(scope="module")
def tiny_made(tmp_path_factory) -> Path:
    """Tiny as the process that converts leaves it."""
    kept = tmp_path_factory.mktemp("tiny") / "kept"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inference_engine, "CONVERTER", CONVERT)
        inference_engine._keep(Tiny(), kept)
    return kept


@pytest.fixture
def tiny_in_child(monkeypatch, tiny_made):
    """Lets the process that converts know Tiny: it gives what converting gave before, without TensorFlow."""
    copy = f"import shutil, sys; shutil.copytree({str(tiny_made)!r}, sys.argv[2])"
    monkeypatch.setattr(inference_engine, "CONVERTER", copy)


@needs_openvino
def test_several_that_convert_at_once_leave_one_whole_network(tmp_path, tiny_in_child):
    kept = tmp_path / "cache" / "tiny"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: inference_engine._keep(Tiny(), kept), range(8)))
    assert [path.name for path in kept.parent.iterdir()] == ["tiny"]
    assert sorted(path.name for path in kept.iterdir()) == ["stage0.bin", "stage0.xml"]


@needs_openvino
def test_a_conversion_that_fails_leaves_nothing(tmp_path, tiny_in_child, monkeypatch):
    full = f"{inference_engine.CONVERTER}\nraise RuntimeError('No space left on device')"
    monkeypatch.setattr(inference_engine, "CONVERTER", full)
    with pytest.raises(AnalysisError, match="No space left") as caught:
        inference_engine.load(Tiny(), "openvino-f32", tmp_path)
    assert "disk space" in caught.value.hint
    assert not list(tmp_path.iterdir())


@needs_openvino
def test_missing_weights_are_told_as_such_by_the_process_that_converts(tmp_path, monkeypatch):
    missing = "from core.base.errors import WeightsMissing\nfrom tests.stages.test_inference_engine import Tiny\n"
    missing += "def build(self): raise WeightsMissing('No weights.', 'Get them.')\nTiny.build = build\n"
    monkeypatch.setattr(inference_engine, "CONVERTER", missing + CONVERT)
    with pytest.raises(WeightsMissing, match=r"No weights\.") as caught:
        inference_engine.load(Tiny(name="tiny-weightless"), "openvino-f32", tmp_path)
    assert caught.value.hint == "Get them."


@needs_openvino
@pytest.mark.parametrize("damage", ["cut", "gone"])
def test_a_damaged_network_on_disk_is_made_anew(tmp_path, damage, tiny_in_child):
    tiny = Tiny(name=f"tiny-{damage}")
    inference_engine.load(tiny, "openvino-f32", tmp_path)
    (kept,) = tmp_path.iterdir()
    if damage == "cut":
        (kept / "stage0.xml").write_text("<net")
    else:
        (kept / "stage0.xml").unlink()
    inference_engine._load.cache_clear()
    pictures = np.full((2, 4, 4, 3), 7, np.uint8)
    np.testing.assert_allclose(inference_engine.load(tiny, "openvino-f32", tmp_path)(pictures), np.full((2, 3), 7))


def test_tensorflow_alone_is_enough(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    pictures = np.stack([np.full((4, 4, 3), value, np.uint8) for value in (3, 200)])
    run = inference_engine.load(Tiny(name="tiny-tensorflow"), "tensorflow-f32", tmp_path)
    np.testing.assert_allclose(run(pictures), [[3] * 3, [200] * 3])
    assert not list(tmp_path.iterdir())


def test_openvino_that_is_asked_for_but_missing_is_an_error_in_words(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(AnalysisError, match="not installed") as caught:
        inference_engine.load(Tiny(name="tiny-missing"), "openvino-f32", tmp_path)
    assert "tensorflow-f32" in caught.value.hint


def test_an_unknown_engine_is_named(tmp_path):
    with pytest.raises(ValueError, match="openvino-int8"):
        inference_engine.load(Tiny(), "openvino-int8", tmp_path)
