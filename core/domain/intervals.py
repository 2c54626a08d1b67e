"""Sorted stretches of time that do not overlap: what was looked at. All takes time in proportion to their number."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from core.domain.predictions import Segment

Span = tuple[float, float]  # (start_s, stop_s)


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """All of them, those that touch or overlap as one."""
    joined: list[Span] = []
    for start_s, stop_s in sorted(spans):
        if joined and start_s <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], stop_s))
        else:
            joined.append((start_s, stop_s))
    return tuple(joined)


def without(spans: Iterable[Span], hole: Span) -> tuple[Span, ...]:
    """Stretches with a hole cut into them."""
    left = (part for span in spans for part in ((span[0], min(span[1], hole[0])), (max(span[0], hole[1]), span[1])))
    return tuple(part for part in left if part[0] < part[1])


def within(spans: Sequence[Span], frame: Span) -> tuple[Span, ...]:
    """What of the stretches lies in a frame."""
    first = bisect_right(spans, frame[0], key=lambda values: values[1])
    stop = bisect_left(spans, frame[1], key=lambda values: values[0])
    return tuple((max(span[0], frame[0]), min(span[1], frame[1])) for span in spans[first:stop])


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
