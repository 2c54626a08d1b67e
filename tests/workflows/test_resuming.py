"""An analysis that broke off is gone on with, and gives what an uninterrupted one gives, to the last bit."""

import os
import subprocess
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import Cancelled, ResultMissing
from core.base.progress import silent
from core.base.registry import BACKBONES
from core.base.settings import ROOT
from core.domain import Features, Recipe
from core.stages import video
from core.stages.networks import backbones, inference_engine
from core.stages.networks.backbones import Stage
from core.stages.preprocessing.filters import Gamma, TemporalSmooth
from core.stages.preprocessing.geometry import Crop, Flip
from core.stages.preprocessing.repair import Repair
from core.stages.preprocessing.sampling import Hold, Resample, Trim
from core.workflows import clips, predictions
from core.workspace.store import ResultPieces, Store
from tests.conftest import moving_square

ENGINE = "openvino-f32"
CNN = "tiny"
TINY = backbones.Backbone(
    CNN, "Tiny", 1, size_px=16, rate_hz=Fraction(25), channels=12, make=lambda _: None,
    stages=(Stage(32, stride=4, before=8, after=12, ends_at="middle"), Stage(20, stride=2, before=4, after=4)),
)  # fmt: skip
RECIPES = {
    "plain": Recipe((Hold(),)),
    "frame by frame": Recipe((Trim((1.0, 11.0)), Crop((10.0, 90.0), (0.0, 100.0)), Gamma(1.4), Flip(), Hold(1.0))),
    "fewer frames": Recipe((Resample(12.0),)),
    "with memory": Recipe((Repair(), TemporalSmooth(2))),
}


