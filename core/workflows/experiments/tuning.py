"""Finding good settings with Optuna: tried on training groups, chosen on validation groups; no test group is looked at.

A search is a study in an SQLite file of the workspace, so that it goes on after a stop or a death where it was. The
first trial has the current settings, so that the gain of the others can be told. Each trial trains on some folds of the
split, one after the other; a trial that does worse after a fold, or in the midst of one, than half of those before it
is given up.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.errors import AnalysisError, Cancelled, NotEnoughExamples, ResultMissing
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import Dataset, Epoch, Split, Trial
from core.domain.fingerprint import fingerprint
from core.stages.networks import recurrent_training
from core.workflows import datasets
from core.workflows.training import features, training_data
from core.workflows.training.checkpoints import split_of
from core.workflows.training.options import Options, options_of, plain, sized, view
from core.workflows.training.training_data import LabelledFeatures
from core.workspace.store import Store

MOST_FOLDS = 3  # folds whose validation groups a trial is judged on
SHOWN = {"complete": "done", "pruned": "pruned", "running": "running", "fail": "failed", "waiting": "running"}
CURRENT = "current"  # what marks the trial with the settings that a search began with
LOSS_WEIGHT = 1e-3  # of equal accuracies the one with the smaller loss is better


@dataclass(frozen=True)
class Search:
    """What is searched. dataset: name of the set; split: key of the split; backbones: CNNs to choose from.

    view: one of VIEWS, what each CNN sees. most: trials in all; seconds: after which no further trial is begun.
    """

    dataset: str
    dataset_key: str
    split: str
    backbones: tuple[str, ...]
    engine: str
    view: str
    options: Options
    seed: int = 0
    most: int = 30
    seconds: float = 600.0


def search_key(search: Search) -> str:
    """The name of a search; more trials or time do not make it another."""
    versions = [BACKBONES[name].version for name in search.backbones]
    source = (
        search.dataset_key,
        search.split,
        search.backbones,
        versions,
        search.engine,
        [view(search.view, name) for name in search.backbones],
    )
    return fingerprint("search", 1, source, plain(search.options), search.seed)


def search(store: Store, plan: Search, report: Report = silent) -> None:
    """Try settings until trials or time run out; what was tried before counts. Progress is told in trials."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with _study(store, plan) as study:
        _bury_the_dead(study)
        _search(study, store, plan, report)
    report(plan.most, plan.most, "Done")


def _search(study: Any, store: Store, plan: Search, report: Report) -> None:
    """Trials of a study, until there are enough or time runs out."""
    import optuna

    began = time.monotonic()
    dataset = store.dataset(plan.dataset)
    if datasets.key(dataset) != plan.dataset_key:
        raise AnalysisError(f"The dataset {dataset.name!r} has been changed.", "Start a new search.")
    split = split_of(store, plan.split)
    labelled = {name: _taught(store, dataset, split, name, plan, report) for name in plan.backbones}
    before = _ended(study)
    if not study.get_trials(deepcopy=False):
        study.enqueue_trial(_current(plan), user_attrs={CURRENT: True})
    while _ended(study) < plan.most and time.monotonic() - began < plan.seconds:
        number = _ended(study)
        trial = study.ask()
        passed_s = time.monotonic() - began
        expected = expected_trials(number, number - before, passed_s, plan)

        def tell(message: str, number: int = number, expected: int = expected) -> None:
            report(number, expected, message)

        try:
            value = _tried(trial, labelled, split, plan, plan.seconds - passed_s, tell)
        except optuna.TrialPruned:
            study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        except Cancelled:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            raise
        else:
            study.tell(trial, value)
        store.write(search_key(plan), _trial_records(study), kind="search")


def expected_trials(ended: int, ended_now: int, passed_s: float, plan: Search) -> int:
    """How many trials there will be when time or trials have run out, at the pace so far; at least one more.

    ended: trials in all; ended_now: of them, those in this run, in the seconds that passed.
    """
    if not ended_now:
        return plan.most
    return min(plan.most, max(ended + 1, ended + round((plan.seconds - passed_s) * ended_now / passed_s)))


