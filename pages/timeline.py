"""Timeline: which action happens when, next to the playing clip."""

from core.workflows import predictions
from pages.ui import state
from pages.ui.common.jobs import job_panel
from pages.ui.common.pickers import clip_bar, model_picker
from pages.ui.timeline import result, transcripts, zero_shot

ABOUT = (
    "The network predicts an action for each moment of the clip. This takes at most about as "
    "long as the duration of the clip; the result is stored."
)

info = clip_bar.head("Timeline", "Which action happens when, predicted by a neural network.")
card = state.chosen_model()
recipe, engine = state.recipe(), state.settings().engine
key = predictions.prediction_key(state.store(), info.digest, recipe, card, engine) if card else ""
if card and state.in_words():
    zero_shot.show(info, card, key)
elif card and job_panel.ready(
    key,
    "Analyse the clip",
    *(predictions.predict, state.store(), info.digest, recipe, card.name, engine),
    about=ABOUT,
):
    result.show(info, card, key)
else:
    result.preview(info)
model_picker.pick(opened=not (state.store().has(key) or state.in_words()))
transcripts.panel(info)
