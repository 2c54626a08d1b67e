"""The values that travel between stages.

All times are float64 seconds on the presentation clock of the source file, from its first frame. All ranges are
half-open. Indices count from 0. Pixels run right and down from the top left. Pictures are (height, width, 3) uint8
RGB. T steps, D channels, C labels, N frames.

video: what a clip holds              predictions: what networks say of it     datasets: clips whose truth is known
annotation: labels that people draw    labels: labels as files of other programs hold them
intervals: stretches of time           evaluation: how good predictions are
caveats: what to know before numbers are believed
training: how networks are trained       jobs: how long work goes
text: lines beside clips, vectors of texts, labels that a person names, the index of the search
serialization: values as JSON          fingerprint: the key of a result         validation: checks that values share
"""

from core.domain.annotation import Change, Contribution, Doubt, DrawnTrack, Edit, Head, Learned
from core.domain.datasets import (
    TEST,
    TRAIN,
    UNUSED,
    VALIDATION,
    Dataset,
    DatasetVersion,
    Duplicates,
    Finding,
    Fold,
    Grouping,
    Item,
    LabelChange,
    Pair,
    PerceptualHashes,
    Split,
    straddling,
)
from core.domain.evaluation import (
    Baseline,
    Calibration,
    Case,
    Comparison,
    Estimate,
    Evaluation,
    Listing,
    Matching,
    Origin,
    Rivalry,
    Scorecard,
)
from core.domain.labels import (
    ClipLabels,
    Labels,
    Lane,
    Part,
    Point,
    Renaming,
    labels_of_analysis,
    labels_of_track,
    listed,
    tracks_of_lane,
)
from core.domain.predictions import Analysis, Branches, Features, LabelScore, ModelCard, Prediction, Segment, Track
from core.domain.text import Hits, Index, Line, Lines, Moment, Named, Vectors
from core.domain.training import (
    Checkpoint,
    EmbeddingMap,
    Epoch,
    FoldDone,
    FoldResult,
    HeldOut,
    Training,
    TrainingProgress,
    Trial,
    ViewChoice,
)
from core.domain.video import NO_PICTURE, ClipRecipe, Frame, Quality, Recipe, Sheet, Step, VideoInfo

__all__ = [
    "NO_PICTURE",
    "TEST",
    "TRAIN",
    "UNUSED",
    "VALIDATION",
    "Analysis",
    "Baseline",
    "Branches",
    "Calibration",
    "Case",
    "Change",
    "Checkpoint",
    "ClipLabels",
    "ClipRecipe",
    "Comparison",
    "Contribution",
    "Dataset",
    "DatasetVersion",
    "Doubt",
    "DrawnTrack",
    "Duplicates",
    "Edit",
    "EmbeddingMap",
    "Epoch",
    "Estimate",
    "Evaluation",
    "Features",
    "Finding",
    "Fold",
    "FoldDone",
    "FoldResult",
    "Frame",
    "Grouping",
    "Head",
    "HeldOut",
    "Hits",
    "Index",
    "Item",
    "LabelChange",
    "LabelScore",
    "Labels",
    "Lane",
    "Learned",
    "Line",
    "Lines",
    "Listing",
    "Matching",
    "ModelCard",
    "Moment",
    "Named",
    "Origin",
    "Pair",
    "Part",
    "PerceptualHashes",
    "Point",
    "Prediction",
    "Quality",
    "Recipe",
    "Renaming",
    "Rivalry",
    "Scorecard",
    "Segment",
    "Sheet",
    "Split",
    "Step",
    "Track",
    "Training",
    "TrainingProgress",
    "Trial",
    "Vectors",
    "VideoInfo",
    "ViewChoice",
    "labels_of_analysis",
    "labels_of_track",
    "listed",
    "straddling",
    "tracks_of_lane",
]
