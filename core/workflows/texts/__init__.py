"""The words that come with a clip: subtitles inside it or beside it, transcripts with times, speech written down.

charset: bytes to text, whatever their encoding     parser: text to lines with their times
text_store: the lines of a clip in the store        importer: files, subtitles and notes into the store
speech_to_text: speech recognition, where installed
"""

from core.workflows.texts.importer import inside_key, take_file, take_inside, take_note
from core.workflows.texts.parser import KINDS, read
from core.workflows.texts.speech_to_text import (
    Recogniser,
    installed,
    speech_folder,
    speech_key,
    speech_models,
    write_down,
)
from core.workflows.texts.text_store import LINES, all_lines, lines_of
from core.workflows.texts.text_store import drop_lines as drop

__all__ = [
    "KINDS",
    "LINES",
    "Recogniser",
    "all_lines",
    "drop",
    "inside_key",
    "installed",
    "lines_of",
    "read",
    "speech_folder",
    "speech_key",
    "speech_models",
    "take_file",
    "take_inside",
    "take_note",
    "write_down",
]
