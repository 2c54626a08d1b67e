"""Requests of a page that was left, which are let go.

A part of a page that is drawn by itself asks for a run at any moment: each second, or when its player comes to rest.
Such a request that is on its way while another page begins is run by Streamlit after that page, for the page that was
left; the browser takes this for a change of page and clears the screen, which then stays empty.
"""

import time
from typing import Any

from streamlit.runtime.app_session import AppSession

UNDER_WAY_S = 2.0  # between the request for another page and its run


def let_go() -> None:
    """From now on, drop the requests of pages that were left; to be called once, before the first session."""
    request_rerun = AppSession.request_rerun

    def heeding(session: Any, client_state: Any) -> None:
        if client_state is not None and client_state.fragment_id:
            if is_late(session, client_state.page_script_hash):
                return
        elif client_state is not None and client_state.page_script_hash:
            running = session._pages_manager.current_page_script_hash
            session.page_asked_for = (client_state.page_script_hash, running, time.monotonic())
        request_rerun(session, client_state)

    AppSession.request_rerun = heeding  # pyright: ignore[reportAttributeAccessIssue]  its first parameter is called self


def is_late(session: Any, page: str) -> bool:
    """Whether a request by a part of a page comes after that page was left, or while another is about to begin."""
    running = session._pages_manager.current_page_script_hash
    wanted, left, asked_s = getattr(session, "page_asked_for", ("", "", 0.0))
    beginning = wanted != left == running and time.monotonic() - asked_s < UNDER_WAY_S
    return page != (wanted if beginning else running)
