"""The panel of a job: not started, waiting, running with rate and time left, stopped, failed, lost, done."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from core.domain.jobs import Job
from pages.ui import state
from pages.ui.common import theme, trouble
from pages.ui.common.jobs import job_group
from pages.ui.common.jobs.job_group import JobGroup

REFRESH_S = 1.0


class StopButton(NamedTuple):
    """What the button says that stops a job, with its icon."""

    text: str
    icon: str


CANCEL = StopButton("Cancel", ":material/close:")
PAUSE = StopButton("Pause", ":material/pause:")  # of a job that goes on where it stopped


def nothing_kept() -> str:
    """What holds of most jobs: each run begins at the start."""
    return ""


def ready(
    key: str,
    title: str,
    task: Callable[..., Any],
    *args: Any,
    noun: str = "frame",
    there: bool | None = None,
    at_once: bool = False,
    about: str = "",
    kept: Callable[[], str] = nothing_kept,
) -> bool:
    """Whether the result of that key is there. If not, its job is shown, with a button that begins it.

    task(*args, report=report) makes the result. noun: what its progress counts. there: whether the result is there,
    where it is no result of the store. at_once: begin without a button, the first time. about: what the button
    leads to, in words. kept: gives a sentence on what is left of a run that broke off, where the next goes on from it.
    """
    if state.store().has(key) if there is None else there:
        return True
    job = state.runner().job(key)
    if job is None and at_once:
        job = state.submit(key, title, task, *args, again=partial(_again, kept))
    if job is not None and job.active:
        watch(key, noun=noun)
        return False
    ended = job if job is not None and job.state != "done" else None
    name, icon = title, ":material/play_arrow:"
    if ended is not None:
        left, name = kept(), _again(kept)
        icon = ":material/resume:" if name == state.CONTINUE else ":material/refresh:"
        _outcome(ended, left)
    with st.container(horizontal=True, vertical_alignment="center", key=f"begin-{key}"):
        if about and not ended:
            theme.empty("Not analysed yet", about)
        st.button(
            name, key=f"start.{key}", type="primary", icon=icon, on_click=_start, args=(key, title, task, *args),
            kwargs={"kept": kept},
        )  # fmt: skip
    return False


def _again(kept: Callable[[], str]) -> str:
    """What the button says after a job ended without a result, here and in the list of all jobs."""
    return state.CONTINUE if kept() else state.TRY_AGAIN


def _start(key: str, title: str, task: Callable[..., Any], *args: Any, kept: Callable[[], str]) -> None:
    """Begin a job: a callback, as all that leads on from a press.

    A press that is only asked for where its button is drawn is lost when a job ends at that moment: then another run
    takes the place of the one that was to draw it, or draws something else there.
    """
    state.submit(key, title, task, *args, again=partial(_again, kept))


def _outcome(job: Job, kept: str) -> None:
    """Show how a job without a result ended. kept: what is left of it, in a sentence."""
    if job.state == "cancelled":
        st.info(f"Cancelled. {kept or 'No results were stored.'}", icon=":material/cancel:")
    else:
        hint = job.hint or "Start it again."
        theme.problem(job.error or f"{job.title} did not finish.", f"{hint} {kept}".strip())


@trouble.fragment(run_every=REFRESH_S)
def watch(key: str, *, noun: str = "frame", stop: StopButton = CANCEL) -> None:
    """A job under way, brought up to date each second; the page runs once more when it has ended.

    stop: the button that stops it.
    """
    job = state.runner().job(key)
    if job is None or not job.active:
        st.rerun()
    _show(JobGroup((job,)), key, noun, stop)


@trouble.fragment(run_every=REFRESH_S)
def watch_batch(name: str) -> None:
    """The same for all jobs of a batch, which are shown, and cancelled, as a single one."""
    batch = job_group.group(name)
    if batch is None or not batch.active:
        st.rerun()
    _show(batch, name, "")


def _show(group: JobGroup, key: str, noun: str, stop: StopButton = CANCEL) -> None:
    with st.container(border=True, key=f"job-{key}"):
        st.markdown(f"**{theme.plain(group.title)}**")
        text = theme.plain(job_group.progress(group, noun))
        if group.fraction is not None:
            st.progress(group.fraction, text=text)
        else:
            theme.busy(text)
        st.button(
            "Stopping…" if group.stopping else stop.text,
            key=f"cancel.{key}",
            disabled=group.stopping,
            icon=stop.icon,
            on_click=group.cancel,
        )
