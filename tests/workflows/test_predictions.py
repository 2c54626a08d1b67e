"""The order of the stages, on made clips and the real CNN."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
import pytest

from core.base.errors import Cancelled, FormatInvalid, RecipeInvalid, ResultMissing, UnknownName, VideoUnreadable
from core.base.progress import silent
from core.base.settings import ROOT, Settings, current
from core.domain import Features, ModelCard, Prediction, Recipe, serialization
from core.stages import video
from core.stages.drawing import sample_clip
from core.stages.formats.common import conversion
from core.stages.networks import backbones, inference_engine
from core.stages.networks.backbones import BACKBONES
from core.stages.preprocessing.filters import Lighten
from core.stages.preprocessing.geometry import Crop, Resize, Rotate
from core.stages.preprocessing.sampling import Hold, Resample, Trim
from core.stages.preprocessing.step import PictureStep
from core.stages.preprocessing.time_edits import TimeEdit
from core.stages.preprocessing.views import SingleView, Views, single_views
from core.workflows import clips, models, predictions
from core.workflows.explanations import inside
from core.workspace.store import Store
from tests.conftest import moving_square, with_networks

CNN = "efficientnet-lite0"
ENGINE = current().engine
MODEL = "things"


@pytest.fixture(scope="module")
def card() -> ModelCard:
    """The small CNN's own labels as a model."""
    cnn = BACKBONES[CNN]
    return ModelCard(MODEL, "Things", CNN, cnn.version, cnn.labels(), smooth_s=0.5, threshold=0.1)


@pytest.fixture(scope="module")
def shared_store(tmp_path_factory: pytest.TempPathFactory, networks: Path, card) -> Store:
    """One store for all tests here that run a CNN, so that it is converted once."""
    store = Store(with_networks(tmp_path_factory.mktemp("pipeline") / "workspace", networks))
    put_card(store.workspace / "models", card)
    return store


@pytest.fixture(scope="module")
def digest(shared_store, square_clip) -> str:
    return clips.add_video(shared_store, square_clip)


def here(*folders: Path) -> Settings:
    return Settings(Path("unused"), folders or (ROOT / "models",), "", ENGINE, 2**30)


def written_clip(path: Path, frames) -> Path:
    video.write(str(path), frames)
    return path


# Clips


def test_an_added_clip_is_measured_and_has_a_thumbnail(store, square_clip):
    digest = clips.add_video(store, square_clip)
    info = store.video(digest)
    assert (info.frame_count, info.width_px, info.height_px) == (50, 96, 64)
    assert cv2.imread(str(store.thumbnail_path(digest))).shape[1] == clips.THUMBNAIL_PX


def test_a_clip_that_moved_only_gets_its_new_path(store, square_clip, tmp_path):
    first = shutil.copy(square_clip, tmp_path / "first.mp4")
    digest = clips.add_video(store, first)
    before = store.thumbnail_path(digest).stat().st_mtime_ns
    moved = shutil.move(first, tmp_path / "moved.mp4")
    assert clips.add_video(store, moved) == digest
    assert store.video(digest).path == str(moved)
    assert store.thumbnail_path(digest).stat().st_mtime_ns == before


@pytest.mark.parametrize("add", [lambda *args: clips.add_upload(*args, "square.mp4"), clips.add_video])
def test_an_upload_that_is_analysed_by_its_path_keeps_its_one_name(store, square_clip, add):
    with square_clip.open("rb") as stream:
        upload = store.keep_upload(stream, "square.mp4")
    digest = add(store, upload)
    assert clips.add_video(store, store.video(digest).path) == digest
    assert store.entry(digest).names == ("square.mp4",)


def test_a_clip_that_is_added_twice_is_one_clip(store, square_clip):
    digest = clips.add_video(store, square_clip)
    added = store.entry(digest).added
    assert clips.add_video(store, square_clip) == digest
    assert [(entry.info.digest, entry.added) for entry in store.videos()] == [(digest, added)]


def test_a_file_that_is_no_video_leaves_nothing_in_the_catalogue(store, tmp_path):
    path = tmp_path / "words.mp4"
    path.write_text("no video")
    with pytest.raises(VideoUnreadable):
        clips.add_video(store, path)
    assert store.videos() == []


