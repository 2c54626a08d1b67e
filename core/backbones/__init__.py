"""From frames to features, with any of the CNNs in BACKBONES. A new one is one definition in one file beside this.

Long clips go through the network in chunks. The trade of chunk length and overlap is told at `features`.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np

from core.backbones import applications, efficientnet, i3d  # noqa: F401  each files its backbones
from core.backbones.backbone import Backbone, backbone
from core.domain import Features, Frame
from core.errors import VideoUnreadable
from core.jobs import Report, silent
from core.registry import BACKBONES

__all__ = ["BACKBONES", "Backbone", "Run", "backbone", "features", "grid", "sized"]

Run = Callable[[np.ndarray], np.ndarray]  # uint8 (chunk, size, size, 3) -> float32 (steps, channels)
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


def sized(image: np.ndarray, size_px: int) -> np.ndarray:
    """The whole picture squashed to a square, (size, size, 3); each pixel is a mean where it shrinks."""
    if image.shape[:2] == (size_px, size_px):
        return image
    shrinks = min(image.shape[:2]) > size_px
    return cv2.resize(image, (size_px, size_px), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def features(
    chosen: Backbone, frames: Iterable[Frame], run: Run, *, report: Report = silent, total: int = 0
) -> Features:
    """What the CNN says about `frames`, step by step; each chunk is computed while the next one is read.

    run: what `engine.load` gives. total: how many frames of the backbone's grid are expected, for `report`, which
    hears of each chunk. Memory does not grow with the clip, but for the result. VideoUnreadable if no frame comes.

    A step is frames_per_step frames of the grid. A last step that is not full counts if at least half of it is there
    (or if it is the only one); what it lacks, and what a clip shorter than a chunk lacks, is the last frame held, and
    of that nothing is returned.
    """
    if chosen.rate_hz is None:
        timed = _with_ends(frames)
    else:
        timed = ((frame, frame.time_s + float(1 / chosen.rate_hz)) for frame in grid(frames, chosen.rate_hz))
    chunks = _Chunks(chosen, run)
    starts_s: list[float] = []
    stop_s = 0.0
    with chunks:
        for frame, frame_stop_s in timed:
            starts_s.append(frame.time_s)
            stop_s = frame_stop_s
            if chunks.add(sized(frame.image, chosen.size_px)):
                report(chunks.done, max(total, len(starts_s)), chosen.title)
        if not starts_s:
            raise VideoUnreadable("No frame is left to look at.", "Widen the trim, or choose another clip.")
        values = chunks.finish()
    report(len(starts_s), len(starts_s), chosen.title)
    times_s = _middles(np.array(starts_s), stop_s, chosen.frames_per_step)
    return Features(times_s[: len(values)], values, (starts_s[0], stop_s))


def _middles(starts_s: np.ndarray, stop_s: float, per_step: int) -> np.ndarray:
    """The middle of each step, from the first of its frames to the end of the last that is there."""
    firsts_s = starts_s[::per_step]
    return (firsts_s + np.append(firsts_s[1:], stop_s)) / 2


class _Chunks:
    """Gathers frames into overlapping chunks, runs them on a thread, keeps each step from the best chunk.

    The first chunk begins with the clip; each further one `chunk - 2 * halo` steps later; the last one ends with the
    clip. `recent` holds the last chunk of frames, whatever happens.
    """

    def __init__(self, chosen: Backbone, run: Run):
        self.chosen, self.run = chosen, run
        self.recent: deque[np.ndarray] = deque(maxlen=chosen.chunk_frames)
        self.count = 0  # frames so far
        self.due = chosen.chunk_frames  # the count at which the next chunk is full
        self.kept: list[np.ndarray] = []
        self.kept_steps = 0
        self.spare = np.empty((0, chosen.channels), np.float32)  # the last steps of a chunk, if no other has them
        self.thread = ThreadPoolExecutor(1)
        self.pending: tuple[Future[np.ndarray], int] | None = None

    def __enter__(self):
        return self

    def __exit__(self, *_why):
        self.thread.shutdown(cancel_futures=True)

    def add(self, picture: np.ndarray) -> bool:
        """Take one frame; whether it filled a chunk, which then is on its way."""
        self.recent.append(picture)
        self.count += 1
        if self.count < self.due:
            return False
        self.due += self.chosen.chunk_frames - 2 * self.chosen.halo_steps * self.chosen.frames_per_step
        self._begin()
        return True

    @property
    def done(self) -> int:
        """Frames whose steps are kept."""
        return self.kept_steps * self.chosen.frames_per_step

    def finish(self) -> np.ndarray:
        """All steps, (T, channels), once the last frame was added."""
        per_step = self.chosen.frames_per_step
        steps = max(1, (self.count + per_step // 2) // per_step)
        while self.count % per_step or len(self.recent) < self.chosen.chunk_frames:
            self.recent.append(self.recent[-1])
            self.count += 1
        self._collect()
        if self.kept_steps + len(self.spare) < steps:
            self._begin()
            self._collect()
        return np.concatenate([*self.kept, self.spare])[:steps]

    def _begin(self) -> None:
        self._collect()
        first_step = (self.count - self.chosen.chunk_frames) // self.chosen.frames_per_step
        self.pending = self.thread.submit(self.run, np.stack(self.recent)), first_step

    def _collect(self) -> None:
        """Wait for the chunk on its way; keep its steps but for those near its end."""
        if self.pending is None:
            return
        (future, first_step), self.pending = self.pending, None
        steps = future.result()[self.kept_steps - first_step :]
        cut = len(steps) - self.chosen.halo_steps
        self.kept.append(steps[:cut])
        self.spare, self.kept_steps = steps[cut:], self.kept_steps + cut
