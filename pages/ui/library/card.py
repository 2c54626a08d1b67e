"""A clip of the library as a card: picture, name, properties, and what can be done with it."""

from html import escape

import streamlit as st

from core.base.errors import ResultMissing
from core.workflows.clip_list import ListedClip
from core.workspace.store import VideoEntry
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.media import thumbnails
from pages.ui.library import deletion, viewer


def show(clip: ListedClip) -> None:
    """Draw the card of a clip; nothing where it was deleted meanwhile."""
    try:
        entry = state.store().entry(clip.row.digest)
    except ResultMissing:
        return
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
        if clip.tags or clip.cells:
            _noted(clip)
        if info.notes:
            theme.notes(info.notes)
        _actions(entry, clip)


def _noted(clip: ListedClip) -> None:
    """Tags and metadata in one line, which is cut off where it is too long and shown in full over the mouse."""
    tags = "".join(f"<b>{escape(tag)}</b>" for tag in clip.tags)
    columns = {column: text for column in state.store().metadata_columns() if (text := clip.cells.get(column))}
    cells = " · ".join(f"{escape(column)}: {escape(text)}" for column, text in columns.items())
    whole = " · ".join((*clip.tags, *(f"{column}: {text}" for column, text in columns.items())))
    st.html(f'<div class="k-noted" title="{escape(whole)}">{tags}{cells}</div>')


def _actions(entry: VideoEntry, clip: ListedClip) -> None:
    """Open a clip on a page, or delete it after a confirmation."""
    digest = entry.info.digest
    with st.container(horizontal=True, gap="xsmall"):
        for name, icon in (("Prepare", ":material/tune:"), ("Timeline", ":material/view_timeline:")):
            page = name.lower()
            st.button(name, key=f"{page}.{digest}", icon=icon, on_click=state.go, args=(page, digest))
        with st.popover("", icon=":material/delete:", help="Delete this clip"):
            deletion.ask((clip,), f"delete.{digest}")
