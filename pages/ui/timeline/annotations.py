"""The tracks of a clip as lanes below the prediction, and where the two differ."""

from collections.abc import Sequence

from core.domain import Analysis
from core.workflows.annotation import agreement, journal
from core.workflows.annotation.journal import TrackState
from pages.ui import state
from pages.ui.common import track_names
from pages.ui.common.player.rows import PlayerLane, drawn_lane

MAX_TRACKS = 4  # tracks, the latest ones


def tracks(analysis: Analysis) -> list[TrackState]:
    """The tracks in which something was looked at or set as a point, the one first that was edited last."""
    drawn = journal.tracks(state.store(), analysis.video.digest)
    states = [track for track in drawn if track.document.seen or track.document.points]
    return sorted(states, key=lambda track: -track.made)[:MAX_TRACKS]


def labels(states: Sequence[TrackState]) -> tuple[str, ...]:
    """The labels that stand in them."""
    documents = [track.document for track in states]
    return tuple(dict.fromkeys(mark.label for document in documents for mark in (*document.segments, *document.points)))


def rows(analysis: Analysis, states: Sequence[TrackState]) -> list[PlayerLane]:
    """A lane for each track, and under each that shares labels with the network a lane of where the two differ."""
    named, lanes = track_names.titles(states), []
    document = agreement.predicted_track(analysis)
    for track in states:
        title, drawn = named[track.track_id], track.document
        lanes.append(drawn_lane(drawn, title, prefix=f"{title}:"))
        if drawn.seen and set(drawn.labels) & set(document.labels):
            differing = agreement.differences(drawn, document, analysis.video)
            name = "differs" if len(states) == 1 else f"differs, {title}"
            lanes.append(PlayerLane(name, differing, look="difference", seen=drawn.seen))
    return lanes
