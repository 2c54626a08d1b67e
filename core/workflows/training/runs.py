"""The list of runs: each is planned, listed, renamed and deleted here."""

import time
from contextlib import suppress
from dataclasses import replace

from core.base.errors import NotEnoughExamples, ResultMissing
from core.base.registry import BACKBONES
from core.domain import (
    Dataset,
    Recipe,
    Split,
    Training,
)
from core.domain.fingerprint import fingerprint
from core.workflows import datasets
from core.workflows.texts import text_store
from core.workflows.training.checkpoints import Checkpoints, run_of
from core.workflows.training.options import Options, plain
from core.workspace.store import Store


def plan(
    store: Store,
    dataset: Dataset,
    split: Split,
    *,
    backbone: str,
    engine: str,
    recipe: Recipe,
    options: Options,
    seed: int = 0,
    final: bool = True,
    name: str = "",
    words: bool = False,
) -> str:
    """File a training that is to be done, unless it is there; gives its key. words: whether they take part."""
    check_classes(dataset)
    dataset_key = datasets.key(dataset)
    if split.dataset != dataset_key:
        raise ResultMissing(f"This split was made for another version of {dataset.name!r}.", "Split the dataset again.")
    split_key = datasets.split_key(split)
    made = BACKBONES[backbone]
    settings = plain(options) | ({"words": True} if words else {})
    texts = (text_store.spoken_keys_of_all(store, (item.video for item in dataset.items)),) if words else ()
    key = fingerprint(
        "training", 1, dataset_key, split_key, backbone, made.version, engine, recipe, settings, seed, final, *texts
    )
    if not store.has(key):
        keep_split(store, split)
        record = Training(
            name or f"{dataset.name}, {options.cell.upper()} {options.units}{', with words' if words else ''}",
            *(dataset.name, dataset_key, split_key, dataset.labels, backbone, made.version, engine, recipe, settings),
            seed=seed,
            created=time.time(),
            final=final,
            fold_count=len(split.parts),
        )
        store.write(key, record, kind="training")
    return key


def check_classes(dataset: Dataset) -> None:
    """NotEnoughExamples where a dataset shows fewer than two classes: there would be nothing to tell apart."""
    taught = {item.label for item in dataset.items} | {part.label for item in dataset.items for part in item.segments}
    if dataset.background and any(item.seen for item in dataset.items):
        taught.add(dataset.background)
    if len(taught - {""}) < 2:
        classes = "a single class" if taught - {""} else "no class"
        hint = "Add clips of another class, or mark the rest of the clips as background."
        raise NotEnoughExamples(f"The clips of {dataset.name!r} show {classes}: there is nothing to tell apart.", hint)


def keep_split(store: Store, split: Split) -> str:
    """Keep a split for trainings and searches, which need it even after its set was deleted; gives its key."""
    key = datasets.split_key(split)
    if not store.has(fingerprint("split of training", 1, key)):
        store.write(fingerprint("split of training", 1, key), split, kind="split of training")
    return key


def all_runs(store: Store) -> dict[str, Training]:
    """All trainings by key, the latest begun first."""
    entries = {}
    for key in store.keys("training"):
        with suppress(ResultMissing):
            entries[key] = run_of(store, key)
    return dict(sorted(entries.items(), key=lambda pair: -pair[1].created))


def rename(store: Store, key: str, name: str) -> None:
    """Give a training another name."""
    if name.strip():
        store.write(key, replace(run_of(store, key), name=" ".join(name.split())[:80]), kind="training")


def delete(store: Store, key: str) -> None:
    """Forget a training with its networks; models that were saved stay."""
    parts = Checkpoints(store, key)
    with suppress(ResultMissing):
        parts.forget_steps(run_of(store, key).fold_count)
    parts.forget_results()
    store.delete(key)
