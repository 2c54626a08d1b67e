"""Import of label files on the Label page: the selection of parts, and the mapping of unknown labels.

Workers read the file and make its tracks; what is drawn here comes out of the summary that they stored.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import FORMATS
from core.domain import Part, Renaming, VideoInfo
from core.stages.formats import Format
from core.workflows.annotation import importer
from core.workflows.annotation.importer import FileSummary, ImportChoice, KeptFile, LabelReading, TrackSummary
from pages.ui import state
from pages.ui.common import flash, formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.jobs import job_panel
from pages.ui.label import label_scheme, track_editor

FIND_OUT, KEEP, DROP = "", "\0keep", "\0drop"
MOST_ASKED = 60  # labels that are decided on one by one
KNOWN = "ELAN, BORIS, Label Studio, CVAT, VIA, NWB, subtitles, CSV and more; several files as a ZIP file."
PANEL = "label.import"  # of messages


def show(info: VideoInfo, known: tuple[str, ...], drawn: str = "") -> None:
    """A file, what it says, what becomes of labels that are not known, and the button.

    drawn: the track that is drawn in, and stays that; where there is none it is one of the file.
    """
    kept = importer.kept_file(state.store(), info.digest)
    if kept is None:
        _upload(info)
        return
    _headline(info, kept)
    if _under_way(info, kept, drawn):
        return
    key = Path(kept.path).parent.name
    picked = st.selectbox("Format", [FIND_OUT, *FORMATS], 0, _title, key=f"label.form.{key}")
    reading = LabelReading(kept.path, kept.name, picked)
    summary = _summary(info, kept, reading)
    if summary and summary.form:
        reading = _options(reading, summary, f"{key}.{summary.form}")
        summary = _summary(info, kept, reading)
    if summary is None:
        return
    if summary.error:
        theme.problem(summary.error, summary.hint)
        return
    renaming = _decided(summary, known, key)
    places = _chosen(summary, key)
    tracks = [summary.tracks[place].renamed(renaming, summary.background) for place in places]
    count = sum(track.holds for track in tracks) + summary.rest_count
    _describe_content(summary, tracks, count)
    _failure(kept)
    flash.show(PANEL)
    if button.pressed(_taken(count), key=f"label.take.{key}", type="primary", disabled=not count):
        some = len(places) < len(summary.tracks)
        _take(info, kept, reading, ImportChoice(places if some else (), renaming), drawn)


def _title(name: str) -> str:
    return FORMATS[name].title if name else "Detect automatically"


# The file -------------------------------------------------------------------------------------------------------------


def _upload(info: VideoInfo) -> None:
    turn = state.remembered("label.import", 0)
    key = f"label.upload.{turn}"
    st.file_uploader(
        "Label file", key=key, label_visibility="collapsed", on_change=_keep, args=(info.digest, key, turn)
    )
    st.caption(KNOWN)
    flash.show(PANEL)


def _keep(digest: str, key: str, turn: int) -> None:
    """Keep an uploaded file aside: a callback."""
    upload = state.widget(key)
    if upload is None:
        return
    state.remember("label.import", turn + 1)
    try:
        importer.keep(state.store(), digest, upload, upload.name)
    except AnalysisError as error:
        flash.keep(PANEL, error)


def _headline(info: VideoInfo, kept: KeptFile) -> None:
    """Which file waits, and the button that forgets it."""
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.markdown(f"**{theme.plain(kept.name)}** · {formatting.size(kept.size)}", width="content")
        st.button("Discard", key="label.discard", icon=":material/close:", on_click=_discard, args=(info.digest,))


def _discard(digest: str) -> None:
    kept = importer.kept_file(state.store(), digest)
    for key in (kept.taking if kept else "", state.remembered(f"label.reading.{digest}", "")):
        state.runner().cancel(key)
    importer.discard(state.store(), digest)


def _summary(info: VideoInfo, kept: KeptFile, reading: LabelReading) -> FileSummary | None:
    """What the file says when it is read so; None where that is not known yet, which is shown."""
    store, key = state.store(), importer.summary_key(info.digest, reading)
    if store.has(key):
        return store.known(key, FileSummary)
    if kept.small:
        try:
            state.runner().ask(importer.check, store, info.digest, reading)
        except AnalysisError as error:
            theme.problem(str(error), error.hint)
    else:
        job = (key, f"Read {kept.name}", importer.check, store, info.digest, reading)
        _read_last(info.digest, *job)
        job_panel.ready(*job, noun="label", at_once=True)
    return store.known(key, FileSummary)


def _read_last(digest: str, key: str, *job: Any) -> None:
    """Cancel the reading that was begun before, with other options; one that was cancelled so begins again."""
    before = state.remembered(f"label.reading.{digest}", "")
    if before and before != key:
        state.runner().cancel(before)
        if (known := state.runner().job(key)) and known.state == "cancelled":
            state.submit(key, *job)
    state.remember(f"label.reading.{digest}", key)


# What a file leaves open ----------------------------------------------------------------------------------------------


def _options(reading: LabelReading, summary: FileSummary, key: str) -> LabelReading:
    """The reading with what the file does not say itself, and which of its parts are taken."""
    form = FORMATS[summary.form]
    watched = st.checkbox(
        "The whole clip was annotated", key=f"label.watched.{key}",
        help="If on, nothing happens between labels. If off, the time between labels stays unlabelled.",
    )  # fmt: skip
    return replace(reading, watched=watched, **_open(form, key), only=_parts(summary.parts, form, key))


def _open(form: Format, key: str) -> dict:
    """What only a person can say of files of that format."""
    entries = {}
    if "rate_hz" in form.asks:
        entries["rate"] = st.text_input("Frame rate of the file", key=f"label.rate.{key}", placeholder="25").strip()
    if "every" in form.asks:
        entries["every"] = int(st.number_input("Frames per label", 1, 1000, 1, key=f"label.every.{key}"))
    if "confidences" in form.asks:
        entries["confidences"] = st.checkbox("The last number is a confidence", True, key=f"label.sure.{key}")
    if "attribute" in form.asks:
        named = st.checkbox("Use tier names as labels and annotations as notes", key=f"label.attribute.{key}")
        entries["attribute"] = "tier" if named else ""
    return entries


def _parts(parts: Sequence[Part], form: Format, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The parts that are taken, of the kinds of which not all are: all at first."""
    taken = []
    for kind in dict.fromkeys(part.kind for part in parts):
        counts = {part.name: part.count for part in parts if part.kind == kind}
        picked = st.multiselect(
            f"{kind.capitalize()}s", list(counts), list(counts), lambda name, counts=counts: f"{name} ({counts[name]})",
            key=f"label.part.{key}.{kind}", help=_about(kind in form.optional),
        )  # fmt: skip
        if len(picked) < len(counts):
            taken.append((kind, tuple(picked)))
    return tuple(taken)


