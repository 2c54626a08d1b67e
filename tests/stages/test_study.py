"""Time budgets, transitions and group differences, against pandas, scipy and examples counted by hand."""

import math
from collections import Counter
from dataclasses import asdict
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from core.domain import Lane, Point, Segment
from core.stages import study

LABELS = ("a", "b", "c", "never")
END_S = 60.0


def lane(*segments, points=(), seen=()) -> Lane:
    return Lane(tuple(Segment(*segment) for segment in segments), tuple(Point(*point) for point in points), seen)


def budget(track: Lane, label: str = "a", end_s: float = 10.0):
    (of_label,) = study.time_budget(track, [label], end_s)
    return of_label


@st.composite
def lanes(draw):
    """Any track: bouts that touch or not, within the watched stretches or across their borders."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    count = draw(st.integers(0, 25))
    moments_s = np.cumsum(rng.uniform(0.01, 2, 2 * count) * rng.choice([1, 0.001], 2 * count)).round(4)
    starts_s, stops_s = moments_s[::2], moments_s[1::2]
    touching = rng.random(count) < 0.4
    starts_s = np.where(touching & (np.arange(count) > 0), np.roll(stops_s, 1), starts_s)
    names = rng.choice(["a", "b", "c"], count)
    segments = [row for row in zip(starts_s.tolist(), stops_s.tolist(), names.tolist(), strict=True) if row[0] < row[1]]
    borders_s = np.sort(rng.uniform(0, END_S, 2 * draw(st.integers(0, 4)))).tolist()
    return lane(*segments, seen=tuple(zip(borders_s[::2], borders_s[1::2], strict=True)))


def clipped(track: Lane) -> pd.DataFrame:
    """Each part of a bout in a watched stretch as a row: another way to the same than the code under test."""
    bouts = pd.DataFrame([(segment.start_s, segment.stop_s, segment.label) for segment in track.segments])
    bouts = bouts.reindex(columns=range(3)).set_axis(["start", "stop", "label"], axis=1)
    stretches = pd.DataFrame(track.seen or [(0.0, END_S)], columns=["first", "last"]).reset_index(names="stretch")
    rows = bouts.merge(stretches, how="cross")
    rows["start"], rows["stop"] = rows[["start", "first"]].max(axis=1), rows[["stop", "last"]].min(axis=1)
    return rows[rows["start"] < rows["stop"]].sort_values("start", ignore_index=True)


# Time budgets ---------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(lanes())
def test_budgets_equal_those_of_pandas(track):
    rows, stretches = clipped(track), track.seen or [(0.0, END_S)]
    watched = sum(stop_s - start_s for start_s, stop_s in stretches)
    lengths = (rows["stop"] - rows["start"]).groupby(rows["label"]).agg(["count", "sum", "mean", "median"])
    for made in study.time_budget(track, LABELS, END_S):
        if made.label not in lengths.index:
            assert (made.count, made.total_s, made.mean_s, made.median_s, made.latency_s) == (0, 0, None, None, None)
            continue
        expected = lengths.loc[made.label]
        first = rows[rows["label"] == made.label].iloc[0]
        before = sum(stop_s - start_s for start_s, stop_s in stretches[: int(first["stretch"])])
        numbers = (made.count, made.total_s, made.mean_s, made.median_s)
        assert numbers == pytest.approx(tuple(expected[["count", "sum", "mean", "median"]]), abs=1e-6)
        assert made.share == pytest.approx(expected["sum"] / watched, abs=1e-6)
        assert made.rate_per_min == pytest.approx(expected["count"] / (watched / 60), rel=1e-6)
        assert made.latency_s == pytest.approx(before + first["start"] - first["first"], abs=1e-6)


def test_every_label_is_listed_in_the_order_that_was_given():
    budgets = study.time_budget(lane((1, 2, "b"), (3, 4, "stranger")), ("c", "b", "a"), 10)
    assert [(made.label, made.count) for made in budgets] == [("c", 0), ("b", 1), ("a", 0)]


def test_share_and_rate_are_of_the_watched_stretch_and_not_of_the_clip():
    track = lane((12, 15, "a"), (16, 17, "a"), seen=((10.0, 30.0),))
    made = budget(track, end_s=100)
    assert (made.count, made.total_s, made.share, made.rate_per_min) == (2, 4, 0.2, 6)
    assert (made.mean_s, made.median_s, made.latency_s, made.cut) == (2, 2, 2, 0)


def test_without_watched_stretches_the_clip_was_watched():
    made = budget(lane((2, 4, "a")), end_s=20)
    assert (made.share, made.rate_per_min, made.latency_s) == (0.1, 3, 2)


def test_the_median_is_over_bouts():
    made = budget(lane((0.5, 1, "a"), (2, 3, "a"), (4, 9, "a")))
    assert (made.median_s, made.mean_s) == (1, pytest.approx(6.5 / 3))


def test_a_label_that_never_comes_has_a_share_of_zero_and_no_durations_or_latency():
    made = budget(lane((2, 4, "b")))
    assert asdict(made) == {
        "label": "a",
        "kind": "state",
        "count": 0,
        "total_s": 0,
        "share": 0,
        "mean_s": None,
        "median_s": None,
        "rate_per_min": 0,
        "latency_s": None,
        "cut": 0,
    }


def test_points_have_a_count_a_rate_and_a_latency_but_no_durations():
    made = budget(lane(points=((7, "a"), (4, "a"), (25, "a")), seen=((2.0, 12.0),)), end_s=30)
    assert (made.kind, made.count, made.rate_per_min, made.latency_s) == ("point", 2, 12, 2)
    assert (made.total_s, made.share, made.mean_s, made.median_s, made.cut) == (None, None, None, None, 0)


def test_points_on_both_borders_of_what_was_watched_count():
    made = budget(lane(points=((2, "a"), (10, "a")), seen=((2.0, 12.0),)))
    assert (made.count, made.latency_s) == (2, 0)


def test_a_point_inside_a_bout_of_its_label_is_part_of_it_and_another_is_a_bout_without_length():
    made = budget(lane((2, 4, "a"), points=((3, "a"), (6, "a"), (3, "b"))))
    assert (made.kind, made.count, made.total_s, made.mean_s) == ("state", 2, 2, 1)


@pytest.mark.parametrize(
    ("segments", "seen", "cut"),
    [
        ([(0, 2, "a"), (4, 5, "a")], (), 1),  # begins with the clip
        ([(1, 2, "a"), (8, 10, "a")], (), 1),  # ends with the clip
        ([(0, 10, "a")], (), 1),  # both, and still one bout
        ([(1, 3, "a"), (4, 7, "a")], ((2.0, 6.0),), 2),
        ([(2.5, 3, "a")], ((2.0, 6.0),), 0),
    ],
)
def test_bouts_that_touch_a_border_of_what_was_watched_count_and_are_cut(segments, seen, cut):
    made = budget(lane(*segments, seen=seen))
    assert (made.count, made.cut) == (len(segments), cut)


def test_of_bouts_that_leave_the_watched_stretch_only_the_part_inside_counts():
    made = budget(lane((1, 4, "a"), (8, 9, "a"), seen=((3.0, 7.0),)))
    assert (made.count, made.total_s, made.share, made.latency_s) == (1, 1, 0.25, 0)


def test_a_bout_never_spans_an_unwatched_hole():
    made = budget(lane((1, 9, "a"), seen=((0.0, 3.0), (5.0, 10.0))))
    assert (made.count, made.total_s, made.mean_s, made.cut) == (2, 6, 3, 2)


def test_stretches_that_touch_are_one():
    made = budget(lane((1, 9, "a"), seen=((0.0, 3.0), (3.0, 10.0))))
    assert (made.count, made.total_s, made.cut) == (1, 8, 0)


def test_latency_counts_watched_time_only():
    assert budget(lane((7, 8, "a"), seen=((1.0, 3.0), (5.0, 10.0)))).latency_s == 4


def test_stretches_end_with_the_clip():
    assert budget(lane((1, 2, "a"), seen=((0.0, 20.0),)), end_s=10).share == 0.1


def test_where_nobody_knows_how_long_was_watched_there_is_no_share_and_no_rate():
    made = budget(lane((1, 2, "a"), (3, 6, "a")), end_s=0)
    assert (made.count, made.total_s, made.share, made.rate_per_min, made.latency_s) == (2, 4, None, None, 1)
    assert study.watched_s(lane((1, 2, "a")), 0) is None


@pytest.mark.parametrize("stretch", [(30.0, 40.0), (1.0, 1.0), (1.5, 1.5)])
def test_where_nothing_was_watched_nothing_is_counted(stretch):
    made = budget(lane((1, 2, "a"), points=((1, "a"), (1.5, "a")), seen=(stretch,)))
    assert (made.count, made.share, made.rate_per_min) == (0, None, None)


def test_gaps_between_bouts_of_a_label_do_not_span_holes():
    track = lane((1, 2, "a"), (2, 3, "b"), (4, 5, "a"), (8, 9, "a"), (9, 9.5, "a"), seen=((0.0, 6.0), (7.0, 10.0)))
    assert study.inter_bout_s(track, "a") == (2, 0)
    assert study.inter_bout_s(track, "b") == ()


# Transitions ----------------------------------------------------------------------------------------------------------


@settings(max_examples=15)
@given(lanes(), st.sampled_from([None, 0.0, 0.5]))
def test_transitions_equal_those_of_pandas(track, longest_s):
    rows = clipped(track)
    later = rows.groupby("stretch")[["start", "label"]].shift(-1)
    gap = later["start"] - rows["stop"]
    kept = later["label"].notna() & (gap <= (math.inf if longest_s is None else longest_s + 1e-9))
    expected = pd.DataFrame({"from": rows["label"], "to": later["label"]})[kept].value_counts()
    assert study.transitions(track, longest_s, end_s=END_S) == expected.to_dict()


def test_a_transition_leads_to_the_next_bout_whatever_the_gap():
    track = lane((0, 1, "a"), (1, 2, "b"), (50, 51, "a"), (52, 53, "a"))
    assert study.transitions(track) == {("a", "b"): 1, ("b", "a"): 1, ("a", "a"): 1}


def test_a_gap_of_the_longest_length_still_makes_a_transition_and_a_longer_none():
    track = lane((0, 0.1, "a"), (0.3, 1, "b"), (1.21, 2, "a"))  # 0.3 - 0.1 is a bit less than 0.2 in floating point
    assert study.transitions(track, 0.2) == {("a", "b"): 1}


def test_the_gaps_of_transitions_are_told_with_them():
    track = lane((0, 1, "a"), (1.5, 2, "b"), (5, 6, "b"))
    assert study.transitions_with_gaps(track) == [("a", "b", 0.5), ("b", "b", 3)]


def test_no_transition_leads_across_an_unwatched_hole():
    track = lane((1, 4, "a"), (6, 7, "b"), (8, 9, "c"), seen=((0.0, 3.0), (5.0, 10.0)))
    assert study.transitions(track) == {("b", "c"): 1}


def test_points_neither_make_nor_break_a_transition():
    assert study.transitions(lane((1, 2, "a"), (4, 5, "b"), points=((3, "p"),))) == {("a", "b"): 1}


@given(lanes())
def test_shares_of_transitions_from_a_label_sum_to_one(track):
    counts = study.transitions(track)
    shares = study.transition_shares(counts)
    sums = Counter()
    for (label, _), share in shares.items():
        sums[label] += share
    assert dict(sums) == pytest.approx({label: 1.0 for label, _ in counts})


def test_shares_of_transitions_by_hand():
    counts = Counter({("a", "b"): 3, ("a", "c"): 1, ("b", "a"): 2, ("c", "a"): 0})
    assert study.transition_shares(counts) == {("a", "b"): 0.75, ("a", "c"): 0.25, ("b", "a"): 1}


# Clips of a subject ---------------------------------------------------------------------------------------------------


def test_clips_of_a_subject_are_pooled_by_their_watched_time_and_their_bouts():
    short = lane((1, 5, "a"))  # 4 of 10 s
    long = lane((10, 11, "a"), (20, 21, "a"), (30, 31, "a"), seen=((0.0, 90.0),))  # 3 of 90 s
    empty = lane((1, 2, "b"))
    budgets = [budget(short), budget(long, end_s=90), budget(empty, end_s=20)]
    made = study.pooled(budgets, [10, 90, 20])
    assert (made.count, made.total_s, made.cut) == (4, 7, 0)
    assert made.share == pytest.approx(7 / 120)  # and not the mean of 0.4, 0.033 and 0
    assert made.rate_per_min == pytest.approx(2)
    assert made.mean_s == pytest.approx(7 / 4)  # and not the mean of 4 and 1
    assert made.latency_s == pytest.approx((1 + 10) / 2)  # over the clips where it comes
    assert made.median_s is None


@settings(max_examples=15)
@given(st.lists(lanes(), min_size=1, max_size=4))
def test_pooled_budgets_are_those_of_all_bouts_together(tracks):
    rows = pd.concat([clipped(track) for track in tracks])
    rows = rows[rows["label"] == "a"]
    watched = [study.watched_s(track, END_S) for track in tracks]
    made = study.pooled([budget(track, end_s=END_S) for track in tracks], watched)
    lengths = rows["stop"] - rows["start"]
    assert made.count == len(rows)
    assert made.share == pytest.approx(lengths.sum() / sum(watched), abs=1e-6)
    assert made.mean_s == (pytest.approx(lengths.mean(), abs=1e-6) if len(rows) else None)


def test_pooled_points_stay_points_and_a_clip_without_the_label_does_not_change_that():
    made = study.pooled([budget(lane(points=((3, "a"),))), budget(lane())], [10, 10])
    assert (made.kind, made.count, made.rate_per_min, made.share, made.total_s) == ("point", 1, 3, None, None)


def test_pooled_clips_of_which_one_has_no_known_length_have_no_share():
    made = study.pooled([budget(lane((1, 2, "a"))), budget(lane((1, 2, "a")), end_s=0)], [10, None])
    assert (made.count, made.mean_s, made.share, made.rate_per_min) == (2, 1, None, None)


def test_only_budgets_of_the_same_label_are_pooled():
    with pytest.raises(ValueError, match=r"\['a', 'b'\]"):
        study.pooled([budget(lane()), budget(lane(), "b")], [10, 10])
    with pytest.raises(ValueError, match="0 budgets"):
        study.pooled([], [])


# Two groups -----------------------------------------------------------------------------------------------------------


def scipy_p(values_a, values_b) -> float:
    def difference(first, second, axis):
        return second.mean(axis=axis) - first.mean(axis=axis)

    return stats.permutation_test((values_a, values_b), difference, vectorized=True, n_resamples=math.inf).pvalue


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.integers(2, 5), st.integers(2, 5), st.booleans())
def test_exact_p_values_equal_those_of_scipy(seed, n_a, n_b, ties):
    rng = np.random.default_rng(seed)
    values_a, values_b = rng.gamma(2, 1, n_a), rng.gamma(2, 2, n_b)
    if ties:  # eighths have exact sums, so that scipy sees the ties too
        values_a, values_b = np.round(8 * values_a) / 8, np.round(8 * values_b) / 8
    made = study.compare(values_a, values_b)
    assert made.p == pytest.approx(scipy_p(values_a, values_b), abs=1e-9)
    assert made.difference == pytest.approx(values_b.mean() - values_a.mean())


def test_p_by_hand():
    made = study.compare([1, 2, 3], [4, 5, 6])
    assert made.p == pytest.approx(2 / math.comb(6, 3))
    assert (made.n_a, made.n_b, made.mean_a, made.mean_b, made.difference) == (3, 3, 2, 5, 3)
    assert "exact" in made.method


def test_two_subjects_tell_nothing():
    assert study.compare([1.0], [2.0]).p == 1


def test_p_of_random_arrangements_is_near_the_exact_one_and_never_zero():
    rng = np.random.default_rng(3)
    values_a, values_b = rng.normal(0, 1, 9), rng.normal(0.9, 1, 9)  # 48,620 arrangements
    made = study.compare(values_a, values_b)
    assert "random" in made.method
    values = np.concatenate([values_a, values_b])
    sums = values[list(combinations(range(18), 9))].sum(axis=1)
    expected = np.mean(np.abs(sums - values.sum() / 2) >= abs(values_a.sum() - values.sum() / 2) - 1e-12)
    assert made.p == pytest.approx(expected, abs=0.01)
    assert study.compare(np.zeros(30), np.ones(30)).p == 2 / 10_000


def test_ties_that_floating_point_breaks_are_ties():
    made = study.compare([0.1, 0.2, 0.3, 0.7], [0.3, 0.7, 0.2, 0.1])
    assert made.p == 1
    assert study.compare([0.1 + 0.2] * 5, [0.3] * 5).p == 1


def test_the_interval_is_around_the_difference_and_narrows_with_more_subjects():
    rng = np.random.default_rng(1)
    few, many = (study.compare(rng.normal(0, 1, n), rng.normal(2, 1, n)) for n in (8, 50))
    for made in (few, many):
        assert made.low < made.difference < made.high
    assert 0 < many.low < 2 < many.high
    assert many.high - many.low < (few.high - few.low) / 2
    narrower = study.compare([1, 2, 3, 4, 5], [2, 4, 6, 8, 9], confidence=0.8)
    wider = study.compare([1, 2, 3, 4, 5], [2, 4, 6, 8, 9], confidence=0.95)
    assert wider.low < narrower.low < narrower.high < wider.high


def test_the_interval_of_few_values_is_a_bootstrap_t_interval():
    values_a, values_b = np.random.default_rng(5).gamma(2.0, size=8), np.random.default_rng(6).gamma(3.0, size=6)
    rng = np.random.default_rng(7)
    drawn_a, drawn_b = (
        group[rng.integers(0, len(group), (999, len(group)), np.int32)] for group in (values_a, values_b)
    )
    difference = values_b.mean() - values_a.mean()
    error = np.sqrt(values_a.var(ddof=1) / 8 + values_b.var(ddof=1) / 6)
    errors = np.sqrt(drawn_a.var(axis=1, ddof=1) / 8 + drawn_b.var(axis=1, ddof=1) / 6)
    ratios = (drawn_b.mean(axis=1) - drawn_a.mean(axis=1) - difference) / errors
    below, above = np.quantile(ratios, (0.025, 0.975), method="nearest")
    result = study.compare(values_a, values_b, seed=7, draws=999)
    assert (result.low, result.high) == pytest.approx((difference - above * error, difference - below * error))


def test_the_interval_of_many_normal_values_is_that_of_welch():
    rng = np.random.default_rng(2)
    values_a, values_b = rng.normal(0, 1, 60), rng.normal(1, 3, 40)
    made = study.compare(values_a, values_b)
    welch = stats.ttest_ind(values_b, values_a, equal_var=False).confidence_interval()
    assert (made.low, made.high) == pytest.approx((welch.low, welch.high), abs=0.15)


def test_the_same_seed_gives_the_same_numbers_and_exchanged_groups_the_opposite_sign():
    values_a, values_b = np.random.default_rng(4).gamma(2, 1, (2, 12))
    made = study.compare(values_a, values_b, seed=7)
    assert made == study.compare(values_a, values_b, seed=7)
    assert made != study.compare(values_a, values_b, seed=8)
    assert study.compare(values_b, values_a).difference == pytest.approx(-made.difference)


def test_fewer_than_five_subjects_have_no_interval_and_still_a_p_value():
    made = study.compare([1, 2, 3, 4], [5, 6, 7, 8, 9])
    assert (made.low, made.high) == (None, None)
    assert made.p == pytest.approx(2 / math.comb(9, 4))
    assert "at least 5 subjects" in " ".join(made.notes)


@pytest.mark.parametrize("scale", [1.0, 0.1, 1e9])
@pytest.mark.parametrize("values_b", [[3.0] * 6, [5.0] * 6, [1.0, 2.0, 3.0, 4.0, 5.0, 7.0]])
def test_a_group_in_which_all_values_are_equal_has_no_interval(values_b, scale):
    made = study.compare(np.array([3.0] * 6) * scale, np.array(values_b) * scale)
    assert (made.low, made.high) == (None, None)
    assert "same value" in " ".join(made.notes)
    assert (made.p == 1) == (values_b == [3.0] * 6)


@pytest.mark.parametrize("step", [1.0, 0.1, 1e-9])
def test_hardly_varied_groups_have_no_interval_rather_than_a_wrong_one(step):
    made = study.compare(np.array([0, 0, 0, 0, 1]) * step + 0.1, np.array([0, 0, 0, 0, 1]) * step + 0.3)
    assert (made.low, made.high) == (None, None)
    assert "too few different values" in " ".join(made.notes)


def test_missing_values_are_left_out_and_counted():
    made = study.compare([1.0, None, 2.0, math.nan], np.array([3.0, math.inf, 5.0]))
    assert (made.n_a, made.n_b, made.mean_a, made.mean_b) == (2, 2, 1.5, 4)
    assert made.notes[0] == "3 of 7 subjects have no value and were left out."


@pytest.mark.parametrize(("values_a", "values_b"), [([], []), ([], [1.0]), ([None], [1.0, 2.0])])
def test_an_empty_group_has_no_difference_and_no_p_value(values_a, values_b):
    made = study.compare(values_a, values_b)
    assert (made.n_a, made.mean_a, made.difference, made.low, made.high, made.p) == (0, None, None, None, None, None)


def test_the_confidence_is_a_share():
    with pytest.raises(ValueError, match="got 95"):
        study.compare([1.0], [2.0], confidence=95)


# Many comparisons -----------------------------------------------------------------------------------------------------


def test_holm_by_hand():
    assert study.adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert study.adjusted([0.6, 0.7]) == (1, 1)


def test_benjamini_hochberg_by_hand():
    made = study.adjusted([0.01, 0.04, 0.03, 0.005], "benjamini-hochberg")
    assert made == pytest.approx((0.02, 0.04, 0.04, 0.02))


@pytest.mark.parametrize("method", ["holm", "benjamini-hochberg"])
def test_comparisons_without_a_p_value_do_not_count(method):
    assert study.adjusted([None, 0.02, math.nan], method) == (None, pytest.approx(0.02), None)
    assert study.adjusted([], method) == ()
    assert study.adjusted([None], method) == (None,)


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="bonferroni"):
        study.adjusted([0.1], "bonferroni")
