"""Which of several results of a clip the Timeline and the Label page show."""

import time
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.base.registry import FORMATS
from core.domain import DrawnTrack, ModelCard, Prediction, Recipe, VideoInfo
from core.stages.preprocessing.geometry import Rotate
from core.stages.preprocessing.views import Views
from core.workflows import clip_results, models, predictions
from core.workflows.annotation import journal
from pages.ui import state
from pages.ui.common import figures
from tests.pages.test_pages import (
    CARD,
    DIGEST,
    ROOT,
    FakeRunner,
    button,
    clip,
    downloads_of,
    page,
    prediction_key,
    runner,
    told,
    unfolded,
)

__all__ = ["clip", "runner"]
OTHER = replace(CARD, name="other", title="Another model", labels=("bend", "skip"))
TURNED = Recipe((Rotate(90.0),))


@pytest.fixture(autouse=True)
def cards(clip: VideoInfo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models."""
    monkeypatch.setattr(models.ModelLibrary, "cards", lambda library: {CARD.name: CARD, OTHER.name: OTHER})


def save(card: ModelCard, recipe: Recipe = Recipe(), *, noted: bool = True, stop_s: float = 2.0) -> str:  # noqa: B008
    """A prediction of the first label of a model up to a moment, as the command line would make it; its key."""
    key = predictions.prediction_key(state.store(), DIGEST, recipe, card, "tensorflow-f32")
    steps = int(2 * stop_s)
    scores = np.array([[0.9, 0.1]] * steps, np.float32)
    made = Prediction(np.arange(steps) / 2 + 0.25, scores, card.labels, card.name, (0.0, stop_s))
    state.store().write(key, made, kind="prediction", video=DIGEST)
    if noted:
        state.store().write(predictions.recipe_key(key), recipe, kind="recipe of a prediction", video=DIGEST)
    time.sleep(0.01)  # the next one is newer
    return key


def headline(at: AppTest) -> str:
    return next(line for line in told(at).split("\n") if "k-headline" in line)


def menu(at: AppTest):
    return next(one for one in at.selectbox if one.label.startswith("Result"))


def test_a_clip_opens_with_its_newest_result_whatever_is_in_use(clip):
    save(CARD)
    save(OTHER, TURNED)
    at = page("timeline")
    assert "<b>bend</b>" in headline(at)
    assert "Not analysed yet" not in told(at)
    assert [option.split(" · ")[:2] for option in menu(at).options] == [
        ["Another model", "Rotate 90°"],
        ["A made model", "no preparation"],
    ]
    menu(at).select_index(1).run()
    assert "<b>walk</b>" in headline(at)


def test_a_result_of_another_model_is_shown_beside_the_way_to_one_of_the_model_in_use(clip, runner: FakeRunner):
    save(OTHER)
    at = page("timeline", model=CARD.name, result=state.IN_USE)
    assert "<b>bend</b>" in headline(at)
    assert "Not analysed yet" not in told(at)
    button(at, "Analyse with A made model · no preparation").click().run()
    assert prediction_key() in runner.known
    save(CARD)
    del runner.known[prediction_key()]
    assert "<b>walk</b>" in headline(at.run()), "what was asked for is shown as soon as it is there"


def test_a_selected_model_shows_its_own_result_though_another_is_newer(clip):
    save(CARD)
    save(OTHER)
    at = page("timeline")
    assert "<b>bend</b>" in headline(at)
    unfolded(at, "model-choice-False").button(key=f"model.{OTHER.name}").click().run()
    unfolded(at, "model-choice-False").button(key=f"model.{CARD.name}").click().run()
    assert "<b>walk</b>" in headline(at)


def test_a_link_shows_the_result_that_its_sender_saw(clip):
    save(CARD)
    save(OTHER)
    first = page("timeline")
    menu(first).select_index(1).run()
    at = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=240)
    for name in ("video", "result"):
        at.query_params[name] = first.query_params[name]
    assert "<b>walk</b>" in headline(at.run().switch_page("../timeline.py").run())


def test_opening_a_clip_anew_shows_the_newest_again(clip):
    save(CARD)
    save(OTHER)
    at = page("timeline")
    menu(at).select_index(1).run()
    other = replace(clip, digest="cd" * 32, path="/clips/other.mp4")
    state.store().save_video(other)
    for digest in (other.digest, DIGEST):
        box = next(one for one in at.run().selectbox if one.label == "Clip")
        box.select(digest).run()
    assert "<b>bend</b>" in headline(at)


def test_the_label_page_drafts_with_the_newest_result(clip):
    save(OTHER)
    journal.begin(state.store(), DIGEST, DrawnTrack(("walk",)))
    at = page("label")
    assert "the draft predicts **bend**" in told(at)
    assert next(one for one in at.selectbox if one.label == "Drafted by").value == OTHER.name
    at.selectbox(key=f"label.model.{OTHER.name}").select(CARD.name).run()
    assert button(at, "Draft labels")


def test_results_that_note_no_recipe_are_listed_with_the_one_that_fits(clip):
    state.store().save_recipe("turned", TURNED)
    save(CARD, noted=False)
    save(CARD, TURNED, noted=False)
    save(CARD, Recipe((Rotate(5.0),)), noted=False)
    cards = {CARD.name: CARD}
    listed = clip_results.stored(state.store(), DIGEST, cards, "tensorflow-f32")
    assert [result.recipe for result in listed] == [None, TURNED, Recipe()]
    assert not clip_results.stored(state.store(), DIGEST, {}, "tensorflow-f32"), "its model is gone"


def test_the_scores_of_a_result_are_drawn_once_and_those_of_another_anew(clip, monkeypatch):
    drawn = []
    draw = figures.heatmap

    def heatmap(prediction, *others, **options):
        drawn.append(prediction.model)
        return draw(prediction, *others, **options)

    monkeypatch.setattr(figures, "heatmap", heatmap)
    save(CARD)
    at = page("timeline").run()
    assert drawn == [] and not at.get("plotly_chart"), "their tab is not open"
    at = unfolded(at, "timeline.tabs", "Scores over time").run()
    assert drawn == [CARD.name] and len(at.get("plotly_chart")) == 1
    save(OTHER)
    unfolded(page("timeline"), "timeline.tabs", "Scores over time").run()
    assert drawn == [CARD.name, OTHER.name]


def test_files_are_written_when_they_are_downloaded(clip, monkeypatch):
    written = []
    export = predictions.export
    monkeypatch.setattr(predictions, "export", lambda *given: (written.append(given[1]), export(*given))[1])
    save(CARD)
    at = page("timeline")
    offers = downloads_of(at)
    assert written == []
    assert b"walk" in offers[FORMATS["csv"].title].read() and written == ["csv"]


def test_a_format_with_a_label_for_each_frame_asks_what_the_rest_of_the_clip_is(clip):
    save(CARD, stop_s=1.5)
    at = page("timeline")
    at.selectbox(key="download.other").select("mstcn").run()
    title = FORMATS["mstcn"].title
    assert "This format needs a label for each frame" in told(at) and title not in downloads_of(at)
    at.checkbox(key=f"download.whole.{DIGEST}").check().run()
    assert len(downloads_of(at)[title].read().split()) == 50


def test_a_result_is_corrected_with_one_press_that_begins_labels_with_its_draft(clip):
    save(CARD)
    at = page("timeline", **{"page.label.view": "files"})
    assert "without your corrections" not in told(at)
    button(at, "Correct on Label").click().run()
    (track,) = journal.tracks(state.store(), DIGEST)
    assert (track.document.labels, track.document.seen) == (("walk", "run"), ()), "drafted or not"
    assert "the draft predicts **walk**" in told(at), "the Label page shows it, whatever was shown there before"
    at = page("timeline")
    assert "without your corrections" in told(at)
    button(at, "Open your labels").click().run()
    assert len(journal.tracks(state.store(), DIGEST)) == 1


def test_all_of_a_draft_is_accepted_where_the_network_looked_and_nowhere_else(clip):
    save(CARD, stop_s=1.0)
    button(page("timeline"), "Correct on Label").click().run()
    at = page("label")
    button(at, "Accept all remaining").click().run()
    (track,) = journal.tracks(state.store(), DIGEST)
    assert track.document.seen == ((0.0, 1.0),)
    assert "Everything that was analysed has been reviewed" in at.success[0].value


def test_the_dial_of_views_changes_the_recipe_and_asks_for_another_result(clip):
    save(CARD)
    at = page("timeline")
    box = unfolded(at, "model-choice-False")
    (dial,) = (control for control in box.segmented_control if control.label == "Views")
    assert dial.value == "fast"
    dial.select("careful").run()
    assert state.store().recipe_of(DIGEST) == Recipe((Views("careful"),))
    assert button(at, f"Analyse with {CARD.title} · 6 views")
    box = unfolded(at, "model-choice-False")
    assert any("at six times the time" in caption.value for caption in box.caption)
    (dial,) = (control for control in box.segmented_control if control.label == "Views")
    dial.select("fast").run()
    assert state.store().recipe_of(DIGEST) == Recipe()
