"""Labels that a person names in words, found without training.

Convex combination of semantic embeddings (ConSE; Norouzi et al., Zero-Shot Learning by Convex Combination of Semantic
Embeddings, ICLR 2014): at each step the known labels with the highest scores, as parts of one, weigh how near each of
the person's labels is to them in meaning; the nearest wins, unless it is no nearer than NEAR: then it is none of them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from core.base.errors import AnalysisError
from core.base.numerics import softmax
from core.base.progress import Report, silent
from core.domain import Analysis, LabelScore, ModelCard, Named, Prediction, Recipe, VideoInfo
from core.domain.fingerprint import fingerprint
from core.stages.tracks import segmentation
from core.workflows import clips, predictions
from core.workflows.search import semantics
from core.workflows.search.text_encoders import ENCODERS, USUAL
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

REST = "none of these"
AUTHOR = "labels in words"
KNOWN = 20  # known labels that take part at each step
SHARPNESS = 0.06  # of nearness, per natural unit of a score: the least surprise on made-up label sets
MAX_LISTED_LABELS = 3  # known labels that are told of each label
MOST_LABELS = 40
LONGEST_LABEL = 120  # characters
METHOD = 3  # counts up when the numbers change


def read_labels(text: str) -> tuple[str, ...]:
    """The labels out of what a person typed, one a line; AnalysisError says what is wrong with them."""
    labels = tuple(dict.fromkeys(" ".join(line.split()) for line in text.splitlines() if line.strip()))
    check_labels(labels)
    return labels


def check_labels(labels: Sequence[str]) -> None:
    """Refuse labels that cannot be looked for."""
    if not labels:
        raise AnalysisError("No labels were given.", "Enter one label per line.")
    if len(labels) > MOST_LABELS:
        raise AnalysisError(
            f"{len(labels)} labels were given; at most {MOST_LABELS} are allowed.", "Remove some labels."
        )
    for label in labels:
        if len(label) > LONGEST_LABEL:
            hint = f"Use a few words, at most {LONGEST_LABEL} characters."
            raise AnalysisError(f"The label {label[:40]!r}... is too long ({len(label)} characters).", hint)
        if label.lower() in (REST, segmentation.NOTHING):
            raise AnalysisError(f"{label!r} is reserved for moments that match no label.", "Leave it out.")


def named_key(base: str, labels: Sequence[str], least: float = semantics.NEAR, encoder: str = USUAL) -> str:
    """The name of what was found of these labels. base: the key of what the known labels say of the clip."""
    chosen = ENCODERS[encoder]
    return fingerprint("labels in words", METHOD, base, tuple(labels), float(least), chosen.name, chosen.version)


@short(when=predictions.has_features)
def find_named(
    store: Store,
    digest: str,
    recipe: Recipe,
    card: ModelCard,
    engine: str,
    labels: tuple[str, ...],
    least: float = semantics.NEAR,
    report: Report = silent,
) -> None:
    """Look for labels in words in a clip by the known labels of a model, and store what was found.

    least: how near a label must be to what is seen; below it is none of them.
    """
    check_labels(labels)
    predictions.predict(store, digest, recipe, card.name, engine, report)
    base = predictions.prediction_key(store, digest, recipe, card, engine)
    key = named_key(base, labels, least)
    if not store.has(key):
        named = name(store, store.read(base, Prediction), labels, least)
        store.write(key, named, kind="labels in words", video=digest)


def name(store: Store, known: Prediction, labels: tuple[str, ...], least: float = semantics.NEAR) -> Named:
    """What the scores of known labels say of labels in words, at each step."""
    bank = semantics.of_labels(store, known.labels)
    nearness = bank.nearness(labels)  # (U, C)
    weights = strongest(known.scores, KNOWN)  # (T, C)
    near = weights @ nearness.T  # (T, U)
    logits = np.column_stack((near, np.full(len(near), least))) / SHARPNESS
    scores = softmax(logits).astype(np.float32)  # (T, U + 1)
    return Named(
        Prediction(known.times_s, scores, (*labels, REST), AUTHOR, known.seen_s),
        tuple(bank.nearest(row, MAX_LISTED_LABELS) for row in nearness),
        _carried(weights, nearness, scores.argmax(axis=1), known.labels),
    )


def strongest(scores: np.ndarray, most: int) -> np.ndarray:
    """(T, C) the highest scores of each step as parts of one, all others 0."""
    if scores.shape[1] > most:
        least = np.partition(scores, -most, axis=1)[:, -most, None]
        scores = np.where(scores >= least, scores, 0)
    return scores / np.maximum(scores.sum(axis=1, keepdims=True), 1e-9)


def _carried(
    weights: np.ndarray, nearness: np.ndarray, best: np.ndarray, known: tuple[str, ...]
) -> tuple[tuple[LabelScore, ...], ...]:
    """For each label in words the known labels that its steps were given to it by. best: (T,) place of the winner."""
    evidence = []
    for index, row in enumerate(nearness):
        parts = weights[best == index].sum(axis=0) * np.maximum(row, 0)  # (C,)
        parts = parts / max(float(parts.sum()), 1e-9)
        order = [at for at in np.argsort(-parts, kind="stable")[:MAX_LISTED_LABELS] if parts[at] >= 0.01]
        evidence.append(tuple(LabelScore(known[at], float(parts[at])) for at in order))
    return tuple(evidence)


def analysis(store: Store, digest: str, key: str, *, shortest_s: float = clips.MIN_SEGMENT_S) -> Analysis:
    """All that is told about a clip in labels in words, from what was stored under `key`; ResultMissing before that."""
    return read_analysis(store.video(digest), store.read(key, Named), shortest_s=shortest_s)


def read_analysis(info: VideoInfo, named: Named, *, shortest_s: float = clips.MIN_SEGMENT_S) -> Analysis:
    """The same of a clip and what was found. What is none of the labels becomes "nothing certain"."""
    prediction = named.prediction
    track = segmentation.track(prediction, video=info.digest, threshold=0.0, shortest_s=shortest_s, author=AUTHOR)
    own = tuple(segment for segment in track.segments if segment.label != REST)
    labels = tuple(label for label in track.labels if label != REST)
    ranking = tuple(score for score in segmentation.ranking(prediction) if score.label != REST)
    return Analysis(info, AUTHOR, ranking, replace(track, labels=labels, segments=own))
