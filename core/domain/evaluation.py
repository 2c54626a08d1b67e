"""Truth beside prediction, and the numbers that come of it."""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

import numpy as np

from core.domain.predictions import Segment
from core.domain.validation import check


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

    def __post_init__(self):
        count, rows, unit_count = len(self.labels), self.truth.shape, len(self.names)
        check(len(set(self.labels)) == count >= 1, "labels must differ")
        check(-1 <= self.background < count, f"background is {self.background} of {count} labels")
        check(self.truth.ndim == 1 and self.predicted.shape == rows, f"{rows} truths, {self.predicted.shape} predicted")
        for row in (self.truth, self.predicted):
            check(bool(np.all((row >= -1) & (row < count))), f"rows hold places in {count} labels, or -1")
        check(not np.any((self.truth >= 0) & (self.predicted < 0)), "a prediction is missing where truth is known")
        check(self.scores is None or self.scores.shape == (*rows, count), "scores are (N, C)")
        check(self.times_s is None or self.times_s.shape == rows, "times_s are (N,)")
        check(self.starts is not None or rows == (unit_count,), f"{unit_count} clips, {rows} labels")
        if self.starts is not None:
            rising = len(self.starts) == unit_count + 1 and bool(np.all(np.diff(self.starts) >= 0))
            check(rising and self.starts[0] == 0 and self.starts[-1] == rows[0], f"starts are {self.starts}")
        check(len(self.groups) == unit_count, f"{unit_count} units, {len(self.groups)} groups")
        for column in (self.ends_s, self.truth_segments, self.found_segments, self.seen_s):
            check(column is None or len(column) in (0, unit_count), "ends and segments are given for each video")

    def __repr__(self):
        return f"Comparison({len(self.names)} units, {len(self.truth)} rows, {len(self.labels)} labels)"

    @property
    def over_time(self) -> bool:
        """Whether the units are videos with a label for each frame."""
        return self.starts is not None

    @cached_property
    def tables(self) -> dict[Any, Any]:
        """What `table` has made already."""
        return {}

    @cached_property
    def totals(self) -> dict[Any, np.ndarray]:
        """What `total` has summed already."""
        return {}

    def table(self, make: Callable[..., Any], *settings: Any) -> Any:
        """make(self, *settings), made once for this comparison and all its draws."""
        call = (make, *settings)
        if call not in self.tables:
            self.tables[call] = make(self, *settings)
        return self.tables[call]

    def total(self, make: Callable[..., Any], *settings: Any) -> np.ndarray:
        """The sum over units of the table that `make` gives: (n, K), dense or sparse, one row a unit.

        (K,) for the whole set, (R, K) for draws: a metric that computes on the last axis serves both.
        """
        call = (make, *settings)
        if call not in self.totals:
            rows = self.table(make, *settings)
            summed = rows.sum(axis=0) if self.weights is None else self.weights @ rows
            self.totals[call] = np.asarray(summed, np.float64)
        return self.totals[call]

    def drawn(self, weights: np.ndarray) -> "DrawnComparison":
        """The same units, unit i counted weights[r, i] times in draw r; tables are shared. weights: (R, n) float64."""
        values: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(Comparison)}
        values["weights"] = weights
        return DrawnComparison(**values, whole=self)


@dataclass(frozen=True, eq=False, repr=False)
class DrawnComparison(Comparison):
    """Draws of the units of a whole comparison, whose tables serve them all."""

    whole: Comparison | None = None

    def table(self, make: Callable[..., Any], *settings: Any) -> Any:
        """That of the whole comparison."""
        return self.whole.table(make, *settings) if self.whole else super().table(make, *settings)


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
            check(number is None or bool(np.isfinite(number)), f"{number} is no value: say None and why")


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
        check(self.confusion.shape == (count, count), f"confusion is {self.confusion.shape} for {count} labels")
        check(all(len(estimates) == count for estimates in self.by_label.values()), f"by_label holds {count} each")


@dataclass(frozen=True, eq=False)
class Baseline:
    """What is simpler than the network, on the same moments. predicted: (N,) int64; overall: by the name of a metric.

    about: what it is and from what it learned, in words.
    """

    name: str
    title: str
    about: str
    predicted: np.ndarray
    overall: dict[str, Estimate]


@dataclass(frozen=True, eq=False)
class Calibration:
    """Temperature scaling that never saw what it is scored on.

    parts: (n,) int64, the part that each unit belongs to; temperatures: that of each part, fitted on all others;
    at_bound: the parts for which no finite optimum was found. before, after: the expected calibration error.
    about: what was fitted on what, in words.
    """

    parts: np.ndarray
    temperatures: tuple[float, ...]
    at_bound: tuple[int, ...]
    before: Estimate
    after: Estimate
    about: str


