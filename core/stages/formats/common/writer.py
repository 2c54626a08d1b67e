"""From labels of clips to what a file can hold: the checks that all writers share."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Lane, Segment, VideoInfo
from core.stages.formats.common.clip_names import base, stem
from core.stages.formats.common.frame_times import bounds, frames_of

STEADY_S = 1e-3  # gaps between frames that differ by less are equal


@dataclass(frozen=True)
class Placed:
    """A segment with the lane it lies in."""

    segment: Segment
    lane: Lane


def one_clip(labels: Labels, title: str) -> ClipLabels:
    """The only clip of labels for a format that holds one clip a file."""
    if len(labels.clips) != 1:
        raise FormatInvalid(
            f"{title} holds one clip per file, but these are labels of {len(labels.clips)} clips.",
            "Write a folder of files, or choose a format that holds several clips.",
        )
    return labels.clips[0]


def placed(clip: ClipLabels, title: str) -> list[Placed]:
    """All segments by start, stop and label; the label of a whole clip is one from its start to its end."""
    placed_segments = [Placed(segment, lane) for lane in stretched(clip, title).lanes for segment in lane.segments]
    return sorted(
        placed_segments,
        key=lambda placed: (placed.segment.start_s, placed.segment.stop_s, placed.segment.label, placed.lane.name),
    )


def stretched(clip: ClipLabels, title: str) -> ClipLabels:
    """The clip with the label of the whole clip as a segment of that length."""
    if not clip.label:
        return clip
    if not clip.end_s:
        raise FormatInvalid(
            f"{title} holds times, and the duration of {clip.name!r} is unknown.",
            "Give the clip too (--video at the command line), or choose a format that holds labels of whole clips.",
        )
    whole = Lane((Segment(0.0, clip.end_s, clip.label),), seen=((0.0, clip.end_s),))
    return replace(clip, label="", lanes=(whole, *clip.lanes))


def clock(clip: ClipLabels, title: str) -> VideoInfo:
    """The measured clip, for a format that counts its frames."""
    if clip.info is None:
        raise FormatInvalid(
            f"{title} counts frames, and the frame times of {clip.name!r} are unknown.",
            "Give the clip too (--video at the command line).",
        )
    return clip.info


def steady(info: VideoInfo, title: str) -> None:
    """Refuse a clip whose frames do not follow at equal gaps, for a format that counts on a frame rate."""
    gaps_s = bounds(info)[1:] - bounds(info)[:-1]
    if len(gaps_s) > 1 and float(gaps_s.max() - gaps_s.min()) > STEADY_S:
        raise FormatInvalid(
            f"{title} needs a constant frame rate, but the gaps between the frames of {base(info.path)} vary from "
            f"{gaps_s.min():.3f} to {gaps_s.max():.3f} s.",
            "Choose a format that holds seconds, or export the clip at a constant rate first.",
        )


def frame_range(segment: Segment, info: VideoInfo, title: str) -> tuple[int, int]:
    """The frames [first, stop) of a segment; one without a frame is refused by name."""
    first, stop = frames_of(segment.start_s, segment.stop_s, info)
    if first >= stop:
        raise empty(segment, title, "frames")
    return first, stop


def empty(segment: Segment, title: str, unit: str) -> FormatInvalid:
    """The error for a segment that rounding would make empty."""
    return FormatInvalid(
        f"{title} holds {unit}: {segment.label!r} from {segment.start_s} to {segment.stop_s} s would be empty.",
        "Choose JSON for such short segments.",
    )


def in_ms(segment: Segment, title: str) -> tuple[int, int]:
    """Start and stop in whole milliseconds."""
    start_ms, stop_ms = round(segment.start_s * 1000), round(segment.stop_s * 1000)
    if start_ms >= stop_ms:
        raise empty(segment, title, "milliseconds")
    return start_ms, stop_ms


def seconds(segment: Segment, title: str) -> tuple[str, str]:
    """Start and stop as seconds with three decimals."""
    start_ms, stop_ms = in_ms(segment, title)
    return f"{start_ms / 1000:.3f}", f"{stop_ms / 1000:.3f}"


def json_bytes(content: Any, *, indent: int | None = 2) -> bytes:
    """JSON in UTF-8; a path that is not (a file name may hold any byte) is told with \\udcXX escapes."""
    text = json.dumps(content, indent=indent, ensure_ascii=False, allow_nan=False) + "\n"
    return text.encode("utf-8", "backslashreplace")


def ms(time_s: float) -> str:
    """Seconds with three decimals."""
    return f"{round(time_s * 1000) / 1000:.3f}"


def csv_table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A header and rows as CSV in UTF-8, with commas and plain line feeds."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def table_bytes(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
    """A table of these columns; what a row does not tell is empty."""
    return csv_table(columns, ([row.get(column, "") for column in columns] for row in rows))


def frame_labels(clip: ClipLabels, title: str, background: str) -> list[str]:
    """One label for each frame, `background` where something was looked at and nothing found.

    Refuses labels that overlap and frames that nobody looked at: such a row has no value for either.
    """
    info = clock(clip, title)
    row: list[str] = [""] * info.frame_count
    for item in placed(clip, title):
        first, stop = frame_range(item.segment, info, title)
        if taken := next((label for label in row[first:stop] if label), ""):
            text = f"{item.segment.label!r} from {item.segment.start_s:g} s overlaps {taken!r}"
            raise FormatInvalid(
                f"{title} holds one label per frame: {text}.",
                "Choose a format that holds several labels at a time, such as ELAN or DeepEthogram.",
            )
        row[first:stop] = [item.segment.label] * (stop - first)
    watched = seen_frames(stretched(clip, title).lanes, info)
    for frame, label in enumerate(row):
        if not label and not watched[frame]:
            raise FormatInvalid(
                f"{title} needs a label for each frame, but frame {frame} of {clip.name!r} is not annotated "
                f"({info.times_s[frame]:.3f} s).",
                "State that the whole clip was annotated (--watched at the command line), or choose a format that "
                "keeps unannotated parts, such as DeepEthogram.",
            )
    return [label or background for label in row]


def seen_frames(lanes: Sequence[Lane], info: VideoInfo) -> list[bool]:
    """For each frame, whether all of these lanes' authors looked at it."""
    row = [bool(lanes)] * info.frame_count
    for lane in lanes:
        own = [False] * info.frame_count
        for start_s, stop_s in lane.seen:
            first, stop = frames_of(start_s, stop_s, info)
            own[first:stop] = [True] * (stop - first)
        row = [entry and other for entry, other in zip(row, own, strict=True)]
    return row


def without_blanks(labels: Sequence[str], title: str) -> None:
    """Refuse labels with blanks, for a format that parts labels at them."""
    for label in labels:
        if label.split() != [label]:
            raise FormatInvalid(
                f"{title} separates labels by spaces: it cannot hold {label!r}.",
                "Rename it, for example with an underscore.",
            )


def one_line(labels: Sequence[str], title: str) -> None:
    """Refuse labels with line breaks or blanks at their ends."""
    for label in labels:
        if label.splitlines() != [label] or label.strip() != label:
            hint = "Rename it: one line without leading or trailing spaces."
            raise FormatInvalid(f"{title} cannot hold the label {label!r}.", hint)


def names_of(labels: Labels) -> list[str]:
    """Each clip's name without folders and suffix; two clips of one such name are refused."""
    named: dict[str, str] = {}
    for clip in labels.clips:
        name = stem(clip.name)
        if name in named:
            raise FormatInvalid(f"Two clips are called {name!r}: {named[name]} and {clip.name}.", "Rename one of them.")
        named[name] = clip.name
    return list(named)
