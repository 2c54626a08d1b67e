"""The clip with lanes of labels beneath it on one axis (a Components v2 component), the same for all pages."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Analysis, Edit, Segment, VideoInfo
from core.stages.formats import labels_of, webvtt
from core.stages.tracks.segmentation import NOTHING
from core.workflows import clips
from pages.ui import state
from pages.ui.common import theme
from pages.ui.common.jobs import job_panel
from pages.ui.common.player.data import PlayerData
from pages.ui.common.player.rows import LaneCurve, Palette, PlayerLane, new_edits, packed

__all__ = ["LaneCurve", "PlayerLane", "compared", "play_from", "playable", "player", "prefix", "rest_at", "show"]

WAITING = "This clip is being converted to a format that browsers can play."

_player = theme.component(Path(__file__).with_name("player.js"))


def player(
    analysis: Analysis,
    slots: Mapping[str, int],
    *,
    playable: bool,
    key: str,
    more: Sequence[PlayerLane] = (),
    named: str = "actions",
) -> None:
    """Show the clip and its segments. The moment at which it rests becomes the moment of the session.

    playable: whether there is something that the browser can play; without it the lanes still work. more: further
    lanes. named: what the lane of the segments is called beside them.
    """
    info, track = analysis.video, analysis.track
    row = PlayerLane(named if more else "", track.segments, seen=[track.seen_s])
    show(info, [row, *more], slots, key=key, playable=playable, subtitles=_subtitles(analysis))


def compared(
    info: VideoInfo,
    truth: Sequence[Segment],
    segments: Sequence[Segment],
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
    rows = [
        PlayerLane("truth", truth, prefix="true label:"),
        PlayerLane("predicted", segments),
        PlayerLane("differs", differs, look="difference"),
    ]
    show(info, rows, slots, key=key, playable=playable, start_s=start_s, quiet=True, at_once=at_once)


def show(
    info: VideoInfo,
    rows: Sequence[PlayerLane],
    slots: Mapping[str, int],
    *,
    key: str,
    playable: bool,
    labels: Sequence[str] = (),
    points: Collection[str] = (),
    on_edit: Callable[[Edit], None] | None = None,
    start_s: float | None = None,
    quiet: bool = False,
    at_once: bool = False,
    active: str = "",
    subtitles: str = "",
) -> float:
    """The player with these lanes, from top to bottom; gives the moment at which the playhead rests.

    labels: for lanes with `edits`, in the order of their keys; points: those of them for single frames. on_edit: told
    each edit once, in order, before the next run. start_s: None is the moment of the session. Others: see PlayerData.
    """
    palette = Palette(slots, labels if on_edit else ())
    data = PlayerData(
        **_clip(info, playable),
        subtitles=subtitles,
        rows=[packed(row, palette) for row in rows],
        palette=palette.entries,
        **_offered(labels if on_edit else (), points),
        seek=_seek_of(quiet),
        start_s=state.moment_s(info) if start_s is None else start_s,
        quiet=quiet,
        play=at_once,
        active=active,
        keep=key if on_edit else "",
        done=_done(key),
        session=state.session_id(),
        view=[] if quiet else list(state.shown_part()),
    )
    hand_out = partial(_hand_out, key, info, tuple(row.name for row in rows if row.edits), tuple(labels), on_edit)
    return _drawn(info, data, key=key, hand_out=hand_out)


def _drawn(info: VideoInfo, data: PlayerData, *, key: str, hand_out: Callable[[], bool]) -> float:
    """Draw the component; gives the moment at which its playhead rests."""
    default = {"moment": data.start_s, "edits": None, "view": None}
    answer = _player(
        key=key, data=data.plain, default=default, on_moment_change=_nothing, on_view_change=_nothing,
        on_edits_change=lambda: _heard(hand_out),
    )  # fmt: skip
    if hand_out():  # what was drawn while the server was away: a new session calls nobody back, and has older lanes
        st.rerun()
    moment_s = _exactly(info, answer.moment, data.start_s)
    if not data.quiet:
        _follow(info, moment_s, answer.view)
    return moment_s


def _follow(info: VideoInfo, moment_s: float, view: Any) -> None:
    """Let the session and the address know where the player is, and which part of the clip it shows."""
    before = state.moment_s(info), state.shown_part()
    if abs(moment_s - before[0]) > 1e-3:
        state.set_moment(moment_s)
    if isinstance(view, list) and len(view) == 2 and all(isinstance(end_s, int | float) for end_s in view):
        state.show_part(*(float(end_s) for end_s in view))
    if before != (state.moment_s(info), state.shown_part()):
        state.mirror()


def _offered(labels: Sequence[str], points: Collection[str]) -> dict[str, Any]:
    """The labels that can be given and those of them that are points, as places in the palette."""
    own = [place for place, label in enumerate(labels) if label in points]
    return {"labels": list(range(len(labels))), "points": own, "rest": NOTHING}


def _clip(info: VideoInfo, playable: bool) -> dict[str, Any]:
    """Where the component finds the clip, and what it tells of it."""
    return {
        "source": f"{prefix()}/clips/{info.digest}" if playable else "",
        "poster": f"{prefix()}/thumbs/{info.digest}",
        "frames": f"{prefix()}/frames/{info.digest}",
        "waiting": WAITING,
        "duration_s": info.duration_s,
        "frame_count": info.frame_count,
        "varies": _varies(info),
    }


def _seek_of(quiet: bool) -> dict[str, Any]:
    """Where to jump, and a number that is new where that is asked for anew."""
    seek_s, seek_id, plays = state.remembered("seek", (0.0, 0, True))
    return {"moment_s": seek_s, "id": 0 if quiet else seek_id, "play": plays}


def _varies(info: VideoInfo) -> str:
    """What to know of a clip whose frames do not all stay equally long."""
    if not info.variable_rate:
        return ""
    gaps_ms = 1000 * (info.times_s[1:] - info.times_s[:-1])
    least, most = (f"{gap_ms:.0f}" for gap_ms in (gaps_ms.min(), gaps_ms.max()))
    return (
        f"The frame rate of this clip varies: frames last {least} to {most} ms. Each frame is shown at its exact time."
    )


def _exactly(info: VideoInfo, rest_s: Any, begins_s: float) -> float:
    """The moment of the frame at which the browser rests."""
    if not isinstance(rest_s, int | float) or not 0 <= rest_s <= info.duration_s:
        return begins_s
    return float(info.times_s[state.position(info, rest_s)])


def _heard(hand_out: Callable[[], bool]) -> None:
    """What Streamlit calls after an edit, before the script runs again."""
    hand_out()


def _hand_out(
    key: str,
    info: VideoInfo,
    rows: tuple[str, ...],
    labels: tuple[str, ...],
    on_edit: Callable[[Edit], None] | None,
) -> bool:
    """Tell the page the edits that it was not told yet; whether there were some."""
    if on_edit is None:
        return False
    edits, done = new_edits(_sent_edits(key), _done(key), info, rows, labels)
    state.remember(f"edits.{key}", tuple(done.items()))
    for edit in edits:
        on_edit(edit)
    return bool(edits)


def _done(key: str) -> dict[str, int]:
    """The number of the last edit of each sender that the page was told in this session."""
    return dict(state.remembered(f"edits.{key}", ()))


def _sent_edits(key: str) -> Any:
    known = state.widget(key)
    return known.get("edits") if isinstance(known, Mapping) else None


def playable(info: VideoInfo) -> bool:
    """Whether there is something that the browser plays; a copy for it is begun where there is not."""
    if info.plays_in_browser:
        return True
    there = state.store().proxy_path(info.digest).exists()
    return job_panel.ready(
        f"proxy-{info.digest}",
        "Convert for playback",
        clips.proxy,
        state.store(),
        info.digest,
        there=there,
        at_once=True,
    )


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""


def play_from(moment_s: float) -> None:
    """Let the player jump to a moment and play, when it is drawn next."""
    _seek(moment_s, plays=True)


def rest_at(moment_s: float) -> None:
    """Let the player jump to a moment and rest there, when it is drawn next."""
    _seek(moment_s, plays=False)


def _seek(moment_s: float, *, plays: bool) -> None:
    state.remember("seek", (moment_s, state.remembered("seek", (0.0, 0, True))[1] + 1, plays))


def _subtitles(analysis: Analysis) -> str:
    """WebVTT of the labels; without cues where they cannot be told in it."""
    try:
        return webvtt.write(labels_of(analysis)).decode()
    except AnalysisError:
        return ""


def prefix() -> str:
    """What stands before our own addresses where the program is served under a path."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}" if base else ""
