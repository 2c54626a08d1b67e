"""Sorted stretches of time that do not touch: what was looked at."""

from collections.abc import Iterable, Sequence

from core.domain import Segment
from core.domain.interchange import Span


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
    left = (part for one in spans for part in ((one[0], min(one[1], hole[0])), (max(one[0], hole[1]), one[1])))
    return tuple(part for part in left if part[0] < part[1])


def within(spans: Iterable[Span], frame: Span) -> tuple[Span, ...]:
    """What of the stretches lies in a frame."""
    cut = ((max(one[0], frame[0]), min(one[1], frame[1])) for one in spans)
    return tuple(part for part in cut if part[0] < part[1])


def common(spans: Sequence[Span], others: Sequence[Span]) -> tuple[Span, ...]:
    """What lies in both."""
    return union(part for one in others for part in within(spans, one))


def gaps(spans: Iterable[Span], frame: Span) -> tuple[Span, ...]:
    """What of a frame lies in none of the stretches."""
    left: tuple[Span, ...] = (frame,)
    for one in spans:
        left = without(left, one)
    return left


def length_s(spans: Iterable[Span]) -> float:
    """How long they are together."""
    return sum(stop_s - start_s for start_s, stop_s in spans)


def covered(segments: Iterable[Segment]) -> tuple[Span, ...]:
    """What segments cover."""
    return union((one.start_s, one.stop_s) for one in segments)
