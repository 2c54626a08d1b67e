"""Maps of each layer, class activation, attribution and the deletion test, against other ways of getting the same."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import RecipeInvalid, UnknownName
from core.base.settings import Settings
from core.domain import Features, ModelCard, Recipe, VideoInfo
from core.stages.networks import recurrent as recurrent_stage
from core.stages.networks import recurrent_training
from core.stages.networks.backbones import BACKBONES, Backbone, Stage
from core.stages.networks.explain import activations, attribution, deletion, projection
from core.stages.networks.explain import layers as layers_stage
from core.stages.networks.explain.activations import FrameWindow
from core.stages.preprocessing.sampling import Resample, Trim
from core.workflows import clips, explanations, predictions
from core.workflows.explanations import ClipWindow, ExplanationQuestion, windows
from core.workspace.store import Store
from tests.conftest import with_networks

SHIPPED = ("efficientnet-lite0", "i3d-kinetics400")
STILL, MOVING = SHIPPED
ENGINE = "tensorflow-f32"


def pictures(count: int, *, seed: int = 0, size_px: int = 224) -> np.ndarray:
    """Smooth random pictures: (count, size, size, 3) uint8."""
    small = np.random.default_rng(seed).integers(0, 255, (count, 7, 7, 3), np.uint8)
    return np.repeat(np.repeat(small, size_px // 7, axis=1), size_px // 7, axis=2)


def stretch_of(shown: np.ndarray, *, before: int = 0, count: int | None = None) -> FrameWindow:
    count = len(shown) - before if count is None else count
    return FrameWindow(np.arange(len(shown)) / 25, shown, before, count, (before + count) / 25)


@pytest.fixture(scope="module")
def digest(shared_store, square_clip) -> str:
    return clips.add_video(shared_store, square_clip)


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory, networks) -> Store:
    return Store(with_networks(tmp_path_factory.mktemp("explain") / "workspace", networks))


# Layers


@pytest.mark.parametrize("name", SHIPPED)
def test_each_convolution_gives_what_a_plain_keras_model_gives(name):
    """The plain model has all of them as outputs, on 8 frames; here each is asked for by itself.

    Every fifth, the last among them: of I3D's blocks of six, each place comes at least once.
    """
    import keras

    backbone = BACKBONES[name]
    shown = pictures(8 if backbone.volumetric else 1)
    model = layers_stage.network(backbone)
    layers = [layer for layer in layers_stage.anatomy(backbone).layers if layer.convolution]
    assert len(layers) == {STILL: 49, MOVING: 57}[name]
    layers = layers[::-5]
    plain = keras.Model(model.input, [model.get_layer(layer.name).output for layer in layers])
    expected = plain(shown[None] if backbone.volumetric else shown, training=False)
    for layer, values in zip(layers, expected, strict=True):
        found = activations.maps(backbone, layer, stretch_of(shown))
        assert found.shape[1:] == layer.shape
        assert np.abs(found - values.numpy().reshape(found.shape)).max() < 1e-4, layer.name


@pytest.mark.parametrize(
    ("name", "layer", "stride", "field"),
    [
        (MOVING, "conv3d_1a_7x7_conv", (2, 2, 2), (7, 7, 7)),
        (MOVING, "conv3d_2c_3x3_conv", (2, 4, 4), (11, 19, 19)),
        (MOVING, "mixed_5c", (8, 32, 32), (99, 379, 379)),
        (STILL, "stem_conv", (1, 2, 2), (1, 3, 3)),
        (STILL, "block_1_depthwise_conv", (1, 4, 4), (1, 11, 11)),
    ],
)
def test_stride_and_receptive_field_follow_from_kernels_and_strides(name, layer, stride, field):
    found = layers_stage.anatomy(BACKBONES[name]).layer(layer)
    assert (found.stride, found.field) == (stride, field)


def test_a_place_depends_on_its_receptive_field_and_on_nothing_beyond():
    """Of 3c in time: changed frames just outside leave a step alone, just inside they do not."""
    backbone = BACKBONES[MOVING]
    layer = layers_stage.anatomy(backbone).layer("mixed_3c")
    side = layer.field[0] // 2
    middle = layer.stride[0] * 10
    shown = pictures(middle + side + layer.stride[0] + 1)
    base = activations.maps(backbone, layer, stretch_of(shown))[10]

    def changed(index: int) -> float:
        other = shown.copy()
        other[index] = 255 - other[index]
        return float(np.abs(activations.maps(backbone, layer, stretch_of(other))[10] - base).max())

    assert changed(middle + side + layer.stride[0]) == 0
    assert changed(middle + side - layer.stride[0]) > 0


def test_the_network_ends_in_a_mean_of_the_last_maps_and_shows_its_first_kernels():
    still, moving = (layers_stage.anatomy(BACKBONES[name]) for name in SHIPPED)
    assert (still.last, still.pooled, moving.last, moving.pooled) == ("head", True, "mixed_5c", True)
    assert still.kernels.shape == (1, 3, 3, 3, 32)
    assert moving.kernels.shape == (7, 7, 7, 3, 64)
    with pytest.raises(UnknownName, match="mixed_5d"):
        moving.layer("mixed_5d")


def test_a_gate_that_pools_the_picture_makes_each_place_see_all_of_it():
    gated = Backbone("gated", "Gated", 1, 16, None, 4, (Stage(4),), _gated)
    found = layers_stage.anatomy(gated)
    assert found.layer("before").field == (1, 5, 5)
    assert found.layer("after").field == (1, 0, 0)
    assert found.layer("after").stride == (1, 2, 2)
    assert not found.pooled


def _gated(chosen: Backbone):
    """A dilated convolution, a gate from the pooled picture, and an end that is no mean."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    start = keras.Input((16, 16, 3), dtype="uint8", name="picture")
    net = layers.Rescaling(1 / 255, name="scaled")(start)
    net = layers.Conv2D(4, 3, dilation_rate=2, padding="same", name="before")(net)
    gate = layers.Reshape((1, 1, 4), name="gate")(layers.GlobalAveragePooling2D(name="pool")(net))
    net = layers.Multiply(name="gated")([net, gate])
    net = layers.Conv2D(6, 3, 2, "same", activation="relu", name="after")(net)
    return keras.Model(start, layers.Dense(chosen.channels, name="end")(layers.Flatten(name="flat")(net)))


