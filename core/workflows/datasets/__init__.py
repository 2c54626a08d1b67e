"""Labelled sets: read and check them, tell groups, split them so that nothing leaks, find near-duplicates.

draft: a set as its source states it, before any clip is measured
readers, csv_reader, annotation_files: folders, lists, tables and label files as drafts
archives, file_listing: zips and folders                validation: a draft and its measured clips as a dataset
groups: what clips share that a split must not part     splits: folds by group; the keys of sets and splits
targets: labels in seconds to a number for each step    duplicates: perceptual hashes and near-duplicates
importer: from a source to the store                    library: the datasets of the workspace
"""

from core.stages.formats.common.csv_tables import MEANINGS
from core.workflows.datasets.archives import unpack
from core.workflows.datasets.csv_reader import MOST_OF_HEADER, columns, read_csv
from core.workflows.datasets.draft import FORMS, Draft, Entry, Source, SourceForm, Stretch
from core.workflows.datasets.duplicates import leaks, looks, near_duplicates
from core.workflows.datasets.groups import Offer, describe_grouping, grouping_of, groups_from, offers
from core.workflows.datasets.readers import form_of, read, read_folder, read_hmdb_lists, read_mstcn, read_ucf_lists
from core.workflows.datasets.splits import (
    SplitMethod,
    draw_split,
    gaps,
    given_split,
    grouped_folds,
    key,
    leave_one_group_out,
    redraw_split,
    split_for,
    split_key,
    tests_on_validation,
)
from core.workflows.datasets.targets import UNKNOWN, targets, tracks
from core.workflows.datasets.validation import confined, dataset, item, unreadable

__all__ = [
    "FORMS",
    "MEANINGS",
    "MOST_OF_HEADER",
    "UNKNOWN",
    "Draft",
    "Entry",
    "Offer",
    "Source",
    "SourceForm",
    "SplitMethod",
    "Stretch",
    "columns",
    "confined",
    "dataset",
    "describe_grouping",
    "draw_split",
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
    "redraw_split",
    "split_for",
    "split_key",
    "targets",
    "tests_on_validation",
    "tracks",
    "unpack",
    "unreadable",
]
