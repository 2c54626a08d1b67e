"""The sample clip: three little scenes that the program draws itself, so that there is something to play with at once.

A beach ball bounces through a sunlit room, a pendulum swings before turning wheels, cards slide onto a table. It is
no real video and says so in every frame. The same on every run.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from functools import cache

import cv2
import numpy as np

from core.domain import Frame

WIDTH_PX, HEIGHT_PX = 640, 360
RATE_HZ = 25
SCENE_S = 4.0
DISSOLVE_S = 0.48  # the second scene melts into the third; the first is cut hard
CAPTION = "Rendered sample - no real video"

Scene = Callable[[float], np.ndarray]  # seconds since its begin -> (HEIGHT_PX, WIDTH_PX, 3) float32, 0 to 255


def sample_clip() -> Iterator[Frame]:
    """300 frames of 640 x 360 px at 25 frames/s: 12 s, three scenes, a hard cut and a dissolve."""
    scenes, caption, grain = (_ball_scene(), _pendulum_scene(), _card_scene()), _caption(), _grain()
    for index in range(round(len(scenes) * SCENE_S * RATE_HZ)):
        time_s = index / RATE_HZ
        number = int(time_s // SCENE_S)
        picture = scenes[number](time_s - number * SCENE_S)
        fresh = (time_s - number * SCENE_S) / DISSOLVE_S
        if number == 2 and fresh < 1:
            before = scenes[1](time_s - SCENE_S)
            picture = before + (picture - before) * (fresh * fresh * (3 - 2 * fresh))
        picture = picture + np.roll(grain[index % len(grain)], (37 * index, 91 * index), axis=(0, 1))
        yield Frame(index, time_s, _stamped(picture, caption, 0, 0).clip(0, 255).astype(np.uint8))


# The first scene: a ball ----------------------------------------------------------------------------------------------

BALL_RADIUS_PX = 36
GROUND_PX = 300.0
HOPS = ((-0.42, 215.0), (0.94, 168.0), (2.14, 132.0), (3.20, 100.0), (4.13, 0.0))  # s at the floor, height in px


def _ball_scene() -> Scene:
    room = _room()

    def draw(time_s: float) -> np.ndarray:
        picture = _panned(room, 10 + 5 * math.sin(time_s * 1.1), 8 + 3 * math.sin(time_s * 1.7))
        across = 40 + 150 * time_s
        height, speed = _hop(time_s)
        _shade(picture, across - 10, GROUND_PX + 24, 40 + height * 0.16, 9 + height * 0.03, 0.62 / (1 + height / 55))
        squash = 0.16 * max(0.0, 1 - height / 14) - 0.05 * min(1.0, speed / 900)
        ball = _ball(across / BALL_RADIUS_PX, 0.5 + 0.25 * time_s)
        size = 2 * BALL_RADIUS_PX / ball.shape[0]
        middle = GROUND_PX + 20 - height - BALL_RADIUS_PX * (1 - squash)
        return _placed(picture, ball, across, middle, size * (1 + squash), size * (1 - squash))

    return draw


def _hop(time_s: float) -> tuple[float, float]:
    """Height of the ball over the floor in px, and how fast it rises or falls in px/s."""
    for (start_s, top), (stop_s, _) in itertools.pairwise(HOPS):
        if start_s <= time_s < stop_s:
            part = (time_s - start_s) / (stop_s - start_s)
            return 4 * top * part * (1 - part), abs(4 * top * (1 - 2 * part) / (stop_s - start_s))
    return 0.0, 0.0


def _ball(roll: float, spin: float) -> np.ndarray:
    """A beach ball of six stripes, turned by `roll` to the right and `spin` about its own axis. (128, 128, 4)."""
    across, down, front, inside = _sphere(128)
    cos, sin = math.cos(roll), math.sin(roll)
    east, south = across * cos + down * sin, down * cos - across * sin
    tilt = 0.6
    pole = south * math.cos(tilt) + front * math.sin(tilt)
    depth = front * math.cos(tilt) - south * math.sin(tilt)
    stripe = (np.arctan2(east, depth) / (2 * math.pi) * 6 + spin) % 6
    colours = np.array(
        [[232, 72, 60], [250, 244, 232], [38, 132, 196], [250, 244, 232], [246, 186, 52], [250, 244, 232]]
    )
    paint = colours[stripe.astype(int)].astype(np.float32)
    paint[np.abs(pole) > 0.955] = (250, 244, 232)
    return _lit(paint, across, down, front, inside, gloss=0.55)


def _room() -> np.ndarray:
    """A warm wall with the light of a window on it, over a floor of boards. Wider than the frame by 20 px each way."""
    width, height = WIDTH_PX + 40, HEIGHT_PX + 40
    wall = _gradient(width, height, (236, 214, 186), (205, 170, 140))
    for left in (95, 205):
        for top in (40, 128):
            _glow(wall, [(left + 40, top), (left + 138, top), (left + 118, top + 80), (left + 20, top + 80)], 26)
    boards = _boards(760, 420)
    corners = np.array([[0, 0], [760, 0], [760, 420], [0, 420]], np.float32)
    seen = np.array([[-60, 262], [width + 60, 262], [width + 420, height], [-420, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, seen)
    floor = cv2.warpPerspective(boards, matrix, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REFLECT)
    wall[262:] = floor[262:] * np.linspace(0.72, 1.08, height - 262, dtype=np.float32)[:, None, None]
    wall[250:262] = (244, 236, 222)
    wall[262:272] *= np.linspace(0.7, 1, 10, dtype=np.float32)[:, None, None]
    return cv2.GaussianBlur(wall, (0, 0), 0.6)


def _boards(width_px: int, height_px: int) -> np.ndarray:
    """Wooden boards from above, their grain running down."""
    random = np.random.default_rng(11)
    wood = np.empty((height_px, width_px, 3), np.float32)
    for left in range(0, width_px, 38):
        tone = np.array([168, 112, 70]) * random.uniform(0.86, 1.1)
        streaks = cv2.GaussianBlur(random.normal(0, 60, (height_px, 38)).astype(np.float32), (0, 0), 1.2, sigmaY=26)
        here = wood[:, left : left + 38]
        here[:] = tone + streaks[:, : here.shape[1], None] * (1.0, 0.8, 0.6)
        here[:, :2] *= 0.55
    return wood


# The second scene: a pendulum -----------------------------------------------------------------------------------------


def _pendulum_scene() -> Scene:
    wall = _gradient(WIDTH_PX, HEIGHT_PX, (34, 78, 92), (12, 34, 50))
    weave = np.random.default_rng(5).normal(0, 1, (HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
    wall += cv2.GaussianBlur(weave, (0, 0), 0.8)[..., None] * 5
    light = _spot(WIDTH_PX, HEIGHT_PX, 330, 120, 260)
    bob, large, small = _bob(), _wheel(16, (196, 146, 78)), _wheel(11, (150, 158, 168))
    below = (_shadow(large, 0.45), _shadow(small, 0.45))

    def draw(time_s: float) -> np.ndarray:
        picture = wall.copy()
        turn, toward = 0.7 * time_s, math.radians(24)
        meshing = (27 * toward + 10 * math.pi - 16 * turn) / 11  # a tooth of one lies in a gap of the other
        across, down = 142 + 116 * math.cos(toward), 226 + 116 * math.sin(toward)
        for (wheel, x, y, size, angle), shadow in zip(
            ((large, 142, 226, 0.5, turn), (small, across, down, 0.344, meshing)), below, strict=True
        ):
            _turned(picture, shadow, x + 9, y + 12, size, angle)
            _turned(picture, wheel, x, y, size, angle)
        angle = math.radians(38) * math.cos(2 * math.pi * time_s / 1.9)
        across, down = 400 + 215 * math.sin(angle), 26 + 215 * math.cos(angle)
        _shade(picture, across + 22, down + 26, 46, 46, 0.5)
        _line(picture, (418, 42), (across + 20, down + 22), (8, 20, 30), 4, 0.35)
        picture *= light
        _line(picture, (400, 26), (across, down), (226, 214, 190), 3, 1.0)
        _disc(picture, 400, 26, 8, (240, 220, 170))
        return _placed(picture, bob, across, down, 0.62, 0.62)

    return draw


def _bob() -> np.ndarray:
    across, down, front, inside = _sphere(128)
    rings = 1 + 0.05 * np.sin(26 * down)
    return _lit(np.array([236, 178, 70], np.float32) * rings[..., None], across, down, front, inside, gloss=0.95)


def _wheel(teeth: int, colour: tuple[int, int, int]) -> np.ndarray:
    """A toothed wheel with five holes and a hub, (320, 320, 4)."""
    side, middle = 320, 160.0
    turn = np.linspace(0, 2 * math.pi, teeth * 24, endpoint=False)
    radius = 132 + 16 * np.tanh(4 * np.cos(teeth * turn))
    rim = np.stack((middle + radius * np.cos(turn), middle + radius * np.sin(turn)), axis=1)
    cover = np.zeros((side, side), np.uint8)
    cv2.fillPoly(cover, [_fixed(rim)], 255, cv2.LINE_AA, 4)
    for hole in range(5):
        way = 2 * math.pi * hole / 5
        numbers = (round((middle + 74 * math.cos(way)) * 16), round((middle + 74 * math.sin(way)) * 16))
        cv2.circle(cover, numbers, 30 * 16, 0, -1, cv2.LINE_AA, 4)
    down, across = np.mgrid[0:side, 0:side].astype(np.float32)
    away = np.hypot(across - middle, down - middle)
    brushed = 1 + 0.06 * np.sin(away * 1.3) + 0.16 * np.cos(2 * np.arctan2(down - middle, across - middle))
    edge = cv2.GaussianBlur(cover, (0, 0), 5).astype(np.float32) / 255
    paint = np.array(colour, np.float32) * (brushed * (0.45 + 0.55 * edge))[..., None]
    paint[away < 24] = np.array(colour, np.float32) * 1.22
    paint[away < 9] = (40, 40, 44)
    return np.dstack((paint.clip(0, 255), cover.astype(np.float32)))


# The third scene: cards -----------------------------------------------------------------------------------------------


def _card_scene() -> Scene:
    table = _table()
    cards = (
        (_card("A", "♥", (206, 40, 48)), 0.30, (-120, 330), (205, 205), (-2.6, -0.22)),
        (_card("K", "♠", (28, 30, 38)), 1.35, (760, 250), (330, 168), (3.4, 0.08)),
        (_card("7", "♦", (206, 40, 48)), 2.40, (330, -150), (452, 214), (-4.0, 0.30)),
    )
    shadows = [_shadow(card, 0.5) for card, *_ in cards]

    def draw(time_s: float) -> np.ndarray:
        picture = table.copy()
        for (card, start_s, begin, rest, (spun, turn)), shadow in zip(cards, shadows, strict=True):
            part = min(1.0, max(0.0, (time_s - start_s) / 1.15))
            left = (1 - part) ** 3  # of the way; friction brings the card to rest
            across, down = (there + (here - there) * left for here, there in zip(begin, rest, strict=True))
            if part > 0:
                _turned(picture, shadow, across + 4 + 8 * left, down + 6 + 12 * left, 0.5, turn + spun * left)
                _turned(picture, card, across, down, 0.5, turn + spun * left)
        return picture

    return draw


def _table() -> np.ndarray:
    """Green felt under a lamp, with a stitched border."""
    random = np.random.default_rng(7)
    felt = np.empty((HEIGHT_PX, WIDTH_PX, 3), np.float32)
    felt[:] = (38, 116, 84)
    felt += cv2.GaussianBlur(random.normal(0, 26, (HEIGHT_PX, WIDTH_PX)).astype(np.float32), (0, 0), 0.9)[..., None]
    felt += cv2.GaussianBlur(random.normal(0, 160, (HEIGHT_PX, WIDTH_PX)).astype(np.float32), (0, 0), 14)[..., None]
    for left in range(24, WIDTH_PX - 24, 14):
        for down in (22, HEIGHT_PX - 22):
            _line(felt, (left, down), (left + 8, down), (206, 190, 140), 2, 0.7)
    return felt * _spot(WIDTH_PX, HEIGHT_PX, 330, 160, 330)


def _card(rank: str, suit: str, ink: tuple[int, int, int]) -> np.ndarray:
    """A playing card at twice its size within a clear margin, (332, 244, 4)."""
    width, height, corner = 220, 308, 18
    cover = np.zeros((height, width), np.uint8)
    for inset in ((corner, 0), (0, corner)):
        cv2.rectangle(cover, inset, (width - 1 - inset[0], height - 1 - inset[1]), 255, -1)
    for across in (corner, width - 1 - corner):
        for down in (corner, height - 1 - corner):
            cv2.circle(cover, (across, down), corner, 255, -1, cv2.LINE_AA)
    paint = np.full((height, width, 3), (250, 247, 240), np.uint8)
    cv2.rectangle(paint, (10, 10), (width - 11, height - 11), (214, 206, 190), 2, cv2.LINE_AA)
    _write(paint, rank, 22, 58, 44, ink)
    _write(paint, suit, 20, 96, 34, ink)
    paint = paint[::-1, ::-1].copy()
    _write(paint, rank, 22, 58, 44, ink)
    _write(paint, suit, 20, 96, 34, ink)
    _write(paint, suit, 48, 200, 130, ink)
    margin = ((12, 12), (12, 12))
    paint = np.pad(paint, (*margin, (0, 0)), mode="edge")
    return np.dstack((paint, np.pad(cover, margin))).astype(np.float32)


# Brushes --------------------------------------------------------------------------------------------------------------
# A picture is (H, W, 3) float32, a sprite (h, w, 4) float32 with its cover (0 to 255) last.


def _placed(picture: np.ndarray, sprite: np.ndarray, x: float, y: float, wide: float, high: float) -> np.ndarray:
    """The picture with a sprite centred on (x, y), scaled by `wide` and `high`."""
    matrix = np.array([[wide, 0, x - wide * sprite.shape[1] / 2], [0, high, y - high * sprite.shape[0] / 2]])
    return _warped(picture, sprite, matrix)


def _turned(picture: np.ndarray, sprite: np.ndarray, x: float, y: float, size: float, turn: float) -> None:
    """Draw a sprite centred on (x, y), turned clockwise by `turn` radians."""
    _warped(picture, sprite, _turning(sprite, x, y, size, turn))


def _turning(sprite: np.ndarray, x: float, y: float, size: float, turn: float) -> np.ndarray:
    cos, sin = size * math.cos(turn), size * math.sin(turn)
    wide, high = sprite.shape[1] / 2, sprite.shape[0] / 2
    return np.array([[cos, -sin, x - cos * wide + sin * high], [sin, cos, y - sin * wide - cos * high]])


def _warped(picture: np.ndarray, sprite: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    corners = matrix @ np.array(
        [[0, sprite.shape[1], sprite.shape[1], 0], [0, 0, sprite.shape[0], sprite.shape[0]], [1] * 4]
    )
    left, top = np.maximum(np.floor(corners.min(axis=1)).astype(int) - 1, 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=1)).astype(int) + 1, picture.shape[1::-1])
    if left >= right or top >= bottom:
        return picture
    moved = matrix - [[0, 0, left], [0, 0, top]]
    drawn = cv2.warpAffine(sprite, moved, (int(right - left), int(bottom - top)), flags=cv2.INTER_LINEAR)
    return _stamped(picture, drawn, int(left), int(top))


def _stamped(picture: np.ndarray, sprite: np.ndarray, left: int, top: int) -> np.ndarray:
    """Lay a sprite over the picture, in place, and give the picture back."""
    here = picture[top : top + sprite.shape[0], left : left + sprite.shape[1]]
    here += (sprite[..., :3] - here) * (sprite[..., 3:] * (1 / 255))
    return picture


def _shadow(sprite: np.ndarray, dark: float) -> np.ndarray:
    """The soft shadow of a sprite, a sprite of the same size."""
    shadow = np.zeros_like(sprite)
    shadow[..., 3] = cv2.GaussianBlur(sprite[..., 3], (0, 0), 7) * dark
    return shadow


def _shade(picture: np.ndarray, x: float, y: float, wide: float, high: float, dark: float) -> None:
    """Darken a soft ellipse."""
    blob = np.zeros((96, 96, 4), np.float32)
    blob[..., 3] = _soft_blob() * (255 * dark)
    _placed(picture, blob, x, y, wide / 40, high / 40)


@cache
def _soft_blob() -> np.ndarray:
    down, across = (np.mgrid[0:96, 0:96].astype(np.float32) - 47.5) / 40
    return np.clip(1.2 - np.hypot(down, across) * 1.05, 0, 1) ** 1.5


def _line(picture: np.ndarray, begin: tuple, end: tuple, colour: tuple, thick: int, strength: float) -> None:
    cover = np.zeros(picture.shape[:2], np.uint8)
    ends = [(round(x * 16), round(y * 16)) for x, y in (begin, end)]
    cv2.line(cover, ends[0], ends[1], round(255 * strength), thick, cv2.LINE_AA, 4)
    left, top, wide, high = cv2.boundingRect(cover)
    here = picture[top : top + high, left : left + wide]
    here += (np.array(colour, np.float32) - here) * (
        cover[top : top + high, left : left + wide, None] * np.float32(1 / 255)
    )


def _disc(picture: np.ndarray, x: int, y: int, radius: int, colour: tuple) -> None:
    _line(picture, (x, y), (x, y), colour, 2 * radius, 1.0)


def _sphere(side_px: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Right, down and front part of the outward direction at each pixel of a ball, and its cover, 0 to 255."""
    down, across = (np.mgrid[0:side_px, 0:side_px].astype(np.float32) + 0.5) / (side_px / 2) - 1
    away = np.hypot(across, down)
    front = np.sqrt(np.clip(1 - away**2, 0, 1))
    return across, down, front, np.clip((0.985 - away) * side_px / 2 + 0.5, 0, 1) * 255


