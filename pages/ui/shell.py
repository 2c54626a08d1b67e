"""The script that runs: the frame around each page, and which pages there are."""

import streamlit as st

from pages.ui import garbage, state
from pages.ui.common import theme, trouble
from pages.ui.common.jobs import indicator

PAGES = {  # in the order of the work
    "1 Clips": (
        ("../library.py", "Library", ":material/video_library:"),
        ("../prepare.py", "Prepare", ":material/tune:"),
        ("../frames.py", "Frames", ":material/photo_library:"),
    ),
    "2 Analyse": (
        ("../timeline.py", "Timeline", ":material/view_timeline:"),
        ("../features.py", "Features", ":material/blur_on:"),
        ("../search.py", "Search", ":material/search:"),
        ("../batch.py", "Batch", ":material/stacks:"),
        ("../study.py", "Study", ":material/query_stats:"),
    ),
    "3 Label and train": (
        ("../label.py", "Label", ":material/edit_note:"),
        ("../datasets.py", "Datasets", ":material/dataset:"),
        ("../train.py", "Train", ":material/school:"),
        ("../evaluate.py", "Evaluate", ":material/fact_check:"),
    ),
}
ABOUT = (
    "**Kinetoscope** finds which action happens when in a video clip, with neural networks "
    "that run\non this machine. No clip leaves it."
)

st.set_page_config("Kinetoscope", theme.ICON, "wide", "auto", {"About": ABOUT})
theme.styles()
st.logo(theme.LOGO, size="large")
sections = {
    section: [st.Page(path, title=title, icon=icon, default=title == "Library") for path, title, icon in pages]
    for section, pages in PAGES.items()
}
page = st.navigation(sections, position="top")
st.navigation(  # again, with the section of the page in bold
    {f"**{section}**" if page in pages else section: pages for section, pages in sections.items()}, position="top"
)
try:
    with trouble.in_words(), state.heeding_presses():
        state.follow_address()
        state.follow_press(page.title.lower())
        state.follow_page(page.title.lower())
        indicator.show()
        for notice in state.new_notices():
            st.toast(notice, icon=":material/info:", duration="infinite")
        page.run()
finally:
    garbage.settle()
