"""Each page when it is empty, while a job runs, when its result is there, and when the job has failed.

The workers are stood in for by a fake that keeps jobs in a dict and answers previews with made frames.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.base import settings
from core.base.errors import JobLost, VideoUnreadable, WeightsMissing
from core.base.knobs import knobs
from core.base.registry import FORMATS, STEPS
from core.domain import ClipRecipe, Frame, ModelCard, Prediction, Recipe, VideoInfo, serialization
from core.domain.jobs import Job
from core.stages.preprocessing.frame_clock import clock_of
from core.stages.preprocessing.geometry import Crop, Rotate
from core.stages.preprocessing.sampling import Trim
from core.workflows import models, predictions
from core.workspace.jobs.records import in_order
from core.workspace.store import ResultPieces, Store
from pages.ui import cache, state
from pages.ui.common.controls import downloads
from pages.ui.common.jobs import listing

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "ab" * 32
CARD = ModelCard("made", "A made model", "i3d-kinetics400", 1, ("walk", "run"), scores={"clip accuracy": 0.96})


class FakeRunner:
    """Jobs in a dict; what a test does not put there never ends."""

    def __init__(self):
        self.known: dict[str, Job] = {}
        self.cancelled: list[str] = []
        self.withdrawn: list[str] = []
        self.failure: Exception | None = None

    def submit(self, key, title, task, *args, **origin):
        self.known[key] = Job(
            key, title, "running", 40, 100, "Analysing frames", submitted=1.0 + len(self.known), **origin
        )
        return self.known[key]

    def job(self, key):
        return self.known.get(key)

    def jobs(self):
        return in_order(self.known.values(), list(self.known))

    def before(self, key):
        return [job for job in self.jobs()[: self.jobs().index(self.known[key])] if job.active]

    def wait_s(self, key):
        return sum(job.left_s or 0.0 for job in self.before(key)) or None

    def cancel(self, key):
        self.cancelled.append(key)
        self.known[key] = replace(self.known[key], stopping=True)

    def withdraw(self, video):
        assert state.store().video(video), "the jobs end before the clip goes"
        self.withdrawn.append(video)
        self.known = {key: job for key, job in self.known.items() if job.clip != video}

    def ask(self, task, store, digest, time_s, before=0, after=0, **_):
        if self.failure:
            raise self.failure
        index = round(time_s * 25)
        return [frame(at) for at in range(max(0, index - before), min(50, index + after + 1))]


def frame(index: int) -> Frame:
    return Frame(index, index / 25, np.full((64, 96, 3), index, np.uint8))


def video_info(path: str, **changes) -> VideoInfo:
    known = VideoInfo(
        path=path, digest=DIGEST, width_px=96, height_px=64, frame_count=50, declared_count=50,
        times_s=np.arange(50) / 25, rate_hz=Fraction(25), variable_rate=False, duration_s=2.0, codec="h264",
        plays_in_browser=True, notes=(),
    )  # fmt: skip
    return replace(known, **changes)


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRunner]:
    """A workspace of its own, a made model, and workers that are fake."""
    chosen = settings.read({"KINETOSCOPE_WORKSPACE": str(tmp_path), "KINETOSCOPE_ENGINE": "tensorflow-f32"})
    fake = FakeRunner()
    monkeypatch.setattr("core.base.settings.current", lambda: chosen)
    monkeypatch.setattr("pages.ui.state.session._runner", lambda _settings: fake)
    monkeypatch.setattr(models.ModelLibrary, "cards", lambda library: {CARD.name: CARD})
    monkeypatch.setattr(models.ModelLibrary, "broken", lambda library: {})
    yield fake
    state.store().close()


@pytest.fixture
def clip(runner: FakeRunner) -> VideoInfo:
    """A clip that is in the library."""
    info = video_info("/clips/street.mp4", notes=("50 of 60 declared frames can be read.",))
    state.store().save_video(info)
    return info


def give(at: AppTest, **session) -> None:
    """Put values into the session; "page.x" is what a page remembers as x."""
    for key, value in session.items():
        if key.startswith("page."):
            notes = at.session_state["page"] if "page" in at.session_state else {}  # noqa: SIM401  it has no get
            at.session_state["page"] = notes | {key.removeprefix("page."): value}
        else:
            at.session_state[key] = value


def page(name: str, **session) -> AppTest:
    """The page after its first run; the library is where the program opens."""
    at = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=240)
    give(at, **session)
    at.run()
    if name != "library":
        at.switch_page(f"../{name}.py").run()
    return at


def unfolded(at: AppTest, key: str, part: str | bool = True) -> AppTest:
    """The same page with a tab, or what was folded, open; its content is drawn only then."""
    at.session_state[key] = part
    return at.run()


def told(at: AppTest) -> str:
    """All words on the page."""
    assert not at.exception, [error.value for error in at.exception]
    elements = [*at.get("html"), *at.markdown, *at.caption, *at.error, *at.info, *at.warning, *at.button, *at.expander]
    return "\n".join(
        str(getattr(element, "body", None) or getattr(element, "value", "")) + element_label(element)
        for element in elements
    )


def downloads_of(at: AppTest) -> dict[str, downloads.Download]:
    """What can be downloaded on the page, by the title of its link."""
    links = re.findall(r'href="/downloads/([0-9a-f]{40})" download="[^"]*">([^<]*)</a>', told(at))
    offers = {title: downloads.offered(token) for token, title in links}
    return {title: offer for title, offer in offers.items() if offer is not None}


def element_label(element) -> str:
    return str(getattr(element, "label", "") or getattr(getattr(element, "proto", None), "body", ""))


def button(at: AppTest, label: str):
    return next(one for one in at.button if one.label == label)


def prediction_key(recipe: Recipe | None = None) -> str:
    return predictions.prediction_key(state.store(), DIGEST, recipe or Recipe(), CARD, "tensorflow-f32")


def save_prediction(recipe: Recipe | None = None) -> None:
    scores = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.1, 0.9]], np.float32)
    made = Prediction(np.array([0.25, 0.75, 1.25, 1.75]), scores, CARD.labels, CARD.name, (0.0, 2.0))
    state.store().write(prediction_key(recipe), made, kind="prediction", video=DIGEST)


def prepare(*steps) -> None:
    """Give the clip a recipe."""
    state.store().keep_clip_recipe(DIGEST, ClipRecipe(Recipe(steps)))


def recipe() -> Recipe:
    """The recipe of the clip."""
    return state.store().recipe_of(DIGEST)


# Library --------------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no bits for the rights of others")
def test_a_workspace_that_was_open_to_others_is_told_of_once(runner, capsys):
    state.store().recipes()
    state.store().workspace.chmod(0o755)
    state.close_to_others()
    assert "could read the workspace" in capsys.readouterr().err
    assert ["could read the workspace" in toast.value for toast in page("library").toast] == [True]
    assert not page("library").toast


def test_an_empty_library_says_what_to_do(runner):
    words = told(page("library"))
    assert "The library is empty" in words
    assert "Add the sample clip" in words


def test_a_library_that_adds_a_clip_shows_how_far_it_is(runner):
    at = page("library")
    button(at, "Add the sample clip").click().run()
    words = told(at)
    assert "Add the sample clip" in words
    assert any(one.label == "Cancel" for one in at.button)
    assert "The library is empty" not in words


def test_a_library_shows_what_was_measured_and_what_was_odd(clip):
    words = told(page("library"))
    for expected in ("street.mp4", "96 × 64 px", "25 frames/s", "50 frames", "H.264", "50 of 60 declared frames"):
        assert expected in words
    assert "The original file is kept" in words


def test_a_clip_that_cannot_be_added_says_why_and_what_to_do(runner):
    at = page("library")
    button(at, "Add the sample clip").click().run()
    job = runner.known["add-sample"]
    runner.known["add-sample"] = replace(job, state="failed", error="It is plain text.", hint="Choose a video file.")
    words = told(at.run())
    assert "It is plain text" in words
    assert "Choose a video file" in words
    button(at, "Close").click().run()
    assert "It is plain text" not in told(at)


def test_a_path_that_leads_nowhere_is_told(runner, tmp_path):
    at = page("library")
    at.text_input[0].input(str(tmp_path / "none.mp4"))
    button(at, "Add from path").click().run()
    assert "There is no file or folder" in at.error[0].value


def test_a_folder_adds_each_clip_in_it(runner, tmp_path):
    for name in ("b.mp4", "a.MOV", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    at = page("library")
    at.text_input[0].input(str(tmp_path))
    button(at, "Add from path").click().run()
    assert sorted(job.title for job in runner.known.values()) == ["Add a.MOV", "Add b.mp4"]


def test_an_upload_is_kept_once_and_added(runner):
    at = page("library")
    at.file_uploader[0].upload("street.mp4", b"some bytes", "video/mp4").run()
    told(at)
    (job,) = runner.known.values()
    assert job.title == "Add street.mp4"
    assert [path.read_bytes() for path in state.store().upload_folder.iterdir()] == [b"some bytes"]
    assert not at.file_uploader[0].value


def test_deleting_asks_first_can_be_undone_and_forgets_the_clip_and_its_jobs_when_the_page_is_left(clip, runner):
    at = page("library")
    button(at, "Delete").click().run()
    words = told(at)
    assert "The library is empty" in words and "Deleted street" in words
    assert state.store().video(DIGEST) and not runner.withdrawn, "nothing is gone yet"
    button(at, "Undo").click().run()
    assert "Deleted street" not in told(at) and button(at, "Delete")
    button(at, "Delete").click().run()
    assert "No clips yet" in told(at.switch_page("../timeline.py").run())
    assert state.store().videos() == [] and runner.withdrawn == [DIGEST]
    assert "Deleted street" not in told(at.switch_page("../library.py").run())


def test_fifty_clips_come_in_portions_and_can_be_searched(runner):
    for number in range(50):
        state.store().save_video(video_info(f"/clips/clip{number:02}.mp4", digest=f"{number:064x}"))
    at = page("library")
    assert sum('class="k-name"' in one.proto.body for one in at.get("html")) == 12
    next(one for one in at.text_input if one.label == "Search by name").input("clip07").run()
    words = told(at)
    assert "clip07.mp4" in words
    assert "clip08.mp4" not in words


# Prepare --------------------------------------------------------------------------------------------------------------


def test_prepare_without_a_clip_leads_to_the_library(runner):
    at = page("prepare")
    assert "No clips yet" in told(at)
    button(at, "Open Library").click().run()
    assert "The library is empty" in told(at)


def test_a_press_counts_though_the_run_that_takes_it_no_longer_draws_its_button(clip, runner):
    """A clip that was just added can push the card away on which somebody presses."""
    at = page("library")
    pressed = button(at, "Timeline").click()
    for number in range(20):
        digest = f"{number:02x}" * 32
        state.store().save_video(replace(clip, digest=digest), name=f"{number}.mp4")
    words = told(pressed.run())
    assert at.session_state["video"] == clip.digest and "Analyse the clip" in words


def test_prepare_while_the_workers_start_says_so(clip, runner):
    runner.failure = JobLost("The worker processes are still starting.", "Try again in a moment.")
    words = told(page("prepare"))
    assert "still starting" in words
    assert "Try again in a moment" in words


def test_prepare_tells_what_the_recipe_gives(clip):
    prepare(Rotate(90.0), Trim((0.4, 1.2)))
    at = page("prepare")
    words = told(at)
    assert "64 × 96 px" in words
    assert "20 of 50 frames" in words


def test_prepare_goes_to_the_nearest_kept_moment_when_a_change_cuts_the_present_one_away(clip):
    state.store().keep_clip_recipe(DIGEST, ClipRecipe(Recipe((Trim((0.4, 1.2)),)), (0,)))  # switched off
    at = page("prepare", video=DIGEST)
    assert at.session_state["moment_s"] == 0.0
    (switch,) = at.toggle
    switch.set_value(True).run()
    assert at.session_state["moment_s"] == pytest.approx(0.4) and not at.exception
    at.session_state["moment_s"], at.session_state["touched"] = 1.8, 50  # the slider is moved there
    assert at.run().session_state["moment_s"] == 1.8, "people can look at what is cut away"
    prepare(Trim((0.4, 1.0)))
    assert at.run().session_state["moment_s"] == pytest.approx(0.96)
    prepare(Trim((0.2, 1.6)))
    assert at.run().session_state["moment_s"] == pytest.approx(0.96), "it is kept"


def test_the_moment_follows_the_slider_of_a_trim_in_the_same_run(clip):
    at = page("prepare", video=DIGEST)
    at.session_state["step.1.kept_s"] = {"value": {"value": [0.8, 2.0], "settled": False}}
    at.run()
    assert recipe().steps[0].kept_s[0] == 0.8
    assert at.session_state["moment_s"] == pytest.approx(0.8)


def test_prepare_with_a_file_that_is_gone_says_so(clip, runner):
    runner.failure = VideoUnreadable("There is no file /clips/street.mp4.", "Was it moved?")
    words = told(page("prepare"))
    assert "There is no file" in words
    assert "Was it moved" in words


@pytest.mark.parametrize("name", list(STEPS))
def test_each_step_can_be_added_and_draws_its_form(clip, name):
    prepare(STEPS[name]())
    at = page("prepare")
    told(at)
    drawn = {*(one.label for one in at.selectbox), *(one.label for one in at.toggle)}
    expected = {knob.label for knob in knobs(STEPS[name]) if knob.kind in ("choice", "bool")}
    assert expected <= drawn
    for knob in knobs(STEPS[name]):
        if knob.kind not in ("choice", "bool"):
            assert f"step.1.{knob.name}" in at.session_state


def test_a_slider_changes_its_step_and_the_address(clip):
    at = page("prepare")
    assert "No preparation" in told(at)
    at.session_state["step.3.angle_deg"] = {"value": {"value": 90.0, "settled": True}}
    at.run()
    assert "64 × 96 px" in told(at) and "Preparation: Rotate 90°" in told(at)
    assert recipe() == Recipe((Rotate(90.0),))
    assert at.query_params["video"] == DIGEST[:16]


def test_a_clip_opens_with_neutral_steps_that_are_no_part_of_its_recipe(clip):
    at = page("prepare")
    assert [one.label for one in at.toggle] == [
        f"**{number}. {name}** · no change" for number, name in enumerate(("Trim", "Crop", "Rotate"), start=1)
    ]
    for name in ("step.1.kept_s", "step.2.across_pct", "step.2.down_pct", "step.3.angle_deg"):
        assert name in at.session_state
    assert recipe() == Recipe() and state.store().clip_recipe(DIGEST) is None, "nothing is written by looking"
    assert "all 50 frames" in told(at) and button(at, "Reset").disabled


def test_what_is_drawn_on_the_picture_is_the_crop_and_the_sliders_follow(clip):
    at = page("prepare")
    sent = {"left": 25.0, "top": 0.0, "right": 75.0, "bottom": 50.0, "settled": True, "at": 1}
    at.session_state[f"crop.{DIGEST}"] = {"box": sent}
    at.run()
    assert recipe() == Recipe((Crop((25.0, 75.0), (0.0, 50.0)),))
    assert "48 × 32 px" in told(at)
    at.session_state["step.2.across_pct"] = {"value": {"value": [25.0, 100.0], "settled": True, "at": 2}}
    at.run()
    assert recipe() == Recipe((Crop((25.0, 100.0), (0.0, 50.0)),)), "what was drawn before does not come back"


@pytest.mark.parametrize("box", [{"left": "x"}, {}, 5, {"left": 60.0, "top": 0.0, "right": 20.0, "bottom": 9.0}])
def test_what_is_no_rectangle_changes_nothing(clip, box):
    prepare(Crop((0.0, 50.0)))
    at = page("prepare")
    at.session_state[f"crop.{DIGEST}"] = {"box": box}
    told(at.run())
    assert recipe() == Recipe((Crop((0.0, 50.0)),))


def test_a_clip_keeps_its_own_recipe_and_another_session_sees_it(clip, runner):
    other = replace(clip, digest="cd" * 32, path="/clips/other.mp4")
    state.store().save_video(other)
    at = page("prepare", video=DIGEST)
    at.session_state["step.1.kept_s"] = {"value": {"value": [0.4, 1.2], "settled": True}}
    at.run()
    assert "Preparation: Trim 0.4–1.2 s" in told(at)
    at.selectbox(key=f"clip.{DIGEST}").select(other.digest).run()
    assert "No preparation" in told(at)
    at.session_state["step.6.angle_deg"] = {"value": {"value": 5.0, "settled": True}}
    at.run()
    at.selectbox(key=f"clip.{other.digest}").select(DIGEST).run()
    assert "Preparation: Trim 0.4–1.2 s" in told(at)
    runner.failure = JobLost("The worker processes are still starting.", "Try again in a moment.")
    for name in ("frames", "timeline", "features", "prepare"):
        assert "Preparation: Trim 0.4–1.2 s" in told(page(name, video=DIGEST)), name
        assert "Preparation: Rotate 5°" in told(page(name, video=other.digest)), name
    assert state.store().recipe_of(other.digest) == Recipe((Rotate(5.0),))


def test_a_step_that_another_session_changed_is_not_set_back_by_an_open_page(clip):
    at = page("prepare")
    at.session_state["step.3.angle_deg"] = {"value": {"value": 90.0, "settled": True, "at": 1}}
    at.run()
    prepare(Rotate(45.0))
    at.run()
    assert recipe() == Recipe((Rotate(45.0),))
    assert "Preparation: Rotate 45°" in told(at)


def test_steps_are_applied_to_other_clips_where_they_fit(clip):
    digests = ["cd" * 32, "ef" * 32, "12" * 32]
    for digest, name in zip(digests, ("long", "also long", "short"), strict=True):
        count = 5 if name == "short" else 50
        state.store().save_video(
            replace(clip, digest=digest, path=f"/clips/{name}.mp4", frame_count=count, times_s=np.arange(count) / 25,
                    duration_s=count / 25)
        )  # fmt: skip
    prepare(Trim((0.4, 1.2)))
    at = page("prepare", video=DIGEST)
    at.multiselect(key="recipe.others").select(digests[0]).run()
    button(at, "Apply to 1 clip").click().run()
    assert "Applied to 1 clip." in [one.value for one in at.success]
    assert state.store().recipe_of(digests[0]) == Recipe((Trim((0.4, 1.2)),))
    assert state.store().recipe_of(digests[1]) == Recipe()
    at.checkbox(key="recipe.every").check().run()
    assert "This replaces the recipe of 1 clip." in told(at)
    button(at, "Apply to 3 clips").click().run()
    assert at.success[0].value == "Applied to 2 clips."
    assert "Not applied to short.mp4" in at.warning[0].value
    assert not at.run().success, "it is told once"
    assert state.store().recipe_of(digests[2]) == Recipe()


def test_steps_move_switch_off_and_go(clip):
    prepare(Rotate(90.0), Crop((0.0, 50.0)))
    at = page("prepare")
    at.button("Move down.1").click().run()
    assert recipe() == Recipe((Crop((0.0, 50.0)), Rotate(90.0)))
    at.toggle("on.1").set_value(False).run()
    assert recipe() == Recipe((Crop((0.0, 50.0)),))
    assert "This step is switched off" in told(at)
    assert "This step is switched off" in told(page("prepare")), "it is still laid out in another session"
    at.button("Remove.2").click().run()
    assert state.store().clip_recipe(DIGEST) == ClipRecipe(Recipe((Rotate(90.0),)), off=(0,))
    button(at, "Reset").click().run()
    assert recipe() == Recipe()
    assert len(at.toggle) == 3


def test_a_moment_that_is_cut_away_is_told_so(clip):
    from pages.ui.common.media import before_after

    made = clock_of(Recipe((Trim((0.4, 1.2)),)), clip)
    assert made.shown(0.0) is None
    assert made.shown(0.4) == 10
    assert made.shown(1.19) == 29
    assert made.shown(1.2) is None
    assert "The recipe removes this moment and keeps 0:00.40 to 0:01.16" in before_after._cut_away(made)


def test_a_recipe_is_saved_used_again_and_deleted(clip):
    prepare(Rotate(90.0))
    at = page("prepare")
    next(one for one in at.text_input if one.label == "Recipe name").input("turned")
    button(at, "Save").click().run()
    assert state.store().recipes() == {"turned": Recipe((Rotate(90.0),))}
    button(at, "Reset").click().run()
    button(at, "Use").click().run()
    assert recipe() == Recipe((Rotate(90.0),))
    at.button("delete-recipe").click().run()
    assert state.store().recipes() == {}


def test_a_recipe_file_that_is_wrong_says_where(clip):
    at = page("prepare")
    wrong = b'{"type": "Recipe", "steps": [{"type": "Rotate", "angle_deg": "steep"}]}'
    at.file_uploader[0].upload("mine.json", wrong, "application/json").run()
    assert "mine" in at.error[0].value
    assert "angle" in at.error[0].value
    good = serialization.pretty_json(Recipe((Rotate(45.0),))).encode()
    at.file_uploader[0].upload("mine.json", good, "application/json").run()
    assert recipe() == Recipe((Rotate(45.0),))


# Timeline -------------------------------------------------------------------------------------------------------------


def test_a_timeline_before_the_analysis_says_what_it_does(clip):
    at = page("timeline")
    words = told(at)
    assert "Not analysed yet" in words
    assert "A made model" in words
    assert "96 %</td><td>of held-out clips correctly classified" in words
    button(at, "Analyse the clip").click().run()
    assert any(one.label == "Cancel" for one in at.button)


def test_a_running_analysis_shows_how_far_it_is_and_can_be_cancelled(clip, runner):
    key = prediction_key()
    runner.known[key] = Job(
        key, "Analyse the clip", "running", 40, 100, "Analysing frames", since=1.0, since_done=8, reported=2.0
    )
    at = page("timeline")
    (bar,) = at.get("progress")
    assert bar.proto.value == 40
    for expected in ("40 %, 40 of 100 frames", "32 frames/s", "about 2 s left"):
        assert expected in bar.proto.text
    button(at, "Cancel").click().run()
    assert runner.cancelled == [key]
    assert button(at, "Stopping…").disabled


FILES = ("csv", "json", "vtt")


def test_a_finished_analysis_shows_labels_segments_and_files(clip, monkeypatch):
    save_prediction()
    at = page("timeline")
    words = told(at)
    assert "<b>walk</b> for 1.0 s and <b>run</b> for 1.0 s, in 2.0 s of video." in words
    assert [list(row) for row in at.dataframe[0].value[["label", "start", "stop"]].to_numpy()] == [
        ["walk", "0:00.00", "0:01.00"],
        ["run", "0:01.00", "0:02.00"],
    ]
    files = downloads_of(at)
    assert [files[FORMATS[name].title].name for name in FILES] == ["street.csv", "street.json", "street.vtt"]
    assert files[FORMATS["vtt"].title].read().decode().count(" --> ") == 2
    at.selectbox(key="download.other").select("elan").run()
    assert downloads_of(at)[FORMATS["elan"].title].read().startswith(b"<?xml")
    assert "Not stored in this format: confidence" in told(at)
    assert "was trained on this clip" not in told(at)
    monkeypatch.setattr(cache, "is_trained_on", lambda model, digest: model == "made" and digest == clip.digest)
    assert "The model was trained on this clip. Expect worse predictions" in told(at.run())


@pytest.mark.parametrize(
    ("ended", "expected"),
    [
        ({"state": "failed", "error": "The clip is damaged.", "hint": "Trim it."}, ("The clip is damaged", "Trim it")),
        ({"state": "lost", "error": "The program was ended.", "hint": "Start it again."}, ("The program was ended",)),
        ({"state": "cancelled"}, ("Cancelled.",)),
    ],
    ids=["failed", "lost", "cancelled"],
)
@pytest.mark.parametrize(
    ("kept", "name", "ending"),
    [(False, "Try again", ""), (True, "Continue", "What was analysed so far is kept. Press “Continue” to go on")],
    ids=["anew", "from pieces"],
)
def test_an_analysis_that_did_not_end_well_says_so_and_starts_anew_or_goes_on(
    clip, runner, ended, expected, kept, name, ending
):
    key, features = prediction_key(), predictions.features_key(DIGEST, Recipe(), CARD.backbone, "tensorflow-f32")
    pieces = ResultPieces(state.store(), predictions._pieces_key(features, CARD.backbone, "tensorflow-f32"), DIGEST)
    if kept:
        pieces.write(0, 0, np.zeros((2, 3), np.float32))
    runner.known[key] = replace(Job(key, "Analyse the clip"), **ended)
    at = page("timeline")
    words = told(at)
    assert all(part in words for part in (*expected, ending))
    assert ("No results were stored" in words) == (ended["state"] == "cancelled" and not kept)
    button(at, name).click().run()
    assert runner.known[key].state == "running"
    runner.known[key] = replace(runner.known[key], **ended)
    assert [row["actions"]["repeat"] for row in listing.listing()["rows"]] == [name], "the list says the same"


def test_a_clip_that_browsers_cannot_play_gets_a_copy_while_the_rest_is_shown(clip, runner):
    state.store().save_video(video_info("/clips/street.avi", plays_in_browser=False))
    save_prediction()
    words = told(page("timeline"))
    assert "<b>walk</b>" in words
    assert f"proxy-{DIGEST}" in runner.known


def test_without_any_model_the_timeline_says_what_to_do(clip, monkeypatch):
    monkeypatch.setattr(models.ModelLibrary, "cards", lambda library: {})
    monkeypatch.setattr(
        models.ModelLibrary, "broken", lambda library: {"m": WeightsMissing("No weights.", "Fetch them.")}
    )
    words = told(page("timeline"))
    assert "No models found" in words
    assert "No weights. Fetch them." in words


# The address ----------------------------------------------------------------------------------------------------------


def opened(**address: str) -> AppTest:
    """The program at an address."""
    at = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=240)
    for name, value in address.items():
        at.query_params[name] = value
    return at.run()


def test_a_link_opens_its_clip_and_moment(clip):
    first = page("prepare", video=DIGEST, moment_s=1.0)
    at = opened(video=first.query_params["video"][0], t=first.query_params["t"][0])
    assert at.session_state["video"] == DIGEST
    assert at.session_state["moment_s"] == 1.0


def test_a_recipe_in_an_older_link_is_used_unless_the_clip_has_its_own(clip):
    link = (  # Rotate by 90 degrees
        "eNqrViouSS0oVrKKrlZKzEvPSY1PSU1XsrI00DPQUUpOzCtLBMoppRfllyvpKJVUFqQCeUH5JYklqUq1sQiR1ORMIKMWAPNMGYE"
    )
    at = opened(video=DIGEST[:16], recipe=link)
    assert recipe() == Recipe((Rotate(90.0),)) and not at.warning
    assert "recipe" not in at.query_params
    prepare(Rotate(45.0))
    at = opened(video=DIGEST[:16], recipe=link)
    assert recipe() == Recipe((Rotate(45.0),))
    assert "The recipe in this link is not used" in at.warning[0].value


@pytest.mark.parametrize(
    "address",
    [{"video": "zz"}, {"video": "ab", "t": "nan"}, {"t": "-1"}, {"recipe": "%%%"}, {"recipe": "eJw"}, {"model": "x"}],
)
def test_an_address_that_makes_no_sense_does_no_harm(clip, address):
    at = opened(**address)
    told(at)
    told(at.switch_page("../timeline.py").run())


def test_the_server_loads_no_network_and_no_decoder_whatever_its_pages_show(tmp_path):
    code = """
