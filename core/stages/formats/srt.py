"""SRT: subtitles, a running number and a decimal comma. Milliseconds from 0, end excluded. There is no standard."""

import re

from core.domain import Labels
from core.stages.formats.common import cues
from core.stages.formats.common.files import Files, ReadOptions

NAME = "srt"
TITLE = "SRT: subtitles for a player"
SUFFIX = ".srt"
MIME = "application/x-subrip"
UNIT, BASE, ENDS = "whole milliseconds", "from 0", "a cue's end is not part of it"
KEEPS = {"confidence", "overlaps", "stretches"}
DIGIT_S = 0.001
ASKS = {"confidences"}
REMARK = "For viewing: some players show only one of several simultaneous cues."


def looks_like(name: str, head: str) -> bool:
    """Whether a file is SRT: a number, then a line of times; the number may lack where the name says what it is."""
    cue = re.match(r"\s*(?:\d+[ \t]*\n\s*)?\d+:\d\d(?::\d\d)?(?:[,.]\d+)?\s*-->", head)
    called = name.lower().endswith(".srt")
    return bool(cue and (called or head.split(maxsplit=1)[0].isdecimal())) or (called and not head.strip())


def read(files: Files, options: ReadOptions) -> Labels:
    """A cue a segment."""
    return cues.read(files, options, header=False)


def write(labels: Labels) -> bytes:
    """One cue a segment, numbered from 1."""
    return ("\n".join(cues.cues(labels, "SRT", ",")) or "\n").encode()
