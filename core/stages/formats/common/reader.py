"""From what a file says, line by line, to labels of clips: the checks that all readers share.

A reader makes Events, in seconds as the file tells them, and hands them to `clip`. There times are moved onto the frame
that is meant, cut to the clip, and refused where they cannot be; labels at the same time are parted into lanes.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Lane, Point, Segment, VideoInfo, listed
from core.stages.formats.common.files import Findings, Problems, shown

EXACT_S = 1e-6  # two times that differ by less are one
LATEST_S = 1e7  # some 115 days: what is later is a date or a wrong unit
BACKGROUND = "background"


@dataclass(frozen=True, eq=False)
class ReadOptions:
    """What a person says about a file that the file itself does not say.

    clips: that it may be about, measured. watched: whether all of each clip was looked at, so that between labels there
    is background; else nothing is known there. rate_hz: the frame rate that the file's program counted on (Label
    Studio). every: a row stands for so many frames (MS-TCN), or a label holds for so many (CVAT). split: which of the
    numbered lists (UCF101, HMDB51). attribute: which one is the label (VIA); "tier" for the names of ELAN's tiers.
    confidences: whether a last number in the text of a subtitle such as 0.93 is a confidence. only: the parts of the
    file that are taken, as kind and names; of a kind that is not among them, all. See parts.py.
    """

    clips: tuple[VideoInfo, ...] = ()
    watched: bool = False
    rate_hz: Fraction | None = None
    every: int = 1
    split: int = 1
    attribute: str = ""
    confidences: bool = True
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def chosen(self, kind: str) -> bool:
        """Whether parts of that kind were chosen."""
        return kind in dict(self.only)

    def takes(self, kind: str, name: str) -> bool:
        """Whether the part of that kind and name is taken."""
        return not self.chosen(kind) or name in dict(self.only)[kind]


@dataclass(frozen=True)
class Event:
    """A labelled stretch or, where start and stop are one, a moment, as a file tells it.

    where: line from 1, or JSON path. stop_s: infinite for the end of the clip. digit_s: what the last digit of its own
    times stands for, where that differs from row to row.
    """

    start_s: float
    stop_s: float
    label: str
    where: int | str = 0
    confidence: float | None = None
    note: str = ""
    lane: str = ""
    author: str = ""
    subject: str = ""
    digit_s: float = 0.0


@dataclass
class Reader:
    """Reads one file: gathers what is odd and what is wrong. resolution_s: what the last digit of a time stands for."""

    file: str
    asked: ReadOptions
    resolution_s: float = 0.0
    problems: Problems = field(init=False)
    findings: Findings = field(default_factory=Findings)

    def __post_init__(self):
        self.problems = Problems(self.file)

    def noted(self, where: int | str, expected: str, got: str) -> None:
        """Something odd that takes part all the same."""
        line = where if isinstance(where, int) else 0
        text = got if isinstance(where, int) else f"{got} ({where})"
        self.findings.noted(self.file, line, expected, text)

    def number(self, value: Any, where: int | str, what: str = "a number") -> float:
        """A finite number of a file, as such or as text; NaN where it is none, which is told as a problem."""
        text = value.strip() if isinstance(value, str) else value
        try:
            parsed = float(text) if isinstance(text, (str, int, float)) and not isinstance(text, bool) else math.nan
        except (ValueError, OverflowError):
            parsed = math.nan
        if not math.isfinite(parsed) or (isinstance(text, str) and "_" in text):
            self.problems.add(where, what, shown(value))
            return math.nan
        return parsed

    def count(self, value: Any, where: int | str, what: str = "a whole number from 0") -> int:
        """A whole number from 0; -1 where it is none, which is told as a problem."""
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal() and len(value) < 16:
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
            return value
        self.problems.add(where, what, shown(value))
        return -1

    def label(self, value: Any, where: int | str) -> str:
        """A label: text that is not blank; "" where it is none, which is told as a problem."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.problems.add(where, "a label", shown(value))
        return ""

    def confidence(self, value: Any, where: int | str) -> float | None:
        """A confidence from 0 to 1, None where there is none."""
        if value is None or value == "":
            return None
        parsed = self.number(value, where, "a confidence from 0 to 1")
        if not 0 <= parsed <= 1:
            if not math.isnan(parsed):
                self.problems.add(where, "a confidence from 0 to 1", shown(value))
            return None
        return parsed

    def clock(self, name: str, *, alone: bool = True) -> VideoInfo:
        """The measured clip that a name in the file means; a file that counts frames means nothing without it."""
        info = self.info(name, alone=alone)
        if info is None:
            hint = "Give the clip (--video at the command line): frame numbers are converted with its timestamps."
            known = ", ".join(base(clip.path) for clip in self.asked.clips) or "none"
            text = f"{self.file} counts frames of the clip {name!r}, and the clips given are: {known}."
            raise FormatInvalid(text, hint)
        return info

    def info(self, name: str, *, alone: bool = True) -> VideoInfo | None:
        """The measured clip of that name. alone: the only one in its file, and so perhaps the only one given."""
        given = self.asked.clips
        infos = [info for info in given if base(info.path) == base(name)]
        infos = infos or [info for info in given if stem(info.path) == stem(name)]
        if len(infos) > 1:
            raise FormatInvalid(
                f"{self.file}: {len(infos)} of the clips given are called {name!r}.", "Give one of them at a time."
            )
        if infos:
            return infos[0]
        if alone and len(given) == 1:
            self.noted(0, f"labels of the clip {base(given[0].path)}", f"labels of {name!r}, taken as that clip's")
            return given[0]
        return None

    def clip(
        self, name: str, events: Iterable[Event], *, alone: bool = True, exact: bool = False, **entry: Any
    ) -> ClipLabels:
        """The labels of one clip. alone: the only one in its file. exact: times are frame times already.

        entry: further fields of ClipLabels, and `seen` for all lanes.
        """
        info = self.info(name, alone=alone)
        seen = self._seen(entry.pop("seen", ()), info)
        made = ClipLabels(base(info.path) if info else name, info=info, **entry)
        if info:
            self._compare(made, info)
        if not seen and self.asked.watched:
            if not made.end_s:
                raise FormatInvalid(
                    f"{self.file} does not say how long {name!r} lasts.",
                    "To mark the whole clip as annotated, give the clip too (--video at the command line).",
                )
            seen = ((0.0, made.end_s),)
        sound = [candidate for event in events if (candidate := self._sound(event, made, exact))]
        return replace(made, lanes=self._lanes(sound, seen))

    def lane(
        self, events: Iterable[Event], clip: ClipLabels, seen: tuple[tuple[float, float], ...], **names: str
    ) -> Lane:
        """One track of a file that parts labels into tracks itself: labels that overlap in it are refused."""
        own = [candidate for event in events if (candidate := self._sound(event, clip, False))]
        own.sort(key=lambda event: (event.start_s, event.stop_s, event.label))
        self._once(own)
        self._apart(own)
        seen = self._seen(seen, clip.info)
        bare = _lane(own, seen, "") if own and not self.problems.told else Lane(seen=seen)
        return replace(bare, **names)

    def labels(self, clips: Sequence[ClipLabels], classes: Sequence[str] = (), background: str = "") -> Labels:
        """All that was read, or FormatInvalid with all that is wrong."""
        self.problems.finish()
        kept = tuple(dict.fromkeys(label for label in classes if label and label != background))
        return Labels(tuple(clips), listed(kept, tuple(clips)), background, tuple(dict.fromkeys(self.findings.all)))

    def _compare(self, clip: ClipLabels, info: VideoInfo) -> None:
        """What the file states of the clip beside what was measured."""
        if clip.frame_count and clip.frame_count != info.frame_count:
            hint = "The file belongs to another clip, or to another version of this clip."
            self.problems.add(0, f"{info.frame_count} frames of {clip.name}", f"{clip.frame_count}", hint)
        frame_s = max(info.duration_s - float(info.times_s[-1]), self.resolution_s) + EXACT_S
        if clip.duration_s and abs(clip.duration_s - info.duration_s) > frame_s:
            self.noted(0, f"{info.duration_s:.3f} s of {clip.name}", f"{clip.duration_s:g} s")
        if clip.rate_hz and abs(clip.rate_hz / info.rate_hz - 1) > 1e-3:
            self.noted(0, f"{float(info.rate_hz):.3f} frames/s of {clip.name}", f"{float(clip.rate_hz):g}")

    def _sound(self, event: Event, clip: ClipLabels, exact: bool) -> Event | None:
        """The event on the clip's clock; None where it holds none, which is told."""
        start_s, stop_s = event.start_s, event.stop_s
        if math.isnan(start_s) or math.isnan(stop_s) or not event.label:
            return None  # told already
        if math.isinf(stop_s) and clip.end_s:
            stop_s = clip.end_s
        text = f"{event.label!r} from {start_s:g} to {stop_s:g} s"
        if start_s < 0 or stop_s < start_s or max(start_s, stop_s) > LATEST_S:
            hint = "Give the clip too (--video at the command line)." if math.isinf(stop_s) else ""
            self.problems.add(event.where, "0 <= start < end, in seconds", text, hint)
            return None
        if clip.info and not exact:
            point = start_s == stop_s
            start_s = self._snapped(start_s, clip.info, event)
            stop_s = start_s if point else self._snapped(stop_s, clip.info, event)
        if clip.end_s and clip.info:
            stop_s = self._within(start_s, stop_s, clip, event, text)
        if stop_s < start_s or (stop_s == start_s and event.start_s != event.stop_s):
            self.problems.add(event.where, "a segment of at least one frame", text)
            return None
        return replace(event, start_s=start_s, stop_s=stop_s)

    def _snapped(self, time_s: float, info: VideoInfo, event: Event) -> float:
        """The one frame time within the resolution of a time, or else the time itself."""
        bounds_s = bounds(info)
        digit_s = event.digit_s or self.resolution_s
        reach_s = digit_s + EXACT_S
        first, stop = np.searchsorted(bounds_s, (time_s - reach_s, time_s + reach_s))
        if stop - first > 1:
            expected = f"one frame within {digit_s:g} s of {time_s:g} s"
            self.noted(event.where, expected, f"{stop - first} frames")
        return float(bounds_s[first]) if stop - first == 1 else time_s

    def _seen(self, seen: Iterable[tuple[float, float]], info: VideoInfo | None) -> tuple[tuple[float, float], ...]:
        """Seen stretches on the clip's clock."""
        if info is None:
            return tuple(seen)
        return tuple((self._near(start_s, info), self._near(stop_s, info)) for start_s, stop_s in seen)

    def _near(self, time_s: float, info: VideoInfo) -> float:
        """The end of a seen stretch on the clip's clock."""
        bounds_s = bounds(info)
        nearest_s = float(bounds_s[np.abs(bounds_s - time_s).argmin()])
        return nearest_s if abs(nearest_s - time_s) <= self.resolution_s + EXACT_S else min(time_s, info.duration_s)

    def _within(self, start_s: float, stop_s: float, clip: ClipLabels, event: Event, text: str) -> float:
        """The stop, cut to the end of the clip where it lies no more than a frame behind it."""
        assert clip.info is not None
        end_s = clip.info.duration_s
        frame_s = max(end_s - float(clip.info.times_s[-1]), self.resolution_s) + EXACT_S
        if start_s >= end_s or stop_s > end_s + frame_s:
            self.problems.add(event.where, f"labels within the {end_s:.3f} s of {clip.name}", text)
            return stop_s
        if stop_s > end_s:
            self.noted(event.where, f"an end by {end_s:.3f} s", f"{stop_s:g} s, which is shortened to it")
        return min(stop_s, end_s)

    def _lanes(self, events: Sequence[Event], seen: tuple[tuple[float, float], ...]) -> tuple[Lane, ...]:
        """Lanes by name, author and subject; one whose labels overlap becomes a lane for each label."""
        groups: dict[tuple[str, str, str], list[Event]] = {}
        for event in events:
            groups.setdefault((event.lane, event.author, event.subject), []).append(event)
        lanes: list[Lane] = []
        for own in groups.values():
            own.sort(key=lambda event: (event.start_s, event.stop_s, event.label))
            self._once(own)
            stretches = [event for event in own if event.start_s < event.stop_s]
            if any(True for _ in _overlaps(stretches)):
                by_label: dict[str, list[Event]] = {}
                for event in own:
                    by_label.setdefault(event.label, []).append(event)
                got = f"overlapping labels; a track for each of {len(by_label)} labels"
                self.noted(own[0].where, "labels that do not overlap", got)
                for label, alone in by_label.items():
                    self._apart(alone)
                    lanes.append(_lane(alone, seen, f"{own[0].lane}: {label}" if own[0].lane else label))
            else:
                lanes.append(_lane(own, seen, own[0].lane))
        return tuple(lanes) if lanes else (Lane(seen=seen),) if seen else ()

    def _once(self, events: Sequence[Event]) -> None:
        for event, other in pairwise(events):
            if (event.start_s, event.stop_s, event.label) == (other.start_s, other.stop_s, other.label):
                got = f"{event.label!r} from {event.start_s:g} to {event.stop_s:g} s, as {_where(event.where)}"
                self.problems.add(other.where, "each label once", got)

    def _apart(self, events: Sequence[Event]) -> None:
        for candidate, other in _overlaps([event for event in events if event.start_s < event.stop_s]):
            since = f"{candidate.start_s:g} s ({_where(candidate.where)})"
            got = f"{other.label!r} from {other.start_s:g} s, while {candidate.label!r} lasts since {since}"
            self.problems.add(other.where, "one label at a time in a track", got)


