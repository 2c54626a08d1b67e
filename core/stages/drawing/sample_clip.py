"""The sample clip: three scenes that the program draws itself, so that there is something to analyse at once.

Somebody juggles three balls in a park, somebody does pull-ups in a gym, somebody swings a hula hoop in a meadow. It is
no real video and says so in every frame, but a network that learned from real videos recognises the movements. The same
on every run.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from core.domain import Frame
from core.stages.drawing import backdrops
from core.stages.drawing.figure import Canvas, Clothes, Paint, Pose, Rod, Vector, draw, person, unit, vector

WIDTH_PX, HEIGHT_PX = 640, 360
RATE_HZ = 25
SCENE_S = 4.0
DISSOLVE_S = 0.48  # the second scene melts into the third; the first is cut hard
FINER = 1.25  # scenes are drawn larger than they are shown, so that edges are smooth
CAPTION = "Rendered sample - no real video"
LABELS = ("juggling balls", "pull ups", "hula hooping")  # of the scenes, as Kinetics-400 calls them

Shape = tuple[Vector, np.ndarray, Paint]  # an ellipsoid: centre, axes, colour
STANDING_M = 0.93  # height of the pelvis
ANKLE_M = 0.08
UP, SIDE = vector(0.0, 1.0, 0.0), vector(1.0, 0.0, 0.0)
STRAIGHT_KNEES = (vector(-0.2, 0.0, 1.0), vector(0.2, 0.0, 1.0))


@dataclass(frozen=True)
class Scene:
    """What moves, before what, seen from where. parts: by seconds since the scene began."""

    parts: Callable[[float], tuple[list[Rod], list[Shape]]]
    backdrop: Callable[[np.ndarray, np.ndarray], np.ndarray]
    eye: Vector
    target: Vector
    zoom: float = 0.95


def sample_clip() -> Iterator[Frame]:
    """FRAMES frames of 640 x 360 px at 25 frames/s: 12 s, three scenes, a hard cut and a dissolve."""
    films, caption, grain = [_film(scene) for scene in SCENES], _caption(), _grain()
    for index in range(FRAMES):
        time_s = index / RATE_HZ
        number = int(time_s // SCENE_S)
        picture = films[number](time_s - number * SCENE_S)
        fresh = (time_s - number * SCENE_S) / DISSOLVE_S
        if number == 2 and fresh < 1:
            before = films[1](time_s - SCENE_S)
            picture = before + (picture - before) * (fresh * fresh * (3 - 2 * fresh))
        picture = picture + np.roll(grain[index % len(grain)], (37 * index, 91 * index), axis=(0, 1))
        _stamp(picture, caption)
        yield Frame(index, time_s, picture.clip(0, 255).astype(np.uint8))


def _film(scene: Scene) -> Callable[[float], np.ndarray]:
    """The pictures of a scene by seconds since its begin, (HEIGHT_PX, WIDTH_PX, 3) float32."""
    blank = np.zeros((round(HEIGHT_PX * FINER), round(WIDTH_PX * FINER), 3), np.float32)
    canvas = Canvas(blank, scene.eye, scene.target, scene.zoom)
    backdrop = scene.backdrop(canvas.rays, scene.eye)

    def picture(time_s: float) -> np.ndarray:
        canvas.clear(backdrop)
        draw(canvas, *scene.parts(time_s))
        return cv2.resize(canvas.image, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA)

    return picture


# Juggling -------------------------------------------------------------------------------------------------------------

JUGGLER = Clothes((42, 132, 96), (52, 54, 66), shorts=False)
BALLS: tuple[Paint, ...] = ((232, 60, 48), (250, 208, 50), (48, 98, 226))
HAND_ROUND_S = 0.78  # each hand goes round once
HELD_S = 0.33  # a ball lies in a hand
TOSS_ROUND_S = HAND_ROUND_S * 1.5  # from one toss of a ball to its next
GRAVITY_M_S2 = 9.8


def _juggling(time_s: float) -> tuple[list[Rod], list[Shape]]:
    wrists = vector(0.0, -0.05, -0.04)  # against the palms
    hands = (_juggling_hand(-1, time_s) + wrists, _juggling_hand(1, time_s) + wrists)
    sway = vector(0.012 * math.sin(2 * math.pi * time_s / HAND_ROUND_S), 0.0, 0.0)
    elbows = (vector(-0.5, -1.0, -0.6), vector(0.5, -1.0, -0.6))
    feet = (vector(-0.14, ANKLE_M, 0.0), vector(0.14, ANKLE_M, 0.0))
    pose = Pose(STANDING_M * UP + sway, hands, feet, UP, SIDE, elbows, STRAIGHT_KNEES)
    rods, shapes = person(pose, JUGGLER)
    for number, colour in enumerate(BALLS):
        place = _juggled(time_s + number * TOSS_ROUND_S * 2 / 3, time_s)
        rods.append(Rod(place, place, (0.05, 0.05), colour, gloss=0.3))
    return rods, shapes


def _juggling_hand(sign: int, time_s: float) -> Vector:
    """Where the left (-1) or right (1) hand is: it goes round in a small circle."""
    angle = 2 * math.pi * time_s / HAND_ROUND_S + (0 if sign > 0 else math.pi)
    return vector(sign * (0.20 + 0.07 * math.cos(angle)), 1.08 + 0.06 * math.sin(angle), 0.36)


def _juggled(ball_s: float, time_s: float) -> Vector:
    """Where a ball is that was tossed from the right hand first at `ball_s` = 0, at time_s of the scene."""
    toss, since_s = divmod(ball_s, TOSS_ROUND_S)
    sign, flight_s = (1 if toss % 2 == 0 else -1), TOSS_ROUND_S - HELD_S
    if since_s >= flight_s:
        return _juggling_hand(-sign, time_s) + vector(0.0, 0.03, 0.0)
    tossed_s, part = time_s - since_s, since_s / flight_s
    start, stop = _juggling_hand(sign, tossed_s), _juggling_hand(-sign, tossed_s + flight_s)
    height = 4 * part * (1 - part) * GRAVITY_M_S2 * flight_s**2 / 8 * 0.85
    return start * (1 - part) + stop * part + vector(0.0, height, 0.0)


# Pull-ups -------------------------------------------------------------------------------------------------------------

CLIMBER = Clothes((232, 232, 228), (52, 76, 132))
BAR_M = 2.12
PULL_S = 2.0
STEEL: Paint = (196, 198, 204)
POST: Paint = (70, 74, 82)


def _pulling(time_s: float) -> tuple[list[Rod], list[Shape]]:
    part = 0.5 - 0.5 * math.cos(2 * math.pi * time_s / PULL_S)
    pelvis = vector(0.0, BAR_M - 0.98 + 0.42 * part, 0.0)
    hands = (vector(-0.34, BAR_M - 0.05, 0.0), vector(0.34, BAR_M - 0.05, 0.0))
    feet = (pelvis + vector(-0.09, -0.80, -0.16), pelvis + vector(0.09, -0.80, -0.16))
    elbows = (vector(-1.0, -1.0, 0.2), vector(1.0, -1.0, 0.2))
    rods, shapes = person(Pose(pelvis, hands, feet, UP, SIDE, elbows, STRAIGHT_KNEES), CLIMBER)
    for sign in (-1, 1):
        rods.append(Rod(vector(sign * 0.95, 0.0, -0.1), vector(sign * 0.95, 2.3, -0.1), (0.045, 0.045), POST))
    bar = Rod(vector(-0.95, BAR_M, 0.0), vector(0.95, BAR_M, 0.0), (0.02, 0.02), STEEL, gloss=0.5)
    return [*rods, bar], shapes


# A hula hoop ----------------------------------------------------------------------------------------------------------

HOOPER = Clothes((226, 110, 140), (66, 82, 130))
HOOP_ROUND_S = 0.62
HOOP_M = 0.46
HOOP_COLOURS: tuple[Paint, Paint] = (248, 84, 58), (250, 228, 86)


def _hooping(time_s: float) -> tuple[list[Rod], list[Shape]]:
    angle = 2 * math.pi * time_s / HOOP_ROUND_S
    away = vector(0.10 * math.cos(angle), 0.0, 0.07 * math.sin(angle))
    pelvis = STANDING_M * UP + away
    up = unit(vector(0.0, 0.42, 0.0) - away)
    chest = pelvis + up * 0.42
    left, right = (chest + vector(sign * 0.5, 0.12 + 0.03 * math.sin(angle + sign), 0.22) for sign in (-1, 1))
    feet = (vector(-0.17, ANKLE_M, 0.0), vector(0.17, ANKLE_M, 0.0))
    elbows = (vector(-1.0, -0.8, 0.0), vector(1.0, -0.8, 0.0))
    pose = Pose(pelvis, (left, right), feet, up, SIDE, elbows, STRAIGHT_KNEES)
    rods, shapes = person(pose, HOOPER)
    return rods + _hoop(pelvis, angle), shapes


def _hoop(pelvis: Vector, angle: float) -> list[Rod]:
    """The hoop, which touches the waist on the side to which that swings."""
    middle = pelvis + vector(-0.28 * math.cos(angle + 0.6), 0.10, -0.28 * math.sin(angle + 0.6))
    turns = np.linspace(0, 2 * math.pi, 49)
    places = [
        middle + vector(HOOP_M * math.cos(turn), 0.10 * math.sin(turn - angle), HOOP_M * math.sin(turn))
        for turn in turns
    ]
    return [
        Rod(start, stop, (0.02, 0.02), HOOP_COLOURS[number // 4 % 2], gloss=0.3)
        for number, (start, stop) in enumerate(itertools.pairwise(places))
    ]


SCENES = (
    Scene(_juggling, backdrops.park, vector(0.4, 1.30, 3.6), vector(0.0, 1.02, 0.0), zoom=1.2),
    Scene(_pulling, backdrops.gym, vector(0.6, 1.35, 3.1), vector(0.0, 1.35, 0.0), zoom=1.2),
    Scene(_hooping, backdrops.meadow, vector(0.8, 1.20, 3.6), vector(0.0, 0.95, 0.0), zoom=1.2),
)
FRAMES = round(len(SCENES) * SCENE_S * RATE_HZ)


# What lies over all scenes --------------------------------------------------------------------------------------------


def _stamp(picture: np.ndarray, sprite: np.ndarray) -> None:
    """Lay a sprite as large as the picture, (H, W, 4), over it; only its rows that cover something are computed."""
    rows = np.flatnonzero(sprite[..., 3].any(axis=1))
    part = slice(int(rows[0]), int(rows[-1]) + 1)
    cover = sprite[part, :, 3:] / 255
    picture[part] += (sprite[part, :, :3] - picture[part]) * cover


def _caption() -> np.ndarray:
    """The words of every frame on a dark strip: a sprite as large as the frame."""
    words = np.zeros((HEIGHT_PX, WIDTH_PX, 3), np.uint8)
    cv2.putText(words, CAPTION, (14, HEIGHT_PX - 12), (255, 255, 255), cv2.FontFace("sans"), 13, 600)
    letters = words.astype(np.float32)  # (H, W, 3)
    strip = np.zeros((HEIGHT_PX, WIDTH_PX, 1), np.float32)
    strip[HEIGHT_PX - 29 : HEIGHT_PX - 6, 6:228] = 120
    cover = letters[..., :1] + strip * (1 - letters[..., :1] / 255)
    return np.dstack((255 * letters / np.maximum(cover, 1), cover))


def _grain() -> np.ndarray:
    """Four pictures of the faint noise of a camera."""
    return np.random.default_rng(3).normal(0, 2.2, (4, HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
