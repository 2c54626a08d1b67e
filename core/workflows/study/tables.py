"""The tables of a study as rows: labelled segments, the time budget of each clip, and what follows what."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from core.stages.study import LabelBudget, time_budget, transitions, watched_s
from core.workflows.study.clips import StudyClip, StudyTrack, first_names

Cells = tuple[str, ...]


@dataclass(frozen=True)
class SegmentRow:
    """A labelled stretch, or a moment whose start is its stop. metadata: of its clip, a cell for each column."""

    clip: str
    track: str
    metadata: Cells
    label: str
    kind: Literal["state", "point"]
    start_s: float
    stop_s: float
    confidence: float | None


@dataclass(frozen=True)
class BudgetRow:
    """The time budget of one label in one track of a clip. watched_s: what share and rate are of."""

    clip: str
    track: str
    metadata: Cells
    budget: LabelBudget
    watched_s: float | None


@dataclass(frozen=True)
class TransitionRow:
    """How often a label was followed by another one, in all clips together."""

    earlier: str
    later: str
    count: int


def labels_in(clips: Sequence[StudyClip]) -> tuple[str, ...]:
    """The labels that are in use in any clip, by the alphabet."""
    return tuple(sorted({label for clip in clips for label in clip.labels.labels}))


def segment_rows(clips: Sequence[StudyClip], metadata: Mapping[str, Cells]) -> tuple[SegmentRow, ...]:
    """All labels of all clips, by time within each track."""
    return tuple(
        row
        for clip in clips
        for track in clip.tracks
        for row in sorted(_of_track(clip, track, metadata), key=lambda row: (row.start_s, row.stop_s, row.label))
    )


def _of_track(clip: StudyClip, track: StudyTrack, metadata: Mapping[str, Cells]) -> Iterator[SegmentRow]:
    common = (clip.name, track.name, metadata[clip.name])
    for lane in track.lanes:
        for segment in lane.segments:
            ends = (segment.start_s, segment.stop_s)
            yield SegmentRow(*common, segment.label, "state", *ends, segment.confidence)
        for point in lane.points:
            yield SegmentRow(*common, point.label, "point", point.time_s, point.time_s, point.confidence)


def budget_rows(
    clips: Sequence[StudyClip], labels: Sequence[str], metadata: Mapping[str, Cells]
) -> tuple[BudgetRow, ...]:
    """The budget of each label in each track of each clip, also of labels that do not come in it."""
    rows: list[BudgetRow] = []
    for clip in clips:
        for track in clip.tracks:
            absent = label_budget(track, "")
            present = {label: label_budget(track, label) for lane in track.lanes for label in lane.labels}
            for label in labels:
                budget, length_s = present.get(label) or (replace(absent[0], label=label), absent[1])
                rows.append(BudgetRow(clip.name, track.name, metadata[clip.name], budget, length_s))
    points = _only_points(rows)
    return tuple(_as_points(row, points) for row in rows)


def label_budget(track: StudyTrack, label: str) -> tuple[LabelBudget, float | None]:
    """The budget of one label in one track, and for how long it was watched; "" for a label that never comes."""
    lane = track.lane_of(label)
    (budget,) = time_budget(lane, (label,), track.end_s)
    return budget, watched_s(lane, track.end_s)


def _only_points(rows: Sequence[BudgetRow]) -> frozenset[str]:
    """The labels that come as points only, wherever they come."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        if row.budget.count:
            kinds.setdefault(row.budget.label, set()).add(row.budget.kind)
    return frozenset(label for label, own in kinds.items() if own == {"point"})


def _as_points(row: BudgetRow, labels: frozenset[str]) -> BudgetRow:
    """The row of a label that comes elsewhere as points: where it does not come, it has no duration either."""
    if row.budget.count or row.budget.label not in labels:
        return row
    return replace(row, budget=replace(row.budget, kind="point", total_s=None, share=None))


def transition_rows(clips: Sequence[StudyClip], max_gap_s: float | None) -> tuple[TransitionRow, ...]:
    """What follows what in all clips together, by the alphabet."""
    counts: Counter[tuple[str, str]] = Counter()
    for clip in clips:
        for track in clip.tracks:
            for lane in track.sequences:
                counts += transitions(lane, max_gap_s, end_s=track.end_s)
    return tuple(TransitionRow(*pair, count) for pair, count in sorted(counts.items()))


def track_notes(clips: Sequence[StudyClip]) -> list[str]:
    """What is told of clips with several tracks."""
    several = [clip.name for clip in clips if len(clip.tracks) > 1]
    beside = [clip.name for clip in clips if any(len(track.sequences) > 1 for track in clip.tracks)]
    notes: list[str] = []
    if several:
        text = "clips with tracks of several subjects or authors, each with a budget of its own"
        notes.append(f"{text}: {first_names(several)}")
    if beside:
        text = "clips whose labels overlap, where transitions are counted within each track of the file"
        notes.append(f"{text}: {first_names(beside)}")
    return notes
