"""The words of a set beside its features: what they alone say of clips that were held out, and what both say together.

Each fold has its own text branch with its own vocabulary, learned from the clips that its visual network learned from.
How much picture and words weigh is found on the fold's validation groups by networks that learned from its training
groups alone; where a fold has no validation groups both weigh the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.errors import NotEnoughExamples
from core.base.progress import Report
from core.domain import Dataset, Features, Fold, HeldOut
from core.stages.networks import recurrent, recurrent_training, text_branch
from core.stages.networks.recurrent import NetworkSettings, ScoreFunction
from core.stages.networks.text_branch import TextBranch
from core.workflows.texts import text_store
from core.workflows.training import training_data
from core.workflows.training.options import Options, sized
from core.workflows.training.training_data import LabelledFeatures
from core.workspace.store import Store

BRANCHES: tuple[str, ...] = ("picture", "words", "both")


@dataclass(frozen=True, eq=False)
class TextBranchResult:
    """What words alone, and both together, say of the held-out clips of a fold.

    weights: of picture and words; branch: who read the words, None where there were none to learn from.
    """

    words: HeldOut
    both: HeldOut
    weights: tuple[float, float]
    branch: TextBranch | None


def has_words(store: Store, dataset: Dataset) -> int:
    """How many clips of a set have words that can be learned from."""
    texts = text_store.all_lines(store)
    return sum(bool(text_store.spoken(texts.get(item.video, ()))) for item in dataset.items)


def near_steps(store: Store, dataset: Dataset, features: Sequence[Features]) -> tuple[tuple[str, ...], ...]:
    """The words near each step of each item; NotEnoughExamples where no clip has any."""
    texts = text_store.all_lines(store)
    words = tuple(
        text_branch.near(text_store.spoken(texts.get(item.video, ())), seen.times_s)
        for item, seen in zip(dataset.items, features, strict=True)
    )
    if not any(any(texts) for texts in words):
        hint = "Add subtitles or transcripts to its clips on the Timeline, or train without text."
        raise NotEnoughExamples(f"No clip of {dataset.name!r} has text.", hint)
    return words


def tested(
    labelled: LabelledFeatures,
    fold: Fold,
    number: int,
    run: ScoreFunction,
    options: Options,
    seed: int,
    report: Report,
    *,
    weighed: bool,
) -> TextBranchResult:
    """What the words add to a visual network on a fold. weighed: find the weights, else both weigh the same."""
    branch = branch_of(labelled, (*fold.train, *fold.validation), seed, report)
    weights = _weights(labelled, fold, options, seed, report) if weighed and branch else (1.0, 1.0)
    picture = [run(labelled.examples[index].values) for index in fold.test]
    words = _text_scores(labelled, fold.test, branch)
    both = [
        text_branch.fused(values, other, _worded(labelled, index, branch), weights)
        for values, other, index in zip(picture, words, fold.test, strict=True)
    ]
    alone, together = (training_data.held_out_of(labelled, fold.test, number, arrays) for arrays in (words, both))
    return TextBranchResult(alone, together, weights, branch)


def weighed(branch: TextBranch, weights: Sequence[tuple[float, float]]) -> TextBranch:
    """The text branch for use, with the mean of the weights that were found in each fold."""
    picture, words = np.mean(weights, axis=0) if weights else (1.0, 1.0)
    return replace(branch, weights=(float(picture), float(words)))


def scores(dataset: Dataset, groups: Sequence[str], by_branch: dict[str, HeldOut]) -> dict[str, float]:
    """The numbers of each branch, named such as "words accuracy"."""
    return {
        f"{branch} {name}": value
        for branch, answer in by_branch.items()
        for name, value in training_data.scores(training_data.comparison(dataset, groups, answer)).items()
    }


def branch_of(labelled: LabelledFeatures, indices: Sequence[int], seed: int, report: Report) -> TextBranch | None:
    """The text branch of some items; None where none of them has text."""
    texts, targets = [labelled.words[at] for at in indices], [labelled.examples[at].targets for at in indices]
    try:
        return text_branch.fit(texts, targets, labels=len(labelled.labels), seed=seed, report=report)
    except NotEnoughExamples:
        return None


def _text_scores(labelled: LabelledFeatures, indices: Sequence[int], branch: TextBranch | None) -> list[np.ndarray]:
    """(T, C) of each item: what its words say; all labels alike where they say nothing."""
    texts = [labelled.words[index] for index in indices]
    if branch is None or not texts:
        return [np.full((len(text), len(labelled.labels)), 1 / len(labelled.labels), np.float32) for text in texts]
    whole = branch.scores([text for of_item in texts for text in of_item])
    return np.split(whole, np.cumsum([len(text) for text in texts])[:-1])


def _worded(labelled: LabelledFeatures, index: int, branch: TextBranch | None) -> np.ndarray:
    """(T,) bool: whether the words near each step of an item say anything."""
    texts = labelled.words[index]
    return branch.says(texts) if branch else np.zeros(len(texts), bool)


def _weights(
    labelled: LabelledFeatures, fold: Fold, options: Options, seed: int, report: Report
) -> tuple[float, float]:
    """The weights of picture and words that are best on the validation groups, which nothing here learned from."""
    learned, judged = labelled.chosen(fold.train), fold.validation
    branch = branch_of(labelled, fold.train, seed, report) if learned and judged else None
    if branch is None:
        return 1.0, 1.0
    settings: NetworkSettings = sized(options, len(learned))
    run = recurrent.runner(
        recurrent_training.fit(settings, learned, labels=len(labelled.labels), seed=seed, report=report).model
    )
    return text_branch.learned_weights(
        np.concatenate([run(labelled.examples[index].values) for index in judged]),
        np.concatenate(_text_scores(labelled, judged, branch)),
        np.concatenate([_worded(labelled, index, branch) for index in judged]),
        np.concatenate([labelled.examples[index].targets for index in judged]),
    )
