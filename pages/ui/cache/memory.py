"""The decorator that remembers what a function reads. The only file that touches st.cache_*."""

import inspect
from collections import deque
from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, ParamSpec, TypeVar

import streamlit as st

from core.domain import serialization
from pages.ui import state

Parameters = ParamSpec("Parameters")
Value = TypeVar("Value")


def cached(
    *, most: int, spinner: str | bool = False
) -> Callable[[Callable[Parameters, Value]], Callable[Parameters, Value]]:
    """Remember the `most` latest values of a function, for each workspace apart.

    The arguments name what is read: texts, numbers, and domain values, which are compared by their canonical JSON.
    Streamlit's own comparison forgets the class of a nested dataclass. As with Streamlit's, arguments whose names begin
    with an underscore are not compared: the others say which they are.
    """

    def decorate(read: Callable[Parameters, Value]) -> Callable[Parameters, Value]:
        def recall(workspace: str, arguments: str, _read: Callable[[], Value]) -> Value:
            return _read()

        own = inspect.signature(recall)
        update_wrapper(recall, read)  # Streamlit tells functions apart by name and source
        recall.__signature__ = own  # type: ignore[attr-defined]
        remembered = st.cache_resource(max_entries=most, show_spinner=spinner)(recall)
        signature = inspect.signature(read)

        def reader(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Value:
            bound = signature.bind(*args, **kwargs).arguments
            arguments = serialization.to_json({name: bound[name] for name in bound if not name.startswith("_")})
            return remembered(str(state.settings().workspace), arguments, partial(read, *args, **kwargs))

        return update_wrapper(reader, read)

    return decorate


@st.cache_resource(scope="session", show_spinner=False)
def downloads_of_this_session() -> dict[str, deque[Any]]:
    """The files that this session may download, by their key on a page; see downloads.py. Gone with the session."""
    return {}
