"""How fast clips are read at 1080p: the decoder alone, scaled for a CNN, in full, measured once, and any moment."""

import random
import statistics
from collections.abc import Callable, Iterable
from pathlib import Path

import av

from benchmarks import clips
from benchmarks.measure import Figure, watch
from core.stages import video

SECONDS = 60
ROUNDS = 3
MOMENTS = 20
CNN_PX = (224, 224)


def main() -> list[Figure]:
    """Frames a second, each the median of rounds that take turns; a moment is found from a fresh start each time."""
    path = clips.full_hd(SECONDS)
    info = video.probe(path, "")
    ways: dict[str, Callable[[], int]] = {
        "bare decoder of PyAV": lambda: _count(_bare(path)),
        "read, scaled to 224 px": lambda: _count(video.read(info, size_px=CNN_PX)),
        "read, full 1080p RGB": lambda: _count(video.read(info)),
        "measure a clip once (probe)": lambda: video.probe(path, "").frame_count,
    }
    turns = [{name: _rate(way) for name, way in ways.items()} for _ in range(ROUNDS)]
    rounds = {name: [turn[name] for turn in turns] for name in ways}
    figures = [
        Figure(name, statistics.median(rates), "frames/s", note=clips.content()) for name, rates in rounds.items()
    ]
    return [*figures, Figure("any moment of it, median", _moment_ms(info), "ms", note="a key frame every 2 s")]


def _bare(path: Path) -> Iterable:
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        yield from container.decode(video=0)


def _count(frames: Iterable) -> int:
    return sum(1 for _ in frames)


def _rate(way: Callable[[], int]) -> float:
    with watch() as taken:
        count = way()
    return count / taken.seconds


def _moment_ms(info) -> float:
    places, taken_ms = random.Random(0), []
    for _ in range(MOMENTS):
        with watch() as taken:
            video.frame_at(info, places.uniform(0, info.duration_s))
        taken_ms.append(taken.seconds * 1e3)
    return statistics.median(taken_ms)
