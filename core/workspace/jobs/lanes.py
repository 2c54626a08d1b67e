"""Which job runs next, and where: short work overtakes long.

Our own workers have two lanes for jobs. "job" takes long ones first and, as long as none waits, short ones too; "short"
takes short ones only, while "job" is taken. So a short job waits for short ones at most, and a long one for the long
ones before it and at most one short. With a given cluster, short jobs have priority, and one of its threads is kept
from long ones where it has several.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from core.base.errors import AnalysisError
from core.domain.jobs import Job
from core.workspace.jobs.own_cluster import WorkerLane
from core.workspace.jobs.records import RunningJob

T = TypeVar("T", bound=Callable[..., Any])
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)  # of a clip; keys are shorter


def short(when: Callable[..., bool] | None = None) -> Callable[[T], T]:
    """Mark a task that takes seconds, not minutes, so that it need not wait for one that does.

    when: called with the arguments of the task, for one that is short with some of them only.
    """

    def mark(task: T) -> T:
        vars(task)["is_short"] = when or (lambda *_arguments: True)
        return task

    return mark


def is_short(task: Callable[..., Any], arguments: tuple[Any, ...]) -> bool:
    """Whether this call of a task is short. What it needs may be gone: it tells so when it runs."""
    when = getattr(task, "is_short", None)
    with suppress(AnalysisError):
        return bool(when and when(*arguments))
    return False


def clip_of(arguments: tuple[Any, ...]) -> str:
    """The digest of the one clip that a call is about: an argument, or what an argument has as `digest`; else empty."""
    texts = (getattr(argument, "digest", argument) for argument in arguments)
    return next((text for text in texts if isinstance(text, str) and DIGEST.fullmatch(text)), "")


class JobLanes:
    """The jobs of a runner that wait and those that the workers have; used under the runner's lock."""

    def __init__(self):
        self.waiting: list[RunningJob] = []  # in the order of their submission
        self.handed: list[RunningJob] = []

    def next(self, take: Callable[[WorkerLane], bool]) -> RunningJob | None:
        """The next run to hand to our own workers, with its lane. take: whether a lane is up; it is taken then."""
        busy = {run.lane for run in self.handed}
        run, lane = self._first(short=False) or self._first(short=True), "job"
        if lane in busy:
            run, lane = self._first(short=True), "short"
        if run is None or lane in busy or not take(lane):
            return None
        run.lane = lane
        return self._hand(run)

    def _hand(self, run: RunningJob) -> RunningJob:
        self.waiting.remove(run)
        self.handed.append(run)
        return run

    def _first(self, *, short: bool) -> RunningJob | None:
        return next((run for run in self.waiting if run.short is short), None)

    def remove(self, run: RunningJob) -> None:
        """Forget a run that has ended."""
        for line in (self.waiting, self.handed):
            if run in line:
                line.remove(run)

    def in_line(self) -> list[RunningJob]:
        """All runs in the order in which they begin."""
        return [*self.handed, *sorted(self.waiting, key=lambda run: not run.short)]

    def before(self, key: str) -> list[Job]:
        """What a waiting job waits for; none where it runs, or is about to begin."""
        run = next((run for run in self.waiting if run.job.key == key), None)
        if run is None:
            return []
        lane = "short" if run.short else "job"
        holding = [other for other in self.handed if (other.lane or lane) == lane]
        earlier = [other for other in self.waiting[: self.waiting.index(run)] if other.short is run.short]
        return [other.job for other in (*holding, *earlier)]


def wait_s(before: Sequence[Job]) -> float | None:
    """About how many seconds these jobs take; None where nobody can say."""
    left_s = [job.left_s for job in before]
    return None if None in left_s else sum(filter(None, left_s))
