"""A page whose runs a test holds: run 7 waits while there is a file hold-7, and is cut short by a file ends-7."""

import time

import streamlit as st

from pages.ui import state
from pages.ui.common.controls import button, downloads

with state.heeding_presses():
    folder = state.settings().workspace
    runs = state.remembered("runs", 0) + 1
    state.remember("runs", runs)
    (folder / f"run-{runs}").touch()
    while (folder / f"hold-{runs}").exists():
        time.sleep(0.02)
    if (folder / f"ends-{runs}").exists():  # as a job that ends: its panel asks for another run
        st.rerun()
    st.title("Held")
    st.toggle("Something else")
    if button.pressed("Count", key="count"):
        state.remember("counted", state.remembered("counted", 0) + 1)
    st.text(f"Counted {state.remembered('counted', 0)}")
    downloads.button("Download", lambda: b"the content", "held.txt", "text/plain", key="held")
