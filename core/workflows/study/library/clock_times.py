"""Columns of the metadata that hold the time of day at which a clip begins."""

import re
from collections.abc import Iterable
from datetime import datetime

CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?", re.ASCII)


def clock_s(text: str) -> float | None:
    """Seconds since midnight: of 14:05, 14:05:30 or an ISO date with a time; None for anything else."""
    if match := CLOCK.fullmatch(text.strip()):
        hours, minutes, seconds = int(match[1]), int(match[2]), float(match[3] or 0)
        return 3600 * hours + 60 * minutes + seconds if hours < 24 and minutes < 60 and seconds < 60 else None
    if ":" not in text:
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return 3600 * moment.hour + 60 * moment.minute + moment.second + moment.microsecond / 1e6


def is_clock(cells: Iterable[str]) -> bool:
    """Whether a column holds times of day: all of its cells that are not empty, and at least one of them."""
    filled = [cell for cell in cells if cell]
    return bool(filled) and all(clock_s(cell) is not None for cell in filled)
