"""The parts that are kept under a training's key: folds, the state of the network under way, progress, networks."""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from core.base.errors import ResultMissing
from core.domain import Checkpoint, Epoch, FoldDone, FoldResult, HeldOut, Split, Training, TrainingProgress
from core.domain.fingerprint import fingerprint
from core.domain.training import CURVE, stage_of
from core.stages.networks import recurrent, text_branch
from core.stages.networks.recurrent_training import Example
from core.stages.networks.text_branch import TextBranch
from core.workspace.store import Store

CHECKPOINT_EVERY_S = 2.0
PROGRESS_EVERY_S = 0.4
NETWORK, TEXT_BRANCH, PROGRESS = "network", "text branch", "progress"
VALIDATION_CURVE = "validation curve"
HELD_OUT, PROBE, PICTURE, WORDS = "held out", "probe", "picture", "words"  # whose predictions are kept


class Checkpoints:
    """What is kept of one training beside its record, each part under a key of its own."""

    def __init__(self, store: Store, key: str):
        self.store, self.key = store, key

    def _part(self, name: str) -> str:
        return fingerprint("part of training", 1, self.key, name)

    # Folds that have ended

    def has_fold(self, number: int) -> bool:
        """Whether a fold has ended."""
        return self.store.has(self._part(f"fold {number}"))

    def keep_fold(self, number: int, fold: FoldDone) -> None:
        """Keep a fold that has ended until all have."""
        self.store.write(self._part(f"fold {number}"), fold, kind="fold")

    def folds(self, count: int) -> list[FoldDone]:
        """Those of so many folds that have ended."""
        ended = []
        for number in range(count):
            with suppress(ResultMissing):
                ended.append(self.store.read(self._part(f"fold {number}"), FoldDone))
        return ended

    # The network under way

    def state(self, stage: int) -> Checkpoint | None:
        """The state that was kept of a stage; None if it has not begun."""
        with suppress(ResultMissing):
            return self.store.read(self._part(f"checkpoint {stage}"), Checkpoint)
        return None

    def keep_state(self, state: Checkpoint) -> None:
        """Keep a state under its stage, which is its `fold`."""
        self.store.write(self._part(f"checkpoint {state.fold}"), state, kind="checkpoint")

    def progress(self) -> TrainingProgress | None:
        """How far the training is; None if it has not begun to learn."""
        with suppress(ResultMissing):
            return self.store.read(self._part(PROGRESS), TrainingProgress)
        return None

    def keep_progress(self, progress: TrainingProgress) -> None:
        """Keep how far the training is, for those who watch it."""
        self.store.write(self._part(PROGRESS), progress, kind="progress")

    def validation_curve(self) -> tuple[Epoch, ...]:
        """The epochs of the network whose curves on validation groups are drawn; none before it was trained."""
        with suppress(ResultMissing):
            return self.store.read(self._part(VALIDATION_CURVE), tuple[Epoch, ...])
        return ()

    def keep_validation_curve(self, history: tuple[Epoch, ...]) -> None:
        """Keep these epochs until the training has ended, and in its record then."""
        self.store.write(self._part(VALIDATION_CURVE), history, kind="validation curve")

    # What came of it

    def held_out(self, name: str = HELD_OUT) -> HeldOut:
        """Predictions of clips that were held out. name: of HELD_OUT, PROBE, PICTURE, WORDS."""
        return self.store.read(self._part(name), HeldOut)

    def keep_held_out(self, held_out: HeldOut, name: str = HELD_OUT) -> None:
        """Keep predictions of clips that were held out."""
        self.store.write(self._part(name), held_out, kind="held out")

    def network_path(self) -> Path:
        """The file of the network for use."""
        return self.store.file_path(self._part(NETWORK))

    def keep_network(self, model: Any) -> None:
        """Keep a Keras model as the network for use."""

        def fill(path: Path) -> None:
            recurrent.save(model, path.with_suffix(".keras"))
            path.with_suffix(".keras").rename(path)

        self.store.write_file(self._part(NETWORK), fill, kind="network")

    def network_sha256(self) -> str:
        """The digest of the network for use; empty where there is none."""
        path = self.network_path()
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""

    def text_branch_path(self) -> Path:
        """The file of the text branch for use, where words took part."""
        return self.store.file_path(self._part(TEXT_BRANCH))

    def keep_text_branch(self, branch: TextBranch) -> str:
        """Keep the text branch for use; gives its digest."""

        def fill(path: Path) -> None:
            text_branch.save(branch, path)

        self.store.write_file(self._part(TEXT_BRANCH), fill, kind="network")
        return sha256(self.text_branch_path().read_bytes()).hexdigest()

    # Forgetting

    def forget_networks(self) -> None:
        """Delete the networks for use of an earlier try."""
        for name in (NETWORK, TEXT_BRANCH):
            self.store.delete(self._part(name))

    def forget_steps(self, folds: int) -> None:
        """Delete what is only needed until a training of so many folds has ended."""
        for number in range(folds + 1):
            stages = (stage_of(number, retraining=retraining) for retraining in (False, True))
            for name in (f"fold {number}", *(f"checkpoint {stage}" for stage in stages)):
                self.store.delete(self._part(name))
        for name in (PROGRESS, VALIDATION_CURVE):
            self.store.delete(self._part(name))

    def forget_results(self) -> None:
        """Delete the networks for use, and all predictions."""
        self.forget_networks()
        for name in (PROGRESS, VALIDATION_CURVE, HELD_OUT, PROBE, PICTURE, WORDS):
            self.store.delete(self._part(name))


