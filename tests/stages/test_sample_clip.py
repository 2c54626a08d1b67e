"""The sample clip: what it promises, and that it is worth looking at."""

import hashlib
import itertools

import cv2
import numpy as np
import pytest

from core.domain import Frame
from core.stages.drawing import sample_clip as sample_clip_module
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


def test_a_playing_card_reads_the_same_upside_down():
    """Rank and suit stand in two corners; only the large sign in its middle has a top."""
    card = sample_clip_module._card("7", "♥", (206, 40, 48))
    corner, turned = card[20:125, 20:75], card[::-1, ::-1][20:125, 20:75]
    assert np.abs(corner - turned).max() <= 4 and corner[..., :3].std() > 20
    blank = sample_clip_module._card("", "♥", (206, 40, 48))
    assert not np.array_equal(blank[20:80, 20:75], card[20:80, 20:75]), "the rank is there"
