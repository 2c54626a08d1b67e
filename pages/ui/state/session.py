"""What the program works with, and what a visitor's session remembers."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any, NoReturn
from uuid import uuid4

import streamlit as st
from streamlit.runtime.scriptrunner import RerunException, StopException

from core.base import settings as core_settings
from core.base.errors import AnalysisError
from core.base.settings import Settings
from core.workspace.jobs.runner import Runner
from core.workspace.store import Store

# What is remembered of the page that is shown:
SHOWN_PAGE, SHOWN_CLIP, VISIT = "shown.page", "shown.clip", "shown.visit"

_NOTES: ContextVar[dict[str, Any] | None] = ContextVar("notes", default=None)
_notices: list[str] = []
_announced: set[str] = set()  # notices about backups, each of which is given once


def settings() -> Settings:
    """The settings of this server."""
    return core_settings.current()


def store() -> Store:
    """The workspace."""
    return _store(settings())


def runner() -> Runner:
    """The workers; they start with the first call, in the background."""
    return _runner(settings())


def close_to_others() -> None:
    """Take from other users the rights to a workspace that let them in; told in the terminal, and once on a page."""
    try:
        notice = store().narrow()
    except AnalysisError as error:
        notice = f"{error} {error.hint}"
    if notice:
        announce(notice)


def back_up() -> None:
    """Make today's copy of the catalogue, unless it is there; a failure is told in the terminal and once on a page."""
    try:
        store().back_up()
    except AnalysisError as error:
        notice = f"The catalogue could not be backed up. {error} {error.hint}"
        if notice not in _announced:
            _announced.add(notice)
            announce(notice)


def announce(notice: str) -> None:
    """Tell of what went wrong beside the pages: in the terminal, and once on the next page that anybody opens."""
    print(notice, file=sys.stderr, flush=True)
    _notices.append(notice)


def new_notices() -> list[str]:
    """What this server has to tell whoever opens a page first; each is given once."""
    notices = _notices.copy()
    del _notices[: len(notices)]
    return notices


def close() -> None:
    """End the workers."""
    if _runner.cache_info().currsize:
        runner().close()
        _runner.cache_clear()


@cache
def _store(chosen: Settings) -> Store:
    return Store(chosen.workspace)


@cache
def _runner(chosen: Settings) -> Runner:
    store = _store(chosen)
    return Runner(store, memory_bytes=chosen.worker_memory_bytes, log=store.worker_log)


def remember(name: str, value: str | int | float | tuple) -> None:
    """Keep a small value of this session under a name of a page's own."""
    _notes()[name] = value


def remembered(name: str, default: Any) -> Any:
    """What was kept under that name."""
    return _notes().get(name, default)


def forget_notes(beginning: str) -> None:
    """Forget all that was kept in this session under names that begin so."""
    notes = _notes()
    for name in [name for name in notes if name.startswith(beginning)]:
        del notes[name]


def keep(name: str, value: str | int | float | tuple) -> None:
    """Keep a small value under a name for this session and for later ones: what a person chose."""
    if remembered(name, None) != value:
        remember(name, value)
        store().keep_preference(name, value)


def kept(name: str, default: Any) -> Any:
    """What was kept under that name, in this session or an earlier one."""
    value = remembered(name, None)
    if value is None:
        value = store().preference(name)
        value = tuple(value) if isinstance(value, list) else value
        remember(name, value if isinstance(value, type(default)) else default)
    return remembered(name, default)


def starting(name: str, key: str, default: Any) -> Any:
    """What the widget of that key begins with: the value kept under a name, as it was when the widget came up.

    A widget whose beginning changed while it is on the page would be another widget.
    """
    if widget(key) is None:
        remember(f"{name}.start", kept(name, default))
    return remembered(f"{name}.start", default)


def session_id() -> str:
    """A name of this session: in a new one, browsers send again what nobody confirmed, and begin at the top."""
    known = remembered("session", "") or uuid4().hex
    remember("session", known)
    return known


def _notes() -> dict[str, Any]:
    """What pages keep in this session.

    Streamlit may cut a run short at each access to its session state. Within a run of a page the notes are at hand
    without one, so that an action that began with a press gets to its end.
    """
    notes = _NOTES.get()
    return st.session_state.setdefault("page", {}) if notes is None else notes


def widget(key: str) -> Any:
    """What the widget of that key says; None before it was drawn."""
    return st.session_state.get(key)


def set_widget(key: str, value: str | int | float | bool | dict[str, Any]) -> None:
    """Let the widget of that key say this when it is drawn next; for callbacks."""
    st.session_state[key] = value


def restate(*keys: str) -> None:
    """Let widgets that come back to the page say what they said before they went from it; for callbacks."""
    for key in keys:
        if (value := st.session_state.get(key)) is not None:
            st.session_state[key] = value


class Presses:
    """The buttons that were pressed and whose action did not begin yet, each with a mark of its latest press."""

    def __init__(self) -> None:
        self._marks: dict[str, object] = {}

    def note(self, button: str) -> None:
        """The button was pressed; its action begins where a run draws it."""
        self._marks[button] = object()

    def take(self, button: str) -> bool:
        """Whether a press of the button waits for its action, which begins now."""
        return self._marks.pop(button, None) is not None

    def marks(self) -> dict[str, object]:
        """The presses that wait now."""
        return dict(self._marks)

    def let_go(self, marks: dict[str, object]) -> None:
        """Forget these presses, not later ones of the same buttons."""
        for button, mark in marks.items():
            if self._marks.get(button) is mark:
                self._marks.pop(button, None)


def presses() -> Presses:
    """The presses of this session; see button.pressed."""
    return st.session_state.setdefault("presses", Presses())


class _Ended(StopException):
    """The page ends itself here."""


def stop() -> NoReturn:
    """End the page here, as one without a clip; a press that it knew of waits no longer."""
    try:
        st.stop()
    except StopException:
        raise _Ended from None


@contextmanager
def heeding_presses() -> Iterator[None]:
    """A run of a page: at its end no press that it knew of waits any longer, unless it is cut short for another run.

    That other run may have begun before this one ends (runner.fastReruns), each in a thread of its own.
    """
    waiting = presses()
    known = waiting.marks()
    token = _NOTES.set(_notes())
    try:
        yield
    except (RerunException, StopException) as end:
        if isinstance(end, _Ended):
            waiting.let_go(known)
        raise
    except BaseException:
        waiting.let_go(known)
        raise
    finally:
        _NOTES.reset(token)
    waiting.let_go(known)


def is_dark() -> bool:
    """Whether the page is shown on a dark ground."""
    return st.context.theme.type == "dark"
