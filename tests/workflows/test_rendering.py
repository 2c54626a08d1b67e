"""Clips to take along: what is burnt in, and cut-outs; and text in pictures."""

import csv
import io
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import features

from core.base.errors import NotEnoughExamples
from core.domain import Prediction, Recipe, Segment
from core.stages import video
from core.stages.drawing import fonts
from core.stages.networks.explain.attribution import Evidence
from core.stages.preprocessing.geometry import Crop, Resize
from core.workflows import clips, explanations, models, predictions, rendering
from core.workflows.rendering import Strip, Wanted
from core.workspace.store import Store

MINE = Strip("mine", (Segment(0.4, 1.0, "walk"), Segment(1.0, 1.6, "run")))
COLOURS = (("walk", "#0072B2"), ("run", "#D55E00"))


@pytest.fixture
def clip(store: Store, square_clip: Path) -> str:
    return clips.add_video(store, square_clip)


def made(store: Store, digest: str, wanted: Wanted, tmp_path: Path):
    """The film, measured anew as a clip, and its frames."""
    rendering.make_film(store, digest, wanted)
    path = tmp_path / "film.mp4"
    path.write_bytes(store.file_path(rendering.film_key(store, digest, wanted)).read_bytes())
    info = video.probe(path, video.digest(path))
    return info, list(video.read(info))


def near(image: np.ndarray, colour: str, slack: int = 40) -> np.ndarray:
    wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    return np.abs(image.astype(int) - wanted).max(axis=2) < slack


def test_labels_stand_below_the_picture_at_their_moments(store: Store, clip: str, tmp_path: Path):
    info = store.video(clip)
    film, frames = made(store, clip, Wanted((MINE,), COLOURS), tmp_path)
    assert film.plays_in_browser and film.codec == "h264"
    assert film.times_s == pytest.approx(info.times_s, abs=2e-5)
    assert film.width_px == rendering.NARROWEST_PX, "a small clip is enlarged, so that text can be read"
    picture_px = round(rendering.NARROWEST_PX * info.height_px / info.width_px)
    assert film.height_px > picture_px + 30

    def words_of(frame, colour):
        line = frame.image[picture_px : picture_px + 26, 100:]
        return int(near(line, colour, 60).sum())

    for frame in frames[::5]:
        walks, runs = words_of(frame, "#0072B2"), words_of(frame, "#D55E00")
        assert (walks > 20) == (0.4 <= frame.time_s < 1.0) and (runs > 20) == (1.0 <= frame.time_s < 1.6), frame.time_s
    here, there = frames[10].image[:picture_px], video.frame_at(info, frames[10].time_s).image
    assert np.abs(here[::20, ::20].mean() - there.mean()) < 12, "the picture itself is as it was"


def test_scores_are_bars_as_long_as_they_are_large(store: Store, clip: str, tmp_path: Path):
    info = store.video(clip)
    scores = np.tile(np.array([0.75, 0.25], np.float32), (4, 1))
    said = Prediction(np.array([0.2, 0.7, 1.2, 1.7]), scores, ("walk", "run"), "net", (0.0, info.duration_s))
    store.write("ab" * 20, said, kind="prediction", video=clip)
    _, frames = made(store, clip, Wanted((), COLOURS, prediction="ab" * 20), tmp_path)
    picture_px = round(rendering.NARROWEST_PX * info.height_px / info.width_px)
    panel = frames[5].image[picture_px:]
    bars = []
    for row, colour in enumerate(("#0072B2", "#D55E00")):
        dimmed = "#" + "".join(
            f"{round(0.45 * int(colour[p : p + 2], 16) + 0.55 * g):02x}"
            for p, g in zip((1, 3, 5), rendering.GROUND, strict=True)
        )
        line = panel[row * 31 + 5]
        bars.append(int(near(line[None], dimmed, 30).sum()))
    assert bars[0] / bars[1] == pytest.approx(3, rel=0.35)


