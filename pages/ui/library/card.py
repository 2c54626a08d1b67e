"""A clip of the library as a card: picture, name, properties, and what can be done with it."""

from html import escape

import streamlit as st

from core.base.errors import AnalysisError
from core.workspace.store import VideoEntry
from pages.ui import state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.media import thumbnails
from pages.ui.library import viewer


def show(entry: VideoEntry) -> None:
    """Draw the card of a clip."""
    info, chosen = entry.info, entry.info.digest == state.chosen_digest()
    with st.container(border=True, height="stretch", key=f"card-{'chosen-' if chosen else ''}{info.digest}"):
        with st.container(key=f"picture-{info.digest}", gap=None):
            st.html(thumbnails.html(info))
            st.button(
                "Play", key=f"play.{info.digest}", icon=":material/play_arrow:", on_click=viewer.play,
                args=(info.digest,),
            )  # fmt: skip
        badge = '<span class="k-badge">selected</span>' if chosen else ""
        st.html(f'<div class="k-name">{escape(entry.name)}{badge}</div>')
        if entry.others:
            st.caption(theme.plain(f"Also added as {formatting.listed(entry.others)}"))
        theme.facts(formatting.facts(info)[1:])
        if info.notes:
            theme.notes(info.notes)
        _actions(entry)


def _actions(entry: VideoEntry) -> None:
    """Open a clip on a page, or delete it after a confirmation."""
    digest = entry.info.digest
    with st.container(horizontal=True, gap="xsmall"):
        for name, icon in (("Prepare", ":material/tune:"), ("Timeline", ":material/view_timeline:")):
            page = name.lower()
            st.button(name, key=f"{page}.{digest}", icon=icon, on_click=state.go, args=(page, digest))
        with st.popover("", icon=":material/delete:", help="Delete this clip"):
            stays = (
                "The uploaded copy is deleted too."
                if entry.uploaded
                else f"The original file is kept: {entry.info.path}"
            )
            st.markdown(f"Delete **{theme.plain(entry.name)}** and all its results?")
            st.caption(theme.plain(stays))
            st.button("Delete", key=f"delete.{digest}", type="primary", on_click=_delete, args=(digest,))


def _delete(digest: str) -> None:
    """Delete a clip with all its results, or keep why that failed."""
    try:
        state.runner().withdraw(digest)
        state.store().delete_video(digest)
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)
    state.forget(digest)
