"""The script that runs: the frame around each page, and which pages there are."""

import streamlit as st

from pages.ui import state
from pages.ui.common import garbage, theme

PAGES = (
    ("../library.py", "Library", ":material/video_library:"),
    ("../prepare.py", "Prepare", ":material/tune:"),
    ("../frames.py", "Frames", ":material/photo_library:"),
    ("../features.py", "Features", ":material/blur_on:"),
    ("../timeline.py", "Timeline", ":material/view_timeline:"),
    ("../label.py", "Label", ":material/edit_note:"),
    ("../search.py", "Search", ":material/search:"),
    ("../datasets.py", "Datasets", ":material/dataset:"),
    ("../train.py", "Train", ":material/school:"),
    ("../evaluate.py", "Evaluate", ":material/fact_check:"),
)
ABOUT = (
    "**Kinetoscope** finds which action happens when in a video clip, with neural networks "
    "that run\non this machine. No clip leaves it."
)


st.set_page_config("Kinetoscope", theme.ICON, "wide", "auto", {"About": ABOUT})
theme.styles()
st.logo(theme.LOGO, size="large")
page = st.navigation(
    [st.Page(path, title=title, icon=icon, default=title == "Library") for path, title, icon in PAGES], position="top"
)
state.follow_address()
state.follow_press()
for notice in state.new_notices():
    st.toast(notice, icon=":material/lock:", duration="infinite")
try:
    with state.heeding_presses():
        page.run()
finally:
    garbage.settle()
