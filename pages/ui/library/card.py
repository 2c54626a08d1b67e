"""A clip of the library as a card: picture, name, properties, and what can be done with it."""

from collections.abc import Iterator
from html import escape

import streamlit as st

from core.base.errors import AnalysisError
from core.workspace.store import VideoEntry
from pages.ui import state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.media import thumbnails
from pages.ui.library import viewer


def show(entry: VideoEntry, datasets: tuple[str, ...]) -> None:
    """Draw the card of a clip. datasets: the names of those that contain it."""
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
        _actions(entry, datasets)


def _actions(entry: VideoEntry, datasets: tuple[str, ...]) -> None:
    """Open a clip on a page, or delete it after a confirmation."""
    digest = entry.info.digest
    with st.container(horizontal=True, gap="xsmall"):
        for name, icon in (("Prepare", ":material/tune:"), ("Timeline", ":material/view_timeline:")):
            page = name.lower()
            st.button(name, key=f"{page}.{digest}", icon=icon, on_click=state.go, args=(page, digest))
        with st.popover("", icon=":material/delete:", help="Delete this clip"):
            st.markdown(f"Delete **{theme.plain(entry.name)}** and all its results?")
            st.caption("\n\n".join(theme.plain(text) for text in _consequences(entry, datasets)))
            st.button("Delete", key=f"delete.{digest}", type="primary", on_click=_delete, args=(digest,))


def _consequences(entry: VideoEntry, datasets: tuple[str, ...]) -> Iterator[str]:
    """What else happens when a clip is deleted, a sentence each."""
    store, digest = state.store(), entry.info.digest
    yield ("The uploaded copy is deleted too." if entry.uploaded else f"The original file is kept: {entry.info.path}")
    if datasets:
        noun, them = ("dataset", "it") if len(datasets) == 1 else ("datasets", "them")
        yield f"It belongs to the {noun} {formatting.listed(datasets)}. Leave it out there before you train on {them}."
    if store.recipe_of(digest).steps:
        yield "Its preparation recipe is deleted too."
    if store.tracks(digest):
        yield "Labels drawn in it are kept and return when the clip is added again."


def _delete(digest: str) -> None:
    """Delete a clip with all its results, or keep why that failed."""
    try:
        state.runner().withdraw(digest)
        state.store().delete_video(digest)
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)
    state.forget(digest)