def test_a_cancelled_adding_leaves_nothing_in_the_catalogue(store, square_clip):
    def report(done, total, message):
        raise Cancelled

    with pytest.raises(Cancelled):
        clips.add_video(store, square_clip, report)
    assert store.videos() == []


def test_the_thumbnail_shows_a_moment_that_is_not_black(store, tmp_path):
    def frames():
        for frame in moving_square(40):
            yield frame if frame.index > 26 else replace(frame, image=np.zeros_like(frame.image))

    digest = clips.add_video(store, written_clip(tmp_path / "dark.mp4", frames()))
    assert cv2.imread(str(store.thumbnail_path(digest))).mean() > 50


def test_the_sample_clip_is_one_clip_however_often_it_is_added(store, monkeypatch):
    monkeypatch.setattr(sample_clip, "FRAMES", 65)  # its begin: all of it is drawn for other tests
    reports = []
    digest = clips.add_sample(store, lambda *progress: reports.append(progress))
    assert reports[0][2] == "Drawing the sample clip", "told before the first frame is drawn"
    drawn = [done / total for done, total, message in reports if total and message == reports[0][2]]
    assert drawn == sorted(drawn) and drawn[0] == 0 and 0.95 < drawn[-1] <= 1
    store.set_aside([digest], "a session")
    assert clips.add_sample(store) == digest
    assert store.videos_set_aside() == {}, "whoever adds it again wants to keep it"
    assert [entry.uploaded for entry in store.videos()] == [True]
    assert store.video(digest).frame_count == 65


def test_the_copy_for_browsers_is_made_once(store, square_clip):
    digest = clips.add_video(store, square_clip)
    clips.proxy(store, digest)
    made = store.proxy_path(digest).stat().st_mtime_ns
    clips.proxy(store, digest)
    assert store.proxy_path(digest).stat().st_mtime_ns == made


def test_a_moment_is_the_frame_on_screen_with_its_neighbours(store, square_clip):
    digest = clips.add_video(store, square_clip)
    assert [frame.index for frame in clips.moment(store, digest, 0.41, 1, 2)] == [9, 10, 11, 12]


# Models


def test_all_models_that_ship_can_be_used():
    assert {"kinetics400", "actions-15"} <= set(models.ModelLibrary.of(here()).cards())
    assert models.ModelLibrary.of(here()).broken() == {}


def put_card(folder: Path, card: ModelCard, **changes) -> Path:
    path = folder / card.name / "card.json"
    path.parent.mkdir(parents=True)
    path.write_text(serialization.pretty_json(replace(card, **changes)))
    return path


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "other"},
        {"backbone": "vgg-17"},
        {"backbone_version": 999},
        {"labels": ("walk", "walk")},
        {"labels": ()},
        {"threshold": 1.5},
        {"smooth_s": -1.0},
        {"network": "../network.keras"},
    ],
)
def test_a_broken_card_is_told_and_leaves_the_others_alone(card, tmp_path, changes):
    put_card(tmp_path, replace(card, name="good"))
    broken = put_card(tmp_path, replace(card, name="bad"), **changes)
    assert list(models.ModelLibrary.of(here(tmp_path)).cards()) == ["good"]
    assert list(models.ModelLibrary.of(here(tmp_path)).broken()) == [str(broken.parent)]


def test_a_card_that_is_no_json_is_told(tmp_path):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "card.json").write_bytes(b"\xff{")
    (error,) = models.ModelLibrary.of(here(tmp_path)).broken().values()
    assert isinstance(error, FormatInvalid)


def test_an_unknown_model_says_what_it_may_have_meant(shared_store, digest):
    with pytest.raises(UnknownName) as caught:
        predictions.predict(shared_store, digest, Recipe(), "thing", ENGINE)
    assert MODEL in caught.value.hint


def test_asking_for_a_broken_model_tells_what_is_wrong_with_it(store, square_clip, card):
    put_card(store.workspace / "models", replace(card, name="bad"), backbone_version=999)
    with pytest.raises(FormatInvalid, match="version 999"):
        predictions.predict(store, clips.add_video(store, square_clip), Recipe(), "bad", ENGINE)


