"""The values that travel between stages.

All times are float64 seconds on the presentation clock of the source file, from its first frame. All ranges are
half-open. Indices count from 0. Pixels run right and down from the top left. Pictures are (height, width, 3) uint8
RGB. T steps, D channels, C labels, N frames.

footage: what a clip holds      answers: what networks say of it      labelled: clips whose truth is known
labelling: labels that people draw           editing: what they do to them
scores: how good answers are    lessons: how networks are trained
interchange: labels as files of other programs hold them
wording: vectors of texts, labels that a person names, the index of the search
"""

from core.domain.answers import Analysis, Branches, Features, LabelScore, ModelCard, Prediction, Segment, Track
from core.domain.editing import Edit
from core.domain.footage import Frame, Quality, Recipe, Sheet, Step, VideoInfo
from core.domain.interchange import (
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
from core.domain.labelled import (
    TEST,
    TRAIN,
    UNUSED,
    VALIDATION,
    Dataset,
    Duplicates,
    Finding,
    Fold,
    Grouping,
    Item,
    Looks,
    Pair,
    Split,
    straddling,
)
from core.domain.labelling import Change, Contribution, Document, Doubt, Head, Learned
from core.domain.lessons import Checkpoint, Epoch, FoldDone, FoldResult, HeldOut, Progress, Training, Trial
from core.domain.scores import (
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
from core.domain.wording import Hits, Index, Line, Lines, Moment, Named, Vectors

__all__ = [
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
    "Comparison",
    "Contribution",
    "Dataset",
    "Document",
    "Doubt",
    "Duplicates",
    "Edit",
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
    "LabelScore",
    "Labels",
    "Lane",
    "Learned",
    "Line",
    "Lines",
    "Listing",
    "Looks",
    "Matching",
    "ModelCard",
    "Moment",
    "Named",
    "Origin",
    "Pair",
    "Part",
    "Point",
    "Prediction",
    "Progress",
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
    "Trial",
    "Vectors",
    "VideoInfo",
    "labels_of_analysis",
    "labels_of_track",
    "listed",
    "straddling",
    "tracks_of_lane",
]
