"""One training on a labelled set, from its plan to its result, and the list of all of them.

A training is a record in the store under the key of all that it depends on: set, split, CNN, steps, settings and seed.
`plan` files it, `train` works it off: fold after fold, then a network for use on all clips. What a fold gave is kept
until all have ended, and the state of the fold under way every few seconds, so that a training whose worker or server
died goes on where it was, to the same end. One that is stopped keeps the best network so far, and can go on too.
"""

import platform
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from statistics import median_low
from typing import Any

from core.base.errors import Cancelled, NotEnoughExamples, ResultMissing
from core.base.progress import Report, silent
from core.domain import (
    Checkpoint,
    Dataset,
    Fold,
    FoldDone,
    FoldResult,
    Progress,
)
from core.stages.networks import recurrent, recurrent_training, text_branch
from core.workflows import datasets
from core.workflows.training import baselines, features, training_data
from core.workflows.training import text_branch as wording
from core.workflows.training.checkpoints import _part, network_path, run_of, split_of, words_path
from core.workflows.training.options import Options, options_of, sized
from core.workflows.training.training_data import Lesson
from core.workspace.store import Store

CHECKPOINT_EVERY_S = 2.0
TELL_EVERY_S = 0.4
LIBRARIES = ("tensorflow", "keras", "openvino", "numpy", "scikit-learn")


def train(store: Store, key: str, report: Report = silent) -> None:
    """Work off a plan, from where an earlier try of it ended. Progress is told in batches that are learned.

    Features that are not there yet are made first, in this time. When it is stopped, the best network so far is kept.
    """
    course = _Course(store, key, report)
    try:
        course.all_folds()
        course.finish()
    except Cancelled:
        course.stop()
        raise