def gain(trials: Sequence[Trial]) -> float | None:
    """How much better the best trial is than the current settings, in accuracy on the validation groups; None where
    either is not there."""
    current = next((trial for trial in trials if trial.number == 0 and trial.state == "done"), None)
    winner = best(trials)
    if current is None or current.accuracy is None or winner is None or not is_first_current(current):
        return None
    return (winner.accuracy or 0.0) - current.accuracy


def is_first_current(trial: Trial) -> bool:
    """Whether a trial has the settings that the search began with; searches of earlier versions began at random."""
    return trial.number == 0 and bool(trial.settings.get(CURRENT))


def trials(store: Store, key: str) -> tuple[Trial, ...]:
    """All trials of a search so far, in their order; none before its first has ended."""
    with suppress(ResultMissing):
        return store.read(key, tuple[Trial, ...])
    return ()


def best(trials: Sequence[Trial]) -> Trial | None:
    """The trial that named most steps of the validation groups rightly; of equals the one with the smaller loss."""
    done = [trial for trial in trials if trial.state == "done" and trial.accuracy is not None]
    return max(done, key=lambda trial: (trial.accuracy or 0) - LOSS_WEIGHT * (trial.loss or 0), default=None)


def options_from(trial: Trial, base: Options) -> tuple[str, Options]:
    """The CNN and the options of a trial."""
    known = {name: value for name, value in trial.settings.items() if name != "backbone"}
    return trial.settings["backbone"], options_of(plain(base) | known)


# One trial ------------------------------------------------------------------------------------------------------------


def _tried(
    trial: Any, labelled: dict[str, LabelledFeatures], split: Split, search: Search, left_s: float, tell: Any
) -> float:
    """The value of a trial: how well validation groups are named, over several folds."""
    backbone, options = _drawn(trial, search)
    began, epochs = time.monotonic(), []
    for number in _folds(split):
        fold = split.fold(number)
        lesson = labelled[backbone]
        examples = lesson.chosen(fold.train)
        whole = options if options.stop_early else replace(options, patience=options.epochs)
        fitted = recurrent_training.fit(
            sized(whole, len(examples)),
            examples,
            labels=len(lesson.labels),
            validation=lesson.chosen(fold.validation),
            seed=search.seed,
            report=_within(trial, tell, began, left_s),
        )
        epochs.append(fitted.history[fitted.best if options.stop_early else -1])
        trial.set_user_attr("passes", fitted.best + 1 if options.stop_early else len(fitted.history))
        value = _value(epochs)
        trial.report(value, len(epochs))
        if trial.should_prune():
            _note(trial, epochs, began)
            _prune()
    _note(trial, epochs, began)
    return _value(epochs)


def _within(trial: Any, tell: Any, began: float, left_s: float) -> Report:
    """The report of a fold: a trial that would outlast the time that is left twice over is given up."""

    def report(_done: int, _total: int, message: str) -> None:
        tell(f"Trial {trial.number + 1}: {message[0].lower()}{message[1:]}")
        if time.monotonic() - began > 2 * max(left_s, 10.0):
            _prune()

    return report


def _prune() -> None:
    import optuna

    raise optuna.TrialPruned


def _means(epochs: Sequence[Epoch]) -> tuple[float, float]:
    """Mean accuracy and mean loss of the validation groups of some folds."""
    accuracy = np.mean([epoch.validation_accuracy or 0.0 for epoch in epochs])
    return float(accuracy), float(np.mean([epoch.validation_loss or 0.0 for epoch in epochs]))


def _value(epochs: Sequence[Epoch]) -> float:
    accuracy, loss = _means(epochs)
    return accuracy - LOSS_WEIGHT * loss


