"""Metadata of clips out of a CSV file or out of file names, and the columns that there are."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pandas as pd
import streamlit as st

from core.base.errors import AnalysisError
from core.workflows.study import library_metadata
from core.workflows.study.library_metadata import MetadataProposal
from core.workflows.study.metadata import headers_in, metadata_in
from pages.ui import cache, state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.controls import downloads
from pages.ui.library import clip_table, selection

PANEL = "metadata"
FIRST_ROWS = 8  # of a preview
MOST_NOTES = 8
USUAL = ("clip", "file", "filename", "file_name", "file name", "video", "name", "path")  # columns of file names
DONE = "library.metadata.done"  # what the last press did
TURN = "library.metadata.turn"  # counts how often what was given was kept, after which the fields are empty
TABS = ("From a CSV file", "From file names", "Columns")
EXAMPLE = "{group}/{subject}_{day}.mp4"


def panel() -> None:
    """The ways to fill metadata other than typing cells; drawn where it is opened."""
    box = st.expander("Metadata", icon=":material/table_edit:", on_change="rerun", key="library.metadata")
    if box.open:
        with box:
            tabs = st.tabs(TABS, on_change="rerun", key="library.metadata.tabs")
            for tab, draw in zip(tabs, (_by_table, _by_name, _columns), strict=True):
                if tab.open:
                    with tab:
                        draw()
    if words := state.remembered(DONE, ""):
        st.toast(words, icon=":material/check_circle:")
        state.remember(DONE, "")
    flash.show(PANEL)


def _by_table() -> None:
    key = f"metadata.file.{state.remembered(TURN, 0)}"
    file = st.file_uploader("CSV file", type=["csv", "tsv", "txt"], key=key)
    st.caption(
        "A row for each clip: one column with the file name, and any others, such as subject, group or dose. "
        "An empty cell changes nothing."
    )
    if file is None:
        return
    content = file.getvalue()
    headers = _or_problem(headers_in, content, file.name)
    if not headers:
        return
    lowered = [header.casefold() for header in headers]
    usual = next((lowered.index(name) for name in USUAL if name in lowered), 0)
    column = st.selectbox("Column with the file names", headers, usual, key=f"metadata.column.{file.file_id}")
    mark = sha256(content).hexdigest()
    proposal = _or_problem(_out_of_table, mark, file.name, column, state.store().clips_version(), content)
    if proposal is not None:
        _preview(proposal, "metadata.table")


@cache.cached(most=2)
def _out_of_table(mark: str, name: str, column: str, clips: str, _content: bytes) -> MetadataProposal:
    return library_metadata.out_of_table(metadata_in(_content, name, column, ()), cache.clip_rows())


@cache.cached(most=2)
def _out_of_names(pattern: str, clips: str) -> MetadataProposal:
    return library_metadata.out_of_names(pattern, cache.clip_rows())


def _by_name() -> None:
    pattern = st.text_input(
        "Pattern of the file names", key=f"metadata.pattern.{state.remembered(TURN, 0)}", placeholder=EXAMPLE,
        help="Press Enter to update the preview.",
    )  # fmt: skip
    st.caption(
        theme.plain(
            "Each name in braces becomes a column, * stands for any text, and everything else stands for itself. "
            "Folders before a / are those that contain the file. A column ends where the text that follows it first "
            "occurs. Without a dot in the pattern, suffixes such as .mp4 do not count."
        )
    )
    rows = cache.clip_rows()
    if not pattern:
        st.caption(theme.plain(f"For example: {EXAMPLE}, for a file such as {rows[0].source if rows else ''}"))
        return
    proposal = _or_problem(_out_of_names, pattern, state.store().clips_version())
    if proposal is not None:
        _preview(proposal, "metadata.names")


def _or_problem(read: Callable[..., Any], *args: Any) -> Any:
    """What a function reads; None where it says why it cannot, which is shown."""
    try:
        return read(*args)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return None


def _preview(proposal: MetadataProposal, key: str) -> None:
    """The first rows of what would be kept, what is odd, and the button that keeps it."""
    count = len(proposal.cells)
    of = formatting.count(proposal.clips, "clip")
    st.markdown(f"**{formatting.number(count)} of {of} {'matches' if count == 1 else 'match'}**")
    if proposal.notes:
        theme.notes(proposal.notes[:MOST_NOTES])
        if len(proposal.notes) > MOST_NOTES:
            st.caption(f"{formatting.count(len(proposal.notes) - MOST_NOTES, 'more note')}.")
    if not count:
        return
    first = [row for row in cache.clip_rows() if row.digest in proposal.cells][:FIRST_ROWS]
    table = {"clip": [row.name for row in first]}
    keys = {f"cell {column}": column for column in proposal.columns}
    table |= {key: [proposal.cells[row.digest].get(column, "") for row in first] for key, column in keys.items()}
    config = {key: st.column_config.TextColumn(column) for key, column in keys.items()}
    st.dataframe(pd.DataFrame(table), hide_index=True, height="content", column_config=config)
    _tell_replaced(proposal)
    words = f"Add to {formatting.count(count, 'clip')}"
    st.button(words, key=f"{key}.add", type="primary", on_click=_keep, args=(proposal,))


def _tell_replaced(proposal: MetadataProposal) -> None:
    """How many cells have another text now."""
    known = state.store().metadata()
    names = {column.casefold(): column for column in state.store().metadata_columns()}
    replaced = sum(
        known.get(digest, {}).get(names.get(column.casefold(), column), text) != text
        for digest, own in proposal.cells.items()
        for column, text in own.items()
    )
    if replaced:
        verb = "has" if replaced == 1 else "have"
        st.caption(f"{formatting.count(replaced, 'cell')} {verb} another value now, which is replaced.")


def _keep(proposal: MetadataProposal) -> None:
    """Keep what was shown, or why that failed."""

    def keep() -> None:
        state.store().keep_metadata(proposal.cells)
        state.remember(DONE, f"Metadata added to {formatting.count(len(proposal.cells), 'clip')}.")
        state.remember(TURN, state.remembered(TURN, 0) + 1)

    _try(keep)


def _try(change: Callable[..., object], *args: object) -> None:
    try:
        change(*args)
        clip_table.changed_elsewhere()
    except AnalysisError as error:
        flash.keep(PANEL, error)


# Columns --------------------------------------------------------------------------------------------------------------


def _columns() -> None:
    """Columns are made, renamed and deleted, and all metadata can be taken along."""
    columns = state.store().metadata_columns()
    with st.form("new-column", border=False, clear_on_submit=True):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        left.text_input("New column", key="column.new", placeholder="subject")
        right.form_submit_button("Add column", on_click=_add_typed)
    if not columns:
        return
    with st.form("rename-column", border=False, clear_on_submit=True):
        parts = st.columns([3, 3, 2], vertical_alignment="bottom")
        parts[0].selectbox("Column", columns, key="column.old")
        parts[1].text_input("New name", key="column.name")
        parts[2].form_submit_button("Rename", on_click=_rename_typed)
    left, right = st.columns([3, 1], vertical_alignment="bottom")
    column = left.selectbox("Column to delete", columns, key="column.gone")
    filled = sum(column in own for own in state.store().metadata().values())
    with right.popover("Delete", icon=":material/delete:"):
        cells = formatting.count(filled, "filled cell")
        st.markdown(f"Delete the column **{theme.plain(column)}** with {cells}? This cannot be undone.")
        delete = state.store().delete_metadata_column
        st.button("Delete column", key="column.delete", type="primary", on_click=_try, args=(delete, column))
    digests = tuple(row.digest for row in cache.clip_rows())
    content, name = (lambda: selection.metadata_csv(digests)), "metadata.csv"
    downloads.button("Download all metadata", content, name, "text/csv", key="metadata.csv")


def _add_typed() -> None:
    _try(state.store().add_metadata_column, state.widget("column.new") or "")


def _rename_typed() -> None:
    _try(state.store().rename_metadata_column, state.widget("column.old") or "", state.widget("column.name") or "")
