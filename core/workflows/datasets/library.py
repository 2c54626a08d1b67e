"""The labelled datasets of the workspace: by name, taken in from a path, their versions, and clips added to them."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from core.base.errors import AnalysisError, NotEnoughExamples, ResultMissing, SplitInvalid
from core.base.progress import Report
from core.domain import Dataset, Item, Split
from core.stages.drawing.sample_dataset import NOTICE
from core.workflows import datasets
from core.workflows.datasets import importer
from core.workspace.store import Store

FIRST_VERSION = ", version 1"


def stored_set(store: Store, text: str, report: Report) -> Dataset:
    """The labelled set of that name in the workspace, or that of a path, which is checked and kept there.

    The first version of a set is also known by the name of the set with `FIRST_VERSION` behind it.
    """
    known = {entry.name for entry in store.datasets()}
    for name in (text, text.removesuffix(FIRST_VERSION)):
        if name in known:
            return store.dataset(name)
    if not Path(text).expanduser().exists():
        names = ", ".join(entry.name for entry in store.datasets()) or "none"
        raise ResultMissing(
            f"There is no file, folder or dataset {text!r}.", f"Give a path, or the name of a dataset: {names}."
        )
    source = datasets.Source(text)
    kept = _stored(store, importer.gathered(store, source, report))
    importer.drop(store, importer.import_key(source))
    return kept


def _stored(store: Store, dataset: Dataset) -> Dataset:
    """The set under its name, or where another set has that, under the next that is free."""
    if not dataset.items:
        raise AnalysisError(f"No clip of {dataset.name!r} can be used.", "See the message for each clip.")
    key = datasets.key(dataset)
    importer.take_clips(store, dataset)
    taken = {entry.name: entry.key for entry in store.datasets()}
    names = (dataset.name, *(f"{dataset.name} {number}" for number in range(2, 1000)))
    name = next(name for name in names if taken.get(name, key) == key)
    if name in taken:
        return store.dataset(name)
    renamed = Dataset(name, dataset.labels, dataset.items, dataset.background, dataset.source, dataset.findings)
    store.save_dataset(renamed, key)
    return renamed


# Versions -------------------------------------------------------------------------------------------------------------


def keep_version(store: Store, before: Dataset, after: Dataset) -> None:
    """Keep a new version of a set under its name, with the kind of split that the one before it had."""
    kept = store.split_keys(datasets.key(before)) if before.items else []
    split = _redrawn(store.read(kept[0], Split), before, after) if kept else None
    store.save_dataset(after, datasets.key(after))
    if split is not None:
        store.save_split(split, datasets.split_key(split))


def _redrawn(split: Split, before: Dataset, after: Dataset) -> Split | None:
    """The same kind of split of the new version; None where there is no such split of it."""
    indices = {(item.video, item.path): index for index, item in enumerate(after.items)}
    kept = {index: indices.get((item.video, item.path)) for index, item in enumerate(before.items)}
    pairs = ((kept[first], kept[second]) for first, second in split.joins)
    joins = tuple((first, second) for first, second in pairs if first is not None and second is not None)
    with suppress(SplitInvalid):
        return datasets.redraw_split(replace(split, joins=joins), after)
    return None


def missing_clips(store: Store, dataset: Dataset) -> tuple[Item, ...]:
    """The items of a set whose clips are no longer in the library."""
    there = set(store.digests())
    return tuple(item for item in dataset.items if item.video not in there)


def leave_out_missing(store: Store, name: str) -> int:
    """Keep a version of a set without the clips that are no longer in the library; how many those are.

    NotEnoughExamples where none would be left. Runs on the version before keep its key.
    """
    before = store.dataset(name)
    missing = missing_clips(store, before)
    if len(missing) == len(before.items):
        hint = "Add its clips to the library again, or delete the dataset."
        raise NotEnoughExamples(f"No clip of the dataset {name!r} is in the library.", hint)
    if missing:
        gone = {item.video for item in missing}
        kept = tuple(item for item in before.items if item.video not in gone)
        keep_version(store, before, replace(before, items=kept))
    return len(missing)


def only_in_datasets(store: Store, sets: Iterable[Dataset]) -> set[str]:
    """The digests of the clips of datasets that nobody added to the library by themselves.

    An import takes its clips in without a note of their names; whoever uploads a clip or adds it by its path, before or
    after the import, leaves such a note, and the clip is their own. The clips of the sample dataset are drawn by the
    program and noted under their copies in the workspace, which are named by digest: only a note of another path makes
    a clip of it somebody's own. A clip that was added before the catalogue kept such notes is told apart no longer, and
    counts among those of a dataset that uses it.
    """
    added: dict[str, set[str]] = {}
    for digest, _, path in store.names_noted(0.0):
        added.setdefault(digest, set()).add(Path(path).stem)
    others = set()
    for dataset in sets:
        for item in dataset.items:
            names = added.get(item.video, set())
            if not names or (dataset.source == NOTICE and names == {item.video}):
                others.add(item.video)
    return others


# Clips of the library -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelColumns:
    """Where the labels of clips of the library stand: one label for all, or else a column of their metadata.

    subject: the column that says whose clip it is, by which splits can be grouped; "" for none.
    """

    label: str = ""
    column: str = ""
    subject: str = ""


@dataclass(frozen=True)
class ClipAddition:
    """Clips as items of a dataset. left_out: the name of each of the others, and why."""

    items: tuple[Item, ...]
    left_out: tuple[tuple[str, str], ...]


def addition(store: Store, name: str, digests: Iterable[str], source: LabelColumns) -> ClipAddition:
    """What can be added of these clips to the dataset of that name, which need not be there yet."""
    before = _named(store, name)
    rows, cells = {row.digest: row for row in store.clip_rows()}, store.metadata()
    labels = {item.video: item.label or "segments" for item in before.items}
    items: list[Item] = []
    left_out: list[tuple[str, str]] = []
    for digest in dict.fromkeys(digests):
        row, own = rows.get(digest), cells.get(digest, {})
        label, subject = source.label.strip() or own.get(source.column, ""), own.get(source.subject, "")
        if row is None:
            left_out.append((digest[:12], "It was deleted."))
        elif digest in labels:
            left_out.append((row.name, f"It is in the dataset already, with {labels[digest]}."))
        elif not label:
            left_out.append((row.name, f"Its cell in the column {source.column} is empty, so it has no label."))
        elif source.subject and not subject:
            left_out.append((row.name, f"Its cell in the column {source.subject} is empty, so it has no subject."))
        else:
            path = "/".join(Path(row.source).parts[-2:])
            items.append(Item(digest, path, row.duration_s, label=label, subject=subject))
    return ClipAddition(tuple(items), tuple(left_out))


def add_clips(store: Store, name: str, digests: Iterable[str], source: LabelColumns) -> ClipAddition:
    """Keep a version of a dataset with these clips, or a new dataset of them; what was added, and what was not.

    AnalysisError where the dataset or the labels have no name, or no clip can be added.
    """
    name = " ".join(name.split())
    if not name:
        raise AnalysisError("The dataset has no name.", "Choose a dataset, or enter a name for a new one.")
    if not (source.label.strip() or source.column):
        raise AnalysisError("The clips have no label.", "Enter a label, or choose the column that holds the labels.")
    before, added = _named(store, name), addition(store, name, digests, source)
    if not added.items:
        reasons = " ".join(f"{clip}: {reason}" for clip, reason in added.left_out[:3])
        raise AnalysisError(f"No clip can be added to {name}.", reasons or "Select clips first.")
    fresh = sorted({item.label for item in added.items} - set(before.labels), key=str.casefold)
    after = replace(before, labels=(*before.labels, *fresh), items=(*before.items, *added.items))
    keep_version(store, before, after)
    return added


def _named(store: Store, name: str) -> Dataset:
    """The dataset of that name; an empty one where there is none."""
    name = " ".join(name.split())
    if any(entry.name == name for entry in store.datasets()):
        return store.dataset(name)
    return Dataset(name, (), (), source="clips of the library")
