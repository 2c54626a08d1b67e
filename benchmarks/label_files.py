"""Files of a million rows: how fast, and in how much memory, a table of segments and BORIS' events are read.

Each is read by the function that the Label page and its job call, in a process of its own.
"""

import csv
import multiprocessing
import resource
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.measure import Figure, watch
from core.domain import VideoInfo
from core.stages.formats.boris_tabular import COLUMNS
from core.workflows.annotation import files

ROWS = 1_000_000
LABELS = ("walk", "run", "groom", "rest")
STEP_S, LASTS_S, RATE_HZ = 0.4, 0.3, 5  # from segment to segment, of each, and frames of the clip a second
MOST_S, MOST_MB = 15, 600


def main() -> list[Figure]:
    """Seconds and memory of each."""
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        for title, rows in (("a CSV table", segments), ("BORIS' tabular events", events)):
            path = Path(folder, "clip.csv")
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file, lineterminator="\n").writerows(rows())
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                taken_s, peak_mb, count = pool.submit(read, path).result()
            note = f"{ROWS:,} rows, {path.stat().st_size / 1e6:.0f} MB, {count:,} segments"
            figures += [
                Figure(f"reading {title}", taken_s, "s", MOST_S, at_least=False, note=note),
                Figure(f"peak memory of the process that reads {title}", peak_mb, "MB", MOST_MB, at_least=False),
            ]
    return figures


def read(path: Path) -> tuple[float, float, int]:
    """Seconds, peak memory in MB of 10^6 bytes, and the number of segments of a file."""
    frames = int(ROWS * STEP_S * RATE_HZ)
    with watch() as taken:
        labels = files.read({path.name: path.read_bytes()}, clip(frames), "clip.mp4")
        tracks = files.tracks_of(labels)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return taken.seconds, peak_mb, sum(len(track.segments) for track in tracks)


def clip(frames: int) -> VideoInfo:
    """A clip of so many frames, as it would be measured."""
    times_s = np.arange(frames) / RATE_HZ
    return VideoInfo(
        path="clip.mp4", digest="0" * 64, width_px=320, height_px=240, frame_count=frames, declared_count=frames,
        times_s=times_s, rate_hz=Fraction(RATE_HZ), variable_rate=False, duration_s=frames / RATE_HZ, codec="h264",
        plays_in_browser=True, notes=(),
    )  # fmt: skip


def segments() -> Iterator[tuple[object, ...]]:
    """The rows of a table, one a segment."""
    yield "path", "label", "start", "end", "split", "group", "subject"
    for at in range(ROWS):
        start_s = at * STEP_S
        yield "clip.mp4", LABELS[at % len(LABELS)], f"{start_s:.3f}", f"{start_s + LASTS_S:.3f}", "", "", ""


def events() -> Iterator[tuple[object, ...]]:
    """The rows of an export of BORIS, two a segment."""
    yield COLUMNS
    duration = f"{ROWS * STEP_S:.3f}"
    for at in range(ROWS):
        time_s = at // 2 * 2 * STEP_S + (at % 2) * LASTS_S
        yield (
            "day 1", "2026-01-01 10:00:00", "", duration, "Media file(s)", "player #1:clip.mp4", "0.000", duration,
            "5.000", "mouse", LABELS[at // 2 % len(LABELS)], "", ("START", "STOP")[at % 2], f"{time_s:.3f}", "clip.mp4",
            str(int(time_s * RATE_HZ)), "", "",
        )  # fmt: skip
