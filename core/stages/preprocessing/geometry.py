"""Steps that move the pixels of each frame: crop, rotate, flip, resize."""

import math
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np

from core.base.errors import RecipeInvalid
from core.base.knobs import knob
from core.stages.preprocessing.step import (
    LARGEST_SIDE_PX,
    SMALLEST_SIDE_PX,
    Box,
    PictureStep,
    Placement,
    affine,
    step,
)


@step("Crop")
@dataclass(frozen=True)
class Crop(PictureStep):
    """Cut out a rectangle, told in per cent of the picture so that it fits clips of any size."""

    across_pct: tuple[float, float] = knob(
        (0.0, 100.0), low=0.0, high=100.0, step=0.1, unit="%", label="Across", help="Left and right edge.",
        apart="least_width_pct",
    )  # fmt: skip
    down_pct: tuple[float, float] = knob(
        (0.0, 100.0), low=0.0, high=100.0, step=0.1, unit="%", label="Down", help="Upper and lower edge.",
        apart="least_height_pct",
    )  # fmt: skip

    def is_neutral(self) -> bool:
        return self.across_pct == self.down_pct == (0.0, 100.0)

    def summary(self, width_px: int, height_px: int) -> str:
        box = self.box(width_px, height_px)
        return f"{self.label} {box.width_px} × {box.height_px} px"

    def box(self, width_px: int, height_px: int) -> Box:
        """The rectangle that remains of a picture of this size; RecipeInvalid where next to nothing would."""
        left, width = _pixel_range(self.across_pct, width_px)
        top, height = _pixel_range(self.down_pct, height_px)
        if width < min(SMALLEST_SIDE_PX, width_px) or height < min(SMALLEST_SIDE_PX, height_px):
            raise RecipeInvalid(
                f"Crop leaves {width} x {height} px of a {width_px} x {height_px} px picture, "
                f"expected at least {SMALLEST_SIDE_PX} x {SMALLEST_SIDE_PX} px",
                "Widen the crop, or remove the step.",
            )
        return Box(left, top, width, height)

    def placement(self, width_px: int, height_px: int) -> Placement:
        box = self.box(width_px, height_px)
        return Placement(affine(1, 0, -box.left_px, 0, 1, -box.top_px), box.width_px, box.height_px)

    def change(self, image: np.ndarray) -> np.ndarray:
        box = self.box(image.shape[1], image.shape[0])
        return image[box.top_px : box.top_px + box.height_px, box.left_px : box.left_px + box.width_px]


def least_crop_pct(side_px: int) -> float:
    """The least part of a side that a crop may keep, in per cent with one decimal, wherever it lies."""
    return min(100.0, math.ceil(1000 * (SMALLEST_SIDE_PX + 1) / side_px) / 10)


def _pixel_range(range_pct: tuple[float, float], side_px: int) -> tuple[int, int]:
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

    def is_neutral(self) -> bool:
        return self.angle_deg == 0

    def summary(self, width_px: int, height_px: int) -> str:
        return f"{self.label} {self.angle_deg:g}°"

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
        return Placement(affine(cos, -sin, across, sin, cos, down), wide, high)

    def change(self, image: np.ndarray) -> np.ndarray:
        if self.angle_deg % 90 == 0:
            turned = _quarters(image, round(self.angle_deg / 90))
            return turned if self.canvas == "grow" else _centred(turned, image.shape[1], image.shape[0])
        height, width = image.shape[:2]
        placement = self.placement(width, height)
        to_middles, from_middles = affine(1, 0, -0.5, 0, 1, -0.5), affine(1, 0, 0.5, 0, 1, 0.5)
        matrix = (to_middles @ placement.matrix @ from_middles)[:2]
        return cv2.warpAffine(image, matrix, (placement.width_px, placement.height_px), flags=cv2.INTER_LINEAR)


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
            "Add a Resize step before this one, or keep the canvas.",
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
        matrix = affine(-1 if across else 1, 0, across * width_px, 0, -1 if down else 1, down * height_px)
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

    def summary(self, width_px: int, height_px: int) -> str:
        placement = self.placement(width_px, height_px)
        return f"{self.label} to {placement.width_px} × {placement.height_px} px"

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
        matrix = affine(box.width_px / width_px, 0, box.left_px, 0, box.height_px / height_px, box.top_px)
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
