"""Labelled sets: read and check them, tell groups, split them so that nothing leaks, find near-duplicates.

groups: what clips share that a split must not part     splits: folds by group; the keys of sets and splits
targets: labels in seconds to a number for each step
"""

from core.datasets.groups import Offer, grouping_of, groups_from, offers
from core.datasets.splits import gaps, given_split, grouped_folds, key, leave_one_group_out, split_key
from core.datasets.targets import UNKNOWN, targets, tracks

__all__ = [
    "UNKNOWN",
    "Offer",
    "gaps",
    "given_split",
    "grouped_folds",
    "grouping_of",
    "groups_from",
    "key",
    "leave_one_group_out",
    "offers",
    "split_key",
    "targets",
    "tracks",
]
