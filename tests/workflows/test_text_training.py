"""Trainings in which the words of clips take part: what picture, words and both say of clips that were held out."""

import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core.__main__ import main
from core.base import settings
from core.base.errors import Cancelled, FormatInvalid, NotEnoughExamples, WeightsMissing
from core.base.progress import silent
from core.cli import training as training_module
from core.domain import (
    Analysis,
    Branches,
    Dataset,
    Features,
    Grouping,
    Item,
    Line,
    ModelCard,
    Prediction,
    Recipe,
    Split,
    VideoInfo,
)
from core.stages import video
from core.workflows import datasets, models, predictions, training
from core.workflows import texts as transcripts
from core.workflows.datasets import library
from core.workflows.evaluation import evaluator
from core.workflows.search import index, keep_lines
from core.workflows.training import checkpoints, model_files
from core.workflows.training.options import Options
from core.workspace.store import Store
from tests.conftest import moving_square
from tests.stages.test_text_branch import CHANNELS, CLASSES, SAID, STEPS, made_set

CNN, ENGINE = "efficientnet-lite0", "tensorflow-f32"
OPTIONS = Options(units=8, epochs=15, dropout=0.1, learning_rate=0.01, batch_size=8, stretch=0.0, crop=1.0, noise=0.0)
LABELS = tuple("abcdef")


def added_clip(store: Store, digest: str, path: str, values: np.ndarray) -> None:
    """Put a clip of three seconds into a store, which a CNN has looked at already."""
    times_s = np.arange(STEPS) / 2
    info = VideoInfo(
        path, digest, 96, 64, STEPS, STEPS, times_s, Fraction(2), False, STEPS / 2, "h264", True, ()
    )  # fmt: skip
    store.save_video(info)
    found = Features(times_s, values, (0.0, STEPS / 2))
    store.write(predictions.features_key(digest, Recipe(), CNN, ENGINE), found, kind="features", video=digest)


def stored(store: Store, *, words: bool = True) -> Dataset:
    """The made set of six classes with four groups in a store: features, and a subtitle over the whole of each clip."""
    items = []
    for group in range(4):
        examples, texts = made_set(2, 10 + group)
        for place, (example, said) in enumerate(zip(examples, texts, strict=True)):
            digest = f"{group:02x}{place:02x}" + "0" * 60
            label = LABELS[int(example.targets[0])]
            added_clip(store, digest, f"/clips/{group}-{place}.mp4", example.values)
            if words:
                keep_lines(store, digest, "subtitle", [Line(0.0, STEPS / 2, said[0])])
            items.append(Item(digest, f"{label}/g{group}_{place}.mp4", STEPS / 2, label=label, group=f"g{group}"))
    dataset = Dataset("Made", LABELS, tuple(items))
    store.save_dataset(dataset, datasets.key(dataset))
    return dataset


def planned(store: Store, dataset: Dataset, *, split: Split | None = None, **changes) -> str:
    split = split or datasets.grouped_folds(dataset, Grouping("column"), count=2)
    asked = {"backbone": CNN, "engine": ENGINE, "recipe": Recipe(), "options": OPTIONS, "words": True, **changes}
    return training.plan(store, dataset, split, **asked)


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> tuple[Store, str]:
    """A training with words that has ended, on one half of the made set, tested on the other."""
    store = Store(tmp_path_factory.mktemp("worded"))
    dataset = stored(store)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=2)
    key = planned(store, dataset, split=replace(split, parts=split.parts[:1]))
    training.train(store, key)
    return store, key


@pytest.mark.training
def test_a_run_tells_picture_words_and_both_beside_one_another(done):
    store, key = done
    record = training.run_of(store, key)
    assert record.name.endswith("with words") and record.state == "done"
    assert record.words["both accuracy"] >= 0.95 and record.scores["accuracy"] == record.words["both accuracy"]
    assert record.words["picture accuracy"] <= 0.65 and record.words["words accuracy"] <= 0.65
    said = training.held_out(store, key)
    assert len(set(said.items.tolist())) == 24 and np.allclose(said.scores.sum(axis=1), 1, atol=1e-3)


