"""The written report on the Timeline, in a selectable language, and as files."""

from functools import partial
from pathlib import Path

import streamlit as st

from core.domain import Analysis
from core.stages import narrative
from core.stages.narrative import FORMS, LANGUAGES, Subject
from pages.ui import state
from pages.ui.common import formatting
from pages.ui.common.controls import downloads

HEIGHT_PX = 420


def show(analysis: Analysis) -> None:
    """The report, with the choice of its language and its files."""
    st.caption("When, how often, how long, how confident, and what is unusual. All numbers come from the labels.")
    before = state.starting("report.in", "report.language", "en")
    chosen = st.segmented_control(
        "Language",
        list(LANGUAGES),
        default=before if before in LANGUAGES else "en",
        key="report.language",
        required=True,
        format_func=lambda name: LANGUAGES[name].title,
        label_visibility="collapsed",
    )
    language = str(chosen)
    state.keep("report.in", language)
    name = state.store().entry(analysis.video.digest).name
    subjects = [Subject(name, analysis.track)]
    with st.container(border=True, height=HEIGHT_PX, key="report-in-words"):
        st.markdown(smaller(narrative.write(subjects, language=language, form="md")))
    with st.container(horizontal=True):
        for form in FORMS.values():
            downloads.button(
                form.title,
                partial(narrative.write, subjects, language=language, form=form.name),
                formatting.file_name(Path(name).stem, f"-{language}{form.suffix}"),
                form.mime,
                key=f"report.{form.name}",
            )


def smaller(markdown: str) -> str:
    """The same with headings that fit inside a page; its title stands in the section's head already."""
    return "\n".join(f"##{line}" if line.startswith("## ") else line for line in markdown.split("\n")[1:])