@dataclass(frozen=True)
class Matching:
    """How the labels of a model were matched to those of a set, by name without case, blanks, dashes, underscores.

    pairs: (label of the set, label of the model). strangers: labels of the set that the model does not know, and
    clips: how many clips have one. beyond: how many labels the model knows that the set does not have.
    left_out: whether those clips were left out, and not counted as wrong.
    """

    pairs: tuple[tuple[str, str], ...] = ()
    strangers: tuple[str, ...] = ()
    clips: int = 0
    beyond: int = 0
    left_out: bool = True


@dataclass(frozen=True)
class Origin:
    """Where the answers of an evaluation come from, and how to have them again.

    title: what is judged, for people. source: "run" for what the networks of a training said of clips that they never
    saw, "model" for a model; name: key of the training, or name of the model. dataset_key: the set's content. split:
    how clips were chosen, in words. settings, seed, versions: how the answers were made. command: the command line
    that does this again. matching: labels of the set that the model calls otherwise. predictions: of a model, the key
    of what it says of each clip step by step.
    """

    title: str
    source: Literal["run", "model"]
    name: str
    dataset_key: str
    split: str
    settings: dict[str, Any]
    seed: int
    versions: dict[str, str]
    command: str
    matching: Matching = field(default_factory=Matching)
    predictions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A model, or the networks of a cross-validated training, judged on a labelled set.

    origin: where the answers come from. dataset: the name of the set. found: truth beside prediction; its units are
    clips of the set: items (n,) int64 their places in it, videos their digests, folds (n,) int64 the fold in which each
    was tested, -1 where there are none. card: all numbers. baselines: majority always, and the linear probe of a run.
    calibration: None where it cannot be fitted. suspects: (K,) int64 rows whose label looks wrong, the most suspicious
    first; suspects_why: why there are none. basis: what was judged, in words. warnings: in words, the gravest first.
    """

    origin: Origin
    dataset: str
    found: Comparison
    card: Scorecard
    items: np.ndarray
    videos: tuple[str, ...]
    folds: np.ndarray
    baselines: tuple[Baseline, ...]
    calibration: Calibration | None
    suspects: np.ndarray
    suspects_why: str
    basis: str
    warnings: tuple[str, ...]
    created: float

    def __post_init__(self):
        count = len(self.found.names)
        check(
            len(self.items) == len(self.videos) == len(self.folds) == count, f"{count} clips, {len(self.items)} items"
        )

    def __repr__(self):
        return f"Evaluation({self.origin.title!r}, {self.found})"


@dataclass(frozen=True)
class Case:
    """A clip, or in a set labelled over time a stretch of one, with what is true and what was said there.

    unit: place in the evaluation; video: digest; path: as the set names the clip. start_s, stop_s: the stretch,
    moment_s: where it is surest. rows: how many rows of the comparison it stands for. truth: "" where nobody said.
    confidence: mean score of the label that was predicted, own: of the true one; None without scores.
    fold: -1 where there are none. group: who or what it was recorded with, "" where nobody told.
    other, other_confidence: what a second model said there, where two are compared.
    """

    unit: int
    video: str
    path: str
    start_s: float
    stop_s: float
    moment_s: float
    rows: int
    truth: str
    predicted: str
    right: bool
    confidence: float | None
    own: float | None
    fold: int
    group: str
    other: str = ""
    other_confidence: float | None = None


@dataclass(frozen=True)
class Listing:
    """Some of the cases that a click asks for. total: how many there are, standing for so many rows."""

    cases: tuple[Case, ...]
    total: int
    rows: int


@dataclass(frozen=True, eq=False)
class Rivalry:
    """Two evaluations on the clips that they share.

    first, second: their keys; titles: of both. shared, only_first, only_second: clips. overall: by the name of a
    metric, estimates of the first, of the second, and of first minus second; not_better: share of draws in which the
    first is no better, None where there is no interval. labels, by_label: differences of recall and F1, C each.
    right_first, right_second: how many clips only one got right, with McNemar's p, None where it does not apply (why).
    lost, won: (K, 2) int64, rows (in the first, in the second) that only the first, or only the second got right.
    """

    first: str
    second: str
    titles: tuple[str, str]
    shared: int
    only_first: int
    only_second: int
    overall: dict[str, tuple[Estimate, Estimate, Estimate]]
    not_better: dict[str, float | None]
    labels: tuple[str, ...]
    by_label: dict[str, tuple[Estimate, ...]]
    right_first: int
    right_second: int
    p: float | None
    why: str
    lost: np.ndarray
    won: np.ndarray
    warnings: tuple[str, ...]
