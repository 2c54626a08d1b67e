"""Repair: what is put where frames are missing or blank."""

import itertools
import statistics
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from core.base.knobs import knob
from core.domain import Frame
from core.stages.preprocessing.step import Adjustable, contiguous, step

GAPS_BESIDE = 5  # gaps on either side that tell what is usual around a gap
LONGEST_DROPOUT = 3  # blank frames in a row; more of them are taken for a real black stretch
BLANK_SPREAD = 2  # largest difference between values of one channel in a blank picture


@step("Repair", picture=False)
@dataclass(frozen=True)
class Repair(Adjustable):
    """Fill the places where frames are missing, and mark each filled frame.

    A gap in the clock is one that is longer than 1.5 times the median of itself and the gaps around it (5 before,
    5 after): frames are put into it, evenly, as many as bring it back to that median. A clip that changes its rate
    for good, or whose gaps vary by less than half, is left as it is. A dropout is a run of up to 3 blank pictures (one
    flat colour) between pictures that are not blank: each is replaced and keeps its time.
    """

    method: str = knob(
        "hold",
        label="Fill with",
        choices={"hold": "The picture before", "blend": "A blend of before and after"},
    )
    longest_s: float = knob(
        1.0, low=0.05, high=10.0, step=0.05, unit="s", label="Longest gap", help="A longer gap is left alone."
    )
    blank: bool = knob(
        True,
        label="Replace blank pictures",
        help="Up to three consecutive frames of one flat colour, as caused by a loose cable.",
    )

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        whole = self._without_dropouts(frames) if self.blank else iter(frames)
        return self._without_gaps(whole)

    def _between(self, before: Frame, after: Frame, part: float) -> np.ndarray:
        """The picture to show at `part` of the way from one frame to the other."""
        if self.method == "hold" or before.image.shape != after.image.shape:
            return np.ascontiguousarray(before.image)
        return cv2.addWeighted(before.image, 1 - part, after.image, part, 0)

    def _without_dropouts(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        before, blanks = None, []
        for frame in frames:
            blank = _is_blank(frame.image)
            if blank and before is not None and len(blanks) < LONGEST_DROPOUT:
                blanks.append(frame)
                continue
            yield from blanks if blank or before is None else self._replaced(before, blanks, frame)
            yield frame
            before, blanks = None if blank else frame, []
        yield from blanks

    def _replaced(self, before: Frame, blanks: list[Frame], after: Frame) -> Iterator[Frame]:
        for blank in blanks:
            if after.time_s - before.time_s > self.longest_s:
                yield blank
                continue
            part = (blank.time_s - before.time_s) / (after.time_s - before.time_s)
            yield replace(blank, image=self._between(before, after, part), filled=True)

    def _without_gaps(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame, after, usual_s in _with_usual_gap(frames):
            yield contiguous(frame)
            if after is None:
                return
            gap_s = after.time_s - frame.time_s
            if not 1.5 * usual_s < gap_s <= self.longest_s:
                continue
            count = round(gap_s / usual_s)
            for index in range(1, count):
                image = self._between(frame, after, index / count)
                yield Frame(frame.index, frame.time_s + gap_s * index / count, image, filled=True)


def _is_blank(image: np.ndarray) -> bool:
    """Whether a picture is one flat colour; a sparse look first, because few pictures pass it."""
    sparse = image[::16, ::16]
    for looked_at in (sparse, image):
        if int((looked_at.max(axis=(0, 1)).astype(int) - looked_at.min(axis=(0, 1))).max()) > BLANK_SPREAD:
            return False
    return True


def _with_usual_gap(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None, float]]:
    """Each frame, the one after it, and the median of the gaps around the gap between them."""
    ahead: deque[Frame] = deque()  # the frame at hand and up to GAPS_BESIDE + 1 after it
    past: deque[float] = deque(maxlen=GAPS_BESIDE)
    source = iter(frames)
    while True:
        ahead.extend(itertools.islice(source, GAPS_BESIDE + 2 - len(ahead)))
        if not ahead:
            return
        frame = ahead.popleft()
        times_s = [frame.time_s, *(later.time_s for later in ahead)]
        gaps_s = [later - earlier for earlier, later in itertools.pairwise(times_s)]
        usual_s = statistics.median_low([*past, *gaps_s]) if gaps_s else 0.0
        yield frame, ahead[0] if ahead else None, usual_s
        past.extend(gaps_s[:1])
