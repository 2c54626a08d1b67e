"""What is evaluated: a run on the held-out clips of a dataset, or a model on all or some of its clips."""

import time
from dataclasses import replace

import streamlit as st

from core.base.errors import AnalysisError, LabelsMismatch
from core.domain import Grouping, Training
from core.workflows import dataset_versions, evaluation, training
from core.workflows.evaluation import label_matching
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import formatting, split_description, theme
from pages.ui.evaluate import selection

RUN, MODEL = "run:", "model:"
MOST_BY_HAND = 40  # classes that a person matches
NAMED = ("unseen", "given")
STRANGERS = {"left out": "Exclude", "wrong": "Count as errors"}


def runs(entry: DatasetEntry) -> dict[str, Training]:
    """The runs tested on the current version of this dataset, the newest first."""
    trainings = training.all_runs(state.store())
    return {
        key: training for key, training in trainings.items() if training.scores and training.dataset_key == entry.key
    }


def choices(entry: DatasetEntry) -> dict[str, str]:
    """What can be evaluated on a dataset: its runs, then all models."""
    tested = {RUN + key: _run(run, key) for key, run in runs(entry).items()}
    return tested | {MODEL + name: f"Model: {card.title}" for name, card in state.models().items()}


def _run(record: Training, key: str) -> str:
    share = formatting.per_cent(record.scores.get("accuracy", 0.0))
    part = formatting.partial(cache.coverage(key))
    share = f"{share} in {part}" if part else share
    return f"Run: {record.name}, {share}, {formatting.ago(record.created, time.time())}"


def subject(entry: DatasetEntry) -> evaluation.EvaluationQuestion | None:
    """What is evaluated on the set; None, with advice, where there is nothing."""
    known = choices(entry)
    if not known:
        theme.empty("Nothing to evaluate yet", "Train a network on this dataset: it is tested on held-out clips.")
        return None
    chosen = st.selectbox(
        "Run or model", list(known), _likeliest(entry, list(known)), known.__getitem__,
        key=f"evaluate.subject.{entry.key}",
        help=("A run is evaluated on its held-out clips. A model may have been trained on clips of "
"this dataset: choose a split whose test clips it has not seen."),
    )  # fmt: skip
    return question(entry, chosen, at="first")


def _likeliest(entry: DatasetEntry, names: list[str]) -> int:
    """The index of what is selected at first: the newest run, else the first of the models that know most labels."""
    dataset = cache.dataset(entry)
    if dataset is None or names[0].startswith(RUN):
        return 0
    cards = state.models()
    known = [
        len(dataset.labels) - len(label_matching.matched(dataset, cards[name.removeprefix(MODEL)]).strangers)
        for name in names
    ]
    return known.index(max(known))


def rival(entry: DatasetEntry, first: evaluation.EvaluationQuestion) -> evaluation.EvaluationQuestion | None:
    """A second one to compare the first with; None where none was chosen."""
    here, others = choices(entry), _of_other_versions(entry)
    texts = _describe_runs({name: other for name, other in others.items() if name not in here})
    tested = {name: text for name, text in here.items() if name.startswith(RUN)}
    known = tested | texts | here  # runs before models
    own = (RUN if first.source == "run" else MODEL) + first.name
    options = [name for name in known if name != own]
    if not options:
        theme.empty("Nothing to compare with", "Train another network on this dataset, or import a model.")
        return None
    chosen = st.selectbox("Compare with", options, 0, known.__getitem__, key=f"evaluate.rival.{entry.key}.{own}")
    return question(entry if chosen in here else others[chosen], chosen, at="second")


def _of_other_versions(entry: DatasetEntry) -> dict[str, DatasetEntry]:
    """The runs on other versions of a dataset, as choices, each with its version."""
    names = set(dataset_versions.family(state.store(), entry.name)) - {entry.name}
    others = [other for other in state.store().datasets() if other.name in names]
    return {RUN + key: other for other in others for key in runs(other)}


def _describe_runs(others: dict[str, DatasetEntry]) -> dict[str, str]:
    """The texts of runs on other versions, which name their version."""
    store, texts = state.store(), {}
    titles = dataset_versions.titles(store)
    for name, other in others.items():
        key = name.removeprefix(RUN)
        texts[name] = f"{_run(training.run_of(store, key), key)}, on {titles[other.name]}"
    return texts


def question(entry: DatasetEntry, chosen: str, *, at: str) -> evaluation.EvaluationQuestion:
    """The question that a choice stands for; for a model, on which clips and with whose groups."""
    kind, _, name = chosen.partition(":")
    if kind == "run":
        return evaluation.EvaluationQuestion(entry.name, "run", name)
    split, grouping = _clips(entry, name, at)
    question = evaluation.EvaluationQuestion(
        entry.name, "model", name, split=split, grouping=grouping, engine=state.settings().engine
    )
    return _matched(entry, question, at)


