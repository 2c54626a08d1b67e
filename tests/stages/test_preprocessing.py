"""Each preprocessing step against expectations computed by other means, and one contract over all of them."""

import itertools
import math
import statistics
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import RecipeInvalid
from core.base.knobs import Knob, knobs
from core.base.registry import STEPS
from core.domain import NO_PICTURE, Frame, Recipe, serialization
from core.stages.preprocessing.filters import Denoise, Gamma, Lighten, LocalContrast, TemporalSmooth
from core.stages.preprocessing.geometry import Crop, Flip, Resize, Rotate, least_crop_pct
from core.stages.preprocessing.recipes import (
    outline,
    picture_size,
    preview,
    reach,
    source_stretch_s,
    summary,
    with_standard,
)
from core.stages.preprocessing.repair import Repair
from core.stages.preprocessing.sampling import Hold, Resample, Trim
from core.stages.preprocessing.step import Placement


def noise(index: int, *, size_px=(32, 24)) -> np.ndarray:
    """A picture like no other."""
    return np.random.default_rng(index).integers(0, 256, (size_px[1], size_px[0], 3), np.uint8)


def flat(value: int, *, size_px=(32, 24)) -> np.ndarray:
    return np.full((size_px[1], size_px[0], 3), value, np.uint8)


def clip(times_s, *, size_px=(32, 24)) -> list[Frame]:
    return [Frame(index, float(time_s), noise(index, size_px=size_px)) for index, time_s in enumerate(times_s)]


def steady(count: int, *, rate_hz=25, size_px=(32, 24)) -> list[Frame]:
    return clip([float(Fraction(index) / Fraction(rate_hz)) for index in range(count)], size_px=size_px)


def only(step, image: np.ndarray) -> np.ndarray:
    """What a step makes of a single picture."""
    (frame,) = step.apply([Frame(0, 0.0, image)])
    return frame.image


def indices(frames) -> list[int]:
    return [frame.index for frame in frames]


def times(frames) -> list[float]:
    return [frame.time_s for frame in frames]


# The contract of every step -------------------------------------------------------------------------------------------


def values_of(knob: Knob) -> st.SearchStrategy:
    """Any value of a setting; what would make pictures of the tests too large or too small to be quick is left out."""
    if knob.kind == "bool":
        return st.booleans()
    if knob.kind == "choice":
        return st.sampled_from(knob.choices)
    if knob.kind == "int":
        return st.integers(int(knob.low), int(min(knob.high, 48)))
    if knob.kind == "float":
        return st.one_of(st.floats(knob.low, knob.high), st.sampled_from([knob.low, knob.high, knob.default]))
    if knob.unit == "%":
        return st.sampled_from([(0.0, 100.0), (0.0, 60.0), (25.0, 80.0), (50.0, 100.0)])
    return st.sampled_from([knob.default, (0.1, 0.5), (0.3, knob.high)])


def steps_of(step_class: type) -> st.SearchStrategy:
    return st.builds(step_class, **{knob.name: values_of(knob) for knob in knobs(step_class)})


any_step = st.sampled_from(list(STEPS.values())).flatmap(steps_of)
recipes = st.lists(any_step, max_size=5).map(lambda steps: Recipe(tuple(steps)))
gaps = st.lists(st.sampled_from([0.005, 0.03, 0.04, 0.08, 0.2, 0.7, 3.0]), max_size=14)
sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))


def check_contract(recipe: Recipe, source: list[Frame]) -> None:
    copies = [frame.image.copy() for frame in source]
    width, height = source[0].image.shape[1::-1]
    try:
        size = picture_size(recipe, width, height)
        made = list(recipe.apply(source))
    except RecipeInvalid as error:  # nothing would be left of the picture: said, with advice
        assert "leaves" in str(error) and error.hint
        return
    assert all(np.array_equal(frame.image, copy) for frame, copy in zip(source, copies, strict=True))
    assert all(earlier < later for earlier, later in itertools.pairwise(times(made)))
    told = {frame.index: frame.time_s for frame in source}
    for frame in made:
        assert frame.image.dtype == np.uint8 and frame.image.flags.c_contiguous
        assert frame.image.shape == (size.height_px, size.width_px, 3)
        assert frame.index in told and (frame.filled or frame.time_s == told[frame.index])
    assert len({frame.index for frame in made if not frame.filled}) == sum(not frame.filled for frame in made)


