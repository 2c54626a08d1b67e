"""A note of the user's own at a moment of a clip, which the search finds."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import VideoInfo
from core.workflows import texts
from pages.ui import state
from pages.ui.common import flash, formatting


def show(info: VideoInfo) -> None:
    """What to note and when, and what was wrong with it."""
    turn = state.remembered("note.turn", 0)
    with st.form(f"note.{turn}", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input("Note", key=f"note.text.{turn}", placeholder="Ask Zoe about this jump", max_chars=1000)
        at = formatting.clock(state.moment_s(info), decimals=1)
        st.text_input("Time", at, key=f"note.at.{turn}", width=110, help="Seconds, or minutes and seconds: 1:23.4")
        st.form_submit_button("Save note", icon=":material/add_notes:", on_click=_keep, args=(info.digest, turn))
    flash.show("note")


def _keep(digest: str, turn: int) -> None:
    """Keep what stands in the form, or remember why not."""
    typed = str(state.widget(f"note.at.{turn}") or "")
    try:
        texts.take_note(state.store(), digest, formatting.seconds(typed), str(state.widget(f"note.text.{turn}") or ""))
        state.remember("note.turn", turn + 1)
    except AnalysisError as error:
        flash.keep("note", error)
