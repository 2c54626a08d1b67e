"""Subtitles and transcripts as lines with their stretches of seconds, taken as they are.

What overlaps stays so; what is out of order is put in order; markup goes; what has no end lasts until the next line
begins. What cannot be used is left out and told. A file without any time is refused.
"""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from core.base.errors import FormatInvalid
from core.domain import Line
from core.stages.formats.common.cues import TAG
from core.workflows.texts.charset import decoded

LONGEST_S = 30.0  # of a line whose end is not told
LONGEST_TEXT = 1000  # characters of a line
MOST_LINES = 20_000
KINDS = ("srt", "vtt", "ass", "ssa", "txt", "tsv")
Raw = tuple[float, float | None, str]  # start, stop where it is told, text with its markup

ARROW = r"\s*-->\s*"
CLOCK = r"(?:\d{1,3}:)?\d{1,3}:\d{1,2}(?:[.,:]\d{1,3})?"
CUE = re.compile(rf"[^\d]{{0,3}}({CLOCK}){ARROW}({CLOCK})", re.ASCII)
PARTS = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]?\d)(?:[.,:](\d{1,3}))?", re.ASCII)
TO = r"(?:\s*(?:-->|--|-|\u2013|\u2014|\bto\b)\s*|\t)"
SIGNS = r"[\s:,;|\u2013\u2014-]*"
TIMED = re.compile(
    rf"[\[(]?\s*({CLOCK})(?:{TO}({CLOCK}))?\s*[\])]?(?:{SIGNS}$|(?<=[\])]){SIGNS}|[\s,;|\t]{SIGNS}|:\s+)(.*)"
)
NUMBER = r"\d{1,6}(?:\.\d{1,6})?"
SECONDS = re.compile(rf"[\[(]?\s*({NUMBER})\s*s?(?:{TO}({NUMBER})\s*s?)?\s*[\])]?(?:[\s:,;|]+|$)(.*)", re.ASCII)
OVERRIDE = re.compile(r"\{\\[^}]*\}")
BLOCKS = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


@dataclass(frozen=True)
class Reading:
    """What a file of subtitles or a transcript holds. source: "subtitle" or "transcript"; notes: what was odd."""

    source: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


def read(name: str, content: bytes, *, duration_s: float) -> Reading:
    """The lines of a file that stands beside a clip of that length; FormatInvalid where it holds none."""
    text, coding = decoded(name, content)
    source, raw, bad = _raw(text)
    lines, notes = lines_of_raw(raw, duration_s=duration_s)
    if coding:
        notes.append(f"It is not in UTF-8 and was read as {coding}. If characters look wrong, save it as UTF-8.")
    if bad:
        notes.append(f"{bad} {'line' if bad == 1 else 'lines'} with times could not be read and were skipped.")
    if not lines:
        raise FormatInvalid(
            f"{name} contains no text within the duration of this clip. {' '.join(notes)}".strip(), HINT
        )
    return Reading(source, lines, tuple(notes))


HINT = (
    "Use subtitles (SRT, WebVTT, ASS), or a transcript with a time at the start of each line: [00:01:02] text, "
    "0:12 - 0:15 text, or 12.5 text."
)


def lines_of_raw(raw: Iterable[Raw], *, duration_s: float) -> tuple[tuple[Line, ...], list[str]]:
    """Lines in order within a clip of that length, without markup, and what was odd about them."""
    rows = [(start_s, stop_s, plain(text)) for start_s, stop_s, text in raw]
    worded = sorted((row for row in rows if row[2]), key=lambda row: row[0])
    inside = [row for row in worded if row[0] < duration_s and (row[1] is None or row[1] > 0 or row[0] >= 0)]
    if len(inside) > MOST_LINES:
        told_lines = f"{len(inside)} lines are too many; at most {MOST_LINES} are allowed."
        raise FormatInvalid(told_lines, "Shorten the file.")
    lines, ends = [], 0
    for index, (start_s, stop_s, text) in enumerate(inside):
        start_s = max(start_s, 0.0)
        if stop_s is None or stop_s <= start_s:
            ends += stop_s is not None
            later = next((row[0] for row in inside[index + 1 : index + 50] if row[0] > start_s), duration_s)
            stop_s = min(later, start_s + LONGEST_S)
        lines.append(Line(start_s, min(stop_s, duration_s), text[:LONGEST_TEXT]))
    return tuple(lines), _notes(worded, inside, ends)


def _notes(worded: list[Raw], inside: list[Raw], ends: int) -> list[str]:
    notes = []
    if left := len(worded) - len(inside):
        notes.append(f"{_many(left)} outside the clip and skipped.")
    if ends:
        notes.append(f"{_many(ends)} no valid end, extended to the start of the next line.")
    if long := sum(len(text) > LONGEST_TEXT for _, _, text in inside):
        notes.append(f"{_many(long)} shortened to {LONGEST_TEXT} characters.")
    return notes


