"""Deleting clips: what else happens is told first, and it can be undone until the Library is left."""

from collections.abc import Iterator, Sequence

import streamlit as st

from core.base.errors import AnalysisError
from core.workflows.clip_list import ListedClip
from pages.ui import state
from pages.ui.common import flash, formatting, theme


def consequences(clips: Sequence[ListedClip]) -> Iterator[str]:
    """What else happens when clips are deleted, a sentence each."""
    alone, digests = len(clips) == 1, {clip.row.digest for clip in clips}
    yield from _files(clips)
    if datasets := tuple(dict.fromkeys(name for clip in clips for name in clip.datasets)):
        noun, them = ("dataset", "it") if len(datasets) == 1 else ("datasets", "them")
        belong = "It belongs" if alone else _some(clips, [clip for clip in clips if clip.datasets])
        clip_words = "it" if alone else "them"
        yield (
            f"{belong} to the {noun} {formatting.listed(datasets)}. Leave {clip_words} out there before you train on "
            f"{them}."
        )
    if alone and state.store().recipe_of(clips[0].row.digest).steps:
        yield "Its preparation recipe is deleted too."
    elif not alone and (recipes := digests & state.store().recipes_of_clips().keys()):
        yield _count(len(recipes), "preparation recipe")
    if any(clip.labelled for clip in clips):
        clip_words = ("it", "clip is") if alone else ("them", "clips are")
        yield f"Labels drawn in {clip_words[0]} are kept and return when the {clip_words[1]} added again."


def _files(clips: Sequence[ListedClip]) -> Iterator[str]:
    """What becomes of the files."""
    uploaded = sum(clip.row.uploaded for clip in clips)
    if len(clips) == 1:
        path = clips[0].row.path
        yield "The uploaded copy is deleted too." if uploaded else f"The original file is kept: {path}"
        return
    if uploaded:
        yield _count(uploaded, "uploaded copy")
    if kept := len(clips) - uploaded:
        yield f"{formatting.count(kept, 'original file')} {'is' if kept == 1 else 'are'} kept."


def _count(count: int, noun: str) -> str:
    """That so many of something go too."""
    nouns = noun if count == 1 else f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{formatting.number(count)} {nouns} {'is' if count == 1 else 'are'} deleted too."


def _some(clips: Sequence[ListedClip], some: Sequence[ListedClip]) -> str:
    """All clips or some of them, before the verb."""
    return "They belong" if len(some) == len(clips) else f"{formatting.count(len(some), 'clip')} belong"


def ask(clips: Sequence[ListedClip], key: str) -> None:
    """The question before clips are deleted. key: of the button that does it."""
    alone = len(clips) == 1
    name = theme.plain(clips[0].row.name if alone else formatting.count(len(clips), "clip"))
    st.markdown(f"Delete **{name}** and all {'its' if alone else 'their'} results?")
    st.caption("\n\n".join(theme.plain(text) for text in consequences(clips)))
    digests = tuple(clip.row.digest for clip in clips)
    st.button("Delete", key=key, type="primary", on_click=_delete, args=(digests,))


def _delete(digests: tuple[str, ...]) -> None:
    """Take clips out of the list, or keep why that failed."""
    try:
        state.set_aside(digests)
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)


def offer_undo(names: Sequence[tuple[str, str]]) -> None:
    """What was deleted, and the button that undoes it. names: digest and name of each clip that was."""
    if not names:
        return
    deleted = names[0][1] if len(names) == 1 else formatting.count(len(names), "clip")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="deleted-clips"):
        text = f"Deleted {theme.plain(deleted)}. This can be undone until you leave the Library."
        st.markdown(f":material/delete: {text}", width="content")
        digests = tuple(digest for digest, _ in names)
        st.button("Undo", key="undo.delete", icon=":material/undo:", on_click=_undo, args=(digests,))


def _undo(digests: tuple[str, ...]) -> None:
    state.restate("library.views", "library.wanted", "library.by", "library.all")  # an empty library has none of them
    try:
        state.take_back(digests)
    except AnalysisError as error:
        flash.keep(flash.PAGE, error)
