"""What a clip holds, and what is done to it before anything looks at it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from core.domain.validation import check, rising


@dataclass(frozen=True, eq=False)
class VideoInfo:
    """What was measured of a clip by decoding it once.

    path: where the file lies; it is never moved.
    digest: SHA-256 of its bytes, in hex.
    width_px, height_px: as displayed, after rotation and pixel aspect.
    frame_count: frames that can be decoded; declared_count: what the file claims, 0 where it claims nothing.
    times_s: (N,) float64, strictly rising, the moment each frame appears; the first is 0.
    rate_hz: mean rate; variable_rate: whether the gaps differ.
    duration_s: the moment the last frame disappears.
    codec: its short name; plays_in_browser: whether browsers show the file itself as it is.
    notes: what was odd, in words for the user.
    How to find a frame again, the business of core.stages.video: clock_start_s: the file's own time of the first
    frame; clock: which time stamps tell the frames apart, "pts", or "dts" where a file has no other that rise;
    damaged: decode on one thread, so that each pass loses the same frames; checks: (N,) uint32, a checksum of
    some rows of each picture, empty where none was taken; jumps: where the file's clock was set back, (index of the
    first frame after it, seconds that the file's time is ahead of ours from there on).
    """

    path: str
    digest: str
    width_px: int
    height_px: int
    frame_count: int
    declared_count: int
    times_s: np.ndarray
    rate_hz: Fraction
    variable_rate: bool
    duration_s: float
    codec: str
    plays_in_browser: bool
    notes: tuple[str, ...]
    clock_start_s: Fraction = Fraction(0)
    clock: str = "pts"
    damaged: bool = False
    checks: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))
    jumps: tuple[tuple[int, Fraction], ...] = ()

    def __post_init__(self):
        times_s = self.times_s
        check(times_s.dtype == np.float64 and times_s.shape == (self.frame_count,), f"times_s is {times_s.shape}")
        check(self.frame_count >= 1 and times_s[0] == 0 and rising(times_s), "times_s must rise from 0")
        check(self.duration_s > times_s[-1], f"duration_s {self.duration_s} ends before the last frame")
        check(self.width_px >= 1 and self.height_px >= 1, f"size is {self.width_px} x {self.height_px} px")

    def __repr__(self):
        return f"VideoInfo({self.path!r}, {self.width_px} x {self.height_px} px, {self.frame_count} frames)"


NO_PICTURE = np.zeros((1, 1, 3), np.uint8)  # of a frame whose time matters, and whose picture nobody will see
NO_PICTURE.flags.writeable = False


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture with its time. index: in the source. filled: Repair made it, the source has no such picture."""

    index: int
    time_s: float
    image: np.ndarray  # (H, W, 3) uint8 RGB
    filled: bool = False

    def __repr__(self):
        return f"Frame({self.index}, {self.time_s:.4f} s, {self.image.shape})"


class Step(Protocol):
    """One preprocessing step: a frozen dataclass whose fields are its settings."""

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]: ...

    def is_neutral(self) -> bool: ...


@dataclass(frozen=True)
class Recipe:
    """Preprocessing steps, applied in order. Time steps and picture steps mix freely."""

    steps: tuple[Any, ...] = ()

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames after all steps, made one by one as they are asked for."""
        for step in self.steps:
            frames = step.apply(frames)
        return iter(frames)


@dataclass(frozen=True)
class ClipRecipe:
    """The steps of a clip as they were left. laid_out: all of them; off: the places of those that are switched off."""

    laid_out: Recipe
    off: tuple[int, ...] = ()

    def __post_init__(self):
        check(all(0 <= place < len(self.laid_out.steps) for place in self.off), f"off is {self.off}")

    @property
    def recipe(self) -> Recipe:
        """The steps that are applied: those switched on, without those that change nothing as they are set."""
        steps = enumerate(self.laid_out.steps)
        return Recipe(tuple(step for place, step in steps if place not in self.off and not step.is_neutral()))


@dataclass(frozen=True, eq=False)
class Sheet:
    """Small pictures of some frames. indices: (K,) int64, rising; times_s: (K,) float64.

    pictures: JPEG files one after another, (bytes,) uint8; ends: (K,) int64, where each of them ends.
    """

    indices: np.ndarray
    times_s: np.ndarray
    pictures: np.ndarray
    ends: np.ndarray

    def __post_init__(self):
        check(len(self.indices) == len(self.times_s) == len(self.ends), f"{len(self.indices)} frames")
        check(int(self.ends[-1] if len(self.ends) else 0) == len(self.pictures), "the last picture ends at the end")


@dataclass(frozen=True, eq=False)
class Quality:
    """What was measured of each frame of a clip. All but times_s and shots: (N,) float32.

    brightness: mean luma, 0 to 1; luminance: mean relative luminance, 0 to 1; black, white: share of pixels that are;
    sharpness: 0 for blurred, 1 for the sharpest. motion: mean change of luma since the frame before, 0 to 1; largest:
    the largest change of any value of any pixel, 0 to 255. shots: (S,) int64, the index of the first frame of each.
    """

    times_s: np.ndarray
    brightness: np.ndarray
    luminance: np.ndarray
    black: np.ndarray
    white: np.ndarray
    sharpness: np.ndarray
    motion: np.ndarray
    largest: np.ndarray
    shots: np.ndarray

    def __post_init__(self):
        rows = (self.brightness, self.luminance, self.black, self.white, self.sharpness, self.motion, self.largest)
        check(all(len(row) == len(self.times_s) >= 1 for row in rows), "each frame has one value of each kind")
        check(len(self.shots) >= 1 and bool(np.all(np.diff(self.shots) > 0)), "shots rise")
