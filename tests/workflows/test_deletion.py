"""A clip that is deleted while it is worked on: its job ends, and nothing of it stays."""

import time
from pathlib import Path

import pytest

from core.base.errors import ResultMissing
from core.domain import Dataset, Item, Recipe
from core.domain.jobs import Job
from core.stages import video
from core.workflows import clips, predictions, training
from core.workspace.jobs.runner import Runner
from core.workspace.store import Store
from tests.conftest import moving_square

CNN, ENGINE = "efficientnet-lite0", "openvino-f32"


def features_job(store, digest, *, report):
    predictions.features_of(store, store.video(digest), Recipe(), CNN, ENGINE, report)


def wait_until(condition, what: str) -> None:
    give_up = time.monotonic() + 240
    while not condition():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def test_nothing_stays_of_a_clip_that_is_deleted_while_it_is_analysed(store: Store, tmp_path: Path):
    video.write(tmp_path / "clip.mp4", moving_square(1200))
    digest = clips.add_video(store, tmp_path / "clip.mp4")
    key = predictions.features_key(digest, Recipe(), CNN, ENGINE)
    runner = Runner(store, memory_bytes=2**31)
    try:
        runner.submit(key, "Analyse", features_job, store, digest)
        wait_until(lambda: list(store.workspace.glob("results/*/*.npz")), "no piece was kept")
        assert runner.job(key).active
        runner.withdraw(digest)
        store.delete_video(digest)
        wait_until(lambda: runner.job(key) is None, "the job is still there")
        runner.submit("after", "Analyse", features_job, store, digest)
        wait_until(lambda: not runner.job("after").active, "the job that came too late has not ended")
        assert "no clip" in runner.job("after").error
    finally:
        runner.close()
    assert store.jobs() == [] or [job.key for job in store.jobs()] == ["after"]
    assert list(store.workspace.glob("results/*")) == [] == store.keys("features")
    assert not [path for path in store.workspace.rglob("*") if digest in path.name]


def test_a_copy_for_browsers_of_a_clip_that_was_deleted_meanwhile_is_not_kept(store: Store, square_clip, monkeypatch):
    digest = clips.add_video(store, square_clip)

    def make_proxy(_info, path, _report):
        store.delete_video(digest)
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_bytes(b"copy")

    monkeypatch.setattr(video, "make_proxy", make_proxy)
    clips.proxy(store, digest)
    with pytest.raises(ResultMissing):
        clips.proxy(store, digest)
    assert not list(store.workspace.glob("videos/*"))


def test_a_dataset_tells_which_of_its_clips_was_deleted(store: Store, square_clip):
    info = store.video(clips.add_video(store, square_clip))
    items = (Item(info.digest, "cats/tom.mp4", info.duration_s, label="cat"),)
    store.save_dataset(Dataset("Cats", ("cat", "dog"), items), "ab" * 20)
    store.delete_video(info.digest)
    with pytest.raises(ResultMissing, match=r"cats/tom\.mp4 is no longer in the library") as caught:
        training.gather(store, "Cats", Recipe(), CNN, ENGINE)
    assert "dataset" in caught.value.hint


def test_records_of_jobs_of_earlier_versions_are_about_no_clip(store: Store):
    with store._changing() as catalogue:
        catalogue.execute("INSERT INTO jobs VALUES ('old', ?, ?)", (time.time(), '{"key": "old", "title": "t"}'))
    assert store.load_job("old") == Job("old", "t")
