"""Library: add, view, select and delete clips."""

import streamlit as st

from pages.ui import cache, state
from pages.ui.common import flash, theme
from pages.ui.library import additions, card, import_panel, order, scroll, viewer

SHOWN = 12

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
matching = order.matching(entries)
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
