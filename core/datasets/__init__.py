"""Labelled sets: read and check them, tell groups, split them so that nothing leaks, find near-duplicates.

drafts, readers, tables, labels: what a source tells, before any clip is looked at      archives: zips
checking: a draft against its measured clips, which makes the set
groups: what clips share that a split must not part     splits: folds by group; the keys of sets and splits
targets: labels in seconds to a number for each step     duplicates: perceptual hashes and what they find
"""

from core.datasets.archives import unpack
from core.datasets.checking import confined, dataset, item, unreadable
from core.datasets.drafts import FORMS, Draft, Entry, Form, Source, Stretch
from core.datasets.duplicates import leaks, looks, near_duplicates
from core.datasets.groups import Offer, grouping_of, groups_from, offers, words
from core.datasets.readers import form_of, read, read_folder, read_hmdb_lists, read_mstcn, read_ucf_lists
from core.datasets.splits import gaps, given_split, grouped_folds, key, leave_one_group_out, split_key
from core.datasets.tables import read_csv
from core.datasets.targets import UNKNOWN, targets, tracks
from core.stages.formats.common.csv_tables import MEANINGS

__all__ = [
    "FORMS",
    "MEANINGS",
    "UNKNOWN",
    "Draft",
    "Entry",
    "Form",
    "Offer",
    "Source",
    "Stretch",
    "confined",
    "dataset",
    "form_of",
    "gaps",
    "given_split",
    "grouped_folds",
    "grouping_of",
    "groups_from",
    "item",
    "key",
    "leaks",
    "leave_one_group_out",
    "looks",
    "near_duplicates",
    "offers",
    "read",
    "read_csv",
    "read_folder",
    "read_hmdb_lists",
    "read_mstcn",
    "read_ucf_lists",
    "split_key",
    "targets",
    "tracks",
    "unpack",
    "unreadable",
    "words",
]
