"""Sweeps and runs side by side on Train: proposed values, refused ones, the chart, and overlaid curves."""

from dataclasses import replace

from core.domain import SettingSweep
from core.workflows import training
from core.workflows.experiments import sweep as sweeps
from pages.ui.train import descriptions, run_figures
from tests.pages.test_pages import button, page, runner, told
from tests.pages.test_train import HISTORY, dataset, ended, looked_at, planned, store, tab

__all__ = ["dataset", "looked_at", "runner", "store"]


def values_field(at):
    return next(field for field in at.text_input if field.label.startswith("Values"))


def test_a_sweep_is_begun_with_the_proposed_values_and_shows_its_runs(looked_at, store, runner):
    at = page("train")
    assert values_field(at).value == "0.0015, 0.003, 0.006, 0.012"
    button(at, "Start sweep").click().run()
    (key,) = store.keys("sweep")
    sweep = store.read(key, SettingSweep)
    assert sweep.values == ("0.0015", "0.003", "0.006", "0.012") and runner.known[key].active
    assert {training.run_of(store, run).settings["learning_rate"] for run in sweep.runs} == {
        0.0015,
        0.003,
        0.006,
        0.012,
    }
    for place, run in enumerate(sweep.runs[:3]):
        ended(store, run, scores={"accuracy": 0.5 + place / 10}, interval=(0.4, 0.9), fold_count=2)
    runner.known[key] = replace(runner.known[key], state="cancelled")
    at = page("train")
    words = told(at)
    assert "Lowest 50.0 %, highest 70.0 %, in 3 runs" in words
    assert button(at, "Continue sweep")


def test_values_that_do_not_fit_are_refused_on_the_page(looked_at, store):
    at = page("train")
    values_field(at).set_value("0.1, fast").run()
    button(at, "Start sweep").click().run()
    assert "got 'fast'" in told(at) and "separated by commas" in told(at)
    assert not store.keys("sweep")


def test_the_chart_of_a_sweep_has_an_interval_for_each_run_and_the_probe():
    points = tuple(
        sweeps.SweepPoint(value, value, accuracy, (accuracy - 0.1, accuracy + 0.05), 0.6, complete=True)
        for value, accuracy in (("0.001", 0.7), ("0.01", 0.8))
    )
    figure = run_figures.swept(points, sweeps.SETTINGS["learning_rate"], dark=False)
    network, probe = figure.data
    assert list(network.x) == [0.001, 0.01] and [round(y) for y in network.y] == [70, 80]
    assert [round(size) for size in network.error_y.array] == [5, 5]
    assert [round(size) for size in network.error_y.arrayminus] == [10, 10]
    assert list(probe.y) == [60, 60] and figure.layout.xaxis.type == "log"
    seeds = run_figures.swept(points, sweeps.SETTINGS["seed"], dark=True)
    assert seeds.layout.xaxis.type == "category" and seeds.data[0].mode == "markers"


def test_runs_side_by_side_show_settings_parameters_intervals_and_overlaid_curves(store, dataset):
    for units in (8, 16):
        key = planned(store, dataset, options=training.Options(units=units))
        ended(store, key, interval=(0.61, 0.94), validation_curve=HISTORY, channels=1024)
    at = tab(page("train"), "Runs")
    table = at.dataframe[0].value
    assert table["95 % interval"].tolist() == ["61 to 94"] * 2
    assert sorted(table["Parameters"]) == [
        sum(
            layer.parameters
            for layer in descriptions.layer_shapes(training.Options(units=units), channels=1024, labels=2)
        )
        for units in (8, 16)
    ]
    assert {"Learning rate", "Dropout", "Batch", "Epochs"} <= set(table.columns)
    assert "the network overfits" in told(at)
    figure = run_figures.overlaid(list(training.all_runs(store).values()), dark=False)
    assert [trace.line.dash for trace in figure.data] == [None, "dash", None, "dash"]
