"""Jobs as people see them: on their own, or those that were begun together as a single piece of work."""

import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from core.base.errors import ResultMissing
from core.domain.jobs import Job, JobState
from pages.ui import state
from pages.ui.common import formatting


@dataclass(frozen=True)
class JobGroup:
    """A job on its own, or all jobs of a batch."""

    jobs: tuple[Job, ...]

    @property
    def name(self) -> str:
        """The batch, or the key of the job on its own."""
        return self.jobs[0].batch or self.jobs[0].key

    @cached_property
    def first(self) -> Job:
        """The job that was begun first."""
        return min(self.jobs, key=lambda job: job.submitted)

    @property
    def title(self) -> str:
        """What it does."""
        others = len(self.jobs) - 1
        return self.first.title + (f" and {formatting.number(others)} more" if others else "")

    @cached_property
    def active(self) -> tuple[Job, ...]:
        """The jobs that wait or run."""
        return tuple(job for job in self.jobs if job.active)

    @property
    def repeatable(self) -> tuple[str, ...]:
        """The keys of the jobs that ended without a result and can be tried again."""
        ended = (job for job in self.jobs if not job.active and job.state != "done")
        return tuple(job.key for job in ended if state.can_repeat(job.key))

    @property
    def again(self) -> str:
        """What the button says that tries them again: what their page says, where it says the same of all."""
        words = {state.again(key) for key in self.repeatable}
        return words.pop() if len(words) == 1 else state.TRY_AGAIN

    @property
    def state(self) -> JobState:
        """How it goes; one that has begun runs until its last job has ended, and has failed where any job has."""
        states = {job.state for job in self.jobs}
        if self.active:
            return "queued" if states == {"queued"} else "running"
        return next(state for state in ("failed", "lost", "cancelled", "done") if state in states)

    @property
    def stopping(self) -> bool:
        """Whether all that is left of it was asked to stop."""
        return bool(self.active) and all(job.stopping for job in self.active)

    @property
    def ended(self) -> int:
        """How many jobs have ended."""
        return len(self.jobs) - len(self.active)

    @property
    def fraction(self) -> float | None:
        """How much is done, 0 to 1; None where nobody can say."""
        if len(self.jobs) == 1:
            return self.first.fraction if self.first.total > 0 else None
        return (self.ended + sum(job.fraction for job in self.active)) / len(self.jobs)

    @property
    def left_s(self) -> float | None:
        """About how many seconds are left; None where nobody can say. A batch goes on as it went so far."""
        if len(self.jobs) == 1:
            return self.first.left_s
        started = min((job.started for job in self.jobs if job.started), default=0.0)
        if not self.active or not self.ended or not started:
            return None
        return (time.time() - started) / self.ended * len(self.active)

    def cancel(self) -> None:
        """Cancel what waits or runs of it."""
        for job in reversed(self.active):  # those that wait first, so that none of them begins meanwhile
            state.runner().cancel(job.key)

    @property
    def finished(self) -> float:
        """When its last job ended, epoch seconds."""
        return max(job.finished for job in self.jobs)


def groups() -> list[JobGroup]:
    """All jobs: those that run, those that wait in the order in which they will, those that ended of late."""
    members: dict[str, list[Job]] = {}
    for job in state.runner().jobs():
        members.setdefault(job.batch or job.key, []).append(job)
    return [JobGroup(tuple(jobs)) for jobs in members.values()]


def group(name: str) -> JobGroup | None:
    """The batch of that name, or the job of that key; None where there is none of late."""
    return next((group for group in groups() if group.name == name), None)


def progress(group: JobGroup, noun: str = "") -> str:
    """Progress, rate and time left, or what it waits for. noun: what the progress of a job counts."""
    if group.state == "queued":
        return waiting(group.first)
    if len(group.jobs) > 1:
        texts = [f"{formatting.number(group.ended)} of {formatting.number(len(group.jobs))}"]
    else:
        texts = _counted(group.first, noun)
    if group.stopping:
        texts.insert(0, "Stopping")
    if group.left_s is not None and not group.stopping:
        texts.append(formatting.about(group.left_s))
    return " · ".join(texts)


def _counted(job: Job, noun: str) -> list[str]:
    """What a running job does, how much of it is done, and how quickly."""
    texts = [] if job.stopping else [job.message or "Working"]
    if job.total > 0 and job.done > 0:
        total = formatting.count(job.total, noun) if noun else formatting.number(job.total)
        texts.append(f"{formatting.per_cent(job.fraction)}, {formatting.number(job.done)} of {total}")
    if job.rate and noun:
        texts.append(f"{job.rate:.0f} {noun}s/s" if job.rate >= 10 else f"{job.rate:.1f} {noun}s/s")
    return texts


def waiting(job: Job) -> str:
    """What a job waits for, and about how long."""
    before = [other for other in state.runner().before(job.key) if not job.batch or other.batch != job.batch]
    if not before:
        return "Waiting for a worker process"
    text = f"Waiting for “{before[0].title}”{_of_clip(before[0], job)}"
    if len(before) > 1:
        text += f" and {formatting.count(len(before) - 1, 'more job')}"
    wait_s = state.runner().wait_s(job.key)
    return text if wait_s is None else f"{text} · starts in {formatting.roughly(wait_s)}"


def _of_clip(other: Job, job: Job) -> str:
    """The clip of another job, where it is not that of this one."""
    name = clip_name(other.page_clip) if other.page_clip != job.page_clip else ""
    return name and f" of {name}"


def clip_name(digest: str) -> str:
    """The name of a clip; empty where there is none, or no longer."""
    with suppress(ResultMissing):
        return state.store().entry(digest).name if digest else ""
    return ""
