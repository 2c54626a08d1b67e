"""A made labelled set: drawn clips in six classes, to try training and scoring without data of one's own.

The classes are three pairs: left to right and right to left, grow and shrink, clockwise and anticlockwise. The two of a
pair differ in nothing but the order of their frames: each clip has a twin in the other class that is the same clip
played backwards, noise and all. What looks at frames one by one, or at their mean, can therefore not part them, however
good it is. A group is a scene: its backdrop, light and noise are in all its clips and in no others.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from core.domain import Frame

PAIRS = (("left to right", "right to left"), ("grow", "shrink"), ("clockwise", "anticlockwise"))
LABELS = tuple(label for pair in PAIRS for label in pair)
GROUPS, TAKES = 12, 2
WIDTH_PX, HEIGHT_PX = 192, 144
RATE_HZ, FRAMES = 25, 64
NOTICE = "Drawn by this program: no real video."

Draw = Callable[[np.ndarray, float], None]  # draws onto (H, W, 3) float32 where the motion is at a share of its way


@dataclass(frozen=True)
class MadeClip:
    """One clip to be drawn. group: its scene, "g01"...; take: which of the clips of its scene and class."""

    label: str
    group: str
    take: int
    seed: int

    @property
    def path(self) -> str:
        """How the set names it: class, scene, take."""
        return f"{self.label}/{self.group}_{self.label.replace(' ', '-')}_{self.take}.mp4"


def clips(*, groups: int = GROUPS, takes: int = TAKES, seed: int = 0) -> tuple[MadeClip, ...]:
    """The clips of a set of 6 * groups * takes; the same for the same seed."""
    return tuple(
        MadeClip(label, f"g{group + 1:02}", take + 1, seed)
        for label in LABELS
        for group in range(groups)
        for take in range(takes)
    )


def frames(clip: MadeClip) -> Iterator[Frame]:
    """The FRAMES frames of a clip, of WIDTH_PX x HEIGHT_PX px at RATE_HZ."""
    pair = LABELS.index(clip.label) // 2
    images = _forward(clip, pair)
    ordered = images if clip.label == PAIRS[pair][0] else images[::-1]
    for index, image in enumerate(ordered):
        yield Frame(index, index / RATE_HZ, image)


def _forward(clip: MadeClip, pair: int) -> list[np.ndarray]:
    """The pictures of a clip of the first class of a pair, in order."""
    scene = np.random.default_rng([clip.seed, int(clip.group[1:])])
    backdrop, noise = _backdrop(scene), scene.uniform(2, 9)
    own = np.random.default_rng([clip.seed, int(clip.group[1:]), clip.take, pair])
    draw = (_shift, _growth, _turn)[pair](own, _colour(own, backdrop))
    bend = own.uniform(-0.35, 0.35)  # the motion is faster at one end
    images = []
    for index in range(FRAMES):
        share = index / (FRAMES - 1)
        image = backdrop.copy()
        draw(image, share + bend * share * (1 - share))
        grain = np.roll(_grain()[own.integers(8)], own.integers(0, (HEIGHT_PX, WIDTH_PX)), axis=(0, 1))
        image += grain * np.float32(noise) + np.float32(own.normal(0, 1.5))
        images.append(image.clip(0, 255).astype(np.uint8))
    return images


# What moves -----------------------------------------------------------------------------------------------------------


def _shift(own: np.random.Generator, colour: np.ndarray) -> Draw:
    """A shape that crosses a part of the picture to the right."""
    radius, way = own.uniform(9, 22), own.uniform(0.45, 0.75) * WIDTH_PX
    left, down = own.uniform(0.04, 0.96) * (WIDTH_PX - way), own.uniform(0.25, 0.75) * HEIGHT_PX
    slope, corners, turn = own.uniform(-14, 14), int(own.integers(3, 8)), own.uniform(0, 2 * math.pi)

    def draw(image: np.ndarray, share: float) -> None:
        _polygon(image, left + way * share, down + slope * (share - 0.5), radius, corners, turn, colour)

    return draw


def _growth(own: np.random.Generator, colour: np.ndarray) -> Draw:
    """A shape that grows to two to four times its size."""
    small, times = own.uniform(7, 14), own.uniform(2.2, 4)
    across, down = own.uniform(0.3, 0.7) * WIDTH_PX, own.uniform(0.3, 0.7) * HEIGHT_PX
    corners, turn = int(own.integers(3, 8)), own.uniform(0, 2 * math.pi)

    def draw(image: np.ndarray, share: float) -> None:
        _polygon(image, across, down, small * times**share, corners, turn, colour)

    return draw


def _turn(own: np.random.Generator, colour: np.ndarray) -> Draw:
    """A hand with a knob that turns clockwise about its end."""
    length, wide = own.uniform(26, 52), own.uniform(3, 7)
    across, down = own.uniform(0.36, 0.64) * WIDTH_PX, own.uniform(0.42, 0.58) * HEIGHT_PX
    begin, way = own.uniform(0, 2 * math.pi), own.uniform(0.7, 1.5) * 2 * math.pi

    def draw(image: np.ndarray, share: float) -> None:
        angle = begin + way * share  # y runs down: a rising angle turns clockwise
        end = (across + length * math.cos(angle), down + length * math.sin(angle))
        shape = np.zeros(image.shape[:2], np.uint8)
        cv2.line(shape, _fixed(across, down), _fixed(*end), 255, round(wide), cv2.LINE_AA, 4)
        cv2.circle(shape, _fixed(*end), round(wide * 1.7 * 16), 255, -1, cv2.LINE_AA, 4)
        cv2.circle(shape, _fixed(across, down), round(wide * 0.9 * 16), 255, -1, cv2.LINE_AA, 4)
        _paint(image, shape, colour)

    return draw


# Brushes --------------------------------------------------------------------------------------------------------------


def _backdrop(scene: np.random.Generator) -> np.ndarray:
    """Two colours that run into each other, with soft patches and a few still shapes. (H, W, 3) float32."""
    down, across = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    angle = scene.uniform(0, 2 * math.pi)
    share = across / WIDTH_PX * math.cos(angle) + down / HEIGHT_PX * math.sin(angle)
    share = (share - share.min()) / np.ptp(share)
    first, second = scene.uniform(30, 210, (2, 3))
    picture = (first + (second - first) * share[..., None]).astype(np.float32)
    patches = cv2.GaussianBlur(
        scene.normal(0, 1, (HEIGHT_PX, WIDTH_PX)).astype(np.float32), (0, 0), scene.uniform(3, 12)
    )
    picture += (patches / patches.std() * scene.uniform(4, 16))[..., None]
    for _ in range(int(scene.integers(2, 6))):
        x, y, radius = scene.uniform(0, WIDTH_PX), scene.uniform(0, HEIGHT_PX), scene.uniform(4, 16)
        _polygon(picture, x, y, radius, int(scene.integers(3, 8)), scene.uniform(0, 6), scene.uniform(20, 235, 3))
    return picture


@cache
def _grain() -> np.ndarray:
    """Eight pictures of noise of deviation 1. (8, H, W, 3) float32."""
    return np.random.default_rng(1).standard_normal((8, HEIGHT_PX, WIDTH_PX, 3), np.float32)


def _colour(own: np.random.Generator, backdrop: np.ndarray) -> np.ndarray:
    """A colour that stands out from the backdrop's mean."""
    mean = backdrop.mean(axis=(0, 1))
    tries = own.uniform(10, 245, (12, 3))
    return tries[int(np.argmax(np.linalg.norm(tries - mean, axis=1) > 90))]


def _polygon(
    image: np.ndarray, x: float, y: float, radius: float, corners: int, turn: float, colour: np.ndarray
) -> None:
    """A regular polygon, or from seven corners on a disc."""
    shape = np.zeros(image.shape[:2], np.uint8)
    angles = turn + 2 * math.pi * np.arange(corners if corners < 7 else 48) / (corners if corners < 7 else 48)
    outline = np.stack((x + radius * np.cos(angles), y + radius * np.sin(angles)), axis=1)
    cv2.fillPoly(shape, [np.round(outline * 16).astype(np.int32)], 255, cv2.LINE_AA, 4)
    _paint(image, shape, colour)


def _paint(image: np.ndarray, shape: np.ndarray, colour: np.ndarray) -> None:
    image += (colour - image) * (shape[..., None] * np.float32(1 / 255))


def _fixed(x: float, y: float) -> tuple[int, int]:
    """A place in sixteenths of a pixel, as the drawing functions take it."""
    return round(x * 16), round(y * 16)
