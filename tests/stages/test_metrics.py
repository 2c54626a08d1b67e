"""The hand-made cases of each metric with their exact values, edge cases, agreement with scikit-learn, and the oracle.

Labels over time are written as in `rows`: `.` background, `_` unlabelled, letters for labels.
"""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given, settings
from hypothesis import strategies as st

from core.__main__ import main
from core.base.errors import AnalysisError, FormatInvalid, LabelsMismatch, NotEnoughExamples, ScoringRefused
from core.base.numerics import softmax
from core.base.registry import METRICS
from core.domain import Comparison, Segment, Track, serialization
from core.stages import metrics
from core.stages.metrics import bootstrap, bouts, calibration, classification, curves, raters, sequence

EXAMPLE_TRUTH = [0, 0, 0, 0, 1, 1, 1, 2, 2, 2]
EXAMPLE_FOUND = [0, 0, 0, 1, 1, 1, 0, 2, 2, 0]
LETTERS = ".WSR"
UNDEFINED = None


def of_labels(truth, found, count: int = 4, groups=None) -> Comparison:
    """Clips whose scores say nothing but the label found."""
    scores = np.eye(count, dtype=np.float32)[np.asarray(found, int)].reshape(-1, count)
    names = [f"clip {place}" for place in range(len(truth))]
    return metrics.of_clips([f"label {place}" for place in range(count)], truth, scores, names=names, groups=groups)


def of_scores(truth, scores, groups=None) -> Comparison:
    scores = np.asarray(scores, np.float64)
    names = [f"clip {place}" for place in range(len(truth))]
    labels = [f"label {place}" for place in range(scores.shape[1])]
    return metrics.of_clips(labels, np.asarray(truth), scores, names=names, groups=groups)


def row(text: str) -> np.ndarray:
    return np.array([-1 if letter == "_" else LETTERS.index(letter) for letter in text], np.int64)


def rows(*pairs: tuple[str, str], **settings) -> Comparison:
    """Videos from their truths and predictions, a letter a frame."""
    names = [f"video {place}" for place in range(len(pairs))]
    truth, found = ([row(pair[side]) for pair in pairs] for side in (0, 1))
    return metrics.of_rows(list(LETTERS), truth, found, names=names, **settings)


def in_seconds(truth, found, *, seen_s=(0.0, 60.0), labels=("nothing", "walk")) -> Comparison:
    """One video of segments (start, stop[, score[, label]]) in seconds."""

    def made(each):
        return [Segment(one[0], one[1], one[3] if len(one) > 3 else "walk", *one[2:3]) for one in each]

    rows = metrics.of_rows(list(labels), [np.zeros(1, int)], [np.zeros(1, int)], names=["video"])
    return metrics.with_segments(rows, [made(truth)], [made(found)], [seen_s])


def value(found: Comparison, name: str):
    """A metric's number, or numbers by label; None where undefined."""
    got = np.asarray(METRICS[name](found))
    told = [None if np.isnan(one) else float(one) for one in got.reshape(-1)]
    return told if METRICS[name].by_label else told[0]


def close(expected, **tolerance):
    if isinstance(expected, list):
        return [each if each is None else pytest.approx(each, **tolerance) for each in expected]
    return expected if expected is None else pytest.approx(expected, **tolerance)


# One label for each clip ----------------------------------------------------------------------------------------------

EXAMPLE = of_labels(EXAMPLE_TRUTH, EXAMPLE_FOUND)
TOP = of_scores([0, 1, 0, 1], [[0.5, 0.3, 0.2], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7], [0.3, 0.3, 0.4]])


def test_top_k_counts_a_tie_for_the_label_listed_first():
    assert classification.ranks(TOP).tolist() == [0, 1, 2, 2]
    assert [float(classification.top_k(TOP, k)) for k in (1, 2, 3)] == [0.25, 0.50, 1.00]
    assert value(TOP, "accuracy") == 0.25


def test_top_k_beyond_the_labels_is_refused_and_top_5_needs_more_than_five():
    with pytest.raises(ValueError, match="top-4 of 3"):
        classification.top_k(TOP, 4)
    assert not METRICS["top5"].applies(of_labels([0], [0], count=5))
    assert METRICS["top5"].applies(of_labels([0], [0], count=6))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 7 / 10),
        ("balanced_accuracy", 25 / 36),
        ("precision", [3 / 5, 2 / 3, 1, UNDEFINED]),
        ("recall", [3 / 4, 2 / 3, 2 / 3, UNDEFINED]),
        ("f1", [2 / 3, 2 / 3, 4 / 5, UNDEFINED]),
        ("macro_precision", 34 / 45),
        ("macro_recall", 25 / 36),
        ("macro_f1", 32 / 45),
        ("weighted_precision", 37 / 50),
        ("weighted_recall", 7 / 10),
        ("weighted_f1", 53 / 75),
        ("micro_f1", 7 / 10),
    ],
)
def test_the_running_example(name, expected):
    assert value(EXAMPLE, name) == close(expected, abs=1e-12)


def test_the_scorecard_of_the_running_example_says_what_was_left_out():
    card = metrics.scorecard(EXAMPLE)
    assert card.majority.value == 0.4 and card.never_predicted == ("label 3",) and card.strays == 0
    assert card.overall["macro_f1"].left_out == 1 and card.overall["accuracy"].left_out == 0
    assert card.by_label["recall"][3].value is None and "no clip" in card.by_label["recall"][3].why
    assert (card.clip_count, card.group_count, card.labelled, card.unit) == (10, 10, 10, "clip")


@pytest.mark.parametrize(
    ("truth", "found", "expected"),
    [
        ([0, 0, 1, 1], [0, 2, 1, 1], {"balanced_accuracy": 3 / 4, "macro_f1": 5 / 6}),
        (
            [0, 0, 1, 1],
            [0, 0, 0, 0],
            {"accuracy": 1 / 2, "balanced_accuracy": 1 / 2, "macro_precision": 1 / 4, "macro_f1": 1 / 3},
        ),
    ],
)
def test_labels_without_truth_or_prediction_neither_vanish_nor_count_in_silence(truth, found, expected):
    compared = of_labels(truth, found)
    assert {name: value(compared, name) for name in expected} == {n: close(each) for n, each in expected.items()}


def test_predictions_of_labels_without_truth_are_counted():
    found = of_labels([0, 0, 1, 1], [0, 2, 1, 1])
    assert metrics.scorecard(found).strays == 1
    assert value(found, "precision") == close([1, 1, 0, UNDEFINED]) and value(found, "f1")[2] == 0
    assert value(found, "recall")[2] is UNDEFINED


