"""The labelled datasets of the workspace, by name, or taken in from a path."""

from pathlib import Path

from core.base.errors import AnalysisError, ResultMissing
from core.base.progress import Report
from core.domain import Dataset
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
