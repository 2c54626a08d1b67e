"""How good a model is on a labelled set, and what lies behind each number.

question: what is evaluated              evaluator: the job that evaluates it, and its key
split_selection: which clips             label_matching: labels of a model beside those of a dataset
results: metrics, baselines, calibration, possible label errors; read without what a leak makes worthless
queries, choices: the clips behind a click      timeline: one clip over time
comparison: two evaluations on the clips they share
metrics_summary, export, report, report_charts: the main metrics, files for other programs, one HTML file
"""

from core.workflows.evaluation import export
from core.workflows.evaluation.comparison import compare, rivalry_key
from core.workflows.evaluation.evaluator import evaluate, match, question_key
from core.workflows.evaluation.export import as_csv, as_json, report_name
from core.workflows.evaluation.label_matching import describe_matching
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
from core.workflows.evaluation.question import EvaluationQuestion, describe_split
from core.workflows.evaluation.report import make_report, report_key
from core.workflows.evaluation.results import read
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
    "describe_matching",
    "describe_split",
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
    "suspects",
    "sweep",
]
