"""Groups of clips compared: each subject one value, every label and measure, every pair of groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from core.base.errors import NotEnoughExamples
from core.base.progress import Report, silent
from core.stages.study import GroupDifference, LabelBudget, adjusted, compare, pooled
from core.workflows.study.clips import first_names
from core.workflows.study.tables import BudgetRow

MOST_GROUPS = 20
NO_GROUP = "no value"  # what people see as the group of clips whose cell is empty
Correction = Literal["holm", "benjamini-hochberg"]


@dataclass(frozen=True)
class GroupMeasure:
    """What groups are compared by, as people see it: a value times `factor` is in `unit`."""

    title: str
    unit: str
    factor: float = 1.0


MEASURES = {
    "share": GroupMeasure("Share of the time", "%", 100.0),
    "rate_per_min": GroupMeasure("Bouts per minute", "per min"),
    "mean_s": GroupMeasure("Mean duration of a bout", "s"),
    "latency_s": GroupMeasure("Latency", "s"),
}


@dataclass(frozen=True)
class GroupRow:
    """How two groups differ in one measure of one label. difference: b minus a, over subjects."""

    label: str
    measure: str
    group_a: str
    group_b: str
    difference: GroupDifference
    p_adjusted: float | None


@dataclass(frozen=True)
class SubjectValue:
    """One measure of one label of a subject, over all of its clips in a group; None where it is not defined."""

    label: str
    measure: str
    group: str
    subject: str
    value: float | None


@dataclass(frozen=True)
class GroupComparison:
    """All pairs of groups, what was odd, and the values of the subjects that were compared."""

    rows: tuple[GroupRow, ...]
    notes: tuple[str, ...] = ()
    subjects: tuple[SubjectValue, ...] = ()


def check_groups(cells: Sequence[str], column: str) -> None:
    """Refuse a column that does not part the clips into a few groups, before the long work begins."""
    groups = groups_of(cells)
    if len(groups) < 2:
        there = f"only {groups[0]!r}" if groups else "no value"
        hint = "Choose another column with --group, and check that the table names these clips."
        raise NotEnoughExamples(f"The column {column!r} has {there} for the clips of the study.", hint)
    if len(groups) > MOST_GROUPS:
        hint = "Choose a column with a few values, such as treatment or sex."
        raise NotEnoughExamples(
            f"The column {column!r} has {len(groups)} values, expected at most {MOST_GROUPS} groups.", hint
        )


def groups_of(cells: Sequence[str]) -> tuple[str, ...]:
    """The groups that there are: by their size where all are numbers, else by the alphabet."""
    names = sorted({cell for cell in cells if cell})
    try:
        return tuple(sorted(names, key=float))
    except ValueError:
        return tuple(names)


def compared(
    rows: Sequence[BudgetRow],
    labels: Sequence[str],
    group: int,
    subject: int | None,
    correction: Correction,
    report: Report = silent,
) -> GroupComparison:
    """Every pair of groups in every measure of every label; p values are adjusted over all of them together.

    group, subject: the places of these columns among those of the metadata; without one, each clip is a subject.
    """
    used, notes = _used(rows, group, subject)
    groups = groups_of([row.metadata[group] for row in used])
    if len(groups) < 2:
        notes.append("nothing is compared: fewer than two groups have clips with labels")
    differences: list[tuple[str, str, str, str, GroupDifference]] = []
    subjects: list[SubjectValue] = []
    for place, label in enumerate(labels):
        report(place, len(labels), "Comparing groups")
        own = _pooled([row for row in used if row.budget.label == label], group, subject)
        for measure in MEASURES:
            values: dict[str, list[float | None]] = {name: [] for name in groups}
            for (name, unit), budget in own.items():
                values[name].append(getattr(budget, measure))
                subjects.append(SubjectValue(label, measure, name, unit, values[name][-1]))
            for a, b in combinations(groups, 2):
                if any(value is not None for name in (a, b) for value in values[name]):
                    differences.append((label, measure, a, b, compare(values[a], values[b])))
    p_values = adjusted([difference.p for *_, difference in differences], correction)
    notes += _remarks([difference for *_, difference in differences])
    return GroupComparison(
        tuple(GroupRow(*entry, p_adjusted=p) for entry, p in zip(differences, p_values, strict=True)),
        tuple(notes),
        tuple(subjects),
    )


def _used(rows: Sequence[BudgetRow], group: int, subject: int | None) -> tuple[list[BudgetRow], list[str]]:
    """The rows of clips whose group and subject are known, and what is told of the others."""
    notes: list[str] = []
    ungrouped = dict.fromkeys(row.clip for row in rows if not row.metadata[group])
    if ungrouped:
        notes.append(f"clips without a group, which are not compared: {first_names(tuple(ungrouped))}")
    used = [row for row in rows if row.metadata[group]]
    if subject is None:
        return used, [*notes, "no column of subjects was given: each clip counts as a subject of its own"]
    unnamed = dict.fromkeys(row.clip for row in used if not row.metadata[subject])
    if unnamed:
        notes.append(f"clips without a subject, which are not compared: {first_names(tuple(unnamed))}")
    used = [row for row in used if row.metadata[subject]]
    groups: dict[str, set[str]] = {}
    for row in used:
        groups.setdefault(row.metadata[subject], set()).add(row.metadata[group])
    if several := sorted(name for name, own in groups.items() if len(own) > 1):
        text = "subjects in several groups, which are compared as if they were different ones"
        notes.append(f"{text}: {first_names(several)}")
    return used, notes


def _pooled(rows: Sequence[BudgetRow], group: int, subject: int | None) -> dict[tuple[str, str], LabelBudget]:
    """One budget for each subject of each group, all of one label, by the names of both."""
    units: dict[tuple[str, str], list[BudgetRow]] = {}
    for row in rows:
        name = row.clip if subject is None else row.metadata[subject]
        units.setdefault((row.metadata[group], name), []).append(row)
    return {unit: pooled([row.budget for row in own], [row.watched_s for row in own]) for unit, own in units.items()}


def _remarks(differences: Sequence[GroupDifference]) -> list[str]:
    """What the comparisons say of themselves, each once with how many rows it is about."""
    counts: dict[str, int] = {}
    for difference in differences:
        for note in difference.notes:
            counts[note] = counts.get(note, 0) + 1
    return [f"groups.csv (rows: {count}): {note}" for note, count in counts.items()]
