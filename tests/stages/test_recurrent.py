"""The recurrent network: built, trained, saved, and read back only if it is what its card names."""

import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import Cancelled, FormatInvalid, NotEnoughExamples, WeightsMissing
from core.stages.networks import recurrent, recurrent_training
from core.stages.networks.recurrent import NetworkSettings
from core.stages.networks.recurrent_training import UNKNOWN, Example

SMALL = NetworkSettings(units=8, epochs=12, patience=12, dropout=0.1, learning_rate=0.02)
CHANNELS, LABELS = 12, 3


def examples(count: int, *, seed: int = 0, offset: float = 50.0) -> list[Example]:
    """Clips of uneven length, each of one label, told by a channel that is a little higher; far from zero mean."""
    rng = np.random.default_rng(seed)
    made = []
    for i in range(count):
        values = rng.normal(offset, 1, (rng.integers(1, 9), CHANNELS)).astype(np.float32)
        values[:, i % LABELS] += 4
        made.append(Example(values, np.full(len(values), i % LABELS)))
    return made


@pytest.fixture(scope="module")
def fitted() -> recurrent_training.Fitted:
    return recurrent_training.fit(SMALL, examples(48), labels=LABELS, validation=examples(24, seed=1))


@pytest.fixture(scope="module")
def untrained():
    return recurrent.build(SMALL, channels=CHANNELS, labels=LABELS)


@pytest.fixture
def saved(untrained, tmp_path) -> tuple[Path, str]:
    path = tmp_path / "network.keras"
    return path, recurrent.save(untrained, path)


@pytest.mark.training
def test_it_learns_what_is_there_to_learn(fitted):
    unseen = examples(60, seed=2)
    run = recurrent.runner(fitted.model)
    hits = [run(one.values).mean(axis=0).argmax() == one.targets[0] for one in unseen]
    assert np.mean(hits) > 0.9
    assert fitted.history[fitted.best].validation_accuracy > 0.9


