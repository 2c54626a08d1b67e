"""Feature maps: the output of each channel of a layer at a moment, over the picture and over time."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st

from core.base.registry import BACKBONES
from core.domain import Features, VideoInfo
from core.stages.networks.explain import projection
from core.stages.networks.explain.activations import Activations, FrameWindow
from core.stages.networks.explain.layers import Architecture, Layer
from core.workflows import explanations
from core.workflows.explanations import ClipWindow
from pages.ui import state
from pages.ui.common import formatting, theme
from pages.ui.common.jobs import job_panel
from pages.ui.features import colormaps, figures, shared

CHOICES = {"strong": "Strongest at this step", "varied": "Highest variance", "chosen": "Selected"}
JOINS = ("Add", "Concatenate")  # where the branches of a block meet: what it hands on
UNIT = "activation"
NOTE = (
    "All maps share one scale, computed over these channels and the whole window, so that "
    "they can be compared between channels and steps. Steps far above all others do not stretch it."
)


def show(info: VideoInfo, backbone: str) -> None:
    """The whole part: choose a layer and a moment, see its maps."""
    key = explanations.anatomy_key(backbone)
    task = (explanations.study, state.store(), backbone)
    if not job_panel.ready(key, "Load layers", *task, at_once=True, noun="layer"):
        return
    anatomy = explanations.anatomy(state.store(), backbone)
    layer = _layer(anatomy, backbone)
    theme.facts(facts(layer, backbone))
    looked = shared.look_at(info, backbone)
    if looked is None:
        return
    view, moment_s, rest = looked
    key, title = view.layer_key(layer.name), f"Compute {layer.name}"
    task = (explanations.show, state.store(), view, layer.name)
    waits = shared.waits(info, key, title, there=state.store().has(key))
    if not waits and job_panel.ready(key, title, *task, at_once=rest, noun="frame"):
        _maps(info, view, layer, moment_s)
    _kernels(anatomy, info)


def _layer(anatomy: Architecture, backbone: str) -> Layer:
    """The layer that is chosen, from a list in the order in which they are computed."""
    left, right = st.columns([4, 1], vertical_alignment="bottom")
    every = right.toggle(
        "All layers", key=f"features.every.{backbone}", help="Includes normalisation, activation and pooling layers"
    )
    joins = [layer.name for layer in anatomy.layers if layer.kind in JOINS]
    listed = [layer for layer in anatomy.layers if every or layer.convolution or layer.name in (*joins, anatomy.last)]
    names = [layer.name for layer in listed]
    usual = joins[len(joins) // 2] if joins else names[len(names) // 2]
    kept = state.remembered(f"features.layer.{backbone}", usual)
    by_name = {layer.name: f"{index}. {described(layer)}" for index, layer in enumerate(listed, start=1)}
    index = names.index(kept if kept in names else usual)
    chosen = left.selectbox("Layer", names, index, by_name.__getitem__, key=f"features.layers.{backbone}.{every}")
    state.remember(f"features.layer.{backbone}", chosen)
    return anatomy.layer(chosen)


def described(layer: Layer) -> str:
    """A layer in a line."""
    height, width, channels = layer.shape
    return f"{layer.name} · {layer.kind} · {height} × {width} × {channels}"


def facts(layer: Layer, backbone: str) -> tuple[str, ...]:
    """Shape, stride and receptive field of a layer, in words."""
    cnn = BACKBONES[backbone]
    height, width, channels = layer.shape
    frames, down, right = layer.stride
    texts = [f"{height} × {width} locations, {formatting.count(channels, 'channel')}"]
    if cnn.volumetric and cnn.rate_hz:
        texts.append(f"one step every {_frames(frames, float(cnn.rate_hz))}")
        texts.append(f"one location every {down} × {right} px")
        seen = _frames(layer.field[0], float(cnn.rate_hz)) if layer.field[0] else "the whole clip"
        texts.append(f"receptive field {seen}, {_field(layer, cnn.size_px)}")
        return tuple(texts)
    return (*texts, f"one location every {down} × {right} px", f"receptive field {_field(layer, cnn.size_px)}")


def _frames(count: int, rate_hz: float) -> str:
    return f"{formatting.count(count, 'frame')} ({count / rate_hz:.2f} s)"


def _field(layer: Layer, size_px: int) -> str:
    """The receptive field within the picture."""
    _, down, right = layer.field
    if not down or not right:
        return "the whole picture"
    beyond = ", more than the whole picture" if min(down, right) >= size_px else ""
    return f"{down} × {right} px{beyond}"


def _maps(info: VideoInfo, view: ClipWindow, layer: Layer, moment_s: float) -> None:
    """The maps of the step at the moment, and what can be done with them."""
    activations = state.store().read(view.layer_key(layer.name), Activations)
    seen = state.store().read(view.key, FrameWindow)
    step = shared.nearest(activations.times_s, moment_s)
    shared.steppers(activations.times_s, step, key="features.step")
    picked, over = _channels(activations, step, layer)
    if not picked:
        theme.empty("No channel selected", "Select channels from the list.")
        return
    shown = _scale(activations, picked)
    now = np.array(activations.values[step])  # (H, W, D)
    picture = seen.meant[min(step * layer.stride[0] + layer.stride[0] // 2, seen.count - 1)]
    tiles = [_tile(picture, now[..., channel], shown, over=over) for channel in picked]
    captions = [f"{channel} · mean {colormaps.number(float(activations.means[step, channel]))}" for channel in picked]
    left, right = st.columns([2, 3], gap="large")
    with right:
        shared.legend(shown, NOTE)
        st.html(colormaps.tiles(tiles, captions, alt="Channel", crisp=not over))
    with left:
        _one(info, view, layer, activations, step, picture, picked, moment_s)
    stem = shared.stem(info, layer.name, f"{moment_s:.2f}s")
    sheet = lambda: colormaps.png(colormaps.mosaic([colormaps.large(tile, 160) for tile in tiles], 6))  # noqa: E731
    shared.take_along(
        [
            ("These maps (PNG)", f"{stem}-maps.png", sheet),
            ("All of this layer (NPZ)", f"{stem}.npz", _npz(activations)),
        ],
        key="features.maps",
    )


def _scale(activations: Activations, channels: Sequence[int]) -> colormaps.Scale:
    """One scale for some channels over the window, which steps that are far out do not stretch."""
    low, high = projection.robust_span(np.asarray(activations.values[..., list(channels)]))
    beyond = low > float(activations.lows[channels].min()) or high < float(activations.highs[channels].max())
    return replace(colormaps.scale(low, high, UNIT), beyond=beyond)


def _tile(picture: np.ndarray, values: np.ndarray, shown: colormaps.Scale, *, over: bool) -> np.ndarray:
    return colormaps.overlay(picture, values, shown) if over else shown.colours(values)


def _channels(activations: Activations, step: int, layer: Layer) -> tuple[list[int], bool]:
    """Which channels are shown, and whether over the frame."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        how = st.segmented_control(
            "Channels",
            list(CHOICES),
            default="strong",
            format_func=CHOICES.__getitem__,
            key="features.how",
            required=True,
        )
        count = st.selectbox("Number of channels", (6, 12, 24, 48), 1, key="features.count", width=110)
        over = st.toggle("Overlay on the frame", key="features.over")
    if how == "chosen":
        return st.multiselect("Channels", range(layer.shape[2]), [0], key=f"features.some.{layer.name}"), over
    rank = projection.most_varying if how == "varied" else projection.strongest
    values = activations.means if how == "varied" else activations.means[step : step + 1]
    return [int(channel) for channel in rank(np.asarray(values), count)], over


