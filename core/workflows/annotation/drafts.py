"""What a network says of a clip as draft labels, and which stretches of them are worth a look first.

A draft is never a label: it stands beside what people drew until a person accepts or corrects it, stretch by stretch.
What nobody looked at is neither learned nor scored.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.domain import Doubt, Prediction, Segment, VideoInfo, intervals
from core.domain.intervals import Span
from core.stages.tracks.segmentation import NOTHING
from core.workflows.annotation import active_learning

LONGEST_S = 2.0  # how much is looked at in one go


def margin(scores: np.ndarray) -> np.ndarray:
    """(T,) how near the second best label comes to the best: 1 less the difference of their scores."""
    if scores.shape[1] < 2:
        return 1 - scores[:, 0]
    best = np.partition(scores, -2, axis=1)[:, -2:]  # (T, 2)
    return 1 - (best[:, 1] - best[:, 0])


@dataclass(frozen=True, eq=False)
class DraftStretches:
    """A clip cut into stretches. doubts: those that nobody looked at, in time, each with the mean doubt of its steps.

    profiles: (N, C) the mean scores of each; known: (M, C) those of the stretches that were looked at.
    """

    doubts: tuple[Doubt, ...]
    profiles: np.ndarray
    known: np.ndarray


def to_look_at(
    prediction: Prediction,
    draft: Sequence[Segment],
    seen: Sequence[Span],
    info: VideoInfo,
    *,
    put_off: Sequence[float] = (),
) -> tuple[Doubt, ...]:
    """What of a clip was not looked at, in stretches, the one first that is worth it most.

    put_off: moments whose stretches come last, in this order.
    """

    def turn(doubt: Doubt) -> int:
        return max((turn for turn, at_s in enumerate(put_off, 1) if doubt.start_s <= at_s < doubt.stop_s), default=0)

    return tuple(sorted((doubt for _, doubt in in_order([looks(prediction, draft, seen, info)])), key=turn))


def in_order(clips: Sequence[DraftStretches]) -> list[tuple[int, Doubt]]:
    """The stretches of several clips of which one network spoke, each with its clip's place, the best worth first."""
    named = [(index, doubt) for index, clip in enumerate(clips) for doubt in clip.doubts]
    doubts = np.array([doubt.doubt for _, doubt in named])
    profiles, known = (np.concatenate([getattr(clip, part) for clip in clips]) for part in ("profiles", "known"))
    return [named[index] for index in active_learning.order(doubts, profiles, known)]


def looks(
    prediction: Prediction,
    draft: Sequence[Segment],
    seen: Sequence[Span],
    info: VideoInfo,
    *,
    longest_s: float = LONGEST_S,
) -> DraftStretches:
    """A clip in stretches of whole frames of at most about `longest_s`."""
    left = pieces(seen, prediction.seen_s, info, longest_s)
    known = _cut(intervals.within(seen, prediction.seen_s), info, longest_s)
    mean = _means(prediction.times_s, margin(prediction.scores)[:, None], left)[:, 0]
    doubts = [
        Doubt(*piece, float(np.clip(doubt, 0, 1)), _named(draft, piece))
        for piece, doubt in zip(left, mean, strict=True)
    ]
    return DraftStretches(
        tuple(doubts),
        _means(prediction.times_s, prediction.scores, left),
        _means(prediction.times_s, prediction.scores, known),
    )


def _named(draft: Sequence[Segment], piece: Span) -> tuple[str, ...]:
    return tuple(dict.fromkeys(segment.label for segment in intervals.touching(draft, piece)))


def _means(times_s: np.ndarray, values: np.ndarray, stretches: Sequence[Span]) -> np.ndarray:
    """(N, C) the mean of values (T, C) over the steps in each stretch, or the step nearest to one without any."""
    ends = np.searchsorted(times_s, np.array(stretches, np.float64).reshape(-1, 2))  # (N, 2)
    firsts = np.minimum(ends[:, 0], len(values) - 1)
    stops = np.maximum(ends[:, 1], firsts + 1)
    sums = [values[first:stop].sum(axis=0) for first, stop in zip(firsts, stops, strict=True)]
    return np.array(sums, np.float64).reshape(len(stretches), values.shape[1]) / (stops - firsts)[:, None]


def pieces(seen: Sequence[Span], frame: Span, info: VideoInfo, longest_s: float) -> list[Span]:
    """What of a frame was not looked at, cut into pieces of whole frames that are about equally long."""
    return _cut(intervals.gaps(seen, frame), info, longest_s)


def _cut(stretches: Sequence[Span], info: VideoInfo, longest_s: float) -> list[Span]:
    bounds_s = np.append(info.times_s, info.duration_s)
    pieces = []
    for start_s, stop_s in stretches:
        first, last = np.searchsorted(bounds_s, (start_s - 1e-9, stop_s - 1e-9))
        last = min(int(last), len(bounds_s) - 1)
        count = max(1, math.ceil((stop_s - start_s) / longest_s - 1e-9))
        cuts_s = np.linspace(bounds_s[first], bounds_s[last], count + 1)
        indices = np.unique(np.searchsorted(bounds_s, cuts_s - 1e-9))
        pieces += [(float(bounds_s[a]), float(bounds_s[b])) for a, b in pairwise(indices)]
    return pieces


def unseen(draft: Sequence[Segment], seen: Sequence[Span]) -> tuple[Segment, ...]:
    """What of a draft still waits for a person."""
    return intervals.outside((segment for segment in draft if segment.label != NOTHING), seen)
