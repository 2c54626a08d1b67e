"""VIA 3: its CSV of temporal segments."""

import re

from core.base.errors import FormatInvalid
from core.domain import Labels
from core.stages.formats import via

NAME = "via-csv"
TITLE = "VIA 3: a CSV of temporal segments"
SUFFIX = ".csv"
MIME = "text/csv"
UNIT, BASE, ENDS = via.UNIT, via.BASE, via.ENDS
KEEPS = via.KEEPS
DIGIT_S = via.DIGIT_S
REMARK = "One text attribute, behaviour."

read, parts = via.read, via.parts


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a CSV of VIA 3: its header is a comment."""
    return via.is_table(head)


def write(labels: Labels) -> bytes:
    """A row a label."""
    for label in (label for clip in labels.clips for label in clip.labels):
        if re.fullmatch(r"\d+", label):
            raise FormatInvalid(f"VIA's CSV would have {label!r} read as the id of an option.", "Choose its project.")
    return via.write_table(labels, TITLE)
