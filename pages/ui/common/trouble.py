"""Errors that no part of a page expected, such as of a damaged catalogue or a full disk: in words, with the way on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from functools import wraps
from typing import Any

import streamlit as st

from core.base.errors import AnalysisError, CatalogueDamaged
from core.workspace.store.backups import Backup
from pages.ui import state
from pages.ui.common import flash, theme
from pages.ui.common.formatting import count


@contextmanager
def in_words() -> Iterator[None]:
    """Show an error that ends what is drawn in the block."""
    try:
        yield
    except AnalysisError as error:
        show(error)


def fragment(body: Callable[..., Any] | None = None, *, run_every: float | None = None) -> Any:
    """A part of a page that is drawn anew by itself, as st.fragment; an error in it is shown in words there."""

    def decorated(part: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(part)
        def drawn(*args: Any, **entries: Any) -> Any:
            with in_words():
                return part(*args, **entries)

        return st.fragment(run_every=run_every)(drawn)

    return decorated if body is None else decorated(body)


def show(error: AnalysisError) -> None:
    """An error with its hint, and for a damaged catalogue the backups to go back to."""
    theme.problem(str(error), error.hint)
    if isinstance(error, CatalogueDamaged):
        _offer_backups(state.store().backups())
        flash.show("restore")


def _offer_backups(backups: list[Backup]) -> None:
    """A button for each backup, the latest first, and one to begin with nothing."""
    if backups:
        st.markdown("**Restore a backup.** What was added since then and can still be read is kept.")
    for place, backup in enumerate(backups):
        contents = (count(backup.clips, "clip"), count(backup.tracks, "label track"), count(backup.sets, "dataset"))
        st.button(
            f"Restore {backup.day:%A, %d %B %Y} · {', '.join(contents)}", key=f"restore.{backup.day}",
            type="primary" if place == 0 else "secondary", icon=":material/settings_backup_restore:",
            on_click=_restore, args=(backup.day,),
        )  # fmt: skip
    if not backups:
        st.markdown("There is no backup yet. You can start with an empty catalogue: the damaged one is kept beside it.")
    st.button("Start with an empty catalogue", key="restore.none", icon=":material/note_add:", on_click=_restore)


def _restore(day: date | None = None) -> None:
    """Go back to the backup of a day, or begin with nothing; a callback."""
    try:
        if day is None:
            state.store().start_anew()
        else:
            state.store().restore(day)
    except AnalysisError as error:
        flash.keep("restore", error)
