"""The labelled datasets of the workspace, by name, or taken in from a path."""

from collections.abc import Iterable
from pathlib import Path

from core.base.errors import AnalysisError, ResultMissing
from core.base.progress import Report
from core.domain import Dataset
from core.stages.drawing.sample_dataset import NOTICE
from core.workflows import datasets
from core.workflows.datasets import importer
from core.workspace.store import Store


def stored_set(store: Store, text: str, report: Report) -> Dataset:
    """The labelled set of that name in the workspace, or that of a path, which is checked and kept there."""
    if any(entry.name == text for entry in store.datasets()):
        return store.dataset(text)
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
