"""Batch: nothing yet, a running job, a paused one, failures with their reasons, and all that is done."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.base import settings
from core.domain import ClipRecipe, Recipe
from core.domain.jobs import Job, JobState
from core.stages import video
from core.stages.preprocessing.geometry import Rotate
from core.workflows import batches, clips, predictions
from core.workspace.store import Store
from pages.ui import state
from pages.ui.batch import setup
from tests.conftest import moving_square
from tests.pages.test_pages import button, page, told
from tests.pages.test_search import Workers

pytestmark = pytest.mark.usefixtures("no_network")
MODEL, ENGINE = "kinetics400", "tensorflow-f32"


class Jobs(Workers):
    """The same, with a list of them and a way to end one."""

    def jobs(self) -> list[Job]:
        return list(self.known.values())

    def before(self, _key: str) -> list[Job]:
        return []

    def end(self, batch: batches.Batch, how: JobState) -> None:
        key = batches.job_key(batch)
        self.known[key] = replace(self.known[key], state=how)


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Jobs]:
    chosen = settings.read({"KINETOSCOPE_WORKSPACE": str(tmp_path / "workspace"), "KINETOSCOPE_ENGINE": ENGINE})
    fake = Jobs()
    monkeypatch.setattr("core.base.settings.current", lambda: chosen)
    monkeypatch.setattr("pages.ui.state.session._runner", lambda _settings: fake)
    yield fake
    state.store().close()


@pytest.fixture
def store(workers: Jobs) -> Store:
    return state.store()


@pytest.fixture
def three(store: Store, tmp_path: Path) -> list[str]:
    """Three clips of the library; the second has a recipe of its own."""
    digests = []
    for number in range(3):
        path = tmp_path / f"clip {number}.mp4"
        video.write(path, moving_square(8 + 8 * number))
        digests.append(clips.add_video(store, path))
    store.keep_clip_recipe(digests[1], ClipRecipe(Recipe((Rotate(90.0),))))
    return digests


def done(store: Store, digest: str) -> None:
    """Let a clip of a batch be analysed."""
    card, _ = predictions.ModelLibrary.of(store).get(MODEL)
    key = predictions.prediction_key(store, digest, store.recipe_of(digest), card, ENGINE)
    store.write(key, Recipe(), kind="prediction", video=digest)


def test_without_clips_a_folder_can_be_given_and_a_wrong_one_is_told(workers: Jobs, tmp_path: Path):
    at = page("batch")
    at.radio[0].set_value(setup.FOLDER).run()
    button(at, "Analyse this folder").click().run()
    assert "No path was given." in told(at)
    at.text_input(key="batch.folder").set_value(str(tmp_path / "missing")).run()
    button(at, "Analyse this folder").click().run()
    assert "There is no file or folder" in told(at) and not workers.known
    video.write(tmp_path / "one.mp4", moving_square(8))
    at.text_input(key="batch.folder").set_value(str(tmp_path)).run()
    button(at, "Analyse this folder").click().run()
    (job,) = workers.known.values()
    assert job.title == "Analyse 1 clip" and "0 of 1 clip analysed" in told(at) and "Pause" in told(at)


def test_a_batch_of_the_library_is_begun_paused_and_gone_on_with(store: Store, three: list[str], workers: Jobs):
    at = page("batch")
    button(at, "Analyse 3 clips").click().run()
    (batch,) = batches.stored(store)
    assert set(batch.items) == set(three) and batch.recipe is None
    done(store, three[1])
    workers.end(batch, "cancelled")
    at.run()
    assert "1 of 3 clips analysed" in told(at) and "Paused. 2 clips left" in told(at)
    button(at, "Continue").click().run()
    assert workers.known[batches.job_key(batch)].active and workers.given[1] == batch


def test_failures_are_listed_with_their_reasons_and_retried(store: Store, three: list[str], workers: Jobs):
    batch = batches.begin(store, three, MODEL)
    for digest in three[:2]:
        done(store, digest)
    store.begin_try(batch.name, three[2])
    store.end_try(batch.name, three[2], "The file is damaged.", "Repair it.")
    at = page("batch")
    failures = at.dataframe[0].value
    assert list(failures.iloc[0]) == ["clip 2.mp4", "The file is damaged.", "Repair it."]
    assert list(at.dataframe[1].value["State"]) == ["analysed", "analysed", "failed"]
    assert not [known for known in at.button if known.label == "Continue"]
    button(at, "Retry 1 failed clip").click().run()
    assert store.tries(batch.name) == [] and workers.known[batches.job_key(batch)].active


def test_clips_that_another_page_selected_are_offered_first(store: Store, three: list[str], workers: Jobs):
    at = page("batch", **{f"page.{setup.SELECTED}": (three[2], "ef" * 32)})
    assert at.radio[0].value == setup.SELECTION
    at.selectbox(key="batch.recipe").set_value(setup.NONE).run()
    button(at, "Analyse 1 clip").click().run()
    (batch,) = batches.stored(store)
    assert (batch.items, batch.recipe) == ((three[2],), Recipe())
    assert setup.SELECTION not in at.radio[0].options


def test_a_batch_is_removed_and_the_results_stay(store: Store, three: list[str], workers: Jobs):
    batches.begin(store, three, MODEL)
    done(store, three[0])
    made = store.keys("prediction")
    at = page("batch")
    button(at, "Remove from this list").click().run()
    assert batches.stored(store) == [] and store.keys("prediction") == made


def test_how_the_clips_are_is_worked_out_anew_only_where_something_changed(
    store: Store, three: list[str], workers: Jobs, monkeypatch: pytest.MonkeyPatch
):
    batch, reads, read = batches.begin(store, three, MODEL), [], batches.items_of
    monkeypatch.setattr(batches, "items_of", lambda *given: reads.append(given) or read(*given))
    at = page("batch")
    at.run()
    assert len(reads) == 1
    done(store, three[0])
    at.run()
    assert len(reads) == 2 and "1 of 3 clips analysed" in told(at)
    store.begin_try(batch.name, three[1])
    store.end_try(batch.name, three[1], "The file is damaged.", "Repair it.")
    at.run()
    assert len(reads) == 3 and "1 clip could not be analysed" in told(at)


def test_a_folder_is_watched_from_the_page_and_stopped(store: Store, workers: Jobs, tmp_path: Path):
    folder = tmp_path / "camera"
    at = page("batch")
    at.radio[0].set_value(setup.FOLDER).run()
    at.checkbox(key="batch.watch").check().run()
    at.text_input(key="batch.folder").set_value(str(folder)).run()
    button(at, "Analyse this folder").click().run()
    assert "There is no folder" in told(at) and batches.stored(store) == []
    folder.mkdir()
    button(at, "Analyse this folder").click().run()
    (batch,) = batches.stored(store)
    assert batch.watching and "No clips yet" in told(at) and "Not checked yet" in told(at)
    video.write(folder / "a.mp4", moving_square(8))
    state.look_into_folders()
    at.run()
    assert "1 file still being written" in told(at) and not workers.known
    state.look_into_folders()
    at.run()
    assert workers.known[batches.job_key(batch)].active and "latest: a.mp4" in told(at).replace(chr(92), "")
    button(at, "Stop watching").click().run()
    (stopped,) = batches.stored(store)
    assert not stopped.watching and len(stopped.items) == 1
    workers.end(batch, "cancelled")
    at.run()
    assert "is not watched" in told(at)
    button(at, "Watch again").click().run()
    assert batches.stored(store)[0].watching


def test_study_opens_with_what_the_model_of_the_batch_predicted(store: Store, three: list[str], workers: Jobs):
    store.keep_preference("study.source", "model actions-15")
    batches.begin(store, three[:1], MODEL)
    done(store, three[0])
    at = page("batch")
    button(at, "Open Study").click().run()
    assert "<h1>Study</h1>" in told(at)
    assert at.selectbox(key="study.source.box").value == f"model {MODEL}"
