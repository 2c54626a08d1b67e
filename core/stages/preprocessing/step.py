"""Every preprocessing step, each a frozen dataclass that turns a stream of frames into another.

A step keeps at most a few frames in memory, never changes a frame it was given, and yields frames whose times rise
strictly and whose pictures are contiguous uint8 (height, width, 3) RGB. Steps compose in any order.

A new step is one class here: `@step("Label")` over a frozen dataclass of `knob()` fields. Its form in the browser,
its place in saved recipes and its part of each key follow from that.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

import numpy as np

from core.base.errors import RecipeInvalid
from core.base.knobs import Knob, knobs
from core.base.registry import STEPS
from core.domain import NO_PICTURE, Frame

T = TypeVar("T")
TO_THE_END_S = 86400.0  # a whole day: the stop of a Trim that has none
LARGEST_SIDE_PX = 8192  # of any picture a step makes; keeps a recipe from a stranger from filling the memory
SMALLEST_SIDE_PX = 4  # of a cropped picture
CLOCK_SLACK_S = 0.0006  # Matroska and others round each time to whole milliseconds


class Adjustable:
    """What all steps share: a label, and settings that are checked when a step is made, wherever it was read from."""

    label: ClassVar[str]
    picture: ClassVar[bool]
    # Whether each picture is made of one picture alone, and no picture decides which frames there are: such a step may
    # begin in the middle of a clip, after frames whose pictures are NO_PICTURE.
    frame_by_frame: ClassVar[bool] = False
    # Whether the step does to a smaller picture about what it does to the picture itself, so that a network that takes
    # small pictures may have them decoded small; squeeze_free: to one of another shape too.
    scale_free: ClassVar[bool] = False
    squeeze_free: ClassVar[bool] = False

    def __post_init__(self):
        for setting in knobs(type(self)):
            object.__setattr__(self, setting.name, self._checked(setting, getattr(self, setting.name)))

    def _checked(self, setting: Knob, value: Any) -> Any:
        """The value in its one canonical form, so that equal settings always give equal keys."""
        if setting.kind == "bool" and isinstance(value, bool):
            return value
        if setting.kind == "choice" and isinstance(value, str) and value in setting.choices:
            return value
        if setting.kind == "range" and isinstance(value, (tuple, list)) and len(value) == 2:
            ends = tuple(self._number(setting, end) for end in value)
            if ends[0] < ends[1]:
                return ends
        if setting.kind in ("int", "float"):
            return self._number(setting, value)
        raise self._refused(setting, value)

    def _number(self, setting: Knob, value: Any) -> int | float:
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if not (whole or (setting.kind != "int" and isinstance(value, (float, np.floating)))):
            raise self._refused(setting, value)
        if not setting.low <= value <= setting.high:
            raise self._refused(setting, value)
        return int(value) if setting.kind == "int" else float(value) + 0.0  # no -0.0

    def _refused(self, setting: Knob, value: Any) -> RecipeInvalid:
        bounds = f"{setting.low:g} to {setting.high:g} {setting.unit}".strip()
        expected = {
            "bool": "true or false",
            "choice": f"one of {', '.join(setting.choices)}",
            "range": f"two increasing numbers from {bounds}",
            "int": f"a whole number from {bounds}",
            "float": f"a number from {bounds}",
        }[setting.kind]
        text = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}..."
        return RecipeInvalid(
            f"{self.label}: {setting.name} is {text}, expected {expected}",
            f"Set “{setting.label}” of the step “{self.label}” again, or remove the step.",
        )

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames after this step, made one by one as they are asked for."""
        raise NotImplementedError

    def is_neutral(self) -> bool:
        """Whether the step changes nothing of any clip, as it is set: it is no part of a clip's recipe then."""
        return False

    def summary(self, width_px: int, height_px: int) -> str:
        """The step in a few words, for pictures of this size before it; RecipeInvalid where it cannot take them."""
        return self.label

    def reach(self) -> int:
        """Frames on either side that a picture is made from."""
        return 0


def step(label: str, *, picture: bool = True) -> Callable[[type[T]], type[T]]:
    """Register a step under the name of its class.

    label: what people call it. picture: whether it changes pictures; a step that does not only chooses or adds frames.
    """

    def register(step_class: type[T]) -> type[T]:
        step_class.label, step_class.picture = label, picture  # type: ignore[attr-defined]
        STEPS.add(step_class.__name__, step_class)
        return step_class

    return register


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels."""

    left_px: int
    top_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True, eq=False)
class Placement:
    """Where a step puts a picture: matrix (3, 3) from old to new place, and the size of the new picture.

    Places are continuous: a picture covers 0 to its width, and the middle of its first pixel lies at 0.5.
    """

    matrix: np.ndarray
    width_px: int
    height_px: int


def affine(a: float, b: float, c: float, d: float, e: float, f: float) -> np.ndarray:
    return np.array([[a, b, c], [d, e, f], [0, 0, 1]], dtype=np.float64)


class PictureStep(Adjustable):
    """A step that changes each picture by itself."""

    frame_by_frame = True

    def change(self, image: np.ndarray) -> np.ndarray:
        """The new picture. image: (H, W, 3) uint8, not to be written to."""
        raise NotImplementedError

    def placement(self, width_px: int, height_px: int) -> Placement:
        """Where things of a picture of this size go; nowhere else, for most steps."""
        return Placement(np.eye(3), width_px, height_px)

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            if frame.image is NO_PICTURE:
                yield frame
            else:
                yield contiguous(replace(frame, image=self.change(np.ascontiguousarray(frame.image))))


def contiguous(frame: Frame) -> Frame:
    """The frame itself, or one like it whose picture lies in one piece of memory."""
    return frame if frame.image.flags.c_contiguous else replace(frame, image=np.ascontiguousarray(frame.image))


def with_next(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    """Each frame with the one after it, None after the last."""
    earlier = None
    for frame in frames:
        if earlier is not None:
            yield earlier, frame
        earlier = frame
    if earlier is not None:
        yield earlier, None


HELD_GAP_S = 0.04  # between held frames, where the clip does not say
