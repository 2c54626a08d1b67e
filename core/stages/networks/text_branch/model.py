"""An embedding and an LSTM over the words near each step, and its fusion with the visual network.

Fusion is late, with learned weights: at each step the logarithms of both branches' scores are added, each times its
weight, and made to sum to 1 again. So each branch stays a network by itself, which is what shows what the words add;
a step without words keeps what the picture says; and two weights are learned safely from few clips, where a layer on
both hidden states together would have thousands. The weights are those of the least loss on groups that neither branch
has learned from.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import NotEnoughExamples
from core.base.numerics import softmax
from core.base.progress import Report, silent
from core.domain import Lines
from core.stages.networks.recurrent_training import UNKNOWN, class_weights_of

NEAR_S = 2.0  # words this far before or after a step's middle are near it
MOST_WORDS = 32  # near a step
MOST_KNOWN = 4000  # words of a vocabulary
NONE, STRANGE = 0, 1  # codes of no word and of a word that is not in the vocabulary
WIDTH = 32  # of the embedding and of the LSTM
EPOCHS = 30
BATCH = 32
LEARNING_RATE = 5e-3
DROPOUT = 0.3
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)
WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W_]+", re.UNICODE)


@dataclass(frozen=True, eq=False)
class TextBranch:
    """A trained text branch. vocabulary: words by their code minus 2; model: the Keras model.

    near_s, most_words: which words, and how many at most, are near a step. weights: of picture and words, where both
    are fused.
    """

    vocabulary: tuple[str, ...]
    model: Any
    near_s: float = NEAR_S
    most_words: int = MOST_WORDS
    weights: tuple[float, float] = (1.0, 1.0)

    def scores(self, texts: Sequence[str]) -> np.ndarray:
        """(T, C) float32: what the words near each step say; all labels alike where there are none."""
        codes = coded(self.vocabulary, texts, self.most_words)  # (T, W)
        different, indices = np.unique(codes, axis=0, return_inverse=True)
        values = np.array(self.model([different, different != NONE], training=False), np.float32)  # (U, C)
        values[~different.any(axis=1)] = 1 / values.shape[1]
        return values[indices.ravel()]

    def says(self, texts: Sequence[str]) -> np.ndarray:
        """(T,) bool: whether there are words near each step."""
        return np.array([bool(tokenise(text)) for text in texts], bool)

    def fused(self, picture: np.ndarray, text: np.ndarray, worded: np.ndarray) -> np.ndarray:
        """(T, C) float32 scores of both together, weighed as this branch was told; see `fused`."""
        return fused(picture, text, worded, self.weights)

    def near(self, texts: Iterable[Lines], times_s: np.ndarray) -> tuple[str, ...]:
        """The words near each step, as text; see `near`."""
        return near(texts, times_s, self.near_s)


def tokenise(text: str) -> list[str]:
    """The words of a text in small letters; each Chinese, Japanese or Korean letter is one."""
    return WORD.findall(text.lower())


def near(texts: Iterable[Lines], times_s: np.ndarray, near_s: float = NEAR_S) -> tuple[str, ...]:
    """The words near each step, as text. times_s: (T,) middles of the steps."""
    lines = [line for text in texts for line in text.lines]
    if not lines:
        return ("",) * len(times_s)
    starts_s, stops_s = (np.array([getattr(line, end) for line in lines]) for end in ("start_s", "stop_s"))
    return tuple(
        " ".join(lines[at].text for at in np.flatnonzero((starts_s < time_s + near_s) & (stops_s > time_s - near_s)))
        for time_s in times_s
    )


def vocabulary_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The most frequent words, each counted once a text."""
    counts = Counter(word for text in texts for word in dict.fromkeys(tokenise(text)))
    return tuple(word for word, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_KNOWN])


def coded(vocabulary: Sequence[str], texts: Sequence[str], most_words: int = MOST_WORDS) -> np.ndarray:
    """(T, most_words) int32: the codes of the first words of each text, NONE behind them."""
    codes = {word: index + 2 for index, word in enumerate(vocabulary)}
    rows = np.full((len(texts), most_words), NONE, np.int32)
    for row, text in zip(rows, texts, strict=True):
        numbers = [codes.get(word, STRANGE) for word in tokenise(text)[:most_words]]
        row[: len(numbers)] = numbers
    return rows


