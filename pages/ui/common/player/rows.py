"""The lanes under the player's picture, and how they travel to the browser. No st calls."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.domain import DrawnTrack, Edit, Point, Segment, VideoInfo
from core.domain.intervals import Span
from core.stages.tracks.segmentation import NOTHING
from pages.ui.common import figures

DIFFERS, QUALITY = "#C43B1E", "#8C8679"
UNSAID = 255  # for a confidence that nobody told
COLUMNS = 20_000  # a curve with more values is averaged
KINDS = ("paint", "unlabel", "change", "border", "split", "merge", "label", "delete", "point", "undo", "redo")


@dataclass(frozen=True, eq=False)
class LaneCurve:
    """A line in a lane. times_s: (T,) rising; values: (T,), 0 to 1; colour: "#RRGGBB"."""

    name: str
    times_s: np.ndarray
    values: np.ndarray
    colour: str


@dataclass(frozen=True, eq=False)
class PlayerLane:
    """A lane under the picture, of segments that do not overlap and points above them, or of curves.

    name: unique in a player, shown beside it. seen: sorted stretches that were looked at, all where it is None; what
    lies outside is hatched. prefix: what goes before its label in the line under the picture, as in "it is". edits:
    whether it may be drawn in. look: labels in their colours, differences in red, or findings of quality in grey.
    """

    name: str
    segments: Sequence[Segment] = ()
    curves: Sequence[LaneCurve] = ()
    seen: Sequence[Span] | None = None
    prefix: str = ""
    edits: bool = False
    look: Literal["label", "difference", "quality"] = "label"
    points: Sequence[Point] = ()


def drawn_lane(drawn: DrawnTrack, name: str, *, prefix: str = "") -> PlayerLane:
    """The lane of a track that people drew."""
    return PlayerLane(name, drawn.segments, seen=drawn.seen, prefix=prefix, points=drawn.points)


class Palette:
    """The labels of a player with their colours, each under the number by which its segments name it."""

    def __init__(self, slots: Mapping[str, int], labels: Sequence[str]):
        self._slots, self._numbers = slots, {}
        self.entries: list[dict[str, str]] = []
        for label in labels:
            self.number(label)

    def number(self, label: str, look: str = "label") -> int:
        """The number of a label as it looks in a lane of that kind."""
        if (label, look) not in self._numbers:
            fixed = {"difference": DIFFERS, "quality": QUALITY}.get(look)
            self._numbers[label, look] = len(self.entries)
            self.entries.append({"label": label, "colour": fixed or figures.colour(self._slots[label])})
        return self._numbers[label, look]


def packed(row: PlayerLane, palette: Palette) -> dict[str, Any]:
    """A lane as the component reads it: columns of numbers, some thirty bytes a segment."""
    segments = row.segments
    points = sorted(row.points, key=lambda point: point.time_s)
    return {
        "name": row.name,
        "title": row.prefix,
        "edits": row.edits,
        "look": row.look,
        "seen": None if row.seen is None else [list(span) for span in row.seen],
        "starts": _text([segment.start_s for segment in segments], "<f8"),
        "stops": _text([segment.stop_s for segment in segments], "<f8"),
        "labels": _text([palette.number(segment.label, row.look) for segment in segments], "<u2"),
        "confidences": _text(_confidences(segments), "<u1"),
        "pointTimes": _text([point.time_s for point in points], "<f8"),
        "pointLabels": _text([palette.number(point.label, row.look) for point in points], "<u2"),
        "pointConfidences": _text(_confidences(points), "<u1"),
        "curves": [_line(curve) for curve in row.curves],
    }


def _confidences(marks: Sequence[Segment] | Sequence[Point]) -> list[int]:
    """Confidences in percent, UNSAID where there is none."""
    return [UNSAID if mark.confidence is None else round(100 * mark.confidence) for mark in marks]


def _line(curve: LaneCurve) -> dict[str, str]:
    every = max(1, -(-len(curve.values) // COLUMNS))
    firsts = np.arange(0, len(curve.values), every)
    means = np.add.reduceat(curve.values, firsts) / np.diff(np.append(firsts, len(curve.values)))
    values = np.rint(255 * np.clip(np.nan_to_num(means), 0, 1))
    return {
        "name": curve.name,
        "colour": curve.colour,
        "times": _text(curve.times_s[firsts], "<f4"),
        "values": _text(values, "<u1"),
    }


def _text(values: Sequence[float] | np.ndarray, kind: str) -> str:
    return base64.b64encode(np.asarray(values, np.float64).astype(kind).tobytes()).decode()


def new_edits(
    messages: Any, done: Mapping[str, int], info: VideoInfo, rows: Sequence[str], labels: Sequence[str]
) -> tuple[list[Edit], dict[str, int]]:
    """What a browser tells that was not handed out yet, in order, and the last number of each sender.

    messages: a list of edits with borders as numbers of frames; each says who sent it `from`, and its number `n` there.
    What is no edit is left out.
    """
    edits, last = [], dict(done)
    for message in _sent(messages):
        if message["n"] <= last.get(message["from"], 0):
            continue
        last[message["from"]] = message["n"]
        edit = _edit(message, info, rows, labels)
        if edit:
            edits.append(edit)
    return edits, last


def _sent(messages: Any) -> list[dict]:
    """The messages that say who sent them, and their number."""
    sent = [dict(message) for message in messages if isinstance(message, Mapping)] if isinstance(messages, list) else []
    return [message for message in sent if isinstance(message.get("from"), str) and isinstance(message.get("n"), int)]


def _edit(message: dict, info: VideoInfo, rows: Sequence[str], labels: Sequence[str]) -> Edit | None:
    """A message as an edit, its borders at the exact moments of frames; None for what is no edit."""
    kind, row, label = message.get("kind"), message.get("row"), message.get("label", "")
    start, stop, at_s = message.get("start"), message.get("stop"), message.get("at")
    mark = message.get("mark", "")
    numbers = isinstance(start, int) and isinstance(stop, int) and isinstance(at_s, int | float)
    if kind not in KINDS or row not in rows or label not in (*labels, NOTHING, "") or not numbers:
        return None
    if not isinstance(mark, str) or ((mark or kind == "point") and start == info.frame_count):
        return None
    if not (0 <= start <= stop <= info.frame_count and 0 <= at_s <= info.duration_s):  # type: ignore[operator]
        return None
    start_s = _moment_s(info, message.get("start_s"), int(start))  # type: ignore[arg-type]
    stop_s = _moment_s(info, message.get("stop_s"), int(stop))  # type: ignore[arg-type]
    rest = (start_s, stop_s, str(label), message["from"], message["n"], mark)
    return Edit(str(kind), str(row), float(at_s), *rest)  # type: ignore[arg-type]


def _moment_s(info: VideoInfo, sent_s: Any, border: int) -> float:
    """The exact moment of a border between frames; one that was there before, between this and the last, stays."""
    if (
        isinstance(sent_s, float)
        and int(np.searchsorted(info.times_s, sent_s - 2e-6)) == border
        and sent_s <= info.duration_s
    ):
        return sent_s
    return float(info.times_s[border]) if border < info.frame_count else info.duration_s
