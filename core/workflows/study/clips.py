"""The clips of a study: the files that are given, what they are called, and the tracks that each of them has."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from core.base import addresses
from core.base.errors import AnalysisError
from core.domain import ClipLabels, Lane, Point, Segment, intervals
from core.workflows import clip_files


@dataclass(frozen=True)
class StudyTrack:
    """What one author says of one subject of a clip. name: of both, "" where the clip has one such track alone.

    lanes: as they were read; several where labels overlap, or where a file has several tiers. end_s: of the clip.
    """

    name: str
    lanes: tuple[Lane, ...]
    end_s: float

    @property
    def sequences(self) -> tuple[Lane, ...]:
        """The lanes in which something follows something: one where no two labels overlap, else as they were read."""
        segments = sorted((segment for lane in self.lanes for segment in lane.segments), key=_times)
        if any(earlier.stop_s > later.start_s for earlier, later in pairwise(segments)):
            return self.lanes
        return (Lane(tuple(segments), _points(self.lanes), _seen(self.lanes)),)

    def lane_of(self, label: str) -> Lane:
        """All that is said of one label, as a lane. What overlaps itself, in lanes side by side, counts once."""
        own = tuple(lane for lane in self.lanes if label in lane.labels) or self.lanes
        segments: list[Segment] = []
        for segment in sorted(
            (segment for lane in own for segment in lane.segments if segment.label == label), key=_times
        ):
            if segments and segment.start_s < segments[-1].stop_s:
                segments[-1] = replace(segments[-1], stop_s=max(segments[-1].stop_s, segment.stop_s))
            else:
                segments.append(segment)
        points = tuple(point for point in _points(own) if point.label == label)
        return Lane(tuple(segments), points, _seen(own))


def _times(segment: Segment) -> tuple[float, float]:
    return segment.start_s, segment.stop_s


def _points(lanes: Sequence[Lane]) -> tuple[Point, ...]:
    points = {(point.time_s, point.label): point for lane in lanes for point in lane.points}
    return tuple(points[key] for key in sorted(points))


def _seen(lanes: Sequence[Lane]) -> tuple[intervals.Span, ...]:
    """What was watched of any of them; nothing is known of it where one does not say so."""
    return intervals.union(span for lane in lanes for span in lane.seen) if all(lane.seen for lane in lanes) else ()


@dataclass(frozen=True)
class StudyClip:
    """A clip with its labels. name: in the tables; path: where it lies, or its name where only labels are given.

    digest: of its bytes, "" where it could not be read. source: what its labels are from, as a file or a model.
    """

    name: str
    path: str
    labels: ClipLabels
    digest: str = ""
    source: str = ""

    @property
    def tracks(self) -> tuple[StudyTrack, ...]:
        """Its tracks by author and subject. A label of the whole clip is a track from its beginning to its end."""
        end_s, lanes = self.labels.end_s, self.labels.lanes
        if self.labels.label:
            whole = Lane((Segment(0.0, end_s, self.labels.label),), seen=((0.0, end_s),))
            lanes = (whole, *lanes)
        groups: dict[tuple[str, str], list[Lane]] = {}
        for lane in lanes:
            groups.setdefault((lane.subject, lane.author), []).append(lane)
        alone = len(groups) < 2
        return tuple(
            StudyTrack("" if alone else _track_name(*key), tuple(group), end_s) for key, group in groups.items()
        )


def _track_name(subject: str, author: str) -> str:
    return f"{subject} ({author})" if subject and author else subject or author or "no name"


@dataclass(frozen=True)
class ClipFailure:
    """A clip, or a file of labels, that takes no part, and why."""

    name: str
    error: AnalysisError


@dataclass(frozen=True)
class GivenClips:
    """The files that a study is asked to look at. names: what they are called in the tables, each once."""

    paths: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class StudyTracks:
    """The clips that have labels, those that failed, and what was odd. given: all of them."""

    given: GivenClips
    clips: tuple[StudyClip, ...]
    failures: tuple[ClipFailure, ...] = ()
    notes: tuple[str, ...] = ()


def given_clips(texts: Sequence[str]) -> GivenClips:
    """The clips at these paths: files as they are, and of folders the video files in them and below."""
    paths: dict[str, str] = {}
    for text in texts:
        for path in clip_files.clips_at(text):
            paths.setdefault(addresses.absolute(path), path)
    return GivenClips(tuple(paths.values()), names_of(tuple(paths)))


def names_of(paths: Sequence[str]) -> tuple[str, ...]:
    """The file name of each path; of those that are called alike, with as many folders as tell them apart."""
    parts = [Path(path).parts for path in paths]
    depths = [1] * len(parts)
    while True:
        names = ["/".join(own[-depth:]) for own, depth in zip(parts, depths, strict=True)]
        counts: dict[str, int] = {}
        for name in names:
            counts[name] = counts.get(name, 0) + 1
        longer = [at for at, name in enumerate(names) if counts[name] > 1 and depths[at] < len(parts[at])]
        if not longer:
            return tuple(names)
        for at in longer:
            depths[at] += 1


def first_names(names: Sequence[str]) -> str:
    """The first of several names."""
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
