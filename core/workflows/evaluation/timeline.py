"""One clip over time: what is true, what was said, and where the two disagree."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.base.errors import ResultMissing
from core.domain import Comparison, Evaluation, Prediction, Segment
from core.workflows.evaluation.results import stretches
from core.workspace.store import Store

WRONG = "{said}, not {true}"


@dataclass(frozen=True)
class Lanes:
    """Three lanes below a playing clip. A segment of disagreement says in words what was taken for what."""

    duration_s: float
    truth: tuple[Segment, ...]
    predicted: tuple[Segment, ...]
    disagreement: tuple[Segment, ...]


def lanes(store: Store, judged: Evaluation, unit: int) -> Lanes:
    """The lanes of a clip of an evaluation.

    What a model says of a clip with one label is shown step by step where it is stored; the networks of a training
    are known by their one answer for the clip.
    """
    comparison = judged.found
    assert comparison.ends_s is not None
    end_s = float(comparison.ends_s[unit])
    times_s, truth, predicted, scores = _rows(comparison, unit, end_s)
    if not comparison.over_time and judged.origin.predictions:
        try:
            prediction = store.read(judged.origin.predictions[unit], Prediction)
        except ResultMissing:
            pass
        else:
            return _step_by_step(judged, prediction, unit, end_s)
    true = stretches(truth, times_s, end_s, comparison.labels)
    named = stretches(predicted, times_s, end_s, comparison.labels, scores)
    return Lanes(end_s, true, named, _disagreement(comparison.labels, truth, predicted, times_s, end_s))


def _rows(
    comparison: Comparison, unit: int, end_s: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Times, truth, prediction and scores of a unit."""
    if comparison.starts is None or comparison.times_s is None:
        rows, times_s = slice(unit, unit + 1), np.array([end_s / 2])
    else:
        rows = slice(int(comparison.starts[unit]), int(comparison.starts[unit + 1]))
        times_s = comparison.times_s[rows]
    return (
        times_s,
        comparison.truth[rows],
        comparison.predicted[rows],
        None if comparison.scores is None else comparison.scores[rows],
    )


def _step_by_step(judged: Evaluation, prediction: Prediction, unit: int, end_s: float) -> Lanes:
    """The lanes of a clip with one label, from what a model says of each step."""
    named = {theirs: ours for ours, theirs in judged.origin.matching.pairs}
    labels = tuple(dict.fromkeys(named.get(label, label) for label in prediction.labels))
    indices = np.array([labels.index(named.get(label, label)) for label in prediction.labels])
    scores = np.zeros((len(prediction.scores), len(labels)), np.float32)
    np.add.at(scores.T, indices, prediction.scores.T)
    predicted = scores.argmax(axis=1)
    true = judged.found.labels[judged.found.truth[unit]] if judged.found.truth[unit] >= 0 else ""
    own = labels.index(true) if true in labels else -1
    lane = stretches(predicted, prediction.times_s, end_s, labels, scores)
    odd = tuple(
        Segment(segment.start_s, segment.stop_s, WRONG.format(said=segment.label, true=true), segment.confidence)
        for segment in lane
        if true and (own < 0 or segment.label != true)
    )
    return Lanes(end_s, (Segment(0.0, end_s, true),) if true else (), lane, odd)


def _disagreement(
    labels: Sequence[str], truth: np.ndarray, predicted: np.ndarray, times_s: np.ndarray, end_s: float
) -> tuple[Segment, ...]:
    """Where truth is known and something else was said."""
    pairs = np.where((truth >= 0) & (truth != predicted), truth * len(labels) + predicted, -1)
    kinds = np.unique(pairs[pairs >= 0])
    if not len(kinds):
        return ()
    texts = [WRONG.format(said=labels[kind % len(labels)], true=labels[kind // len(labels)]) for kind in kinds]
    row = np.where(pairs < 0, -1, np.searchsorted(kinds, pairs))
    return stretches(row, times_s, end_s, texts)