def test_micro_differs_from_the_accuracy_only_without_the_background():
    assert classification.micro(EXAMPLE) == (close(0.7), close(0.7), close(0.7))
    assert classification.micro(EXAMPLE, excluded=(0,)) == (close(4 / 5), close(4 / 6), close(8 / 11))


def test_confusion_and_its_shares():
    matrix = classification.confusion(EXAMPLE)
    assert matrix.tolist() == [[3, 1, 0, 0], [1, 2, 0, 0], [1, 0, 2, 0], [0, 0, 0, 0]]
    by_truth, by_prediction = (
        classification.normalised(matrix, "truth"),
        classification.normalised(matrix, "prediction"),
    )
    assert by_truth[0].tolist() == [3 / 4, 1 / 4, 0, 0] and np.isnan(by_truth[3]).all()
    assert by_prediction[:, 0].tolist() == [3 / 5, 1 / 5, 1 / 5, 0] and np.isnan(by_prediction[:, 3]).all()
    assert classification.normalised(matrix, "all")[0, 0] == 0.3
    assert classification.normalised(matrix, "counts").tolist() == matrix.tolist()
    assert classification.most_confused(matrix) == [(0, 1), (1, 0), (2, 0)]


# Confidence -----------------------------------------------------------------------------------------------------------


def of_confidence(*told: tuple[float, bool]) -> Comparison:
    """Clips of two labels: how sure the first one is, and whether it is right."""
    return of_scores([0 if right else 1 for _, right in told], [[sure, 1 - sure] for sure, _ in told])


TEN = of_confidence(*[(0.95, True)] * 4, (0.95, False), *[(0.65, True)] * 3, *[(0.65, False)] * 2)


@pytest.mark.parametrize("bins", [10, 15])
def test_calibration_error_of_ten_clips(bins):
    assert calibration.calibration_error(TEN, bins=bins) == close(0.10)


def test_the_last_bin_is_closed_and_the_others_open():
    found = calibration.reliability(of_confidence((1.0, True), (0.5, True), (0.75, False)), bins=4)
    assert found.counts.tolist() == [0, 0, 1, 2] and found.few.all()
    assert found.accuracy.tolist()[2:] == [1, 0.5] and np.isnan(found.accuracy[0])
    assert np.flatnonzero(found.rows == 3).tolist() == [0, 2]


def test_equal_mass_bins_hold_equally_many():
    sure = np.linspace(0.5, 1, 30)
    found = calibration.reliability(of_confidence(*((one, True) for one in sure)), bins=5, equal_mass=True)
    assert found.counts.tolist() == [6] * 5


def test_brier_is_the_sum_over_labels_and_log_loss_natural():
    found = of_scores([0, 1], [[0.8, 0.2], [0.6, 0.4]])
    assert value(found, "brier") == close(0.40) and value(found, "log_loss") == close(0.569717, abs=1e-6)


def test_temperature_softens_logits():
    logits = np.array([2.0, 0.0])
    assert softmax(logits)[0] == close(0.880797, abs=1e-6)
    assert softmax(logits / 2)[0] == close(0.731059, abs=1e-6)


@pytest.mark.parametrize("count", [4, 40, 400])
@pytest.mark.parametrize("as_probabilities", [False, True])
def test_temperature_of_clips_of_which_three_quarters_are_right(count, as_probabilities):
    logits, truth = np.tile([2.0, 0.0], (count, 1)), np.arange(count) % 4 // 3
    given = calibration.logits_of(softmax(logits)) if as_probabilities else logits
    found = calibration.fit_temperature(given, truth)
    assert found.value == close(2 / math.log(3), abs=1e-9) and found.value == close(1.820478, abs=1e-6)
    assert not found.at_bound
    after = of_scores(truth, softmax(logits / found.value))
    assert after.scores is not None and np.allclose(after.scores[:, 0], 0.75)
    assert value(after, "ece") == close(0, abs=1e-9) and value(after, "accuracy") == 0.75


@pytest.mark.parametrize(("truth", "bound"), [([0, 0], 0.05), ([1, 1], 20.0)])
def test_a_temperature_without_optimum_ends_at_a_bound_and_says_so(truth, bound):
    assert calibration.fit_temperature(np.tile([2.0, 0.0], (2, 1)), np.array(truth)) == calibration.Temperature(
        bound, at_bound=True
    )


def test_temperature_needs_validation_clips():
    with pytest.raises(NotEnoughExamples):
        calibration.fit_temperature(np.zeros((2, 2)), np.array([-1, -1]))


# Labels over time -----------------------------------------------------------------------------------------------------


def test_frame_accuracy_is_pooled_and_beside_it_the_mean_over_videos():
    found = rows(("W" * 10, "W" * 9 + "S"), ("W" * 90, "W" * 45 + "S" * 45))
    assert value(found, "frame_accuracy") == close(0.54) and value(found, "frame_accuracy_by_video") == close(0.70)


def test_unlabelled_frames_are_not_scored():
    found = metrics.of_rows(["a", "b"], [np.array([-1, 0, 0, 1])], [np.array([0, 0, 1, 1])], names=["video"])
    assert value(found, "frame_accuracy") == close(2 / 3)


def test_time_weighs_frames_by_how_long_they_stay():
    found = rows(("WWS", "WSS"), times_s=[np.array([0.0, 1.0, 4.0])], ends_s=[5.0])
    assert value(found, "time_accuracy") == close(2 / 5) and value(found, "frame_accuracy") == close(2 / 3)


CASES = [
    # truth, prediction, frame accuracy, edit, then (TP, FP, FN) at 10, 25, 50
    ("..WWWWSS..", "..WWWWSS..", 100, 100, (2, 0, 0), (2, 0, 0), (2, 0, 0)),
    ("..WWWWWWWWWW...", "...WWWWWWWWWW..", 86.7, 100, (1, 0, 0), (1, 0, 0), (1, 0, 0)),
    ("..WWW..", "...WWW.", 71.4, 100, (1, 0, 0), (1, 0, 0), (1, 0, 0)),
    ("..WW..", "...WW.", 66.7, 100, (1, 0, 0), (1, 0, 0), (0, 1, 1)),
    ("W" * 20, "W" * 9 + "SS" + "W" * 9, 90.0, 33.3, (1, 2, 0), (1, 2, 0), (0, 3, 1)),
    ("SSSWWW", "WWWSSS", 0, 0, (0, 2, 2), (0, 2, 2), (0, 2, 2)),
    ("WWSSRR", "WWWRRR", 66.7, 66.7, (2, 0, 1), (2, 0, 1), (2, 0, 1)),
    ("W" * 10, "WWW.WWWW..", 70.0, 50.0, (1, 1, 0), (1, 1, 0), (0, 2, 1)),
    ("WW..WW", "WWWWWW", 66.7, 50.0, (1, 0, 1), (1, 0, 1), (0, 1, 2)),
    ("WW__WW", "WWWWWW", 100, 100, (2, 0, 0), (2, 0, 0), (2, 0, 0)),
    ("......", "......", 100, 100, (0, 0, 0), (0, 0, 0), (0, 0, 0)),
    ("......", "..WW..", 66.7, 0, (0, 1, 0), (0, 1, 0), (0, 1, 0)),
    ("..WW..", "......", 66.7, 0, (0, 0, 1), (0, 0, 1), (0, 0, 1)),
    ("______", "WWWWWW", UNDEFINED, UNDEFINED, (0, 0, 0), (0, 0, 0), (0, 0, 0)),
]
SHOWN = {0: (100, 100, 100), 1: (100, 100, 100), 2: (100, 100, 100), 3: (100, 100, 0), 4: (50, 50, 0), 5: (0, 0, 0)}
SHOWN |= {6: (80, 80, 80), 7: (66.7, 66.7, 0), 8: (66.7, 66.7, 0), 9: (100, 100, 100), 10: (UNDEFINED,) * 3}
SHOWN |= {11: (0, 0, 0), 12: (0, 0, 0), 13: (UNDEFINED,) * 3}


