"""Labels over time: frame accuracy, edit score and F1@k, each in both published conventions.

Sources: yabufarha/ms-tcn `eval.py` (counts summed over videos) and Lea et al., CVPR 2017, with
colincsl/TemporalConvolutionalNetworks `code/metrics.py` (mean over videos). The two differ by several per cent on the
same files; here a name without "by video" is the sum, and the mean over videos stands beside it. Segments are the runs
of one label; runs of the background are dropped, and what lies on both sides of a dropped run stays apart. Unlabelled
frames end a segment on both sides and cost nothing.
"""

from typing import Any, NamedTuple

import numpy as np

from core.domain import Comparison
from core.stages.metrics.classification import right_of_all
from core.stages.metrics.comparison import metric, share, sums_by_unit, videos

CUTS = (10, 25, 50)  # per cent of intersection over union


class Runs(NamedTuple):
    """Segments of one row: (K,) label, first frame, and the frame after the last."""

    labels: np.ndarray
    firsts: np.ndarray
    stops: np.ndarray


def runs(row: np.ndarray, *, background: int) -> Runs:
    """The maximal runs of one label; those of the background and of -1 (unlabelled) are dropped."""
    edges = np.flatnonzero(np.diff(row)) + 1
    firsts = np.concatenate([[0], edges])[: len(row)].astype(np.int64)
    stops = np.concatenate([edges, [len(row)]])[: len(row)].astype(np.int64)
    labels = row[firsts]
    kept = (labels >= 0) & (labels != background)
    return Runs(labels[kept], firsts[kept], stops[kept])


def segments(comparison: Comparison) -> list[tuple[Runs, Runs] | None]:
    """True and predicted segments of each video; None where none of its frames is labelled."""
    return [
        (runs(truth, background=comparison.background), runs(predicted, background=comparison.background))
        if np.any(truth >= 0)
        else None
        for truth, predicted in videos(comparison)
    ]


# Frames ---------------------------------------------------------------------------------------------------------------


@metric(
    "Frame accuracy",
    needs="rows",
    help="The share of all labelled moments that were correctly classified. Long clips weigh more than short ones.",
)
def frame_accuracy(comparison: Comparison) -> Any:
    """Right frames of labelled frames, all videos pooled, background counted (yabufarha/ms-tcn)."""
    return share(*right_of_all(comparison))


def frame_share_table(comparison: Comparison) -> np.ndarray:
    """(n, 2): for each video its share of right frames, and 1 where it has labelled frames at all."""
    both = np.stack([comparison.truth == comparison.predicted, np.ones(len(comparison.truth))], axis=1)
    right, labelled = sums_by_unit(comparison, both).T
    return np.stack([np.nan_to_num(share(right, labelled)), labelled > 0], axis=1)


def videos_without_truth(comparison: Comparison) -> int:
    """How many videos a mean over videos leaves out."""
    return sum(part is None for part in comparison.table(segments))


@metric(
    "Frame accuracy, mean over videos",
    needs="rows",
    left_out=videos_without_truth,
    help="The same share for each clip, then the mean. A large difference from the overall value means that "
    "long and short clips are not recognised equally well.",
)
def frame_accuracy_by_video(comparison: Comparison) -> Any:
    """The mean over videos of their share of right frames (Lea et al., CVPR 2017)."""
    total = comparison.total(frame_share_table)
    return share(total[..., 0], total[..., 1])


def durations_s(comparison: Comparison) -> np.ndarray:
    """(N,): the time from each frame to the next, or to the end of its video."""
    assert comparison.times_s is not None and comparison.ends_s is not None and comparison.starts is not None
    ends = np.append(comparison.times_s, 0.0)[1:]
    filled = np.diff(comparison.starts) > 0
    ends[comparison.starts[1:][filled] - 1] = comparison.ends_s[filled]
    return ends - comparison.times_s


def time_table(comparison: Comparison) -> np.ndarray:
    """(n, 2): for each video the seconds that are right, and those that are labelled."""
    lasting = comparison.table(durations_s)
    return sums_by_unit(comparison, np.stack([lasting * (comparison.truth == comparison.predicted), lasting], axis=1))


@metric(
    "Time-weighted accuracy",
    needs="times",
    short="Time accuracy",
    help="The share of labelled time that was correctly classified. It differs from the share of moments if "
    "these are not evenly spaced.",
)
def time_accuracy(comparison: Comparison) -> Any:
    """As the frame accuracy, each frame weighing as long as it stays on screen: for clips of variable rate."""
    total = comparison.total(time_table)
    return share(total[..., 0], total[..., 1])


# Edit score -----------------------------------------------------------------------------------------------------------


def levenshtein(values: np.ndarray, other: np.ndarray) -> int:
    """The fewest insertions, deletions and substitutions that turn one sequence into the other (Levenshtein, 1966)."""
    indices = np.arange(len(other) + 1)
    row = indices
    for step, label in enumerate(values, start=1):
        best = np.minimum(row[1:] + 1, row[:-1] + (other != label))
        row = np.minimum.accumulate(np.concatenate([[step], best]) - indices) + indices
    return int(row[-1])


def edit_of(truth: Runs, predicted: Runs) -> float:
    """1 - distance / length of the longer sequence of labels; 1 where both are empty."""
    longest = max(len(truth.labels), len(predicted.labels))
    return 1 - levenshtein(predicted.labels, truth.labels) / longest if longest else 1.0


def edit_table(comparison: Comparison) -> np.ndarray:
    """(n, 2): the edit score of each video, and 1 where it has one."""
    scored = comparison.table(segments)
    return np.array([(edit_of(*part), 1.0) if part else (0.0, 0.0) for part in scored]).reshape(-1, 2)


