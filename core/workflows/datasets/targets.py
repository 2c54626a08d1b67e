"""What a network is to say at each step: labels in seconds as a number for each step."""

import numpy as np

from core.domain import Dataset, Item, Track

UNKNOWN = -1  # nobody looked: never trained on, never scored


def targets(dataset: Dataset, item: Item, times_s: np.ndarray) -> np.ndarray:
    """(T,) int64: which of the set's labels holds at each moment, UNKNOWN where nobody looked.

    Within a stretch that somebody looked at, a moment without a segment is the background; in a set without a
    background it is UNKNOWN.
    """
    if item.label:
        return np.full(len(times_s), dataset.labels.index(item.label), np.int64)
    values = np.full(len(times_s), UNKNOWN, np.int64)
    if dataset.background:
        for start_s, stop_s in item.seen:
            values[_within(times_s, start_s, stop_s)] = dataset.labels.index(dataset.background)
    for segment in item.segments:
        values[_within(times_s, segment.start_s, segment.stop_s)] = dataset.labels.index(segment.label)
    return values


def tracks(dataset: Dataset, item: Item) -> tuple[Track, ...]:
    """The labels of an item as tracks, one for each stretch that was looked at.

    The first label of each is the background, or in a set without one an empty place for it.
    """
    nothing = dataset.background or "nothing"
    labels = (nothing, *(label for label in dataset.labels if label != nothing))
    return tuple(
        Track(
            item.video,
            labels,
            tuple(part for part in item.segments if start_s <= part.start_s and part.stop_s <= stop_s),
            (start_s, stop_s),
            dataset.name,
        )
        for start_s, stop_s in item.seen
    )


def _within(times_s: np.ndarray, start_s: float, stop_s: float) -> np.ndarray:
    return (times_s >= start_s) & (times_s < stop_s)
