"""What the player's component receives: `PlayerData` in types.d.ts, field by field."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class PlayerData:
    """One state of the player, as its component reads it.

    source, poster, frames: addresses, "" for source where nothing can be played. waiting: what to say until then.
    varies: what to know of a varying frame rate, else "". subtitles: WebVTT. rows: packed lanes, from top to bottom.
    palette: all labels with their colours; labels: places in it of those that may be given; points: those of them that
    are given at single moments; rest: the label that means nothing. seek: where to jump, with a number that is new
    where that is asked for anew. start_s: where it begins. quiet: the moment of the session stays what it is. play: at
    once. active: the lane that keys paint into. keep: under which name edits are kept in the browser. done: the last
    edit of each sender that was taken. session: its name. view: the part of the clip that the lanes show, in seconds,
    or [].
    """

    source: str
    poster: str
    frames: str
    waiting: str
    duration_s: float
    frame_count: int
    varies: str
    subtitles: str
    rows: list[dict[str, Any]]
    palette: list[dict[str, str]]
    labels: list[int]
    points: list[int]
    rest: str
    seek: dict[str, Any]
    start_s: float
    quiet: bool
    play: bool
    active: str
    keep: str
    done: dict[str, int]
    session: str
    view: list[float]

    @property
    def plain(self) -> dict[str, Any]:
        """The fields by name, as they are sent."""
        return dict(vars(self))
