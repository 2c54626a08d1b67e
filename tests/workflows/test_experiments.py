"""Runs side by side: sweeps, validation curves, intervals, numbers of parameters, and what tuning gained."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from core.__main__ import _parser
from core.base.errors import Cancelled, FormatInvalid
from core.base.registry import BACKBONES
from core.domain import Dataset, Grouping, SettingSweep, Training, Trial
from core.stages.networks import recurrent
from core.stages.networks.recurrent import NetworkSettings
from core.workflows import datasets, training
from core.workflows.experiments import sweep as sweeps
from core.workflows.experiments import tuning
from core.workflows.training import trainer
from core.workflows.training.options import Options, view
from core.workspace.store import Store
from tests.workflows.test_training import CNN, ENGINE, OPTIONS, made_set, planned, stored

QUICK = replace(OPTIONS, epochs=3, units=4)


@pytest.fixture
def made(store: Store) -> Dataset:
    dataset, values = made_set()
    stored(store, dataset, values)
    return dataset


def planned_sweep(store: Store, dataset, setting: str, values) -> str:
    split = datasets.grouped_folds(dataset, Grouping("column"), count=2)
    network = {"backbone": CNN, "engine": ENGINE, "recipe": view("middle-plain", CNN)}
    return sweeps.plan(store, dataset, split, setting, values, options=QUICK, **network)


# Parameters -----------------------------------------------------------------------------------------------------------


@pytest.mark.training
@pytest.mark.parametrize(("cell", "both", "layers"), list(itertools.product(("gru", "lstm"), (True, False), (1, 2))))
def test_layers_are_those_of_the_keras_model(cell, both, layers):
    settings = NetworkSettings(cell=cell, bidirectional=both, layers=layers, units=6)
    model = recurrent.build(settings, channels=10, labels=3)
    shapes = recurrent.layer_shapes(settings, channels=10, labels=3)
    built = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
    assert [(layer.name, tuple(layer.output.shape[1:]), layer.count_params()) for layer in built] == [
        (layer.name, layer.shape, layer.parameters) for layer in shapes
    ]
    assert model.count_params() == sum(layer.parameters for layer in shapes)


@pytest.mark.training
@pytest.mark.parametrize(("cell", "both"), list(itertools.product(("gru", "lstm"), (True, False))))
def test_layers_are_those_of_the_keras_model_on_every_cnn(cell, both):
    settings = Options(cell=cell, bidirectional=both, units=8)
    for channels in {backbone.channels for backbone in BACKBONES.values()}:
        model = recurrent.build(settings, channels=channels, labels=4)
        rows: list[str] = []
        model.summary(print_fn=lambda line, rows=rows: rows.append(line), line_length=160)
        shapes = recurrent.layer_shapes(settings, channels=channels, labels=4)
        total = sum(shape.parameters for shape in shapes)
        assert f"Total params: {total:,}" in "\n".join(rows)
        built = [layer for layer in model.layers if type(layer).__name__ != "InputLayer"]
        assert [(tuple(layer.output.shape[1:]), layer.count_params()) for layer in built] == [
            (shape.shape, shape.parameters) for shape in shapes
        ]


# Validation curves and intervals --------------------------------------------------------------------------------------


@pytest.mark.training
def test_a_validation_curve_is_drawn_and_changes_no_number_of_the_run(store, monkeypatch):
    made, values = made_set(groups=8, takes=1)
    stored(store, made, values)
    split = datasets.grouped_folds(made, Grouping("column"), count=2)
    assert split.fold(0).validation
    key = planned(store, made, options=QUICK)
    training.train(store, key)
    with_curve, scores = training.run_of(store, key), training.held_out(store, key).scores
    assert len(with_curve.validation_curve) == QUICK.epochs
    assert all(epoch.validation_loss is not None for epoch in with_curve.validation_curve)
    monkeypatch.setattr(trainer.Trainer, "draw_validation_curve", lambda _trainer: None)
    store.delete(key)
    training.train(store, planned(store, made, options=QUICK))
    assert training.run_of(store, key).validation_curve == ()
    np.testing.assert_array_equal(training.held_out(store, key).scores, scores)


@pytest.mark.training
def test_with_early_stopping_the_folds_have_the_curves_and_no_network_is_trained_for_them(store):
    made, values = made_set(groups=8, takes=1)
    stored(store, made, values)
    key = planned(store, made, options=replace(QUICK, stop_early=True, again=False))
    training.train(store, key)
    record = training.run_of(store, key)
    assert record.validation_curve == ()
    assert all(epoch.validation_loss is not None for fold in record.folds for epoch in fold.history)


@pytest.mark.training
def test_a_run_keeps_the_interval_of_its_accuracy(store, made):
    key = planned(store, made, folds=4, options=QUICK)
    training.train(store, key)
    record = training.run_of(store, key)
    low, high = record.interval
    assert 0 <= low <= record.scores["accuracy"] <= high <= 1 and low < high
    assert record.channels == 6


# Sweeps ---------------------------------------------------------------------------------------------------------------


@pytest.mark.training
def test_a_sweep_varies_one_setting_and_goes_on_after_a_stop(store, made):
    key = planned_sweep(store, made, "units", (4, 8))
    sweep = store.read(key, SettingSweep)
    calls = itertools.count()

    def stopping(_done: int, _total: int, message: str) -> None:
        if message.startswith("Run 2") and next(calls) > 2:
            raise Cancelled

    with pytest.raises(Cancelled):
        sweeps.run(store, key, stopping)
    first, second = sweeps.points(store, sweep)
    assert first.complete and first.accuracy is not None and not second.complete
    told: list[tuple[int, int]] = []
    sweeps.run(store, key, lambda done, total, _message: told.append((done, total)))
    assert told[-1] == (2000, 2000) and all(total == 2000 for _, total in told)
    records = [store.read(run, Training) for run in sweep.runs]
    assert [record.settings["units"] for record in records] == [4, 8]
    alike = [{name: value for name, value in record.settings.items() if name != "units"} for record in records]
    assert alike[0] == alike[1] and records[0].seed == records[1].seed and records[0].split == records[1].split
    assert all(point.complete and len(point.interval) == 2 for point in sweeps.points(store, sweep))
    assert list(sweeps.sweeps_of(store, datasets.key(made))) == [key]


def test_a_sweep_of_seeds_changes_nothing_else(store, made):
    sweep = store.read(planned_sweep(store, made, "seed", (0, 1, 2)), SettingSweep)
    records = [store.read(run, Training) for run in sweep.runs]
    assert [record.seed for record in records] == [0, 1, 2]
    assert len({json.dumps(record.settings) for record in records}) == 1


def test_the_expected_time_is_that_of_the_latest_run_with_the_same_split_and_cnn(store, made):
    split = datasets.grouped_folds(made, Grouping("column"), count=2)
    key = planned_sweep(store, made, "units", (4, 8))
    first = store.read(key, SettingSweep).runs[0]
    assert sweeps.expected_s(store, datasets.key(made), split, CNN, 3) is None, "no run has ended"
    store.write(first, replace(training.run_of(store, first), state="done", seconds={"train": 7.0}), kind="training")
    assert sweeps.expected_s(store, datasets.key(made), split, CNN, 3) == 21.0
    assert sweeps.expected_s(store, datasets.key(made), split, "i3d-kinetics400", 3) is None
    other = datasets.grouped_folds(made, Grouping("column"), count=4)
    assert sweeps.expected_s(store, datasets.key(made), other, CNN, 3) is None


def test_a_run_that_was_deleted_is_left_out_of_its_sweep(store, made):
    sweep = store.read(planned_sweep(store, made, "dropout", (0.1, 0.5)), SettingSweep)
    training.delete(store, sweep.runs[0])
    assert [point.value for point in sweeps.points(store, sweep)] == ["0.5"]


@pytest.mark.parametrize(
    ("setting", "text", "expected"),
    [
        ("learning_rate", "0.003, 0.01", (0.003, 0.01)),
        ("units", "16;32, 32", (16, 32)),
        ("cell", "GRU, lstm", ("gru", "lstm")),
        ("balanced", "true, false", (True, False)),
        ("seed", "0, 7", (0, 7)),
    ],
)
def test_values_are_read_from_a_text(setting, text, expected):
    assert sweeps.values_of(setting, text) == expected


@pytest.mark.parametrize(
    ("setting", "text", "expected"),
    [
        ("units", "16", "got 1 values"),
        ("units", "16, 2000", "got 2000"),
        ("units", "16, many", "got 'many'"),
        ("units", "16, 16.5", "got '16.5'"),
        ("cell", "gru, rnn", "got 'rnn'"),
        ("colour", "1, 2", "no setting 'colour'"),
    ],
)
def test_values_that_do_not_fit_are_refused_with_a_reason(setting, text, expected):
    with pytest.raises(FormatInvalid, match=expected):
        sweeps.values_of(setting, text)


@pytest.mark.parametrize("setting", sweeps.SETTINGS)
def test_the_proposed_values_of_each_setting_can_be_swept(setting):
    for options in training.DIALS.values():
        for value in sweeps.values_of(setting, sweeps.proposed(setting, options)):
            changes = {} if setting == "seed" else {setting: value}
            assert isinstance(replace(options, **changes), Options)


@pytest.mark.parametrize("name", [name.replace("_", "-") for name in sweeps.SETTINGS])
def test_each_setting_can_be_named_at_the_command_line(name):
    chosen = _parser().parse_args(["sweep", "actions", "--vary", name, "--units", "8", "--seed", "3"])
    assert (chosen.vary, chosen.units, chosen.seed) == (name, 8, 3)


# Tuning ---------------------------------------------------------------------------------------------------------------


@pytest.mark.training
def test_tuning_begins_with_the_current_settings(store):
    dataset, values = made_set(groups=5, takes=1)
    stored(store, dataset, values)
    split = training.keep_split(store, datasets.grouped_folds(dataset, Grouping("column"), count=2))
    options = replace(QUICK, units=20, learning_rate=0.05, batch_size=5)
    plan = tuning.Search(
        "Made", datasets.key(dataset), split, (CNN,), ENGINE, "middle-plain", options, most=2, seconds=60
    )
    tuning.search(store, plan)
    first, second = tuning.trials(store, tuning.search_key(plan))
    assert tuning.is_first_current(first) and not tuning.is_first_current(second)
    _, chosen = tuning.options_from(first, options)
    assert chosen == options


def tried(number: int, accuracy: float, **settings) -> Trial:
    return Trial(number, settings, "done", accuracy, 0.5)


def test_the_gain_is_over_the_trial_with_the_current_settings():
    trials = [tried(0, 0.7, current=True), tried(1, 0.6), tried(2, 0.8)]
    assert tuning.gain(trials) == pytest.approx(0.1)
    assert tuning.gain(trials[:2]) == 0.0
    assert tuning.gain([tried(0, 0.7), tried(1, 0.9)]) is None, "an earlier version began at random"


def test_the_expected_number_of_trials_follows_the_pace():
    plan = tuning.Search("Made", "", "", (CNN,), ENGINE, "whole", Options(), most=30, seconds=100.0)
    assert tuning.expected_trials(0, 0, 5.0, plan) == 30
    assert tuning.expected_trials(5, 5, 50.0, plan) == 10
    assert tuning.expected_trials(25, 5, 5.0, plan) == 30
    assert tuning.expected_trials(5, 5, 99.9, plan) == 6
