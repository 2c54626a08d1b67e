"""Label: draw labels on the clip, or correct a draft."""

from core.workflows.annotation import journal
from pages.ui import state
from pages.ui.common import flash
from pages.ui.common.pickers import clip_bar
from pages.ui.label import desk, empty

info = clip_bar.head(
    "Label", "Draw labels, or correct a draft; every edit is saved. Then add them to a dataset and train on it."
)
flash.show()

if journal.tracks(state.store(), info.digest):
    desk.show(info)
else:
    empty.show(info)