# Keys


def test_keys_change_with_all_they_depend_on_and_with_nothing_else(store, card):
    trimmed = Recipe((Trim((0.5, 1.0)),))
    features = {
        predictions.features_key("d", Recipe(), CNN, ENGINE),
        predictions.features_key("e", Recipe(), CNN, ENGINE),
        predictions.features_key("d", trimmed, CNN, ENGINE),
        predictions.features_key("d", Recipe(), "i3d-kinetics400", ENGINE),
        predictions.features_key("d", Recipe(), CNN, "another"),
    }
    assert len(features) == 5
    first = predictions.prediction_key(store, "d", Recipe(), card, ENGINE)
    assert predictions.prediction_key(store, "d", Recipe(), replace(card, threshold=0.9, title="x"), ENGINE) == first
    others = {
        predictions.prediction_key(store, "d", trimmed, card, ENGINE),
        predictions.prediction_key(store, "d", Recipe(), replace(card, smooth_s=9.0), ENGINE),
        predictions.prediction_key(store, "d", Recipe(), replace(card, network_sha256="1"), ENGINE),
        predictions.prediction_key(store, "d", Recipe(), replace(card, labels=card.labels[::-1]), ENGINE),
    }
    assert len(others | {first}) == 5


# From frames to labels


def test_nothing_is_told_before_it_was_predicted(store, square_clip, card):
    with pytest.raises(ResultMissing):
        predictions.analysis(store, clips.add_video(store, square_clip), Recipe(), card, ENGINE)


def test_a_prediction_covers_the_clip_and_is_made_once(shared_store, digest, card):
    predictions.predict(shared_store, digest, Recipe(), MODEL, ENGINE)
    found = predictions.analysis(shared_store, digest, Recipe(), card, ENGINE)
    assert found.track.seen_s == (0.0, found.video.duration_s)
    assert sum(one.score for one in found.ranking) == pytest.approx(1, abs=1e-3)
    assert len(found.ranking) == 1000 and found.model == MODEL
    assert found.track.labels[0] == "nothing certain"

    told = []
    predictions.predict(shared_store, digest, Recipe(), MODEL, ENGINE, lambda *call: told.append(call))
    assert told == [(50, 50, "Done")]


def test_other_models_of_the_same_cnn_use_its_stored_features(shared_store, digest, card):
    predictions.predict(shared_store, digest, Recipe(), MODEL, ENGINE)
    put_card(shared_store.workspace / "models", replace(card, name="again", smooth_s=5.0))
    told = []
    predictions.predict(shared_store, digest, Recipe(), "again", ENGINE, lambda *call: told.append(call[2]))
    assert told == ["Reading labels", "Done"]


def test_progress_is_in_frames_of_the_stretch_that_is_read(shared_store, digest):
    told = []
    recipe = Recipe((Trim((0.4, 1.6)),))
    predictions.predict(shared_store, digest, recipe, MODEL, ENGINE, lambda *call: told.append(call))
    assert list(dict.fromkeys(message for _, _, message in told)) == [
        "Loading the network",
        "Analysing frames",
        "Reading labels",
        "Done",
    ]
    done = [done for done, _, _ in told]
    assert done == sorted(done) and {total for _, total, _ in told} == {30}


def test_a_trimmed_prediction_saw_only_what_was_kept(shared_store, digest, card):
    recipe = Recipe((Trim((0.4, 1.6)),))
    predictions.predict(shared_store, digest, recipe, MODEL, ENGINE)
    assert predictions.analysis(shared_store, digest, recipe, card, ENGINE).track.seen_s == pytest.approx((0.4, 1.6))


@pytest.mark.parametrize(
    "recipe", [Recipe(), Recipe((Trim((0.5, 1.5)),)), Recipe((Trim((0.2, 1.9)), Resample(10.0)))], ids=repr
)
def test_skipping_and_scaling_while_decoding_hardly_changes_features(shared_store, digest, recipe):
    info = shared_store.video(digest)
    quick = predictions.extract(info, recipe, CNN, ENGINE, shared_store.engine_cache)
    run = inference_engine.load(BACKBONES[CNN], ENGINE, shared_store.engine_cache)
    plain = backbones.features(BACKBONES[CNN], recipe.apply(video.read(info)), run)
    assert np.array_equal(quick.times_s, plain.times_s)
    assert np.corrcoef(quick.values.ravel(), plain.values.ravel())[0, 1] > 0.95


