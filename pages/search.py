"""Search: type what you look for, land on the second."""

import streamlit as st

from pages.ui import state
from pages.ui.common import theme
from pages.ui.search import coverage, results

theme.title("Search", "Type what you look for, in your own language, and land on the second.")
state.show_problem()
if not state.store().digests():
    theme.empty(
        "There is no clip yet", "Add one in the library first: your own, or the sample clip to try things with."
    )
    st.button("Open the library", type="primary", icon=":material/video_library:", on_click=state.go, args=("library",))
    st.stop()
query, digest = results.box()
coverage.show(digest)
if coverage.indexed():
    results.show(query, digest)
