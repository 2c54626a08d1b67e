"""The two ways in which clips are listed: as cards, and as a table."""

from collections.abc import Sequence

import streamlit as st

from core.workflows.clip_list import ListedClip
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.library import card, clip_table, scroll, selection

CARDS, TABLE = "Cards", "Table"
ICONS = {CARDS: ":material/grid_view:", TABLE: ":material/table_rows:"}
SHOWN = 12  # cards at first
NOTHING = "No matching clips", "Clear the search and the filter to see all clips."


def heading(name: str) -> str:
    """The head of the list, with the choice between the views, which is kept for later sessions."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="library-head"):
        theme.section(name)
        start = state.starting("library.view", "library.views", CARDS)
        view = st.segmented_control(
            "View", list(ICONS), default=start if start in ICONS else CARDS, required=True,
            format_func=lambda view: f"{ICONS[view]} {view}", key="library.views", label_visibility="collapsed",
        )  # fmt: skip
    state.keep("library.view", view or CARDS)
    return view or CARDS


def cards(clips: Sequence[ListedClip]) -> None:
    """The first clips as cards, and a button for more."""
    shown = state.remembered("library.shown", SHOWN)
    scroll.keep(min(len(clips), shown))
    for start in range(0, min(len(clips), shown), 3):
        for column, clip in zip(st.columns(3, gap="medium"), clips[start : start + 3], strict=False):
            with column:
                card.show(clip)
    if not clips:
        theme.empty(*NOTHING)
    if len(clips) > shown:
        st.button(
            f"Show more ({len(clips)} clips in total)", icon=":material/expand_more:", on_click=state.remember,
            args=("library.shown", shown * 2),
        )  # fmt: skip


def table(clips: Sequence[ListedClip]) -> None:
    """All clips as a table, whose rows can be ticked or whose cells can be edited."""
    if not clips:
        theme.empty(*NOTHING)
        return
    columns = state.store().metadata_columns()
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{formatting.count(len(clips), 'clip')}**", width="content")
        with st.popover("Columns", icon=":material/view_column:", width="content"):
            clip_table.choose_columns(columns)
        editing = st.toggle(
            "Edit metadata", key="library.editing", disabled=not columns,
            help="Type in the cells of your columns, or paste rows into them. Each change is saved at once."
            if columns
            else "Add a column first, under Metadata above.",
        )  # fmt: skip
    if editing and columns:
        clip_table.edit(clips, columns)
        return
    actions = st.container()
    ticked = clip_table.show(clips, columns)
    with actions:
        selection.bar(ticked, clips)