@pytest.mark.training
def test_one_that_is_stopped_keeps_who_read_the_words_and_goes_on_to_one_of_all_clips(store, monkeypatch):
    monkeypatch.setattr("core.stages.networks.text_branch.model.EPOCHS", 2)
    dataset = stored(store)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=2)
    key = planned(store, dataset, split=split, options=replace(OPTIONS, epochs=2))

    def stop(_done: int, _total: int, message: str) -> None:
        if message.endswith("all clips"):
            raise Cancelled

    with pytest.raises(Cancelled):
        training.train(store, key, stop)
    stopped = training.run_of(store, key)
    assert stopped.state == "stopped" and training.save_model(store, key, "early").words
    training.train(store, key)
    ended = training.run_of(store, key)
    assert ended.state == "done" and ended.words_sha256
    assert "trained on all of these clips" in training.save_model(store, key, "whole").trained_on
    training.delete(store, key)
    assert not store.keys("network") and not checkpoints.words_path(store, key).exists()


# The model that is saved of it


@pytest.fixture(scope="module")
def saved(done) -> tuple[Store, ModelCard]:
    """The model of that training."""
    store, key = done
    return store, training.save_model(store, key, "made-words")


@pytest.fixture
def fresh(saved) -> Iterator[Callable[[int], str]]:
    """A function that adds a clip of a class, not seen before and without words, and gives its digest."""
    store, _ = saved
    added = []

    def add(label: int) -> str:
        examples, _ = made_set(1, 99)
        digest = f"ff{label:02x}" + "0" * 60
        added_clip(store, digest, f"/clips/fresh-{label}.mp4", examples[label].values)
        added.append(digest)
        return digest

    yield add
    for digest in added:
        store.delete_video(digest)


def srt(text: str) -> bytes:
    """Subtitles of one line over three seconds."""
    return f"1\n00:00:00,000 --> 00:00:03,000\n{text}\n".encode()


def say(store: Store, digest: str, *said: str) -> None:
    """Put a subtitle beside a clip."""
    transcripts.take_file(store, digest, "said.srt", srt(" ".join(said)))


def found(store: Store, card: ModelCard, digest: str) -> Analysis:
    """What the model says of a clip."""
    predictions.predict(store, digest, Recipe(), card.name, ENGINE)
    return predictions.analysis(store, digest, Recipe(), card, ENGINE)


@pytest.mark.training
def test_its_card_tells_that_it_reads_words_and_what_they_are_worth(saved, done):
    _, card = saved
    record = training.run_of(*done)
    assert card.words == "words.npz" and card.words_sha256 == record.words_sha256 != ""
    assert card.scores["clip accuracy"] == pytest.approx(record.words["both accuracy"], abs=1e-4)
    assert card.scores["clip accuracy, picture alone"] == pytest.approx(record.words["picture accuracy"], abs=1e-4)
    assert card.scores["clip accuracy, words alone"] == pytest.approx(record.words["words accuracy"], abs=1e-4)
    assert "Without text, the prediction is based on video only" in card.trained_on


@pytest.mark.training
def test_it_names_fresh_clips_by_picture_and_words_together(saved, fresh):
    store, card = saved
    for label, (_, saying) in enumerate(CLASSES):
        digest = fresh(label)
        say(store, digest, *SAID[saying])
        told = found(store, card, digest)
        assert told.ranking[0].label == LABELS[label] and told.words == ("subtitle",)
        assert {each.label for each in told.track.segments} == {LABELS[label]}


@pytest.mark.training
def test_without_words_the_picture_alone_decides(saved, fresh):
    store, card = saved
    digest = fresh(0)
    assert found(store, card, digest).words == ()
    key = predictions.prediction_key(store, digest, Recipe(), card, ENGINE)
    apart, both = store.read(predictions.branches_key(key), Branches), store.read(key, Prediction)
    np.testing.assert_array_equal(both.scores, apart.picture.scores)
    assert not apart.worded.any() and np.ptp(apart.words.scores) == 0
    picture, words = predictions.tracks_apart(apart, card, digest)
    assert picture.segments and not words.segments


