"""From what a file says, line by line, to labels of clips: the checks that all readers share.

A reader makes Events, in seconds as the file tells them, and hands them to `clip`. There times are moved onto the frame
that is meant and cut to the clip; labels at the same time are parted into lanes. A row that means nothing is left out
and told; where no other remains, or where something would have to be guessed, the file is refused.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Lane, Point, Segment, VideoInfo, listed
from core.stages.formats.common.clip_names import base, meant, several
from core.stages.formats.common.files import FirstFindings, OddRow, Problems, ReadOptions, alike_rows, place_text, shown
from core.stages.formats.common.frame_times import (
    EXACT_S,
    bounds,
    overlaps,
    reach_s,
    rows_apart,
    without,
)

LATEST_S = 1e7  # some 115 days: what is later is a date or a wrong unit
BACKGROUND = "background"


class Event(NamedTuple):
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


NO_EVENT = Event(math.nan, math.nan, "")


@dataclass
class Reader:
    """Reads one file: gathers what is odd and what is wrong. resolution_s: what the last digit of a time stands for.

    uploads: whether names of clips may have the prefix of an upload. parallel: whether the program lets labels of one
    name overlap, so that they stand in several tracks; else that is refused, for what it means is not settled. sound:
    whether something was read that says of a stretch that nothing happens there, as rows of frames do.
    """

    file: str
    asked: ReadOptions
    resolution_s: float = 0.0
    uploads: bool = False
    parallel: bool = False
    sound: bool = False
    problems: Problems = field(init=False)
    findings: FirstFindings = field(default_factory=FirstFindings)
    coarse: set[float] = field(default_factory=set)

    def __post_init__(self):
        self.problems = Problems(self.file)

    def noted(self, where: int | str, expected: str, got: str) -> None:
        """Something odd that takes part all the same."""
        self.findings.noted(self.file, *_placed(where, expected, got))

    def left_out(self, where: int | str, expected: str, got: str, hint: str = "") -> None:
        """A row that means nothing: it takes no part, and where no other remains it is why the file is refused."""
        self.unused(where, expected, got)
        self.problems.skip(where, expected, got, hint)

    def rows_left_out(self, rows: Iterable[OddRow], hint: str = "") -> None:
        """Rows of frames that mean nothing: those that are odd in one way are told by the first and their number."""
        for where, expected, got in alike_rows(rows):
            self.left_out(where, expected, got, hint)

    def unused(self, where: int | str, expected: str, got: str) -> None:
        """Something that takes no part, for it is no label of time or of no clip that was given."""
        self.findings.left_out(self.file, *_placed(where, expected, got))

    def number(self, value: Any, where: int | str, what: str = "a number") -> float:
        """A finite number of a file, as such or as text; NaN where it is none, which is told."""
        kind = type(value)
        try:
            parsed = float(value) if kind is str or kind is float or kind is int else math.nan
        except (ValueError, OverflowError):
            parsed = math.nan
        if not math.isfinite(parsed) or (kind is str and "_" in value):
            self.left_out(where, what, shown(value))
            return math.nan
        return parsed

    def count(self, value: Any, where: int | str, what: str = "a whole number from 0") -> int:
        """A whole number from 0; -1 where it is none, which is told."""
        if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal() and len(value) < 16:
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53:
            return value
        self.left_out(where, what, shown(value))
        return -1

    def label(self, value: Any, where: int | str) -> str:
        """A label: text that is not blank; "" where it is none, which is told."""
        if isinstance(value, str) and value.strip():
            return value.strip()
        self.left_out(where, "a label", shown(value))
        return ""

    def confidence(self, value: Any, where: int | str) -> float | None:
        """A confidence from 0 to 1, None where there is none."""
        if value is None or value == "":
            return None
        parsed = self.number(value, where, "a confidence from 0 to 1")
        if not 0 <= parsed <= 1:
            if not math.isnan(parsed):
                self.left_out(where, "a confidence from 0 to 1", shown(value))
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
        infos = meant(name, given, uploads=self.uploads)
        if len(infos) > 1:
            raise FormatInvalid(
                f"{self.file}: {len(infos)} of the clips given are called {name!r}.", "Give one of them at a time."
            )
        if infos:
            return infos[0]
        if alone and len(given) == 1 and not self.asked.by_name:
            self.noted(0, f"labels of the clip {base(given[0].path)}", f"labels of {name!r}, taken as that clip's")
            return given[0]
        return None

    def given(self, names: Iterable[str]) -> set[str]:
        """The names in a file of frames whose clips were given; the others are told. All where none or no clip was."""
        distinct = list(dict.fromkeys(names))
        known = {name for name in distinct if meant(name, self.asked.clips, uploads=self.uploads)}
        strange = [name for name in distinct if name not in known]
        if not known or not strange:
            return set(distinct)
        self.unused(0, "labels of the clips that were given", f"labels of {several(strange)}")
        return known

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
        rows = list(events)
        seen = _without_blanks(seen, rows)
        return replace(made, lanes=self._lanes(self._sound(rows, made, exact), seen))

    def lane(
        self, events: Iterable[Event], clip: ClipLabels, seen: tuple[tuple[float, float], ...], **names: str
    ) -> Lane:
        """One track of a file that parts labels into tracks itself: labels that overlap in it are refused."""
        rows = list(events)
        seen = self._seen(_without_blanks(seen, rows), clip.info)
        own = self._once(self._sound(rows, clip, False))
        self._apart(own)
        bare = _lane(own, seen, "") if own and not self.problems.told else Lane(seen=seen)
        return replace(bare, **names)

    def labels(self, clips: Sequence[ClipLabels], classes: Sequence[str] = (), background: str = "") -> Labels:
        """All that was read, or FormatInvalid with all that is wrong."""
        self.problems.finish(skipped=not (self.sound or any(clip.labels for clip in clips)))
        self._unbound(clips)
        if any(background in clip.labels for clip in clips if background):
            self.noted(0, "a background that is no label", f"{background!r}, which labels have: it is taken as a label")
            background = ""
        kept = tuple(dict.fromkeys(label for label in classes if label and label != background))
        return Labels(tuple(clips), listed(kept, tuple(clips)), background, self.findings.bounded(self.file))

    def _unbound(self, clips: Sequence[ClipLabels]) -> None:
        """Tell of clips that were given and that the file says nothing of."""
        bound = {id(clip.info) for clip in clips}
        names = list(dict.fromkeys(base(clip.name) for clip in clips))
        for info in () if self.asked.by_name else self.asked.clips:
            if id(info) not in bound:
                got = f"none: the file is about {several(names)}" if names else "none"
                self.noted(0, f"labels of {base(info.path)}", got)

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

    def _sound(self, events: list[Event], clip: ClipLabels, exact: bool) -> list[Event]:
        """The events on the clip's clock, without those that hold none, which is told. The list is used up."""
        own_s = tuple(
            np.fromiter(map(attrgetter(end), events), np.float64, len(events)) for end in ("start_s", "stop_s")
        )
        starts_s, stops_s = own_s
        if clip.info and not exact:
            starts_s, stops_s = self._snapped(events, starts_s, clip.info), self._snapped(events, stops_s, clip.info)
        latest_s = min(LATEST_S, clip.end_s) if clip.info else LATEST_S
        plain = (starts_s >= 0) & (starts_s < stops_s) & (stops_s <= latest_s)  # and where it stays as it is
        plain &= (starts_s == own_s[0]) & (stops_s == own_s[1])
        sound: list[Event] = []
        for at, stays in enumerate(plain.tolist()):  # an event goes when its successor is there: files hold millions
            event = events[at]
            if stays and event.label:
                sound.append(event)
            elif placed := self._within(event, float(starts_s[at]), float(stops_s[at]), clip):
                sound.append(placed)
            events[at] = NO_EVENT
        return sound

    def _snapped(self, events: Sequence[Event], times_s: np.ndarray, info: VideoInfo) -> np.ndarray:
        """(N,) for each time the one frame time within its resolution, or else the time itself."""
        bounds_s = bounds(info)
        digits_s = np.fromiter((event.digit_s or self.resolution_s for event in events), np.float64, len(events))
        for digit_s in np.unique(digits_s):
            own = np.flatnonzero(digits_s == digit_s)
            within_s = reach_s(float(digit_s)) + EXACT_S
            first, stop = (np.searchsorted(bounds_s, times_s[own] + side_s) for side_s in (-within_s, within_s))
            alone = stop - first == 1
            several = own[(stop - first > 1) & np.isfinite(times_s[own])]
            if len(several) and digit_s not in self.coarse:
                self.coarse.add(float(digit_s))
                at, count = several[0], (stop - first)[own == several[0]][0]
                expected = f"one frame within {reach_s(float(digit_s)):g} s of {times_s[at]:g} s"
                self.noted(events[at].where, expected, f"{count} frames; such times stay as they are")
            times_s = times_s.copy()
            times_s[own[alone]] = bounds_s[first[alone]]
        return times_s

    def _within(self, event: Event, start_s: float, stop_s: float, clip: ClipLabels) -> Event | None:
        """The event at its times on the clip's clock; None where it holds none, which is told."""
        if math.isnan(event.start_s) or math.isnan(event.stop_s) or not event.label:
            return None  # told already
        if math.isinf(stop_s) and clip.end_s:
            stop_s = clip.end_s
        sound = 0 <= event.start_s < stop_s <= LATEST_S and start_s < stop_s and event.start_s < event.stop_s
        if not sound or (clip.info and stop_s > clip.end_s):
            end_s = self._end(event, start_s, stop_s, clip)
            if end_s is None:
                return None
            stop_s = end_s
        if (start_s, stop_s) == (event.start_s, event.stop_s):
            return event
        return Event(
            start_s, stop_s, event.label, event.where, event.confidence, event.note, event.lane, event.author,
            event.subject, event.digit_s,
        )  # fmt: skip

    def _end(self, event: Event, start_s: float, stop_s: float, clip: ClipLabels) -> float | None:
        """When an event ends that is a moment or ends up to a frame behind its clip; else None, which is told."""
        last_s = event.stop_s if math.isfinite(event.stop_s) else stop_s
        text = f"{event.label!r} from {event.start_s:g} to {last_s:g} s"
        if not 0 <= event.start_s <= last_s <= LATEST_S:
            hint = "Give the clip too, with --video at the command line." if math.isinf(stop_s) else ""
            self.left_out(event.where, "0 <= start < end, in seconds", text, hint)
            return None
        if clip.info and (start_s >= clip.end_s or stop_s > clip.end_s):
            frame_s = max(clip.end_s - float(clip.info.times_s[-1]), self.resolution_s, event.digit_s) + EXACT_S
            if start_s >= clip.end_s or stop_s > clip.end_s + frame_s:
                self.left_out(event.where, f"labels within the {clip.end_s:.3f} s of {clip.name}", text)
                return None
            self.noted(event.where, f"an end by {clip.end_s:.3f} s", f"{stop_s:g} s, which is shortened to it")
            stop_s = clip.end_s
        if event.start_s == event.stop_s:
            return start_s
        if stop_s <= start_s:
            self.left_out(event.where, "a segment of at least one frame", text)
            return None
        return stop_s

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

    def _lanes(self, events: Sequence[Event], seen: tuple[tuple[float, float], ...]) -> tuple[Lane, ...]:
        """Lanes by name, author and subject; one whose labels overlap becomes a lane for each label."""
        groups: dict[tuple[str, str, str], list[Event]] = {}
        for event in events:
            groups.setdefault((event.lane, event.author, event.subject), []).append(event)
        lanes: list[Lane] = []
        for group in groups.values():
            own = self._once(group)
            stretches = [event for event in own if event.start_s < event.stop_s]
            if any(True for _ in overlaps(stretches)):
                by_label: dict[str, list[Event]] = {}
                for event in own:
                    by_label.setdefault(event.label, []).append(event)
                got = f"overlapping labels; a track for each of {len(by_label)} labels"
                self.noted(own[0].where, "labels that do not overlap", got)
                for label, alone in by_label.items():
                    name = f"{own[0].lane}: {label}" if own[0].lane else label
                    rows = rows_apart(alone) if self.parallel else [alone]
                    self._apart(rows[0])
                    lanes += [_lane(row, seen, f"{name} {at}" if at > 1 else name) for at, row in enumerate(rows, 1)]
            else:
                lanes.append(_lane(own, seen, own[0].lane))
        return tuple(lanes) if lanes else (Lane(seen=seen),) if seen else ()

    def _once(self, events: Sequence[Event]) -> list[Event]:
        """The events in their order; one that is there twice counts once, which is told."""
        kept: list[Event] = []
        last = NO_EVENT
        for event in sorted(events, key=attrgetter("start_s", "stop_s", "label")):
            if event.start_s == last.start_s and event.stop_s == last.stop_s and event.label == last.label:
                got = f"{event.label!r} from {event.start_s:g} to {event.stop_s:g} s, as {place_text(last.where)}"
                self.unused(event.where, "each label once", got)
            else:
                kept.append(event)
                last = event
        return kept

    def _apart(self, events: Sequence[Event]) -> None:
        for candidate, other in overlaps([event for event in events if event.start_s < event.stop_s]):
            since = f"{candidate.start_s:g} s ({place_text(candidate.where)})"
            got = f"{other.label!r} from {other.start_s:g} s, while {candidate.label!r} lasts since {since}"
            self.problems.add(other.where, "one label at a time in a track", got)


