"""The picture before the crop of a clip, on which the crop is drawn and dragged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.base.errors import RecipeInvalid
from core.domain import Recipe, VideoInfo
from core.stages.preprocessing import recipes
from core.stages.preprocessing.geometry import Crop, least_crop_pct
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.media import preview
from pages.ui.state import EditedStep

_crop = theme.component(Path(__file__).with_name("crop.js"))

GRID_PCT = 0.1  # of the sides of what is drawn, as of the sliders beside it


def take(info: VideoInfo) -> bool:
    """Take over what was drawn since the last run; whether nothing is being dragged."""
    known = state.widget(_key(info))
    box = known.get("box") if isinstance(known, Mapping) else None
    if not isinstance(box, Mapping):
        return True
    text = str(dict(box))
    if text != state.remembered("crop.taken", ""):
        parts = state.parts()
        place, step = _place(parts), cropped(box)
        if place is not None and step is not None:
            state.set_parts((*parts[:place], EditedStep(parts[place].uid, True, step), *parts[place + 1 :]))
        state.remember("crop.taken", text)
    return bool(box.get("settled", True))


def cropped(box: Mapping[str, Any]) -> Crop | None:
    """The step of a rectangle that a browser sent; None for anything that is none."""
    sides = [box.get(side) for side in ("left", "top", "right", "bottom")]
    try:
        left, top, right, bottom = (float(side) for side in sides if isinstance(side, int | float))
        return Crop((left, right), (top, bottom))
    except (ValueError, RecipeInvalid):
        return None


def show(info: VideoInfo, index: int) -> None:
    """The picture with the rectangle of the last crop; AnalysisError where it cannot be decoded."""
    parts = state.parts()
    place = _place(parts)
    before = Recipe(tuple(part.step for part in parts[: place or 0] if part.on and not part.step.is_neutral()))
    size = recipes.picture_size(before, info.width_px, info.height_px)
    facts = f"frame {index} at {formatting.clock(float(info.times_s[index]), decimals=3)}"
    name = "Before the crop" if any(step.picture for step in before.steps) else "Before"
    data = {
        "source": _picture(info, index, before), "alt": f"{name}: {facts}", "name": name, "facts": facts,
        "size": [size.width_px, size.height_px], "box": None if place is None else _sides(parts[place].step),
        "limits": {
            "step": GRID_PCT, "width": least_crop_pct(size.width_px), "height": least_crop_pct(size.height_px),
        },
    }  # fmt: skip
    _crop(key=_key(info), data=data, default={"box": None}, on_box_change=_nothing)


def _key(info: VideoInfo) -> str:
    return f"crop.{info.digest}"


def _place(parts: tuple[EditedStep, ...]) -> int | None:
    """Which of the steps is drawn: the last crop that is switched on."""
    places = [place for place, part in enumerate(parts) if part.on and isinstance(part.step, Crop)]
    return places[-1] if places else None


def _sides(step: Crop) -> dict[str, float]:
    (left, right), (top, bottom) = step.across_pct, step.down_pct
    return {"left": left, "top": top, "right": right, "bottom": bottom}


def _picture(info: VideoInfo, index: int, before: Recipe) -> str:
    """The frame as the steps before the crop make it, as the address of a JPEG."""
    if not any(step.picture for step in before.steps):
        return cache.source_picture(info.digest, index)
    frames = cache.frames(info.digest, index, recipes.reach(before))
    return preview.address(preview.after(before, frames, float(info.times_s[index])))


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""
