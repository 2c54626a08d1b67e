"""Every preprocessing step, each a frozen dataclass that turns a stream of frames into another.

A step keeps at most a few frames in memory, never changes a frame it was given, and yields frames whose times rise
strictly and whose pictures are contiguous uint8 (height, width, 3) RGB. Steps compose in any order.

A new step is one class here: `@step("Label")` over a frozen dataclass of `knob()` fields. Its form in the browser,
its place in saved recipes and its part of each key follow from that.
"""

import itertools
import math
import statistics
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from functools import cache
from typing import Any, ClassVar, Literal, TypeVar

import cv2
import numpy as np

from core.base.errors import RecipeInvalid
from core.base.registry import STEPS
from core.domain import Frame, Recipe

Kind = Literal["int", "float", "bool", "choice", "range"]
T = TypeVar("T")

TO_THE_END_S = 86400.0  # a whole day: the stop of a Trim that has none
LARGEST_SIDE_PX = 8192  # of any picture a step makes; keeps a recipe from a stranger from filling the memory
SMALLEST_SIDE_PX = 4  # of a cropped picture
CLOCK_SLACK_S = 0.0006  # Matroska and others round each time to whole milliseconds


# Settings of a step ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Knob:
    """One setting of a step, with all that a form needs to draw it.

    low, high: bounds, both allowed. step: the grid of a slider; values off the grid are valid.
    choices: the values of a "choice"; choice_labels: the same in words. A "range" is a pair, lower end first.
    limit: the attribute of VideoInfo that bounds a slider for the clip at hand; empty for none.
    """

    name: str
    kind: Kind
    default: Any
    label: str
    low: float = 0
    high: float = 0
    step: float = 1
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    choice_labels: tuple[str, ...] = ()
    limit: str = ""


def knob(
    default: Any,
    *,
    label: str,
    low: float = 0,
    high: float = 0,
    step: float = 1,
    unit: str = "",
    help: str = "",
    choices: Mapping[str, str] | None = None,
    limit: str = "",
) -> Any:
    """A dataclass field that is a setting of a step: see Knob. choices: each value with what it is called in a form."""
    words = dict(choices or {})
    drawn = Knob(
        "", _kind(default), default, label, low, high, step, unit, help, tuple(words), tuple(words.values()), limit
    )
    return field(default=default, metadata={"knob": drawn})


def _kind(default: Any) -> Kind:
    kinds: dict[type, Kind] = {bool: "bool", int: "int", float: "float", str: "choice", tuple: "range"}
    return kinds[type(default)]


@cache
def knobs(step_class: type) -> tuple[Knob, ...]:
    """The settings of a step, in the order in which a form shows them."""
    return tuple(replace(each.metadata["knob"], name=each.name) for each in fields(step_class))


