"""How good a prediction is: one comparison, many short formulas.

`comparing` makes a `Comparison` and files formulas under `@metric("Label")` in METRICS; each other module holds the
formulas of one subject. `scorecard` computes all that apply, with intervals. Conventions are told where references
differ; scikit-learn is used for curves and is what the rest is tested against.
"""

from core.metrics import bouts, calibration, clips, curves, intervals, label_files, over_time, score_report
from core.metrics.comparing import Metric, metric, of_clips, of_rows, of_tracks, row_of, taken, with_segments
from core.metrics.scorecard import estimate, scorecard

__all__ = [
    "Metric",
    "bouts",
    "calibration",
    "clips",
    "curves",
    "estimate",
    "intervals",
    "label_files",
    "metric",
    "of_clips",
    "of_rows",
    "of_tracks",
    "over_time",
    "row_of",
    "score_report",
    "scorecard",
    "taken",
    "with_segments",
]
