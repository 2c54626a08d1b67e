"""Presses whose run is stopped for a newer one: each is heard once, and its callback runs to the end.

A page that is asked for again while it runs is stopped, wherever it is, and a new run begins in a thread of its own
(runner.fastReruns). Streamlit stops it also before it heard the press that it was begun for, and in the callback of
that press, which is then forgotten half-way. Here a run that did not hear its press yet hands it on to the next one,
and callbacks are not interrupted; the next run waits for them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import replace
from threading import RLock
from typing import Any

from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.app_session import AppSession
from streamlit.runtime.scriptrunner import script_runner
from streamlit.runtime.scriptrunner_utils.exceptions import StopException
from streamlit.runtime.scriptrunner_utils.script_requests import (
    RerunData,
    ScriptRequest,
    ScriptRequests,
    ScriptRequestType,
    _coalesce_widget_states,  # pyright: ignore[reportPrivateUsage]
)
from streamlit.runtime.state.safe_session_state import SafeSessionState

_LOCK: ContextVar[Any] = ContextVar("lock of the session whose run is made", default=None)


class Requests(ScriptRequests):
    """What a run is asked for, and whether it heard it already."""

    def __init__(self) -> None:
        super().__init__()
        self._guard = RLock()
        self._unheard: RerunData | None = None  # taken up by the run, its callbacks not begun
        self._waiting: RerunData | None = None  # not taken up when the run was stopped
        self._handed_on = False
        self._hearing = False

    def on_scriptrunner_ready(self) -> ScriptRequest:
        """See ScriptRequests: what is asked for is taken up."""
        with self._guard:
            request = super().on_scriptrunner_ready()
            self._take(request)
            return request

    def on_scriptrunner_yield(self) -> ScriptRequest | None:
        """See ScriptRequests; never within callbacks."""
        if self._hearing:
            return None
        with self._guard:
            request = super().on_scriptrunner_yield()
            if request is not None:
                self._take(request)
            return request

    def _take(self, request: ScriptRequest) -> None:
        if request.type == ScriptRequestType.RERUN:
            self._unheard = request.rerun_data

    def request_stop(self) -> None:
        """See ScriptRequests: what is asked for and was not taken up is kept."""
        with self._guard:
            if self._state == ScriptRequestType.RERUN:
                self._waiting = self._rerun_data
            super().request_stop()

    def hand_on(self) -> list[WidgetStates]:
        """The states of widgets that a stopped run did not hear and will not hear any more, the earlier first."""
        with self._guard:
            requests = [data for data in (self._unheard, self._waiting) if data is not None]
            self._handed_on, self._unheard, self._waiting = True, None, None
            return [data.widget_states for data in requests if data.widget_states is not None]

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """The states are heard here, without interruption; StopException where the next run will."""
        with self._guard:
            if self._handed_on:
                raise StopException
            self._unheard = None
            self._hearing = True
        try:
            yield
        finally:
            self._hearing = False


def hand_presses_on() -> None:
    """From now on, lose no press of a run that is stopped; to be called once, before the first session."""
    script_runner.ScriptRequests = Requests  # pyright: ignore[reportPrivateImportUsage]
    SafeSessionState.__init__ = _with_lock_of_session(SafeSessionState.__init__)
    SafeSessionState.on_script_will_rerun = _uninterrupted(SafeSessionState.on_script_will_rerun)
    AppSession.request_rerun = _knowing_the_run_before(AppSession.request_rerun)
    AppSession._create_scriptrunner = _taking_over(AppSession._create_scriptrunner)


def _with_lock_of_session(prepare: Callable[..., None]) -> Callable[..., None]:
    """The state of a session, which has a lock for each of its runs and none between them, with one for all."""

    def preparing(safe: SafeSessionState, *parts: Any, **more: Any) -> None:
        prepare(safe, *parts, **more)
        if lock := _LOCK.get():
            object.__setattr__(safe, "_lock", lock)

    return preparing


def _uninterrupted(hear: Callable[..., None]) -> Callable[..., None]:
    """The callbacks of a run, once and to their end."""

    def hearing(safe: SafeSessionState, *states: Any, **more: Any) -> None:
        requests = getattr(getattr(safe._yield_callback, "__self__", None), "_requests", None)
        with requests.hearing() if isinstance(requests, Requests) else nullcontext():
            hear(safe, *states, **more)

    return hearing


def _knowing_the_run_before(request_rerun: Callable[..., None]) -> Callable[..., None]:
    def requesting(session: Any, client_state: Any) -> None:
        session.run_before = session._scriptrunner
        try:
            request_rerun(session, client_state)
        finally:
            session.run_before = None

    return requesting


def _taking_over(create: Callable[..., None]) -> Callable[..., None]:
    """A new run, with what the run before it did not hear."""

    def creating(session: Any, initial_rerun_data: RerunData) -> None:
        before = getattr(session, "run_before", None)
        states = initial_rerun_data.widget_states
        for earlier in reversed(before._requests.hand_on() if before is not None else []):
            states = _coalesce_widget_states(earlier, states)
        token = _LOCK.set(vars(session).setdefault("lock_of_runs", RLock()))
        try:
            create(session, replace(initial_rerun_data, widget_states=states))
        finally:
            _LOCK.reset(token)

    return creating
