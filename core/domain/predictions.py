"""What networks say of a clip, from features to segments, and the card of who says it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from core.domain.validation import check, rising
from core.domain.video import Recipe, VideoInfo


@dataclass(frozen=True, eq=False)
class Features:
    """What a CNN says at each step. times_s: (T,) float64, middle of each step; values: (T, D) float32.

    seen_s: the stretch of the source clock that the steps cover.
    """

    times_s: np.ndarray
    values: np.ndarray
    seen_s: tuple[float, float]

    def __post_init__(self):
        check(self.values.ndim == 2 and len(self.values) == len(self.times_s) >= 1, f"values {self.values.shape}")
        check(self.values.dtype == np.float32 and rising(self.times_s), "values are float32, times_s must rise")

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
        check(self.scores.shape == (len(self.times_s), len(self.labels)), f"scores are {self.scores.shape}")
        check(bool(np.allclose(self.scores.sum(axis=1), 1, atol=1e-3)), "each row of scores must sum to 1")
        check(rising(self.times_s), "times_s must rise")

    def __repr__(self):
        return f"Prediction({self.model}, {self.scores.shape})"


@dataclass(frozen=True, slots=True)
class Segment:
    """A labelled stretch [start_s, stop_s). confidence: 0 to 1, or None where nobody said."""

    start_s: float
    stop_s: float
    label: str
    confidence: float | None = None
    note: str = ""

    def __post_init__(self):
        if not 0 <= self.start_s < self.stop_s:  # files hold millions: words only where they are needed
            raise ValueError(f"segment runs from {self.start_s} to {self.stop_s} s")
        if not self.label:
            raise ValueError("a segment has a label")
        if self.confidence is not None:
            check(0 <= self.confidence <= 1, f"confidence is {self.confidence}")


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
        check(len(set(self.labels)) == len(self.labels) >= 1, "labels must differ, with the empty label first")
        strangers = {segment.label for segment in self.segments} - set(self.labels)
        check(not strangers, f"segments carry labels that the track does not list: {sorted(strangers)}")
        for earlier, later in zip(self.segments, self.segments[1:], strict=False):
            check(earlier.stop_s <= later.start_s, f"segments overlap at {later.start_s} s")


@dataclass(frozen=True)
class LabelScore:
    """How well one label fits a whole clip: its mean score over the clip, 0 to 1."""

    label: str
    score: float


@dataclass(frozen=True, eq=False)
class Analysis:
    """All that is told about one clip. ranking: labels by their mean score over the clip, best first.

    words: which texts of the clip took part, by source, () where it has none; None for a model that reads no words.
    """

    video: VideoInfo
    model: str
    ranking: tuple[LabelScore, ...]
    track: Track
    words: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False)
class Branches:
    """What a model that reads words says by its picture alone, and by the words alone.

    worded: (T,) bool, whether words that say anything are near each step; elsewhere the picture alone decides, and what
    words say is the same for all labels. sources: which texts were read.
    """

    picture: Prediction
    words: Prediction
    worded: np.ndarray
    sources: tuple[str, ...]

    def __post_init__(self):
        check(self.worded.shape == self.picture.times_s.shape == self.words.times_s.shape, "all are of the same steps")

    def __repr__(self):
        return f"Branches({self.picture.scores.shape}, words near {np.count_nonzero(self.worded)} steps)"


@dataclass(frozen=True)
class ModelCard:
    """What is needed to use a network again and to trust it.

    recipe: steps that it was trained with and always gets, after those that a person chose.
    network: file of the recurrent network inside the model's folder; empty for the backbone's own labels.
    engine: whose features it was trained on. smooth_s: width of the moving average over its scores.
    threshold: mean scores below it are told as the first label of a track, "nothing certain".
    words: file of the text branch inside the folder, for a model that reads the words near each moment too; else empty.
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
    words: str = ""
    words_sha256: str = ""

    @property
    def version(self) -> str:
        """What of this card decides its predictions, besides the backbone: part of each key."""
        return f"{self.network_sha256}:{self.smooth_s}{self.words and f':{self.words_sha256}'}"
