"""The clips that are being added: begun together, followed together, and told of together at the end."""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

import streamlit as st

from core.domain.jobs import Job
from core.workflows import clips
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_group, job_panel
from pages.ui.common.jobs.job_group import JobGroup

BATCH = "adding-"
FOLLOWED, OUTCOME = "intake.followed", "intake.outcome"  # what is remembered
SAMPLE = "add-sample"
MAX_LISTED = 5  # files that are named in the message; the others are below it


class Outcome(NamedTuple):
    """What came of files: the names of those that were added or cancelled, and a sentence for each of the others."""

    added: tuple[str, ...] = ()
    cancelled: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.cancelled or self.known or self.failed)


def batch() -> str:
    """The name under which clips are added now: that of those that are being added, so that all are in one place."""
    under_way = _under_way()
    return under_way[0].name if under_way else f"{BATCH}{uuid4().hex}"


def begin(batch: str, key: str, title: str, task: Callable[..., str], *args: str, repeats: bool = True) -> None:
    """Begin to add a clip; what came of those before it was read by then."""
    state.remember(OUTCOME, ())
    state.submit(key, title, task, state.store(), *args, batch=batch, repeats=repeats)
    _follow(batch)


def _under_way() -> list[JobGroup]:
    """What is being added, whoever began it."""
    return [group for group in job_group.groups() if group.active and group.name.startswith(BATCH)]


def _follow(name: str) -> None:
    state.remember(FOLLOWED, tuple(dict.fromkeys((*state.remembered(FOLLOWED, ()), name))))


def progress() -> bool:
    """What is being added, with its progress, and what came of it; whether there is any."""
    active = _under_way()
    for group in active:
        _follow(group.name)
    names = {group.name for group in active}
    before = (job_group.group(name) for name in state.remembered(FOLLOWED, ()) if name not in names)
    if ended := [group for group in before if group is not None]:
        _end(ended)
    state.remember(FOLLOWED, tuple(names))
    _tell()
    for group in active:
        job_panel.watch_batch(group.name)
    return bool(active)


def _end(groups: list[JobGroup]) -> None:
    """Note what came of the files of batches that ended; where all went well, say so in passing."""
    parts = zip(*(outcome(group) for group in groups), strict=True)
    new = Outcome(*(tuple(itertools.chain(*part)) for part in parts))
    state.remember(OUTCOME, (state.visit(), *new) if new else ())
    if new.added and not new:
        name = theme.plain(new.added[0])
        text = name if len(new.added) == 1 else formatting.count(len(new.added), "clip")
        st.toast(f"Added {text}.", icon=":material/check_circle:")


def outcome(group: JobGroup) -> Outcome:
    """What came of the files of a batch."""
    digests = clips.digests_added(state.store(), group.first.submitted)
    entries = {row.digest: row for row in cache.clip_rows()}
    added, known, failed, seen = [], [], [], set()
    for job in sorted(group.jobs, key=lambda job: job.submitted):
        name = _name(job)
        digest = _sample_digest() if job.key == SAMPLE else digests.get(job.key, "")
        entry = entries.get(digest)
        if job.state in ("failed", "lost"):
            failed.append(_why(job))
        elif job.state == "done" and entry is not None and digest not in seen and entry.added >= job.submitted:
            added.append(name)
        elif job.state == "done":
            known.append(_same(name, entry))
        seen.add(digest)
    cancelled = tuple(_name(job) for job in group.jobs if job.state == "cancelled")
    return Outcome(tuple(added), cancelled, tuple(known), tuple(failed))


def _name(job: Job) -> str:
    return clips.SAMPLE_NAME if job.key == SAMPLE else job.title.removeprefix("Add ")


def _sample_digest() -> str:
    names = ((row.names, row.digest) for row in cache.clip_rows())
    return next((digest for known, digest in names if clips.SAMPLE_NAME in known), "")


def _same(name: str, entry) -> str:
    """That a file was in the library before, in a sentence. entry: of its clip; None where it was noted twice."""
    if entry is None:
        return f'"{name}" was added twice.'
    when = formatting.day(entry.added)
    if name == entry.name:
        return f'"{name}" is in the library already, added on {when}.'
    return f'"{name}" is the same as {entry.name}, added on {when}.'


def _why(job: Job) -> str:
    """Why a file was not added, and what to do."""
    error = job.error or "It was not added."
    named = error if _name(job) in error else f"{_name(job)}: {error}"
    return f"{named} {job.hint}".strip()


def _tell() -> None:
    """The messages about files that were not simply added, until they are closed or the page is left."""
    visit, *parts = state.remembered(OUTCOME, ()) or (0,)
    if visit != state.visit():
        state.remember(OUTCOME, ())
        return
    ended = Outcome(*parts)
    with st.container(key="intake-outcome", gap="small"):
        st.button("Close", key="close.intake", type="tertiary", on_click=state.remember, args=(OUTCOME, ()))
        _message(st.error, ":material/error:", ended.failed, (len(ended.failed), "Not added: {}."))
        _message(st.success, ":material/check_circle:", (), (len(ended.added), "Added: {}."))
        counts = (len(ended.known), "In the library already: {}."), (len(ended.cancelled), "Cancelled: {}.")
        _message(st.info, ":material/content_copy:", ended.known, *counts)


def _message(show: Callable[..., Any], icon: str, sentences: tuple[str, ...], *counts: tuple[int, str]) -> None:
    """How many files there are of one kind, and what is to be said of each; nothing where there are none."""
    headline = " ".join(text.format(formatting.count(count, "file")) for count, text in counts if count)
    if not headline:
        return
    show("\n\n".join([f"**{headline}**", *(theme.plain(sentence) for sentence in sentences[:MAX_LISTED])]), icon=icon)
    if len(sentences) > MAX_LISTED:
        with st.expander(f"All {formatting.count(len(sentences), 'file')}"), st.container(height=240, border=False):
            st.markdown("\n".join(f"- {theme.plain(sentence)}" for sentence in sentences))