def test_class_activation_lies_where_the_network_saw_it(store: Store, clip: str, tmp_path: Path, monkeypatch):
    """What the network looked at was the right half, squeezed: the map must come back to the right half."""
    info = store.video(clip)
    recipe = Recipe((Crop((50.0, 100.0)), Resize(224, 224, "stretch")))
    card, _ = models.ModelLibrary.of(store).get("kinetics400")
    said = Prediction(np.array([1.0]), np.eye(1, len(card.labels), dtype=np.float32), card.labels, "net", (0.0, 2.0))
    key = predictions.prediction_key(store, clip, recipe, card, "tensorflow-f32")
    store.write(key, said, kind="prediction", video=clip)
    hot = np.zeros((1, 7, 7), np.float32)
    hot[0, :, 3] = 5.0  # the middle of what was seen
    monkeypatch.setattr(explanations, "locate", lambda *_: Evidence(np.array([1.0]), hot, "x", True))
    wanted = Wanted((), (), activation=True, recipe=recipe, model="kinetics400", engine="tensorflow-f32")
    _, frames = made(store, clip, wanted, tmp_path)
    plain = Wanted((), ())
    rendering.make_film(store, clip, plain)
    _, before = made(store, clip, plain, tmp_path)
    changed = np.abs(frames[20].image.astype(int) - before[20].image).max(axis=2)[: info.height_px * 6].mean(axis=0)
    assert abs(int(changed.argmax()) - round(0.75 * rendering.NARROWEST_PX)) < 30
    assert changed[: rendering.NARROWEST_PX // 2 - 40].mean() < 4 < changed.max()


def test_cut_outs_hold_their_frames_and_a_table(store: Store, clip: str, tmp_path: Path):
    info = store.video(clip)
    odd = Strip("=mine", (Segment(0.4, 1.0, "walk", 0.5, "=1+1"), Segment(1.0, 1.6, "a/b: c")))
    rendering.make_cuts(store, clip, [odd])
    with zipfile.ZipFile(store.file_path(rendering.cut_key(clip, [odd]))) as archive:
        names = archive.namelist()
        assert names == ["0001_walk.mp4", "0002_a_b_c.mp4", "segments.csv"]
        rows = list(csv.DictReader(io.StringIO(archive.read("segments.csv").decode())))
        archive.extract(names[0], tmp_path)
    cut = video.probe(tmp_path / names[0], video.digest(tmp_path / names[0]))
    assert cut.frame_count == 15 and cut.plays_in_browser
    assert cut.duration_s == pytest.approx(0.6, abs=1e-3)
    assert (rows[0]["start_s"], rows[0]["stop_s"], rows[0]["first_frame"], rows[0]["stop_frame"]) == (
        "0.400000",
        "1.000000",
        "10",
        "25",
    )
    assert rows[0]["note"] == "'=1+1" and rows[0]["track"] == "'=mine", "no spreadsheet runs what a label says"
    first = video.frame_at(cut, 0.0).image
    assert np.abs(first.astype(int) - video.frame_at(info, 0.4).image).mean() < 4
    with pytest.raises(NotEnoughExamples):
        rendering.make_cuts(store, clip, [Strip("none", ())])


@pytest.mark.parametrize(("name", "codec"), [("talk.mp4", "aac"), ("talk.mkv", "pcm_s16le"), ("talk.ts", "mp2")])
def test_cut_outs_keep_their_sound_where_the_clip_has_some(store: Store, tmp_path: Path, name: str, codec: str):
    """The clip beeps once, at 5 s: in a cut from 4.6 s on that is at 0.4 s, and before it nothing is heard."""
    digest = clips.add_video(store, beeping(tmp_path / name, codec, at_s=5.0, length_s=6))
    clip = store.video(digest)
    start_s, stop_s = clip.times_s[46], clip.times_s[56]
    strips = [
        Strip("", (Segment(0.0, float(clip.times_s[20]), "quiet"), Segment(float(start_s), float(stop_s), "beep")))
    ]
    rendering.make_cuts(store, digest, strips)
    with zipfile.ZipFile(store.file_path(rendering.cut_key(digest, strips))) as archive:
        archive.extractall(tmp_path)
    quiet, beep = heard(tmp_path / "0001_quiet.mp4"), heard(tmp_path / "0002_beep.mp4")
    assert quiet.max() < 0.02 and len(quiet) / 48_000 == pytest.approx(2.0, abs=0.06)
    onset_s = float(np.argmax(beep > 0.2)) / 48_000
    assert onset_s == pytest.approx(5.0 - start_s, abs=0.03) and len(beep) / 48_000 == pytest.approx(1.0, abs=0.06)


def beeping(path: Path, codec: str, *, at_s: float, length_s: int) -> Path:
    """A clip of 10 frames/s that is silent but for a tenth of a second."""
    rate = 48_000
    moments_s = np.arange(rate * length_s) / rate
    tone = np.where((moments_s >= at_s) & (moments_s < at_s + 0.1), np.sin(2 * np.pi * 1000 * moments_s), 0)
    with av.open(str(path), "w") as output:
        pictures = output.add_stream("libx264", rate=10)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        sound = output.add_stream(codec, rate=rate, layout="mono")
        for index in range(10 * length_s):
            image = np.full((48, 64, 3), 4 * index, np.uint8)
            output.mux(pictures.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
            part = tone[index * rate // 10 : (index + 1) * rate // 10]
            samples = av.AudioFrame.from_ndarray((20_000 * part).astype(np.int16)[None], "s16", "mono")
            samples.sample_rate, samples.pts = rate, index * rate // 10
            output.mux(sound.encode(samples))
        output.mux(sound.encode())
        output.mux(pictures.encode())
    return path


def heard(path: Path) -> np.ndarray:
    """How loud a clip is at each sample of its clock."""
    with av.open(str(path)) as clip:
        frames = list(clip.decode(audio=0))
    found = np.zeros(round(48_000 * max(float(one.time) + one.samples / 48_000 for one in frames)))
    for one in frames:
        first = round(48_000 * float(one.time))
        found[first : first + one.samples] = np.abs(one.to_ndarray()).max(axis=0)[: len(found) - first]
    return found


# Text -----------------------------------------------------------------------------------------------------------------


def test_text_is_cut_to_its_place():
    letters = fonts.Lettering(20)
    long = letters.mask("walking " * 20, 200)
    assert 120 < long.shape[1] <= 200 and long.max() > 200
    assert letters.mask("", 100).size == 0
    assert letters.has("Größe, naïve œuvre")


def test_letters_that_are_missing_are_told_and_shown_as_numbers(monkeypatch, store: Store, clip: str, tmp_path: Path):
    monkeypatch.setattr(fonts, "_system_fonts", tuple)
    for cached in (fonts._font, fonts._mask):
        cached.cache_clear()
    assert rendering.undrawable(["walk", "跑", "walk"]) == ("跑",)
    runs = Strip("mine", (Segment(0.0, 2.0, "跑"),))
    _, frames = made(store, clip, Wanted((runs,), (("walk", "#0072B2"), ("跑", "#D55E00"))), tmp_path)
    assert near(frames[3].image[-62:-36, 130:], "#F4F4F5", 60).sum() > 40, "label 2 is written instead"
    for cached in (fonts._font, fonts._mask):
        cached.cache_clear()


def test_scripts_that_must_be_set_are_refused_where_nothing_can_set_them(monkeypatch):
    fonts._font.cache_clear()
    monkeypatch.setattr(features, "check", lambda name: False)
    assert not fonts.Lettering(20).has("مشي")
    fonts._font.cache_clear()
