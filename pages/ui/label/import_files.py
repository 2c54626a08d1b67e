"""Files of labels taken in on the Label page: which parts of them, and what becomes of labels that are not known."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import FORMATS
from core.domain import Document, Labels, Part, Renaming, VideoInfo
from core.stages.formats import Asked, Format
from core.stages.formats.common import conversion, selection
from core.stages.formats.common.files import Files
from core.stages.formats.labelstudio import rate_of
from core.workflows.annotation import files
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import button
from pages.ui.label import tracks as tracks_module

FIND_OUT, KEEP, DROP = "", "\0keep", "\0drop"
MOST_ASKED = 60  # labels that are decided on one by one
TOLD = 8  # findings that are shown
KNOWN = "ELAN, BORIS, Label Studio, CVAT, VIA, subtitles, CSV and more; several files as a zip."


def show(info: VideoInfo, known: tuple[str, ...], drawn: str = "") -> None:
    """A file, what it says, what becomes of labels that are not known, and the button.

    drawn: the track that is drawn in, and stays that; where there is none it is one of the file.
    """
    turn = state.remembered("label.import", 0)
    upload = st.file_uploader("A file of labels", key=f"label.upload.{turn}", label_visibility="collapsed")
    if upload is None:
        st.caption(KNOWN)
        return
    picked = st.selectbox("Format", [FIND_OUT, *FORMATS], 0, _title, key=f"label.form.{turn}")
    try:
        given = files.files_in(upload.name, upload.getvalue())
        form = files.form_of(given, picked)
        asked = _asked(form, given, f"{turn}.{form.name}")
        found = files.read(given, info, state.store().entry(info.digest).name, form=form.name, options=asked)
        renaming = _decided(found, known, turn)
        tracks = files.tracks_of(found, renaming)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    tracks = _chosen(tracks, selection.of(given, form), turn)
    _told(found, tracks)
    if button.pressed(_taken(tracks), key=f"label.take.{turn}", type="primary", disabled=not tracks):
        for one in tracks:
            tracks_module.begin(info, replace(one, name=one.name or Path(upload.name).stem), draw=not drawn)
        if drawn:
            tracks_module.choose(info, drawn)
        state.remember("label.import", turn + 1)
        st.rerun()


def _title(name: str) -> str:
    return FORMATS[name].title if name else "Find out"


# What a file leaves open ----------------------------------------------------------------------------------------------


def _asked(form: Format, given: Files, key: str) -> Asked:
    """What the file does not say itself, and which of its parts are taken."""
    watched = st.checkbox(
        "All of the clip was looked at", key=f"label.watched.{key}",
        help="Then nothing happens between labels. Without it, what the file does not say stays unlabelled.",
    )  # fmt: skip
    told = {name: value for name, value in _open(form, key).items() if value is not None}
    return Asked(watched=watched, only=_parts(selection.of(given, form), form, key), **told)


def _open(form: Format, key: str) -> dict:
    """What only a person can say of files of that format; None of what they did not say."""
    told = {}
    if "rate_hz" in form.asks:
        rate = st.text_input("Frame rate that its program counted on", key=f"label.rate.{key}", placeholder="25")
        told["rate_hz"] = rate_of(rate) if rate.strip() else None
    if "every" in form.asks:
        told["every"] = int(st.number_input("A label stands for so many frames", 1, 1000, 1, key=f"label.every.{key}"))
    if "confidences" in form.asks:
        told["confidences"] = st.checkbox("A number at the end is a confidence", True, key=f"label.sure.{key}")
    if "attribute" in form.asks:
        named = st.checkbox("The tier’s name is the label, what it says a note", key=f"label.attribute.{key}")
        told["attribute"] = "tier" if named else ""
    return told


def _parts(found: Sequence[Part], form: Format, key: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The parts that are taken, kind by kind: all at first."""
    taken = []
    for kind in dict.fromkeys(one.kind for one in found):
        counts = {one.name: one.count for one in found if one.kind == kind}
        picked = st.multiselect(
            f"{kind.capitalize()}s", list(counts), list(counts), lambda name, counts=counts: f"{name} ({counts[name]})",
            key=f"label.part.{key}.{kind}", help=_about(kind in form.optional),
        )  # fmt: skip
        taken.append((kind, tuple(picked)))
    return tuple(taken)


def _about(optional: bool) -> str:
    if optional:
        return "Those that you take become part of the label, as in “run (fast)”."
    return "Take those that you want; with how many labels each has."


def _chosen(tracks: Sequence[Document], found: Sequence[Part], turn: int) -> tuple[Document, ...]:
    """The tracks to take in; where the file has no parts of its own to choose among, a person chooses here."""
    if found or len(tracks) < 2:
        return tuple(tracks)
    names = [" · ".join(part for part in (one.name, one.subject, one.author) if part) for one in tracks]
    told = {at: f"{name or at + 1} ({len(tracks[at].segments)})" for at, name in enumerate(names)}
    picked = st.multiselect("Tracks", list(told), list(told), told.__getitem__, key=f"label.tracks.{turn}.{len(told)}")
    return tuple(tracks[at] for at in picked)


# Labels ---------------------------------------------------------------------------------------------------------------


def _decided(found: Labels, known: tuple[str, ...], turn: int) -> Renaming:
    """What becomes of each label that is not known here."""
    asked = files.undecided(found, known) if known else ()
    if not asked:
        return Renaming()
    st.markdown(f"**{formatting.count(len(asked), 'label')} not known in this clip.** Say what each becomes.")
    if len(asked) > MOST_ASKED:
        st.caption("They are too many to ask for each: all are kept as they are.")
        return Renaming()
    pairs = []
    for number, label in enumerate(asked):
        options = [KEEP, *known, DROP]
        picked = st.selectbox(f"“{label}” becomes", options, 0, _becomes, key=f"label.map.{turn}.{number}")
        if picked != KEEP:
            pairs.append((label, "" if picked == DROP else picked))
    return Renaming(tuple(pairs))


def _becomes(choice: str) -> str:
    return {KEEP: "a new label", DROP: "left out: unlabelled"}.get(choice, choice)


def _told(found: Labels, tracks: Sequence[Document]) -> None:
    """What a file holds, and what was odd about it."""
    segments = sum(len(one.segments) for one in tracks)
    seen = max((one.seen_s for one in tracks), default=0.0)
    st.caption(
        f"{formatting.count(len(tracks), 'track')} with {formatting.count(segments, 'segment')}, "
        f"{formatting.length(seen)} looked at."
    )
    if found.findings:
        said = [conversion.told(one) for one in found.findings]
        theme.notes([*said[:TOLD], *([f"And {len(said) - TOLD} more."] if len(said) > TOLD else [])])


def _taken(tracks: Sequence[Document]) -> str:
    return f"Take in {formatting.count(len(tracks), 'track')}"