class Adjustable:
    """What all steps share: a label, and settings that are checked when a step is made, wherever it was read from."""

    label: ClassVar[str]
    picture: ClassVar[bool]

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
            "range": f"two rising numbers from {bounds}",
            "int": f"a whole number from {bounds}",
            "float": f"a number from {bounds}",
        }[setting.kind]
        told = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:60]}..."
        return RecipeInvalid(
            f"{self.label}: {setting.name} is {told}, expected {expected}",
            f"Set “{setting.label}” of the step “{self.label}” again, or take the step out.",
        )

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames after this step, made one by one as they are asked for."""
        raise NotImplementedError

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


# Geometry -------------------------------------------------------------------------------------------------------------


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


def _affine(a: float, b: float, c: float, d: float, e: float, f: float) -> np.ndarray:
    return np.array([[a, b, c], [d, e, f], [0, 0, 1]], dtype=np.float64)


class PictureStep(Adjustable):
    """A step that changes each picture by itself."""

    def change(self, image: np.ndarray) -> np.ndarray:
        """The new picture. image: (H, W, 3) uint8, not to be written to."""
        raise NotImplementedError

    def placement(self, width_px: int, height_px: int) -> Placement:
        """Where things of a picture of this size go; nowhere else, for most steps."""
        return Placement(np.eye(3), width_px, height_px)

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame in frames:
            yield _contiguous(replace(frame, image=self.change(np.ascontiguousarray(frame.image))))


def _contiguous(frame: Frame) -> Frame:
    """The frame itself, or one like it whose picture lies in one piece of memory."""
    return frame if frame.image.flags.c_contiguous else replace(frame, image=np.ascontiguousarray(frame.image))


# Time and place -------------------------------------------------------------------------------------------------------


@step("Trim", picture=False)
@dataclass(frozen=True)
class Trim(Adjustable):
    """Keep the frames that appear from the start of a stretch up to its stop, which is left out."""

    kept_s: tuple[float, float] = knob(
        (0.0, TO_THE_END_S),
        low=0.0,
        high=TO_THE_END_S,
        step=0.01,
        unit="s",
        label="Keep",
        help="Start and stop on the clock of the clip. Times of frames stay what they were.",
        limit="duration_s",
    )

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        start_s, stop_s = self.kept_s
        for frame in frames:
            if frame.time_s >= stop_s and stop_s < TO_THE_END_S:
                return
            if frame.time_s >= start_s:
                yield _contiguous(frame)


@step("Crop")
@dataclass(frozen=True)
class Crop(PictureStep):
    """Cut out a rectangle, told in per cent of the picture so that it fits clips of any size."""

    across_pct: tuple[float, float] = knob(
        (0.0, 100.0), low=0.0, high=100.0, step=0.5, unit="%", label="Across", help="Left and right edge."
    )
    down_pct: tuple[float, float] = knob(
        (0.0, 100.0), low=0.0, high=100.0, step=0.5, unit="%", label="Down", help="Upper and lower edge."
    )

    def box(self, width_px: int, height_px: int) -> Box:
        """The rectangle that remains of a picture of this size; RecipeInvalid where next to nothing would."""
        left, width = _kept(self.across_pct, width_px)
        top, height = _kept(self.down_pct, height_px)
        if width < min(SMALLEST_SIDE_PX, width_px) or height < min(SMALLEST_SIDE_PX, height_px):
            raise RecipeInvalid(
                f"Crop leaves {width} x {height} px of a {width_px} x {height_px} px picture, "
                f"expected at least {SMALLEST_SIDE_PX} x {SMALLEST_SIDE_PX} px",
                "Draw the crop wider, or take the step out.",
            )
        return Box(left, top, width, height)

    def placement(self, width_px: int, height_px: int) -> Placement:
        box = self.box(width_px, height_px)
        return Placement(_affine(1, 0, -box.left_px, 0, 1, -box.top_px), box.width_px, box.height_px)

    def change(self, image: np.ndarray) -> np.ndarray:
        box = self.box(image.shape[1], image.shape[0])
        return image[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]


def _kept(range_pct: tuple[float, float], side_px: int) -> tuple[int, int]:
    """First pixel and count of pixels of a side."""
    first, stop = (round(side_px * end / 100) for end in range_pct)
    return first, stop - first


@step("Rotate")
@dataclass(frozen=True)
class Rotate(PictureStep):
    """Turn the picture clockwise about its middle; what comes into view at the corners is black.

    Quarter turns move pixels and mix none. Other angles mix the four nearest pixels (bilinear).
    """

    angle_deg: float = knob(
        0.0, low=-180.0, high=180.0, step=0.5, unit="°", label="Angle", help="Clockwise; negative turns to the left."
    )
    canvas: str = knob(
        "grow",
        label="Canvas",
        choices={"grow": "Grows, nothing is cut off", "keep": "Stays, corners are cut off"},
    )

    def placement(self, width_px: int, height_px: int) -> Placement:
        turn = math.radians(self.angle_deg)
        cos, sin = math.cos(turn), math.sin(turn)
        if self.angle_deg % 90 == 0:
            cos, sin = float(round(cos)), float(round(sin))
        wide, high = width_px, height_px
        if self.canvas == "grow":
            wide = math.ceil(abs(width_px * cos) + abs(height_px * sin) - 1e-6)
            high = math.ceil(abs(width_px * sin) + abs(height_px * cos) - 1e-6)
        _check_size(self.label, wide, high)
        across = wide / 2 - (cos * width_px - sin * height_px) / 2
        down = high / 2 - (sin * width_px + cos * height_px) / 2
        return Placement(_affine(cos, -sin, across, sin, cos, down), wide, high)

    def change(self, image: np.ndarray) -> np.ndarray:
        if self.angle_deg % 90 == 0:
            turned = _quarters(image, round(self.angle_deg / 90))
            return turned if self.canvas == "grow" else _centred(turned, image.shape[1], image.shape[0])
        height, width = image.shape[:2]
        place = self.placement(width, height)
        to_middles, from_middles = _affine(1, 0, -0.5, 0, 1, -0.5), _affine(1, 0, 0.5, 0, 1, 0.5)
        matrix = (to_middles @ place.matrix @ from_middles)[:2]
        return cv2.warpAffine(image, matrix, (place.width_px, place.height_px), flags=cv2.INTER_LINEAR)


def _quarters(image: np.ndarray, turns: int) -> np.ndarray:
    """The picture after so many quarter turns clockwise, no pixel changed."""
    codes = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}
    return cv2.rotate(image, codes[turns % 4]) if turns % 4 else image


def _centred(image: np.ndarray, width_px: int, height_px: int) -> np.ndarray:
    """The picture in the middle of a black canvas, cut off where it is larger."""
    height, width = image.shape[:2]
    if (width, height) == (width_px, height_px):
        return image
    left, top = (width_px - width) // 2, (height_px - height) // 2
    canvas = np.zeros((height_px, width_px, 3), np.uint8)
    inside = image[max(0, -top) : max(0, -top) + height_px, max(0, -left) : max(0, -left) + width_px]
    first_row, first_column = max(0, top), max(0, left)
    canvas[first_row : first_row + inside.shape[0], first_column : first_column + inside.shape[1]] = inside
    return canvas


def _check_size(label: str, width_px: int, height_px: int) -> None:
    if max(width_px, height_px) > LARGEST_SIDE_PX:
        raise RecipeInvalid(
            f"{label} would make a {width_px} x {height_px} px picture, expected at most {LARGEST_SIDE_PX} px a side",
            "Put a Resize before this step, or keep the canvas.",
        )


@step("Flip")
@dataclass(frozen=True)
class Flip(PictureStep):
    """Mirror the picture."""

    direction: str = knob(
        "horizontal",
        label="Direction",
        choices={"horizontal": "Left and right", "vertical": "Up and down", "both": "Both (half a turn)"},
    )

    def placement(self, width_px: int, height_px: int) -> Placement:
        across, down = self.direction != "vertical", self.direction != "horizontal"
        matrix = _affine(-1 if across else 1, 0, across * width_px, 0, -1 if down else 1, down * height_px)
        return Placement(matrix, width_px, height_px)

    def change(self, image: np.ndarray) -> np.ndarray:
        return cv2.flip(image, {"horizontal": 1, "vertical": 0, "both": -1}[self.direction])


@step("Resize")
@dataclass(frozen=True)
class Resize(PictureStep):
    """Make the picture smaller (by averaging areas) or larger (bilinear)."""

    width_px: int = knob(640, low=16, high=3840, step=2, unit="px", label="Width")
    height_px: int = knob(360, low=16, high=3840, step=2, unit="px", label="Height")
    shape: str = knob(
        "fit",
        label="Shape",
        choices={
            "fit": "Keep it, the picture fits inside",
            "pad": "Keep it, black bars fill the rest",
            "stretch": "Stretch to this size",
        },
    )

    def _inside(self, width_px: int, height_px: int) -> Box:
        """Where the picture lies inside the canvas."""
        if self.shape == "stretch":
            return Box(0, 0, self.width_px, self.height_px)
        scale = min(Fraction(self.width_px, width_px), Fraction(self.height_px, height_px))
        width, height = max(1, round(width_px * scale)), max(1, round(height_px * scale))
        if self.shape == "fit":
            return Box(0, 0, width, height)
        return Box((self.width_px - width) // 2, (self.height_px - height) // 2, width, height)

    def placement(self, width_px: int, height_px: int) -> Placement:
        box = self._inside(width_px, height_px)
        matrix = _affine(box.width_px / width_px, 0, box.left_px, 0, box.height_px / height_px, box.top_px)
        if self.shape == "pad":
            return Placement(matrix, self.width_px, self.height_px)
        return Placement(matrix, box.width_px, box.height_px)

    def change(self, image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        box = self._inside(width, height)
        shrinks = box.width_px <= width and box.height_px <= height
        method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        resized = cv2.resize(image, (box.width_px, box.height_px), interpolation=method)
        return _centred(resized, self.width_px, self.height_px) if self.shape == "pad" else resized


@step("Resample", picture=False)
@dataclass(frozen=True)
class Resample(Adjustable):
    """Choose the frame on screen at each tick of a steady clock that starts with the first frame.

    Each frame is chosen once at most and keeps its own time; where the source is slower, no frame is made up.
    """

    rate_hz: float = knob(25.0, low=0.1, high=240.0, step=0.1, unit="frames/s", label="Rate")

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        rate = Fraction(self.rate_hz).limit_denominator(1001)
        start_s, gap_s = None, 2 / self.rate_hz  # a single frame is always chosen
        for frame, later in _with_next(frames):
            start_s = frame.time_s if start_s is None else start_s
            gap_s = later.time_s - frame.time_s if later else gap_s
            stop_s = later.time_s if later else frame.time_s + gap_s - 2 * CLOCK_SLACK_S  # the gap is rounded twice
            if _ticks_before(stop_s - start_s, rate) > _ticks_before(frame.time_s - start_s, rate):
                yield _contiguous(frame)


def _ticks_before(elapsed_s: float, rate: Fraction) -> int:
    """How many ticks of a clock at `rate` come before this moment, not counting one less than CLOCK_SLACK_S before."""
    return max(0, math.ceil(Fraction(elapsed_s - CLOCK_SLACK_S) * rate))


def _with_next(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    """Each frame with the one after it, None after the last."""
    earlier = None
    for frame in frames:
        if earlier is not None:
            yield earlier, frame
        earlier = frame
    if earlier is not None:
        yield earlier, None


@step("Hold the end", picture=False)
@dataclass(frozen=True)
class Hold(Adjustable):
    """Show the last picture for a while longer.

    A CNN that sees motion looks two seconds ahead. At the end of a clip it would look at nothing, which it was never
    trained on: its last features would say little. Moments after the end are never told; see core.pipeline.look.
    """

    held_s: float = knob(2.0, low=0.0, high=10.0, step=0.5, unit="s", label="How long")

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        frame, gap_s = None, HELD_GAP_S
        for frame, later in _with_next(frames):
            yield _contiguous(frame)
            gap_s = later.time_s - frame.time_s if later else gap_s
        if frame is None:
            return
        gap_s = min(max(gap_s, HELD_GAP_S / 4), 4 * HELD_GAP_S)
        for place in range(1, 1 + math.floor(self.held_s / gap_s + 1e-9)):
            yield replace(_contiguous(frame), time_s=frame.time_s + place * gap_s, filled=True)


# Noise and light ------------------------------------------------------------------------------------------------------


@step("Denoise")
@dataclass(frozen=True)
class Denoise(PictureStep):
    """Smooth noise within each picture, over squares of side 2 * radius + 1.

    median: the middle value, takes specks away. gaussian: a soft blur of standard deviation radius / 2. bilateral:
    averages like colours only and leaves edges sharp (Tomasi and Manduchi, 1998).
    """

    method: str = knob(
        "median",
        label="Method",
        choices={
            "median": "Median (specks, snow)",
            "gaussian": "Gaussian (soft blur)",
            "bilateral": "Bilateral (keeps edges)",
        },
    )
    radius_px: int = knob(1, low=1, high=4, unit="px", label="Radius", help="Larger is smoother and slower.")

    def change(self, image: np.ndarray) -> np.ndarray:
        side = 2 * self.radius_px + 1
        if self.method == "gaussian":
            return cv2.GaussianBlur(image, (side, side), self.radius_px / 2)
        if self.method == "bilateral":
            return cv2.bilateralFilter(image, side, 30, self.radius_px)
        return _median(image, self.radius_px)


def _median(image: np.ndarray, radius_px: int) -> np.ndarray:
    """cv2.medianBlur, which above radius 2 uses one core: there in two halves that overlap, on two."""
    side, middle = 2 * radius_px + 1, image.shape[0] // 2
    if radius_px <= 2 or middle <= side:
        return cv2.medianBlur(image, side)
    halves = (image[: middle + radius_px], image[middle - radius_px :])
    upper, lower = _threads().map(lambda half: cv2.medianBlur(half, side), halves)
    return np.concatenate((upper[:middle], lower[radius_px:]))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, thread_name_prefix="median")


@step("Smooth over time")
@dataclass(frozen=True)
class TemporalSmooth(Adjustable):
    """Replace each picture by the mean of itself and its neighbours in time, as many before it as after it.

    Near the ends, and where the size of the pictures changes, there are fewer neighbours. Times stay their own.
    """

    radius_frames: int = knob(
        1,
        low=1,
        high=7,
        unit="frames",
        label="Neighbours on each side",
        help="Calms flicker and noise of a still camera; what moves leaves a trail.",
    )

    def reach(self) -> int:
        return self.radius_frames

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for _, same_size in itertools.groupby(frames, key=lambda frame: frame.image.shape):
            yield from self._smoothed(same_size)

    def _smoothed(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        window: deque[Frame] = deque()
        total, at = np.zeros(0, np.uint16), 0  # 15 pictures sum to 3825 at most; at: the next to leave
        for frame in itertools.chain(frames, itertools.repeat(None, self.radius_frames)):
            if frame is not None:
                total = _add(total, frame.image)
                window.append(frame)
            if frame is not None and len(window) <= self.radius_frames:
                continue
            if at >= len(window):
                return
            yield replace(window[at], image=cv2.convertScaleAbs(total, alpha=1 / len(window)))
            at += 1
            if at > self.radius_frames:
                total = cv2.subtract(total, window.popleft().image, dtype=cv2.CV_16U)
                at -= 1


def _add(total: np.ndarray, image: np.ndarray) -> np.ndarray:
    """A new sum; the first picture starts it."""
    return cv2.add(total, image, dtype=cv2.CV_16U) if total.size else image.astype(np.uint16)


@step("Gamma")
@dataclass(frozen=True)
class Gamma(PictureStep):
    """Brighten or darken the middle tones; black stays black and white stays white: 255 * (v / 255) ** (1 / gamma)."""

    gamma: float = knob(
        1.0, low=0.2, high=5.0, step=0.05, label="Gamma", help="Above 1 brightens dark footage, below 1 darkens."
    )

    def change(self, image: np.ndarray) -> np.ndarray:
        return cv2.LUT(image, _gamma_table(self.gamma))


@cache
def _gamma_table(gamma: float) -> np.ndarray:
    """(256,) uint8: the new value of each old one."""
    return np.round(255 * (np.arange(256) / 255) ** (1 / gamma)).astype(np.uint8)


@step("Local contrast")
@dataclass(frozen=True)
class LocalContrast(PictureStep):
    """Stretch the contrast of each part of the picture by itself; colours stay.

    CLAHE on the luma of YCrCb (Zuiderveld, Graphics Gems IV, 1994).
    """

    clip_limit: float = knob(
        2.0,
        low=1.0,
        high=10.0,
        step=0.1,
        label="Strength",
        help="How far contrast may rise; high brings out noise too.",
    )
    tiles: int = knob(8, low=1, high=16, label="Parts on each side", help="More parts work on smaller details.")

    def change(self, image: np.ndarray) -> np.ndarray:
        height, width = image.shape[:2]
        grid = (min(self.tiles, width), min(self.tiles, height))
        planes = list(cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)))
        planes[0] = cv2.createCLAHE(self.clip_limit, grid).apply(planes[0])
        return cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB)


# Repair ---------------------------------------------------------------------------------------------------------------

GAPS_BESIDE = 5  # gaps on either side that tell what is usual around a gap
LONGEST_DROPOUT = 3  # blank frames in a row; more of them are taken for a real black stretch
HELD_GAP_S = 0.04  # between held frames, where the clip does not say
BLANK_SPREAD = 2  # largest difference between values of one channel in a blank picture


@step("Repair", picture=False)
@dataclass(frozen=True)
class Repair(Adjustable):
    """Fill the places where frames are missing, and mark each filled frame.

    A gap in the clock is one that is longer than 1.5 times the median of itself and the gaps around it (5 before,
    5 after): frames are put into it, evenly, as many as bring it back to that median. A clip that changes its rate
    for good, or whose gaps vary by less than half, is left as it is. A dropout is a run of up to 3 blank pictures (one
    flat colour) between pictures that are not blank: each is replaced and keeps its time.
    """

    method: str = knob(
        "hold",
        label="Fill with",
        choices={"hold": "The picture before", "blend": "A blend of before and after"},
    )
    longest_s: float = knob(
        1.0, low=0.05, high=10.0, step=0.05, unit="s", label="Longest gap", help="A longer gap is left alone."
    )
    blank: bool = knob(
        True, label="Replace blank pictures", help="Up to three in a row of one flat colour, as a loose cable gives."
    )

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        whole = self._without_dropouts(frames) if self.blank else iter(frames)
        return self._without_gaps(whole)

    def _between(self, before: Frame, after: Frame, part: float) -> np.ndarray:
        """The picture to show at `part` of the way from one frame to the other."""
        if self.method == "hold" or before.image.shape != after.image.shape:
            return np.ascontiguousarray(before.image)
        return cv2.addWeighted(before.image, 1 - part, after.image, part, 0)

    def _without_dropouts(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        before, blanks = None, []
        for frame in frames:
            blank = _is_blank(frame.image)
            if blank and before is not None and len(blanks) < LONGEST_DROPOUT:
                blanks.append(frame)
                continue
            yield from blanks if blank or before is None else self._replaced(before, blanks, frame)
            yield frame
            before, blanks = None if blank else frame, []
        yield from blanks

    def _replaced(self, before: Frame, blanks: list[Frame], after: Frame) -> Iterator[Frame]:
        for blank in blanks:
            if after.time_s - before.time_s > self.longest_s:
                yield blank
                continue
            part = (blank.time_s - before.time_s) / (after.time_s - before.time_s)
            yield replace(blank, image=self._between(before, after, part), filled=True)

    def _without_gaps(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        for frame, after, usual_s in _with_usual_gap(frames):
            yield _contiguous(frame)
            if after is None:
                return
            gap_s = after.time_s - frame.time_s
            if not 1.5 * usual_s < gap_s <= self.longest_s:
                continue
            count = round(gap_s / usual_s)
            for place in range(1, count):
                image = self._between(frame, after, place / count)
                yield Frame(frame.index, frame.time_s + gap_s * place / count, image, filled=True)


def _is_blank(image: np.ndarray) -> bool:
    """Whether a picture is one flat colour; a sparse look first, because few pictures pass it."""
    sparse = image[::16, ::16]
    for looked_at in (sparse, image):
        if int((looked_at.max(axis=(0, 1)).astype(int) - looked_at.min(axis=(0, 1))).max()) > BLANK_SPREAD:
            return False
    return True


def _with_usual_gap(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None, float]]:
    """Each frame, the one after it, and the median of the gaps around the gap between them."""
    ahead: deque[Frame] = deque()  # the frame at hand and up to GAPS_BESIDE + 1 after it
    past: deque[float] = deque(maxlen=GAPS_BESIDE)
    source = iter(frames)
    while True:
        ahead.extend(itertools.islice(source, GAPS_BESIDE + 2 - len(ahead)))
        if not ahead:
            return
        frame = ahead.popleft()
        times_s = [frame.time_s, *(later.time_s for later in ahead)]
        gaps_s = [later - earlier for earlier, later in itertools.pairwise(times_s)]
        usual_s = statistics.median_low([*past, *gaps_s]) if gaps_s else 0.0
        yield frame, ahead[0] if ahead else None, usual_s
        past.extend(gaps_s[:1])


# Whole recipes --------------------------------------------------------------------------------------------------------


class Tally:
    """Counts the frames that pass through, and the filled ones among them."""

    def __init__(self):
        self.frames = 0
        self.filled = 0

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same frames, counted."""
        for frame in frames:
            self.frames += 1
            self.filled += frame.filled
            yield frame


