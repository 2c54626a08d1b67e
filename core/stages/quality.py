"""What may go wrong in a clip, measured frame by frame in one pass over small pictures, and told as findings.

All is measured at SIDE_PX on the longer side, about the size at which networks look: what cannot be seen at that size
does not change what they say. A picture's luma is that of BT.601, 0 for black and 1 for white.

Each threshold is general: it comes from a standard, from photography, or from the clip's own usual value, never from
the clips at hand. The reasons stand beside the constants.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import cv2
import numpy as np

from core.domain import Frame, Quality, VideoInfo

QualityKind = Literal["black", "dark", "bright", "blurred", "repeated", "still", "flash", "missing", "unreadable"]

SIDE_PX = 320

# FFmpeg's blackdetect: a picture is black where 98 % of its pixels have less than 10 % of luma.
BLACK_LUMA, BLACK_SHARE = 0.10, 0.98
# Cameras expose for middle grey, 46 % in sRGB. Three stops less light, an eighth, is 46 % * (1/8) ** (1/2.2) = 18 %.
DARK_LUMA = 0.18
# From 98 % on a pixel is clipped and shows nothing; half a picture of such pixels is more than a lamp or a sky.
WHITE_LUMA, WHITE_SHARE = 0.98, 0.5
# Of the clip's own usual sharpness, because how sharp a picture can be depends on what it shows. A Gaussian blur of
# 1.5 px at the measured size takes about a quarter of it away, whatever the picture; what clips do by themselves is
# less.
BLURRED_SHARE = 0.75
# Coding the same picture twice changes a few values by several levels of 255, and all together by less than a tenth of
# one; the noise of a sensor changes more on the whole, and whatever moves changes more somewhere.
SAME_LARGEST, SAME_MEAN = 8, 0.1 / 255
# WCAG 2.2, "general flash": opposing changes of relative luminance by a tenth, the darker below 0.8; pairs of them
# count as a flash where they come three to a second, so a flash is over in a third of a second.
FLASH_STEP, FLASH_DARKER, FLASH_S = 0.10, 0.80, 1 / 3
# The step Repair: a gap longer than 1.5 times the usual one of the five gaps before and after it.
GAP_RATIO, GAPS_BESIDE = 1.5, 5
# Shorter is not seen as a stretch, and a network that looks at eight frames of a 25 Hz clip averages over more.
MIN_DEFECT_S = 0.2
STILL_S = 1.0  # a picture that stands for so long is no hiccup
JOINED_S = 1.0  # repeats and gaps that follow each other so closely are told as one
MIN_SHOT_S = 0.6  # PySceneDetect's own default

_LEVELS = np.arange(256) / 255
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4)  # sRGB, IEC 61966-2-1
_BLUR_TAPS = 11  # of the mean filter in Crete et al.; scikit-image uses the same


@dataclass(frozen=True)
class QualityFinding:
    """A stretch [start_s, stop_s) that may go wrong. first: index of its first frame; frames: how many are concerned.

    For missing and unreadable frames, `frames` counts those that are not there, and `first` is the last one before.
    """

    kind: QualityKind
    start_s: float
    stop_s: float
    first: int
    frames: int


# Measuring ------------------------------------------------------------------------------------------------------------


def small(width_px: int, height_px: int) -> tuple[int, int]:
    """The size (width, height) at which a clip of this size is measured: never larger than it is."""
    scale = min(1.0, SIDE_PX / max(width_px, height_px))
    return max(1, round(width_px * scale)), max(1, round(height_px * scale))


def measure(frames: Iterable[Frame]) -> Quality:
    """What can be told of each frame, and where shots begin. frames: all of a clip, in order, in the size of `small`.

    Memory does not grow with the clip but for some 30 bytes a frame.
    """
    times_s: list[float] = []
    rows: list[tuple[float, ...]] = []
    shots, before = _Shots(), None
    for frame in frames:
        rows.append(_measured(frame.image, before))
        times_s.append(frame.time_s)
        shots.see(frame)
        before = frame.image
    brightness, luminance, black, white, sharpness, motion, largest = np.array(rows, np.float32).T
    return Quality(
        np.array(times_s), brightness, luminance, black, white, sharpness, motion, largest, np.array(shots.first)
    )


def _measured(image: np.ndarray, before: np.ndarray | None) -> tuple[float, ...]:
    """One row of `measure`."""
    luma = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    shares = np.bincount(luma.ravel(), minlength=256) / luma.size  # (256,)
    black, white = shares[_LEVELS < BLACK_LUMA].sum(), shares[_LEVELS >= WHITE_LUMA].sum()
    motion, largest = 0.0, 255.0  # the first frame repeats none
    if before is not None and before.shape == image.shape:
        change = cv2.absdiff(image, before)
        motion, largest = float(cv2.mean(cv2.cvtColor(change, cv2.COLOR_RGB2GRAY))[0]) / 255, float(change.max())
    return float(shares @ _LEVELS), float(shares @ _LINEAR), black, white, _sharpness(luma), motion, largest


def _sharpness(luma: np.ndarray) -> float:
    """How much of a picture's fine variation a blur would take away: near 0 for a blurred picture, 1 for the sharpest.

    One minus the blur of Crete, Dolmiere, Ladret and Nicolas, "The blur effect: perception and estimation with a new
    no-reference perceptual blur metric", SPIE 6492, 2007. It does not depend on brightness and contrast; a picture
    without any variation is as sharp as can be.
    """
    kept = []
    for turned in (luma, luma.T):
        picture = turned.astype(np.float32)
        blurred = cv2.blur(picture, (_BLUR_TAPS, 1), borderType=cv2.BORDER_REFLECT)
        sharp, soft = (np.abs(np.diff(item, axis=1)) for item in (picture, blurred))
        whole = float(sharp.sum())
        kept.append(1 - float(np.maximum(sharp - soft, 0).sum()) / whole if whole else 0.0)
    return 1 - max(kept)


class _Shots:
    """Where shots begin, after PySceneDetect's adaptive detector (scenedetect.com) with its own settings."""

    def __init__(self):
        from scenedetect.detectors import AdaptiveDetector

        self.first: list[int] = []
        self._detector: Any = AdaptiveDetector(min_scene_len=MIN_SHOT_S)
        self._indices: dict[int, int] = {}  # by microsecond, of the few frames that a cut may still be told of

    def see(self, frame: Frame) -> None:
        """Take in the next frame."""
        from scenedetect.common import FrameTimecode, Timecode

        if not self.first:
            self.first.append(frame.index)
        stamp = round(frame.time_s * 1e6)
        self._indices[stamp] = frame.index
        if len(self._indices) > 16:
            del self._indices[next(iter(self._indices))]
        moment = FrameTimecode(Timecode(stamp, Fraction(1, 1_000_000)), Fraction(1000))
        for cut in self._detector.process_frame(moment, frame.image[..., ::-1]):
            self.first.append(self._indices[round(cut.seconds * 1e6)])


