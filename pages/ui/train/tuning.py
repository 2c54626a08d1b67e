"""Hyperparameter tuning: time limit, trials, and the button that uses the best settings."""

import streamlit as st

from core.domain import Split, Trial
from core.workflows import training
from core.workflows.experiments import tuning
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.common import figures, formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.jobs import job_panel
from pages.ui.common.pickers import backbone_menu
from pages.ui.train import descriptions, form, run_figures

CONTINUE = "Continue tuning"
ABOUT = (
    "Searches learning rates, batch sizes, cells, units, dropout and CNNs for the best "
    "accuracy on the validation groups. Test groups of the same fold are never used."
)


def panel(entry: DatasetEntry, split: Split, options: training.Options, backbone: str, view: str) -> None:
    """The tuning of this dataset and split, in an expander."""
    with st.expander("Hyperparameter tuning", icon=":material/manage_search:", key="train.search"):
        st.caption(ABOUT)
        search = _search(entry, split, options, backbone, view)
        key = tuning.search_key(search)
        job = state.runner().job(key)
        if job is not None and job.active:
            job_panel.watch(key, noun="trial")
        elif button.pressed(_begin(job), key="train.search.start", icon=":material/play_arrow:"):
            title = f"Tune hyperparameters for {entry.name}"
            state.submit(key, title, tuning.search, state.store(), search, again=lambda: CONTINUE)
            st.rerun()
        if job is not None and job.state in ("failed", "lost"):
            theme.problem(job.error or f"{job.title} did not finish.", job.hint)
        _results(key, options)


def _begin(job) -> str:
    return "Start tuning" if job is None else CONTINUE


def _search(entry: DatasetEntry, split: Split, options: training.Options, backbone: str, view: str) -> tuning.Search:
    left, middle, right = st.columns([4, 1, 1], vertical_alignment="bottom")
    names = backbone_menu.names()
    chosen = left.multiselect(
        "CNNs", names, [backbone], key="train.search.cnn",
        format_func=backbone_menu.title,
        help="For another CNN, features of all clips are computed first, within the time limit.",
    )  # fmt: skip
    minutes = middle.number_input("Time limit, minutes", 1, 600, 5, key="train.search.minutes")
    most = right.number_input("Maximum trials", 2, 500, 30, key="train.search.trials")
    return tuning.Search(
        entry.name, entry.key, training.keep_split(state.store(), split), tuple(chosen or [backbone]),
        state.settings().engine, view, options, most=int(most), seconds=60.0 * minutes,
    )  # fmt: skip


def _results(key: str, options: training.Options) -> None:
    """The trials as a figure and a table, and the best."""
    trials = tuning.trials(state.store(), key)
    winner = tuning.best(trials)
    if winner is None:
        return
    st.markdown(descriptions.gain(trials))
    st.plotly_chart(run_figures.tried(trials, dark=state.is_dark()), key="train.trials", config=figures.QUIET)
    st.dataframe(
        descriptions.trials(trials), hide_index=True, width="stretch", height=300,
        column_config={
            "Validation accuracy": st.column_config.NumberColumn(format="%.1f %%"),
            "Validation loss": st.column_config.NumberColumn(format="%.3f"),
            "Learning rate": st.column_config.NumberColumn(format="%.5f"),
            "Dropout": st.column_config.NumberColumn(format="%.2f"),
            "Seconds": st.column_config.NumberColumn(format="%.1f"),
        },
    )  # fmt: skip
    st.button(
        f"Use trial {winner.number + 1}, {formatting.per_cent(winner.accuracy or 0)} on validation groups",
        key="train.search.use", type="primary", on_click=_use, args=(winner, options),
    )  # fmt: skip


def _use(winner: Trial, options: training.Options) -> None:
    backbone, chosen = tuning.options_from(winner, options)
    form.use(chosen)
    state.set_widget("train.backbone", backbone)
