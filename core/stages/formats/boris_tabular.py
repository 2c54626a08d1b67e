"""BORIS, tabular events: a row for each START, STOP and POINT. Seconds with three decimals; STOP is excluded.

A project of BORIS is read too.
"""

from core.domain import Labels
from core.stages.formats.common import boris_events
from core.stages.formats.common.boris_events import checked, observation
from core.stages.formats.common.boris_media import OFFSET, is_project
from core.stages.formats.common.writer import ms, table_bytes

NAME = "boris"
TITLE = "BORIS: tabular events"
SUFFIX = ".csv"
MIME = "text/csv"
UNIT, BASE, ENDS = (
    "seconds, 3 decimals",
    "from 0, less the time offset of the observation",
    "the moment of STOP is excluded",
)
KEEPS = {"notes", "overlaps", "points", "several", "stretches"}
DIGIT_S = 0.001
REMARK = "For tables and statistics: BORIS cannot open its own exports. Subjects are kept, authors are not."
COLUMNS = (
    *("Observation id", "Observation date", "Description", "Observation duration", "Observation type", "Source"),
    *(OFFSET, "Media duration (s)", "FPS", "Subject", "Behavior", "Behavioral category", "Behavior type", "Time"),
    *("Media file name", "Image index", "Image file path", "Comment"),
)

read, parts, OPTIONAL = boris_events.read, boris_events.parts, boris_events.OPTIONAL


def looks_like(name: str, head: str) -> bool:
    """Whether a file is a tabular export of BORIS, old or current, or a project."""
    _, header = boris_events.header_of(head)
    return is_project(head) or ("Behavior" in header and "Start (s)" not in header)


def write(labels: Labels) -> bytes:
    """The current shape, its rows by time; where a STOP and a START are at one time, the STOP comes first."""
    rows = []
    for clip in labels.clips:
        own = []
        for placed in checked(clip, "BORIS"):
            texts = {"Subject": placed.lane.subject, "Behavior": placed.segment.label}
            start = {"Behavior type": "START", "Time": ms(placed.segment.start_s), "Comment": placed.segment.note}
            stop = {"Behavior type": "STOP", "Time": ms(placed.segment.stop_s)}
            own += [(placed.segment.start_s, 2, texts | start), (placed.segment.stop_s, 0, texts | stop)]
        for lane in clip.lanes:
            for point in lane.points:
                texts = {"Subject": lane.subject, "Behavior": point.label, "Comment": point.note}
                own.append((point.time_s, 1, texts | {"Behavior type": "POINT", "Time": ms(point.time_s)}))
        own.sort(key=lambda entry: (round(entry[0] * 1000), entry[1], entry[2]["Behavior"], entry[2]["Subject"]))
        rows += [observation(clip) | row for _, _, row in own]
    return table_bytes(COLUMNS, rows)
