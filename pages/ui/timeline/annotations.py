"""The tracks of a clip as lanes below the prediction, and where the two differ."""

from collections.abc import Sequence

from core.domain import Analysis
from core.workflows.annotation import agreement, journal
from core.workflows.annotation.journal import TrackState
from pages.ui import state
from pages.ui.common import track_names
from pages.ui.common.player.rows import PlayerLane

MAX_TRACKS = 4  # tracks, the latest ones


def tracks(analysis: Analysis) -> list[TrackState]:
    """The tracks in which something was looked at, the one first that was edited last."""
    states = [track for track in journal.tracks(state.store(), analysis.video.digest) if track.document.seen]
    return sorted(states, key=lambda track: -track.made)[:MAX_TRACKS]


def labels(states: Sequence[TrackState]) -> tuple[str, ...]:
    """The labels that stand in them."""
    return tuple(dict.fromkeys(segment.label for track in states for segment in track.document.segments))


def rows(analysis: Analysis, states: Sequence[TrackState]) -> list[PlayerLane]:
    """A lane for each track, and under each that shares labels with the network a lane of where the two differ."""
    named, lanes = track_names.titles(states), []
    document = agreement.predicted_track(analysis)
    for track in states:
        title, drawn = named[track.track_id], track.document
        lanes.append(PlayerLane(title, drawn.segments, seen=drawn.seen, prefix=f"{title}:"))
        if set(drawn.labels) & set(document.labels):
            differing = agreement.differences(drawn, document, analysis.video)
            name = "differs" if len(states) == 1 else f"differs, {title}"
            lanes.append(PlayerLane(name, differing, look="difference", seen=drawn.seen))
    return lanes
