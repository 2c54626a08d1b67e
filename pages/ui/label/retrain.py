"""From labels to a network on the Label page: into a labelled set, learn anew, and what more labels were worth."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import VideoInfo
from core.domain.jobs import Job
from core.workflows import training
from core.workflows.annotation import retraining
from core.workflows.annotation.journal import State
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.jobs import job_panel
from pages.ui.label import figures, tracks

NEW = "A new set"
OWN = "My labels"


def show(info: VideoInfo, now: State) -> None:
    """Which set, the two steps, and the curve."""
    theme.section(
        "Teach a network",
        "What you looked at goes into a labelled set; what nobody looked at is neither learned nor scored.",
    )
    name = _set(info)
    seen = formatting.length(now.document.seen_s)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            f"Put {seen} into “{name}”", key="label.contribute", icon=":material/dataset:", on_click=_contribute,
            args=(info, now, name), disabled=not now.document.seen,
        )  # fmt: skip
        there = any(entry.name == name for entry in state.store().datasets())
        if button.pressed(
            "Learn from it", key="label.learn", type="primary", icon=":material/school:", disabled=not there
        ):
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
        "Labelled set", options, options.index(kept) if kept in options else len(names), key="label.set.pick", width=420
    )
    if picked == NEW:
        picked = (
            st.text_input("Its name", OWN if OWN not in names else "", key="label.set.name", width=420).strip() or OWN
        )
    state.remember("label.set", picked)
    return picked


def _likely(info: VideoInfo, names: list[str]) -> str:
    """The set that holds the clip already, else that of one's own labels."""
    for entry in state.store().datasets():
        dataset = cache.dataset(entry)
        if dataset and any(item.video == info.digest for item in dataset.items):
            return entry.name
    return OWN if OWN in names else NEW


def _contribute(info: VideoInfo, now: State, name: str) -> None:
    try:
        made = retraining.contribute(state.store(), name, info.digest, now.document)
    except AnalysisError as error:
        tracks.tell(error)
        return
    state.remember("sets.name", made.name)
    held, clips = formatting.length(retraining.labelled_s(made)), formatting.count(len(made.items), "clip")
    text = f"The set “{made.name}” now holds {held} of labels in {clips}."
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
        state.runner().submit(key, f"Train {record.name}", retraining.learn, state.store(), key)
    st.rerun()


def _follow() -> None:
    """The training under way, or how it ended."""
    key = state.remembered("label.learning", "")
    job: Job | None = state.runner().job(key) if key else None
    if job is not None and job.active:
        job_panel.watch(key, noun="batch")
    elif job is not None and job.state in ("failed", "lost"):
        theme.problem(job.error or f"{job.title} did not end.", job.hint or "Start it again.")
    elif model := retraining.model_of(state.store(), key) if key else "":
        st.success("It has learned. Its network can draft labels now.", icon=":material/school:")
        st.button("Draft with it", key="label.use", on_click=_use, args=(model,), icon=":material/edit_note:")


def _use(model: str) -> None:
    state.choose_model(model)
    state.remember("label.view", "draft")
    state.remember("label.views", state.remembered("label.views", 0) + 1)


def _curve(name: str) -> None:
    """The score of each training on the set, by how much was labelled."""
    try:
        points = retraining.curve(state.store(), name)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    if not points:
        st.caption("After each training you see here how good its network is on clips that it never saw.")
        return
    theme.section(
        "What more labels were worth",
        "Moments of held-out clips that each network named rightly. All are judged by the labels that you have now, on "
        "the same clips, so that early and late can be compared.",
    )
    st.markdown(figures.summary(points))
    figure = figures.curve(points, dark=state.is_dark())
    st.plotly_chart(figure, key=f"label.curve.{name}", config={"displayModeBar": False})
    if points[-1].moments < figures.FEW:
        theme.notes((f"Only {formatting.count(points[-1].moments, 'moment')} could be judged: the scores will swing.",))
