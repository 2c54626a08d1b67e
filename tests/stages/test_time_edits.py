"""Edits of time for experiments: which picture is shown when, and that times and memory stay as they are."""

import itertools

import numpy as np
import pytest

from core.domain import Frame
from core.stages.preprocessing import time_edits
from core.stages.preprocessing.time_edits import TimeEdit


def clip(count: int) -> list[Frame]:
    """Frames whose pictures hold their number."""
    return [Frame(i, i / 10, np.full((2, 2, 3), i % 256, np.uint8)) for i in range(count)]


def shown(edit: TimeEdit, count: int = 20) -> list[int]:
    frames = list(edit.apply(clip(count)))
    assert [(frame.index, frame.time_s) for frame in frames] == [(i, i / 10) for i in range(count)]
    return [int(frame.image[0, 0, 0]) for frame in frames]


def test_shuffled_shows_each_picture_once_in_an_order_that_follows_from_the_seed():
    order = shown(TimeEdit("shuffled", seed=3))
    assert sorted(order) == list(range(20)) and order != list(range(20))
    assert order == shown(TimeEdit("shuffled", seed=3)) != shown(TimeEdit("shuffled", seed=4))


def test_reversed_held_and_slowed():
    assert shown(TimeEdit("reversed")) == list(range(19, -1, -1))
    assert shown(TimeEdit("held")) == [10] * 20
    assert shown(TimeEdit("slowed")) == [i // 2 for i in range(20)]


def test_blanked_is_black_within_the_stretch_and_nowhere_else():
    assert shown(TimeEdit("blanked", start_s=0.5, stop_s=1.0)) == [0 if 5 <= i < 10 else i for i in range(20)]


def test_long_clips_are_edited_block_by_block(monkeypatch):
    monkeypatch.setattr(time_edits, "BLOCK_FRAMES", 8)
    taken = itertools.count()
    source = (Frame(i, i / 10, np.full((1, 1, 3), i, np.uint8)) for i in itertools.takewhile(lambda i: i < 1000, taken))
    made = TimeEdit("reversed").apply(source)
    assert [int(next(made).image[0, 0, 0]) for _ in range(8)] == [7, 6, 5, 4, 3, 2, 1, 0]
    assert next(taken) <= 10
    assert sorted(shown(TimeEdit("shuffled"), 20)[:8]) == list(range(8))


def test_an_unknown_edit_is_refused():
    with pytest.raises(ValueError, match="expected one of shuffled"):
        TimeEdit("mixed")
