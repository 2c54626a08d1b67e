"""How many clips a minute many short clips are analysed, and whether one that is killed goes on without repeating.

CLIPS clips of 5 s (640 x 480, 25 frames/s) go through `python -m core analyze` in parts of PART, each in a process of
its own with an empty workspace. BASELINE=/path/to/a/checkout analyses each part with that checkout too, in turn.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np

from benchmarks import clips
from benchmarks.measure import Figure, watch

ROOT = Path(__file__).resolve().parent.parent
CLIPS, PART = int(os.environ.get("KINETOSCOPE_BENCH_CLIPS", "200")), 50
SECONDS, RATE_HZ, SIZE_PX = 5, 25, (640, 480)
MODEL = "kinetics400"
BAR = 1.3


def main() -> list[Figure]:
    """Clips a minute here, the ratio to the baseline where one is given, and a run that was killed at half."""
    roots = [Path(root).resolve() for root in (os.environ.get("BASELINE", ""),) if root] + [ROOT]
    paths = short_clips(CLIPS)
    parts = [paths[first : first + PART] for first in range(0, len(paths), PART)]
    taken_s: dict[Path, list[float]] = {root: [] for root in roots}
    with tempfile.TemporaryDirectory() as folder:
        engines = {root: _with_network(root, Path(folder, f"network-{place}")) for place, root in enumerate(roots)}
        for number, part in enumerate(parts):
            for root in roots if number % 2 == 0 else reversed(roots):
                workspace = _workspace(Path(folder, f"{number}-{roots.index(root)}"), engines[root])
                with watch() as time_s:
                    _table(_analyse(root, workspace, part))
                taken_s[root].append(time_s.seconds)
        again, same = _killed(parts[0], Path(folder), engines[ROOT])
    own = sum(taken_s[ROOT])
    figures = [
        Figure("clips analysed", 60 * len(paths) / own, "clips/min", note=f"{len(paths)} clips of {SECONDS} s"),
        Figure("clips done twice after a kill at half", again, "", 0, at_least=False),
        Figure("table after it as without it", float(same), "", 1),
    ]
    if len(roots) > 1:
        ratios = [before / after for before, after in zip(taken_s[roots[0]], taken_s[ROOT], strict=True)]
        note = f"parts of {PART}: {', '.join(f'{ratio:.2f}' for ratio in ratios)}"
        figures.append(Figure("clips a minute over the baseline", sum(taken_s[roots[0]]) / own, "x", BAR, note=note))
    return figures


def short_clips(count: int) -> list[Path]:
    """Clips of 5 s with content of their own each, made once."""
    folder = clips.FOLDER / f"short-{'real' if clips.shared_clips() else 'sample'}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:04}.mp4" for number in range(count)]
    images = _images()
    for path in paths:
        own = list(islice(images, SECONDS * RATE_HZ))
        if not path.exists():
            _encode(path, own)
    return paths


def _images() -> Iterator[np.ndarray]:
    return (cv2.resize(image, SIZE_PX) for image in clips.source_images())


def _encode(path: Path, images: list[np.ndarray]) -> None:
    partial = path.with_suffix(".partial.mp4")
    with av.open(str(partial), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options={"preset": "veryfast"})
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt = "yuv420p"
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    partial.rename(path)


def _analyse(root: Path, workspace: Path, paths: list[Path]) -> "subprocess.Popen[bytes]":
    """That checkout at work on clips, whose table it prints."""
    arguments = ["analyze", *map(str, paths), "--model", MODEL, "--format", "csv"]
    environment = {**os.environ, "KINETOSCOPE_WORKSPACE": str(workspace)}
    command = [sys.executable, "-m", "core", *arguments]
    return subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _table(process: "subprocess.Popen[bytes]") -> bytes:
    """What a process printed that ended well."""
    table = process.communicate()[0]
    if process.returncode:
        raise RuntimeError(f"the analysis ended with {process.returncode}")
    return table


def _with_network(root: Path, workspace: Path) -> Path:
    """The converted networks of a checkout, which are made once on a machine and are no part of the rate."""
    _table(_analyse(root, workspace, short_clips(1)))
    return workspace / "engine"


def _workspace(path: Path, engine: Path) -> Path:
    path.mkdir(0o700)
    (path / "engine").symlink_to(engine, target_is_directory=True)
    return path


def _killed(paths: list[Path], folder: Path, engine: Path) -> tuple[int, bool]:
    """Kill an analysis when half of the clips have results, run it again: results written twice, and equal tables."""
    whole, broken = (_workspace(folder / name, engine) for name in ("whole", "broken"))
    table = _table(_analyse(ROOT, whole, paths))
    process = _analyse(ROOT, broken, paths)
    half = len(_results(whole)) // 2
    while process.poll() is None and len(_results(broken)) < half:
        time.sleep(0.05)
    process.kill()
    process.communicate()
    before = _results(broken)
    again = _table(_analyse(ROOT, broken, paths))
    after = _results(broken)
    return sum(after.get(name) != written for name, written in before.items()), again == table


def _results(workspace: Path) -> dict[str, int]:
    """The whole results of a workspace and when each was written."""
    values = (workspace / "results").glob("*/value.json")
    return {
        value.parent.name: value.stat().st_mtime_ns for value in values if not value.parent.name.endswith("partial")
    }
