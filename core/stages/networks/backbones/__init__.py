"""From frames to features, with any of the CNNs in BACKBONES. A new one is one definition in one file beside this.

Long clips go through the network in overlapping windows; `windows` tells how far they overlap, and why.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np

from core.base.errors import VideoUnreadable
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import NO_PICTURE, Features, Frame
from core.stages.networks.backbones import efficientnet, i3d, keras_applications  # noqa: F401  each files its backbones
from core.stages.networks.backbones.backbone import Backbone, Stage, backbone
from core.stages.networks.backbones.windows import Continuation, LoadedBackbone, Pieces, WindowStream

__all__ = [
    "BACKBONES",
    "Backbone",
    "Continuation",
    "LoadedBackbone",
    "Pieces",
    "Stage",
    "backbone",
    "covering",
    "features",
    "grid",
    "squared",
]

CLOCK_TOLERANCE_S = 1e-3  # clocks of containers are rounded to a millisecond or finer
LONE_FRAME_S = 0.04  # how long a clip of a single frame is taken to last


def grid(frames: Iterable[Frame], rate_hz: Fraction | None) -> Iterator[Frame]:
    """The frame on screen at each tick of a clock of `rate_hz` that starts with the first frame.

    Each carries the tick as its time. Frames are repeated or left out, never made. The last frame stays on screen as
    long as the one before it did. A rate of None gives the frames as they are.
    """
    if rate_hz is None:
        yield from frames
        return
    start_s, tick = None, 0
    for frame, stop_s in _with_ends(frames):
        start_s = frame.time_s if start_s is None else start_s
        while (tick_s := start_s + float(tick / rate_hz)) < stop_s - CLOCK_TOLERANCE_S:
            yield replace(frame, time_s=tick_s)
            tick += 1


def _with_ends(frames: Iterable[Frame]) -> Iterator[tuple[Frame, float]]:
    """Each frame with the moment it disappears."""
    earlier, gap_s = None, LONE_FRAME_S
    for frame in frames:
        if earlier is not None:
            gap_s = frame.time_s - earlier.time_s
            yield earlier, frame.time_s
        earlier = frame
    if earlier is not None:
        yield earlier, earlier.time_s + gap_s


def covering(width_px: int, height_px: int, size_px: int) -> tuple[int, int]:
    """The (width, height) to which a decoder may scale for `squared`: just large enough, never larger than it was."""
    scale = min(1.0, size_px / min(width_px, height_px))
    return round(width_px * scale), round(height_px * scale)


def squared(image: np.ndarray, size_px: int) -> np.ndarray:
    """The largest square in the middle of a picture, at (size, size, 3). What lies beside it is not seen.

    The shape of things is kept because the networks were trained so: over the 87 real clips of benchmarks/kinetics.py
    78 first labels are right this way, 75 with the whole picture squashed, and that one misses further ones wholly.
    Each pixel is a mean where the picture shrinks.
    """
    height, width = image.shape[:2]
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    square = image[top : top + side, left : left + side]
    if side == size_px:
        return square
    kernel = cv2.INTER_AREA if side > size_px else cv2.INTER_LINEAR
    return cv2.resize(square, (size_px, size_px), interpolation=kernel)


def features(
    chosen: Backbone,
    frames: Iterable[Frame],
    run: LoadedBackbone,
    *,
    report: Report = silent,
    total: int = 0,
    kept: Continuation | None = None,
) -> Features:
    """What the CNN says about `frames`, step by step; a window is computed while the frames of the next are read.

    run: what `engine.load` gives. total: how many frames of the backbone's grid are expected, for `report`, which
    hears of each window. Memory does not grow with the clip, but for the result. VideoUnreadable if no frame comes.
    kept: what an earlier run on the same frames computed, with which the result is the same to the last bit; pictures
    of frames of the grid before `kept.first_row` may be missing.

    A step is frames_per_step frames of the grid. A last step that is not full counts if at least half of it is there
    (or if it is the only one); what it lacks is the last frame held.
    """
    if chosen.rate_hz is None:
        timed = _with_ends(frames)
    else:
        timed = ((frame, frame.time_s + float(1 / chosen.rate_hz)) for frame in grid(frames, chosen.rate_hz))
    starts_s: list[float] = []
    stop_s = 0.0
    with WindowStream(chosen, run, kept or Continuation(chosen.stages)) as stream:
        for frame, frame_stop_s in timed:
            starts_s.append(frame.time_s)
            stop_s = frame_stop_s
            seen = frame.image is not NO_PICTURE
            if stream.add(squared(frame.image, chosen.size_px) if seen else NO_PICTURE):
                report(stream.done, max(total, len(starts_s)), chosen.title)
        if not starts_s:
            raise VideoUnreadable("No frames are left to analyse.", "Widen the trim, or choose another clip.")
        values = stream.finish()
    report(len(starts_s), len(starts_s), chosen.title)
    return Features(
        _middles(np.array(starts_s), stop_s, chosen.frames_per_step)[: len(values)], values, (starts_s[0], stop_s)
    )


def _middles(starts_s: np.ndarray, stop_s: float, per_step: int) -> np.ndarray:
    """The middle of each step, from the first of its frames to the end of the last that is there."""
    firsts_s = starts_s[::per_step]
    return (firsts_s + np.append(firsts_s[1:], stop_s)) / 2
