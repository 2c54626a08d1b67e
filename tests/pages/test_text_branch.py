"""The words of clips on Train, told apart in the results, and on the Timeline with a model that reads them."""

from dataclasses import replace

import numpy as np
import pytest

from core.domain import Branches, Line, ModelCard, Prediction, Recipe
from core.workflows import models, predictions, training
from core.workflows.search import keep_lines
from core.workflows.texts import text_store
from pages.ui import state
from pages.ui.common import text_branch_scores
from pages.ui.timeline import text_branch
from tests.pages.test_pages import CARD, DIGEST, button, clip, page, runner, told, video_info
from tests.pages.test_train import dataset, ended, looked_at, planned, store, tab

__all__ = ["clip", "dataset", "looked_at", "runner", "store"]
WORDS = {"picture accuracy": 0.5, "words accuracy": 0.55, "both accuracy": 0.875, "both macro_f1": 0.8}


def test_train_offers_the_words_where_clips_have_some(looked_at, store, runner):
    assert not any(one.label == "Use text" for one in page("train").toggle)
    for item in looked_at.items:
        store.save_video(video_info(f"/clips/{item.path}", digest=item.video))
    keep_lines(store, looked_at.items[0].video, "subtitle", [Line(0.0, 1.0, "she rides a horse")])
    at = page("train")
    assert "1 of 24 clips have subtitles or a transcript." in told(at)
    next(one for one in at.toggle if one.label == "Use text").set_value(True).run()
    button(at, "Train").click().run()
    (record,) = training.all_runs(store).values()
    assert record.settings["words"] is True and record.name.endswith("with text")


def test_what_the_words_add_is_told_beside_the_picture(looked_at, store):
    ended(store, planned(store, looked_at, words=True), words=WORDS)
    at = tab(page("train"), "Runs")
    tiles = {one.label: one.value for one in at.metric}
    assert tiles == {"Video only": "50.0 %", "Text only": "55.0 %", "Video and text": "87.5 %"}
    assert "37.5 points higher than without" in told(at)


@pytest.mark.parametrize(("both", "expected"), [(0.5, "not change"), (0.4, "10.0 points lower")])
def test_words_that_do_not_help_are_told_so(looked_at, store, both, expected):
    record = ended(store, planned(store, looked_at, words=True), words=WORDS | {"both accuracy": both})
    assert expected in text_branch_scores.sentence(record)


# The Timeline ---------------------------------------------------------------------------------------------------------


READER = replace(CARD, network="network.keras", network_sha256="0", words="words.npz", words_sha256="1")


def branches(*worded: bool, sources: tuple[str, ...] = ("subtitle",)) -> Branches:
    """Picture and words that disagree over two seconds."""
    times_s = (np.arange(len(worded)) + 0.5) * 2 / len(worded)
    picture, said = (
        Prediction(
            times_s,
            np.tile(np.array(row, np.float32), (len(worded), 1)),
            CARD.labels,
            CARD.name,
            (0.0, 2.0),
        )
        for row in ([0.8, 0.2], [0.1, 0.9])
    )
    return Branches(picture, said, np.array(worded), sources)


@pytest.fixture
def reader(clip, monkeypatch) -> ModelCard:
    """A model that reads words is the only one."""
    monkeypatch.setattr(models.ModelLibrary, "cards", lambda library: {READER.name: READER})
    return READER


def file_answer(apart: Branches, scores: np.ndarray) -> None:
    """Store predicted class of the clip with the words that it has now."""
    store = state.store()
    key = predictions.prediction_key(store, DIGEST, Recipe(), READER, "tensorflow-f32")
    store.write(predictions.branches_key(key), apart, kind=text_store.WITH_WORDS_APART, video=DIGEST)
    both = replace(apart.picture, scores=np.tile(scores.astype(np.float32), (len(apart.worded), 1)))
    store.write(key, both, kind=text_store.WITH_WORDS, video=DIGEST)


def test_the_timeline_tells_whether_words_were_read_and_looks_anew_when_they_change(reader):
    assert "Also uses subtitles and transcripts" in told(page("timeline"))
    file_answer(branches(False, False, sources=()), np.array([0.8, 0.2]))
    at = page("timeline")
    assert "<b>walk</b> throughout" in told(at) and "based on video only" in told(at)
    keep_lines(state.store(), DIGEST, "subtitle", [Line(0.0, 1.0, "run now")])
    at.run()
    assert button(at, "Analyse the clip"), "what was said without the words is not shown with them"
    file_answer(branches(True, True), np.array([0.3, 0.7]))
    words = told(at.run())
    assert "<b>run</b> throughout" in words and "subtitles are close to every moment" in words


@pytest.mark.parametrize(
    ("apart", "expected"),
    [
        (branches(False, False, sources=()), "but this clip has none"),
        (branches(False, False), "not close to any moment"),
        (branches(True, False, False, False), "subtitles are close to 25 % of the moments. The other moments"),
        (
            branches(True, True, sources=("subtitle inside de", "speech")),
            "embedded subtitles (de) and speech are close to every moment",
        ),
    ],
)
def test_a_sentence_says_how_far_words_took_part(apart, expected):
    assert expected in text_branch.sentence(apart)


def test_lanes_of_picture_and_words_stand_beside_both():
    picture, said = text_branch.rows(branches(True, True, False, False), READER, DIGEST)
    assert [one.label for one in picture.segments] == ["walk"] and picture.seen == [(0.0, 2.0)]
    assert [(one.start_s, one.stop_s, one.label) for one in said.segments] == [(0.0, 1.0, "run")]
    assert said.seen == ((0.0, 1.0),)
    assert text_branch.rows(branches(False, False), READER, DIGEST) == []
