"""What a network says of a clip as draft labels, and which stretches of them are worth a look first.

A draft is never a label: it stands beside what people drew until a person accepts or corrects it, stretch by stretch.
What nobody looked at is neither learned nor scored.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np

from core.domain import Doubt, Prediction, Segment, VideoInfo
from core.domain.interchange import Span
from core.labelling import spans
from core.segments import NOTHING

LONGEST_S = 2.0  # how much is looked at in one go


def margin(scores: np.ndarray) -> np.ndarray:
    """(T,) how near the second best label comes to the best: 1 less the difference of their scores."""
    if scores.shape[1] < 2:
        return 1 - scores[:, 0]
    best = np.partition(scores, -2, axis=1)[:, -2:]  # (T, 2)
    return 1 - (best[:, 1] - best[:, 0])


def entropy(scores: np.ndarray) -> np.ndarray:
    """(T,) the entropy of the scores, as a share of the largest that there can be."""
    spread = -(scores * np.log(np.maximum(scores, 1e-12))).sum(axis=1)
    return spread / math.log(max(2, scores.shape[1]))


MEASURES: dict[str, Callable[[np.ndarray], np.ndarray]] = {"margin": margin, "entropy": entropy}


def to_look_at(
    said: Prediction,
    draft: Sequence[Segment],
    seen: Sequence[Span],
    info: VideoInfo,
    *,
    longest_s: float = LONGEST_S,
    measure: str = "margin",
) -> tuple[Doubt, ...]:
    """What was not looked at, in stretches of whole frames of at most about `longest_s`, the least sure first.

    A stretch counts by the mean over its steps; equals keep their order in time.
    """
    doubts = MEASURES[measure](said.scores.astype(np.float64))  # (T,)
    found = []
    for start_s, stop_s in pieces(seen, said.seen_s, info, longest_s):
        first, stop = np.searchsorted(said.times_s, (start_s, stop_s))
        first = min(int(first), len(doubts) - 1)
        doubt = float(np.clip(doubts[first : max(int(stop), first + 1)].mean(), 0, 1))
        labels = (one.label for one in spans.touching(draft, (start_s, stop_s)))
        found.append(Doubt(start_s, stop_s, doubt, tuple(dict.fromkeys(labels))))
    return tuple(sorted(found, key=lambda one: (-one.doubt, one.start_s)))


def pieces(seen: Sequence[Span], frame: Span, info: VideoInfo, longest_s: float) -> list[Span]:
    """What of a frame was not looked at, cut into pieces of whole frames that are about equally long."""
    bounds_s = np.append(info.times_s, info.duration_s)
    found = []
    for start_s, stop_s in spans.gaps(seen, frame):
        first, last = np.searchsorted(bounds_s, (start_s - 1e-9, stop_s - 1e-9))
        last = min(int(last), len(bounds_s) - 1)
        count = max(1, math.ceil((stop_s - start_s) / longest_s - 1e-9))
        cuts_s = np.linspace(bounds_s[first], bounds_s[last], count + 1)
        places = np.unique(np.searchsorted(bounds_s, cuts_s - 1e-9))
        found += [(float(bounds_s[a]), float(bounds_s[b])) for a, b in pairwise(places)]
    return found


def unseen(draft: Sequence[Segment], seen: Sequence[Span]) -> tuple[Segment, ...]:
    """What of a draft still waits for a person."""
    return spans.outside((one for one in draft if one.label != NOTHING), seen)
