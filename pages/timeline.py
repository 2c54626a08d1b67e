"""Timeline: which action happens when, next to the playing clip."""

from pages.ui import state
from pages.ui.common import clip_results
from pages.ui.common.pickers import clip_bar, model_picker
from pages.ui.timeline import results, transcripts, zero_shot

info = clip_bar.head(
    "Timeline", "Analyse the clip to see which action happens when. Then download the result, or correct it on Label."
)
card = state.chosen_model()
if card is None:
    model_picker.pick(opened=True)
elif state.in_words():
    zero_shot.show(info, card, clip_results.key_in_use(info))
    model_picker.pick(opened=False)
else:
    results.show(info, card)
transcripts.panel(info)