def per_cent(found: Comparison, name: str):
    got = value(found, name)
    return None if got is None else round(100 * got, 1)


@pytest.mark.parametrize("case", range(len(CASES)), ids=lambda case: f"case {case + 1}")
def test_cases_over_time(case):
    truth, prediction, accuracy, edit, *counts = CASES[case]
    found = rows((truth, prediction))
    assert (per_cent(found, "frame_accuracy"), per_cent(found, "edit")) == (accuracy, edit)
    assert [tuple(map(int, sequence.match_counts(found, cut))) for cut in (10, 25, 50)] == counts
    assert tuple(per_cent(found, f"f1_{cut}") for cut in (10, 25, 50)) == SHOWN[case]


def test_a_video_without_segments_counts_1_in_the_mean_and_nothing_in_the_sum():
    empty = rows(("......", "......"))
    assert value(empty, "f1_50_by_video") == 1 and value(empty, "f1_50") is UNDEFINED
    both = rows(("......", "......"), ("..WW..", "......"))
    assert value(both, "f1_50_by_video") == 0.5 and value(both, "f1_50") == 0


def test_a_video_without_labels_is_left_out_and_counted():
    found = rows(("______", "WWWWWW"), ("WWSS", "WWSS"))
    card = metrics.scorecard(found)
    for name in ("edit", "frame_accuracy_by_video", "f1_50_by_video"):
        assert (card.overall[name].value, card.overall[name].left_out) == (1, 1)
    assert card.overall["frame_accuracy"].value == 1 and card.labelled == 4


def test_videos_are_joined_in_both_conventions():
    found = rows(("WWWW..", "WWWW.."), ("WWWW.R..SSSS", "WWWW..SS..RR"))
    assert found.table(sequence.match_table, 50).tolist() == [[1, 0, 0], [1, 2, 2]]
    assert per_cent(found, "f1_50_by_video") == 66.7 and value(found, "f1_50") == 0.5


@given(st.integers(1, 60))
def test_a_bout_moved_by_one_frame(length):
    truth, found = (
        sequence.runs(row("." + "W" * length + ".."), background=0),
        sequence.runs(row(".." + "W" * length + "."), background=0),
    )
    for cut in (10, 25, 50):
        hit = 100 * (length - 1) >= cut * (length + 1)
        assert sequence.match(truth, found, cut) == ((1, 0, 0) if hit else (0, 1, 1))


def test_without_a_background_nothing_is_dropped():
    assert value(rows(("..WW..", "......"), background=-1), "edit") == close(1 / 3)
    assert value(rows(("..WW..", "......")), "edit") == 0


def test_a_prediction_that_misses_known_frames_is_refused_with_video_moment_and_count():
    with pytest.raises(ScoringRefused, match=r"video 1: .* for 2 frames .* first at frame 1"):
        rows(("WW", "WW"), ("WWW", "W__"))
    with pytest.raises(ScoringRefused, match=r"first at 0\.040 s"):
        rows(("WW", "W_"), times_s=[np.array([0.0, 0.04])], ends_s=[0.08])


def test_rows_of_two_lengths_are_refused():
    with pytest.raises(ScoringRefused, match="truth has 2 frames, the prediction 3"):
        rows(("WW", "WWW"))


def test_tracks_are_sampled_at_the_times_of_frames():
    labels = ("nothing", "walk")
    times_s = np.array([0.0, 0.04, 0.12, 0.2, 0.24])
    truth = Track("ab", labels, (Segment(0.04, 0.2, "walk"),), (0.0, 0.24), "me")
    found = Track("ab", labels, (Segment(0.12, 0.24, "walk"),), (0.0, 0.28), "model")
    compared = metrics.of_tracks([truth], [found], times_s=[times_s], ends_s=[0.28], names=["clip"])
    assert compared.truth.tolist() == [0, 1, 1, 0, -1] and compared.predicted.tolist() == [0, 0, 1, 1, 0]
    assert value(compared, "bout_f1") == 0 and value(compared, "time_accuracy") == close(0.12 / 0.24)
    with pytest.raises(LabelsMismatch):
        metrics.of_tracks([truth], [replace(found, labels=("nothing", "walk", "run"))], times_s=[times_s],
                          ends_s=[0.28], names=["clip"])  # fmt: skip


# Detections and bouts -------------------------------------------------------------------------------------------------

FOUND = [(0, 10, 0.9), (0, 9, 0.8), (20.8, 30, 0.7)]


def test_average_precision_over_temporal_iou():
    found = in_seconds([(0, 10), (20, 30)], FOUND)
    for tau in bouts.THRESHOLDS:
        assert bouts.map_at(found, tau) == close(5 / 6 if tau <= 0.9 else 1 / 2)
    assert value(found, "map_mean") == close(0.80) and value(found, "map_50") == close(5 / 6)


def test_thresholds_are_the_numbers_meant():
    assert list(bouts.THRESHOLDS) == [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]


def test_a_taken_segment_is_skipped_for_the_next_best():
    found = in_seconds([(0, 4), (5, 10)], [(0, 10, 0.9), (0, 10, 0.8)])
    (truth, predicted) = bouts.by_label(found)["walk"][0]
    assert bouts.claims(truth, predicted, 0.3).tolist() == [True, True]
    assert bouts.claims(truth, predicted, 0.45).tolist() == [True, False]


