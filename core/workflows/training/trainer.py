"""One training on a labelled set, worked off from its plan to its result.

A training is a record in the store under the key of all that it depends on: set, split, CNN, steps, settings and seed.
`runs.plan` files it, `train` works it off: fold after fold, then a network for use on all clips. What a fold gave is
kept until all have ended, and the state of the network under way every few seconds, so that a training whose worker or
server died goes on where it was, to the same end. One that is stopped keeps the best network so far, and can go on too.

Which network is the final one (docs/training.md says the same for users):

1. `Trainer._learned` trains the network of a fold. Without early stopping, or without validation groups, all epochs are
   run on training and validation groups, and the last weights count. With it, `recurrent_training.fit` keeps the epoch
   with the smallest validation loss; if the option `again` is set, the fold is then retrained for as many epochs with
   its validation groups included.
2. `Trainer.finish` takes the network of a lone fold as it is; else `Trainer._final` trains one on all clips, for the
   lower median of the epochs of the folds. `Trainer.stop` takes the best network so far.
3. `tuning.best` only chooses settings for a next run. `model_files.save_model` makes a network a model, when asked to.
"""

import platform
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from statistics import median_low
from typing import Any, Literal

from core.base.errors import Cancelled, NotEnoughExamples, ResultMissing
from core.base.progress import Report, silent
from core.base.registry import METRICS
from core.domain import Checkpoint, Dataset, Epoch, FoldDone, FoldResult, HeldOut, Split, Training
from core.domain.training import CURVE, stage_of
from core.stages.metrics import bootstrap
from core.stages.networks import recurrent, recurrent_training
from core.stages.networks.recurrent_training import Example, Fitted
from core.stages.networks.text_branch import TextBranch
from core.workflows import datasets
from core.workflows.training import baselines, checkpoints, features, text_branch, training_data
from core.workflows.training.checkpoints import Checkpoints, NetworkUnderWay, Recorder, run_of, split_of
from core.workflows.training.options import Options, options_of, sized
from core.workflows.training.stage_reports import StageReports
from core.workflows.training.training_data import LabelledFeatures
from core.workspace.store import Store

LIBRARIES = ("tensorflow", "keras", "openvino", "numpy", "scikit-learn")


def train(store: Store, key: str, report: Report = silent) -> None:
    """Work off a plan, from where an earlier try of it ended. Progress is told in batches that are learned.

    Features that are not there yet are made first, in this time. When it is stopped, the best network so far is kept.
    """
    trainer = Trainer(store, key, report)
    network: FoldNetwork | None = None
    tested: TestedFold | None = None
    try:
        trainer.draw_validation_curve()
        for number in trainer.folds_left():
            network = trainer.learn(number)
            tested = trainer.test(number, network)
            trainer.checkpoints.keep_fold(number, tested.done)
        trainer.finish(tested)
    except Cancelled:
        trainer.stop(network, tested)
        raise


@dataclass(frozen=True, eq=False)
class FoldNetwork:
    """The network of a fold: a Keras model, the curves of its first stage, and for how many epochs it learned."""

    model: Any
    history: tuple[Epoch, ...]
    epochs: int


@dataclass(frozen=True, eq=False)
class TestedFold:
    """A fold that has ended, and who read its words, None where there were none to learn from."""

    number: int
    done: FoldDone
    branch: TextBranch | None = None


@dataclass(frozen=True, eq=False)
class NetworkForUse:
    """What a training leaves to be used. model: None where it is kept already, or where there is none.

    fold: whose clips it learned from, that after the last stands for all clips; None where there is no network.
    """

    model: Any
    epochs: int
    fold: int | None


