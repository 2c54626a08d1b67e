"""The clock of a transport stream: where a recorder sets it back, the parts are joined without a gap.

A transport stream counts 2**33 ticks of 1/90000 s and begins again, and a recorder may begin again at any time. FFmpeg
makes of a smaller stamp one that is 2**33 ticks later, so that a clip would last for 26 hours of nothing.
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

WRAP_S = 2**33 / 90_000
SET_BACK_S = 1.0  # backwards by less than this is disorder, not a clock that was set back

Jumps = tuple[tuple[int, int], ...]  # the place of the first picture after each, and the ticks to take away from there


def joined(stamps: Sequence[int | None], base: Fraction) -> tuple[list[int | None], Jumps]:
    """The stamps as one clock, and where they jump. base: seconds a tick.

    A jump is one backwards, or forwards by more than half of what such a clock can count: a pause of that length could
    not be told from a clock that was set back.
    """
    known = [(place, stamp) for place, stamp in enumerate(stamps) if stamp is not None]
    gaps = [later - earlier for (_, earlier), (_, later) in pairwise(known)]
    steady = [gap for gap in gaps if not _is_jump(gap, base)]
    usual = max(1, round(float(np.median(steady)))) if steady else 1
    removed, jumps = 0, []
    for (place, _), gap in zip(known[1:], gaps, strict=True):
        if _is_jump(gap, base):
            removed += gap - usual
            jumps.append((place, removed))
    if not jumps:
        return list(stamps), ()
    taken = np.zeros(len(stamps), object)
    for place, ticks in jumps:
        taken[place:] = ticks
    return [None if stamp is None else stamp - int(taken[at]) for at, stamp in enumerate(stamps)], tuple(jumps)


def _is_jump(gap: int, base: Fraction) -> bool:
    return not -SET_BACK_S < gap * base < WRAP_S / 2
