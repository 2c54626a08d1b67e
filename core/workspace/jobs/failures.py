"""What people are told of a job whose process crashed, was ended for its memory, or never came up."""

import time
from pathlib import Path

from core.base.errors import JobLost
from core.workspace.jobs.worker import REPORT_BUG, SMALLER

CRASH = "A damaged file can cause this: check whether the clip plays elsewhere, or try again."


class Failures:
    """Puts into words what dask says of tasks that did not end by themselves."""

    def __init__(self, memory_bytes: int, log: Path | None):
        self._memory_bytes = memory_bytes
        self._log = log
        self.too_large: set[str] = set()  # addresses of workers that were ended for their memory

    def explained(self, error: BaseException | None) -> tuple[str, str]:
        """Message and hint for what dask says of a task that did not end by itself."""
        from distributed import KilledWorker

        if not isinstance(error, KilledWorker):
            return f"{type(error).__name__}: {error}", self._see_log()
        if self._ran_out_of_memory(error.last_worker.address):
            gigabytes = self._memory_bytes / 2**30
            return f"The process that worked on this clip ran out of memory ({gigabytes:.1f} GB).", SMALLER
        return "The process that worked on this clip crashed without an error message.", f"{CRASH} {self._see_log()}"

    def _ran_out_of_memory(self, address: str) -> bool:
        """Whether the nanny ended that worker for its memory; its word may come a moment later."""
        give_up = time.monotonic() + 0.5
        while address not in self.too_large and time.monotonic() < give_up:
            time.sleep(0.02)
        return address in self.too_large

    def _see_log(self) -> str:
        return f"The details are in {self._log}." if self._log else REPORT_BUG


def not_started(error: Exception) -> JobLost:
    """What to do when our workers cannot be had."""
    return JobLost(
        f"The worker processes could not be started: {type(error).__name__}: {error}", "Start the program again."
    )


def no_answer(timeout_s: float) -> JobLost:
    """What is told of a question that took too long."""
    return JobLost(f"There was no answer within {timeout_s:g} s.", "The machine may be busy: try again in a moment.")
