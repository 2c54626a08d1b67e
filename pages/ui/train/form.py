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
        "Network size", names, default=wanted if wanted in names else "medium",
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
    st.markdown("**Network**")
    cells = list(descriptions.CELLS)
    cell = st.selectbox(
        "Cell", cells, cells.index(base.cell), descriptions.CELLS.__getitem__, key=f"{key}.cell",
        help="GRU works well with few clips. LSTM has more parameters and may capture longer dependencies.",
    )  # fmt: skip
    units = st.number_input(
        "Units", 4, 1024, base.units, 4, key=f"{key}.units", help="Number of units per layer and direction."
    )
    layers = st.number_input("Layers", 1, 4, base.layers, key=f"{key}.layers")
    ways = st.toggle(
        "Bidirectional", base.bidirectional, key=f"{key}.ways",
        help=("A bidirectional network also uses what comes after a moment. Turn off for a causal "
"network, as for live use."),
    )  # fmt: skip
    dropout = st.slider(
        "Dropout", 0.0, 0.9, base.dropout, 0.05, key=f"{key}.dropout",
        help="Share of features and hidden values dropped during training. Use more if there are few clips.",
    )  # fmt: skip
    return replace(base, cell=cell, units=int(units), layers=int(layers), bidirectional=ways, dropout=dropout)


def _learning(base: Options, key: str) -> Options:
    st.markdown("**Optimisation**")
    rate = st.number_input(
        "Learning rate", 0.00001, 0.1, base.learning_rate, 0.0005, format="%.5f", key=f"{key}.rate"
    )  # fmt: skip
    batch = st.number_input("Batch size", 1, 256, base.batch_size, key=f"{key}.batch")
    epochs = st.number_input("Maximum epochs", 1, 500, base.epochs, key=f"{key}.epochs")
    early = st.toggle(
        "Early stopping", base.stop_early, key=f"{key}.early",
        help="Choose the best epoch on the validation groups.",
    )  # fmt: skip
    patience = st.number_input("Patience, epochs", 1, 100, base.patience, key=f"{key}.patience", disabled=not early)
    again = st.toggle(
        "Retrain with the validation groups", base.again, key=f"{key}.again", disabled=not early,
        help="After early stopping, train again for the same number of epochs with the validation groups included.",
    )  # fmt: skip
    entries = {"learning_rate": rate, "batch_size": int(batch), "epochs": int(epochs), "patience": int(patience)}
    return replace(base, **entries, stop_early=early, again=again)


def _variety(base: Options, key: str) -> Options:
    st.markdown("**Data and augmentation**")
    balanced = st.toggle(
        "Balance classes", base.balanced, key=f"{key}.balanced",
        help="Give each class the same total weight, regardless of its number of examples.",
    )  # fmt: skip
    smoothing = st.slider(
        "Label smoothing", 0.0, 0.4, base.smoothing, 0.01, key=f"{key}.smoothing",
        help="Share of each label spread over all classes, which reduces overconfidence.",
    )  # fmt: skip
    stretch = st.slider(
        "Speed change", 0.0, 1.0, base.stretch, 0.05, key=f"{key}.stretch",
        help="Vary the speed of each clip in each epoch: 0.3 is up to 30 % faster or slower.",
    )  # fmt: skip
    crop = st.slider(
        "Minimum crop", 0.1, 1.0, base.crop, 0.05, key=f"{key}.crop",
        help="Train on a random part of each clip in each epoch, at least this share of it.",
    )  # fmt: skip
    noise = st.slider(
        "Feature noise", 0.0, 1.0, base.noise, 0.05, key=f"{key}.noise", help="In standard deviations of each feature."
    )
    return replace(base, balanced=balanced, smoothing=smoothing, stretch=stretch, crop=crop, noise=noise)
