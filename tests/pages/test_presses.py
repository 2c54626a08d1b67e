"""Presses that wait for their action, and files that are made when they are downloaded."""

from typing import Any

import pytest
import streamlit as st
from streamlit.runtime.scriptrunner import StopException
from streamlit.testing.v1 import AppTest

from pages.ui.state.session import Presses
from tests.pages.test_pages import button, clip, page, runner, told  # noqa: F401


def cut_short() -> None:
    """A page whose run is cut short above its button, as when a job ends, the first time that "ends" is set."""
    import streamlit as st

    from pages.ui import state
    from pages.ui.common.controls import button

    with state.heeding_presses():
        if st.session_state.pop("ends", False):
            st.rerun()
        if st.session_state.pop("stops", False):
            state.stop()
        name = st.text_input("Name", key="name")
        if button.pressed("Save", key="save"):
            st.session_state["saved"] = (*st.session_state.get("saved", ()), name)


def test_a_press_waits_for_a_run_that_comes_as_far_as_its_button():
    at = AppTest.from_function(cut_short).run()
    at.text_input(key="name").input("mine")
    at.session_state["ends"] = True
    at.button(key="save").click().run()
    assert at.session_state["saved"] == ("mine",)
    at.run()
    assert at.session_state["saved"] == ("mine",), "one press acts once"


def cut_in_its_action() -> None:
    """A page whose run is cut at the first access to the session after a press, as when something else is pressed."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunData, RerunException, get_script_run_ctx

    from pages.ui import state
    from pages.ui.common.controls import button

    with state.heeding_presses():
        session = get_script_run_ctx().session_state
        if button.pressed("Count", key="count"):
            usual = session._yield_callback

            def cut() -> None:
                object.__setattr__(session, "_yield_callback", usual)
                raise RerunException(RerunData())

            object.__setattr__(session, "_yield_callback", cut)
            state.remember("counted", state.remembered("counted", 0) + 1)
            st.session_state.get("anything")
        st.text(f"Counted {state.remembered('counted', 0)}")


def test_a_press_counts_though_its_run_is_cut_in_the_action():
    at = AppTest.from_function(cut_in_its_action).run()
    at.button(key="count").click().run()
    assert at.text[0].value == "Counted 1"
    assert at.run().text[0].value == "Counted 1"


def test_a_press_does_not_outlive_a_page_that_has_no_such_button():
    at = AppTest.from_function(cut_short).run()
    at.session_state["stops"] = True
    at.button(key="save").click().run()
    at.run()
    assert "saved" not in at.session_state


def superseded() -> None:
    """A page of which another run begins in a thread of its own before one ends, which loses a race to the button."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import StopException

    from pages.ui import state
    from pages.ui.common.controls import button

    with state.heeding_presses():
        if st.session_state.pop("superseded", False):
            raise StopException
        if button.pressed("Count", key="count"):
            state.remember("counted", state.remembered("counted", 0) + 1)
        st.text(f"Counted {state.remembered('counted', 0)}")


def test_a_press_counts_though_its_run_is_stopped_for_another():
    at = AppTest.from_function(superseded).run()
    at.session_state["superseded"] = True
    at.button(key="count").click().run()
    assert at.run().text[0].value == "Counted 1"
    assert at.run().text[0].value == "Counted 1"


def test_a_run_lets_go_of_the_presses_that_it_knew_of_alone():
    waiting = Presses()
    waiting.note("count")
    waiting.note("save")
    known = waiting.marks()
    waiting.note("count")  # again, for a run that began since
    waiting.let_go(known)
    assert (waiting.take("count"), waiting.take("save")) == (True, False)
    assert not waiting.take("count"), "one press acts once"


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Each run that is about to turn to another page is stopped for another, as often as there are names in here."""
    runs: list[str] = []
    switch_page = st.switch_page

    def cut(page: str, **described: Any) -> None:
        if runs:
            runs.pop()
            raise StopException
        switch_page(page, **described)

    monkeypatch.setattr(st, "switch_page", cut)
    return runs


def test_a_press_that_leads_to_another_page_counts_though_its_run_is_stopped(clip, runner, stopped):  # noqa: F811
    at = page("library")
    stopped.append("once")
    button(at, "Prepare").click().run()
    assert "<h1>Prepare</h1>" in told(at.run())
    assert "<h1>Prepare</h1>" in told(at.run())


def test_a_page_that_a_person_turned_to_meanwhile_stays(clip, runner, stopped):  # noqa: F811
    at = page("library")
    stopped.append("once")
    button(at, "Prepare").click().run()
    assert "<h1>Label</h1>" in told(at.switch_page("../label.py").run())
    assert "<h1>Library</h1>" in told(at.switch_page("../library.py").run())