def test_edges_of_average_precision():
    labels = ("nothing", "walk", "run")
    assert value(in_seconds([(0, 4)], [], labels=labels), "map_50") == 0
    assert value(in_seconds([], [(0, 4, 0.5)]), "map_50") is UNDEFINED
    stray = in_seconds([(0, 4)], [(0, 4, 0.9), (5, 9, 0.8, "run")], labels=labels)
    assert value(stray, "map_50") == 1
    unseen = in_seconds([(0, 4)], [(0, 4, 0.5), (7, 9.1, 0.9)], seen_s=(0.0, 8.0))
    assert value(unseen, "map_50") == 1
    assert METRICS["map_50"].left_out(stray) == 1
    assert not METRICS["map_50"].applies(in_seconds([(0, 4)], [(0, 4)]))


def test_equal_scores_go_by_start():
    found = in_seconds([(10, 14)], [(10, 14, 0.5), (0, 4, 0.5)])
    assert value(found, "map_50") == 0.5


def test_bouts_onsets_and_offsets():
    found = in_seconds([(2, 6), (10, 12)], [(2.5, 6), (9, 12), (20, 21)])
    got = bouts.bouts(found)
    assert (got.hits, got.misses, got.false_alarms) == (2, 0, 1)
    assert (got.precision, got.recall, got.f1) == (close(2 / 3), 1, close(0.8))
    assert (got.onset.mean_s, got.onset.median_s, got.onset.count) == (-0.25, 0.75, 2)
    assert (got.offset.mean_s, got.offset.median_s) == (0, 0)
    assert (got.true_per_minute, got.found_per_minute) == (2, 3)
    assert (got.true_total_s, got.found_total_s, got.true_mean_s) == (6, 7.5, 3)
    assert value(found, "bout_f1") == close(0.8) and value(found, "onset_error") == close(-0.25)


def test_bouts_without_hits_have_no_errors():
    got = bouts.bouts(in_seconds([(2, 6)], []))
    assert (got.onset, got.precision, got.recall, got.f1) == (bouts.Errors(0, None, None, None), None, 0, 0)
    got = bouts.bouts(in_seconds([], [(2, 6)]))
    assert (got.false_alarms, got.recall, got.precision) == (1, None, 0)
    assert value(in_seconds([], []), "onset_error") is UNDEFINED


def test_bouts_that_only_touch_do_not_overlap():
    assert bouts.bouts(in_seconds([(2, 6)], [(6, 8)]), tau=0).hits == 0
    assert bouts.bouts(in_seconds([(2, 6)], [(5.9, 8)]), tau=0).hits == 1


def test_predicted_bouts_whose_middle_nobody_saw_are_dropped():
    got = bouts.bouts(in_seconds([(2, 6)], [(2, 6), (29, 33)], seen_s=(0.0, 30.0)))
    assert (got.hits, got.false_alarms) == (1, 0)


def test_equal_overlaps_pair_the_earlier_true_bout_first():
    truth, found = bouts.stretches([Segment(0, 2, "w"), Segment(2, 4, "w")]), bouts.stretches([Segment(1, 3, "w")])
    assert bouts.pair(truth, found, 0.0) == [(0, 0)]


# Raters ---------------------------------------------------------------------------------------------------------------


def kappa(one: str, other: str) -> raters.BoutAgreement:
    return raters.agreement(row(one), row(other), width_s=1.0)


def test_kappa_of_50_bins():
    one, other = "W" * 20 + "W" * 5 + "S" * 10 + "S" * 15, "W" * 20 + "S" * 5 + "W" * 10 + "S" * 15
    got = kappa(one, other)
    assert (got.observed, got.kappa, got.bins) == (0.7, close(0.4), 50)


@pytest.mark.parametrize(
    ("one", "other", "expected", "observed"),
    [
        ("WWWSS", "WWSSS", 8 / 13, 0.8),
        ("WWSS", "SSWW", -1, 0),
        ("WWW", "WWW", UNDEFINED, 1),
        ("__", "WW", UNDEFINED, None),
    ],
)
def test_kappa_of_few_bins(one, other, expected, observed):
    got = kappa(one, other)
    assert (got.kappa, got.observed) == (close(expected), observed)


def test_unlabelled_bins_are_dropped_from_kappa():
    assert kappa("WWW_SS", "WWSSS_").bins == 4


def track(*segments, seen_s=(0.0, 5.0), labels=("nothing", "W", "S")) -> Track:
    return Track("ab", labels, tuple(Segment(*one) for one in segments), seen_s, "rater")


def test_raters_are_compared_in_bins_of_what_both_watched():
    one = track((0, 3, "W"), (3, 5.4, "S"), seen_s=(0.0, 5.4))
    other = track((0, 2, "W"), (2, 6, "S"), seen_s=(0.0, 7.0))
    (got,) = raters.raters([one], [other], width_s=1.0)
    assert (got.bins, got.kappa, got.width_s) == (5, close(8 / 13), 1.0)


def test_raters_of_tracks_that_overlap_have_a_kappa_for_each_label_and_the_joint_state():
    first = [track((0, 2, "W"), labels=("nothing", "W")), track((1, 3, "S"), labels=("nothing", "S"))]
    joint, walk, stand = raters.raters(first, first, width_s=0.5)
    assert (joint.kappa, walk.kappa, stand.label, joint.bins) == (1, 1, "S", 10)
    second = [first[0], track(labels=("nothing", "S"))]
    joint, walk, stand = raters.raters(first, second, width_s=0.5)
    assert (walk.kappa, stand.kappa, stand.observed) == (1, 0, 0.6) and joint.observed == 0.6


def test_one_behaviour_is_not_taken_for_another_in_the_joint_state():
    """Both raters see one thing for 2 of 5 s, but not the same: in 4 of 10 bins their joint states differ."""
    walking = [track((0, 2, "W"), labels=("nothing", "W")), track(labels=("nothing", "S"))]
    standing = [track(labels=("nothing", "W")), track((0, 2, "S"), labels=("nothing", "S"))]
    joint, *_ = raters.raters(walking, standing, width_s=0.5)
    assert (joint.observed, joint.bins) == (0.6, 10)


def test_raters_of_two_clips_are_refused():
    one, other = track((0, 3, "W")), replace(track((0, 3, "W")), video="cd")
    with pytest.raises(ScoringRefused, match="different clips"):
        raters.raters([one], [other], width_s=1.0)


@pytest.mark.parametrize("width_s", [0, -1, float("nan")])
def test_bins_without_width_are_refused(width_s):
    with pytest.raises(ScoringRefused):
        raters.raters([track()], [track()], width_s=width_s)


# Thresholds -----------------------------------------------------------------------------------------------------------


