"""The values that travel between stages.

All times are float64 seconds on the presentation clock of the source file, from its first frame. All ranges are
half-open. Indices count from 0. Pixels run right and down from the top left. Pictures are (height, width, 3) uint8
RGB. T steps, D channels, C labels, N frames.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal, Protocol

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

    recipe: steps that it was trained with and always gets, after those that a person chose.
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


# Labelled sets


@dataclass(frozen=True)
class Item:
    """One clip of a labelled set, with what is known of it.

    video: digest. path: how the set's source names the clip, "/" between folders; only told, never opened.
    duration_s: of the clip. label: of the whole clip; "" where segments tell.
    segments: sorted, not overlapping. seen: sorted stretches that somebody looked at: inside them an instant without a
    segment is the set's background, outside them nothing is known. Every segment lies inside one of them.
    group, subject: as the source tells them, "" where it does not. split: what the source gives this clip for.
    """

    video: str
    path: str
    duration_s: float
    label: str = ""
    segments: tuple[Segment, ...] = ()
    seen: tuple[tuple[float, float], ...] = ()
    group: str = ""
    subject: str = ""
    split: Literal["", "train", "val", "test", "unused"] = ""

    def __post_init__(self):
        _check(self.duration_s > 0, f"{self.path} lasts {self.duration_s} s")
        _check(bool(self.label) != bool(self.seen), f"{self.path} has a label of the whole clip or seen stretches")
        ends = [moment for stretch in self.seen for moment in stretch]
        _check(
            ends == sorted(ends) and min(ends, default=0) >= 0, f"the seen stretches of {self.path} are not in order"
        )
        for segment in self.segments:
            inside = any(start <= segment.start_s and segment.stop_s <= stop for start, stop in self.seen)
            _check(inside, f"{self.path}: the segment at {segment.start_s} s was not seen")
        for earlier, later in itertools.pairwise(self.segments):
            _check(earlier.stop_s <= later.start_s, f"{self.path}: segments overlap at {later.start_s} s")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong or odd in the source of a labelled set.

    file, line: where it stands; line 0 where there is none. expected, got: in words. left_out: whether the clip or the
    segment takes no part in the set.
    """

    file: str
    line: int
    expected: str
    got: str
    left_out: bool = True


@dataclass(frozen=True)
class Dataset:
    """A labelled set: clips whose labels are known.

    labels: all classes, each at least one character. background: the one of them that stands for seen instants without
    a segment; "" where there is none. source: what it was read from, in words. findings: what was wrong when it was
    read and what was therefore left out.
    """

    name: str
    labels: tuple[str, ...]
    items: tuple[Item, ...]
    background: str = ""
    source: str = ""
    findings: tuple[Finding, ...] = ()

    def __post_init__(self):
        _check(len(set(self.labels)) == len(self.labels) and all(self.labels), f"the labels are {self.labels}")
        _check(self.background in ("", *self.labels), f"the background {self.background!r} is none of the labels")
        known = {label for item in self.items for label in (item.label, *(part.label for part in item.segments))}
        _check(known <= {"", *self.labels}, f"labels that the set does not list: {sorted(known - set(self.labels))}")

    def __repr__(self):
        return f"Dataset({self.name!r}, {len(self.items)} clips, {len(self.labels)} labels)"


@dataclass(frozen=True)
class Grouping:
    """How the group of a clip is told: what clips of one group share, a split must not part.

    by: "column" or "subject" of the source, "pattern" in the clip's path, "folder" it lies in, or "clip": each alone.
    pattern: a regular expression; see core.datasets.groups_from. within_label: groups of different labels differ, as
    g01 of one class of UCF101 is not g01 of another.
    """

    by: Literal["column", "subject", "pattern", "folder", "clip"] = "clip"
    pattern: str = ""
    within_label: bool = False


UNUSED, TRAIN, VALIDATION, TEST = range(4)  # what a fold makes of an item


