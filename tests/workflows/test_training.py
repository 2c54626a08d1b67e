"""Training on labelled sets: folds, baselines, stop and resume, saved models, tuning, all on made features."""

import errno
import json
import os
import pickle
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import psutil
import pytest

from core.base.errors import AnalysisError, Cancelled, ResultMissing, SplitInvalid
from core.base.settings import read as read_settings
from core.cli import training as training_module
from core.domain import Dataset, Epoch, Features, Grouping, Item, Recipe, Segment, VideoInfo
from core.domain.caveats import Caveat
from core.stages.networks import recurrent, recurrent_training
from core.stages.networks.recurrent import NetworkSettings
from core.stages.networks.recurrent_training import UNKNOWN, Example
from core.workflows import clips, datasets, models, predictions, training
from core.workflows.experiments import tuning
from core.workflows.training import baselines, checkpoints, training_data
from core.workflows.training import features as gathering
from core.workflows.training.options import Options, sized
from core.workspace.jobs.cluster import spread
from core.workspace.jobs.runner import Runner
from core.workspace.store import Store

ROOT = Path(__file__).resolve().parents[2]
CNN, ENGINE = "efficientnet-lite0", "tensorflow-f32"
CHANNELS, STEPS = 6, 10
LABELS = ("right", "left", "up", "down")
OPTIONS = Options(units=12, epochs=30, patience=10, dropout=0.1, learning_rate=0.01, batch_size=12, stretch=0.1)


def walk(label: str, seed: int) -> np.ndarray:
    """(T, D) features in which a place moves along a channel; the labels of a pair differ in its order alone."""
    rng = np.random.default_rng(seed)
    course = np.linspace(-2, 2, STEPS) + rng.normal(0, 0.1)
    values = rng.normal(0, 0.15, (STEPS, CHANNELS))
    pair = 0 if label in ("right", "left") else 1
    values[:, pair] += course
    values[:, 2 + pair] += 1.5  # which pair it is, any frame tells
    return (values if label in ("right", "up") else values[::-1]).astype(np.float32)


