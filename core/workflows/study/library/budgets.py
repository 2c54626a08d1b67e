"""Time budgets of chosen clips as tables: of each clip, and of each group of clips."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.workflows.study.groups import shown_groups
from core.workflows.study.library.columns import BUDGET, DataTable, StudyColumns

CLIP_COLUMNS = ("digest", "track", "label", "kind", "count", "total_s", "share", "mean_s", "median_s", "rate_per_min")
CLIP_COLUMNS += ("latency_s", "gap_s", "cut", "watched_s")
GROUP_COLUMNS = ("group", "label", "clips", "subjects", "count", "share", "rate_per_min", "mean_s", "median_s")
GROUP_COLUMNS += ("latency_s", "gap_s")
SECONDS_PER_MINUTE = 60.0


def clip_budgets(columns: StudyColumns, digests: Sequence[str]) -> DataTable:
    """The budget of each label in each track of these clips, also of labels that do not come in it.

    gap_s: the median of the seconds between two bouts. The others are as in budget.csv; NaN where undefined.
    """
    rows = columns.of_clips(digests)
    own = columns.budgets[np.isin(columns.budgets[:, 0], rows)]
    used = np.unique(own[:, 1]).astype(int)
    index = pd.MultiIndex.from_product([rows, used], names=["row", "place"])
    there: DataTable = pd.DataFrame(own, columns=["row", "place", "point", *BUDGET, "own_s"])
    table = there.astype({"row": int, "place": int}).set_index(["row", "place"]).reindex(index).reset_index()
    points = _only_points(own)
    table["kind"] = np.where(table["place"].isin(points) | (table["point"] == 1), "point", "state")
    table["watched_s"] = table["own_s"].fillna(pd.Series(columns.watched_s[table["row"]], table.index))
    absent = table["point"].isna()
    table.loc[absent, ["count", "cut"]] = 0.0
    table.loc[absent, "total_s"] = 0.0
    table.loc[table["place"].isin(points), "total_s"] = np.nan
    table["share"] = table["total_s"] / table["watched_s"].where(table["watched_s"] > 0)
    table["rate_per_min"] = SECONDS_PER_MINUTE * table["count"] / table["watched_s"].where(table["watched_s"] > 0)
    table["digest"] = np.array([*columns.digests, ""])[table["row"]]
    table["track"] = np.array([*columns.tracks, ""])[table["row"]]
    table["label"] = np.array([*columns.labels, ""])[table["place"]]
    gaps: DataTable = (
        pd.DataFrame(columns.gaps, columns=["row", "place", "gap_s"]).groupby(["row", "place"])["gap_s"].median()
    )
    table = table.join(gaps, on=["row", "place"])
    return table.astype({"count": int, "cut": int})[list(CLIP_COLUMNS)]


def _only_points(budgets: np.ndarray) -> set[int]:
    """The labels that come as points only, wherever they come."""
    counted = budgets[budgets[:, 3] > 0]
    return set(counted[counted[:, 2] == 1, 1].astype(int)) - set(counted[counted[:, 2] == 0, 1].astype(int))


def group_budgets(
    columns: StudyColumns, digests: Sequence[str], groups: Mapping[str, str], subjects: Mapping[str, str]
) -> DataTable:
    """The budget of each label in each group.

    groups, subjects: of each clip; clips of a subject are pooled first. Share, rate, mean and latency are means over
    subjects, the medians are over all bouts and all gaps, counts over all clips.
    """
    clips = clip_budgets(columns, digests)
    clips["group"] = [groups.get(digest, "") for digest in clips["digest"]]
    clips["subject"] = [subjects.get(digest, digest) for digest in clips["digest"]]
    pooled = pooled_subjects(clips)
    means = pooled.groupby(["group", "label"])[["share", "rate_per_min", "mean_s", "latency_s"]].mean()
    table = clips.groupby(["group", "label"]).agg(clips=("digest", "nunique"), count=("count", "sum"))
    table["subjects"] = pooled.groupby(["group", "label"]).size()
    table = table.join(means)
    lasting = columns.segments[columns.segments[:, 3] > columns.segments[:, 2]]
    lengths = np.column_stack((lasting[:, :2], lasting[:, 3] - lasting[:, 2]))
    for name, values in (("median_s", lengths), ("gap_s", columns.gaps)):
        table[name] = _medians(columns, values, digests, groups)
    ranks = {group: rank for rank, group in enumerate(shown_groups(groups.values()))}
    table = table.reset_index()[list(GROUP_COLUMNS)]
    return table.iloc[np.argsort([ranks.get(group, -1) for group in table["group"]], kind="stable")]


def pooled_subjects(clips: DataTable) -> DataTable:
    """One row for each subject of each group and each label."""
    keys = clips.groupby(["group", "subject", "label"])
    sums = keys[["count", "total_s", "watched_s"]].sum(min_count=1)
    sums["latency_s"] = keys["latency_s"].mean()
    watched_s = sums["watched_s"].where(sums["watched_s"] > 0)
    sums["share"] = sums["total_s"] / watched_s
    sums["rate_per_min"] = SECONDS_PER_MINUTE * sums["count"] / watched_s
    sums["mean_s"] = sums["total_s"] / sums["count"].where(sums["count"] > 0)
    return sums.reset_index()


def _medians(columns: StudyColumns, values: np.ndarray, digests: Sequence[str], groups: Mapping[str, str]) -> DataTable:
    """The median of the seconds of each group and label. values: (N, 3) row, label and seconds."""
    kept = values[np.isin(values[:, 0], columns.of_clips(digests))]
    table: DataTable = pd.DataFrame(
        {
            "group": [groups.get(columns.digests[int(row)], "") for row in kept[:, 0]],
            "label": [columns.labels[int(place)] for place in kept[:, 1]],
            "seconds": kept[:, 2],
        }
    )
    return table.groupby(["group", "label"])["seconds"].median()
