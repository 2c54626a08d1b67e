"""How near in meaning any words are to the labels that networks know.

All vectors are centred: the mean over the table of wordings is taken off, because all names of actions point one way
to begin with. Words are as near to a label as to the nearest of its wordings. Some words are near to everything (hubs);
so half of their mean cosine to the ten nearest known labels is taken off, as in cross-domain similarity local scaling
(Conneau et al., Word Translation Without Parallel Data, ICLR 2018). Who does something says little of what is done, and
yet draws a sentence to labels with babies or children: what is asked for points half way between the words as they are
and their gist, which is without people and function words. And where one wording of a label holds all words of the
gist, in whatever form (cook, cooking on campfire), the label is LITERAL nearer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.domain import LabelScore
from core.workflows.search import full_text, synonyms
from core.workflows.search.text_encoders import ENCODERS, USUAL, Encoder, encode, stored_vectors, units
from core.workspace.store import Store

PEOPLE = frozenset((Path(__file__).parent / "data" / "people_words.txt").read_text("utf-8").split())  # folded
UNPARTED = re.compile("|".join(sorted((person for person in PEOPLE if full_text.dense(person)), key=len, reverse=True)))
NEIGHBOURS = 10  # known labels by which hubs are told
HUB_WEIGHT = 0.5
LITERAL = 0.1
NEAR = 0.06  # words and a label below this have little to do with each other: the even chance on made-up label sets


@dataclass(frozen=True, eq=False)
class Meaning:
    """A bank of labels in the space of one text encoder.

    wordings: (W, D) unit vectors, centred, of all wordings of the labels in order; first: (C,) int, where those of
    each begin. reference: (R, D), reference_first: (400,) the same of the table. centre: (D,).
    """

    encoder: Encoder
    labels: tuple[str, ...]
    wordings: np.ndarray
    first: np.ndarray
    reference: np.ndarray
    reference_first: np.ndarray
    centre: np.ndarray

    def nearness(self, texts: Sequence[str]) -> np.ndarray:
        """(N, C) float32: how near each text is to each label; see above. Below NEAR it means little."""
        vectors = self.query_vectors(texts)  # (N, D)
        to_table = np.maximum.reduceat(vectors @ self.reference.T, self.reference_first, axis=1)  # (N, 400)
        hubness = np.sort(to_table, axis=1)[:, -NEIGHBOURS:].mean(axis=1)  # (N,)
        to_labels = np.maximum.reduceat(vectors @ self.wordings.T, self.first, axis=1)  # (N, C)
        return (to_labels - HUB_WEIGHT * hubness[:, None] + LITERAL * self.holding(texts)).astype(np.float32)

    def holding(self, texts: Sequence[str]) -> np.ndarray:
        """(N, C) bool: which labels have a wording that holds all words of a text's gist."""
        held = [full_text.pieces(wording) for label in self.labels for wording in synonyms.of(label)]
        rows = [[wanted <= texts for texts in held] for wanted in (full_text.sought(gist(text)) for text in texts)]
        whole = np.array([bool(full_text.sought(gist(text))) for text in texts], bool)  # (N,)
        return np.logical_or.reduceat(np.array(rows, bool), self.first, axis=1) & whole[:, None]

    def query_vectors(self, texts: Sequence[str]) -> np.ndarray:
        """(N, D) float32: vectors of what is asked for, half way between the texts and their gist."""
        return units(self.vectors(texts) + self.vectors([gist(text) for text in texts]))

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """(N, D) float32: centred vectors of length 1."""
        return units(encode(self.encoder, texts) - self.centre)

    def nearest(self, nearness: np.ndarray, most: int) -> tuple[LabelScore, ...]:
        """The labels that one text is nearest to, best first. nearness: (C,)."""
        order = np.argsort(-nearness, kind="stable")[:most]
        return tuple(LabelScore(self.labels[index], float(nearness[index])) for index in order)


def of_labels(store: Store, labels: Sequence[str], encoder: str = USUAL) -> Meaning:
    """The bank of these labels."""
    chosen = ENCODERS[encoder]
    table = tuple(synonyms.table())
    raw, first = _stacked(store, chosen, table)
    centre = raw.mean(axis=0)  # (D,)
    reference = units(raw - centre)  # (R, D)
    own, own_first = (raw, first) if tuple(labels) == table else _stacked(store, chosen, labels)
    return Meaning(chosen, tuple(labels), units(own - centre), own_first, reference, first, centre)


def _stacked(store: Store, encoder: Encoder, labels: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """(W, D) vectors of all wordings of some labels, and (C,) where those of each begin."""
    texts = [synonyms.of(label) for label in labels]
    counts = np.array([0, *(len(wordings) for wordings in texts)], np.int64)
    return stored_vectors(store, encoder, tuple(text for wordings in texts for text in wordings)), np.cumsum(counts)[
        :-1
    ]


def gist(text: str) -> str:
    """A text without function words, people and what tells that it is a video; all of it where nothing else is."""
    words = full_text.RUN.findall(UNPARTED.sub(" ", text))
    return " ".join(word for word in words if full_text.folded(word) not in full_text.FUNCTION | PEOPLE) or text