def _lit(
    paint: np.ndarray, across: np.ndarray, down: np.ndarray, front: np.ndarray, cover: np.ndarray, *, gloss: float
) -> np.ndarray:
    """A ball lit from the upper left, with a highlight and a little light from below: a sprite."""
    facing = np.clip(-0.48 * across - 0.62 * down + 0.62 * front, 0, 1)
    bounced = np.clip(down, 0, 1) * 0.14
    shine = np.clip(-0.30 * across - 0.42 * down + 0.856 * front, 0, 1) ** 40 * (255 * gloss)
    return np.dstack(((paint * (0.34 + 0.74 * facing + bounced)[..., None] + shine[..., None]).clip(0, 255), cover))


def _gradient(width_px: int, height_px: int, top: tuple, bottom: tuple) -> np.ndarray:
    part = np.linspace(0, 1, height_px, dtype=np.float32)[:, None, None]
    column = np.array(top, np.float32) * (1 - part) + np.array(bottom, np.float32) * part  # (H, 1, 3)
    return np.repeat(column, width_px, axis=1)


def _spot(width_px: int, height_px: int, x: float, y: float, radius: float) -> np.ndarray:
    """The light of a lamp: (H, W, 1), about 1 in its middle."""
    down, across = np.mgrid[0:height_px, 0:width_px].astype(np.float32)
    return (0.52 + 0.66 * np.exp(-((across - x) ** 2 + (down - y) ** 2) / (2 * radius**2)))[..., None].astype(
        np.float32
    )


