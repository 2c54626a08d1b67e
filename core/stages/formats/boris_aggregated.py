"""BORIS, aggregated events: a row a bout. Seconds with three decimals; `Stop (s)` is excluded."""

from core.domain import Labels
from core.stages.formats.common import boris_events
from core.stages.formats.common.boris_events import checked, observation
from core.stages.formats.common.boris_media import OFFSET
from core.stages.formats.common.writer import ms, table_bytes

NAME = "boris-aggregated"
TITLE = "BORIS: aggregated events"
SUFFIX = ".csv"
MIME = "text/csv"
UNIT, BASE, ENDS = "seconds, 3 decimals", "from 0, less the time offset of the observation", "Stop (s) is excluded"
KEEPS = {"notes", "overlaps", "points", "several", "stretches"}
DIGIT_S = 0.001
REMARK = "For tables and statistics: BORIS cannot open its own exports. Subjects are kept, authors are not."
COLUMNS = (
    *("Observation id", "Observation date", "Description", "Observation type", "Source", OFFSET, "Coding duration"),
    *("Media duration (s)", "FPS (frame/s)", "Subject", "Observation duration by subject by observation", "Behavior"),
    *("Behavioral category", "Behavior type", "Start (s)", "Stop (s)", "Duration (s)", "Media file name"),
    *("Image index start", "Image index stop", "Image file path start", "Image file path stop"),
    *("Comment start", "Comment stop"),
)

read, parts, OPTIONAL = boris_events.read, boris_events.parts, boris_events.OPTIONAL


def looks_like(name: str, head: str) -> bool:
    """Whether a file is an aggregated export of BORIS."""
    return {"Behavior", "Start (s)"} <= set(boris_events.header_of(head)[1])


def write(labels: Labels) -> bytes:
    """The newer shape, its rows by time. Of a point the stop is the start and the duration NA."""
    rows = []
    for clip in labels.clips:
        common = observation(clip)
        common |= {"FPS (frame/s)": common["FPS"]}
        own = []
        for placed in checked(clip, "BORIS"):
            start_s, stop_s = ms(placed.segment.start_s), ms(placed.segment.stop_s)
            texts = {"Start (s)": start_s, "Stop (s)": stop_s, "Duration (s)": ms(float(stop_s) - float(start_s))}
            texts |= {"Behavior": placed.segment.label, "Behavior type": "STATE", "Comment start": placed.segment.note}
            own.append((placed.segment.start_s, texts | {"Subject": placed.lane.subject or "No focal subject"}))
        for lane in clip.lanes:
            for point in lane.points:
                texts = {"Start (s)": ms(point.time_s), "Stop (s)": ms(point.time_s), "Duration (s)": "NA"}
                texts |= {"Behavior": point.label, "Behavior type": "POINT", "Comment start": point.note}
                own.append((point.time_s, texts | {"Subject": lane.subject or "No focal subject"}))
        own.sort(key=lambda row: (round(row[0] * 1000), row[1]["Stop (s)"], row[1]["Behavior"], row[1]["Subject"]))
        rows += [common | row for _, row in own]
    return table_bytes(COLUMNS, rows)
