"""Batches: many clips as one job, of which a broken one stops no other, and which goes on where it broke off."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from core.base.errors import AnalysisError, Cancelled
from core.domain import ClipRecipe, Line, Recipe
from core.stages import video
from core.stages.preprocessing.geometry import Rotate
from core.workflows import batches, clips, predictions
from core.workflows.texts import text_store
from core.workspace.store import Store
from tests.conftest import moving_square

MODEL, ENGINE = "kinetics400", "openvino-f32"


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four short clips of different lengths."""
    made = [tmp_path_factory.mktemp("batch") / f"clip {number}.mp4" for number in range(4)]
    for number, path in enumerate(made):
        video.write(path, moving_square(8 + 8 * number))
    return made


@pytest.fixture
def predicted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Recipe]]:
    """What is predicted, without a network: of each clip a result is stored under the right key."""
    calls: list[tuple[str, Recipe]] = []

    def predict(store: Store, digest: str, recipe: Recipe, model: str, engine: str, report):
        calls.append((digest, recipe))
        report(0, 1, "Analysing frames")
        card, _ = predictions.ModelLibrary.of(store).get(model)
        store.write(predictions.prediction_key(store, digest, recipe, card, engine), recipe, kind="prediction")

    monkeypatch.setattr(predictions, "predict", predict)
    return calls


def states(store: Store, batch: batches.Batch) -> list[str]:
    items = batches.items_of(store, batch, ENGINE)
    return ["done" if item.done else "gone" if item.gone else "failed" if item.error else "left" for item in items]


