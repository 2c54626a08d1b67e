"""Import of label files on the Label page: the selection of parts, and the mapping of unknown labels."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import FORMATS
from core.domain import DrawnTrack, Labels, Part, Renaming, VideoInfo
from core.stages.formats import Format, ReadOptions
from core.stages.formats.common import conversion, selection
from core.stages.formats.common.files import Files
from core.stages.formats.labelstudio import rate_of
from core.workflows.annotation import files
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import button
from pages.ui.label import track_editor

FIND_OUT, KEEP, DROP = "", "\0keep", "\0drop"
MOST_ASKED = 60  # labels that are decided on one by one
MAX_LISTED_FINDINGS = 8  # findings that are shown
KNOWN = "ELAN, BORIS, Label Studio, CVAT, VIA, subtitles, CSV and more; several files as a ZIP file."


def show(info: VideoInfo, known: tuple[str, ...], drawn: str = "") -> None:
    """A file, what it says, what becomes of labels that are not known, and the button.

    drawn: the track that is drawn in, and stays that; where there is none it is one of the file.
    """
    turn = state.remembered("label.import", 0)
    upload = st.file_uploader("Label file", key=f"label.upload.{turn}", label_visibility="collapsed")
    if upload is None:
        st.caption(KNOWN)
        return
    picked = st.selectbox("Format", [FIND_OUT, *FORMATS], 0, _title, key=f"label.form.{turn}")
    try:
        given = files.files_in(upload.name, upload.getvalue())
        form = files.form_of(given, picked)
        options = _read_options(form, given, f"{turn}.{form.name}")
        labels = files.read(given, info, state.store().entry(info.digest).name, form=form.name, options=options)
        renaming = _decided(labels, known, turn)
        tracks = files.tracks_of(labels, renaming)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    tracks = _chosen(tracks, selection.of(given, form), turn)
    _describe_content(labels, tracks)
    if button.pressed(_taken(tracks), key=f"label.take.{turn}", type="primary", disabled=not tracks):
        for track in tracks:
            track_editor.begin(info, replace(track, name=track.name or Path(upload.name).stem), draw=not drawn)
        if drawn:
            track_editor.choose(info, drawn)
        state.remember("label.import", turn + 1)
        st.rerun()


def _title(name: str) -> str:
    return FORMATS[name].title if name else "Detect automatically"


# What a file leaves open ----------------------------------------------------------------------------------------------


def _read_options(form: Format, given: Files, key: str) -> ReadOptions:
    """What the file does not say itself, and which of its parts are taken."""
    watched = st.checkbox(
        "The whole clip was annotated", key=f"label.watched.{key}",
        help="If on, nothing happens between labels. If off, the time between labels stays unlabelled.",
    )  # fmt: skip
    entries = {name: value for name, value in _open(form, key).items() if value is not None}
    return ReadOptions(watched=watched, only=_parts(selection.of(given, form), form, key), **entries)


def _open(form: Format, key: str) -> dict:
    """What only a person can say of files of that format; None of what they did not say."""
    entries = {}
    if "rate_hz" in form.asks:
        rate = st.text_input("Frame rate of the file", key=f"label.rate.{key}", placeholder="25")
        entries["rate_hz"] = rate_of(rate) if rate.strip() else None
    if "every" in form.asks:
        entries["every"] = int(st.number_input("Frames per label", 1, 1000, 1, key=f"label.every.{key}"))
    if "confidences" in form.asks:
        entries["confidences"] = st.checkbox("The last number is a confidence", True, key=f"label.sure.{key}")
    if "attribute" in form.asks:
        named = st.checkbox("Use tier names as labels and annotations as notes", key=f"label.attribute.{key}")
        entries["attribute"] = "tier" if named else ""
    return entries


def _parts(parts: Sequence[Part], form: Format, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The parts that are taken, kind by kind: all at first."""
    taken = []
    for kind in dict.fromkeys(part.kind for part in parts):
        counts = {part.name: part.count for part in parts if part.kind == kind}
        picked = st.multiselect(
            f"{kind.capitalize()}s", list(counts), list(counts), lambda name, counts=counts: f"{name} ({counts[name]})",
            key=f"label.part.{key}.{kind}", help=_about(kind in form.optional),
        )  # fmt: skip
        taken.append((kind, tuple(picked)))
    return tuple(taken)


def _about(optional: bool) -> str:
    if optional:
        return "Selected modifiers become part of the label, as in “run (fast)”."
    return "Select tracks to import, with their number of labels."


def _chosen(tracks: Sequence[DrawnTrack], parts: Sequence[Part], turn: int) -> tuple[DrawnTrack, ...]:
    """The tracks to take in; where the file has no parts of its own to choose among, a person chooses here."""
    if parts or len(tracks) < 2:
        return tuple(tracks)
    names = [" · ".join(part for part in (track.name, track.subject, track.author) if part) for track in tracks]
    texts = {at: f"{name or at + 1} ({len(tracks[at].segments)})" for at, name in enumerate(names)}
    picked = st.multiselect(
        "Tracks", list(texts), list(texts), texts.__getitem__, key=f"label.tracks.{turn}.{len(texts)}"
    )
    return tuple(tracks[at] for at in picked)


# Labels ---------------------------------------------------------------------------------------------------------------


def _decided(labels: Labels, known: tuple[str, ...], turn: int) -> Renaming:
    """The mapping of each unknown label."""
    texts = files.undecided(labels, known) if known else ()
    if not texts:
        return Renaming()
    st.markdown(f"**{formatting.count(len(texts), 'label')} not in the label scheme.** Choose what to do with each.")
    if len(texts) > MOST_ASKED:
        st.caption("There are too many to list: all are imported as they are.")
        return Renaming()
    pairs = []
    for number, label in enumerate(texts):
        options = [KEEP, *known, DROP]
        picked = st.selectbox(f"“{label}” becomes", options, 0, _becomes, key=f"label.map.{turn}.{number}")
        if picked != KEEP:
            pairs.append((label, "" if picked == DROP else picked))
    return Renaming(tuple(pairs))


def _becomes(choice: str) -> str:
    return {KEEP: "new label", DROP: "skip (unlabelled)"}.get(choice, choice)


def _describe_content(labels: Labels, tracks: Sequence[DrawnTrack]) -> None:
    """What a file holds, and what was odd about it."""
    segments = sum(len(track.segments) for track in tracks)
    seen = max((track.seen_s for track in tracks), default=0.0)
    st.caption(
        f"{formatting.count(len(tracks), 'track')} with {formatting.count(segments, 'segment')}, "
        f"{formatting.length(seen)} reviewed."
    )
    if labels.findings:
        texts = [conversion.told(finding) for finding in labels.findings]
        theme.notes(
            [
                *texts[:MAX_LISTED_FINDINGS],
                *([f"and {len(texts) - MAX_LISTED_FINDINGS} more."] if len(texts) > MAX_LISTED_FINDINGS else []),
            ]
        )


def _taken(tracks: Sequence[DrawnTrack]) -> str:
    return f"Import {formatting.count(len(tracks), 'track')}"