# Findings -------------------------------------------------------------------------------------------------------------


def findings(quality: Quality, info: VideoInfo) -> tuple[QualityFinding, ...]:
    """The stretches that may go wrong, by the time they begin."""
    black = quality.black >= BLACK_SHARE
    dark = (quality.brightness < DARK_LUMA) & ~black
    bright = quality.white >= WHITE_SHARE
    blurred = _blurred(quality, usable=~black & ~bright)
    kept = [
        *_runs("black", black, quality, info),
        *_runs("dark", dark, quality, info, shortest_s=MIN_DEFECT_S, joined_s=MIN_DEFECT_S),
        *_runs("bright", bright, quality, info, shortest_s=MIN_DEFECT_S, joined_s=MIN_DEFECT_S),
        *_runs("blurred", blurred, quality, info, shortest_s=MIN_DEFECT_S, joined_s=MIN_DEFECT_S),
        *_repeats(quality, info),
        *_flashes(quality),
        *_gaps(info),
    ]
    return tuple(sorted(kept, key=lambda finding: (finding.start_s, finding.kind)))


def usual_gaps_s(times_s: np.ndarray) -> np.ndarray:
    """(N - 1,) the lower median of each gap between frames and the GAPS_BESIDE gaps on either side of it."""
    gaps_s = np.diff(times_s)
    padded = np.pad(gaps_s, GAPS_BESIDE, constant_values=np.nan)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * GAPS_BESIDE + 1), axis=1)  # NaN sorts last
    middle = (np.isfinite(windows).sum(axis=1) - 1) // 2
    return np.take_along_axis(windows, middle[:, None], axis=1)[:, 0]


def _blurred(quality: Quality, *, usable: np.ndarray) -> np.ndarray:
    """(N,) whether a frame is far less sharp than usual in this clip."""
    if not usable.any():
        return np.zeros(len(usable), bool)
    return usable & (quality.sharpness < BLURRED_SHARE * np.median(quality.sharpness[usable]))


