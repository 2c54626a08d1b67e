"""Two raters of one clip: Cohen's kappa over bins of time, for all labels and for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import LabelsMismatch, ScoringRefused
from core.domain import Track
from core.stages.metrics.bouts import SLACK_S
from core.stages.metrics.classification import kappa_of_counts
from core.stages.metrics.comparison import row_of, share


@dataclass(frozen=True)
class BoutAgreement:
    """Cohen's kappa of two raters; None, with the observed share of equal bins, where both use one same label only.

    label: which one it is about, "" for all. bins: how many were compared; width_s: of each, on which kappa depends.
    """

    kappa: float | None
    observed: float | None
    bins: int
    width_s: float
    label: str = ""


def agreement(values: np.ndarray, other: np.ndarray, *, width_s: float, label: str = "") -> BoutAgreement:
    """Of two rows of labels of any kind, bin by bin; bins where either is -1 (unlabelled) are dropped."""
    known = (values >= 0) & (other >= 0)
    states, flat = np.unique(np.concatenate([values[known], other[known]]), return_inverse=True)
    first, second = flat.reshape(2, -1)
    first_counts, second_counts = (np.bincount(values, minlength=max(1, len(states))) for values in (first, second))
    right = np.sum(first == second)
    kappa = kappa_of_counts(right, first_counts, second_counts)
    return BoutAgreement(_number(kappa), _number(share(right, len(first))), len(first), width_s, label)


def raters(tracks: Sequence[Track], other: Sequence[Track], *, width_s: float) -> tuple[BoutAgreement, ...]:
    """Two raters of one clip, in bins of `width_s` from the start of the stretch that both watched.

    The label of a bin is that at its middle; a last bin that is not whole is dropped. One track each: one kappa over
    all labels. Several tracks each (behaviours that may overlap): one for the joint state, then one for each label,
    present or absent.
    """
    if not (width_s > 0 and np.isfinite(width_s)):
        raise ScoringRefused(f"Bins of {width_s} s cannot be compared.", "Choose a width above 0, such as 0.04 s.")
    if len({tracks[0].video, *(track.video for track in (*tracks, *other))}) > 1:
        raise ScoringRefused("The raters' tracks belong to different clips.", "Compare tracks of the same clip.")
    if [track.labels for track in tracks] != [track.labels for track in other]:
        raise LabelsMismatch("The raters' tracks do not list the same labels.", "Compare tracks of one label list.")
    start_s = max(track.seen_s[0] for track in (*tracks, *other))
    stop_s = min(track.seen_s[1] for track in (*tracks, *other))
    count = max(0, int(np.floor((stop_s - start_s + SLACK_S) / width_s)))
    middles = start_s + (np.arange(count) + 0.5) * width_s
    first, second = (np.stack([row_of(track, middles) for track in side]) for side in (tracks, other))  # (tiers, bins)
    if len(tracks) == 1:
        return (agreement(first[0], second[0], width_s=width_s),)
    tiers = [track.labels for track in tracks]
    states = np.array([1, *np.cumprod([len(labels) for labels in tiers[:-1]])])[:, None]
    joint = agreement((first * states).sum(axis=0), (second * states).sum(axis=0), width_s=width_s)
    single = [
        agreement((first[tier] == index) * 1, (second[tier] == index) * 1, width_s=width_s, label=label)
        for tier, labels in enumerate(tiers)
        for index, label in enumerate(labels)
        if index > 0
    ]
    return (joint, *single)


def _number(value: Any) -> float | None:
    return None if np.isnan(value) else float(value)