@settings(max_examples=300, deadline=None)
@given(recipe=recipes, gaps_s=gaps, size_px=sizes)
def test_any_recipe_keeps_the_contract(recipe, gaps_s, size_px):
    check_contract(recipe, clip(itertools.accumulate(gaps_s, initial=0.0), size_px=size_px))


@pytest.mark.parametrize("name", STEPS)
def test_each_step_keeps_the_contract_at_its_bounds(name):
    step_class = STEPS[name]
    for knob in knobs(step_class):
        ends = {"choice": knob.choices, "bool": (True, False), "range": ((knob.low, knob.high),)}
        for value in ends.get(knob.kind, (knob.low, knob.high)):
            step = step_class(**{knob.name: value})
            for size_px in ((40, 30), (1, 1), (1, 9), (7, 2)):
                check_contract(Recipe((step,)), steady(4, size_px=size_px))


@pytest.mark.parametrize("name", STEPS)
def test_each_step_tells_a_form_what_it_needs(name):
    step_class = STEPS[name]
    assert step_class.label and isinstance(step_class.picture, bool) and step_class.__doc__
    for knob in knobs(step_class):
        assert knob.label and getattr(step_class(), knob.name) == knob.default
        assert knob.kind == "bool" or knob.choices or knob.low < knob.high
        assert len(knob.choices) == len(knob.choice_labels)


@pytest.mark.parametrize("name", STEPS)
def test_each_step_takes_no_more_than_it_needs_and_nothing_from_nothing(name):
    step, asked = STEPS[name](), itertools.count()
    endless = (Frame(index, index / 25, noise(index)) for index in asked)
    assert len(list(itertools.islice(step.apply(endless), 5))) == 5
    assert next(asked) <= 5 + 10
    assert list(step.apply([])) == []


