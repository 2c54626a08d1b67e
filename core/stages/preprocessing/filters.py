"""Steps that change the values of pixels: denoise, smooth over time, gamma, local contrast, lighten."""

import itertools
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np

from core.base.knobs import knob
from core.domain import Frame
from core.stages.preprocessing.step import Adjustable, PictureStep, step


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
        help="Reduces flicker and noise of a static camera; moving objects leave a trail.",
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
        help="Limit of the contrast increase; high values also amplify noise.",
    )
    tiles: int = knob(8, low=1, high=16, label="Tiles per side", help="More tiles enhance smaller details.")

    def change(self, image: np.ndarray) -> np.ndarray:
        planes = list(cv2.split(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)))
        planes[0] = _equalised(planes[0], self.clip_limit, self.tiles)
        return cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB)


def _equalised(luma: np.ndarray, clip_limit: float, tiles: int) -> np.ndarray:
    """(H, W) uint8 after CLAHE over a grid of tiles, fewer where the picture has fewer pixels."""
    height, width = luma.shape
    return cv2.createCLAHE(clip_limit, (min(tiles, width), min(tiles, height))).apply(luma)


DARK_LUMA, BRIGHT_LUMA = 0.2, 0.3  # mean luma up to which a picture is lightened in full, and from which not at all


@step("Lighten dark pictures")
@dataclass(frozen=True)
class Lighten(PictureStep):
    """Stretch the local contrast of dark pictures; bright pictures pass unchanged.

    CLAHE on the luma of YCrCb (Zuiderveld, Graphics Gems IV, 1994), in full where the mean luma is at most DARK_LUMA
    and blended with the picture itself up to BRIGHT_LUMA, so that a clip that slowly brightens never flickers. CLAHE
    amplifies noise less than a gamma that brings the picture to the same mean.
    """

    scale_free = True
    squeeze_free = True

    clip_limit: float = knob(
        2.0,
        low=1.0,
        high=10.0,
        step=0.1,
        label="Strength",
        help="Limit of the contrast increase; high values also amplify noise.",
    )

    def change(self, image: np.ndarray) -> np.ndarray:
        ycrcb = cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb)
        planes = list(cv2.split(ycrcb))
        mean = float(planes[0].mean()) / 255
        share = min(max((BRIGHT_LUMA - mean) / (BRIGHT_LUMA - DARK_LUMA), 0.0), 1.0)
        if share == 0:
            return image
        planes[0] = cv2.addWeighted(_equalised(planes[0], self.clip_limit, 8), share, planes[0], 1 - share, 0)
        return cv2.cvtColor(cv2.merge(planes), cv2.COLOR_YCrCb2RGB)
