"""Search: find moments by text."""

import streamlit as st

from pages.ui import state
from pages.ui.common import flash, theme
from pages.ui.search import coverage, results

theme.title("Search", "Describe a moment in your own language, then select a result to play it.")
flash.show()
if not state.store().digests():
    theme.empty("No clips yet", "Add your own clip or the sample clip in the library first.")
    st.button("Open Library", type="primary", icon=":material/video_library:", on_click=state.go, args=("library",))
    state.stop()
query, digest = results.box()
coverage.show(digest)
if coverage.indexed():
    results.show(query, digest)
