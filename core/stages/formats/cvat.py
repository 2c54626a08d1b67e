"""CVAT XML 1.1: tags of single frames ("for images"), and tracks of boxes ("for video"), which are only read.

Source: opencv/cvat site/content/en/docs/manual/advanced/xml_format.md. Frames count from 0; a track ends at its first
frame with outside="1", which is excluded; of a skeleton this stands on its points. There is no rate in the file and no
tag for a stretch of time. A project holds several tasks, whose frames run on.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, VideoInfo, intervals
from core.stages.formats.common import safe_xml
from core.stages.formats.common.clip_names import base, stem
from core.stages.formats.common.files import Files, ReadOptions, one_file, refused, shown
from core.stages.formats.common.frame_times import seconds_of
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


@dataclass(frozen=True)
class _Task:
    """A task of a file, which is about one clip. offset: of its frames in a project, where they run on over the tasks.

    first, last, step: the frames of the clip that were labelled.
    """

    element: safe_xml.Element
    clip: str
    number: str = ""
    subset: str = ""
    offset: int = 0
    first: int = 0
    last: int = 0
    step: int = 1


def read(files: Files, options: ReadOptions) -> Labels:
    """Tags and tracks. With asked.every more than 1 a tag holds for so many frames."""
    name, content = one_file(files)
    root = safe_xml.parsed(name, content)
    if root.tag != "annotations":
        raise refused(name, root.line, "annotations", root.tag)
    reader = Reader(name, options)
    tasks = _tasks(reader, root)
    own = _own_elements(reader, root, tasks)
    wanted = reader.given(task.clip for task in tasks)
    by_clip: dict[str, list[tuple[_Task, list[safe_xml.Element]]]] = {}
    for task, elements in zip(tasks, own, strict=True):
        if task.clip in wanted:
            info = reader.clock(task.clip, alone=len(wanted) == 1)
            by_clip.setdefault(info.path, []).append((task, elements))
    clips = [_clip(reader, pairs, len(wanted) == 1) for pairs in by_clip.values()]
    meta = root.one("meta", "project") or tasks[0].element
    classes = [_text(element, "name") for element in (meta.one("labels") or meta).all("label")]
    return reader.labels(clips, classes)


def _tasks(reader: Reader, root: safe_xml.Element) -> list[_Task]:
    """The tasks of a project, or the only one; the frames of a project run on from task to task of a subset."""
    project = root.one("meta", "project", "tasks")
    elements = list(project.all("task")) if project else []
    if not elements:
        alone = root.one("meta", "task") or root.one("meta", "job") or safe_xml.Element("task", {}, 0)
        clip = base(_text(alone, "source")) or stem(_text(alone, "name")) or stem(reader.file)
        return [_Task(alone, clip)]
    tasks, offsets = [], dict[str, int]()
    for element in elements:
        subset = _text(element, "subset")
        clip = base(_text(element, "source")) or base(_text(element, "name")) or _text(element, "id")
        offset = offsets.get(subset, 0)
        tasks.append(_Task(element, clip, _text(element, "id"), subset, offset))
        first, _, step = _told_range(reader, element)
        size = reader.count(_text(element, "size") or "0", element.line)
        offsets[subset] = offset + max(first, 0) + max(step, 1) * max(size, 0)
    return tasks


def _own_elements(reader: Reader, root: safe_xml.Element, tasks: Sequence[_Task]) -> list[list[safe_xml.Element]]:
    """The images and tracks of each task."""
    own: list[list[safe_xml.Element]] = [[] for _ in tasks]
    places = {task.number: at for at, task in enumerate(tasks)}
    offsets = [task.offset for task in tasks]
    for element in root.children:
        if element.tag not in ("image", "track"):
            continue
        at = 0 if len(tasks) == 1 else places.get(element.get("task_id"))
        if at is None and not element.get("task_id") and len(set(offsets)) == len(offsets):
            frame = min(_frames(element), default=-1)  # in the task where frames that run on come to lie
            at = bisect_right(offsets, frame) - 1 if frame >= 0 else None
        if at is None:
            got = f"{element.tag} {element.get('id')} with task_id {shown(element.get('task_id'))}"
            reader.left_out(element.line, "the task that an element belongs to", got)
        else:
            own[at].append(element)
    return own


def _clip(reader: Reader, pairs: Sequence[tuple[_Task, list[safe_xml.Element]]], alone: bool) -> ClipLabels:
    """The labels of a clip, of one task or of several."""
    every, events, seen = reader.asked.every, [], []
    info = reader.clock(pairs[0][0].clip, alone=alone)
    for task, elements in pairs:
        first, last, step = _range(reader, task.element, info.frame_count)
        if step > 1 and every == 1 and any(element.tag == "image" for element in elements):
            got = (
                f"every {step} frames: each label is on its own frame only (--every {step} lets it hold until the next)"
            )
            reader.noted(task.element.line, "labels of each frame", got)
        placed_task = replace(task, offset=_offset(task, elements), first=first, last=last, step=step)
        images = [element for element in elements if element.tag == "image"]
        tracks = [element for element in elements if element.tag == "track"]
        events += _tags(reader, images, info, placed_task) + _tracks(reader, tracks, info, placed_task)
        if step == 1 or every >= step:
            seen.append(seconds_of(first, last + 1, info))
    apart = sorted(seen)
    whole = all(span[1] <= other[0] for span, other in pairwise(apart))
    reader.problems.finish()
    return reader.clip(pairs[0][0].clip, events, alone=alone, exact=True, seen=apart if whole else apart[:1])


def _offset(task: _Task, elements: Sequence[safe_xml.Element]) -> int:
    """Where the frames of a task begin: at 0 where some of them lie before where they would run on."""
    frames = [frame for element in elements for frame in _frames(element)]
    return task.offset if min(frames, default=task.offset) >= task.offset else 0


def _frames(element: safe_xml.Element) -> list[int]:
    """The frames that an image or a track tells."""
    texts = [element.get("id")] if element.tag == "image" else [shape.get("frame") for shape in element.children]
    return [int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) < 16]


def _text(element: safe_xml.Element, *path: str) -> str:
    child = element.one(*path)
    return child.text.strip() if child else ""


def _told_range(reader: Reader, task: safe_xml.Element) -> tuple[int, int, int]:
    """First frame, last frame and step as a task tells them; -1 for the end of the clip, and for what is no number."""
    first = reader.count(_text(task, "start_frame") or "0", task.line)
    stop = _text(task, "stop_frame")
    text = _text(task, "frame_filter")
    step = reader.count(text.removeprefix("step=") or "1", task.line, "step=N") if text else 1
    return first, reader.count(stop, task.line) if stop else -1, step


def _range(reader: Reader, task: safe_xml.Element, frames: int) -> tuple[int, int, int]:
    """First frame, last frame and step of the task, within its clip."""
    first, last, step = _told_range(reader, task)
    last = last if _text(task, "stop_frame") else frames - 1
    if not 0 <= first <= last < frames or step < 1:
        got = f"{first} to {last}, every {step}"
        reader.problems.add(task.line, f"frames within 0 to {frames - 1} of the clip", got)
        reader.problems.finish()
    size, many = _text(task, "size"), len(range(first, last + 1, step))
    if size and reader.count(size, task.line) not in (-1, many, frames):
        hint = "It was made for other frames: another clip, or one that was converted since."
        reader.problems.add(task.line, f"{many} frames", size, hint)
    return first, last, step


def _tags(reader: Reader, images: Sequence[safe_xml.Element], info: VideoInfo, task: _Task) -> list[Event]:
    every = reader.asked.every
    frames_of_label: dict[str, set[int]] = {}
    shapes = 0
    for image in images:
        frame = reader.count(image.get("id"), image.line, "an image with a frame as id") - task.offset
        if not 0 <= frame < info.frame_count:
            if frame >= 0:
                reader.left_out(image.line, f"a frame below {info.frame_count}", f"{frame}")
            continue
        for tag in image.all("tag"):
            if label := reader.label(tag.get("label"), tag.line):
                frames_of_label.setdefault(label, set()).add(frame)
        shapes += sum(1 for child in image.children if child.tag != "tag")
    if shapes:
        reader.unused(images[0].line, "tags of images", f"{shapes} shapes, which are no labels of time")
    several = len(frames_of_label) > 1
    events = [
        Event(*seconds_of(int(first), int(stop), info), label, f"image {first}", lane=label if several else "")
        for label, frames in frames_of_label.items()
        for first, stop in intervals.union((frame, min(frame + every, info.frame_count)) for frame in frames)
    ]
    return _joined(events)


def _joined(events: list[Event]) -> list[Event]:
    """Events of different labels in one lane where they do not overlap."""
    ordered = sorted(events, key=lambda event: (event.start_s, event.stop_s))
    apart = all(event.stop_s <= other.start_s for event, other in pairwise(ordered))
    return [Event(event.start_s, event.stop_s, event.label, event.where) for event in ordered] if apart else ordered


def _tracks(reader: Reader, tracks: Sequence[safe_xml.Element], info: VideoInfo, task: _Task) -> list[Event]:
    """The stretches in which tracks are seen. One that is never closed lasts to the end of the task, which is told."""
    events = []
    end = min(task.last + task.step, info.frame_count)
    for track in tracks:
        label = reader.label(track.get("label"), track.line)
        begun: int | None = None
        stretches: list[tuple[int, int]] = []
        for frame, seen in _seen_changes(reader, track, info, task):
            if begun is None and seen:
                begun = frame
            elif begun is not None and not seen:
                stretches.append((begun, frame))
                begun = None
        if begun is not None and label:
            stretches.append((begun, max(end, begun + 1)))
            start_s, stop_s = seconds_of(*stretches[-1], info)
            got = f"track {track.get('id')} ({label}) from {start_s:.3f} s, which was never closed: "
            got += f"it lasts to {stop_s:.3f} s"
            reader.noted(track.line, "a track that ends where it is outside", got)
        events += [
            Event(*seconds_of(first, stop, info), label, track.line, lane=f"track {track.get('id')}")
            for first, stop in stretches
        ]
    return events


def _seen_changes(reader: Reader, track: safe_xml.Element, info: VideoInfo, task: _Task) -> list[tuple[int, bool]]:
    """For each frame of a track whether it is seen there: a skeleton is while any of its points is."""
    changes: dict[int, list[tuple[str, bool]]] = {}
    nested = [(part, shape) for part in track.all("track") for shape in part.children]
    for part, shape in [*((track, shape) for shape in track.children), *nested]:
        if not shape.get("frame"):
            continue
        frame = reader.count(shape.get("frame"), shape.line) - task.offset
        if not 0 <= frame < info.frame_count:
            reader.left_out(shape.line, f"a frame below {info.frame_count}", f"{frame}")
            continue
        points = [] if shape.get("outside") else [point for point in shape.children if point.get("outside")]
        own = "" if part is track else f"{part.get('id')} {part.get('label')}"
        states = [(point.get("label"), point.get("outside") != "1") for point in points]
        changes.setdefault(frame, []).extend(states or [(own, shape.get("outside") != "1")])
    seen: set[str] = set()
    rows = []
    for frame in sorted(changes):
        for name, there in changes[frame]:
            (seen.add if there else seen.discard)(name)
        rows.append((frame, bool(seen)))
    return rows


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
