"""What goes on inside a recurrent layer: its gates and its hidden state at each step, from its weights.

The equations are those of Keras: GRU with the reset gate after the matrix product (Cho et al., 2014, in the variant of
CuDNN), LSTM (Hochreiter and Schmidhuber, 1997, with forget gate). A test holds the hidden states against Keras's own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

GATES = {"gru": ("update", "reset", "candidate"), "lstm": ("input", "forget", "candidate", "output")}
HIDDEN = "hidden state"
CELL = "cell state"


@dataclass(frozen=True, eq=False)
class LayerTrace:
    """One direction of one recurrent layer over a clip. cell: "gru" or "lstm"; layer: from 0.

    names: of what is traced, HIDDEN first; values: (K, T, U) float32, in their order, at the times of the clip also
    where the layer runs backwards.
    """

    STORED_NAME: ClassVar[str] = "LayerTrace"

    layer: int
    cell: str
    backward: bool
    names: tuple[str, ...]
    values: np.ndarray

    def of(self, name: str) -> np.ndarray:
        """(T, U) what is traced under a name."""
        return self.values[self.names.index(name)]


def traces(model: Any, features: np.ndarray) -> tuple[LayerTrace, ...]:
    """The recurrent layers of a network that `core.stages.networks.recurrent` built, layer after layer, over the
    features (T, D) of a clip; forward before backward."""
    values = _standardised(model, features)
    made: list[LayerTrace] = []
    for number, layer in enumerate(_recurrent(model)):
        directions = [(layer.forward_layer, False), (layer.backward_layer, True)] if _both(layer) else [(layer, False)]
        traced = [_direction(number, part, values, backward=backward) for part, backward in directions]
        made += traced
        values = np.concatenate([trace.of(HIDDEN) for trace in traced], axis=1)  # (T, U or 2 U)
    return tuple(made)


def _recurrent(model: Any) -> Iterator[Any]:
    return (layer for layer in model.layers if _both(layer) or type(layer).__name__ in ("GRU", "LSTM"))


def _both(layer: Any) -> bool:
    return type(layer).__name__ == "Bidirectional"


def _standardised(model: Any, features: np.ndarray) -> np.ndarray:
    """(T, D) as the first layer gives them on."""
    layer = next((layer for layer in model.layers if layer.name == "standardise"), None)
    values = features.astype(np.float32)
    return values if layer is None else np.asarray(layer(values[None]))[0]


def _direction(number: int, layer: Any, values: np.ndarray, *, backward: bool) -> LayerTrace:
    cell = type(layer).__name__.lower()
    parts = (layer.cell.kernel, layer.cell.recurrent_kernel, layer.cell.bias)
    kernel, recurrent, bias = (np.asarray(part) for part in parts)
    order = slice(None, None, -1) if backward else slice(None)
    run = _gru if cell == "gru" else _lstm
    rows = run(values[order].astype(np.float64), kernel, recurrent, bias)  # (T, K, U)
    names = (HIDDEN, *((CELL,) if cell == "lstm" else ()), *GATES[cell])
    return LayerTrace(number, cell, backward, names, rows[order].transpose(1, 0, 2).astype(np.float32))


def _gru(values: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(T, 4, U): hidden state, update, reset and candidate at each step."""
    units = recurrent.shape[0]
    inputs = values @ kernel + bias[0]  # (T, 3 U)
    state, rows = np.zeros(units), []
    for step in inputs:
        update_in, reset_in, candidate_in = np.split(step, 3)
        update_state, reset_state, candidate_state = np.split(state @ recurrent + bias[1], 3)
        update, reset = _sigmoid(update_in + update_state), _sigmoid(reset_in + reset_state)
        candidate = np.tanh(candidate_in + reset * candidate_state)
        state = update * state + (1 - update) * candidate
        rows.append((state, update, reset, candidate))
    return np.array(rows)


def _lstm(values: np.ndarray, kernel: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(T, 6, U): hidden state, cell state, input, forget, candidate and output at each step."""
    units = recurrent.shape[0]
    inputs = values @ kernel + bias  # (T, 4 U)
    state, memory, rows = np.zeros(units), np.zeros(units), []
    for step in inputs:
        enter, forget, candidate, output = np.split(step + state @ recurrent, 4)
        enter, forget, output = _sigmoid(enter), _sigmoid(forget), _sigmoid(output)
        candidate = np.tanh(candidate)
        memory = forget * memory + enter * candidate
        state = output * np.tanh(memory)
        rows.append((state, memory, enter, forget, candidate, output))
    return np.array(rows)


def _sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def built_up(
    run: Callable[[np.ndarray], np.ndarray], features: np.ndarray, *, most: int = 60
) -> tuple[np.ndarray, np.ndarray]:
    """The scores of the clip as far as it had gone: steps (K,) int64 and scores (K, C), K at most `most`.

    Each row is what the network says of the clip cut after that step: the mean over the steps so far.
    """
    steps = np.unique(np.linspace(0, len(features) - 1, min(most, len(features))).round().astype(np.int64))
    return steps, np.array([run(features[: step + 1]).mean(axis=0) for step in steps.tolist()], np.float32)
