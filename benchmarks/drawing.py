"""How long an edit of a very long track takes until it is on the disk, and what memory a film takes.

10,000 segments over four hours, as nobody would draw them, in a track of its own; a film of a clip and of one four
times as long.
"""

import multiprocessing
import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.measure import Figure
from core.domain import DrawnTrack, Edit, Frame, Segment
from core.stages import video
from core.workflows import clips, rendering
from core.workflows.annotation import journal
from core.workspace.store import Store

SEGMENTS, HOURS, EDITS = 10_000, 4, 40
FRAMES = 500  # of the shorter clip


def main() -> list[Figure]:
    """Stored edits, a track that is read again, and the memory of films."""
    return [*_edits(), _film()]


def _edits() -> list[Figure]:
    each_s = HOURS * 3600 / SEGMENTS
    segments = tuple(Segment(at * each_s, (at + 0.8) * each_s, ("walk", "run")[at % 2]) for at in range(SEGMENTS))
    seen = tuple((one.start_s, one.stop_s) for one in segments)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        track = journal.begin(store, "ab" * 32, DrawnTrack(("walk", "run"), segments, seen))
        journal.read(store, track)
        taken = []
        for at in range(EDITS):
            one = segments[at * (SEGMENTS // EDITS)]
            edit = Edit("change", "mine", one.start_s, one.start_s, one.stop_s + 0.05 * each_s)
            began = time.perf_counter()
            journal.apply(store, track, edit)
            taken.append(1000 * (time.perf_counter() - began))
        journal._held.clear()
        began = time.perf_counter()
        journal.read(store, track)
        again_ms = 1000 * (time.perf_counter() - began)
    note = f"{SEGMENTS} segments over {HOURS} h; the middle one of {EDITS}, the longest {max(taken):.0f} ms"
    return [
        Figure("a drag's edit until it is on the disk", float(np.median(taken)), "ms", 200, False, note),
        Figure("that track read again by another server", again_ms, "ms", note=f"with {EDITS} edits to replay"),
    ]


def _film() -> Figure:
    """How much more memory a film takes that is four times as long."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=1) as pool:
        short, long = (pool.submit(_peak_mb, FRAMES * times).result() for times in (1, 4))
    note = f"{short:.0f} MB at {FRAMES} frames of 1280 x 720 px, {long:.0f} MB at {4 * FRAMES}"
    return Figure("peak memory of a film, four times as long", long / short, "x", 1.1, False, note)


def _peak_mb(count: int) -> float:
    ground = np.random.default_rng(0).integers(0, 255, (72, 128, 3), np.uint8).repeat(10, 0).repeat(10, 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        frames = (Frame(at, at / 25, np.roll(ground, at, axis=1)) for at in range(count))
        video.write(path, frames, Fraction(25))
        store = Store(Path(folder, "workspace"))
        digest = clips.add_video(store, path)
        mine = rendering.Strip("mine", tuple(Segment(float(at), at + 0.8, "walk") for at in range(count // 25)))
        rendering.make_film(store, digest, rendering.Wanted((mine,), (("walk", "#0072B2"),)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