class Network:
    """A network in two stages, cut as I3D is: each row of output depends on its place and on all rows of its window.

    stop: the window, counted over both stages, at which it raises Cancelled.
    """

    def __init__(self, stop: int | None = None):
        self.stop, self.windows = stop, 0
        self.stages = (self.first, self.second)

    def count(self) -> None:
        if self.windows == self.stop:
            raise Cancelled
        self.windows += 1

    def first(self, rows: np.ndarray) -> np.ndarray:
        self.count()
        assert rows.shape[1:] == (16, 16, 3)
        means = rows.astype(np.float32).reshape(len(rows) // 4, 4, -1).mean(axis=1)  # (N / 4, 768)
        return np.tanh(means / 100 + means.sum(dtype=np.float32) * 1e-6)[:, ::128]

    def second(self, rows: np.ndarray) -> np.ndarray:
        self.count()
        return rows.reshape(len(rows) // 2, -1) + rows.sum(dtype=np.float32) * np.float32(1e-3)  # (N / 2, 12)


@pytest.fixture(scope="module", params=["steady rate", "variable rate"])
def clip(request, tmp_path_factory) -> Path:
    """300 frames, of which no two neighbours are the same."""
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("clips") / "long.mp4"
    gaps_s = rng.choice([0.02, 0.04, 0.08], 300) if request.param == "variable rate" else np.full(300, 0.04)
    times_s = np.cumsum(gaps_s) - gaps_s[0]
    frames = moving_square(300, size_px=(64, 48))
    video.write(path, (replace(frame, time_s=float(times_s[frame.index])) for frame in frames))
    return path


def made(monkeypatch, store: Store, clip: Path, recipe: Recipe, network: Network, engine: str = ENGINE) -> Features:
    """The features of the clip, of that network."""
    monkeypatch.setitem(BACKBONES._entries, CNN, TINY)
    monkeypatch.setattr(inference_engine, "load", lambda *_: network)
    info = store.video(clips.add_video(store, clip))
    return predictions.features_of(store, info, recipe, CNN, engine, silent)


def goes_on(store: Store, engine: str) -> bool:
    """Whether the next run with the plain recipe goes on from pieces."""
    (entry,) = store.videos()
    return predictions.goes_on(store, entry.info.digest, RECIPES["plain"], CNN, engine)


def pieces_in(store: Store) -> list[Path]:
    return sorted(store.workspace.glob("results/*/*.npz"))


def assert_same(features: Features, expected: Features) -> None:
    assert features.seen_s == expected.seen_s
    assert features.times_s.tobytes() == expected.times_s.tobytes()
    assert features.values.tobytes() == expected.values.tobytes() and features.values.dtype == expected.values.dtype


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_cancelled_analysis_goes_on_and_gives_the_same_bytes(recipe, clip, tmp_path, monkeypatch):
    whole = Network()
    expected = made(monkeypatch, Store(tmp_path / "whole"), clip, recipe, whole)
    store, computed = Store(tmp_path / "parts"), 0
    for stop in (7, 0, 12):  # the second is cancelled before its first window
        with pytest.raises(Cancelled):
            made(monkeypatch, store, clip, recipe, Network(stop))
        computed += stop
    last = Network()
    assert_same(made(monkeypatch, store, clip, recipe, last), expected)
    assert computed + last.windows == whole.windows
    assert not pieces_in(store) and store.keys("pieces") == []
    assert [store.read(key, Features).values.tobytes() for key in store.keys("features")] == [expected.values.tobytes()]


@pytest.mark.parametrize("stop", [1, 2, 5, 11, 12, 13, 20, 25, 33, 34, 35, 36, 37])
def test_wherever_it_is_cancelled_nothing_is_computed_twice(stop, clip, tmp_path, monkeypatch):
    whole, last, store = Network(), Network(), Store(tmp_path / "parts")
    expected = made(monkeypatch, Store(tmp_path / "whole"), clip, RECIPES["plain"], whole)
    if stop >= whole.windows:
        pytest.skip(f"the clip has {whole.windows} windows")
    with pytest.raises(Cancelled):
        made(monkeypatch, store, clip, RECIPES["plain"], Network(stop))
    assert_same(made(monkeypatch, store, clip, RECIPES["plain"], last), expected)
    assert stop + last.windows == whole.windows


def test_frames_that_no_window_needs_any_more_are_not_decoded(clip, tmp_path, monkeypatch):
    store, decoded = Store(tmp_path), []
    with pytest.raises(Cancelled):
        made(monkeypatch, store, clip, RECIPES["plain"], Network(30))
    read = video.read

    def counted(*args, **options):
        for frame in read(*args, **options):
            decoded.append(frame.index)
            yield frame

    monkeypatch.setattr(video, "read", counted)
    made(monkeypatch, store, clip, RECIPES["plain"], Network())
    assert decoded[0] > 100 and decoded == list(range(decoded[0], 300))


@pytest.mark.parametrize("damage", ["cut", "bit", "gone", "empty"])
def test_a_damaged_piece_is_made_again(damage, clip, tmp_path, monkeypatch):
    expected = made(monkeypatch, Store(tmp_path / "whole"), clip, RECIPES["plain"], Network())
    store = Store(tmp_path / "parts")
    for number in range(2):
        with pytest.raises(Cancelled):
            made(monkeypatch, store, clip, RECIPES["plain"], Network(14))
        path = pieces_in(store)[-1 if number else 0]
        raw = bytearray(path.read_bytes())
        raw[len(raw) // 2] ^= 1
        if damage == "gone":
            path.unlink()
        else:
            path.write_bytes({"cut": raw[: len(raw) // 2], "bit": raw, "empty": b""}[damage])
    assert_same(made(monkeypatch, store, clip, RECIPES["plain"], Network()), expected)


def test_pieces_of_another_engine_are_not_used(clip, tmp_path, monkeypatch):
    store, whole, other = Store(tmp_path), Network(), Network()
    for stop in (0, 16):
        with pytest.raises(Cancelled):
            made(monkeypatch, store, clip, RECIPES["plain"], Network(stop))
        assert [goes_on(store, engine) for engine in (ENGINE, "openvino-bf16")] == [stop > 0, False]
    made(monkeypatch, store, clip, RECIPES["plain"], other, "openvino-bf16")
    made(monkeypatch, Store(tmp_path / "whole"), clip, RECIPES["plain"], whole)
    assert other.windows == whole.windows
    assert len(store.keys("pieces")) == 1  # of the first engine
    made(monkeypatch, store, clip, RECIPES["plain"], Network())
    assert not goes_on(store, ENGINE)


def test_pieces_of_an_earlier_stage_do_not_pile_up(clip, tmp_path, monkeypatch):
    """Rows of I3D's first stage are a third of a megabyte: what two windows of the second need is all that is kept."""
    most = 0

    class Watched(Network):
        def count(self):
            nonlocal most
            super().count()
            most = max(most, len([path for path in pieces_in(store) if path.name.startswith("0-")]))

    store = Store(tmp_path)
    made(monkeypatch, store, clip, RECIPES["plain"], Watched())
    assert 5 <= most <= 16


KILLED = """
import os, signal, sys
sys.path.insert(0, {root!r})
from core.stages.networks import backbones, inference_engine
from core.stages.networks.backbones import Stage
from core.workflows import predictions
from core.workspace.store import Store
from tests.workflows.test_resuming import BACKBONES, CNN, ENGINE, RECIPES, TINY, Network
from core.base.progress import silent

class Dying(Network):
    def count(self):
        super().count()
        if self.windows > 16:
            os.kill(os.getpid(), signal.SIGKILL)

inference_engine.load = lambda *_: Dying()
BACKBONES.add(CNN, TINY)
store = Store(sys.argv[1])
predictions.features_of(store, store.videos()[0].info, RECIPES["plain"], CNN, ENGINE, silent)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_killed_process_leaves_pieces_that_the_next_goes_on_with(clip, tmp_path, monkeypatch):
    whole, last, store = Network(), Network(), Store(tmp_path / "parts")
    expected = made(monkeypatch, Store(tmp_path / "whole"), clip, RECIPES["plain"], whole)
    clips.add_video(store, clip)
    run = subprocess.run([sys.executable, "-c", KILLED.format(root=str(ROOT)), str(store.workspace)], cwd=ROOT)
    assert run.returncode == -9 and pieces_in(store)
    assert_same(made(monkeypatch, store, clip, RECIPES["plain"], last), expected)
    assert last.windows == whole.windows - 16


def test_a_real_network_that_was_cancelled_gives_the_same_bytes(store, tmp_path, monkeypatch):
    video.write(tmp_path / "clip.mp4", moving_square(150, size_px=(64, 48)))
    info = store.video(clips.add_video(store, tmp_path / "clip.mp4"))
    arguments = (info, Recipe((Gamma(1.2),)), "efficientnet-lite0", ENGINE)
    expected = predictions.extract(*arguments, store.engine_cache)

    def report(done, _total, _message):
        if done > 90:
            raise Cancelled

    with pytest.raises(Cancelled):
        predictions.features_of(store, *arguments, report)
    assert len(pieces_in(store)) >= 2
    assert_same(predictions.features_of(store, *arguments, silent), expected)


def test_pieces_go_with_their_clip_and_what_is_computed_then_is_refused(clip, tmp_path, monkeypatch):
    store = Store(tmp_path)

    class Deleting(Network):
        def count(self):
            super().count()
            if self.windows == 14:
                store.delete_video(store.videos()[0].info.digest)

    with pytest.raises(ResultMissing, match="clip"):
        made(monkeypatch, store, clip, RECIPES["plain"], Deleting())
    assert list(store.workspace.glob("results/*")) == []
    assert store.keys("pieces") == store.keys("features") == []


def test_pieces_go_after_a_week(clip, tmp_path, monkeypatch):
    store = Store(tmp_path)
    with pytest.raises(Cancelled):
        made(monkeypatch, store, clip, RECIPES["plain"], Network(3))
    store.tidy()
    assert pieces_in(store)
    with store._changing() as catalogue:
        catalogue.execute("UPDATE results SET written = ?", (time.time() - 8 * 86400,))
    store.tidy()
    assert not pieces_in(store) and store.keys("pieces") == []


def test_an_analysis_goes_on_without_pieces_where_the_disk_refuses_them(clip, tmp_path, monkeypatch):
    expected = made(monkeypatch, Store(tmp_path / "whole"), clip, RECIPES["plain"], Network())

    def refuse(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.workspace.store.pieces.packed", refuse)
    assert_same(made(monkeypatch, Store(tmp_path / "full"), clip, RECIPES["plain"], Network()), expected)


def test_features_of_which_a_part_was_deleted_are_made_again_in_the_same_call(clip, tmp_path, monkeypatch):
    store = Store(tmp_path)
    expected = made(monkeypatch, store, clip, RECIPES["plain"], Network())
    (key,) = store.keys("features")
    for path in (store.workspace / "results" / key).glob("array*.npy"):
        path.unlink()
    assert_same(made(monkeypatch, store, clip, RECIPES["plain"], Network()), expected)


def test_a_piece_is_whole_or_not_there(clip, tmp_path):
    store = Store(tmp_path)
    pieces = ResultPieces(store, "ab" * 20, clips.add_video(store, clip))
    rows = np.arange(12, dtype=np.float32).reshape(3, 4)
    pieces.write(0, 7, rows)
    pieces.write(0, 12, rows)
    assert pieces.read(0, 7).tobytes() == rows.tobytes() and pieces.read(1, 7) is None
    pieces.drop(0, before=12)
    assert pieces.read(0, 7) is None and pieces.read(0, 12) is not None
