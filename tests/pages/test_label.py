"""The Label page: empty, while a network drafts, with tracks, two authors, files, a set, and when things fail."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.base.registry import FORMATS
from core.domain import ClipRecipe, DrawnTrack, Edit, Point, Prediction, Recipe, Segment, VideoInfo
from core.domain.jobs import Job
from core.stages.preprocessing.geometry import Flip
from core.workflows import predictions, rendering
from core.workflows.annotation import edits, files, journal, retraining
from core.workspace.store import Store
from pages.ui import state
from pages.ui.common import figures
from pages.ui.common.controls import label_views
from pages.ui.common.player import player
from pages.ui.label import compare, desk
from tests.pages.test_pages import CARD, ROOT, FakeRunner, button, clip, downloads_of, page, runner, told

__all__ = ["clip", "runner"]

ENGINE = "tensorflow-f32"
MINE = DrawnTrack(
    ("walk", "run"), (Segment(0.4, 0.8, "walk"), Segment(0.8, 1.2, "run")), ((0.0, 1.4),), "actions", "ann"
)


@pytest.fixture
def store(clip: VideoInfo) -> Store:
    return state.store()


@pytest.fixture
def track(store: Store, clip: VideoInfo) -> str:
    """A track of the clip."""
    return journal.begin(store, clip.digest, MINE)


@pytest.fixture
def drafted(store: Store, clip: VideoInfo) -> None:
    """What the made model says of the clip: sure of walking at first, torn later."""
    scores = np.array([[0.95, 0.05]] * 4 + [[0.45, 0.55]] * 4, np.float32)
    said = Prediction(np.arange(8) / 4 + 0.125, scores, CARD.labels, CARD.name, (0.0, 2.0))
    key = predictions.prediction_key(state.store(), clip.digest, Recipe(), CARD, ENGINE)
    store.write(key, said, kind="prediction", video=clip.digest)


def labels_of(store: Store, track: str) -> list[tuple[float, float, str]]:
    return [(one.start_s, one.stop_s, one.label) for one in journal.read(store, track).document.segments]


def test_without_a_clip_it_leads_to_the_library(runner: FakeRunner):
    assert "No clips yet" in told(page("label"))


def test_what_another_program_changed_tells_itself_by_the_revision_of_the_tracks(
    store: Store, clip: VideoInfo, track: str
):
    revisions = [journal.revision(store, clip.digest)]
    assert revisions == [journal.revision(store, clip.digest)]
    other = Store(store.workspace)  # as another process sees it
    for change in (
        lambda: journal.edit(other, track, "look", lambda document: edits.look(document, 1.4, 2.0)),
        lambda: journal.undo(other, track),
        lambda: journal.begin(other, clip.digest, MINE),
        lambda: journal.drop(other, track),
    ):
        change()
        revisions.append(journal.revision(store, clip.digest))
    assert len(set(revisions)) == len(revisions)


def test_a_clip_without_labels_says_how_to_begin(store: Store, clip: VideoInfo):
    at = page("label")
    assert "No labels yet" in told(at)
    at.text_input(key="label.begin.labels").set_value("walk, run,  jump , walk").run()
    at.text_input(key="label.begin.author").set_value("Ann").run()
    button(at, "Create track").click().run()
    (begun,) = journal.tracks(store, clip.digest)
    assert begun.document == DrawnTrack(("walk", "run", "jump"), author="Ann")
    assert "Every edit is saved immediately" in told(at)


def test_a_track_shows_its_labels_with_their_keys_and_what_is_kept(store: Store, track: str):
    at = page("label")
    words = told(at)
    assert "2 segments · 1.4 s reviewed" in words
    assert at.button(key="label.undo").disabled and at.button(key="label.redo").disabled


def test_edits_out_of_the_player_are_kept_undone_and_done_again(store: Store, track: str):
    take = desk._taker(track)
    for edit in (Edit("label", "x", 0.5, label="run"), Edit("split", "x", 1.0, 1.0, 1.0), Edit("delete", "x", 1.1)):
        take(edit)
    assert labels_of(store, track) == [(0.4, 0.8, "run"), (0.8, 1.0, "run")]
    take(Edit("delete", "x", 1.9))  # nothing is there any more: let go without a word
    at = page("label")
    assert "3 edits" in told(at)
    at.button(key="label.undo").click().run()
    assert labels_of(store, track)[-1] == (1.0, 1.2, "run")
    at.button(key="label.redo").click().run()
    assert len(labels_of(store, track)) == 2


def test_labels_are_added_and_renamed(store: Store, track: str):
    at = page("label")
    at.text_input(key="label.fresh.0").set_value("jump").run()
    assert store.scheme() == ("walk", "run", "jump")
    at.text_input(key="label.fresh.1").set_value(" run ").run()
    assert "There is already a label" in told(at)
    assert at.selectbox(key="label.which.2").value == "jump", "what was just added can be described further"
    at.selectbox(key="label.which.2").select("walk").run()
    at.text_input(key="label.called.2.walk").set_value("stroll").run()
    button(at, "Rename").click().run()
    assert labels_of(store, track)[0][2] == "stroll" and store.scheme() == ("stroll", "run", "jump")
    button(at, "Remove").click().run()
    assert "is in use in 1 clip" in told(at), "what cannot be done is told"
    at.selectbox(key="label.which.3").select("jump").run()
    button(at, "Up").click().run()
    assert store.scheme() == ("stroll", "jump", "run")
    button(at, "Remove").click().run()
    assert store.scheme() == ("stroll", "run")


def test_a_label_is_made_a_point_and_a_state_in_use_says_why_it_stays_one(
    store: Store, track: str, monkeypatch: pytest.MonkeyPatch
):
    points = []
    monkeypatch.setattr(player, "show", lambda *_, **more: points.append(tuple(more["points"])))
    at = page("label")
    at.text_input(key="label.fresh.0").set_value("bite").run()
    at.segmented_control(key="label.kind.bite.state.0").select("point").run()
    assert store.point_labels() == ("bite",) and points[-1] == ("bite",)
    at.selectbox(key="label.which.1").select("walk").run()
    at.segmented_control(key="label.kind.walk.state.1").select("point").run()
    assert "“walk” has 1 segment in 1 clip, and a point has no duration." in told(at)
    assert at.segmented_control(key="label.kind.walk.state.2").value == "state"
    assert store.point_labels() == ("bite",)
    at.run()
    assert "no duration" not in told(at)


def test_points_of_the_player_are_kept_counted_and_undone(store: Store, track: str):
    take = desk._taker(track)
    for edit in (
        Edit("point", "x", 0.0, 0.5, 0.52, "run"), Edit("point", "x", 0.0, 1.98, 2.0, "run"),
        Edit("change", "x", 0.5, 0.0, 0.02, mark="run"), Edit("delete", "x", 0.7, mark="run"),
    ):  # fmt: skip
        take(edit)
    at = page("label")
    assert "2 segments, 2 points" in told(at) and at.button(key="label.undo").label == "Undo: moved point"
    at.button(key="label.undo").click().run()
    assert journal.read(store, track).document.points == (Point(0.5, "run"), Point(1.98, "run"))


def test_the_whole_clip_is_marked_as_reviewed(store: Store, clip: VideoInfo, track: str):
    at = page("label")
    at.button(key="label.reviewed").click().run()
    document = journal.read(store, track).document
    assert (document.seen, document.segments) == (((0.0, clip.duration_s),), MINE.segments)
    assert at.button(key="label.reviewed").disabled


def test_a_renamed_label_keeps_its_colour_and_another_can_be_chosen(store: Store, track: str):
    at = page("label")
    colour = store.label_slots(["walk"])["walk"]
    at.text_input(key="label.called.0.walk").set_value("stroll").run()
    button(at, "Rename").click().run()
    colours = len(figures.PALETTE)
    assert store.label_slots(["stroll"])["stroll"] % colours == colour % colours
    at.selectbox(key=f"label.colour.stroll.{colour % colours}").select(7).run()
    assert store.label_slots(["stroll"])["stroll"] % colours == 7


def test_all_clips_share_the_labels_and_those_of_a_new_track_are_added_and_told(
    store: Store, clip: VideoInfo, track: str
):
    other = replace(clip, digest="cd" * 32, path="/clips/other.mp4")
    store.save_video(other)
    told(page("label"))
    at = page("label", video=other.digest)
    assert at.text_input(key="label.begin.labels").value == "walk, run"
    at.text_input(key="label.begin.labels").set_value("walk, sit").run()
    button(at, "Create track").click().run()
    assert store.scheme() == ("walk", "run", "sit")
    assert [one.value for one in at.toast] == ["Added to the labels of all clips: sit"]
    journal.begin(store, clip.digest, DrawnTrack(("fly",), (Segment(0.0, 1.0, "fly"),), ((0.0, 1.0),)))
    at = page("label", video=clip.digest)
    assert store.scheme() == ("walk", "run", "sit", "fly")
    assert [one.value for one in at.toast] == ["Added to the labels of all clips: fly"]


def test_before_a_draft_it_says_what_a_draft_is_and_then_follows_the_job(
    store: Store, track: str, runner: FakeRunner, clip: VideoInfo
):
    at = page("label")
    assert "Predictions do not count as labels until you accept them" in told(at)
    button(at, "Draft labels").click().run()
    assert "Cancel" in told(at)
    key = predictions.prediction_key(state.store(), clip.digest, Recipe(), CARD, ENGINE)
    runner.known[key] = Job(key, "Draft labels", "failed", error="The clip is gone.", hint="Add it again.")
    assert "The clip is gone" in told(page("label"))


def test_what_is_left_is_led_to_and_accepted(store: Store, track: str, drafted: None):
    at = page("label")
    words = told(at)
    assert at.get("progress")[0].proto.text == "1.4 s of 2.0 s reviewed"
    assert "Review **0:01.4 to 0:02.0**: the draft predicts **run**. This is the last segment." in words
    button(at, "Accept draft").click().run()
    assert labels_of(store, track)[-1] == (1.4, 2.0, "run")
    found = journal.read(store, track)
    assert found.document.seen == ((0.0, 2.0),) and found.done[-1][1] == "accept"
    assert "The whole clip has been reviewed" in str([one.value for one in at.success])


@pytest.mark.parametrize("view", list(label_views.NAMES))
def test_the_lanes_of_a_draft_are_shown_whichever_tool_is_open_until_it_is_closed(
    store: Store, track: str, drafted: None, view: str, monkeypatch: pytest.MonkeyPatch
):
    shown: list[list[str]] = []
    monkeypatch.setattr(player, "show", lambda info, rows, *_, **__: shown.append([row.name for row in rows]))
    at = page("label", **{"page.label.view": view})
    assert shown[-1] == ["actions · ann", "draft", "doubt", "to review"]
    next(control for control in at.segmented_control if control.label == "Tool").select("draft").run()
    button(at, "Close draft").click().run()
    at.segmented_control[0].select(view).run()
    assert shown[-1] == ["actions · ann"]


def test_a_closed_draft_can_be_opened_again_and_another_one_is_open(
    store: Store, clip: VideoInfo, track: str, drafted: None
):
    at = page("label")
    button(at, "Close draft").click().run()
    assert "Review **" not in told(at) and "The draft is closed" in told(at)
    button(at, "Open draft").click().run()
    assert "Review **" in told(at)
    button(at, "Close draft").click().run()
    store.keep_clip_recipe(clip.digest, ClipRecipe(Recipe((Flip(),))))
    said = Prediction(np.arange(8) / 4 + 0.125, np.full((8, 2), 0.5, np.float32), CARD.labels, CARD.name, (0.0, 2.0))
    key = predictions.prediction_key(store, clip.digest, Recipe((Flip(),)), CARD, ENGINE)
    store.write(key, said, kind="prediction", video=clip.digest)
    at.session_state["result"] = key
    assert "Review **" in told(at.run())


def test_a_stretch_can_be_said_to_be_as_drawn_or_put_off(store: Store, clip: VideoInfo, drafted: None):
    track = journal.begin(store, clip.digest, replace(MINE, segments=(), seen=()))
    at = page("label")
    assert "Review **0:00.0 to 0:02.0**" in told(at)
    button(at, "Skip").click().run()
    button(at, "Keep my labels").click().run()
    assert journal.read(store, track).document.seen == ((0.0, 2.0),)
    assert not labels_of(store, track), "looked at, and nothing happens there"


def test_two_authors_are_compared(store: Store, clip: VideoInfo, track: str):
    other = edits.paint(replace(MINE, author="bob"), 0.8, 1.0, "walk")
    journal.begin(store, clip.digest, other)
    at = page("label", **{"page.label.view": "compare", f"page.label.track.{clip.digest}": track})
    named = {one.label: one.value for one in at.metric}
    assert named["Reviewed by both"] == "1.4 s"
    assert named["Agreement"] == "86 %"
    assert float(named["Cohen's kappa"]) == pytest.approx(0.78, abs=0.02)
    assert "substantial" in told(at) and "differ in 1 stretch" in told(at)


def test_one_track_alone_cannot_be_compared(store: Store, track: str):
    assert "Only one track" in told(page("label", **{"page.label.view": "compare"}))


def test_kappa_that_is_undefined_is_told_as_that():
    from core.workflows.annotation.agreement import TrackAgreement

    alike = TrackAgreement(2.0, 1.0, None, (), (), np.zeros(0), np.zeros(0))
    assert "undefined" in compare.meaning(alike)


def test_labels_go_into_a_set_and_a_network_learns(store: Store, track: str, runner: FakeRunner, monkeypatch):
    at = page("label", **{"page.label.view": "learn"})
    button(at, "Add 1.4 s to “My labels”").click().run()
    assert "now contains 1.4 s of labels in 1 clip" in told(at)
    assert store.dataset("My labels").items[0].segments == MINE.segments
    button(at, "Train on this dataset").click().run()
    assert at.error, "one clip cannot be both learned and tested"
    monkeypatch.setattr(retraining, "plan", lambda *_, **__: "cd" * 20)
    planned = type("Run", (), {"state": "planned", "name": "x", "dataset": "My labels"})()
    monkeypatch.setattr("core.workflows.training.run_of", lambda *_: planned)
    button(at, "Train on this dataset").click().run()
    assert runner.known["cd" * 20].title == "Train x"
    assert button(at, "Training…").disabled and not at.exception


def test_the_curve_tells_what_labels_were_worth(store: Store, track: str, monkeypatch):
    retraining.contribute(store, "My labels", MINE.author and "ab" * 32, MINE)
    points = (
        retraining.LearningPoint("a", 0.0, 60.0, 0.5, 90, 0.6),
        retraining.LearningPoint("b", 1.0, 200.0, 0.8, 90, 0.8),
    )
    monkeypatch.setattr(retraining, "curve", lambda *_: points)
    at = page("label", **{"page.label.view": "learn"})
    assert len(at.get("plotly_chart")) == 1 and "scores will vary" in told(at)
    assert "**80 %** of 90 held-out moments correctly classified, after 3 min 20 s of labels. Before: 50 %" in told(at)


def test_films_are_made_by_jobs(store: Store, clip: VideoInfo, track: str, drafted: None, runner: FakeRunner):
    at = page("label", **{"page.label.view": "video"})
    button(at, "Create video").click().run()
    button(at, "Export 2 segments").click().run()
    assert {job.title for job in runner.known.values()} >= {"Create video", "Export 2 segments"}
    strips = (rendering.Strip("actions · ann", MINE.segments),)
    store.write_file(rendering.cut_key(clip.digest, strips), _packed, kind="export")
    assert "Download 2 segments" in told(page("label", **{"page.label.view": "video"}))


def _packed(path: Path) -> None:
    path.write_bytes(b"PK")


def test_a_track_that_was_deleted_comes_back(store: Store, clip: VideoInfo, track: str):
    at = page("label")
    button(at, "Delete this track").click().run()
    assert "No labels yet" in told(at)
    button(at, "Restore the deleted track").click().run()
    assert "2 segments" in told(at)


def test_what_a_labelled_set_says_of_the_clip_can_be_begun_with(store: Store, clip: VideoInfo):
    retraining.contribute(store, "Given", clip.digest, MINE)
    at = page("label")
    at.selectbox(key="label.begin.source").set_value("Given").run()
    button(at, "Create track").click().run()
    (begun,) = journal.tracks(store, clip.digest)
    assert begun.document.segments == MINE.segments and begun.document.seen == MINE.seen


def test_the_timeline_shows_what_was_drawn_and_where_the_network_differs(
    clip: VideoInfo, track: str, drafted: None, monkeypatch: pytest.MonkeyPatch
):
    shown = []
    monkeypatch.setattr(player, "show", lambda info, rows, *_, **__: shown.append(rows))
    page("timeline")
    network, drawn, differs, *_ = shown[-1]
    assert (network.name, drawn.name, drawn.segments) == ("network", "actions · ann", MINE.segments)
    assert [one.label for one in differs.segments][-1] == "nothing, or run" and differs.name == "differs"
    journal.drop(state.store(), track)
    page("timeline")
    assert shown[-1][0].name == "actions" and len(shown[-1]) == 2
    points = (Point(0.5, "bite"),)
    journal.begin(state.store(), clip.digest, DrawnTrack(("bite", "run"), (), (), "", "bob", points=points))
    page("timeline")
    assert [(lane.name, lane.points) for lane in shown[-1][:2]] == [("network", ()), ("labels · bob", points)]
    assert len(shown[-1]) == 3, "a track of points alone differs from no network"


def test_a_link_opens_the_track_and_the_part_that_its_sender_saw(store: Store, clip: VideoInfo, track: str):
    journal.begin(store, clip.digest, replace(MINE, author="bob"))
    at = page("label", video=clip.digest, view=(0.5, 1.25))
    at.selectbox[1].set_value(track).run()
    sent = {name: at.query_params[name] for name in ("video", "view", "track")}
    assert (sent["view"], sent["track"]) == ("0.50-1.25", track[:16])
    other = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=240)
    for name, value in sent.items():
        other.query_params[name] = value
    other.run()
    other.switch_page("../label.py").run()
    assert other.selectbox[1].value == track and other.session_state["view"] == (0.5, 1.25)


@pytest.mark.parametrize("view", ("", "-", "3-1", "x-y", "-1--2", "1e9-2e9", "nan-inf"))
def test_a_part_that_is_none_shows_all_of_the_clip(store: Store, clip: VideoInfo, track: str, view: str):
    at = AppTest.from_file(str(ROOT / "pages" / "ui" / "shell.py"), default_timeout=240)
    at.query_params["video"], at.query_params["view"], at.query_params["track"] = clip.digest[:16], view, "?"
    at.run()
    assert not at.exception and at.session_state["view"] == ()


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if form.every_frame])
def test_a_format_of_every_frame_asks_whether_the_whole_clip_was_annotated(
    store: Store, clip: VideoInfo, track: str, name: str
):
    at = page("label", **{"page.label.view": "files"})
    at.selectbox(key="label.format.pick").set_value(name).run()
    (asked,) = [box for box in at.checkbox if box.label == "The whole clip was annotated"]
    assert not asked.value and "needs a label for each frame" in told(at)
    assert FORMATS[name].title not in "".join(downloads_of(at))
    asked.set_value(True).run()
    (offer,) = [offer for title, offer in downloads_of(at).items() if FORMATS[name].title in title]
    found = files.read({f"street{FORMATS[name].suffix}": offer.read()}, clip, "street.mp4", form=name)
    assert {one.label for lane in found.clips[0].lanes for one in lane.segments} == {"walk", "run"}
    assert {lane.seen for lane in found.clips[0].lanes} == {((0.0, clip.duration_s),)}
    again = page("label", **{"page.label.view": "files"})
    again.selectbox(key="label.format.pick").set_value(name).run()
    assert [box.value for box in again.checkbox if box.label == "The whole clip was annotated"] == [True]
    assert journal.read(store, track).document.seen == MINE.seen


def exported(at: AppTest, name: str, clip: VideoInfo) -> list[DrawnTrack]:
    """The tracks of the file that the page offers in a format, as that format is read."""
    at.selectbox(key="label.format.pick").set_value(name).run()
    (offer,) = [offer for title, offer in downloads_of(at).items() if FORMATS[name].title in title]
    labels = files.read({f"street{FORMATS[name].suffix}": offer.read()}, clip, "street.mp4", form=name)
    return list(files.tracks_of(labels))


def test_points_are_exported_where_a_format_holds_them_and_else_as_frames_if_wanted(
    store: Store, clip: VideoInfo, track: str
):
    at = page("label", **{"page.label.view": "files"})
    at.selectbox(key="label.format.pick").set_value("csv").run()
    assert not at.toggle, "a track without points has none to write"
    moment_s = float(clip.times_s[-1])
    for at_s in (0.0, moment_s):
        journal.edit(store, track, "point", lambda document, at_s=at_s: edits.add_point(document, at_s, "bite"))
    for name in ("json", "boris"):
        points = [point for part in exported(at.run(), name, clip) for point in part.points]
        assert [(round(point.time_s, 3), point.label) for point in points] == [
            (0.0, "bite"),
            (round(moment_s, 3), "bite"),
        ]
    assert {segment.label for part in exported(at, "csv", clip) for segment in part.segments} == {"walk", "run"}
    assert "Not stored in this format: point events" in told(at)
    at.toggle(key="label.points.framed").set_value(True).run()
    segments = [segment for part in exported(at, "csv", clip) for segment in part.segments if segment.label == "bite"]
    assert [(round(one.start_s, 3), round(one.stop_s, 3)) for one in segments] == [
        (0.0, round(float(clip.times_s[1]), 3)), (round(moment_s, 3), round(clip.duration_s, 3)),
    ]  # fmt: skip
    assert "point events" not in told(at)


def test_a_track_that_was_reviewed_to_its_end_is_not_asked_about(store: Store, clip: VideoInfo, track: str):
    journal.edit(store, track, "look", lambda document: edits.look(document, 0.0, clip.duration_s))
    at = page("label", **{"page.label.view": "files"})
    at.selectbox(key="label.format.pick").set_value("mstcn").run()
    assert "The whole clip was annotated" not in [box.label for box in at.checkbox]
    assert any(FORMATS["mstcn"].title in title for title in downloads_of(at))
