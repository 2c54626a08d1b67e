"""The CNNs compute what their papers say, and clips of any length, rate and size become the right steps."""

import json
import re
import threading
import weakref
from dataclasses import replace
from fractions import Fraction
from functools import partial
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from core.base import settings
from core.base.errors import Cancelled, FormatInvalid, VideoUnreadable, WeightsMissing
from core.domain import Frame
from core.stages.networks import inference_engine
from core.stages.networks.backbones import (
    BACKBONES,
    Backbone,
    Stage,
    covering,
    features,
    grid,
    keras_applications,
    squared,
)
from pages.ui.common.pickers import backbone_menu

SHIPPED = ("i3d-kinetics400", "efficientnet-lite0")
# How far scores (0 to 1) may move because a long clip is computed in windows; see `features`.
WINDOW_TOLERANCE = 1e-3


# The grid -------------------------------------------------------------------------------------------------------------


def frames_at(times_s, size_px: int = 4) -> list[Frame]:
    return [Frame(i, float(time), np.full((size_px, size_px, 3), i % 256, np.uint8)) for i, time in enumerate(times_s)]


def shown(times_s, rate_hz=25) -> list[tuple[int, float]]:
    return [(frame.index, round(frame.time_s, 6)) for frame in grid(frames_at(times_s), Fraction(rate_hz))]


def test_grid_of_the_same_rate_changes_nothing():
    times_s = [i / 25 for i in range(40)]
    assert shown(times_s) == [(i, round(time, 6)) for i, time in enumerate(times_s)]


def test_grid_of_half_the_rate_takes_every_other_frame():
    assert shown([i / 50 for i in range(6)]) == [(0, 0.0), (2, 0.04), (4, 0.08)]


def test_grid_of_twice_the_rate_shows_each_frame_twice():
    assert shown([0, 0.08, 0.16]) == [(0, 0.0), (0, 0.04), (1, 0.08), (1, 0.12), (2, 0.16), (2, 0.20)]


def test_grid_shows_what_is_on_screen_at_a_variable_rate():
    assert shown([0, 0.01, 0.1, 0.13], 20) == [(0, 0.0), (1, 0.05), (2, 0.1), (3, 0.15)]


def test_grid_begins_with_the_first_frame_of_a_trimmed_clip():
    assert shown([3.3, 3.34]) == [(0, 3.3), (1, 3.34)]


def test_grid_forgives_clocks_that_are_rounded_to_milliseconds():
    jittered = [0, 0.0405, 0.0797, 0.1204, 0.16]
    assert [index for index, _ in shown(jittered)] == [0, 1, 2, 3, 4]


def test_grid_shows_a_lone_frame_once_and_nothing_never():
    assert shown([5.0]) == [(0, 5.0)]
    assert shown([]) == []


def test_no_rate_leaves_frames_as_they_are():
    frames = frames_at([0, 0.3, 0.35])
    assert list(grid(frames, None)) == frames


# Steps from windows ---------------------------------------------------------------------------------------------------

TWO_STAGES = (Stage(32, stride=4, before=8, after=12, ends_at="middle"), Stage(14, stride=2, before=2, after=4))


def fake(**facts: Any) -> Backbone:
    """A backbone of which only the numbers matter."""
    chosen = {
        "name": "fake",
        "title": "Fake",
        "version": 1,
        "size_px": 4,
        "rate_hz": Fraction(25),
        "channels": 1,
        "stages": TWO_STAGES,
        "make": lambda _: None,
    }
    return Backbone(**{**chosen, **facts})


def reaching(rows: np.ndarray, stage: Stage) -> np.ndarray:
    """An output row for each `stride` rows: a sum over all rows it may reach, weighted so that none can be mixed up.

    rows: (n,) float64. Beyond both ends there is nothing, as with zero padding.
    """
    padded = np.pad(rows, (stage.before, stage.after))
    size = stage.before + stage.stride + stage.after
    weights = np.cos(np.arange(size) * 1.7)
    return np.array([padded[at : at + size] @ weights for at in range(0, len(rows) - stage.stride + 1, stage.stride)])


class Reaching:
    """Runs stages that do nothing but reach as far as they state, and remembers the windows it was given."""

    def __init__(self, stages=TWO_STAGES):
        self.windows: list[list[int]] = [[] for _ in stages]
        self.stages = [partial(self.run, place, stage) for place, stage in enumerate(stages)]

    def run(self, place: int, stage: Stage, rows: np.ndarray) -> np.ndarray:
        self.windows[place].append(len(rows))
        return reaching(rows.reshape(len(rows), -1).mean(axis=1, dtype=np.float64), stage)[:, None].astype(np.float32)


