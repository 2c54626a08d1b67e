"""Frames through the stages of a network in overlapping windows, and how a run that broke off is gone on with.

The result is that of the whole clip at once, wherever windows begin (to 1e-3 of a score in float32; tested). I3D
reaches 50 frames to either side, and windows that overlap by less give other scores: with 128 frames at once, 16 of
them overlapping, single steps of ambiguous clips were off by up to 0.8, their means over 2 s by 0.6; with 256 and
48 still by 0.17 and 0.04, for 19 % of the time. So it is cut where it has done 82 % of its work and reached only 11
frames, into two stages, each with windows that overlap just as far as it reaches; that costs an eighth of the time.

A window holds the same rows whenever it is computed, and is computed alone: its rows of output are the same to the last
bit. So what counts is which windows are there. Those of the last stage are kept to the end, as the result is made of
them; those of earlier stages, which are far larger, as long as a window of the next stage needs them.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np

from core.domain import NO_PICTURE
from core.stages.networks.backbones.backbone import Backbone, Stage


class LoadedBackbone(Protocol):
    """A network ready to compute: a function for each stage, from the rows of a window to rows of output."""

    @property
    def stages(self) -> Sequence[Callable[[np.ndarray], np.ndarray]]: ...


class Pieces(Protocol):
    """Where the rows of output of windows are kept, by stage and number of the window, each whole or not at all."""

    def read(self, stage: int, number: int) -> np.ndarray | None: ...

    def write(self, stage: int, number: int, rows: np.ndarray) -> None: ...

    def drop(self, stage: int, before: int) -> None: ...


class Continuation:
    """What is there already, from which row on frames are needed, and how far the network is.

    first_row: of the backbone's grid; what comes before is seen by no window that is still to be computed.
    frames_read, frames_done: of the grid, and those of them that the first stage, which is most of the work, is done
    with. What is read runs ahead by up to two windows.
    """

    def __init__(self, stages: Sequence[Stage], pieces: Pieces | None = None):
        self.stages = stages
        self._pieces = pieces
        self._rows: dict[tuple[int, int], np.ndarray] = {}
        self._past = [0] * len(stages)  # how many first windows of each stage nobody needs any more
        self.first_row = self.frames_read = self.frames_done = 0
        if pieces is not None:
            self._plan(pieces)

    @property
    def share(self) -> float:
        """The part of the frames that were read with which the network is done."""
        return self.frames_done / self.frames_read if self.frames_read else 0.0

    def _plan(self, pieces: Pieces) -> None:
        """Go through the stages from the last: its first window that is missing tells what it needs of the one before.

        The last window of a clip, if it is not full, begins up to a whole window before its place.
        """
        needed = 0
        for index in reversed(range(len(self.stages))):
            number = self._past[index] = self._over(index, needed) if index + 1 < len(self.stages) else 0
            while (rows := pieces.read(index, number)) is not None:
                self._rows[index, number] = rows
                number += 1
            needed = self._needed(index, number)
        self.first_row = needed

    def _needed(self, index: int, number: int) -> int:
        """The first row of input that the windows of a stage from that number on may need."""
        return max(0, self.stages[index].start(number) - self.stages[index].window)

    def _over(self, index: int, row: int) -> int:
        """How many windows of a stage give rows of output before that row alone."""
        number = 0
        while self.stages[index].given(number + 1) <= row:
            number += 1
        return number

    def has(self, index: int, number: int) -> bool:
        """Whether that window need not be computed."""
        return number < self._past[index] or (index, number) in self._rows

    def rows(self, index: int, number: int, count: int) -> Iterable[np.ndarray]:
        """The rows of output of such a window, `count` of them; of one that nobody needs they are no rows at all."""
        return self._rows.pop((index, number)) if number >= self._past[index] else [NO_PICTURE] * count

    def keep(self, index: int, number: int, rows: np.ndarray) -> None:
        """Keep what was computed, and let go of what that makes needless."""
        if self._pieces is not None:
            self._pieces.write(index, number, rows)
            if index:
                self._pieces.drop(index - 1, self._over(index - 1, self._needed(index, number + 1)))


class _Windows:
    """Cuts the input of one stage into windows. Holds one window of rows."""

    def __init__(self, stage: Stage):
        self.stage = stage
        self.recent: deque[np.ndarray] = deque(maxlen=stage.window)
        self.count = 0  # rows of input so far
        self.number = 0  # of the next window
        self.given = 0  # rows of output that windows so far account for

    def add(self, row: np.ndarray) -> bool:
        """Take one row of input; whether a window is full now."""
        self.recent.append(row)
        self.count += 1
        return self.count == self.stage.start(self.number) + self.stage.window

    def cut(self, *, ended: bool = False) -> tuple[int, slice]:
        """The number of the window of the latest rows, and which rows of its output are new and have all they need."""
        first = (self.count - len(self.recent)) // self.stage.stride
        stop = self.count // self.stage.stride - (0 if ended else self.stage.after // self.stage.stride)
        new = slice(self.given - first, stop - first)
        self.given = stop
        self.number += 1
        return self.number - 1, new

    @property
    def behind(self) -> bool:
        """Whether rows of output are missing, now that the input has ended."""
        return self.given < self.count // self.stage.stride


class WindowStream:
    """Sends frames through the stages of a network, window by window, on a thread of its own."""

    def __init__(self, chosen: Backbone, run: LoadedBackbone, kept: Continuation):
        self.per_step = chosen.frames_per_step
        self.parts = [(_Windows(stage), part) for stage, part in zip(chosen.stages, run.stages, strict=True)]
        self.kept = kept
        self.frames = self.parts[0][0]
        self.steps: list[np.ndarray] = []  # rows of features
        self.thread = ThreadPoolExecutor(1)
        self.pending: Future[None] | None = None

    def __enter__(self) -> "WindowStream":
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
        self.kept.frames_read = self.frames.count
        if full:
            self._begin()
        return full

    def finish(self) -> np.ndarray:
        """All steps, (T, channels), once the last frame was added."""
        steps = max(1, (self.frames.count + self.per_step // 2) // self.per_step)
        while self.frames.count % self.per_step:
            self.add(self.frames.recent[-1])
        if self.frames.behind:
            self._begin(ended=True)
        self._wait()
        for index, (windows, _part) in enumerate(self.parts[1:], start=1):
            if windows.behind:
                self._compute(index, *self._taken(index, ended=True))
        return np.stack(self.steps[:steps])

    def _begin(self, *, ended: bool = False) -> None:
        self._wait()
        self.pending = self.thread.submit(self._compute, 0, *self._taken(0, ended=ended))

    def _wait(self) -> None:
        if self.pending is not None:
            self.pending.result()

    def _taken(self, index: int, *, ended: bool = False) -> tuple[int, slice, np.ndarray | None]:
        """The number of the window that is full, its new rows of output, and its input where it is to be computed."""
        windows = self.parts[index][0]
        number, new = windows.cut(ended=ended)
        return number, new, None if self.kept.has(index, number) else np.stack(windows.recent)

    def _compute(self, index: int, number: int, new: slice, window: np.ndarray | None) -> None:
        """Run one stage on a window, and those after it on the windows that this fills."""
        if window is None:
            rows = self.kept.rows(index, number, new.stop - new.start)
        else:
            rows = self.parts[index][1](window)[new]
            self.kept.keep(index, number, rows)
        if index == 0:
            self.kept.frames_done += (new.stop - new.start) * self.frames.stage.stride
        if index + 1 == len(self.parts):
            self.steps.extend(rows)
            return
        following = self.parts[index + 1][0]
        for row in rows:
            if following.add(row):
                self._compute(index + 1, *self._taken(index + 1))