def _clips(entry: DatasetEntry, model: str, at: str) -> tuple[str, Grouping]:
    """The key of the split whose test clips are meant, "" for all, and how groups are told."""
    kept = {key: cache.kept_split(key) for key in state.store().split_keys(entry.key)}
    texts = _describe_splits(entry, model) | {
        key: f"Test clips of the split: {split_description.describe(split)}" for key, split in kept.items()
    }
    chosen = next(iter(texts))
    if len(texts) > 1:
        chosen = st.selectbox(
            "Clips", list(texts), 0, texts.__getitem__, key=f"evaluate.split.{at}.{entry.key}.{model}"
        )
    grouping = _grouping(entry, kept.get(chosen) or next(iter(kept.values()), None))
    if chosen in NAMED:
        try:
            chosen = cache.named_split(entry, chosen, grouping, model)
        except AnalysisError as error:
            theme.problem(str(error), f"{error.hint} Until then, all clips are used.")
            chosen = ""
    return chosen, grouping


def _describe_splits(entry: DatasetEntry, model: str) -> dict[str, str]:
    """The clips on which a model can be evaluated, without a stored split; clips it was not trained on come first."""
    dataset = cache.dataset(entry)
    assert dataset is not None
    new = cache.unseen(entry, model)
    given = sum(item.split == "test" for item in dataset.items)
    texts = {"unseen": f"{formatting.count(new, 'clip')} that the model was not trained on"} if new else {}
    texts |= {"": f"All {formatting.count(len(dataset.items), 'clip')} of the dataset"}
    return texts | ({"given": f"The {formatting.count(given, 'test clip')} of the original split"} if given else {})


def _grouping(entry: DatasetEntry, split) -> Grouping:
    """How the clips of a set belong together: as its split tells, else as the set suggests itself."""
    if split is not None:
        return split.grouping
    try:
        return cache.suggested_split(entry).grouping
    except AnalysisError:
        return Grouping()


def _matched(entry: DatasetEntry, question: evaluation.EvaluationQuestion, at: str) -> evaluation.EvaluationQuestion:
    """The question with the user's matches of unknown classes, which are shown."""
    try:
        matching = evaluation.match(state.store(), question)
    except AnalysisError:
        return question  # the job says what is wrong
    if not matching.strangers:
        return question
    few = selection.some(matching.strangers)
    st.caption(
        f"Unknown to the model: {theme.plain(few)} "
        f"({formatting.classes(len(matching.strangers))}, {formatting.count(matching.clips, 'clip')} of "
        f"{formatting.number(entry.clips)}). Match these classes to those of the model."
    )
    pairs = _by_hand(question, matching.strangers, at)
    chosen = "left out"
    if {ours for ours, _ in pairs} < set(matching.strangers):
        chosen = st.segmented_control(
            "Clips of unknown classes", list(STRANGERS), default="left out", format_func=STRANGERS.__getitem__,
            key=f"evaluate.strangers.{at}", required=True,
        )  # fmt: skip
    return replace(question, strangers=str(chosen), pairs=pairs)  # type: ignore[arg-type]


def _by_hand(
    question: evaluation.EvaluationQuestion, strangers: tuple[str, ...], at: str
) -> tuple[tuple[str, str], ...]:
    """The user's matches between classes of the model and of the dataset."""
    labels = state.models()[question.name].labels
    name = f"evaluate.pair.{at}.{question.dataset}.{question.name}"
    with st.expander("Match class names", icon=":material/join:", key=f"{name}.box"):
        chosen = {
            ours: st.multiselect(
                f"“{ours}” corresponds to",
                label_matching.nearest(ours, labels),
                key=f"{name}.{ours}",
                placeholder="no match",
            )
            for ours in strangers[:MOST_BY_HAND]
        }
        st.caption(
            "Similar names are listed first. Several classes of the model may match one class of the "
            "dataset: their scores are added."
        )
    return tuple((ours, theirs) for ours, several in chosen.items() for theirs in several)


def answerable(entry: DatasetEntry, question: evaluation.EvaluationQuestion, button: str = "Evaluate") -> bool:
    """Whether the model knows any label of the dataset; else the button that would evaluate it, disabled, and why."""
    dataset = cache.dataset(entry)
    if dataset is None or question.source == "run":
        return True
    try:
        matching = evaluation.match(state.store(), question)
        label_matching.check_matched(dataset, state.models()[question.name], matching)
    except LabelsMismatch as error:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(button, key=f"refused.{button}", type="primary", icon=":material/play_arrow:", disabled=True)
            theme.empty("This model cannot be evaluated on this dataset", f"{error} {error.hint}")
        return False
    except AnalysisError:
        return True  # the job says what is wrong
    return True


def key(question: evaluation.EvaluationQuestion) -> str:
    """The name of the answer to a question; empty, and told, where it cannot be answered."""
    try:
        return evaluation.question_key(state.store(), question)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return ""
