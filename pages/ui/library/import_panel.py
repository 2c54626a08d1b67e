"""Adding clips: from a path or an address, an upload, or the sample clip."""

from pathlib import Path
from typing import Literal

import streamlit as st

from core.base import addresses
from core.base.errors import AnalysisError, VideoUnreadable
from core.workflows import clips
from pages.ui import state
from pages.ui.common import flash
from pages.ui.common.pickers import clip_paths
from pages.ui.library import additions

PANEL = "intake"
MAX_FOLDER_CLIPS = 500  # clips of one folder
PATH = "add-path"  # of the text box


def clips_in(text: str) -> list[str]:
    """The file of that path or address, or the clips in the folder there and below. Says what is wrong with a path."""
    paths = clip_paths.clips_typed(text)
    if len(paths) > MAX_FOLDER_CLIPS:
        raise VideoUnreadable(
            f"The folder {text.strip()} contains {len(paths)} clips.",
            f"Add at most {MAX_FOLDER_CLIPS} at once, or analyse the folder on the page Batch, which adds them too.",
        )
    return [path if addresses.is_address(path) else str(Path(path).resolve()) for path in paths]


def add_path(text: str) -> None:
    """Begin to add what lies at a path, or say why not."""
    try:
        paths, batch = clips_in(text), additions.batch()
        for path in paths:
            additions.begin(batch, clips.job_key(path), f"Add {Path(path).name}", clips.add_video, path)
    except (AnalysisError, OSError) as error:
        flash.keep(PANEL, error, hint="Check the path and its permissions.")


def add_upload(batch: str, file) -> None:
    """Copy an upload to disk, and begin to add the copy. One that is refused is not kept, so it cannot be repeated."""
    try:
        path = str(state.store().keep_upload(file, file.name))
        key = clips.job_key(path)
        additions.begin(batch, key, f"Add {file.name}", clips.add_upload, path, file.name, repeats=False)
    except AnalysisError as error:
        flash.keep(PANEL, error)


def add_sample() -> None:
    """Begin to render and add the sample clip."""
    additions.begin(additions.batch(), additions.SAMPLE, "Add the sample clip", clips.add_sample)


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
    key = f"upload.{turn}"
    st.file_uploader(
        "Upload clips",
        type=[suffix[1:] for suffix in clips.SUFFIXES],
        accept_multiple_files=True,
        key=key,
        on_change=_add_uploads,
        args=(key, turn),
        help="Each clip is copied into the workspace. Nothing leaves this machine.",
    )


def _add_uploads(key: str, turn: int) -> None:
    """Begin to add the files that were just given, and make the uploader new."""
    batch = additions.batch()
    for file in state.widget(key) or ():
        add_upload(batch, file)
    state.remember("intake.turn", turn + 1)


def _by_path() -> None:
    with st.form("by-path", border=False, clear_on_submit=True):
        st.text_input(
            "Path or address",
            key=PATH,
            placeholder="/videos/run.mp4, s3://bucket/run.mp4",
            help=(
                "A path on this machine, or an address that begins with s3://. The file stays where it is. "
                "For a folder, all clips in it and its subfolders are added. Recommended for large files."
            ),
        )
        st.form_submit_button("Add from path", icon=":material/folder_open:", on_click=_add_typed)


def _add_typed() -> None:
    add_path(state.widget(PATH))


def _by_sample(weight: Literal["primary", "secondary"]) -> None:
    st.markdown("**No data yet?**")
    st.button("Add the sample clip", key="add-sample", icon=":material/movie:", type=weight, on_click=add_sample)
    st.caption("A rendered figure juggles, does pull-ups and swings a hula hoop. The network recognises all three.")
