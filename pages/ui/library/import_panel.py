"""Adding clips: from a path on this machine, an upload, or the sample clip; and the progress."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import streamlit as st

from core.base.errors import AnalysisError, VideoUnreadable
from core.domain.jobs import Job
from core.workflows import clips
from pages.ui import state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.controls import button as buttons
from pages.ui.common.jobs import followed_jobs, job_panel

SUFFIXES = (
    *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".wmv", ".flv", ".mpg", ".mpeg"),
    *(".ts", ".mts", ".m2ts", ".3gp", ".ogv", ".dv", ".mxf", ".vob", ".gif", ".webp"),
)
PANEL = "intake"
MAX_FOLDER_CLIPS = 500  # clips of one folder
SAME = "intake.same"  # what is remembered of files that were in the library before
MAX_LISTED_SAME = 5  # of them that are named
SAMPLE = "add-sample"
PATH = "add-path"  # of the text box


def clips_in(text: str) -> list[Path]:
    """The file of that path, or the clips in the folder of that path and below. Says what is wrong with a path."""
    path = Path(text.strip().strip("\"'")).expanduser()
    if not text.strip():
        raise VideoUnreadable("No path was given.", "Enter the path of a video file or of a folder with video files.")
    if path.is_file():
        return [path.resolve()]
    if not path.is_dir():
        raise VideoUnreadable(f"There is no file or folder {path}.", "Check the spelling and enter the full path.")
    paths = sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
    if not paths:
        raise VideoUnreadable(
            f"The folder {path} contains no video files.", f"Supported file types: {', '.join(SUFFIXES)}."
        )
    if len(paths) > MAX_FOLDER_CLIPS:
        raise VideoUnreadable(
            f"The folder {path} contains {len(paths)} clips.", f"Add at most {MAX_FOLDER_CLIPS} at once."
        )
    return [path.resolve() for path in paths]


def add_path(text: str) -> None:
    """Begin to add what lies at a path, or say why not."""
    try:
        for path in clips_in(text):
            _begin(str(path), path.name, clips.add_video, str(path))
    except (AnalysisError, OSError) as error:
        flash.keep(PANEL, error, hint="Check the path and its permissions.")


def add_upload(file) -> None:
    """Copy an upload to disk, and begin to add the copy."""
    try:
        path = str(state.store().keep_upload(file, file.name))
        _begin(path, file.name, clips.add_upload, path, file.name)
    except AnalysisError as error:
        flash.keep(PANEL, error)


def add_sample() -> None:
    """Begin to render and add the sample clip."""
    state.submit(SAMPLE, "Add the sample clip", clips.add_sample, state.store())
    followed_jobs.follow(PANEL, SAMPLE)


def _begin(path: str, name: str, task: Callable[..., str], *args: str) -> None:
    key = clips.job_key(path)
    state.submit(key, f"Add {name}", task, state.store(), *args)
    followed_jobs.follow(PANEL, key)


def panel(*, opened: bool) -> None:
    """The three ways to add clips."""
    with st.expander("Add clips", expanded=opened, icon=":material/add_circle:"):
        ways = st.columns([5, 4, 3], gap="large")
        with ways[0]:
            _by_upload()
        with ways[1]:
            _by_path()
        with ways[2]:
            _by_sample("primary" if opened else "secondary")
    flash.show(PANEL)


def _by_upload() -> None:
    turn = state.remembered("intake.turn", 0)
    files = st.file_uploader(
        "Upload clips",
        type=[suffix[1:] for suffix in SUFFIXES],
        accept_multiple_files=True,
        key=f"upload.{turn}",
        help="Each clip is copied into the workspace. Nothing leaves this machine.",
    )
    if files:
        for file in files:
            add_upload(file)
        state.remember("intake.turn", turn + 1)
        st.rerun()


def _by_path() -> None:
    with st.form("by-path", border=False, clear_on_submit=True):
        st.text_input(
            "Path on this machine",
            key=PATH,
            placeholder="/home/me/videos/run.mp4 or a folder",
            help=(
                "The file stays where it is. For a folder, all clips in it and its subfolders are added. "
                "Recommended for large files."
            ),
        )
        st.form_submit_button("Add from path", icon=":material/folder_open:", on_click=_add_typed)


def _add_typed() -> None:
    add_path(state.widget(PATH))


def _by_sample(weight: Literal["primary", "secondary"]) -> None:
    st.markdown("**No data yet?**")
    if buttons.pressed("Add the sample clip", key="add-sample", icon=":material/movie:", type=weight):
        add_sample()
        st.rerun()
    st.caption("A short synthetic animation for trying things out. It shows no real action.")


def progress() -> bool:
    """The jobs that add clips: those of this session and whatever else is being added. Gives whether any is active."""
    keys = [job.key for job in state.store().jobs() if job.key.startswith("add-") and job.active]
    jobs = followed_jobs.jobs(PANEL, keys[::-1])
    _done([job for job in jobs if job.state == "done"])
    _same()
    for job in (job for job in jobs if not job.active and job.state != "done"):
        followed_jobs.ended(PANEL, job, "Not added")
    under_way = [job for job in jobs if job.active]
    if under_way:
        job_panel.watch(under_way[0].key)
    if len(under_way) > 1:
        st.caption(f"{formatting.count(len(under_way) - 1, 'more clip')} waiting.")
    return bool(under_way)


def _known(job: Job) -> str:
    """That what a job added was in the library before, in a sentence; empty where it was not."""
    name = clips.SAMPLE_NAME if job.key == SAMPLE else job.title.removeprefix("Add ")
    since = job.submitted
    if job.key == SAMPLE:
        entry = next((entry for entry in state.entries() if name in entry.names and entry.added < since), None)
    else:
        entry = clips.known_before(state.store(), job.key, name, since)
    if entry is None:
        return ""
    when = formatting.day(entry.added)
    if name == entry.name:
        return f'"{name}" is in the library already, added on {when}.'
    return f'"{name}" is the same as {entry.name}, added on {when}.'


def _same() -> None:
    """The files that were in the library before, until the message is closed."""
    sentences = state.remembered(SAME, ())
    if not sentences:
        return
    message, button = st.columns([8, 1], vertical_alignment="center")
    more = len(sentences) - MAX_LISTED_SAME
    rest = [f"The same holds for {formatting.count(more, 'more file')}."] if more > 0 else []
    text = "\n\n".join((*map(theme.plain, sentences[:MAX_LISTED_SAME]), *rest))
    message.info(text, icon=":material/content_copy:")
    button.button("Close", key="close.same", on_click=state.remember, args=(SAME, ()))


def _done(jobs: list[Job]) -> None:
    """Say in passing what was added, and keep to say what was in the library before."""
    known = {job.key: sentence for job in jobs if (sentence := _known(job))}
    names = [theme.plain(job.title.removeprefix("Add ")) for job in jobs if job.key not in known]
    if names:
        text = names[0] if len(names) == 1 else formatting.count(len(names), "clip")
        st.toast(f"Added {text}.", icon=":material/check_circle:")
    state.remember(SAME, tuple(dict.fromkeys((*state.remembered(SAME, ()), *known.values()))))
    for job in jobs:
        followed_jobs.forget(PANEL, job.key)
