"""All runs: a table, one in full, several compared; rename, delete, resume, save as a model."""

from dataclasses import replace
from html import escape

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import BACKBONES
from core.domain import Training
from core.workflows import dataset_versions, training
from core.workflows.models import ModelLibrary, name_of
from core.workflows.training.commands import command_of
from core.workflows.training.options import options_of
from pages.ui import cache, state
from pages.ui.common import figures, formatting, metric_names, text_branch_scores, theme
from pages.ui.common.controls import button
from pages.ui.common.network import diagram as network_diagram
from pages.ui.train import descriptions, progress, run_figures

SHARES = ("Accuracy", "Macro F1", "Linear probe", "Majority")
MOST_COMPARED = 6


def show() -> None:
    """The table, and the selected runs."""
    trainings = training.all_runs(state.store())
    if not trainings:
        theme.empty("No runs yet", "Start one under New run. All runs are listed here with their scores.")
        return
    keys = list(trainings)
    if len(trainings) > 1:
        st.caption("Select one row to see a run, or several to compare runs.")
    picked = st.dataframe(
        descriptions.table(map(_titled, trainings.values()), map(_part, trainings)),
        hide_index=True,
        width="stretch",
        key=f"train.table.{len(keys)}",
        placeholder="",
        on_select="rerun",
        selection_mode="multi-row",
        column_config={name: st.column_config.NumberColumn(format="%.1f %%") for name in SHARES}
        | {
            "Name": st.column_config.TextColumn(width=200),
            "Seconds": st.column_config.NumberColumn(format="%.0f"),
            "Learning rate": st.column_config.NumberColumn(format="%.5g"),
            "Parameters": st.column_config.NumberColumn(format="localized"),
        },
    )
    rows = [row for row in picked.selection.rows if row < len(keys)]  # type: ignore[attr-defined]
    if len(rows) > 1:
        compared({keys[row]: trainings[keys[row]] for row in rows[:MOST_COMPARED]})
        return
    followed = state.remembered(progress.FOLLOWED, "")
    key = keys[rows[0]] if rows else followed if followed in trainings else keys[0]
    details(key, trainings[key])


def _part(key: str) -> str:
    """How much of its split a run has tested, where that is not all."""
    return formatting.partial(cache.coverage(key))


def compared(trainings: dict[str, Training]) -> None:
    """Several runs side by side, on the clips that all of them tested."""
    records = list(trainings.values())
    try:
        common = cache.common_scores(trainings)
    except AnalysisError as error:
        theme.section("Comparison")
        theme.notes([f"{error} {error.hint}"])
    else:
        count = formatting.count(common.clips, "clip")
        theme.section("Comparison", f"On the {count} tested by all. A difference of a few clips may be due to chance.")
        figure = run_figures.compared(records, list(common.scores.values()), dark=state.is_dark())
        st.plotly_chart(figure, key="train.compared", config=figures.QUIET)
        st.plotly_chart(run_figures.overlaid(records, dark=state.is_dark()), key="train.overlaid", config=figures.QUIET)
        st.caption("Loss after each epoch of the first fold: in training as a line, on validation groups dashed.")
        if parts := [f"{trainings[key].name}: {part}" for key in trainings if (part := _part(key))]:
            theme.notes(parts)
    st.dataframe(descriptions.differences(records), hide_index=True, width="stretch")


def details(key: str, record: Training) -> None:
    """One run in full."""
    with st.container(border=True, key=f"training-{key}"):
        head(key, record)
        if record.scores:
            _results(key, record)
            _keep(key, record)


def _titled(record: Training) -> Training:
    """A run for people: its dataset is called as its versions are told apart."""
    titles = dataset_versions.titles(state.store())
    return replace(record, dataset=titles.get(record.dataset, record.dataset))


def head(key: str, record: Training) -> None:
    """Settings and result of a run, and its actions."""
    left, right = st.columns([9, 2], vertical_alignment="center")
    with left:
        st.html(f'<div class="k-name">{escape(record.name)}</div>')
        st.html(f'<div class="k-headline">{descriptions.headline(record, _part(key))}</div>')
        theme.facts(descriptions.facts(_titled(record)))
    with right, st.container(horizontal=True, horizontal_alignment="right"):
        with st.popover("", icon=":material/edit:", help="Rename"):
            name = st.text_input("Name", record.name, key=f"train.rename.{key}", max_chars=80)
            st.button("Rename", key=f"train.renamed.{key}", on_click=_rename, args=(key, name))
        with st.popover("", icon=":material/delete:", help="Delete this run"):
            st.markdown(f"Delete the run **{theme.plain(record.name)}**?")
            st.caption("Models saved from it are kept.")
            st.button("Delete", key=f"train.delete.{key}", type="primary", on_click=_delete, args=(key,))
    if record.state != "done":
        _unfinished(key, record)


def _unfinished(key: str, record: Training) -> None:
    job = state.runner().job(key)
    if job is not None and job.active:
        st.caption("Running; see above.")
    elif button.pressed("Resume this run", key=f"train.resume.{key}", icon=":material/resume:"):
        progress.begin(key)