def _overlaps(events: Sequence[Event]) -> Iterator[tuple[Event, Event]]:
    """Sorted events that begin before one before them ends."""
    latest: Event | None = None
    for event in events:
        if latest and event.start_s < latest.stop_s - EXACT_S:
            yield latest, event
        if not latest or event.stop_s > latest.stop_s:
            latest = event


def _lane(events: Sequence[Event], seen: tuple[tuple[float, float], ...], name: str) -> Lane:
    segments: list[Segment] = []
    for event in events:
        start_s = max(event.start_s, segments[-1].stop_s) if segments else event.start_s
        if start_s < event.stop_s:
            segments.append(Segment(start_s, event.stop_s, event.label, event.confidence, event.note))
    moments = [event for event in events if event.start_s == event.stop_s]
    points = tuple(Point(moment.start_s, moment.label, moment.confidence, moment.note) for moment in moments)
    return Lane(tuple(segments), points, seen, name, events[0].author, events[0].subject)


def _where(where: int | str) -> str:
    return f"line {where}" if isinstance(where, int) else where


def base(path: str) -> str:
    """The name of a file without its folders, whichever way these are written."""
    return PurePosixPath(path.replace("\\", "/")).name or path


def stem(path: str) -> str:
    """The name of a file without folders and its last suffix, where that looks like one."""
    name = base(path)
    front, dot, last = name.rpartition(".")
    return front if dot and front and last.isalnum() and len(last) <= 5 else name


