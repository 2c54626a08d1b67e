"""A made labelled set: drawn clips in six classes, to try training and scoring without data of one's own.

A light moves over a dim wall of four patterns. The classes are three pairs: it crosses from left to right or from right
to left, it grows or shrinks, it turns clockwise or anticlockwise. The two of a pair differ in nothing but the order of
their frames: each clip has a twin in the other class that is the same clip played backwards, noise and all. What looks
at frames one by one, or at their mean, can therefore not part them, however good it is. The patterns lie in the same
corners everywhere, so that a frame tells where the light is, even to a network that forgets places; their shades,
scale and noise differ from scene to scene. A group is a scene: its wall is in all its clips and in no others.
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

Light = Callable[[float], np.ndarray]


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
    light = (_crossing, _growing, _turning)[pair](own)
    dim, bend = own.uniform(0.08, 0.25), own.uniform(-0.35, 0.35)  # the motion is faster at one end
    images = []
    for index in range(FRAMES):
        share = index / (FRAMES - 1)
        lit = light(share + bend * share * (1 - share))[..., None]  # (H, W, 1)
        image = backdrop * (dim + (1 - dim) * lit)
        grain = np.roll(_grain()[own.integers(8)], own.integers(0, (HEIGHT_PX, WIDTH_PX)), axis=(0, 1))
        image += grain * np.float32(noise) + np.float32(own.normal(0, 1.5))
        images.append(image.clip(0, 255).astype(np.uint8))
    return images


# The light ------------------------------------------------------------------------------------------------------------
# Each gives (H, W) float32, 0 to 1: how strongly the wall is lit where the motion is at a share of its way.


def _crossing(own: np.random.Generator) -> Light:
    """A band of light that goes to the right."""
    half, way = own.uniform(0.1, 0.2) * WIDTH_PX, own.uniform(0.55, 0.85) * WIDTH_PX
    left, slope = own.uniform(0, 1) * (WIDTH_PX - way), own.uniform(-0.3, 0.3)
    down, across = _places()

    def light(share: float) -> np.ndarray:
        return _soft(half - np.abs(across - left - way * share - slope * (down - HEIGHT_PX / 2)))

    return light


def _growing(own: np.random.Generator) -> Light:
    """A disc of light that grows to three to five times its size."""
    small, times = own.uniform(14, 22), own.uniform(3, 5)
    middle, centre = own.uniform(0.42, 0.58) * WIDTH_PX, own.uniform(0.42, 0.58) * HEIGHT_PX
    down, across = _places()

    def light(share: float) -> np.ndarray:
        return _soft(small * times**share - np.hypot(across - middle, down - centre))

    return light


def _turning(own: np.random.Generator) -> Light:
    """A beam that turns clockwise about the middle of the wall."""
    begin, way = own.uniform(0, 2 * math.pi), own.uniform(0.8, 1.3) * 2 * math.pi
    half = own.uniform(0.5, 0.8)  # radians
    down, across = _places()
    angle = np.arctan2(down - HEIGHT_PX / 2, across - WIDTH_PX / 2)  # y runs down: a rising angle turns clockwise
    away = np.hypot(across - WIDTH_PX / 2, down - HEIGHT_PX / 2)

    def light(share: float) -> np.ndarray:
        off = np.abs((angle - begin - way * share + math.pi) % (2 * math.pi) - math.pi)
        return _soft((half - off) * away)

    return light


def _soft(inside_px: np.ndarray) -> np.ndarray:
    """Light that fades over a few pixels about its edge. inside_px: how far inside each pixel lies."""
    return np.clip(inside_px / 8 + 0.5, 0, 1).astype(np.float32)


@cache
def _places() -> tuple[np.ndarray, np.ndarray]:
    """How far down and across each pixel lies, (H, W) float32 each."""
    down, across = np.mgrid[0:HEIGHT_PX, 0:WIDTH_PX].astype(np.float32)
    return down, across


# The wall -------------------------------------------------------------------------------------------------------------


def _backdrop(scene: np.random.Generator) -> np.ndarray:
    """Upright bars, dots, checks and level bars, clockwise from the upper left, each in two colours. (H, W, 3)."""
    down, across = _places()
    right, low = across >= WIDTH_PX / 2, down >= HEIGHT_PX / 2
    picture = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.float32)
    corners = (~right & ~low, right & ~low, right & low, ~right & low)
    for number, (pattern, here) in enumerate(zip(_patterns(scene), corners, strict=True)):
        first, second = _colours(scene, 90 * number)
        picture[here] = (first + (second - first) * pattern[..., None])[here]
    patches = cv2.GaussianBlur(scene.normal(0, 1, down.shape).astype(np.float32), (0, 0), scene.uniform(4, 12))
    return picture + (patches / patches.std() * scene.uniform(2, 10))[..., None]


def _patterns(scene: np.random.Generator) -> Iterator[np.ndarray]:
    """The four patterns over the whole wall, (H, W) float32 from 0 to 1 each."""
    down, across = _places()
    scales, shifts = 2 * math.pi / scene.uniform(11, 17, 4), scene.uniform(0, 2 * math.pi, (4, 2))
    u = [np.sin(across * scale + shift) for scale, shift in zip(scales, shifts[:, 0], strict=True)]
    v = [np.sin(down * scale + shift) for scale, shift in zip(scales, shifts[:, 1], strict=True)]
    for wave in (u[0], u[1] + v[1] - 0.7, u[2] * v[2] * 1.5, v[3]):
        yield np.clip(wave * 2 + 0.5, 0, 1)


def _colours(scene: np.random.Generator, hue: float) -> tuple[np.ndarray, np.ndarray]:
    """A dark and a bright colour about a hue in degrees, in either order."""
    hues = (hue + scene.uniform(-35, 35, 2)) % 360
    hsv = np.array([[[hue, scene.uniform(0.35, 0.85), value] for hue, value in zip(hues, (0.3, 0.9), strict=True)]])
    dark, bright = cv2.cvtColor(hsv.astype(np.float32), cv2.COLOR_HSV2RGB)[0] * scene.uniform(200, 255)
    return (dark, bright) if scene.random() < 0.5 else (bright, dark)


@cache
def _grain() -> np.ndarray:
    """Eight pictures of noise of deviation 1. (8, H, W, 3) float32."""
    return np.random.default_rng(1).standard_normal((8, HEIGHT_PX, WIDTH_PX, 3), np.float32)
