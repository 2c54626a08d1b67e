"""The views of a dataset: its facts, its classes with pictures, its clips, its import report."""

from html import escape

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Dataset, Item
from core.workspace.store import DatasetEntry
from pages.ui import cache, state
from pages.ui.common import figures, flash, formatting, theme
from pages.ui.common.media import thumbnails
from pages.ui.common.pickers.dataset_picker import facts
from pages.ui.datasets import tables

PICTURES = 12


def head(entry: DatasetEntry, dataset: Dataset) -> None:
    """Facts, and the button to delete the dataset; the menu above has its name."""
    left, right = st.columns([12, 1], vertical_alignment="center")
    with left:
        theme.facts((*facts(dataset), dataset.source))
    bar = right.container(horizontal=True, horizontal_alignment="right")
    with bar, st.popover("", icon=":material/delete:", help="Delete this dataset"):
        st.markdown(f"Delete the dataset **{theme.plain(entry.name)}** with its splits?")
        st.caption("Its clips and their features are kept.")
        st.button("Delete", key=f"sets.delete.{entry.key}", type="primary", on_click=_delete, args=(entry.name,))


def _delete(name: str) -> None:
    """Delete a dataset, or keep why that failed."""
    try:
        state.store().delete_dataset(name)
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)


def classes(dataset: Dataset) -> None:
    """Balance, lengths, and pictures of a class."""
    left, right = st.columns([5, 4], gap="large")
    dark = state.is_dark()
    with left:
        theme.section("Examples per class", tables.balance(dataset))
        figure = tables.class_bars(dataset, cache.slots(dataset.labels), dark=dark)
        st.plotly_chart(figure, key="sets.classes", config=figures.QUIET)
    with right:
        theme.section("Duration of the clips", tables.lengths(dataset))
        st.plotly_chart(tables.duration_bars(dataset, dark=dark), key="sets.lengths", config=figures.QUIET)
    theme.section("Thumbnails")
    label = st.selectbox("Class", dataset.labels, key=f"sets.class.{dataset.name}", width=360)
    items = [item for item in dataset.items if label in tables.labels_of(item)]
    gallery(items, label, key=f"{dataset.name}.{label}")


def gallery(items: list[Item], label: str, *, key: str) -> None:
    """Pictures of clips at the label, some at a time."""
    if not items:
        st.caption("No clip shows only this label.")
        return
    shown = state.remembered(f"sets.gallery.{key}", PICTURES)
    cells = "".join(_cell(item, label) for item in items[:shown])
    st.html(f'<div class="k-gallery">{cells}</div>')
    if len(items) > shown:
        st.button(
            f"Show more ({formatting.number(len(items))} in total)", icon=":material/expand_more:",
            on_click=state.remember,
            args=(f"sets.gallery.{key}", shown * 2),
        )  # fmt: skip


def _cell(item: Item, label: str) -> str:
    """A clip, with its picture in the middle of its first segment of that label where it has segments."""
    name = item.path.rpartition("/")[2]
    text = f"<figcaption>{escape(name)}</figcaption>"
    moments_s = ((segment.start_s + segment.stop_s) / 2 for segment in item.segments if segment.label == label)
    return f"<figure>{thumbnails.small(item.video, item.duration_s, next(moments_s, None))}{text}</figure>"


def clips(dataset: Dataset) -> None:
    """All clips as a table."""
    st.caption("Click a column header to sort. Use the search icon above the table to find a clip.")
    st.dataframe(
        tables.clips(dataset),
        hide_index=True,
        width="stretch",
        height=460,
        column_config={"Seconds": st.column_config.NumberColumn(format="%.2f")},
    )


def findings(dataset: Dataset) -> None:
    """The import report."""
    if not dataset.findings:
        theme.empty("No problems found", "Every clip of the source was imported.")
        return
    lost = sum(finding.left_out for finding in dataset.findings)
    st.caption(f"{formatting.count(lost, 'item')} could not be imported.")
    st.dataframe(tables.findings(dataset.findings), hide_index=True, width="stretch", height=460)
