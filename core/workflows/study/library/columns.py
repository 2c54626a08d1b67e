"""The labels of many clips as columns of numbers, which are stored, read and drawn quickly."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from core.stages.study import inter_bout_s, transitions_with_gaps, watched_s, watched_stretches
from core.workflows.study.clips import StudyClip, StudyTrack
from core.workflows.study.tables import label_budget, labels_in

BUDGET = ("count", "total_s", "mean_s", "median_s", "latency_s", "cut")
ColumnEntries = list[tuple[float, ...]]
DataTable: TypeAlias = Any  # a pandas DataFrame; most of what its own annotations give is DataFrame or Series or more


@dataclass(frozen=True, eq=False)
class StudyColumns:
    """Labels of clips. A row is a track of a clip; NaN stands for what is not defined.

    digests, tracks: (R,) the clip and the track's name of each row. labels: (L,) by the alphabet. ends_s, watched_s:
    (R,) the end of the clip, and for how long it was watched. seen: (K, 3) row, start and stop of what was watched.
    segments: (N, 5) row, label, start, stop, confidence; a point stops where it starts. budgets: (M, 3 + 6 + 1) row,
    label, whether it comes as points only, then BUDGET, then its watched time. gaps: (J, 3) row, label and seconds
    between two bouts. transitions: (T, 4) row, from, to and seconds between them. failures: clips without usable
    labels, and why.
    """

    digests: tuple[str, ...]
    tracks: tuple[str, ...]
    labels: tuple[str, ...]
    ends_s: np.ndarray
    watched_s: np.ndarray
    seen: np.ndarray
    segments: np.ndarray
    budgets: np.ndarray
    gaps: np.ndarray
    transitions: np.ndarray
    failures: tuple[str, ...] = ()

    def of_clips(self, digests: Sequence[str]) -> np.ndarray:
        """The rows of these clips, in their order."""
        places: dict[str, list[int]] = {}
        for row, digest in enumerate(self.digests):
            places.setdefault(digest, []).append(row)
        return np.array([row for digest in digests for row in places.get(digest, ())], np.int64)


def packed(clips: Sequence[StudyClip], failures: Sequence[str] = ()) -> StudyColumns:
    """The labels of clips as columns."""
    labels = labels_in(clips)
    places = {label: place for place, label in enumerate(labels)}
    rows = [(clip.digest, track) for clip in clips for track in clip.tracks]
    parts: dict[str, ColumnEntries] = {name: [] for name in ("seen", "segments", "budgets", "gaps", "transitions")}
    for row, (_, track) in enumerate(rows):
        parts["seen"] += [(row, *stretch) for stretch in watched_stretches(track.lane_of(""), track.end_s)]
        parts["segments"] += sorted(_segments(row, track, places), key=lambda entry: entry[2])
        parts["transitions"] += _transitions(row, track, places)
        for label in dict.fromkeys(label for lane in track.lanes for label in lane.labels):
            parts["budgets"].append(_budget(row, track, label, places[label]))
            gaps_s = inter_bout_s(track.lane_of(label), label, track.end_s)
            parts["gaps"] += [(row, places[label], gap_s) for gap_s in gaps_s]
    widths = {"seen": 3, "segments": 5, "budgets": 4 + len(BUDGET), "gaps": 3, "transitions": 4}
    return StudyColumns(
        tuple(digest for digest, _ in rows),
        tuple(track.name for _, track in rows),
        labels,
        np.array([track.end_s for _, track in rows], np.float64),
        np.array([_number(watched_s(track.lane_of(""), track.end_s)) for _, track in rows], np.float64),
        **{name: np.array(part, np.float64).reshape(-1, widths[name]) for name, part in parts.items()},
        failures=tuple(failures),
    )


def _segments(row: int, track: StudyTrack, places: dict[str, int]) -> Iterator[tuple[float, ...]]:
    for lane in track.lanes:
        for segment in lane.segments:
            confidence = _number(segment.confidence)
            yield row, places[segment.label], segment.start_s, segment.stop_s, confidence
        for point in lane.points:
            yield row, places[point.label], point.time_s, point.time_s, _number(point.confidence)


def _budget(row: int, track: StudyTrack, label: str, place: int) -> tuple[float, ...]:
    budget, length_s = label_budget(track, label)
    numbers = (_number(getattr(budget, name)) for name in BUDGET)
    return row, place, budget.kind == "point", *numbers, _number(length_s)


def _transitions(row: int, track: StudyTrack, places: dict[str, int]) -> ColumnEntries:
    return [
        (row, places[earlier], places[later], gap_s)
        for lane in track.sequences
        for earlier, later, gap_s in transitions_with_gaps(lane, end_s=track.end_s)
    ]


def _number(value: float | None) -> float:
    return np.nan if value is None else value
