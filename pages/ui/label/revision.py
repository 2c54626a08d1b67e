"""What other tabs and programs change in the tracks of a clip (a Components v2 component without elements).

The browser asks our own address for the revision of the tracks. No page runs for it until the revision is another one.
"""

from pathlib import Path

from core.domain import VideoInfo
from core.workflows.annotation import journal
from pages.ui import state
from pages.ui.common import theme
from pages.ui.common.player import player

_revision = theme.component(Path(__file__).with_name("revision.js"))


def watch(info: VideoInfo) -> None:
    """Run the fragment that draws this again where the tracks were changed elsewhere since this run of it began.

    A player in which something is dragged takes new lanes when it is let go, and keeps edits that were not sent yet.
    """
    data = {
        "address": f"{player.prefix()}/tracks/{info.digest}",
        "drawn": journal.revision(state.store(), info.digest),
    }
    _revision(key="unseen-label-revision", data=data, on_changed_change=_nothing)


def _nothing() -> None:
    """The fragment runs again by itself."""
