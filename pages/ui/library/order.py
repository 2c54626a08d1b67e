"""The clips of the Library that are listed: found by name, in an order, with or without those of datasets."""

import streamlit as st

from core.workspace.store import VideoEntry
from pages.ui import cache, state
from pages.ui.common import formatting

ORDERS = {"added": "Newest first", "name": "Name", "length": "Longest first"}


def matching(entries: list[VideoEntry]) -> list[VideoEntry]:
    """The clips whose name contains the search text, in the selected order, and the controls for both.

    A search looks through all clips, those of datasets too.
    """
    if len(entries) < 4:
        return _own(entries)
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
    named = [entry for entry in entries if any(wanted.lower() in name.lower() for name in entry.names)]
    listed = named if wanted else _own(entries)
    if by == "name":
        return sorted(listed, key=lambda entry: entry.name.lower())
    return sorted(listed, key=lambda entry: entry.info.duration_s, reverse=True) if by == "length" else listed


def _own(entries: list[VideoEntry]) -> list[VideoEntry]:
    """The clips without those that are there for a dataset alone, and the switch that shows these too."""
    others = cache.only_in_datasets()
    rest = [entry for entry in entries if entry.info.digest not in others]
    if not rest or len(rest) == len(entries):
        return entries
    with st.container(horizontal=True, vertical_alignment="center"):
        shown = st.toggle(
            "Show clips of datasets", state.starting("library.datasets", "library.all", False), key="library.all",
            help="Clips that were imported or drawn with a dataset. Clips that you added yourself are always shown.",
        )  # fmt: skip
        state.keep("library.datasets", shown)
        if not shown:
            hidden = len(entries) - len(rest)
            verb = "is" if hidden == 1 else "are"
            st.caption(f"{formatting.count(hidden, 'clip')} of datasets {verb} hidden.", width="content")
    return entries if shown else rest
