"""The records of jobs: what a run needs, how its record changes with a report, and what a dead server left behind."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol
from uuid import uuid4

from core.domain.jobs import Job
from core.workspace.jobs.own_cluster import WorkerLane

RATE_OVER_S = 30.0


class Records(Protocol):
    """Where jobs are remembered when the server is gone."""

    def save_job(self, job: Job) -> None: ...

    def delete_job(self, key: str) -> None: ...

    def load_job(self, key: str) -> Job | None: ...

    def jobs(self) -> list[Job]: ...

    def recent_jobs(self, since: float) -> list[Job]: ...


@dataclass
class RunningJob:
    """A job of this runner that has not ended, with what is needed to run it."""

    job: Job
    task: Callable[..., Any]
    arguments: tuple[Any, ...]
    short: bool = False
    lane: WorkerLane | None = None  # of our own workers that it was handed to
    token: str = field(default_factory=lambda: uuid4().hex)
    future: Any = None
    cancelled: bool = False
    withdrawn: bool = False  # no record of it is kept
    saved_at: float = 0.0
    reports: deque[tuple[float, int]] = field(default_factory=deque)  # (epoch seconds, done), the first report left out


LOST = ("The program was closed before this was finished.", "Start it again.")


def this_process() -> str:
    """Number and birth of this process, which no later one shares."""
    import psutil

    return f"{os.getpid()}:{psutil.Process().create_time():.1f}"


def _alive(owner: str) -> bool:
    """Whether the process that called itself `owner` still runs here."""
    import psutil

    try:
        number, born = owner.split(":")
        return abs(psutil.Process(int(number)).create_time() - float(born)) < 2
    except (ValueError, psutil.Error):
        return False


def settled(job: Job) -> Job:
    """The record, told as lost if it was under way in a process that is gone."""
    if not job.active or _alive(job.owner):
        return job
    error, hint = LOST
    ended = job.reported or job.submitted
    return replace(job, state="lost", error=error, hint=hint, finished=ended, stopping=False)


def in_order(jobs: Iterable[Job], line: Sequence[str]) -> list[Job]:
    """Jobs that run, jobs that wait, and jobs that have ended, the latest first. line: keys in the order of waiting."""
    ranks = {key: rank for rank, key in enumerate(line)}

    def place(job: Job) -> tuple[int, float, float]:
        if job.state == "running":
            return 0, job.started, 0.0
        if job.state == "queued":
            return 1, ranks.get(job.key, len(ranks)), job.submitted
        return 2, -job.finished, -job.submitted

    return sorted(jobs, key=place)


def progressed(run: RunningJob, report: dict[str, Any]) -> Job:
    """The record after a report; the rate is counted over the last RATE_OVER_S seconds."""
    job, now, done = run.job, report["at"], report["done"]
    if not job.started:
        return replace(job, state="running", started=now)
    set_back = bool(run.reports) and now < run.reports[-1][0]  # the clock
    if done < job.done or report["total"] != job.total or set_back:
        run.reports.clear()  # another stage has begun
    else:
        run.reports.append((now, done))
    while len(run.reports) > 2 and now - run.reports[1][0] > RATE_OVER_S:
        run.reports.popleft()
    since, since_done = run.reports[0] if run.reports else (0.0, 0)
    news = {"done": done, "total": report["total"], "message": report["message"]}
    return replace(job, **news, reported=now, since=since, since_done=since_done)
