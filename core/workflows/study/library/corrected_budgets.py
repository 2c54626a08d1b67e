"""Time budgets of the groups of a study, corrected for how its model confuses labels on held-out clips."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import NotEnoughExamples, ResultMissing
from core.base.progress import Report, silent
from core.domain.fingerprint import fingerprint
from core.stages.study import CorrectedShares, corrected_shares
from core.workflows.study.groups import NO_GROUP, shown_groups
from core.workflows.study.library import export
from core.workflows.study.library.budgets import clip_budgets, pooled_subjects
from core.workflows.study.library.columns import StudyColumns
from core.workflows.study.library.held_out_confusion import (
    HeldOutClips,
    HeldOutConfusion,
    confusion_of,
    held_out_clips,
)
from core.workflows.study.library.question import LibraryQuestion, keep
from core.workflows.study.library.sources import learned_from, versions
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

VERSION = 1


@dataclass(frozen=True)
class CorrectedBudget:
    """The share of one label in a group, 0 to 1. estimate, low, high: None where nothing could be corrected."""

    group: str
    label: str
    subjects: int
    raw: float
    estimate: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class CorrectedBudgets:
    """The corrected shares of each label in each group; the label "" is what has none. clips: held out.

    notes: what to beware of, as sentences.
    """

    rows: tuple[CorrectedBudget, ...]
    clips: int
    notes: tuple[str, ...] = ()


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
    return fingerprint("corrected budgets", VERSION, question.source, clips, grouped, usable, learned, engine)


@short()
def correct_budgets(
    store: Store, question: LibraryQuestion, evaluation: str, engine: str, report: Report = silent
) -> None:
    """Store the corrected budgets of the groups of a study, by the confusion in one of the model's evaluations."""
    usable = {clips.key: clips for clips in held_out_clips(store, question.source, engine)}
    if evaluation not in usable:
        raise ResultMissing("This evaluation is gone, or of an earlier model or dataset.", "Evaluate the model again.")
    key = correction_key(store, question, evaluation, engine)
    keep(store, key, corrected(store, question, usable[evaluation], engine, report))


def corrected(
    store: Store, question: LibraryQuestion, clips: HeldOutClips, engine: str, report: Report = silent
) -> CorrectedBudgets:
    """The corrected budgets of the groups of a study."""
    confusion = confusion_of(store, question.source, clips, report)
    groups = _shares(store, question, confusion, engine, report)
    used = confusion.seconds.sum(axis=(0, 1)) + confusion.seconds.sum(axis=(0, 2))
    used = used + sum(shares.sum(axis=0) for shares in groups.values())
    places = np.flatnonzero(used > 0)
    places = np.append(places[places < len(confusion.labels) - 1], len(confusion.labels) - 1)
    rows: list[CorrectedBudget] = []
    own: dict[str, tuple[str, ...]] = {}
    for name, shares in groups.items():
        made = corrected_shares(shares[:, places], confusion.seconds[:, places][:, :, places])
        rows += _group_rows(name, [confusion.labels[place] for place in places], len(shares), made)
        own[name] = made.notes
    notes = (*_notes(store, question, clips), *_notes_of_groups(own))
    return CorrectedBudgets(tuple(rows), len(clips.units), notes)


def _notes_of_groups(own: dict[str, tuple[str, ...]]) -> list[str]:
    """The notes of groups with their names; those that are the same in all groups once, without a name."""
    if len(set(own.values())) == 1:
        return [*next(iter(own.values()))]
    return [f"{name}: {note}" for name, notes in own.items() for note in notes]


def _group_rows(name: str, labels: Sequence[str], subjects: int, made: CorrectedShares) -> list[CorrectedBudget]:
    return [
        CorrectedBudget(
            name,
            label,
            subjects,
            float(made.raw[place]),
            *(None if ends is None else float(ends[place]) for ends in (made.estimate, made.low, made.high)),
        )
        for place, label in enumerate(labels)
    ]


def _shares(
    store: Store, question: LibraryQuestion, confusion: HeldOutConfusion, engine: str, report: Report
) -> dict[str, np.ndarray]:
    """(subjects, L) for each group: the shares of the labels of a confusion in what was watched of each subject."""
    known = versions(store, question.source, engine)
    digests = [digest for digest in question.digests if digest in known]
    key = export.columns_key(question.source, known)
    if not store.has(key):
        export.read_labels(store, question.source, engine, report)
    cells = store.metadata()
    table = clip_budgets(store.read(key, StudyColumns), digests)
    table["group"] = [
        _cell(cells, digest, question.group) or NO_GROUP * bool(question.group) for digest in table["digest"]
    ]
    table["subject"] = [_cell(cells, digest, question.subject) or digest for digest in table["digest"]]
    pooled = pooled_subjects(table).dropna(subset=["share"])
    if pooled.empty:
        raise NotEnoughExamples("No label takes any time in these clips.", "Choose other clips or another threshold.")
    pooled["label"] = [confusion.names[label] for label in pooled["label"]]
    labels = list(confusion.labels[:-1])
    wide = pooled.pivot_table("share", ["group", "subject"], "label", "sum").reindex(columns=labels, fill_value=0.0)
    shares = np.column_stack((wide.to_numpy(), np.maximum(1 - wide.sum(axis=1), 0.0)))
    shares = shares / shares.sum(axis=1, keepdims=True)
    names = wide.index.get_level_values("group")
    return {name: shares[names == name] for name in shown_groups(names) or ("",)}


def _cell(cells: dict[str, dict[str, str]], digest: str, column: str) -> str:
    return cells.get(digest, {}).get(column, "") if column else ""


def _notes(store: Store, question: LibraryQuestion, clips: HeldOutClips) -> list[str]:
    """What to know of the held-out clips and of those of the study."""
    notes: list[str] = []
    if shared := len(set(clips.videos).intersection(question.digests)):
        notes.append(f"Held-out clips that are in this study too: {shared} of {len(clips.units)}.")
    if clips.trained:
        notes.append(f"Clips of the evaluation that the model was trained on, which are left out: {clips.trained}.")
    if learned := len(learned_from(store, question.source).intersection(question.digests)):
        notes.append(
            f"Clips of this study that the model was trained on: {learned}. It confuses less there, so that the "
            "correction is too large."
        )
    if clips.crossed:
        notes.append("The confusion is that of the networks of the folds, each on clips that it was not trained on.")
    return notes
