"""Label Studio TimelineLabels: frames from 1 on the tag's own frame rate, both ends included.

Source: HumanSignal/label-studio docs/source/tags/timelinelabels.md and video.md; base and end follow from its editor.
Frame k covers [(k - 1) / rate, k / rate) of nominal time, and the export does not tell the rate: the configuration
does, as a number or as the key of a task's data. Names of uploads have a prefix.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import Labels, Part
from core.stages.formats.common import safe_xml
from core.stages.formats.common.clip_names import base
from core.stages.formats.common.files import Files, ReadOptions, json_of, shown
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import clock, frame_range, json_bytes, one_line, placed, steady

NAME = "labelstudio"
TITLE = "Label Studio: timeline labels"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = (
    "frames on the frameRate of its Video tag",
    "the first frame is 1",
    "the end is the last frame of the region",
)
KEEPS = {"overlaps", "several", "stretches"}
DIGIT_S = 0.0
ASKS = {"rate_hz"}
DEFAULT_RATE = Fraction(24)  # of a Video tag without one
REMARK = "Only for clips of constant rate. Set frameRate of the Video tag to the clip's rate: its default is 24. \
Base and end were not checked on a real export."


def looks_like(name: str, head: str) -> bool:
    """Whether a file holds regions of a timeline."""
    return '"timelinelabels"' in head or ('"annotations"' in head and '"was_cancelled"' in head)


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _VideoTag:
    """The Video tag of a configuration. key: of a task's data that holds the video; rate: as it is written."""

    key: str = ""
    rate: str = ""


def read(files: Files, options: ReadOptions) -> Labels:
    """The regions of all tasks. The rate is asked for, or comes from a configuration beside it, or from the clip."""
    name, tasks = _tasks(files)
    reader = Reader(name, options, 0.001, uploads=True, parallel=True)
    if not isinstance(tasks, list):
        reader.problems.add("$", "a list of tasks", shown(tasks))
        reader.problems.finish()
    tag = _configured(files)
    videos = {at: _video(reader, task, f"$[{at}]", tag) for at, task in enumerate(tasks)}
    wanted = reader.given(video for video in videos.values() if video)
    by_clip: dict[str, list[int]] = {}
    for at, video in videos.items():
        if video in wanted:
            info = reader.info(video, alone=len(wanted) == 1)
            by_clip.setdefault(info.path if info else video, []).append(at)
    kinds: Counter[str] = Counter()
    clips = []
    for numbers in by_clip.values():
        video = videos[numbers[0]]
        rates = {at: _rate(reader, video, tasks[at], f"$[{at}]", tag, len(wanted) == 1) for at in numbers}
        events = [
            event._replace(lane=f"task {at + 1}" if len(numbers) > 1 else "")
            for at, rate in rates.items()
            if rate
            for event in _task(reader, tasks[at], f"$[{at}]", rate, kinds)
        ]
        if len(numbers) > 1:
            reader.noted(f"$[{numbers[1]}]", f"one task for {base(video)}", f"{len(numbers)}: each has its tracks")
        clips.append(reader.clip(video, events, alone=len(wanted) == 1))
    for kind, many in kinds.items():
        reader.unused(0, "regions of a timeline", f"{many} of another kind, {kind}")
    return reader.labels(clips)


def parts(files: Files) -> tuple[Part, ...]:
    """The annotations that tasks have, each of another person, where a task has several."""
    _, tasks = _tasks(files)
    counts: Counter[str] = Counter()
    for task in tasks if isinstance(tasks, list) else []:
        for at, annotation in _annotations(task):
            regions = annotation.get("result")
            counts[_numbered(at)] += len(regions) if isinstance(regions, list) else 0
    return tuple(Part("annotation", name, many) for name, many in counts.items())


def _tasks(files: Files) -> tuple[str, Any]:
    """The name of the file of tasks, and these."""
    name = next((name for name in files if name.lower().endswith(".json")), next(iter(files), ""))
    entry = json_of(name, files[name])
    tasks = [entry] if isinstance(entry, Mapping) and "annotations" in entry else entry
    return name, [_full(task) for task in tasks] if isinstance(tasks, list) else tasks


def _full(task: Any) -> Any:
    """A task as a full export holds it, also of one of the short kind (JSON-MIN)."""
    if not isinstance(task, Mapping) or "data" in task or "annotations" in task:
        return task
    lists = [(key, own) for key, own in task.items() if isinstance(own, list)]
    regions = [
        {"from_name": key, "type": "timelinelabels", "value": value}
        for key, own in lists
        for value in own
        if isinstance(value, Mapping) and "timelinelabels" in value
    ]
    return {
        "data": {key: value for key, value in task.items() if not isinstance(value, list)},
        "annotations": [{"result": regions}],
    }


