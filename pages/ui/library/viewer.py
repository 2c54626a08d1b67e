"""A clip played out of its card, in a dialog, whether or not it was analysed. No other clip of the page is loaded."""

from collections.abc import Sequence

import streamlit as st

from core.domain import VideoInfo
from core.workflows.clip_list import ListedClip
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.controls import button
from pages.ui.common.player import player

PLAYED = "library.played"  # what is remembered: the visit of the page, and the digest of the clip in the dialog


def play(digest: str) -> None:
    """Open the dialog with that clip, for callbacks."""
    state.remember(PLAYED, (state.visit(), digest))


def show(clips: Sequence[ListedClip]) -> None:
    """The dialog, where a clip is played. The clip and the moment of the session stay what they are.

    Whoever leaves the page closes it, also on the way back by the browser's button.
    """
    played = state.remembered(PLAYED, ())
    row = next((clip.row for clip in clips if (state.visit(), clip.row.digest) == played), None)
    if row is not None:
        st.dialog(theme.plain(row.name), width="large", on_dismiss=_close)(_played)(state.store().video(row.digest))


def _close() -> None:
    state.remember(PLAYED, ())


def _played(info: VideoInfo) -> None:
    theme.facts(formatting.facts(info))
    player.show(
        info, (), {}, key=f"library.player.{info.digest}", playable=player.playable(info), start_s=0.0, quiet=True,
        at_once=True,
    )  # fmt: skip
    if button.pressed("Open in Timeline", icon=":material/view_timeline:", type="tertiary", key="library.open"):
        _close()
        state.go("timeline", info.digest)
        st.rerun()
