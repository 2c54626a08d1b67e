"""In which order stretches are worth a look."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.workflows.annotation.active_learning import FRONT, order

NONE = np.zeros((0, 3))


def profiles(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, np.float64).reshape(-1, 3)


@st.composite
def stretches(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count, known, labels = draw(st.integers(0, 90)), draw(st.integers(0, 9)), draw(st.sampled_from((1, 2, 5, 80)))
    kinds = rng.dirichlet(np.full(labels, 0.3), 4) if draw(st.booleans()) else rng.dirichlet(np.ones(labels), 99)
    rows = kinds[rng.integers(0, len(kinds), count + known)]
    doubts = np.zeros(count) if draw(st.booleans()) else rng.random(count)
    return doubts, rows[:count], rows[count:]


@given(stretches())
def test_each_stretch_is_in_the_order_once(found: tuple[np.ndarray, np.ndarray, np.ndarray]):
    assert sorted(order(*found)) == list(range(len(found[0])))


def test_of_stretches_that_are_alike_the_least_sure_comes_first():
    assert order(np.array([0.2, 0.9, 0.5]), profiles(*[(0.4, 0.3, 0.3)] * 3), NONE) == [1, 2, 0]


def test_two_of_the_same_are_not_both_at_the_front():
    rows = profiles((0.5, 0.5, 0), (0.5, 0.5, 0), (0, 0.5, 0.5), (0.98, 0.01, 0.01))
    found = order(np.array([1, 1, 0.6, 0.03]), rows, NONE)
    assert found[:2] == [0, 2] and found.index(1) > 1


def test_what_is_like_that_which_was_looked_at_comes_later():
    rows = profiles((0.5, 0.5, 0), (0, 0.5, 0.5), (0.9, 0.05, 0.05))
    doubts = np.array([1, 0.9, 0.1])
    assert order(doubts, rows, NONE)[0] == 0
    assert order(doubts, rows, profiles((0.5, 0.5, 0)))[0] == 1


def test_of_equal_doubt_comes_first_what_much_is_like():
    rows = profiles((0, 0, 1), (0.6, 0.4, 0), (0.6, 0.4, 0), (0.6, 0.4, 0), (0.6, 0.4, 0))
    assert order(np.ones(5), rows, NONE)[0] == 1


@pytest.mark.parametrize("count", (FRONT + 30, 700))
def test_long_clips_are_ordered_to_their_end(count: int):
    rows = np.random.default_rng(0).dirichlet(np.ones(90), count)
    doubts = np.linspace(1, 0, count)
    found = order(doubts, rows, rows[:0])
    assert sorted(found) == list(range(count)) and doubts[found[:FRONT]].mean() > doubts[found[FRONT:]].mean()
