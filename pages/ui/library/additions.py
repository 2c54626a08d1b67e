"""The clips that are being added: begun together, followed together, and told of in a single message at the end."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import uuid4

import streamlit as st

from core.domain.jobs import Job
from core.workflows import clips
from pages.ui import state
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
    """Begin to add a clip."""
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
    for name in state.remembered(FOLLOWED, ()):
        if name not in names and (group := job_group.group(name)) is not None:
            _end(group)
    state.remember(FOLLOWED, tuple(names))
    _tell(Outcome(*state.remembered(OUTCOME, ())))
    for group in active:
        job_panel.watch_batch(group.name)
    return bool(active)


def _end(group: JobGroup) -> None:
    """Note what came of files, together with what is on the page yet; where all went well, say so in passing."""
    new, before = outcome(group), Outcome(*state.remembered(OUTCOME, ()))
    if new or before:
        state.remember(OUTCOME, tuple(old + fresh for old, fresh in zip(before, new, strict=True)) if before else new)
    elif new.added:
        name = theme.plain(new.added[0])
        text = name if len(new.added) == 1 else formatting.count(len(new.added), "clip")
        st.toast(f"Added {text}.", icon=":material/check_circle:")


def outcome(group: JobGroup) -> Outcome:
    """What came of the files of a batch."""
    digests = clips.digests_added(state.store(), group.first.submitted)
    entries = {entry.info.digest: entry for entry in state.entries()}
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
    names = ((entry.names, entry.info.digest) for entry in state.entries())
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


def _tell(ended: Outcome) -> None:
    """The message about files that were not simply added, until it is closed."""
    if not ended:
        return
    sentences = [*ended.failed, *ended.known]
    with st.container(key="intake-outcome"):
        message, button = st.columns([8, 1], vertical_alignment="center")
        lines = [_headline(ended), *(theme.plain(sentence) for sentence in sentences[:MAX_LISTED])]
        show, icon = (st.error, ":material/error:") if ended.failed else (st.info, ":material/content_copy:")
        with message:
            show("\n\n".join(lines), icon=icon)
        button.button("Close", key="close.intake", on_click=state.remember, args=(OUTCOME, ()))
        if len(sentences) > MAX_LISTED:
            with st.expander(f"All {formatting.count(len(sentences), 'file')}"), st.container(height=240, border=False):
                st.markdown("\n".join(f"- {theme.plain(sentence)}" for sentence in sentences))


def _headline(ended: Outcome) -> str:
    """How many files were added, and how many of the others there are."""
    counts = (
        (len(ended.failed), "Not added: {}."),
        (len(ended.added), "Added: {}."),
        (len(ended.known), "In the library already: {}."),
        (len(ended.cancelled), "Cancelled: {}."),
    )
    return f"**{' '.join(text.format(formatting.count(count, 'file')) for count, text in counts if count)}**"