def test_sweep():
    got = curves.sweep(np.array([0.9, 0.8, 0.7, 0.4]), np.array([1, 0, 1, 0]))
    assert got.thresholds[0] > 0.9 and got.thresholds[1:].tolist() == [0.9, 0.8, 0.7, 0.4]
    assert np.isnan(got.precision[0]) and got.precision[1:].tolist() == close([1, 1 / 2, 2 / 3, 1 / 2])
    assert got.recall.tolist() == [0, 1 / 2, 1 / 2, 1, 1] and got.f1.tolist() == close([0, 2 / 3, 1 / 2, 4 / 5, 2 / 3])
    assert (got.chosen, got.can_choose) == (0.7, True)


def test_among_equals_the_highest_threshold_is_chosen():
    assert curves.sweep(np.array([0.9, 0.5, 0.4, 0.3]), np.array([1, 0, 0, 1])).chosen == 0.9


@pytest.mark.parametrize("scores", [[], [0.3, 0.9]])
def test_without_truth_no_threshold_can_be_chosen(scores):
    got = curves.sweep(np.array(scores), np.zeros(len(scores), bool))
    assert (got.chosen, got.can_choose) == (0.5, False)


# Intervals ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("right", "count", "low", "high"),
    [(7, 10, 0.3968, 0.8922), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1), (70, 100, 0.6042, 0.7811), (1, 1, 0.2065, 1)],
)
def test_wilson(right, count, low, high):
    got = bootstrap.wilson(right, count)
    assert (got.low, got.high) == (close(low, abs=5e-5), close(high, abs=5e-5))


def test_wilson_of_nothing():
    assert bootstrap.wilson(0, 0).low is None


def shares(*right: float, frames: int = 100) -> Comparison:
    """Videos of equal length with these frame accuracies."""
    return rows(*(("W" * frames, "W" * round(one * frames) + "S" * round((1 - one) * frames)) for one in right))


def interval(found: Comparison, **settings) -> tuple[float | None, float | None]:
    got = bootstrap.bootstrap(found, METRICS["frame_accuracy"], **settings)
    return got.low, got.high


def test_bootstrap_of_two_and_three_videos_gives_the_full_range():
    assert interval(shares(1, 0)) == (0, 1)
    assert interval(shares(0.6, 0.7, 0.9)) == (close(0.6), close(0.9))


def test_bootstrap_of_five_videos():
    assert interval(shares(0.5, 0.6, 0.7, 0.8, 0.9)) == (close(0.58, abs=0.02), close(0.82, abs=0.02))


def test_equal_videos_have_an_interval_without_width():
    assert interval(shares(*[0.7] * 12)) == (close(0.7), close(0.7))


def test_the_same_seed_gives_the_same_interval_to_the_last_digit():
    found = shares(0.5, 0.6, 0.7, 0.8, 0.9, 0.1)
    assert interval(found, seed=3) == interval(replace(found), seed=3) != interval(found, seed=4)


def test_doubled_frames_do_not_narrow_the_interval():
    found = shares(0.5, 0.6, 0.7, 0.8, 0.9)
    assert interval(shares(0.5, 0.6, 0.7, 0.8, 0.9, frames=200)) == interval(found)


def test_few_units_are_told():
    assert bootstrap.bootstrap(shares(0.5), METRICS["frame_accuracy"]).why == "no interval: there is 1 video"
    assert bootstrap.bootstrap(shares(0.5, 1), METRICS["frame_accuracy"]).why == "not reliable, n = 2 videos"
    assert bootstrap.bootstrap(shares(*[0.5] * 10), METRICS["frame_accuracy"]).why == ""


def test_groups_are_drawn_whole():
    truth, found = [0] * 40, [0, 1] * 20
    grouped = of_labels(truth, found, groups=["a", "b"] * 20)
    got = metrics.estimate(grouped, "accuracy")
    assert (got.low, got.high) == (0, 1) and bootstrap.units_of(grouped)[0] == "group"
    alone = metrics.estimate(of_labels(truth, found), "accuracy")
    wilson = bootstrap.wilson(20, 40)
    assert (alone.low, alone.high) == (wilson.low, wilson.high)


def test_clips_of_no_known_group_stand_alone():
    unit, places = bootstrap.units_of(of_labels([0] * 4, [0] * 4, groups=["a", "a", "", ""]))
    assert unit == "group" and len(np.unique(places)) == 3


def test_a_number_that_most_draws_cannot_define_has_no_interval():
    found = of_labels([0] * 19 + [1], [0] * 20, count=2)
    got = bootstrap.bootstrap(found, lambda drawn: classification.recall(drawn)[..., 1])
    assert got.low is None and "undefined in" in got.why


@pytest.mark.parametrize("name", METRICS)
def test_drawing_by_weights_is_drawing_units_again(name):
    """Each metric, on all draws at once and on each drawn set by itself."""
    found = EVERYTHING if METRICS[name].needs != "clips" and name != "top5" else SCORED
    drawn = next(iter(bootstrap.draws_of(found, draws=6, seed=1)))
    at_once = np.asarray(METRICS[name](found.drawn(drawn)))
    for got, weights in zip(at_once, drawn, strict=True):
        units = np.repeat(np.arange(len(weights)), weights.astype(int))
        again = metrics.taken(found, units)
        if name == "ece_equal_mass":
            again.tables[(calibration.bin_edges, 15, True)] = found.table(calibration.bin_edges, 15, True)
        assert np.allclose(got, METRICS[name](again), equal_nan=True, atol=1e-12)


def test_a_formula_that_knows_no_weights_gets_the_same_interval():
    found = shares(0.5, 0.6, 0.7, 0.8, 0.9, frames=10)

    def plain(compared: Comparison) -> float:
        return float(np.mean(compared.truth == compared.predicted))

    slow = bootstrap.bootstrap(found, plain, draws=200)
    assert (slow.low, slow.high) == interval(found, draws=200)


# Two models -----------------------------------------------------------------------------------------------------------


def test_a_paired_difference_is_surer_than_its_parts():
    better, worse = shares(0.8, 0.7, 0.9), shares(0.7, 0.6, 0.8)
    got = bootstrap.difference(better, worse, METRICS["frame_accuracy"])
    assert (got.value, got.interval.low, got.interval.high, got.not_better) == (close(0.1), close(0.1), close(0.1), 0)
    assert interval(better)[0] < interval(worse)[1]


def test_a_model_is_better_than_itself_in_no_draw():
    """A tie speaks against the first: "no better" holds in every draw."""
    model = shares(0.8, 0.7, 0.9)
    assert bootstrap.difference(model, model, METRICS["frame_accuracy"]).not_better == 1


@pytest.mark.parametrize(
    "change",
    [
        {"split": "other"},
        {"labels": (".", "W", "S", "X")},
        {"names": ("a", "b")},
        {"truth": row("WW__")},
    ],
)
def test_models_that_did_not_answer_for_the_same_are_not_compared(change):
    one = rows(("WW", "WS"), ("WW", "WW"))
    with pytest.raises(ScoringRefused, match="cannot be compared"):
        bootstrap.difference(one, replace(one, **change), METRICS["frame_accuracy"])