def _runs(
    kind: QualityKind,
    holds: np.ndarray,
    quality: Quality,
    info: VideoInfo,
    *,
    shortest_s: float = 0.0,
    joined_s: float = 0.0,
) -> Iterator[QualityFinding]:
    """Stretches of frames for which it holds; those at most `joined_s` apart are one, and shorter ones are left out."""
    ends_s = np.append(quality.times_s[1:], info.duration_s)
    runs: list[list[int]] = []  # first, stop
    for first, stop in _stretches(holds):
        if runs and quality.times_s[first] - ends_s[runs[-1][1] - 1] <= joined_s:
            runs[-1][1] = stop
        else:
            runs.append([first, stop])
    for first, stop in runs:
        start_s, stop_s = float(quality.times_s[first]), float(ends_s[stop - 1])
        if stop_s - start_s >= shortest_s:
            yield QualityFinding(kind, start_s, stop_s, first, int(holds[first:stop].sum()))


def _stretches(holds: np.ndarray) -> Iterator[tuple[int, int]]:
    """(first, stop) of each run of True."""
    edges = np.flatnonzero(np.diff(np.pad(holds.astype(np.int8), 1)))
    yield from ((int(first), int(stop)) for first, stop in edges.reshape(-1, 2))


def _repeats(quality: Quality, info: VideoInfo) -> Iterator[QualityFinding]:
    """Pictures that stand still for STILL_S or longer, and all other frames that repeat the one before."""
    repeated = (quality.largest <= SAME_LARGEST) & (quality.motion <= SAME_MEAN) & (quality.black < BLACK_SHARE)
    still = np.zeros(len(repeated), bool)
    ends_s = np.append(quality.times_s[1:], info.duration_s)
    for first, stop in _stretches(repeated):
        if ends_s[stop - 1] - quality.times_s[first] >= STILL_S:
            still[first:stop] = True
    yield from _runs("still", still, quality, info)
    yield from _runs("repeated", repeated & ~still, quality, info, joined_s=JOINED_S)


def _flashes(quality: Quality) -> Iterator[QualityFinding]:
    """Stretches of at most FLASH_S that are brighter, or darker, than what is before and after them."""
    light, times_s, last = quality.luminance, quality.times_s, 0
    for first in np.flatnonzero(np.abs(np.diff(light)) >= FLASH_STEP) + 1:
        if first < last:
            continue
        sign = np.sign(light[first] - light[first - 1])
        for stop in range(first + 1, len(light)):
            if times_s[stop] - times_s[first] > FLASH_S:
                break
            peak = sign * (sign * light[first:stop]).max()
            back = sign * (peak - light[stop]) >= FLASH_STEP and sign * (light[stop] - light[first - 1]) < FLASH_STEP
            if back and min(peak, light[first - 1]) < FLASH_DARKER:
                last = stop + 1
                yield QualityFinding(
                    "flash", float(times_s[first]), float(times_s[stop]), int(first), int(stop - first)
                )
                break


def _gaps(info: VideoInfo) -> Iterator[QualityFinding]:
    """Places where frames are not there: holes in the clock, and an end before the declared number of frames."""
    kind: QualityKind = "unreadable" if info.damaged else "missing"
    times_s, gaps = info.times_s, []
    if len(times_s) > 2:
        gaps_s, usual_s = np.diff(times_s), usual_gaps_s(times_s)
        for position in np.flatnonzero(gaps_s > GAP_RATIO * usual_s):
            lost = max(1, round(float(gaps_s[position] / usual_s[position])) - 1)
            start_s, stop_s = float(times_s[position]), float(times_s[position + 1])
            gaps.append(QualityFinding(kind, start_s, stop_s, int(position), lost))
    yield from _joined(gaps)
    lost = info.declared_count - info.frame_count - sum(finding.frames for finding in gaps)
    if info.damaged and info.declared_count and lost > 0:
        yield QualityFinding(kind, float(times_s[-1]), info.duration_s, info.frame_count - 1, lost)


def _joined(findings: list[QualityFinding]) -> Iterator[QualityFinding]:
    """Findings of one kind in order, those closer than JOINED_S made one."""
    held: QualityFinding | None = None
    for finding in findings:
        if held is not None and finding.start_s - held.stop_s <= JOINED_S:
            held = QualityFinding(held.kind, held.start_s, finding.stop_s, held.first, held.frames + finding.frames)
            continue
        if held is not None:
            yield held
        held = finding
    if held is not None:
        yield held
