"""WebVTT: subtitles that name what is seen. Milliseconds from 0, end excluded; source: w3.org/TR/webvtt1."""

from core.domain import Labels
from core.stages.formats.common import cues
from core.stages.formats.common.files import Files, ReadOptions

NAME = "vtt"
TITLE = "WebVTT: subtitles for a player"
SUFFIX = ".vtt"
MIME = "text/vtt"
UNIT, BASE, ENDS = "whole milliseconds", "from 0", "a cue's end is not part of it"
KEEPS = {"confidence", "overlaps", "stretches"}
DIGIT_S = 0.001
ASKS = {"confidences"}
REMARK = "For viewing: players show each cue during its segment."


def looks_like(name: str, head: str) -> bool:
    """Whether a file is WebVTT."""
    return head.startswith("WEBVTT")


def read(files: Files, options: ReadOptions) -> Labels:
    """A cue a segment."""
    return cues.read(files, options, header=True)


def write(labels: Labels) -> bytes:
    """One cue a segment: its label and, where known, its confidence with two decimals."""
    return "\n".join(["WEBVTT\n", *cues.cues(labels, "WebVTT", ".")]).encode()