def _many(count: int) -> str:
    return f"{count} {'line' if count == 1 else 'lines'}:"


def plain(text: str) -> str:
    """Text without markup, in one line."""
    broken = text.replace("\\N", " ").replace("\\n", " ")
    closed = broken.rfind("}") + 1  # no override ends behind it, and looking there for an end is quadratic
    bare = html.unescape(TAG.sub("", OVERRIDE.sub("", broken[:closed]) + broken[closed:]))
    return " ".join(bare.split())


def _raw(text: str) -> tuple[str, list[Raw], int]:
    """Source, lines as they stand, and how many times could not be read."""
    lines = text.split("\n")
    if any(line.startswith("Dialogue:") for line in lines):
        return "subtitle", *_ass(lines)
    arrows = sum("-->" in line and bool(CUE.match(line)) for line in lines[:2000])
    bracketed = sum("-->" in line and line.lstrip().startswith(("[", "(")) for line in lines[:2000])
    if text.startswith("WEBVTT") or arrows > bracketed:
        return "subtitle", *_cues(lines, webvtt=text.startswith("WEBVTT"))
    return "transcript", list(_transcript(lines)), 0


# Subtitles ------------------------------------------------------------------------------------------------------------


def _cues(lines: list[str], *, webvtt: bool) -> tuple[list[Raw], int]:
    """The cues of SRT and WebVTT, however they are parted, and how many times could not be read."""
    rows: list[tuple[float, float, list[str]]] = []
    bad, inside, fresh = 0, False, True  # inside: of a cue that could be read; fresh: right below a blank line
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if "-->" in line:
            cue = CUE.match(line)
            start_s, stop_s = (seconds(group) for group in cue.groups()) if cue else (None, None)
            inside = start_s is not None and stop_s is not None
            bad += not inside
            if inside:
                rows.append((start_s or 0.0, stop_s or 0.0, []))
        elif not line.strip():
            fresh = True
            continue
        elif webvtt and fresh and BLOCKS.match(line):
            inside = False  # until the next cue
        elif inside and not ("-->" in below and (fresh or line.strip().isdecimal())):  # that is its number or name
            rows[-1][2].append(line)
        fresh = False
    return [(start_s, stop_s, " ".join(text)) for start_s, stop_s, text in rows], bad


def _ass(lines: list[str]) -> tuple[list[Raw], int]:
    """The spoken lines of Sub Station Alpha."""
    rows: list[Raw] = []
    bad = 0
    for line in lines:
        if line.startswith("Dialogue:"):
            fields = line.split(",", 9)
            start_s, stop_s = (seconds(fields[at].strip()) if len(fields) == 10 else None for at in (1, 2))
            if start_s is None:
                bad += 1
            else:
                rows.append((start_s, stop_s, fields[9]))
    return rows, bad


def seconds(text: str) -> float | None:
    """1:02:03.5, 02:03,500 or 2:03 in seconds; None for anything else."""
    match = PARTS.fullmatch(text)
    if not match:
        return None
    hours, minutes, rest, decimals = match.groups()
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(rest) + (float(f"0.{decimals}") if decimals else 0.0)


# Transcripts ----------------------------------------------------------------------------------------------------------


def _transcript(lines: list[str]) -> Iterator[Raw]:
    """Lines that begin with their time; what stands below without one belongs to it."""
    if lines[0].split("\t") == ["start", "end", "text"]:
        yield from _milliseconds(lines[1:])
        return
    kind = _kind(lines)
    at: tuple[float, float | None] | None = None
    words: list[str] = []
    for line in lines:
        match = kind.fullmatch(line.strip()) if kind else None
        start_s = _moment(match[1]) if match else None
        if match is None or start_s is None:
            words.append(line)
            continue
        if at:
            yield *at, " ".join(words)
        at, words = (start_s, _moment(match[2])), [match[3]]
    if at:
        yield *at, " ".join(words)


def _kind(lines: list[str]) -> re.Pattern[str] | None:
    """How times are written here: as the first line tells that has one."""
    for line in lines:
        for kind in (TIMED, SECONDS):
            if (match := kind.fullmatch(line.strip())) and _moment(match[1]) is not None:
                return kind
    return None


def _moment(text: str | None) -> float | None:
    if text is None:
        return None
    return seconds(text) if ":" in text else float(text)


def _milliseconds(lines: list[str]) -> Iterator[Raw]:
    """The table that Whisper writes."""
    for line in lines:
        fields = line.split("\t", 2)
        if len(fields) == 3 and all(re.fullmatch(r"\d{1,9}", field) for field in fields[:2]):
            yield int(fields[0]) / 1000, int(fields[1]) / 1000, fields[2]
