"""How long work reports its progress and is asked to stop.

A long function takes `report(done, total, message)` and calls it once a batch; it raises Cancelled when asked to stop.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")
Report = Callable[[int, int, str], None]
REPORT_EVERY_S = 0.2
REPORT_EVERY = 8  # items


def silent(done: int, total: int, message: str) -> None:
    """The report of work that nobody watches."""


def heard(report: Report) -> Report:
    """A report that hears the wish to stop alone, for a part of the work that counts something else."""
    return lambda _done, _total, message: report(0, 1, message)


def part_of(report: Report, place: int, count: int) -> Report:
    """A report for the part at `place`, from 0, of work that has `count` parts of equal length."""
    return lambda done, total, message: report(place * total + done, count * total, message)


class Pace:
    """Reports at the first call and then at most every REPORT_EVERY_S."""

    def __init__(self, report: Report, message: str):
        self._report, self._message, self._next = report, message, 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._report(done, total, self._message)
            self._next = time.monotonic() + REPORT_EVERY_S


def reported(
    items: Iterable[T], report: Report, total: int, message: str, *, done: Callable[[T], int] | None = None
) -> Iterator[T]:
    """The same items, with a report every REPORT_EVERY of them.

    total: 0 where it is unknown. done: how far an item is, limited to 0 to total; None counts the items.
    """
    for count, item in enumerate(items):
        if count % REPORT_EVERY == 0:
            report(count if done is None else min(max(done(item), 0), total), total, message)
        yield item