import sys
from core.base import settings
from tests.pages import test_pages as given
from pages.ui import state
chosen = settings.read({"KINETOSCOPE_WORKSPACE": sys.argv[1], "KINETOSCOPE_ENGINE": "tensorflow-f32"})
fake = given.FakeRunner()
state.settings, state.runner, state.session._runner = lambda: chosen, lambda: fake, lambda _: fake
given.models.ModelLibrary.cards = lambda library: {given.CARD.name: given.CARD}
state.store().save_video(given.video_info("/clips/street.mp4"))
given.save_prediction()
for name in ("library", "prepare", "features", "timeline", "datasets", "train"):
    given.told(given.page(name))
print(*{"tensorflow", "keras", "openvino", "av"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""


def test_a_store_is_found_again_by_its_workspace(runner, tmp_path):
    assert isinstance(state.store(), Store)
    assert state.store().workspace == tmp_path
    assert state.store() is state.store()


def test_order_and_search_of_the_library_are_found_again(runner):
    for number, name in enumerate(("bear", "cat", "ant", "cow")):
        state.store().save_video(video_info(f"/clips/{name}.mp4", digest=f"{number:064x}"))
    at = page("library")
    at.selectbox(key="library.by").select("name").run()
    at.text_input(key="library.wanted").input("a").run()
    away = at.switch_page("../search.py").run()
    for again in (away.switch_page("../library.py").run(), page("library")):
        assert (again.selectbox(key="library.by").value, again.text_input(key="library.wanted").value) == ("name", "a")
        names = re.findall(r"(ant|bear|cat|cow)\.mp4", told(again))
        assert list(dict.fromkeys(names)) == ["ant", "bear", "cat"]
