"""Studies: the labels of many recordings as tables, and groups of recordings compared.

clips: the clips and their tracks  metadata: a table about them
tracks: where their labels are from  label_files: files of labels about many clips
tables: segments, time budgets and transitions  groups: groups of clips compared
corrected_shares: time budgets corrected for the labels that a model confuses
assembly: tracks and what is known about clips as tables  result: what is asked for, and all that is given
about: how it was made  writing: the tables as files  nwb_files: the clips as NWB files
library: studies of the clips of a workspace  report: a report that opens offline
library_metadata: what tables and file names say of clips of the library
"""

from core.base.errors import NotEnoughExamples
from core.base.progress import Report, silent
from core.workflows.models import ModelLibrary
from core.workflows.study.about import about
from core.workflows.study.assembly import StudyMetadata, assembled, comparison_of, correction_of
from core.workflows.study.clips import GivenClips, given_clips
from core.workflows.study.groups import check_groups
from core.workflows.study.library.sources import LabelSource
from core.workflows.study.metadata import ClipMetadata, MetadataTable, matched, read_metadata
from core.workflows.study.result import Study, StudyOptions
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
    cells = dict(zip(tracks.given.names, metadata.cells, strict=True))
    known = StudyMetadata(table.columns, cells, (*table.notes, *metadata.notes), group, subject)
    comparison = comparison_of(tracks, known, options.correction, report=report)
    source = LabelSource("model", card.name, own_recipe=False) if card else None
    correction = correction_of(store, source, engine, tracks, known, report) if source else None
    made_by = about(options, tracks, card, engine)
    return assembled(tracks, known, made_by, max_gap_s=options.max_gap_s, comparison=comparison, correction=correction)


def _nothing(given: GivenClips) -> ClipMetadata:
    return ClipMetadata(((),) * len(given.paths))