class _Course:
    """A training under way."""

    def __init__(self, store: Store, key: str, report: Report):
        self.store, self.key, self.report = store, key, report
        self.record = run_of(store, key)
        self.options = options_of(self.record.settings)
        self.split = split_of(store, self.record.split)
        self.began = time.monotonic()
        self.features_s = 0.0
        self.saved_at = self.told_at = time.monotonic()
        self.steps = 0  # batches of the first course, if it is run to its end
        self.latest: tuple[Checkpoint, list[recurrent_training.Example], int] | None = (
            None  # the state under way, if any
        )
        self.best: tuple[Any, int] | None = None  # the last network that has ended, and its passes
        self.reader: tuple[text_branch.TextBranch | None, int] = None, -1  # the last text branch, and its fold

    @cached_property
    def dataset(self) -> Dataset:
        """The set as it was planned; told where it has changed or gone."""
        found = self.store.dataset(self.record.dataset)
        if datasets.key(found) != self.record.dataset_key:
            raise ResultMissing(
                f"The labelled set {found.name!r} was changed after this training was planned.", "Begin a new one."
            )
        return found

    @cached_property
    def taught(self) -> Lesson:
        """The set with its features."""
        record, began = self.record, time.monotonic()
        asked = (self.store, self.dataset, record.recipe, record.backbone, record.engine)
        if not features.gathered(*asked):
            features.gather_of(*asked, self.report)
        self.report(0, 0, "Reading features")
        found = features.features_of_all(*asked)
        self.features_s = time.monotonic() - began
        taught = training_data.lesson(self.dataset, self.split.groups, found)
        if self.worded:
            return replace(taught, words=wording.near_steps(self.store, self.dataset, found))
        return taught

    @property
    def worded(self) -> bool:
        """Whether the words of clips take part."""
        return bool(self.record.settings.get("words"))

    def all_folds(self) -> None:
        """Train and test on each fold that has not ended."""
        for number in range(len(self.split.parts)):
            if not self.store.has(_part(self.key, f"fold {number}")):
                done = self._fold(number, self.split.fold(number))
                self.store.write(_part(self.key, f"fold {number}"), done, kind="fold")

    def _fold(self, number: int, fold: Fold) -> FoldDone:
        """Learn from a fold's training groups, and only then look at its test groups."""
        fitted, history, passes = self._learned(number, fold.train, fold.validation)
        self.best = fitted.model, passes
        if len(self.split.parts) == 1:  # this is the network for use
            self._save_network(fitted.model)
        return self._tested(number, fold, recurrent.runner(fitted.model), history, passes - 1)

    def _tested(
        self, number: int, fold: Fold, run: recurrent.Run, history: Sequence[Any], best: int, *, stopping: bool = False
    ) -> FoldDone:
        held_out = training_data.asked(self.taught, fold.test, number, run)
        simple = baselines.linear_probe(self.taught, (*fold.train, *fold.validation), fold.test, number)
        result = FoldResult(fold.groups, len(fold.test), training_data.accuracy(held_out), tuple(history), best)
        if not self.worded:
            return FoldDone(result, held_out, simple)

        def report(_done: int, _total: int, message: str) -> None:
            self.report(0, 0, f"{message}, fold {number + 1}")

        asked = (self.options, self.record.seed, silent if stopping else report)
        found = wording.said(self.taught, fold, number, run, *asked, weighed=not stopping)
        self.reader = found.branch, number
        result = replace(result, accuracy=training_data.accuracy(found.both))
        return FoldDone(result, found.both, simple, held_out, found.words, found.weights)

    def _learned(
        self, number: int, training: Sequence[int], validation: Sequence[int]
    ) -> tuple[recurrent_training.Fitted, Sequence[Any], int]:
        """A network, the curves of its first course, and for how many passes it learned."""
        options, judged = self.options, self.taught.chosen(validation)
        if not options.stop_early or not judged:
            fitted = self._fit(number, self.taught.chosen((*training, *validation)), [], options, again=False)
            return fitted, fitted.history, len(fitted.history)
        first = self._fit(number, self.taught.chosen(training), judged, options, again=False)
        passes = first.best + 1
        if not options.again:
            return first, first.history, passes
        whole = self.taught.chosen((*training, *validation))
        return self._fit(number, whole, [], replace(options, epochs=passes), again=True), first.history, passes

    def _fit(
        self,
        number: int,
        training: list[recurrent_training.Example],
        judged: list[recurrent_training.Example],
        options: Options,
        *,
        again: bool,
    ) -> recurrent_training.Fitted:
        stage = 2 * number + again
        if not training:
            raise NotEnoughExamples(f"Fold {number + 1} has nothing to learn from.", "Choose fewer folds.")

        def keep(state: Checkpoint) -> None:
            self.latest = replace(state, fold=stage), training, number
            self._remember(number, again, state, options.epochs)

        fitted = recurrent_training.fit(
            sized(options, len(training)),
            training,
            labels=len(self.taught.labels),
            validation=judged,
            seed=self.record.seed,
            report=self._told(number, again),
            since=self._checkpoint(stage),
            keep=keep,
        )
        if judged and self.options.again:  # its second course follows, in which a worker may die too
            self._save_checkpoint()
        return fitted

    def _told(self, number: int, again: bool) -> Report:
        """The report of one course, told as a part of the whole training; each course counts as long as the first."""
        courses = 2 if self.options.stop_early and self.options.again else 1
        course = number * courses + again
        which = "all clips" if number == len(self.split.parts) else f"fold {number + 1} of {len(self.split.parts)}"

        def report(done: int, total: int, message: str) -> None:
            self.steps = self.steps or total
            share = done / max(total, 1)
            self.report(
                round(self.steps * (course + share)), self.steps * courses * self._fold_total, f"{message}, {which}"
            )

        return report

    @property
    def _fold_total(self) -> int:
        """How many networks are trained in all."""
        folds = len(self.split.parts)
        return folds + (self.record.final and folds > 1)

    def _checkpoint(self, stage: int) -> Checkpoint | None:
        with suppress(ResultMissing):
            return self.store.read(_part(self.key, f"checkpoint {stage}"), Checkpoint)
        return None

    def _remember(self, number: int, again: bool, state: Checkpoint, passes: int) -> None:
        """Keep what is needed to go on, and what a page shows, now and then."""
        now = time.monotonic()
        if now - self.saved_at >= CHECKPOINT_EVERY_S:
            self.saved_at = now
            self._save_checkpoint()
        if now - self.told_at >= TELL_EVERY_S or len(state.history) == 1:
            self.told_at = now
            progress = Progress(number, again, passes, state.history)
            self.store.write(_part(self.key, "progress"), progress, kind="progress")

    def _save_checkpoint(self) -> None:
        if self.latest:
            state = self.latest[0]
            self.store.write(_part(self.key, f"checkpoint {state.fold}"), state, kind="checkpoint")

    # The end

    def finish(self) -> None:
        """Train the network for use, and file the result."""
        parts = self._parts()
        folds = len(self.split.parts)
        model, passes = None, parts[0].result.best + 1
        if folds > 1:
            self.store.delete(_part(self.key, "network"))
            self.store.delete(_part(self.key, "text branch"))
        if folds > 1 and self.record.final:
            passes = median_low([part.result.best + 1 for part in parts])
            whole = self.taught.chosen(range(len(self.taught.examples)))
            model = self._fit(folds, whole, [], replace(self.options, epochs=passes), again=False).model
        learned = folds if model is not None else 0 if folds == 1 else None
        self._file(parts, "done", model, passes, learned=learned)
        for number in range(folds + 1):
            for what in (f"fold {number}", f"checkpoint {2 * number}", f"checkpoint {2 * number + 1}"):
                self.store.delete(_part(self.key, what))
        self.store.delete(_part(self.key, "progress"))

    def stop(self) -> None:
        """Keep the best so far: the folds that have ended, and the network under way as it was at its best."""
        parts = self._parts()
        if self.latest is None and not parts:
            return
        self._save_checkpoint()
        model, passes = self.best or (None, 0)
        number = len(parts) - 1
        if self.latest is not None:
            state, training, number = self.latest
            model = recurrent_training.restored(self.options, state, training, labels=len(self.taught.labels))
            passes = state.best + 1
            if number < len(self.split.parts) and number >= len(parts):
                fold = self.split.fold(number)
                run = recurrent.runner(model)
                parts.append(self._tested(number, fold, run, state.history, state.best, stopping=True))
        self._file(parts, "stopped", model, passes, learned=None if model is None else number)

    def _parts(self) -> list[FoldDone]:
        parts = []
        for number in range(len(self.split.parts)):
            with suppress(ResultMissing):
                parts.append(self.store.read(_part(self.key, f"fold {number}"), FoldDone))
        return parts

    def _file(self, parts: Sequence[FoldDone], state: Any, model: Any, passes: int, *, learned: int | None) -> None:
        """Write all that came of it; the record itself last. learned: the fold whose clips the network for use knows.

        One that follows the last fold stands for all clips; None where there is no network for use.
        """
        held_out, simple = (
            training_data.joined([part.network for part in parts]),
            training_data.joined([part.probe for part in parts]),
        )
        self.store.write(_part(self.key, "held out"), held_out, kind="held out")
        self.store.write(_part(self.key, "probe"), simple, kind="held out")
        comparison = training_data.comparison(self.dataset, self.split.groups, held_out, split=self.record.split)
        scores = training_data.scores(comparison)
        simpler = {"majority": self._majority(parts), "linear_probe": training_data.accuracy(simple)}
        ended = replace(
            run_of(self.store, self.key),
            state=state,
            over_time=self.taught.over_time,
            folds=tuple(part.result for part in parts),
            scores=scores,
            baselines=simpler,
            seconds=self._seconds(),
            versions=versions(),
            warnings=tuple(str(caveat) for caveat in training_data.caveats(comparison, scores, simpler, held_out)),
            network_sha256=self._network_sha256(model),
            passes=passes,
            words=self._words(parts),
            words_sha256="" if learned is None else self._words_sha256(learned, parts, stopping=state == "stopped"),
        )
        self.store.write(self.key, ended, kind="training")

    def _words(self, parts: Sequence[FoldDone]) -> dict[str, float]:
        """What picture, words and both reach, where words took part; what they said is kept."""
        pairs = [(part.picture, part.words) for part in parts if part.picture and part.words]
        if not pairs or len(pairs) < len(parts):
            return {}
        picture, words = (training_data.joined([pair[at] for pair in pairs]) for at in (0, 1))
        both = training_data.joined([part.network for part in parts])
        self.store.write(_part(self.key, "picture"), picture, kind="held out")
        self.store.write(_part(self.key, "words"), words, kind="held out")
        by_branch = dict(zip(wording.BRANCHES, (picture, words, both), strict=True))
        return wording.scores(self.dataset, self.split.groups, by_branch)

    def _majority(self, parts: Sequence[FoldDone]) -> float:
        said = []
        for number in range(len(parts)):
            fold = self.split.fold(number)
            said.append(baselines.majority(self.taught, (*fold.train, *fold.validation), fold.test, number))
        return training_data.accuracy(training_data.joined(said))

    def _seconds(self) -> dict[str, float]:
        """What this try took, and those before it."""
        before = self.record.seconds
        train_s = time.monotonic() - self.began - self.features_s
        took = {"features": self.features_s, "train": train_s}
        return {name: round(value + before.get(name, 0.0), 2) for name, value in took.items()}

    def _network_sha256(self, model: Any) -> str:
        """The digest of the network for use, which is kept first if it is new; empty where there is none."""
        if model is not None:
            self._save_network(model)
        path = network_path(self.store, self.key)
        return sha256(path.read_bytes()).hexdigest() if path.is_file() else ""

    def _words_sha256(self, number: int, parts: Sequence[FoldDone], *, stopping: bool) -> str:
        """The digest of the text branch that goes with the network for use; empty where words took no part."""
        if not self.worded:
            return ""

        def report(_done: int, _total: int, message: str) -> None:
            self.report(0, 0, f"{message}, for use")

        weights = [part.weights for part in parts if part.words]
        told = silent if stopping else report
        branch, latest = self.reader
        if latest != number:
            branch = wording.branch_of(self.taught, self._learned_places(number), self.record.seed, told)
        if branch is None:
            return ""
        whole = wording.weighed(branch, weights)

        def fill(path: Path) -> None:
            text_branch.save(whole, path)

        self.store.write_file(_part(self.key, "text branch"), fill, kind="network")
        return sha256(words_path(self.store, self.key).read_bytes()).hexdigest()

    def _learned_places(self, number: int) -> Sequence[int]:
        """The items that the network of a fold learned from; after the last fold all."""
        if number >= len(self.split.parts):
            return range(len(self.taught.examples))
        fold = self.split.fold(number)
        return (*fold.train, *fold.validation)

    def _save_network(self, model: Any) -> None:
        def fill(path: Path) -> None:
            recurrent.save(model, path.with_suffix(".keras"))
            path.with_suffix(".keras").rename(path)

        self.store.write_file(_part(self.key, "network"), fill, kind="network")


def versions() -> dict[str, str]:
    """The versions of what was trained with."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}
