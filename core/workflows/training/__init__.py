"""Networks of one's own: features of a labelled set, training on folds, baselines, saved models.

options, option_knobs: what can be set   commands: the command line of a run
runs: the list of runs                   features: the features of a dataset as one job
training_data: what is learned from      baselines: what is simpler than a network
coverage: how much of it a run tested    trainer: one run, from its plan to its result
checkpoints: the parts of a run          stage_reports: the progress of a run
model_files: models as folders, zips     text_branch: what words add to pictures
"""

from core.workflows.training.checkpoints import folds_done, held_out, network_path, probe, progress, run_of, split_of
from core.workflows.training.coverage import CommonScores, Coverage, common_scores, coverage
from core.workflows.training.features import gather, gathered, info_of, set_key
from core.workflows.training.model_files import delete_model, open_zip, save_model, zipped
from core.workflows.training.options import DIALS, VIEWS, Options, options_of, view
from core.workflows.training.runs import all_runs, check_classes, delete, keep_split, plan, rename
from core.workflows.training.text_branch import BRANCHES, has_words
from core.workflows.training.trainer import train
from core.workflows.training.training_data import comparison

__all__ = [
    "BRANCHES",
    "DIALS",
    "VIEWS",
    "CommonScores",
    "Coverage",
    "Options",
    "all_runs",
    "check_classes",
    "common_scores",
    "comparison",
    "coverage",
    "delete",
    "delete_model",
    "folds_done",
    "gather",
    "gathered",
    "has_words",
    "held_out",
    "info_of",
    "keep_split",
    "network_path",
    "open_zip",
    "options_of",
    "plan",
    "probe",
    "progress",
    "rename",
    "run_of",
    "save_model",
    "set_key",
    "split_of",
    "train",
    "view",
    "zipped",
]
