"""The clip with its labels beneath it on one axis (a Components v2 component), and what it needs from domain values."""

from collections.abc import Mapping

import streamlit as st

from core.domain import Analysis, Segment
from core.errors import AnalysisError
from core.formats import webvtt
from core.segments import NOTHING
from pages.ui import figures, state, theme, words

_player = theme.component("player")


def player(analysis: Analysis, slots: Mapping[str, int], *, playable: bool, key: str) -> None:
    """Show the clip and its segments. The moment at which it rests becomes the moment of the session.

    playable: whether there is something that the browser can play; without it the lane still works.
    """
    info, track = analysis.video, analysis.track
    seek_s, seek_id = state.remembered("seek", (0.0, 0))
    data = {
        "source": f"{prefix()}/clips/{info.digest}" if playable else "",
        "poster": f"{prefix()}/thumbs/{info.digest}",
        "waiting": "A copy of this clip that browsers can play is being made. The labels below are ready.",
        "duration_s": info.duration_s,
        "start_s": state.moment_s(info),
        "segments": [segment(one, slots) for one in track.segments],
        "seen_s": list(track.seen_s),
        "rest": NOTHING,
        "subtitles": _subtitles(analysis),
        "seek": {"moment_s": seek_s, "id": seek_id},
    }
    answer = _player(key=key, data=data, default={"moment": data["start_s"]}, on_moment_change=_nothing)
    if isinstance(answer.moment, int | float) and abs(answer.moment - state.moment_s(info)) > 1e-3:
        state.set_moment(answer.moment)
        state.mirror()


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""


def play_from(moment_s: float) -> None:
    """Let the player jump to a moment and play, when it is drawn next."""
    _, seek_id = state.remembered("seek", (0.0, 0))
    state.remember("seek", (moment_s, seek_id + 1))


def segment(one: Segment, slots: Mapping[str, int]) -> dict:
    """A segment as the component draws it."""
    colour = figures.colour(slots[one.label])
    sure = "" if one.confidence is None else f"{words.per_cent(one.confidence)} sure"
    place = {"start_s": one.start_s, "stop_s": one.stop_s}
    return place | {"label": one.label, "sure": sure, "colour": colour, "ink": figures.ink(colour)}


def _subtitles(analysis: Analysis) -> str:
    """WebVTT of the labels; without cues where they cannot be told in it."""
    try:
        return webvtt.write(analysis).decode()
    except AnalysisError:
        return "WEBVTT\n"


def prefix() -> str:
    """What stands before our own addresses where the program is served under a path."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
