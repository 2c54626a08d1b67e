"""The names of label tracks as people see them."""

from collections.abc import Sequence

from core.workflows.annotation.journal import State

UNNAMED = "labels"


def titles(tracks: Sequence[State]) -> dict[str, str]:
    """What each track is called, by its id; no two alike."""
    named: dict[str, str] = {}
    for one in tracks:
        track = one.document
        parts = (track.name or UNNAMED, track.subject, track.author)
        told = " · ".join(dict.fromkeys(part for part in parts if part))
        while told in named.values():
            told += "′"
        named[one.track] = told
    return named
