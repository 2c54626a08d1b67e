"""A person in motion, rendered with shading and shadow from shapes that a ray meets in closed form.

Lengths are in metres, x to the right, y up from the floor, z towards the viewer. The intersections are those of
https://iquilezles.org/articles/intersectors/.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

Vector = np.ndarray  # (3,) float64
Paint = tuple[float, float, float]  # RGB, 0 to 255

SUN = np.array([0.42, 0.75, 0.56]) / np.linalg.norm([0.42, 0.75, 0.56])
SHADOW_COARSER = 2  # shadows are soft, so they are drawn this much smaller
EYE_COLOUR: Paint = (40, 34, 34)
UPPER_ARM_M, FOREARM_M, THIGH_M, SHIN_M, BACK_M = 0.29, 0.26, 0.44, 0.43, 0.43


def vector(right: float, up: float, front: float) -> Vector:
    """A place or a direction."""
    return np.array([right, up, front])


def unit(direction: Vector) -> Vector:
    """The same direction, one metre long."""
    return direction / np.linalg.norm(direction)


class Canvas:
    """A picture with its depth, (height, width, 3) and (height, width), seen from `eye` towards `target`.

    backdrop: what is behind everything, float32. zoom: focal length in heights of the picture.
    """

    def __init__(self, backdrop: np.ndarray, eye: Vector, target: Vector, zoom: float):
        self.image = backdrop.copy()
        height, width = backdrop.shape[:2]
        self._eye, self._focal_px, self._middle = eye, zoom * height, (width / 2, height / 2)
        front = unit(target - eye)
        right = unit(np.cross(front, (0, 1, 0)))
        up = np.cross(right, front)
        self._view = np.stack([right, up, front])
        across = (np.arange(width) + 0.5 - width / 2) / self._focal_px
        down = (np.arange(height) + 0.5 - height / 2) / self._focal_px
        rays = front + across[None, :, None] * right - down[:, None, None] * up
        self.rays = (rays / np.linalg.norm(rays, axis=2, keepdims=True)).astype(np.float32)  # (H, W, 3)
        self._depth = np.full((height, width), np.inf, np.float32)
        self._shadow = np.zeros((height // SHADOW_COARSER, width // SHADOW_COARSER), np.uint8)

    def clear(self, backdrop: np.ndarray) -> None:
        """Begin another picture from the same place."""
        self.image = backdrop.copy()
        self._depth.fill(np.inf)
        self._shadow.fill(0)

    def pixels(self, point: Vector) -> tuple[tuple[float, float], float]:
        """Where a point is seen, (across, down) in px, and how many px a metre is there."""
        across, up, away = (self._view @ (point - self._eye)).tolist()
        scale = self._focal_px / away
        return (self._middle[0] + scale * across, self._middle[1] - scale * up), scale

    def cast(self, start: Vector, stop: Vector, radius_m: float) -> None:
        """Put a rod into the shadow on the floor."""
        ends = [self.pixels(point - SUN * (max(point[1], 0.0) / SUN[1])) for point in (start, stop)]
        thickness = max(round(radius_m * (ends[0][1] + ends[1][1]) / SHADOW_COARSER), 1)
        first, last = ((round(x / SHADOW_COARSER), round(y / SHADOW_COARSER)) for (x, y), _ in ends)
        cv2.line(self._shadow, first, last, 255, thickness)

    def lay_shadow(self, darkness: float = 0.5, blur_px: float = 5.0) -> None:
        """Darken the floor where the sun does not reach it; before anything is drawn."""
        height, width = self._depth.shape
        soft = cv2.GaussianBlur(self._shadow, (0, 0), blur_px / SHADOW_COARSER)
        rows = np.flatnonzero(soft.any(axis=1))
        if rows.size:
            part = slice(int(rows[0]) * SHADOW_COARSER, min((int(rows[-1]) + 1) * SHADOW_COARSER, height))
            dark = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)[part]
            self.image[part] *= (1 - dark * np.float32(darkness / 255))[..., None]

    def cone(self, start: Vector, stop: Vector, radii_m: tuple[float, float], colour: Paint, gloss: float = 0.05):
        """Draw a rod with round ends, thicker at one than at the other; a ball where both ends are the same point."""
        corner = self._around([start, stop], max(radii_m))
        rays = self.rays[corner]
        if not rays.size:
            return
        axis, first, last = stop - start, self._eye - start, self._eye - stop
        taper = radii_m[0] - radii_m[1]
        along, across, back = float(axis @ first), rays @ axis.astype(np.float32), rays @ first.astype(np.float32)
        reach = float(axis @ axis) - taper * taper
        square = reach - across * across
        linear = reach * back - along * across + across * (taper * radii_m[0])
        rest = (
            reach * float(first @ first) - along**2 + along * taper * radii_m[0] * 2 - (axis @ axis) * radii_m[0] ** 2
        )
        root = linear * linear - rest * square
        with np.errstate(invalid="ignore", divide="ignore"):
            far = (-np.sqrt(root) - linear) / square
        place = along - radii_m[0] * taper + far * across
        side = (root >= 0) & (place > 0) & (place < reach)
        distance = np.where(side, far, np.inf)
        balls = [_ball(rays, first, radii_m[0]), _ball(rays, last, radii_m[1])]
        distance = np.minimum(distance, np.minimum(*balls)).astype(np.float32)
        here = self._in_front(corner, distance)
        points = self._eye + rays[here] * distance[here][:, None]
        part = np.clip((points - start) @ axis / max(float(axis @ axis), 1e-12), 0, 1)
        self._paint(corner, here, unit_rows(points - start - part[:, None] * axis), colour, gloss)

    def ellipsoid(self, centre: Vector, axes: np.ndarray, colour: Paint, gloss: float = 0.05) -> None:
        """Draw an ellipsoid. axes: (3, 3), a semi-axis in each row."""
        corner = self._around([centre], float(np.linalg.norm(axes, axis=1).max()))
        rays = self.rays[corner]
        if not rays.size:
            return
        inverse = np.linalg.inv(axes).astype(np.float32)  # of row vectors
        origin, slopes = ((self._eye - centre) @ inverse).astype(np.float32), rays @ inverse
        square, linear = (slopes * slopes).sum(axis=2), slopes @ origin
        root = linear * linear - square * (float(origin @ origin) - 1)
        with np.errstate(invalid="ignore"):
            distance = np.where(root >= 0, (-np.sqrt(root) - linear) / square, np.inf).astype(np.float32)
        here = self._in_front(corner, distance)
        inside = origin + slopes[here] * distance[here][:, None]
        self._paint(corner, here, unit_rows(inside @ inverse.T), colour, gloss)

    def _around(self, points: list[Vector], radius_m: float) -> tuple[slice, slice]:
        """The rows and columns in which balls of that radius can be seen."""
        height, width = self._depth.shape
        left, top, right, bottom = math.inf, math.inf, -math.inf, -math.inf
        for point in points:
            (across, down), scale = self.pixels(point)
            reach = 1.3 * radius_m * scale + 2
            left, right = min(left, across - reach), max(right, across + reach)
            top, bottom = min(top, down - reach), max(bottom, down + reach)
        rows = slice(min(max(int(top), 0), height), min(max(int(bottom), 0), height))
        return rows, slice(min(max(int(left), 0), width), min(max(int(right), 0), width))

    def _in_front(self, corner: tuple[slice, slice], distance: np.ndarray) -> np.ndarray:
        """Where something is nearer than what was drawn; it is the nearest from now on."""
        depth = self._depth[corner]
        here = distance < depth
        depth[here] = distance[here]
        return here

    def _paint(
        self, corner: tuple[slice, slice], here: np.ndarray, normals: np.ndarray, colour: Paint, gloss: float
    ) -> None:
        """Light a surface: the sun, the sky above, the floor below, and a highlight."""
        sun = np.clip(normals @ SUN, 0, 1)
        half = unit_rows(SUN - self.rays[corner][here])
        bright = np.clip((normals * half).sum(axis=1), 0, 1) ** 30 * (gloss * 255)
        light = 0.40 + 0.14 * normals[:, 1] + 0.62 * sun
        self.image[corner][here] = np.asarray(colour) * light[:, None] + bright[:, None]


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """(N, 3) directions, each one metre long."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _ball(rays: np.ndarray, apart: Vector, radius_m: float) -> np.ndarray:
    """How far along each ray a ball is met; infinite where it is not."""
    towards = rays @ apart.astype(np.float32)
    root = towards * towards - (float(apart @ apart) - radius_m**2)
    with np.errstate(invalid="ignore"):
        return np.where(root >= 0, -towards - np.sqrt(root), np.inf)