def placed(recipe: Recipe, width_px: int, height_px: int) -> Placement:
    """Where a recipe puts things of a picture of this size, all its steps together; RecipeInvalid where it cannot."""
    matrix = np.eye(3)
    for each in _picture_steps(recipe):
        place = each.placement(width_px, height_px)
        matrix, width_px, height_px = place.matrix @ matrix, place.width_px, place.height_px
    return Placement(matrix, width_px, height_px)


def picture_size(recipe: Recipe, width_px: int, height_px: int) -> Box:
    """The whole picture that the recipe makes of one of this size; RecipeInvalid where it cannot."""
    place = placed(recipe, width_px, height_px)
    return Box(0, 0, place.width_px, place.height_px)


def outline(recipe: Recipe, width_px: int, height_px: int) -> np.ndarray | None:
    """What the last Crop of a recipe keeps, drawn on the source picture of this size; None without a Crop.

    (4, 2) float64 px, x and y of the corners, clockwise from the upper left of the cropped picture. After a Rotate
    they form a tilted rectangle, parts of which may lie outside the source.
    """
    matrix, corners = np.eye(3), None
    for each in _picture_steps(recipe):
        if isinstance(each, Crop):
            box = each.box(width_px, height_px)
            left, top, right, bottom = box.left_px, box.top_px, box.left_px + box.width_px, box.top_px + box.height_px
            drawn = np.array([[left, top, 1], [right, top, 1], [right, bottom, 1], [left, bottom, 1]], np.float64)
            corners = (drawn @ np.linalg.inv(matrix).T)[:, :2]  # (4, 2)
        place = each.placement(width_px, height_px)
        matrix, width_px, height_px = place.matrix @ matrix, place.width_px, place.height_px
    return corners


