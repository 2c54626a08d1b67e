"""The segments of chosen rows as arrays that a browser draws."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.workflows.study.library.columns import StudyColumns


@dataclass(frozen=True, eq=False)
class RasterDrawing:
    """Segments row after row, by time. places: the labels in use, as places among those of the columns.

    starts: (R + 1,) uint32, where the segments of each row begin, and where those of the last end. start_s, stop_s:
    (N,) float32. labels: (N,) uint16, into places.
    """

    places: tuple[int, ...]
    starts: np.ndarray
    start_s: np.ndarray
    stop_s: np.ndarray
    labels: np.ndarray


def drawing_of(columns: StudyColumns, rows: Sequence[int]) -> RasterDrawing:
    """The segments of these rows, in their order."""
    ranks = np.full(len(columns.digests), -1, np.int64)
    ranks[list(rows)] = np.arange(len(rows))
    own_ranks = ranks[columns.segments[:, 0].astype(int)]
    kept = np.flatnonzero(own_ranks >= 0)
    segments = columns.segments[kept[np.lexsort((columns.segments[kept, 2], own_ranks[kept]))]]
    places, labels = np.unique(segments[:, 1].astype(int), return_inverse=True)
    counts = np.bincount(own_ranks[kept], minlength=len(rows))
    return RasterDrawing(
        tuple(int(place) for place in places),
        np.concatenate(([0], np.cumsum(counts))).astype(np.uint32),
        segments[:, 2].astype(np.float32),
        segments[:, 3].astype(np.float32),
        labels.astype(np.uint16),
    )
