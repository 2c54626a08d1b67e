"""What a person does to the labels of a track in the player."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """One edit out of the player, of the track that its row shows. All moments are exact frame boundaries.

    kind: "paint", "unlabel", "change", "border", "split", "merge", "label", "delete", "undo" or "redo". at_s: a moment
    inside the segment that is meant, as the row stood before. label: "" where the edit says nothing of one.
    """

    kind: str
    row: str
    at_s: float = 0.0
    start_s: float = 0.0
    stop_s: float = 0.0
    label: str = ""