def _picture_steps(recipe: Recipe) -> Iterator[PictureStep]:
    return (each for each in recipe.steps if isinstance(each, PictureStep))


def source_stretch_s(recipe: Recipe) -> tuple[float, float]:
    """The stretch of the source outside which no frame can matter, so that it need not be decoded.

    Only a Trim that comes before every step that looks at more than one frame can tell; stop is inf for the end.
    """
    start_s, stop_s = 0.0, math.inf
    for each in itertools.takewhile(lambda each: isinstance(each, (Trim, PictureStep)), recipe.steps):
        if isinstance(each, Trim):
            start_s = max(start_s, each.kept_s[0])
            stop_s = min(stop_s, each.kept_s[1] if each.kept_s[1] < TO_THE_END_S else math.inf)
    return start_s, stop_s


def preview_recipe(recipe: Recipe) -> Recipe:
    """The steps that change pictures, without those that choose or add frames: how the recipe makes any frame look."""
    return Recipe(tuple(each for each in recipe.steps if each.picture))


def reach(recipe: Recipe) -> int:
    """How many frames on either side of a moment a preview of that moment needs."""
    return sum(each.reach() for each in preview_recipe(recipe).steps)


def preview(recipe: Recipe, frames: Iterable[Frame], time_s: float) -> Frame | None:
    """The frame on screen at a moment as the recipe makes it look; None without frames.

    frames: that frame with `reach(recipe)` frames before and after it, or any longer stretch.
    """
    shown = None
    for frame in preview_recipe(recipe).apply(frames):
        if shown is not None and frame.time_s > time_s + CLOCK_SLACK_S / 2:
            break
        shown = frame
    return shown
