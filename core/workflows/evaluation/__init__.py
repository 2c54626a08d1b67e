"""How good a model is on a labelled set, and what lies behind each number.

asking: what is evaluated, as a question with a key, and its job      matching: labels of a model beside those of a set
making: comparison, numbers, baselines, calibration, suspected labels      looking: the clips behind a click
lanes: one clip over time      rivals: two evaluations on the clips they share
numbers, tables, charts, report: what is shown first, files for other programs, and a report in one HTML file
"""

from core.workflows.evaluation import export
from core.workflows.evaluation.comparison import compare, rivalry_key
from core.workflows.evaluation.evaluator import EvaluationQuestion, evaluate, match, question_key, read, split_words
from core.workflows.evaluation.export import as_csv, as_json, report_name
from core.workflows.evaluation.label_matching import words as matching_words
from core.workflows.evaluation.metrics_summary import Headline, MetricDifference, differences, headline
from core.workflows.evaluation.queries import (
    Confusion,
    above,
    cases,
    changed,
    confused,
    curve,
    every,
    in_bin,
    in_cell,
    label_order,
    matrix,
    mistakes,
    of_label,
    reliability,
    scaled,
    suspects,
    sweep,
)
from core.workflows.evaluation.report import make_report, report_key
from core.workflows.evaluation.timeline import Lanes, lanes

__all__ = [
    "Confusion",
    "EvaluationQuestion",
    "Headline",
    "Lanes",
    "MetricDifference",
    "above",
    "as_csv",
    "as_json",
    "cases",
    "changed",
    "compare",
    "confused",
    "curve",
    "differences",
    "evaluate",
    "every",
    "export",
    "headline",
    "in_bin",
    "in_cell",
    "label_order",
    "lanes",
    "make_report",
    "match",
    "matching_words",
    "matrix",
    "mistakes",
    "of_label",
    "question_key",
    "read",
    "reliability",
    "report_key",
    "report_name",
    "rivalry_key",
    "scaled",
    "split_words",
    "suspects",
    "sweep",
]