@pytest.mark.parametrize("name", STEPS)
def test_each_step_copes_with_pictures_that_change_their_size(name):
    source = [Frame(i, i / 25, noise(i, size_px=(16 + i // 3, 12))) for i in range(9)]
    assert [frame.index for frame in STEPS[name]().apply(source) if not frame.filled] == list(range(9))


@pytest.mark.parametrize("name", [name for name in STEPS if STEPS[name].frame_by_frame])
def test_a_step_without_memory_makes_the_same_of_the_end_of_a_clip_whose_start_has_no_pictures(name):
    source = [Frame(i, i / 25, noise(i, size_px=(16, 12))) for i in range(30)]
    unseen = [replace(frame, image=NO_PICTURE) if frame.index < 12 else frame for frame in source]
    whole, part = (list(STEPS[name]().apply(frames)) for frames in (source, unseen))
    assert [(frame.index, frame.time_s) for frame in part] == [(frame.index, frame.time_s) for frame in whole]
    for frame, expected in zip(part, whole, strict=True):
        assert frame.image is NO_PICTURE if frame.index < 12 else np.array_equal(frame.image, expected.image)


@pytest.mark.parametrize("name", STEPS)
def test_each_step_survives_a_saved_recipe(name):
    recipe = Recipe((STEPS[name](),))
    assert serialization.from_json(serialization.to_json(recipe), Recipe) == recipe


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_steps_on_single_pictures_and_steps_that_only_choose_may_swap_places(data):
    looks = data.draw(st.sampled_from([Crop, Rotate, Flip, Resize, Gamma, Denoise, LocalContrast]).flatmap(steps_of))
    chooses = data.draw(st.sampled_from([Trim, Resample]).flatmap(steps_of))
    source = steady(12)
    one, other = (list(Recipe(order).apply(source)) for order in ((looks, chooses), (chooses, looks)))
    assert indices(one) == indices(other)
    assert all(np.array_equal(a.image, b.image) for a, b in zip(one, other, strict=True))


# What is refused ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step_class", "field", "value", "said"),
    [
        (Rotate, "angle_deg", 181, "expected a number from -180 to 180 °"),
        (Rotate, "angle_deg", math.nan, "nan"),
        (Rotate, "angle_deg", "90", "'90'"),
        (Rotate, "angle_deg", True, "True"),
        (Rotate, "canvas", "shrink", "expected one of grow, keep"),
        (Resize, "width_px", 640.0, "expected a whole number"),
        (Resize, "width_px", 10**9, "expected a whole number from 16 to 3840 px"),
        (Crop, "across_pct", (60.0, 60.0), "expected two increasing numbers"),
        (Crop, "across_pct", (0.0, 50.0, 100.0), "expected two increasing numbers"),
        (Crop, "across_pct", (-1.0, 50.0), "expected two increasing numbers from 0 to 100 %"),
        (Trim, "kept_s", 5.0, "expected two increasing numbers"),
        (Repair, "blank", 1, "expected true or false"),
        (Denoise, "method", ["median"] * 99, "..."),
    ],
)
def test_a_setting_out_of_bounds_is_refused_with_what_was_expected(step_class, field, value, said):
    with pytest.raises(RecipeInvalid) as caught:
        step_class(**{field: value})
    assert said in str(caught.value) and field in str(caught.value) and len(str(caught.value)) < 250
    assert caught.value.hint


def test_equal_settings_give_one_and_the_same_json():
    assert serialization.to_json(Gamma(2)) == serialization.to_json(Gamma(np.float32(2)))
    assert serialization.to_json(Rotate(-0.0)) == serialization.to_json(Rotate(0))
    assert serialization.to_json(Crop([10, 20])) == serialization.to_json(Crop((10.0, 20.0)))  # type: ignore[arg-type]


def test_crop_that_leaves_next_to_nothing_is_refused_with_the_sizes():
    with pytest.raises(RecipeInvalid, match=r"1 x 24 px of a 32 x 24 px picture.*at least 4 x 4 px"):
        only(Crop(across_pct=(0.0, 3.0)), noise(0))


def test_a_recipe_of_many_turns_cannot_fill_the_memory():
    with pytest.raises(RecipeInvalid, match="at most 8192 px"):
        picture_size(Recipe((Rotate(45),) * 40), 640, 360)


# Time -----------------------------------------------------------------------------------------------------------------


def test_trim_keeps_start_and_drops_stop():
    kept = list(Trim((0.08, 0.2)).apply(steady(10)))
    assert indices(kept) == [2, 3, 4] and times(kept) == [0.08, 0.12, 0.16]


def test_trim_reads_no_further_than_its_stop_and_to_the_end_without_one():
    asked = itertools.count()
    endless = (Frame(index, index / 25, noise(0)) for index in asked)
    assert len(list(Trim((0.0, 0.4)).apply(endless))) == 10 and next(asked) == 11
    assert indices(Trim((86000.0, 86400.0)).apply(clip([0, 86399, 86400, 90000]))) == [1, 2, 3]


def on_screen(times_s: list[float], rate_hz: float, stop_s: float) -> list[int]:
    """The frame on screen at each tick, looked up tick by tick."""
    chosen = []
    for tick in itertools.count():
        now = times_s[0] + tick / rate_hz
        if now >= stop_s - 6e-4:
            return sorted(set(chosen))
        chosen.append(max(index for index, time_s in enumerate(times_s) if time_s <= now + 6e-4))
    raise AssertionError


@settings(max_examples=60, deadline=None)
@given(
    gaps_ms=st.lists(st.integers(3, 400), min_size=1, max_size=40),
    rate=st.sampled_from([0.5, 5.0, 12.5, 24.0, 29.97, 30.0, 60.0]),
)
def test_resample_chooses_the_frame_on_screen_at_each_tick(gaps_ms, rate):
    times_s = [(ms + 0.37) / 1000 + 3 for ms in itertools.accumulate(gaps_ms, initial=0)]
    chosen = indices(Resample(rate).apply(clip(times_s, size_px=(1, 1))))
    assert chosen == on_screen(times_s, rate, times_s[-1] + gaps_ms[-1] / 1000 - 1.2e-3)


def test_resample_keeps_own_times_and_invents_nothing():
    source = steady(10, rate_hz=10)
    assert times(Resample(60.0).apply(source)) == times(source)
    assert indices(Resample(5.0).apply(source)) == [0, 2, 4, 6, 8]
    assert indices(Resample(0.1).apply(source)) == [0]
    assert indices(Resample(25.0).apply(source[:1])) == [0]


def test_resample_does_not_drift_within_an_hour_and_bears_times_in_whole_milliseconds():
    image, count = flat(0, size_px=(1, 1)), 30 * 3600
    rounded = (Frame(i, round(i * 1000 / 30) / 1000, image) for i in range(count))
    assert sum(1 for _ in Resample(30.0).apply(rounded)) == count
    every_second = (Frame(i, round(i * 1000 / 30) / 1000, image) for i in range(count))
    assert indices(Resample(15.0).apply(every_second)) == list(range(0, count, 2))


# Place ----------------------------------------------------------------------------------------------------------------


def test_crop_cuts_the_rectangle_it_draws():
    image = noise(3, size_px=(200, 100))
    step = Crop(across_pct=(10.0, 60.0), down_pct=(20.0, 95.0))
    box = step.box(200, 100)
    assert (box.left_px, box.top_px, box.width_px, box.height_px) == (20, 20, 100, 75)
    assert np.array_equal(only(step, image), image[20:95, 20:120])


@pytest.mark.parametrize(("angle", "turns"), [(0, 0), (90, 3), (180, 2), (-180, 2), (-90, 1)])
def test_quarter_turns_move_pixels_clockwise_and_mix_none(angle, turns):
    image = noise(4)
    assert np.array_equal(only(Rotate(angle), image), np.rot90(image, turns))


def test_a_quarter_turn_within_its_canvas_is_centred_and_cut_off():
    image = noise(5, size_px=(30, 20))
    turned = only(Rotate(90, "keep"), image)
    expected = np.zeros_like(image)
    expected[:, 5:25] = np.rot90(image, -1)[5:25]
    assert np.array_equal(turned, expected)


def test_rotate_turns_clockwise_about_the_middle():
    image = flat(0, size_px=(101, 101))
    image[50, 90] = 255  # 40 px to the right of the middle
    turned = only(Rotate(30, "keep"), image).astype(float).sum(axis=2)
    down, across = (np.average(np.arange(101), weights=turned.sum(axis=1 - axis)) for axis in (0, 1))
    assert across == pytest.approx(50 + 40 * math.cos(math.radians(30)), abs=0.1)
    assert down == pytest.approx(50 + 40 * math.sin(math.radians(30)), abs=0.1)


def test_rotate_grows_the_canvas_to_hold_every_corner():
    image = flat(255, size_px=(120, 80))
    grown = only(Rotate(37.5), image)
    turn = math.radians(37.5)
    assert grown.shape[1] == math.ceil(120 * math.cos(turn) + 80 * math.sin(turn))
    assert grown.shape[0] == math.ceil(120 * math.sin(turn) + 80 * math.cos(turn))
    assert grown.sum() / 255 / 3 == pytest.approx(120 * 80, rel=0.01)
    assert only(Rotate(37.5, "keep"), image).shape == image.shape


def test_rotate_there_and_back_gives_nearly_the_same_picture():
    smooth = cv2.GaussianBlur(noise(6, size_px=(120, 90)), (0, 0), 4)
    back = only(Rotate(-23.0, "keep"), only(Rotate(23.0, "keep"), smooth))
    assert np.abs(back[30:60, 40:80].astype(int) - smooth[30:60, 40:80]).mean() < 1.5


def test_flip_mirrors():
    image = noise(7)
    assert np.array_equal(only(Flip("horizontal"), image), image[:, ::-1])
    assert np.array_equal(only(Flip("vertical"), image), image[::-1])
    assert np.array_equal(only(Flip("both"), image), image[::-1, ::-1])


def test_resize_to_a_half_averages_four_pixels():
    image = noise(8, size_px=(64, 48))
    expected = image.reshape(24, 2, 32, 2, 3).mean(axis=(1, 3))
    made = only(Resize(32, 24), image)
    assert np.abs(made - expected).max() <= 0.5


@pytest.mark.parametrize(
    ("shape", "size"), [("fit", (100, 50)), ("pad", (100, 100)), ("stretch", (100, 100))], ids=lambda value: str(value)
)
def test_resize_keeps_the_shape_unless_told_to_stretch(shape, size):
    made = only(Resize(100, 100, shape), flat(200, size_px=(200, 100)))
    assert made.shape == (size[1], size[0], 3)
    if shape == "pad":
        assert not made[:25].any() and not made[75:].any() and (made[25:75] == 200).all()
    else:
        assert (made == 200).all()


# Noise and light ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("radius", [1, 2, 3, 4])
def test_median_is_the_middle_value_of_the_square(radius):
    image = noise(9, size_px=(40, 46))
    side = 2 * radius + 1
    padded = np.pad(image, ((radius, radius), (radius, radius), (0, 0)), mode="edge")
    squares = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(0, 1))  # (H, W, 3, side, side)
    assert np.array_equal(only(Denoise("median", radius), image), np.median(squares, axis=(3, 4)).astype(np.uint8))


def test_gaussian_of_a_point_is_the_bell_curve():
    image = flat(0, size_px=(21, 21))
    image[10, 10] = 255
    bell = np.exp(-(np.arange(-4, 5) ** 2) / (2 * 2.0**2))
    bell /= bell.sum()
    made = only(Denoise("gaussian", 4), image)[6:15, 6:15, 0]
    assert np.abs(made - 255 * np.outer(bell, bell)).max() <= 1


def test_bilateral_calms_noise_and_leaves_edges():
    image = flat(60, size_px=(60, 40))
    image[:, 30:] = 200
    noisy = (image + np.random.default_rng(1).normal(0, 6, image.shape)).clip(0, 255).astype(np.uint8)
    made = only(Denoise("bilateral", 3), noisy).astype(int)
    assert made[:, 5:25].std() < 0.5 * noisy[:, 5:25].std()
    assert made[:, 30].mean() - made[:, 29].mean() > 130


@pytest.mark.parametrize(("count", "radius"), [(9, 1), (9, 3), (5, 7), (3, 3), (1, 1), (2, 1)])
def test_temporal_smooth_is_the_mean_of_the_neighbours(count, radius):
    source = steady(count)
    made = list(TemporalSmooth(radius).apply(source))
    assert times(made) == times(source)
    for place, frame in enumerate(made):
        near = [other.image for other in source[max(0, place - radius) : place + radius + 1]]
        assert np.abs(frame.image - np.mean(near, axis=0)).max() <= 0.51


def test_gamma_follows_its_formula():
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    made = only(Gamma(2.2), ramp)[0, :, 0]
    assert made.tolist() == [math.floor(255 * (value / 255) ** (1 / 2.2) + 0.5) for value in range(256)]
    assert np.array_equal(only(Gamma(1.0), ramp), ramp)
    assert only(Gamma(2.0), flat(40)).mean() > 90 > 40 > only(Gamma(0.5), flat(40)).mean()


def test_local_contrast_opens_shadows_and_keeps_greys_grey():
    dark = np.random.default_rng(2).normal(30, 4, (90, 120, 1)).clip(0, 255).astype(np.uint8).repeat(3, axis=2)
    made = only(LocalContrast(clip_limit=4.0), dark).astype(int)
    assert made[..., 0].std() > 2 * dark[..., 0].std()
    assert np.ptp(made, axis=2).max() <= 2


def test_lighten_opens_dark_pictures_in_full_and_grey_ones_in_part():
    rng = np.random.default_rng(2)
    dark, twilight = (
        rng.normal(mean, 4, (90, 120, 1)).clip(0, 255).astype(np.uint8).repeat(3, axis=2) for mean in (30, 64)
    )
    made, half = only(Lighten(), dark).astype(int), only(Lighten(), twilight).astype(int)
    assert np.array_equal(made, only(LocalContrast(), dark).astype(int))
    whole = only(LocalContrast(), twilight).astype(int)
    assert twilight.std() < half.std() < whole.std()


def test_lighten_leaves_a_bright_picture_as_it_is_to_the_bit():
    bright = np.random.default_rng(3).integers(60, 256, (90, 120, 3), dtype=np.uint8)
    assert np.array_equal(only(Lighten(10.0), bright), bright)


# Repair ---------------------------------------------------------------------------------------------------------------


def without(frames: list[Frame], *missing: int) -> list[Frame]:
    return [frame for frame in frames if frame.index not in missing]


@pytest.mark.parametrize("missing", [(10,), (10, 11, 12), (3, 9, 15), (1,), (18,)])
def test_repair_fills_missing_frames_at_the_times_they_had(missing):
    source = steady(20)
    made = list(Repair().apply(without(source, *missing)))
    assert times(made) == pytest.approx(times(source))
    assert [place for place, frame in enumerate(made) if frame.filled] == list(missing)
    assert len(made) == 20


def test_repair_holds_the_picture_before_or_blends_towards_the_one_after():
    source = without(steady(20), 10, 11, 12)
    held, blended = (list(Repair(method).apply(source)) for method in ("hold", "blend"))
    assert all(np.array_equal(held[place].image, source[9].image) for place in (10, 11, 12))
    quarter = 0.75 * source[9].image + 0.25 * source[10].image
    assert np.abs(blended[10].image - quarter).max() <= 0.51
    assert {frame.index for frame in blended[9:13]} == {9}


def test_repair_leaves_a_gap_alone_that_is_too_long():
    source = without(steady(60), *range(10, 40))
    assert indices(Repair().apply(source)) == indices(source)
    assert len(list(Repair(longest_s=2.0).apply(source))) == 60


def test_repair_leaves_a_clip_alone_that_changes_its_rate_for_good():
    fast_then_slow = clip([*(i / 25 for i in range(30)), *(30 / 25 + i / 5 for i in range(30))])
    assert indices(Repair().apply(fast_then_slow)) == list(range(60))
    slow_then_fast = clip([*(i / 5 for i in range(30)), *(30 / 5 + i / 25 for i in range(30))])
    assert indices(Repair().apply(slow_then_fast)) == list(range(60))


def test_repair_goes_by_the_smaller_of_the_two_gaps_in_the_middle():
    """Around the last are three gaps of 40 ms and three of 80 ms: 40 ms are usual, and each of 80 ms is filled."""
    source = clip([0.0, 0.04, 0.08, 0.12, 0.20, 0.28, 0.36])
    made = list(Repair().apply(source))
    assert times(made) == pytest.approx([0.04 * place for place in range(10)])
    assert [place for place, frame in enumerate(made) if frame.filled] == [4, 6, 8]


def test_repair_leaves_the_small_jitter_of_a_phone_alone():
    random = np.random.default_rng(3)
    source = clip(np.cumsum(random.uniform(0.028, 0.040, 80)))
    assert indices(Repair().apply(source)) == list(range(80))


def test_repair_brings_a_clip_without_its_repeated_frames_back_to_its_usual_gap():
    kept = [index for index in range(60) if index % 6 != 2 and index not in (20, 21, 22)]
    source = clip([index / 25 for index in kept])
    made = list(Repair().apply(source))
    assert np.allclose(np.diff(times(made)), 0.04)
    assert statistics.mean(frame.filled for frame in made) == pytest.approx(1 - len(kept) / 60, abs=0.03)


def test_repair_replaces_blank_pictures_and_keeps_their_times():
    source = steady(12)
    source[5] = Frame(5, source[5].time_s, flat(0))
    source[6] = Frame(6, source[6].time_s, flat(16))
    made = list(Repair("blend").apply(source))
    assert times(made) == times(source) and [frame.index for frame in made if frame.filled] == [5, 6]
    third = source[4].image * (2 / 3) + source[7].image * (1 / 3)
    assert np.abs(made[5].image - third).max() <= 0.51
    kept = list(Repair("blend", blank=False).apply(source))
    assert not any(frame.filled for frame in kept) and not kept[5].image.any()


@pytest.mark.parametrize("blank", [range(4, 8), range(2), range(10, 12), range(12)])
def test_repair_leaves_black_that_is_meant(blank):
    source = [Frame(f.index, f.time_s, flat(0)) if f.index in blank else f for f in steady(12)]
    made = list(Repair().apply(source))
    assert indices(made) == list(range(12)) and not any(frame.filled for frame in made)


# Whole recipes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "step",
    [Rotate(25.0), Rotate(25.0, "keep"), Rotate(90.0), Flip("both"), Flip("vertical"), Resize(90, 90, "pad"),
     Resize(50, 70, "stretch"), Crop((25.0, 90.0), (10.0, 80.0))],
    ids=str,
)  # fmt: skip
def test_placement_tells_where_a_thing_ends_up(step):
    image = flat(0, size_px=(120, 80))
    image[38:42, 68:72] = 255  # centred on (70, 40)
    made = only(step, image).astype(float).sum(axis=2)
    seen = [np.average(np.arange(made.shape[1 - axis]) + 0.5, weights=made.sum(axis=axis)) for axis in (0, 1)]
    place: Placement = step.placement(120, 80)
    assert (place.matrix @ [70, 40, 1])[:2] == pytest.approx(seen, abs=0.15)
    assert made.shape == (place.height_px, place.width_px)


def test_outline_draws_the_crop_on_the_source_picture():
    crop = Crop(across_pct=(25.0, 75.0), down_pct=(0.0, 50.0))
    assert outline(Recipe((Gamma(2.0),)), 200, 100) is None
    drawn = outline(Recipe((crop,)), 200, 100)
    assert drawn is not None and drawn.tolist() == [[50, 0], [150, 0], [150, 50], [50, 50]]
    turned = outline(Recipe((Rotate(90), crop)), 200, 100)  # the upper half after the turn was the left half
    assert turned is not None
    assert turned == pytest.approx(np.array([[0, 75], [0, 25], [100, 25], [100, 75]], float), abs=1e-9)


def test_a_trim_before_anything_that_looks_around_tells_what_to_decode():
    assert source_stretch_s(Recipe()) == (0.0, math.inf)
    assert source_stretch_s(Recipe((Gamma(), Trim((2.0, 9.0)), Trim((3.0, 86400.0)), Resample()))) == (3.0, 9.0)
    assert source_stretch_s(Recipe((TemporalSmooth(), Trim((2.0, 9.0))))) == (0.0, math.inf)


def test_a_preview_shows_the_moment_as_the_whole_recipe_would_make_it():
    recipe = Recipe((Trim((0.1, 0.6)), Rotate(90), TemporalSmooth(2), Resample(5.0), Gamma(1.5)))
    source = steady(20)
    assert reach(recipe) == 2
    shown = preview(recipe, source[8:13], 0.41)
    whole = list(Recipe((Rotate(90), TemporalSmooth(2), Gamma(1.5))).apply(source))
    assert shown is not None and shown.index == 10 and np.array_equal(shown.image, whole[10].image)
    assert preview(recipe, [], 1.0) is None


def test_frame_times_of_a_real_variable_clip_are_repaired_or_kept(shared_data):
    video = pytest.importorskip("core.stages.video")
    path = shared_data / "awkward" / "vfr.mp4"
    source = list(video.read(video.probe(path, video.digest(path))))
    made = list(Repair().apply(source))
    assert [frame.time_s for frame in made if not frame.filled] == times(source)
    assert np.diff(times(made)).max() <= np.diff(times(source)).max()


def test_steps_are_offered_in_the_order_of_their_documentation():
    page = (Path(__file__).resolve().parents[2] / "docs" / "steps.md").read_text()
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]
    assert [step.label for step in STEPS.values()] == headings


