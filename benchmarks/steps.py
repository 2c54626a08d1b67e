"""How long each preprocessing step takes for one 1080p frame: `python benchmarks/steps.py`.

Each step is timed as it comes and at every choice with its numbers at their highest and lowest; the median of 7
frames is printed, the costliest setting last.
"""

import itertools
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from core.base.errors import RecipeInvalid
from core.base.knobs import Knob, knobs
from core.base.registry import STEPS
from core.domain import Frame

SIZE_PX = (1920, 1080)
FRAMES = 22
TIMED = 7
BUDGET_MS = 100.0  # from slider to new preview


def frames() -> Iterator[Frame]:
    """Noisy 1080p pictures with soft shapes in them, 25 a second."""
    random = np.random.default_rng(1)
    coarse = random.integers(0, 256, (9, 16, 3), np.uint8)
    for index in range(FRAMES):
        picture = cv2.resize(np.roll(coarse, index, axis=1), SIZE_PX, interpolation=cv2.INTER_CUBIC)
        yield Frame(index, index / 25, cv2.add(picture, random.integers(0, 24, picture.shape, np.uint8)))


def extremes(knob: Knob) -> list[Any]:
    """The values of a setting worth timing."""
    if knob.kind == "choice":
        return list(knob.choices)
    if knob.kind == "bool":
        return [False, True]
    if knob.kind == "range":
        return [knob.default]
    return [knob.low, knob.default, knob.high] + ([33.0] if knob.unit == "°" else [])


def settings(step_class: type) -> Iterator[Any]:
    """The step at every combination of the extremes of its settings."""
    drawn = knobs(step_class)
    for values in itertools.product(*(extremes(knob) for knob in drawn)):
        yield step_class(**dict(zip((knob.name for knob in drawn), values, strict=True)))


def milliseconds(step: Any, source: list[Frame]) -> float:
    """The median time between two frames that come out; the time to the first where no second one comes."""
    spent, before = [], time.perf_counter()
    for _ in itertools.islice(step.apply(source), TIMED):
        now = time.perf_counter()
        spent.append((now - before) * 1000)
        before = now
    return statistics.median(spent[1:] or spent or [0.0])


def main() -> int:
    source, slow = list(frames()), 0
    print(f"{'step':<17}{'as it comes':>12}{'costliest':>12}   costliest setting")
    for name, step_class in STEPS.items():
        timed = {}
        for step in settings(step_class):
            try:
                timed[step] = milliseconds(step, source)
            except RecipeInvalid:
                continue
        worst = max(timed, key=lambda step: timed[step])
        slow += timed[worst] > BUDGET_MS
        print(f"{name:<17}{milliseconds(step_class(), source):>9.1f} ms{timed[worst]:>9.1f} ms   {worst}")
    return int(slow > 0)


if __name__ == "__main__":
    raise SystemExit(main())
