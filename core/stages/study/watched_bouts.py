"""The bouts of a track as far as they were watched: the ground on which all counts and durations of a study stand."""

import math
from dataclasses import dataclass

from core.domain import Lane, intervals
from core.domain.intervals import Span

SLACK_S = 1e-6  # a bout that comes so near to the border of a stretch touches it


@dataclass(frozen=True)
class WatchedBout:
    """The part of a bout in one watched stretch. A point has start_s == stop_s.

    stretch: the index of that stretch. cut: it touches the stretch's beginning or end, so that it may have been longer.
    """

    start_s: float
    stop_s: float
    label: str
    stretch: int
    cut: bool = False


def watched_stretches(lane: Lane, end_s: float = math.inf) -> tuple[Span, ...]:
    """The stretches that were watched, those that touch joined; nothing of them lies after end_s.

    Where the lane does not say what was watched, it is the clip, [0, end_s]. end_s: the end of the clip; 0 or infinite
    where it is not known.
    """
    clip = (0.0, end_s if end_s > 0 else math.inf)
    known = tuple(stretch for stretch in intervals.union(lane.seen) if stretch[0] < stretch[1])
    return intervals.within(known, clip) if lane.seen else (clip,)


def watched_s(lane: Lane, end_s: float) -> float | None:
    """For how many seconds the track was watched; None where neither the lane nor end_s says so."""
    length_s = intervals.length_s(watched_stretches(lane, end_s))
    return length_s if math.isfinite(length_s) else None


def watched_bouts(lane: Lane, end_s: float = math.inf) -> tuple[WatchedBout, ...]:
    """Segments and points within the watched stretches, in order of their starts.

    A segment that leaves a stretch is cut at its border, and one that goes on in the next stretch is another bout
    there: nobody knows what happened between. Segments that touch stay two bouts. A point on a border counts. Of a
    label that comes as segments and as points, points inside one of its segments are part of that bout.
    """
    bouts: list[WatchedBout] = []
    points = sorted(lane.points, key=lambda point: point.time_s)
    for index, (start_s, stop_s) in enumerate(watched_stretches(lane, end_s)):
        inside = [
            WatchedBout(
                max(segment.start_s, start_s),
                min(segment.stop_s, stop_s),
                segment.label,
                index,
                segment.start_s <= start_s + SLACK_S or segment.stop_s >= stop_s - SLACK_S,
            )
            for segment in intervals.touching(lane.segments, (start_s, stop_s))
        ]
        moments = [
            WatchedBout(point.time_s, point.time_s, point.label, index)
            for point in points
            if start_s <= point.time_s <= stop_s
        ]
        lasting = {bout.label for bout in inside}
        free = [moment for moment in moments if moment.label not in lasting or not _lies_in(moment, inside)]
        bouts += sorted([*inside, *free], key=lambda bout: (bout.start_s, bout.stop_s))
    return tuple(bouts)


def _lies_in(moment: WatchedBout, bouts: list[WatchedBout]) -> bool:
    return any(bout.label == moment.label and bout.start_s <= moment.start_s <= bout.stop_s for bout in bouts)
