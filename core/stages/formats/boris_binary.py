"""BORIS, binary table: a row a step, a column a behaviour, 1 while it lasts. One clip and one subject a file."""

from core.base.errors import FormatInvalid
from core.domain import Labels
from core.stages.formats.common import boris_events
from core.stages.formats.common.boris_events import table_bytes
from core.stages.formats.common.writer import (
    clock,
    frame_range,
    in_ms,
    one_clip,
    one_line,
    placed,
    seen_frames,
    steady,
    stretched,
)

NAME = "boris-binary"
TITLE = "BORIS: binary table"
SUFFIX = ".csv"
MIME = "text/csv"
UNIT, BASE, ENDS = (
    "rows of a fixed step, written a row a frame",
    "the time of its frame",
    "a row lasts until the next one",
)
KEEPS = {"classes", "overlaps", "stretches"}
DIGIT_S = 0.0
REMARK = "Times have three decimals. Only for clips of constant rate. Point events are not stored."

read, parts, OPTIONAL = boris_events.read, boris_events.parts, boris_events.OPTIONAL


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a binary table of BORIS."""
    return boris_events.header_of(head)[1][:1] == ["time"] and name.lower().endswith((".csv", ".tsv"))


def write(labels: Labels) -> bytes:
    """A row at the time of each frame; columns by name."""
    clip = stretched(one_clip(labels, TITLE), TITLE)
    info = clock(clip, TITLE)
    steady(info, TITLE)
    names = sorted(labels.classes)
    one_line(names, TITLE)
    if len({lane.subject for lane in clip.lanes}) > 1:
        raise FormatInvalid(f"{TITLE} holds one subject per file.", "Write a file for each subject.")
    if not all(seen_frames(clip.lanes, info)):
        raise FormatInvalid(
            f"{TITLE} cannot mark unannotated parts, and {clip.name!r} is not fully annotated.",
            "State that the whole clip was annotated (--watched at the command line), or choose DeepEthogram.",
        )
    cells = {name: ["0"] * info.frame_count for name in names}
    for item in placed(clip, TITLE):
        in_ms(item.segment, TITLE)
        first, stop = frame_range(item.segment, info, TITLE)
        cells[item.segment.label][first:stop] = ["1"] * (stop - first)
    rows = [
        {"time": str(round(float(time_s), 3)), **{name: cells[name][frame] for name in names}}
        for frame, time_s in enumerate(info.times_s)
    ]
    return table_bytes(("time", *names), rows)