def _lane(events: Sequence[Event], seen: tuple[tuple[float, float], ...], name: str) -> Lane:
    segments: list[Segment] = []
    latest_s = 0.0
    for start_s, stop_s, label, _, confidence, note, *_ in events:
        if latest_s < stop_s and start_s < stop_s:
            segments.append(Segment(max(start_s, latest_s), stop_s, label, confidence, note))
            latest_s = stop_s
    moments = [event for event in events if event.start_s == event.stop_s]
    points = tuple(Point(moment.start_s, moment.label, moment.confidence, moment.note) for moment in moments)
    return Lane(tuple(segments), points, seen, name, events[0].author, events[0].subject)


def _without_blanks(seen: tuple[tuple[float, float], ...], events: Iterable[Event]) -> tuple[tuple[float, float], ...]:
    """Seen stretches without those of events that carry no label: what happens there is not told."""
    blanks = [event for event in events if not event.label and 0 <= event.start_s < event.stop_s] if seen else []
    return without(seen, sorted((event.start_s, event.stop_s) for event in blanks))


def _placed(where: int | str, expected: str, got: str) -> tuple[int, str, str]:
    """Line, expected and got of a finding; a JSON path stands in what was got."""
    return (where, expected, got) if isinstance(where, int) else (0, expected, f"{got} ({where})")
