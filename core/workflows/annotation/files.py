"""Tracks that people drew as files of any format, and files of labels as tracks."""

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from itertools import chain, count

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import (
    ClipLabels,
    DrawnTrack,
    Finding,
    Item,
    Labels,
    Lane,
    Renaming,
    Segment,
    VideoInfo,
    intervals,
    listed,
)
from core.stages.formats import Format, ReadOptions
from core.stages.formats.common import conversion, selection
from core.stages.formats.common.files import Files
from core.stages.formats.common.frame_times import EXACT_S


def labels_of(tracks: Sequence[DrawnTrack], info: VideoInfo, name: str, *, watched: bool = False) -> Labels:
    """Tracks of a clip as a file holds them. name: of the clip, for people. watched: whether all was annotated."""
    known, whole = replace(info, path=name), ((0.0, info.duration_s),)
    lanes = tuple(replace(track.lane, seen=whole) if watched else track.lane for track in tracks)
    clip = ClipLabels(name, lanes, duration_s=info.duration_s, info=known)
    offered = tuple(dict.fromkeys(label for track in tracks for label in track.labels))
    return Labels((clip,), listed(offered, (clip,)))


def unseen_s(tracks: Sequence[DrawnTrack], info: VideoInfo) -> float:
    """How much of a clip is not annotated in all of these tracks."""
    seen = reduce(intervals.common, (intervals.within(track.seen, (0.0, info.duration_s)) for track in tracks))
    left_s = info.duration_s - sum(stop_s - start_s for start_s, stop_s in seen)
    return left_s if left_s > EXACT_S else 0.0


def form_of(files: Files, form: str = "") -> Format:
    """The format of that name, or the one that the files are in."""
    return FORMATS[form] if form else conversion.detect_files(files)


def read(files: Files, info: VideoInfo, name: str, *, form: str = "", options: ReadOptions | None = None) -> Labels:
    """What files say of a clip; FormatInvalid where they cannot be read or say nothing of it.

    form: the name of their format, "" to tell it from the files. options: what they do not say themselves.
    """
    known = replace(options or ReadOptions(), clips=(replace(info, path=name),))
    labels = selection.read(files, form_of(files, form), known)
    clips = tuple(clip for clip in labels.clips if clip.info is not None)
    if not clips:
        named = ", ".join(clip.name for clip in labels.clips[:8]) or "no clip"
        raise FormatInvalid(f"These labels are of {named}, not of {name}.", "Choose that clip, or rename the file.")
    others = [clip.name for clip in labels.clips if clip.info is None]
    return replace(labels, clips=clips, findings=(*labels.findings, *_of_others(files, others, name)))


def _of_others(files: Files, others: Sequence[str], name: str) -> tuple[Finding, ...]:
    """What is told of the clips of a file that are not the one in question."""
    if not others:
        return ()
    rest = f" and {len(others) - 5} others" if len(others) > 5 else ""
    return (Finding(next(iter(files)), 0, f"labels of {name}", f"labels of {', '.join(others[:5])}{rest}"),)


def tracks_of(labels: Labels, renaming: Renaming | None = None) -> tuple[DrawnTrack, ...]:
    """The tracks that files hold. A label for the whole clip becomes a track of one segment.

    Where a file does not say what was looked at, its segments were, and nothing else.
    """
    named = conversion.renamed(labels, renaming) if renaming else labels
    tracks = [_track(lane, named, clip) for clip in named.clips for lane in _lanes(clip)]
    return tuple(track for track in tracks if _holds(track))


def with_tracks(labels: Labels, places: Sequence[int]) -> Labels:
    """The labels of some of the tracks that `tracks_of` gives, by their places there."""
    chosen, place, clips = set(places), count(), []
    for clip in labels.clips:
        whole = clip.label if len(_lanes(clip)) == len(clip.lanes) or next(place) in chosen else ""
        lanes = tuple(lane for lane in clip.lanes if _holds(_track(lane, labels, clip)) and next(place) in chosen)
        clips.append(replace(clip, label=whole, lanes=lanes))
    return replace(labels, clips=tuple(clips))


def _holds(track: DrawnTrack) -> bool:
    """Whether there is anything in a track."""
    return bool(track.seen or track.points)


def _lanes(clip: ClipLabels) -> tuple[Lane, ...]:
    if not clip.label or not clip.info:
        return clip.lanes
    whole = tracks_of_whole(clip.label, clip.info.duration_s)
    return (whole.lane, *clip.lanes)


def tracks_of_whole(label: str, duration_s: float) -> DrawnTrack:
    """A track in which a clip carries one label from its beginning to its end."""
    return DrawnTrack((label,), (Segment(0.0, duration_s, label),), ((0.0, duration_s),))


def _track(lane: Lane, labels_read: Labels, clip: ClipLabels) -> DrawnTrack:
    labelled = ((segment.start_s, segment.stop_s) for segment in lane.segments)
    seen = intervals.union(chain(lane.seen, labelled))
    if clip.info:
        seen = intervals.within(seen, (0.0, clip.info.duration_s))
    labels = tuple(dict.fromkeys([*labels_read.classes, *lane.labels]))
    return DrawnTrack(labels, lane.segments, seen, lane.name, lane.author, lane.subject, lane.points)


def track_of_item(item: Item, labels: Sequence[str], background: str, name: str) -> DrawnTrack:
    """What a labelled set says of a clip, as a track."""
    offered = tuple(label for label in labels if label != background)
    if item.label:
        whole = tracks_of_whole(item.label, item.duration_s)
        return replace(whole, labels=tuple(dict.fromkeys([*offered, item.label])), author=name)
    return DrawnTrack(offered, item.segments, intervals.union(item.seen), "", name)
