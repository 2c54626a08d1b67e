"""Edits of a clip's time for experiments: frames shuffled, reversed, held, slowed, or blanked for a stretch.

They show what of a prediction rests on the order of frames. They are no steps of a recipe that a person lays out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from core.domain import NO_PICTURE, Frame
from core.stages.preprocessing.step import Adjustable

KINDS = ("shuffled", "reversed", "held", "slowed", "blanked")
BLOCK_FRAMES = 512  # that are edited together, so that memory does not grow with the clip


@dataclass(frozen=True)
class TimeEdit(Adjustable):
    """The pictures of a clip in another order, at the times of the frames themselves.

    kind: one of KINDS. shuffled: in an order drawn by `seed`; reversed: the last first; held: the middle one all the
    time; these three within each BLOCK_FRAMES frames. slowed: each picture for twice as long, so that the clip ends at
    its half. blanked: black from start_s to stop_s.
    """

    label: ClassVar[str] = "Time edit"
    picture: ClassVar[bool] = True
    scale_free: ClassVar[bool] = True
    squeeze_free: ClassVar[bool] = True

    kind: str = "shuffled"
    seed: int = 0
    start_s: float = 0.0
    stop_s: float = 0.0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise ValueError(f"kind is {self.kind!r}, expected one of {', '.join(KINDS)}")

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        if self.kind == "blanked":
            yield from (self._blanked(frame) for frame in frames)
        elif self.kind == "slowed":
            yield from _slowed(frames)
        else:
            for number, block in enumerate(_blocks(frames)):
                order = self._order(len(block), number)
                pictures = [block[place].image for place in order.tolist()]
                yield from (replace(frame, image=image) for frame, image in zip(block, pictures, strict=True))

    def _order(self, count: int, block: int) -> np.ndarray:
        """Which picture is shown in the place of each."""
        if self.kind == "shuffled":
            return np.random.default_rng((self.seed, block)).permutation(count)
        return np.arange(count)[::-1] if self.kind == "reversed" else np.full(count, count // 2)

    def _blanked(self, frame: Frame) -> Frame:
        if frame.image is NO_PICTURE or not self.start_s <= frame.time_s < self.stop_s:
            return frame
        return replace(frame, image=np.zeros_like(frame.image))


def _blocks(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    block: list[Frame] = []
    for frame in frames:
        block.append(frame)
        if len(block) == BLOCK_FRAMES:
            yield block
            block = []
    if block:
        yield block


def _slowed(frames: Iterable[Frame]) -> Iterator[Frame]:
    """At the time of each frame the picture of half that time, from the first frame on; ends with the clip."""
    waiting: list[Frame] = []
    start_s = None
    for frame in frames:
        start_s = frame.time_s if start_s is None else start_s
        waiting.append(frame)
        half_s = start_s + (frame.time_s - start_s) / 2
        while len(waiting) > 1 and waiting[1].time_s <= half_s + 1e-9:
            waiting.pop(0)
        yield replace(frame, image=waiting[0].image)
