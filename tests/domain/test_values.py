"""Values refuse to be made of what does not fit together; what is refused here would mislead far away."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from core.domain import Comparison, Features, Matching, Prediction, VideoInfo


def video(times_s: list[float], **changes) -> VideoInfo:
    known = {
        "path": "/clips/a.mp4", "digest": "ab" * 32, "width_px": 4, "height_px": 3, "frame_count": len(times_s),
        "declared_count": 0, "times_s": np.array(times_s), "rate_hz": Fraction(25), "variable_rate": False,
        "duration_s": 1.0, "codec": "h264", "plays_in_browser": True, "notes": (),
    }  # fmt: skip
    return VideoInfo(**(known | changes))


def features(times_s: list[float], *shape: int) -> Features:
    return Features(np.array(times_s), np.zeros(shape, np.float32), (0.0, 1.0))


def prediction(*rows: list[float], labels: tuple[str, ...] = ("walk", "run")) -> Prediction:
    times_s = np.arange(len(rows)) / 10
    return Prediction(times_s, np.array(rows, np.float32), labels, "a model", (0.0, 1.0))


def comparison(truth: list[int], predicted: list[int]) -> Comparison:
    names = tuple(f"clip {number}" for number in range(len(truth)))
    return Comparison(("walk", "run"), names, names, np.array(truth, np.int64), np.array(predicted, np.int64))


@pytest.mark.parametrize(
    "make",
    [
        lambda: features([0.1, 0.2], 2, 3),
        lambda: video([0.0, 0.04]),
        lambda: prediction([0.3, 0.7], [1.0, 0.0]),
        lambda: prediction([0.3004, 0.7]),  # rounding of float16
        lambda: comparison([0, -1, 1], [0, -1, 0]),
        lambda: comparison([0, -1, 1], [0, 1, 0]),
    ],
)
def test_what_fits_together_is_a_value(make: Callable[[], object]):
    assert make()


@pytest.mark.parametrize(
    "make",
    [
        lambda: features([0.1, 0.2], 3, 3),
        lambda: features([0.1, 0.2], 2),
        lambda: features([], 0, 3),
        lambda: features([0.2, 0.1], 2, 3),
        lambda: video([0.04, 0.08]),
        lambda: video([0.0, 0.08, 0.04]),
        lambda: video([0.0, 0.04], frame_count=3),
        lambda: video([0.0, 1.0]),
        lambda: video([0.0], width_px=0),
        lambda: prediction([0.3, 0.6]),
        lambda: prediction([0.3, 0.7], labels=("walk",)),
        lambda: comparison([0, 1, 1], [0, -1, 0]),  # nobody answered where the truth is known
        lambda: comparison([0, 2], [0, 1]),
        lambda: comparison([0, 1], [0, 2]),
        lambda: comparison([0, 1], [0]),
    ],
)
def test_what_does_not_fit_together_is_refused(make: Callable[[], object]):
    with pytest.raises(ValueError):
        make()


def test_by_default_all_labels_are_those_of_the_set():
    """Of a training nothing has to be matched: no clip is left out, and no label goes beyond."""
    assert Matching() == Matching((), (), clips=0, beyond=0, left_out=True)
