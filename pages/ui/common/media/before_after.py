"""A frame before and after the recipe, side by side under one divider."""

from pathlib import Path
from typing import Any

from core.domain import Recipe, VideoInfo
from core.stages.preprocessing.frame_clock import Clock
from core.stages.preprocessing.recipes import reach
from pages.ui import cache
from pages.ui.common import formatting, theme
from pages.ui.common.media import preview
from pages.ui.common.media.preview import Viewport

compare = theme.component(Path(__file__).with_name("before_after.js"))


def before(recipe: Recipe, info: VideoInfo, index: int, view: Viewport | None = None) -> dict:
    """The frame of the source as the component draws it, with what a crop keeps of it. view: the part looked at."""
    facts = f"frame {index} at {formatting.clock(float(info.times_s[index]), decimals=3)}"
    drawn: dict[str, Any] = {"source": cache.source_picture(info.digest, index), "facts": facts}
    drawn["alt"] = f"Before: {facts}"
    if view is not None and view.scale > 1:
        image = preview.middle(cache.frames(info.digest, index, 0), index).image
        drawn["detail"] = preview.detail(image, view)
    return drawn | {"size": [info.width_px, info.height_px], "outline": preview.outline(recipe, info)}


def after(recipe: Recipe, info: VideoInfo, made: Clock, moment_s: float, view: Viewport | None = None) -> dict:
    """What the recipe makes of it as the component draws it, or why there is nothing. view: the part looked at."""
    index = made.shown(moment_s)
    if index is None:
        return {"source": "", "none": _cut_away(made)}
    frames = cache.frames(info.digest, index, reach(recipe))
    image = preview.after(recipe, frames, float(info.times_s[index]))
    height, width = image.shape[:2]
    facts = f"{formatting.picture(width, height)}, from frame {index}"
    drawn = {"source": preview.address(image), "facts": facts, "alt": f"After: {facts}", "size": [width, height]}
    return drawn if view is None else drawn | {"detail": preview.detail(image, view)}


def _cut_away(made: Clock) -> str:
    """Why there is no picture after the recipe at this moment."""
    if not len(made.times_s):
        return "The recipe removes all frames of this clip. Widen or remove its Trim step."
    first, last = (formatting.clock(float(made.times_s[end]), decimals=2) for end in (0, -1))
    return f"The recipe removes this moment and keeps {first} to {last}. Move the slider, or widen the Trim step."
