"""Batches: many clips analysed as one job, which goes on where it broke off and leaves out what fails.

A batch is kept before its job begins, with a name of its own, and its job may end at any moment: what was analysed is
there, and the next job of the batch does the rest. A clip that fails is noted with its reason and not tried again
unless somebody wants it; so is one at which its process ended several times.
"""

import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from core.base.errors import AnalysisError, ClusterFailed, ResultMissing
from core.base.progress import Report, heard, silent
from core.domain import Recipe, serialization
from core.domain.fingerprint import fingerprint
from core.workflows import clips, predictions
from core.workflows.models import ModelLibrary
from core.workflows.texts import text_store
from core.workspace.jobs.cluster import spread
from core.workspace.jobs.failures import CRASH
from core.workspace.jobs.given_cluster import given
from core.workspace.jobs.lanes import DIGEST
from core.workspace.jobs.worker import REPORT_BUG
from core.workspace.store import Store

MOST_TRIES = 3
MOST_KEYS = 2**16
EMPTY = Recipe()
_KEYS: dict[tuple[str, str, str, str, tuple[str, ...]], str] = {}  # of predictions by what they hash, MOST_KEYS at most
CRASHED = "The worker process ended while this clip was analysed."


@dataclass(frozen=True)
class Batch:
    """What is analysed and how. items: digests of clips, or absolute paths of files, which are added to the library.

    recipe: for all clips; None for each clip's own. folder: whose files become items as they come, "" where none does.
    watching: whether that goes on. since: when it was begun, in epoch seconds.
    """

    name: str
    items: tuple[str, ...]
    model: str
    recipe: Recipe | None = None
    folder: str = ""
    watching: bool = False
    since: float = 0.0


@dataclass(frozen=True)
class BatchItem:
    """How a clip of a batch is. digest: "" where it was not added yet. error: why it has no result, "" if it may come.

    gone: it was deleted from the library.
    """

    item: str
    name: str
    digest: str = ""
    done: bool = False
    error: str = ""
    hint: str = ""
    gone: bool = False


def is_digest(item: str) -> bool:
    """Whether an item of a batch names a clip of the library, and no file."""
    return DIGEST.fullmatch(item) is not None


def begin(
    store: Store,
    items: Sequence[str],
    model: str,
    recipe: Recipe | None = None,
    *,
    folder: str = "",
    since: float = 0.0,
) -> Batch:
    """Keep a new batch, of which nothing is done yet. folder: one to watch from now on; see watched_folders."""
    batch = Batch(uuid4().hex, tuple(dict.fromkeys(items)), model, recipe, folder, bool(folder), since)
    _keep(store, batch)
    return batch


def _keep(store: Store, batch: Batch) -> None:
    text = serialization.to_json(batch.recipe) if batch.recipe is not None else ""
    watch = {"folder": batch.folder, "watching": batch.watching, "since": batch.since} if batch.folder else {}
    store.save_batch(batch.name, {"items": list(batch.items), "model": batch.model, "recipe": text} | watch)


def stored(store: Store, *, watching: bool = False) -> list[Batch]:
    """All batches, the latest first; one whose recipe can no longer be read is left out.

    watching: only those that watch a folder.
    """
    batches = []
    for name, body in store.batches(watching=watching).items():
        with suppress(AnalysisError):
            recipe = serialization.from_json(body["recipe"], Recipe, source="batch") if body["recipe"] else None
            watch = body.get("folder", ""), body.get("watching", False), body.get("since", 0.0)
            batches.append(Batch(name, tuple(body["items"]), body["model"], recipe, *watch))
    return batches


def job_key(batch: Batch) -> str:
    """The key of the job of a batch."""
    return f"batch-{batch.name}"


def items_of(store: Store, batch: Batch, engine: str) -> list[BatchItem]:
    """How each clip of a batch is, in the order of the batch."""
    view = _Catalogued(store, batch, engine)
    return [view.item(item) for item in batch.items]


def version(store: Store, batch: Batch) -> str:
    """What tells one state of the clips of a batch from another; quick however many there are."""
    return f"{store.lists_version(*predictions.KINDS, text_store.LINES)} {store.tries_version(batch.name)}"


