"""Time budgets of a model, corrected for the labels that it confuses on held-out clips.

Sources: Buonaccorsi, Measurement Error, 2010, chapter 2 (misclassified categories); Saerens, Latinne and Decaestecker,
Neural Computation, 2002 (the true shares by EM); Efron and Tibshirani, 1993 (bootstrap).
"""

from dataclasses import dataclass

import numpy as np

FEWEST_CLIPS = 5  # held out
DRAWS = 200
ITERATIONS = 100


@dataclass(frozen=True, eq=False)
class CorrectedShares:
    """Shares of the watched time before and after correction; (L,) float64 each, in the order of the labels.

    raw: as predicted, the mean over subjects. estimate, low, high: corrected, with the ends of the interval of
    `confidence`; None where there are too few held-out clips. weight: how much of the correction was made, 0 to 1.
    notes: why something is missing or cannot be trusted, as sentences.
    """

    raw: np.ndarray
    estimate: np.ndarray | None
    low: np.ndarray | None
    high: np.ndarray | None
    weight: float
    confidence: float
    notes: tuple[str, ...] = ()


def corrected_shares(
    predicted: np.ndarray, held_out: np.ndarray, *, seed: int = 0, confidence: float = 0.95, draws: int = DRAWS
) -> CorrectedShares:
    """The shares that the labels have in truth, judged by how a model confuses them on held-out clips.

    predicted: (subjects, L) shares of the watched time by predicted label, each row summing to 1; the last column is
    what has no label. held_out: (clips, L, L) seconds of each true label (row) that were predicted as each label
    (column). A label that never comes in truth counts as never confused. The correction is shrunk by how much of it may
    be noise, which a bootstrap over held-out clips and subjects estimates; the same draws give the interval.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence lies between 0 and 1, got {confidence}")
    predicted, held_out = np.asarray(predicted, np.float64), np.asarray(held_out, np.float64)
    _check(predicted, held_out)
    raw = predicted.mean(axis=0)
    clips = len(held_out)
    if clips < FEWEST_CLIPS:
        why = f"Not corrected: it needs at least {FEWEST_CLIPS} held-out clips, and there are {clips}."
        return CorrectedShares(raw, None, None, None, 0.0, confidence, (why,))
    step = true_shares(raw, confusion(held_out.sum(axis=0))) - raw
    rng = np.random.default_rng(seed)
    drawn = _counts(len(predicted), draws, rng) @ predicted / len(predicted)  # (B, L)
    seconds = _counts(clips, draws, rng) @ held_out.reshape(clips, -1)
    steps = true_shares(drawn, confusion(seconds.reshape(draws, *held_out.shape[1:]))) - drawn  # (B, L)
    noise, signal = float(((steps - step) ** 2).sum(axis=1).mean()), float((step**2).sum())
    weight = signal / (signal + noise) if signal > 0 else 0.0
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn + weight * steps, (tail, 1 - tail), axis=0)
    return CorrectedShares(raw, raw + weight * step, low, high, weight, confidence, _notes(predicted))


def confused_seconds(true: np.ndarray, predicted: np.ndarray, labels: int) -> np.ndarray:
    """(L, L): the seconds of each true label (row) that are predicted as each label (column) in one clip.

    true, predicted: (N, 3) and (M, 3), place of the label, start and stop; neither overlaps itself. What lies in no
    predicted segment counts as the last label; what lies in no true one does not count.
    """
    starts_s, stops_s = (np.maximum(true[:, None, 1], predicted[:, 1]), np.minimum(true[:, None, 2], predicted[:, 2]))
    common_s = np.maximum(stops_s - starts_s, 0.0)  # (N, M)
    seconds = np.zeros((labels, labels))
    rows, columns = true[:, 0].astype(int), predicted[:, 0].astype(int)
    np.add.at(seconds, (rows[:, None], columns), common_s)
    unlabelled_s = np.maximum(true[:, 2] - true[:, 1] - common_s.sum(axis=1), 0.0)
    np.add.at(seconds[:, labels - 1], rows, unlabelled_s)
    return seconds


def confusion(seconds: np.ndarray) -> np.ndarray:
    """Seconds (..., L, L) as shares of each row; a row without seconds is that of a label that is never confused."""
    totals = seconds.sum(axis=-1, keepdims=True)
    shares = seconds / np.where(totals > 0, totals, 1)
    return np.where(totals > 0, shares, np.eye(seconds.shape[-1]))


def true_shares(predicted: np.ndarray, shares: np.ndarray, iterations: int = ITERATIONS) -> np.ndarray:
    """(..., L): the true shares under which the predicted ones are most likely, by EM from equal shares.

    predicted: (..., L). shares: (..., L, L), of each true label that is predicted as each label.
    """
    columns = np.swapaxes(shares, -1, -2)
    true = np.full(predicted.shape, 1 / predicted.shape[-1])
    for _ in range(iterations):
        expected = (columns @ true[..., None])[..., 0]
        ratios = predicted / np.where(expected > 0, expected, 1)
        true = true * (shares @ ratios[..., None])[..., 0]
        true = true / true.sum(axis=-1, keepdims=True)
    return true


def _counts(count: int, draws: int, rng: np.random.Generator) -> np.ndarray:
    """(B, count): how often each of them is in each draw with replacement."""
    return rng.multinomial(count, np.full(count, 1 / count), size=draws).astype(np.float64)


def _check(predicted: np.ndarray, held_out: np.ndarray) -> None:
    if predicted.ndim != 2 or not predicted.size:
        raise ValueError(f"predicted holds a row of shares for each subject, got the shape {predicted.shape}")
    labels = predicted.shape[1]
    if held_out.ndim != 3 or held_out.shape[1:] != (labels, labels):
        raise ValueError(
            f"held_out holds a table of {labels} true by {labels} predicted labels for each clip, as predicted has "
            f"{labels} labels; got the shape {held_out.shape}"
        )
    if not np.isfinite(predicted).all() or (predicted < 0).any() or not np.allclose(predicted.sum(axis=1), 1):
        raise ValueError("each row of predicted holds shares from 0 to 1 that sum to 1")
    if not np.isfinite(held_out).all() or (held_out < 0).any():
        raise ValueError("held_out holds seconds: finite and not negative")


def _notes(predicted: np.ndarray) -> tuple[str, ...]:
    """What makes the interval too narrow."""
    if len(predicted) > 1:
        return ()
    return ("A single subject: the interval only covers the uncertainty of the confusion.",)
