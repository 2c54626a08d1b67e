"""Buttons whose press is never lost.

Streamlit tells of a press only in the run that the press began, and only where that run draws the button. When the
run is cut short before (a job ends and its panel asks for a new run, another widget changes), the press is gone. Here
it is noted in a callback, before anything of the run can be cut short, and waits for a run that gets to the button.
"""

from typing import Any

import streamlit as st

from pages.ui import state


def pressed(label: str, *, key: str, within: Any = st, **looks: Any) -> bool:
    """Whether the button was pressed, in this run or in an interrupted one. looks: further options of st.button.

    within: the container that the button is drawn in. For an action that needs nothing but its arguments, on_click
    of st.button is enough; use this where the action needs what other widgets of the same run say.
    """
    waiting = state.presses()
    within.button(label, key=key, on_click=waiting.note, args=(key,), **looks)
    return waiting.take(key)
