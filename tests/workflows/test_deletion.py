"""A clip that is deleted while it is worked on: its job ends, and nothing of it stays."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import NotEnoughExamples, ResultMissing
from core.domain import ClipRecipe, Dataset, Grouping, Item, Recipe, Split
from core.domain.jobs import Job
from core.stages import video
from core.stages.preprocessing.geometry import Flip
from core.workflows import clips, datasets, predictions, training
from core.workflows.datasets import library
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


def some_moves(infos) -> Dataset:
    items = tuple(
        Item(info.digest, f"{label}/{number}.mp4", info.duration_s, label=label)
        for number, (info, label) in enumerate(zip(infos, ("cat", "dog") * 3, strict=False))
    )
    return Dataset("Pets", ("cat", "dog"), items)


@pytest.fixture
def pets(store: Store, square_clip) -> Dataset:
    """A set of six clips of the library."""
    info = store.video(clips.add_video(store, square_clip))
    infos = [replace(info, digest=f"{number:064x}") for number in range(6)]
    for video_info in infos:
        store.save_video(video_info)
    dataset = some_moves(infos)
    store.save_dataset(dataset, datasets.key(dataset))
    return dataset


def test_clips_that_are_gone_are_left_out_of_a_new_version_of_their_dataset(store: Store, pets: Dataset):
    split = datasets.draw_split(pets, Grouping("clip"), "folds", count=2, joins=((0, 2), (3, 5)))
    store.save_split(split, datasets.split_key(split))
    assert library.missing_clips(store, pets) == ()
    assert library.leave_out_missing(store, "Pets") == 0
    store.delete_video(pets.items[1].video)
    store.delete_video(pets.items[2].video)
    assert library.missing_clips(store, pets) == pets.items[1:3]
    assert library.leave_out_missing(store, "Pets") == 2
    after = store.dataset("Pets")
    assert after == replace(pets, items=(pets.items[0], *pets.items[3:]))
    (entry,) = store.datasets()
    assert (entry.key, entry.clips) == (datasets.key(after), 4)
    kept = store.read(store.split_keys(entry.key)[0], Split)
    assert kept.joins == ((1, 3),), "items have moved up, and a pair without one of its clips is none"
    assert kept.groups[1] == kept.groups[3] and len(set(kept.groups)) == 3


def test_a_dataset_of_which_no_clip_is_left_stays_as_it_is(store: Store, pets: Dataset):
    for item in pets.items:
        store.delete_video(item.video)
    with pytest.raises(NotEnoughExamples, match="No clip of the dataset 'Pets' is in the library") as caught:
        library.leave_out_missing(store, "Pets")
    assert "delete the dataset" in caught.value.hint
    assert store.dataset("Pets") == pets


def test_drawn_labels_come_back_with_their_clip_and_its_recipe_does_not(store: Store, pets: Dataset):
    digest = pets.items[0].video
    info = store.video(digest)
    store.begin_tracks(digest, {"ab" * 16: "{}"})
    store.keep_clip_recipe(digest, ClipRecipe(Recipe((Flip(),))))
    assert store.recipe_of(digest).steps
    store.delete_video(digest)
    store.save_video(info)
    assert store.tracks(digest) == ["ab" * 16]
    assert not store.recipe_of(digest).steps
