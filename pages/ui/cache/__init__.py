"""Cached reads of results and frames.

memory: the decorator     clips: frames, measurements, predictions     clip_lists: all clips at once
datasets: with splits and runs     evaluations: with cases and curves     search: hits, and labels in words
studies: labels of many clips     batches: their clips
"""

from pages.ui.cache.batches import batch_items
from pages.ui.cache.clip_lists import clip_rows, listed_clips
from pages.ui.cache.clips import (
    analysis,
    analysis_at,
    branches,
    clock,
    frames,
    moment_picture,
    name_of,
    picture_or_problem,
    plane,
    prediction,
    quality,
    quality_findings,
    results,
    sheet,
    sheet_pictures,
    slots,
    source_picture,
    transcripts,
)
from pages.ui.cache.datasets import (
    checked,
    common_scores,
    coverage,
    dataset,
    datasets_of_clips,
    drawn_split,
    kept_split,
    named_split,
    offers,
    only_in_datasets,
    suggested_split,
    training_or_none,
    unseen,
)
from pages.ui.cache.evaluations import curve, evaluation, label_order, lanes, listing, rivalry, sweep
from pages.ui.cache.memory import cached, downloads_of_this_session
from pages.ui.cache.search import hits, named
from pages.ui.cache.studies import (
    clip_budgets,
    comparison_key,
    corrected_budgets,
    correction_key,
    files_key,
    group_budgets,
    group_comparison,
    held_out_clips,
    is_trained_on,
    label_authors,
    labelled,
    learned_from,
    shares_over_time,
    study_columns,
    transition_counts,
)

__all__ = [
    "analysis", "analysis_at", "batch_items", "branches", "cached", "checked", "clip_budgets", "clip_rows", "clock",
    "common_scores",
    "comparison_key", "corrected_budgets", "correction_key", "coverage", "curve", "dataset", "datasets_of_clips",
    "downloads_of_this_session", "drawn_split", "evaluation", "files_key", "frames", "group_budgets",
    "group_comparison", "held_out_clips", "hits", "is_trained_on", "kept_split", "label_authors", "label_order",
    "labelled", "lanes", "learned_from", "listed_clips", "listing", "moment_picture", "name_of", "named",
    "named_split", "offers", "only_in_datasets", "picture_or_problem", "plane", "prediction", "quality",
    "quality_findings", "results", "rivalry", "shares_over_time", "sheet", "sheet_pictures", "slots", "source_picture",
    "study_columns", "suggested_split", "sweep", "training_or_none", "transcripts", "transition_counts", "unseen",
]  # fmt: skip
