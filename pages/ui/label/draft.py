"""Drafts on the Label page: the user accepts or corrects predictions, the most useful segments first."""

from dataclasses import dataclass

import streamlit as st

from core.base.errors import AnalysisError
from core.domain import Doubt, ModelCard, Prediction, Segment, VideoInfo
from core.workflows import predictions
from core.workflows.annotation import drafts, edits
from core.workflows.annotation.journal import TrackState
from pages.ui import cache, state
from pages.ui.common import clip_results, flash, formatting, theme, zero_shot_labels
from pages.ui.common.controls import button
from pages.ui.common.jobs import job_panel, kept_pieces
from pages.ui.common.pickers import model_picker
from pages.ui.common.player import player
from pages.ui.common.player.rows import LaneCurve, PlayerLane
from pages.ui.label import track_editor

ABOUT = "The network predicts a label for each moment. Predictions do not count as labels until you accept them."
DOUBT = "#C67F18"
LOOK = "review this"
ORDER = (
    "Segments are ordered by how useful they are for training: uncertain, different from "
    "what you have reviewed, and typical of the clip."
)
FINISHED = "The whole clip has been reviewed."
ANALYSED = "Everything that was analysed has been reviewed. The rest of the clip stays unlabelled."
CLOSED = "The draft is closed and not shown in the player. Open it to go on with the review."
WHOLE = 0.999  # of a clip, as a share


@dataclass(frozen=True, eq=False)
class Drafted:
    """What a model says of a clip, by the key of the result.

    segments: its labels; doubts: what nobody looked at, what is worth it most first.
    """

    key: str
    model: str
    title: str
    prediction: Prediction
    segments: tuple[Segment, ...]
    doubts: tuple[Doubt, ...]


def stored_draft(info: VideoInfo, now: TrackState) -> Drafted | None:
    """The draft of the result that is shown; None where the model in use was selected and has none yet."""
    key = clip_results.key_in_use(info)
    if not key:
        return None
    if state.in_words():
        return _in_words(info, now, key) if state.store().has(key) else None
    shown = clip_results.shown(info)
    if shown is None or (state.shown_result() == state.IN_USE and shown.key != key):
        return None
    card = state.models()[shown.model]
    try:
        segments = cache.analysis_at(info.digest, card.name, shown.key).track.segments
        prediction = cache.prediction(shown.key)
    except AnalysisError as error:
        flash.keep(track_editor.PANEL, error)
        return None
    doubts = drafts.to_look_at(prediction, segments, now.document.seen, info, put_off=_put_off(info))
    return Drafted(shown.key, card.name, card.title, prediction, segments, doubts)


def _in_words(info: VideoInfo, now: TrackState, key: str) -> Drafted | None:
    """The draft in labels that the person named in words. key: of what the known labels say."""
    pair = zero_shot_labels.draft(info, key)
    if pair is None:
        return None
    analysis, prediction = pair
    segments = analysis.track.segments
    doubts = drafts.to_look_at(prediction, segments, now.document.seen, info, put_off=_put_off(info))
    return Drafted(key, state.IN_WORDS, model_picker.OWN, prediction, segments, doubts)


def opened(info: VideoInfo, drafted: Drafted | None) -> Drafted | None:
    """The draft, unless it was closed; the draft of another result is open until it is closed too."""
    return None if drafted is None or state.remembered(_closed_key(info), "") == drafted.key else drafted


def rows(drafted: Drafted | None, now: TrackState) -> list[PlayerLane]:
    """The lanes of an open draft, whichever tool is shown: what waits for a person, and how unsure the network is."""
    if drafted is None:
        return []
    waiting = drafts.unseen(drafted.segments, now.document.seen)
    times_s, doubt = drafted.prediction.times_s, drafts.margin(drafted.prediction.scores)
    lanes = [PlayerLane("draft", waiting, seen=[drafted.prediction.seen_s], prefix="a draft:")] if waiting else []
    lanes.append(PlayerLane("doubt", curves=[LaneCurve("doubt", times_s, doubt, DOUBT)]))
    here = current(drafted)
    return (
        [*lanes, PlayerLane("to review", [Segment(here.start_s, here.stop_s, LOOK)], look="quality")] if here else lanes
    )


def current(drafted: Drafted) -> Doubt | None:
    """The segment to review now."""
    return drafted.doubts[0] if drafted.doubts else None


def arrive(drafted: Drafted | None) -> None:
    """Move the player to the segment to review, if a button was pressed."""
    if drafted and state.remembered("label.go", False):
        state.remember("label.go", False)
        if here := current(drafted):
            player.rest_at(here.start_s)


def show(info: VideoInfo, now: TrackState, drafted: Drafted | None) -> None:
    """Which network drafts, and the stretch to look at with what can be said of it."""
    known = state.models()
    if not known:
        theme.empty("No models found", "Train a model, or restore the models/ folder of the program.")
        return
    card = state.chosen_model()
    assert card is not None
    used = drafted.model if drafted else state.IN_WORDS if state.in_words() else card.name
    which, rest = st.columns([4, 5], gap="large")
    with which:
        _choose(
            {name: model_card.title for name, model_card in known.items()} | {state.IN_WORDS: model_picker.OWN}, used
        )
        if drafted is not None:
            _open_or_close(info, drafted)
    with rest:
        if drafted is None:
            _missing(info, card)
        elif opened(info, drafted) is None:
            st.caption(CLOSED)
        else:
            _stretch(info, now, drafted)


