"""What people drew on a clip, as lanes under what a network says of it, and where the two differ."""

from collections.abc import Sequence

from core.domain import Analysis
from core.workflows.annotation import agreement, journal
from core.workflows.annotation.journal import State
from pages.ui import state
from pages.ui.common import track_names
from pages.ui.common.player.rows import Row

MOST = 4  # tracks, the latest ones


def tracks(analysis: Analysis) -> list[State]:
    """The tracks in which something was looked at, the one first that was edited last."""
    found = [one for one in journal.tracks(state.store(), analysis.video.digest) if one.document.seen]
    return sorted(found, key=lambda one: -one.made)[:MOST]


def labels(found: Sequence[State]) -> tuple[str, ...]:
    """The labels that stand in them."""
    return tuple(dict.fromkeys(segment.label for one in found for segment in one.document.segments))


def rows(analysis: Analysis, found: Sequence[State]) -> list[Row]:
    """A lane for each track, and under each that shares labels with the network a lane of where the two differ."""
    named, lanes = track_names.titles(found), []
    said = agreement.said(analysis)
    for one in found:
        title, drawn = named[one.track], one.document
        lanes.append(Row(title, drawn.segments, seen=drawn.seen, told=f"{title}:"))
        if set(drawn.labels) & set(said.labels):
            differing = agreement.differences(drawn, said, analysis.video)
            name = "differs" if len(found) == 1 else f"differs, {title}"
            lanes.append(Row(name, differing, look="difference", seen=drawn.seen))
    return lanes
