"""From the tracks of clips and what is known about the clips to all tables of a study."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.base.errors import AnalysisError
from core.base.progress import Report, silent
from core.workflows.study.about import counts
from core.workflows.study.clips import StudyTracks, first_names
from core.workflows.study.corrected_shares import (
    FILE,
    CorrectedBudgets,
    StudiedClips,
    StudyCorrection,
    corrected,
    latest_evaluation,
)
from core.workflows.study.groups import NO_GROUP, Correction, GroupComparison, compared
from core.workflows.study.library.columns import packed
from core.workflows.study.library.sources import LabelSource
from core.workflows.study.result import Study
from core.workflows.study.tables import (
    BudgetRow,
    Cells,
    budget_rows,
    labels_in,
    segment_rows,
    track_notes,
    transition_rows,
)
from core.workspace.store import Store


@dataclass(frozen=True)
class StudyMetadata:
    """What is known about the clips. columns: as the tables call them; cells: of each clip, by its name.

    group, subject: the places of the columns that name the group and the subject of a clip; None where none does.
    """

    columns: tuple[str, ...] = ()
    cells: Mapping[str, Cells] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    group: int | None = None
    subject: int | None = None


def assembled(
    tracks: StudyTracks,
    metadata: StudyMetadata,
    made_by: Mapping[str, Any],
    *,
    max_gap_s: float | None,
    comparison: GroupComparison | None,
    correction: StudyCorrection | None = None,
) -> Study:
    """All tables. comparison: of the groups, None where none were asked for; correction: None where there is none."""
    notes = (*tracks.notes, *metadata.notes, *track_notes(tracks.clips), *(comparison.notes if comparison else ()))
    if correction:
        notes += tuple(f"{FILE}: {note}" for note in correction.budgets.notes)
    labels = labels_in(tracks.clips)
    made = Study(
        columns=metadata.columns,
        clips=tracks.clips,
        labels=labels,
        segments=segment_rows(tracks.clips, metadata.cells),
        budget=budget_rows(tracks.clips, labels, metadata.cells),
        transitions=transition_rows(tracks.clips, max_gap_s),
        groups=comparison.rows if comparison else None,
        failures=tracks.failures,
        notes=(*_same_recordings(tracks), *notes),
        about=made_by,
        subjects=comparison.subjects if comparison else (),
        group=metadata.group,
        subject=metadata.subject,
        cells=metadata.cells,
        correction=correction,
    )
    return replace(made, about={**made_by, "counts": counts(made)})


def comparison_of(
    tracks: StudyTracks,
    metadata: StudyMetadata,
    correction: Correction,
    *,
    left_out: Sequence[str] = (),
    report: Report = silent,
) -> GroupComparison | None:
    """The groups compared; None where no column names them. left_out: names of clips that are not compared."""
    if metadata.group is None:
        return None
    labels = labels_in(tracks.clips)
    rows: tuple[BudgetRow, ...] = budget_rows(tracks.clips, labels, metadata.cells)
    kept = [row for row in rows if row.clip not in set(left_out)] if left_out else rows
    comparison = compared(kept, labels, metadata.group, metadata.subject, correction, report)
    if not left_out:
        return comparison
    note = f"clips that the model was trained on, which are not compared: {first_names(left_out)}"
    return replace(comparison, notes=(note, *comparison.notes))


def correction_of(
    store: Store,
    source: LabelSource,
    engine: str,
    tracks: StudyTracks,
    metadata: StudyMetadata,
    report: Report = silent,
) -> StudyCorrection | None:
    """The shares corrected by the latest evaluation of the model of a source; None where there is none of use.

    Where the evaluation cannot be used after all, there are no corrected shares, and the reason is a note.
    """
    held_out = latest_evaluation(store, source, engine)
    if held_out is None:
        return None
    groups = {clip.digest: _cell(metadata, clip.name, metadata.group) or NO_GROUP for clip in tracks.clips}
    subjects = {clip.digest: _cell(metadata, clip.name, metadata.subject) for clip in tracks.clips}
    studied = StudiedClips(
        packed(tracks.clips),
        tuple(dict.fromkeys(clip.digest for clip in tracks.clips)),
        {} if metadata.group is None else groups,
        {digest: subject for digest, subject in subjects.items() if subject},
    )
    try:
        return StudyCorrection(held_out, corrected(store, source, held_out, studied, report))
    except AnalysisError as error:
        return StudyCorrection(held_out, CorrectedBudgets((), len(held_out.units), (str(error),)))


def _cell(metadata: StudyMetadata, name: str, column: int | None) -> str:
    return "" if column is None else metadata.cells[name][column]


def _same_recordings(tracks: StudyTracks) -> list[str]:
    """What is told of clips with the same bytes, which count several times."""
    names: dict[str, list[str]] = {}
    for clip in tracks.clips:
        if clip.digest:
            names.setdefault(clip.digest, []).append(clip.name)
    return [
        f"{' and '.join(own)} are the same recording, which counts {len(own)} times"
        for own in names.values()
        if len(own) > 1
    ]