def _open_or_close(info: VideoInfo, drafted: Drafted) -> None:
    """The button that takes the lanes of the draft out of the player, or puts them back."""
    closed = opened(info, drafted) is None
    name, icon = ("Open draft", ":material/visibility:") if closed else ("Close draft", ":material/close:")
    st.button(
        name, key="label.draft.close", type="tertiary", icon=icon, on_click=state.remember,
        args=(_closed_key(info), "" if closed else drafted.key),
    )  # fmt: skip


def _missing(info: VideoInfo, card: ModelCard) -> None:
    """The way to a draft where there is none yet."""
    if state.in_words():
        st.caption("Enter your labels on the Timeline and run the search there; the result appears here as a draft.")
        if button.pressed("Open Timeline", icon=":material/view_timeline:", key="label.named"):
            state.go("timeline")
            st.rerun()
        return
    key = predictions.prediction_key(state.store(), info.digest, state.recipe(), card, state.settings().engine)
    job = (predictions.predict, state.store(), info.digest, state.recipe(), card.name, state.settings().engine)
    kept = kept_pieces.of(info.digest, predictions.prepared(state.recipe(), card), card.backbone)
    if job_panel.ready(key, "Draft labels", *job, kept=kept):
        st.rerun()
    st.caption(ABOUT)


def _choose(titles: dict[str, str], used: str) -> None:
    """Which model drafts, or the labels that the person named."""
    names = list(titles)
    name = st.selectbox("Drafted by", names, names.index(used), titles.__getitem__, key=f"label.model.{used}")
    if name != used:
        state.choose_model(str(name))
        st.rerun()


def _stretch(info: VideoInfo, now: TrackState, drafted: Drafted) -> None:
    """The progress of the review, the segment to review, and its description."""
    share = min(1.0, now.document.seen_s / info.duration_s)
    st.progress(share, f"{formatting.length(now.document.seen_s)} of {formatting.length(info.duration_s)} reviewed")
    here = current(drafted)
    if here is None:
        whole = share > WHOLE
        st.success(FINISHED if whole else ANALYSED, icon=":material/check_circle:")
        return
    st.markdown(_describe_segment(here, len(drafted.doubts)), help=ORDER)
    bounds = (now.track_id, here.start_s, here.stop_s)
    with st.container(horizontal=True):
        st.button("Go to segment", key="label.there", icon=":material/my_location:", on_click=_go, shortcut="Shift+H")
        st.button(
            "Accept draft", key="label.accept", type="primary", icon=":material/check:", shortcut="Shift+A",
            on_click=_accept, args=(*bounds, drafted.segments),
            help="The predictions for this segment become your labels.",
        )  # fmt: skip
        st.button(
            "Keep my labels", key="label.looked", icon=":material/visibility:", shortcut="Shift+D", on_click=_looked,
            args=bounds, help="Marks this segment as reviewed. Where you drew no label, nothing happens.",
        )  # fmt: skip
        st.button(
            "Skip",
            key="label.later",
            icon=":material/skip_next:",
            shortcut="Shift+N",
            on_click=_later,
            args=(info, here),
        )
        st.button(
            "Accept all remaining", key="label.all", type="tertiary", on_click=_accept,
            args=(now.track_id, *drafted.prediction.seen_s, drafted.segments),
        )  # fmt: skip


def _describe_segment(here: Doubt, left: int) -> str:
    """The segment in words."""
    names = [f"**{theme.plain(label)}**" for label in here.said]
    text = f"the draft predicts {formatting.listed(names)}" if names else "no confident prediction"
    when = f"{formatting.clock(here.start_s, decimals=1)} to {formatting.clock(here.stop_s, decimals=1)}"
    many = "This is the last segment." if left == 1 else f"{formatting.number(left)} segments left."
    return f"Review **{when}**: {text}. {many}"


def _go() -> None:
    state.remember("label.go", True)


def _accept(track: str, start_s: float, stop_s: float, segments: tuple[Segment, ...]) -> None:
    track_editor.edit(track, "accept", lambda document: edits.accept(document, start_s, stop_s, segments))
    _go()


def _looked(track: str, start_s: float, stop_s: float) -> None:
    track_editor.edit(track, "look", lambda document: edits.look(document, start_s, stop_s))
    _go()


def _later(info: VideoInfo, here: Doubt) -> None:
    state.remember(_later_key(info), (*_put_off(info), (here.start_s + here.stop_s) / 2))
    _go()


def _put_off(info: VideoInfo) -> tuple[float, ...]:
    """Moments in the stretches that the person put off."""
    return state.remembered(_later_key(info), ())


def _closed_key(info: VideoInfo) -> str:
    """What is remembered: the key of the result whose draft was closed."""
    return f"label.closed.{info.digest}"


def _later_key(info: VideoInfo) -> str:
    return f"label.later.{info.digest}"
