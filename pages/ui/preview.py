"""What a recipe does, shown at one moment and told in numbers. No st calls, no decoding."""

import base64
from dataclasses import dataclass

import cv2
import numpy as np

from core import preprocess
from core.domain import Frame, Recipe, VideoInfo
from pages.ui import words

DISPLAY_PX = 800  # widest picture sent to the browser
QUALITY = 82
# Steps that choose frames are tried on pictures of two pixels, which are not flat, so that Repair takes none as blank.
TOKEN = np.array([[[0, 0, 0], [255, 255, 255]]], np.uint8)


@dataclass(frozen=True, eq=False)
class Plan:
    """What becomes of a clip's clock and size. times_s: (K,) of the frames that are kept or filled in, rising.

    indices: (K,) of the frame of the source that each one shows. filled: how many were filled in.
    """

    times_s: np.ndarray
    indices: np.ndarray
    filled: int
    width_px: int
    height_px: int
    last_gap_s: float

    @property
    def rate_hz(self) -> float:
        """Mean rate of what is kept; 0 for a single frame."""
        span_s = float(self.times_s[-1] - self.times_s[0]) if len(self.times_s) > 1 else 0.0
        return (len(self.times_s) - 1) / span_s if span_s else 0.0

    def shown(self, time_s: float) -> int | None:
        """The frame of the source on screen at a moment; None where that moment is cut away."""
        place = int(np.searchsorted(self.times_s, time_s + 5e-4, side="right")) - 1
        ended = place == len(self.times_s) - 1 and time_s >= self.times_s[-1] + self.last_gap_s if place >= 0 else True
        return None if ended else int(self.indices[place])


def plan(recipe: Recipe, info: VideoInfo) -> Plan:
    """What the recipe makes of the whole clip. RecipeInvalid where a step cannot do what is asked."""
    size = preprocess.picture_size(recipe, info.width_px, info.height_px)
    choosing = Recipe(tuple(step for step in recipe.steps if not step.picture))
    source = (Frame(index, float(time_s), TOKEN) for index, time_s in enumerate(info.times_s))
    kept = list(choosing.apply(source))
    times_s = np.array([frame.time_s for frame in kept])
    indices = np.array([frame.index for frame in kept], np.int64)
    filled = sum(frame.filled for frame in kept)
    return Plan(times_s, indices, filled, size.width_px, size.height_px, _last_gap_s(indices, times_s, info))


def _last_gap_s(indices: np.ndarray, times_s: np.ndarray, info: VideoInfo) -> float:
    """How long the last frame stays: to the end of the clip if it is its last, else a usual gap."""
    if not len(indices):
        return 0.0
    usual_s = float(np.median(np.diff(times_s))) if len(times_s) > 1 else 0.0
    ends_s = np.append(info.times_s[1:], info.duration_s)
    return max(float(ends_s[indices[-1]] - times_s[-1]), usual_s)


def told(made: Plan, info: VideoInfo) -> tuple[str, ...]:
    """The same in words: the size after, the frames kept, their rate and what was filled in."""
    kept, source = len(made.times_s), info.frame_count
    same = (made.width_px, made.height_px) == (info.width_px, info.height_px)
    size = f"{words.picture(made.width_px, made.height_px)}{', as in the clip' if same else ''}"
    whole = kept - made.filled == source
    frames = (
        f"all {words.count(source, 'frame')}" if whole else f"{kept - made.filled} of {words.count(source, 'frame')}"
    )
    filled = (f"{words.count(made.filled, 'frame')} filled in",) if made.filled else ()
    rate = (words.rate(made.rate_hz),) if made.rate_hz else ()
    return (size, frames, *filled, *rate)


def after(recipe: Recipe, frames: tuple[Frame, ...], time_s: float) -> np.ndarray | None:
    """The picture that the recipe makes of the moment; see preprocess.preview."""
    shown = preprocess.preview(recipe, frames, time_s)
    return None if shown is None else shown.image


def middle(frames: tuple[Frame, ...], time_s: float) -> Frame:
    """Of a stretch of frames the one on screen at a moment."""
    return max((frame for frame in frames if frame.time_s <= time_s + 5e-4), key=_time_s, default=frames[0])


def _time_s(frame: Frame) -> float:
    return frame.time_s


def address(image: np.ndarray) -> str:
    """A picture as the address of a JPEG that holds it, no wider than a page shows it. image: (H, W, 3) RGB uint8."""
    height, width = image.shape[:2]
    scale = min(1.0, DISPLAY_PX / width, DISPLAY_PX / height)
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    coded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1]
    return f"data:image/jpeg;base64,{base64.b64encode(coded.tobytes()).decode()}"


def outline(recipe: Recipe, info: VideoInfo) -> list[list[float]] | None:
    """The corners of the crop on the source picture, as the browser draws them; None without a crop."""
    corners = preprocess.outline(recipe, info.width_px, info.height_px)
    return None if corners is None else corners.round(1).tolist()
