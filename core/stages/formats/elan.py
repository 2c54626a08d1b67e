"""ELAN .eaf: tiers of annotations on time slots in whole milliseconds. Source: dopefishh/pympi, its EAFv3.0.xsd.

A slot may have no time: it lies evenly between the known ends of the chain of annotations of its tier, not between its
neighbours in the list of slots. Annotations that refer to others take their times. Of several media each has a time of
its own at which the document begins, TIME_ORIGIN: it is added, to be on the clock of that medium.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, Lane, Part
from core.stages.formats.common import safe_xml
from core.stages.formats.common.clip_names import base, meant, stem
from core.stages.formats.common.files import Files, ReadOptions, one_file, refused, shown
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import in_ms, one_clip, one_line, stretched

NAME = "elan"
TITLE = "ELAN: tiers of annotations"
SUFFIX = ".eaf"
MIME = "application/xml"
UNIT, BASE, ENDS = (
    "whole milliseconds",
    "from 0",
    "the second time slot is the end, which is not part of the annotation",
)
KEEPS = {"overlaps", "stretches", "tracks"}
DIGIT_S = 0.001
ASKS = {"attribute"}
REMARK = "A tier for each track; its author is the annotator, its subject the participant."


def looks_like(name: str, head: str) -> bool:
    """Whether a file is ELAN's."""
    return "<ANNOTATION_DOCUMENT" in head


# Reading --------------------------------------------------------------------------------------------------------------


@dataclass
class _Mark:
    """One annotation: its slots, or the annotation that it refers to. siblings: of its tier with the same parent."""

    line: int
    value: str
    first: str = ""
    stop: str = ""
    parent: str = ""
    siblings: int = 1


@dataclass
class _Document:
    """What a file says of times. marks: annotations by id; times: milliseconds of slots, None where not told."""

    reader: Reader
    times: dict[str, float | None] = field(default_factory=dict)
    marks: dict[str, _Mark] = field(default_factory=dict)


def parts(files: Files) -> tuple[Part, ...]:
    """The tiers with how many annotations each holds."""
    name, content = one_file(files)
    tiers = safe_xml.parsed(name, content).all("TIER")
    return tuple(Part("tier", tier.get("TIER_ID"), sum(1 for _ in tier.all("ANNOTATION"))) for tier in tiers)


def read(files: Files, options: ReadOptions) -> Labels:
    """A lane for each tier that is taken.

    The label is the value of an annotation, or with attribute "tier" the name of its tier.
    """
    name, content = one_file(files)
    root = safe_xml.parsed(name, content)
    reader = Reader(name, options, DIGIT_S)
    if root.tag != "ANNOTATION_DOCUMENT":
        raise refused(name, root.line, "ANNOTATION_DOCUMENT", root.tag)
    document = _Document(reader)
    _slots(document, root)
    tiers = list(root.all("TIER"))
    chains = [_marks(document, tier) for tier in tiers]
    for chain in chains:
        _fill(document, chain)
    events = [
        (tier, [event for mark in chain if (event := _event(document, tier, mark))])
        for tier, chain in zip(tiers, chains, strict=True)
        if options.takes("tier", tier.get("TIER_ID"))
    ]
    media = _media(reader, root)
    return reader.labels([_clip(reader, medium, events, several=len(media) > 1) for medium in _meant(reader, media)])


@dataclass(frozen=True)
class _Medium:
    """A file that a document is about. origin_s: the time on its clock at which the document begins."""

    name: str
    line: int = 0
    origin_s: float = 0.0
    film: bool = True