def _glow(picture: np.ndarray, corners: list[tuple[int, int]], light: float) -> None:
    cover = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(cover, [np.array(corners, np.int32)], 255, cv2.LINE_AA)
    picture += cv2.GaussianBlur(cover, (0, 0), 2.5)[..., None] * np.float32(light / 255)


def _panned(picture: np.ndarray, left: float, top: float) -> np.ndarray:
    """A frame cut out of a larger picture at a place between pixels."""
    matrix = np.array([[1, 0, -left], [0, 1, -top]], np.float64)
    return cv2.warpAffine(picture, matrix, (WIDTH_PX, HEIGHT_PX), flags=cv2.INTER_LINEAR)


def _fixed(points: np.ndarray) -> np.ndarray:
    """Places in sixteenths of a pixel, as the drawing functions take them."""
    return np.round(points * 16).astype(np.int32)


def _write(picture: np.ndarray, text: str, left: int, baseline: int, size: int, colour: tuple) -> None:
    cv2.putText(picture, text, (left, baseline), colour, cv2.FontFace("sans"), size, 600)


def _caption() -> np.ndarray:
    """The words of every frame on a dark strip: a sprite as large as the frame."""
    words = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    _write(words, CAPTION, 14, HEIGHT_PX - 12, 13, (255, 255, 255))
    letters = words.astype(np.float32)  # (H, W, 3)
    strip = np.zeros((HEIGHT_PX, WIDTH_PX, 1), np.float32)
    strip[HEIGHT_PX - 29 : HEIGHT_PX - 6, 6:228] = 120
    cover = letters[..., :1] + strip * (1 - letters[..., :1] / 255)
    return np.dstack((255 * letters / np.maximum(cover, 1), cover))


def _grain() -> np.ndarray:
    """Four pictures of the faint noise of a camera."""
    return np.random.default_rng(3).normal(0, 2.2, (4, HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
