"""The network of a model as a picture, what each part of it makes of the clip, and experiments with its time."""

from collections.abc import Callable

import numpy as np
import streamlit as st

from core.base.errors import AnalysisError
from core.base.registry import BACKBONES
from core.domain import Features, ModelCard, VideoInfo
from core.stages.networks.explain import projection
from core.stages.networks.explain.gates import HIDDEN, LayerTrace
from core.workflows import predictions
from core.workflows.explanations import inside
from core.workflows.explanations.inside import NetworkTrace
from core.workflows.training.options import options_of
from pages.ui import cache, state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel, kept_pieces
from pages.ui.common.network import diagram as network_diagram
from pages.ui.features import figures, network_figures, shared, time_experiments

PARTS = {
    "frames": "Frames",
    "features": "Features",
    "inside": "Inside the RNN",
    "scores": "Scores",
    "time": "Time experiments",
}
CHANNELS = 48
ABOUT = "The network processes the whole clip once. The result is stored and shared with the Timeline."


def show(info: VideoInfo, backbone: str) -> None:
    """The picture, and below it the selected part for this clip."""
    card = state.chosen_model()
    if card is None or card.backbone != backbone:
        theme.empty(
            "No model with this network",
            "Select a model that uses this CNN under Model on the Timeline, or choose another network above.",
        )
        return
    engine, recipe = state.settings().engine, predictions.prepared(state.recipe(), card)
    key = predictions.features_key(info.digest, recipe, backbone, engine)
    features = state.store().known(key, Features)
    settings = options_of(card.settings) if card.network else None
    clip = f"{formatting.length(info.duration_s)}, {info.width_px} × {info.height_px} px"
    steps = None if features is None else len(features.values)
    network_diagram.show(backbone, settings, len(card.labels), clip=clip, steps=steps)
    st.caption(f"{theme.plain(card.title)}. Select a part to see what it makes of this clip.")
    names = [name for name in PARTS if card.network or name != "inside"]
    part = st.segmented_control(
        "Part", names, default="scores", format_func=PARTS.__getitem__, key="features.part", required=True,
        label_visibility="collapsed",
    )  # fmt: skip
    if part == "frames":
        _frames(info, backbone)
    elif part == "time":
        time_experiments.show(info, card)
    elif part == "features":
        _features(info, card, features, key)
    elif card.network:
        _inside(info, card, part or "scores")
    else:
        _classified(info, card)


def _frames(info: VideoInfo, backbone: str) -> None:
    """The frame at the moment, and what the CNN gets of it."""
    cnn = BACKBONES[backbone]
    left, right = st.columns([3, 2], gap="large")
    with left:
        shared.frame(info)
    with right:
        size = f"{cnn.size_px} × {cnn.size_px}"
        rate = formatting.rate(cnn.rate_hz) if cnn.rate_hz else "every frame of the clip"
        st.markdown(
            f"The clip has {formatting.count(info.frame_count, 'frame')}. The CNN is given {rate}, each as {size} "
            "pixels with three colours: numbers from 0 to 255. One time step of its features is made of "
            f"{formatting.count(cnn.frames_per_step, 'frame')}."
        )


def _features(info: VideoInfo, card: ModelCard, features: Features | None, key: str) -> None:
    """The channels that change most, over time."""
    if features is None:
        _compute(info, card, key, lambda: False)
        return
    values = np.asarray(features.values)
    shown = min(CHANNELS, values.shape[1])
    st.caption(f"The {shown} of {formatting.count(values.shape[1], 'channel')} with the highest variance in this clip.")
    channels = [int(channel) for channel in projection.most_varying(values, shown)]
    figure = figures.rows(features.times_s, values, channels, seen_s=features.seen_s, dark=state.is_dark())
    st.plotly_chart(figure, key=f"network.features.{key}", theme=None)


