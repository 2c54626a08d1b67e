"""The Frames page when it is empty, while its job runs, when results are there, and when something failed."""

import base64
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.base import settings
from core.base.errors import JobLost, VideoUnreadable
from core.domain import ClipRecipe, Frame, ModelCard, Prediction, Quality, Recipe, VideoInfo
from core.domain.jobs import Job
from core.stages.preprocessing.filters import Gamma
from core.stages.preprocessing.sampling import Trim
from core.stages.quality import QualityFinding
from core.workflows import frames, models, predictions
from pages.ui import state
from pages.ui.common import formatting, quality_text
from pages.ui.common.media import preview
from pages.ui.common.media.preview import Viewport
from pages.ui.frames import quality_figures
from tests.pages.test_pages import give

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "cd" * 32
CARD = ModelCard("made", "A made model", "i3d-kinetics400", 1, ("walk", "run"))


class FakeRunner:
    """Jobs in a dict, and frames that tell their index by their grey."""

    def __init__(self):
        self.known: dict[str, Job] = {}
        self.failure: Exception | None = None
        self.asked: list[str] = []

    def submit(self, key, title, task, *args, **_):
        self.known[key] = Job(key, title, "running", 40, 100, "Checking each frame", submitted=1.0)
        return self.known[key]

    def job(self, key):
        return self.known.get(key)

    def cancel(self, key):
        self.known[key] = replace(self.known[key], stopping=True)

    def ask(self, task, store, digest, *args, **_):
        self.asked.append(task.__name__)
        if self.failure:
            raise self.failure
        if task is frames.make_sheet:
            return task(store, digest, *args)
        time_s, before, after = args
        index = round(time_s * 25)
        return [frame(at) for at in range(max(0, index - before), min(50, index + after + 1))]


def frame(index: int) -> Frame:
    return Frame(index, index / 25, np.full((64, 96, 3), index, np.uint8))


def near(info, indices, *, slacks, size_px):
    return [replace(frame(index), image=cv2.resize(frame(index).image, size_px)) for index in indices]


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRunner]:
    """A workspace of its own, a made model, and workers that are fake."""
    chosen = settings.read({"KINETOSCOPE_WORKSPACE": str(tmp_path), "KINETOSCOPE_ENGINE": "tensorflow-f32"})
    fake = FakeRunner()
    monkeypatch.setattr("core.base.settings.current", lambda: chosen)
    monkeypatch.setattr("pages.ui.state.session._runner", lambda _settings: fake)
    monkeypatch.setattr(models.ModelLibrary, "cards", lambda library: {CARD.name: CARD})
    monkeypatch.setattr("core.stages.video.near", near)
    yield fake
    state.store().close()


@pytest.fixture
def clip(runner: FakeRunner) -> VideoInfo:
    info = VideoInfo(
        path="/clips/street.mp4", digest=DIGEST, width_px=96, height_px=64, frame_count=50, declared_count=50,
        times_s=np.arange(50) / 25, rate_hz=Fraction(25), variable_rate=False, duration_s=2.0, codec="h264",
        plays_in_browser=True, notes=(),
    )  # fmt: skip
    state.store().save_video(info)
    return info


@pytest.fixture
def looked_at(clip: VideoInfo) -> VideoInfo:
    """The same after its frames were measured: dark from 0.4 to 0.8 s, and a second shot from frame 30."""
    state.store().write(frames.quality_key(DIGEST), measured(), kind="quality", video=DIGEST)
    return clip


def measured(count: int = 50) -> Quality:
    whole = np.full(count, 0.5, np.float32)
    brightness = whole.copy()
    brightness[10:20] = 0.1
    none = np.zeros(count, np.float32)
    largest = np.full(count, 90, np.float32)
    return Quality(
        np.arange(count) / 25, brightness, brightness, none, none, whole, none + 0.02, largest, np.array([0, 30])
    )


def page(**session) -> AppTest:
    """The page after its first run."""
    at = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=240)
    give(at, **session)
    return at.run().switch_page("../frames.py").run()


def told(at: AppTest) -> str:
    """All words on the page."""
    assert not at.exception, [error.value for error in at.exception]
    bodies = [str(one.proto.body) for one in at.get("html")]
    return "\n".join([*bodies, *(str(one.value) for one in [*at.markdown, *at.caption, *at.error, *at.info])])


def button(at: AppTest, label: str):
    return next(one for one in at.button if one.label == label)


def moment(at: AppTest) -> int:
    """The index of the frame on the screen."""
    return round(25 * at.session_state["moment_s"]) if "moment_s" in at.session_state else 0


# Empty ----------------------------------------------------------------------------------------------------------------


def test_without_a_clip_the_page_leads_to_the_library(runner):
    assert "No clips yet" in told(page())


def test_a_clip_that_was_not_looked_at_shows_its_sheet_and_what_looking_does(clip, runner):
    words_told = told(page())
    assert "Not analysed yet" in words_told
    assert "Measures the brightness" in words_told
    assert "No frames selected" in words_told
    assert "make_sheet" in runner.asked