@pytest.mark.parametrize("name", STEPS)
def test_each_step_and_its_settings_are_documented(name):
    page = (Path(__file__).resolve().parents[2] / "docs" / "steps.md").read_text()
    (section,) = [part for part in page.split("\n## ") if part.startswith(f"{STEPS[name].label}\n")]
    for knob in knobs(STEPS[name]):
        assert f"`{knob.name}`" in section
        assert all(f"`{choice}`" in section for choice in knob.choices) and f"**{knob.label}**" in section
        if knob.kind in ("int", "float", "range"):
            assert f"{knob.low:g} to {knob.high:g}" in section


def test_a_held_end_adds_pictures_after_the_end_and_nothing_before():
    made = list(Hold(held_s=0.5).apply(steady(4)))
    assert [frame.filled for frame in made] == [False] * 4 + [True] * 12
    assert {frame.index for frame in made[4:]} == {3} and made[-1].time_s == pytest.approx(made[3].time_s + 12 / 25)
    assert np.array_equal(made[-1].image, made[3].image)
    assert len(list(Hold(held_s=0.0).apply(steady(4)))) == 4
    assert len(list(Hold(held_s=1.0).apply(steady(1)))) == 26


# The recipe of a clip -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STEPS)
def test_a_neutral_step_changes_nothing(name):
    step, source = STEPS[name](), steady(6)
    if step.is_neutral():
        made = list(step.apply(source))
        assert indices(made) == indices(source)
        assert all(np.array_equal(new.image, old.image) for new, old in zip(made, source, strict=True))
    assert step.is_neutral() == (name in ("Trim", "Crop", "Rotate"))


