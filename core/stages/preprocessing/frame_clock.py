"""What the steps that choose or add frames make of a clip's frames, and its own table of times: without decoding."""

from dataclasses import dataclass

import numpy as np

from core.domain import Frame, Recipe, VideoInfo

# Steps that choose frames are tried on pictures of two pixels, which are not flat, so that Repair takes none as blank.
TOKEN = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)


@dataclass(frozen=True, eq=False)
class Clock:
    """What becomes of a clip's frames. times_s: (K,) of those that are kept or filled in, rising.

    indices: (K,) of the frame of the source that each one shows. filled: how many were filled in. last_gap_s: how long
    the last one stays.
    """

    times_s: np.ndarray
    indices: np.ndarray
    filled: int
    last_gap_s: float

    @property
    def rate_hz(self) -> float:
        """Mean rate of what is kept; 0 for a single frame."""
        span_s = float(self.times_s[-1] - self.times_s[0]) if len(self.times_s) > 1 else 0.0
        return (len(self.times_s) - 1) / span_s if span_s else 0.0

    def shown(self, time_s: float) -> int | None:
        """The frame of the source on screen at a moment; None where that moment is cut away."""
        index = int(np.searchsorted(self.times_s, time_s + 5e-4, side="right")) - 1
        if index < 0 or (index == len(self.times_s) - 1 and time_s >= self.times_s[-1] + self.last_gap_s):
            return None
        return int(self.indices[index])

    def nearest(self, time_s: float) -> float | None:
        """The same moment where it is kept, else the nearest one that is; None where nothing is kept."""
        if not len(self.times_s):
            return None
        if self.shown(time_s) is not None:
            return time_s
        return float(self.times_s[np.abs(self.times_s - time_s).argmin()])


def choosing(recipe: Recipe) -> Recipe:
    """The steps that choose or add frames, without those that change pictures."""
    return Recipe(tuple(step for step in recipe.steps if not step.picture))


def clock_of(recipe: Recipe, info: VideoInfo) -> Clock:
    """What the steps that choose frames make of the whole clip."""
    source = (Frame(index, float(time_s), TOKEN) for index, time_s in enumerate(info.times_s))
    kept = list(choosing(recipe).apply(source))
    times_s = np.array([frame.time_s for frame in kept])
    indices = np.array([frame.index for frame in kept], np.int64)
    return Clock(times_s, indices, sum(frame.filled for frame in kept), _last_gap_s(indices, times_s, info))


def _last_gap_s(indices: np.ndarray, times_s: np.ndarray, info: VideoInfo) -> float:
    """How long the last frame stays: until the next one of the source, or a usual gap where that is longer."""
    if not len(indices):
        return 0.0
    usual_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    ends_s = np.append(info.times_s[1:], info.duration_s)
    return max(float(ends_s[indices[-1]] - times_s[-1]), usual_s)


def frame_table(info: VideoInfo) -> bytes:
    """The table of frame times as the player reads it: the unit in seconds as a little-endian float64, then for each
    frame how many units it stays, uint32. Times are rounded to the unit, so that errors never add up.
    """
    ends_s = np.append(info.times_s, info.duration_s)
    unit_s = max(1e-6, float(np.diff(ends_s).max()) / (2**32 - 2))
    stays = np.diff(np.rint(ends_s / unit_s).astype(np.int64))
    return np.array([unit_s], "<f8").tobytes() + stays.astype("<u4").tobytes()