@dataclass(frozen=True)
class Fold:
    """One way to part a labelled set: indices of its items. groups: those that are tested."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """Folds of a labelled set in which no group stands on two sides.

    dataset: its key. method: how the folds were made. groups: (N) the group of each item, told by grouping and with
    the items of each of joins, pairs of indices, in one. seed: of what was drawn.
    parts: (F, N) uint8, what each fold makes of each item: UNUSED, TRAIN, VALIDATION or TEST.
    """

    dataset: str
    method: Literal["given", "folds", "leave one group out"]
    grouping: Grouping
    groups: tuple[str, ...]
    parts: np.ndarray
    seed: int = 0
    joins: tuple[tuple[int, int], ...] = ()

    def __post_init__(self):
        _check(self.parts.dtype == np.uint8 and self.parts.ndim == 2, f"parts are {self.parts.dtype}")
        _check(self.parts.shape == (len(self.parts), len(self.groups)) and len(self.parts) >= 1, "a part for each item")
        _check(int(self.parts.max(initial=0)) <= TEST, f"there is no part {self.parts.max(initial=0)}")
        torn = straddling(self.groups, self.parts)
        _check(not torn, f"groups on two sides of a fold: {torn[:5]}")

    def __repr__(self):
        return f"Split({self.method}, {self.parts.shape[0]} folds of {self.parts.shape[1]} items)"

    def fold(self, number: int) -> Fold:
        """The fold of that number, from 0."""
        train, validation, test = (
            tuple(np.flatnonzero(self.parts[number] == part).tolist()) for part in (TRAIN, VALIDATION, TEST)
        )
        return Fold(train, validation, test, tuple(dict.fromkeys(self.groups[index] for index in test)))


@dataclass(frozen=True, eq=False)
class Looks:
    """Perceptual hashes of a clip, 64 bits each, at evenly spaced moments.

    pictures: (K,) uint64, of what is shown. motions: (K,) uint64, of what differs from the clip's usual picture.
    moving: (K,) bool, whether anything does. whole: (2,) uint64, of the mean picture and of the mean difference.
    """

    pictures: np.ndarray
    motions: np.ndarray
    moving: np.ndarray
    whole: np.ndarray

    def __post_init__(self):
        _check(len(self.pictures) == len(self.motions) == len(self.moving) >= 1, f"{len(self.pictures)} pictures")
        _check(self.whole.shape == (2,), f"whole is {self.whole.shape}")

    def __repr__(self):
        return f"Looks({len(self.pictures)} moments)"


@dataclass(frozen=True)
class Pair:
    """Two items of a set, by index, that look alike: which share of the bits of their hashes differ, on average.

    motion is -1 where nothing moves in one of them. same: whether they are the same bytes.
    """

    first: int
    second: int
    picture: float
    motion: float
    same: bool = False


@dataclass(frozen=True)
class Duplicates:
    """The pairs of a set that look alike, the likest first. left: candidates that were too many to be compared."""

    dataset: str
    pairs: tuple[Pair, ...]
    compared: int
    left: int = 0


def straddling(groups: Sequence[str], parts: np.ndarray) -> tuple[str, ...]:
    """The groups that stand on two sides of a fold, by the alphabet. parts: (F, N), see Split."""
    names, numbers = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)  # (G,), (N,)
    torn = np.zeros(len(names), bool)
    for row in parts:
        sides = np.zeros((TEST + 1, len(names)), bool)
        sides[row, numbers] = True
        torn |= sides[TRAIN:].sum(axis=0) > 1
    return tuple(names[torn].tolist())


@dataclass(frozen=True, eq=False)
class Comparison:
    """Truth beside prediction: what every metric is computed from.

    Its n units are clips with one label each, or videos with a label for each frame; its N rows are the moments that
    carry a label, one for each clip or one for each frame.

    names: (n) the units; groups: (n) who or what each was recorded with, their own names where nothing is known.
    truth: (N,) int64 places in `labels`, -1 where nobody said; predicted: (N,) int64, -1 only where truth is too.
    scores: (N, C) probabilities, None where only labels are known.
    starts: (n + 1,) int64, the rows of unit i are starts[i]:starts[i + 1]; None for clips with one label each.
    times_s: (N,) when each frame appears, ends_s: (n,) when the last frame of each video disappears; None if unknown.
    background: place of the label that means "nothing happening", -1 where there is none.
    truth_segments, found_segments: (n) for each video, in seconds; seen_s: (n) the stretch its author looked at;
    empty where only rows are known. They may overlap.
    split: key of the split by which the units were chosen.
    weights: (R, n) how often each unit counts in each of R draws; None: each counts once. See `total`.
    """

    labels: tuple[str, ...]
    names: tuple[str, ...]
    groups: tuple[str, ...]
    truth: np.ndarray
    predicted: np.ndarray
    scores: np.ndarray | None = None
    starts: np.ndarray | None = None
    times_s: np.ndarray | None = None
    ends_s: np.ndarray | None = None
    background: int = -1
    truth_segments: tuple[tuple[Segment, ...], ...] = ()
    found_segments: tuple[tuple[Segment, ...], ...] = ()
    seen_s: tuple[tuple[float, float], ...] = ()
    split: str = ""
    weights: np.ndarray | None = None
    tables: dict[Any, Any] = field(init=False, repr=False, default_factory=dict)
    totals: dict[Any, Any] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self):
        count, rows, unit_count = len(self.labels), self.truth.shape, len(self.names)
        _check(len(set(self.labels)) == count >= 1, "labels must differ")
        _check(-1 <= self.background < count, f"background is {self.background} of {count} labels")
        _check(
            self.truth.ndim == 1 and self.predicted.shape == rows, f"{rows} truths, {self.predicted.shape} predicted"
        )
        for row in (self.truth, self.predicted):
            _check(bool(np.all((row >= -1) & (row < count))), f"rows hold places in {count} labels, or -1")
        _check(not np.any((self.truth >= 0) & (self.predicted < 0)), "a prediction is missing where truth is known")
        _check(self.scores is None or self.scores.shape == (*rows, count), "scores are (N, C)")
        _check(self.times_s is None or self.times_s.shape == rows, "times_s are (N,)")
        _check(self.starts is not None or rows == (unit_count,), f"{unit_count} clips, {rows} labels")
        if self.starts is not None:
            rising = len(self.starts) == unit_count + 1 and bool(np.all(np.diff(self.starts) >= 0))
            _check(rising and self.starts[0] == 0 and self.starts[-1] == rows[0], f"starts are {self.starts}")
        _check(len(self.groups) == unit_count, f"{unit_count} units, {len(self.groups)} groups")
        for each in (self.ends_s, self.truth_segments, self.found_segments, self.seen_s):
            _check(each is None or len(each) in (0, unit_count), "ends and segments are told for each video")

    def __repr__(self):
        return f"Comparison({len(self.names)} units, {len(self.truth)} rows, {len(self.labels)} labels)"

    @property
    def over_time(self) -> bool:
        """Whether the units are videos with a label for each frame."""
        return self.starts is not None

    def table(self, make: Callable[..., Any], *settings: Any) -> Any:
        """make(self, *settings), made once for this comparison and all its draws."""
        asked = (make, *settings)
        if asked not in self.tables:
            self.tables[asked] = make(self, *settings)
        return self.tables[asked]

    def total(self, make: Callable[..., Any], *settings: Any) -> np.ndarray:
        """The sum over units of the table that `make` gives: (n, K), dense or sparse, one row a unit.

        (K,) for the whole set, (R, K) for draws: a metric that computes on the last axis serves both.
        """
        asked = (make, *settings)
        if asked not in self.totals:
            rows = self.table(make, *settings)
            summed = rows.sum(axis=0) if self.weights is None else self.weights @ rows
            self.totals[asked] = np.asarray(summed, np.float64)
        return self.totals[asked]

    def drawn(self, weights: np.ndarray) -> "Comparison":
        """The same units, unit i counted weights[r, i] times in draw r; tables are shared. weights: (R, n) float64."""
        draws = replace(self, weights=weights)
        object.__setattr__(draws, "tables", self.tables)
        return draws


@dataclass(frozen=True)
class Estimate:
    """One number of a scorecard.

    value: None where it is undefined (a share of nothing); low, high: its 95 % interval, None where there is none.
    why: why something is undefined or missing, or what to beware of. left_out: how many labels or videos a mean
    could not take in.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    why: str = ""
    left_out: int = 0

    def __post_init__(self):
        for number in (self.value, self.low, self.high):
            _check(number is None or bool(np.isfinite(number)), f"{number} is no value: say None and why")