def build(known: int, labels: int, seed: int = 0, *, most_words: int = MOST_WORDS, width: int = WIDTH) -> Any:
    """An untrained Keras model from (N, W) codes, and whether each is one, to (N, C) scores. known: words it knows."""
    from keras import Input, Model, initializers, layers

    def drawn(index: int) -> Any:
        return initializers.GlorotUniform(seed=seed + index)

    codes, there = Input((most_words,), dtype="int32", name="codes"), Input((most_words,), dtype="bool", name="there")
    hidden = layers.Embedding(known + 2, width, embeddings_initializer=drawn(1), name="words")(codes)
    hidden = layers.Dropout(DROPOUT, seed=seed + 2, name="dropout_words")(hidden)  # (N, W, WIDTH)
    recurrent: Any = initializers.Orthogonal(seed=seed + 3)
    lstm = layers.LSTM(width, kernel_initializer=drawn(4), recurrent_initializer=recurrent, name="lstm")
    hidden = lstm(hidden, mask=there)
    hidden = layers.Dropout(DROPOUT, seed=seed + 5, name="dropout_last")(hidden)  # (N, WIDTH)
    scores = layers.Dense(labels, activation="softmax", kernel_initializer=drawn(6), name="scores")(hidden)  # (N, C)
    return Model([codes, there], scores, name="text_branch")


def fit(
    texts: Sequence[Sequence[str]],
    targets: Sequence[np.ndarray],
    *,
    labels: int,
    seed: int = 0,
    report: Report = silent,
) -> TextBranch:
    """A text branch trained on the words near the steps of some clips, and the label of each step.

    The vocabulary is of these clips alone. Steps without words or label take no part; each label counts alike.
    """
    import keras

    vocabulary = vocabulary_of(text for clip in texts for text in dict.fromkeys(clip))
    codes = [coded(vocabulary, clip) for clip in texts]
    rows, known, counts = _rows(codes, targets)
    if not len(rows):
        raise NotEnoughExamples("No labelled time step has text near it.", "Add subtitles or transcripts to the clips.")
    weights = (class_weights_of(known, counts, labels)[known] * counts).astype(np.float32)
    model, rng = build(len(vocabulary), labels, seed), np.random.default_rng(seed)
    model.compile(
        keras.optimizers.AdamW(LEARNING_RATE, clipnorm=1.0), "sparse_categorical_crossentropy", jit_compile=False
    )
    for epoch in range(EPOCHS):
        report(epoch, EPOCHS, f"Training on text, epoch {epoch + 1} of {EPOCHS}")
        for some in np.array_split(rng.permutation(len(rows)), -(-len(rows) // BATCH)):
            inputs = [rows[some], rows[some] != NONE]
            model.train_on_batch(inputs, known[some], sample_weight=weights[some] / weights.mean())
    return TextBranch(vocabulary, model)


def _rows(codes: Sequence[np.ndarray], targets: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The different rows of each clip that hold words and have a label: codes (R, W), labels (R,), how often (R,)."""
    every = [np.column_stack((row, target)) for row, target in zip(codes, targets, strict=True)]
    every = [values[(values[:, -1] != UNKNOWN) & values[:, :-1].any(axis=1)] for values in every]
    parts = [np.unique(values, axis=0, return_counts=True) for values in every if len(values)]
    if not parts:
        return np.zeros((0, MOST_WORDS), np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64)
    whole, counts = (np.concatenate([part[at] for part in parts]) for at in (0, 1))
    return whole[:, :-1].astype(np.int32), whole[:, -1].astype(np.int64), counts


# Fusion ---------------------------------------------------------------------------------------------------------------


def fused(
    picture: np.ndarray, text: np.ndarray, worded: np.ndarray, weights: tuple[float, float] = (1.0, 1.0)
) -> np.ndarray:
    """(T, C) float32 scores of both branches together; where no word is near a step those of the picture.

    picture, text: (T, C); worded: (T,) bool, whether there are words near each step; weights: of picture and words.
    """
    logits = weights[0] * np.log(picture + 1e-6) + weights[1] * np.log(text + 1e-6)  # (T, C)
    return np.where(worded[:, None], softmax(logits), picture).astype(np.float32)


def learned_weights(
    picture: np.ndarray, text: np.ndarray, worded: np.ndarray, targets: np.ndarray
) -> tuple[float, float]:
    """The weights of picture and words with the least loss on rows that neither has learned from; (1, 1) without any.

    targets: (T,), UNKNOWN where nobody labelled.
    """
    known = (targets != UNKNOWN) & worded
    if not known.any():
        return 1.0, 1.0
    rows = np.flatnonzero(known)
    arrays = [(weight, other) for weight in WEIGHTS for other in WEIGHTS if weight or other]
    losses = [
        -np.log(fused(picture[rows], text[rows], worded[rows], pair)[np.arange(len(rows)), targets[rows]] + 1e-6).mean()
        for pair in arrays
    ]
    return arrays[int(np.argmin(np.round(losses, 6)))]