def _compute(info: VideoInfo, card: ModelCard, key: str, there: Callable[[], bool]) -> bool:
    """The job that looks inside the network; whether its result is there."""
    recipe, engine = state.recipe(), state.settings().engine
    task = (inside.trace, state.store(), info.digest, recipe, card.name, engine)
    kept = kept_pieces.of(info.digest, predictions.prepared(recipe, card), card.backbone)
    return job_panel.ready(key, "Look inside the network", *task, there=there(), about=ABOUT, kept=kept)


def _inside(info: VideoInfo, card: ModelCard, part: str) -> None:
    """The recurrent layers over the clip, or the scores that come of them."""
    key = inside.trace_key(info.digest, state.recipe(), card, state.settings().engine)
    if not _compute(info, card, key, lambda: state.store().has(key)):
        return
    traced = state.store().read(key, NetworkTrace)
    if part == "inside":
        _gates(info, traced, key)
    else:
        _scores(info, card, traced, key)


def _gates(info: VideoInfo, traced: NetworkTrace, key: str) -> None:
    """One layer in one direction: hidden state and gates as heatmaps."""
    names = [_named(layer, traced) for layer in traced.layers]
    left, right = st.columns(2)
    index = left.selectbox("Layer", range(len(names)), format_func=names.__getitem__, key=f"network.layer.{len(names)}")
    layer = traced.layers[index or 0]
    gate = right.selectbox("Values", layer.names, format_func=str.capitalize, key=f"network.gate.{layer.cell}")
    st.caption(network_figures.ABOUT[gate or HIDDEN])
    figure = network_figures.units(
        traced.times_s,
        layer.of(gate or HIDDEN),
        over_s=(0.0, info.duration_s),
        name=gate or HIDDEN,
        dark=state.is_dark(),
    )
    st.plotly_chart(figure, key=f"network.units.{key}.{index}.{gate}", theme=None)


def _named(layer: LayerTrace, traced: NetworkTrace) -> str:
    """A direction of a layer, as people tell it from others."""
    several = len({other.layer for other in traced.layers}) > 1
    both = any(other.backward for other in traced.layers)
    number = f"layer {layer.layer + 1}" if several else "layer"
    way = (", backward in time" if layer.backward else ", forward in time") if both else ""
    return f"{layer.cell.upper()} {number}{way}"


def _scores(info: VideoInfo, card: ModelCard, traced: NetworkTrace, key: str) -> None:
    """The scores of each step, and how those of the clip build up."""
    left, right = st.columns(2, gap="large")
    dark, over_s, slots = state.is_dark(), (0.0, info.duration_s), cache.slots(card.labels)
    with left:
        theme.section("Scores of each step", "What the last layer gives, before smoothing.")
        figure = network_figures.scores(traced.times_s, traced.scores, card.labels, slots, over_s=over_s, dark=dark)
        st.plotly_chart(figure, key=f"network.scores.{key}", theme=None)
    with right:
        theme.section("Scores as the clip goes on", "The prediction for the clip if it ended at this moment.")
        times_s = traced.times_s[traced.steps]
        figure = network_figures.scores(times_s, traced.built_up, card.labels, slots, over_s=over_s, dark=dark)
        st.plotly_chart(figure, key=f"network.built.{key}", theme=None)


def _classified(info: VideoInfo, card: ModelCard) -> None:
    """The scores of a model whose CNN classifies by itself."""
    recipe, engine = state.recipe(), state.settings().engine
    key = predictions.prediction_key(state.store(), info.digest, recipe, card, engine)
    task = (predictions.predict, state.store(), info.digest, recipe, card.name, engine)
    kept = kept_pieces.of(info.digest, predictions.prepared(recipe, card), card.backbone)
    if not job_panel.ready(key, "Analyse the clip", *task, about=ABOUT, kept=kept):
        return
    try:
        prediction = predictions.analysis(state.store(), info.digest, recipe, card, engine)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return
    labels = [entry.label for entry in prediction.ranking[:5]]
    st.caption("This model has no recurrent network: each step is classified by itself, and scores are smoothed.")
    theme.facts(
        f"{label} {formatting.per_cent(entry.score)}" for label, entry in zip(labels, prediction.ranking, strict=False)
    )