@dataclass(frozen=True, eq=False)
class NetworkUnderWay:
    """A network after its latest epoch, the examples that it learns from, and its fold."""

    state: Checkpoint
    examples: list[Example]
    fold: int


class Recorder:
    """Keeps the network under way now and then, so that a training whose worker dies goes on where it was."""

    def __init__(self, checkpoints: Checkpoints):
        self.checkpoints = checkpoints
        self.latest: NetworkUnderWay | None = None
        self.saved_at = self.shown_at = time.monotonic()

    def remember(self, network: NetworkUnderWay, *, retraining: bool, epochs: int) -> None:
        """Keep what is needed to go on, and what a page shows, each as often as it is worth. epochs: in all."""
        stage = stage_of(network.fold, retraining=retraining)
        self.latest = replace(network, state=replace(network.state, fold=stage))
        now, history = time.monotonic(), network.state.history
        if now - self.saved_at >= CHECKPOINT_EVERY_S:
            self.saved_at = now
            self.save()
        if now - self.shown_at >= PROGRESS_EVERY_S or len(history) == 1:
            self.shown_at = now
            self.checkpoints.keep_progress(TrainingProgress(network.fold, retraining, epochs, history))

    def show_curve(self, epochs: int) -> Callable[[Checkpoint], None]:
        """What keeps the progress of the network whose curves on validation groups are drawn, for a page."""

        def show(state: Checkpoint) -> None:
            now = time.monotonic()
            if now - self.shown_at >= PROGRESS_EVERY_S or len(state.history) == 1:
                self.shown_at = now
                self.checkpoints.keep_progress(TrainingProgress(CURVE, False, epochs, state.history))

        return show

    def save(self) -> None:
        """Keep the network under way now, if there is one."""
        if self.latest:
            self.checkpoints.keep_state(self.latest.state)


# What is read of a training -------------------------------------------------------------------------------------------


def run_of(store: Store, key: str) -> Training:
    """One training; ResultMissing if there is none."""
    return store.read(key, Training)


def split_of(store: Store, key: str) -> Split:
    """The split of that key, as a training or a search keeps it."""
    return store.read(fingerprint("split of training", 1, key), Split)


def progress(store: Store, key: str) -> TrainingProgress | None:
    """How far a training under way is; None if it has not begun to learn."""
    return Checkpoints(store, key).progress()


def folds_done(store: Store, key: str) -> list[FoldResult]:
    """The folds of a training under way that have ended."""
    return [fold.result for fold in Checkpoints(store, key).folds(run_of(store, key).fold_count)]


def held_out(store: Store, key: str) -> HeldOut:
    """What the networks of a training predict of the clips that they never saw."""
    return Checkpoints(store, key).held_out()


def probe(store: Store, key: str) -> HeldOut:
    """What the linear probe predicts of the same clips."""
    return Checkpoints(store, key).held_out(PROBE)


def network_path(store: Store, key: str) -> Path:
    """The file of the network for use."""
    return Checkpoints(store, key).network_path()


def words_path(store: Store, key: str) -> Path:
    """The file of the text branch for use, where words took part."""
    return Checkpoints(store, key).text_branch_path()
