"""Training on the Label page: add labels to a dataset, train, and view the learning curve."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import VideoInfo
from core.domain.jobs import Job
from core.workflows import training
from core.workflows.annotation import retraining
from core.workflows.annotation.journal import TrackState
from pages.ui import cache, state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.controls import button, label_views
from pages.ui.common.jobs import job_panel
from pages.ui.label import figures, track_editor

NEW = "New dataset"
OWN = "My labels"


def show(info: VideoInfo, now: TrackState) -> None:
    """The dataset, the two steps, and the curve."""
    theme.section(
        "Train a network",
        "Reviewed parts of the clip are added to a dataset; parts that were not reviewed are "
        "used neither for training nor for evaluation.",
    )
    name = _set(info)
    seen = formatting.length(now.document.seen_s)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Add {seen} to “{name}”", key="label.contribute", icon=":material/dataset:", on_click=_contribute,
            args=(info, now, name), disabled=not now.document.seen,
        )  # fmt: skip
        there = any(entry.name == name for entry in state.store().datasets())
        running = _is_training(name)
        if button.pressed(
            "Training…" if running else "Train on this dataset", key="label.learn", type="primary",
            icon="spinner" if running else ":material/school:", disabled=running or not there,
        ):  # fmt: skip
            _learn(name)
    message = state.remembered("label.contributed", "")
    if message:
        st.caption(f":material/check_circle: {message}")
    _follow()
    if there:
        _curve(name)


def _set(info: VideoInfo) -> str:
    """The name of the set that labels go into."""
    names = [entry.name for entry in state.store().datasets()]
    kept = state.remembered("label.set", _likely(info, names))
    options = [*names, NEW]
    picked = st.selectbox(
        "Dataset", options, options.index(kept) if kept in options else len(names), key="label.set.pick", width=420
    )
    if picked == NEW:
        picked = st.text_input("Name", OWN if OWN not in names else "", key="label.set.name", width=420).strip() or OWN
    state.remember("label.set", picked)
    return picked


def _likely(info: VideoInfo, names: list[str]) -> str:
    """The set that holds the clip already, else that of one's own labels."""
    for entry in state.store().datasets():
        dataset = cache.dataset(entry)
        if dataset and any(item.video == info.digest for item in dataset.items):
            return entry.name
    return OWN if OWN in names else NEW


def _contribute(info: VideoInfo, now: TrackState, name: str) -> None:
    try:
        made = retraining.contribute(state.store(), name, info.digest, now.document)
    except AnalysisError as error:
        flash.keep(track_editor.PANEL, error)
        return
    state.keep("sets.name", made.name)
    held, clips = formatting.length(retraining.labelled_s(made)), formatting.count(len(made.items), "clip")
    text = f"The dataset “{made.name}” now contains {held} of labels in {clips}."
    state.remember("label.contributed", text)


def _learn(name: str) -> None:
    """Plan a training and begin it."""
    try:
        key = retraining.plan(state.store(), name, state.settings().engine)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    state.remember("label.learning", key)
    record = training.run_of(state.store(), key)
    if record.state != "done" or not retraining.model_of(state.store(), key):
        state.submit(key, f"Train {record.name}", retraining.learn, state.store(), key)
    st.rerun()


def _is_training(name: str) -> bool:
    """Whether the run that was begun here trains on that dataset just now."""
    key = state.remembered("label.learning", "")
    job = state.runner().job(key) if key else None
    return job is not None and job.active and training.run_of(state.store(), key).dataset == name


def _follow() -> None:
    """The current run, or how it ended."""
    key = state.remembered("label.learning", "")
    job: Job | None = state.runner().job(key) if key else None
    if job is not None and job.active:
        job_panel.watch(key, noun="batch")
    elif job is not None and job.state in ("failed", "lost"):
        theme.problem(job.error or f"{job.title} did not finish.", job.hint or "Start it again.")
    elif model := retraining.model_of(state.store(), key) if key else "":
        st.success("Training is complete. The network can now draft labels.", icon=":material/school:")
        st.button("Draft with this network", key="label.use", on_click=_use, args=(model,), icon=":material/edit_note:")


def _use(model: str) -> None:
    state.choose_model(model)
    label_views.turn_to("draft")


def _curve(name: str) -> None:
    """The score of each run on the dataset, over the labelled time."""
    try:
        points = retraining.curve(state.store(), name)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    if not points:
        st.caption("After each run, the accuracy of its network on held-out clips is shown here.")
        return
    theme.section(
        "Accuracy by amount of labels",
        "Share of held-out moments that each network classified correctly. All networks are "
        "evaluated on the same clips with your current labels, so that they can be compared.",
    )
    st.markdown(figures.summary(points))
    figure = figures.curve(points, dark=state.is_dark())
    st.plotly_chart(figure, key=f"label.curve.{name}", config={"displayModeBar": False})
    if points[-1].moments < figures.FEW:
        theme.notes((f"Only {formatting.count(points[-1].moments, 'moment')} could be evaluated: scores will vary.",))
