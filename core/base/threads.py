"""Work on threads of this process: what waits for a decoder goes on beside what computes."""

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from core.base.errors import Cancelled
from core.base.progress import Report

AT_ONCE = 2  # calls: one reads its clip while the network computes for the other
LOOK_EVERY_S = 0.1


def side_by_side(
    task: Callable[..., Any], calls: Sequence[tuple[Any, ...]], sizes: Sequence[int], message: str, report: Report
) -> None:
    """Run task(*call, report=report) for each of the calls, two at a time, in their order; sizes: how long each is.

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
        _on_threads(task, calls, sizes, message, report)


def _on_threads(
    task: Callable[..., Any], calls: Sequence[tuple[Any, ...]], sizes: Sequence[int], message: str, report: Report
) -> None:
    tally, total = _Tally(sizes), sum(sizes)
    with ThreadPoolExecutor(AT_ONCE, "side-by-side") as pool:
        places: dict[Future[Any], int] = {
            pool.submit(tally.run, place, task, call): place for place, call in enumerate(calls)
        }
        left: set[Future[Any]] = set(places)
        stopped: Cancelled | None = None  # by a failure, which is told rather
        try:
            while left:
                number = min(len(calls) - len(left) + 1, len(calls))
                report(min(sum(tally.parts), total), total, f"{message}, {number} of {len(calls)}")
                ended, left = wait(left, LOOK_EVERY_S, FIRST_COMPLETED)
                for future in ended:
                    try:
                        future.result()
                    except Cancelled as wish:
                        stopped = wish
                    tally.parts[places[future]] = sizes[places[future]]
        finally:
            tally.stopping = True
            pool.shutdown(cancel_futures=True)
    if stopped:
        raise stopped
    report(total, total, f"{message}, {len(calls)} of {len(calls)}")


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
