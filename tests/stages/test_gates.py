"""Inside a recurrent layer: hidden states as Keras has them, gates within their bounds, scores that build up."""

import itertools

import numpy as np
import pytest

from core.stages.networks import recurrent
from core.stages.networks.explain import gates
from core.stages.networks.recurrent import NetworkSettings

STEPS, CHANNELS = 9, 5


def built(cell: str, *, both: bool, layers: int):
    """A network with random weights and statistics, and features."""
    settings = NetworkSettings(cell=cell, bidirectional=both, layers=layers, units=4)
    model = recurrent.build(settings, channels=CHANNELS, labels=3)
    rng = np.random.default_rng(1)
    model.set_weights(
        [np.abs(rng.normal(0.5, 0.3, np.shape(weight))).astype(np.float32) if "var" in variable.path else
         rng.normal(0, 0.6, np.shape(weight)).astype(np.float32) if np.ndim(weight) else weight
         for weight, variable in zip(model.get_weights(), model.weights, strict=True)]
    )  # fmt: skip
    model.get_layer("standardise").finalize_state()
    return model, rng.normal(0, 2, (STEPS, CHANNELS)).astype(np.float32)


@pytest.mark.training
@pytest.mark.parametrize(("cell", "both", "layers"), list(itertools.product(("gru", "lstm"), (True, False), (1, 2))))
def test_hidden_states_are_those_that_keras_computes(cell, both, layers):
    from keras import Model

    model, features = built(cell, both=both, layers=layers)
    traces = gates.traces(model, features)
    assert [(trace.layer, trace.backward) for trace in traces] == [
        (layer, backward) for layer in range(layers) for backward in ((False, True) if both else (False,))
    ]
    name = f"both_ways_{layers - 1}" if both else f"{cell}_{layers - 1}"
    inner = Model(model.inputs, model.get_layer(name).output)
    expected = np.asarray(inner([features[None], np.ones((1, STEPS), bool)]))[0]  # (T, U or 2 U)
    last = np.concatenate([trace.of(gates.HIDDEN) for trace in traces if trace.layer == layers - 1], axis=1)
    np.testing.assert_allclose(last, expected, atol=1e-5)
    for trace in traces:
        assert trace.values.shape == (len(trace.names), STEPS, 4)
        for gate in set(trace.names) - {gates.HIDDEN, gates.CELL, "candidate"}:
            assert trace.of(gate).min() >= 0 and trace.of(gate).max() <= 1


def test_scores_build_up_to_those_of_the_whole_clip():
    features = np.arange(200.0).reshape(100, 2)
    calls = []

    def run(values: np.ndarray) -> np.ndarray:
        calls.append(len(values))
        return values / values.sum(axis=1, keepdims=True)

    steps, scores = gates.built_up(run, features, most=7)
    assert steps[0] == 0 and steps[-1] == 99 and len(steps) == 7
    assert calls == [step + 1 for step in steps]
    np.testing.assert_allclose(scores[-1], run(features).mean(axis=0), rtol=1e-6)
