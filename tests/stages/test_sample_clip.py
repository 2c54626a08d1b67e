"""The sample clip: what it promises, and that it is worth looking at."""

import hashlib
import itertools
import math

import cv2
import numpy as np
import pytest

from core.domain import Frame
from core.stages.drawing import sample_clip as sample_clip_module
from core.stages.drawing.figure import Canvas
from core.stages.drawing.sample_clip import CAPTION, sample_clip


@pytest.fixture(scope="module")
def frames() -> list[Frame]:
    return list(sample_clip())


def test_the_sample_is_twelve_seconds_at_25_frames_a_second(frames):
    assert [frame.index for frame in frames] == list(range(300))
    assert [frame.time_s for frame in frames] == [index / 25 for index in range(300)]
    assert {frame.image.shape for frame in frames} == {(360, 640, 3)}
    assert all(frame.image.dtype == np.uint8 and frame.image.flags.c_contiguous for frame in frames)


def test_every_frame_says_that_it_is_no_real_video(frames):
    assert "no real video" in CAPTION
    words = np.zeros((360, 640, 3), np.uint8)
    cv2.putText(words, CAPTION, (14, 348), (255, 255, 255), cv2.FontFace("sans"), 13, 600)
    letters = words[..., 0] > 250
    assert letters.sum() > 200
    assert all(frame.image[letters].min() > 240 for frame in frames)
    beside = ~cv2.dilate(words[..., 0], np.ones((3, 3), np.uint8)).astype(bool)
    beside[:333], beside[:, 222:], beside[352:], beside[:, :8] = False, False, False, False
    assert all(frame.image[beside].max() < 170 for frame in frames)


def test_something_moves_in_each_scene_and_only_one_cut_is_hard(frames):
    grey = [cv2.GaussianBlur(cv2.cvtColor(f.image, cv2.COLOR_RGB2GRAY), (0, 0), 3).astype(float) for f in frames]
    change = np.array([np.abs(b - a).mean() for a, b in itertools.pairwise(grey)])
    assert np.flatnonzero(change > 20).tolist() == [99]
    assert change[:99].min() > 0.1 and change[100:199].min() > 0.1
    assert (change[200:212] > 1).sum() >= 8, "the second scene melts into the third"
    assert (change[212:290] > 0.3).sum() > 40


def test_the_sample_is_the_same_on_every_run(frames):
    again = {frame.index: frame for frame, _ in zip(sample_clip(), range(30), strict=False)}
    assert all(np.array_equal(frames[index].image, frame.image) for index, frame in again.items())
    assert len({hashlib.sha256(frame.image).digest() for frame in frames}) == 300


@pytest.fixture
def canvas() -> Canvas:
    """A black picture of 200 x 100 px, seen from 4 m before the middle of the floor, 1 m up."""
    return Canvas(np.zeros((100, 200, 3), np.float32), np.array([0.0, 1.0, 4.0]), np.array([0.0, 1.0, 0.0]), zoom=1.0)


def test_a_ball_is_drawn_where_and_as_large_as_geometry_says(canvas):
    centre = np.array([0.5, 1.2, 0.0])
    canvas.cone(centre, centre, (0.4, 0.4), (200, 200, 200))
    down, across = np.nonzero(canvas.image.sum(axis=2))
    # 100 px focal length at 4 m: 25 px a metre; a ball is seen a little larger than a disc of its radius.
    assert abs(across.mean() + 0.5 - (100 + 12.5)) < 0.3 and abs(down.mean() + 0.5 - (50 - 5)) < 0.3
    radius = 25 * 0.4 / math.sqrt(1 - (0.4 / 4) ** 2)
    assert abs(len(down) - math.pi * radius**2) < 0.03 * math.pi * radius**2


def test_a_rod_is_drawn_between_its_ends_and_thins_out(canvas):
    canvas.cone(np.array([-1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0]), (0.4, 0.1), (200, 200, 200))
    seen = canvas.image.sum(axis=2) > 0
    heights = seen.sum(axis=0)
    assert seen[50, 66:126].all() and not seen[:, :63].any() and not seen[:, 130:].any()
    assert abs(heights[75] - 20) <= 2 and abs(heights[124] - 6) <= 2 and (np.diff(heights[76:124]) <= 0).all()


def test_what_is_nearer_hides_what_is_behind_in_whatever_order(canvas):
    red, blue = np.array([0.0, 1.0, 1.0]), np.array([0.0, 1.0, -1.0])
    pictures = []
    for order in (((red, (200, 0, 0)), (blue, (0, 0, 200))), ((blue, (0, 0, 200)), (red, (200, 0, 0)))):
        canvas.clear(np.zeros((100, 200, 3), np.float32))
        for centre, colour in order:
            canvas.ellipsoid(centre, 0.5 * np.eye(3), colour, gloss=0.0)
        pictures.append(canvas.image.copy())
    assert np.array_equal(*pictures)
    assert pictures[0][50, 100, 0] > 50 and pictures[0][50, 100, 2] == 0


def test_an_ellipsoid_with_equal_axes_is_a_ball(canvas):
    centre = np.array([0.2, 0.9, 0.3])
    canvas.ellipsoid(centre, 0.3 * np.eye(3), (180, 90, 60))
    ellipsoid = canvas.image.copy()
    canvas.clear(np.zeros((100, 200, 3), np.float32))
    canvas.cone(centre, centre, (0.3, 0.3), (180, 90, 60))
    assert np.abs(canvas.image - ellipsoid).max() < 0.5


@pytest.mark.parametrize("scene", sample_clip_module.SCENES, ids=sample_clip_module.LABELS)
def test_bones_keep_their_length_whatever_the_figure_does(scene):
    """An arm that cannot reach its hand's place is stretched, never longer than its bones."""
    for moment in np.arange(0, 4, 0.2):
        rods, _ = scene.parts(float(moment))
        skin = [rod for rod in rods if rod.radii_m == (0.044, 0.032)]
        assert len(skin) == 2
        assert all(np.linalg.norm(rod.stop - rod.start) == pytest.approx(0.26, abs=0.002) for rod in skin)
