"""What a person does to the labels of a track in the player."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """One edit out of the player, of the track that its row shows. All moments are exact frame boundaries.

    kind: "paint", "unlabel", "change", "border", "split", "merge", "label", "delete", "undo" or "redo". at_s: a moment
    inside the segment that is meant, as the row stood before. label: "" where the edit says nothing of one. sender,
    serial: who sent it, "" where nobody says, and its number there, from 1, by which it is known if it comes again.
    """

    kind: str
    row: str
    at_s: float = 0.0
    start_s: float = 0.0
    stop_s: float = 0.0
    label: str = ""
    sender: str = ""
    serial: int = 0
