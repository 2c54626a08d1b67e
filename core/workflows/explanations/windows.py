"""Windows of a clip, as a CNN looks at it: which frames are in which window.

Windows overlap by half, so that any moment is near the middle of one: 64 frames of the CNN's own clock for a CNN that
sees motion, 16 frames of the clip for a CNN of single pictures.
"""

import math
from contextlib import closing
from dataclasses import dataclass

import numpy as np

from core.base.errors import RecipeInvalid
from core.base.registry import BACKBONES
from core.domain import Features, Recipe, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages.networks.backbones import CLOCK_TOLERANCE_S, Backbone, squared
from core.stages.networks.explain.activations import FrameWindow
from core.stages.preprocessing import recipes
from core.stages.preprocessing.frame_clock import choosing, clock_of
from core.workflows import predictions
from core.workspace.store import Store

MOVING_FRAMES, STILL_FRAMES = 64, 16


@dataclass(frozen=True)
class ClipWindow:
    """A window of a clip, prepared by a recipe, as a CNN gets it. backbone: its name. number: from 0."""

    digest: str
    recipe: Recipe
    backbone: str
    number: int

    @property
    def cnn(self) -> Backbone:
        """The CNN itself."""
        return BACKBONES[self.backbone]

    @property
    def key(self) -> str:
        """The name of the window's pictures."""
        cnn = self.cnn
        size = window_frames(cnn)
        return fingerprint("stretch", 1, self.digest, self.recipe, cnn.name, cnn.version, size, self.number)

    def layer_key(self, layer: str) -> str:
        """The name of a layer's maps over the window."""
        return fingerprint("activations", 1, self.key, layer)


def window_frames(backbone: Backbone) -> int:
    """How many frames of a CNN's clock a window has."""
    return MOVING_FRAMES if backbone.volumetric else STILL_FRAMES


def window_at(info: VideoInfo, recipe: Recipe, backbone: Backbone, moment_s: float) -> int:
    """The number of the window in whose middle a moment lies, or nearly so at the ends."""
    ticks_s, _ = _clock(info, recipe, backbone)
    size, hop = window_frames(backbone), window_frames(backbone) // 2
    tick = int(np.searchsorted(ticks_s, moment_s, side="right")) - 1
    return min(max(round((tick - size / 2) / hop), 0), _last_window(len(ticks_s), size))


def window_s(info: VideoInfo, recipe: Recipe, backbone: Backbone, number: int) -> tuple[float, float]:
    """When a window begins and ends."""
    ticks_s, stop_s = _clock(info, recipe, backbone)
    first, stop = _bounds(len(ticks_s), backbone, number)
    return float(ticks_s[first]), float(ticks_s[stop]) if stop < len(ticks_s) else stop_s


def _last_window(frames: int, size: int) -> int:
    return max(0, -(-(frames - size) // (size // 2)))


def _clock(info: VideoInfo, recipe: Recipe, backbone: Backbone) -> tuple[np.ndarray, float]:
    """When each frame of the CNN's clock is taken, and when the last one ends."""
    times_s, stop_s = info.times_s, info.duration_s
    if choosing(recipe).steps:
        made = clock_of(recipe, info)
        if not len(made.times_s):
            raise RecipeInvalid("The recipe removes all frames of this clip.", "Widen or remove its Trim step.")
        times_s, stop_s = made.times_s, float(made.times_s[-1] + made.last_gap_s)
    if backbone.rate_hz is None:
        return times_s, stop_s
    start_s = float(times_s[0])
    count = max(1, math.ceil((stop_s - start_s - CLOCK_TOLERANCE_S) * float(backbone.rate_hz)))
    return start_s + np.arange(count) / float(backbone.rate_hz), stop_s


def _bounds(frames: int, backbone: Backbone, number: int) -> tuple[int, int]:
    """The first frame of a window and the one after its last."""
    size = window_frames(backbone)
    if not 0 <= number <= _last_window(frames, size):
        raise ValueError(f"There is no window {number} in {frames} frames")
    first = number * (size // 2)
    return first, min(first + size, frames)


def frame_window(info: VideoInfo, recipe: Recipe, backbone: Backbone, number: int, around: int) -> FrameWindow:
    """The pictures of a window, with up to `around` ticks before and after it."""
    ticks_s, stop_s = _clock(info, recipe, backbone)
    first, stop = _bounds(len(ticks_s), backbone, number)
    begin, end = max(0, first - around), min(len(ticks_s), stop + around)
    pictures = _on_screen(info, recipe, backbone, ticks_s[begin:end])
    stop_s = float(ticks_s[stop]) if stop < len(ticks_s) else stop_s
    return FrameWindow(ticks_s[begin:end].copy(), pictures, first - begin, stop - first, stop_s)


def _on_screen(info: VideoInfo, recipe: Recipe, backbone: Backbone, ticks_s: np.ndarray) -> np.ndarray:
    """The frame on screen at each tick, as the CNN gets it: (ticks, size, size, 3) uint8."""
    spare = recipes.reach(recipe) + 1
    first, last = np.searchsorted(info.times_s, (ticks_s[0], ticks_s[-1] + CLOCK_TOLERANCE_S), side="right")
    end_s = info.times_s[last + spare] if last + spare < info.frame_count else info.duration_s
    within_s = float(info.times_s[max(first - 1 - spare, 0)]), float(end_s)
    shown: list[np.ndarray] = []
    current = None
    with closing(predictions.frames_of(info, recipe, backbone.size_px, within_s=within_s)) as frames:
        for frame in frames:
            while current is not None and len(shown) < len(ticks_s) and _later(frame.time_s, ticks_s[len(shown)]):
                shown.append(current)
            current = squared(frame.image, backbone.size_px)
    if current is None:
        raise RecipeInvalid("The recipe removes this moment.", "Move to another moment, or widen its Trim.")
    return np.stack(shown + [current] * (len(ticks_s) - len(shown)))


def _later(time_s: float, tick_s: float) -> bool:
    return time_s > tick_s + CLOCK_TOLERANCE_S


def active_s(store: Store, info: VideoInfo, recipe: Recipe, backbone_name: str, engine: str) -> float:
    """The moment of a clip with the highest mean activation, where its features are stored; else its middle.

    A clip often begins with a black or a still picture, in which a network sees nothing.
    """
    features = store.known(predictions.features_key(info.digest, recipe, backbone_name, engine), Features)
    if features is None or not len(features.times_s):
        return info.duration_s / 2
    return float(features.times_s[np.asarray(features.values).mean(axis=1).argmax()])
