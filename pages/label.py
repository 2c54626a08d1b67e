"""Label: draw labels on the clip, or correct what a network drafts."""

from core.workflows.annotation import journal
from pages.ui import clip_bar, label_begin, label_desk, state, theme

theme.title("Label", "Draw labels on the clip, or correct what a network drafts. Every edit is kept at once.")
state.show_problem()
info = state.chosen_video()
clip_bar.show(info)
if journal.tracks(state.store(), info.digest):
    label_desk.show(info)
else:
    label_begin.show(info)
