"""From frames to features, with any of the CNNs in BACKBONES. A new one is one definition in one file beside this.

Long clips go through the network in overlapping windows; `features` tells how far they overlap, and why.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

import cv2
import numpy as np

from core.base.errors import VideoUnreadable
from core.base.progress import Report, silent
from core.base.registry import BACKBONES
from core.domain import Features, Frame
from core.stages.networks.backbones import efficientnet, i3d, keras_applications  # noqa: F401  each files its backbones
from core.stages.networks.backbones.backbone import Backbone, Stage, backbone

__all__ = ["BACKBONES", "Backbone", "LoadedBackbone", "Stage", "backbone", "covering", "features", "grid", "squared"]

CLOCK_TOLERANCE_S = 1e-3  # clocks of containers are rounded to a millisecond or finer
LONE_FRAME_S = 0.04  # how long a clip of a single frame is taken to last


class LoadedBackbone(Protocol):
    """A network ready to compute: a function for each stage, from the rows of a window to rows of output."""

    @property
    def stages(self) -> Sequence[Callable[[np.ndarray], np.ndarray]]: ...


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
    chosen: Backbone, frames: Iterable[Frame], run: LoadedBackbone, *, report: Report = silent, total: int = 0
) -> Features:
    """What the CNN says about `frames`, step by step; a window is computed while the frames of the next are read.

    run: what `engine.load` gives. total: how many frames of the backbone's grid are expected, for `report`, which
    hears of each window. Memory does not grow with the clip, but for the result. VideoUnreadable if no frame comes.

    A step is frames_per_step frames of the grid. A last step that is not full counts if at least half of it is there
    (or if it is the only one); what it lacks is the last frame held.

    The result is that of the whole clip at once, wherever windows begin (to 1e-3 of a score in float32; tested). I3D
    reaches 50 frames to either side, and windows that overlap by less give other scores: with 128 frames at once, 16 of
    them overlapping, single steps of ambiguous clips were off by up to 0.8, their means over 2 s by 0.6; with 256 and
    48 still by 0.17 and 0.04, for 19 % of the time. So it is cut where it has done 82 % of its work and reached only 11
    frames, into two stages, each with windows that overlap just as far as it reaches; that costs an eighth of the time.
    """
    if chosen.rate_hz is None:
        timed = _with_ends(frames)
    else:
        timed = ((frame, frame.time_s + float(1 / chosen.rate_hz)) for frame in grid(frames, chosen.rate_hz))
    starts_s: list[float] = []
    stop_s = 0.0
    with _Stream(chosen, run) as stream:
        for frame, frame_stop_s in timed:
            starts_s.append(frame.time_s)
            stop_s = frame_stop_s
            if stream.add(squared(frame.image, chosen.size_px)):
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


class _Windows:
    """Cuts the input of one stage into windows. Holds one window of rows."""

    def __init__(self, stage: Stage):
        self.stage = stage
        self.recent: deque[np.ndarray] = deque(maxlen=stage.window)
        self.count = 0  # rows of input so far
        self.given = 0  # rows of output that windows so far account for

    def add(self, row: np.ndarray) -> bool:
        """Take one row of input; whether a window is full now."""
        self.recent.append(row)
        self.count += 1
        start = max(0, self.given * self.stage.stride - self.stage.before)
        return self.count == start + self.stage.window

    def cut(self, *, ended: bool = False) -> tuple[np.ndarray, slice]:
        """The window of the latest rows, and which rows of its output are new and have all that they need."""
        first = (self.count - len(self.recent)) // self.stage.stride
        stop = self.count // self.stage.stride - (0 if ended else self.stage.after // self.stage.stride)
        new = slice(self.given - first, stop - first)
        self.given = stop
        return np.stack(self.recent), new

    @property
    def behind(self) -> bool:
        """Whether rows of output are missing, now that the input has ended."""
        return self.given < self.count // self.stage.stride


class _Stream:
    """Sends frames through the stages of a network, window by window, on a thread of its own."""

    def __init__(self, chosen: Backbone, run: LoadedBackbone):
        self.per_step = chosen.frames_per_step
        self.parts = [(_Windows(stage), part) for stage, part in zip(chosen.stages, run.stages, strict=True)]
        self.frames = self.parts[0][0]
        self.steps: list[np.ndarray] = []  # rows of features
        self.thread = ThreadPoolExecutor(1)
        self.pending: Future[None] | None = None

    def __enter__(self) -> "_Stream":
        return self

    def __exit__(self, *_why: object) -> None:
        self.thread.shutdown(cancel_futures=True)

    @property
    def done(self) -> int:
        """Frames whose features are there."""
        return len(self.steps) * self.per_step

    def add(self, picture: np.ndarray) -> bool:
        """Take one frame; whether it filled a window, which then is on its way."""
        full = self.frames.add(picture)
        if full:
            self._begin(*self.frames.cut())
        return full

    def finish(self) -> np.ndarray:
        """All steps, (T, channels), once the last frame was added."""
        steps = max(1, (self.frames.count + self.per_step // 2) // self.per_step)
        while self.frames.count % self.per_step:
            self.add(self.frames.recent[-1])
        if self.frames.behind:
            self._begin(*self.frames.cut(ended=True))
        self._wait()
        for index, (windows, _part) in enumerate(self.parts[1:], start=1):
            if windows.behind:
                self._compute(index, *windows.cut(ended=True))
        return np.stack(self.steps[:steps])

    def _begin(self, window: np.ndarray, new: slice) -> None:
        self._wait()
        self.pending = self.thread.submit(self._compute, 0, window, new)

    def _wait(self) -> None:
        if self.pending is not None:
            self.pending.result()

    def _compute(self, index: int, window: np.ndarray, new: slice) -> None:
        """Run one stage on a window, and those after it on the windows that this fills."""
        rows = self.parts[index][1](window)[new]
        if index + 1 == len(self.parts):
            self.steps.extend(rows)
            return
        following = self.parts[index + 1][0]
        for row in rows:
            if following.add(row):
                self._compute(index + 1, *following.cut())
