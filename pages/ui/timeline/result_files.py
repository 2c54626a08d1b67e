"""A result as files: three formats at hand, those of other programs on demand."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import FORMATS
from core.domain import Analysis
from core.stages import formats
from core.stages.formats import Format
from core.stages.formats.common import conversion
from core.workflows import predictions
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import downloads, every_frame

EVERYDAY = ("csv", "json", "vtt")
IMPORTED = (
    "All three can be imported on Label, under Files. For Datasets, export a CSV there, which also names the clip."
)


def show(analysis: Analysis) -> None:
    """The files, and what to know of the format that was chosen."""
    with st.container(horizontal=True):
        for name in EVERYDAY:
            _download(analysis, name)
    st.caption(IMPORTED)
    others = [name for name in conversion.writable() if name not in EVERYDAY]
    chosen = st.selectbox(
        "Format",
        others,
        index=None,
        format_func=lambda name: FORMATS[name].title,
        placeholder="ELAN, BORIS, CVAT ...",
        key="download.other",
    )
    if chosen:
        _other(analysis, FORMATS[chosen])


def _other(analysis: Analysis, form: Format) -> None:
    """A file for another program, once it is known what the format needs."""
    st.caption(f"It counts {form.unit}, {form.base}; {form.ends}. {form.remark}")
    if lost := form.lost(formats.labels_of(analysis)):
        st.caption(f"Not stored in this format: {', '.join(lost)}.")
    duration_s, (start_s, stop_s) = analysis.video.duration_s, analysis.track.seen_s
    unseen_s = duration_s - (stop_s - start_s)
    if form.every_frame and unseen_s > duration_s / analysis.video.frame_count / 2:
        if not every_frame.stated(
            "Nothing happens in the parts that were not analysed", False,
            key=f"download.whole.{analysis.video.digest}",
            about=f"Not analysed: {formatting.length(unseen_s)}. If on, those frames count as background.",
        ):  # fmt: skip
            return
        analysis = replace(analysis, track=replace(analysis.track, seen_s=(0.0, duration_s)))
    _download(analysis, form.name)


def _download(analysis: Analysis, name: str) -> None:
    """A button for a file of one format, or why it cannot be written."""
    kind = FORMATS[name]
    called = state.store().entry(analysis.video.digest).name
    content: downloads.DownloadContent = partial(predictions.export, analysis, name, called)
    if name not in EVERYDAY:  # those can always be written
        try:
            content = content()
        except AnalysisError as error:
            theme.problem(str(error), error.hint)
            return
    file = formatting.file_name(Path(called).stem, kind.suffix)
    downloads.button(kind.title, content, file, kind.mime, key=f"download.{name}")
