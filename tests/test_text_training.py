"""Trainings in which the words of clips take part: what picture, words and both say of clips that were held out."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from core import datasets, pipeline, training, transcripts, video
from core.domain import Dataset, Features, Grouping, Item, Line, Recipe, VideoInfo
from core.errors import NotEnoughExamples
from core.jobs import silent
from core.store import Store
from core.training import command, runs
from core.training.options import Options
from core.words import keep_lines
from tests.conftest import moving_square
from tests.test_text_branch import STEPS, made_set

CNN, ENGINE = "efficientnet-lite0", "tensorflow-f32"
OPTIONS = Options(units=8, epochs=15, dropout=0.1, learning_rate=0.01, batch_size=8, stretch=0.0, crop=1.0, noise=0.0)
LABELS = tuple("abcdef")


def stored(store: Store, *, words: bool = True) -> Dataset:
    """The made set of six classes with four groups in a store: features, and a subtitle over the whole of each clip."""
    items = []
    for group in range(4):
        examples, texts = made_set(2, 10 + group)
        for place, (example, said) in enumerate(zip(examples, texts, strict=True)):
            digest = f"{group:02x}{place:02x}" + "0" * 60
            label = LABELS[int(example.targets[0])]
            times_s = np.arange(STEPS) / 2
            info = VideoInfo(
                f"/clips/{group}-{place}.mp4", digest, 96, 64, STEPS, STEPS, times_s, Fraction(2), False, STEPS / 2,
                "h264", True, (),
            )  # fmt: skip
            store.save_video(info)
            found = Features(times_s, example.values, (0.0, STEPS / 2))
            store.write(pipeline.features_key(digest, Recipe(), CNN, ENGINE), found, kind="features", video=digest)
            if words:
                keep_lines(store, digest, "subtitle", [Line(0.0, STEPS / 2, said[0])])
            items.append(Item(digest, f"{label}/g{group}_{place}.mp4", STEPS / 2, label=label, group=f"g{group}"))
    dataset = Dataset("Made", LABELS, tuple(items))
    store.save_dataset(dataset, datasets.key(dataset))
    return dataset


def planned(store: Store, dataset: Dataset, **changes) -> str:
    split = datasets.grouped_folds(dataset, Grouping("column"), count=2)
    asked = {"backbone": CNN, "engine": ENGINE, "recipe": Recipe(), "options": OPTIONS, "words": True, **changes}
    return training.plan(store, dataset, split, **asked)


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> tuple[Store, str]:
    """A training with words that has ended."""
    store = Store(tmp_path_factory.mktemp("worded"))
    key = planned(store, stored(store))
    training.train(store, key)
    return store, key


def test_a_run_tells_picture_words_and_both_beside_one_another(done):
    store, key = done
    record = training.run_of(store, key)
    assert record.name.endswith("with words") and record.state == "done"
    assert record.words["both accuracy"] >= 0.95 and record.scores["accuracy"] == record.words["both accuracy"]
    assert record.words["picture accuracy"] <= 0.65 and record.words["words accuracy"] <= 0.65
    said = training.held_out(store, key)
    assert sorted(said.items.tolist()) == list(range(48)) and np.allclose(said.scores.sum(axis=1), 1, atol=1e-3)


def test_a_model_of_such_a_run_tells_the_scores_of_its_picture(done):
    store, key = done
    record = training.run_of(store, key)
    card = training.save_model(store, key, "made-words")
    assert card.scores["clip accuracy"] == pytest.approx(record.words["picture accuracy"], abs=1e-4)
    assert "looks at the picture alone" in card.trained_on


def test_words_change_the_key_and_without_them_nothing_changes(store):
    dataset = stored(store, words=False)
    with_words, without = planned(store, dataset), planned(store, dataset, words=False)
    assert with_words != without and "words" not in runs.run_of(store, without).settings
    assert training.has_words(store, dataset) == 0
    with pytest.raises(NotEnoughExamples, match="No clip of 'Made' has words"):
        training.train(store, with_words)


def test_notes_of_people_are_not_learned_from(store):
    dataset = stored(store, words=False)
    keep_lines(store, dataset.items[0].video, "note", [Line(0.0, 1.0, "class a")])
    assert training.has_words(store, dataset) == 0
    keep_lines(store, dataset.items[0].video, "transcript", [Line(0.0, 1.0, "she rides")])
    assert training.has_words(store, dataset) == 1


def test_clips_with_subtitle_files_are_trained_on_from_their_pictures_on(store: Store, tmp_path: Path):
    """The whole way: clips alike to the eye, whose subtitles alone tell them apart."""
    for group in range(2):
        for place, label in enumerate(("left", "right")):
            path = tmp_path / "set" / label / f"v_{label}_g{group:02}_c01.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            video.write(path, moving_square(8 + group))
            with path.open("ab") as clip:  # other bytes, the same pictures
                clip.write(b"\0\0\0\x10free" + bytes(7) + bytes([place]))
    dataset = command.stored_set(store, str(tmp_path / "set"), silent)
    for item in dataset.items:
        told = f"1\n00:00:00,000 --> 00:00:02,000\nhe goes {item.label} now\n".encode()
        transcripts.take_file(store, item.video, "said.srt", told)
    asked = {"groups": "", "folds": "2", "backbone": CNN, "engine": "openvino-f32", "seed": 0, "save": ""}
    options = replace(OPTIONS, epochs=3)
    told = command.run(store, dataset.name, **asked, options=options, report=silent, words=True)
    assert told["words"]["words accuracy"] == 1.0 and told["accuracy"] == told["words"]["both accuracy"] >= 0.75
    assert told["words"]["picture accuracy"] <= 0.75
