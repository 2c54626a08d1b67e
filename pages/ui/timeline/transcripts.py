"""The text of a clip on the Timeline: next to the player, and imported from files, the clip, or its audio."""

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Lines, VideoInfo
from core.workflows import texts as transcripts
from pages.ui import cache, state
from pages.ui.common import figures, flash, formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.timeline import notes, played_table, text_branch

MOST_MB = 16


def tables(segments, info: VideoInfo, key: str) -> None:
    """The table that `segments` draws, and where there are words a second one of them behind it."""
    texts = cache.transcripts(info.digest)
    if not texts:
        segments()
        return
    first, *others = st.tabs(["Labels", *(_title(lines) for lines in texts)])
    with first:
        segments()
    for tab, text in zip(others, texts, strict=True):
        with tab:
            _table(text, f"{key}.{text.source}")


def _title(texts: Lines) -> str:
    """The name of a source of texts, for people."""
    return text_branch.source(texts.source)


def _table(texts: Lines, key: str) -> None:
    """The lines; picking one plays the clip from there."""
    st.caption(f"{formatting.count(len(texts.lines), 'line')}. Click a row to play it.")
    played_table.show(figures.line_table(texts.lines), [line.start_s for line in texts.lines], f"lines.{key}")


def panel(info: VideoInfo) -> None:
    """The texts stored with the clip, and the ways to add more."""
    texts = cache.transcripts(info.digest)
    about = (
        "Subtitles and transcripts are shown next to the player, can be searched, and are used "
        "by models trained with text."
    )
    theme.section("Text of the clip", about)
    for text in texts:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{_title(text)}**, {formatting.count(len(text.lines), 'line')}")
            st.button(
                "Remove",
                key=f"drop.{text.source}",
                icon=":material/close:",
                type="tertiary",
                on_click=transcripts.drop,
                args=(state.store(), info.digest, text.source),
            )
    if not texts:
        st.caption("No text yet.")
    notes.show(info)
    box = st.expander("Add text", icon=":material/subtitles:", on_change="rerun", key="texts.add")
    if box.open:
        for way, draw in zip(box.columns(3, gap="large"), (_file, _inside, _speech), strict=True):
            with way:
                draw(info)


def _file(info: VideoInfo) -> None:
    """Subtitles or a transcript as a file."""
    turn = state.remembered("texts.turn", 0)
    key = f"texts.{turn}"
    st.file_uploader(
        "Subtitles or a transcript",
        type=list(transcripts.KINDS),
        key=key,
        on_change=_take,
        args=(key, info.digest, turn),
        max_upload_size=MOST_MB,
        help="SRT, WebVTT, ASS, or plain text with times at the start of lines, for example: 0:12 - 0:15 text.",
    )
    flash.show("texts")
    if odd := state.remembered("texts.odd", ()):
        theme.notes(odd)
        state.remember("texts.odd", ())


def _take(key: str, digest: str, turn: int) -> None:
    """Store the text of an uploaded file, or keep its error."""
    file = state.widget(key)
    if file is None:
        return
    state.remember("texts.turn", turn + 1)
    try:
        odd = state.runner().ask(transcripts.take_file, state.store(), digest, file.name, file.getvalue())
        state.remember("texts.odd", tuple(odd))
    except AnalysisError as error:
        flash.keep("texts", error)


def _inside(info: VideoInfo) -> None:
    """Subtitles in the clip itself."""
    st.markdown("Embedded subtitles")
    there = any(transcript.source.startswith("subtitle inside") for transcript in cache.transcripts(info.digest))
    key = transcripts.inside_key(info.digest)
    job = (transcripts.take_inside, state.store(), info.digest)
    if job_panel.ready(key, "Extract subtitles", *job, there=there, noun="second"):
        st.caption("Extracted.")
    else:
        st.caption("Some MKV and MP4 files contain text subtitles.")


def _speech(info: VideoInfo) -> None:
    """Speech recognition with the user's own package and model."""
    st.markdown("Speech")
    if not transcripts.installed():
        st.caption("No speech recognition package is installed. To install one:")
        st.code(".venv/bin/pip install faster-whisper", language="sh")
        st.caption("Vosk is also supported. You choose the model; this program downloads and sends nothing.")
        return
    models = list(transcripts.speech_models(state.store()))
    if not models:
        st.caption("Speech recognition is installed. Place the folder of a model here:")
        st.code(str(transcripts.speech_folder(state.store())), language=None)
        return
    model = str(st.selectbox("Model", models, key="speech.model"))
    there = any(transcript.source == "speech" for transcript in cache.transcripts(info.digest))
    job = (transcripts.write_down, state.store(), info.digest, model)
    key = transcripts.speech_key(info.digest, model)
    if job_panel.ready(key, "Transcribe speech", *job, there=there, noun="second"):
        st.caption("Transcribed.")
