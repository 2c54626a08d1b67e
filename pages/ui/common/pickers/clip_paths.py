"""The clips at a path or an address that a person types."""

from core.base import addresses
from core.workflows import clip_files
from pages.ui import state

LIST_WITHIN_S = 60.0  # a folder elsewhere


def clips_typed(text: str) -> list[str]:
    """The clip that is meant, or those in the folder; what lies elsewhere is looked for in a worker.

    VideoUnreadable where nothing is there that can be read.
    """
    typed = text.strip().strip("\"'")
    if addresses.is_address(typed) and addresses.is_address(addresses.absolute(typed)):
        return state.runner().ask(clip_files.clips_typed, typed, timeout_s=LIST_WITHIN_S)
    return clip_files.clips_typed(text)