# Frames and seconds ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def bounds(info: VideoInfo) -> np.ndarray:
    """(N + 1,) when each frame appears, and when the last one disappears."""
    return np.append(info.times_s, info.duration_s)


def seconds_of(first: int, stop: int, info: VideoInfo) -> tuple[float, float]:
    """Frames [first, stop) as seconds."""
    bounds_s = bounds(info)
    return float(bounds_s[first]), float(bounds_s[stop])


def frames_of(start_s: float, stop_s: float, info: VideoInfo) -> tuple[int, int]:
    """The frames [first, stop) that appear within [start_s, stop_s)."""
    first, stop = np.searchsorted(info.times_s, (start_s - EXACT_S, stop_s - EXACT_S))
    return int(first), int(stop)


def runs(row: Sequence[Any]) -> Iterator[tuple[Any, int, int]]:
    """Runs of one value as value, first and stop."""
    first = 0
    for index in range(1, len(row) + 1):
        if index == len(row) or row[index] != row[first]:
            yield row[first], first, index
            first = index


def of_runs(row: Sequence[Any], info: VideoInfo, *, every: int = 1, line: int = 1, empty: Any = None) -> list[Event]:
    """A row with a label for each frame, or each so many, as events; `empty` is no label. line: of the first."""
    frames = info.frame_count
    return [
        Event(*seconds_of(first * every, min(stop * every, frames), info), value, first + line)
        for value, first, stop in runs(row)
        if value != empty
    ]


def spans(row: Sequence[bool], info: VideoInfo) -> tuple[tuple[float, float], ...]:
    """Where a row with a truth for each frame holds, as stretches of seconds."""
    return tuple(seconds_of(first, stop, info) for value, first, stop in runs(row) if value)
