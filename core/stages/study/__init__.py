"""What many recordings say together: how time is spent, what follows what, and how two groups differ.

watched_bouts: bouts within what was watched    time_budget: how often and how long, for each label
transitions: which bout follows which           group_comparison: subjects pooled, and two groups compared
confusion_correction: shares of a model, corrected for what it confuses
"""

from core.stages.study.confusion_correction import (
    CorrectedShares,
    confused_seconds,
    confusion,
    corrected_shares,
    true_shares,
)
from core.stages.study.group_comparison import GroupDifference, adjusted, compare, pooled
from core.stages.study.time_budget import LabelBudget, inter_bout_s, time_budget
from core.stages.study.transitions import transition_shares, transitions, transitions_with_gaps
from core.stages.study.watched_bouts import WatchedBout, watched_bouts, watched_s, watched_stretches

__all__ = [
    "CorrectedShares",
    "GroupDifference",
    "LabelBudget",
    "WatchedBout",
    "adjusted",
    "compare",
    "confused_seconds",
    "confusion",
    "corrected_shares",
    "inter_bout_s",
    "pooled",
    "time_budget",
    "transition_shares",
    "transitions",
    "transitions_with_gaps",
    "true_shares",
    "watched_bouts",
    "watched_s",
    "watched_stretches",
]
