"""The clip with its labels beneath it on one axis (a Components v2 component), and what it needs from domain values."""

from collections.abc import Mapping, Sequence

import streamlit as st

from core import pipeline
from core.domain import Analysis, Segment, VideoInfo
from core.errors import AnalysisError
from core.formats import labels_of, webvtt
from core.segments import NOTHING
from pages.ui import figures, job_panel, state, theme, words

DIFFERS = "#C43B1E"

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


def compared(
    info: VideoInfo,
    truth: Sequence[Segment],
    said: Sequence[Segment],
    differs: Sequence[Segment],
    slots: Mapping[str, int],
    *,
    playable: bool,
    start_s: float,
    key: str,
    at_once: bool = True,
) -> None:
    """Play a clip from `start_s` with what is true, what was said, and where the two differ, each in a lane.

    The clip and the moment of the session stay what they are. at_once: whether it plays without being asked.
    """
    predicted = [segment(one, slots) for one in said]
    lanes = [
        {"name": "truth", "told": "it is", "segments": [segment(one, slots) for one in truth]},
        {"name": "said", "segments": predicted},
        {"name": "differs", "segments": [_difference(one) for one in differs]},
    ]
    data = {
        "source": f"{prefix()}/clips/{info.digest}" if playable else "",
        "poster": f"{prefix()}/thumbs/{info.digest}",
        "waiting": "A copy of this clip that browsers can play is being made. The labels below are ready.",
        "duration_s": info.duration_s,
        "start_s": start_s,
        "segments": predicted,
        "lanes": lanes,
        "seen_s": [0.0, info.duration_s],
        "rest": NOTHING,
        "subtitles": "WEBVTT\n",
        "seek": {"moment_s": 0.0, "id": 0},
        "quiet": True,
        "play": at_once,
    }
    _player(key=key, data=data)


def playable(info: VideoInfo) -> bool:
    """Whether there is something that the browser plays; a copy for it is begun where there is not."""
    if info.plays_in_browser:
        return True
    there = state.store().proxy_path(info.digest).exists()
    return job_panel.ready(
        f"proxy-{info.digest}",
        "Make a copy that plays here",
        pipeline.proxy,
        state.store(),
        info.digest,
        there=there,
        at_once=True,
    )


def _difference(one: Segment) -> dict:
    """A stretch in which truth and prediction differ, as the component draws it."""
    place = {"start_s": one.start_s, "stop_s": one.stop_s}
    return place | {"label": one.label, "sure": "", "colour": DIFFERS, "ink": figures.ink(DIFFERS)}


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
        return webvtt.write(labels_of(analysis)).decode()
    except AnalysisError:
        return "WEBVTT\n"


def prefix() -> str:
    """What stands before our own addresses where the program is served under a path."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