def test_clips_and_files_are_analysed_and_a_broken_one_stops_no_other(store: Store, paths: list[Path], tmp_path: Path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video")
    known = clips.add_video(store, paths[0])
    batch = batches.begin(store, [known, str(broken), str(paths[1]), known], MODEL)
    assert states(store, batch) == ["left"] * 3
    with pytest.raises(AnalysisError, match=r"1 of 3 clips could not be analysed: broken\.mp4\."):
        batches.run(store, batch, ENGINE)
    assert states(store, batch) == ["done", "failed", "done"]
    (failed,) = (item for item in batches.items_of(store, batch, ENGINE) if item.error)
    assert failed.hint and failed.name == "broken.mp4"
    added = batches.items_of(store, batch, ENGINE)[2].digest
    assert store.entry(added).name == "clip 1.mp4"
    card, _ = predictions.ModelLibrary.of(store).get(MODEL)
    assert predictions.analysis(store, added, Recipe(), card, ENGINE).track.seen_s == (0.0, 0.64)


def test_a_batch_goes_on_where_it_was_stopped(store: Store, paths: list[Path], predicted):
    batch = batches.begin(store, [str(path) for path in paths], MODEL)
    begun = 0

    def stop(_done: int, _total: int, message: str):
        nonlocal begun
        begun += message != "Analysing clips"
        if begun and predicted:
            raise Cancelled(message)

    with pytest.raises(Cancelled):
        batches.run(store, batch, ENGINE, stop)
    before = [digest for digest, _ in predicted]
    assert 0 < states(store, batch).count("done") < 4 and store.tries(batch.name) == []
    done = [item.digest for item in batches.items_of(store, batch, ENGINE) if item.done]
    (again,) = batches.stored(Store(store.workspace))
    assert again == batch
    batches.run(store, again, ENGINE)
    assert states(store, batch) == ["done"] * 4
    assert not set(done) & {digest for digest, _ in predicted[len(before) :]}, "done clips are not done again"


def test_the_own_recipe_of_each_clip_or_one_for_all(store: Store, paths: list[Path], predicted):
    turned, digest = Recipe((Rotate(90.0),)), clips.add_video(store, paths[0])
    store.keep_clip_recipe(digest, ClipRecipe(turned))
    other = clips.add_video(store, paths[1])
    batches.run(store, batches.begin(store, [digest, other], MODEL), ENGINE)
    assert sorted(predicted, key=lambda call: call[0] == other) == [(digest, turned), (other, Recipe())]
    predicted.clear()
    plain = batches.begin(store, [digest, other], MODEL, Recipe())
    assert states(store, plain) == ["left", "done"], "what was made with another recipe does not count"
    batches.run(store, plain, ENGINE)
    assert predicted == [(digest, Recipe())]


def test_what_no_clip_should_do_is_noted_and_the_others_go_on(store: Store, paths: list[Path], predicted, monkeypatch):
    digests = [clips.add_video(store, path) for path in paths[:2]]
    works = predictions.predict

    def predict(store: Store, digest: str, *others):
        if digest == digests[0]:
            raise ZeroDivisionError("division by zero")
        works(store, digest, *others)

    monkeypatch.setattr(predictions, "predict", predict)
    batch = batches.begin(store, digests, MODEL)
    with pytest.raises(AnalysisError, match="1 of 2 clips"):
        batches.run(store, batch, ENGINE)
    assert states(store, batch) == ["failed", "done"]
    assert batches.items_of(store, batch, ENGINE)[0].error == "ZeroDivisionError: division by zero"
    monkeypatch.setattr(predictions, "predict", works)
    batches.run_anew(store, batch, ENGINE)
    assert states(store, batch) == ["done", "done"]


def test_a_clip_at_which_the_process_ends_each_time_is_left_out(store: Store, paths: list[Path], predicted):
    batch = batches.begin(store, [str(path) for path in paths[:2]], MODEL)
    for _ in range(batches.MOST_TRIES):
        assert states(store, batch) == ["left", "left"]
        store.begin_try(batch.name, batch.items[0])
    assert states(store, batch) == ["failed", "left"]
    with pytest.raises(AnalysisError, match="1 of 2 clips"):
        batches.run(store, batch, ENGINE)
    assert states(store, batch) == ["failed", "done"]


def test_a_clip_that_is_deleted_meanwhile_is_left_out(store: Store, paths: list[Path], predicted, monkeypatch):
    digests = [clips.add_video(store, path) for path in paths[:3]]
    works = predictions.predict

    def predict(store: Store, digest: str, *others):
        if digest == digests[1]:
            store.delete_video(digest)
        works(store, store.video(digest).digest, *others)

    monkeypatch.setattr(predictions, "predict", predict)
    batch = batches.begin(store, digests, MODEL)
    store.delete_video(digests[0])
    batches.run(store, batch, ENGINE)
    assert states(store, batch) == ["gone", "gone", "done"]
    store.delete_batch(batch.name)
    assert batches.stored(store) == []


def test_the_version_of_a_batch_changes_with_all_that_says_how_its_clips_are(
    store: Store, paths: list[Path], predicted
):
    digests = [clips.add_video(store, path) for path in paths[:2]]
    batch, turned = batches.begin(store, digests, MODEL), ClipRecipe(Recipe((Rotate(90.0),)))
    changes = [
        lambda: store.begin_try(batch.name, digests[0]),
        lambda: store.end_try(batch.name, digests[0], "It is damaged.", "Repair it."),
        lambda: store.forget_tries(batch.name),
        lambda: batches.run(store, batch, ENGINE),
        lambda: store.keep_clip_recipe(digests[0], turned),
        lambda: store.note_name(digests[1], "another name", "/elsewhere/another name.mp4"),
        lambda: store.delete_video(digests[1]),
    ]
    versions = [batches.version(store, batch)]
    for change in changes:
        change()
        versions.append(batches.version(store, batch))
        assert batches.version(store, batch) == versions[-1]
    assert all(before != after for before, after in pairwise(versions))
    assert states(store, batch) == ["left", "gone"], "what was made with the recipe before does not count"


def test_a_clip_is_told_by_the_words_that_it_has_now(store: Store, paths: list[Path], monkeypatch):
    digest = clips.add_video(store, paths[0])
    card, folder = predictions.ModelLibrary.of(store).get(MODEL)
    reading = replace(card, words="words.npz", words_sha256="ab" * 32)
    monkeypatch.setattr(predictions.ModelLibrary, "get", lambda _self, _name: (reading, folder))
    batch = batches.begin(store, [digest], MODEL)

    def analyse() -> None:
        key = predictions.prediction_key(store, digest, Recipe(), reading, ENGINE)
        store.write(key, Recipe(), kind=text_store.WITH_WORDS, video=digest)

    analyse()
    assert states(store, batch) == ["done"]
    text_store.keep_lines(store, digest, "subtitle", [Line(0.0, 0.1, "hello")])
    assert states(store, batch) == ["left"]
    analyse()
    assert states(store, batch) == ["done"]
