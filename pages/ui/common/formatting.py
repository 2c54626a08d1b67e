"""Numbers and names as people read them. No st calls."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from core.base import percentages
from core.base.errors import RecipeInvalid
from core.domain import Recipe, VideoInfo
from core.stages.preprocessing import recipes

if TYPE_CHECKING:
    from core.workflows.training import Coverage


def clock(seconds: float, *, decimals: int = 0) -> str:
    """A moment as m:ss, or h:mm:ss from an hour on, with so many decimals. 83.456 with two: 1:23.46."""
    scale = 10**decimals
    units = round(seconds * scale)
    minutes, rest = divmod(units, 60 * scale)
    tail = f"{rest / scale:0{3 + decimals if decimals else 2}.{decimals}f}"
    return f"{minutes}:{tail}" if minutes < 60 else f"{minutes // 60}:{minutes % 60:02}:{tail}"


def seconds(text: str) -> float | None:
    """Parse a time typed by the user: 83.4, 1:23.4 or 0:01:23.4; None for anything else."""
    parts = text.strip().replace(",", ".").split(":")
    if len(parts) > 3 or not all(
        part.replace(".", "", index == len(parts) - 1).isdecimal() for index, part in enumerate(parts)
    ):
        return None
    return sum(float(part) * 60**power for power, part in enumerate(reversed(parts)))


def length(seconds: float) -> str:
    """How long something lasts: 0.48 s, 12.3 s, 2 min 5 s, 1 h 3 min."""
    if seconds < 59.95:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def roughly(seconds: float) -> str:
    """How long something will take, rounded to its uncertainty."""
    if seconds < 1.5:
        return "a moment"
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    return f"about {round(seconds / 60)} min" if seconds < 5400 else f"about {round(seconds / 3600)} h"


def about(seconds: float) -> str:
    """Time left, rounded to its uncertainty."""
    return f"{roughly(seconds)} left"


def rate(rate_hz: Fraction | float) -> str:
    """Frames per second, with decimals only if needed."""
    return f"{float(rate_hz):.2f}".rstrip("0").rstrip(".") + " frames/s"


per_cent = percentages.per_cent
per_cent_range = percentages.per_cent_range
hover_per_cent = percentages.hover_per_cent


def number(whole: int) -> str:
    """A whole number with thin spaces between thousands."""
    return f"{whole:,}".replace(",", "\u202f")


def count(whole: int, noun: str) -> str:
    """A count with its noun: 1 frame, 1 240 frames."""
    return f"{number(whole)} {noun if whole == 1 else f'{noun}s'}"


def classes(whole: int) -> str:
    """A count of classes, whose plural is not made by an s alone."""
    return f"{number(whole)} {'class' if whole == 1 else 'classes'}"


def size(count_bytes: float) -> str:
    """Bytes in the unit that fits."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count_bytes < 1000 or unit == "GB":
            return f"{count_bytes:.0f} {unit}" if count_bytes >= 10 or unit == "bytes" else f"{count_bytes:.1f} {unit}"
        count_bytes /= 1000
    raise AssertionError


def picture(width_px: int, height_px: int) -> str:
    """The size of a picture."""
    return f"{width_px} × {height_px} px"


def facts(info: VideoInfo) -> tuple[str, ...]:
    """The properties of a clip, each in a few words."""
    steady = rate(info.rate_hz) + (", uneven" if info.variable_rate else "")
    frames = count(info.frame_count, "frame")
    return length(info.duration_s), picture(info.width_px, info.height_px), steady, frames, codec(info.codec)


def codec(name: str) -> str:
    """The name of a codec as people write it."""
    known = {"h264": "H.264", "hevc": "HEVC", "av1": "AV1", "mpeg4": "MPEG-4", "mpeg2video": "MPEG-2", "mjpeg": "MJPEG"}
    return known.get(name, name.upper())


def listed(items: Iterable[str]) -> str:
    """a, b and c."""
    *first, last = tuple(items) or ("",)
    return f"{', '.join(first)} and {last}" if first else last


def names(all_names: Sequence[str]) -> str:
    """The name of a clip, with further names that it was added under in brackets."""
    first, *others = all_names
    return f"{first} (also {listed(others)})" if others else first


def day(then: float) -> str:
    """The date of an epoch time: 3 May 2026."""
    return datetime.fromtimestamp(then).strftime("%d %B %Y").lstrip("0")


def steps(recipe: Recipe) -> str:
    """The steps of a recipe in order, or that there are none."""
    return ", then ".join(step.label for step in recipe.steps) or "as it is"


def preparation(recipe: Recipe, info: VideoInfo) -> str:
    """The recipe of a clip with its settings: Trim 2.0–8.0 s · Crop 320 × 240 px, or that there is none."""
    try:
        return " · ".join(recipes.summary(recipe, info.width_px, info.height_px)) or "no preparation"
    except RecipeInvalid:  # told where its result is shown
        return steps(recipe)


def preparation_line(recipe: Recipe, info: VideoInfo) -> str:
    """The same as a line of its own."""
    return f"Preparation: {preparation(recipe, info)}" if recipe.steps else "No preparation"


def ago(then: float, now: float) -> str:
    """How long ago an epoch time was, coarsely; a date beyond a day."""
    if now - then < 90:
        return "just now"
    if now - then < 5400:
        return f"{round((now - then) / 60)} min ago"
    if now - then < 86400:
        return f"{round((now - then) / 3600)} h ago"
    return day(then)


def file_name(stem: str, suffix: str) -> str:
    """A name for a download: letters, digits, dots and dashes only."""
    kept = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in Path(stem).stem)
    return f"{kept.strip('-.') or 'clip'}{suffix}"


def partial(coverage: "Coverage | None") -> str:
    """How much of its split a run has tested, where that is not all: "4 of 5 folds, 35 of 50 clips"."""
    if coverage is None or not coverage.is_partial:
        return ""
    return f"{coverage.folds} of {coverage.fold_count} folds, {coverage.clips} of {count(coverage.clip_count, 'clip')}"