def _numbered(at: int) -> str:
    return f"annotation {at + 1}"


def _annotations(task: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """The annotations of a task that were finished, with their places."""
    series = task.get("annotations") if isinstance(task, Mapping) else None
    pairs = enumerate(series if isinstance(series, list) else ())
    return [(at, entry) for at, entry in pairs if isinstance(entry, Mapping) and not entry.get("was_cancelled")]


def _configured(files: Files) -> _VideoTag | None:
    """The Video tag of a configuration, that of the timeline where there are several."""
    for name, content in files.items():
        if name.lower().endswith(".json") or b"<View" not in content:
            continue
        elements = [safe_xml.parsed(name, content)]
        for element in elements:
            elements += element.children
        timeline = next((element.get("toName") for element in elements if element.tag == "TimelineLabels"), "")
        tags = [element for element in elements if element.tag == "Video"]
        tags.sort(key=lambda element: element.get("name") != timeline)
        if tags:
            attributes = {key.lower(): value.strip() for key, value in tags[0].attributes.items()}
            return _VideoTag(attributes.get("value", "").removeprefix("$"), attributes.get("framerate", ""))
    return None


def rate_of(text: str) -> Fraction:
    """A frame rate as a person writes it; below 1 it is a time a frame, as the editor takes it."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise FormatInvalid(f"{text!r} is not a frame rate.", "Give a number such as 25 or 30000/1001.") from error
    if not 0 < rate < 10_000:
        raise FormatInvalid(f"{text!r} is not a frame rate.", "Give a number such as 25 or 30000/1001.")
    return rate if rate >= 1 else 1 / rate


def _video(reader: Reader, task: Any, path: str, tag: _VideoTag | None) -> str:
    """The video of a task: what the configuration names, or what is called so, or looks like one."""
    held = task.get("data") if isinstance(task, Mapping) else None
    texts = {key: text for key, text in held.items() if isinstance(text, str)} if isinstance(held, Mapping) else {}
    likely = [text for text in texts.values() if re.search(r"\.(mp4|mov|webm|avi|mkv|m4v|ogv)\b", text, re.IGNORECASE)]
    candidates = (texts.get(tag.key, "") if tag else "", texts.get("video", ""), *likely, *texts.values())
    video = next((text for text in candidates if text), "")
    if not video:
        reader.left_out(f"{path}.data", "the video of the task", shown(held))
    return video


def _task(reader: Reader, task: Mapping[str, Any], path: str, rate: Fraction, kinds: Counter[str]) -> list[Event]:
    """The labels of the annotations of a task. kinds: where regions of other kinds are counted."""
    events = []
    several, series = _annotations(task), task.get("annotations")
    for at, annotation in enumerate(series if isinstance(series, list) else ()):
        if isinstance(annotation, Mapping) and annotation.get("was_cancelled"):
            reader.unused(f"{path}.annotations[{at}]", "an annotation that was submitted", "one that was skipped")
    if len(several) > 1:
        reader.noted(f"{path}.annotations", "one annotation of a task", f"{len(several)}: each becomes a track")
    drafted = task.get("predictions")
    if isinstance(drafted, list) and drafted:
        reader.unused(f"{path}.predictions", "annotations alone", f"{len(drafted)} predictions, which are left out")
    for at, annotation in several:
        author = _numbered(at) if len(several) > 1 else ""
        if author and not reader.asked.takes("annotation", author):
            continue
        regions = annotation.get("result")
        for index, region in enumerate(regions if isinstance(regions, list) else []):
            if not isinstance(region, Mapping) or region.get("type") != "timelinelabels":
                kinds[shown(region.get("type") if isinstance(region, Mapping) else region)] += 1
                continue
            events += _region(reader, region, f"{path}.annotations[{at}].result[{index}]", rate, author)
    return events


def _rate(
    reader: Reader, video: str, task: Mapping[str, Any], path: str, tag: _VideoTag | None, alone: bool
) -> Fraction | None:
    """The rate that the frames of a task count on: as asked, as configured, or else that of the clip; None for none."""
    info = reader.info(video, alone=alone)
    rate = reader.asked.rate_hz or (_rate_of_tag(reader, tag, task, path) if tag else None)
    if rate is None and tag:
        return None
    if rate is None and (info is None or info.variable_rate):
        raise FormatInvalid(
            f"{reader.file} counts frames at the frameRate of its Video tag, which the file does not contain.",
            "Give that rate (--rate at the command line; the default is 24), or the configuration file next to it.",
        )
    if info and rate and abs(rate / info.rate_hz - 1) > 1e-3:
        got = f"frameRate {float(rate):g}: labels may lie beside what they are about"
        reader.noted(0, f"{float(info.rate_hz):.3f} frames/s, as {base(video)} has", got)
    if rate is None:
        assert info is not None
        reader.noted(0, "the frameRate of the Video tag", f"none: the clip's own {float(info.rate_hz):g} is taken")
        return info.rate_hz
    return rate


def _rate_of_tag(reader: Reader, tag: _VideoTag, task: Mapping[str, Any], path: str) -> Fraction | None:
    """The rate that a configuration tells, itself or by a key of the task's data; None where the key is not there."""
    if not tag.rate:
        reader.noted(0, "a frameRate in the configuration", f"none, which means {DEFAULT_RATE}")
        return DEFAULT_RATE
    if not tag.rate.startswith("$"):
        return rate_of(tag.rate)
    held = task.get("data")
    value = held.get(tag.rate.removeprefix("$")) if isinstance(held, Mapping) else None
    try:
        return rate_of(str(value))
    except FormatInvalid:
        expected = f"a frame rate as {tag.rate}, where the configuration takes it from"
        reader.left_out(f"{path}.data", expected, shown(value), "Give the rate, with --rate at the command line.")
        return None


def _region(reader: Reader, region: Mapping[str, Any], where: str, rate: Fraction, author: str) -> list[Event]:
    """The labels of a region; the copies of boxes that Label Studio writes as regions without ranges have none."""
    value = region.get("value")
    ranges = value.get("ranges") if isinstance(value, Mapping) else None
    names = value.get("timelinelabels") if isinstance(value, Mapping) else None
    if ranges is None:
        reader.unused(f"{where}.value", "ranges of frames", "none, as in the copy of a region of another kind")
        return []
    if not isinstance(ranges, list) or len(ranges) != 1:
        reader.left_out(f"{where}.value.ranges", "one range", shown(ranges))
        return []
    if not isinstance(names, list) or not names:
        reader.left_out(f"{where}.value.timelinelabels", "a list of labels", shown(names))
        return []
    ends = [_frame(ranges[0].get(end)) if isinstance(ranges[0], Mapping) else 0 for end in ("start", "end")]
    if not 1 <= ends[0] <= ends[1]:
        reader.left_out(f"{where}.value.ranges[0]", "start and end, frames from 1", shown(ranges[0]))
        return []
    start_s, stop_s = float((ends[0] - 1) / rate), float(ends[1] / rate)
    return [Event(start_s, stop_s, reader.label(name, where), where, author=author) for name in names]


def _frame(value: Any) -> int:
    """A frame from 1; 0 where it is none."""
    whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
    return int(value) if whole and not isinstance(value, bool) else 0


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """A task for each clip."""
    tasks = []
    for number, clip in enumerate(labels.clips, 1):
        info = clock(clip, "Label Studio")
        steady(info, "Label Studio")
        one_line(clip.labels, "Label Studio")
        regions = []
        for index, item in enumerate(placed(clip, "Label Studio"), 1):
            first, stop = frame_range(item.segment, info, "Label Studio")
            value = {"ranges": [{"start": first + 1, "end": stop}], "timelinelabels": [item.segment.label]}
            names = {"from_name": "timelineLabels", "to_name": "video", "type": "timelinelabels"}
            regions.append({"id": f"r{index}", **names, "value": value})
        tasks.append({"id": number, "data": {"video": base(clip.name)}, "annotations": [{"result": regions}]})
    return json_bytes(tasks)


def write_files(labels: Labels) -> dict[str, bytes]:
    """The tasks, and a configuration with the rate that they count on."""
    rates = {clock(clip, "Label Studio").rate_hz for clip in labels.clips}
    if len(rates) > 1:
        raise FormatInvalid("The clips have different frame rates; a configuration has one.", "Write a file for each.")
    rate = next(iter(rates), Fraction(25))
    text = str(rate.numerator) if rate.denominator == 1 else f"{float(rate):.6f}"
    labelled = "".join(f"    <Label value={safe_xml.attribute(label)}/>\n" for label in labels.classes)
    video = f'  <Video name="video" value="$video" frameRate="{text}"/>\n'
    timeline = f'  <TimelineLabels name="timelineLabels" toName="video">\n{labelled}  </TimelineLabels>\n'
    return {"tasks.json": write(labels), "config.xml": f"<View>\n{video}{timeline}</View>\n".encode()}