@pytest.mark.parametrize(
    ("first", "second", "p"), [(8, 2, 0.109375), (10, 1, 0.01171875), (3, 0, 0.25), (5, 5, 1), (0, 0, 1)]
)
def test_mcnemar(first, second, p):
    assert bootstrap.mcnemar_p(first, second) == close(p, abs=1e-12)


# Edges, and what holds for all ----------------------------------------------------------------------------------------


def scored(rng: np.random.Generator, count: int = 30, labels: int = 7) -> Comparison:
    scores = rng.dirichlet(np.full(labels, 0.5), count)
    scores[: count // 3] = np.round(scores[: count // 3], 1)  # some are tied
    scores[:, 0] += 1 - scores.sum(axis=1)
    scores = np.abs(scores) / np.abs(scores).sum(axis=1, keepdims=True)
    truth = rng.integers(-1, labels - 1, count)
    return of_scores(truth, scores)


def everything(rng: np.random.Generator) -> Comparison:
    """Videos that have all that any metric needs: rows, scores, times and segments."""
    labels, count = ("nothing", "walk", "run", "sit", "lie", "fall"), 6
    lengths = rng.integers(5, 20, count)
    truth = [np.repeat(rng.integers(-1, 4, 4), -(-length // 4))[:length] for length in lengths]
    scores = [rng.dirichlet(np.full(6, 0.3), length) for length in lengths]
    found = metrics.of_rows(
        labels,
        truth,
        [np.argmax(each, axis=1) for each in scores],
        names=[f"video {place}" for place in range(count)],
        scores=scores,
        times_s=[np.arange(length) / 25 for length in lengths],
        ends_s=lengths / 25,
    )

    def some(kept: int) -> list[list[Segment]]:
        starts = [np.sort(rng.uniform(0, 50, rng.integers(1, kept))) for _ in range(count)]
        return [
            [Segment(at, at + rng.uniform(1, 9), str(rng.choice(labels[1:4])), rng.random()) for at in each]
            for each in starts
        ]

    true = some(5)
    near = [[replace(one, start_s=one.start_s + 0.2, confidence=rng.random()) for one in each] for each in true]
    wrong = some(4)
    return metrics.with_segments(
        found, true, [one + other for one, other in zip(near, wrong, strict=True)], [(0.0, 55.0)] * count
    )


SCORED, EVERYTHING = scored(np.random.default_rng(3)), everything(np.random.default_rng(5))


@pytest.mark.parametrize("name", METRICS)
def test_truth_scored_against_itself_gives_the_best_value(name):
    used = METRICS[name]
    base = EVERYTHING if used.needs not in ("clips", "top5") else SCORED
    certain = np.eye(len(base.labels))[np.maximum(base.truth, 0)]
    sure = tuple(tuple(replace(one, confidence=1.0) for one in each) for each in base.truth_segments)
    ended = tuple((0.0, 100.0) for _ in base.seen_s)
    found = replace(base, predicted=base.truth, scores=certain, truth_segments=sure, found_segments=sure, seen_s=ended)
    got = value(found, name)
    assert set(got) <= {None, used.best} and used.best in got if used.by_label else got == close(used.best, abs=1e-9)


@pytest.mark.parametrize("name", METRICS)
def test_nothing_labelled_is_undefined_and_never_0(name):
    base = EVERYTHING if METRICS[name].needs not in ("clips", "top5") else SCORED
    nothing = tuple(() for _ in base.truth_segments)
    found = replace(base, truth=np.full_like(base.truth, -1), truth_segments=nothing, found_segments=nothing)
    got = value(found, name)
    assert set(got) == {None} if METRICS[name].by_label else got is None


@pytest.mark.parametrize("name", METRICS)
def test_each_metric_says_what_it_is(name):
    used = METRICS[name]
    assert used.name == name and used.label and used.undefined
    assert used.formula.__doc__ and np.ndim(used(EVERYTHING if used.needs != "top5" else SCORED)) == used.by_label


@pytest.mark.parametrize("count", [0, 1])
def test_a_scorecard_of_almost_nothing(count):
    card = metrics.scorecard(of_labels([0][:count], [0][:count]))
    assert card.overall["accuracy"].value == (1 if count else None)
    assert card.overall["accuracy"].low is None and card.overall["accuracy"].why
    assert card.overall["macro_f1"].left_out == 4 - count
    assert metrics.scorecard(rows()).overall["f1_50"].value is None


def test_a_scorecard_can_be_kept_and_never_holds_a_nan():
    for found in (EXAMPLE, SCORED, EVERYTHING, of_labels([], [])):
        card = metrics.scorecard(found, draws=50)
        again = serialization.from_json(serialization.to_json(card), type(card))
        assert again.overall == card.overall and again.by_label == card.by_label
        assert np.array_equal(again.confusion, card.confusion)


def test_a_comparison_can_be_kept():
    again = serialization.from_json(serialization.to_json(EVERYTHING), Comparison)
    assert serialization.to_json(again) == serialization.to_json(EVERYTHING)
    assert value(again, "map_mean") == value(EVERYTHING, "map_mean")


def test_unlabelled_clips_are_masked_everywhere():
    whole = scored(np.random.default_rng(8))
    known = metrics.taken(whole, np.flatnonzero(whole.truth >= 0))
    for name, used in METRICS.items():
        if used.applies(whole):
            assert np.allclose(used(whole), used(known), equal_nan=True, atol=1e-12), name


def test_scores_that_are_no_probabilities_are_refused_with_place_and_label():
    good = np.full((2, 3), 1 / 3)
    for bad, told in ((np.nan, "is nan"), (np.inf, "is inf"), (-0.5, "not a probability"), (0.9, "sum to")):
        scores = good.copy()
        scores[1, 2] = bad
        with pytest.raises(ScoringRefused, match=f"clip 1.*{told}"):
            of_scores([0, 1], scores)
    scores[1, 2] = np.nan
    with pytest.raises(ScoringRefused, match=r"video at 0\.040 s: the score of 'c' is nan"):
        metrics.of_rows("abc", [np.zeros(2, int)], [np.zeros(2, int)], names=["video"], scores=[scores],
                        times_s=[np.array([0, 0.04])], ends_s=[0.08])  # fmt: skip
    with pytest.raises(LabelsMismatch):
        metrics.of_clips(["a"], np.zeros(2, int), good, names=["x", "y"])


def test_times_that_are_no_numbers_are_refused():
    with pytest.raises(ScoringRefused, match="video 0 at frame 1: its time is nan"):
        rows(("WW", "WW"), times_s=[np.array([0, np.nan])], ends_s=[1.0])


def test_segments_without_end_are_refused():
    with pytest.raises(ScoringRefused, match="video: the segment 'walk' from 2 to inf s"):
        in_seconds([(2, 6)], [(2, math.inf)])


def test_ties_are_counted_and_one_label_for_almost_all_is_a_warning():
    card = metrics.scorecard(TOP)
    assert card.ties == 1
    card = metrics.scorecard(of_labels([0, 1] * 20, [0] * 40))
    assert any("100 % of the predictions are 'label 0'" in one for one in card.warnings)


def test_only_labels_that_share_the_best_score_are_a_tie():
    """The two worst are equal in two clips, the two best in two others, one of them without a known truth."""
    rows = [[0.6, 0.2, 0.2], [0.2, 0.2, 0.6], [0.4, 0.4, 0.2], [0.4, 0.4, 0.2]]
    assert metrics.scorecard(of_scores([0, 2, 1, -1], rows), intervals=False).ties == 1


def test_a_cell_counts_the_rows_it_lists():
    found = scored(np.random.default_rng(1), 200)
    matrix = classification.confusion(found)
    for truth, predicted in np.ndindex(matrix.shape):
        assert len(classification.rows_in_cell(found, truth, predicted)) == matrix[truth, predicted]


def test_curves_stop_where_a_label_has_no_truth():
    found = of_scores([0, 0], [[0.5, 0.3, 0.2], [0.4, 0.4, 0.2]])
    assert curves.roc_curve(found, 1) is None and curves.precision_recall_curve(found, 1) is None
    assert curves.roc_curve(found, 0) is None and value(found, "roc_auc") == [None, None, None]
    assert METRICS["macro_roc_auc"].left_out(found) == 3 and METRICS["macro_average_precision"].left_out(found) == 2


# Against scikit-learn -------------------------------------------------------------------------------------------------


@st.composite
def labelled(draw):
    """Up to 40 clips of 2 to 6 labels, with scores in steps of 1/16, so that some are equal."""
    count, labels = draw(st.integers(1, 40)), draw(st.integers(2, 6))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    scores = rng.multinomial(16, rng.dirichlet(np.full(labels, 0.6)), count) / 16
    return of_scores(rng.integers(0, labels, count), scores)


@settings(deadline=None, max_examples=120)
@given(labelled())
def test_agreement_with_scikit_learn_on_labels(found):
    truth, predicted, labels = found.truth, found.predicted, np.arange(len(found.labels))
    there = np.unique(truth)
    learn = sklearn.metrics
    assert value(found, "accuracy") == close(learn.accuracy_score(truth, predicted))
    assert value(found, "balanced_accuracy") == close(
        np.mean([np.mean(predicted[truth == one] == one) for one in there])
    )
    assert classification.confusion(found).tolist() == learn.confusion_matrix(truth, predicted, labels=labels).tolist()
    for average in ("macro", "weighted"):
        told = learn.precision_recall_fscore_support(truth, predicted, labels=there, average=average, zero_division=0)
        got = [value(found, f"{average}_{name}") for name in ("precision", "recall", "f1")]
        assert got == close(list(told[:3]))
    told = learn.precision_recall_fscore_support(truth, predicted, labels=labels, average=None, zero_division=np.nan)
    for name, each in zip(("precision", "recall", "f1"), told[:3], strict=True):
        assert np.allclose(METRICS[name](found), each, equal_nan=True)
    both = len(np.union1d(truth, predicted)) > 1
    assert value(found, "kappa") == (close(learn.cohen_kappa_score(truth, predicted), abs=1e-12) if both else None)


@settings(deadline=None, max_examples=80)
@given(labelled())
def test_agreement_with_scikit_learn_on_scores(found):
    truth, scores, learn = found.truth, found.scores, sklearn.metrics
    assert scores is not None
    areas, precisions = value(found, "roc_auc"), value(found, "average_precision")
    for label in range(len(found.labels)):
        positive = truth == label
        if positive.any():
            assert precisions[label] == close(learn.average_precision_score(positive, scores[:, label]))
        if positive.any() and not positive.all():
            assert areas[label] == close(learn.roc_auc_score(positive, scores[:, label]))
            curve = curves.roc_curve(found, label)
            assert curve is not None and curve.area == close(areas[label])
        else:
            assert areas[label] is None


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32), st.integers(2, 3), st.integers(1, 30))
def test_top_k_and_brier_agree_with_scikit_learn_without_ties(seed, k, count):
    rng = np.random.default_rng(seed)
    found = of_scores(rng.integers(0, 4, count), rng.dirichlet(np.ones(4), count))
    told = sklearn.metrics.top_k_accuracy_score(found.truth, found.scores, k=k, labels=np.arange(4))
    assert float(classification.top_k(found, k)) == close(told)
    assert value(found, "log_loss") == close(sklearn.metrics.log_loss(found.truth, found.scores, labels=np.arange(4)))
    two = of_scores(found.truth % 2, rng.dirichlet(np.ones(2), count))
    assert two.scores is not None
    told = sklearn.metrics.brier_score_loss(two.truth, two.scores[:, 1], pos_label=1)
    assert value(two, "brier") == close(2 * told)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_levenshtein_is_what_its_definition_says(one, other):
    table = np.zeros((len(one) + 1, len(other) + 1), int)
    table[:, 0], table[0] = np.arange(len(one) + 1), np.arange(len(other) + 1)
    for i, first in enumerate(one, start=1):
        for j, second in enumerate(other, start=1):
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (first != second))
    assert sequence.levenshtein(np.array(one, int), np.array(other, int)) == table[-1, -1]


# The oracle -----------------------------------------------------------------------------------------------------------

ORACLE = {
    # model: background dropped -> accuracy by video, edit, F1 by video; then summed; TP, FP, FN at each cut
    "ed-tcn": (
        (64.6795, 59.8452, 68.0225, 63.8898, 52.5506),
        (64.4291, 67.1421, 62.9648, 51.8594),
        ((659, 412, 233), (618, 453, 274), (509, 562, 383)),
        (64.6795, 50.3397, 58.8343, 54.9443, 43.9399),
    ),
    "dilated-tcn": (
        (59.2922, 43.1418, 52.2363, 47.6272, 37.4286),
        (58.5892, 50.4884, 45.7551, 35.3869),
        ((672, 1098, 220), (609, 1161, 283), (471, 1299, 421)),
        (59.2922, 41.2483, 47.2966, 43.1830, 33.7314),
    ),
}
BY_VIDEO = ("frame_accuracy_by_video", "edit", "f1_10_by_video", "f1_25_by_video", "f1_50_by_video")
SUMMED = ("frame_accuracy", "f1_10", "f1_25", "f1_50")


@pytest.mark.parametrize("model", ORACLE)
def test_published_predictions_give_the_published_numbers(shared_data: Path, model: str):
    from scipy.io import loadmat

    truth, found = [], []
    for path in sorted((shared_data / "oracle" / "50salads-mid" / model).glob("*.mat")):
        held = loadmat(path)
        for side, name in ((truth, "Y"), (found, "P")):
            side += [np.ravel(cell).astype(np.int64) for cell in held[name][0]]
    names, labels = [f"video {place}" for place in range(len(truth))], [f"label {place}" for place in range(18)]
    dropped = metrics.of_rows(labels, truth, found, names=names)
    kept = metrics.of_rows(labels, truth, found, names=names, background=-1)
    by_video, summed, counts, with_background = ORACLE[model]
    assert (len(names), len(dropped.truth)) == (50, 9966)
    assert [100 * value(dropped, name) for name in BY_VIDEO] == close(list(by_video), abs=1e-4)
    assert [100 * value(dropped, name) for name in SUMMED] == close(list(summed), abs=1e-4)
    assert [tuple(map(int, sequence.match_counts(dropped, cut))) for cut in (10, 25, 50)] == list(counts)
    assert [100 * value(kept, name) for name in BY_VIDEO] == close(list(with_background), abs=1e-4)


# The command ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def score(tmp_path: Path, capfdbinary, monkeypatch):
    """Write files of one label a line and score them; gives exit code, content and standard error."""
    monkeypatch.setenv("KINETOSCOPE_WORKSPACE", str(tmp_path / "workspace"))

    def run(truth: str, prediction: str, *options: str):
        paths = [tmp_path / "truth.txt", tmp_path / "prediction.txt"]
        for path, text in zip(paths, (truth, prediction), strict=True):
            path.write_bytes(text.encode())
        code = main(["score", *map(str, paths), *options])
        out, err = capfdbinary.readouterr()
        return code, json.loads(out) if out else None, err.decode()

    return run


def lines(text: str) -> str:
    return "".join({".": "background", "W": "walk", "S": "stand", "R": "run"}[letter] + "\n" for letter in text)


def test_score_prints_both_conventions(score):
    code, content, err = score(lines("..WWWW.R..SSSS"), lines("..WWWW..SS..RR"), "--format", "mstcn")
    assert (code, err) == (0, "")
    assert list(content)[:5] == ["frame_accuracy", "edit", "f1_10", "f1_25", "f1_50"]
    assert content["f1_50"] == close(1 / 3) and content["f1_50_by_video"] == close(1 / 3)
    assert content["counts"]["f1_50"] == {"true_positives": 1, "false_positives": 2, "false_negatives": 2}
    assert content["background"] == "background" and content["labels"][0] == "background"
    assert "summed" in content["conventions"]["f1_10, f1_25, f1_50"]


@pytest.mark.parametrize("case", [case for case in range(len(CASES)) if "_" not in CASES[case][0]])
def test_score_of_the_cases_over_time(score, case):
    truth, prediction, accuracy, edit, *_ = CASES[case]
    code, content, _ = score(lines(truth), lines(prediction))
    shown = [None if content[name] is None else round(100 * content[name], 1) for name in ("f1_10", "f1_25", "f1_50")]
    assert code == 0 and tuple(shown) == SHOWN[case]
    assert (round(100 * content["frame_accuracy"], 1), round(100 * content["edit"], 1)) == (accuracy, edit)
    assert set(content["undefined"]) >= {name for name in ("f1_10", "f1_50") if content[name] is None}


def test_score_takes_the_background_by_name_or_none(score):
    truth, found = lines("WWSS"), lines("WWWW")
    assert score(truth, found)[1]["edit"] == 0.5 and score(truth, found)[1]["background"] is None
    assert score(truth, found, "--background", "stand")[1]["edit"] == 1
    assert score(lines("..WW"), lines("...."), "--background", "")[1]["edit"] == 0.5
    code, _, err = score(truth, found, "--background", "stnd")
    assert code == 1 and "Did you mean stand" in err


def test_score_reads_result_files_and_any_line_ends(score):
    whole = score(lines("WWSS"), lines("WSSS"))[1]
    assert score("\ufeff" + lines("WWSS").replace("\n", "\r\n"), lines("WSSS").rstrip())[1] == whole
    header = "### Frame level recognition: ###\nwalk stand stand stand\n"
    assert score(lines("WWSS"), header)[1] == whole


@pytest.mark.parametrize(
    ("truth", "found", "told"),
    [
        ("walk\n", "walk\nwalk\n", "truth has 1 frames, the prediction 2"),
        ("walk\n\nwalk\n", "walk\n" * 3, "truth.txt, line 2: expected one label without spaces, got an empty line"),
        ("walk\n", "walk fast\n", "prediction.txt, line 1: expected one label without spaces, got 2 words"),
        ("", "walk\n", "got an empty file"),
    ],
)
def test_score_refuses_what_does_not_fit_with_file_and_line(score, truth, found, told):
    code, content, err = score(truth, found)
    assert (code, content) == (1, None) and told in err and "hint: " in err and "Traceback" not in err


def test_score_refuses_what_is_no_text(tmp_path, capfdbinary):
    (tmp_path / "t.txt").write_bytes(b"\xff\xfe\x00")
    for truth, found in (("t.txt", "t.txt"), ("none.txt", "t.txt"), (".", "t.txt"), (".", ".")):
        assert main(["score", str(tmp_path / truth), str(tmp_path / found)]) == 1
        assert b"hint: " in capfdbinary.readouterr().err


def test_score_of_folders_pairs_files_by_name_and_draws_videos(tmp_path, capfdbinary):
    for folder, texts in (("truth", ("WWSS", "SSWW", "..RR")), ("found", ("WWSS", "SSSW", "..RR"))):
        (tmp_path / folder).mkdir()
        for place, text in enumerate(texts):
            suffix = ".txt" if folder == "truth" else ""
            (tmp_path / folder / f"video{place}{suffix}").write_text(lines(text))
    call = ["score", str(tmp_path / "truth"), str(tmp_path / "found"), "--output", str(tmp_path / "scores.json")]
    assert main(call) == 0
    content = json.loads((tmp_path / "scores.json").read_text())
    assert content["videos"] == 3 and content["frame_accuracy"] == close(11 / 12)
    assert content["intervals"]["frame_accuracy"] == {"low": close(0.75), "high": 1}
    assert any("n = 3 videos" in one for one in content["warnings"])
    (tmp_path / "found" / "video1").unlink()
    assert main(call) == 1 and b"'video1'" in capfdbinary.readouterr().err


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=60))
def test_no_label_file_raises_anything_but_an_explained_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(content)
    try:
        metrics.mstcn_files.read_mstcn(path)
    except FormatInvalid as error:
        assert isinstance(error, AnalysisError) and error.hint