@pytest.mark.parametrize("step", [Trim((0.0, 8.0)), Trim((0.01, 86400.0)), Crop((0.0, 99.9)), Crop(), Rotate(0.5)])
def test_a_step_is_neutral_only_where_no_setting_changes_anything(step):
    assert step.is_neutral() == (step == Crop())


def test_a_recipe_is_told_in_the_sizes_of_the_clip():
    steps = Recipe((Trim((2.0, 8.0)), Crop((0.0, 50.0), (25.0, 75.0)), Rotate(90.0), Resize(320, 320), Gamma(1.5)))
    assert summary(steps, 640, 480) == (
        "Trim 2.0–8.0 s", "Crop 320 × 240 px", "Rotate 90°", "Resize to 240 × 320 px", Gamma.label,
    )  # fmt: skip
    assert summary(Recipe((Trim((1.25, 86400.0)),)), 640, 480) == ("Trim from 1.25 s",)
    with pytest.raises(RecipeInvalid):
        summary(Recipe((Crop((0.0, 0.1)),)), 640, 480)


def test_the_standard_steps_are_added_where_they_are_missing_in_their_order():
    assert with_standard(Recipe()).steps == (Trim(), Crop(), Rotate())
    assert with_standard(Recipe((Rotate(90.0), Gamma(2.0)))).steps == (Trim(), Crop(), Rotate(90.0), Gamma(2.0))
    assert with_standard(Recipe((Gamma(2.0), Crop((0.0, 50.0))))).steps == (
        Trim(), Gamma(2.0), Crop((0.0, 50.0)), Rotate(),
    )  # fmt: skip
    full = Recipe((Rotate(5.0), Crop(), Trim()))
    assert with_standard(full) == full


@pytest.mark.parametrize("side_px", [1, 4, 5, 16, 99, 640, 3840])
def test_the_least_crop_is_never_too_small_wherever_it_lies(side_px):
    least = least_crop_pct(side_px)
    for start in np.arange(0, 100 - least + 1e-9, 3.7):
        box = Crop((float(start), min(100.0, float(start + least)))).box(side_px, 100)
        assert box.width_px >= min(4, side_px)
