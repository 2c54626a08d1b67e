"""Two people's labels of one clip: where both looked, how far they agree beyond chance, and where they do not."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from core.base.errors import ScoringRefused
from core.base.registry import METRICS
from core.domain import Analysis, Comparison, DrawnTrack, Segment, VideoInfo, intervals
from core.stages import metrics
from core.stages.formats.common.frame_times import bounds, frames_of, labelled_runs
from core.stages.tracks.segmentation import NOTHING

BACKGROUND = "nothing"
DIFFERS = "{one}, or {other}"
WINDOWS = 24  # for kappa over time


@dataclass(frozen=True, eq=False)
class TrackAgreement:
    """How two tracks agree where both authors looked, each frame counting as one judgement.

    both_s: how much that is. share: of those frames that carry the same label on both sides. kappa: Cohen's, None where
    it is undefined. by_label: the kappa of each label against all others. differences: where they do not agree, in
    words. times_s, over_time: (W,) the kappa of stretches of the clip, NaN where it is undefined.
    """

    both_s: float
    share: float
    kappa: float | None
    by_label: tuple[tuple[str, float | None], ...]
    differences: tuple[Segment, ...]
    times_s: np.ndarray
    over_time: np.ndarray


def agreement(track: DrawnTrack, other: DrawnTrack, info: VideoInfo) -> TrackAgreement:
    """One track beside another; ScoringRefused where no frame was looked at by both."""
    labels, rows = _rows(track, other, info)
    both = rows[0] >= 0
    if not both.any():
        raise ScoringRefused("No frame is covered by both tracks.", "Label the same part of the clip in both tracks.")
    whole = _compared(labels, *rows)
    alone = [
        _kappa(_compared(("other", label), *(_alone(row, index) for row in rows)))
        for index, label in _labels_in_use(labels, rows)
    ]
    times_s, over_time = _over_time(labels, rows, info)
    return TrackAgreement(
        intervals.length_s(intervals.common(track.seen, other.seen)),
        float(np.mean(rows[0][both] == rows[1][both])),
        _kappa(whole),
        tuple((label, kappa) for (_, label), kappa in zip(_labels_in_use(labels, rows), alone, strict=True)),
        _differences(labels, rows, info),
        times_s,
        over_time,
    )


def differences(track: DrawnTrack, other: DrawnTrack, info: VideoInfo) -> tuple[Segment, ...]:
    """Where both tracks looked and say different things, in words."""
    return _differences(*_rows(track, other, info), info)


def predicted_track(analysis: Analysis) -> DrawnTrack:
    """What a network says of a clip, as a track: its labels are all that the network knows."""
    segments = tuple(segment for segment in analysis.track.segments if segment.label != NOTHING)
    known = dict.fromkeys(
        [*(label_score.label for label_score in analysis.ranking), *(segment.label for segment in segments)]
    )
    return DrawnTrack(tuple(known), segments, intervals.union([analysis.track.seen_s, *intervals.covered(segments)]))


def _rows(
    track: DrawnTrack, other: DrawnTrack, info: VideoInfo
) -> tuple[tuple[str, ...], tuple[np.ndarray, np.ndarray]]:
    """All labels of two tracks, and what each says of the frames that both looked at; see `row`."""
    used = dict.fromkeys(segment.label for segment in (*track.segments, *other.segments))
    labels = (BACKGROUND, *(label for label in used if label != BACKGROUND))
    rows = row(track, labels, info), row(other, labels, info)
    both = (rows[0] >= 0) & (rows[1] >= 0)
    return labels, (np.where(both, rows[0], -1), np.where(both, rows[1], -1))


def row(track: DrawnTrack, labels: Sequence[str], info: VideoInfo) -> np.ndarray:
    """(N,) what a track says of each frame: a place in `labels`, 0 where nothing happens, -1 where nobody looked."""
    values = np.full(info.frame_count, -1, np.int64)
    for start_s, stop_s in track.seen:
        values[slice(*frames_of(start_s, stop_s, info))] = 0
    for segment in track.segments:
        values[slice(*frames_of(segment.start_s, segment.stop_s, info))] = labels.index(segment.label)
    return values


def _labels_in_use(labels: Sequence[str], rows: tuple[np.ndarray, np.ndarray]) -> list[tuple[int, str]]:
    """The labels that one of the two uses where both looked."""
    return [(index, label) for index, label in enumerate(labels) if any(np.any(row == index) for row in rows)]


def _alone(values: np.ndarray, index: int) -> np.ndarray:
    """One label against all others."""
    return np.where(values < 0, -1, values == index).astype(np.int64)


def _compared(labels: Sequence[str], values: np.ndarray, other: np.ndarray) -> Comparison:
    return metrics.of_rows(labels, [values], [other], names=["clip"], background=0)


def _kappa(comparison: Comparison) -> float | None:
    value = float(METRICS["kappa"](comparison))
    return value if np.isfinite(value) else None


def _over_time(
    labels: Sequence[str], rows: tuple[np.ndarray, np.ndarray], info: VideoInfo
) -> tuple[np.ndarray, np.ndarray]:
    """Kappa of equal stretches of the clip, each told at its middle."""
    edges_s = np.linspace(0.0, info.duration_s, min(WINDOWS, info.frame_count) + 1)
    indices = np.searchsorted(info.times_s, edges_s)
    kappas = [_kappa(_compared(labels, *(row[a:b] for row in rows))) for a, b in pairwise(indices)]
    return (edges_s[:-1] + edges_s[1:]) / 2, np.array([np.nan if kappa is None else kappa for kappa in kappas])


def _differences(labels: Sequence[str], rows: tuple[np.ndarray, np.ndarray], info: VideoInfo) -> tuple[Segment, ...]:
    """The stretches of frames in which the two say different things."""
    pairs = np.where(rows[0] != rows[1], rows[0] * len(labels) + rows[1], -1)
    named = [
        (start_s, stop_s, *divmod(int(pair), len(labels)))
        for start_s, stop_s, pair, _ in labelled_runs(pairs.tolist(), info, empty=-1)
    ]
    end_s = float(bounds(info)[-1])
    return tuple(
        Segment(start_s, min(stop_s, end_s), DIFFERS.format(one=labels[mine], other=labels[theirs]))
        for start_s, stop_s, mine, theirs in named
    )
