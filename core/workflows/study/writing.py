"""The tables of a study as files by name, and its report."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from csv import reader
from dataclasses import replace
from io import BytesIO
from typing import Any

from core.domain import Lane
from core.stages.formats import boris_aggregated
from core.stages.formats.common import clip_names
from core.stages.formats.common.writer import csv_table
from core.stages.study import watched_s
from core.workflows.study import corrected_shares, report
from core.workflows.study.clips import StudyTrack
from core.workflows.study.corrected_shares import CorrectedBudget
from core.workflows.study.groups import NO_GROUP, GroupRow
from core.workflows.study.library.held_out_confusion import HeldOutClips
from core.workflows.study.metadata import table_columns
from core.workflows.study.result import Study
from core.workflows.study.tables import BudgetRow, SegmentRow

CLIP, TRACK = "clip", "track"
SEGMENT_COLUMNS = ("label", "kind", "start_s", "stop_s", "duration_s", "confidence")
DURATIONS = ("total_s", "share", "mean_s", "median_s", "rate_per_min", "latency_s")
BUDGET_COLUMNS = ("label", "count", *DURATIONS, "kind", "cut", "watched_s")
TRANSITION_COLUMNS = ("from", "to", "count")
DIFFERENCE = ("mean_a", "mean_b", "difference", "low", "high", "p")
GROUP_COLUMNS = ("label", "measure", "group_a", "group_b", "n_a", "n_b", *DIFFERENCE, "p_adjusted")
CORRECTED_COLUMNS = ("group", "label", "subjects", "share", "corrected", "low", "high")
BESIDE_METADATA = frozenset({CLIP, TRACK, *SEGMENT_COLUMNS, *BUDGET_COLUMNS})
WHOLE = ("count", "cut")  # columns of whole numbers
FLOATS = (*DURATIONS, "watched_s", "start_s", "stop_s", "duration_s", "confidence")
SEGMENTS, BUDGET, GROUPS, ABOUT, REPORT = "segments.csv", "budget.csv", "groups.csv", "study.json", "report.html"
BORIS = "boris_aggregated.csv"
CORRECTED = corrected_shares.FILE
OPTIONAL = (GROUPS, CORRECTED)  # of some studies


def budget(study: Study) -> bytes:
    """The table of time budgets."""
    return csv_table(_header(study, BUDGET_COLUMNS), _budget(study))


def files(study: Study, colours: Mapping[str, str]) -> dict[str, bytes]:
    """The tables, how they were made, and the report. There is no table of groups where none were asked for, and none
    of corrected shares where no evaluation of the model allows a correction.

    colours: of the labels in the figures of the report.
    """
    tables = {
        SEGMENTS: csv_table(_header(study, SEGMENT_COLUMNS), _segments(study)),
        BUDGET: budget(study),
        "transitions.csv": csv_table(
            TRANSITION_COLUMNS, ((row.earlier, row.later, str(row.count)) for row in study.transitions)
        ),
    }
    if study.groups is not None:
        tables[GROUPS] = csv_table(GROUP_COLUMNS, map(_group, study.groups))
    if study.correction:
        tables[CORRECTED] = csv_table(CORRECTED_COLUMNS, map(_corrected, study.correction.budgets.rows))
    tables[BORIS] = _boris(study)
    corrected = {"corrected_budget": _about_correction(study.correction.held_out)} if study.correction else {}
    entries = {**study.about, **corrected, "files": [*tables, ABOUT, REPORT], "notes": list(study.notes)}
    text = json.dumps(entries, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return {**tables, ABOUT: text.encode("utf-8", "backslashreplace"), REPORT: report.html(study, colours)}


def parquet(table: bytes) -> bytes:
    """A table of ours as Parquet: numbers as numbers, all else as text, and null for undefined values."""
    import pyarrow
    from pyarrow import csv
    from pyarrow import parquet as files_of_columns

    kinds = {name: pyarrow.float64() for name in FLOATS} | {name: pyarrow.int64() for name in WHOLE}
    names = table.partition(b"\n")[0].decode("utf-8")
    columns = next(reader([names]))
    options = csv.ConvertOptions(
        column_types={name: kinds.get(name, pyarrow.string()) for name in columns},
        null_values=[""],
        strings_can_be_null=False,
    )
    content = BytesIO()
    parse = csv.ParseOptions(newlines_in_values=True)
    files_of_columns.write_table(csv.read_csv(BytesIO(table), convert_options=options, parse_options=parse), content)
    return content.getvalue()


def _header(study: Study, columns: Sequence[str]) -> tuple[str, ...]:
    return (CLIP, *((TRACK,) if _tracked(study) else ()), *study.columns, *columns)


def _tracked(study: Study) -> bool:
    """Whether any clip has several tracks, so that the tables say which one a row is about."""
    return any(row.track for row in study.budget)


def _of(study: Study, row: SegmentRow | BudgetRow) -> tuple[str, ...]:
    return (row.clip, *((row.track,) if _tracked(study) else ()), *row.metadata)


def _segments(study: Study) -> Iterator[tuple[str, ...]]:
    for row in study.segments:
        ends = (f"{row.start_s:.3f}", f"{row.stop_s:.3f}", f"{row.stop_s - row.start_s:.3f}")
        yield *_of(study, row), row.label, row.kind, *ends, _digits(row.confidence, 3)


def _budget(study: Study) -> Iterator[tuple[str, ...]]:
    for row in study.budget:
        own = row.budget
        durations = (_number(getattr(own, name)) for name in DURATIONS)
        yield *_of(study, row), own.label, str(own.count), *durations, own.kind, str(own.cut), _number(row.watched_s)


def _group(row: GroupRow) -> tuple[str, ...]:
    own = row.difference
    numbers = (_number(getattr(own, name)) for name in DIFFERENCE)
    names = (row.label, row.measure, row.group_a, row.group_b, str(own.n_a), str(own.n_b))
    return (*names, *numbers, _number(row.p_adjusted))


def _corrected(row: CorrectedBudget) -> tuple[str, ...]:
    """A row of corrected shares; the group is empty for clips without a value, and the label for what has none."""
    numbers = (_number(value) for value in (row.raw, row.estimate, row.low, row.high))
    return ("" if row.group == NO_GROUP else row.group, row.label, str(row.subjects), *numbers)


def _about_correction(held_out: HeldOutClips) -> dict[str, Any]:
    """From which evaluation the corrected shares are."""
    return {
        "evaluation": held_out.key,
        "dataset": held_out.dataset,
        "held_out_clips": len(held_out.units),
        "cross_validation": held_out.crossed,
    }


# The aggregated events of BORIS ---------------------------------------------------------------------------------------


def _boris(study: Study) -> bytes:
    """All bouts and points as BORIS exports them, the metadata as independent variables.

    Of a clip with several tracks each is a subject; else the subject is that of the labels, or that of the metadata.
    """
    variables, _ = table_columns(study.columns, boris_aggregated.taken(study.columns), BORIS)
    stems = Counter(clip_names.stem(clip.name) for clip in study.clips)
    rows: list[dict[str, str]] = []
    for clip in study.clips:
        cells = study.cells.get(clip.name, ("",) * len(variables))
        common = dict(zip(variables, cells, strict=True))
        if stems[clip_names.stem(clip.name)] > 1:
            common["Observation id"] = clip.name
        known = "" if study.subject is None else cells[study.subject]
        watched: dict[str, str] = {}
        lanes: list[Lane] = []
        for track in clip.tracks:
            own = [replace(track.lane_of(label), subject=_subject(track, known)) for label in _labels(track)]
            lanes += own
            watched |= {lane.subject: _number(watched_s(track.lane_of(""), track.end_s)) for lane in own}
        labels = replace(clip.labels, name=clip.name, label="", lanes=tuple(lanes))
        for row in boris_aggregated.event_rows(labels):
            seen_s = watched.get(row["Subject"], watched.get("", ""))
            rows.append({**row, **common, boris_aggregated.OBSERVED: seen_s})
    return boris_aggregated.table(rows, variables)


def _labels(track: StudyTrack) -> list[str]:
    return sorted({label for lane in track.lanes for label in lane.labels})


def _subject(track: StudyTrack, known: str) -> str:
    """Who is observed in a track. known: of the clip, as the metadata say."""
    lane = track.lanes[0]
    return track.name if track.name and (lane.subject or lane.author) else lane.subject or known


def _number(value: float | None) -> str:
    """A number with six decimals at most; an empty cell where there is none."""
    return "" if value is None else repr(round(float(value), 6) + 0.0)


def _digits(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
