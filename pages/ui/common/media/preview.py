"""The effect of a recipe at one moment and in numbers. No st calls, no decoding."""

import base64
import math
from dataclasses import dataclass

import cv2
import numpy as np

from core.domain import Frame, ModelCard, Recipe, Sheet, VideoInfo
from core.stages.preprocessing import recipes
from core.stages.preprocessing.frame_clock import Clock
from pages.ui.common import formatting

DISPLAY_PX = 720  # widest picture sent to the browser
QUALITY = 82
EXACT_PX = 480  # a part at most so wide is sent as it is, so that each of its pixels can be read


def described(made: Clock, recipe: Recipe, info: VideoInfo) -> tuple[str, ...]:
    """The output of the recipe in words: the size after, the frames kept, their rate and what was interpolated."""
    size = recipes.picture_size(recipe, info.width_px, info.height_px)
    same = (size.width_px, size.height_px) == (info.width_px, info.height_px)
    measured = f"{formatting.picture(size.width_px, size.height_px)}{', as in the clip' if same else ''}"
    kept, source = len(made.times_s) - made.filled, formatting.count(info.frame_count, "frame")
    frames = f"all {source}" if kept == info.frame_count else f"{formatting.number(kept)} of {source}"
    filled = (f"{formatting.count(made.filled, 'frame')} interpolated",) if made.filled else ()
    rate = (formatting.rate(made.rate_hz),) if made.rate_hz else ()
    return (measured, frames, *filled, *rate)


def looked_at(recipe: Recipe, model: ModelCard | None, info: VideoInfo) -> tuple[str, ...]:
    """What part of the picture after a recipe a model's network is given, in words; nothing where it is all of it."""
    if model is None:
        return ()
    size = recipes.picture_size(Recipe((*recipe.steps, *model.recipe.steps)), info.width_px, info.height_px)
    side = min(size.width_px, size.height_px)
    if size.width_px == size.height_px:
        return ()
    return (f"the selected model uses only the central {formatting.picture(side, side)}",)


def after(recipe: Recipe, frames: tuple[Frame, ...], time_s: float) -> np.ndarray:
    """The picture that the recipe makes of the moment. frames: see recipes.preview, at least one."""
    shown = recipes.preview(recipe, frames, time_s)
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


def drawn(sheet: Sheet) -> tuple[dict, ...]:
    """The pictures of a contact sheet as its component draws them."""
    starts, rows = [0, *sheet.ends[:-1].tolist()], []
    for index, time_s, start, stop in zip(sheet.indices, sheet.times_s, starts, sheet.ends, strict=True):
        coded = base64.b64encode(sheet.pictures[start:stop].tobytes()).decode()
        moment = formatting.clock(float(time_s), decimals=2)
        rows.append({"index": int(index), "moment": moment, "source": f"data:image/jpeg;base64,{coded}"})
    return tuple(rows)


@dataclass(frozen=True)
class Viewport:
    """A part of a picture: magnified by `scale`, with its middle at (x, y) in shares of width and height."""

    scale: float = 1.0
    x: float = 0.5
    y: float = 0.5


def detail(image: np.ndarray, view: Viewport) -> dict | None:
    """The part of a picture in view, in full size, as the component draws it; None for the whole.

    image: (H, W, 3) RGB uint8. A narrow part is exact (PNG), a wider one a JPEG.
    """
    if view.scale <= 1:
        return None
    height, width = image.shape[:2]
    left, right = _stretch(view.x, view.scale, width)
    top, bottom = _stretch(view.y, view.scale, height)
    part, exact = image[top:bottom, left:right], right - left <= EXACT_PX
    if exact:
        coded = cv2.imencode(".png", cv2.cvtColor(part, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])[1]
        source = f"data:image/png;base64,{base64.b64encode(coded.tobytes()).decode()}"
    else:
        source = address(part)
    return {"left": left, "top": top, "right": right, "bottom": bottom, "source": source, "exact": exact}


def _stretch(middle: float, scale: float, side_px: int) -> tuple[int, int]:
    """First pixel and the one after the last of a part of a side."""
    first, stop = (round((middle + half / scale) * side_px, 6) for half in (-0.5, 0.5))
    begin = min(max(0, math.floor(first)), side_px - 1)
    return begin, min(side_px, max(begin + 1, math.ceil(stop)))


def outline(recipe: Recipe, info: VideoInfo) -> list[list[float]] | None:
    """The corners of the crop on the source picture, as the browser draws them; None without a crop."""
    corners = recipes.outline(recipe, info.width_px, info.height_px)
    return None if corners is None else corners.round(1).tolist()
