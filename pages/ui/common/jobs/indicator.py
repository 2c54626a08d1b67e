"""The jobs in the header of every page (a Components v2 component): what runs, and a list that it opens.

The browser asks our own address for the jobs, each second while there are any and seldom otherwise: no page runs again
for it, and its buttons work while a page runs. Only going to a result is left to the page.
"""

from pathlib import Path
from uuid import uuid4

from pages.ui import cache, state
from pages.ui.common import theme
from pages.ui.common.jobs import job_group
from pages.ui.common.player.player import prefix

ARRIVED = "jobs.arrived"  # what is remembered of the job whose result was gone to
KEY = "jobs-indicator"  # the style sheet puts it into the header

_indicator = theme.component(Path(__file__).with_name("indicator.js"))


def show() -> None:
    """Draw the indicator."""
    page, video = state.shown_page()
    data = {"address": f"{prefix()}/jobs", "page": page, "video": video, "run": uuid4().hex}
    _indicator(key=KEY, data=data, on_open_change=_open, on_repeated_change=_nothing)


def _open() -> None:
    """Show the page that a job belongs to, with its clip and its result."""
    name = (state.widget(KEY) or {}).get("open")
    chosen = job_group.group(str(name)) if name else None
    if chosen is None or not chosen.first.page:
        return
    job = chosen.first
    state.go(job.page, job.page_clip)
    if job.page_clip and any(result.key == job.key for result in cache.results(job.page_clip)):
        state.show_result(job.key)
    state.remember(ARRIVED, job.key)


def _nothing() -> None:
    """The page runs again by itself after a job was begun again, and shows it."""


def arrived() -> str:
    """The key of the job whose result was gone to, given once; empty where there is none."""
    key = state.remembered(ARRIVED, "")
    if key:
        state.remember(ARRIVED, "")
    return key
