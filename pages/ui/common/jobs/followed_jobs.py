"""The jobs that a panel began: they are followed from run to run, and how one ended is shown until it is closed."""

import streamlit as st

from core.domain.jobs import Job
from pages.ui import state
from pages.ui.common import theme


def follow(panel: str, key: str) -> None:
    """Follow another job in a panel."""
    state.remember(f"{panel}.keys", (*_without(panel, key), key))


def forget(panel: str, key: str) -> None:
    """Follow a job no longer."""
    state.remember(f"{panel}.keys", _without(panel, key))


def forget_ended(panel: str) -> None:
    """Follow only what is under way: whoever begins again has read how the last ones ended."""
    state.remember(f"{panel}.keys", tuple(job.key for job in jobs(panel, []) if job.active))


def jobs(panel: str, others: list[str]) -> list[Job]:
    """The jobs that are followed, and those with other keys, as they stand."""
    keys = dict.fromkeys((*state.remembered(f"{panel}.keys", ()), *others))
    return [job for key in keys if (job := state.runner().job(key)) is not None]


def ended(panel: str, job: Job, failed: str) -> None:
    """Show why a job gave no result, with a button to close the message. failed: what it means when it failed."""
    message, button = st.columns([8, 1], vertical_alignment="center")
    with message:
        if job.state == "cancelled":
            st.info(f"{theme.plain(job.title)}: cancelled. Nothing was added.", icon=":material/cancel:")
        else:
            theme.problem(f"{failed}: {job.error or job.title}", job.hint)
    button.button("Close", key=f"close.{job.key}", on_click=forget, args=(panel, job.key))


def _without(panel: str, key: str) -> tuple[str, ...]:
    return tuple(other for other in state.remembered(f"{panel}.keys", ()) if other != key)
