"""Labels are carried to an exported, trimmed clip and back, and no step of a recipe moves them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from core import carrying
from core.base.errors import RecipeInvalid
from core.carrying import Cut
from core.domain import Lane, Point, Recipe, Segment, Track
from core.preprocess import Flip, Resample, Rotate, Trim
from tests.labels import VARIABLE, A

MS = st.integers(0, 10_000)


@st.composite
def lanes(draw) -> Lane:
    """Segments, points and seen stretches in whole milliseconds up to 10 s."""
    ends = sorted(draw(st.sets(MS, max_size=12)))
    segments = tuple(
        Segment(one / 1000, other / 1000, draw(st.sampled_from(["walk", "走る"])))
        for one, other in pairwise(ends)
        if draw(st.booleans())
    )
    seen = sorted(draw(st.sets(MS, max_size=6)))
    points = tuple(Point(one / 1000, "blink") for one in sorted(draw(st.sets(MS, max_size=3))))
    spans = tuple((one / 1000, other / 1000) for one, other in zip(seen[::2], seen[1::2], strict=False))
    return Lane(segments, points, spans)


@st.composite
def cuts(draw) -> Cut:
    start_ms = draw(st.integers(0, 9_000))
    return Cut(start_ms / 1000, (start_ms + draw(st.integers(1, 10_000 - start_ms))) / 1000)


def what_is(lane: Lane, time_s: float) -> tuple[str, bool]:
    """The label at a moment, and whether somebody looked at it."""
    label = next((one.label for one in lane.segments if one.start_s <= time_s < one.stop_s), "")
    return label, any(start_s <= time_s < stop_s for start_s, stop_s in lane.seen)


@given(lanes(), cuts(), st.lists(MS, min_size=1, max_size=20))
@hypothesis_settings(max_examples=60, deadline=None, database=None)
def test_each_moment_of_the_exported_clip_has_the_label_of_the_source(lane, cut, moments):
    shown = carrying.to_export(lane, cut)
    for moment in moments:
        time_s = moment / 1000 + 0.0005
        if cut.start_s <= time_s < cut.stop_s:
            assert what_is(shown, time_s - cut.start_s) == what_is(lane, time_s)
    assert all(one.stop_s <= cut.stop_s - cut.start_s + 1e-9 for one in shown.segments)


@given(lanes(), cuts(), st.lists(MS, min_size=1, max_size=20))
@hypothesis_settings(max_examples=60, deadline=None, database=None)
def test_back_on_the_source_nothing_has_moved_and_outside_nothing_is_known(lane, cut, moments):
    again = carrying.to_source(carrying.to_export(lane, cut), cut)
    for moment in moments:
        time_s = moment / 1000 + 0.0005
        inside = cut.start_s <= time_s < cut.stop_s
        assert what_is(again, time_s) == (what_is(lane, time_s) if inside else ("", False))


@given(lanes(), cuts())
@hypothesis_settings(max_examples=60, deadline=None, database=None)
def test_what_was_not_edited_is_put_back_as_it_was(lane, cut):
    again = carrying.put_back(lane, carrying.to_export(lane, cut), cut)
    assert [(one.label, round(one.start_s, 6), round(one.stop_s, 6)) for one in again.segments] == [
        (one.label, one.start_s, one.stop_s) for one in lane.segments
    ]
    assert [round(one.time_s, 6) for one in again.points] == [one.time_s for one in lane.points]


def test_an_edit_of_the_exported_clip_replaces_what_lay_there():
    lane = Lane((Segment(0.0, 4.0, "walk"), Segment(6.0, 9.0, "run")), seen=((0.0, 10.0),))
    edited = Lane((Segment(0.5, 1.0, "jump"),), seen=((0.0, 3.0),))
    again = carrying.put_back(lane, edited, Cut(2.0, 5.0))
    assert [(one.label, one.start_s, one.stop_s) for one in again.segments] == [
        ("walk", 0.0, 2.0),
        ("jump", 2.5, 3.0),
        ("run", 6.0, 9.0),
    ]
    assert again.seen == ((0.0, 10.0),)


def test_only_trimming_gives_a_cut_and_resampling_rotating_and_flipping_change_nothing():
    whole = Cut(0.0, 0.4)
    assert carrying.cut_of(Recipe(), A) == whole
    assert carrying.cut_of(Recipe((Rotate(), Flip())), A) == whole
    assert carrying.cut_of(Recipe((Resample(12.5),)), A).start_s == 0.0
    assert carrying.cut_of(Recipe((Trim((0.1, 0.3)), Rotate())), A) == Cut(0.12, 0.32)


def test_the_cut_of_a_clip_of_varying_rate_follows_its_clock():
    assert carrying.cut_of(Recipe((Trim((0.05, 0.3)),)), VARIABLE) == Cut(0.12, 0.32)
    with pytest.raises(RecipeInvalid):
        carrying.cut_of(Recipe((Trim((0.62, 0.66)),)), VARIABLE)


def test_a_track_goes_with_its_author_and_none_is_left_where_nothing_was_seen():
    track = Track("source", ("nothing", "walk"), (Segment(1.0, 3.0, "walk", 0.5),), (0.5, 4.0), "me")
    shown = carrying.track_to_export(track, Cut(2.0, 5.0), "export")
    assert shown == Track("export", ("nothing", "walk"), (Segment(0.0, 1.0, "walk", 0.5),), (0.0, 2.0), "me")
    again = carrying.track_to_source(shown, Cut(2.0, 5.0), "source")
    assert again == Track("source", ("nothing", "walk"), (Segment(2.0, 3.0, "walk", 0.5),), (2.0, 4.0), "me")
    assert carrying.track_to_export(track, Cut(4.0, 5.0), "export") is None
