"""A table of moments on the Timeline: a click anywhere in a row plays the clip from there."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages.ui import state
from pages.ui.common.player import player

LARGEST_PX = 420
ROW_PX = 35


def show(table: Any, starts_s: Sequence[float], key: str, columns: Mapping[str, Any] | None = None) -> None:
    """Draw a table whose rows begin at these moments. key: names it; another content needs another key."""
    picked = st.dataframe(
        table,
        hide_index=True,
        height=min(LARGEST_PX, ROW_PX + 3 + ROW_PX * len(starts_s)),
        key=key,
        on_select="rerun",
        selection_mode="single-cell",
        column_config=columns,
    )
    cells = tuple(tuple(cell) for cell in picked.selection.cells)  # type: ignore[attr-defined]
    if cells != state.remembered(f"cell.{key}", ()):
        state.remember(f"cell.{key}", cells)
        if cells:
            player.play_from(starts_s[int(cells[0][0])])
