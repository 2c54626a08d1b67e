"""The labels of many clips, and what is computed of them."""

import numpy as np

from core.base.errors import UnknownName
from core.stages.study.transitions import SLACK_S
from core.workflows.study.corrected_shares import CorrectedBudgets
from core.workflows.study.groups import GroupComparison
from core.workflows.study.library import budgets, export, held_out_confusion, over_time, question, sources
from core.workflows.study.library.columns import DataTable, StudyColumns
from core.workflows.study.library.held_out_confusion import HeldOutClips
from core.workflows.study.library.question import LibraryQuestion
from core.workflows.study.library.sources import LabelSource
from pages.ui import state
from pages.ui.cache.memory import cached

Groups = dict[str, str]  # of clips, by digest


def label_authors() -> dict[str, tuple[str, ...]]:
    """The people who drew labels, each with the clips in which they did."""
    return _label_authors(sources.stamp(state.store()))


@cached(most=2, spinner="Looking for labels")
def _label_authors(stamp: str) -> dict[str, tuple[str, ...]]:
    return sources.annotators(state.store())


def labelled(source: LabelSource) -> tuple[frozenset[str], str]:
    """The clips of the library that have labels of a source, and the key of their columns."""
    return _labelled(source, _stamp())


def learned_from(source: LabelSource) -> frozenset[str]:
    """The clips that the model of a source was trained on."""
    bodies = " ".join(entry.body for entry in state.store().datasets())
    return _learned_from(source, _models(), bodies)


def is_trained_on(model: str, digest: str) -> bool:
    """Whether a model was trained on a clip, as far as its card tells."""
    try:
        return digest in learned_from(sources.LabelSource("model", model))
    except UnknownName:  # it was deleted
        return False


@cached(most=4)
def _learned_from(source: LabelSource, models: str, bodies: str) -> frozenset[str]:
    return sources.learned_from(state.store(), source)


def _stamp() -> str:
    """What changes with the labels of any clip; tens of milliseconds for a thousand clips."""
    return f"{sources.stamp(state.store())} {_models()}"


def _models() -> str:
    return " ".join(f"{card.name}:{card.version}:{card.threshold}" for card in state.models().values())


@cached(most=4, spinner="Looking for labels")
def _labelled(source: LabelSource, stamp: str) -> tuple[frozenset[str], str]:
    known = sources.versions(state.store(), source, state.settings().engine)
    return frozenset(known), export.columns_key(source, known)


@cached(most=2)
def study_columns(key: str) -> StudyColumns:
    """The labels of all clips of a source."""
    return state.store().read(key, StudyColumns)


@cached(most=4)
def clip_budgets(key: str, chosen: str, _digests: tuple[str, ...]) -> DataTable:
    """The budgets of chosen clips. chosen: names these clips."""
    return budgets.clip_budgets(study_columns(key), _digests)


@cached(most=4)
def group_budgets(
    key: str, chosen: str, by: str, _digests: tuple[str, ...], _groups: Groups, _subjects: Groups
) -> DataTable:
    """The budgets of groups of chosen clips. by: names the groups and the subjects."""
    return budgets.group_budgets(study_columns(key), _digests, _groups, _subjects)


@cached(most=16)
def shares_over_time(
    key: str, chosen: str, by: str, bin_s: float, label: str, _digests: tuple[str, ...], _groups: Groups
) -> DataTable:
    """The share of a label in each bin of the clips of each group."""
    return over_time.shares_over_time(study_columns(key), _digests, _groups, bin_s, label)


@cached(most=4)
def transition_counts(key: str, chosen: str, max_gap_s: float | None, _digests: tuple[str, ...]) -> np.ndarray:
    """(L, L) how often a label follows another in chosen clips. max_gap_s: the longest time between them, None any."""
    columns = study_columns(key)
    own = columns.transitions[np.isin(columns.transitions[:, 0], columns.of_clips(_digests))]
    counts = np.zeros((len(columns.labels),) * 2, np.int64)
    if max_gap_s is not None:
        own = own[own[:, 3] <= max_gap_s + SLACK_S]
    np.add.at(counts, (own[:, 1].astype(int), own[:, 2].astype(int)), 1)
    return counts


def comparison_key(about: LibraryQuestion) -> str:
    """The key of the comparison of groups that a question asks for."""
    return _comparison_key(about, _stamp(), _known_of_clips())


def _known_of_clips() -> str:
    """What changes with the metadata and the names of clips, and with what models were trained on."""
    store = state.store()
    return f"{store.metadata_revision()} {store.names_version()} {[entry.body for entry in store.datasets()]}"


@cached(most=4)
def _comparison_key(about: LibraryQuestion, stamp: str, words: str) -> str:
    return question.comparison_key(state.store(), about, state.settings().engine)


def files_key(about: LibraryQuestion) -> str:
    """The key of the files of a study."""
    return _files_key(about, _stamp(), f"{_known_of_clips()} {_evaluations()}")


@cached(most=4)
def _files_key(about: LibraryQuestion, stamp: str, words: str) -> str:
    return export.files_key(state.store(), about, state.settings().engine)


@cached(most=4)
def group_comparison(key: str) -> GroupComparison:
    """The comparison of groups stored under a key."""
    return state.store().read(key, GroupComparison)


def held_out_clips(source: LabelSource) -> tuple[HeldOutClips, ...]:
    """The evaluations of the model of a source that tell how it confuses labels."""
    return _held_out_clips(source, _stamp(), _evaluations())


@cached(most=4)
def _held_out_clips(source: LabelSource, stamp: str, words: str) -> tuple[HeldOutClips, ...]:
    return held_out_confusion.held_out_clips(state.store(), source, state.settings().engine)


def _evaluations() -> str:
    """What changes with the stored evaluations and the datasets."""
    store = state.store()
    return f"{store.keys('evaluation')} {[(entry.name, entry.key) for entry in store.datasets()]}"


def correction_key(about: LibraryQuestion, evaluation: str) -> str:
    """The key of the corrected budgets of the groups of a question, by an evaluation."""
    return _correction_key(about, evaluation, _stamp(), f"{state.store().metadata_revision()} {_evaluations()}")


@cached(most=4)
def _correction_key(about: LibraryQuestion, evaluation: str, stamp: str, words: str) -> str:
    return question.correction_key(state.store(), about, evaluation, state.settings().engine)


@cached(most=4)
def corrected_budgets(key: str) -> CorrectedBudgets:
    """The corrected budgets stored under a key."""
    return state.store().read(key, CorrectedBudgets)
