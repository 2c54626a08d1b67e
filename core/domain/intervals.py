"""Sorted stretches of time that do not overlap: what was looked at. All takes time in proportion to their number."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.domain.predictions import Segment

Span = tuple[float, float]  # (start_s, stop_s)


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """All of them, those that touch or overlap as one."""
    joined: list[Span] = []
    latest_s = -math.inf
    for span in sorted(spans):
        if span[0] > latest_s:
            joined.append(span)
            latest_s = span[1]
        elif span[1] > latest_s:
            latest_s = span[1]
            joined[-1] = (joined[-1][0], latest_s)
    return tuple(joined)


def without(spans: Iterable[Span], hole: Span) -> tuple[Span, ...]:
    """Stretches with a hole cut into them."""
    left = (part for span in spans for part in ((span[0], min(span[1], hole[0])), (max(span[0], hole[1]), span[1])))
    return tuple(part for part in left if part[0] < part[1])


def within(spans: Sequence[Span], frame: Span) -> tuple[Span, ...]:
    """What of the stretches lies in a frame."""
    first = bisect_right(spans, frame[0], key=lambda values: values[1])
    stop = bisect_left(spans, frame[1], key=lambda values: values[0])
    inside = list(spans[first:stop])
    if inside:
        inside[0] = (max(inside[0][0], frame[0]), inside[0][1])
        inside[-1] = (inside[-1][0], min(inside[-1][1], frame[1]))
    return tuple(inside)


def common(spans: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    """What lies in both."""
    return union(part for other in others for part in within(spans, other))


def gaps(spans: Sequence[Span], frame: Span) -> tuple[Span, ...]:
    """What of a frame lies in none of the stretches."""
    ends = [frame[0], *(moment for values in within(spans, frame) for moment in values), frame[1]]
    pairs = zip(ends[::2], ends[1::2], strict=True)
    return tuple((start_s, stop_s) for start_s, stop_s in pairs if start_s < stop_s)


def outside(segments: Iterable[Segment], spans: Sequence[Span]) -> tuple[Segment, ...]:
    """What of segments lies in none of the stretches; one that encloses some of them becomes several."""
    return tuple(
        replace(segment, start_s=start_s, stop_s=stop_s)
        for segment in segments
        for start_s, stop_s in gaps(spans, (segment.start_s, segment.stop_s))
    )


def touching(segments: Sequence[Segment], frame: Span) -> Sequence[Segment]:
    """Those of sorted segments that have a part in a frame."""
    first = bisect_right(segments, frame[0], key=lambda segment: segment.stop_s)
    return segments[first : bisect_left(segments, frame[1], key=lambda segment: segment.start_s)]


def length_s(spans: Iterable[Span]) -> float:
    """How long they are together."""
    return sum(stop_s - start_s for start_s, stop_s in spans)


def covered(segments: Iterable[Segment]) -> tuple[Span, ...]:
    """What segments cover."""
    return union((segment.start_s, segment.stop_s) for segment in segments)
