"""Library: add clips, see what was measured of each, choose one to work on, delete."""

from html import escape

import streamlit as st

from core.workspace.store import VideoEntry
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.media import thumbnails
from pages.ui.library import import_panel

SHOWN = 12
ORDERS = {"added": "Newest first", "name": "Name", "length": "Longest first"}


def order(entries: list[VideoEntry]) -> list[VideoEntry]:
    """The clips whose name holds what was typed, in the order that was picked; the controls for both."""
    if len(entries) < 4:
        return entries
    left, right = st.columns([3, 1])
    wanted = left.text_input("Search by name", placeholder="Search by name", label_visibility="collapsed")
    by = right.selectbox("Order", list(ORDERS), 0, ORDERS.__getitem__, label_visibility="collapsed")
    matching = [entry for entry in entries if wanted.lower() in entry.name.lower()]
    if by == "name":
        return sorted(matching, key=lambda entry: entry.name.lower())
    return sorted(matching, key=lambda entry: entry.info.duration_s, reverse=True) if by == "length" else matching


def card(entry: VideoEntry) -> None:
    """One clip: picture, name, what was measured, what was odd, and what can be done with it."""
    info, chosen = entry.info, entry.info.digest == state.chosen_digest()
    with st.container(border=True, height="stretch", key=f"card-{'chosen-' if chosen else ''}{info.digest}"):
        st.html(thumbnails.html(info))
        badge = '<span class="k-badge">selected</span>' if chosen else ""
        st.html(f'<div class="k-name">{escape(entry.name)}{badge}</div>')
        theme.facts(formatting.facts(info)[1:])
        if info.notes:
            theme.notes(info.notes)
        actions(entry)


def actions(entry: VideoEntry) -> None:
    """Go on with a clip, or delete it after one more question."""
    digest = entry.info.digest
    with st.container(horizontal=True):
        for name, icon in (("Prepare", ":material/tune:"), ("Timeline", ":material/view_timeline:")):
            to = name.lower()
            st.button(name, key=f"{to}.{digest}", icon=icon, on_click=state.go, args=(to, digest))
        with st.popover("", icon=":material/delete:", help="Delete this clip"):
            stays = (
                "The uploaded copy is deleted too."
                if entry.uploaded
                else f"The original file is kept: {entry.info.path}"
            )
            st.markdown(f"Delete **{theme.plain(entry.name)}** and all its results?")
            st.caption(theme.plain(stays))
            st.button("Delete", key=f"delete.{digest}", type="primary", on_click=state.delete, args=(digest,))


theme.title("Library", "Add video clips, view their properties, and select one to work on.")
entries = state.entries()
import_panel.panel(opened=not entries)
adding = import_panel.progress()
state.show_problem()
if not entries and not adding:
    theme.empty(
        "The library is empty",
        "Upload a clip, enter a path on this machine, or add the sample clip. Then open the "
        "Timeline to see what happens when.",
    )
if not entries:
    st.stop()

theme.section("Your clips" if len(entries) > 1 else "Your clip")
matching = order(entries)
shown = state.remembered("library.shown", SHOWN)
for start in range(0, min(len(matching), shown), 3):
    for column, entry in zip(st.columns(3, gap="medium"), matching[start : start + 3], strict=False):
        with column:
            card(entry)
if not matching:
    theme.empty("No matching clips", "Clear the search to see all clips.")
if len(matching) > shown:
    st.button(
        f"Show more ({len(matching)} clips in total)", icon=":material/expand_more:", on_click=state.remember,
        args=("library.shown", shown * 2),
    )  # fmt: skip
