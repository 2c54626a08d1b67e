"""What a recipe does, shown at one moment and told in numbers. No st calls, no decoding."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np

from core import preprocess
from core.domain import Frame, Recipe, VideoInfo
from pages.ui import words

DISPLAY_PX = 720  # widest picture sent to the browser
QUALITY = 82
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
        place = int(np.searchsorted(self.times_s, time_s + 5e-4, side="right")) - 1
        if place < 0 or (place == len(self.times_s) - 1 and time_s >= self.times_s[-1] + self.last_gap_s):
            return None
        return int(self.indices[place])


def choosing(recipe: Recipe) -> Recipe:
    """The steps that choose or add frames, without those that change pictures."""
    return Recipe(tuple(step for step in recipe.steps if not step.picture))


def clock(recipe: Recipe, info: VideoInfo) -> Clock:
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


def told(made: Clock, recipe: Recipe, info: VideoInfo) -> tuple[str, ...]:
    """What the recipe gives, in words: the size after, the frames kept, their rate and what was filled in."""
    size = preprocess.picture_size(recipe, info.width_px, info.height_px)
    same = (size.width_px, size.height_px) == (info.width_px, info.height_px)
    measured = f"{words.picture(size.width_px, size.height_px)}{', as in the clip' if same else ''}"
    kept, source = len(made.times_s) - made.filled, words.count(info.frame_count, "frame")
    frames = f"all {source}" if kept == info.frame_count else f"{words.number(kept)} of {source}"
    filled = (f"{words.count(made.filled, 'frame')} filled in",) if made.filled else ()
    rate = (words.rate(made.rate_hz),) if made.rate_hz else ()
    return (measured, frames, *filled, *rate)


def after(recipe: Recipe, frames: tuple[Frame, ...], time_s: float) -> np.ndarray:
    """The picture that the recipe makes of the moment. frames: see preprocess.preview, at least one."""
    shown = preprocess.preview(recipe, frames, time_s)
    if shown is None:
        raise ValueError("A preview needs a frame")
    return shown.image


def middle(frames: tuple[Frame, ...], index: int) -> Frame:
    """Of a stretch of frames the one of that index, or else the nearest."""
    return min(frames, key=lambda frame: abs(frame.index - index))


def address(image: np.ndarray) -> str:
    """A picture as the address of a JPEG that holds it, no wider than a page shows it. image: (H, W, 3) RGB uint8."""
    height, width = image.shape[:2]
    scale = min(1.0, DISPLAY_PX / width, DISPLAY_PX / height)
    if scale <= 0.5:  # halving is several times faster than other scales, and exact averaging too
        even = image[: height // 2 * 2, : width // 2 * 2]
        image = cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(coded.tobytes()).decode()}"


def outline(recipe: Recipe, info: VideoInfo) -> list[list[float]] | None:
    """The corners of the crop on the source picture, as the browser draws them; None without a crop."""
    corners = preprocess.outline(recipe, info.width_px, info.height_px)
    return None if corners is None else corners.round(1).tolist()