class _Catalogued:
    """The catalogue as it is now, read once for all clips of a batch."""

    def __init__(self, store: Store, batch: Batch, engine: str):
        self.store, self.batch, self.engine = store, batch, engine
        self.card, _ = ModelLibrary.of(store).get(batch.model)
        self.names = store.clip_names()
        self.digests = {path: digest for digest, _, path in store.names_noted(0.0) if digest in self.names}
        self.recipes = store.recipes_of_clips() if batch.recipe is None else {}
        self.texts = text_store.spoken_keys_by_clip(store) if self.card.words else {}
        self.model = fingerprint("model of a batch", self.card)
        self.marks: dict[int, tuple[str, Recipe]] = {}  # with the recipe, so that no other takes its id
        self.made = {key for kind in predictions.KINDS for key in store.keys(kind)}
        self.tries = {entry.item: entry for entry in store.tries(batch.name)}

    def item(self, item: str) -> BatchItem:
        """One of its clips."""
        digest = item if is_digest(item) else self.digests.get(item, "")
        if digest and digest not in self.names:
            return BatchItem(item, item[:12], digest, gone=True)
        name = self.names[digest] if digest else Path(item).name
        if digest and self._key(digest) in self.made:
            return BatchItem(item, name, digest, done=True)
        tried = self.tries.get(item)
        if tried and tried.error:
            return BatchItem(item, name, digest, error=tried.error, hint=tried.hint)
        if tried and tried.tries >= MOST_TRIES:
            return BatchItem(item, name, digest, error=CRASHED, hint=CRASH)
        return BatchItem(item, name, digest)

    def _key(self, digest: str) -> str:
        recipe = self.batch.recipe if self.batch.recipe is not None else self.recipes.get(digest, EMPTY)
        steps, texts = self._mark(recipe), self.texts.get(digest, ())
        mark = (digest, steps, self.model, self.engine, texts)
        if (key := _KEYS.get(mark)) is None:
            if len(_KEYS) >= MOST_KEYS:
                _KEYS.clear()
            key = _KEYS[mark] = predictions.key_with_texts(digest, recipe, self.card, self.engine, texts)
        return key

    def _mark(self, recipe: Recipe) -> str:
        """What tells a recipe from others; worked out once for those that many clips share."""
        if id(recipe) not in self.marks:
            self.marks[id(recipe)] = serialization.to_json(recipe), recipe
        return self.marks[id(recipe)][0]


# The job --------------------------------------------------------------------------------------------------------------


def run(store: Store, batch: Batch, engine: str, report: Report = silent) -> None:
    """Analyse the clips of a batch that have no result and were not left out; progress is told in frames.

    AnalysisError at the end where clips failed, and how many; of a watched folder only those that failed now. On a
    cluster several workers share the clips.
    """
    waiting = [item for item in items_of(store, batch, engine) if not (item.done or item.error or item.gone)]
    calls = [(store, batch, item.item, engine) for item in waiting]
    spread(analyse_item, calls, [_frames(store, item) for item in waiting], "Analysing clips", report)
    tried = {item.item for item in waiting} if batch.folder else set(batch.items)
    failed = [item for item in items_of(store, batch, engine) if item.error and item.item in tried]
    if failed:
        names = ", ".join(item.name for item in failed[:3]) + (f" and {len(failed) - 3} more" if failed[3:] else "")
        raise AnalysisError(
            f"{len(failed)} of {len(batch.items)} clips could not be analysed: {names}.",
            "The others have results. The page Batch lists the reasons.",
        )


def run_anew(store: Store, batch: Batch, engine: str, report: Report = silent) -> None:
    """Keep a batch under its name, in place of one that had it, and try all its clips that have no result."""
    _keep(store, batch)
    store.forget_tries(batch.name)
    run(store, batch, engine, report)


def _frames(store: Store, item: BatchItem) -> int:
    """How many frames a clip has, or may have."""
    with suppress(AnalysisError):
        if item.digest:
            return max(1, store.video(item.digest).frame_count)
    return clips.sizes([item.item])[0]


def analyse_item(store: Store, batch: Batch, item: str, engine: str, report: Report = silent) -> None:
    """Add a clip where that was not done yet, and analyse it; why that fails is noted, and stops nothing else."""
    if given() is None:  # workers of a given cluster may die of a clip, and this process goes on
        store.begin_try(batch.name, item)
    error, hint = "", ""
    try:
        digest = item if is_digest(item) else clips.add_video(store, item, heard(report))
        recipe = batch.recipe if batch.recipe is not None else store.recipe_of(digest)
        predictions.predict(store, digest, recipe, batch.model, engine, report)
    except ClusterFailed:  # which says nothing about the clip
        store.end_try(batch.name, item)
        raise
    except AnalysisError as caught:
        error, hint = str(caught), caught.hint
        if isinstance(caught, ResultMissing) and is_digest(item) and item not in store.clip_names():
            error = ""  # it was deleted meanwhile
    except Exception as caught:  # whatever a clip does to us, the others go on
        traceback.print_exc()
        error, hint = f"{type(caught).__name__}: {caught}", REPORT_BUG
    except BaseException:  # the job is stopped, which says nothing about the clip
        store.end_try(batch.name, item)
        raise
    store.end_try(batch.name, item, error, hint)