def clip_of(count: int) -> list[Frame]:
    """Frames whose brightness never repeats within a window."""
    return [Frame(i, i / 25, np.full((4, 4, 3), 97 * i % 251, np.uint8)) for i in range(count)]


def at_once(count: int, stages=TWO_STAGES) -> np.ndarray:
    """What windows must amount to: each stage over the whole clip, which ends on a held frame if need be."""
    per_step = int(np.prod([stage.stride for stage in stages]))
    steps = max(1, (count + per_step // 2) // per_step)
    held = np.minimum(np.arange(-(-count // per_step) * per_step), count - 1)
    rows = (97 * held % 251).astype(np.float64)
    for stage in stages:
        rows = reaching(rows, stage)
    return rows[:steps]


class Single:
    """Gives the mean of each picture."""

    stages = (lambda pictures: pictures.reshape(len(pictures), -1).mean(axis=1, keepdims=True).astype(np.float32),)


@pytest.mark.parametrize(
    "count", [1, 7, 8, 11, 12, 24, 31, 32, 33, 36, 40, 48, 51, 52, 79, 80, 81, 128, 200, 255, 1000]
)
def test_windows_give_what_the_whole_clip_gives_at_once(count):
    run = Reaching()
    found = features(fake(), clip_of(count), run)
    np.testing.assert_allclose(found.values[:, 0], at_once(count), rtol=1e-4, atol=1e-2)
    assert found.values.shape == (max(1, (count + 4) // 8), 1) and found.values.dtype == np.float32
    assert found.seen_s == (0, pytest.approx(count / 25))
    for stage, lengths, rows in zip(TWO_STAGES, run.windows, (-(-count // 8) * 8, -(-count // 8) * 2), strict=True):
        assert set(lengths) == {min(stage.window, rows)}, "one length, whole windows wherever the clip is long enough"


def test_no_more_windows_are_computed_than_needed():
    run = Reaching()
    features(fake(), clip_of(20 + 10 * 12 + 12), run)
    assert len(run.windows[0]) == 12  # 20 frames from the first, 12 from each other, 12 more from the end of the last


def test_a_step_is_timed_at_its_middle_on_the_clock_of_the_source():
    found = features(fake(), frames_at(2.5 + np.arange(20) / 25), Reaching())
    np.testing.assert_allclose(found.times_s, [2.66, 2.98, 3.22])  # the last step has 4 frames
    assert found.seen_s == (2.5, pytest.approx(3.3))


def test_single_pictures_are_timed_by_their_own_frames():
    each = fake(stages=(Stage(3),), rate_hz=None)
    found = features(each, frames_at([0, 0.1, 0.5, 0.6, 1.0]), Single())
    np.testing.assert_allclose(found.values[:, 0], np.arange(5))
    np.testing.assert_allclose(found.times_s, [0.05, 0.3, 0.55, 0.8, 1.2])


def test_no_frame_is_an_error_in_words():
    with pytest.raises(VideoUnreadable) as caught:
        features(fake(), [], Reaching())
    assert caught.value.hint


def test_progress_is_told_and_reaches_the_end():
    told = []
    features(fake(), clip_of(200), Reaching(), report=lambda *what: told.append(what), total=200)
    done = [what[0] for what in told]
    assert done == sorted(done) and told[-1][:2] == (200, 200) and len(told) > 3


def test_cancelling_stops_it_and_leaves_no_thread():
    def report(done, _total, _message):
        if done:
            raise Cancelled

    before = threading.active_count()
    with pytest.raises(Cancelled):
        features(fake(), clip_of(400), Reaching(), report=report)
    assert threading.active_count() == before


def test_an_error_of_the_network_is_not_swallowed():
    def broken(_chunk):
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        features(fake(), clip_of(40), SimpleNamespace(stages=(broken, broken)))


def test_only_a_window_of_frames_is_held_at_a_time():
    held, most = weakref.WeakSet(), []

    class Picture(np.ndarray):
        """An array that a weak set can hold."""

        def __hash__(self):
            return id(self)

        def __eq__(self, other):
            return self is other

    def frames():
        for i in range(600):
            image = np.zeros((4, 4, 3), np.uint8).view(Picture)
            held.add(image)
            most.append(len(held))
            yield Frame(i, i / 25, image)

    features(fake(), frames(), Reaching())
    assert 32 <= max(most) <= 32 + 4


# Pictures -------------------------------------------------------------------------------------------------------------


def test_the_square_is_cut_from_the_middle():
    image = np.zeros((100, 300, 3), np.uint8)
    image[:, 100:200] = 200
    np.testing.assert_array_equal(squared(image, 50), np.full((50, 50, 3), 200))
    np.testing.assert_array_equal(squared(image.transpose(1, 0, 2), 50), np.full((50, 50, 3), 200))


def test_shrinking_takes_means_and_a_fitting_picture_is_left_alone():
    board = np.indices((8, 8)).sum(axis=0) % 2 * 200
    image = np.repeat(board[..., None], 3, axis=2).astype(np.uint8)
    np.testing.assert_array_equal(squared(image, 4), np.full((4, 4, 3), 100))
    np.testing.assert_array_equal(squared(image, 8), image)
    assert squared(image, 16).shape == (16, 16, 3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((1920, 1080), (398, 224)), ((1080, 1920), (224, 398)), ((320, 240), (299, 224)), ((180, 144), (180, 144))],
)
def test_a_decoder_need_not_make_pictures_larger_than_the_square_asks(size, expected):
    assert covering(*size, 224) == expected


# The definitions ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=SHIPPED)
def built(request) -> SimpleNamespace:
    """A shipped backbone with its Keras model."""
    backbone = BACKBONES[request.param]
    return SimpleNamespace(backbone=backbone, model=backbone.build())


@pytest.mark.parametrize("name", BACKBONES)
def test_each_backbone_is_defined_soundly(name):
    backbone = BACKBONES[name]
    assert backbone.name == name and re.fullmatch(r"[a-z0-9-]+", name)
    assert backbone.title and backbone.version >= 1 and backbone.channels > 0 and backbone.size_px > 0
    assert backbone.frames_per_step == (8 if backbone.volumetric else 1)
    assert backbone.hint


@pytest.mark.parametrize("scaling", ["tf", "torch", "caffe"])
def test_pictures_are_scaled_as_keras_scales_them_for_its_networks(scaling: str):
    import keras

    picture = np.random.default_rng(0).integers(0, 256, (1, 6, 5, 3), dtype=np.uint8)
    start = keras.Input((6, 5, 3), dtype="uint8")
    scaled = keras.Model(start, keras_applications._scaled(start, scaling))(picture)
    expected = keras.applications.imagenet_utils.preprocess_input(picture.astype(np.float32), mode=scaling)
    assert np.abs(np.asarray(scaled) - expected).max() < 1e-4


def test_pictures_stay_as_they_are_for_networks_that_scale_by_themselves():
    import keras

    picture = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3)
    start = keras.Input((4, 4, 3), dtype="uint8")
    assert np.array_equal(keras.Model(start, keras_applications._scaled(start, ""))(picture), picture)


def test_a_shipped_backbone_gives_what_it_states(built):
    backbone, model = built.backbone, built.model
    frames = (2 * backbone.frames_per_step,)
    shape = (1, *frames, 224, 224, 3) if backbone.volumetric else (*frames, 224, 224, 3)
    values = np.asarray(model(np.zeros(shape, np.uint8), training=False))
    assert values.shape == ((1, 2, backbone.channels) if backbone.volumetric else (2, backbone.channels))
    kernel, bias = backbone.classifier()
    assert kernel.shape == (backbone.channels, len(backbone.labels())) and bias.shape == kernel.shape[1:]
    assert kernel.dtype == bias.dtype == np.float32


def test_layers_are_flat_with_plain_names(built):
    import keras

    assert not [layer.name for layer in built.model.layers if isinstance(layer, keras.Model)]
    assert all(re.fullmatch(r"[a-z0-9_]+", layer.name) for layer in built.model.layers)


def test_every_stored_number_is_used(built):
    stored = {name.rpartition(".")[0] for name in built.backbone.arrays()} - {"classifier"}
    used = {layer.name.rpartition("_")[0] for layer in built.model.layers if layer.weights}
    assert stored == used
    count = sum(np.prod(weight.shape) for weight in built.model.weights)
    kernel, bias = built.backbone.classifier()
    card = json.loads((built.backbone.folder / "card.json").read_text())
    assert count + kernel.size + bias.size == card["parameters"]


# The arithmetic, done again by hand -----------------------------------------------------------------------------------


def same(start: int, size: int, count: int, stride: int) -> range:
    """Where window number `start` of TensorFlow's SAME padding lies on an axis; parts may be outside."""
    missing = max((-(-count // stride) - 1) * stride + size - count, 0)
    first = start * stride - missing // 2
    return range(first, first + size)


def patch(values: np.ndarray, place: tuple[int, ...], sizes: tuple[int, ...], stride: int, fill: float) -> np.ndarray:
    """The window under one output, with `fill` where it hangs over the edge. values: (*axes, channels)."""
    for axis, (start, size) in enumerate(zip(place, sizes, strict=True)):
        count = values.shape[axis]
        where = same(start, size, count, stride)
        inside = values.take([at for at in where if 0 <= at < count], axis=axis)
        before, after = sum(at < 0 for at in where), sum(at >= count for at in where)
        widths = [(0, 0)] * values.ndim
        widths[axis] = (before, after)
        values = np.pad(inside, widths, constant_values=fill)
    return values


def normed(value: np.ndarray, arrays: dict[str, np.ndarray], unit: str) -> np.ndarray:
    """Batch norm with epsilon 1e-3; I3D's has no scale."""
    scale = arrays.get(f"{unit}.gamma", 1.0) / np.sqrt(arrays[f"{unit}.variance"] + 1e-3)
    return (value - arrays[f"{unit}.mean"]) * scale + arrays[f"{unit}.beta"]


def layer_values(model: Any, names: list[str], pictures: np.ndarray) -> list[np.ndarray]:
    import keras

    part = keras.Model(model.inputs, [model.get_layer(name).output for name in names])
    return [np.asarray(values)[0] for values in part([pictures], training=False)]


@pytest.fixture(scope="module")
def i3d_layers() -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    backbone = BACKBONES["i3d-kinetics400"]
    clip = np.random.default_rng(3).integers(0, 256, (16, 224, 224, 3), dtype=np.uint8)
    names = ["conv3d_1a_7x7", "maxpool3d_2a_3x3", "mixed_4f", "maxpool3d_5a_2x2", "mixed_5b"]
    return backbone.arrays(), dict(zip(names, layer_values(backbone.build(), names, clip[None]), strict=True)), clip


@pytest.mark.parametrize("place", [(0, 0, 0), (3, 50, 61), (7, 111, 111), (0, 111, 5)])
def test_i3d_begins_with_a_same_padded_convolution_and_batch_norm(i3d_layers, place):
    arrays, layers, clip = i3d_layers
    window = patch(clip / 127.5 - 1, place, (7, 7, 7), 2, fill=0.0)  # (7, 7, 7, 3)
    by_hand = np.einsum("tyxc,tyxcd->d", window, arrays["conv3d_1a_7x7.kernel"])
    by_hand = np.maximum(normed(by_hand, arrays, "conv3d_1a_7x7"), 0)
    np.testing.assert_allclose(layers["conv3d_1a_7x7"][place], by_hand, atol=2e-5)


@pytest.mark.parametrize("place", [(0, 0, 0), (4, 30, 55), (7, 55, 55)])
def test_i3d_pools_with_same_padding(i3d_layers, place):
    _, layers, _ = i3d_layers
    time, *rest = place
    window = patch(layers["conv3d_1a_7x7"][time], tuple(rest), (3, 3), 2, fill=-np.inf)
    np.testing.assert_array_equal(layers["maxpool3d_2a_3x3"][place], window.max(axis=(0, 1)))
    halves = layers["mixed_4f"]  # (4, 14, 14, 832)
    assert layers["maxpool3d_5a_2x2"].shape == (2, 7, 7, 832)
    np.testing.assert_array_equal(layers["maxpool3d_5a_2x2"][1, 6, 6], halves[2:4, 12:14, 12:14].max(axis=(0, 1, 2)))


@pytest.mark.parametrize("place", [(0, 0, 0), (1, 3, 4), (1, 6, 6)])
def test_an_inception_block_of_i3d_has_its_four_branches(i3d_layers, place):
    arrays, layers, _ = i3d_layers
    source = layers["maxpool3d_5a_2x2"]

    def unit(values: np.ndarray, name: str) -> np.ndarray:
        name = f"mixed_5b_{name}"
        return np.maximum(
            normed(np.einsum("...c,cd->...d", values, arrays[f"{name}.kernel"][0, 0, 0]), arrays, name), 0
        )

    def wide(values: np.ndarray, name: str) -> np.ndarray:
        name = f"mixed_5b_{name}"
        summed = np.einsum("tyxc,tyxcd->d", patch(values, place, (3, 3, 3), 1, 0.0), arrays[f"{name}.kernel"])
        return np.maximum(normed(summed, arrays, name), 0)

    pooled = patch(source, place, (3, 3, 3), 1, fill=-np.inf).max(axis=(0, 1, 2))
    by_hand = [
        unit(source[place], "branch_0_conv3d_0a_1x1"),
        wide(unit(source, "branch_1_conv3d_0a_1x1"), "branch_1_conv3d_0b_3x3"),
        wide(unit(source, "branch_2_conv3d_0a_1x1"), "branch_2_conv3d_0b_3x3"),
        unit(pooled, "branch_3_conv3d_0b_1x1"),
    ]
    np.testing.assert_allclose(layers["mixed_5b"][place], np.concatenate(by_hand), atol=1e-4)


def test_efficientnet_convolves_with_same_padding_and_batch_norm():
    backbone = BACKBONES["efficientnet-lite0"]
    arrays = backbone.arrays()
    picture = np.random.default_rng(4).integers(0, 256, (224, 224, 3), dtype=np.uint8)
    names = ["stem", "block_1_expand", "block_1_depthwise", "block_1_project_bn", "block_2_project_bn", "block_2"]
    layers = dict(zip(names, layer_values(backbone.build(), names, picture[None]), strict=True))
    for place in ((0, 0), (40, 17), (111, 111)):
        window = patch((picture - 127.0) / 128, place, (3, 3), 2, fill=0.0)
        by_hand = normed(np.einsum("yxc,yxcd->d", window, arrays["stem.kernel"]), arrays, "stem")
        np.testing.assert_allclose(layers["stem"][place], by_hand.clip(0, 6), atol=1e-4)
    for place in ((0, 0), (30, 9), (55, 55)):
        window = patch(layers["block_1_expand"], place, (3, 3), 2, fill=0.0)
        each = np.einsum("yxc,yxc->c", window, arrays["block_1_depthwise.kernel"][..., 0])
        by_hand = normed(each, arrays, "block_1_depthwise").clip(0, 6)
        np.testing.assert_allclose(layers["block_1_depthwise"][place], by_hand, atol=1e-4)
    np.testing.assert_allclose(
        layers["block_2"], layers["block_1_project_bn"] + layers["block_2_project_bn"], atol=1e-5
    )


# Weights --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def models_folder(tmp_path, monkeypatch):
    """An empty folder of models in place of the project's own."""
    chosen = replace(settings.current(), models=(tmp_path,))
    monkeypatch.setattr(settings, "current", lambda: chosen)
    return tmp_path


def test_weights_that_are_not_here_are_an_error_in_words(models_folder):
    with pytest.raises(WeightsMissing, match="not on this machine") as caught:
        BACKBONES["i3d-kinetics400"].build()
    assert "convert_weights" in caught.value.hint


def test_damaged_weights_are_refused(models_folder):
    folder = models_folder / "backbones" / "efficientnet-lite0"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text(json.dumps({"files": {"weights.npz": {"sha256": "0" * 64}}}))
    (folder / "weights.npz").write_bytes(b"something else")
    with pytest.raises(FormatInvalid, match="damaged"):
        BACKBONES["efficientnet-lite0"].classifier()


def test_a_network_of_keras_without_weights_says_where_to_put_them(models_folder, monkeypatch):
    import keras

    def offline(**_how):
        raise Exception("URL fetch failure: no network")

    monkeypatch.setattr(keras.applications, "MobileNetV2", offline)
    with pytest.raises(WeightsMissing, match="could not download") as caught:
        BACKBONES["keras-mobilenetv2"].build()
    assert "models/backbones/keras-mobilenetv2/" in caught.value.hint


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_a_network_of_keras_runs_on_weights_put_beside_it(models_folder):
    import keras

    folder = models_folder / "backbones" / "keras-mobilenet"
    folder.mkdir(parents=True)
    keras.utils.set_random_seed(1)
    original = keras.applications.MobileNet(weights=None, include_top=False, pooling="avg", input_shape=(224, 224, 3))
    original.save_weights(folder / "mobilenet.weights.h5")
    model = BACKBONES["keras-mobilenet"].build()
    pictures = np.random.default_rng(5).integers(0, 256, (2, 224, 224, 3), dtype=np.uint8)
    expected = np.asarray(original(pictures / np.float32(127.5) - 1, training=False))
    np.testing.assert_allclose(np.asarray(model(pictures, training=False)), expected, atol=1e-5)
    assert BACKBONES["keras-mobilenet"].labels() == ()


# On pictures ----------------------------------------------------------------------------------------------------------


def exact_engine() -> str:
    """The engine of this machine, with all digits of float32."""
    return "openvino-f32" if settings.current().engine.startswith("openvino") else "tensorflow-f32"


@pytest.fixture(scope="session")
def loaded(networks):
    """Loads a backbone with the engine of this machine."""
    return lambda backbone, chosen=None: inference_engine.load(backbone, chosen or settings.current().engine, networks)


def read(path: Any) -> list[Frame]:
    from core.stages import video

    info = video.probe(str(path), video.digest(str(path)))
    return list(video.read(info, size_px=covering(info.width_px, info.height_px, 224)))


def test_both_networks_know_a_golfer(shared_data, loaded):
    frames = read(shared_data / "clips" / "golf_driving.mp4")[:64]
    best = {}
    for name in SHIPPED:
        backbone = BACKBONES[name]
        kernel, bias = backbone.classifier()
        seen = frames if backbone.volumetric else frames[::16]
        logits = features(backbone, seen, loaded(backbone)).values @ kernel
        best[name] = [backbone.labels()[i] for i in np.argsort(-(logits.mean(axis=0) + bias))[:5]]
    assert best["i3d-kinetics400"][0] == "golf driving"
    assert "golf ball" in best["efficientnet-lite0"]


def test_scores_do_not_depend_on_where_windows_begin(loaded):
    """With much shorter windows than ours, which still overlap as far as the stages reach, and with the whole clip."""
    first, second = BACKBONES["i3d-kinetics400"].stages
    backbone = replace(BACKBONES["i3d-kinetics400"], stages=(replace(first, window=40), replace(second, window=26)))
    rng = np.random.default_rng(6)
    coarse = rng.integers(0, 256, (8, 7, 7, 3), dtype=np.uint8)
    clip = np.stack([cv2.resize(coarse[i // 8], (224, 224), interpolation=cv2.INTER_CUBIC) for i in range(64)])
    kernel, bias = backbone.classifier()
    run = loaded(backbone, exact_engine())
    pieces = features(backbone, [Frame(i, i / 25, image) for i, image in enumerate(clip)], run).values
    told = []
    for values in (pieces, run(clip)):
        logits = values @ kernel + bias
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        told.append(raised / raised.sum(axis=1, keepdims=True))
    assert told[0].shape == told[1].shape == (8, 400)
    assert np.abs(told[0] - told[1]).max() <= WINDOW_TOLERANCE


@pytest.mark.parametrize("name", SHIPPED)
def test_stages_reach_no_further_than_they_state(name, loaded):
    """A change of one row changes only those rows of output that the stage says it may reach."""
    backbone = BACKBONES[name]
    if not backbone.volumetric:
        assert backbone.stages[0].before == backbone.stages[0].after == 0
        return
    rng = np.random.default_rng(7)
    parts = loaded(backbone, exact_engine()).stages
    source = rng.integers(0, 256, (48, 224, 224, 3), dtype=np.uint8)
    for stage, part, changed in zip(backbone.stages, parts, (24, 20), strict=True):
        other = source.copy()
        other[changed] = 255 - other[changed]
        before, after = part(source), part(other)
        moved = np.flatnonzero(np.abs(before - after).reshape(len(before), -1).max(axis=1))
        firsts = moved * stage.stride  # the first own row of each output row that moved
        assert moved.size > 2
        assert firsts.max() - stage.before <= changed < firsts.min() + stage.stride + stage.after
        source = rng.integers(0, 256, (40, *before.shape[1:])).astype(np.float32)


def test_the_menu_names_first_what_needs_no_network(tmp_path, monkeypatch):
    (tmp_path / "backbones" / "keras-xception").mkdir(parents=True)
    chosen = replace(settings.current(), models=(settings.ROOT / "models", tmp_path))
    monkeypatch.setattr(settings, "current", lambda: chosen)
    assert set(backbone_menu.names()[:3]) == {"i3d-kinetics400", "efficientnet-lite0", "keras-xception"}
    assert set(backbone_menu.names()) == set(BACKBONES)
    assert backbone_menu.title("keras-vgg16").endswith("(weights not downloaded)")
    assert not backbone_menu.title("keras-xception").endswith("downloaded)")
