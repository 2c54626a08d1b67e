"""The simulated cluster: what can be counted by hand comes out, and no clip is lost."""

import pytest

from benchmarks.cluster_simulation import SimulatedClip, Simulation, Site

FREE = {"scheduler_s": 0.0, "home_s": 0.0, "storage": float("inf")}
CLIP = SimulatedClip((1.0, 2.0, 3.0), 600.0)


def test_without_limits_a_worker_is_busy_to_the_end_and_four_share_the_work():
    course = Simulation([CLIP] * 12, Site(1, **FREE)).course()
    assert (course.done, course.left_out, course.repeated) == (12, 0, 0)
    assert course.seconds == pytest.approx(72.0) and course.busy["workers"] == pytest.approx(1.0)
    assert 18.0 <= Simulation([CLIP] * 12, Site(4, **FREE)).course().seconds <= 18.0 + sum(CLIP.calls_s)


@pytest.mark.parametrize(
    "limit, seconds",
    [({"scheduler_s": 5.0}, 12 * 3 * 5), ({"home_s": 30.0}, 12 * 30), ({"storage": 50.0}, 12 * 3 * 600 / 50)],
)
def test_what_serves_one_after_the_other_bounds_the_whole(limit: dict[str, float], seconds: float):
    course = Simulation([CLIP] * 12, Site(100, **{**FREE, **limit})).course()
    assert seconds <= course.seconds <= seconds + 40 and course.done == 12


def test_a_poisonous_clip_is_left_out_after_three_deaths_and_takes_no_other_with_it():
    clips = [CLIP] * 5 + [SimulatedClip(CLIP.calls_s, 0.0, poisonous=True)]
    course = Simulation(clips, Site(2, **FREE, back_s=7.0)).course()
    assert (course.done, course.left_out, course.repeated) == (5, 1, 2)


def test_workers_and_schedulers_that_die_cost_time_and_no_clip():
    quiet = Simulation([CLIP] * 200, Site(8, **FREE)).course()
    course = Simulation([CLIP] * 200, Site(8, **FREE, lives_s=100.0, back_s=5.0, scheduler_dies_s=(40.0,))).course()
    assert course.done + course.left_out == 200 and course.left_out <= 1
    assert course.repeated > 8 and course.seconds > quiet.seconds
