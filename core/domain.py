"""The values that travel between stages.

All times are float64 seconds on the presentation clock of the source file, from its first frame. All ranges are
half-open. Indices count from 0. Pixels run right and down from the top left. Pictures are (height, width, 3) uint8
RGB. T steps, D channels, C labels, N frames.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol

import numpy as np


def _check(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)


def _rising(times_s: np.ndarray) -> bool:
    return bool(np.all(np.isfinite(times_s)) and np.all(np.diff(times_s) > 0))


@dataclass(frozen=True, eq=False)
class VideoInfo:
    """What was measured of a clip by decoding it once.

    path: where the file lies; it is never moved.
    digest: SHA-256 of its bytes, in hex.
    width_px, height_px: as displayed, after rotation and pixel aspect.
    frame_count: frames that can be decoded; declared_count: what the file claims, 0 where it claims nothing.
    times_s: (N,) float64, strictly rising, the moment each frame appears; the first is 0.
    rate_hz: mean rate; variable_rate: whether the gaps differ.
    duration_s: the moment the last frame disappears.
    codec: its short name; plays_in_browser: whether browsers show the file itself as it is.
    notes: what was odd, in words for the user.
    How to find a frame again, which is core.video's own business: clock_start_s: the file's own time of the first
    frame; clock: which time stamps tell the frames apart, "pts", or "dts" where a file has no other that rise;
    damaged: decode on one thread, so that each pass loses the same frames; checks: (N,) uint32, a checksum of
    some rows of each picture, empty where none was taken.
    """

    path: str
    digest: str
    width_px: int
    height_px: int
    frame_count: int
    declared_count: int
    times_s: np.ndarray
    rate_hz: Fraction
    variable_rate: bool
    duration_s: float
    codec: str
    plays_in_browser: bool
    notes: tuple[str, ...]
    clock_start_s: Fraction = Fraction(0)
    clock: str = "pts"
    damaged: bool = False
    checks: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint32))

    def __post_init__(self):
        times_s = self.times_s
        _check(times_s.dtype == np.float64 and times_s.shape == (self.frame_count,), f"times_s is {times_s.shape}")
        _check(self.frame_count >= 1 and times_s[0] == 0 and _rising(times_s), "times_s must rise from 0")
        _check(self.duration_s > times_s[-1], f"duration_s {self.duration_s} ends before the last frame")
        _check(self.width_px >= 1 and self.height_px >= 1, f"size is {self.width_px} x {self.height_px} px")

    def __repr__(self):
        return f"VideoInfo({self.path!r}, {self.width_px} x {self.height_px} px, {self.frame_count} frames)"


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture with its time. index: in the source. filled: Repair made it, the source has no such picture."""

    index: int
    time_s: float
    image: np.ndarray  # (H, W, 3) uint8 RGB
    filled: bool = False

    def __repr__(self):
        return f"Frame({self.index}, {self.time_s:.4f} s, {self.image.shape})"


class Step(Protocol):
    """One preprocessing step: a frozen dataclass whose fields are its settings."""

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]: ...


@dataclass(frozen=True)
class Recipe:
    """Preprocessing steps, applied in order. Time steps and picture steps mix freely."""

    steps: tuple[Any, ...] = ()

    def apply(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames after all steps, made one by one as they are asked for."""
        for step in self.steps:
            frames = step.apply(frames)
        return iter(frames)


@dataclass(frozen=True, eq=False)
class Features:
    """What a CNN says at each step. times_s: (T,) float64, middle of each step; values: (T, D) float32.

    seen_s: the stretch of the source clock that the steps cover.
    """

    times_s: np.ndarray
    values: np.ndarray
    seen_s: tuple[float, float]

    def __post_init__(self):
        _check(self.values.ndim == 2 and len(self.values) == len(self.times_s) >= 1, f"values {self.values.shape}")
        _check(self.values.dtype == np.float32 and _rising(self.times_s), "values are float32, times_s must rise")

    def __repr__(self):
        return f"Features({self.values.shape}, {self.seen_s[0]:.2f}-{self.seen_s[1]:.2f} s)"


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network says at each step. times_s: (T,) float64; scores: (T, C) float32 whose rows sum to 1."""

    times_s: np.ndarray
    scores: np.ndarray
    labels: tuple[str, ...]
    model: str
    seen_s: tuple[float, float]

    def __post_init__(self):
        _check(self.scores.shape == (len(self.times_s), len(self.labels)), f"scores are {self.scores.shape}")
        _check(bool(np.allclose(self.scores.sum(axis=1), 1, atol=1e-3)), "each row of scores must sum to 1")
        _check(_rising(self.times_s), "times_s must rise")

    def __repr__(self):
        return f"Prediction({self.model}, {self.scores.shape})"


@dataclass(frozen=True)
class Segment:
    """A labelled stretch [start_s, stop_s). confidence: 0 to 1, or None where nobody said."""

    start_s: float
    stop_s: float
    label: str
    confidence: float | None = None
    note: str = ""

    def __post_init__(self):
        _check(0 <= self.start_s < self.stop_s, f"segment runs from {self.start_s} to {self.stop_s} s")
        _check(bool(self.label), "a segment has a label")
        _check(self.confidence is None or 0 <= self.confidence <= 1, f"confidence is {self.confidence}")


@dataclass(frozen=True)
class Track:
    """One author's labels for one clip.

    video: digest. labels: the first means "nothing happening". segments: sorted, not overlapping.
    seen_s: the stretch its author looked at; outside it nothing is known.
    """

    video: str
    labels: tuple[str, ...]
    segments: tuple[Segment, ...]
    seen_s: tuple[float, float]
    author: str

    def __post_init__(self):
        _check(len(set(self.labels)) == len(self.labels) >= 1, "labels must differ, with the empty label first")
        strangers = {segment.label for segment in self.segments} - set(self.labels)
        _check(not strangers, f"segments carry labels that the track does not list: {sorted(strangers)}")
        for earlier, later in zip(self.segments, self.segments[1:], strict=False):
            _check(earlier.stop_s <= later.start_s, f"segments overlap at {later.start_s} s")


@dataclass(frozen=True)
class LabelScore:
    """How well one label fits a whole clip: its mean score over the clip, 0 to 1."""

    label: str
    score: float


@dataclass(frozen=True, eq=False)
class Analysis:
    """All that is told about one clip. ranking: labels by their mean score over the clip, best first."""

    video: VideoInfo
    model: str
    ranking: tuple[LabelScore, ...]
    track: Track


@dataclass(frozen=True)
class ModelCard:
    """What is needed to use a network again and to trust it.

    network: file of the recurrent network inside the model's folder; empty for the backbone's own labels.
    engine: whose features it was trained on. smooth_s: width of the moving average over its scores.
    threshold: mean scores below it are told as the first label of a track, "nothing certain".
    trained_on: what it saw, in words and keys; scores: held-out scores by name.
    """

    name: str
    title: str
    backbone: str
    backbone_version: int
    labels: tuple[str, ...]
    recipe: Recipe = Recipe()
    network: str = ""
    network_sha256: str = ""
    engine: str = ""
    smooth_s: float = 0.0
    threshold: float = 0.0
    settings: dict[str, Any] = field(default_factory=dict)
    trained_on: str = ""
    licence: str = ""
    seed: int = 0
    scores: dict[str, float] = field(default_factory=dict)
    created: str = ""

    @property
    def version(self) -> str:
        """What of this card decides its predictions, besides the backbone: part of each key."""
        return f"{self.network_sha256}:{self.smooth_s}"
