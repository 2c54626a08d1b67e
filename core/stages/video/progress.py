"""Telling how far a long pass has come, often enough to be stopped soon and seldom enough to cost nothing."""

import time

from core.base.progress import Report


class Pace:
    """Calls report at the first call and then at most five times a second."""

    def __init__(self, report: Report, message: str):
        self._report, self._message, self._next = report, message, 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._report(done, total, self._message)
            self._next = time.monotonic() + 0.2