def made_set(groups: int = 4, takes: int = 2, *, shuffled: int = -1) -> tuple[Dataset, dict[str, np.ndarray]]:
    """A set of clips whose classes are pairs that differ in order, and their features; each clip has a mirror in time.

    shuffled: a seed by which labels are dealt anew, so that there is nothing to learn.
    """
    items, values = [], {}
    for group in range(groups):
        for take in range(takes):
            for place, label in enumerate(LABELS):
                digest = f"{group:02x}{take:02x}{place:02x}" + "0" * 58
                items.append(Item(digest, f"{label}/g{group}_{take}.mp4", STEPS / 2, label=label, group=f"g{group}"))
                values[digest] = walk(label, 100 * group + 10 * take + place // 2)
    if shuffled >= 0:
        dealt = np.random.default_rng(shuffled).permutation([item.label for item in items])
        items = [replace(item, label=str(label)) for item, label in zip(items, dealt, strict=True)]
    return Dataset("Made", LABELS, tuple(items)), values


def stored(store: Store, dataset: Dataset, values: dict[str, np.ndarray]) -> None:
    """Put a set with its clips and their features into a store."""
    for item in dataset.items:
        rows = values[item.video]
        times_s = np.arange(len(rows)) / 2
        info = VideoInfo(
            f"/clips/{item.path}", item.video, 96, 64, len(rows), len(rows), times_s, Fraction(2), False,
            len(rows) / 2, "h264", True, (),
        )  # fmt: skip
        store.save_video(info)
        found = Features(times_s, rows, (0.0, len(rows) / 2))
        store.write(
            predictions.features_key(item.video, Recipe(), CNN, ENGINE), found, kind="features", video=item.video
        )
    store.save_dataset(dataset, datasets.key(dataset))


def planned(store: Store, dataset: Dataset, folds: int = 2, **changes) -> str:
    """The key of a planned training on folds by group."""
    split = datasets.grouped_folds(dataset, Grouping("column"), count=folds)
    asked = {"backbone": CNN, "engine": ENGINE, "recipe": Recipe(), "options": OPTIONS, **changes}
    return training.plan(store, dataset, split, **asked)


@pytest.fixture(scope="module")
def done(tmp_path_factory) -> tuple[Store, str]:
    """A training of the made set that has ended."""
    store = Store(tmp_path_factory.mktemp("done"))
    dataset, values = made_set()
    stored(store, dataset, values)
    key = planned(store, dataset)
    training.train(store, key)
    return store, key


# Results --------------------------------------------------------------------------------------------------------------


@pytest.mark.training
def test_the_network_learns_order_and_the_probe_cannot(done):
    store, key = done
    record = training.run_of(store, key)
    assert record.state == "done" and record.scores["accuracy"] >= 0.95
    assert abs(record.baselines["linear_probe"] - 0.5) <= 0.15, "it can tell the pairs apart, but not their order"
    assert record.baselines["majority"] == pytest.approx(0.25, abs=0.1)
    assert [set(fold.groups) & {"g0", "g1", "g2", "g3"} for fold in record.folds] != []
    assert sum(fold.clips for fold in record.folds) == 32
    assert record.versions["keras"] and record.seconds["train"] > 0


@pytest.mark.training
def test_every_clip_is_scored_once_by_a_network_that_never_saw_its_group(done):
    store, key = done
    said, split = training.held_out(store, key), training.split_of(store, training.run_of(store, key).split)
    assert sorted(said.items.tolist()) == list(range(32))
    for place, fold in zip(said.items, said.folds, strict=True):
        assert int(place) in split.fold(int(fold)).test
    assert np.allclose(said.scores.sum(axis=1), 1, atol=1e-3)


@pytest.mark.training
def test_the_comparison_gives_the_numbers_of_the_record(done):
    store, key = done
    record = training.run_of(store, key)
    dataset, split = store.dataset("Made"), training.split_of(store, record.split)
    found = training.comparison(dataset, split.groups, training.held_out(store, key))
    assert training_data.scores(found) == pytest.approx(record.scores)
    assert found.groups[0] in {"g0", "g1", "g2", "g3"} and not found.over_time


@pytest.mark.training
def test_random_labels_score_within_the_interval_around_chance(store):
    dataset, values = made_set(groups=6, shuffled=3)
    stored(store, dataset, values)
    key = planned(store, dataset, options=replace(OPTIONS, epochs=8), final=False)
    training.train(store, key)
    right = round(training.run_of(store, key).scores["accuracy"] * 48)
    low, high = _binomial(48, 0.25)
    assert low <= right <= high
    assert not training.run_of(store, key).network_sha256


def _binomial(count: int, share: float) -> tuple[int, int]:
    """Bounds that hold 99 % of the hits of chance."""
    from scipy.stats import binom

    return int(binom.ppf(0.005, count, share)), int(binom.ppf(0.995, count, share))


class Course:
    """Stands in for learning: a network of a fold is said to be best after so many epochs, one number a fold."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, epochs: list[int]):
        self.left, self.learned = list(epochs), []
        monkeypatch.setattr(recurrent_training, "fit", self._fit)
        even = np.float32(0.25)
        monkeypatch.setattr(recurrent, "runner", lambda model: lambda values: np.full((len(values), 4), even))
        monkeypatch.setattr(recurrent, "save", lambda model, path: path.write_bytes(b"a network"))

    def _fit(self, options, examples, *, validation=(), report=None, **_others) -> recurrent_training.Fitted:
        self.learned.append((len(examples), len(validation), options.epochs))
        report(0, 1, "Learning")
        epochs = self.left.pop(0) if validation else options.epochs
        return recurrent_training.Fitted("a model", (Epoch(1.0, 1.0, 0.25, 0.25),) * options.epochs, epochs - 1)


@pytest.mark.training
@pytest.mark.parametrize(
    ("epochs", "expected"),
    [([9, 2, 6, 4], 4), ([2, 2, 2, 30], 2), ([7, 7, 1, 7], 7)],
)
def test_the_network_for_use_learns_for_the_lower_median_of_the_passes_of_all_folds(
    store, monkeypatch, epochs: list[int], expected: int
):
    """One fold that needs very many epochs, or few, does not decide what is used."""
    dataset, values = made_set(takes=1)
    stored(store, dataset, values)
    key = planned(store, dataset, folds=4, options=replace(OPTIONS, stop_early=True, again=False))
    course = Course(monkeypatch, epochs)
    training.train(store, key)
    record = training.run_of(store, key)
    assert [fold.best + 1 for fold in record.folds] == epochs
    assert course.learned == [*[(8, 4, OPTIONS.epochs)] * 4, (16, 0, expected)] and record.passes == expected


@pytest.mark.training
def test_a_run_is_done_when_all_is_done_and_stopped_when_a_person_ends_it(store, monkeypatch):
    """Stopped while the very last network learns: all folds are judged, and still it is not done."""
    dataset, values = made_set(takes=1)
    stored(store, dataset, values)
    key = planned(store, dataset, folds=2)
    assert training.run_of(store, key).state == "planned"

    def stop(_done: int, _total: int, message: str) -> None:
        if "all clips" in message:
            raise Cancelled

    Course(monkeypatch, [])
    with pytest.raises(Cancelled):
        training.train(store, key, stop)
    record = training.run_of(store, key)
    assert record.state == "stopped" and len(record.folds) == record.fold_count == 2
    card = training.save_model(store, key, "stopped-late")
    assert card.scores["clip accuracy"] == pytest.approx(record.scores["accuracy"], abs=1e-4)
    assert "stopped before it finished" in card.trained_on and "trained on all of these clips" not in card.trained_on
    training.train(store, key)
    record = training.run_of(store, key)
    assert record.state == "done" and len(record.folds) == 2
    assert "trained on all of these clips" in training.save_model(store, key, "done").trained_on


@pytest.mark.training
def test_unlabelled_steps_are_neither_learned_nor_scored_nor_background(store):
    items, values = [], {}
    for group in range(4):
        digest = f"{group:02x}" + "0" * 62
        values[digest] = np.concatenate([walk("right", group), walk("left", group + 50), walk("up", group + 90)])
        parts = (Segment(0.0, 5.0, "right"), Segment(5.0, 10.0, "left"))
        items.append(Item(digest, f"g{group}.mp4", 15.0, segments=parts, seen=((0.0, 10.0),), group=f"g{group}"))
    dataset = Dataset("Over time", ("right", "left"), tuple(items))
    stored(store, dataset, values)
    key = planned(store, dataset, final=False)
    training.train(store, key)
    record, said = training.run_of(store, key), training.held_out(store, key)
    assert record.over_time and (said.truth.reshape(4, 30)[:, 20:] == UNKNOWN).all()
    assert len(said.scores) == 120 and record.scores["accuracy"] > 0.7 and "f1_50" in record.scores


def test_a_prediction_that_never_changes_is_named():
    dataset, _ = made_set(groups=2)
    said = training_data.HeldOut(
        np.arange(16), np.zeros(16, np.int64), np.arange(17), np.zeros(16),
        np.array([LABELS.index(item.label) for item in dataset.items]), np.tile([0.7, 0.1, 0.1, 0.1], (16, 1)),
    )  # fmt: skip
    found = training.comparison(dataset, [item.group for item in dataset.items], said)
    caveats = training_data.caveats(found, training_data.scores(found), {"majority": 0.25}, said, said)
    assert caveats == [
        Caveat("one label", share=1.0, name="right"),
        Caveat("few tested", 2, name="groups"),
        Caveat("constant fold", 1, name="right"),
        Caveat("no better than majority"),
    ]
    assert str(caveats[2]) == "The network of fold 1 predicts 'right' for everything."


def answers_of(right: list[bool]) -> training_data.HeldOut:
    """Answers for sixteen clips of four groups, right or wrong as given."""
    dataset, _ = made_set(groups=4)
    truth = np.array([LABELS.index(item.label) for item in dataset.items])
    predicted = np.where(right, truth, (truth + 1) % len(LABELS))
    count = len(truth)
    return training_data.HeldOut(
        np.arange(count), np.zeros(count, np.int64), np.arange(count + 1), np.zeros(count), truth,
        np.eye(len(LABELS), dtype=np.float32)[predicted],
    )  # fmt: skip


def test_the_probe_is_better_as_good_or_worse_by_the_interval_of_the_paired_difference():
    dataset, _ = made_set(groups=4)
    count = len(dataset.items)
    every, none = answers_of([True] * count), answers_of([False] * count)
    some = answers_of([index % 7 > 0 for index in range(count)])
    groups = [item.group for item in dataset.items]

    def caveat(network, probe):
        return training_data.beside_probe(training.comparison(dataset, groups, network), probe)

    assert caveat(every, none) is None
    assert caveat(none, every).kind == "worse than probe" and "−100.0 points" in caveat(none, every).name
    assert caveat(some, some).kind == "no better than probe"
    nearly = answers_of([index > 0 for index in range(count)])
    slightly_better = caveat(every, nearly)
    assert slightly_better.kind == "no better than probe" and "+" in slightly_better.name


def test_the_majority_is_that_of_the_training_part():
    dataset, values = made_set(groups=2)
    labelled = training_data.labelled_features(
        dataset, ["g"] * 16, [Features(np.arange(STEPS) / 2, values[one.video], (0.0, 5.0)) for one in dataset.items]
    )
    rights = [place for place, item in enumerate(dataset.items) if item.label == "right"]
    said = baselines.majority(labelled, rights, [1, 2, 3], 0)
    assert (said.scores.argmax(axis=1) == 0).all()
    alone = baselines.linear_probe(labelled, rights, [1], 0)
    assert alone.scores[0].argmax() == 0, "with one class to learn from it says that class"


# Stop, kill and go on -------------------------------------------------------------------------------------------------


class _Stop:
    """A report that asks to stop after so many calls."""

    def __init__(self, after: int):
        self.left = after

    def __call__(self, done, total, message):
        self.left -= 1
        if self.left < 0:
            raise Cancelled(message)


@pytest.mark.training
def test_a_stopped_training_keeps_the_best_so_far_and_goes_on_even_after_a_full_disk_to_the_same_end(
    done, store, monkeypatch
):
    monkeypatch.setattr(checkpoints, "CHECKPOINT_EVERY_S", 0.0)
    dataset, values = made_set()
    stored(store, dataset, values)
    key = planned(store, dataset)
    with pytest.raises(Cancelled):
        training.train(store, key, _Stop(25))
    record = training.run_of(store, key)
    assert record.state == "stopped" and record.network_sha256 and len(record.folds) == 1
    card = training.save_model(store, key, "best-so-far")
    assert "stopped before it finished" in card.trained_on
    with _full_disk(monkeypatch, after=8), pytest.raises(AnalysisError, match="no room left"):
        training.train(store, key)
    assert training.run_of(store, key).state == "stopped" and not list(store.workspace.glob("results/*.partial"))
    training.train(store, key)
    _assert_same_end(store, key, *done)


@contextmanager
def _full_disk(monkeypatch: pytest.MonkeyPatch, *, after: int) -> Iterator[None]:
    """A disk on which there is room for so many arrays more."""
    saved, save = [], np.save

    def refuse(*told, **more):
        saved.append(told)
        if len(saved) > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        save(*told, **more)

    with monkeypatch.context() as patched:
        patched.setattr("core.workspace.store.results.np.save", refuse)
        yield


def deadly(store: Store, key: str, victim: str, epoch: int, report) -> None:
    """A training that kills its own worker, or the server above it, amid an epoch; begun anew it goes on."""
    checkpoints.CHECKPOINT_EVERY_S = 0.0
    mark, calls = store.workspace / f"{victim} was killed", []

    def told(done: int, total: int, message: str) -> None:
        report(done, total, message)
        calls.append(f"epoch {epoch} " in message)
        if sum(calls) == 2 and not mark.exists():
            mark.touch()
            os.kill(os.getpid() if victim == "worker" else os.getppid(), signal.SIGKILL)

    training.train(store, key, told)


def ended(runner: Runner, key: str):
    """The job once it has ended."""
    give_up = time.monotonic() + 240
    while (job := runner.job(key)) is None or job.active:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    return job


@pytest.mark.training
def test_a_training_whose_server_and_then_whose_worker_is_killed_goes_on_to_the_same_end(done, store):
    dataset, values = made_set()
    stored(store, dataset, values)
    key = planned(store, dataset)
    code = f"""
import time
from core.workspace.jobs.runner import Runner
from core.workspace.store import Store
from tests.workflows.test_training import deadly
if __name__ == "__main__":
    store = Store({str(store.workspace)!r})
    runner = Runner(store, memory_bytes=4 * 2**30)
    runner.submit({key!r}, "Train", deadly, store, {key!r}, "server", 5)
    time.sleep(200)
"""
    server = store.workspace.parent / "server.py"
    server.write_text(code)
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    gone = subprocess.run([sys.executable, str(server)], cwd=ROOT, env=here, capture_output=True, timeout=220)
    assert gone.returncode == -signal.SIGKILL, gone.stderr.decode()[-2000:]
    assert training.run_of(store, key).state == "planned" and store.keys("checkpoint")
    runner = Runner(store, memory_bytes=4 * 2**30)
    try:
        lost = runner.job(key)
        assert lost is not None and lost.state == "lost"
        runner.submit(key, "Train", deadly, store, key, "worker", 10)
        job = ended(runner, key)
        assert job.state == "failed" and "crashed" in job.error
        assert training.run_of(store, key).state == "planned" and training.progress(store, key) is not None
        assert store.keys("checkpoint") and not store.keys("fold")
        runner.submit(key, "Train", deadly, store, key, "worker", 10)
        job = ended(runner, key)
        assert job.state == "done", job.error
    finally:
        runner.close()
    _assert_same_end(store, key, *done)


def _assert_same_end(store: Store, key: str, other: Store, other_key: str) -> None:
    one, two = training.run_of(store, key), training.run_of(other, other_key)
    assert one.scores == pytest.approx(two.scores, abs=1e-3) and one.passes == two.passes
    said, expected = training.held_out(store, key), training.held_out(other, other_key)
    assert np.abs(said.scores - expected.scores).max() < 1e-3
    networks = [_network(*each) for each in ((store, key), (other, other_key))]
    values = walk("left", 7)
    assert np.abs(networks[0](values) - networks[1](values)).max() < 1e-3
    assert not store.keys("checkpoint") and not store.keys("fold") and not store.keys("progress")


def _network(store: Store, key: str) -> recurrent.ScoreFunction:
    """The network for use of a training; Keras asks for a name that ends in .keras, which a saved model's has."""
    path = store.workspace / "for-use.keras"
    path.write_bytes(training.network_path(store, key).read_bytes())
    return recurrent.load(path, training.run_of(store, key).network_sha256)


@pytest.mark.training
def test_the_end_does_not_depend_on_where_the_training_was_cut():
    """The curves of any cut, too: what is random in an epoch follows from the seed and its number alone."""
    rng = np.random.default_rng(0)
    examples = [Example(rng.normal(0, 1, (5, 3)).astype(np.float32), np.full(5, i % 2)) for i in range(12)]
    chosen = NetworkSettings(units=4, epochs=5, stretch=0.3, crop=0.5, noise=0.2)
    states = []
    whole = recurrent_training.fit(chosen, examples, labels=2, seed=3, keep=states.append)
    for state in states[1:4:2]:
        rest = recurrent_training.fit(chosen, examples, labels=2, seed=3, since=state)
        assert [one.loss for one in rest.history] == pytest.approx([one.loss for one in whole.history], abs=1e-4)


def test_the_first_weights_follow_from_the_seed_alone():
    """Not from Python's own generator, from which other threads of a worker draw too."""
    machine = recurrent_training._machine(NetworkSettings(units=5), 4, 3)
    first, other = machine.begun(3), machine.begun(4)
    random.seed(1)
    machine.put(other)
    assert np.array_equal(machine.begun(3).weights, first.weights)
    assert not np.array_equal(other.weights, first.weights)
    kernels = first.weights[: 4 * 15].reshape(4, 15)
    assert np.ptp(kernels) > 0.5 and len(np.unique(first.weights)) > 200, "no two layers are alike"


def test_folds_of_other_sizes_and_epochs_share_what_is_compiled():
    compiled = recurrent_training._compiled_part
    small, large = sized(OPTIONS, 8), sized(replace(OPTIONS, epochs=7, noise=0.2), 40)
    assert small.batch_size != large.batch_size and compiled(small) == compiled(large)
    for change in ({"units": 13}, {"cell": "lstm"}, {"dropout": 0.2}, {"learning_rate": 0.02}, {"smoothing": 0.1}):
        assert compiled(replace(OPTIONS, **change)) != compiled(OPTIONS)


def test_a_varied_clip_keeps_its_labels_in_place():
    values = np.repeat(np.arange(8, dtype=np.float32), 5)[:, None]  # (40, 1), its label is its value
    clip = Example(values, values[:, 0].astype(np.int64))
    chosen = NetworkSettings(stretch=0.5, crop=0.4)
    lengths = set()
    for seed in range(30):
        made = recurrent_training.varied(clip, chosen, np.random.default_rng(seed))
        lengths.add(len(made.values))
        assert np.abs(made.values[:, 0] - made.targets).max() <= 0.5 and np.all(np.diff(made.values[:, 0]) >= 0)
    assert min(lengths) < 20 and max(lengths) > 40
    assert recurrent_training.varied(clip, NetworkSettings(), np.random.default_rng(0)).values is values


# The list -------------------------------------------------------------------------------------------------------------


def test_the_same_plan_is_the_same_training_and_any_change_another(store):
    dataset, values = made_set()
    stored(store, dataset, values)
    first = planned(store, dataset)
    assert planned(store, dataset) == first
    others = {
        planned(store, dataset, seed=1),
        planned(store, dataset, options=replace(OPTIONS, units=13)),
        planned(store, dataset, folds=4),
        planned(store, dataset, final=False),
        planned(store, dataset, recipe=training.view("whole", CNN)),
    }
    assert len(others - {first}) == 5 and set(training.all_runs(store)) == {first, *others}


def test_a_training_can_be_renamed_and_deleted(store):
    dataset, values = made_set()
    stored(store, dataset, values)
    key = planned(store, dataset)
    training.rename(store, key, "  mine \n own ")
    assert training.run_of(store, key).name == "mine own"
    training.rename(store, key, "  ")
    assert training.run_of(store, key).name == "mine own"
    training.delete(store, key)
    assert not training.all_runs(store)
    with pytest.raises(ResultMissing):
        training.train(store, key)


def test_a_set_that_was_changed_is_not_trained_on(store):
    dataset, values = made_set()
    stored(store, dataset, values)
    key = planned(store, dataset)
    changed = replace(dataset, items=dataset.items[1:])
    store.save_dataset(changed, datasets.key(changed))
    with pytest.raises(ResultMissing, match="was changed"):
        training.train(store, key)
    with pytest.raises(ResultMissing, match="another version"):
        training.plan(
            store, changed, datasets.grouped_folds(dataset, Grouping("column"), count=2), backbone=CNN, engine=ENGINE,
            recipe=Recipe(), options=OPTIONS,
        )  # fmt: skip


# Models ---------------------------------------------------------------------------------------------------------------


@pytest.mark.training
def test_a_saved_model_is_a_model_at_once_and_says_what_it_is(done):
    store, key = done
    card = training.save_model(store, key, "order", "Order of walks")
    here = replace(read_settings({"KINETOSCOPE_WORKSPACE": str(store.workspace)}), models=(store.workspace / "models",))
    assert models.ModelLibrary.of(here).cards()["order"] == card and not models.ModelLibrary.of(here).broken()
    record = training.run_of(store, key)
    told = card.settings
    assert told["data"] == record.dataset_key and told["split"] == record.split and told["versions"]["keras"]
    assert card.scores["clip accuracy"] == pytest.approx(record.scores["accuracy"], abs=1e-4)
    assert card.seed == 0 and "2 networks with the same settings" in card.trained_on and card.title == "Order of walks"
    digest = store.dataset("Made").items[0].video
    predictions.predict(store, digest, Recipe(), "order", ENGINE)
    found = predictions.analysis(store, digest, Recipe(), card, ENGINE)
    assert found.ranking[0].label == "right"
    with pytest.raises(AnalysisError, match="is already in use"):
        training.save_model(store, key, "order")
    training.delete_model(store, "order")
    assert "order" not in models.ModelLibrary.of(here).cards()


@pytest.mark.training
@pytest.mark.parametrize("name", ["", "Größe", "../up", "a/b", "backbones", "UPPER", "a" * 60])
def test_names_that_a_folder_should_not_have_are_refused(done, name):
    store, key = done
    with pytest.raises(AnalysisError):
        training.save_model(store, key, name)


@pytest.mark.training
def test_a_zip_travels_to_another_workspace(done, tmp_path):
    store, key = done
    card = training.save_model(store, key, "walks")
    path = tmp_path / "walks.zip"
    path.write_bytes(training.zipped(store, "walks"))
    other = Store(tmp_path / "elsewhere")
    assert training.open_zip(other, path) == "walks" and training.open_zip(other, path) == "walks-2"
    folder = other.workspace / "models" / "walks"
    run = recurrent.load(folder / "network.keras", card.network_sha256)
    assert run(walk("left", 3)).shape == (STEPS, 4)
    assert not list((other.workspace / "models").glob("*.partial"))
    training.delete_model(store, "walks")


def _zip(parts: dict[str, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()


def _with_layer(net: bytes, layer: dict) -> bytes:
    """The Keras file with one more layer in its configuration."""
    with zipfile.ZipFile(BytesIO(net)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    config["config"]["layers"].append(layer)
    return _zip(parts | {"config.json": json.dumps(config).encode()})


@pytest.mark.training
def test_a_zip_that_is_not_what_it_says_is_refused_and_leaves_nothing(done, tmp_path):
    store, key = done
    training.save_model(store, key, "honest")
    packed = zipfile.ZipFile(BytesIO(training.zipped(store, "honest")))
    card, net = (packed.read(f"honest/{part}") for part in ("card.json", "network.keras"))
    training.delete_model(store, "honest")
    text = json.loads(card)

    def with_card(**changes) -> bytes:
        return _zip({"card.json": json.dumps(text | changes).encode(), "network.keras": net})

    bad = {
        "no zip": b"PK nothing",
        "empty": _zip({}),
        "no card": _zip({"network.keras": net}),
        "more": _zip({"card.json": card, "network.keras": net, "evil.py": b"import os"}),
        "leaves its folder": _zip({"../card.json": card, "../network.keras": net}),
        "two folders": _zip({"a/card.json": card, "b/network.keras": net}),
        "other network": _zip({"card.json": card, "network.keras": net[:-1] + b"x"}),
        "path as network": with_card(network="../network.keras"),
        "path as name": with_card(name="../../x"),
        "other version": with_card(backbone_version=99),
        "no such CNN": with_card(backbone="x"),
        "strange field": with_card(hook="x"),
    }  # fmt: skip
    for stranger in (
        {"class_name": "Lambda", "module": "keras.layers", "config": {"function": "evil"}},
        {"class_name": "Evil", "module": "evil", "registered_name": "evil>Evil", "config": {}},
        {"class_name": "Dense", "module": "os", "registered_name": "Dense", "config": {}},
    ):
        made = _with_layer(net, stranger)
        told = text | {"network_sha256": sha256(made).hexdigest()}
        bad[str(stranger)] = _zip({"card.json": json.dumps(told).encode(), "network.keras": made})
    pickled = _zip({"card.json": card, "network.keras": pickle.dumps({"weights": [1.0]})})
    bad["pickle"] = pickled
    other = Store(tmp_path / "elsewhere")
    for what, content in bad.items():
        (tmp_path / "in.zip").write_bytes(content)
        with pytest.raises(AnalysisError):
            training.open_zip(other, tmp_path / "in.zip")
            pytest.fail(what)
    assert not list((other.workspace / "models").glob("*"))


# Features of a set ----------------------------------------------------------------------------------------------------


def test_features_are_made_once_for_each_clip_and_told_in_frames(store, square_clip, sample_path, monkeypatch):
    digests = [clips.add_video(store, path) for path in (square_clip, sample_path)]
    dataset = Dataset(
        "Two", ("a",), tuple(Item(one, f"{one[:4]}.mp4", 2.0, label="a") for one in (*digests, digests[0]))
    )
    store.save_dataset(dataset, datasets.key(dataset))
    made, told = [], []

    def extract(info, recipe, name, engine, cache, report, **_options):
        made.append(info.digest)
        report(25, 50, "Looking")
        return Features(np.zeros(1), np.zeros((1, 3), np.float32), (0.0, 1.0))

    monkeypatch.setattr(predictions, "extract", extract)
    training.gather(store, "Two", Recipe(), CNN, ENGINE, lambda *said: told.append(said))
    frames = [store.video(one).frame_count for one in digests]
    assert sorted(made) == sorted(digests) and told[-1][:2] == (sum(frames), sum(frames))
    assert all(total == sum(frames) and done <= total for done, total, _ in told)
    assert {message for *_, message in told} >= {"Computing features", "Computing features, 2 of 2"}
    assert training.gathered(store, dataset, Recipe(), CNN, ENGINE)
    training.gather(store, "Two", Recipe(), CNN, ENGINE)
    assert len(made) == 2
    assert store.has(training.set_key(datasets.key(dataset), Recipe(), CNN, ENGINE))


def test_an_error_names_the_clip_as_the_set_does(store):
    dataset, values = made_set(groups=2)
    stored(store, dataset, values)
    item = dataset.items[5]
    store.delete(predictions.features_key(item.video, Recipe(), CNN, ENGINE))
    with pytest.raises(AnalysisError, match=item.path.replace(".", r"\.")):
        training.gather(store, "Made", Recipe(), CNN, ENGINE)
    with pytest.raises(ResultMissing):
        gathering.features_of_all(store, dataset, Recipe(), CNN, ENGINE)


# Tuning ---------------------------------------------------------------------------------------------------------------


@pytest.mark.training
def test_a_search_chooses_on_validation_groups_and_goes_on_after_a_stop(store, monkeypatch):
    dataset, values = made_set(groups=5, takes=1)
    stored(store, dataset, values)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=2)
    asked = tuning.Search(
        "Made", datasets.key(dataset), training.keep_split(store, split), (CNN,), ENGINE, "middle-plain",
        replace(OPTIONS, epochs=2), most=3, seconds=120,
    )  # fmt: skip
    seen = []
    fit = recurrent_training.fit

    def watched(options, examples, *, validation, **others):
        seen.append([*examples, *validation])
        return fit(options, examples, validation=validation, **others)

    monkeypatch.setattr(recurrent_training, "fit", watched)
    with pytest.raises(Cancelled):
        tuning.search(store, asked, _Stop(5))
    tuning.search(store, asked)
    assert not [file for file in psutil.Process().open_files() if "searches" in file.path], "its file is closed"
    found = tuning.trials(store, tuning.search_key(asked))
    ended = [one for one in found if one.state in ("done", "pruned")]
    assert len(ended) == 3 and len(found) >= 3
    tested = [{dataset.items[place].video for place in split.fold(number).test} for number in range(2)]
    by_values = {values[item.video].tobytes(): item.video for item in dataset.items}
    for examples in seen:
        digests = {by_values[one.values.tobytes()] for one in examples}
        assert any(not digests & fold for fold in tested), "no test group is looked at"
    winner = tuning.best(found)
    assert winner is not None and winner.accuracy is not None
    backbone, options = tuning.options_from(winner, OPTIONS)
    assert backbone == CNN and options.units == winner.settings["units"] and options.epochs == OPTIONS.epochs
    assert replace(asked, most=9).most == 9 and tuning.search_key(replace(asked, most=9)) == tuning.search_key(asked)


@pytest.mark.training
def test_a_search_ends_when_its_time_is_up(store):
    dataset, values = made_set(groups=5, takes=1)
    stored(store, dataset, values)
    split = datasets.grouped_folds(dataset, Grouping("column"), count=2)
    key = training.keep_split(store, split)
    asked = tuning.Search("Made", datasets.key(dataset), key, (CNN,), ENGINE, "middle-plain", OPTIONS, seconds=0.0)
    tuning.search(store, asked)
    assert tuning.trials(store, tuning.search_key(asked)) == ()


class _Extreme:
    """A trial of Optuna that proposes the first, or the last, of all that it may."""

    def __init__(self, end: int):
        self.end = end

    def suggest_categorical(self, _name: str, choices):
        return choices[self.end]

    def suggest_float(self, _name: str, low: float, high: float, **_options) -> float:
        return (low, high)[self.end]


@pytest.mark.parametrize("end", [0, -1])
def test_the_ends_of_what_is_searched_can_be_trained(end: int):
    asked = tuning.Search("Made", "ab", "cd", (CNN,), ENGINE, "middle-plain", OPTIONS)
    _, options = tuning._drawn(_Extreme(end), asked)
    assert (options.dropout, options.learning_rate) == ((0.1, 3e-4), (0.7, 1e-2))[end]
    assert options.cell == ("gru", "lstm")[end] and options.epochs == OPTIONS.epochs


@pytest.mark.parametrize(("clips", "expected"), [(1, 1), (3, 1), (8, 2), (40, 10), (48, 12), (1000, 12)])
def test_batches_are_small_enough_for_four_steps_a_pass_and_never_larger_than_chosen(clips: int, expected: int):
    assert sized(OPTIONS, clips).batch_size == expected


# The command line -----------------------------------------------------------------------------------------------------


@pytest.mark.training
def test_the_command_prints_what_it_promises(store):
    dataset, values = made_set()
    stored(store, dataset, values)
    for item in dataset.items:  # the command always squeezes the whole picture
        features = store.read(predictions.features_key(item.video, Recipe(), CNN, ENGINE), Features)
        key = predictions.features_key(item.video, training.view("whole", CNN), CNN, ENGINE)
        store.write(key, features, kind="features", video=item.video)
    looked = {"backbone": CNN, "view": "whole", "engine": ENGINE}
    asked = looked | {"split": "", "options": OPTIONS, "seed": 0, "report": lambda *_: None}
    told = training_module.run(store, "Made", groups="column", folds="2", save="by-command", **asked)
    again = training_module.run(
        store, "Made", groups="", folds="", save="", **(asked | {"split": told["split"]["key"]})
    )
    assert f"--split {told['split']['key']}" in told["command"]
    assert {name: again[name] for name in ("accuracy", "folds")} == {name: told[name] for name in ("accuracy", "folds")}
    assert list(told)[:9] == [
        "dataset", "backbone", "settings", "folds", "accuracy", "balanced_accuracy", "macro_f1", "baselines", "seconds",
    ]  # fmt: skip
    assert set(told["baselines"]) == {"majority", "linear_probe"} and set(told["seconds"]) == {"features", "train"}
    assert [set(fold) for fold in told["folds"]] == [{"groups", "accuracy"}] * 2
    assert told["accuracy"] >= 0.9 and told["model"] == "by-command"
    assert (store.workspace / "models" / "by-command" / "card.json").is_file()
    with pytest.raises(AnalysisError, match="is already in use"):
        training_module.run(store, "Made", groups="column", folds="2", save="by-command", **asked)
    with pytest.raises(SplitInvalid, match="no stored split"):
        training_module.run(store, "Made", groups="", folds="", save="", **(asked | {"split": "ab"}))
    with pytest.raises(ResultMissing, match="no file, folder or dataset"):
        training_module.run(store, "Nothing", groups="", folds="", save="", **asked)


def test_the_split_follows_what_was_asked():
    dataset, _ = made_set()
    assert len(datasets.split_for(dataset, "column", "leave-one-group-out").parts) == 4
    assert len(datasets.split_for(dataset, r"g\d", "3").parts) == 3
    assert len(datasets.split_for(dataset).parts) == 4
    given = replace(
        dataset, items=tuple(replace(one, split="test" if one.group == "g1" else "train") for one in dataset.items)
    )
    assert datasets.split_for(given, "", "").method == "given"
    with pytest.raises(AnalysisError, match="not a number of folds"):
        datasets.split_for(dataset, "", "many")


# Clips side by side ---------------------------------------------------------------------------------------------------


def mark(folder: str, name: str, report) -> None:
    """Leave a file that tells which process was here."""
    report(1, 2, "own words")
    time.sleep(0.3)
    Path(folder, name).write_text(str(os.getpid()))


def test_without_a_cluster_clips_are_taken_two_at_a_time_and_told_as_one_whole(tmp_path):
    told = []
    spread(mark, [(str(tmp_path), "a"), (str(tmp_path), "b")], [10, 30], "Marking", lambda *said: told.append(said))
    assert told[0] == (0, 40, "Marking") and told[-1] == (40, 40, "Marking, 2 of 2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]
