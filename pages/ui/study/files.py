"""The files of a study: tables, report and figures."""

from dataclasses import replace
from functools import partial

import streamlit as st

from core.workflows.study import writing
from core.workflows.study.library import export
from core.workflows.study.library.question import LibraryQuestion
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import downloads
from pages.ui.common.jobs import job_panel
from pages.ui.study import group_comparison, raster, transitions
from pages.ui.study.choices import ChosenStudy

INSTALL = "pip install pynwb ndx-ethogram"
PARQUET = "application/vnd.apache.parquet"
ABOUT = (
    "All tables as CSV, how the study was made as JSON, and a report with the figures that opens offline: the files "
    "that python -m core study writes with --output."
)
ABOUT_NWB = (
    "One file per clip, with bouts as ndx-ethogram tables and point events as event tables. The metadata must say when "
    "each recording began: a column session_start with date and time, or columns date and time."
)


def show(study: ChosenStudy) -> None:
    """A ZIP of all files, and the main ones by themselves."""
    theme.section("Files", ABOUT)
    store, engine = state.store(), state.settings().engine
    question = _question(study)
    key = cache.files_key(question)
    if job_panel.ready(key, "Create files", export.make_files, store, question, engine, noun="clip"):
        size = formatting.size(store.file_path(key).stat().st_size)
        with st.container(horizontal=True):
            downloads.stored(f"Download all, {size}", key, "study.zip")
            for title, name, kind in (
                ("Report", writing.REPORT, "text/html"),
                ("Budgets, CSV", writing.BUDGET, "text/csv"),
            ):
                content = partial(export.part, store, key, name)
                downloads.button(title, content, name, kind, key=f"study.file.{name}")
            for title, name in (("Budgets, Parquet", writing.BUDGET), ("Segments, Parquet", writing.SEGMENTS)):
                columnar = name.replace(".csv", ".parquet")
                content = partial(export.columnar, store, key, name)
                downloads.button(title, content, columnar, PARQUET, key=f"study.file.{columnar}")
    _show_nwb(question)
    theme.section(
        "Figures", "Charts have a camera symbol that saves them as SVG; the raster can be saved as PNG there."
    )
    raster.picture(study)


def _show_nwb(question: LibraryQuestion) -> None:
    """A ZIP of NWB files, where the packages are installed that write them."""
    theme.section("Neurodata Without Borders (NWB)", ABOUT_NWB)
    if not export.is_nwb_installed():
        st.caption(f"NWB files need two more packages. Install them where the dashboard runs: `{INSTALL}`")
        return
    store, engine = state.store(), state.settings().engine
    key = export.nwb_key(cache.comparison_key(question))
    if job_panel.ready(key, "Create NWB files", export.make_nwb_files, store, question, engine, noun="clip"):
        size = formatting.size(store.file_path(key).stat().st_size)
        downloads.stored(f"Download NWB files, {size}", key, "study-nwb.zip")


def _question(study: ChosenStudy) -> LibraryQuestion:
    """The study with its groups, as far as they can be compared."""
    question = group_comparison.asked(study)
    if group_comparison.problem(study)[0]:
        question = replace(question, group="")
    return replace(question, max_gap_s=transitions.chosen_gap_s())
