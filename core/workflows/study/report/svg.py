"""Figures of a study as SVG: the raster, time budgets, and groups with their subjects. All texts are escaped."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from core.base.percentages import per_cent

WIDTH_PX = 1000
LEFT_PX = 190  # of the names
ROW_PX = 16
THIN_PX = 4  # height of a row where there are many
MOST_NAMED = 60  # rows that carry their names
LONGEST_NAME = 28  # characters
STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400)
POINT, GREY = "#2E8FC0", "#8A8378"  # of subjects, and of labels without a colour
FAINT, CLEAR = 0.1, 0.3  # opacity of grounds and lines, which have the colour of the text


@dataclass(frozen=True)
class RasterRow:
    """A row of a raster. head: the name of its group, "" for none; segments: label, start and stop."""

    name: str
    head: str
    end_s: float
    segments: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True)
class BarRow:
    """A bar of shares, 0 to 1, by label."""

    name: str
    shares: Mapping[str, float]


@dataclass(frozen=True)
class PointRow:
    """The values of the subjects of a group, and their mean."""

    name: str
    values: tuple[float, ...]
    mean: float | None


def raster(rows: Sequence[RasterRow], colours: Mapping[str, str]) -> str:
    """A row for each clip, with a legend; segments as one path for each label."""
    named = len(rows) <= MOST_NAMED
    height, stop_s = (ROW_PX if named else THIN_PX), max((row.end_s for row in rows), default=1.0) or 1.0
    left, top, before = (LEFT_PX if named else 40), 4.0, ""
    parts: list[str] = []
    paths: dict[str, list[str]] = {}
    for row in rows:
        if row.head and row.head != before:
            parts.append(_text(4, top + 13, row.head, bold=True))
            top, before = top + 20, row.head
        scale = (WIDTH_PX - left) / stop_s
        parts.append(_ink(left, top, row.end_s * scale, height - 1, FAINT))
        if named:
            parts.append(_text(4, top + 11, _cut(row.name)))
        for label, start_s, end_s in row.segments:
            across = max((end_s - start_s) * scale, 0.6 if end_s > start_s else 1.6)
            paths.setdefault(label, []).append(
                f"M{left + start_s * scale:.1f} {top:.0f}h{across:.1f}v{height - 1}h-{across:.1f}z"
            )
        top += height
    parts += [f'<path fill="{_colour(colours, label)}" d="{"".join(own)}"/>' for label, own in sorted(paths.items())]
    parts.append(_time_axis(left, top, stop_s))
    legend, bottom = _legend(sorted(paths), colours, top + 30)
    return _svg([*parts, legend], bottom, "Labels of each clip over time")


def bars(rows: Sequence[BarRow], colours: Mapping[str, str]) -> str:
    """Stacked bars of shares of time, with a legend."""
    labels = sorted({label for row in rows for label in row.shares})
    top, parts = 4.0, []
    scale = WIDTH_PX - LEFT_PX - 20
    whole = max([1.0, *(sum(row.shares.values()) for row in rows)])
    for row in rows:
        parts.append(_text(4, top + 13, _cut(row.name)))
        x = float(LEFT_PX)
        for label in labels:
            across = scale * row.shares.get(label, 0.0) / whole
            about = f"{row.name}: {label}, {per_cent(row.shares.get(label, 0.0), decimals=1)}"
            if across > 0:
                parts.append(_box(x, top, across, 17, _colour(colours, label), about))
            x += across
        top += 22
    parts += [_text(LEFT_PX + scale * part / 4 / whole, top + 14, per_cent(part / 4), middle=True) for part in range(5)]
    legend, bottom = _legend(labels, colours, top + 26)
    return _svg([*parts, legend], bottom, "Share of the time of each label")


def points(rows: Sequence[PointRow], unit: str) -> str:
    """The subjects of each group as points beside each other, with a line at their mean."""
    values = [value for row in rows for value in row.values]
    high = max(values, default=1.0) or 1.0
    top, parts = 4.0, []
    scale = (WIDTH_PX - LEFT_PX - 20) / high
    for row in rows:
        parts.append(_text(4, top + 17, _cut(row.name)))
        parts.append(_ink(LEFT_PX, top + 25, WIDTH_PX - LEFT_PX, 1, CLEAR))
        for place, value in enumerate(row.values):
            y = top + 7 + 5 * (place % 3)
            parts.append(f'<circle cx="{LEFT_PX + value * scale:.1f}" cy="{y:.0f}" r="4" fill="{POINT}" opacity=".8"/>')
        if row.mean is not None:
            parts.append(_ink(LEFT_PX + row.mean * scale - 1, top + 1, 2.5, 23, 1))
        top += 30
    step = _step(high, 5)
    ticks = [step * place for place in range(int(high / step) + 1)]
    parts += [_text(LEFT_PX + tick * scale, top + 12, f"{tick:g}", middle=True) for tick in ticks]
    parts.append(_text(WIDTH_PX - 4, top + 28, unit, end=True))
    return _svg(parts, top + 34, unit)


# Parts ----------------------------------------------------------------------------------------------------------------


def _svg(parts: Sequence[str], height: float, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {math.ceil(height)}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12"><title>{escape(title)}</title>{"".join(parts)}</svg>'
    )


def _text(x: float, y: float, text: str, *, bold: bool = False, middle: bool = False, end: bool = False) -> str:
    looks = ' font-weight="600"' if bold else ""
    looks += ' text-anchor="middle"' if middle else ' text-anchor="end"' if end else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="currentColor"{looks}>{escape(text)}</text>'


def _box(x: float, y: float, across: float, down: float, colour: str, about: str = "", opacity: float = 1.0) -> str:
    title = f"<title>{escape(about)}</title>" if about else ""
    looks = f'fill="{colour}"' + (f' fill-opacity="{opacity:g}"' if opacity < 1 else "")
    shape = f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(across, 0):.1f}" height="{down:.1f}" {looks}'
    return f"{shape}>{title}</rect>" if title else f"{shape}/>"


def _ink(x: float, y: float, across: float, down: float, opacity: float) -> str:
    """A box in the colour of the text, so that it is seen on light and on dark grounds."""
    return _box(x, y, across, down, "currentColor", opacity=opacity)


def _colour(colours: Mapping[str, str], label: str) -> str:
    return escape(colours.get(label, GREY))


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _legend(labels: Sequence[str], colours: Mapping[str, str], top: float) -> tuple[str, float]:
    """Labels with their colours in as many lines as they need, and where the last one ends."""
    parts, x = [], 4.0
    for label in labels:
        across = 34 + 7.0 * len(_cut(label))
        if x > 4 and x + across > WIDTH_PX:
            x, top = 4.0, top + 20
        parts.append(_box(x, top, 11, 11, _colour(colours, label)) + _text(x + 16, top + 10, _cut(label)))
        x += across
    return "".join(parts), top + 20


def _time_axis(left: float, top: float, stop_s: float) -> str:
    step_s = next((step for step in STEPS_S if stop_s / step <= 8), STEPS_S[-1])
    ticks = [step_s * place for place in range(int(stop_s / step_s) + 1)]
    scale = (WIDTH_PX - left) / stop_s
    return "".join(
        _text(min(left + tick * scale, WIDTH_PX - 14), top + 16, _clock(tick), middle=True) for tick in ticks
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds, 1), 60)
    text = f"{rest:02.0f}" if float(rest).is_integer() else f"{rest:04.1f}"
    return f"{minutes:.0f}:{text}" if minutes < 60 else f"{minutes // 60:.0f}:{minutes % 60:02.0f}:{text}"


def _step(high: float, most: int) -> float:
    """A round step of which at most so many fit."""
    power = 10.0 ** math.floor(math.log10(high / most))
    return next(power * factor for factor in (1, 2, 5, 10, 20) if high / (power * factor) <= most)
