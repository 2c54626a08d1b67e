"""What can be done with clips that are ticked in the table."""

from collections.abc import Callable, Sequence

import streamlit as st

from core.base.errors import AnalysisError
from core.workflows.clip_list import ListedClip
from core.workflows.study import library_metadata
from pages.ui import cache, state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.controls import downloads
from pages.ui.library import clip_table, dataset_panel, deletion, viewer

BATCH = "batch"  # the page that analyses many clips


def bar(ticked: Sequence[ListedClip], clips: Sequence[ListedClip]) -> None:
    """How many clips are ticked, and the buttons for them. clips: all rows of the table."""
    dataset_panel.tell()
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="selected-clips"):
        if not ticked:
            st.caption(
                "Select rows to analyse, tag, export or delete clips, or to add them to a dataset.", width="content"
            )
        else:
            st.markdown(f"**{formatting.count(len(ticked), 'clip')} selected**", width="content")
        if len(ticked) < len(clips) > 1:
            st.button(
                f"Select all {formatting.number(len(clips))}", key="select.all", icon=":material/select_all:",
                type="tertiary", on_click=clip_table.tick_all, args=(clips,),
            )  # fmt: skip
        if ticked:
            _actions(ticked)


def _actions(ticked: Sequence[ListedClip]) -> None:
    digests = tuple(clip.row.digest for clip in ticked)
    if len(ticked) == 1:
        st.button("Play", key="ticked.play", icon=":material/play_arrow:", on_click=viewer.play, args=digests)
        for page, icon in (("Prepare", ":material/tune:"), ("Timeline", ":material/view_timeline:")):
            key = f"ticked.{page.lower()}"
            st.button(page, key=key, icon=icon, on_click=state.go, args=(page.lower(), *digests))
    st.button("Analyse", key="ticked.analyse", icon=":material/neurology:", on_click=analyse, args=(digests,))
    tags = st.popover("Tag", icon=":material/sell:", on_change="rerun", key="ticked.tag")
    if tags.open:
        with tags:
            _tags(ticked, digests)
    cells = st.popover("Set metadata", icon=":material/edit_note:", on_change="rerun", key="ticked.metadata")
    if cells.open:
        with cells:
            _one_cell(digests)
    dataset = st.popover("Add to dataset", icon=":material/dataset:", on_change="rerun", key=dataset_panel.key())
    if dataset.open:
        with dataset:
            dataset_panel.panel(digests)
    downloads.button("Download metadata", lambda: metadata_csv(digests), "metadata.csv", "text/csv", key="ticked.csv")
    delete = st.popover("Delete", icon=":material/delete:", on_change="rerun", key="ticked.delete")
    if delete.open:
        with delete:
            deletion.ask(ticked, "delete.ticked")


def analyse(digests: tuple[str, ...]) -> None:
    """Go to the page that analyses many clips, with these."""
    state.remember("batch.clips", digests)
    state.go(BATCH)


def metadata_csv(digests: Sequence[str]) -> bytes:
    """The metadata of clips as a table."""
    wanted, store = set(digests), state.store()
    rows = [row for row in cache.clip_rows() if row.digest in wanted]
    return library_metadata.as_csv(rows, store.metadata_columns(), store.metadata())


# Tags and cells of many clips -----------------------------------------------------------------------------------------


def _tags(ticked: Sequence[ListedClip], digests: tuple[str, ...]) -> None:
    """Tags that are given to all of the clips, or taken from them."""
    with st.form("tag-clips", border=False, clear_on_submit=True):
        st.text_input("New tag", key="tag.new", placeholder="pilot")
        st.form_submit_button("Add tag", on_click=_add_typed_tag, args=(digests,))
    counts: dict[str, int] = {}
    for clip in ticked:
        for tag in clip.tags:
            counts[tag] = counts.get(tag, 0) + 1
    for tag in sorted({*counts, *cache.listed_clips()[1].tags}, key=str.casefold):
        with st.container(horizontal=True, vertical_alignment="center"):
            count = counts.get(tag, 0)
            st.markdown(f":material/sell: {theme.plain(tag)}", width="stretch")
            if count < len(digests):
                st.button("Add", key=f"tag.add.{tag}", on_click=_try, args=(state.store().add_tag, digests, tag))
            if count:
                words = f"Remove from {formatting.number(count)}" if len(digests) > 1 else "Remove"
                remove = state.store().remove_tag
                st.button(words, key=f"tag.remove.{tag}", on_click=_try, args=(remove, digests, tag))


def _add_typed_tag(digests: tuple[str, ...]) -> None:
    _try(state.store().add_tag, digests, state.widget("tag.new") or "")


def _one_cell(digests: tuple[str, ...]) -> None:
    """One cell that all of the clips get."""
    with st.form("cell-clips", border=False, clear_on_submit=True):
        st.selectbox(
            "Column", state.store().metadata_columns(), None, key="cell.column", accept_new_options=True,
            placeholder="Choose a column, or type a new one",
        )  # fmt: skip
        st.text_input("Value", key="cell.text", help="An empty value empties the cells.")
        words = f"Set for {formatting.count(len(digests), 'clip')}"
        st.form_submit_button(words, on_click=_set_typed_cell, args=(digests,))


def _set_typed_cell(digests: tuple[str, ...]) -> None:
    column, text = state.widget("cell.column") or "", state.widget("cell.text") or ""
    _try(state.store().keep_metadata, {digest: {column: text} for digest in digests})
    clip_table.changed_elsewhere()


def _try(change: Callable[..., object], *args: object) -> None:
    """Make a change, or keep why it failed."""
    try:
        change(*args)
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)
