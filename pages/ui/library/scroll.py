"""How far the page was scrolled, found again when one comes back to it (a Components v2 component without elements)."""

from pathlib import Path

from pages.ui import state
from pages.ui.common import theme

_scroll = theme.component(Path(__file__).with_name("scroll.js"))


def keep(cards: int) -> None:
    """Keep it for as long as this session lasts. cards: how many make the page as tall as it was."""
    data = {"page": "library", "session": state.session_id(), "awaited": '[class*="st-key-card-"]', "count": cards}
    _scroll(key="unseen-library-scroll", data=data)
