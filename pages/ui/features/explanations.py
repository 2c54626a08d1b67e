"""Where the network looks: what speaks for a label, over the picture and over time, and a test of that claim."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import streamlit as st

from core.domain import Features, ModelCard, VideoInfo
from core.stages.networks.explain.activations import FrameWindow
from core.stages.networks.explain.attribution import Evidence
from core.stages.networks.explain.deletion import Deletion
from core.workflows import explanations
from core.workflows.explanations import Question
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.features import colormaps, figures, shared

HIDDEN = {"blur": "a strong blur", "mean": "the mean colour"}
ABOUT = (
    "First the network looks at the whole clip. That takes about as long as the clip lasts, often less; the result is "
    "kept, and the Timeline uses the same."
)
STRIP = 8
CLEAR = 0.05  # of the score at the start: a smaller difference between the areas is none


def show(info: VideoInfo, backbone: str) -> None:
    """The whole part: choose a label and a moment, see what speaks for it, test it."""
    engine, recipe = state.settings().engine, state.recipe()
    card = _reader(backbone)
    if card is None:
        return
    key = explanations.reading_key(state.store(), info.digest, recipe, card, engine)
    task = (explanations.read, state.store(), info.digest, recipe, card, engine)
    if not job_panel.ready(key, "Look at the whole clip", *task, about=ABOUT):
        return
    label = _label(info, card, key)
    looked = shared.look_at(info, backbone)
    if looked is None or label is None:
        return
    view, moment_s, rest = looked
    asked = Question(view, card, engine, label)
    if card.network:
        times_s = state.store().read(asked.features_key, Features).times_s
        asked = replace(asked, step=shared.nearest(times_s, moment_s))
    there = explanations.is_located(state.store(), asked)
    name = asked.gradient_key
    title = f"See what speaks for “{asked.name}”"
    if job_panel.ready(name, title, explanations.locate, state.store(), asked, there=there, at_once=rest):
        _explanation(info, asked, moment_s)


def _reader(backbone: str) -> ModelCard | None:
    """The model whose labels are asked about; None, said in words, where there is none."""
    known: Mapping[str, ModelCard] = explanations.readers(state.settings(), backbone)
    if not known:
        theme.empty("No model reads this network", "Choose another network, or train a model on this one first.")
        return None
    names = list(known)
    chosen = state.chosen_model()
    index = names.index(chosen.name) if chosen and chosen.name in names else 0
    name = st.selectbox("Labels of", names, index, lambda name: known[name].title, key=f"features.reader.{backbone}")
    return known[name]


def _label(info: VideoInfo, card: ModelCard, key: str) -> int | None:
    """The label that is asked about, at first the one that scores best over the clip."""
    order = explanations.order(state.store(), info.digest, state.recipe(), card, state.settings().engine)
    return st.selectbox(
        "What speaks for",
        order,
        format_func=lambda place: card.labels[place],
        help="The labels that score best over the whole clip come first.",
        key=f"features.label.{card.name}.{key}",
    )


def _explanation(info: VideoInfo, asked: Question, moment_s: float) -> None:
    """The evidence over pictures and over time, and its test."""
    store = state.store()
    found, seen = explanations.evidence(store, asked), store.read(asked.view.key, FrameWindow)
    step = shared.nearest(found.times_s, moment_s)
    shown = colormaps.Scale(0.0, max(float(found.maps.max()), 1e-9), _unit(asked))
    pictures = [_over(seen, found, at, shown) for at in range(len(found.times_s))]
    left, right = st.columns([2, 3], gap="large")
    with left:
        st.html(
            colormaps.tiles([colormaps.large(pictures[step])], [_caption(found, step)], alt=asked.name, size="large")
        )
        shared.legend(shown, "One scale for all pictures here. What speaks against the label is left dark.")
        shared.steppers(found.times_s, step, key="features.reason")
    with right:
        _strip(found, pictures)
        clicked = _lane(info, asked, moment_s)
        st.caption(_method(asked, found))
    _files(info, asked, found, pictures, step)
    _test(info, asked)
    shared.follow(clicked)


def _unit(asked: Question) -> str:
    kind = "log score" if asked.card.network else "logit"
    return f"{kind} that a place adds to “{asked.name}”, as if all places were like it"


def _caption(found: Evidence, step: int) -> str:
    return f"What speaks for “{found.label}” at {shared.clock(found.times_s[step])}, over the frame the network saw"


def _over(seen: FrameWindow, found: Evidence, step: int, shown: colormaps.Scale) -> np.ndarray:
    """The evidence of a step over a frame of it."""
    per_step = seen.count / len(found.times_s)
    place = min(int((step + 0.5) * per_step), seen.count - 1)
    return colormaps.overlay(seen.meant[place], np.maximum(found.maps[step], 0), shown)


def _strip(found: Evidence, pictures: list[np.ndarray]) -> None:
    """The window from its beginning to its end."""
    steps = np.unique(np.linspace(0, len(pictures) - 1, STRIP).round().astype(int))
    captions = [shared.clock(float(found.times_s[int(step)])) for step in steps]
    st.html(colormaps.tiles([pictures[step] for step in steps], captions, alt="Evidence at", crisp=False))


def _lane(info: VideoInfo, asked: Question, moment_s: float) -> float | None:
    """How much each moment of the clip speaks for the label; the moment that was clicked."""
    times_s, values = explanations.lane(state.store(), asked)
    unit = "log score" if asked.card.network else "logits"
    view = asked.view
    figure = figures.lane(
        times_s,
        values,
        moment_s=moment_s,
        window_s=explanations.window_s(info, view.recipe, view.cnn, view.number),
        unit=f"speaks for it, {unit}",
        over_s=(0.0, info.duration_s),
        dark=state.is_dark(),
    )
    name = asked.attribution_key
    clicked = shared.chart(figure, key=f"features.lane.{name}")
    axes = {"importance": ("time",), "times_s": ("time",)}
    file = lambda: colormaps.npz(axes, importance=values, times_s=times_s, label=np.array(asked.name))  # noqa: E731
    title = shared.stem(info, asked.name, "importance")
    shared.take_along([("Importance over time (NPZ)", f"{title}.npz", file)], key="features.lane")
    return clicked


def _method(asked: Question, found: Evidence) -> str:
    """How the claim was computed, and what it means."""
    if asked.card.network:
        time = (
            "How much each step of the clip adds to the log score of the label at this moment: integrated gradients "
            "from the average step of the training set. Their sum is the difference in log score."
        )
        return f"{time} Over the picture each step is split by class activation, so that its places sum to it."
    if found.exact:
        return (
            "Class activation, exact: the network ends in a mean over the picture and a linear layer, so the mean of "
            "each picture's map is what that step adds to the label, compared with the average label."
        )
    return "Grad-CAM, an approximation: the network does more with its last maps than average them."


def _files(info: VideoInfo, asked: Question, found: Evidence, pictures: list[np.ndarray], step: int) -> None:
    stem = shared.stem(info, asked.name, f"{float(found.times_s[step]):.2f}s")
    axes = {"maps": ("time", "down", "right"), "times_s": ("time",)}
    files: list[tuple[str, str, shared.Bytes]] = [
        ("This picture (PNG)", f"{stem}.png", lambda: colormaps.png(colormaps.large(pictures[step]))),
        ("All pictures (PNG)", f"{stem}-window.png", lambda: colormaps.png(colormaps.mosaic(pictures, 4))),
        (
            "Maps of the window (NPZ)",
            f"{stem}.npz",
            lambda: colormaps.npz(axes, maps=found.maps, times_s=found.times_s, label=np.array(asked.name)),
        ),
    ]
    shared.take_along(files, key="features.reasons")


def _test(info: VideoInfo, asked: Question) -> None:
    """Whether hiding what is marked lowers the score faster than hiding at random."""
    theme.section("Is it true?", "Hide what is marked, and see whether the score falls faster than by chance.")
    hidden = st.segmented_control(
        "Hide under", list(HIDDEN), default="blur", format_func=HIDDEN.__getitem__, key="features.hidden", required=True
    )
    key = asked.deletion_key(hidden or "blur")
    task = (explanations.check, state.store(), asked, hidden)
    if not job_panel.ready(key, "Test this explanation", *task, noun="picture"):
        return
    found = state.store().read(key, Deletion)
    theme.facts(verdict(found))
    st.plotly_chart(figures.falling(found, dark=state.is_dark()), key=f"falling.{key}", theme=None)
    st.caption(_what_is_hidden(asked, found))
    axes = {"marked": ("fraction",), "random": ("order", "fraction"), "fractions": ("fraction",)}
    file = lambda: colormaps.npz(axes, fractions=found.fractions, marked=found.marked, random=found.random)  # noqa: E731
    shared.take_along([("Curves (NPZ)", f"{shared.stem(info, asked.name, 'test')}.npz", file)], key="features.test")


def verdict(found: Deletion) -> tuple[str, ...]:
    """The result of the test in words and numbers."""
    marked, random = found.areas
    least, most = found.span
    clear = abs(found.gain) > CLEAR * found.marked[0]
    if found.marked[0] < 0.01:
        told = "The label scores next to nothing here, so there is nothing to lose and the test says little"
    elif clear and marked < least:
        told = "The score falls faster than by chance: the marked places matter"
    elif clear and marked > most:
        told = "The score falls more slowly than by chance: do not trust this picture"
    else:
        told = "No difference from chance: do not lean on this picture"
    areas = f"area under the curve {formatting.per_cent(marked)} against {formatting.per_cent(random)} at random"
    return told, areas, f"difference {100 * found.gain:+.1f} points"


def _what_is_hidden(asked: Question, found: Deletion) -> str:
    cnn = asked.view.cnn
    over = f" over {formatting.count(cnn.frames_per_step, 'frame')}" if cnn.volumetric else ""
    return (
        f"Hidden are blocks of the picture as large as a place of the map{over}, under {HIDDEN[found.hidden]}, in this "
        f"window only. The dashed line is the mean of {len(found.random)} random orders, the grey band their span."
    )
