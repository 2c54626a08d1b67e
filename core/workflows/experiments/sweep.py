"""A sweep: one setting, or the seed, varied over several runs that are alike in everything else.

Each run is a training of its own, listed with all others, and goes on where it broke off. Scores are of held-out test
groups: they show what a setting does; to choose one, `tuning` looks at validation groups instead.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from core.base.errors import FormatInvalid, ResultMissing
from core.base.knobs import Knob
from core.base.progress import Report, silent
from core.domain import Dataset, Recipe, SettingSweep, Split, Training
from core.domain.fingerprint import fingerprint
from core.workflows import datasets
from core.workflows.training import runs, trainer
from core.workflows.training.checkpoints import run_of
from core.workflows.training.option_knobs import KNOBS
from core.workflows.training.options import Options
from core.workspace.store import Store

SEED = Knob("seed", "int", 0, "Seed", 0, 10_000)
SETTINGS: dict[str, Knob] = {knob.name: knob for group in KNOBS.values() for knob in group} | {"seed": SEED}
MOST_VALUES = 20
SHARES = 1000  # parts in which the progress of a run is told


@dataclass(frozen=True)
class SweepPoint:
    """A run of a sweep: its value, its accuracy on test groups with its 95 % interval, None before it has ended.

    probe: the accuracy of a linear probe on the same clips. complete: whether all folds were tested.
    """

    value: str
    run: str
    accuracy: float | None = None
    interval: tuple[float, ...] = ()
    probe: float | None = None
    complete: bool = False


def values_of(setting: str, text: str) -> tuple[Any, ...]:
    """The values of a setting in a text, separated by commas; FormatInvalid where one does not fit."""
    if setting not in SETTINGS:
        raise FormatInvalid(f"There is no setting {setting!r}.", f"Choose one of {', '.join(SETTINGS)}.")
    knob = SETTINGS[setting]
    words = [word.strip() for word in text.replace(";", ",").split(",") if word.strip()]
    values = tuple(dict.fromkeys(_value(knob, word) for word in words))
    if not 2 <= len(values) <= MOST_VALUES:
        hint = f"Give 2 to {MOST_VALUES} different values, separated by commas."
        raise FormatInvalid(f"{knob.label}: got {len(values)} values.", hint)
    return values


def _value(knob: Knob, word: str) -> Any:
    if knob.kind == "choice":
        if word.lower() in knob.choices:
            return word.lower()
        raise FormatInvalid(f"{knob.label}: got {word!r}.", f"Choose among {', '.join(knob.choices)}.")
    if knob.kind == "bool":
        if word.lower() in ("true", "false"):
            return word.lower() == "true"
        raise FormatInvalid(f"{knob.label}: got {word!r}.", "Give true, false.")
    try:
        value = int(word) if knob.kind == "int" else float(word)
    except ValueError:
        kind = "whole numbers" if knob.kind == "int" else "numbers"
        raise FormatInvalid(f"{knob.label}: got {word!r}.", f"Give {kind}, separated by commas.") from None
    if not knob.low <= value <= knob.high:
        raise FormatInvalid(f"{knob.label}: got {word}.", f"Give values from {knob.low:g} to {knob.high:g}.")
    return value


def proposed(setting: str, options: Options) -> str:
    """Values of a setting to begin with, around the one that is set."""
    knob = SETTINGS[setting]
    if knob.kind == "choice":
        return ", ".join(knob.choices)
    if knob.kind == "bool":
        return "true, false"
    if setting == "seed":
        return "0, 1, 2, 3, 4"
    now = getattr(options, setting)
    span = knob.high - knob.low
    around = [now * factor for factor in (0.25, 0.5, 1, 2)] if now > 0 else [now + span * share for share in (0, 0.1)]
    inside = [min(max(value, knob.low), knob.high) for value in around]
    texts = [f"{round(value)}" if knob.kind == "int" else f"{value:.2g}" for value in inside]
    return ", ".join(dict.fromkeys(texts))


def plan(
    store: Store,
    dataset: Dataset,
    split: Split,
    setting: str,
    values: Sequence[Any],
    *,
    backbone: str,
    engine: str,
    recipe: Recipe,
    options: Options,
    seed: int = 0,
) -> str:
    """File a sweep and its runs, unless they are there; gives its key."""
    knob, keys = SETTINGS[setting], []
    network = {"backbone": backbone, "engine": engine, "recipe": recipe}
    for value in values:
        chosen = options if setting == "seed" else replace(options, **{setting: value})
        name = f"{dataset.name}, {knob.label.lower()} {_text(value)}"
        number = value if setting == "seed" else seed
        keys.append(runs.plan(store, dataset, split, options=chosen, seed=number, final=False, name=name, **network))
    made = SettingSweep(
        dataset.name, datasets.key(dataset), setting, tuple(map(_text, values)), tuple(keys), time.time()
    )
    key = fingerprint("sweep", 1, made.dataset_key, setting, made.values, made.runs)
    if not store.has(key):
        store.write(key, made, kind="sweep")
    return key


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower() if isinstance(value, bool) else str(value)


def run(store: Store, key: str, report: Report = silent) -> None:
    """Work off the runs of a sweep that have not ended, one after the other; each that has ended is kept."""
    sweep = store.read(key, SettingSweep)
    for place, training in enumerate(sweep.runs):
        if run_of(store, training).state != "done":
            trainer.train(store, training, _share_of(report, place, len(sweep.runs), sweep.values[place]))
    report(SHARES * len(sweep.runs), SHARES * len(sweep.runs), "Done")


def _share_of(report: Report, place: int, count: int, value: str) -> Report:
    """The report of a run as one of `count` parts of equal length, whatever it counts."""

    def tell(done: int, total: int, message: str) -> None:
        share = done / total if total else 0.0
        report(round(SHARES * (place + share)), SHARES * count, f"Run {place + 1} of {count} ({value}): {message}")

    return tell


def points(store: Store, sweep: SettingSweep) -> tuple[SweepPoint, ...]:
    """The runs of a sweep in the order of its values; a run that was deleted is left out."""
    made = []
    for value, key in zip(sweep.values, sweep.runs, strict=True):
        with suppress(ResultMissing):
            made.append(_point(value, key, run_of(store, key)))
    return tuple(made)


def _point(value: str, key: str, record: Training) -> SweepPoint:
    if not record.scores:
        return SweepPoint(value, key)
    complete = record.state == "done" and len(record.folds) == record.fold_count
    scores = record.scores.get("accuracy"), record.interval, record.baselines.get("linear_probe")
    return SweepPoint(value, key, *scores, complete)


def sweeps_of(store: Store, dataset_key: str) -> dict[str, SettingSweep]:
    """The sweeps on a dataset by their keys, the latest first."""
    stored = {}
    for key in store.keys("sweep"):
        with suppress(ResultMissing):
            stored[key] = store.read(key, SettingSweep)
    own = {key: sweep for key, sweep in stored.items() if sweep.dataset_key == dataset_key}
    return dict(sorted(own.items(), key=lambda pair: -pair[1].created))


def expected_s(store: Store, dataset_key: str, split: Split, backbone: str, count: int) -> float | None:
    """How long so many runs on a dataset will take, at the pace of its latest run with that split and CNN; None where
    there is none."""
    alike = (dataset_key, datasets.split_key(split), backbone, "done")
    for record in runs.all_runs(store).values():
        if (record.dataset_key, record.split, record.backbone, record.state) == alike:
            return count * record.seconds.get("train", 0.0)
    return None