@metric(
    "Edit score",
    needs="rows",
    left_out=videos_without_truth,
    help="Measures whether the right segments occur in the right order. Durations do not count, but fragmented "
    "segments lower it.",
)
def edit(comparison: Comparison) -> Any:
    """Whether the segments come in the right order, whatever their lengths; the mean over videos."""
    total = comparison.total(edit_table)
    return share(total[..., 0], total[..., 1])


# F1@k -----------------------------------------------------------------------------------------------------------------


def match(truth: Runs, predicted: Runs, cut: int) -> tuple[int, int, int]:
    """True positives, false positives, false negatives at `cut` per cent of intersection over union.

    In order of time, each predicted segment claims the true one of its label with the largest IoU, the first of
    equals; it is wrong where the IoU is below the cut or the segment was claimed before. Nobody chooses twice.
    """
    if not len(truth.labels) or not len(predicted.labels):
        return 0, len(predicted.labels), len(truth.labels)
    first = np.maximum(predicted.firsts[:, None], truth.firsts)
    inter = np.maximum(np.minimum(predicted.stops[:, None], truth.stops) - first, 0)  # (P, G)
    inter = np.where(predicted.labels[:, None] == truth.labels, inter, 0)
    union = (predicted.stops - predicted.firsts)[:, None] + (truth.stops - truth.firsts) - inter
    best = np.argmax(inter / union, axis=1)  # (P,)
    values = np.arange(len(best))
    good = (100 * inter[values, best] >= cut * union[values, best]) & (inter[values, best] > 0)
    right = len(set(best[good].tolist()))
    return right, len(predicted.labels) - right, len(truth.labels) - right


def match_table(comparison: Comparison, cut: int) -> np.ndarray:
    """(n, 3): true positives, false positives, false negatives of each video."""
    counted = (match(part[0], part[1], cut) if part else (0, 0, 0) for part in comparison.table(segments))
    return np.array(list(counted), np.float64).reshape(-1, 3)


def match_counts(comparison: Comparison, cut: int) -> tuple[Any, Any, Any]:
    """The same, summed over videos."""
    right, wrong, missed = np.moveaxis(comparison.total(match_table, cut), -1, 0)
    return right, wrong, missed


def f1_at(comparison: Comparison, cut: int) -> Any:
    """F1 of the counts summed over videos (yabufarha/ms-tcn)."""
    right, wrong, missed = match_counts(comparison, cut)
    return share(2 * right, 2 * right + wrong + missed)


def video_f1_table(comparison: Comparison, cut: int) -> np.ndarray:
    """(n, 2): the F1 of each video, 1 where it has no segment on either side, and 1 where it is counted."""
    right, wrong, missed = comparison.table(match_table, cut).T
    part = share(2 * right, 2 * right + wrong + missed)
    counted = np.array([row is not None for row in comparison.table(segments)], np.float64)
    return np.stack([np.where(np.isnan(part), 1.0, part) * counted, counted], axis=1)


def f1_by_video_at(comparison: Comparison, cut: int) -> Any:
    """The mean over videos of their F1 (Lea et al., CVPR 2017)."""
    total = comparison.total(video_f1_table, cut)
    return share(total[..., 0], total[..., 1])


NO_SEGMENT = "there is no segment, neither true nor predicted"


@metric(
    "F1@10",
    needs="rows",
    undefined=NO_SEGMENT,
    help="A predicted segment counts as correct if its overlap (IoU) with a true segment of its class is at "
    "least 10 %. Fragmented, duplicated and spurious segments lower it; small shifts of the borders do "
    "not.",
)
def f1_10(comparison: Comparison) -> Any:
    """F1 over segments that must share 10 % with the true one; counts summed over videos."""
    return f1_at(comparison, 10)


@metric(
    "F1@25",
    needs="rows",
    undefined=NO_SEGMENT,
    help="A predicted segment counts as correct if its overlap (IoU) with a true segment of its class is at "
    "least 25 %. Fragmented, duplicated and spurious segments lower it; small shifts of the borders do "
    "not.",
)
def f1_25(comparison: Comparison) -> Any:
    """F1 over segments that must share 25 % with the true one; counts summed over videos."""
    return f1_at(comparison, 25)


@metric(
    "F1@50",
    needs="rows",
    undefined=NO_SEGMENT,
    help="A predicted segment counts as correct if its overlap (IoU) with a true segment of its class is at "
    "least 50 %. Fragmented, duplicated and spurious segments lower it; small shifts of the borders do "
    "not.",
)
def f1_50(comparison: Comparison) -> Any:
    """F1 over segments that must share 50 % with the true one; counts summed over videos."""
    return f1_at(comparison, 50)


@metric(
    "F1@10 by video",
    needs="rows",
    left_out=videos_without_truth,
    help="F1@10 of each clip, then the mean. Each clip counts the same, however many segments it has.",
)
def f1_10_by_video(comparison: Comparison) -> Any:
    """F1@10 of each video, then the mean."""
    return f1_by_video_at(comparison, 10)


@metric(
    "F1@25 by video",
    needs="rows",
    left_out=videos_without_truth,
    help="F1@25 of each clip, then the mean. Each clip counts the same, however many segments it has.",
)
def f1_25_by_video(comparison: Comparison) -> Any:
    """F1@25 of each video, then the mean."""
    return f1_by_video_at(comparison, 25)


@metric(
    "F1@50 by video",
    needs="rows",
    left_out=videos_without_truth,
    help="F1@50 of each clip, then the mean. Each clip counts the same, however many segments it has.",
)
def f1_50_by_video(comparison: Comparison) -> Any:
    """F1@50 of each video, then the mean."""
    return f1_by_video_at(comparison, 50)
