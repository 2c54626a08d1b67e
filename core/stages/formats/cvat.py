"""CVAT XML 1.1: tags of single frames ("for images"), and tracks of boxes ("for video"), which are only read.

Source: opencv/cvat site/content/en/docs/manual/advanced/xml_format.md. Frames count from 0; a track ends at its first
frame with outside="1", which is excluded. There is no rate in the file and no tag for a stretch of time.
"""

from collections.abc import Sequence
from itertools import pairwise

from core.base.errors import FormatInvalid
from core.domain import Labels, VideoInfo
from core.stages.formats.common import safe_xml
from core.stages.formats.common.clip_names import base, stem
from core.stages.formats.common.files import Files, ReadOptions, one_file, refused
from core.stages.formats.common.frame_times import runs, seconds_of
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import clock, frame_range, one_clip, one_line, placed

NAME = "cvat"
TITLE = "CVAT: tags of frames (XML 1.1, for images)"
SUFFIX = ".xml"
MIME = "application/xml"
UNIT, BASE, ENDS = (
    "frames",
    "the first frame is 0",
    "each tag is for one frame; a track excludes its first outside frame",
)
KEEPS = {"classes", "overlaps", "stretches"}
DIGIT_S = 0.0
ASKS = {"every"}
REMARK = "Tracks of boxes (CVAT for video) are read too, as the time in which they are seen."


def looks_like(name: str, head: str) -> bool:
    """Whether a file is CVAT's."""
    return "<annotations>" in head and (
        "<meta>" in head or "<image " in head or "<track " in head or "<version>" in head
    )


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """Tags and tracks. With asked.every more than 1 a tag holds for so many frames."""
    name, content = one_file(files)
    root = safe_xml.parsed(name, content)
    if root.tag != "annotations":
        raise refused(name, root.line, "annotations", root.tag)
    reader = Reader(name, options)
    task = root.one("meta", "task") or root.one("meta", "job") or safe_xml.Element("task", {}, 0)
    clip = base(_text(task, "source")) or stem(_text(task, "name")) or stem(name)
    info = reader.clock(clip)
    first, last, step = _range(reader, task, info.frame_count)
    size = _text(task, "size")
    frames = list(range(first, last + 1, step))
    if size and reader.count(size, task.line) not in (-1, len(frames), info.frame_count):
        got, hint = f"{size}", "It was made for other frames: another clip, or one that was converted since."
        reader.problems.add(task.line, f"{len(frames)} frames", got, hint)
    if step > 1 and options.every == 1:
        got = f"every {step} frames: each label is on its own frame only (--every {step} lets it hold until the next)"
        reader.noted(task.line, "labels of each frame", got)
    events = _tags(reader, root, info, options.every) + _tracks(reader, root, info, last)
    seen = (seconds_of(first, last + 1, info),) if step == 1 or options.every >= step else ()
    classes = [_text(element, "name") for element in (task.one("labels") or task).all("label")]
    reader.problems.finish()
    return reader.labels([reader.clip(clip, events, exact=True, seen=seen)], classes)


def _text(element: safe_xml.Element, *path: str) -> str:
    child = element.one(*path)
    return child.text.strip() if child else ""


def _range(reader: Reader, task: safe_xml.Element, frames: int) -> tuple[int, int, int]:
    """First frame, last frame and step of the task."""
    first = reader.count(_text(task, "start_frame") or "0", task.line)
    last = reader.count(_text(task, "stop_frame") or str(frames - 1), task.line)
    text = _text(task, "frame_filter")
    step = reader.count(text.removeprefix("step=") or "1", task.line, "step=N") if text else 1
    if not 0 <= first <= last < frames or step < 1:
        got = f"{first} to {last}, every {step}"
        reader.problems.add(task.line, f"frames within 0 to {frames - 1} of the clip", got)
        reader.problems.finish()
    return first, last, step


