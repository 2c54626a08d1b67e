"""What to know before numbers are believed: values, and the sentences that results store of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from core.base.percentages import per_cent

CaveatKind = Literal[
    "few units",
    "no interval",
    "few tested",
    "one label",
    "few for calibration",
    "constant fold",
    "no better than majority",
    "no better than probe",
    "worse than probe",
    "stopped",
    "not calibrated",
    "label matching",
    "leak",
    "unknown training data",
    "held-out groups",
    "shared clips",
    "other labels",
    "other version",
    "different folds",
]
LEAK_TAG = "LEAK: "  # leads the stored sentence of a leak, and is what it is known by
SENTENCES: dict[CaveatKind, str] = {
    "few units": "The intervals are not reliable, n = {count} {name}.",
    "no interval": "There is no interval: there is {count} {name}.",
    "few tested": "Only {count} {name} could be tested: with others the scores may be several points higher or lower.",
    "one label": "{share} of the predictions are {name!r}.",
    "few for calibration": "The calibration error is biased upwards with so few predictions ({count}).",
    "constant fold": "The network of fold {count} predicts {name!r} for everything.",
    "no better than majority": "The network is no better than always predicting the most frequent class: "
    "it has learned nothing useful.",
    "no better than probe": "The network is not shown to be better than a linear probe, which ignores the order in "
    "time: {name}.",
    "worse than probe": "A linear probe, which ignores the order in time, is better than the network: {name}.",
    "stopped": "This run was stopped: {count} of {total} folds are evaluated.",
    "not calibrated": "The scores could not be calibrated: calibration needs labelled clips of at least two groups.",
    "label matching": "{name}",
    "leak": LEAK_TAG + "{name}",
    "unknown training data": "{name}",
    "held-out groups": "{name}",
    "shared clips": "Compared on the {count} clips that both were evaluated on.",
    "other labels": "Left out: {count} {name} a different label in the other dataset.",
    "other version": "The first was evaluated on {name}: clips are matched by their content.",
    "different folds": "The two were trained on different folds, which may explain part of the difference.",
}


@dataclass(frozen=True)
class Caveat:
    """Something to know before numbers are believed.

    count, of total: how many units, clips, folds or predictions; share: a part of them; name: the label, the unit or,
    where more is to be said than numbers, the clause.
    """

    kind: CaveatKind
    count: int = 0
    total: int = 0
    share: float = 0.0
    name: str = ""

    def __str__(self):
        share = per_cent(self.share, decimals=0)
        return SENTENCES[self.kind].format(count=self.count, total=self.total, share=share, name=self.name)


def leak_of(texts: Sequence[str]) -> str:
    """The first of stored sentences that is about a leak, without its tag; "" where there is none."""
    for text in texts:
        title, tag, about = text.partition(LEAK_TAG)
        if tag:
            return title + about if title else about[:1].upper() + about[1:]
    return ""


def is_leak(stored: str) -> bool:
    """Whether a stored sentence is that of a leak, perhaps after the title of what it is about."""
    return LEAK_TAG in stored
