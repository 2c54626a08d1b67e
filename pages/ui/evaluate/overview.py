"""Overview: the confusion matrix, the classes with their intervals, and the clips behind what was clicked."""

import streamlit as st

from core.domain import Evaluation
from core.stages.metrics.classification import Mode
from core.workflows import evaluation
from core.workflows.evaluation.choices import Choice
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme
from pages.ui.evaluate import clip_list, confusion_matrix, descriptions, headline, metric_figures
from pages.ui.evaluate.selection import clicked

MODES = {"counts": "Counts", "truth": "By true class", "prediction": "By predicted class"}
METRICS = {"recall": "Recall", "precision": "Precision", "f1": "F1"}
SORTS = {"worst first": "Worst first", "given": "Dataset order", "most clips": "Most clips"}
TALLEST_PX = 620
ROWS = 30  # classes that are drawn at first
ALL = "evaluate.choice.overview"


def show(key: str) -> None:
    """Matrix on the left; on the right the classes, or the clips of what was clicked."""
    evaluation = cache.evaluation(key)
    left, right = st.columns([6, 5], gap="large")
    with left:
        _matrix(key, evaluation)
    with right:
        slot = st.empty()
        if not chosen(key):
            with slot.container():
                _classes(key, evaluation)
        if chosen(key):
            with slot.container():
                _clips(key)
    headline.all_numbers(evaluation)


def _clips(key: str) -> None:
    """The clips of what was clicked, and the way back to the classes."""
    st.button(
        "All classes", icon=":material/arrow_back:", key="evaluate.back", on_click=clear, args=(key,), type="tertiary"
    )
    clip_list.panel(key, chosen(key), at="overview")


def chosen(key: str) -> Choice:
    """What was clicked last; empty where nothing is."""
    return state.remembered(f"{ALL}.{key}", ())


def choose(key: str, choice: Choice) -> None:
    """Let this be what was clicked last."""
    state.remember(f"{ALL}.{key}", choice)


def clear(key: str) -> None:
    """Forget what was clicked; the charts begin anew without a selection."""
    choose(key, ())
    state.remember("evaluate.turn", turn() + 1)


def turn() -> int:
    """How often clicks were forgotten: a part of the charts' keys."""
    return state.remembered("evaluate.turn", 0)


def heard(name: str, picked) -> list | None:
    """What was clicked just now on a chart: the customdata of its marker; None where nothing changed."""
    arrays = clicked(picked)
    first = tuple(arrays[0]) if arrays else ()
    if first == state.remembered(f"evaluate.click.{name}", ()):
        return None
    state.remember(f"evaluate.click.{name}", first)
    return list(first)


def _matrix(key: str, evaluation: Evaluation) -> None:
    """The confusion matrix; a click on a cell asks for its clips."""
    theme.section("Confusion matrix", "One row per true class. Click a cell to see its clips.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode: Mode = st.segmented_control(  # type: ignore[assignment]
            "Values", list(MODES), default="counts", format_func=MODES.__getitem__, key="evaluate.mode",
            required=True, help=("Counts, shares of each row (recall), or shares of each column (precision)."),
        )  # fmt: skip
        indices = _places(key, evaluation)
    if not indices:
        theme.empty("No class selected", "Select classes, or another part of the matrix.")
        return
    figure = confusion_matrix.figure(evaluation, indices, mode, dark=state.is_dark())
    name = f"evaluate.matrix.{key}.{mode}.{turn()}.{hash(indices)}"
    picked = st.plotly_chart(
        figure, key=name, on_select="rerun", selection_mode="points", theme=None, config=figures.QUIET
    )
    if (cell := heard(name, picked)) is not None:
        labels = evaluation.card.labels
        choose(key, ("cell", labels[int(cell[0])], labels[int(cell[1])]) if cell else ())
    st.caption(_scope(evaluation, indices))


def _places(key: str, evaluation: Evaluation) -> tuple[int, ...]:
    """Which classes the matrix shows, in order."""
    order = cache.label_order(key, "given", "occurring")
    if len(order) <= confusion_matrix.MOST_CLASSES:
        near = len(order) > 4 and st.toggle(
            "Group similar classes",
            key="evaluate.near",
            help="Place classes that are confused with each other side by side.",
        )
        return cache.label_order(key, "clusters", "occurring") if near else order
    parts = confusion_matrix.parts(evaluation, cache.label_order(key, "clusters", "occurring"))
    own = "Selected classes"
    part = st.selectbox("Part of the matrix", [*parts, own], 0, key=f"evaluate.part.{key}", width=300)
    if part != own:
        return parts[part]
    labels = evaluation.card.labels
    names = st.multiselect("Classes", [labels[index] for index in order], key=f"evaluate.some.{key}")
    return tuple(labels.index(name) for name in names)


def _scope(results: Evaluation, indices: tuple[int, ...]) -> str:
    """How much of all the matrix shows."""
    noun = "moment" if results.found.over_time else "clip"
    counts = evaluation.matrix(results, indices, "counts")
    inside, labelled = int(counts.sum()), results.card.labelled
    if inside == labelled:
        return (
            f"All {formatting.count(labelled, noun)}. Blue: correctly classified. Amber: classified as another class."
        )
    return (
        f"{formatting.count(inside, noun)} of {formatting.number(labelled)} are shown; "
        "the others have a true or predicted class outside this part."
    )


def _classes(key: str, evaluation: Evaluation) -> None:
    """One row for each class, with intervals; a click on one asks for its mistakes."""
    theme.section("Per class", "Click a class to see its errors.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        metric = st.segmented_control(
            "Metric", list(METRICS), default="recall", format_func=METRICS.__getitem__, key="evaluate.metric",
            required=True, help=" ".join(f"{METRICS[name]}: {descriptions.explained(name)}" for name in METRICS),
        )  # fmt: skip
        sort = st.selectbox("Order", list(SORTS), 0, SORTS.__getitem__, key="evaluate.sort", width=180)
    order = cache.label_order(key, str(sort), "occurring")
    shown = order[: state.remembered(f"evaluate.rows.{key}", ROWS)]
    truths = evaluation.card.confusion.sum(axis=1)
    figure = metric_figures.classes(
        evaluation.card.labels, truths, evaluation.card.by_label, shown, str(metric), dark=state.is_dark()
    )
    name = f"evaluate.classes.{key}.{metric}.{sort}.{turn()}"
    tall = len(shown) * metric_figures.ROW_PX > TALLEST_PX
    with st.container(height=TALLEST_PX if tall else "content", border=False):
        picked = st.plotly_chart(
            figure, key=name, on_select="rerun", selection_mode="points", theme=None, config=figures.QUIET
        )
    if clicked := heard(name, picked):
        choose(key, ("label", str(clicked[0]), "errors"))
    if len(order) > len(shown):
        st.button(
            f"Show more ({formatting.classes(len(order))} in total)", icon=":material/expand_more:",
            key="evaluate.rows", on_click=state.remember, args=(f"evaluate.rows.{key}", 2 * len(shown)),
        )  # fmt: skip
    _table(evaluation, order)


def _table(evaluation: Evaluation, shown: tuple[int, ...]) -> None:
    """All classes in a table that opens."""
    box = st.expander("All classes as a table", icon=":material/table_rows:", on_change="rerun", key="evaluate.table")
    if not box.open:
        return
    shares = {
        name: st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100) for name in METRICS.values()
    }
    with box:
        st.dataframe(
            descriptions.class_table(evaluation, shown), hide_index=True, width="stretch", column_config=shares
        )
