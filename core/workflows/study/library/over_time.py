"""How the share of each label changes in the course of the clips."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from core.workflows.study.library.columns import DataTable, StudyColumns

SHORTEST_S = 0.5  # watched in a bin, for a share of it


def shares_over_time(
    columns: StudyColumns, digests: Sequence[str], groups: Mapping[str, str], bin_s: float, label: str
) -> DataTable:
    """The share of a label in each bin: mean over the clips of a group, with its standard error.

    Columns: group, start_s of the bin, clips that were watched in it, mean, low and high (one standard error below and
    above; NaN with a single clip).
    """
    rows = columns.of_clips(digests)
    place = columns.labels.index(label)
    bins = np.arange(0.0, float(columns.ends_s[rows].max(initial=0.0)), bin_s)
    own = columns.segments[columns.segments[:, 1] == place][:, [0, 2, 3]]
    labelled_s = _seconds(own, rows, bins, bin_s)  # (R, B)
    watched_s = _seconds(columns.seen, rows, bins, bin_s)
    enough = watched_s >= min(SHORTEST_S, bin_s / 2)
    shares = np.where(enough, labelled_s / np.where(enough, watched_s, 1.0), np.nan)
    names = np.array([groups.get(columns.digests[row], "") for row in rows])
    tables = [_of_group(name, shares[names == name], bins) for name in dict.fromkeys(names)]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def _seconds(stretches: np.ndarray, rows: np.ndarray, bins: np.ndarray, bin_s: float) -> np.ndarray:
    """(R, B) how many seconds of the stretches (row, start, stop) of each row lie in each bin."""
    seconds = np.zeros((len(rows), len(bins)))
    for place, row in enumerate(rows):
        own = stretches[stretches[:, 0] == row]
        starts, stops = np.maximum(own[:, 1, None], bins), np.minimum(own[:, 2, None], bins + bin_s)  # (S, B)
        seconds[place] = np.clip(stops - starts, 0.0, None).sum(axis=0)
    return seconds


def _of_group(name: str, shares: np.ndarray, bins: np.ndarray) -> DataTable:
    counts = (~np.isnan(shares)).sum(axis=0)
    used = counts > 0
    means = np.nanmean(shares[:, used], axis=0)
    spreads = np.full(used.sum(), np.nan)
    several = counts[used] > 1
    spreads[several] = np.nanstd(shares[:, used][:, several], axis=0, ddof=1)
    errors = spreads / np.sqrt(counts[used])
    return pd.DataFrame(
        {
            "group": name,
            "start_s": bins[used],
            "clips": counts[used],
            "mean": means,
            "low": np.clip(means - errors, 0.0, 1.0),
            "high": np.clip(means + errors, 0.0, 1.0),
        }
    )
