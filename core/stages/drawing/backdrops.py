"""What stands behind a figure: a park and a gym, each as it is seen along the rays of a camera, a little out of focus.

rays: (height, width, 3) directions from the eye, y up. A backdrop is (height, width, 3) float32, 0 to 255.
"""

import cv2
import numpy as np

WALL_M = -2.4  # where the wall of the gym stands
BOARD_M = 0.14


def park(rays: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """A lawn before trees under a summer sky with a few clouds."""
    picture = _open_air(rays, eye, 5, low=(204, 224, 242), high=(104, 158, 220), grass=(108, 152, 70))
    return _out_of_focus(picture)


def meadow(rays: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """The same in the light of a late afternoon."""
    picture = _open_air(rays, eye, 9, low=(250, 226, 190), high=(150, 174, 206), grass=(160, 156, 78))
    return _out_of_focus(picture * np.array([1.04, 0.99, 0.90], np.float32))


def _open_air(
    rays: np.ndarray, eye: np.ndarray, seed: int, *, low: tuple, high: tuple, grass: tuple[int, int, int]
) -> np.ndarray:
    """Grass before trees under a sky. low, high: the colour of the sky over the trees and far up."""
    random = np.random.default_rng(seed)
    height, width = rays.shape[:2]
    rise = rays[..., 1:2]
    sky = np.array(low) + np.clip(rise * 2.2, 0, 1) * (np.array(high) - np.array(low))
    clouds = _noise(random, height, width, 150) + 0.35 * _noise(random, height, width, 50)
    sky = sky + np.clip(0.45 * clouds - 0.1, 0, 0.85)[..., None] * np.clip(rise * 5, 0, 1) * (252 - sky)
    place = _floor(rays, eye)
    blades = _noise(random, height, width, 1.6) * 11 + _noise(random, height, width, 30) * 6
    mown = np.where(np.sin(place[..., 0] * 3.4 + place[..., 2] * 0.6) > 0, 4.0, -4.0)
    lawn = np.array(grass) + (blades + mown)[..., None] * (1.0, 1.1, 0.6)
    picture = np.where(rise < -0.02, lawn, sky).astype(np.float32)
    _trees(picture, int(np.argmin(np.abs(rays[:, width // 2, 1] + 0.02))), random)
    return picture


def gym(rays: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """A wooden floor before a bright wall with a painted base."""
    random = np.random.default_rng(7)
    height, width = rays.shape[:2]
    place = _floor(rays, eye)
    away = (WALL_M - eye[2]) / np.minimum(rays[..., 2], -1e-3)
    wall_place = eye + rays * away[..., None]
    board = np.floor(place[..., 0] / BOARD_M)
    tone = 0.94 + 0.10 * np.modf(np.abs(np.sin(board * 12.9898) * 43758.5453))[0]
    seam = (place[..., 0] / BOARD_M) % 1 < 0.07
    floor = np.array([206, 158, 108]) * (tone * np.where(seam, 0.82, 1.0))[..., None]
    up = wall_place[..., 1]
    wall = np.full(rays.shape, (222, 226, 226), np.float64)
    wall[up < 1.0], wall[(up >= 1.0) & (up < 1.07)], wall[up < 0.12] = (84, 122, 158), (246, 246, 242), (240, 238, 232)
    seams = ((np.floor(up / 0.22) % 2 * 0.33 + wall_place[..., 0]) % 0.66 < 0.014) | (up % 0.22 < 0.014)
    wall[seams & (up > 1.07)] *= 0.95
    light = np.exp(-(wall_place[..., 0] ** 2) / 18 - (up - 2.2) ** 2 / 14)[..., None]
    picture = np.where(place[..., 2:3] > WALL_M, floor, wall * (0.82 + 0.18 * light)).astype(np.float32)
    picture += _noise(random, height, width, 40)[..., None] * 3
    return _out_of_focus(picture)


def _floor(rays: np.ndarray, eye: np.ndarray) -> np.ndarray:
    """(H, W, 3) where each ray meets the floor; far behind all where it does not."""
    away = np.where(rays[..., 1] < -1e-3, -eye[1] / np.minimum(rays[..., 1], -1e-3), 1e4)
    return eye + rays * np.minimum(away, 400)[..., None]


def _trees(picture: np.ndarray, horizon: int, random: np.random.Generator) -> None:
    """Rows of round crowns whose feet stand on the horizon, the nearer ones darker."""
    height, width = picture.shape[:2]
    leaves = _noise(random, height, width, 5) * 16
    for row, colour in enumerate(((98, 132, 96), (70, 112, 66), (52, 92, 50))):
        cover = np.zeros((height, width), np.uint8)
        for left in np.arange(-0.05, 1.05, 0.045):
            size = random.uniform(0.035, 0.085) * height * (1.3 - 0.2 * row)
            middle = (round((left + random.uniform(-0.02, 0.02)) * width), round(horizon - size * (1.0 - 0.25 * row)))
            cv2.ellipse(cover, middle, (round(size), round(size * random.uniform(0.9, 1.4))), 0, 0, 360, 255, -1)
        cover[horizon + 2 :] = 0
        part = cv2.GaussianBlur(cover, (0, 0), 1.5).astype(np.float32)[..., None] / 255
        shade = np.linspace(1.25, 0.75, height, dtype=np.float32)[:, None, None] ** 2
        picture += (np.array(colour) * shade + leaves[..., None] - picture) * part


def _noise(random: np.random.Generator, height: int, width: int, size_px: float) -> np.ndarray:
    """(H, W) smooth noise of mean 0 and deviation 1, in patches of about that size."""
    coarse = max(size_px / 3, 1.0)
    small = random.normal(size=(int(height / coarse) + 2, int(width / coarse) + 2)).astype(np.float32)
    soft = cv2.GaussianBlur(small, (0, 0), size_px / coarse / 2 + 0.3)
    soft = cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC)
    return (soft - soft.mean()) / soft.std()


def _out_of_focus(picture: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(cv2.GaussianBlur(picture, (0, 0), 1.6).clip(0, 255), dtype=np.float32)