def test_a_recipe_that_changes_pictures_changes_features(shared_store, digest):
    info = shared_store.video(digest)
    whole = predictions.extract(info, Recipe(), CNN, ENGINE, shared_store.engine_cache)
    cropped = Recipe((Crop((0.0, 50.0), (0.0, 50.0)),))
    part = predictions.extract(info, cropped, CNN, ENGINE, shared_store.engine_cache)
    assert np.corrcoef(whole.values.ravel(), part.values.ravel())[0, 1] < 0.9


def test_a_recipe_that_leaves_nothing_says_so(shared_store, digest):
    with pytest.raises(RecipeInvalid, match=r"runs from 0 to 2\.00 s") as caught:
        predictions.predict(shared_store, digest, Recipe((Trim((100.0, 200.0)),)), MODEL, ENGINE)
    assert "Trim" in caught.value.hint


def test_a_clip_of_one_frame_gets_labels(shared_store, card, tmp_path):
    path = written_clip(tmp_path / "one.mp4", moving_square(1))
    digest = clips.add_video(shared_store, path)
    predictions.predict(shared_store, digest, Recipe(), MODEL, ENGINE)
    found = predictions.analysis(shared_store, digest, Recipe(), card, ENGINE)
    assert len(found.ranking) == 1000 and found.track.seen_s[1] <= found.video.duration_s


