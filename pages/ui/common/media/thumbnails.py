"""A small picture of a clip, as HTML."""

from html import escape

from core.domain import VideoInfo
from pages.ui.common import formatting
from pages.ui.common.player.player import prefix


def html(info: VideoInfo) -> str:
    """The thumbnail with the length of the clip in its corner."""
    return small(info.digest, info.duration_s)


def small(digest: str, duration_s: float) -> str:
    """The same for a clip of which no more is known."""
    length = escape(formatting.clock(duration_s))
    source = f"{prefix()}/thumbs/{digest}"
    return f'<div class="k-thumb"><img src="{source}" alt="" loading="lazy"><span>{length}</span></div>'
