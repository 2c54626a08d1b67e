"""The page of pressed.py."""

import time

import streamlit as st


def count() -> None:
    """Count a press, with moments at which a run may be stopped."""
    for _ in range(20):
        before = st.session_state.get("presses", 0)
        time.sleep(0.001)
    st.session_state["presses"] = before + 1


time.sleep(0.005)
st.button("Press", on_click=count)
st.text(f"pressed {st.session_state.get('presses', 0)}")