def test_a_second_look_at_a_sheet_asks_nobody(clip, runner):
    at = page()
    runner.asked.clear()
    at.run()
    assert runner.asked == []


def test_one_a_shot_says_what_it_needs(clip):
    at = page(**{"sheet.size": "shots", "export.way": "shots"})
    words_told = told(at)
    assert "Shots have not been detected yet" in words_told


# Running and failed ---------------------------------------------------------------------------------------------------


def test_looking_at_every_frame_shows_how_far_it_is(clip, runner):
    at = page()
    button(at, "Check all frames").click().run()
    assert "40 %, 40 of 100 frames" in at.get("progress")[0].proto.text
    assert any(one.label == "Cancel" for one in at.button)


def test_a_job_that_failed_says_why_and_can_be_tried_again(clip, runner):
    key = frames.quality_key(DIGEST)
    runner.known[key] = Job(key, "Check all frames", "failed", error="It was cut off.", hint="Add it again.")
    at = page()
    assert "It was cut off" in told(at)
    assert "Add it again" in told(at)
    assert any(one.label == "Try again" for one in at.button)


@pytest.mark.parametrize("error", [JobLost, VideoUnreadable])
def test_frames_that_cannot_be_fetched_say_why(clip, runner, error):
    runner.failure = error("The frames did not come.", "Try again in a moment.")
    words_told = told(page())
    assert "The frames did not come" in words_told
    assert "Try again in a moment" in words_told


# Ready ----------------------------------------------------------------------------------------------------------------


def test_findings_are_told_in_words_with_the_curves(looked_at):
    at = page(video=DIGEST, moment_s=0.6)
    words_told = told(at)
    assert "Dark from 0:00.40 to 0:00.80." in words_told
    assert "<span>dark</span>" in words_told
    assert "brightness 10.0 %" in words_told
    assert at.dataframe[0].value[["from", "to", "what"]].to_numpy().tolist() == [["0:00.40", "0:00.80", "dark"]]
    assert len(at.get("plotly_chart")) == 1


def test_steps_by_one_and_by_many_stop_at_the_ends(clip):
    at = page()
    button(at, "+1").click().run()
    button(at, "+1").click().run()
    assert moment(at) == 2
    button(at, "+10").click().run()
    assert moment(at) == 12
    button(at, "−1").click().run()
    assert moment(at) == 11
    at.number_input("step.many").set_value(40).run()
    button(at, "+40").click().run()
    assert moment(at) == 49
    button(at, "−40").click().run()
    button(at, "−40").click().run()
    assert moment(at) == 0


def test_steps_have_keys(clip):
    at = page()
    keys = {one.label: one.proto.shortcut for one in at.button if one.label in ("+1", "−1", "+10", "−10")}
    assert keys == {"+1": "right", "−1": "left", "+10": "shift+right", "−10": "shift+left"}


@pytest.mark.parametrize(("typed", "expected"), [("1.04", 26), ("0:01.04", 26), ("0:00:01,04", 26), ("99", 49)])
def test_a_time_that_is_typed_is_gone_to(clip, typed, expected):
    at = page()
    at.text_input("step.time").input(typed).run()
    assert moment(at) == expected


def test_what_is_no_time_is_told(clip):
    at = page()
    at.text_input("step.time").input("soon").run()
    assert "is not a valid time" in told(at)
    assert moment(at) == 0


def test_the_slider_moves_the_frame_and_follows_the_buttons(clip):
    at = page()
    at.session_state[f"index.{DIGEST}"] = {"value": {"value": 30, "settled": True, "at": 5}}
    at.run()
    assert moment(at) == 30
    button(at, "+1").click().run()
    assert moment(at) == 31


def test_a_click_on_the_sheet_shows_that_frame(clip):
    at = page()
    at.session_state[f"sheet.{DIGEST}.0"] = {"ticked": [3, 40], "picked": 21}
    at.run()
    assert moment(at) == 21
    assert "2 frames: 3 and 40" in told(at)


