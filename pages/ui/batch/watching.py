"""The folder that a batch watches: when it was last looked into, what was taken in, and how it is stopped."""

from datetime import datetime
from pathlib import Path

import streamlit as st

from core.workflows import batches, watched_folders
from core.workflows.batches import Batch
from pages.ui import state
from pages.ui.common import formatting, theme, trouble

REFRESH_S = 3.0


def show(batch: Batch, *, active: bool) -> None:
    """How the watching goes, with the button that stops it. active: whether its job goes on."""
    with st.container(horizontal=True, vertical_alignment="center", key="watched-folder"):
        if batch.watching:
            trouble.fragment(_status, run_every=REFRESH_S)(batch, active)
            st.button(
                "Stop watching", icon=":material/visibility_off:", key=f"watch.stop.{batch.name}", on_click=_stop,
                args=(batch,), help="The clip that is being analysed is stopped too. Results are kept.",
            )  # fmt: skip
        else:
            st.markdown(f"The folder {theme.plain(batch.folder)} is not watched.", width="stretch")
            st.button(
                "Watch again", icon=":material/visibility:", key=f"watch.again.{batch.name}",
                on_click=watched_folders.set_watching, args=(state.store(), batch, True),
            )  # fmt: skip


def _status(batch: Batch, active: bool) -> None:
    """What is known of the folder now; the page runs again when clips came in or the job begins or ends."""
    now = next((known for known in batches.stored(state.store(), watching=True) if known.name == batch.name), None)
    job = state.runner().job(batches.job_key(batch))
    if now is None or now.items != batch.items or active != bool(job and job.active):
        st.rerun()
    look = state.folder_look(batch)
    st.markdown(f":material/visibility: Watching **{theme.plain(batch.folder)}**")
    if look.problem:
        st.warning(theme.plain(look.problem), icon=":material/warning:")
    words = [f"Last checked at {datetime.fromtimestamp(look.at):%H:%M:%S}" if look.at else "Not checked yet"]
    words.append(f"{formatting.count(len(batch.items), 'file')} added")
    if look.latest:
        words.append(f"latest: {Path(look.latest).name}")
    if look.waiting:
        words.append(f"{formatting.count(look.waiting, 'file')} still being written")
    st.caption(theme.plain(" · ".join(words)))


def _stop(batch: Batch) -> None:
    """Watch no longer, and stop what is under way: a callback."""
    watched_folders.set_watching(state.store(), batch, False)
    state.runner().cancel(batches.job_key(batch))
