"""Evaluate: metrics with intervals, errors, and the clips behind them."""

import streamlit as st

from core.workflows import evaluation
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import flash, theme, trouble
from pages.ui.common.jobs import job_panel
from pages.ui.common.pickers import dataset_picker
from pages.ui.evaluate import compare, confidence, errors, headline, over_time, overview, picker, report
from pages.ui.evaluate.label_changes import pending

VIEWS = {
    "overview": ("Overview", overview.show),
    "errors": ("Errors", errors.show),
    "confidence": ("Confidence", confidence.show),
    "time": ("Over time", over_time.show),
    "compare": ("Compare", None),
    "report": ("Report", report.show),
}
ABOUT = (
    "The model first predicts the clips that have no stored prediction. Then all metrics are "
    "computed, with confidence intervals."
)


def show(key: str, entry: DatasetEntry, question: evaluation.EvaluationQuestion) -> None:
    """The selected view; the main metrics above the first view, only their sentence above the others."""
    results = cache.evaluation(key)
    names = [name for name in VIEWS if name != "time" or results.found.over_time]
    kept = state.remembered("evaluate.view", "overview")
    view = st.segmented_control(
        "View", names, default=kept if kept in names else "overview", format_func=lambda name: VIEWS[name][0],
        key=f"evaluate.view.{len(names)}", label_visibility="collapsed", required=True,
    )  # fmt: skip
    state.remember("evaluate.view", str(view))
    if view == "overview":
        headline.show(key)
    else:
        headline.sentence(key)
    part(str(view), key, entry, question)


@trouble.fragment
def part(view: str, key: str, entry: DatasetEntry, question: evaluation.EvaluationQuestion) -> None:
    """One view, run again by itself after a click in it, below the changes to the dataset that are not saved yet."""
    pending.bar(key)
    if view == "compare":
        compare.show(key, entry, question)
    else:
        VIEWS[view][1](key)


theme.title("Evaluate", "Select a dataset and a model, then click on any number to see the clips behind it.")
flash.show()
entries = state.store().datasets()
if not entries:
    theme.empty(
        "No datasets yet",
        "A model can only be evaluated on labelled clips. Import a dataset, or create the sample dataset.",
    )
    st.button("Open Datasets", type="primary", icon=":material/dataset:", on_click=state.go, args=("datasets",))
    state.stop()
left, right = st.columns(2, gap="large")
with left:
    entry = dataset_picker.pick(entries)
dataset = cache.dataset(entry)
with right:
    question = picker.subject(entry) if dataset is not None else None
if question is not None:
    key = picker.key(question) if picker.answerable(entry, question) else ""
    if key and job_panel.ready(
        key, "Evaluate", evaluation.evaluate, state.store(), question, at_once=question.source == "run", about=ABOUT
    ):
        show(key, entry, question)
