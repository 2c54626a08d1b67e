"""The parts that are kept under a run's key: folds, the checkpoint, progress, networks."""

from contextlib import suppress
from pathlib import Path

from core.base.errors import ResultMissing
from core.domain import (
    FoldDone,
    FoldResult,
    HeldOut,
    Progress,
    Split,
    Training,
)
from core.domain.fingerprint import fingerprint
from core.workspace.store import Store


def split_of(store: Store, key: str) -> Split:
    """The split of that key, as a training or a search keeps it."""
    return store.read(fingerprint("split of training", 1, key), Split)


def run_of(store: Store, key: str) -> Training:
    """One training; ResultMissing if there is none."""
    return store.read(key, Training)


def progress(store: Store, key: str) -> Progress | None:
    """Where a training that is under way stands; None if it has not begun to learn."""
    with suppress(ResultMissing):
        return store.read(_part(key, "progress"), Progress)
    return None


def folds_done(store: Store, key: str) -> list[FoldResult]:
    """The folds of a training under way that have ended."""
    done = []
    for number in range(run_of(store, key).fold_count):
        with suppress(ResultMissing):
            done.append(store.read(_part(key, f"fold {number}"), FoldDone).result)
    return done


def held_out(store: Store, key: str) -> HeldOut:
    """What the networks of a training said of the clips that they never saw."""
    return store.read(_part(key, "held out"), HeldOut)


def probe(store: Store, key: str) -> HeldOut:
    """What the linear probe said of the same clips."""
    return store.read(_part(key, "probe"), HeldOut)


def network_path(store: Store, key: str) -> Path:
    """The file of the network for use."""
    return store.file_path(_part(key, "network"))


def words_path(store: Store, key: str) -> Path:
    """The file of the text branch for use, where words took part."""
    return store.file_path(_part(key, "text branch"))


def _part(key: str, what: str) -> str:
    return fingerprint("part of training", 1, key, what)