def _results(key: str, record: Training) -> None:
    """Scores and baselines, fold by fold, with curves."""
    if record.warnings:
        theme.notes(record.warnings)
    left, right = st.columns(2, gap="large")
    with left:
        st.plotly_chart(run_figures.beside(record, dark=state.is_dark()), key=f"beside.{key}", config=figures.QUIET)
        st.caption(descriptions.beside(record))
    with right:
        text_branch_scores.show(record, key=f"list.{key}")
        values = {metric_names.label(name): value for name, value in record.scores.items()}
        theme.facts(f"{name} {formatting.per_cent(value, decimals=1)}" for name, value in values.items())
        st.dataframe(
            descriptions.folds(record.folds), hide_index=True, width="stretch",
            height=min(250, 38 + 35 * len(record.folds)),
            column_config={"Accuracy": st.column_config.NumberColumn(format="%.1f %%")},
        )  # fmt: skip
    if record.validation_curve:
        _validation_curve(key, record)
    if record.backbone in BACKBONES:
        with st.expander(
            "Network as a picture", icon=":material/schema:", on_change="rerun", key=f"picture.{key}"
        ) as box:
            if box.open:
                clips = formatting.count(sum(fold.clips for fold in record.folds), "clip")
                settings = options_of(record.settings)
                network_diagram.show(record.backbone, settings, len(record.labels), clip=clips)
    with st.expander("Command that repeats this run", icon=":material/terminal:"):
        st.code(command_of(record), language="sh", wrap_lines=True)
    with st.expander(
        "Training curves per fold", icon=":material/show_chart:", on_change="rerun", key=f"curves.{key}"
    ) as box:
        if box.open:
            _curves(key, record)


def _validation_curve(key: str, record: Training) -> None:
    """The curves of a network that learned the first fold without its validation groups."""
    history, dark = record.validation_curve, state.is_dark()
    left, right = st.columns(2, gap="large")
    epochs = len(history)
    figure = run_figures.loss(history, epochs=epochs, dark=dark)
    left.plotly_chart(figure, key=f"validation.loss.{key}", config=figures.QUIET)
    figure = run_figures.score(history, epochs=epochs, best=None, dark=dark)
    right.plotly_chart(figure, key=f"validation.score.{key}", config=figures.QUIET)
    st.caption(
        "Curves of an additional network that did not learn the validation groups of fold 1. Where the validation "
        "loss rises while the training loss falls, the network overfits."
    )


def _curves(key: str, record: Training) -> None:
    index = st.selectbox(
        "Fold", range(len(record.folds)), format_func=lambda number: f"Fold {number + 1}", key=f"fold.{key}", width=240
    )
    fold, dark = record.folds[index or 0], state.is_dark()
    left, right = st.columns(2, gap="large")
    epochs = len(fold.history)
    left.plotly_chart(
        run_figures.loss(fold.history, epochs=epochs, dark=dark), key=f"done.loss.{key}", config=figures.QUIET
    )
    right.plotly_chart(
        run_figures.score(fold.history, epochs=epochs, best=fold.best, dark=dark),
        key=f"done.score.{key}",
        config=figures.QUIET,
    )


def _keep(key: str, record: Training) -> None:
    """Saving the network as a model."""
    saved = state.remembered(f"train.saved.{key}", "")
    if saved and saved in state.models():
        st.success(
            f"Saved as the model **{theme.plain(state.models()[saved].title)}**. You can use it on the Timeline.",
            icon=":material/check_circle:",
        )
        st.button(
            "Use on a clip", key=f"train.use.{key}", type="primary", icon=":material/view_timeline:",
            on_click=state.go, args=("timeline",), kwargs={"model": saved},
        )  # fmt: skip
        return
    if not record.network_sha256:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        free = ModelLibrary.of(state.store()).free_name(record.dataset)
        name = st.text_input("Model name", free, key=f"train.model.{key}", max_chars=49, width=320)
        if button.pressed("Save as model", key=f"train.save.{key}", type="primary", icon=":material/save:"):
            _save(key, name.strip(), free)


def _save(key: str, title: str, offered: str) -> None:
    """Save the network under a name made of the title that was typed. offered: the title before anything was typed."""
    try:
        card = training.save_model(state.store(), key, name_of(title), title if title != offered else "")
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    state.remember(f"train.saved.{key}", card.name)
    st.rerun()


def _rename(key: str, name: str) -> None:
    training.rename(state.store(), key, name)


def _delete(key: str) -> None:
    job = state.runner().job(key)
    if job is not None and job.active:
        state.runner().cancel(key)
    training.delete(state.store(), key)


def latest() -> None:
    """The runs under way, and the result of the latest one once it is there."""
    followed = state.remembered(progress.FOLLOWED, "")
    progress.under_way()
    if followed in state.store().keys("training") and training.run_of(state.store(), followed).state == "done":
        summary(followed)


def summary(key: str) -> None:
    """A short result of the run started here, with a link to its details."""
    record = training.run_of(state.store(), key)
    with st.container(border=True, key=f"summary-{key}"):
        st.html(f'<div class="k-headline">{descriptions.headline(record, _part(key))}</div>')
        st.caption(f"{theme.plain(record.name)}. {descriptions.beside(record)}")
        text_branch_scores.show(record, key=f"summary.{key}")
        if record.warnings:
            theme.notes(record.warnings)
        _keep(key, record)
        st.caption(f"The results of {formatting.count(len(record.folds), 'fold')} are under Runs.")
