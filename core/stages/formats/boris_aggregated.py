"""BORIS, aggregated events: a row a bout. Seconds with three decimals; `Stop (s)` is excluded."""

from collections.abc import Iterable, Mapping, Sequence

from core.domain import ClipLabels, Labels
from core.stages.formats.common import boris_events
from core.stages.formats.common.boris_events import checked, observation
from core.stages.formats.common.boris_media import OFFSET
from core.stages.formats.common.writer import ms, placed, table_bytes

NAME = "boris-aggregated"
TITLE = "BORIS: aggregated events"
SUFFIX = ".csv"
MIME = "text/csv"
UNIT, BASE, ENDS = "seconds, 3 decimals", "from 0, less the time offset of the observation", "Stop (s) is excluded"
KEEPS = {"notes", "overlaps", "points", "several", "stretches"}
DIGIT_S = 0.001
REMARK = "For tables and statistics: BORIS cannot open its own exports. Subjects are kept, authors are not."
OBSERVATION = ("Observation id", "Observation date", "Description", "Observation type", "Source", OFFSET)
OBSERVATION += ("Coding duration", "Media duration (s)", "FPS (frame/s)")
OBSERVED = "Observation duration by subject by observation"
EVENT = (
    *("Subject", OBSERVED, "Behavior", "Behavioral category", "Behavior type"),
    *("Start (s)", "Stop (s)", "Duration (s)", "Media file name"),
    *("Image index start", "Image index stop", "Image file path start", "Image file path stop"),
    *("Comment start", "Comment stop"),
)
ALONE = boris_events.ALONE

read, parts, OPTIONAL = boris_events.read, boris_events.parts, boris_events.OPTIONAL


def looks_like(name: str, head: str) -> bool:
    """Whether a file is an aggregated export of BORIS."""
    return {"Behavior", "Start (s)"} <= set(boris_events.header_of(head)[1])


def write(labels: Labels) -> bytes:
    """The newer shape, its rows by time. Of a point the stop is the start and the duration NA."""
    for clip in labels.clips:
        checked(clip, "BORIS")
    return table(row for clip in labels.clips for row in event_rows(clip))


def event_rows(clip: ClipLabels) -> list[dict[str, str]]:
    """The rows of a clip by column."""
    common = observation(clip)
    common |= {"FPS (frame/s)": common["FPS"]}
    own = []
    for entry in placed(clip, "BORIS"):
        start_s, stop_s = ms(entry.segment.start_s), ms(entry.segment.stop_s)
        texts = {"Start (s)": start_s, "Stop (s)": stop_s, "Duration (s)": ms(float(stop_s) - float(start_s))}
        texts |= {"Behavior": entry.segment.label, "Behavior type": "STATE", "Comment start": entry.segment.note}
        own.append((entry.segment.start_s, texts | {"Subject": entry.lane.subject or ALONE}))
    for lane in clip.lanes:
        for point in lane.points:
            texts = {"Start (s)": ms(point.time_s), "Stop (s)": ms(point.time_s), "Duration (s)": "NA"}
            texts |= {"Behavior": point.label, "Behavior type": "POINT", "Comment start": point.note}
            own.append((point.time_s, texts | {"Subject": lane.subject or ALONE}))
    own.sort(key=lambda row: (round(row[0] * 1000), row[1]["Stop (s)"], row[1]["Behavior"], row[1]["Subject"]))
    return [common | row for _, row in own]


def taken(columns: Iterable[str]) -> frozenset[str]:
    """The names that independent variables cannot have, for a reader would take them for others. columns: of these."""
    return frozenset({*OBSERVATION, *EVENT, *boris_events.SHARED, *filter(boris_events.MODIFIER.match, columns)})


def table(rows: Iterable[Mapping[str, str]], variables: Sequence[str] = ()) -> bytes:
    """Rows as a table. variables: the columns of independent variables, which BORIS puts between its own."""
    return table_bytes((*OBSERVATION, *variables, *EVENT), list(rows))
