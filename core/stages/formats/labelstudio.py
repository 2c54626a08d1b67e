"""Label Studio TimelineLabels: frames from 1 on the tag's own frame rate, both ends included.

Source: HumanSignal/label-studio docs/source/tags/timelinelabels.md and video.md; base and end follow from its editor.
Frame k covers [(k - 1) / rate, k / rate) of nominal time, and the export does not tell the rate.
"""

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Part
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
REMARK = "Only for clips of constant rate. Set frameRate of the Video tag to the clip's rate: its default is 24. \
Base and end were not checked on a real export."


def looks_like(name: str, head: str) -> bool:
    """Whether a file holds regions of a timeline."""
    return '"timelinelabels"' in head


# Reading --------------------------------------------------------------------------------------------------------------


def read(files: Files, options: ReadOptions) -> Labels:
    """The regions of all tasks. The rate is asked for, or comes from a configuration beside it, or from the clip."""
    name = next((name for name in files if name.lower().endswith(".json")), next(iter(files), ""))
    entry = json_of(name, files[name])
    reader = Reader(name, options, 0.001)
    if not isinstance(entry, list):
        reader.problems.add("$", "a list of tasks", shown(entry))
        reader.problems.finish()
    rate = options.rate_hz or _configured(files)
    clips = [_task(reader, task, f"$[{at}]", rate, len(entry) == 1) for at, task in enumerate(entry)]
    return reader.labels(clips)


def parts(files: Files) -> tuple[Part, ...]:
    """The annotations that tasks have, each of another person, where a task has several."""
    name = next((name for name in files if name.lower().endswith(".json")), next(iter(files), ""))
    entry = json_of(name, files[name])
    tasks = entry if isinstance(entry, list) else []
    several = [task.get("annotations") for task in tasks if isinstance(task, Mapping)]
    counts: Counter[str] = Counter()
    for series in several:
        for at, annotation in enumerate(series if isinstance(series, list) else ()):
            regions = annotation.get("result") if isinstance(annotation, Mapping) else None
            counts[_numbered(at)] += len(regions) if isinstance(regions, list) else 0
    return tuple(Part("annotation", name, many) for name, many in counts.items())


def _numbered(at: int) -> str:
    return f"annotation {at + 1}"


def _configured(files: Files) -> Fraction | None:
    """The frame rate of the Video tag in a configuration."""
    for name, content in files.items():
        if name.lower().endswith(".xml"):
            waiting = [safe_xml.parsed(name, content)]
            for element in waiting:
                waiting += element.children
                if element.tag == "Video" and element.get("frameRate"):
                    return rate_of(element.get("frameRate"))
    return None


def rate_of(text: str) -> Fraction:
    """A frame rate as a person writes it; below 1 it is a time a frame, as the editor takes it."""
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise FormatInvalid(f"{text!r} is no frame rate.", "Give a number such as 25 or 30000/1001.") from error
    if not 0 < rate < 10_000:
        raise FormatInvalid(f"{text!r} is no frame rate.", "Give a number such as 25 or 30000/1001.")
    return rate if rate >= 1 else 1 / rate


def _task(reader: Reader, task: Any, path: str, rate: Fraction | None, alone: bool) -> ClipLabels:
    held = task.get("data") if isinstance(task, Mapping) else None
    video = next((value for value in held.values() if isinstance(value, str)), "") if isinstance(held, Mapping) else ""
    video = held["video"] if isinstance(held, Mapping) and isinstance(held.get("video"), str) else video
    if not video:
        reader.problems.add(f"{path}.data", "the video of the task", shown(held))
        video = "video"
    rate = _rate(reader, video, rate, alone)
    events = []
    several = task.get("annotations", []) if isinstance(task, Mapping) else []
    if isinstance(several, list) and len(several) > 1:
        reader.noted(f"{path}.annotations", "one annotation of a task", f"{len(several)}: each becomes a track")
    drafted = task.get("predictions") if isinstance(task, Mapping) else None
    if isinstance(drafted, list) and drafted:
        reader.noted(f"{path}.predictions", "annotations alone", f"{len(drafted)} predictions, which are left out")
    for at, annotation in enumerate(several if isinstance(several, list) else []):
        regions = annotation.get("result") if isinstance(annotation, Mapping) else None
        author = _numbered(at) if len(several) > 1 else ""
        if author and not reader.asked.takes("annotation", author):
            continue
        for index, region in enumerate(regions if isinstance(regions, list) else []):
            where = f"{path}.annotations[{at}].result[{index}]"
            events += _region(reader, region, where, rate, author)
    return reader.clip(video, events, alone=alone)


def _rate(reader: Reader, video: str, rate: Fraction | None, alone: bool) -> Fraction:
    info = reader.info(video, alone=alone)
    if rate is None and (info is None or info.variable_rate):
        raise FormatInvalid(
            f"{reader.file} counts frames on the frameRate of its Video tag, and does not tell it.",
            "Give that rate (--rate at the command line; 24 where nobody set it), or the configuration beside it.",
        )
    if info and rate and abs(rate / info.rate_hz - 1) > 1e-3:
        got = f"frameRate {float(rate):g}: labels may lie beside what they are about"
        reader.noted(0, f"{float(info.rate_hz):.3f} frames/s, as {base(video)} has", got)
    if rate is None:
        assert info is not None
        reader.noted(0, "the frameRate of the Video tag", f"none: the clip's own {float(info.rate_hz):g} is taken")
        return info.rate_hz
    return rate


def _region(reader: Reader, region: Any, where: str, rate: Fraction, author: str) -> list[Event]:
    if not isinstance(region, Mapping) or region.get("type") != "timelinelabels":
        reader.noted(where, "timelinelabels", f"a region of another kind, {shown(_kind(region))}")
        return []
    value = region.get("value")
    ranges = value.get("ranges") if isinstance(value, Mapping) else None
    names = value.get("timelinelabels") if isinstance(value, Mapping) else None
    if not isinstance(ranges, list) or len(ranges) != 1 or not isinstance(ranges[0], Mapping):
        reader.problems.add(f"{where}.value.ranges", "one range", shown(ranges))
        return []
    if not isinstance(names, list) or not names:
        reader.problems.add(f"{where}.value.timelinelabels", "a list of labels", shown(names))
        return []
    ends: list[Any] = [ranges[0].get(end) for end in ("start", "end")]
    if any(isinstance(end, bool) or not isinstance(end, int) or end < 1 for end in ends) or ends[0] > ends[1]:
        reader.problems.add(f"{where}.value.ranges[0]", "start and end, frames from 1", shown(ends))
        return []
    start_s, stop_s = float((ends[0] - 1) / rate), float(ends[1] / rate)
    return [Event(start_s, stop_s, reader.label(name, where), where, author=author) for name in names]


def _kind(region: Any) -> Any:
    return region.get("type") if isinstance(region, Mapping) else region


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
