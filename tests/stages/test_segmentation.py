"""From scores at each step to segments in seconds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import Prediction
from core.stages.tracks import segmentation

LABELS = ("walk", "run", "jump")


def prediction(scores, times_s=None, seen_s=None) -> Prediction:
    scores = np.asarray(scores, np.float32)
    times_s = np.arange(len(scores)) + 0.5 if times_s is None else np.asarray(times_s, np.float64)
    return Prediction(times_s, scores, LABELS, "test", seen_s or (0.0, float(len(scores))))


def track(found: Prediction, *, threshold: float = 0.0, shortest_s: float = 0.0):
    return segmentation.track(found, video="v", threshold=threshold, shortest_s=shortest_s, author="test")


def told(found: Prediction, **settings) -> list[tuple[float, float, str]]:
    return [(one.start_s, one.stop_s, one.label) for one in track(found, **settings).segments]


WALK, RUN, JUMP = (0.8, 0.1, 0.1), (0.1, 0.8, 0.1), (0.1, 0.1, 0.8)
UNSURE = (0.4, 0.3, 0.3)


@st.composite
def predictions(draw):
    """Any prediction: uneven steps, any scores."""
    steps = draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores = rng.dirichlet(np.full(3, draw(st.sampled_from([0.1, 1.0, 5.0]))), steps).astype(np.float32)
    gaps = rng.uniform(0.01, 2, steps + 1)
    times_s = np.cumsum(gaps)[:steps]
    return prediction(scores, times_s, (float(times_s[0] - gaps[0] / 2), float(times_s[-1] + gaps[-1] / 2)))


def test_edges_lie_midway_and_end_at_what_was_seen():
    assert segmentation.edges(np.array([1.0, 2.0, 4.0]), (0.5, 5.0)).tolist() == [0.5, 1.5, 3.0, 5.0]


def test_edges_of_one_step_are_what_was_seen():
    assert segmentation.edges(np.array([0.16]), (0.0, 0.04)).tolist() == [0.0, 0.04]


def test_smoothing_averages_over_seconds_not_steps():
    scores = np.array([[0.0], [1.0], [2.0], [30.0]], np.float32)
    times_s = np.array([0.0, 1.0, 2.0, 10.0])
    assert segmentation.smooth(scores, times_s, width_s=2.0)[:, 0].tolist() == [0.5, 1.0, 1.5, 30.0]


def test_smoothing_over_nothing_changes_nothing():
    scores = np.random.default_rng(0).random((9, 4)).astype(np.float32)
    assert np.allclose(segmentation.smooth(scores, np.arange(9.0), width_s=0), scores, atol=1e-6)


@given(predictions(), st.floats(0, 10))
def test_smoothing_keeps_rows_summing_to_one(found, width_s):
    smoothed = segmentation.smooth(found.scores, found.times_s, width_s=width_s)
    expected = [found.scores[np.abs(found.times_s - t) <= width_s / 2 + 1e-9].mean(axis=0) for t in found.times_s]
    assert np.allclose(smoothed, expected, atol=1e-5)
    assert np.allclose(smoothed.sum(axis=1), 1, atol=1e-5)


def test_equal_neighbours_become_one_segment():
    assert told(prediction([WALK, WALK, RUN])) == [(0, 2, "walk"), (2, 3, "run")]


def test_a_step_below_the_threshold_gives_no_segment():
    assert told(prediction([WALK, UNSURE, RUN]), threshold=0.5) == [(0, 1, "walk"), (2, 3, "run")]


def test_a_score_at_the_threshold_is_certain_enough():
    assert told(prediction([[0.5, 0.25, 0.25]]), threshold=0.5) == [(0, 1, "walk")]


def test_the_first_label_of_a_track_is_nothing_certain():
    assert track(prediction([WALK])).labels == ("nothing certain", *LABELS)


def test_a_short_segment_goes_to_the_neighbour_that_scores_better_there():
    odd = (0.2, 0.3, 0.5)
    assert told(prediction([WALK, WALK, odd, RUN, RUN]), shortest_s=1.5) == [(0, 2, "walk"), (2, 5, "run")]


def test_a_short_segment_between_two_of_one_label_joins_them():
    assert told(prediction([WALK, WALK, JUMP, WALK]), shortest_s=1.5) == [(0, 4, "walk")]


def test_a_short_gap_of_uncertainty_is_filled():
    assert told(prediction([WALK, WALK, UNSURE, WALK, WALK]), threshold=0.5, shortest_s=1.5) == [(0, 5, "walk")]


def test_a_lone_short_segment_stays():
    assert told(prediction([WALK]), shortest_s=60) == [(0, 1, "walk")]


def test_confidence_is_the_mean_score_of_the_label_in_its_segment():
    (found,) = track(prediction([WALK, WALK, JUMP]), shortest_s=1.5).segments
    assert found.confidence == pytest.approx((0.8 + 0.8 + 0.1) / 3)


def test_ranking_is_by_mean_score_best_first():
    ranked = segmentation.ranking(prediction([WALK, RUN, RUN]))
    assert [one.label for one in ranked] == ["run", "walk", "jump"]
    assert ranked[0].score == pytest.approx(1.7 / 3)


def test_equals_keep_the_order_of_the_labels():
    assert [one.label for one in segmentation.ranking(prediction([[1 / 3] * 3]))] == list(LABELS)


@given(predictions(), st.floats(0, 1), st.floats(0, 5))
def test_segments_are_sorted_within_what_was_seen_and_long_enough(found, threshold, shortest_s):
    made = track(found, threshold=threshold, shortest_s=shortest_s)
    start_s, stop_s = found.seen_s
    for one in made.segments:
        assert start_s <= one.start_s < one.stop_s <= stop_s
        assert one.confidence is not None
        assert one.stop_s - one.start_s >= shortest_s - 1e-6 or len(made.segments) == 1
    for earlier, later in zip(made.segments, made.segments[1:], strict=False):
        assert earlier.stop_s < later.start_s or earlier.label != later.label


@given(predictions())
def test_without_limits_each_step_carries_its_best_label(found):
    made = track(found)
    best = [LABELS[i] for i in found.scores.argmax(axis=1)]
    for time_s, label in zip(found.times_s, best, strict=True):
        (one,) = [one for one in made.segments if one.start_s <= time_s < one.stop_s]
        assert one.label == label


@settings(deadline=None, max_examples=5)
@given(st.integers(0, 99))
def test_a_very_long_flicker_is_merged_quickly(seed):
    rng = np.random.default_rng(seed)
    scores = rng.dirichlet(np.ones(3), 3000).astype(np.float32)
    made = track(prediction(scores), threshold=0.4, shortest_s=10)
    assert all(one.stop_s - one.start_s >= 10 for one in made.segments)


def test_steps_that_do_not_count_are_neither_smoothed_nor_labelled():
    times_s, where = np.arange(6.0), np.array([True, True, False, False, True, True])
    scores = np.array([[1, 0], [0.5, 0.5], [0, 1], [0, 1], [0.8, 0.2], [0.6, 0.4]], np.float32)
    smoothed = segmentation.smooth(scores, times_s, width_s=2.0, where=where)
    np.testing.assert_allclose(smoothed[:, 0], [0.75, 0.75, 0, 0, 0.7, 0.7], atol=1e-6)
    said = Prediction(times_s, smoothed, ("a", "b"), "made", (0.0, 6.0))
    told = segmentation.track(said, video="d", threshold=0.5, shortest_s=0.0, author="made", where=where)
    assert [(one.start_s, one.stop_s, one.label) for one in told.segments] == [(0.0, 1.5, "a"), (3.5, 6.0, "a")]
    assert segmentation.stretches(where, times_s, (0.0, 6.0)) == ((0.0, 1.5), (3.5, 6.0))
    assert not segmentation.smooth(scores[:0], times_s[:0], width_s=1.0, where=where[:0]).size
