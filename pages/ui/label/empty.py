"""The Label page of a clip without labels: create a track, or import labels."""

import streamlit as st

from core.domain import DrawnTrack, VideoInfo
from core.workflows.annotation import files, scheme
from pages.ui import cache, state
from pages.ui.common import flash, theme
from pages.ui.common.controls import button
from pages.ui.label import import_files, track_editor

EMPTY = "nothing"


def show(info: VideoInfo) -> None:
    """What to begin with, and the button."""
    theme.empty(
        "No labels yet",
        "Create a track and draw labels with the mouse on the timeline, or with one key per "
        "label during playback. A network can draft labels for you to correct. Every edit is "
        "saved immediately.",
    )
    track_editor.restore(info)
    left, right = st.columns([3, 2], gap="large")
    with left:
        _form(info)
    with right:
        theme.section("Import labels")
        import_files.show(info, scheme.labels(state.store()))


def _form(info: VideoInfo) -> None:
    theme.section("New track")
    text = st.text_input(
        "Labels", ", ".join(scheme.labels(state.store())), key="label.begin.labels", placeholder="walk, run, jump",
        help="Separated by commas. All clips share these labels; you can add more at any time.",
    )  # fmt: skip
    who = st.text_input("Annotator", track_editor.author(), key="label.begin.author", placeholder="Ann")
    offered = _sets(info)
    source = EMPTY
    if offered:
        sources = {EMPTY: EMPTY} | {name: f"labels of the dataset {name}" for name in offered}
        source = st.selectbox("Start from", list(sources), 0, sources.__getitem__, key="label.begin.source")
    if button.pressed("Create track", key="label.begin", type="primary", icon=":material/edit:"):
        labels = tuple(dict.fromkeys(" ".join(label.split())[:80] for label in text.split(",") if label.strip()))
        state.remember("label.author", who.strip())
        track_editor.begin(info, offered.get(source, DrawnTrack(labels, (), (), "", who.strip())))
        st.rerun()
    flash.show(track_editor.PANEL)


def _sets(info: VideoInfo) -> dict[str, DrawnTrack]:
    """The labels of the clip in datasets, as tracks by the name of the dataset."""
    entries = {}
    for entry in state.store().datasets():
        dataset = cache.dataset(entry)
        item = next((item for item in dataset.items if item.video == info.digest), None) if dataset else None
        if dataset and item:
            entries[entry.name] = files.track_of_item(item, dataset.labels, dataset.background, entry.name)
    return entries
