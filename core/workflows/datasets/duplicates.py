"""Near-duplicates: clips that were encoded anew, resized or slightly trimmed, told by perceptual hashes.

The hash is ImageHash's phash (Zauner, 2010: the signs of the low frequencies of a cosine transform against their
median), taken at moments STEP_S apart: once of the picture, and once of what in it differs from the clip's median
picture. The second parts clips from one fixed camera, whose pictures are all alike. Two clips are laid over each other
at the shift in time where they agree best.

What benchmarks/duplicates.py measured, on 20 clips of UCF101 and Weizmann: copies that were encoded anew, made smaller,
brighter or darker, or trimmed by 0.3 s at the start were all found; of those trimmed at both ends 19 of 20; mirrored
and cropped ones never. Of 3741 pairs of different clips of UCF101 none was taken for a near-duplicate; of 4005 of
Weizmann, all before one wall, 9: in 8 of them two persons make one movement in one place, in one a person waves with
one arm and with both. The thresholds were chosen on such clips, so that others may do worse.
"""

from collections.abc import Iterable, Iterator, Sequence

import cv2
import numpy as np

from core.base.errors import VideoUnreadable
from core.base.progress import Report, silent
from core.domain import TEST, TRAIN, Duplicates, Frame, Pair, PerceptualHashes, Split

STEP_S = 0.08
WIDTH_PX = 96
MOST_MOMENTS = 250  # the first 20 s
PICTURE_LIMIT = 0.10  # share of bits that differ; copies that were found reach 0.07
MOTION_LIMIT = 0.125  # copies that were found reach 0.09
WHOLE_LIMITS = (14, 22)  # bits of the mean picture and of the mean difference, to choose what is compared at all
MOVES = 4.0  # grey values by which a sixteenth of the width by a twelfth of the height differs where something moves
OVERLAP = 0.6  # of the shorter clip
MOST_PAIRS = 200_000
BLOCK = 512


def looks(frames: Iterable[Frame]) -> PerceptualHashes:
    """The hashes of a clip, from its frames in order, WIDTH_PX wide or so."""
    import imagehash
    from PIL import Image

    grey = np.stack(list(_sampled(frames)))  # (K, H, W) float32
    usual = np.median(grey, axis=0)  # (H, W)
    differences = np.abs(grey - usual)

    def hashed(image: np.ndarray) -> int:
        bits = imagehash.phash(Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))).hash
        return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")

    return PerceptualHashes(
        np.array([hashed(image) for image in grey], np.uint64),
        np.array([hashed(4 * image) for image in differences], np.uint64),
        np.array([_moves(image) for image in differences]),
        np.array([hashed(grey.mean(axis=0)), hashed(8 * differences.mean(axis=0))], np.uint64),
    )


def near_duplicates(
    dataset_key: str, all_looks: Sequence[PerceptualHashes], videos: Sequence[str], report: Report = silent
) -> Duplicates:
    """The pairs of items that look alike. all_looks, videos: hashes and digest of each item."""
    candidates = _candidates(np.stack([all_look.whole for all_look in all_looks])) if all_looks else []
    candidates.sort()
    pairs = []
    for count, (_, first, second) in enumerate(candidates[:MOST_PAIRS]):
        if count % 200 == 0:
            report(count, len(candidates), "Comparing clips")
        if videos[first] == videos[second]:
            pairs.append(Pair(first, second, 0.0, 0.0, same=True))
            continue
        picture, motion = distance(all_looks[first], all_looks[second])
        if picture <= PICTURE_LIMIT and motion <= MOTION_LIMIT:
            pairs.append(Pair(first, second, picture, motion))
    pairs.sort(key=lambda pair: (not pair.same, pair.picture + max(pair.motion, 0)))
    return Duplicates(dataset_key, tuple(pairs), min(len(candidates), MOST_PAIRS), max(0, len(candidates) - MOST_PAIRS))


def leaks(split: Split, duplicates: Duplicates) -> tuple[Pair, ...]:
    """The pairs that some fold has on two sides: one in training or validation, the other in another part."""
    torn = []
    for pair in duplicates.pairs:
        first, second = split.parts[:, pair.first], split.parts[:, pair.second]
        if ((first != second) & (first >= TRAIN) & (second >= TRAIN) & (np.minimum(first, second) < TEST)).any():
            torn.append(pair)
    return tuple(torn)


def distance(looks: PerceptualHashes, other: PerceptualHashes) -> tuple[float, float]:
    """The share of bits that differ, of pictures and of motions, at the shift in time where both agree best.

    The second is -1 where nothing moves in either at that shift; it then says nothing.
    """
    pictures = _bits(looks.pictures[:, None] ^ other.pictures[None]) / 64  # (K, L)
    motions = _bits(looks.motions[:, None] ^ other.motions[None]) / 64
    moving = looks.moving[:, None] | other.moving[None]
    least = max(1, round(OVERLAP * min(pictures.shape)))
    best = (2.0, 1.0, 1.0)
    for shift in range(least - pictures.shape[0], pictures.shape[1] - least + 1):
        values = np.diagonal(moving, shift)
        picture = float(np.diagonal(pictures, shift).mean())
        motion = float(np.diagonal(motions, shift)[values].mean()) if values.any() else -1.0
        best = min(best, (picture + max(motion, 0.0), picture, motion))
    return best[1], best[2]


def _sampled(frames: Iterable[Frame]) -> Iterator[np.ndarray]:
    """The mean grey picture of each STEP_S of a clip that has frames. (H, W) float32."""
    step, sums, count = 0, np.zeros(()), 0
    for frame in frames:
        now = int(frame.time_s / STEP_S + 1e-6)
        if now != step and count:
            yield np.asarray(sums / count, np.float32)
            sums, count = np.zeros(()), 0
        if now >= MOST_MOMENTS:
            return
        step, sums, count = now, sums + frame.image.mean(axis=2, dtype=np.float32), count + 1
    if not count:
        raise VideoUnreadable("The clip has no frames to compare.")
    yield np.asarray(sums / count, np.float32)


def _moves(difference: np.ndarray) -> bool:
    """Whether a part of the picture differs enough. (H, W) float32."""
    return bool(cv2.resize(difference, (16, 12), interpolation=cv2.INTER_AREA).max() > MOVES)


def _candidates(whole: np.ndarray) -> list[tuple[int, int, int]]:
    """Pairs whose mean pictures are alike: bits that differ, first, second. whole: (N, 2) uint64."""
    candidates = []
    for start in range(0, len(whole), BLOCK):
        rows = whole[start : start + BLOCK]
        picture = _bits(rows[:, None, 0] ^ whole[None, :, 0])  # (B, N)
        motion = _bits(rows[:, None, 1] ^ whole[None, :, 1])
        near = (picture <= WHOLE_LIMITS[0]) & (motion <= WHOLE_LIMITS[1])
        for row, column in np.argwhere(near).tolist():
            if start + row < column:
                candidates.append((int(picture[row, column]) + int(motion[row, column]), start + row, column))
    return candidates


def _bits(values: np.ndarray) -> np.ndarray:
    return np.bitwise_count(values)