# A person -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pose:
    """Where the parts of a body are. Pairs are of its own right and left as the viewer sees them, left first.

    up: the direction of the back. side: from the viewer's left shoulder to the right one. elbows, knees: the direction
    in which they point.
    """

    pelvis: Vector
    hands: tuple[Vector, Vector]
    feet: tuple[Vector, Vector]
    up: Vector
    side: Vector
    elbows: tuple[Vector, Vector]
    knees: tuple[Vector, Vector]


@dataclass(frozen=True)
class Clothes:
    """The colours of a person; shorts: whether shins are bare."""

    shirt: Paint
    trousers: Paint
    shoes: Paint = (238, 238, 236)
    skin: Paint = (222, 170, 138)
    hair: Paint = (66, 44, 32)
    shorts: bool = True


@dataclass(frozen=True)
class Rod:
    """A part of a body or thing: a rod with round ends."""

    start: Vector
    stop: Vector
    radii_m: tuple[float, float]
    colour: Paint
    gloss: float = 0.05


def person(pose: Pose, clothes: Clothes) -> tuple[list[Rod], list[tuple[Vector, np.ndarray, Paint]]]:
    """The rods and the ellipsoids (centre, axes, colour) of a person."""
    up = unit(pose.up)
    side = unit(pose.side - up * (pose.side @ up))
    front = np.cross(side, up)
    frame = np.stack([side, up, front])
    chest, neck = pose.pelvis + up * BACK_M, pose.pelvis + up * (BACK_M + 0.09)
    head = neck + up * 0.165
    rods = [Rod(neck - up * 0.06, neck + up * 0.08, (0.058, 0.05), clothes.skin)]
    rods.append(Rod(chest - side * 0.15, chest + side * 0.15, (0.072, 0.072), clothes.shirt))
    for number, sign in enumerate((-1, 1)):
        shoulder = chest + side * sign * 0.20 - up * 0.01
        rods.append(Rod(neck - up * 0.01, shoulder, (0.045, 0.06), clothes.shirt))
        rods += _arm(shoulder, pose.hands[number], pose.elbows[number], clothes)
        rods += _leg(pose.pelvis + side * sign * 0.095 - up * 0.03, pose, number, clothes, front)
    shapes = [
        (chest - up * 0.13, frame * np.array([[0.185], [0.25], [0.118]]), clothes.shirt),
        (pose.pelvis + up * 0.12, frame * np.array([[0.150], [0.24], [0.105]]), clothes.shirt),
        (pose.pelvis - up * 0.02, frame * np.array([[0.170], [0.13], [0.122]]), clothes.trousers),
        (head, frame * np.array([[0.084], [0.118], [0.098]]), clothes.skin),
        (head + up * 0.030 - front * 0.026, frame * np.array([[0.092], [0.110], [0.100]]), clothes.hair),
        (head - up * 0.012 + front * 0.098, frame * np.array([[0.012], [0.018], [0.016]]), clothes.skin),
    ]
    for sign in (-1, 1):
        eye = head + side * sign * 0.034 + up * 0.008 + front * 0.086
        shapes.append((eye, frame * np.array([[0.012], [0.008], [0.010]]), EYE_COLOUR))
    return rods, shapes


