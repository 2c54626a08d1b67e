"""Explanations: the evidence for a label over the picture and over time, and the deletion test."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from core.domain import Features, ModelCard, VideoInfo
from core.stages.networks.explain.activations import FrameWindow
from core.stages.networks.explain.attribution import Evidence
from core.stages.networks.explain.deletion import Deletion
from core.workflows import explanations
from core.workflows.explanations import ExplanationQuestion
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel, kept_pieces
from pages.ui.features import colormaps, figures, shared

HIDDEN = {"blur": "strong blur", "mean": "the mean colour"}
ABOUT = (
    "The network first processes the whole clip. This usually takes less than the duration "
    "of the clip, depending on this machine; the result is stored and shared with the Timeline."
)
STRIP = 8
CLEAR = 0.05  # of the score at the start: a smaller difference between the areas is none


def show(info: VideoInfo, backbone: str) -> None:
    """The whole view: select a label and a moment, view its evidence, test it."""
    engine, recipe = state.settings().engine, state.recipe()
    card = _reader(backbone)
    if card is None:
        return
    key = explanations.reading_key(state.store(), info.digest, recipe, card, engine)
    task = (explanations.read, state.store(), info.digest, recipe, card, engine)
    kept = kept_pieces.of(info.digest, recipe, backbone)
    if not job_panel.ready(key, "Compute features", *task, about=ABOUT, kept=kept):
        return
    label = _label(info, card, key)
    looked = shared.look_at(info, backbone)
    if looked is None or label is None:
        return
    view, moment_s, rest = looked
    question = ExplanationQuestion(view, card, engine, label)
    if card.network:
        times_s = state.store().read(question.features_key, Features).times_s
        question = replace(question, step=shared.nearest(times_s, moment_s))
    there = explanations.is_located(state.store(), question)
    name = question.gradient_key
    title = f"Explain “{question.name}”"
    if shared.waits(info, name, title, there=there):
        return
    if job_panel.ready(name, title, explanations.locate, state.store(), question, there=there, at_once=rest):
        _explanation(info, question, moment_s)


def _reader(backbone: str) -> ModelCard | None:
    """The model whose labels are explained; None, with a message, if there is none."""
    known: Mapping[str, ModelCard] = explanations.readers(state.settings(), backbone)
    if not known:
        theme.empty("No model uses this network", "Choose another network, or train a model on this one.")
        return None
    names = list(known)
    chosen = state.chosen_model()
    index = names.index(chosen.name) if chosen and chosen.name in names else 0
    name = st.selectbox("Model", names, index, lambda name: known[name].title, key=f"features.reader.{backbone}")
    return known[name]


def _label(info: VideoInfo, card: ModelCard, key: str) -> int | None:
    """The label to explain, by default the one with the highest score over the clip."""
    order = explanations.order(state.store(), info.digest, state.recipe(), card, state.settings().engine)
    return st.selectbox(
        "Label",
        order,
        format_func=lambda index: card.labels[index],
        help="Labels with the highest scores over the whole clip are listed first.",
        key=f"features.label.{card.name}.{key}",
    )


def _explanation(info: VideoInfo, question: ExplanationQuestion, moment_s: float) -> None:
    """The evidence over pictures and over time, and its test."""
    store = state.store()
    evidence, seen = explanations.evidence(store, question), store.read(question.view.key, FrameWindow)
    step = shared.nearest(evidence.times_s, moment_s)
    shown = colormaps.Scale(0.0, max(float(evidence.maps.max()), 1e-9), _unit(question))
    pictures = [_over(seen, evidence, at, shown) for at in range(len(evidence.times_s))]
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(
            colormaps.tiles(
                [colormaps.large(pictures[step])], [_caption(evidence, step)], alt=question.name, size="large"
            )
        )
        shared.legend(shown, "One scale for all pictures. Evidence against the label is left dark.")
        shared.steppers(evidence.times_s, step, key="features.reason")
    with right:
        _strip(evidence, pictures)
        clicked = _lane(info, question, moment_s)
        st.caption(_method(question, evidence))
    _files(info, question, evidence, pictures, step)
    _test(info, question)
    shared.follow(clicked)


def _unit(question: ExplanationQuestion) -> str:
    kind = "log score" if question.card.network else "logit"
    return f"{kind} contributed by a location to “{question.name}”, scaled to the whole picture"


def _caption(evidence: Evidence, step: int) -> str:
    return f"Evidence for “{evidence.label}” at {shared.clock(evidence.times_s[step])}, overlaid on the input frame"


def _over(seen: FrameWindow, evidence: Evidence, step: int, shown: colormaps.Scale) -> np.ndarray:
    """The evidence of a step over a frame of it."""
    per_step = seen.count / len(evidence.times_s)
    index = min(int((step + 0.5) * per_step), seen.count - 1)
    return colormaps.overlay(seen.meant[index], np.maximum(evidence.maps[step], 0), shown)


def _strip(evidence: Evidence, pictures: list[np.ndarray]) -> None:
    """The window from its beginning to its end."""
    steps = np.unique(np.linspace(0, len(pictures) - 1, STRIP).round().astype(int))
    captions = [shared.clock(float(evidence.times_s[int(step)])) for step in steps]
    st.html(colormaps.tiles([pictures[step] for step in steps], captions, alt="Evidence at", crisp=False))


def _lane(info: VideoInfo, question: ExplanationQuestion, moment_s: float) -> float | None:
    """The evidence of each moment for the label; the clicked moment."""
    times_s, values = explanations.lane(state.store(), question)
    unit = "log score" if question.card.network else "logits"
    view = question.view
    figure = figures.lane(
        times_s,
        values,
        moment_s=moment_s,
        window_s=explanations.window_s(info, view.recipe, view.cnn, view.number),
        unit=f"contribution, {unit}",
        over_s=(0.0, info.duration_s),
        dark=state.is_dark(),
    )
    name = question.attribution_key
    clicked = shared.chart(figure, key=f"features.lane.{name}")
    axes = {"importance": ("time",), "times_s": ("time",)}
    file = lambda: colormaps.npz(axes, importance=values, times_s=times_s, label=np.array(question.name))  # noqa: E731
    title = shared.stem(info, question.name, "importance")
    shared.take_along([("Importance over time (NPZ)", f"{title}.npz", file)], key="features.lane")
    return clicked


def _method(question: ExplanationQuestion, evidence: Evidence) -> str:
    """How the explanation was computed, and what it means."""
    if question.card.network:
        time = (
            "The contribution of each step to the log score of the label at this moment: integrated "
            "gradients, with the average step of the training data as the baseline. The "
            "contributions add up to the difference in log score."
        )
        return (
            f"{time} Within a picture, each step is distributed by class activation mapping, so that the locations add "
            "up to it."
        )
    if evidence.exact:
        return (
            "Class activation mapping (exact): the network ends in average pooling and a linear "
            "layer, so the mean of each map is the contribution of that step to the label, relative "
            "to the average label."
        )
    return "Grad-CAM (an approximation): the network does more with its last maps than average pooling."


def _files(
    info: VideoInfo, question: ExplanationQuestion, evidence: Evidence, pictures: list[np.ndarray], step: int
) -> None:
    stem = shared.stem(info, question.name, f"{float(evidence.times_s[step]):.2f}s")
    axes = {"maps": ("time", "down", "right"), "times_s": ("time",)}
    files: list[tuple[str, str, shared.Bytes]] = [
        ("This picture (PNG)", f"{stem}.png", lambda: colormaps.png(colormaps.large(pictures[step]))),
        ("All pictures (PNG)", f"{stem}-window.png", lambda: colormaps.png(colormaps.mosaic(pictures, 4))),
        (
            "Maps of the window (NPZ)",
            f"{stem}.npz",
            lambda: colormaps.npz(axes, maps=evidence.maps, times_s=evidence.times_s, label=np.array(question.name)),
        ),
    ]
    shared.take_along(files, key="features.reasons")


def _test(info: VideoInfo, question: ExplanationQuestion) -> None:
    """Whether hiding what is marked lowers the score faster than hiding at random."""
    theme.section(
        "Faithfulness test", "Hide the marked regions and check whether the score falls faster than by chance."
    )
    hidden = st.segmented_control(
        "Replace by", list(HIDDEN), default="blur", format_func=HIDDEN.__getitem__, key="features.hidden", required=True
    )
    key = question.deletion_key(hidden or "blur")
    task = (explanations.check, state.store(), question, hidden)
    if not job_panel.ready(key, "Run the test", *task, noun="picture"):
        return
    deletion = state.store().read(key, Deletion)
    theme.facts(verdict(deletion))
    st.plotly_chart(figures.falling(deletion, dark=state.is_dark()), key=f"falling.{key}", theme=None)
    st.caption(_what_is_hidden(question, deletion))
    axes = {"marked": ("fraction",), "random": ("order", "fraction"), "fractions": ("fraction",)}
    file = lambda: colormaps.npz(axes, fractions=deletion.fractions, marked=deletion.marked, random=deletion.random)  # noqa: E731
    shared.take_along([("Curves (NPZ)", f"{shared.stem(info, question.name, 'test')}.npz", file)], key="features.test")


def verdict(deletion: Deletion) -> tuple[str, ...]:
    """The result of the test in words and numbers."""
    marked, random = deletion.areas
    least, most = deletion.span
    clear = abs(deletion.gain) > CLEAR * deletion.marked[0]
    if deletion.marked[0] < 0.01:
        outcome = "The score of the label is close to zero here, so the test is not meaningful"
    elif clear and marked < least:
        outcome = "The score falls faster than by chance: the marked regions matter"
    elif clear and marked > most:
        outcome = "The score falls more slowly than by chance: do not rely on this explanation"
    else:
        outcome = "No difference from chance: do not rely on this explanation"
    areas = f"area under the curve {formatting.per_cent(marked)} against {formatting.per_cent(random)} at random"
    return outcome, areas, f"difference {100 * deletion.gain:+.1f} points"


def _what_is_hidden(question: ExplanationQuestion, deletion: Deletion) -> str:
    cnn = question.view.cnn
    over = f" over {formatting.count(cnn.frames_per_step, 'frame')}" if cnn.volumetric else ""
    return (
        f"Blocks of the picture, each the size of one location of the map{over}, are replaced by "
        f"{HIDDEN[deletion.hidden]} in this window only. The dashed line is the mean of {len(deletion.random)} random "
        "orders, the grey band their range."
    )
