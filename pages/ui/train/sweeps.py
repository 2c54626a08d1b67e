"""Sweeps: one setting varied over several runs, shown as one chart."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Dataset, SettingSweep, Split
from core.workflows import training
from core.workflows.experiments import sweep as sweeps
from core.workspace.store import DatasetEntry
from pages.ui import state
from pages.ui.common import figures, flash, formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.jobs import job_panel
from pages.ui.train import descriptions, run_figures

CONTINUE = "Continue sweep"
PANEL = "train.sweep"  # of messages
ABOUT = (
    "Trains a run for each value of one setting, with everything else as set above. Scores are of the held-out test "
    "groups: they show what the setting does. To choose a setting, use tuning, which looks at validation groups only."
)


def panel(
    entry: DatasetEntry, dataset: Dataset, split: Split, options: training.Options, backbone: str, view: str
) -> None:
    """The sweeps of this dataset, in an expander."""
    with st.expander("Sweep of one setting", icon=":material/linear_scale:", key="train.sweeps"):
        st.caption(ABOUT)
        _new(entry, dataset, split, options, backbone, view)
        flash.show(PANEL)
        known = sweeps.sweeps_of(state.store(), entry.key)
        if known:
            _shown(known)


def _new(
    entry: DatasetEntry, dataset: Dataset, split: Split, options: training.Options, backbone: str, view: str
) -> None:
    """The setting, its values, and the button."""
    left, middle, right = st.columns([2, 4, 1.4], vertical_alignment="bottom")
    names = list(sweeps.SETTINGS)
    setting = left.selectbox(
        "Setting", names, names.index("learning_rate"), lambda name: sweeps.SETTINGS[name].label, key="train.sweep.of"
    )
    proposed = sweeps.proposed(setting, options)
    text = middle.text_input("Values, separated by commas", proposed, key=f"train.sweep.values.{setting}.{proposed}")
    if button.pressed("Start sweep", within=right, key="train.sweep.start", icon=":material/play_arrow:"):
        try:
            values = sweeps.values_of(setting, text)
            key = sweeps.plan(
                state.store(), dataset, split, setting, values, backbone=backbone, engine=state.settings().engine,
                recipe=training.view(view, backbone), options=options,
            )  # fmt: skip
        except AnalysisError as error:
            flash.keep(PANEL, error)
            return
        state.remember("train.sweep.shown", key)
        _begin(key, f"Sweep {sweeps.SETTINGS[setting].label.lower()} on {entry.name}")
        st.rerun()
    seconds = sweeps.expected_s(state.store(), entry.key, split, backbone, len(text.split(",")))
    if seconds:
        st.caption(f"This takes {formatting.roughly(seconds)}, at the pace of the latest run with this split and CNN.")


def _begin(key: str, title: str) -> None:
    state.submit(key, title, sweeps.run, state.store(), key, again=lambda: CONTINUE)


def _shown(known: dict[str, SettingSweep]) -> None:
    """One of the sweeps: its progress, its chart and its runs."""
    keys = list(known)
    last = state.remembered("train.sweep.shown", "")
    key = keys[0]
    if len(keys) > 1:
        key = st.selectbox(
            "Sweep", keys, keys.index(last) if last in known else 0, lambda key: descriptions.sweep(known[key]),
            key=f"train.sweep.pick.{len(keys)}.{last}",
        )  # fmt: skip
    sweep, job = known[key], state.runner().job(key)
    points = sweeps.points(state.store(), sweep)
    if job is not None and job.active:
        job_panel.watch(key, noun="step")
    elif not all(point.complete for point in points):
        if job is not None and job.state in ("failed", "lost"):
            theme.problem(job.error or f"{job.title} did not finish.", job.hint)
        title = f"Sweep {sweeps.SETTINGS[sweep.setting].label.lower()} on {sweep.dataset}"
        st.button(CONTINUE, icon=":material/resume:", key=f"train.sweep.go.{key}", on_click=_begin, args=(key, title))
    if any(point.accuracy is not None for point in points):
        knob = sweeps.SETTINGS[sweep.setting]
        figure = run_figures.swept(points, knob, dark=state.is_dark())
        st.plotly_chart(figure, key=f"train.sweep.{key}", config=figures.QUIET)
        st.caption(descriptions.spread(points))