def draw(canvas: Canvas, rods: list[Rod], shapes: list[tuple[Vector, np.ndarray, Paint]]) -> None:
    """Draw all parts, with their shadow on the floor."""
    for rod in rods:
        canvas.cast(rod.start, rod.stop, max(rod.radii_m))
    for centre, axes, _ in shapes:
        canvas.cast(centre - axes[1] * 0.6, centre + axes[1] * 0.6, float(np.linalg.norm(axes[0])) * 0.9)
    canvas.lay_shadow()
    for rod in rods:
        canvas.cone(rod.start, rod.stop, rod.radii_m, rod.colour, rod.gloss)
    for centre, axes, colour in shapes:
        canvas.ellipsoid(centre, axes, colour)


def _arm(shoulder: Vector, hand: Vector, pole: Vector, clothes: Clothes) -> list[Rod]:
    elbow, wrist = _bent(shoulder, hand, UPPER_ARM_M, FOREARM_M, pole)
    cuff = shoulder + 0.55 * (elbow - shoulder)
    palm = wrist + 0.07 * unit(wrist - elbow)
    return [
        Rod(shoulder, cuff, (0.070, 0.060), clothes.shirt),
        Rod(shoulder, elbow, (0.052, 0.044), clothes.skin),
        Rod(elbow, wrist, (0.044, 0.032), clothes.skin),
        Rod(wrist, palm, (0.036, 0.044), clothes.skin),
    ]


def _leg(hip: Vector, pose: Pose, number: int, clothes: Clothes, front: Vector) -> list[Rod]:
    knee, ankle = _bent(hip, pose.feet[number], THIGH_M, SHIN_M, pose.knees[number])
    ahead = front * vector(1, 0, 1)
    toes = ankle + (0.15 * unit(ahead) if np.linalg.norm(ahead) > 0.1 else vector(0, 0, 0.15)) - vector(0, 0.035, 0)
    hem = hip + (0.72 if clothes.shorts else 1.0) * (knee - hip)
    rods = [
        Rod(hip, hem, (0.098, 0.086 if clothes.shorts else 0.07), clothes.trousers),
        Rod(ankle - vector(0, 0.025, 0), toes, (0.050, 0.046), clothes.shoes),
    ]
    if clothes.shorts:
        shin = ankle + 0.25 * (knee - ankle)
        return [*rods, Rod(hem, knee, (0.070, 0.060), clothes.skin), Rod(knee, shin, (0.060, 0.044), clothes.skin),
                Rod(shin, ankle, (0.046, 0.044), clothes.shoes)]  # fmt: skip
    return [*rods, Rod(knee, ankle, (0.07, 0.056), clothes.trousers)]


def _bent(start: Vector, stop: Vector, first_m: float, second_m: float, pole: Vector) -> tuple[Vector, Vector]:
    """The joint and the end of two bones that reach from `start` towards `stop`; the joint points to `pole`."""
    apart = stop - start
    length = min(float(np.linalg.norm(apart)), 0.999 * (first_m + second_m))
    ahead = unit(apart)
    along = (first_m**2 - second_m**2 + length**2) / (2 * length)
    out = math.sqrt(max(first_m**2 - along**2, 0.0))
    return start + ahead * along + unit(pole - ahead * (pole @ ahead)) * out, start + ahead * length
