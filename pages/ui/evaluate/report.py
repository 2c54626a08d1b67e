"""Report: one HTML file that opens offline, the numbers as JSON and CSV, and the command that reproduces them."""

from functools import partial
from html import escape

import streamlit as st

from core.domain import Evaluation
from core.workflows import evaluation
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import downloads
from pages.ui.common.jobs import job_panel

ABOUT = (
    "A single HTML file with the dataset, split, settings, all metrics with intervals, all "
    "charts, and pictures of the ten most confident errors. It opens offline in any browser."
)


def show(key: str) -> None:
    """The report and the numbers as files, and the command line."""
    results = cache.evaluation(key)
    name = evaluation.report_name(results)
    theme.section("Report", ABOUT)
    report = evaluation.report_key(key)
    if job_panel.ready(report, "Create report", evaluation.make_report, state.store(), key, noun="part"):
        size = formatting.size(state.store().file_path(report).stat().st_size)
        downloads.stored(f"Download report, {size}", report, f"{name}.html")
    theme.section(
        "Data",
        "JSON for programs, or CSV with one row per clip or segment. With the scores of all classes, every curve can "
        "be computed elsewhere.",
    )
    with st.container(horizontal=True):
        for title, suffix, kind, make in (
            ("JSON", ".json", "application/json", evaluation.as_json),
            ("CSV", ".csv", "text/csv", evaluation.as_csv),
            ("Scores of all classes, CSV", "-scores.csv", "text/csv", evaluation.export.scores_csv),
        ):
            content = partial(make, results)
            downloads.button(title, content, f"{name}{suffix}", kind, key=f"evaluate.file.{title}")
    theme.section("Reproduce", "This command gives the same numbers.")
    st.code(results.origin.command, language="sh", wrap_lines=True)
    settings = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>" for name, value in _made(results)
    )
    with st.expander("Settings and versions", icon=":material/settings:"):
        st.html(f'<div class="k-model"><table>{settings}</table></div>')


def _made(evaluation: Evaluation) -> list[tuple[str, object]]:
    origin = evaluation.origin
    entries = {"split": origin.split, "set": evaluation.basis, "seed": origin.seed} | origin.settings | origin.versions
    return [(name.replace("_", " "), value) for name, value in entries.items()]