def _note(trial: Any, epochs: Sequence[Epoch], began: float) -> None:
    """Keep what a table tells of a trial."""
    accuracy, loss = _means(epochs)
    for name, value in (("accuracy", accuracy), ("loss", loss), ("seconds", time.monotonic() - began)):
        trial.set_user_attr(name, value)


def _drawn(trial: Any, search: Search) -> tuple[str, Options]:
    """The CNN and the options that Optuna proposes, among which are those that the search began with."""
    now = search.options
    backbone = trial.suggest_categorical("backbone", list(search.backbones))
    rates, shares = (min(3e-4, now.learning_rate), max(1e-2, now.learning_rate)), (0.1, 0.7)
    drawn = {
        "learning_rate": trial.suggest_float("learning_rate", *rates, log=True),
        "batch_size": trial.suggest_categorical("batch_size", sorted({8, 16, 32, now.batch_size})),
        "cell": trial.suggest_categorical("cell", ["gru", "lstm"]),
        "units": trial.suggest_categorical("units", sorted({32, 64, 128, now.units})),
        "dropout": trial.suggest_float("dropout", min(shares[0], now.dropout), max(shares[1], now.dropout)),
    }
    return backbone, replace(search.options, **drawn)


def _current(search: Search) -> dict[str, Any]:
    """The parameters of the trial that has the settings as they are."""
    names = ("learning_rate", "batch_size", "cell", "units", "dropout")
    return {"backbone": search.backbones[0]} | {name: getattr(search.options, name) for name in names}


def _folds(split: Split) -> list[int]:
    """The folds that trials are judged on: those with validation groups, evenly spread."""
    fit = [number for number in range(len(split.parts)) if split.fold(number).validation]
    if not fit:
        raise NotEnoughExamples("No fold has validation groups.", "At least four groups are needed.")
    return [fit[round(index)] for index in np.linspace(0, len(fit) - 1, min(MOST_FOLDS, len(fit)))]


# The study ------------------------------------------------------------------------------------------------------------


def _taught(
    store: Store, dataset: Dataset, split: Split, backbone: str, search: Search, report: Report
) -> LabelledFeatures:
    recipe = view(search.view, backbone)
    features.gather_of(store, dataset, recipe, backbone, search.engine, report)
    of_items = features.features_of_all(store, dataset, recipe, backbone, search.engine)
    return training_data.labelled_features(dataset, split.groups, of_items)


def _path(store: Store, search: Search) -> Path:
    return store.workspace / "searches" / f"{search_key(search)}.sqlite"


@contextmanager
def _study(store: Store, search: Search) -> Iterator[Any]:
    """The study of a search, in a file of its own that is closed behind it."""
    import optuna

    path = _path(store, search)
    path.parent.mkdir(parents=True, exist_ok=True)
    storage = optuna.storages.RDBStorage(f"sqlite:///{path}", engine_kwargs={"connect_args": {"timeout": 30}})
    sampler = optuna.samplers.TPESampler(seed=search.seed, n_startup_trials=8)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=4)
    try:
        yield optuna.create_study(
            storage=storage, sampler=sampler, pruner=pruner, study_name="search", direction="maximize",
            load_if_exists=True,
        )  # fmt: skip
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _bury_the_dead(study: Any) -> None:
    """Tell trials whose worker died as failed."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        with suppress(ValueError):
            study.tell(trial.number, state=TrialState.FAIL)


def _ended(study: Any) -> int:
    """How many trials count: those that were interrupted do not."""
    from optuna.trial import TrialState

    return len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))


def _trial_records(study: Any) -> tuple[Trial, ...]:
    return tuple(
        Trial(
            trial.number,
            dict(trial.params) | ({CURRENT: True} if trial.user_attrs.get(CURRENT) else {}),
            SHOWN[trial.state.name.lower()],  # pyright: ignore[reportArgumentType]
            trial.user_attrs.get("accuracy"),
            trial.user_attrs.get("loss"),
            trial.user_attrs.get("passes", 0),
            float(trial.user_attrs.get("seconds", 0.0)),
        )
        for trial in study.get_trials(deepcopy=False)
    )
