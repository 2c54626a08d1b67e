"""A small picture of a clip, as HTML."""

from html import escape

from core.domain import VideoInfo
from pages.ui.common import formatting
from pages.ui.common.player.player import prefix


def html(info: VideoInfo) -> str:
    """The thumbnail with the length of the clip in its corner."""
    return small(info.digest, info.duration_s)


def small(digest: str, duration_s: float, moment_s: float | None = None) -> str:
    """The same for a clip of which no more is known. moment_s: of the picture, if not the one of the whole clip."""
    length = escape(formatting.clock(duration_s))
    place = f"thumbs/{digest}" if moment_s is None else f"moments/{digest}?t={moment_s:.2f}"
    source = f"{prefix()}/{place}"
    return f'<div class="k-thumb"><img src="{source}" alt="" loading="lazy"><span>{length}</span></div>'
