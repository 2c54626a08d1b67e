"""How one piece of long work goes: the record that the store keeps."""

from dataclasses import dataclass
from typing import Literal

JobState = Literal["queued", "running", "done", "failed", "cancelled", "lost"]


@dataclass(frozen=True)
class Job:
    """How one piece of long work goes, filed under the key of what it makes.

    done, total: progress in the units of the task; total is 0 while it is unknown. message: what is being done now.
    error, hint: of a failed or lost job, for the user. submitted, started, finished: epoch seconds, or 0.0.
    owner: the process that runs it. since, since_done: the report from which the rate is counted; the first report is
    left out, because the first batch compiles. reported: the time of the latest report. stopping: whether it was
    asked to stop and has not ended yet. clip: the digest of the clip of which alone it makes something.
    page, page_clip: where it was begun: the page, and the digest of the clip that it showed. batch: what the jobs share
    that were begun together; empty for a job on its own.
    """

    key: str
    title: str
    state: JobState = "queued"
    done: int = 0
    total: int = 0
    message: str = ""
    error: str = ""
    hint: str = ""
    submitted: float = 0.0
    started: float = 0.0
    finished: float = 0.0
    owner: str = ""
    since: float = 0.0
    since_done: int = 0
    reported: float = 0.0
    stopping: bool = False
    clip: str = ""
    page: str = ""
    page_clip: str = ""
    batch: str = ""

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in ("queued", "running")

    @property
    def fraction(self) -> float:
        """How much is done, 0 to 1; 0 while the total is unknown."""
        return 1.0 if self.state == "done" else min(max(self.done / self.total, 0.0), 1.0) if self.total > 0 else 0.0

    @property
    def rate(self) -> float | None:
        """Units a second of late; None before two reports could be compared."""
        passed_s, made = self.reported - self.since, self.done - self.since_done
        return made / passed_s if self.since and passed_s >= 0.1 and made > 0 else None

    @property
    def left_s(self) -> float | None:
        """Seconds until it is done if it goes on like this; None where nobody can say."""
        if not self.active or self.total <= 0 or self.rate is None:
            return None
        return max(self.total - self.done, 0) / self.rate
