"""What a study of clips of the workspace is asked for, and the study with all its tables."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.base.errors import AnalysisError, NotEnoughExamples
from core.base.progress import Report, silent
from core.domain import Recipe, serialization
from core.domain.fingerprint import fingerprint
from core.workflows.study.about import about
from core.workflows.study.assembly import StudyMetadata, assembled, comparison_of, correction_of
from core.workflows.study.clips import ClipFailure, GivenClips, StudyClip, StudyTracks
from core.workflows.study.groups import Correction, GroupComparison
from core.workflows.study.library.held_out_confusion import held_out_clips
from core.workflows.study.library.sources import (
    TRAINING_UNKNOWN,
    LabelSource,
    card_of,
    is_training_unknown,
    labelled_clip,
    learned_from,
    names_of_clips,
    versions,
)
from core.workflows.study.metadata import table_columns
from core.workflows.study.result import Study, StudyOptions
from core.workflows.study.writing import BESIDE_METADATA
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

VERSION = 1
CORRECTION_VERSION = 1  # of corrected budgets
KIND = "study"  # of results
MOST_KEPT = 40  # results of studies
TABLE = "clip metadata"  # what the notes call the columns of the workspace


@dataclass(frozen=True)
class LibraryQuestion:
    """A study of clips of the workspace.

    digests: the clips that take part, as far as they have labels. group, subject: columns of the metadata, "" for none.
    with_learned: clips that the model was trained on are compared too.
    """

    digests: tuple[str, ...]
    source: LabelSource
    group: str = ""
    subject: str = ""
    correction: Correction = "holm"
    max_gap_s: float | None = None
    with_learned: bool = False


def comparison_key(store: Store, question: LibraryQuestion, engine: str) -> str:
    """The name of the comparison of groups: of all that decides its numbers and its words."""
    known = versions(store, question.source, engine)
    names, metadata = _names(store, question), store.metadata()
    clips = [(digest, known.get(digest, ""), names[digest], metadata.get(digest, {})) for digest in names]
    left_out = () if question.with_learned else sorted(learned_from(store, question.source).intersection(names))
    compared = replace(question, max_gap_s=None)  # which no comparison depends on
    return fingerprint("group comparison", VERSION, compared, clips, left_out, engine)


def correction_key(store: Store, question: LibraryQuestion, evaluation: str, engine: str) -> str:
    """The name of corrected budgets: of all that decides their numbers and their words."""
    known, cells = versions(store, question.source, engine), store.metadata()
    clips = [
        (digest, known[digest], *(cells.get(digest, {}).get(name, "") for name in (question.group, question.subject)))
        for digest in sorted(question.digests)
        if digest in known
    ]
    usable = [clips for clips in held_out_clips(store, question.source, engine) if clips.key == evaluation]
    grouped = (bool(question.group), bool(question.subject))
    learned = sorted(learned_from(store, question.source).intersection(question.digests))
    parts = (question.source, clips, grouped, usable, learned, engine)
    return fingerprint("corrected budgets", CORRECTION_VERSION, *parts)


def _names(store: Store, question: LibraryQuestion) -> dict[str, str]:
    """The clips of a study that are still there, in the order of their names, with the names of the tables."""
    there = {row.digest: row.name for row in store.clip_rows()}
    names = names_of_clips({digest: there[digest] for digest in question.digests if digest in there})
    return dict(sorted(names.items(), key=lambda entry: (entry[1].casefold(), entry[0])))


def tracks_of(store: Store, question: LibraryQuestion, engine: str, report: Report = silent) -> StudyTracks:
    """The clips of a study with their labels; those without any take no part."""
    known, names = versions(store, question.source, engine), _names(store, question)
    kept: list[StudyClip] = []
    failures: list[ClipFailure] = []
    labelled = [digest for digest in names if digest in known]
    for place, digest in enumerate(labelled):
        report(place, len(labelled), "Reading labels")
        key = known[digest].partition(" ")[0]
        try:
            kept.append(labelled_clip(store, question.source, digest, key, names[digest]))
        except AnalysisError as error:
            failures.append(ClipFailure(names[digest], error))
    without = len(names) - len(labelled)
    notes = [f"clips without these labels, which take no part: {without}"] if without else []
    notes += [TRAINING_UNKNOWN] if is_training_unknown(store, question.source) else []
    given = GivenClips(tuple(clip.path for clip in kept), tuple(clip.name for clip in kept))
    return StudyTracks(given, tuple(kept), tuple(failures), tuple(notes))


def metadata_of(store: Store, question: LibraryQuestion, clips: tuple[StudyClip, ...]) -> StudyMetadata:
    """The metadata of the workspace as columns of the tables."""
    headers, cells = store.metadata_columns(), store.metadata()
    columns, notes = table_columns(headers, BESIDE_METADATA, TABLE)
    rows = {clip.name: tuple(cells.get(clip.digest, {}).get(header, "") for header in headers) for clip in clips}
    group, subject = (headers.index(name) if name in headers else None for name in (question.group, question.subject))
    return StudyMetadata(columns, rows, tuple(notes), group, subject)


def comparison(
    store: Store, question: LibraryQuestion, engine: str, tracks: StudyTracks, report: Report = silent
) -> GroupComparison | None:
    """The groups of a study compared, out of the store or else computed and stored; None where there are none."""
    key = comparison_key(store, question, engine)
    known = store.known(key, GroupComparison)
    if known is not None:
        return known
    learned = frozenset() if question.with_learned else learned_from(store, question.source)
    made = comparison_of(
        tracks,
        metadata_of(store, question, tracks.clips),
        question.correction,
        left_out=[clip.name for clip in tracks.clips if clip.digest in learned],
        report=report,
    )
    if made is not None:
        keep(store, key, made)
    return made


def keep(store: Store, key: str, value: Any) -> None:
    """Store a result of a study, and forget the oldest of many."""
    store.write(key, value, kind=KIND)
    for old in store.keys(KIND)[MOST_KEPT:]:
        store.delete(old)


@short()
def compare_groups(store: Store, question: LibraryQuestion, engine: str, report: Report = silent) -> None:
    """Compare the groups of a study, as a job."""
    tracks = tracks_of(store, question, engine, report)
    if comparison(store, question, engine, tracks, report) is None:
        raise NotEnoughExamples("No column of the metadata names the groups.", "Choose a column under Group by.")


def library_study(store: Store, question: LibraryQuestion, engine: str, report: Report = silent) -> Study:
    """The study with all its tables, as the command line makes it of the same clips."""
    tracks = tracks_of(store, question, engine, report)
    if not tracks.clips:
        raise NotEnoughExamples("No clip of this study has labels.", "Analyse or label the clips first.")
    groups = comparison(store, question, engine, tracks, report) if question.group else None
    metadata = metadata_of(store, question, tracks.clips)
    correction = correction_of(store, question.source, engine, tracks, metadata, report)
    made_by = _about(store, question, tracks, engine)
    return assembled(tracks, metadata, made_by, max_gap_s=question.max_gap_s, comparison=groups, correction=correction)


def _about(store: Store, question: LibraryQuestion, tracks: StudyTracks, engine: str) -> Mapping[str, Any]:
    """How the study was made, as plain JSON."""
    source = question.source
    card = None if source.kind == "annotator" else card_of(store, source)
    options = StudyOptions(
        clips=tuple(clip.digest for clip in tracks.clips),
        metadata=TABLE if store.metadata_columns() else "",
        group=question.group,
        subject=question.subject,
        max_gap_s=question.max_gap_s,
        correction=question.correction,
    )
    made_by = about(options, tracks, card, engine)
    recipes = store.recipes_of_clips() if card and source.own_recipe else {}
    own = {clip.name: json.loads(serialization.to_json(recipes.get(clip.digest, Recipe()))) for clip in tracks.clips}
    labels = {"from": source.kind, "name": source.name}
    if card:
        labels |= {
            "threshold": card.threshold,
            "shortest_s": source.shortest_s,
            "recipe_of_each_clip": source.own_recipe,
        }
        labels["with_clips_of_training"] = question.with_learned
    return {**made_by, "labels": labels, "recipe": own if recipes else made_by["recipe"]}
