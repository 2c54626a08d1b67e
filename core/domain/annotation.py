"""Labels that people draw: one track of a clip, and what an edit changed of it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar

from core.domain.datasets import Item
from core.domain.intervals import Span
from core.domain.labels import Lane, Point
from core.domain.predictions import Segment
from core.domain.validation import check


@dataclass(frozen=True)
class DrawnTrack:
    """One track of labels that a person draws in a clip, on the clock of the source file.

    labels: those that it offers, in the order of their keys. segments: sorted, not overlapping. points: labels at one
    moment, anywhere, also within segments. seen: sorted stretches that were looked at, none touching another: inside
    them an instant without a segment is "nothing happening", outside them nothing is known. Every segment lies inside
    one of them. name: what the track is about; author: who drew it; subject: who is labelled, where a file says so.
    """

    STORED_NAME: ClassVar[str] = "Document"

    labels: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    seen: tuple[Span, ...] = ()
    name: str = ""
    author: str = ""
    subject: str = ""
    points: tuple[Point, ...] = ()

    def __post_init__(self):
        check(len(set(self.labels)) == len(self.labels) and all(self.labels), f"the labels are {self.labels}")
        used = {segment.label for segment in self.segments} | {point.label for point in self.points}
        check(used <= set(self.labels), f"labels that the track does not offer: {sorted(used - set(self.labels))}")
        rising = all(start_s < stop_s for start_s, stop_s in self.seen)
        apart = all(earlier[1] < later[0] for earlier, later in pairwise(self.seen))
        check(rising and apart, f"the seen stretches are {self.seen[:5]}")
        check(not self.seen or self.seen[0][0] >= 0, "nothing is seen before the clip begins")
        overlapping = next(
            (later for earlier, later in pairwise(self.segments) if earlier.stop_s > later.start_s), None
        )
        if overlapping is not None:
            raise ValueError(f"segments overlap at {overlapping.start_s} s")
        index = 0
        for segment in self.segments:
            while index < len(self.seen) and self.seen[index][1] < segment.stop_s:
                index += 1
            if index == len(self.seen) or self.seen[index][0] > segment.start_s:
                raise ValueError(f"the segment at {segment.start_s} s was not seen")

    @property
    def lane(self) -> Lane:
        """The track as files hold it."""
        return Lane(self.segments, self.points, self.seen, self.name, self.author, self.subject)

    @property
    def seen_s(self) -> float:
        """How much of the clip was looked at."""
        return sum(stop_s - start_s for start_s, stop_s in self.seen)

    def __repr__(self):
        return f"DrawnTrack({self.name!r} by {self.author!r}, {len(self.segments)} segments, {self.seen_s:.2f} s seen)"


@dataclass(frozen=True)
class Head:
    """All of a track but its segments and what was seen. points: those of the track when the head was written."""

    labels: tuple[str, ...]
    name: str
    author: str
    subject: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Change:
    """What an edit made of a track, so that it can be done and undone.

    From place `first` on, the segments `removed` became `added`; from `seen_first` on, so did the seen stretches, and
    from `points_first` on the points. before, after: the rest of the track, where that changed, with all its points.
    """

    first: int
    removed: tuple[Segment, ...]
    added: tuple[Segment, ...]
    seen_first: int
    seen_removed: tuple[Span, ...]
    seen_added: tuple[Span, ...]
    before: Head | None = None
    after: Head | None = None
    points_first: int = 0
    points_removed: tuple[Point, ...] = ()
    points_added: tuple[Point, ...] = ()


@dataclass(frozen=True)
class Doubt:
    """A stretch that is worth a look. doubt: how unsure a network is of it, 0 to 1; said: its labels there."""

    start_s: float
    stop_s: float
    doubt: float
    said: tuple[str, ...] = ()


@dataclass(frozen=True)
class Learned:
    """A state of a labelled set that was put together by hand.

    dataset: its name; key: of its content; made: epoch seconds. seconds: of its clips that carry labels.
    videos: the clip of each item.
    """

    dataset: str
    key: str
    made: float
    seconds: float
    videos: tuple[str, ...]


@dataclass(frozen=True)
class Contribution:
    """What a labelled set said of a clip before labels that were drawn here went into it, and after."""

    before: Item | None
    after: Item


@dataclass(frozen=True)
class Edit:
    """One edit out of the player, of the track that its row shows. All moments are exact frame boundaries.

    kind: "paint", "unlabel", "change", "border", "split", "merge", "label", "delete", "point", "undo" or "redo". at_s:
    a moment inside the segment that is meant, as the row stood before. label: "" where the edit says nothing of one.
    sender, serial: who sent it, "" where nobody says, and its number there, from 1, by which it is known if it comes
    again. mark: the label of the point at at_s that is meant, "" where a segment is.
    """

    kind: str
    row: str
    at_s: float = 0.0
    start_s: float = 0.0
    stop_s: float = 0.0
    label: str = ""
    sender: str = ""
    serial: int = 0
    mark: str = ""
