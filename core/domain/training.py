"""Training: what it is made of, how far it is, and what it gave."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from core.domain.validation import check
from core.domain.video import Recipe


@dataclass(frozen=True)
class Epoch:
    """One epoch: the mean loss a known step, in training and, where there is any, in validation.

    accuracy, validation_accuracy: share of the known steps that were named rightly; in training while learning, with
    dropout and varied clips.
    """

    loss: float
    validation_loss: float | None = None
    validation_accuracy: float | None = None
    accuracy: float = 0.0


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """A training at the end of an epoch, from which it goes on as if nothing had happened.

    fold: the stage that it belongs to, as `stage_of` numbers them, under the name that files hold. weights,
    best_weights: (P,) float32, all weights of the network now and after its best epoch, `best`, counted from 0.
    optimiser: (Q,) float32, its state.
    """

    fold: int
    weights: np.ndarray
    best_weights: np.ndarray
    optimiser: np.ndarray
    history: tuple[Epoch, ...]
    best: int


CURVE = -1  # in the place of a fold


def stage_of(fold: int, *, retraining: bool) -> int:
    """The number of a stage of a training: each fold has two, to train and to retrain; the final network has one."""
    return 2 * fold + retraining


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
        check(len(self.items) == len(self.folds) == len(self.starts) - 1, f"{len(self.items)} items")
        check(len(self.times_s) == len(self.scores) == rows == self.starts[-1], f"{rows} rows")

    def __repr__(self):
        return f"HeldOut({len(self.items)} clips, {self.scores.shape})"


@dataclass(frozen=True)
class TrainingProgress:
    """Where a training stands. fold: from 0; the final network comes after the last fold, CURVE is no fold but the
    network whose curves on validation groups are drawn.

    again: whether the fold is retrained with its validation groups. passes: the epochs of this stage, at most. Both
    carry the names that files hold.
    """

    STORED_NAME: ClassVar[str] = "Progress"

    fold: int
    again: bool
    passes: int
    history: tuple[Epoch, ...]


@dataclass(frozen=True)
class FoldResult:
    """How one fold went. groups: those that were tested, clips of them; accuracy: of their clips, or of their steps.

    best: the epoch, from 0, whose weights were kept. None of its groups was looked at before the end.
    """

    groups: tuple[str, ...]
    clips: int
    accuracy: float
    history: tuple[Epoch, ...]
    best: int


@dataclass(frozen=True, eq=False)
class FoldDone:
    """A fold that has ended, kept until all have: its result, what the network said, and the linear probe.

    Where words took part, network is what picture and words said together; picture, words: what each said alone;
    weights: of picture and words.
    """

    result: FoldResult
    network: HeldOut
    probe: HeldOut
    picture: HeldOut | None = None
    words: HeldOut | None = None
    weights: tuple[float, float] = (1.0, 1.0)


@dataclass(frozen=True)
class Training:
    """One training of a network on a labelled set: what was asked, and how it went.

    dataset: name of the set, dataset_key: of its content; split: key of the split. settings: of the network.
    final: whether a network for use is trained at the end, on all clips.
    state: "planned" until it has ended, "stopped" if a person ended it, with the best so far, or "done".
    over_time: whether scores are of time steps, not of whole clips. scores: over the clips of all folds, by name;
    baselines: accuracy of what is simpler. seconds: what took how long. warnings: what to beware of, in words.
    network_sha256: of the network for use; empty where there is none. passes: the epochs that it was trained for,
    under the name that files hold.
    interval: of the accuracy, 95 %, drawn over groups; empty where there is none. validation_curve: the epochs of a
    network that learned the first fold without its validation groups, beside how it does on these; empty where the
    folds themselves have such curves, or no validation groups. channels: of the features that were learned.
    words: where words took part, the scores of picture alone, words alone and both, such as "words accuracy"; then
    scores are those of both. words_sha256: of the text branch for use; empty where there is none.
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
    words: dict[str, float] = field(default_factory=dict)
    words_sha256: str = ""
    interval: tuple[float, ...] = ()
    validation_curve: tuple[Epoch, ...] = ()
    channels: int = 0


@dataclass(frozen=True)
class ViewChoice:
    """Which view of the picture a CNN is given for a dataset, and why.

    views: those that were compared, or the only one; accuracies: of a linear probe in each, cross-validated by group on
    the training side of the first fold, empty where nothing was compared. clips: on that side.
    """

    view: str
    views: tuple[str, ...]
    accuracies: tuple[float, ...]
    clips: int

    def __post_init__(self):
        check(self.view in self.views, f"{self.view!r} is none of {self.views}")
        check(len(self.accuracies) in (0, len(self.views)), f"{len(self.accuracies)} accuracies")


@dataclass(frozen=True)
class SettingSweep:
    """Runs on a dataset that differ in one setting. setting: its name, or "seed"; values: as text; runs: their keys."""

    dataset: str
    dataset_key: str
    setting: str
    values: tuple[str, ...]
    runs: tuple[str, ...]
    created: float

    def __post_init__(self):
        check(len(self.values) == len(self.runs) >= 1, f"{len(self.values)} values of {len(self.runs)} runs")


@dataclass(frozen=True, eq=False)
class EmbeddingMap:
    """Clips of a dataset, or steps of them, as points of a plane, near where their features are alike.

    points: (P, 2) float32; items: (P,) int64 places in the dataset; times_s: (P,) float64, the moment of a step, -1
    where a point stands for a whole clip. neighbours: (P, K) int64, the other points nearest in the features, the
    nearest first. explained: share of the variance along each axis, empty where the axes have no meaning. clips: in
    the dataset.
    """

    points: np.ndarray
    items: np.ndarray
    times_s: np.ndarray
    neighbours: np.ndarray
    explained: tuple[float, ...]
    clips: int

    def __post_init__(self):
        rows = len(self.points)
        check(self.points.shape == (rows, 2), f"points are {self.points.shape}")
        check(len(self.items) == len(self.times_s) == len(self.neighbours) == rows, f"{rows} points")

    def __repr__(self):
        return f"EmbeddingMap({len(self.points)} points of {self.clips} clips)"


@dataclass(frozen=True)
class Trial:
    """One try of settings: what was set, how it scored on validation groups, and how it ended.

    passes: the epochs that it was trained for, under the name that files hold.
    """

    number: int
    settings: dict[str, Any]
    state: Literal["running", "done", "pruned", "failed"]
    accuracy: float | None = None
    loss: float | None = None
    passes: int = 0
    seconds: float = 0.0
