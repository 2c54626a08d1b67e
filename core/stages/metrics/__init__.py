"""How good a prediction is: one comparison, many short formulas.

`comparison` makes a `Comparison` and files formulas under `@metric("Label", ...)` in METRICS; each other module holds
the formulas of one subject. `scorecard` computes all that apply, with intervals. Conventions are told where references
differ; scikit-learn is used for curves and is what the rest is tested against.
"""

from core.stages.metrics import (
    bootstrap,
    bouts,
    calibration,
    caveats,
    classification,
    curves,
    mstcn_files,
    raters,
    score_report,
    sequence,
)
from core.stages.metrics.comparison import Metric, metric, of_clips, of_rows, of_tracks, row_of, taken, with_segments
from core.stages.metrics.scorecard import estimate, scorecard

__all__ = [
    "Metric",
    "bootstrap",
    "bouts",
    "calibration",
    "caveats",
    "classification",
    "curves",
    "estimate",
    "metric",
    "mstcn_files",
    "of_clips",
    "of_rows",
    "of_tracks",
    "raters",
    "row_of",
    "score_report",
    "scorecard",
    "sequence",
    "taken",
    "with_segments",
]
