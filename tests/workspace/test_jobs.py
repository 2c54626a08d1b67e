"""Real worker processes: progress, cancel, crashes that end one job, and records that tell what happened."""

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.base.errors import AnalysisError, Cancelled, JobLost, RecipeInvalid
from core.base.progress import silent
from core.domain.jobs import Job
from core.workspace.jobs.lanes import short
from core.workspace.jobs.records import BOOT, RunningJob, progressed, this_process
from core.workspace.jobs.runner import Runner

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 700 * 2**20


class Memory:
    """Records in a dict, as they would be read by the next server."""

    def __init__(self):
        self.kept: dict[str, Job] = {}

    def save_job(self, job):
        self.kept[job.key] = job

    def delete_job(self, key):
        self.kept.pop(key, None)

    def load_job(self, key):
        return self.kept.get(key)

    def jobs(self):
        return list(self.kept.values())

    def recent_jobs(self, since):
        return [job for job in self.kept.values() if job.active or job.finished >= since]


class Damaged(Memory):
    """Records that cannot be read when the server starts, as those of a damaged catalogue that is restored later."""

    def jobs(self):
        raise AnalysisError("The catalogue is damaged.", "Restore a backup.")


# Tasks, as the workers run them


def count(path, stop, *, report):
    for done in range(1, stop + 1):
        report(done, stop, "Counting")
        time.sleep(0.005)
    Path(path).write_text(str(stop))


def wait_for(path, *, report):
    while not Path(path).exists():
        report(0, 0, "Waiting")
        time.sleep(0.01)


def wait_beside(_about, path, *, report):
    wait_for(path, report=report)


def deaf(path, *, report):
    report(0, 1, "Deaf from now on")
    while not Path(path).exists():
        time.sleep(0.01)


@short()
def brief(path, *, report):
    report(1, 1, "Brief")
    Path(path).write_text(str(os.getpid()))


@short(when=lambda path: Path(path).exists())
def sometimes_brief(path, *, report):
    Path(path).write_text(str(os.getpid()))


def hold_interpreter(gate, *, report):
    """As native code does that lets no other thread of its process run."""
    import ctypes

    report(0, 1, "Hearing nothing from now on")
    while not Path(gate).exists():
        time.sleep(0.01)
    ctypes.PyDLL(None).sleep(3600)


def refuse(*, report):
    raise RecipeInvalid("Crop ends outside the frame", "Make it smaller.")


def stumble(*, report):
    raise KeyError("a bug")


def leave(*, report):
    sys.exit(3)


def crash(*, report):
    report(1, 2, "About to crash")
    os.kill(os.getpid(), signal.SIGSEGV)


def devour(*, report):
    taken = []
    while True:
        taken.append(np.ones(2**20))
        time.sleep(0.005)


def environment(*, report):
    Path(os.environ["KINETOSCOPE_WORKER_LOG"]).with_name("environment").write_text(
        f"{os.environ.get('OMP_NUM_THREADS')} {os.environ['TF_CPP_MIN_LOG_LEVEL']} {os.nice(0)} {'av' in sys.modules}"
    )


def double(value):
    return value * 2


def abort():
    os.abort()


def raise_(error):
    raise error


def sleep(seconds):
    time.sleep(seconds)
    return os.getpid()


def ended(runner: Runner, key: str) -> Job:
    """The record of a job once it has ended."""
    give_up = time.monotonic() + 240
    while (job := runner.job(key)) is None or job.active:
        assert time.monotonic() < give_up, job
        time.sleep(0.01)
    return job


def running(runner: Runner, key: str) -> Job:
    """The record of a job once it has told of progress."""
    give_up = time.monotonic() + 240
    while not (job := runner.job(key)) or not job.message:
        assert time.monotonic() < give_up and (job is None or job.active), job
        time.sleep(0.01)
    return job


@pytest.fixture(scope="module")
def records():
    return Memory()


