"""What the writer of NWB files and their reader agree on: names of tables and columns, and text that HDF5 can hold.

A track is a table of bouts (EthogramBouts), one of its point events (EventsTable), and one of what was watched
(TimeIntervals). Names of tracks, which may hold any letter, stand in the notes of the file, and so does all else that
NWB has no place for.
"""

from core.base.errors import FormatInvalid

BEHAVIOR, BOUTS, WATCHED, POINTS, CATALOGUE, VIDEO = "behavior", "bouts", "watched", "points", "ethogram", "video"
WHOLE_CLIP = "whole_clip"  # the table of the label of the whole clip
VERSION = 1  # of the notes
MEND = "Write it again with pynwb, or check it with `python -m pynwb.validate`."
NUMBERS = ("start_time", "stop_time", "timestamp", "confidence")  # columns that are read
TEXTS = ("label", "note", "annotation", "external_file", "behavior")


def plain(text: str) -> str:
    """Text to be shown, in which what HDF5 cannot hold is written as an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def exact(text: str) -> str:
    """Text that is read back, as it is; FormatInvalid where HDF5 cannot hold it."""
    if plain(text) != text:
        raise FormatInvalid(
            f"An NWB file cannot hold the text {text[:80]!r}, which has a zero byte or half a character.",
            "Rename the label, or remove the character from the note.",
        )
    return text
