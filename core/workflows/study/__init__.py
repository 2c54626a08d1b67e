"""Studies: the labels of many recordings as tables, and groups of recordings compared.

clips: the clips and their tracks  metadata: a table about them
tracks: where their labels are from  label_files: files of labels about many clips
tables: segments, time budgets and transitions  groups: groups of clips compared
result: what is asked for, and all that is given  about: how it was made
writing: the tables as files  library_metadata: what tables and file names say of clips of the library
"""

from dataclasses import replace
from typing import Any

from core.base.errors import NotEnoughExamples
from core.base.progress import Report, silent
from core.workflows.models import ModelLibrary
from core.workflows.study.about import about, counts
from core.workflows.study.clips import GivenClips, StudyTracks, given_clips
from core.workflows.study.groups import GroupComparison, check_groups, compared
from core.workflows.study.metadata import ClipMetadata, MetadataTable, matched, read_metadata
from core.workflows.study.result import Study, StudyOptions
from core.workflows.study.tables import budget_rows, labels_in, segment_rows, track_notes, transition_rows
from core.workflows.study.tracks import labelled, predicted
from core.workflows.study.writing import BESIDE_METADATA
from core.workspace.store import Store

__all__ = ["Study", "StudyOptions", "study"]


def study(store: Store, options: StudyOptions, *, engine: str, report: Report = silent) -> Study:
    """The tables of many clips: labelled by a model, of which what is stored is not made again, or by files of labels.

    A clip that fails is told in the result and stops no other.
    """
    given = given_clips(options.clips)
    table = MetadataTable()
    if options.metadata:
        table = read_metadata(options.metadata, options.clip_column, BESIDE_METADATA)
    group = table.place(options.group, "--group") if options.group else None
    subject = table.place(options.subject, "--subject") if options.subject else None
    if group is not None and given.paths:
        check_groups([cells[group] for cells in matched(table, given.paths).cells], options.group)
    card = None if options.tracks else ModelLibrary.of(store).get(options.model)[0]
    if card:
        tracks = predicted(store, given, options.recipe, card, engine, report)
    else:
        tracks = labelled(store, given, options.tracks, options.form, report)
    if not tracks.clips and not tracks.failures:
        hint = "Clips and labels are matched by file name: check the names." if options.tracks else ""
        raise NotEnoughExamples("; ".join(["No clip has labels", *tracks.notes]) + ".", hint)
    metadata = matched(table, tracks.given.paths) if options.metadata else _nothing(tracks.given)
    if group is not None and not given.paths:
        check_groups([cells[group] for cells in metadata.cells], options.group)
    return _tables(options, tracks, table, metadata, group, subject, about(options, tracks, card, engine), report)


def _nothing(given: GivenClips) -> ClipMetadata:
    return ClipMetadata(((),) * len(given.paths))


def _tables(
    options: StudyOptions,
    tracks: StudyTracks,
    table: MetadataTable,
    metadata: ClipMetadata,
    group: int | None,
    subject: int | None,
    made_by: dict[str, Any],
    report: Report,
) -> Study:
    cells = dict(zip(tracks.given.names, metadata.cells, strict=True))
    labels = labels_in(tracks.clips)
    budget = budget_rows(tracks.clips, labels, cells)
    comparison = GroupComparison(())
    if group is not None:
        comparison = compared(budget, labels, group, subject, options.correction, report)
    notes = (*tracks.notes, *table.notes, *metadata.notes, *track_notes(tracks.clips), *comparison.notes)
    made = Study(
        columns=table.columns,
        clips=tracks.clips,
        labels=labels,
        segments=segment_rows(tracks.clips, cells),
        budget=budget,
        transitions=transition_rows(tracks.clips, options.max_gap_s),
        groups=comparison.rows if group is not None else None,
        failures=tracks.failures,
        notes=(*_same_recordings(tracks), *notes),
        about=made_by,
    )
    return replace(made, about={**made_by, "counts": counts(made)})


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