class _Stages:
    """What a network would be that says nothing: each stage gives as many rows as it should."""

    stages = (
        lambda rows: np.zeros((len(rows) // 4, 2), np.float32),
        lambda rows: np.zeros((len(rows) // 2, 1024), np.float32),
    )


def test_a_clip_shorter_than_half_a_step_keeps_its_first_step_and_only_that(shared_store, tmp_path):
    """The middle of a step of 8 frames lies after the end of a clip of 3 frames, and so do those of the held end."""
    digest = clips.add_video(shared_store, written_clip(tmp_path / "short.mp4", moving_square(3)))
    info, recipe = shared_store.video(digest), Recipe((Hold(),))
    found = predictions.look(info, recipe, BACKBONES["i3d-kinetics400"], _Stages())
    assert found.times_s.tolist() == pytest.approx([4 / 25]) and found.values.shape == (1, 1024)
    assert found.seen_s == pytest.approx((0.0, 3 / 25))


def test_steps_of_a_held_end_are_not_told(shared_store, digest):
    """50 frames at 25 frames/s hold six steps of 8 frames whose middles lie before the end at 2 s."""
    info, recipe = shared_store.video(digest), Recipe((Hold(),))
    found = predictions.look(info, recipe, BACKBONES["i3d-kinetics400"], _Stages())
    assert found.times_s.tolist() == pytest.approx([(8 * step + 4) / 25 for step in range(6)])
    assert found.seen_s == pytest.approx((0.0, 2.0))


@pytest.mark.parametrize("message", ["Loading the network", "Analysing frames", "Reading labels"])
def test_a_cancelled_prediction_is_not_there(shared_store, digest, card, message):
    recipe = Recipe((Trim((0.0, 1.0 + len(message) / 100)),))

    def report(_done, _total, told):
        if told == message:
            raise Cancelled

    with pytest.raises(Cancelled):
        predictions.predict(shared_store, digest, recipe, MODEL, ENGINE, report)
    assert not shared_store.has(predictions.prediction_key(shared_store, digest, recipe, card, ENGINE))
    looked = message == "Reading labels"
    assert shared_store.has(predictions.features_key(digest, recipe, CNN, ENGINE)) == looked
    assert not list(shared_store.workspace.rglob("*.partial*"))


def test_the_cnn_classifier_over_all_steps_is_the_softmax_of_mean_logits(card):
    rng = np.random.default_rng(0)
    features = Features(np.arange(4) * 0.32 + 0.16, rng.random((4, 1280)).astype(np.float32), (0.0, 1.28))
    scores = predictions.label(replace(card, smooth_s=99.0), Path(), features).scores
    kernel, bias = BACKBONES[CNN].classifier()
    logits = features.values.mean(axis=0) @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum()
    assert np.allclose(scores, expected, atol=1e-5)


def test_a_network_with_another_number_of_labels_is_refused(card):
    features = Features(np.array([0.16]), np.zeros((1, 1280), np.float32), (0.0, 0.32))
    with pytest.raises(FormatInvalid, match="1000 scores"):
        predictions.label(replace(card, labels=("walk",)), Path("here"), features)


@pytest.mark.parametrize("name", conversion.writable())
def test_every_format_exports_an_analysis(shared_store, digest, card, name):
    predictions.predict(shared_store, digest, Recipe(), MODEL, ENGINE)
    found = predictions.analysis(shared_store, digest, Recipe(), card, ENGINE)
    if name == "ucf101":
        with pytest.raises(FormatInvalid, match="separates labels by spaces"):
            predictions.export(found, name)
    else:
        assert predictions.export(found, name)


def test_reading_an_analysis_imports_neither_tensorflow_nor_a_decoder(shared_store, digest):
    predictions.predict(shared_store, digest, Recipe(), MODEL, ENGINE)
    program = f"""
import sys, json
from pathlib import Path
from core.domain import Recipe
from core.base.settings import read
from core.workflows import predictions
from core.workflows.models import ModelLibrary
from core.workspace.store import Store
card = ModelLibrary.of(read({{"KINETOSCOPE_WORKSPACE": sys.argv[1]}})).cards()["{MODEL}"]
predictions.analysis(Store(Path(sys.argv[1])), "{digest}", Recipe(), card, "{ENGINE}")
print(json.dumps([name for name in ("tensorflow", "keras", "openvino", "av") if name in sys.modules]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(shared_store.workspace)], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_a_stored_prediction_reads_back_as_it_was(shared_store, digest, card):
    predictions.predict(shared_store, digest, Recipe(), MODEL, ENGINE)
    features = shared_store.read(predictions.features_key(digest, Recipe(), CNN, ENGINE), Features)
    stored = shared_store.read(predictions.prediction_key(shared_store, digest, Recipe(), card, ENGINE), Prediction)
    assert np.array_equal(stored.scores, predictions.label(card, Path(), features).scores)


# What clips show


def test_the_scenes_of_the_sample_clip_get_their_labels(shared_store, sample_path):
    """Each for at least nine tenths of its time, and no segment of anything else."""
    card = models.ModelLibrary.of(here()).cards()["kinetics400"]
    digest = clips.add_video(shared_store, sample_path)
    predictions.predict(shared_store, digest, Recipe(), card.name, ENGINE)
    segments = predictions.analysis(shared_store, digest, Recipe(), card, ENGINE).track.segments
    assert tuple(segment.label for segment in segments) == sample_clip.LABELS
    for number, segment in enumerate(segments):
        start_s, stop_s = number * sample_clip.SCENE_S, (number + 1) * sample_clip.SCENE_S
        assert min(segment.stop_s, stop_s) - max(segment.start_s, start_s) > 0.9 * sample_clip.SCENE_S


CLIPS = ("arm_wrestling.mp4", "cartwheeling.avi", "flipping_pancake.mkv", "golf_driving.mp4")
CLIPS += ("juggling_soccer_ball.avi", "using_segway.mp4", "walking_the_dog.mp4")


def test_real_clips_get_their_labels(shared_data, shared_store):
    """Their first three seconds; whole clips are measured by `make bench BENCH=kinetics`."""
    card = models.ModelLibrary.of(here()).cards()["kinetics400"]
    recipe, ranks = Recipe((Trim((0.0, 3.0)),)), []
    for name in CLIPS:
        digest = clips.add_video(shared_store, shared_data / "clips" / name)
        predictions.predict(shared_store, digest, recipe, card.name, ENGINE)
        ranking = predictions.analysis(shared_store, digest, recipe, card, ENGINE).ranking
        labels = [ranked.label for ranked in ranking]
        ranks.append(labels.index(Path(name).stem.replace("_", " ")))
    assert max(ranks) < 3 and ranks.count(0) >= 6, dict(zip(CLIPS, ranks, strict=True))


# Several views


def test_the_features_of_several_views_are_the_mean_of_those_of_each(shared_store, digest):
    info, recipe = shared_store.video(digest), Recipe((Views("mirror"),))
    mean = predictions.features_of(shared_store, info, recipe, CNN, ENGINE, silent)
    keys = [predictions.features_key(digest, view, CNN, ENGINE) for view in single_views(recipe)]
    plain, mirrored = (shared_store.read(key, Features).values for key in keys)
    assert np.abs(plain - mirrored).max() > 0.01
    np.testing.assert_allclose(mean.values, (plain.astype(np.float64) + mirrored) / 2, rtol=1e-6)
    assert (
        predictions.features_of(shared_store, info, recipe, CNN, ENGINE, silent).values.tobytes()
        == mean.values.tobytes()
    )


def test_several_views_go_on_with_the_view_that_is_missing(shared_store, digest):
    recipe = Recipe((Trim((0.0, 1.0)), Views("mirror")))
    assert not predictions.goes_on(shared_store, digest, recipe, CNN, ENGINE)
    predictions.features_of(shared_store, shared_store.video(digest), single_views(recipe)[0], CNN, ENGINE, silent)
    assert predictions.goes_on(shared_store, digest, recipe, CNN, ENGINE)


class Peek(PictureStep):
    """Notes the sizes of the pictures that come in."""

    label, picture, scale_free, squeeze_free = "Peek", True, True, True
    sizes: ClassVar[list[tuple[int, int]]] = []

    def change(self, image: np.ndarray) -> np.ndarray:
        self.sizes.append((image.shape[1], image.shape[0]))
        return image


@pytest.mark.parametrize(
    ("steps", "size_px"),
    [
        ((Lighten(),), (336, 224)),
        ((SingleView("end", mirrored=True),), (336, 224)),
        ((Resize(224, 224, "stretch"), Lighten(), Hold()), (224, 224)),
        ((Lighten(), Resize(224, 224, "stretch")), (224, 224)),
        ((SingleView("end"), Resize(224, 224, "stretch")), (720, 480)),
        ((Rotate(3.0), Lighten()), (720, 480)),
    ],
)
def test_pictures_are_decoded_small_where_all_steps_allow_it(shared_store, digest, steps, size_px, tmp_path):
    path = written_clip(tmp_path / "large.mp4", moving_square(2, size_px=(720, 480)))
    info = shared_store.video(clips.add_video(shared_store, path))
    Peek.sizes.clear()
    list(predictions.frames_of(info, Recipe((Peek(), *steps)), 224))
    assert set(Peek.sizes) == {size_px}


# Inside a model


def test_a_cnn_in_numbers_is_that_of_its_keras_model(shared_store):
    from core.stages.networks.explain import layers

    summary = inside.summarise(shared_store, CNN)
    model = layers.network(BACKBONES[CNN])
    assert summary.parameters == model.count_params() == sum(layer.count_params() for layer in model.layers)
    assert shared_store.read(inside.summary_key(CNN), inside.CnnSummary) == summary
    assert summary.field[0] == 1 and summary.layers > 50


def test_frames_in_another_order_give_the_features_of_a_cnn_of_single_frames_in_that_order(shared_store, digest, card):
    info = shared_store.video(digest)
    plain = predictions.features_of(shared_store, info, Recipe(), CNN, ENGINE, silent).values
    edited = predictions.extract(info, Recipe((TimeEdit("reversed"),)), CNN, ENGINE, shared_store.engine_cache).values
    np.testing.assert_allclose(edited, plain[::-1], atol=0.02 * np.abs(plain).max())
    edit = TimeEdit("shuffled", seed=1)
    inside.predict_edited(shared_store, digest, Recipe(), MODEL, ENGINE, edit)
    key = inside.edit_key(digest, Recipe(), card, ENGINE, edit)
    assert shared_store.read(key, Prediction).labels == card.labels