@pytest.mark.training
def test_other_words_give_another_key_and_another_result_and_the_old_one_is_gone(saved, fresh):
    store, card = saved
    digest = fresh(0)
    keys = []

    def answer() -> str:
        keys.append(predictions.prediction_key(store, digest, Recipe(), card, ENGINE))
        assert not store.has(keys[-1]), "nothing was said of these words yet"
        return found(store, card, digest).ranking[0].label

    silent_answer = answer()
    say(store, digest, *SAID[0])
    assert answer() == LABELS[0]
    say(store, digest, *SAID[1])
    assert answer() == LABELS[1]
    assert index.looked_at(store) >= {digest}, "the search knows it"
    transcripts.drop(store, digest, "subtitle")
    assert answer() == silent_answer
    assert keys[0] == keys[-1] and len(set(keys)) == 3 and not any(store.has(key) for key in keys[1:3])
    keep_lines(store, digest, "note", [Line(0.0, 1.0, " ".join(SAID[1]))])
    assert predictions.prediction_key(store, digest, Recipe(), card, ENGINE) == keys[0], "notes are not read"


@pytest.mark.training
def test_words_near_a_part_of_a_clip_count_there_alone(saved, fresh):
    store, card = saved
    digest = fresh(1)
    keep_lines(store, digest, "speech", [Line(2.9, 3.0, " ".join(SAID[1]))])
    found(store, card, digest)
    apart = store.read(
        predictions.branches_key(predictions.prediction_key(store, digest, Recipe(), card, ENGINE)), Branches
    )
    assert apart.worded.tolist() == [False, False, True, True, True, True]
    _, words = predictions.tracks_apart(apart, card, digest)
    assert not words.segments or words.segments[0].start_s >= 0.5


@pytest.mark.training
def test_a_model_that_reads_words_travels_as_a_zip_and_a_changed_one_is_refused(saved, fresh, tmp_path):
    store, card = saved
    whole = training.zipped(store, card.name)
    path = tmp_path / "model.zip"
    path.write_bytes(whole)
    named = training.open_zip(store, path)
    digest = fresh(1)
    say(store, digest, *SAID[1])
    assert found(store, models.ModelLibrary.of(store).get(named)[0], digest).ranking[0].label == LABELS[1]
    training.delete_model(store, named)
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {Path(member.filename).name: archive.read(member) for member in archive.infolist()}
    told = json.loads(parts["card.json"])
    text = json.dumps(told | {"words": "", "words_sha256": ""}).encode()
    for changed, why in (
        ({**parts, "words.npz": parts["words.npz"] + b"x"}, "expected SHA-256"),
        ({name: content for name, content in parts.items() if name != "words.npz"}, "its card names 'words.npz'"),
        ({**parts, "card.json": text}, "its card names ''"),
        ({**parts, "more.npz": b""}, "and perhaps words"),
        ({**parts, "card.json": json.dumps(told | {"words": "../words.npz"}).encode()}, "its card names"),
    ):
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in changed.items():
                archive.writestr(f"made-words/{name}", content)
        with pytest.raises(FormatInvalid, match=why):
            training.open_zip(store, path)
    assert [place.name for place in (store.workspace / "models").iterdir()] == [card.name]


@pytest.mark.training
def test_a_model_whose_words_are_gone_or_others_says_so(saved, fresh, tmp_path):
    store, card = saved
    digest = fresh(0)
    path = store.workspace / "models" / card.name / "words.npz"
    kept = path.read_bytes()
    models.branch_of.cache_clear()
    for content, error in ((b"", FormatInvalid), (None, WeightsMissing)):
        path.unlink() if content is None else path.write_bytes(content)
        with pytest.raises(error, match=r"words\.npz"):
            predictions.predict(store, digest, Recipe(), card.name, ENGINE)
    path.write_bytes(kept)


@pytest.mark.training
def test_a_set_is_judged_anew_when_its_words_change(saved):
    store, _ = saved
    asked = evaluator.EvaluationQuestion("Made", "model", "made-words", engine=ENGINE)
    before = evaluator.question_key(store, asked)
    item = store.dataset("Made").items[0]
    (lines,) = transcripts.lines_of(store, item.video)
    keep_lines(store, item.video, "subtitle", [Line(0.0, 1.0, "something else")])
    assert evaluator.question_key(store, asked) != before
    keep_lines(store, item.video, "subtitle", lines.lines)
    assert evaluator.question_key(store, asked) == before


@pytest.mark.training
def test_a_training_from_before_models_read_words_gives_one_that_looks_at_the_picture(done):
    store, key = done
    old = replace(training.run_of(store, key), words_sha256="")
    card = model_files.card_of(old, key, "old")
    assert not card.words and card.scores["clip accuracy"] == pytest.approx(old.words["picture accuracy"], abs=1e-4)
    assert "The model uses video only" in card.trained_on


