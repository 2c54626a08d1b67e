"""How the watched time of one track is spent: what behaviour research calls a time budget."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np

from core.domain import Lane, intervals
from core.domain.intervals import Span
from core.stages.study.watched_bouts import WatchedBout, watched_bouts, watched_s, watched_stretches

SECONDS_PER_MINUTE = 60.0


@dataclass(frozen=True)
class LabelBudget:
    """How often and how long one label comes in what was watched; the definitions stand in docs/study.md.

    kind: "point" where the label comes as points only, else "state". count: of bouts, or of points. total_s and share:
    None for points; share (0 to 1) and rate_per_min are of the watched time, None where that is 0 or unknown. mean_s
    and median_s: over bouts, None where there is none and for points. latency_s: watched seconds until the first bout
    starts, None where the label never comes. cut: how many bouts touch the beginning or the end of a watched stretch.
    """

    label: str
    kind: Literal["state", "point"]
    count: int
    total_s: float | None
    share: float | None
    mean_s: float | None
    median_s: float | None
    rate_per_min: float | None
    latency_s: float | None
    cut: int


def time_budget(lane: Lane, labels: Sequence[str], end_s: float) -> tuple[LabelBudget, ...]:
    """The budget of each label, in the order of `labels`, with a count of 0 for those that never come.

    end_s: the end of the clip in seconds, 0 where it is unknown. A label that never comes is a "state".
    """
    stretches, length_s = watched_stretches(lane, end_s), watched_s(lane, end_s)
    by_label: dict[str, list[WatchedBout]] = {label: [] for label in labels}
    for bout in watched_bouts(lane, end_s):
        if bout.label in by_label:
            by_label[bout.label].append(bout)
    return tuple(_budget(label, by_label[label], stretches, length_s) for label in labels)


def _budget(label: str, bouts: list[WatchedBout], stretches: Sequence[Span], length_s: float | None) -> LabelBudget:
    lengths_s = np.array([bout.stop_s - bout.start_s for bout in bouts])
    point = bool(bouts) and not lengths_s.any()
    total_s = None if point else float(lengths_s.sum())
    counted = bool(bouts) and not point
    return LabelBudget(
        label,
        "point" if point else "state",
        len(bouts),
        total_s,
        total_s / length_s if total_s is not None and length_s else None,
        float(lengths_s.mean()) if counted else None,
        float(np.median(lengths_s)) if counted else None,
        SECONDS_PER_MINUTE * len(bouts) / length_s if length_s else None,
        _latency_s(bouts[0], stretches) if bouts else None,
        sum(bout.cut for bout in bouts),
    )


def _latency_s(first: WatchedBout, stretches: Sequence[Span]) -> float:
    """Watched seconds before a bout: what lies between two stretches does not count."""
    return intervals.length_s(stretches[: first.stretch]) + first.start_s - stretches[first.stretch][0]


def inter_bout_s(lane: Lane, label: str, end_s: float = float("inf")) -> tuple[float, ...]:
    """Seconds from the stop of each bout of a label to the start of its next one, whatever comes between.

    Both lie in one watched stretch; between the last bout of a stretch and the first of the next there is no gap.
    """
    bouts = [bout for bout in watched_bouts(lane, end_s) if bout.label == label]
    return tuple(
        later.start_s - earlier.stop_s for earlier, later in pairwise(bouts) if earlier.stretch == later.stretch
    )
