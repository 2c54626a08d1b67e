"""Experiments with the time of a clip: its frames in another order, and what a model predicts of it then."""

import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import BACKBONES
from core.domain import ModelCard, Prediction, VideoInfo
from core.stages.preprocessing.time_edits import BLOCK_FRAMES, KINDS, TimeEdit
from core.workflows import predictions
from core.workflows.explanations import inside
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel, kept_pieces
from pages.ui.features import network_figures

EDITS = {
    "shuffled": "Frames in random order",
    "reversed": "Frames in reverse order",
    "held": "One frame held",
    "slowed": "At half speed",
    "blanked": "A stretch blanked",
}
ABOUT = (
    "The frames are reordered before the CNN, and the model predicts the clip anew. If the scores stay, the prediction "
    "does not rest on the order of frames."
)


def show(info: VideoInfo, card: ModelCard) -> None:
    """The choice of an edit, and the scores with and without it."""
    edit = _edit(info)
    st.caption(_about(card, edit))
    recipe, engine = state.recipe(), state.settings().engine
    before = predictions.prediction_key(state.store(), info.digest, recipe, card, engine)
    task = (predictions.predict, state.store(), info.digest, recipe, card.name, engine)
    kept = kept_pieces.of(info.digest, predictions.prepared(recipe, card), card.backbone)
    if not job_panel.ready(before, "Analyse the clip", *task, about="The clip itself is analysed first.", kept=kept):
        return
    after = inside.edit_key(info.digest, recipe, card, engine, edit)
    edited = (inside.predict_edited, state.store(), info.digest, recipe, card.name, engine, edit)
    if job_panel.ready(after, "Run the experiment", *edited, about=ABOUT):
        _compare(info, card, before, after, edit)


def _edit(info: VideoInfo) -> TimeEdit:
    """Which edit, and of what."""
    left, right = st.columns([2, 3], vertical_alignment="bottom")
    kind = left.selectbox("Edit", list(KINDS), format_func=EDITS.__getitem__, key="network.edit") or KINDS[0]
    if kind == "shuffled":
        return TimeEdit(kind, seed=int(right.number_input("Seed", 0, 1000, 0, key="network.seed", width=160)))
    if kind == "blanked":
        third = info.duration_s / 3
        start_s, stop_s = right.slider(
            "Black from, to (s)", 0.0, info.duration_s, (third, 2 * third), key=f"network.blank.{info.digest}"
        )
        return TimeEdit(kind, start_s=start_s, stop_s=stop_s)
    return TimeEdit(kind)


def _about(card: ModelCard, edit: TimeEdit) -> str:
    """What the edit does to this network."""
    cnn = BACKBONES[card.backbone]
    sees = (
        f"{cnn.title.split(',')[0]} sees motion itself, so an edit changes its features too."
        if cnn.volumetric
        else f"{cnn.title.split(',')[0]} sees single frames: only the network on top can tell their order."
    )
    if edit.kind in ("shuffled", "reversed", "held"):
        return f"{sees} Longer clips are edited in blocks of {BLOCK_FRAMES} frames."
    return f"{sees} The clip keeps its length, so its second half is not shown." if edit.kind == "slowed" else sees


def _compare(info: VideoInfo, card: ModelCard, before: str, after: str, edit: TimeEdit) -> None:
    """Scores of the clip with and without the edit, and over time."""
    try:
        plain, edited = (state.store().read(key, Prediction) for key in (before, after))
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    scores = inside.whole_clip(plain), inside.whole_clip(edited)
    st.html(f'<div class="k-headline">{_finding(card, *scores)}</div>')
    left, right = st.columns([2, 3], gap="large")
    dark, over_s = state.is_dark(), (0.0, info.duration_s)
    with left:
        figure = network_figures.before_and_after(*scores, card.labels, dark=dark)
        st.plotly_chart(figure, key=f"network.edit.{after}", theme=None)
    with right:
        st.markdown(f"**Scores over time, {EDITS[edit.kind].lower()}**")
        figure = network_figures.scores(
            edited.times_s, edited.scores, card.labels, cache.slots(card.labels), over_s=over_s, dark=dark
        )
        st.plotly_chart(figure, key=f"network.edited.{after}", theme=None)


def _finding(card: ModelCard, before, after) -> str:
    """What the edit did to the prediction of the clip; HTML."""
    first, second = int(before.argmax()), int(after.argmax())
    names = [theme.plain(card.labels[index]) for index in (first, second)]
    share, edited = formatting.per_cent(float(before[first])), formatting.per_cent(float(after[first]))
    if first == second:
        return f"Still <b>{names[0]}</b>: {share} as it is, {edited} edited."
    return f"<b>{names[0]}</b> ({share}) becomes <b>{names[1]}</b> ({formatting.per_cent(float(after[second]))})."