def _clip(
    reader: Reader, medium: _Medium, tiers: Sequence[tuple[safe_xml.Element, list[Event]]], *, several: bool
) -> ClipLabels:
    """The tracks of a medium; what lies beyond one of several is cut to it."""
    made = reader.clip(medium.name, ())
    end_s = made.end_s if several and made.info else math.inf
    lanes = []
    for tier, events in tiers:
        moved = [_moved(event, medium.origin_s, end_s) for event in events]
        own = [event for event in moved if event.start_s < event.stop_s]
        if len(own) < len(moved):
            got = f"{len(moved) - len(own)} annotations that lie beside it"
            reader.unused(tier.line, f"annotations of {tier.get('TIER_ID')!r} within {made.name}", got)
        names = {"name": tier.get("TIER_ID"), "author": tier.get("ANNOTATOR"), "subject": tier.get("PARTICIPANT")}
        lanes.append(reader.lane(own, made, made.lanes[0].seen if made.lanes else (), **names))
    return ClipLabels(made.name, tuple(lanes), info=made.info)


def _moved(event: Event, origin_s: float, end_s: float) -> Event:
    start_s, stop_s = round(event.start_s + origin_s, 6), round(event.stop_s + origin_s, 6)
    within_s = max(start_s, 0.0) if origin_s else start_s
    return event._replace(start_s=within_s, stop_s=min(stop_s, end_s))


def _media(reader: Reader, root: safe_xml.Element) -> list[_Medium]:
    """The files that a document is about, films first."""
    header = root.one("HEADER")
    unit = (header.get("TIME_UNITS") if header else "") or "milliseconds"
    if header and unit != "milliseconds":
        reader.problems.add(header.line, "TIME_UNITS milliseconds", shown(unit))
    media = []
    for entry in header.all("MEDIA_DESCRIPTOR") if header else ():
        origin = entry.get("TIME_ORIGIN").strip() or "0"
        if not re.fullmatch(r"-?\d{1,12}", origin, re.ASCII):
            reader.problems.add(entry.line, "TIME_ORIGIN in milliseconds", shown(origin))
            origin = "0"
        urls = [unquote(url) for url in (entry.get("RELATIVE_MEDIA_URL"), entry.get("MEDIA_URL")) if url]
        name = next((url for url in urls if meant(url, reader.asked.clips)), next(iter(urls), ""))
        sound = entry.get("MIME_TYPE").startswith("audio/")
        media.append(_Medium(base(name) if name else stem(reader.file), entry.line, int(origin) / 1000, not sound))
    media.sort(key=lambda medium: not medium.film)
    bare = base(header.get("MEDIA_FILE")) if header and header.get("MEDIA_FILE") else stem(reader.file)
    return media or [_Medium(bare)]


def _meant(reader: Reader, media: Sequence[_Medium]) -> list[_Medium]:
    """The media that were given, else the first; refused where it is not told which one is meant and it matters."""
    given = reader.asked.clips
    bound: list[_Medium] = []
    for info in given:
        own = [medium for medium in media if info in meant(medium.name, given)]
        own.sort(key=lambda medium: (base(medium.name) != base(info.path), not medium.film))
        bound += own[:1]
    names = ", ".join(medium.name for medium in media)
    films = [medium for medium in media if medium.film] or list(media)
    if given and not bound and len({medium.origin_s for medium in films}) > 1:
        got = f"media that begin at different times: {names}"
        reader.problems.add(films[1].line, f"one of them called {base(given[0].path)}", got)
        reader.problems.finish()
    taken = bound or [media[0]]
    if len(films) > 1 and not bound:
        reader.noted(films[1].line, "one clip", f"{len(films)}: the first, {media[0].name}, is taken")
    for medium in taken:
        if medium.origin_s:
            got = f"{medium.origin_s:g} s (TIME_ORIGIN), which are added to all times"
            reader.noted(medium.line, f"{medium.name} to begin with the document", got)
    return taken


def _slots(document: _Document, root: safe_xml.Element) -> None:
    order = root.one("TIME_ORDER")
    for slot in order.all("TIME_SLOT") if order else ():
        text = slot.get("TIME_VALUE")
        if slot.get("TIME_SLOT_ID") in document.times:
            document.reader.problems.add(slot.line, "each time slot once", shown(slot.get("TIME_SLOT_ID")))
        value = document.reader.count(text, slot.line, "whole milliseconds") if text else -1
        document.times[slot.get("TIME_SLOT_ID")] = float(value) if value >= 0 else None


