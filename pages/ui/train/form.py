"""The settings of a training: one dial, and all else folded away."""

from dataclasses import replace

import streamlit as st

from core.workflows.training import DIALS, Options, options_of
from pages.ui import state
from pages.ui.train import descriptions


def options() -> Options:
    """How to train, as it is set now."""
    names = [*DIALS, *(["found"] if state.remembered("train.found", ()) else [])]
    wanted = state.remembered("train.dial", "medium")
    dial = st.segmented_control(
        "How much network", names, default=wanted if wanted in names else "medium",
        format_func=descriptions.DIALS.__getitem__, key=f"train.dial.{len(names)}.{state.remembered('train.turn', 0)}",
        required=True,
    )  # fmt: skip
    state.remember("train.dial", dial)
    st.caption(descriptions.ABOUT_DIALS[dial])
    base = DIALS[dial] if dial in DIALS else options_of(dict(state.remembered("train.found", ())))
    key = f"train.{dial}.{state.remembered('train.turn', 0)}"
    with st.expander("Details", icon=":material/tune:", key=f"{key}.details"):
        return _details(base, key)


def use(options: Options) -> None:
    """Take settings that were found as those of the next training."""
    from core.workflows.training.options import plain

    state.remember("train.found", tuple(plain(options).items()))
    state.remember("train.dial", "found")
    state.remember("train.turn", state.remembered("train.turn", 0) + 1)


def _details(base: Options, key: str) -> Options:
    left, middle, right = st.columns(3, gap="large")
    with left:
        changed = _network(base, key)
    with middle:
        changed = _learning(changed, key)
    with right:
        return _variety(changed, key)


def _network(base: Options, key: str) -> Options:
    st.markdown("**The network**")
    cells = list(descriptions.CELLS)
    cell = st.selectbox(
        "Cell", cells, cells.index(base.cell), descriptions.CELLS.__getitem__, key=f"{key}.cell",
        help="GRU learns well from few clips. LSTM has more to learn and may keep longer memories.",
    )  # fmt: skip
    units = st.number_input(
        "Units", 4, 1024, base.units, 4, key=f"{key}.units", help="Width of each layer and direction."
    )
    layers = st.number_input("Layers", 1, 4, base.layers, key=f"{key}.layers")
    ways = st.toggle(
        "Reads both ways", base.bidirectional, key=f"{key}.ways",
        help="A network that reads both ways knows what comes after a moment. Off: causal, as for live use.",
    )  # fmt: skip
    dropout = st.slider(
        "Dropout", 0.0, 0.9, base.dropout, 0.05, key=f"{key}.dropout",
        help="Share of features and hidden values left out while learning. More of it where clips are few.",
    )  # fmt: skip
    return replace(base, cell=cell, units=int(units), layers=int(layers), bidirectional=ways, dropout=dropout)


def _learning(base: Options, key: str) -> Options:
    st.markdown("**How it learns**")
    rate = st.number_input(
        "Learning rate", 0.00001, 0.1, base.learning_rate, 0.0005, format="%.5f", key=f"{key}.rate"
    )  # fmt: skip
    batch = st.number_input("Clips in a batch", 1, 256, base.batch_size, key=f"{key}.batch")
    epochs = st.number_input("Passes at most", 1, 500, base.epochs, key=f"{key}.epochs")
    early = st.toggle(
        "Stop early", base.stop_early, key=f"{key}.early",
        help="Groups that are held back for validation say after which pass the network is best.",
    )  # fmt: skip
    patience = st.number_input(
        "Passes without getting better", 1, 100, base.patience, key=f"{key}.patience", disabled=not early
    )
    again = st.toggle(
        "Then learn from all but the test groups", base.again, key=f"{key}.again", disabled=not early,
        help="Once it is known when to stop, learn anew for as many passes from the validation groups too.",
    )  # fmt: skip
    entries = {"learning_rate": rate, "batch_size": int(batch), "epochs": int(epochs), "patience": int(patience)}
    return replace(base, **entries, stop_early=early, again=again)


def _variety(base: Options, key: str) -> Options:
    st.markdown("**What it learns from**")
    balanced = st.toggle(
        "Rare classes count as much", base.balanced, key=f"{key}.balanced",
        help="Each class weighs the same, however many examples it has.",
    )  # fmt: skip
    smoothing = st.slider(
        "Label smoothing", 0.0, 0.4, base.smoothing, 0.01, key=f"{key}.smoothing",
        help="Share of each label spread over all, so that the network stays less sure of itself.",
    )  # fmt: skip
    stretch = st.slider(
        "Faster and slower", 0.0, 1.0, base.stretch, 0.05, key=f"{key}.stretch",
        help="Each pass plays each clip at another speed: 0.3 is up to a third faster or slower.",
    )  # fmt: skip
    crop = st.slider(
        "Shortest part of a clip", 0.1, 1.0, base.crop, 0.05, key=f"{key}.crop",
        help="Each pass learns from another part of each clip, at least so much of it.",
    )  # fmt: skip
    noise = st.slider(
        "Noise on features", 0.0, 1.0, base.noise, 0.05, key=f"{key}.noise", help="In standard deviations of each."
    )
    return replace(base, balanced=balanced, smoothing=smoothing, stretch=stretch, crop=crop, noise=noise)
