"""The main part of the Label page: the player with all lanes, the state of saving, and the views below."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import streamlit as st

from core.base.errors import AnalysisError, EditRefused
from core.domain import Edit, VideoInfo
from core.workflows.annotation import agreement, journal, scheme
from core.workflows.annotation.journal import TrackState
from pages.ui import cache, state
from pages.ui.common import flash, formatting, track_names, trouble
from pages.ui.common.controls import label_views
from pages.ui.common.player import player
from pages.ui.common.player.rows import drawn_lane
from pages.ui.label import compare, draft, empty, files, label_scheme, render, retrain, revision, track_editor

UNDO = "Ctrl+Z and Ctrl+Shift+Z in the player. Every edit can be undone."
EDIT_NAMES = {
    "paint": "painting",
    "point": "point",
    "change point": "moved point",
    "label point": "new label",
    "delete point": "deleted point",
    "unlabel": "unlabelling",
    "change": "new ends",
    "border": "new border",
    "label": "new label",
    "accept": "accepting",
    "look": "looking",
}


@trouble.fragment
def show(info: VideoInfo) -> None:
    """All of it, run again by itself after each edit."""
    revision.watch(info)
    tracks = journal.tracks(state.store(), info.digest)
    if not tracks:
        empty.show(info)
        return
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="label-head"
    ):
        now = track_editor.head(info, tracks)
        _history(now)
    label_scheme.note(scheme.complete(state.store(), tracks))
    label_scheme.tell()
    track_editor.restore(info)
    flash.show(track_editor.PANEL)
    drafted = draft.stored_draft(info, now)
    view = label_views.shown()
    compared = compare.agreement_with(info, now, tracks) if view == "compare" else None
    labels = scheme.labels(state.store())
    slots = _slots(labels, tracks, drafted)
    opened = draft.opened(info, drafted)
    draft.arrive(opened)
    if not labels:
        st.info("Add a label under “Labels” first. Then draw it with its key or the mouse.", icon=":material/label:")
    with st.container(key="label-player"):
        _play(info, now, tracks, opened, compared, labels, slots)
    _views(info, now, tracks, drafted, compared)


def _slots(labels: Sequence[str], tracks: Sequence[TrackState], drafted: draft.Drafted | None) -> dict[str, int]:
    """The number of each label, from which its colour follows."""
    shown = [*labels, *(label for track in tracks for label in track.document.labels)]
    shown += [segment.label for segment in drafted.segments] if drafted else []
    return cache.slots(tuple(dict.fromkeys(shown)))


def _play(
    info: VideoInfo,
    now: TrackState,
    tracks: Sequence[TrackState],
    drafted: draft.Drafted | None,
    compared: agreement.TrackAgreement | None,
    labels: Sequence[str],
    slots: dict[str, int],
) -> None:
    """The player: the track that is drawn in first, then the draft, then the other tracks."""
    named = track_names.titles(tracks)
    rows = [replace(drawn_lane(now.document, named[now.track_id]), edits=True), *draft.rows(drafted, now)]
    rows += [drawn_lane(track.document, named[track.track_id]) for track in tracks if track.track_id != now.track_id]
    rows += compare.rows(compared)
    player.show(
        info, rows, slots, key=f"label.player.{now.track_id}", playable=player.playable(info),
        labels=labels, points=state.store().point_labels(), on_edit=_taker(now.track_id), active=named[now.track_id],
    )  # fmt: skip


def _taker(track: str) -> Callable[[Edit], None]:
    """What takes edits out of the player. One that no longer fits is let go: the lanes show what holds."""

    def take(edit: Edit) -> None:
        try:
            journal.apply(state.store(), track, edit)
        except EditRefused:
            return
        except AnalysisError as error:
            flash.keep(track_editor.PANEL, error)

    return take


def _history(now: TrackState) -> None:
    """That all is kept, with undo and redo."""
    with st.container(horizontal=True, vertical_alignment="center", width="content", key="label-kept"):
        for kind, icon, waiting in (("undo", ":material/undo:", now.done), ("redo", ":material/redo:", now.undone)):
            st.button(
                f"{kind.capitalize()}{_named(waiting)}", key=f"label.{kind}", icon=icon, disabled=not waiting,
                on_click=track_editor.step, args=(now.track_id, kind), help=UNDO,
            )  # fmt: skip
        track = now.document
        done = (
            f"{formatting.count(now.number, 'edit')} saved, last {formatting.ago(now.made, time.time())}"
            if now.number
            else "Every edit is saved immediately"
        )
        st.caption(
            f":material/check_circle: {done} · {track_editor.contents(track)} · "
            f"{formatting.length(track.seen_s)} reviewed"
        )


def _named(edits: Sequence[tuple[int, str]]) -> str:
    """What would be undone or done again, in a word."""
    return f": {EDIT_NAMES.get(edits[-1][1], edits[-1][1])}" if edits else ""


def _views(
    info: VideoInfo,
    now: TrackState,
    tracks: Sequence[TrackState],
    drafted: draft.Drafted | None,
    compared: agreement.TrackAgreement | None,
) -> None:
    """What can be done with the labels, one thing at a time."""
    view = st.segmented_control(
        "Tool", list(label_views.NAMES), default=label_views.shown(), format_func=label_views.NAMES.__getitem__,
        key=label_views.key(), label_visibility="collapsed", required=True, on_change=label_views.note,
    )  # fmt: skip
    with st.container(key="label-view"):
        if view == "draft":
            draft.show(info, now, drafted)
        elif view == "compare":
            compare.show(info, now, tracks, compared)
        elif view == "learn":
            retrain.show(info, now)
        elif view == "files":
            files.show(info, now, tracks)
        else:
            render.show(info, now, tracks, drafted)
