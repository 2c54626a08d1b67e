"""Which copies of a clip are told as near-duplicates, and which other clips are taken for one.

Real clips are not part of the project: without them there is nothing to measure.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from benchmarks.clips import ROOT
from benchmarks.measure import Figure
from core.domain import Frame, PerceptualHashes
from core.stages import video
from core.workflows import datasets
from core.workflows.datasets import duplicates

CLIPS = ROOT.parent / "shared" / "data"
SETS = ("ucf5", "weizmann")
EVERY, MOST = 9, 10  # which clips of a set are copied, and how many
NOT_FOUND = ("mirrored", "cropped by a tenth")  # told in docs/datasets.md


def main() -> list[Figure]:
    """Pairs of different clips that are taken for one, and copies of each kind that are found."""
    if not (CLIPS / SETS[0]).is_dir():
        return []
    found, kinds = [], {}
    for name in SETS:
        paths = sorted((CLIPS / name).glob("*/*.avi"))
        looks = [_looks(path) for path in paths]
        pairs = len(datasets.near_duplicates(name, looks, [str(path) for path in paths]).pairs)
        note = f"of {len(paths) * (len(paths) - 1) // 2} pairs, all of different clips"
        found.append(Figure(f"{name}, pairs taken for near-duplicates", pairs, "", note=note))
        for path, own in list(zip(paths, looks, strict=True))[::EVERY][:MOST]:
            for kind, copy in _copies(path):
                kinds.setdefault(kind, []).append(bool(datasets.near_duplicates("", [own, copy], ["a", "b"]).pairs))
    for kind, hits in kinds.items():
        bar = None if kind in NOT_FOUND else 0.95
        found.append(Figure(f"copies found, {kind}", float(np.mean(hits)), "", bar, note=f"of {len(hits)} clips"))
    return found


def _looks(path: Path) -> PerceptualHashes:
    info = video.probe(path, "ab")
    width = min(duplicates.WIDTH_PX, info.width_px)
    size = width, max(8, round(width * info.height_px / info.width_px))
    return datasets.looks(video.read(info, stop_s=duplicates.STEP_S * duplicates.MOST_MOMENTS, size_px=size))


def _copies(path: Path) -> Iterator[tuple[str, PerceptualHashes]]:
    """The hashes of copies of a clip, each encoded anew, with what was done to it."""
    frames = list(video.read(video.probe(path, "ab")))
    smaller = [_with(frame, _resized(frame.image, 2 / 3)) for frame in frames]
    made = {
        "encoded anew": frames,
        "half as large": [_with(frame, _resized(frame.image, 0.5)) for frame in frames],
        "0.3 s off the start": _trimmed(frames, 0.3, 0),
        "0.25 s off both ends": _trimmed(frames, 0.25, 0.25),
        "brighter by a fifth": [_with(frame, _lit(frame.image, 1.2)) for frame in frames],
        "darker by 30 %": [_with(frame, _lit(frame.image, 0.7)) for frame in frames],
        "smaller, trimmed and darker": [_with(frame, _lit(frame.image, 0.8)) for frame in _trimmed(smaller, 0.3, 0)],
        "mirrored": [_with(frame, frame.image[:, ::-1]) for frame in frames],
        "cropped by a tenth": [_with(frame, _cropped(frame.image)) for frame in frames],
    }
    with tempfile.TemporaryDirectory() as folder:
        for kind, copy in made.items():
            video.write(Path(folder, "copy.mp4"), copy)
            yield kind, _looks(Path(folder, "copy.mp4"))


def _with(frame: Frame, image: np.ndarray) -> Frame:
    return replace(frame, image=np.ascontiguousarray(image))


def _resized(image: np.ndarray, share: float) -> np.ndarray:
    height, width = (int(side * share) // 2 * 2 for side in image.shape[:2])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


def _lit(image: np.ndarray, gain: float) -> np.ndarray:
    return np.clip(image * np.float32(gain), 0, 255).astype(np.uint8)


def _cropped(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    return image[height // 10 :, width // 10 :][: int(height * 0.8) // 2 * 2, : int(width * 0.8) // 2 * 2]


def _trimmed(frames: Sequence[Frame], start_s: float, end_s: float) -> list[Frame]:
    kept = [frame for frame in frames if start_s <= frame.time_s <= frames[-1].time_s - end_s]
    first_s = kept[0].time_s
    return [replace(frame, index=place, time_s=frame.time_s - first_s) for place, frame in enumerate(kept)]
