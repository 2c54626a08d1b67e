"""The shares of labels in the groups of a study, corrected for how its model confuses labels on held-out clips."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import NotEnoughExamples
from core.base.progress import Report, silent
from core.stages.study import CorrectedShares, corrected_shares
from core.workflows.study.groups import shown_groups
from core.workflows.study.library.budgets import clip_budgets, pooled_subjects
from core.workflows.study.library.columns import StudyColumns
from core.workflows.study.library.held_out_confusion import HeldOutClips, HeldOutConfusion, confusion_of, held_out_clips
from core.workflows.study.library.sources import LabelSource, learned_from
from core.workspace.store import Store

FILE = "corrected_budget.csv"  # that holds them


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


@dataclass(frozen=True)
class StudyCorrection:
    """Corrected shares, and the evaluation that tells how the model confuses labels."""

    held_out: HeldOutClips
    budgets: CorrectedBudgets


@dataclass(frozen=True)
class StudiedClips:
    """The clips of a study whose shares are corrected, by digest.

    columns: their labels, and those of others too. groups: of the clips, empty where they are one group; subjects: of
    those of which a subject is known, any other clip is one by itself.
    """

    columns: StudyColumns
    digests: tuple[str, ...]
    groups: Mapping[str, str]
    subjects: Mapping[str, str]


def latest_evaluation(store: Store, source: LabelSource, engine: str) -> HeldOutClips | None:
    """The latest evaluation of the model of a source with held-out clips; None where there is none."""
    return next((clips for clips in held_out_clips(store, source, engine) if clips.units), None)


def corrected(
    store: Store, source: LabelSource, held_out: HeldOutClips, studied: StudiedClips, report: Report = silent
) -> CorrectedBudgets:
    """The corrected shares of each group; NotEnoughExamples where no label takes any time."""
    confusion = confusion_of(store, source, held_out, report)
    groups = _shares(studied, confusion)
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
    notes = (*_notes(held_out, learned_from(store, source), studied.digests), *_notes_of_groups(own))
    return CorrectedBudgets(tuple(rows), len(held_out.units), notes)


def _shares(studied: StudiedClips, confusion: HeldOutConfusion) -> dict[str, np.ndarray]:
    """(subjects, L) for each group: the shares of the labels of a confusion in what was watched of each subject."""
    table = clip_budgets(studied.columns, sorted(studied.digests))
    table["group"] = [studied.groups.get(digest, "") for digest in table["digest"]]
    table["subject"] = [studied.subjects.get(digest, digest) for digest in table["digest"]]
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


def _notes(held_out: HeldOutClips, learned: frozenset[str], digests: Sequence[str]) -> list[str]:
    """What to know of the held-out clips and of those of the study."""
    notes: list[str] = []
    if shared := len(set(held_out.videos).intersection(digests)):
        notes.append(f"Held-out clips that are in this study too: {shared} of {len(held_out.units)}.")
    if held_out.trained:
        notes.append(f"Clips of the evaluation that the model was trained on, which are left out: {held_out.trained}.")
    if count := len(learned.intersection(digests)):
        notes.append(
            f"Clips of this study that the model was trained on: {count}. It confuses less there, so that the "
            "correction is too large."
        )
    if held_out.crossed:
        notes.append("The confusion is that of the networks of the folds, each on clips that it was not trained on.")
    return notes


def _notes_of_groups(own: dict[str, tuple[str, ...]]) -> list[str]:
    """The notes of groups with their names; those that are the same in all groups once, without a name."""
    if len(set(own.values())) == 1:
        return [*next(iter(own.values()))]
    return [f"{name}: {note}" for name, notes in own.items() for note in notes]
