"""Watched folders: files are taken in when they are complete, failures are tried again when they change."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from core.base.errors import AnalysisError
from core.domain.jobs import Job, JobState
from core.stages import video
from core.workflows import batches, predictions, watched_folders
from core.workflows.watched_folders import FolderWatch, FolderWatcher
from core.workspace.store import Store
from tests.conftest import moving_square

MODEL, ENGINE = "kinetics400", "openvino-f32"


class Jobs:
    """Runs the job of a batch when it is submitted, without processes."""

    def __init__(self, store: Store):
        self.store, self.known, self.begun = store, dict[str, Job](), list[tuple[str, ...]]()
        self.crash = False

    def submit(self, batch: batches.Batch) -> None:
        self.begun.append(tuple(Path(item).name for item in batch.items))
        key, state, error = batches.job_key(batch), "done", ""
        try:
            if self.crash:
                raise AnalysisError("The disk is full.")
            batches.run(self.store, batch, ENGINE)
        except AnalysisError as caught:
            state, error = "failed", str(caught)
        self.known[key] = Job(key, "Analyse", state, error=error, submitted=9e9, finished=9e9)

    def end(self, batch: batches.Batch, state: JobState) -> None:
        key = batches.job_key(batch)
        self.known[key] = replace(self.known[key], state=state)


@pytest.fixture
def jobs(store: Store, monkeypatch: pytest.MonkeyPatch) -> Jobs:
    def predict(store: Store, digest: str, recipe, model: str, engine: str, report):
        card, _ = predictions.ModelLibrary.of(store).get(model)
        store.write(predictions.prediction_key(store, digest, recipe, card, engine), recipe, kind="prediction")

    monkeypatch.setattr(predictions, "predict", predict)
    return Jobs(store)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "camera" / "monday").mkdir(parents=True)
    return tmp_path / "camera"


def watcher(store: Store, jobs: Jobs) -> FolderWatcher:
    return FolderWatcher(store, jobs.submit, jobs.known.get, ENGINE)


def states(store: Store) -> dict[str, str]:
    (batch,) = batches.stored(store)
    items = batches.items_of(store, batch, ENGINE)
    return {Path(item.item).name: "done" if item.done else "failed" if item.error else "left" for item in items}


def clip(path: Path, frames: int) -> Path:
    video.write(path, moving_square(frames))
    return path


def test_a_file_is_complete_when_two_looks_see_the_same_of_it(folder: Path):
    watch = FolderWatch(str(folder))
    (folder / "a.mp4").write_bytes(b"1")
    (folder / "notes.txt").write_bytes(b"no video")
    (folder / ".hidden.mp4").write_bytes(b"1")
    assert watch.complete() == {} and watch.waiting() == 1
    (folder / "a.mp4").write_bytes(b"12")
    assert watch.complete() == {}, "it is still written to"
    (folder / "monday" / "b.mp4").write_bytes(b"1")
    assert list(watch.complete()) == [str(folder / "a.mp4")] and watch.waiting() == 1
    assert list(watch.complete()) == [str(folder / "monday" / "b.mp4")]
    assert watch.complete() == {} and watch.waiting() == 0
    os.utime(folder / "a.mp4", ns=(1, 1))
    assert watch.complete() == {}
    assert list(watch.complete()) == [str(folder / "a.mp4")], "it has changed"
    assert FolderWatch(str(folder), watch.taken).complete() == {}


def test_a_folder_that_is_gone_for_a_while_is_told_and_looked_for_again(store: Store, jobs: Jobs, folder: Path):
    batch, watching = watched_folders.begin(store, folder, MODEL), watcher(store, jobs)
    folder.rename(folder.with_name("away"))
    watching.look()
    assert "There is no folder" in watching.looks[batch.name].problem
    folder.with_name("away").rename(folder)
    clip(folder / "a.mp4", 8)
    watching.look()
    watching.look()
    assert watching.looks[batch.name].problem == "" and states(store) == {"a.mp4": "done"}


def test_new_files_are_analysed_and_one_that_fails_is_tried_again_only_when_it_changed(
    store: Store, jobs: Jobs, folder: Path
):
    watched_folders.begin(store, folder, MODEL)
    watching = watcher(store, jobs)
    clip(folder / "a.mp4", 8)
    (folder / "broken.mp4").write_bytes(b"no video")
    for _ in range(4):
        watching.look()
    assert jobs.begun == [("a.mp4", "broken.mp4")] and states(store) == {"a.mp4": "done", "broken.mp4": "failed"}
    assert "broken.mp4" in next(iter(jobs.known.values())).error
    clip(folder / "monday" / "c.mp4", 16)
    for _ in range(3):
        watching.look()
    assert len(jobs.begun) == 2 and states(store)["c.mp4"] == "done"
    assert next(iter(jobs.known.values())).state == "done", "the file that failed before is not named again"
    clip(folder / "broken.mp4", 24)
    for _ in range(3):
        watching.look()
    assert len(jobs.begun) == 3 and set(states(store).values()) == {"done"}


def test_a_server_that_is_started_again_goes_on(store: Store, jobs: Jobs, folder: Path):
    batch = watched_folders.begin(store, folder, MODEL)
    clip(folder / "a.mp4", 8)
    first = watcher(store, jobs)
    first.look()
    jobs.crash = True
    first.look()
    first.look()
    assert len(jobs.begun) == 1, "a job that failed with all that it had is not begun again at once"
    jobs.crash = False
    jobs.end(batch, "lost")
    again = Store(store.workspace)
    watcher(again, jobs).look()
    assert states(again) == {"a.mp4": "done"} and len(jobs.begun) == 2


def test_a_folder_is_watched_until_that_or_its_job_is_stopped(store: Store, jobs: Jobs, folder: Path):
    batch, watching = watched_folders.begin(store, folder, MODEL), watcher(store, jobs)
    clip(folder / "a.mp4", 8)
    watching.look()
    watching.look()
    jobs.end(batch, "cancelled")
    watching.look()
    (stopped,) = batches.stored(store)
    assert not stopped.watching and stopped.folder == str(folder)
    clip(folder / "b.mp4", 16)
    watching.look()
    watching.look()
    assert states(store) == {"a.mp4": "done"}
    jobs.known.clear()
    watched_folders.set_watching(store, stopped, True)
    watching.look()
    watching.look()
    assert states(store) == {"a.mp4": "done", "b.mp4": "done"}
    store.delete_batch(batch.name)
    watching.look()
    assert batches.stored(store) == []


def test_a_model_that_is_gone_costs_no_other_folder(store: Store, jobs: Jobs, folder: Path, tmp_path: Path):
    other = tmp_path / "other"
    other.mkdir()
    lost = watched_folders.begin(store, other, "no-such-model")
    batch, watching = watched_folders.begin(store, folder, MODEL), watcher(store, jobs)
    for place in (folder, other):
        clip(place / "a.mp4", 8)
    watching.look()
    watching.look()
    assert "no-such-model" in watching.looks[lost.name].problem
    (kept,) = (known for known in batches.stored(store) if known.name == batch.name)
    assert [item.done for item in batches.items_of(store, kept, ENGINE)] == [True]
