"""Video export on the Label page: the clip with its labels, and its segments as clips."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.domain import VideoInfo
from core.workflows import predictions, rendering
from core.workflows.annotation.journal import TrackState
from core.workflows.rendering import Strip, Wanted
from pages.ui import cache, state
from pages.ui.common import figures, formatting, theme, track_names
from pages.ui.common.controls import downloads
from pages.ui.common.jobs import job_panel
from pages.ui.label.draft import Drafted


def show(info: VideoInfo, now: TrackState, tracks: Sequence[TrackState], drafted: Drafted | None) -> None:
    """Both kinds of export."""
    theme.section("Labelled video", "An MP4 file with the labels below the picture.")
    _film(info, tracks, drafted)
    theme.section("Segment clips", "A ZIP file with one clip per segment and a table of all segments.")
    _cuts(info, now)


def _film(info: VideoInfo, tracks: Sequence[TrackState], drafted: Drafted | None) -> None:
    named = track_names.titles(tracks)
    picked = st.multiselect("Tracks", list(named), list(named), named.__getitem__, key=f"label.film.{len(named)}")
    strips = [Strip(named[track.track_id], track.document.segments) for track in tracks if track.track_id in picked]
    scores = heat = False
    if drafted is None:
        st.caption("Draft labels first to include a network's scores or its explanations.")
    else:
        scores = st.toggle(f"Scores of {drafted.title}", key="label.film.scores")
        heat = st.toggle("Explanations", key="label.film.heat", help="Computed window by window: this takes minutes.")
    if not strips and not scores and not heat:
        st.caption("Select at least one item to show.")
        return
    wanted = _wanted(info, strips, drafted, scores=scores, heat=heat)
    if lacking := rendering.undrawable([label for label, _ in wanted.colours] + [strip.name for strip in strips]):
        theme.notes(
            (f"No font on this machine contains {formatting.listed(lacking[:4])}. These labels are shown as numbers.",)
        )
    key = rendering.film_key(state.store(), info.digest, wanted)
    if job_panel.ready(key, "Create video", rendering.make_film, state.store(), info.digest, wanted):
        _download(info, key, "-labels.mp4", "video")


def _wanted(info: VideoInfo, strips: Sequence[Strip], drafted: Drafted | None, *, scores: bool, heat: bool) -> Wanted:
    """What is burnt in, with the colours that the page uses."""
    labels = {segment.label for strip in strips for segment in strip.segments}
    labels |= {segment.label for segment in drafted.segments} if drafted and scores else set()
    slots = cache.slots(tuple(sorted(labels)))
    colours = tuple((label, figures.colour(slot)) for label, slot in slots.items())
    if drafted is None or not (scores or heat):
        return Wanted(tuple(strips), colours)
    card, recipe, engine = state.models()[drafted.model], state.recipe(), state.settings().engine
    prediction = predictions.prediction_key(state.store(), info.digest, recipe, card, engine) if scores else ""
    return Wanted(tuple(strips), colours, prediction, heat, recipe, drafted.model, engine)


def _cuts(info: VideoInfo, now: TrackState) -> None:
    """Which labels, and the zip."""
    used = list(dict.fromkeys(segment.label for segment in now.document.segments))
    if not used:
        st.caption("This track has no segments yet.")
        return
    picked = st.multiselect("Labels", used, used, key=f"label.cuts.{now.track_id}.{len(used)}")
    chosen = tuple(segment for segment in now.document.segments if segment.label in picked)
    if not chosen:
        st.caption("Select a label.")
        return
    strips = (Strip(track_names.titles([now])[now.track_id], chosen),)
    key = rendering.cut_key(info.digest, strips)
    title = f"Export {formatting.count(len(chosen), 'segment')}"
    if job_panel.ready(key, title, rendering.make_cuts, state.store(), info.digest, strips):
        _download(info, key, "-segments.zip", formatting.count(len(chosen), "segment"))


def _download(info: VideoInfo, key: str, suffix: str, what: str) -> None:
    """The link to a file that was made."""
    path = state.store().file_path(key)
    name = formatting.file_name(Path(state.store().entry(info.digest).name).stem, suffix)
    downloads.stored(f"Download {what}, {formatting.size(path.stat().st_size)}", key, name)
