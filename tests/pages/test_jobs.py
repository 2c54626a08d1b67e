"""The jobs in the header: what is listed, what can be done there, and that a job knows where it was begun."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.domain import VideoInfo
from core.domain.jobs import Job
from pages.ui import state
from pages.ui.common.jobs import indicator, job_group, listing
from tests.pages.test_app import ask
from tests.pages.test_pages import DIGEST, FakeRunner, button, clip, page, prediction_key, runner, save_prediction, told

__all__ = ["clip", "runner"]


def counting(number: int, *, report) -> None:
    """A task."""


@pytest.fixture(autouse=True)
def nothing_to_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.ui.state.submission._repeats", {})


def work(runner: FakeRunner, *jobs: Job) -> None:
    runner.known |= {job.key: job for job in jobs}


RUNNING = Job(
    "a", "Analyse the clip", "running", 34, 100, "Analysing frames", submitted=1.0, started=2.0, since=2.0,
    since_done=0, reported=19.0, page="timeline", page_clip=DIGEST,
)  # fmt: skip
WAITING = Job("b", "Check all frames", submitted=2.0, page="frames", page_clip=DIGEST)
LAST = Job("c", "Train a network", submitted=3.0, page="train")
FAILED = Job("d", "Create video", "failed", error="The disk is full.", hint="Make room.", finished=5.0, page="label")


def test_the_list_says_what_runs_what_waits_for_what_and_what_failed(clip: VideoInfo, runner):
    work(runner, RUNNING, WAITING, LAST, FAILED)
    shown = listing.listing()
    assert shown["active"] == 3
    assert shown["summary"] == {
        "title": "Analyse the clip", "share": "34 %", "fraction": 0.34, "left": "about 33 s left",
        "others": "2 waiting",
    }  # fmt: skip
    rows = {row["name"]: row for row in shown["rows"]}
    assert list(rows) == ["a", "b", "c", "d"]
    assert rows["a"]["where"] == "Timeline · street.mp4"
    assert rows["a"]["detail"] == "Analysing frames · 34 %, 34 of 100 · about 33 s left"
    assert rows["b"]["detail"] == "Waiting for “Analyse the clip” · starts in about 33 s"
    assert rows["c"]["detail"].startswith("Waiting for “Analyse the clip” of street.mp4 and 1 more job")
    assert rows["d"]["detail"] == f"The disk is full. Make room. {listing.ON_ITS_PAGE}"
    assert [row["actions"] for row in rows.values()] == [
        *3 * [{"cancel": "Cancel", "open": "Open page"}], {"open": "Open page"},
    ]  # fmt: skip


def test_a_second_job_that_runs_is_told_of(runner):
    work(runner, RUNNING, replace(RUNNING, key="x"))
    assert listing.listing()["summary"]["others"] == "1 more running"
    work(runner, WAITING)
    assert listing.listing()["summary"]["others"] == "1 more running, 1 waiting"


def test_jobs_that_were_begun_together_are_a_single_piece_of_work(runner):
    states = ("done", "failed", "running", "queued", "queued")
    work(
        runner,
        *(Job(str(at), f"Add {at}.mp4", how, submitted=float(at), batch="adding") for at, how in enumerate(states)),
        replace(LAST, submitted=9.0),
    )
    (batch, last) = listing.listing()["rows"]
    assert (batch["title"], batch["detail"].split(" · ")[0]) == ("Add 0.mp4 and 4 more", "2 of 5")
    assert listing.listing()["summary"]["share"] == "2 of 5" and batch["state"] == "running"
    assert last["detail"].startswith("Waiting for “Add 2.mp4” and 2 more jobs")
    listing.cancel("adding")
    assert runner.cancelled == ["4", "3", "2"], "those that wait first: none of them may begin meanwhile"
    work(runner, *(Job(str(at), "Add", "done", batch="adding", finished=1.0) for at in (2, 3, 4)))
    assert job_group.group("adding").state == "failed"  # type: ignore[union-attr]
    assert listing.listing()["rows"][-1]["detail"].startswith("4 done, 1 failed, ")


def test_all_jobs_are_cancelled_at_once(runner):
    work(runner, RUNNING, WAITING, FAILED)
    listing.cancel_all()
    assert runner.cancelled == ["b", "a"]
    listing.cancel("no such job")


def test_a_job_knows_the_page_and_the_clip_that_it_was_begun_for(clip: VideoInfo, runner):
    at = page("timeline")
    button(at, "Analyse the clip").click().run()
    job = runner.known[prediction_key()]
    assert (job.page, job.page_clip) == ("timeline", DIGEST)
    at.switch_page("../library.py").run()
    button(at, "Add the sample clip").click().run()
    assert (runner.known["add-sample"].page, runner.known["add-sample"].page_clip) == ("library", "")


def test_what_failed_is_tried_again_as_long_as_the_server_knows_how(clip: VideoInfo, runner):
    at = page("timeline")
    button(at, "Analyse the clip").click().run()
    key = prediction_key()
    failed = replace(runner.known[key], state="failed", error="It crashed.", finished=3.0)
    work(runner, failed, FAILED)
    rows = listing.listing()["rows"]
    assert rows[1]["actions"] == {"repeat": "Try again", "open": "Open page"} and rows[1]["detail"] == "It crashed."
    listing.repeat(key)
    assert runner.known[key].active and (runner.known[key].page, runner.known[key].page_clip) == ("timeline", DIGEST)
    listing.repeat("d")
    assert runner.known["d"] == FAILED, "the program was started anew since"


def test_only_the_latest_jobs_can_be_tried_again(runner, monkeypatch):
    monkeypatch.setattr("pages.ui.state.submission.MOST_REPEATABLE", 2)

    def script():
        from pages.ui import state
        from tests.pages.test_jobs import counting

        for number in range(4):
            state.submit(f"{number}", "Count", counting, number, repeats=number != 2)

    assert not AppTest.from_function(script).run().exception
    assert [state.can_repeat(str(number)) for number in range(4)] == [False, True, False, True]


def test_a_result_is_opened_on_its_page_with_its_clip(clip: VideoInfo, runner, monkeypatch):
    save_prediction()
    key = prediction_key()
    work(runner, replace(RUNNING, key=key, state="done", finished=3.0))
    assert listing.listing()["rows"][0]["actions"] == {"open": "Open result"}
    gone: list = []
    monkeypatch.setattr(state, "widget", lambda _key: {"open": key})
    monkeypatch.setattr(state, "go", lambda *where: gone.append(where))
    monkeypatch.setattr(state, "show_result", gone.append)
    monkeypatch.setattr(state, "remember", lambda *pair: gone.append(pair))
    indicator._open()
    assert gone == [("timeline", DIGEST), key, (indicator.ARRIVED, key)]
    gone.clear()
    work(runner, replace(RUNNING, key=key, page=""))  # of an earlier version of the program
    indicator._open()
    assert not gone


def test_our_own_pages_alone_read_and_change_the_jobs(runner):
    work(runner, RUNNING, WAITING)
    assert ask("/jobs").status == 200 and b"Analyse the clip" in ask("/jobs").body
    assert ask("/jobs", sec_fetch_site="cross-site").status == 403
    ours: dict = {"sec_fetch_site": "same-origin", "x_kinetoscope": "jobs"}
    assert ask("/jobs/cancel?name=b", method="POST", sec_fetch_site="same-origin").status == 403
    assert (
        ask("/jobs/cancel?name=b", method="POST", answer=None, **{**ours, "sec_fetch_site": "same-site"}).status == 403
    )
    assert ask("/jobs/delete?name=b", method="POST", answer=None, **ours).status == 404
    assert ask("/jobs/cancel-all", None, **ours).status == 405
    assert not runner.cancelled
    assert ask("/jobs/cancel?name=b", method="POST", answer=None, **ours).status == 200
    assert runner.cancelled == ["b"]
    assert ask("/jobs/cancel-all", method="POST", answer=None, **ours).status == 200
    assert runner.cancelled == ["b", "b", "a"]
    assert ask("/jobs/repeat?name=%00", method="POST", answer=None, **ours).status == 200


def test_a_panel_of_a_job_that_waits_says_for_what_and_how_long(clip: VideoInfo, runner):
    key = prediction_key()
    work(runner, RUNNING, Job(key, "Analyse the clip", submitted=2.0, page_clip=DIGEST))
    assert "Waiting for “Analyse the clip” · starts in about 33 s" in told(page("timeline")).replace("\\", "")
