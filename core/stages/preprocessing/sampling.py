"""Steps that choose frames: trim, resample, hold."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from core.base.knobs import knob
from core.domain import Frame
from core.stages.preprocessing.step import (
    CLOCK_SLACK_S,
    HELD_GAP_S,
    TO_THE_END_S,
    Adjustable,
    contiguous,
    step,
    with_next,
)


@step("Trim", picture=False)
@dataclass(frozen=True)
class Trim(Adjustable):
    """Keep the frames that appear from the start of a stretch up to its stop, which is left out."""

    frame_by_frame = True

    kept_s: tuple[float, float] = knob(
        (0.0, TO_THE_END_S),
        low=0.0,
        high=TO_THE_END_S,
        step=0.01,
        unit="s",
        label="Keep",
        help="Start and stop in the time of the clip. Frame times do not change.",
        limit="duration_s",
        apart="frame_s",
    )

    def is_neutral(self) -> bool:
        return self.kept_s == (0.0, TO_THE_END_S)

    def summary(self, width_px: int, height_px: int) -> str:
        start_s, stop_s = self.kept_s
        if stop_s >= TO_THE_END_S:
            return f"{self.label} from {_brief(start_s)} s"
        return f"{self.label} {_brief(start_s)}–{_brief(stop_s)} s"

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        start_s, stop_s = self.kept_s
        for frame in frames:
            if frame.time_s >= stop_s and stop_s < TO_THE_END_S:
                return
            if frame.time_s >= start_s:
                yield contiguous(frame)


def _brief(time_s: float) -> str:
    """Seconds with a decimal, or two where one does not say it."""
    return f"{time_s:.1f}" if abs(time_s - round(time_s, 1)) < 1e-9 else f"{time_s:.2f}"


@step("Resample", picture=False)
@dataclass(frozen=True)
class Resample(Adjustable):
    """Choose the frame on screen at each tick of a steady clock that starts with the first frame.

    Each frame is chosen once at most and keeps its own time; where the source is slower, no frame is made up.
    """

    frame_by_frame = True

    rate_hz: float = knob(25.0, low=0.1, high=240.0, step=0.1, unit="frames/s", label="Rate")

    def summary(self, width_px: int, height_px: int) -> str:
        return f"{self.label} to {self.rate_hz:g} frames/s"

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        rate = Fraction(self.rate_hz).limit_denominator(1001)
        start_s, gap_s = None, 2 / self.rate_hz  # a single frame is always chosen
        for frame, later in with_next(frames):
            start_s = frame.time_s if start_s is None else start_s
            gap_s = later.time_s - frame.time_s if later else gap_s
            stop_s = later.time_s if later else frame.time_s + gap_s - 2 * CLOCK_SLACK_S  # the gap is rounded twice
            if _ticks_before(stop_s - start_s, rate) > _ticks_before(frame.time_s - start_s, rate):
                yield contiguous(frame)


def _ticks_before(elapsed_s: float, rate: Fraction) -> int:
    """How many ticks of a clock at `rate` come before this moment, not counting one less than CLOCK_SLACK_S before."""
    return max(0, math.ceil(Fraction(elapsed_s - CLOCK_SLACK_S) * rate))


@step("Hold the end", picture=False)
@dataclass(frozen=True)
class Hold(Adjustable):
    """Show the last picture for a while longer.

    A CNN that sees motion looks two seconds ahead. At the end of a clip it would look at nothing, which it was never
    trained on: its last features would say little. Moments after the end are never told; see workflows/predictions.
    """

    frame_by_frame = True

    held_s: float = knob(2.0, low=0.0, high=10.0, step=0.5, unit="s", label="How long")

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        frame, gap_s = None, HELD_GAP_S
        for frame, later in with_next(frames):
            yield contiguous(frame)
            gap_s = later.time_s - frame.time_s if later else gap_s
        if frame is None:
            return
        gap_s = min(max(gap_s, HELD_GAP_S / 4), 4 * HELD_GAP_S)
        for index in range(1, 1 + math.floor(self.held_s / gap_s + 1e-9)):
            yield replace(contiguous(frame), time_s=frame.time_s + index * gap_s, filled=True)
