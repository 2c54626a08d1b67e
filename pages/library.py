"""Library: add, view, select and delete clips."""

import streamlit as st

from core.workspace.store import VideoEntry
from pages.ui import cache, state
from pages.ui.common import flash, theme
from pages.ui.library import additions, card, import_panel, scroll, viewer

SHOWN = 12
ORDERS = {"added": "Newest first", "name": "Name", "length": "Longest first"}


def order(entries: list[VideoEntry]) -> list[VideoEntry]:
    """The clips whose name contains the search text, in the selected order, and the controls for both."""
    if len(entries) < 4:
        return entries
    left, right = st.columns([3, 1])
    wanted = left.text_input(
        "Search by name", state.starting("library.search", "library.wanted", ""), key="library.wanted",
        placeholder="Search by name", label_visibility="collapsed",
    ) or ""  # fmt: skip
    state.keep("library.search", wanted)
    orders, before = list(ORDERS), state.starting("library.order", "library.by", "added")
    by = right.selectbox(
        "Order", orders, orders.index(before), ORDERS.__getitem__, key="library.by", label_visibility="collapsed"
    )
    state.keep("library.order", by)
    matching = [entry for entry in entries if any(wanted.lower() in name.lower() for name in entry.names)]
    if by == "name":
        return sorted(matching, key=lambda entry: entry.name.lower())
    return sorted(matching, key=lambda entry: entry.info.duration_s, reverse=True) if by == "length" else matching


theme.title("Library", "Add video clips, then open one on the Timeline to see which action happens when.")
entries = state.entries()
import_panel.panel(opened=not entries)
adding = additions.progress()
flash.show()
if not entries and not adding:
    theme.empty(
        "The library is empty",
        "Upload a clip, enter a path on this machine, or add the sample clip. Then open the "
        "Timeline to see what happens when.",
    )
if not entries:
    state.stop()

theme.section("Your clips" if len(entries) > 1 else "Your clip")
matching = order(entries)
shown = state.remembered("library.shown", SHOWN)
scroll.keep(min(len(matching), shown))
datasets = cache.datasets_of_clips()
for start in range(0, min(len(matching), shown), 3):
    for column, entry in zip(st.columns(3, gap="medium"), matching[start : start + 3], strict=False):
        with column:
            card.show(entry, datasets.get(entry.info.digest, ()))
if not matching:
    theme.empty("No matching clips", "Clear the search to see all clips.")
if len(matching) > shown:
    st.button(
        f"Show more ({len(matching)} clips in total)", icon=":material/expand_more:", on_click=state.remember,
        args=("library.shown", shown * 2),
    )  # fmt: skip
viewer.show(entries)
