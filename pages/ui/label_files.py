"""Files of labels on the Label page: taken in, with a decision on each label that is not known, and taken along."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from core.domain import Document, Labels, Renaming, VideoInfo
from core.errors import AnalysisError
from core.formats import converting
from core.labelling import files
from core.labelling.journal import State
from core.registry import FORMATS
from pages.ui import label_tracks, state, theme, words

FIND_OUT, KEEP, DROP = "", "\0keep", "\0drop"
MOST_ASKED = 60  # labels that are decided on one by one
TOLD = 8  # findings that are shown


def show(info: VideoInfo, now: State, tracks: Sequence[State]) -> None:
    """Both ways."""
    theme.section("Take labels along")
    _export(info, now, tracks)
    theme.section("Take labels in", "They come as tracks of their own; nothing of yours is changed.")
    known = tuple(dict.fromkeys(label for one in tracks for label in one.document.labels))
    take_in(info, known)


# Out ------------------------------------------------------------------------------------------------------------------


def _export(info: VideoInfo, now: State, tracks: Sequence[State]) -> None:
    """The format, what to know of it, and the file."""
    names = list(FORMATS)
    kept = state.remembered("label.format", "elan")
    chosen = st.selectbox(
        "Format",
        names,
        names.index(kept) if kept in names else 0,
        lambda name: FORMATS[name].title,
        key="label.format.pick",
    )
    state.remember("label.format", chosen)
    every = len(tracks) > 1 and st.toggle(f"All {len(tracks)} tracks", key="label.every")
    form, name = FORMATS[chosen], state.store().entry(info.digest).name
    made = files.labels_of([one.document for one in (tracks if every else [now])], info, name)
    st.caption(f"It counts {form.unit}, {form.base}; {form.ends}. {form.remark}")
    if lost := form.lost(made):
        st.caption(f"It does not keep {', nor '.join(lost)}.")
    try:
        written = converting.convert(made, form)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    st.download_button(
        f"Download {form.title}", written.files[""], words.file_name(Path(name).stem, form.suffix), form.mime,
        key="label.download", icon=":material/download:", type="primary", on_click="ignore",
    )  # fmt: skip


# In -------------------------------------------------------------------------------------------------------------------


def take_in(info: VideoInfo, known: tuple[str, ...]) -> None:
    """A file, what it says, what becomes of labels that are not known, and the button."""
    turn = state.remembered("label.import", 0)
    upload = st.file_uploader(
        "A file of labels", key=f"label.upload.{turn}", label_visibility="collapsed",
        help="ELAN, BORIS, Label Studio, CVAT, VIA, subtitles, CSV and more; several files as a zip.",
    )  # fmt: skip
    if upload is None:
        return
    form = st.selectbox(
        "Format",
        [FIND_OUT, *FORMATS],
        0,
        lambda name: FORMATS[name].title if name else "Find out",
        key=f"label.form.{turn}",
    )
    watched = st.checkbox(
        "All of the clip was looked at", key=f"label.watched.{turn}",
        help="Then nothing happens between labels. Without it, what the file does not say stays unlabelled.",
    )  # fmt: skip
    name = state.store().entry(info.digest).name
    try:
        given = files.files_in(upload.name, upload.getvalue())
        found = files.read(given, info, name, form=form, watched=watched)
        renaming = _decided(found, known, turn)
        tracks = files.tracks_of(found, renaming)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    _told(found, tracks)
    if st.button(_taken(tracks), key=f"label.take.{turn}", type="primary", disabled=not tracks):
        for one in tracks:
            label_tracks.begin(info, one)
        state.remember("label.import", turn + 1)
        st.rerun()


def _decided(found: Labels, known: tuple[str, ...], turn: int) -> Renaming:
    """What becomes of each label that is not known here."""
    asked = files.undecided(found, known) if known else ()
    if not asked:
        return Renaming()
    st.markdown(f"**{words.count(len(asked), 'label')} not known in this clip.** Say what each becomes.")
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
        f"{words.count(len(tracks), 'track')} with {words.count(segments, 'segment')}, {words.length(seen)} looked at."
    )
    if found.findings:
        said = [converting.told(one) for one in found.findings]
        theme.notes([*said[:TOLD], *([f"And {len(said) - TOLD} more."] if len(said) > TOLD else [])])


def _taken(tracks: Sequence[Document]) -> str:
    return f"Take in {words.count(len(tracks), 'track')}"
