"""The effect of text: the same metrics for video, text and both."""

import streamlit as st

from core.domain import Training
from core.workflows.training import BRANCHES
from pages.ui.common import formatting, metric_names

TITLES = {"picture": "Video only", "words": "Text only", "both": "Video and text"}
TILE_PX = 150


def show(record: Training, *, key: str) -> None:
    """The three side by side, and in a sentence what the text adds; nothing for a run without text."""
    if not record.words:
        return
    with st.container(horizontal=True, key=f"worded-{key}"):
        for branch in BRANCHES:
            value = record.words.get(f"{branch} accuracy")
            st.metric(
                TITLES[branch], "-" if value is None else formatting.per_cent(value, decimals=1), width=TILE_PX,
                help=_explained(record, branch),
            )  # fmt: skip
    st.caption(sentence(record))


def sentence(record: Training) -> str:
    """What the text adds to the video, in a sentence."""
    picture, both = (record.words.get(f"{branch} accuracy", 0.0) for branch in ("picture", "both"))
    points = 100 * (both - picture)
    rows = "time steps" if record.over_time else "clips"
    if abs(points) < 0.05:
        return f"Text does not change the share of correctly classified {rows}."
    change = "higher" if points > 0 else "lower"
    return f"With text, the share of correctly classified {rows} is {abs(points):.1f} points {change} than without."


def _explained(record: Training, branch: str) -> str:
    """The other metrics of a branch."""
    texts = [
        f"{metric_names.label(name)} {formatting.per_cent(value, decimals=1)}"
        for text, value in record.words.items()
        if (name := text.removeprefix(f"{branch} ")) != text
    ]
    return "On held-out clips. " + ", ".join(texts)