def _about(optional: bool) -> str:
    if optional:
        return "Selected modifiers become part of the label, as in “run (fast)”."
    return "Select tracks to import, with their number of labels."


def _chosen(summary: FileSummary, key: str) -> tuple[int, ...]:
    """The places of the tracks to take in; where the file has no parts to choose among, a person chooses here."""
    places = tuple(range(len(summary.tracks)))
    if summary.parts or summary.rest_count or len(places) < 2:
        return places
    names = [" · ".join(part for part in (track.name, track.subject, track.author) if part) for track in summary.tracks]
    texts = {at: f"{name or at + 1} ({summary.tracks[at].segments})" for at, name in enumerate(names)}
    picked = st.multiselect(
        "Tracks", list(texts), list(texts), texts.__getitem__, key=f"label.tracks.{key}.{len(texts)}"
    )
    return tuple(sorted(picked))


# Labels ---------------------------------------------------------------------------------------------------------------


def _decided(summary: FileSummary, known: tuple[str, ...], key: str) -> Renaming:
    """The mapping of each unknown label."""
    texts = [label for label in summary.labels if label not in known] if known else []
    count = len(texts) + summary.label_count - len(summary.labels) if known else 0
    if not count:
        return Renaming()
    st.markdown(f"**{formatting.count(count, 'label')} not in the label scheme.** Choose what to do with each.")
    if count > MOST_ASKED:
        st.caption("There are too many to list: all are imported as they are.")
        return Renaming()
    pairs = []
    for number, label in enumerate(texts):
        options = [KEEP, *known, DROP]
        picked = st.selectbox(f"“{label}” becomes", options, 0, _becomes, key=f"label.map.{key}.{number}")
        if picked != KEEP:
            pairs.append((label, "" if picked == DROP else picked))
    return Renaming(tuple(pairs))


def _becomes(choice: str) -> str:
    return {KEEP: "new label", DROP: "skip (unlabelled)"}.get(choice, choice)


def _describe_content(summary: FileSummary, tracks: Sequence[TrackSummary], count: int) -> None:
    """What a file holds, and what was odd about it."""
    rows = [*tracks, summary.rest]
    st.caption(
        f"{formatting.count(count, 'track')} with {formatting.count(sum(row.segments for row in rows), 'segment')}, "
        f"{formatting.length(max(row.seen_s for row in rows))} reviewed."
    )
    if summary.notes:
        more = summary.note_count - len(summary.notes)
        theme.notes([*summary.notes, *([f"and {more} more."] if more else [])])


# Import ---------------------------------------------------------------------------------------------------------------


def _taken(count: int) -> str:
    return f"Import {formatting.count(count, 'track')}"


def _take(info: VideoInfo, kept: KeptFile, reading: LabelReading, choice: ImportChoice, drawn: str) -> None:
    """Let a worker make the tracks; a failure is told above the button."""
    store, key = state.store(), importer.import_key(info.digest, reading, choice)
    try:
        importer.note_taking(store, info.digest, kept, key)
        if kept.small:
            state.runner().ask(importer.take, store, info.digest, reading, choice)
            _settle(info, key, drawn)
        else:
            state.submit(key, f"Import {kept.name}", importer.take, store, info.digest, reading, choice)
    except AnalysisError as error:
        flash.keep(PANEL, error)
    st.rerun()


def _under_way(info: VideoInfo, kept: KeptFile, drawn: str) -> bool:
    """Whether an import is under way, which is shown; one that has ended well is settled."""
    if _settle(info, kept.taking, drawn):
        st.rerun()
    job = state.runner().job(kept.taking) if kept.taking else None
    if job is None or not job.active:
        return False
    job_panel.watch(job.key, noun="label")
    return True


def _settle(info: VideoInfo, key: str, drawn: str) -> bool:
    """Show the tracks of an import that has ended well, and forget its file; whether it has."""
    made = importer.imported(state.store(), key)
    if made is None:
        return False
    label_scheme.note(made.labels)
    importer.discard(state.store(), info.digest)
    if made.tracks:
        track_editor.choose(info, drawn or made.tracks[-1])
    return True


def _failure(kept: KeptFile) -> None:
    """Why the import that was begun gave no tracks."""
    job = state.runner().job(kept.taking) if kept.taking else None
    if job is None or job.state == "done":
        return
    if job.state == "cancelled":
        st.info("Cancelled. No labels were imported.", icon=":material/cancel:")
    else:
        theme.problem(job.error or f"{job.title} did not finish.", job.hint or "Start it again.")
