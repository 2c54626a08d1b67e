"""Budgets corrected for confusion, against matrices whose truth is known."""

import numpy as np
import pytest

from benchmarks import study as simulation
from core.stages import study

TRUE = np.array([0.5, 0.3, 0.15, 0.05])
SHARES = np.array([[0.8, 0.1, 0.05, 0.05], [0.2, 0.7, 0.0, 0.1], [0.1, 0.0, 0.9, 0.0], [0.0, 0.2, 0.2, 0.6]])


def test_a_model_that_confuses_nothing_keeps_its_shares():
    predicted = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1]])
    made = study.corrected_shares(predicted, np.stack([np.diag([5.0, 3.0, 2.0])] * 8))
    np.testing.assert_allclose(made.estimate, [0.4, 0.5, 0.1], atol=1e-6)
    np.testing.assert_allclose(made.raw, [0.4, 0.5, 0.1])


def test_known_confusion_with_plenty_of_data_gives_the_truth():
    predicted = np.tile(TRUE @ SHARES, (12, 1))
    made = study.corrected_shares(predicted, np.tile(60 * SHARES, (40, 1, 1)))
    assert np.abs(made.raw - TRUE).max() > 0.02
    assert np.abs(made.estimate - TRUE).max() < 0.02
    assert made.weight > 0.99


def test_the_likeliest_truth_solves_the_equation_of_misclassification():
    np.testing.assert_allclose(study.true_shares(TRUE @ SHARES, SHARES, 5000) @ SHARES, TRUE @ SHARES, atol=1e-6)


def test_a_label_that_never_comes_in_truth_counts_as_never_confused():
    np.testing.assert_array_equal(study.confusion(np.array([[3.0, 1.0], [0.0, 0.0]])), [[0.75, 0.25], [0, 1]])


@pytest.mark.parametrize("seed", range(5))
def test_shares_stay_shares_and_lie_within_their_interval(seed):
    rng = np.random.default_rng(seed)
    predicted, held_out = rng.dirichlet(np.full(5, 0.3), 6), rng.exponential(1, (9, 5, 5)) * (rng.random(5) < 0.7)
    made = study.corrected_shares(predicted, held_out)
    assert made.estimate.sum() == pytest.approx(1)
    assert (made.estimate >= 0).all() and (made.low >= 0).all() and (made.high <= 1).all()
    assert (made.low <= made.high).all()


def test_the_same_input_gives_the_same_numbers():
    rng = np.random.default_rng(0)
    predicted, held_out = rng.dirichlet(np.ones(4), 6), rng.exponential(1, (9, 4, 4))
    first, second = (study.corrected_shares(predicted, held_out) for _ in range(2))
    np.testing.assert_array_equal(first.low, second.low)
    np.testing.assert_array_equal(first.estimate, second.estimate)


def test_clips_that_disagree_shrink_the_correction():
    rng = np.random.default_rng(0)
    steady, unsteady = np.tile(SHARES, (10, 1, 1)), rng.dirichlet(np.full(4, 0.1), (10, 4))
    predicted = np.tile(TRUE @ SHARES, (8, 1))
    assert study.corrected_shares(predicted, unsteady).weight < study.corrected_shares(predicted, steady).weight


def test_few_held_out_clips_correct_nothing_and_say_so():
    made = study.corrected_shares(np.array([[0.5, 0.5]]), np.ones((4, 2, 2)))
    assert made.estimate is None and made.low is None and made.high is None
    assert "at least 5 held-out clips, and there are 4" in made.notes[0]


def test_a_single_subject_is_noted():
    assert "single subject" in study.corrected_shares(np.array([[0.5, 0.5]]), np.ones((6, 2, 2))).notes[0]


@pytest.mark.parametrize(
    ("predicted", "held_out", "words"),
    [
        (np.ones(3) / 3, np.ones((6, 3, 3)), "a row of shares for each subject"),
        (np.zeros((0, 3)), np.ones((6, 3, 3)), "a row of shares for each subject"),
        (np.ones((2, 3)) / 3, np.ones((6, 2, 2)), "3 true by 3 predicted"),
        (np.ones((2, 3)), np.ones((6, 3, 3)), "sum to 1"),
        (np.ones((2, 3)) / 3, -np.ones((6, 3, 3)), "not negative"),
        (np.full((2, 3), np.nan), np.ones((6, 3, 3)), "sum to 1"),
    ],
)
def test_wrong_arrays_are_refused_in_words(predicted, held_out, words):
    with pytest.raises(ValueError, match=words):
        study.corrected_shares(predicted, held_out)


def test_simulated_studies_come_nearer_to_the_truth():
    outcomes = [simulation.simulated_study(np.random.default_rng([7, number])) for number in range(25)]
    assert np.mean([outcome.nearer for outcome in outcomes]) >= 0.75


def test_seconds_are_counted_by_true_and_predicted_label():
    true, predicted = np.array([[0, 0.0, 4.0], [2, 4.0, 6.0]]), np.array([[0, 0.0, 1.0], [1, 2.0, 5.0], [0, 5.5, 9.0]])
    seconds = study.confused_seconds(true, predicted, 3)
    np.testing.assert_allclose(seconds, [[1, 2, 1], [0, 0, 0], [0.5, 1, 0.5]])
    np.testing.assert_allclose(study.confused_seconds(true, np.zeros((0, 3)), 3), [[0, 0, 4], [0, 0, 0], [0, 0, 2]])