def test_a_row_of_the_findings_leads_to_its_start(looked_at):
    at = page()
    at.session_state[f"findings.{DIGEST}"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    at.run()
    assert moment(at) == 10


def test_ticked_frames_become_a_file_with_a_link(clip, runner):
    at = page(**{f"page.ticked.{DIGEST}": (3, 40)})
    button(at, "Make a ZIP of 2 frames").click().run()
    (key,) = runner.known
    assert key == frames.export_key(DIGEST, (3, 40), Recipe(), ("", ""))
    state.store().write_file(key, lambda path: path.write_bytes(b"x" * 5000), kind="export", video=DIGEST)
    words_told = told(at.run())
    assert f'href="/exports/{key}" download="street-frames.zip"' in words_told
    assert "Download 2 frames, 5.0 kB" in words_told
    assert "To include labels in the table" in words_told


def test_the_frame_on_the_screen_can_be_ticked_and_all_let_go(clip):
    at = page(video=DIGEST, moment_s=0.2)
    button(at, "Add frame 5").click().run()
    assert "1 frame: 5" in told(at)
    button(at, "Clear").click().run()
    assert "No frames selected" in told(at)


def test_the_table_gets_the_labels_of_a_stored_prediction(clip, runner):
    scores = np.array([[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9]], np.float32)
    made = Prediction(np.array([0.25, 0.75, 1.25, 1.75]), scores, CARD.labels, CARD.name, (0.0, 2.0))
    key = predictions.prediction_key(state.store(), DIGEST, Recipe(), CARD, "tensorflow-f32")
    state.store().write(key, made, kind="prediction", video=DIGEST)
    button(page(**{f"page.ticked.{DIGEST}": (3, 40)}), "Make a ZIP of 2 frames").click().run()
    assert list(runner.known) == [frames.export_key(DIGEST, (3, 40), Recipe(), ("walk", "run"))]


def test_frames_can_be_taken_after_the_recipe_which_may_cut_some_away(clip, runner):
    recipe = Recipe((Trim((0.0, 1.0)), Gamma(2.0)))
    state.store().keep_clip_recipe(DIGEST, ClipRecipe(recipe))
    at = page(**{"export.way": "every", "export.every": 10, "export.after": True})
    assert "The recipe keeps 3 of these 5 frames" in told(at)
    button(at, "Make a ZIP of 3 frames").click().run()
    assert list(runner.known) == [frames.export_key(DIGEST, (0, 10, 20), recipe, ("",) * 3)]


def test_one_a_shot_gives_the_middle_of_each(looked_at, runner):
    at = page(**{"sheet.size": "shots", "export.way": "shots"})
    assert "2 shots" in told(at)
    button(at, "Make a ZIP of 2 frames").click().run()
    assert frames.export_key(DIGEST, (15, 40), Recipe(), ("", "")) in runner.known


# Parts ----------------------------------------------------------------------------------------------------------------


def test_close_up_the_part_in_view_is_exact():
    image = np.random.default_rng(0).integers(0, 255, (100, 200, 3), np.uint8)
    part = preview.detail(image, Viewport(10, 0.5, 0.25))
    assert part is not None and part["exact"]
    assert (part["left"], part["top"], part["right"], part["bottom"]) == (90, 20, 110, 30)
    coded = np.frombuffer(base64.b64decode(part["source"].split(",")[1]), np.uint8)
    assert np.array_equal(cv2.imdecode(coded, cv2.IMREAD_COLOR)[..., ::-1], image[20:30, 90:110])
    assert preview.detail(image, Viewport()) is None


@pytest.mark.parametrize("view", [Viewport(1000, 0, 0), Viewport(1000, 1, 1), Viewport(1.5, 0.9, 0.1)])
def test_the_part_in_view_lies_inside_the_picture(view):
    part = preview.detail(np.zeros((100, 200, 3), np.uint8), view)
    assert part is not None
    assert 0 <= part["left"] < part["right"] <= 200
    assert 0 <= part["top"] < part["bottom"] <= 100


@pytest.mark.parametrize(
    ("finding", "expected"),
    [
        (QualityFinding("dark", 3.0, 5.0, 75, 50), "dark from 0:03.00 to 0:05.00"),
        (QualityFinding("repeated", 6.0, 8.0, 150, 12), "12 frames repeat the one before from 0:06.00 to 0:08.00"),
        (QualityFinding("repeated", 6.0, 6.04, 150, 1), "1 frame repeats the one before at 0:06.00"),
        (QualityFinding("missing", 6.0, 6.2, 150, 4), "4 frames are missing from 0:06.00 to 0:06.20"),
        (QualityFinding("flash", 6.0, 6.3, 150, 4), "a flash at 0:06.00"),
    ],
)
def test_findings_in_words(finding, expected):
    assert quality_text.sentence(finding) == expected


def test_a_long_clip_shows_the_least_and_the_most_of_each_column():
    count = 10_000
    long = measured(count)
    long.brightness[5000] = 0.99
    drawn = quality_figures.figure(long, (), 400.0, dark=False)
    assert max(len(trace.x) for trace in drawn.data) <= 1200
    assert max(max(trace.y) for trace in drawn.data[:3]) == pytest.approx(99)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("83.4", 83.4), ("1:23.4", 83.4), ("1:00:00", 3600.0), ("", None), ("x", None), ("1:2:3:4", None), ("-3", None)],
)
def test_moments_are_read_as_people_type_them(typed, expected):
    assert formatting.seconds(typed) == (None if expected is None else pytest.approx(expected))


def test_the_parts_of_the_page_load_no_decoder_and_no_detector():
    code = """
import sys
from pages.ui.frames import contact_sheet, export, quality, quality_figures, viewer
print(*{"av", "scenedetect", "tensorflow", "openvino"} & set(sys.modules))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr


def test_findings_that_overlap_share_one_lane():
    found = (
        QualityFinding("dark", 1.0, 3.0, 0, 50),
        QualityFinding("flash", 2.0, 2.04, 0, 1),
        QualityFinding("repeated", 2.5, 4.0, 0, 9),
    )
    drawn = [(one.start_s, one.stop_s, one.label) for one in quality_text.segments(found)]
    assert drawn == [(1.0, 3.0, "dark"), (3.0, 4.0, "9 frames repeat the one before")]
