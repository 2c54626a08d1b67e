"""What a format is: how it reads and writes labels, and what a person must know of it before choosing it."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Part, VideoInfo
from core.stages.formats.common.files import Files, ReadOptions, packed
from core.stages.formats.common.frame_times import bounds

KEPT = {
    "classes": "unused labels",
    "confidence": "confidence",
    "notes": "notes",
    "overlaps": "overlapping labels",
    "points": "point events",
    "several": "more than one clip per file",
    "split": "split, group and subject of the clip",
    "stretches": "start and end of labels",
    "tracks": "track, author and subject of labels",
    "unlabelled": "unannotated parts of the clip",
    "whole": "labels of whole clips",
}
SPACES = "spaces in labels, which become underscores"


@dataclass(frozen=True)
class Format:
    """One kind of file.

    unit, base, ends: how it counts, where it begins and what its end means, in words. keeps: of KEPT, what it can hold.
    digit_s: what its last digit stands for, 0 where it counts frames. frames: whether it does. remark: what else to
    know. looks_like: whether a file of that name and with that beginning is one. files: what it writes into a folder.
    parts: what a file holds that may be taken or left. optional: the kinds of parts of which none need be taken.
    asks: what of ReadOptions its files leave open. every_frame: whether each frame must carry a label or be known to
    have none, so that it is written only of clips that were annotated from end to end. one_word: whether its readers
    end a label at a space, so that it is written with underscores. binary: whether its files are no text, and are told
    by their names alone. read_only: whether labels cannot be written so.
    """

    name: str
    title: str
    suffix: str
    mime: str
    unit: str
    base: str
    ends: str
    keeps: frozenset[str]
    digit_s: float
    remark: str
    read: Callable[[Files, ReadOptions], Labels]
    write: Callable[[Labels], bytes]
    looks_like: Callable[[str, str], bool]
    files: Callable[[Labels], dict[str, bytes]] | None = None
    parts: Callable[[Files], tuple[Part, ...]] | None = None
    optional: frozenset[str] = frozenset()
    asks: frozenset[str] = frozenset()
    every_frame: bool = False
    one_word: bool = False
    binary: bool = False
    read_only: bool = False

    @property
    def frames(self) -> bool:
        """Whether it counts frames, and so means nothing without the clip's own clock."""
        return not self.digit_s and "stretches" in self.keeps

    @property
    def several(self) -> bool:
        """Whether one file can hold several clips."""
        return "several" in self.keeps

    def resolution_s(self, info: VideoInfo | None = None) -> float:
        """The shortest time that it can tell apart: a digit, or the longest time that a frame of the clip stays."""
        if not self.frames:
            return self.digit_s
        if info is None:
            raise FormatInvalid(f"{self.title} counts frames.", "Give the clip to determine its resolution.")
        bounds_s = bounds(info)
        return float((bounds_s[1:] - bounds_s[:-1]).max())

    def lost(self, labels: Labels) -> tuple[str, ...]:
        """What of these labels it cannot hold, in words, told before the file is written."""
        held = {kind for clip in labels.clips for kind in _held(clip)}
        if self.frames and any(not lane.seen for clip in labels.clips for lane in clip.lanes):
            held.add("unlabelled")  # what a frame without a label means is then for its reader to decide
        if len(labels.clips) > 1:
            held.add("several")
        if set(labels.classes) - {label for clip in labels.clips for label in clip.labels}:
            held.add("classes")
        return (*(KEPT[kind] for kind in sorted(held - self.keeps)), *self.rewritten(labels))

    def rewritten(self, labels: Labels) -> tuple[str, ...]:
        """What it writes otherwise of the names of these labels, in words."""
        renamed = self.one_word and any(label.split() != [label] for label in every_label(labels))
        return (SPACES,) if renamed else ()


def every_label(labels: Labels) -> tuple[str, ...]:
    """The classes, and all labels of clips that are none of them."""
    return tuple(dict.fromkeys([*labels.classes, *(label for clip in labels.clips for label in clip.labels)]))


def _held(clip: ClipLabels) -> set[str]:
    """What of KEPT there is of a clip."""
    segments = [segment for lane in clip.lanes for segment in lane.segments]
    points = [point for lane in clip.lanes for point in lane.points]
    times = sorted((segment.start_s, segment.stop_s) for segment in segments)
    seen = {lane.seen for lane in clip.lanes}
    parts = [span for span in seen if span and not (span[0][0] <= 0 and span[0][1] >= clip.end_s > 0)]
    there = {
        "confidence": any(entry.confidence is not None for entry in [*segments, *points]),
        "notes": any(entry.note for entry in [*segments, *points]),
        "overlaps": any(values[1] > other[0] for values, other in pairwise(times)),
        "points": bool(points),
        "split": bool(clip.split or clip.group or clip.subject),
        "stretches": bool(segments or points),
        "tracks": len(clip.lanes) > 1 or any(lane.name or lane.author or lane.subject for lane in clip.lanes),
        "unlabelled": bool(parts),
        "whole": bool(clip.label),
    }
    return {kind for kind, holds in there.items() if holds}


def zipped(form_files: Callable[[Labels], dict[str, bytes]]) -> Callable[[Labels], bytes]:
    """The writer of one file for a format of several: a zip of them."""
    return lambda labels: packed(form_files(labels))
