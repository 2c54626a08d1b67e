"""CSV: one row a segment. Seconds from 0 with three decimals, end excluded; comma, decimal dot."""

import csv
import io
from collections.abc import Iterable, Sequence

from core.domain import Analysis, Segment
from core.errors import FormatInvalid

NAME = "csv"
TITLE = "CSV: a table of segments"
SUFFIX = ".csv"
MIME = "text/csv"
COLUMNS = ("start_s", "stop_s", "label", "confidence")


def write(analysis: Analysis) -> bytes:
    """A header and one row a segment."""
    return _table(COLUMNS, (_row(segment) for segment in analysis.track.segments))


def write_all(analyses: Sequence[Analysis]) -> bytes:
    """The same with the clip's path in the first column."""
    rows = ((one.video.path, *_row(segment)) for one in analyses for segment in one.track.segments)
    return _table(("path", *COLUMNS), rows)


def _row(segment: Segment) -> tuple[str, ...]:
    start, stop = f"{segment.start_s:.3f}", f"{segment.stop_s:.3f}"
    if start == stop:
        raise FormatInvalid(
            f"CSV holds thousandths of a second: {segment.label!r} from {segment.start_s} to {segment.stop_s} s "
            "would be empty.",
            "Choose JSON for such short segments.",
        )
    return start, stop, segment.label, "" if segment.confidence is None else f"{segment.confidence:.3f}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")
