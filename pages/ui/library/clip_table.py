"""The clips of the Library as a table, in which rows are ticked and cells of the metadata are edited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import pandas as pd
import streamlit as st

from core.base.errors import AnalysisError
from core.domain.fingerprint import fingerprint
from core.workflows.clip_list import NUMBER, ListedClip
from core.workspace.store.metadata import LONGEST_CELL
from pages.ui import state
from pages.ui.common import flash, formatting

COLUMNS = {
    "name": "Name", "folder": "Folder", "length": "Length", "size": "Resolution", "added": "Added", "tags": "Tags",
    "labelled": "Labelled", "models": "Analysed by", "datasets": "Datasets",
}  # fmt: skip
CELL = "cell "  # before the name of a column of metadata
HIDDEN = "library.hidden"  # the columns that are not shown
ROW_PX, MOST_ROWS = 35, 15  # that are seen at once
TURN = "library.editor"  # counts how often cells were changed otherwise than in the table
SAVED = "library.saved"  # what of the table was saved already, and of which one


def choose_columns(columns: Sequence[str]) -> None:
    """Which columns are shown, kept for later sessions. columns: of the metadata. A new one is shown at first."""
    names = _titles(columns)
    key = f"library.columns.{fingerprint('columns', tuple(names))[:12]}"
    hidden = state.starting(HIDDEN, key, ())
    st.multiselect(
        "Columns", list(names), [name for name in names if name not in hidden], format_func=names.__getitem__, key=key,
        on_change=_hide, args=(key, tuple(names)),
    )  # fmt: skip


def _hide(key: str, names: tuple[str, ...]) -> None:
    """Keep which columns are not shown; those of which nothing is asked now stay as they are."""
    shown = state.widget(key) or ()
    others = (name for name in state.kept(HIDDEN, ()) if name not in names)
    state.keep(HIDDEN, (*(name for name in names if name not in shown), *others))


def show(clips: Sequence[ListedClip], columns: Sequence[str]) -> list[ListedClip]:
    """Draw the table; gives the clips that are ticked in it."""
    key = _key("library.table", clips)
    picked = st.dataframe(
        _frame(clips, columns, numbers=True), hide_index=True, key=key, on_select="rerun", selection_mode="multi-row",
        column_order=_shown(columns), column_config=_config(clips, columns), height=_height_px(len(clips)),
    )  # fmt: skip
    return [clips[row] for row in picked.selection.rows if row < len(clips)]  # type: ignore[attr-defined]


def tick_all(clips: Sequence[ListedClip]) -> None:
    """Tick all rows of the table of these clips; for callbacks."""
    state.set_widget(_key("library.table", clips), {"selection": {"rows": list(range(len(clips)))}})


def _key(name: str, clips: Sequence[ListedClip]) -> str:
    """The key of the table of these clips in this order: rows of another table are other clips."""
    return f"{name}.{sha256(''.join(clip.row.digest for clip in clips).encode()).hexdigest()[:16]}"


def _height_px(rows: int) -> int:
    return ROW_PX * (min(rows, MOST_ROWS) + 1) + 3


def _titles(columns: Sequence[str]) -> dict[str, str]:
    return COLUMNS | {f"{CELL}{column}": column for column in columns}


def _shown(columns: Sequence[str]) -> list[str]:
    hidden = state.kept(HIDDEN, ())
    return [name for name in _titles(columns) if name not in hidden] or ["name"]


def _frame(clips: Sequence[ListedClip], columns: Sequence[str], *, numbers: bool) -> pd.DataFrame:
    """The table. numbers: columns of the metadata that hold numbers alone are sorted as such."""
    titles = {name: card.title for name, card in state.models().items()}
    rows = [clip.row for clip in clips]
    own = {
        "name": [row.name for row in rows],
        "folder": [clip.folder for clip in clips],
        "length": [row.duration_s for row in rows],
        "size": [formatting.picture(row.width_px, row.height_px) for row in rows],
        "added": pd.to_datetime([datetime.fromtimestamp(row.added) for row in rows]),
        "tags": [", ".join(clip.tags) for clip in clips],
        "labelled": ["yes" if clip.labelled else "" for clip in clips],
        "models": [", ".join(titles.get(model, model) for model in clip.models) for clip in clips],
        "datasets": [", ".join(clip.datasets) for clip in clips],
    }
    cells = {f"{CELL}{column}": _texts(clips, column, numbers=numbers) for column in columns}
    return pd.DataFrame(own | cells)


def _texts(clips: Sequence[ListedClip], column: str, *, numbers: bool) -> list[Any]:
    texts = [clip.cells.get(column, "") for clip in clips]
    if numbers and any(texts) and all(NUMBER.fullmatch(text) for text in texts if text):
        return [float(text) if text else None for text in texts]
    return texts


def _config(clips: Sequence[ListedClip], columns: Sequence[str]) -> dict[str, Any]:
    titles = _titles(columns)
    config: dict[str, Any] = {name: st.column_config.Column(title) for name, title in titles.items()}
    config["length"] = st.column_config.NumberColumn("Length", format="%.1f s")
    config["added"] = st.column_config.DatetimeColumn("Added", format="D MMM YYYY, HH:mm")
    return config


# Cells that are edited ------------------------------------------------------------------------------------------------


def edit(clips: Sequence[ListedClip], columns: Sequence[str]) -> None:
    """Draw the table with cells of the metadata that can be typed and pasted; each is saved at once."""
    key = f"{_key('library.editor', clips)}.{state.remembered(TURN, 0)}"
    fixed = [name for name in _shown(columns) if not name.startswith(CELL)]
    cells = [f"{CELL}{column}" for column in columns]
    config = _config(clips, columns)
    for name, column in zip(cells, columns, strict=True):
        config[name] = st.column_config.TextColumn(column, max_chars=LONGEST_CELL)
    st.data_editor(
        _frame(clips, columns, numbers=False), hide_index=True, key=key, disabled=list(COLUMNS),
        column_order=["name", *cells, *(name for name in fixed if name != "name")], column_config=config,
        height=_height_px(len(clips)), on_change=_save, args=(key, tuple(clip.row.digest for clip in clips)),
    )  # fmt: skip


def changed_elsewhere() -> None:
    """Let the table be drawn anew, without what was typed in it; for callbacks that change cells."""
    state.remember(TURN, state.remembered(TURN, 0) + 1)


def _save(key: str, digests: tuple[str, ...]) -> None:
    """Save the cells of the table that were changed since they were last saved, or keep why that failed."""
    edited = (state.widget(key) or {}).get("edited_rows", {})
    before = state.remembered(SAVED, ("", ()))
    saved = set(before[1]) if before[0] == key else set()
    now = {(int(row), name, text or "") for row, cells in edited.items() for name, text in cells.items()}
    try:
        if fresh := _cells(now - saved, digests):
            state.store().keep_metadata(fresh)
        state.remember(SAVED, (key, tuple(sorted(now))))
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)
        changed_elsewhere()


def _cells(edits: set[tuple[int, str, str]], digests: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """What edits of rows are: digest -> column -> text."""
    cells: dict[str, dict[str, str]] = {}
    for row, name, text in edits:
        if name.startswith(CELL):
            cells.setdefault(digests[row], {})[name.removeprefix(CELL)] = text
    return cells