# Windows


def test_the_mean_of_the_last_maps_over_the_picture_is_the_features():
    backbone = BACKBONES[MOVING]
    shown = pictures(16)
    whole = layers_stage.network(backbone)(shown[None], training=False).numpy()[0]
    found = activations.maps(backbone, layers_stage.anatomy(backbone).layer("mixed_5c"), stretch_of(shown))
    assert np.abs(found.mean(axis=(1, 2)) - whole).max() < 1e-4


def test_maps_of_a_window_are_those_of_the_whole_clip():
    """Wherever the window begins, as long as there are as many frames around it as the layer reaches."""
    backbone = BACKBONES[MOVING]
    layer = layers_stage.anatomy(backbone).layer("conv3d_2c_3x3_conv")
    reach, per_step = activations.reach_frames(backbone, layer), backbone.frames_per_step
    shown = pictures(2 * (reach + per_step) + per_step)
    whole = activations.maps(backbone, layer, stretch_of(shown))
    inner = shown[per_step:-per_step]  # as many frames around the step in the middle as the layer reaches, and no more
    found = activations.maps(backbone, layer, stretch_of(inner, before=reach, count=per_step))
    first = (per_step + reach) // layer.stride[0]
    assert np.abs(found - whole[first : first + per_step // layer.stride[0]]).max() < 1e-4


def info_of(frames: int, rate_hz: float = 25.0) -> VideoInfo:
    return VideoInfo(
        path="x", digest="ab" * 32, width_px=96, height_px=64, frame_count=frames, declared_count=frames,
        times_s=np.arange(frames) / rate_hz, rate_hz=Fraction(25), variable_rate=False, duration_s=frames / rate_hz,
        codec="h264", plays_in_browser=True, notes=(),
    )  # fmt: skip


@pytest.mark.parametrize("frames", [1, 3, 16, 17, 63, 64, 65, 96, 97, 500])
@pytest.mark.parametrize("name", SHIPPED)
def test_each_moment_lies_in_its_window_and_each_window_is_there(name, frames):
    backbone, info = BACKBONES[name], info_of(frames)
    for moment_s in np.linspace(0, info.duration_s - 0.001, 40):
        number = explanations.window_at(info, Recipe(), backbone, float(moment_s))
        start_s, stop_s = explanations.window_s(info, Recipe(), backbone, number)
        assert start_s <= moment_s < stop_s
        assert stop_s - start_s <= explanations.window_frames(backbone) / 25 + 1e-9
    with pytest.raises(ValueError, match="no window"):
        explanations.window_s(info, Recipe(), backbone, number + 1)


@pytest.mark.parametrize("recipe", [Recipe(), Recipe((Trim((0.6, 1.8)),)), Recipe((Resample(10.0),))])
@pytest.mark.parametrize("name", SHIPPED)
def test_a_window_shows_the_frames_that_the_network_gets(name, recipe, shared_store, digest):
    """Told apart by the square, whose left edge is twice the frame's number."""
    from core.stages.networks import backbones

    info, backbone = shared_store.video(digest), BACKBONES[name]
    given = list(backbones.grid(predictions.frames_of(info, recipe, 224), backbone.rate_hz))
    for number in range(windows._last_window(len(given), explanations.window_frames(backbone)) + 1):
        first = number * explanations.window_frames(backbone) // 2
        seen = windows.frame_window(info, recipe, backbone, number, 8)
        assert seen.times_s[0] == pytest.approx(given[max(0, first - 8)].time_s)
        expected = [backbones.squared(frame.image, 224) for frame in given[first : first + seen.count]]
        assert np.array_equal(seen.meant, np.stack(expected))


def test_a_recipe_that_leaves_nothing_says_so():
    with pytest.raises(RecipeInvalid, match="removes all frames"):
        explanations.window_at(info_of(20), Recipe((Trim((5.0, 6.0)),)), BACKBONES[STILL], 0.0)


# Class activation


def test_class_activation_sums_to_the_logit_it_explains():
    backbone = BACKBONES[STILL]
    kernel, _ = backbone.classifier()
    shown = pictures(2)
    values = activations.maps(backbone, layers_stage.anatomy(backbone).layer("head"), stretch_of(shown))
    features = layers_stage.network(backbone)(shown, training=False).numpy()
    for label in (0, 7, 999):
        maps = attribution.evidence(values, attribution.direction(kernel, label))
        logits = features @ kernel
        assert np.allclose(maps.mean(axis=(1, 2)), logits[:, label] - logits.mean(axis=1), atol=1e-3)


def test_grad_cam_of_a_network_that_ends_in_a_mean_is_its_class_activation_above_zero():
    backbone = BACKBONES[STILL]
    kernel, _ = backbone.classifier()
    layer = layers_stage.anatomy(backbone).layer("head")
    seen = stretch_of(pictures(2))
    towards = attribution.direction(kernel, 3)
    exact = attribution.evidence(activations.maps(backbone, layer, seen), towards)
    assert np.allclose(attribution.gradient_maps(backbone, layer, seen, towards), np.maximum(exact, 0), atol=1e-3)


def test_a_made_object_holds_most_of_the_class_activation_and_the_lane_peaks_while_it_is_there():
    from benchmarks import explain as bench

    found = bench.made_clip(seed=1, examples=48)
    assert found.mass >= 0.7
    assert found.peaks_inside


# Attribution of recurrent networks


@pytest.fixture(scope="module")
def recurrent():
    """A small network that was taught to look at channel 0."""
    rng = np.random.default_rng(0)
    made = []
    for clip in range(40):
        values = rng.normal(0, 1, (12, 6)).astype(np.float32)
        values[4:8, 0] += 5 * (clip % 2)
        made.append(recurrent_training.Example(values, np.full(12, clip % 2)))
    chosen = recurrent_stage.NetworkSettings(units=8, epochs=15, dropout=0.0, learning_rate=0.02)
    return recurrent_training.fit(chosen, made, labels=2, validation=made[:8]).model, made[1].values


def test_attributions_sum_to_the_change_of_the_log_score_and_find_what_matters(recurrent):
    model, values = recurrent
    found = attribution.attribution(model, values, np.arange(12) / 3, label=1, name="up", step=5)
    assert found.importance.sum() == pytest.approx(np.log(found.score) - np.log(found.score_of_baseline), rel=0.05)
    assert set(np.argsort(-found.importance)[:4]) == {4, 5, 6, 7}
    assert found.at_s == pytest.approx(5 / 3)
    each = (values - found.baseline) * found.gradients
    assert np.abs(each[4:8, 0]).mean() > 5 * np.abs(each).mean()


def test_places_of_a_step_sum_to_what_the_step_is_worth(recurrent):
    model, values = recurrent
    found = attribution.attribution(model, values, np.arange(12) / 3, label=1, name="up", step=5)
    rng = np.random.default_rng(3)
    maps = rng.normal(0, 1, (12, 4, 5, 6)).astype(np.float32)
    maps += (values - maps.mean(axis=(1, 2)))[:, None, None]  # maps whose means are the features
    places = attribution.evidence(maps, found.gradients, baseline=found.baseline)
    assert np.allclose(places.mean(axis=(1, 2)), found.importance, atol=1e-4)


# Deletion


def test_hiding_the_marked_places_first_beats_chance_where_the_marks_are_right():
    """The score is how bright one corner is; the marks name it."""
    shown = np.zeros((4, 32, 32, 3), np.uint8)
    shown[:2, :8, :8] = 255
    marks = np.zeros((2, 4, 4), np.float32)
    marks[0, 0, 0] = 1
    score = lambda given: float(given[:2, :8, :8].mean() / 255)  # noqa: E731
    right = deletion.deletion(shown, marks, score, label="x", hidden="mean", rounds=5)
    wrong = deletion.deletion(shown, -marks, score, label="x", hidden="mean", rounds=5)
    assert right.gain > 0.2 > -0.2 > wrong.gain
    assert right.marked[0] == 1 and right.marked[1] < 0.1
    assert (right.random[:, 0] == 1).all() and len(set(right.random[:, -1])) == 1


@pytest.mark.parametrize("hidden", ["blur", "mean"])
def test_only_the_taken_places_are_hidden(hidden):
    shown = pictures(4, size_px=28)
    taken = np.zeros((2, 7, 7), bool)
    taken[1, 3, 4] = True
    found = deletion._with_hidden(shown, deletion._obscured(shown, hidden), taken)
    changed = (found != shown).any(axis=-1)
    assert not changed[:2].any()
    assert not changed[2:, :12].any() and not changed[2:, 16:].any() and not changed[2:, :, :16].any()
    assert changed[2:, 12:16, 16:20].any()


def test_an_unknown_way_of_hiding_is_refused():
    with pytest.raises(UnknownName, match="black"):
        deletion._obscured(pictures(1, size_px=28), "black")


# The whole clip


def test_a_flash_does_not_stretch_the_span_of_the_other_steps():
    values = np.random.default_rng(0).random((16, 4, 4, 3)).astype(np.float32)
    low, high = projection.robust_span(values)
    assert (low, high) == (values.min(axis=(1, 2, 3)).min(), values.max(axis=(1, 2, 3)).max())
    values[5] *= 28_453
    assert projection.robust_span(values)[1] <= 1
    values[5] *= -1
    assert projection.robust_span(values)[0] >= 0
    assert projection.robust_span(np.zeros((3, 2))) == (0, 0)


def test_like_steps_are_alike():
    values = np.array([[1, 0], [2, 0], [0, 3], [0, 0]], np.float32)
    assert np.allclose(projection.similarity(values), [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]])


@pytest.mark.parametrize("shape", [(40, 5), (5, 40), (1, 3), (2, 1)])
def test_the_plane_keeps_what_differs_most(shape):
    rng = np.random.default_rng(0)
    values = rng.normal(0, 1, shape).astype(np.float32)
    placed, shares = projection.plane(values)
    assert placed.shape == (shape[0], 2)
    singular = np.linalg.svd(values - values.mean(axis=0), compute_uv=False)
    expected = (np.pad(singular, (0, 2))[:2] ** 2) / max((singular**2).sum(), 1e-12)
    assert np.allclose(shares, expected, atol=1e-4)


def test_coarser_rows_are_means_of_neighbours():
    rows, firsts = projection.coarser(np.arange(10, dtype=np.float32)[:, None], 4)
    assert rows[:, 0].tolist() == [1, 4, 7, 9] and firsts.tolist() == [0, 3, 6, 9]


# What is stored


def test_a_layer_is_stored_whole_and_read_back(shared_store, digest):
    view = ClipWindow(digest, Recipe(), STILL, 1)
    explanations.show(shared_store, view, "stem_conv")
    found = shared_store.read(view.layer_key("stem_conv"), activations.Activations)
    assert found.values.shape == (16, 112, 112, 32)
    assert isinstance(found.values, np.memmap)
    assert found.times_s[0] == pytest.approx(8.5 / 25)
    assert np.allclose(found.means, found.values.mean(axis=(1, 2)), atol=1e-5)


def test_means_of_the_last_layer_over_a_clip_are_the_features(shared_store, digest):
    means = explanations.layer_means(shared_store, digest, Recipe(), STILL, "head")
    features = explanations.features(shared_store, digest, Recipe(), STILL, ENGINE)
    assert np.allclose(means.times_s, features.times_s)
    assert np.abs(means.values - features.values).max() < 1e-4


def own_card() -> ModelCard:
    return explanations.readers(Settings(Path("x"), (), "", ENGINE, 2**30), STILL)[STILL]


def test_evidence_of_the_own_classifier_agrees_with_its_lane(shared_store, digest):
    asked = ExplanationQuestion(ClipWindow(digest, Recipe(), STILL, 0), own_card(), ENGINE, 5)
    assert not explanations.is_located(shared_store, asked)
    found = explanations.locate(shared_store, asked)
    assert explanations.is_located(shared_store, asked) and found.exact
    _, values = explanations.lane(shared_store, asked)
    assert np.allclose(found.maps.mean(axis=(1, 2)), values[:16], atol=1e-3)
    assert explanations.order(shared_store, digest, Recipe(), own_card(), ENGINE)[0] != -1


def test_the_deletion_test_scores_what_the_engine_says(shared_store, digest):
    asked = ExplanationQuestion(ClipWindow(digest, Recipe(), STILL, 0), own_card(), ENGINE, 5)
    explanations.features(shared_store, digest, Recipe(), STILL, ENGINE)
    score = explanations.scorer(shared_store, asked)
    shown = np.array(explanations.stretch(shared_store, asked.view).meant)
    features = shared_store.read(asked.features_key, Features).values[:16].mean(axis=0)
    kernel, bias = BACKBONES[STILL].classifier()
    logits = features @ kernel + bias
    raised = np.exp(logits - logits.max())
    assert score(shown) == pytest.approx(float(raised[5] / raised.sum()), rel=1e-3)


def test_keys_tell_apart_what_differs():
    view = ClipWindow("ab" * 32, Recipe(), STILL, 0)
    asked = ExplanationQuestion(view, own_card(), ENGINE, 5)
    others = [
        asked,
        replace(asked, label=6),
        replace(asked, step=1),
        replace(asked, engine="openvino-f32"),
        replace(asked, view=replace(view, number=1)),
        replace(asked, view=replace(view, recipe=Recipe((Trim((0.0, 1.0)),)))),
    ]
    assert len({one.deletion_key("blur") for one in others} | {asked.deletion_key("mean")}) == len(others) + 1
    assert view.layer_key("a") != view.layer_key("b")


# At the command line


@pytest.mark.parametrize(("layer", "channels"), [("", 1280), ("stem", 32)])
def test_the_command_writes_what_a_network_sees(square_clip, tmp_path, monkeypatch, layer, channels):
    from core import __main__
    from core.base import settings

    monkeypatch.setattr(settings, "current", lambda: Settings(tmp_path, (settings.ROOT / "models",), "", ENGINE, 2**30))
    path = tmp_path / "seen.npz"
    asked = ["features", str(square_clip), "--backbone", STILL, "--output", str(path)]
    assert __main__.main([*asked, "--layer", layer] if layer else asked) == 0
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file.files) == ["channels", "layer", "times_s", "values"]
        assert file["values"].shape == (50, channels)
        assert file["times_s"][0] == pytest.approx(0.02)
        assert str(file["layer"]) == (layer or "features")
        assert len(set(file["channels"])) == channels


def test_the_command_names_the_nearest_layer(square_clip, tmp_path, monkeypatch, capsys):
    from core import __main__
    from core.base import settings

    monkeypatch.setattr(settings, "current", lambda: Settings(tmp_path, (settings.ROOT / "models",), "", ENGINE, 2**30))
    asked = ["features", str(square_clip), "--backbone", STILL, "--output", str(tmp_path / "x.npz")]
    assert __main__.main([*asked, "--layer", "stemm"]) == 1
    assert "stem" in capsys.readouterr().err.split("hint:")[1]
