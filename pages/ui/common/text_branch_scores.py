"""What the words of clips add to their pictures: the same numbers for each alone and for both."""

import streamlit as st

from core.domain import Training
from core.workflows.training import BRANCHES
from pages.ui.common.metric_names import NAMES

TITLES = {"picture": "Video only", "words": "Text only", "both": "Video and text"}
TILE_PX = 150


def show(record: Training, *, key: str) -> None:
    """The three side by side, and in a sentence what the words add; nothing where no words took part."""
    if not record.words:
        return
    with st.container(horizontal=True, key=f"worded-{key}"):
        for branch in BRANCHES:
            value = record.words.get(f"{branch} accuracy")
            st.metric(
                TITLES[branch], "-" if value is None else f"{100 * value:.1f} %", width=TILE_PX,
                help=_explained(record, branch),
            )  # fmt: skip
    st.caption(sentence(record))


def sentence(record: Training) -> str:
    """What the words add to the picture."""
    picture, both = (record.words.get(f"{branch} accuracy", 0.0) for branch in ("picture", "both"))
    points = 100 * (both - picture)
    rows = "time steps" if record.over_time else "clips"
    if abs(points) < 0.05:
        return f"The words change nothing: as many {rows} are named rightly without them."
    more = "more" if points > 0 else "fewer"
    return f"With the words {abs(points):.1f} in 100 {rows} {more} are named rightly than by the picture alone."


def _explained(record: Training, branch: str) -> str:
    """The other numbers of a branch."""
    texts = [
        f"{NAMES.get(name, name)} {100 * value:.1f} %"
        for text, value in record.words.items()
        if (name := text.removeprefix(f"{branch} ")) != text
    ]
    return "On held-out clips. " + ", ".join(texts)