@dataclass(frozen=True, eq=False)
class Scorecard:
    """All numbers of one comparison.

    confusion: (C, C) int64, rows are truth. overall: by the name of a metric; by_label: the same, C estimates each.
    unit: what intervals resample, "clip", "video" or "group", and unit_count of them. labelled: rows with a truth.
    majority: the share of the most frequent label, which a blind guess reaches.
    never_predicted: those labels; strays: predictions of labels that have no truth; ties: rows whose best score is
    shared, and went to the label listed first. warnings: in words for the user. draws, seed: of the bootstrap.
    """

    labels: tuple[str, ...]
    confusion: np.ndarray
    overall: dict[str, Estimate]
    by_label: dict[str, tuple[Estimate, ...]]
    unit: str
    unit_count: int
    clip_count: int
    group_count: int
    labelled: int
    majority: Estimate
    never_predicted: tuple[str, ...]
    strays: int
    ties: int
    warnings: tuple[str, ...]
    draws: int
    seed: int

    def __post_init__(self):
        count = len(self.labels)
        _check(self.confusion.shape == (count, count), f"confusion is {self.confusion.shape} for {count} labels")
        _check(all(len(each) == count for each in self.by_label.values()), f"by_label holds {count} each")


# Training


@dataclass(frozen=True)
class Epoch:
    """One pass over what is learned: the mean loss a known step, in training and, where there is any, in validation.

    accuracy, validation_accuracy: share of the known steps that were named rightly; in training while learning, with
    dropout and varied clips.
    """

    loss: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    accuracy: float = 0.0


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training at the end of a pass, from which it goes on as if nothing had happened.

    fold: which fold it belongs to; the last is the network for use. weights, best_weights: (P,) float32, all weights
    of the network now and after its best pass, `best`, counted from 0. optimiser: (Q,) float32, its state.
    """

    fold: int
    weights: np.ndarray
    best_weights: np.ndarray
    optimiser: np.ndarray
    history: tuple[Epoch, ...]
    best: int


@dataclass(frozen=True, eq=False)
class HeldOut:
    """What networks said of clips that they never saw.

    items: (n,) int64 places in the labelled set; folds: (n,) int64 in which fold each was tested. starts: (n + 1,)
    int64, the rows of item i are starts[i]:starts[i + 1]; rows are steps, or one for each clip. times_s: (S,) float64;
    truth: (S,) int64 places in the labels, -1 where nobody looked; scores: (S, C) float32 whose rows sum to 1.
    """

    items: np.ndarray
    folds: np.ndarray
    starts: np.ndarray
    times_s: np.ndarray
    truth: np.ndarray
    scores: np.ndarray

    def __post_init__(self):
        rows = len(self.truth)
        _check(len(self.items) == len(self.folds) == len(self.starts) - 1, f"{len(self.items)} items")
        _check(len(self.times_s) == len(self.scores) == rows == self.starts[-1], f"{rows} rows")

    def __repr__(self):
        return f"HeldOut({len(self.items)} clips, {self.scores.shape})"


@dataclass(frozen=True)
class Progress:
    """Where a training stands. fold: from 0; the network for use comes after the last. again: in its second course."""

    fold: int
    again: bool
    passes: int
    history: tuple[Epoch, ...]


@dataclass(frozen=True)
class FoldResult:
    """How one fold went. groups: those that were tested, clips of them; accuracy: of their clips, or of their steps.

    best: the pass, from 0, whose weights were kept. None of its groups was looked at before the end.
    """

    groups: tuple[str, ...]
    clips: int
    accuracy: float
    history: tuple[Epoch, ...]
    best: int


@dataclass(frozen=True, eq=False)
class FoldDone:
    """A fold that has ended, kept until all have: its result, what the network said, and the linear probe."""

    result: FoldResult
    network: HeldOut
    probe: HeldOut


@dataclass(frozen=True)
class Training:
    """One training of a network on a labelled set: what was asked, and how it went.

    dataset: name of the set, dataset_key: of its content; split: key of the split. settings: of the network.
    final: whether a network for use is trained at the end, on all clips.
    state: "planned" until it has ended, "stopped" if a person ended it, with the best so far, or "done".
    over_time: whether scores are of time steps, not of whole clips. scores: over the clips of all folds, by name;
    baselines: accuracy of what is simpler. seconds: what took how long. warnings: what to beware of, in words.
    network_sha256: of the network for use; empty where there is none. passes: that it was trained for.
    """

    name: str
    dataset: str
    dataset_key: str
    split: str
    labels: tuple[str, ...]
    backbone: str
    backbone_version: int
    engine: str
    recipe: Recipe
    settings: dict[str, Any]
    seed: int
    created: float
    final: bool = True
    state: Literal["planned", "stopped", "done"] = "planned"
    over_time: bool = False
    fold_count: int = 0
    folds: tuple[FoldResult, ...] = ()
    scores: dict[str, float] = field(default_factory=dict)
    baselines: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    network_sha256: str = ""
    passes: int = 0


@dataclass(frozen=True)
class Trial:
    """One try of settings: what was set, how it scored on validation groups, and how it ended."""

    number: int
    settings: dict[str, Any]
    state: Literal["running", "done", "pruned", "failed"]
    accuracy: float | None = None
    loss: float | None = None
    passes: int = 0
    seconds: float = 0.0


# Frames


@dataclass(frozen=True, eq=False)
class Sheet:
    """Small pictures of some frames. indices: (K,) int64, rising; times_s: (K,) float64.

    pictures: JPEG files one after another, (bytes,) uint8; ends: (K,) int64, where each of them ends.
    """

    indices: np.ndarray
    times_s: np.ndarray
    pictures: np.ndarray
    ends: np.ndarray

    def __post_init__(self):
        _check(len(self.indices) == len(self.times_s) == len(self.ends), f"{len(self.indices)} frames")
        _check(int(self.ends[-1] if len(self.ends) else 0) == len(self.pictures), "the last picture ends at the end")


@dataclass(frozen=True, eq=False)
class Quality:
    """What was measured of each frame of a clip. All but times_s and shots: (N,) float32.

    brightness: mean luma, 0 to 1; luminance: mean relative luminance, 0 to 1; black, white: share of pixels that are;
    sharpness: 0 for blurred, 1 for the sharpest. motion: mean change of luma since the frame before, 0 to 1; largest:
    the largest change of any value of any pixel, 0 to 255. shots: (S,) int64, the index of the first frame of each.
    """

    times_s: np.ndarray
    brightness: np.ndarray
    luminance: np.ndarray
    black: np.ndarray
    white: np.ndarray
    sharpness: np.ndarray
    motion: np.ndarray
    largest: np.ndarray
    shots: np.ndarray

    def __post_init__(self):
        rows = (self.brightness, self.luminance, self.black, self.white, self.sharpness, self.motion, self.largest)
        _check(all(len(row) == len(self.times_s) >= 1 for row in rows), "each frame has one value of each kind")
        _check(len(self.shots) >= 1 and bool(np.all(np.diff(self.shots) > 0)), "shots rise")
