"""A small picture of a clip, as HTML."""

from html import escape

from core.domain import VideoInfo
from pages.ui import words
from pages.ui.player import prefix


def html(info: VideoInfo) -> str:
    """The thumbnail with the length of the clip in its corner."""
    source = f"{prefix()}/thumbs/{info.digest}"
    length = escape(words.clock(info.duration_s))
    return f'<div class="k-thumb"><img src="{source}" alt="" loading="lazy"><span>{length}</span></div>'
