"""Clips on a given cluster: the results of one process, written at home alone, whatever dies meanwhile."""

import threading
from pathlib import Path

import numpy as np
import pytest

from core.base import settings
from core.base.errors import ClusterFailed
from core.base.progress import silent
from core.domain import Features, Recipe
from core.stages import video
from core.workflows import batches, clips, predictions
from core.workspace.jobs.given_cluster import given
from core.workspace.store import Store
from tests.clusters import scheduler, workers
from tests.conftest import moving_square, with_networks

MODEL, ENGINE = "kinetics400", "openvino-f32"


@pytest.fixture
def paths(tmp_path: Path) -> list[str]:
    """Three short clips, the first very short, and a file that is none."""
    made = [tmp_path / f"clip {number}.mp4" for number in range(3)]
    for number, path in enumerate(made):
        video.write(path, moving_square(100 + number if number else 8))
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    return [*map(str, made), str(tmp_path / "broken.mp4")]


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch):
    """Name a cluster in the settings; "" for none, as it is again at the end."""

    def name(address: str) -> None:
        monkeypatch.setenv("KINETOSCOPE_SCHEDULER", address)
        settings.current.cache_clear()

    yield name
    name("")
    given()
    monkeypatch.undo()
    settings.current.cache_clear()


def states(store: Store, batch: batches.Batch) -> list[str]:
    items = batches.items_of(store, batch, ENGINE)
    return ["done" if item.done else "failed" if item.error else "left" for item in items]


def features(store: Store, digest: str, card) -> Features:
    recipe = predictions.prepared(Recipe(), card)
    return store.read(predictions.features_key(digest, recipe, card.backbone, ENGINE), Features)


def test_a_batch_survives_its_scheduler_and_gives_what_one_process_gives(store, paths, connect, tmp_path, networks):
    (folder := tmp_path / "cluster").mkdir()
    with_networks(folder / "workspace", networks)
    alone = Store(with_networks(tmp_path / "alone", networks))
    expected = [clips.add_video(alone, path) for path in paths[:3]]
    card, _ = predictions.ModelLibrary.of(alone).get(MODEL)
    for digest in expected:
        predictions.predict(alone, digest, Recipe(), MODEL, ENGINE)
    batch, killed = batches.begin(store, paths, MODEL), threading.Event()
    with scheduler(folder) as (address, process), workers(address, folder, count=1):
        connect(address)

        def report(*_progress):
            if "done" in states(store, batch) and not killed.is_set():
                killed.set()
                process.kill()

        with pytest.raises(ClusterFailed, match="no longer answers"):
            batches.run(store, batch, ENGINE, report)
    done = states(store, batch)
    assert killed.is_set() and "done" in done and "left" in done
    assert all(entry.error for entry in store.tries(batch.name)), "only what failed by itself is noted"
    with scheduler(folder) as (address, _), workers(address, folder):
        connect(address)
        with pytest.raises(Exception, match=r"1 of 4 clips could not be analysed: broken\.mp4\."):
            batches.run(store, batch, ENGINE, silent)
    assert states(store, batch) == ["done"] * 3 + ["failed"]
    assert sorted(store.digests()) == sorted(expected)
    for digest in expected:
        ours, theirs = features(store, digest, card), features(alone, digest, card)
        assert np.array_equal(ours.times_s, theirs.times_s)
        assert np.allclose(ours.values, theirs.values, rtol=0, atol=1e-5 * np.abs(theirs.values).max())
        assert store.thumbnail_path(digest).is_file()
    assert not (folder / "workspace" / "catalogue.sqlite").exists(), "workers write no catalogue"
