"""The long clips that the benchmarks run on, made once under build/bench.

Where the real clips are at hand (see `shared_clips`), these are enlarged to 1080p one after another; else the
sample clip that the program makes is. Film grain on top keeps the bit rate at what cameras write, 5 to 8 Mbit/s.
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "build" / "bench"
SECONDS = int(os.environ.get("KINETOSCOPE_BENCH_SECONDS", "60"))  # of the standard clip; the bars are for 60
SIZE_PX = (1920, 1080)
RATE_HZ = 25
BIT_RATE = 6_500_000
GOP_FRAMES = 50


def shared_clips() -> list[Path]:
    """Real clips beside the project, none where that folder is absent."""
    return sorted((ROOT.parent / "shared" / "data" / "ucf5").rglob("*.avi"))


def content() -> str:
    """What the long clips show, in words."""
    return (
        "real clips enlarged to 1080p, with film grain"
        if shared_clips()
        else "the sample clip enlarged, with film grain"
    )


def full_hd(seconds: int = SECONDS) -> Path:
    """An H.264 clip of 1920 x 1080 px at 25 frames/s, `seconds` long, with realistic content."""
    path = FOLDER / f"{'real' if shared_clips() else 'sample'}-1080p-{seconds}s.mp4"
    if not path.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.mp4")
        _encode(partial, islice(_pictures(), seconds * RATE_HZ))
        partial.rename(path)
    return path


def repeated(source: Path, times: int) -> Path:
    """`source` played `times` times over as one clip: its packets copied with their times moved on, nothing encoded."""
    path = source.with_name(f"{source.stem}-x{times}.mp4")
    if not path.exists():
        partial = path.with_suffix(".partial.mp4")
        _join(source, partial, times)
        partial.rename(path)
    return path


def mbit_per_s(path: Path, seconds: float) -> float:
    """The mean bit rate of a file that plays for `seconds`."""
    return path.stat().st_size * 8 / seconds / 1e6


def _pictures() -> Iterator[np.ndarray]:
    """Endless (1080, 1920, 3) uint8 pictures: moving content, enlarged, under grain that changes with each picture."""
    noise = np.random.default_rng(0).normal(0, 4, (1200, 2100)).astype(np.int16)
    shifts = np.random.default_rng(1)
    for image in source_images():
        large = cv2.resize(image, SIZE_PX, interpolation=cv2.INTER_CUBIC).astype(np.int16)
        top, left = shifts.integers(0, 120), shifts.integers(0, 180)
        grain = noise[top : top + SIZE_PX[1], left : left + SIZE_PX[0], None]
        yield np.clip(large + grain, 0, 255).astype(np.uint8)


def source_images() -> Iterator[np.ndarray]:
    """Endless small RGB pictures: 10 s of each class of real clips in turn, or the sample clip over and over."""
    paths = shared_clips()
    if not paths:
        from core.stages.drawing import sample_clip

        while True:
            yield from (frame.image for frame in sample_clip.sample_clip())
    for path in cycle(paths[::7]):
        with av.open(str(path), metadata_errors="ignore") as container:
            yield from (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))


def _encode(path: Path, images: Iterator[np.ndarray]) -> None:
    """Write the pictures as a camera or an editor would: High profile, B-frames, a key frame every two seconds."""
    options = {"preset": "faster", "g": str(GOP_FRAMES), "maxrate": str(2 * BIT_RATE), "bufsize": str(2 * BIT_RATE)}
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=RATE_HZ, options=options)
        stream.width, stream.height = SIZE_PX
        stream.pix_fmt, stream.bit_rate = "yuv420p", BIT_RATE
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = index, Fraction(1, RATE_HZ)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _join(source: Path, path: Path, times: int) -> None:
    with av.open(str(path), "w", format="mp4") as out:
        with av.open(str(source)) as first:
            stream = out.add_stream_from_template(first.streams.video[0])
        for turn in range(times):
            with av.open(str(source)) as container:
                video = container.streams.video[0]
                for packet in container.demux(video):
                    if packet.dts is None:
                        continue
                    moved = turn * (video.duration or 0)
                    packet.pts, packet.dts = (packet.pts or 0) + moved, packet.dts + moved
                    packet.stream = stream
                    out.mux(packet)
