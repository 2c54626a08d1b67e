"""Frames and seconds of a measured clip, and times as they are written."""

import heapq
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import numpy as np

from core.domain import VideoInfo

EXACT_S = 1e-6  # two times that differ by less are one
CLOCK = re.compile(r"(?:(?P<h>\d{1,4}):(?=[0-5]\d:))?(?P<m>\d{1,4}):(?P<s>[0-5]\d)(?:[.,](?P<part>\d{1,9}))?", re.ASCII)


class Timed(Protocol):
    """What lasts from a time to another."""

    @property
    def start_s(self) -> float:
        """When it begins."""
        ...

    @property
    def stop_s(self) -> float:
        """When it ends."""
        ...


T = TypeVar("T", bound=Timed)


def reach_s(digit_s: float) -> float:
    """How far from a frame a time may be written that means it.

    Programs round or cut to milliseconds: a whole digit. People and tables round to fewer digits: half of one.
    """
    return digit_s if digit_s < 0.005 else digit_s / 2


def clock_time(text: str) -> tuple[float, float] | None:
    """The seconds of a time as [hh:]mm:ss[.fff], and what its last digit stands for; None where it is none."""
    match = CLOCK.fullmatch(text.strip())
    if match is None:
        return None
    part = match["part"] or ""
    whole = (int(match["h"] or 0) * 60 + int(match["m"])) * 60 + int(match["s"])
    return float(f"{whole}.{part or 0}"), 10.0 ** -len(part)


@lru_cache(maxsize=8)
def bounds(info: VideoInfo) -> np.ndarray:
    """(N + 1,) when each frame appears, and when the last one disappears."""
    return np.append(info.times_s, info.duration_s)


def seconds_of(first: int, stop: int, info: VideoInfo) -> tuple[float, float]:
    """Frames [first, stop) as seconds."""
    bounds_s = bounds(info)
    return float(bounds_s[first]), float(bounds_s[stop])


def frames_of(start_s: float, stop_s: float, info: VideoInfo) -> tuple[int, int]:
    """The frames [first, stop) that appear within [start_s, stop_s)."""
    first, stop = np.searchsorted(info.times_s, (start_s - EXACT_S, stop_s - EXACT_S))
    return int(first), int(stop)


def runs(row: Sequence[Any]) -> Iterator[tuple[Any, int, int]]:
    """Runs of one value as value, first and stop."""
    first = 0
    for index in range(1, len(row) + 1):
        if index == len(row) or row[index] != row[first]:
            yield row[first], first, index
            first = index


def labelled_runs(
    row: Sequence[Any], info: VideoInfo, *, every: int = 1, line: int = 1, empty: Any = None
) -> Iterator[tuple[float, float, Any, int]]:
    """A row with a label for each frame, or each so many, as start, stop, label and line of each run.

    empty: is no label. line: of the first.
    """
    frames = info.frame_count
    for value, first, stop in runs(row):
        if value != empty:
            yield *seconds_of(first * every, min(stop * every, frames), info), value, first + line


def spans(row: Sequence[bool], info: VideoInfo) -> tuple[tuple[float, float], ...]:
    """Where a row with a truth for each frame holds, as stretches of seconds."""
    return tuple(seconds_of(first, stop, info) for value, first, stop in runs(row) if value)


def without(
    seen: Sequence[tuple[float, float]], holes: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float], ...]:
    """Sorted stretches without sorted others."""
    left: list[tuple[float, float]] = []
    for start_s, stop_s in seen:
        begin_s = start_s
        for first_s, last_s in holes:
            if last_s <= begin_s or first_s >= stop_s:
                continue
            if begin_s < first_s:
                left.append((begin_s, first_s))
            begin_s = max(begin_s, last_s)
        if begin_s < stop_s:
            left.append((begin_s, stop_s))
    return tuple(left)


def overlaps(stretches: Sequence[T]) -> Iterator[tuple[T, T]]:
    """Sorted stretches that begin before one before them ends, behind that one."""
    latest: T | None = None
    for stretch in stretches:
        if latest and stretch.start_s < latest.stop_s - EXACT_S:
            yield latest, stretch
        if not latest or stretch.stop_s > latest.stop_s:
            latest = stretch


def rows_apart(stretches: Sequence[T]) -> list[list[T]]:
    """Sorted stretches in as few rows as they need not to overlap."""
    rows: list[list[T]] = []
    free: list[tuple[float, int]] = []  # when each row ends, the earliest first
    for stretch in stretches:
        if free and free[0][0] <= stretch.start_s + EXACT_S:
            _, at = heapq.heappop(free)
        else:
            at = len(rows)
            rows.append([])
        rows[at].append(stretch)
        heapq.heappush(free, (stretch.stop_s, at))
    return rows
