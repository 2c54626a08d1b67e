"""Many channels in few pictures: coarser maps, the channels that vary most, similarity and a plane of features."""

import numpy as np


def coarser(values: np.ndarray, most: int) -> tuple[np.ndarray, np.ndarray]:
    """(M, D) means of neighbouring rows so that at most `most` are left, and (M,) the first row of each."""
    firsts = np.arange(0, len(values), -(-len(values) // most))
    counts = np.diff(np.append(firsts, len(values)))[:, None]
    return (np.add.reduceat(values, firsts, axis=0) / counts).astype(np.float32), firsts


def most_varying(values: np.ndarray, count: int) -> np.ndarray:
    """The columns of (T, D) that vary most over time, the most varying first."""
    return np.argsort(-values.std(axis=0), kind="stable")[:count]


def strongest(values: np.ndarray, count: int) -> np.ndarray:
    """The columns of (T, D) whose mean is farthest from 0, the farthest first."""
    return np.argsort(-np.abs(values.mean(axis=0)), kind="stable")[:count]


def similarity(values: np.ndarray) -> np.ndarray:
    """(T, T) cosine of the angle between each two rows of (T, D); 0 for rows of nothing but zeros."""
    from sklearn.metrics.pairwise import cosine_similarity

    return np.clip(cosine_similarity(values), -1, 1)


def plane(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, 2) the rows of (T, D) on the two axes along which they differ most (PCA), and the share of variance of each.

    Each axis points so that its largest coordinate is positive: the picture is the same on each machine.
    """
    from sklearn.decomposition import PCA

    centred = values - values.mean(axis=0)
    total = float((centred**2).sum())
    if total == 0:
        return np.zeros((len(values), 2), np.float32), np.zeros(2)
    placed = PCA(min(2, *centred.shape)).fit_transform(centred)  # (T, at most 2)
    placed = np.pad(placed, ((0, 0), (0, 2 - placed.shape[1])))
    signs = np.sign(placed[np.abs(placed).argmax(axis=0), (0, 1)])
    return (placed * np.where(signs == 0, 1, signs)).astype(np.float32), (placed**2).sum(axis=0) / total


FAR_OUT = 3.0  # interquartile ranges beyond the quartiles, from which a value is far out (Tukey, 1977)


def robust_span(values: np.ndarray) -> tuple[float, float]:
    """The lowest and the highest value of the steps that are not far out, so that one flash does not darken all others.

    values: (T, ...) with a row for each step.
    """
    rows = values.reshape(len(values), -1)
    return -_within_fence(-rows.min(axis=1)), _within_fence(rows.max(axis=1))


def _within_fence(ends: np.ndarray) -> float:
    """The largest of the ends of the steps that lies within the outer fence. ends: (T,)."""
    first, third = np.quantile(ends, (0.25, 0.75))
    return float(ends[ends <= third + FAR_OUT * (third - first) + 1e-9].max())
