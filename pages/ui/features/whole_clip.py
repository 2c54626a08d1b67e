"""The features of a whole clip: over time, against each other, and as a map of all steps."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from core.domain import Features, Prediction, VideoInfo
from core.stages.networks.explain import projection
from core.workflows import explanations, predictions
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel, kept_pieces
from pages.ui.features import colormaps, figures, shared

ABOUT = (
    "The network processes the whole clip once. This usually takes less than the duration "
    "of the clip, depending on this machine; the result is stored and shared with the Timeline."
)
CHANNELS = 48


def show(info: VideoInfo, backbone: str) -> None:
    """The whole part."""
    engine, recipe = state.settings().engine, state.recipe()
    key = predictions.features_key(info.digest, recipe, backbone, engine)
    task = (explanations.features, state.store(), info.digest, recipe, backbone, engine)
    kept = kept_pieces.of(info.digest, recipe, backbone)
    if not job_panel.ready(key, "Compute features", *task, about=ABOUT, kept=kept):
        return
    features = state.store().read(key, Features)
    seconds = features.seen_s[1] - features.seen_s[0]
    steps = formatting.count(len(features.times_s), "step")
    theme.facts((f"{steps} in {formatting.length(seconds)}", formatting.count(features.values.shape[1], "channel")))
    left, right = st.columns([3, 2], gap="large")
    with left:
        clicked = _map(info, features, key, backbone)
    with right:
        _frame(info)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _squares(features, key)
    with right:
        _rows(features, key)
    axes = {"values": ("time", "channel"), "times_s": ("time",)}
    file = lambda: colormaps.npz(axes, values=np.asarray(features.values), times_s=features.times_s)  # noqa: E731
    shared.take_along([("Features (NPZ)", f"{shared.stem(info, backbone)}.npz", file)], key="features.all")
    st.caption("To save a chart as PNG, hover over it and click the camera icon.")
    if clicked is not None:
        state.jump(clicked)
        st.rerun()


def _map(info: VideoInfo, features: Features, key: str, backbone: str) -> float | None:
    """All steps on a plane, with the frame of the one that was clicked."""
    theme.section("Map of all steps", "Similar steps lie close together (PCA). Click a step to see its frame.")
    labels = _labels(info, features, backbone)
    options = ("time", "label") if labels else ("time",)
    by = st.segmented_control(
        "Colour by", options, default="time", format_func=str.capitalize, key="features.by", required=True
    )
    placed, shares = cache.plane(key)
    coloured = labels if by == "label" else None
    slots = cache.slots(tuple(dict.fromkeys(coloured))) if coloured else None
    figure = figures.cloud(placed, features.times_s, shares, labels=coloured, slots=slots, dark=state.is_dark())
    return shared.chart(figure, key=f"features.cloud.{key}.{by}")


def _frame(info: VideoInfo) -> None:
    """The frame at the moment that is looked at."""
    theme.section("Selected step", "Click a step in the map to select it.")
    shared.frame(info)


def _labels(info: VideoInfo, features: Features, backbone: str) -> Sequence[str] | None:
    """The label of each step, where the model in use has been asked already; else None."""
    card = state.chosen_model()
    if card is None or card.backbone != backbone:
        return None
    key = predictions.prediction_key(state.store(), info.digest, state.recipe(), card, state.settings().engine)
    if not state.store().has(key):
        st.caption("To colour by label, analyse the clip on the Timeline first.")
        return None
    prediction = state.store().read(key, Prediction)
    return (
        [prediction.labels[index] for index in prediction.scores.argmax(axis=1)]
        if len(prediction.scores) == len(features.times_s)
        else None
    )


def _squares(features: Features, key: str) -> None:
    """The self-similarity of the clip."""
    theme.section(
        "Self-similarity",
        "Light squares on the diagonal are uniform segments; light parallel stripes are repetitions.",
    )
    values, firsts = projection.coarser(np.asarray(features.values), figures.MOST_SQUARES)
    figure = figures.squares(features.times_s[firsts], values, dark=state.is_dark())
    st.plotly_chart(figure, key=f"features.squares.{key}", theme=None)
    st.caption("Cosine similarity of the features of two moments. The scale starts at the lowest value in this clip.")


def _rows(features: Features, key: str) -> None:
    """The channels that change most, over time."""
    theme.section("Over time", f"The {CHANNELS} channels with the highest variance in this clip, on one scale.")
    channels = [int(channel) for channel in projection.most_varying(np.asarray(features.values), CHANNELS)]
    figure = figures.rows(
        features.times_s, np.asarray(features.values), channels, seen_s=features.seen_s, dark=state.is_dark()
    )
    st.plotly_chart(figure, key=f"features.rows.{key}", theme=None)