def _tags(reader: Reader, root: safe_xml.Element, info: VideoInfo, every: int) -> list[Event]:
    rows: dict[str, list[bool]] = {}
    seen: set[int] = set()
    for image in root.all("image"):
        frame = reader.count(image.get("id"), image.line, "an image with a frame as id")
        if frame >= info.frame_count:
            reader.problems.add(image.line, f"a frame below {info.frame_count}", f"{frame}")
        if frame in seen:
            reader.problems.add(image.line, "each frame once", f"{frame} again")
        seen.add(frame)
        for tag in image.all("tag"):
            label = reader.label(tag.get("label"), tag.line)
            if label and 0 <= frame < info.frame_count:
                row = rows.setdefault(label, [False] * info.frame_count)
                row[frame : frame + every] = [True] * min(every, info.frame_count - frame)
    events = [
        Event(*seconds_of(first, stop, info), label, f"image {first}", lane=label if len(rows) > 1 else "")
        for label, row in rows.items()
        for value, first, stop in runs(row)
        if value
    ]
    return _joined(events)


def _joined(events: list[Event]) -> list[Event]:
    """Events of different labels in one lane where they do not overlap."""
    ordered = sorted(events, key=lambda event: (event.start_s, event.stop_s))
    apart = all(event.stop_s <= other.start_s for event, other in pairwise(ordered))
    return [Event(event.start_s, event.stop_s, event.label, event.where) for event in ordered] if apart else ordered


def _tracks(reader: Reader, root: safe_xml.Element, info: VideoInfo, last: int) -> list[Event]:
    events = []
    for track in root.all("track"):
        label = reader.label(track.get("label"), track.line)
        begun: int | None = None
        shapes = [
            (reader.count(shape.get("frame"), shape.line), shape) for shape in track.children if shape.get("frame")
        ]
        for frame, shape in sorted(shapes, key=lambda pair: pair[0]):
            if not 0 <= frame < info.frame_count:
                reader.problems.add(shape.line, f"a frame below {info.frame_count}", f"{frame}")
                continue
            outside = shape.get("outside") == "1"
            if begun is None and not outside:
                begun = frame
            elif begun is not None and outside:
                if begun < frame:
                    events.append((begun, frame, label, track))
                begun = None
        if begun is not None:
            events.append((begun, last + 1, label, track))
    return [
        Event(*seconds_of(first, stop, info), label, track.line, lane=f"track {track.get('id')}")
        for first, stop, label, track in events
    ]


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """CVAT for images: an image for each labelled frame, a tag for each of its labels."""
    clip = one_clip(labels, "CVAT")
    info = clock(clip, "CVAT")
    _check(labels.classes)
    tags: dict[int, list[str]] = {}
    for item in placed(clip, "CVAT"):
        for frame in range(*frame_range(item.segment, info, "CVAT")):
            held = tags.setdefault(frame, [])
            if item.segment.label not in held:
                held.append(item.segment.label)
    name = base(clip.name) if safe_xml.holdable(base(clip.name)) else "clip"
    size = f'width="{info.width_px}" height="{info.height_px}"'
    images = []
    for frame in sorted(tags):
        inner = "".join(
            f'    <tag label={safe_xml.attribute(label)} source="manual"></tag>\n' for label in sorted(tags[frame])
        )
        images.append(f'  <image id="{frame}" name="frame_{frame:06}" {size}>\n{inner}  </image>\n')
    listed = "".join(f"        <label><name>{safe_xml.content(label)}</name></label>\n" for label in labels.classes)
    task = f"      <name>{safe_xml.content(stem(name))}</name>\n      <size>{info.frame_count}</size>\n"
    task += "      <mode>annotation</mode>\n      <start_frame>0</start_frame>\n"
    task += f"      <stop_frame>{info.frame_count - 1}</stop_frame>\n      <frame_filter></frame_filter>\n"
    task += f"      <labels>\n{listed}      </labels>\n      <source>{safe_xml.content(name)}</source>\n"
    meta = f"  <meta>\n    <task>\n{task}    </task>\n  </meta>\n"
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n'
    return f"{head}{meta}{''.join(images)}</annotations>\n".encode()


def _check(labels: Sequence[str]) -> None:
    one_line(labels, "CVAT")
    for label in labels:
        if not safe_xml.holdable(label):
            raise FormatInvalid(f"CVAT cannot hold the label {label!r}.", "Rename it: no control characters.")
