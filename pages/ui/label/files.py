"""Label files on the Label page: download and import of tracks in any format."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import FORMATS
from core.domain import DrawnTrack, Labels, VideoInfo
from core.stages.formats import Format
from core.stages.formats.common import conversion
from core.workflows.annotation import files, scheme
from core.workflows.annotation.journal import TrackState
from pages.ui import state
from pages.ui.common import formatting, theme, track_names
from pages.ui.common.controls import downloads, every_frame
from pages.ui.label import import_files

EXPORTED = (
    "CSV files exported here can be imported below and on Datasets. Those of the Timeline can be imported below only."
)


def show(info: VideoInfo, now: TrackState, tracks: Sequence[TrackState]) -> None:
    """Both ways."""
    theme.section("Export labels", EXPORTED)
    _export(info, now, tracks)
    theme.section("Import labels", "Imported labels become new tracks; existing tracks are not changed.")
    import_files.show(info, scheme.labels(state.store()), now.track_id)


# Out ------------------------------------------------------------------------------------------------------------------


def _export(info: VideoInfo, now: TrackState, tracks: Sequence[TrackState]) -> None:
    """The format, what to know of it, and the file."""
    names = list(conversion.writable())
    kept = state.remembered("label.format", "elan")
    chosen = st.selectbox(
        "Format",
        names,
        names.index(kept) if kept in names else 0,
        lambda name: FORMATS[name].title,
        key="label.format.pick",
    )
    state.remember("label.format", chosen)
    form, name = FORMATS[chosen], state.store().entry(info.digest).name
    picked = _picked(now, tracks)
    documents = _documents(picked, named="tracks" in form.keeps)
    st.caption(f"It counts {form.unit}, {form.base}; {form.ends}. {form.remark}")
    unseen_s = files.unseen_s(documents, info) if form.every_frame else 0.0
    annotated = bool(unseen_s) and _whole_clip(picked, unseen_s)
    if unseen_s and not annotated:
        return
    made = _with_points(files.labels_of(documents, info, name, watched=annotated), form)
    if lost := form.lost(made):
        st.caption(f"Not stored in this format: {', '.join(lost)}.")
    try:
        written = conversion.convert(made, form)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    file = formatting.file_name(Path(name).stem, form.suffix)
    downloads.button(f"Download {form.title}", written.files[""], file, form.mime, key="label.download", primary=True)


def _with_points(labels: Labels, form: Format) -> Labels:
    """The labels, with points as segments of one frame where the format holds no points and that is wanted."""
    if "points" in form.keeps or not any(lane.points for clip in labels.clips for lane in clip.lanes):
        return labels
    framed = st.toggle(
        "Write points as segments of one frame", key="label.points.framed",
        help="This format holds no points. If on, each becomes a segment of the frame on screen then, in a track for "
        "each label.",
    )  # fmt: skip
    return conversion.points_as_frames(labels) if framed else labels


def _picked(now: TrackState, tracks: Sequence[TrackState]) -> list[TrackState]:
    """The tracks to write."""
    titles = track_names.titles(tracks)
    picked = [now.track_id]
    if len(tracks) > 1:
        key = f"label.along.{now.track_id}.{len(tracks)}"
        picked = st.multiselect("Tracks", list(titles), picked, titles.__getitem__, key=key) or picked
    return [track for track in tracks if track.track_id in picked]


def _documents(picked: Sequence[TrackState], *, named: bool) -> list[DrawnTrack]:
    """What is in these tracks; where the format names them, a lone one may be called otherwise there."""
    documents = [track.document for track in picked]
    if named and len(documents) == 1:
        (alone,) = documents
        text = alone.name or track_names.UNNAMED
        called = st.text_input("File name in that program", text, key=f"label.tier.{picked[0].track_id}.{text}")
        return [replace(alone, name=called.strip() or text)]
    return documents


def _whole_clip(picked: Sequence[TrackState], unseen_s: float) -> bool:
    """Whether all of the clip was annotated in these tracks, which is kept with them."""
    names = [f"label.annotated.{track.track_id}" for track in picked]
    annotated = every_frame.stated(
        "The whole clip was annotated", all(state.kept(name, False) for name in names), key=".".join(names),
        about=f"Not reviewed: {formatting.length(unseen_s)}. If on, nothing happens there without a label.",
    )  # fmt: skip
    for name in names:
        if annotated or len(names) == 1:
            state.keep(name, annotated)
    return annotated
