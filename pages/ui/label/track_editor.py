"""The tracks of a clip on the Label page: select, rename, create and delete."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import DrawnTrack, VideoInfo
from core.workflows.annotation import edits, journal, scheme
from core.workflows.annotation.journal import TrackState
from pages.ui import state
from pages.ui.common import flash, formatting
from pages.ui.common.controls import button, label_views
from pages.ui.common.track_names import titles
from pages.ui.label import label_scheme

PANEL = label_views.PANEL


def chosen(info: VideoInfo, tracks: Sequence[TrackState]) -> TrackState:
    """The track that is drawn in: the one picked last, else the latest."""
    wanted = state.drawn_in(info.digest)
    return next((track for track in tracks if wanted and track.track_id.startswith(wanted)), tracks[-1])


def choose(info: VideoInfo, track: str) -> None:
    """Draw in another track from now on."""
    state.draw_in(info.digest, track)
    state.mirror()


def begin(info: VideoInfo, document: DrawnTrack, *, draw: bool = True) -> None:
    """A new track, which is drawn in from now on where `draw`; labels of it that the scheme lacks are added to it."""
    try:
        label_scheme.note(scheme.add(state.store(), document.labels, [document]))
        made = journal.begin(state.store(), info.digest, document)
        if draw:
            choose(info, made)
            if not document.seen:
                label_views.turn_to("draft")
    except AnalysisError as error:
        flash.keep(PANEL, error)


def edit(track: str, kind: str, make: Callable[[DrawnTrack], DrawnTrack]) -> None:
    """An edit of a track, for callbacks; what does not fit is told when the page is drawn."""
    try:
        journal.edit(state.store(), track, kind, make)
    except AnalysisError as error:
        flash.keep(PANEL, error)


def step(track: str, kind: str) -> None:
    """Undo or redo, for callbacks."""
    try:
        (journal.undo if kind == "undo" else journal.redo)(state.store(), track)
    except AnalysisError as error:
        flash.keep(PANEL, error)


def author() -> str:
    """Who drew last, as far as it is known."""
    known = state.remembered("label.author", "")
    if known:
        return known
    for video in state.store().labelled_videos():
        if tracks := journal.tracks(state.store(), video):
            return tracks[-1].document.author
    return ""


def head(info: VideoInfo, tracks: Sequence[TrackState]) -> TrackState:
    """Which track is drawn in, with what can be done to tracks."""
    now, named = chosen(info, tracks), titles(tracks)
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="label-tracks"):
        ids = list(named)
        key = f"label.pick.{'.'.join(ids)}.{now.track_id}"
        st.selectbox(
            "Active track", ids, ids.index(now.track_id), named.__getitem__, key=key, width=260, on_change=_pick,
            args=(info, key), label_visibility="collapsed",
        )  # fmt: skip
        with st.popover(
            "Labels", icon=":material/label:", help="Add, rename, order, colour and remove the labels of all clips"
        ):
            label_scheme.show()
        with st.popover("New track", icon=":material/add:"):
            _new(info)
        with st.popover("", icon=":material/more_horiz:", help="Edit or delete this track"):
            _manage(info, now)
    return now


def _pick(info: VideoInfo, key: str) -> None:
    choose(info, state.widget(key))


def _new(info: VideoInfo) -> None:
    """A new track: what for, and whose."""
    st.caption("The other tracks are shown below the active one. Use separate tracks for behaviours that overlap.")
    name = st.text_input("Subject", placeholder="hands", key="label.new.name")
    who = st.text_input("Annotator", author(), key="label.new.author", placeholder="Ann")
    if button.pressed("Create track", key="label.new", type="primary"):
        state.remember("label.author", who.strip())
        begin(info, DrawnTrack(scheme.labels(state.store()), (), (), name.strip(), who.strip()))
        st.rerun()


def _manage(info: VideoInfo, now: TrackState) -> None:
    track = now.document
    name = st.text_input("Subject", track.name, key=f"label.name.{now.track_id}")
    who = st.text_input("Annotator", track.author, key=f"label.author.{now.track_id}")
    st.button(
        "Save", key="label.rename", on_click=edit,
        args=(now.track_id, "names", lambda document: replace(document, name=name.strip(), author=who.strip())),
    )  # fmt: skip
    st.divider()
    st.caption(f"{contents(track)}, {formatting.length(track.seen_s)} reviewed.")
    st.button(
        "Mark the whole clip as reviewed", key="label.reviewed", icon=":material/done_all:",
        disabled=track.seen_s >= info.duration_s, on_click=edit,
        args=(now.track_id, "look", lambda document: edits.look(document, 0.0, info.duration_s)),
        help="Where you drew no label, nothing happens. Shares and rates on Study count the reviewed time only.",
    )  # fmt: skip
    st.button(
        "Delete this track", key="label.drop", icon=":material/delete:", on_click=_drop, args=(info, now.track_id)
    )


def _drop(info: VideoInfo, track: str) -> None:
    try:
        journal.drop(state.store(), track)
        state.remember(f"label.dropped.{info.digest}", track)
    except AnalysisError as error:
        flash.keep(PANEL, error)


def contents(track: DrawnTrack) -> str:
    """How many labels a track holds, in words."""
    points = f", {formatting.count(len(track.points), 'point')}" if track.points else ""
    return f"{formatting.count(len(track.segments), 'segment')}{points}"


def restore(info: VideoInfo) -> None:
    """A button that brings back the track that was deleted just now."""
    dropped = state.remembered(f"label.dropped.{info.digest}", "")
    if dropped and button.pressed("Restore the deleted track", key="label.restore", icon=":material/undo:"):
        journal.restore(state.store(), dropped)
        state.remember(f"label.dropped.{info.digest}", "")
        choose(info, dropped)
        st.rerun()