def _marks(document: _Document, tier: safe_xml.Element) -> list[_Mark]:
    """The annotations of a tier, in their order."""
    marks = []
    for annotation in tier.all("ANNOTATION"):
        for child in annotation.children:
            value = child.one("ANNOTATION_VALUE")
            text = value.text.strip() if value else ""
            slots = (child.get("TIME_SLOT_REF1"), child.get("TIME_SLOT_REF2"))
            mark = _Mark(child.line, text, *slots, child.get("ANNOTATION_REF"))
            if child.tag == "ALIGNABLE_ANNOTATION":
                if strange := [slot for slot in slots if slot not in document.times]:
                    document.reader.left_out(child.line, "a time slot of TIME_ORDER", shown(strange[0]))
                    continue
            elif child.tag != "REF_ANNOTATION":
                document.reader.left_out(child.line, "ALIGNABLE_ANNOTATION or REF_ANNOTATION", shown(child.tag))
                continue
            document.marks[child.get("ANNOTATION_ID")] = mark
            marks.append(mark)
    count = Counter(mark.parent for mark in marks)
    for mark in marks:
        mark.siblings = count[mark.parent]
    return marks


def _fill(document: _Document, chain: list[_Mark]) -> None:
    """Give slots without a time one: even steps between the known ends of the chain of annotations they lie in."""
    times, after = document.times, {mark.first: mark.stop for mark in chain if mark.first}
    for start in [slot for slot in after if times.get(slot) is not None]:
        path = [after[start]]
        while path[-1] in after and times[path[-1]] is None and len(path) <= len(after):
            path.append(after[path[-1]])
        first_ms, last_ms = times[start], times[path[-1]]
        if len(path) > 1 and first_ms is not None and last_ms is not None:
            for index, slot in enumerate(path[:-1], 1):
                times[slot] = first_ms + (last_ms - first_ms) * index / len(path)


def _event(document: _Document, tier: safe_xml.Element, mark: _Mark) -> Event | None:
    reader, times = document.reader, document.times
    root, steps = mark, 0
    while root.parent:
        if root.siblings > 1:
            got = f"one of {root.siblings} that refer to {root.parent}"
            reader.left_out(mark.line, "an annotation whose times are known", got)
            return None
        if root.parent not in document.marks or steps > len(document.marks):
            reader.left_out(mark.line, "an annotation that is there to refer to", shown(root.parent))
            return None
        root, steps = document.marks[root.parent], steps + 1
    start_ms, stop_ms = times.get(root.first), times.get(root.stop)
    if start_ms is None or stop_ms is None or start_ms >= stop_ms:
        reader.left_out(mark.line, "a start and a later end", f"{start_ms} to {stop_ms} ms")
        return None
    if reader.asked.attribute == "tier":
        label, note = tier.get("TIER_ID"), mark.value
    else:
        label, note = mark.value, ""
    label = reader.label(label, mark.line)
    return Event(start_ms / 1000, stop_ms / 1000, label, mark.line, note=note)


# Writing --------------------------------------------------------------------------------------------------------------

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<ANNOTATION_DOCUMENT AUTHOR="" DATE="2026-01-01T00:00:00+00:00" FORMAT="3.0" VERSION="3.0"
  xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
  xsi:noNamespaceSchemaLocation="http://www.mpi.nl/tools/elan/EAFv3.0.xsd">