class Trainer:
    """One training under way: its plan, its data, and the steps that `train` takes."""

    def __init__(self, store: Store, key: str, report: Report):
        self.store, self.key = store, key
        self.record = run_of(store, key)
        self.options = options_of(self.record.settings)
        self.split = split_of(store, self.record.split)
        self.fold_count = len(self.split.parts)
        curve = not self.options.stop_early and bool(self.split.fold(0).validation)
        self.reports = StageReports(report, self.fold_count, self.record.final, self.options, curve=curve)
        self.checkpoints = Checkpoints(store, key)
        self.recorder = Recorder(self.checkpoints)
        self.began = time.monotonic()
        self.dataset = planned_dataset(store, self.record)
        self.labelled = prepared(store, self.record, self.split, self.dataset, report)
        self.features_s = time.monotonic() - self.began

    @property
    def reads_words(self) -> bool:
        """Whether the words of clips take part."""
        return bool(self.record.settings.get("words"))

    def folds_left(self) -> list[int]:
        """The folds that have not ended."""
        return [number for number in range(self.fold_count) if not self.checkpoints.has_fold(number)]

    # A fold

    def draw_validation_curve(self) -> None:
        """Where folds learn their validation groups too, train the first one without them, for its curves alone.

        Nothing else comes of that network: the numbers of the folds are the same with and without it.
        """
        fold = self.split.fold(0)
        learned, judged = self.labelled.chosen(fold.train), self.labelled.chosen(fold.validation)
        if self.options.stop_early or not learned or not judged or self.checkpoints.validation_curve():
            return
        fitted = recurrent_training.fit(
            sized(replace(self.options, patience=self.options.epochs), len(learned)),
            learned,
            labels=len(self.labelled.labels),
            validation=judged,
            seed=self.record.seed,
            report=self.reports.of(CURVE, retraining=False),
            keep=self.recorder.show_curve(self.options.epochs),
        )
        self.checkpoints.keep_validation_curve(fitted.history)

    def learn(self, number: int) -> FoldNetwork:
        """The network of a fold, which learned from its training groups."""
        fold = self.split.fold(number)
        network = self._learned(number, fold.train, fold.validation)
        if self.fold_count == 1:  # this is the network for use
            self.checkpoints.keep_network(network.model)
        return network

    def _learned(self, number: int, training: Sequence[int], validation: Sequence[int]) -> FoldNetwork:
        options, judged = self.options, self.labelled.chosen(validation)
        if not options.stop_early or not judged:
            fitted = self._fit(number, self.labelled.chosen((*training, *validation)), [], options, retraining=False)
            return FoldNetwork(fitted.model, fitted.history, len(fitted.history))
        first = self._fit(number, self.labelled.chosen(training), judged, options, retraining=False)
        epochs = first.best + 1
        if not options.again:
            return FoldNetwork(first.model, first.history, epochs)
        whole = self.labelled.chosen((*training, *validation))
        second = self._fit(number, whole, [], replace(options, epochs=epochs), retraining=True)
        return FoldNetwork(second.model, first.history, epochs)

    def _fit(
        self, number: int, training: list[Example], judged: list[Example], options: Options, *, retraining: bool
    ) -> Fitted:
        """A network on examples, from where an earlier try of it ended. retraining: with the
        validation groups of its fold, for as many epochs as were best without.
        """
        if not training:
            raise NotEnoughExamples(f"Fold {number + 1} has no training data.", "Choose fewer folds.")

        def keep(state: Checkpoint) -> None:
            self.recorder.remember(
                NetworkUnderWay(state, training, number), retraining=retraining, epochs=options.epochs
            )

        fitted = recurrent_training.fit(
            sized(options, len(training)),
            training,
            labels=len(self.labelled.labels),
            validation=judged,
            seed=self.record.seed,
            report=self.reports.of(number, retraining=retraining),
            since=self.checkpoints.state(stage_of(number, retraining=retraining)),
            keep=keep,
        )
        if judged and self.options.again:  # retraining follows, in which a worker may die too
            self.recorder.save()
        return fitted

    def test(self, number: int, network: FoldNetwork) -> TestedFold:
        """What the network of a fold, simpler methods, and where they take part words, predict of its test groups."""
        run = recurrent.runner(network.model)
        return self._tested(number, run, network.history, network.epochs - 1)

    def _tested(
        self, number: int, run: recurrent.ScoreFunction, history: Sequence[Epoch], best: int, *, stopping: bool = False
    ) -> TestedFold:
        fold = self.split.fold(number)
        predicted = training_data.predicted(self.labelled, fold.test, number, run)
        probe = baselines.linear_probe(self.labelled, (*fold.train, *fold.validation), fold.test, number)
        result = FoldResult(fold.groups, len(fold.test), training_data.accuracy(predicted), tuple(history), best)
        if not self.reads_words:
            return TestedFold(number, FoldDone(result, predicted, probe))
        report = silent if stopping else self.reports.messages(f"fold {number + 1}")
        options, seed = self.options, self.record.seed
        words = text_branch.tested(self.labelled, fold, number, run, options, seed, report, weighed=not stopping)
        result = replace(result, accuracy=training_data.accuracy(words.both))
        done = FoldDone(result, words.both, probe, predicted, words.words, words.weights)
        return TestedFold(number, done, words.branch)

    # The end

    def finish(self, tested: TestedFold | None) -> None:
        """Train the network for use, and file the result. tested: the fold that was tested last in this try."""
        folds = self.checkpoints.folds(self.fold_count)
        if self.fold_count == 1:
            network = NetworkForUse(None, folds[0].result.best + 1, 0)
        else:
            self.checkpoints.forget_networks()
            network = self._final(folds) if self.record.final else NetworkForUse(None, folds[0].result.best + 1, None)
        self._file(folds, "done", network, tested)
        self.checkpoints.forget_steps(self.fold_count)

    def _final(self, folds: Sequence[FoldDone]) -> NetworkForUse:
        """A network of all clips, trained for as many epochs as half of the folds took."""
        epochs = median_low([fold.result.best + 1 for fold in folds])
        whole = self.labelled.chosen(range(len(self.labelled.examples)))
        model = self._fit(self.fold_count, whole, [], replace(self.options, epochs=epochs), retraining=False).model
        return NetworkForUse(model, epochs, self.fold_count)

    def stop(self, network: FoldNetwork | None, tested: TestedFold | None) -> None:
        """Keep the best so far: the folds that have ended, and the network under way as it was at its best.

        network, tested: the last that were trained and tested in this try.
        """
        folds, latest = self.checkpoints.folds(self.fold_count), self.recorder.latest
        if latest is None and not folds:
            return
        self.recorder.save()
        if latest is None:
            best = NetworkForUse(network.model, network.epochs, len(folds) - 1) if network else None
            self._file(folds, "stopped", best or NetworkForUse(None, 0, None), tested)
            return
        state = latest.state
        model = recurrent_training.restored(self.options, state, latest.examples, labels=len(self.labelled.labels))
        if len(folds) <= latest.fold < self.fold_count:
            tested = self._tested(latest.fold, recurrent.runner(model), state.history, state.best, stopping=True)
            folds.append(tested.done)
        self._file(folds, "stopped", NetworkForUse(model, state.best + 1, latest.fold), tested)

    def _file(
        self,
        folds: Sequence[FoldDone],
        state: Literal["stopped", "done"],
        network: NetworkForUse,
        tested: TestedFold | None,
    ) -> None:
        """Write all that came of it; the record itself last."""
        held_out = training_data.joined([fold.network for fold in folds])
        probe = training_data.joined([fold.probe for fold in folds])
        self.checkpoints.keep_held_out(held_out)
        self.checkpoints.keep_held_out(probe, checkpoints.PROBE)
        if network.model is not None:
            self.checkpoints.keep_network(network.model)
        scored = self._scored(run_of(self.store, self.key), folds, held_out, probe)
        ended = replace(
            scored,
            state=state,
            seconds=self._seconds(),
            versions=versions(),
            network_sha256=self.checkpoints.network_sha256(),
            passes=network.epochs,
            validation_curve=self.checkpoints.validation_curve(),
            channels=int(self.labelled.examples[0].values.shape[1]),
            words_sha256=self._text_branch_sha256(network.fold, folds, tested, stopping=state == "stopped"),
        )
        self.store.write(self.key, ended, kind="training")

    def _scored(self, record: Training, folds: Sequence[FoldDone], held_out: HeldOut, probe: HeldOut) -> Training:
        """A record with the scores of the folds, those of the baselines, and what to beware of."""
        comparison = training_data.comparison(self.dataset, self.split.groups, held_out, split=self.record.split)
        scores = training_data.scores(comparison)
        simpler = {"majority": self._majority(len(folds)), "linear_probe": training_data.accuracy(probe)}
        drawn = bootstrap.bootstrap(comparison, METRICS["accuracy"].formula)
        return replace(
            record,
            interval=(drawn.low, drawn.high) if drawn.low is not None and drawn.high is not None else (),
            over_time=self.labelled.over_time,
            folds=tuple(fold.result for fold in folds),
            scores=scores,
            baselines=simpler,
            warnings=tuple(map(str, training_data.caveats(comparison, scores, simpler, held_out, probe))),
            words=self._branch_scores(folds, held_out),
        )

    def _majority(self, folds: int) -> float:
        """The accuracy of always predicting the most frequent label, over so many folds."""
        parts = []
        for number in range(folds):
            fold = self.split.fold(number)
            parts.append(baselines.majority(self.labelled, (*fold.train, *fold.validation), fold.test, number))
        return training_data.accuracy(training_data.joined(parts))

    def _seconds(self) -> dict[str, float]:
        """What this try took, and those before it."""
        before = self.record.seconds
        train_s = time.monotonic() - self.began - self.features_s
        took = {"features": self.features_s, "train": train_s}
        return {name: round(value + before.get(name, 0.0), 2) for name, value in took.items()}

    # Words

    def _branch_scores(self, folds: Sequence[FoldDone], both: HeldOut) -> dict[str, float]:
        """What picture, words and both reach, where words took part; their predictions are kept."""
        pairs = [(fold.picture, fold.words) for fold in folds if fold.picture and fold.words]
        if not pairs or len(pairs) < len(folds):
            return {}
        picture, words = (training_data.joined(column) for column in zip(*pairs, strict=True))
        self.checkpoints.keep_held_out(picture, checkpoints.PICTURE)
        self.checkpoints.keep_held_out(words, checkpoints.WORDS)
        by_branch = dict(zip(text_branch.BRANCHES, (picture, words, both), strict=True))
        return text_branch.scores(self.dataset, self.split.groups, by_branch)

    def _text_branch_sha256(
        self, number: int | None, folds: Sequence[FoldDone], tested: TestedFold | None, *, stopping: bool
    ) -> str:
        """The digest of the text branch that goes with the network for use of a fold; empty where there is none."""
        if not self.reads_words or number is None:
            return ""
        if tested is not None and tested.number == number:
            branch = tested.branch
        else:
            report = silent if stopping else self.reports.messages("for use")
            branch = text_branch.branch_of(self.labelled, self._learned_from(number), self.record.seed, report)
        if branch is None:
            return ""
        weights = [fold.weights for fold in folds if fold.words]
        return self.checkpoints.keep_text_branch(text_branch.weighed(branch, weights))

    def _learned_from(self, number: int) -> Sequence[int]:
        """The items that the network of a fold learned from; after the last fold all."""
        if number >= self.fold_count:
            return range(len(self.labelled.examples))
        fold = self.split.fold(number)
        return (*fold.train, *fold.validation)


# What is learned from -------------------------------------------------------------------------------------------------


def planned_dataset(store: Store, record: Training) -> Dataset:
    """The set as it was planned; ResultMissing where it has changed or gone."""
    dataset = store.dataset(record.dataset)
    if datasets.key(dataset) != record.dataset_key:
        raise ResultMissing(f"The dataset {dataset.name!r} was changed after this run was planned.", "Start a new run.")
    return dataset


def prepared(store: Store, record: Training, split: Split, dataset: Dataset, report: Report) -> LabelledFeatures:
    """The set with its features, which are made where they are missing, and its words where they take part."""
    source = (store, dataset, record.recipe, record.backbone, record.engine)
    if not features.gathered(*source):
        features.gather_of(*source, report)
    report(0, 0, "Reading features")
    of_items = features.features_of_all(*source)
    labelled = training_data.labelled_features(dataset, split.groups, of_items)
    if record.settings.get("words"):
        return replace(labelled, words=text_branch.near_steps(store, dataset, of_items))
    return labelled


def versions() -> dict[str, str]:
    """The versions of what was trained with."""
    return {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES}
