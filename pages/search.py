"""Search: type what you look for, land on the second."""

import streamlit as st

from pages.ui import search_results, search_waiting, state, theme

theme.title("Search", "Type what you look for, in your own language, and land on the second.")
state.show_problem()
if not state.store().digests():
    theme.empty(
        "There is no clip yet", "Add one in the library first: your own, or the sample clip to try things with."
    )
    st.button("Open the library", type="primary", icon=":material/video_library:", on_click=state.go, args=("library",))
    st.stop()
asked, place = search_results.box()
search_waiting.show(place)
if search_waiting.indexed():
    search_results.show(asked, place)