"""
TAIL = """ <LINGUISTIC_TYPE GRAPHIC_REFERENCES="false" LINGUISTIC_TYPE_ID="default-lt" TIME_ALIGNABLE="true"/>
</ANNOTATION_DOCUMENT>
"""
MIMES = {"mp4": "video/mp4", "mov": "video/quicktime", "avi": "video/x-msvideo", "mkv": "video/x-matroska"}


def write(labels: Labels) -> bytes:
    """A tier for each track; each annotation has two slots of its own, and slots rise."""
    clip = stretched(one_clip(labels, "ELAN"), "ELAN")
    marks = [
        (*in_ms(segment, "ELAN"), index, segment.label)
        for index, lane in enumerate(clip.lanes)
        for segment in lane.segments
    ]
    for *_, label in marks:
        _check(label)
    ends = sorted((ms, end, index) for index, mark in enumerate(marks) for end, ms in enumerate(mark[:2]))
    slot = {(index, end): f"ts{number}" for number, (_, end, index) in enumerate(ends, 1)}
    order = "".join(
        f'  <TIME_SLOT TIME_SLOT_ID="ts{number}" TIME_VALUE="{ms}"/>\n' for number, (ms, *_) in enumerate(ends, 1)
    )
    tiers = []
    for index, (lane, name) in enumerate(zip(clip.lanes, _tier_names(clip.lanes), strict=True)):
        own = [(number, mark[3]) for number, mark in enumerate(marks) if mark[2] == index]
        inner = "".join(_annotation(number, slot[number, 0], slot[number, 1], label) for number, label in own)
        tiers.append(_tier(lane, name, inner))
    if not tiers:
        tiers = [_tier(Lane(), "behaviour", "")]
    body = f" <TIME_ORDER>\n{order} </TIME_ORDER>\n" if order else " <TIME_ORDER/>\n"
    return f"{HEAD}{_header(clip, len(marks))}{body}{''.join(tiers)}{TAIL}".encode()


def _header(clip: ClipLabels, count: int) -> str:
    name = base(clip.name)
    media = ""
    if safe_xml.holdable(name):
        mime = MIMES.get(name.rpartition(".")[2].lower(), "video/*")
        urls = f'MEDIA_URL={safe_xml.attribute(f"file:///{name}")} MIME_TYPE="{mime}"'
        media = f"  <MEDIA_DESCRIPTOR {urls} RELATIVE_MEDIA_URL={safe_xml.attribute(f'./{name}')}/>\n"
    last = f'  <PROPERTY NAME="lastUsedAnnotationId">{count}</PROPERTY>\n'
    return f' <HEADER MEDIA_FILE="" TIME_UNITS="milliseconds">\n{media}{last} </HEADER>\n'


def _tier_names(lanes: tuple[Lane, ...]) -> list[str]:
    """A name for each tier, none of them twice."""
    names: list[str] = []
    for lane in lanes:
        wanted = lane.name or lane.author or "behaviour"
        number, name = 1, wanted
        while name in names:
            number += 1
            name = f"{wanted} {number}"
        names.append(name)
    return names


def _tier(lane: Lane, name: str, inner: str) -> str:
    for text in (name, lane.author, lane.subject):
        if not safe_xml.holdable(text):
            raise FormatInvalid(f"ELAN cannot hold the name {text!r}.", "Rename it: no control characters.")
    entry = f" ANNOTATOR={safe_xml.attribute(lane.author)}" if lane.author else ""
    entry += ' LINGUISTIC_TYPE_REF="default-lt"'
    entry += f" PARTICIPANT={safe_xml.attribute(lane.subject)}" if lane.subject else ""
    head = f" <TIER{entry} TIER_ID={safe_xml.attribute(name)}"
    return f"{head}>\n{inner} </TIER>\n" if inner else f"{head}/>\n"


def _annotation(number: int, first: str, stop: str, label: str) -> str:
    slots = f'ANNOTATION_ID="a{number + 1}" TIME_SLOT_REF1="{first}" TIME_SLOT_REF2="{stop}"'
    value = f"<ANNOTATION_VALUE>{safe_xml.content(label)}</ANNOTATION_VALUE>"
    return f"  <ANNOTATION><ALIGNABLE_ANNOTATION {slots}>\n   {value}</ALIGNABLE_ANNOTATION></ANNOTATION>\n"


def _check(label: str) -> None:
    one_line([label], "ELAN")
    if not safe_xml.holdable(label):
        raise FormatInvalid(f"ELAN cannot hold the label {label!r}.", "Rename it: no control characters.")
