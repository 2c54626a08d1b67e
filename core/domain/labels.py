"""Labels as files of other programs hold them: several clips a file, several tracks a clip."""

from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from core.domain import intervals
from core.domain.datasets import Finding
from core.domain.intervals import Span
from core.domain.predictions import Analysis, LabelScore, Segment, Track
from core.domain.validation import check
from core.domain.video import VideoInfo


@dataclass(frozen=True)
class Point:
    """A label at one moment, without a length."""

    time_s: float
    label: str
    confidence: float | None = None
    note: str = ""

    def __post_init__(self):
        check(0 <= self.time_s < float("inf") and bool(self.label), f"a point at {self.time_s} s needs a label")
        check(self.confidence is None or 0 <= self.confidence <= 1, f"confidence is {self.confidence}")


@dataclass(frozen=True)
class Part:
    """A part of a file that may be taken or left. kind: such as "tier" or "subject"; count: of the labels in it."""

    kind: str
    name: str
    count: int = 0


@dataclass(frozen=True)
class Lane:
    """One track of a file: labels of one clip by one author that do not overlap.

    name: of a tier or a behaviour, "" where the file has none. subject: who is labelled. seen: sorted stretches that
    the author looked at: inside them an instant without a segment is background, outside them nothing is known. Where
    the file does not say what was looked at, seen is empty.
    """

    segments: tuple[Segment, ...] = ()
    points: tuple[Point, ...] = ()
    seen: tuple[Span, ...] = ()
    name: str = ""
    author: str = ""
    subject: str = ""

    def __post_init__(self):
        overlapping = next(
            (later for earlier, later in pairwise(self.segments) if earlier.stop_s > later.start_s), None
        )
        if overlapping is not None:
            raise ValueError(f"segments overlap at {overlapping.start_s} s")
        ends = [moment for stretch in self.seen for moment in stretch]
        check(ends == sorted(ends) and min(ends, default=0.0) >= 0, f"the seen stretches are {self.seen[:5]}")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in use, in the order in which they appear."""
        return tuple(dict.fromkeys(one.label for one in (*self.segments, *self.points)))


@dataclass(frozen=True)
class ClipLabels:
    """What a file says of one clip.

    name: how it names the clip. lanes: its tracks. label: of the whole clip, "" where there is none. split, group and
    subject: as for an item of a labelled set. duration_s, frame_count, rate_hz: what the file itself states of the
    clip, 0 where it does not. info: the clip as it was measured, where it is known which one is meant. model and
    ranking: who said so, and its labels for the whole clip, best first, where a network did. words: see Analysis.
    """

    name: str
    lanes: tuple[Lane, ...] = ()
    label: str = ""
    split: Literal["", "train", "val", "test", "unused"] = ""
    group: str = ""
    subject: str = ""
    duration_s: float = 0.0
    frame_count: int = 0
    rate_hz: Fraction | None = None
    info: VideoInfo | None = field(default=None, compare=False)
    model: str = ""
    ranking: tuple[LabelScore, ...] = ()
    words: tuple[str, ...] | None = None

    @property
    def end_s(self) -> float:
        """The moment the last frame disappears, measured or else as the file states it; 0 where neither is known."""
        return self.info.duration_s if self.info else self.duration_s

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in use, in the order in which they appear."""
        own = (self.label,) if self.label else ()
        return tuple(dict.fromkeys([*own, *(label for lane in self.lanes for label in lane.labels)]))


@dataclass(frozen=True)
class Labels:
    """All that a file of labels holds. classes: its list of labels, without the background. background: its name for
    "nothing happening", "" where it has none. findings: what was odd when it was read. many: several clips were
    asked for, so a format that writes one otherwise than several writes several, even if only one is there.
    """

    clips: tuple[ClipLabels, ...]
    classes: tuple[str, ...] = ()
    background: str = ""
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    many: bool = field(default=False, compare=False)

    def __post_init__(self):
        check(len(set(self.classes)) == len(self.classes) and all(self.classes), f"the classes are {self.classes}")
        strangers = {label for clip in self.clips for label in clip.labels} - set(self.classes)
        check(not strangers, f"labels that the list lacks: {sorted(strangers)}")
        check(self.background not in self.classes, f"{self.background!r} is background and a class")


def listed(classes: tuple[str, ...], clips: tuple[ClipLabels, ...]) -> tuple[str, ...]:
    """The classes, followed by those in use that they lack."""
    return tuple(dict.fromkeys([*classes, *(label for clip in clips for label in clip.labels)]))


def labels_of_analysis(analysis: Analysis) -> ClipLabels:
    """What a network says of a clip, as a file would hold it."""
    lane = labels_of_track(analysis.track)
    return ClipLabels(
        analysis.video.path,
        (lane,),
        info=analysis.video,
        model=analysis.model,
        ranking=analysis.ranking,
        words=analysis.words,
    )


def labels_of_track(track: Track) -> Lane:
    """A track as a lane; its empty label is what is seen and has no segment."""
    kept = tuple(segment for segment in track.segments if segment.label != track.labels[0])
    start_s, stop_s = track.seen_s
    return Lane(kept, seen=((start_s, stop_s),) if start_s < stop_s else (), author=track.author)


def tracks_of_lane(lane: Lane, video: str, nothing: str, end_s: float) -> tuple[Track, ...]:
    """A lane as tracks: one for each stretch that its author looked at, as a track has one such stretch.

    Where the file does not say what was looked at, each segment is known and nothing between them is.
    """
    seen = lane.seen or intervals.covered(lane.segments)
    labels = (nothing, *(label for label in lane.labels if label != nothing))
    tracks: list[Track] = []
    for start_s, stop_s in seen:
        inside = [segment for segment in lane.segments if segment.start_s < stop_s and start_s < segment.stop_s]
        cut = tuple(
            replace(segment, start_s=max(segment.start_s, start_s), stop_s=min(segment.stop_s, stop_s))
            for segment in inside
        )
        tracks.append(Track(video, labels, cut, (start_s, min(stop_s, end_s) if end_s else stop_s), lane.author))
    return tuple(tracks)


@dataclass(frozen=True)
class Renaming:
    """What becomes of labels that are not known: pairs of a label and its new name, or "" to leave it out."""

    pairs: tuple[tuple[str, str], ...] = ()

    def __post_init__(self):
        names = [label for label, _ in self.pairs]
        check(len(set(names)) == len(names) and all(names), f"each label is renamed once: {names}")