@pytest.fixture(scope="module")
def runner(records, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "worker.log"
    runner = Runner(records, memory_bytes=MEMORY, log=log, warm=("wave", "no.such.module"))
    yield runner
    runner.close()


def test_a_job_submitted_before_the_workers_are_up_is_done(runner, tmp_path):
    assert runner.submit("first", "Count", count, str(tmp_path / "made"), 60).active
    job = ended(runner, "first")
    assert (job.state, job.done, job.total, job.fraction) == ("done", 60, 60, 1.0)
    assert job.submitted <= job.started <= job.finished and not job.error
    assert (tmp_path / "made").read_text() == "60"


def test_progress_arrives_while_the_job_runs(runner, tmp_path):
    runner.submit("progress", "Count", count, str(tmp_path / "made"), 200)
    job = running(runner, "progress")
    assert job.state == "running" and job.message == "Counting" and 0 < job.done < job.total == 200
    assert ended(runner, "progress").rate


def test_one_key_is_one_job_while_it_is_active_and_may_come_again(runner, tmp_path):
    gate = tmp_path / "gate"
    first = runner.submit("same", "Wait", wait_for, str(gate))
    assert runner.submit("same", "Another", crash).submitted == first.submitted
    gate.touch()
    assert ended(runner, "same").state == "done"
    assert runner.submit("same", "Again", wait_for, str(gate)).submitted > first.submitted
    assert ended(runner, "same").title == "Again"


def test_a_running_job_stops_at_its_next_report(runner, tmp_path):
    runner.submit("stop", "Wait", wait_for, str(tmp_path / "never"))
    running(runner, "stop")
    runner.cancel("stop")
    job = ended(runner, "stop")
    assert job.state == "cancelled" and not job.error
    runner.submit("stop", "Count", count, str(tmp_path / "made"), 1)
    assert ended(runner, "stop").state == "done"


def test_a_job_that_ends_before_it_hears_that_it_should_stop_is_done(runner, tmp_path):
    runner.submit("deaf", "Wait", deaf, str(tmp_path / "gate"))
    running(runner, "deaf")
    assert not runner.job("deaf").stopping
    runner.cancel("deaf")
    assert runner.job("deaf").stopping
    (tmp_path / "gate").touch()
    job = ended(runner, "deaf")
    assert not job.stopping
    assert job.state == "done" and job.done == job.total and job.finished >= job.started > 0


def test_a_waiting_job_is_cancelled_at_once_and_never_runs(runner, tmp_path):
    gate = tmp_path / "gate"
    runner.submit("before", "Wait", wait_for, str(gate))
    runner.submit("waiting", "Count", count, str(tmp_path / "made"), 1)
    runner.cancel("waiting")
    assert runner.job("waiting").state == "cancelled"
    runner.cancel("waiting")
    runner.cancel("no such job")
    gate.touch()
    assert ended(runner, "before").state == "done"
    assert not (tmp_path / "made").exists()


def test_jobs_run_in_the_order_of_their_submission(runner, tmp_path):
    for place in range(4):
        runner.submit(f"order-{place}", "Count", count, str(tmp_path / str(place)), 1)
    jobs = [ended(runner, f"order-{place}") for place in range(4)]
    assert [job.state for job in jobs] == ["done"] * 4
    assert sorted(jobs, key=lambda job: job.finished) == jobs


def test_jobs_are_listed_running_waiting_and_ended_and_a_waiting_one_knows_what_it_waits_for(runner, tmp_path):
    gate = tmp_path / "gate"
    runner.submit("listed-1", "One", count, str(tmp_path / "made"), 1, page="timeline", page_clip="ab", batch="both")
    job = ended(runner, "listed-1")
    assert (job.page, job.page_clip, job.batch) == ("timeline", "ab", "both")
    runner.submit("listed-2", "Two", wait_for, str(gate))
    runner.submit("listed-3", "Three", count, str(tmp_path / "made"), 1)
    runner.submit("listed-4", "Four", count, str(tmp_path / "made"), 1)
    running(runner, "listed-2")
    assert [job.key for job in runner.jobs()][:4] == ["listed-2", "listed-3", "listed-4", "listed-1"]
    assert [job.title for job in runner.before("listed-4")] == ["Two", "Three"]
    assert not any(map(runner.before, ("listed-1", "listed-2", "no such job")))
    assert runner.wait_s("listed-3") is None, "nobody knows how long the first will take"
    runner.cancel("listed-4")
    gate.touch()
    ended(runner, "listed-3")
    assert [(job.key, job.state) for job in runner.jobs()][:3] == [
        *(("listed-3", "done"), ("listed-2", "done"), ("listed-4", "cancelled")),
    ]


def test_a_waiting_job_tells_for_about_how_long(runner, tmp_path):
    runner.submit("wait-1", "Count", count, str(tmp_path / "made"), 400)
    runner.submit("wait-2", "Count", count, str(tmp_path / "made"), 1)
    waits = []
    while runner.job("wait-1").active:
        waits.append((runner.wait_s("wait-2"), runner.job("wait-1").state))
        time.sleep(0.01)
    ended(runner, "wait-2")
    assert any(wait_s for wait_s, state in waits if state == "running")
    assert runner.wait_s("wait-2") is None and runner.wait_s("no such job") is None


def test_a_short_job_overtakes_a_long_one_that_runs_and_those_that_wait(runner, tmp_path):
    gate = tmp_path / "gate"
    runner.submit("held", "Wait", wait_for, str(gate))
    runner.submit("next", "Count", count, str(tmp_path / "made"), 1)
    running(runner, "held")
    for number in range(3):
        runner.submit(f"brief-{number}", "Brief", brief, str(tmp_path / f"brief-{number}"))
    assert [job.key for job in runner.jobs()][:5] == ["held", "brief-0", "brief-1", "brief-2", "next"]
    assert runner.before("brief-0") == [] and [job.key for job in runner.before("next")] == ["held"]
    assert {ended(runner, f"brief-{number}").state for number in range(3)} == {"done"}
    assert runner.job("held").state == "running" and runner.job("next").state == "queued"
    gate.touch()
    assert ended(runner, "next").state == "done"


def test_a_job_that_is_short_with_some_arguments_only_waits_with_the_others(runner, tmp_path):
    gate, there = tmp_path / "gate", tmp_path / "there"
    there.touch()
    runner.submit("held", "Wait", wait_for, str(gate))
    runner.submit("long", "Write", sometimes_brief, str(tmp_path / "new"))
    runner.submit("brief", "Write", sometimes_brief, str(there))
    assert ended(runner, "brief").state == "done" and runner.job("long").active
    gate.touch()
    assert ended(runner, "long").state == "done"


def test_a_crash_and_a_cancel_in_the_short_lane_leave_the_long_job_alone(runner, tmp_path):
    gate = tmp_path / "gate"
    runner.submit("held", "Wait", wait_for, str(gate))
    running(runner, "held")
    runner.submit("crash", "Crash", short()(partial(crash)))
    assert "crashed" in ended(runner, "crash").error
    runner.submit("endless", "Wait", short()(partial(wait_for, str(tmp_path / "never"))))
    running(runner, "endless")
    runner.cancel("endless")
    assert ended(runner, "endless").state == "cancelled" and runner.job("held").state == "running"
    gate.touch()
    assert ended(runner, "held").state == "done"


def test_a_job_that_hears_nothing_is_ended_with_its_process_even_if_the_clock_is_set_back(
    runner, tmp_path, monkeypatch
):
    monkeypatch.setattr("core.workspace.jobs.runner.CANCEL_WITHIN_S", 1.0)
    monkeypatch.setattr("core.workspace.jobs.runner.TELL_WITHIN_S", 1.0)
    runner.submit("deaf", "Hold", hold_interpreter, str(tmp_path / "gate"))
    running(runner, "deaf")
    (tmp_path / "gate").touch()
    now = time.time
    monkeypatch.setattr("time.time", lambda: now() - 3600)
    runner.cancel("deaf")
    assert ended(runner, "deaf").state == "cancelled"
    runner.submit("waits", "Wait", wait_for, str(tmp_path / "never"))
    running(runner, "waits")
    runner.cancel("waits")
    assert ended(runner, "waits").state == "cancelled"


def test_jobs_about_a_clip_that_is_deleted_are_cancelled_and_leave_no_record(runner, records, tmp_path):
    video, other = "ab" * 32, "cd" * 32
    jobs = {"runs": (video, "never"), "waits": (video, "never"), "other": (other, "gate"), "set": ((video,), "gate")}
    for key, (about, name) in jobs.items():
        runner.submit(key, key, wait_beside, about, str(tmp_path / name))
    running(runner, "runs")
    assert runner.job("runs").clip == video and runner.job("set").clip == ""
    runner.withdraw(video)
    (tmp_path / "gate").touch()
    assert ended(runner, "other").state == ended(runner, "set").state == "done"
    give_up = time.monotonic() + 240
    while {"runs", "waits"} & set(records.kept):
        assert time.monotonic() < give_up, records.kept
        time.sleep(0.01)
    assert runner.job("runs") is None and runner.job("waits") is None


def test_an_error_for_the_user_keeps_its_message_and_hint(runner):
    runner.submit("refused", "Refuse", refuse)
    job = ended(runner, "refused")
    assert (job.state, job.error, job.hint) == ("failed", "Crop ends outside the frame", "Make it smaller.")


@pytest.mark.parametrize(("task", "said"), [(stumble, "KeyError: 'a bug'"), (leave, "SystemExit: 3")])
def test_a_bug_is_named_and_its_details_are_in_the_log(runner, task, said):
    runner.submit("bug", "Stumble", task)
    job = ended(runner, "bug")
    assert job.state == "failed" and job.error == said
    log = Path(job.hint.removeprefix("The details are in ").removesuffix("."))
    assert f"in {task.__name__}" in log.read_text()


def test_a_task_that_cannot_travel_fails_in_words(runner):
    runner.submit("unpicklable", "Send", count, threading.Lock(), 1)
    job = ended(runner, "unpicklable")
    assert job.state == "failed" and "could not be sent" in job.error


def test_a_crash_ends_one_job_and_spares_those_that_wait(runner, tmp_path):
    runner.submit("crash", "Crash", crash)
    runner.submit("after", "Count", count, str(tmp_path / "made"), 1)
    job = ended(runner, "crash")
    assert job.state == "failed" and "crashed" in job.error and job.hint
    assert ended(runner, "after").state == "done"


def test_a_task_that_takes_too_much_memory_is_told_so(runner, tmp_path):
    runner.submit("greedy", "Devour", devour)
    job = ended(runner, "greedy")
    assert job.state == "failed" and "ran out of memory (0.7 GB)" in job.error
    assert "KINETOSCOPE_WORKER_MEMORY_GB" in job.hint
    runner.submit("modest", "Count", count, str(tmp_path / "made"), 1)
    assert ended(runner, "modest").state == "done"


def test_workers_keep_their_threads_and_give_way_to_the_page(runner, tmp_path):
    runner.submit("environment", "Look", environment)
    assert ended(runner, "environment").state == "done"
    threads, level, niceness, _ = runner._log.with_name("environment").read_text().split()
    assert (threads, level) == (str(os.environ.get("OMP_NUM_THREADS")), "3") and int(niceness) >= 5


def test_the_server_reads_no_video_and_computes_no_network():
    ran = subprocess.run(
        [
            sys.executable,
            "-c",
            "import core.workspace.jobs.runner, core.workspace.store, sys; print([*sys.modules], end='')",
        ],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert not {"tensorflow", "av", "openvino", "distributed", "streamlit"} & set(eval(ran.stdout))


def test_the_quick_lane_answers_while_a_job_runs(runner, tmp_path):
    gate = tmp_path / "gate"
    runner.submit("long", "Wait", wait_for, str(gate))
    running(runner, "long")
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    np.testing.assert_array_equal(runner.ask(double, picture, timeout_s=240), picture * 2)
    assert runner.ask(double, (len, "not called"), timeout_s=240) == (len, "not called") * 2
    gate.touch()
    assert ended(runner, "long").state == "done"


def test_errors_of_the_quick_lane_are_raised_as_they_are(runner):
    with pytest.raises(RecipeInvalid, match="too large") as caught:
        runner.ask(raise_, RecipeInvalid("too large", "Make it smaller."))
    assert caught.value.hint == "Make it smaller."
    with pytest.raises(ZeroDivisionError):
        runner.ask(raise_, ZeroDivisionError())
    with pytest.raises(TimeoutError, match="of the task"):
        runner.ask(raise_, TimeoutError("of the task"))
    with pytest.raises(JobLost):
        runner.ask(raise_, Cancelled())
    assert runner.ask(double, 1, timeout_s=240) == 2


def test_a_crash_in_the_quick_lane_is_told_to_the_one_who_asked(runner):
    with pytest.raises(JobLost, match="crashed") as caught:
        runner.ask(abort, timeout_s=240)
    assert caught.value.hint
    assert runner.ask(double, 4, timeout_s=240) == 8


def test_no_answer_in_time_frees_the_lane(runner):
    with pytest.raises(JobLost, match=r"within 0\.3 s") as caught:
        runner.ask(sleep, 60, timeout_s=0.3)
    assert caught.value.hint
    assert runner.ask(double, 4, timeout_s=240) == 8


def test_many_threads_may_ask_at_once(runner):
    answers = {}
    threads = [
        threading.Thread(target=lambda value=value: answers.update({value: runner.ask(double, value, timeout_s=240)}))
        for value in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {value: value * 2 for value in range(8)}


def test_another_server_reads_the_records_of_this_one(runner, records, tmp_path):
    gate = tmp_path / "gate"
    runner.submit("shared", "Wait", wait_for, str(gate))
    running(runner, "shared")
    give_up = time.monotonic() + 240
    while records.kept["shared"].state != "running" and time.monotonic() < give_up:
        time.sleep(0.01)
    for record in records.jobs():
        if record.key == "shared":
            assert record.state == "running" and record.owner.startswith(f"{os.getpid()}:")
    runner.cancel("shared")
    ended(runner, "shared")


# Records and figures, without workers


@pytest.fixture
def no_workers(monkeypatch):
    def fail(*_):
        raise OSError("no more processes")

    monkeypatch.setattr("core.workspace.jobs.runner.OwnCluster", fail)


def test_jobs_of_a_server_that_is_gone_are_lost_and_those_of_a_living_one_are_not(no_workers):
    records = Memory()
    born = psutil.Process().create_time()
    records.save_job(Job("dead", "t", "running", submitted=5.0, owner=f"{os.getpid()}:{born - 100}"))
    records.save_job(Job("alive", "t", "running", submitted=5.0, owner=f"{os.getpid()}:{born}"))
    records.save_job(Job("nobody", "t", "queued", submitted=5.0))
    records.save_job(Job("done", "t", "done", submitted=5.0, owner="1:1"))
    runner = Runner(records, memory_bytes=MEMORY)
    try:
        assert runner.job("dead").state == runner.job("nobody").state == "lost"
        assert runner.job("dead").hint and not runner.job("dead").active
        assert runner.job("alive").state == "running" and runner.job("done").state == "done"
        assert runner.job("unknown") is None
    finally:
        runner.close()
    assert [records.kept[key].state for key in ("dead", "alive", "nobody", "done")] == [
        "lost",
        "running",
        "lost",
        "done",
    ]


@pytest.mark.skipif(not BOOT.exists(), reason="only Linux tells a process's age apart from the clock")
def test_a_living_server_is_known_after_the_clock_was_set_back(no_workers):
    records = Memory()
    number, born, since_boot = this_process().split(":")
    records.save_job(Job("alive", "t", "running", submitted=5.0, owner=f"{number}:{float(born) + 3600}:{since_boot}"))
    records.save_job(Job("dead", "t", "running", submitted=5.0, owner=f"{number}:{float(born) + 3600}:{since_boot}9"))
    runner = Runner(records, memory_bytes=MEMORY)
    runner.close()
    assert (records.kept["alive"].state, records.kept["dead"].state) == ("running", "lost")


def test_workers_that_cannot_be_started_fail_what_waits(no_workers):
    records = Memory()
    runner = Runner(records, memory_bytes=MEMORY)
    runner.submit("job", "Count", count, "x", 1)
    job = ended(runner, "job")
    assert job.state == "failed" and "no more processes" in job.error and job.hint
    with pytest.raises(JobLost, match="no more processes"):
        runner.ask(double, 1)
    runner.close()
    assert records.kept["job"].state == "failed"


def test_closing_tells_what_was_under_way_and_leaves_no_process_behind(tmp_path):
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    records = Memory()
    runner = Runner(records, memory_bytes=MEMORY)
    runner.submit("running", "Wait", wait_for, str(tmp_path / "never"))
    runner.submit("waiting", "Wait", wait_for, str(tmp_path / "never"))
    running(runner, "running")
    runner.close()
    runner.close()
    assert {records.kept[key].state for key in ("running", "waiting")} == {"lost"}
    assert runner.job("running").state == "lost"
    with pytest.raises(JobLost):
        runner.submit("late", "Count", count, "x", 1)
    with pytest.raises(JobLost):
        runner.ask(double, 1)
    left = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    assert not [child for child in left if "resource_tracker" not in " ".join(child.cmdline())]


SERVER = """
import sys, time
sys.path.insert(0, {root!r})
from tests.workspace.test_jobs import Memory, double, wait_for
from core.workspace.jobs.runner import Runner
if __name__ == "__main__":
    runner = Runner(Memory(), memory_bytes=2**30)
    runner.submit("endless", "Wait", wait_for, "/no/such/file")
    runner.ask(double, 1, timeout_s=240)
    print("up", flush=True)
    time.sleep(60)
"""


def test_workers_die_with_a_server_that_is_killed(tmp_path):
    script = tmp_path / "server.py"
    script.write_text(SERVER.format(root=str(ROOT)))
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout and server.stdout.readline() == b"up\n"
        children = psutil.Process(server.pid).children(recursive=True)
        assert len(children) >= 2
        server.kill()
    _, alive = psutil.wait_procs(children, timeout=120)
    assert not alive


def reported(run: RunningJob, done: int, total: int, at: float) -> Job:
    run.job = progressed(run, {"done": done, "total": total, "at": at, "message": "m"})
    return run.job


def test_the_rate_leaves_out_the_first_batch_and_follows_the_last_half_minute():
    run = RunningJob(Job("k", "t"), silent, ())
    reported(run, 0, 0, 100.0)  # begun
    assert reported(run, 0, 1000, 100.1).rate is None
    assert reported(run, 10, 1000, 110.0).left_s is None  # ten seconds to compile
    job = reported(run, 30, 1000, 112.0)
    assert job.rate == pytest.approx(10) and job.left_s == pytest.approx(97)
    for second in range(1, 60):
        job = reported(run, 30 + 5 * second, 1000, 112.0 + second)
    assert job.rate == pytest.approx(5) and job.left_s == pytest.approx((1000 - job.done) / 5)
    assert job.fraction == pytest.approx(job.done / 1000)


def test_the_rate_begins_anew_with_another_stage():
    run = RunningJob(Job("k", "t"), silent, ())
    for place, done in enumerate((0, 0, 10, 20, 30)):
        job = reported(run, done, 100 if place else 0, 100.0 + place)
    assert job.rate == pytest.approx(10)
    assert reported(run, 5, 100, 106.0).rate is None
    assert reported(run, 5, 50, 107.0).rate is None


def test_the_rate_begins_anew_when_the_clock_is_set_back():
    run = RunningJob(Job("k", "t"), silent, ())
    for at in (4000.0, 4001.0, 4002.0, 4003.0, 403.0, 404.0, 405.0, 406.0):
        job = reported(run, run.job.done + 10, 1000, at)
    assert job.rate == pytest.approx(10)


def test_figures_of_odd_progress_stay_within_bounds():
    assert Job("k", "t", "running", done=5, total=0).fraction == 0
    assert Job("k", "t", "running", done=15, total=10).fraction == 1
    assert Job("k", "t", "done").fraction == 1
    late = Job("k", "t", "running", done=15, total=10, since=1.0, reported=2.0)
    assert late.left_s == 0 and replace(late, state="done").left_s is None
    silent(1, 2, "nothing happens")
