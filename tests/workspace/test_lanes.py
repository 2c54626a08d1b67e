"""Which job runs next: short ones overtake long ones, and nobody waits for ever."""

import pytest

from core.base.errors import ResultMissing
from core.base.progress import silent
from core.domain.jobs import Job
from core.workspace.jobs.lanes import JobLanes, clip_of, is_short, short, wait_s
from core.workspace.jobs.records import RunningJob


def run(key: str) -> RunningJob:
    return RunningJob(Job(key, key), silent, (), key.startswith("short"))


@pytest.fixture
def lanes() -> JobLanes:
    return JobLanes()


def handed(lanes: JobLanes, *down: str) -> list[tuple[str, str | None]]:
    """What is handed over now, and to which lane. down: lanes that are not up."""
    runs = iter(lambda: lanes.next(lambda lane: lane not in down), None)
    return [(run.job.key, run.lane) for run in runs]


def test_a_lone_short_job_needs_no_lane_of_its_own(lanes):
    lanes.waiting = [run("short")]
    assert handed(lanes, "short") == [("short", "job")]


def test_short_jobs_overtake_a_long_one(lanes):
    lanes.waiting = [run("long 1"), run("long 2"), run("short 1"), run("short 2")]
    assert handed(lanes) == [("long 1", "job"), ("short 1", "short")]
    assert [run.job.key for run in lanes.in_line()] == ["long 1", "short 1", "short 2", "long 2"]


def test_a_long_job_waits_for_one_short_job_at_most(lanes):
    shorts = [run(f"short {number}") for number in range(9)]
    lanes.waiting = list(shorts)
    assert handed(lanes, "short") == [("short 0", "job")]
    lanes.waiting.append(run("long"))
    lanes.remove(shorts[0])
    assert handed(lanes, "short") == [("long", "job")]
    assert handed(lanes) == [("short 1", "short")]


def test_a_short_job_takes_the_lane_of_long_ones_while_its_own_is_only_starting(lanes):
    long = run("long")
    lanes.waiting = [long, run("short")]
    assert handed(lanes, "short") == [("long", "job")]
    lanes.remove(long)
    assert handed(lanes, "short") == [("short", "job")]


def test_a_job_tells_what_it_waits_for(lanes):
    lanes.waiting = [run("long 1"), run("long 2"), run("short 1"), run("short 2"), run("long 3"), run("short 3")]
    handed(lanes)
    assert [job.key for job in lanes.before("long 3")] == ["long 1", "long 2"]
    assert [job.key for job in lanes.before("short 3")] == ["short 1", "short 2"]
    assert lanes.before("long 1") == lanes.before("nothing") == []


def test_the_wait_is_what_all_jobs_ahead_take_where_that_is_known():
    half = Job("half", "t", "running", done=50, total=100, since=10.0, reported=20.0)  # 5 a second
    assert wait_s([half, half]) == pytest.approx(20) and wait_s([]) == 0
    assert wait_s([half, Job("unknown", "t")]) is None


def test_a_task_tells_by_its_arguments_whether_it_is_short():
    def gone(_argument):
        raise ResultMissing("deleted meanwhile")

    assert is_short(short()(lambda: None), ())
    assert [is_short(short(when=lambda size: size < 5)(lambda _size: None), (size,)) for size in (1, 9)] == [
        True,
        False,
    ]
    assert not is_short(short(when=gone)(lambda _argument: None), (1,)) and not is_short(silent, ())


def test_a_job_knows_the_clip_that_it_is_about():
    digest = "ab" * 32

    class Question:
        def __init__(self):
            self.digest = digest

    assert clip_of(("a store", digest, "model")) == clip_of((Question(),)) == digest
    assert clip_of(("ab" * 20, (digest, digest), 5)) == clip_of(()) == ""