def test_each_row_of_scores_sums_to_one_at_any_length(untrained):
    for steps in (1, 2, 300):
        scores = recurrent.predict(untrained, np.full((steps, CHANNELS), 50, np.float32))
        assert scores.shape == (steps, LABELS) and scores.dtype == np.float32
        assert np.allclose(scores.sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
@pytest.mark.parametrize("bidirectional", [True, False])
def test_padding_never_changes_a_score(cell, bidirectional):
    chosen = NetworkSettings(cell=cell, units=4, layers=2, bidirectional=bidirectional)
    model = recurrent.build(chosen, channels=CHANNELS, labels=LABELS)
    (values, known, _, _) = next(recurrent_training._batches(examples(4), 4, range(4), np.ones(LABELS, np.float32)))
    together = np.asarray(model([values, known], training=False))
    for i in range(4):
        steps = known[i].sum()
        assert np.allclose(together[i, :steps], recurrent.predict(model, values[i, :steps]), atol=1e-5)


def test_one_direction_does_not_look_ahead():
    model = recurrent.build(NetworkSettings(units=4, bidirectional=False), channels=CHANNELS, labels=LABELS)
    values = examples(1, offset=0)[0].values.repeat(2, axis=0)
    changed = values.copy()
    changed[-1] += 9
    before, after = recurrent.predict(model, values), recurrent.predict(model, changed)
    assert np.allclose(before[:-1], after[:-1], atol=1e-6) and not np.allclose(before[-1], after[-1], atol=1e-3)


@pytest.mark.training
def test_the_same_seed_gives_the_same_network():
    chosen = NetworkSettings(units=4, epochs=2)
    one, other = (recurrent_training.fit(chosen, examples(9), labels=LABELS, seed=3) for _ in range(2))
    values = examples(1, seed=5)[0].values
    assert np.allclose(recurrent.predict(one.model, values), recurrent.predict(other.model, values), atol=1e-6)


def test_steps_that_nobody_labelled_teach_nothing():
    marked = [Example(one.values, np.full(len(one.values), UNKNOWN)) for one in examples(30, seed=9)]
    half = examples(30)
    assert recurrent_training.class_weights(half + marked, LABELS) == pytest.approx(
        recurrent_training.class_weights(half, LABELS)
    )
    with pytest.raises(NotEnoughExamples):
        recurrent_training.fit(SMALL, marked, labels=LABELS)


def test_nothing_to_learn_from_is_said_so():
    with pytest.raises(NotEnoughExamples):
        recurrent_training.fit(SMALL, [], labels=LABELS)


def test_class_weights_let_rare_labels_count_as_much():
    targets = np.array([0] * 6 + [1] * 2 + [UNKNOWN] * 5)
    weights = recurrent_training.class_weights([Example(np.zeros((13, 2), np.float32), targets)], 3)
    assert weights.tolist() == pytest.approx([8 / 12, 8 / 4, 0])


@pytest.mark.training
def test_training_stops_early_and_keeps_the_best_weights():
    wrong = [Example(one.values, (one.targets + 1) % LABELS) for one in examples(12, seed=4)]
    chosen = NetworkSettings(units=8, epochs=30, patience=2, learning_rate=0.02, dropout=0.0)
    fitted = recurrent_training.fit(chosen, examples(24), labels=LABELS, validation=wrong)
    losses = [epoch.validation_loss for epoch in fitted.history]
    assert len(losses) == fitted.best + 3 < 30 and losses[fitted.best] == min(losses)


@pytest.mark.training
def test_training_can_be_cancelled_at_each_batch():
    def report(done, total, message):
        assert total == SMALL.epochs * 3
        if done == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        recurrent_training.fit(SMALL, examples(48), labels=LABELS, report=report)


@pytest.mark.training
def test_progress_ends_with_all_done():
    told = []
    recurrent_training.fit(
        NetworkSettings(units=4, epochs=2), examples(20), labels=LABELS, report=lambda *call: told.append(call)
    )
    assert [done for done, _, _ in told] == [0, 1, 2, 3, 4] and {total for _, total, _ in told} == {4}


def test_layer_names_are_plain(untrained):
    assert all(set(layer.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_") for layer in untrained.layers)


@pytest.mark.training
def test_a_saved_network_gives_the_same_scores(fitted, tmp_path):
    path, values = tmp_path / "network.keras", examples(1, seed=7)[0].values
    kept = recurrent.load(path, recurrent.save(fitted.model, path))
    assert np.array_equal(kept(values), recurrent.predict(fitted.model, values))
    assert [path.name for path in tmp_path.iterdir()] == ["network.keras"]


def test_a_missing_network_says_what_to_do(tmp_path):
    with pytest.raises(WeightsMissing) as caught:
        recurrent.load(tmp_path / "network.keras", "0" * 64)
    assert caught.value.hint


def test_a_changed_network_is_refused(saved):
    path, digest = saved
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(FormatInvalid, match=f"expected SHA-256 {digest}"):
        recurrent.load(path, digest)


def test_a_file_that_is_no_network_is_refused(tmp_path):
    path = tmp_path / "network.keras"
    path.write_bytes(b"no zip")
    with pytest.raises(FormatInvalid, match="not a Keras file"):
        recurrent.load(path, hashlib.sha256(b"no zip").hexdigest())


def rewritten(path: Path, change, *, whole: bool = False) -> str:
    """Rewrite the configuration inside a network's file; gives the new digest. whole: `change` gives it as text."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    changed = change(json.loads(members["config.json"]))
    members["config.json"] = (changed if whole else json.dumps(changed)).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def with_lambda(config):
    config["config"]["layers"][-1]["class_name"] = "Lambda"
    return config


def with_foreign_layer(config):
    config["config"]["layers"][-1].update(module="os", class_name="Dense")
    return config


def with_registered_layer(config):
    config["config"]["layers"][-1]["registered_name"] = "stranger>Dense"
    return config


def with_function(config):
    config["config"]["layers"][-1]["config"]["activation"] = {
        "module": "builtins",
        "class_name": "function",
        "config": "os.system",
        "registered_name": "function",
    }
    return config


@pytest.mark.parametrize("change", [with_lambda, with_foreign_layer, with_registered_layer, with_function])
def test_a_network_with_anything_but_our_layers_is_refused(saved, change):
    path, _ = saved
    with pytest.raises(FormatInvalid, match="expected layers of"):
        recurrent.load(path, rewritten(path, change))


def test_a_network_without_its_layers_is_refused(saved):
    path, _ = saved
    with pytest.raises(FormatInvalid):
        recurrent.load(path, rewritten(path, lambda config: {"class_name": "Functional"}))


def deep(_config):
    """A configuration of 100,000 levels as text, which the encoder of JSON could not write."""
    return "[" * 100_000 + "]" * 100_000


def layer_with(number: int, **changes):
    def change(config):
        config["config"]["layers"][number]["config"].update(changes)
        return json.dumps(config)

    return change


def both_ways_with(**changes):
    def change(config):
        config["config"]["layers"][4]["config"]["layer"]["config"].update(changes)
        return json.dumps(config)

    return change


def many_layers(config):
    config["config"]["layers"] += [config["config"]["layers"][2]] * 1000
    return json.dumps(config)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (deep, "at most 40 levels"),
        (layer_with(-1, units=2**33), "as units of a layer"),
        (layer_with(-1, units=2.5), "as units of a layer"),
        (layer_with(-1, lora_rank=2**33), "adapted"),
        (layer_with(0, batch_shape=[None, None, 2**33]), "as batch_shape"),
        (layer_with(0, batch_shape=[2**33, None, 12]), r"inputs of \[null, null, D\]"),
        (both_ways_with(units=2**33), "as units of a layer"),
        (both_ways_with(units=2**16), "weights"),
        (both_ways_with(stateful=True), "stateful"),
        (many_layers, "at most 100 layers"),
        (lambda _: "{", "expected JSON"),
        (lambda _: "{'class_name'", "expected JSON"),
    ],
)
def test_a_network_of_absurd_depth_or_size_is_refused_before_it_is_made(saved, change, match):
    path, _ = saved
    digest = rewritten(path, change, whole=True)
    with pytest.raises(FormatInvalid, match=match) as refusal:
        recurrent.load(path, digest)
    assert refusal.value.hint


def test_a_large_network_of_ours_is_let_in(tmp_path):
    large = recurrent.build(NetworkSettings(units=256, layers=2, cell="lstm"), channels=2048, labels=400)
    path = tmp_path / "network.keras"
    recurrent.load(path, recurrent.save(large, path))


def test_features_of_another_width_are_a_bug(untrained):
    with pytest.raises(ValueError, match="takes"):
        recurrent.predict(untrained, np.zeros((3, CHANNELS + 1), np.float32))


@pytest.mark.parametrize("bad", [{"cell": "rnn"}, {"units": 0}, {"dropout": 1.0}, {"learning_rate": 0.0}])
def test_settings_out_of_range_are_refused(bad):
    with pytest.raises(ValueError):
        NetworkSettings(**bad)