def _one(
    info: VideoInfo,
    view: ClipWindow,
    layer: Layer,
    activations: Activations,
    step: int,
    picture: np.ndarray,
    picked: Sequence[int],
    moment_s: float,
) -> None:
    """One channel in large over its frame, and its value over time."""
    channel = st.selectbox("Enlarged channel", picked, key=f"features.one.{layer.name}")
    channel = channel if channel is not None else picked[0]
    shown = _scale(activations, [channel])
    image = colormaps.overlay(picture, np.array(activations.values[step, ..., channel]), shown)
    caption = f"Channel {channel} at {shared.clock(activations.times_s[step])}, overlaid on the input frame"
    st.html(colormaps.tiles([colormaps.large(image)], [caption], alt=layer.name, size="large"))
    shared.legend(shown, "Scale of this channel over the window.")
    name = f"{shared.stem(info, layer.name, str(channel), f'{moment_s:.2f}s')}.png"
    shared.take_along([("This picture (PNG)", name, lambda: colormaps.png(colormaps.large(image)))], key="features.one")
    _over_time(info, view, layer, activations, channel, moment_s)


def _over_time(
    info: VideoInfo, view: ClipWindow, layer: Layer, activations: Activations, channel: int, moment_s: float
) -> None:
    """The channel's mean over the picture at each step: of the window, or of the clip once that was asked for."""
    key = explanations.means_key(info.digest, view.recipe, view.backbone, layer.name)
    times_s, values = activations.times_s, activations.means
    whole = state.store().has(key)
    if whole:
        means = state.store().read(key, Features)
        times_s, values = means.times_s, means.values
    st.caption(f"Mean over the picture, {'over the whole clip' if whole else 'in this window'}. Click to go there.")
    window_s = explanations.window_s(info, view.recipe, view.cnn, view.number)
    figure = figures.lane(
        times_s,
        np.asarray(values)[:, channel],
        moment_s=moment_s,
        window_s=window_s if whole else None,
        unit="mean activation",
        over_s=(0.0, info.duration_s) if whole else window_s,
        dark=state.is_dark(),
    )
    clicked = shared.chart(figure, key=f"features.time.{key}.{channel}")
    task = (explanations.layer_means, state.store(), info.digest, view.recipe, view.backbone, layer.name)
    job_panel.ready(key, "Show over the whole clip", *task, noun="frame")
    shared.follow(clicked)


