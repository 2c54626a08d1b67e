"""What WebVTT and SRT share: cues with a number, a clock in milliseconds and free text. Source: w3.org/TR/webvtt1."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from core.base.errors import FormatInvalid
from core.domain import Labels, Segment
from core.stages.formats.common.clip_names import stem
from core.stages.formats.common.files import Files, ReadOptions, lines_of, one_file, shown
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import in_ms, one_clip, placed

TIMES = re.compile(r"\s*(\S+?)\s*-->\s*(\S+)(\s.*)?")
BEGINS = re.compile(r"\s*[\d:.,]+\s*-->", re.ASCII)  # a cue, wherever it stands
TIME = re.compile(r"(?:(?P<h>\d{1,4}):)?(?P<m>[0-5]\d):(?P<s>[0-5]\d)(?:[.,](?P<ms>\d+))?", re.ASCII)
CONFIDENCE = re.compile(r"(?P<label>.*\S) (?P<confidence>0\.\d\d|1\.00)", re.ASCII | re.DOTALL)
TAG = re.compile(r"</?[A-Za-z0-9][^<>]*>")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&nbsp;": "\u00a0", "&lrm;": "\u200e", "&rlm;": "\u200f", "&amp;": "&"}
BLOCKS = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True)
class Cue:
    """One cue as it stands in a file. line: of its times."""

    line: int
    start: str
    stop: str
    text: str


def cue(number: int, segment: Segment, title: str, mark: str) -> str:
    """A cue for a segment: its label and, where known, its confidence with two decimals."""
    start_ms, stop_ms = in_ms(segment, title)
    confidence = "" if segment.confidence is None else f" {segment.confidence:.2f}"
    if not confidence and CONFIDENCE.fullmatch(segment.label):
        raise FormatInvalid(f"{title} would read the end of the label {segment.label!r} as a confidence.", "Rename it.")
    text = escaped(segment.label, title) if mark == "." else _plain(segment.label, title)
    return f"{number}\n{_clock(start_ms, mark)} --> {_clock(stop_ms, mark)}\n{text}{confidence}\n"


def cues(labels: Labels, title: str, mark: str) -> list[str]:
    """The cues of the only clip of labels."""
    segments = [item.segment for item in placed(one_clip(labels, title), title)]
    return [cue(number, segment, title, mark) for number, segment in enumerate(segments, start=1)]


def escaped(label: str, title: str) -> str:
    """The label as cue text; `-->` and line breaks are refused, as the standard has no way to write them."""
    if "-->" in label or label.splitlines() != [label] or label.strip() != label:
        raise FormatInvalid(f"{title} cannot hold the label {label!r}.", "Rename it: no `-->` and no line break.")
    return label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(label: str, title: str) -> str:
    """The label as it is: SRT has no way to write a sign that would be markup."""
    if TAG.search(label) or not escaped(label, title):
        raise FormatInvalid(f"{title} would take part of the label {label!r} as markup.", "Rename it: no <...>.")
    return label


def _clock(ms: int, mark: str) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{mark}{ms % 1000:03}"


def read(files: Files, options: ReadOptions, *, header: bool) -> Labels:
    """The labels of a file of subtitles. header: whether it is WebVTT."""
    name, content = one_file(files)
    reader = Reader(name, options, 0.001)
    lines = lines_of(name, content)
    if header and lines[0].split(maxsplit=1)[:1] != ["WEBVTT"]:
        reader.problems.add(1, "WEBVTT", shown(lines[0]))
        reader.problems.finish()
    cues = list(_cues(reader, lines[1:] if header else lines, 2 if header else 1))
    events = [event for cue in cues if (event := _event(reader, cue, header))]
    number = sum(event.confidence is not None for event in events)
    if number:
        reader.noted(0, "labels alone", f"a number at the end of {number} of {len(events)} cues, taken as confidence")
    return reader.labels([reader.clip(stem(name), events)])


@dataclass
class _Open:
    """A cue that is being read. number: its own, 0 where it has none."""

    line: int
    times: str
    number: int
    texts: list[str] = field(default_factory=list)

    def cue(self, reader: Reader) -> Cue | None:
        """The cue as it stands; None where its times are none, which is told."""
        match = TIMES.fullmatch(self.times)
        if not match:
            reader.left_out(self.line, "times such as 00:00:00.080 --> 00:00:00.200", shown(self.times))
            return None
        return Cue(self.line, match[1], match[2], "\n".join(self.texts))

    def without_number(self, webvtt: bool) -> None:
        """Take the number of the next cue, which follows without a blank line, off the text."""
        last = self.texts[-1].strip() if self.texts else ""
        follows = last == str(self.number + 1) or (not webvtt and len(self.texts) > 1)
        if self.number and last.isdecimal() and follows:
            self.texts.pop()


def _cues(reader: Reader, lines: list[str], first: int) -> Iterator[Cue]:
    """The cues of a file: each ends at a blank line or where the next begins. What is no cue and no comment is told."""
    webvtt = first == 2
    cue: _Open | None = None
    before: list[tuple[int, str]] = []
    for number, line in enumerate([*lines, ""], start=first):
        comment = webvtt and not before and line.split()[:1] and line.split()[0] in BLOCKS
        begins = BEGINS.match(line) or ("-->" in line and not cue and not comment and len(before) < 2)
        if begins or not line.strip():
            if cue and begins:
                cue.without_number(webvtt)
            if cue and (made := cue.cue(reader)):
                yield made
            own = before.pop() if begins and before else (0, "")
            _passed_over(reader, before, webvtt)
            cue = _Open(number, line, _number(own[1])) if begins else None
            before = []
        elif cue:
            cue.texts.append(line)
        else:
            before.append((number, line))


def _number(text: str) -> int:
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _passed_over(reader: Reader, block: list[tuple[int, str]], webvtt: bool) -> None:
    """Tell of lines that belong to no cue, unless they are the head of WebVTT or one of its comments."""
    if not block or (webvtt and (block[0][0] == 2 or block[0][1].split()[0] in BLOCKS)):
        return
    number, line = block[0]
    reader.left_out(number, "a line of times such as 00:00:00.080 --> 00:00:00.200", shown(line))


def _event(reader: Reader, cue: Cue, webvtt: bool) -> Event | None:
    start_s, stop_s = _seconds(reader, cue.start, cue.line), _seconds(reader, cue.stop, cue.line)
    if math.isnan(start_s) or math.isnan(stop_s):
        return None
    if start_s >= stop_s:
        reader.left_out(cue.line, "an end after the start", f"{cue.start} to {cue.stop}")
        return None
    text = TAG.sub("", " ".join(cue.text.split("\n")))
    if webvtt:
        for entity, letter in ENTITIES.items():
            text = text.replace(entity, letter)
    match = CONFIDENCE.fullmatch(text.strip()) if reader.asked.confidences else None
    label = reader.label(match["label"] if match else text, cue.line)
    return Event(start_s, stop_s, label, cue.line, float(match["confidence"]) if match else None)


def _seconds(reader: Reader, text: str, line: int) -> float:
    match = TIME.fullmatch(text)
    if not match or len(match["ms"] or "000") != 3:
        why = ": VIA 3 cuts zeros there, so what they count is not known" if match else ""
        reader.left_out(line, "hh:mm:ss and exactly three digits of milliseconds", f"{shown(text)}{why}")
        return math.nan
    ms = ((int(match["h"] or 0) * 60 + int(match["m"])) * 60 + int(match["s"])) * 1000 + int(match["ms"] or 0)
    return ms / 1000
