"""Work on threads of this process: what waits for a decoder goes on beside what computes."""

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from core.base.errors import Cancelled
from core.base.progress import Report

MOST_AT_ONCE = 1024  # calls, of which most wait for workers elsewhere
AT_ONCE = 2  # calls: one reads its clip while the network computes for the other
LOOK_EVERY_S = 0.1


def two() -> int:
    """How many calls run at a time where nothing else is asked for."""
    return AT_ONCE


def side_by_side(
    task: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    sizes: Sequence[int],
    message: str,
    report: Report,
    *,
    room: Callable[[], int] = two,
) -> None:
    """Run task(*call, report=report) for each of the calls, in their order; sizes: how long each is.

    room: how many of them may be under way, asked again and again.

    The first that fails stops the others, and so does a report that raises. All are told as one, by this thread alone.
    """
    report(0, sum(sizes), message)
    if len(calls) == 1:
        alone, text = _Tally(sizes), f"{message}, 1 of 1"

        def heard(done: int, total: int, own: str) -> None:
            alone.report(0)(done, total, own)
            report(alone.parts[0], sizes[0], text)

        task(*calls[0], report=heard)
        report(sizes[0], sizes[0], text)
    elif calls:
        _on_threads(task, calls, sizes, message, report, room)


def _on_threads(
    task: Callable[..., Any],
    calls: Sequence[tuple[Any, ...]],
    sizes: Sequence[int],
    message: str,
    report: Report,
    room: Callable[[], int],
) -> None:
    tally, total, done = _Tally(sizes), sum(sizes), 0
    waiting = deque(enumerate(calls))
    with ThreadPoolExecutor(MOST_AT_ONCE, "side-by-side") as pool:
        places: dict[Future[Any], int] = {}  # of the calls under way
        stopped: Cancelled | None = None  # by a failure, which is told rather
        try:
            while waiting or places:
                for _ in range(min(room() - len(places), len(waiting))):
                    place, call = waiting.popleft()
                    places[pool.submit(tally.run, place, task, call)] = place
                report(min(sum(tally.parts), total), total, f"{message}, {min(done + 1, len(calls))} of {len(calls)}")
                for future in wait(places, LOOK_EVERY_S, FIRST_COMPLETED).done:
                    place, done = places.pop(future), done + 1
                    try:
                        future.result()
                    except Cancelled as wish:
                        stopped = wish
                    tally.parts[place] = sizes[place]
        finally:
            tally.stopping = True
            pool.shutdown(cancel_futures=True)
    if stopped:
        raise stopped
    report(total, total, f"{message}, {len(calls)} of {len(calls)}")


def limit_libraries(threads: int) -> None:
    """Have OpenCV use so many threads in this process, and TensorFlow where it is imported later."""
    import cv2

    cv2.setNumThreads(threads)
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = str(threads)


class _Tally:
    """How far each of several calls is, as their threads tell it."""

    def __init__(self, sizes: Sequence[int]):
        self.sizes = sizes
        self.parts = [0] * len(sizes)
        self.stopping = False

    def run(self, place: int, task: Callable[..., Any], call: tuple[Any, ...]) -> None:
        """Run one call, unless all are to stop; if it fails, they are."""
        if self.stopping:
            return
        try:
            task(*call, report=self.report(place))
        except BaseException:
            self.stopping = True
            raise

    def report(self, place: int) -> Report:
        """The report of one call, which raises Cancelled once all are to stop."""

        def report(done: int, total: int, message: str) -> None:
            if self.stopping:
                raise Cancelled(message)
            self.parts[place] = round(self.sizes[place] * done / total) if total else 0

        return report
