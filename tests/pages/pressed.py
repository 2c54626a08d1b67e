"""A server of one page for test_interrupted_runs: a button whose callback takes its time."""

import streamlit as st

from pages.ui import interrupted_runs

interrupted_runs.hand_presses_on()
app = st.App("pressed_page.py")
