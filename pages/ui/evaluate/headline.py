"""The headline of Evaluate: the main result in a sentence, metrics with intervals, and baselines."""

from collections.abc import Iterable
from html import escape

import streamlit as st

from core.domain import Evaluation
from core.workflows import dataset_versions
from pages.ui import cache, state
from pages.ui.common import figures, formatting, text_branch_scores, theme
from pages.ui.evaluate import descriptions, metric_figures

TILE_PX = 158
TILES = ("accuracy", "balanced_accuracy", "macro_f1", "ece")
TILES_OVER_TIME = ("frame_accuracy", "edit", "f1_50", "balanced_accuracy")


def show(key: str) -> None:
    """Sentence, metrics, baselines and caveats."""
    evaluation = cache.evaluation(key)
    left, right = st.columns([7, 4], gap="large", vertical_alignment="center")
    with left:
        sentence(key)
        st.caption(theme.plain(descriptions.expected(evaluation)), help=descriptions.INTERVAL)
        _numbers(evaluation)
    with right:
        _beside(evaluation)
    theme.facts(_facts(evaluation))
    _text_results(evaluation)
    _beware(descriptions.warnings(evaluation))


def sentence(key: str) -> None:
    """The outcome in a sentence alone."""
    evaluation = cache.evaluation(key)
    version = f'&ensp;<span class="k-fact">{escape(name)}</span>' if (name := version_of(evaluation)) else ""
    st.html(f'<div class="k-headline">{descriptions.sentence(evaluation, _part(evaluation))}{version}</div>')


def version_of(evaluation: Evaluation) -> str:
    """Which version of a dataset was evaluated on; "" where there is only one."""
    store = state.store()
    several = len(dataset_versions.family(store, evaluation.dataset)) > 1
    return dataset_versions.titles(store).get(evaluation.dataset, evaluation.dataset) if several else ""


def _part(evaluation: Evaluation) -> str:
    """How much of its split a run has tested, where that is not all."""
    return formatting.partial(cache.coverage(evaluation.origin.name)) if evaluation.origin.source == "run" else ""


def titled(title: str, evaluation: Evaluation) -> str:
    """The title of what is evaluated; of a run that has not tested all folds, how many; the version of the dataset."""
    notes = [text for text in (version_of(evaluation), _part(evaluation)) if text]
    return f"{title} ({'; '.join(notes)})" if notes else title


def _text_results(evaluation: Evaluation) -> None:
    """The effect of text, if the run used it."""
    record = cache.training_or_none(evaluation.origin.name) if evaluation.origin.source == "run" else None
    if record is not None:
        text_branch_scores.show(record, key="evaluate")


def _beware(texts: list[str]) -> None:
    """The most serious caveat; the others can be expanded."""
    if not texts:
        return
    rest = "".join(f"<p>{escape(text)}</p>" for text in texts[1:])
    count = formatting.count(len(texts) - 1, "more note")
    more = f"<details><summary>{count}</summary>{rest}</details>" if rest else ""
    st.html(f'<div class="k-notes" role="note"><p>{escape(texts[0])}</p>{more}</div>')


def _numbers(evaluation: Evaluation) -> None:
    overall = evaluation.card.overall
    names = [name for name in (TILES_OVER_TIME if evaluation.found.over_time else TILES) if name in overall]
    numbers(evaluation, names)


def numbers(evaluation: Evaluation, names: Iterable[str]) -> None:
    """Numbers side by side, each with its interval, explained in its help."""
    with st.container(horizontal=True):
        for name in names:
            estimate = evaluation.card.overall[name]
            st.metric(
                descriptions.short(name), descriptions.value(name, estimate), descriptions.interval(name, estimate),
                delta_color="off", delta_arrow="off", help=descriptions.explained(name), width=TILE_PX,
            )  # fmt: skip


def _beside(evaluation: Evaluation) -> None:
    """The first number beside what is simpler."""
    name = descriptions.main_number(evaluation)
    simple = [(baseline.title, baseline.overall[name]) for baseline in evaluation.baselines if name in baseline.overall]
    own = "this run" if evaluation.origin.source == "run" else "this model"
    rows = [*sorted(simple, key=lambda row: row[1].value or 0), (own, evaluation.card.overall[name])]
    st.plotly_chart(
        metric_figures.beside(rows, dark=state.is_dark()), key="evaluate.beside", config=figures.QUIET, theme=None
    )
    if evaluation.baselines:
        st.caption(
            "Baselines on the same clips.",
            help=" ".join(f"{baseline.title}: {baseline.about}" for baseline in evaluation.baselines),
        )


def _facts(evaluation: Evaluation) -> tuple[str, ...]:
    card = evaluation.card
    texts = (formatting.count(card.clip_count, "clip"), formatting.classes(len(descriptions.true_classes(evaluation))))
    groups = (formatting.count(card.group_count, "group"),) if card.unit == "group" else ()
    return tuple(text for text in (*texts, *groups, evaluation.origin.split) if text)


def all_numbers(evaluation: Evaluation) -> None:
    """Every number there is, in a table that opens."""
    box = st.expander("All metrics, explained", icon=":material/functions:", on_change="rerun", key="evaluate.all")
    if box.open:
        with box:
            st.dataframe(
                descriptions.numbers(evaluation, evaluation.card.overall), hide_index=True, width="stretch",
                column_config={"Description": st.column_config.TextColumn(width="large")},
            )  # fmt: skip