def _npz(activations: Activations) -> shared.Bytes:
    axes = {"values": ("time", "down", "right", "channel"), "times_s": ("time",)}
    return lambda: colormaps.npz(
        axes, values=np.asarray(activations.values), times_s=activations.times_s, layer=np.array(activations.layer)
    )


def _kernels(anatomy: Architecture, info: VideoInfo) -> None:
    """The weights of the first convolution, which are small pictures themselves."""
    opened = st.expander("Filters of the first layer", icon=":material/grid_on:", on_change="rerun", key="features.k")
    if not opened.open or not anatomy.kernels.size:
        return
    frames = anatomy.kernels.shape[0]
    text = f"Each has {frames} frames, from left to right. " if frames > 1 else ""
    pairs = colormaps.kernels(np.asarray(anatomy.kernels))
    pictures = [picture for picture, _ in pairs]
    captions = [f"{index} · ±{colormaps.number(most)}" for index, (_, most) in enumerate(pairs)]
    with opened:
        st.caption(
            f"The {len(pairs)} kernels of {anatomy.first}. {text}Mid-grey is 0; full colour is the "
            "largest weight, given below each kernel."
        )
        st.html(colormaps.tiles(pictures, captions, alt="Kernel", size="strip" if frames > 1 else "small"))
        _kernel_files(anatomy, shared.stem(info, anatomy.first), pictures)


def _kernel_files(anatomy: Architecture, stem: str, pictures: Sequence[np.ndarray]) -> None:
    axes = {"kernels": ("time", "down", "right", "colour", "channel")}
    shared.take_along(
        [
            (
                "Kernels (PNG)",
                f"{stem}-kernels.png",
                lambda: colormaps.png(colormaps.mosaic([colormaps.large(picture, 112) for picture in pictures], 8)),
            ),
            ("Kernels (NPZ)", f"{stem}-kernels.npz", lambda: colormaps.npz(axes, kernels=np.asarray(anatomy.kernels))),
        ],
        key="features.kernels",
    )