# What is learned from


def test_words_change_the_key_and_without_them_nothing_changes(store):
    dataset = stored(store, words=False)
    with_words, without = planned(store, dataset), planned(store, dataset, words=False)
    assert with_words != without and "words" not in checkpoints.run_of(store, without).settings
    keep_lines(store, dataset.items[0].video, "subtitle", [Line(0.0, 1.0, "new")])
    assert planned(store, dataset) != with_words and planned(store, dataset, words=False) == without
    transcripts.drop(store, dataset.items[0].video, "subtitle")
    assert planned(store, dataset) == with_words
    assert training.has_words(store, dataset) == 0
    with pytest.raises(NotEnoughExamples, match="No clip of 'Made' has text"):
        training.train(store, with_words)


def test_notes_of_people_are_not_learned_from(store):
    dataset = stored(store, words=False)
    keep_lines(store, dataset.items[0].video, "note", [Line(0.0, 1.0, "class a")])
    assert training.has_words(store, dataset) == 0
    keep_lines(store, dataset.items[0].video, "transcript", [Line(0.0, 1.0, "she rides")])
    assert training.has_words(store, dataset) == 1


@pytest.mark.training
def test_clips_with_subtitle_files_are_trained_on_saved_and_told_apart_at_the_command_line(
    tmp_path, monkeypatch, capfd
):
    """The whole way but for the CNN: clips alike to the eye, whose subtitles alone tell them apart."""
    alike = Features(np.array([0.1, 0.2]), np.ones((2, CHANNELS), np.float32), (0.0, 0.32))
    monkeypatch.setattr(predictions, "extract", lambda *_asked, **_options: alike)
    rows = []
    for group, part in enumerate(("train", "test")):
        for place, label in enumerate(("left", "right")):
            path = tmp_path / f"{label}{group}.mp4"
            video.write(path, moving_square(8 + group))
            with path.open("ab") as clip:  # other bytes, the same pictures
                clip.write(b"\0\0\0\x10free" + bytes(7) + bytes([place]))
            rows.append(f"{path.name},{label},,,{part},,g{group}")
    (tmp_path / "set.csv").write_text("\n".join(["path,label,start_s,stop_s,split,subject,group", *rows]))
    for name, value in (("WORKSPACE", tmp_path / "workspace"), ("ENGINE", "openvino-f32")):
        monkeypatch.setenv(f"KINETOSCOPE_{name}", str(value))
    settings.current.cache_clear()
    store = Store(tmp_path / "workspace")
    dataset = library.stored_set(store, str(tmp_path / "set.csv"), silent)
    for item in dataset.items:
        transcripts.take_file(store, item.video, "said.srt", srt(f"he goes {item.label} now"))
    asked = {
        "groups": "",
        "folds": "",
        "split": "",
        "view": "whole",
        "backbone": CNN,
        "engine": "openvino-f32",
        "seed": 0,
        "save": "mine",
    }
    options = replace(OPTIONS, epochs=3)
    told = training_module.run(store, dataset.name, **asked, options=options, report=silent, words=True)
    assert told["words"]["words accuracy"] == told["accuracy"] == told["words"]["both accuracy"] == 1.0
    assert told["words"]["picture accuracy"] <= 0.5
    said, out = tmp_path / "said.srt", tmp_path / "out.json"
    for label in ("right", "left"):
        said.write_bytes(srt(f"she goes {label}"))
        clip = str(tmp_path / "left0.mp4")
        assert main(["analyze", clip, "--model", "mine", "--words", str(said), "--output", str(out)]) == 0
        found = json.loads(out.read_text())
        assert found["words"] == ["subtitle"] and found["labels"][0]["label"] == label
    transcripts.drop(store, found["video"]["digest"], "subtitle")
    capfd.readouterr()
    assert main(["report", clip, "--model", "mine"]) == 0
    assert "it has no subtitles or transcript; the prediction is based on video only" in capfd.readouterr().err
    assert main(["analyze", clip, "--model", "mine", "--words", str(tmp_path / "gone.srt")]) == 1
    assert "gone.srt cannot be read" in capfd.readouterr().err
    settings.current.cache_clear()
