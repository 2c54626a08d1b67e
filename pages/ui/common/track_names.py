"""The names of label tracks as people see them."""

from collections.abc import Sequence

from core.workflows.annotation.journal import TrackState

UNNAMED = "labels"


def titles(tracks: Sequence[TrackState]) -> dict[str, str]:
    """What each track is called, by its id; no two alike."""
    named: dict[str, str] = {}
    for state in tracks:
        track = state.document
        parts = (track.name or UNNAMED, track.subject, track.author)
        title = " · ".join(dict.fromkeys(part for part in parts if part))
        while title in named.values():
            title += "′"
        named[state.track_id] = title
    return named
