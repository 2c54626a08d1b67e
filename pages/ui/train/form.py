"""The settings of a training run: a single dial, and a form for each setting, drawn from a table of knobs."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.base.knobs import Knob
from core.workflows.training import DIALS, Options, options_of
from core.workflows.training.options import plain
from pages.ui import state
from pages.ui.common.controls import knobs
from pages.ui.train import descriptions

KNOBS: dict[str, tuple[Knob, ...]] = {
    "Network": (
        Knob(
            "cell", "choice", "gru", "Cell", choices=tuple(descriptions.CELLS),
            choice_labels=tuple(descriptions.CELLS.values()),
            help="GRU works well with few clips. LSTM has more parameters and may capture longer dependencies.",
        ),
        Knob("units", "int", 64, "Units", 4, 1024, 4, help="Number of units per layer and direction."),
        Knob("layers", "int", 1, "Layers", 1, 4),
        Knob(
            "bidirectional", "bool", True, "Bidirectional",
            help="A bidirectional network also uses what comes after a moment. Turn off for a causal network, as for "
            "live use.",
        ),
        Knob(
            "dropout", "float", 0.5, "Dropout", 0.0, 0.9, 0.05,
            help="Share of features and hidden values dropped during training. Use more if there are few clips.",
        ),
    ),
    "Optimisation": (
        Knob("learning_rate", "float", 6e-3, "Learning rate", 0.00001, 0.1, 0.0005),
        Knob("batch_size", "int", 16, "Batch size", 1, 256),
        Knob("epochs", "int", 40, "Maximum epochs", 1, 500),
        Knob("stop_early", "bool", False, "Early stopping", help="Choose the best epoch on the validation groups."),
        Knob("patience", "int", 8, "Patience, epochs", 1, 100),
        Knob(
            "again", "bool", True, "Retrain with the validation groups",
            help="After early stopping, train again for the same number of epochs with the validation groups included.",
        ),
    ),
    "Data and augmentation": (
        Knob(
            "balanced", "bool", True, "Balance classes",
            help="Give each class the same total weight, regardless of its number of examples.",
        ),
        Knob(
            "smoothing", "float", 0.05, "Label smoothing", 0.0, 0.4, 0.01,
            help="Share of each label spread over all classes, which reduces overconfidence.",
        ),
        Knob(
            "stretch", "float", 0.3, "Speed change", 0.0, 1.0, 0.05,
            help="Vary the speed of each clip in each epoch: 0.3 is up to 30 % faster or slower.",
        ),
        Knob(
            "crop", "float", 0.7, "Minimum crop", 0.1, 1.0, 0.05,
            help="Train on a random part of each clip in each epoch, at least this share of it.",
        ),
        Knob("noise", "float", 0.2, "Feature noise", 0.0, 1.0, 0.05, help="In standard deviations of each feature."),
    ),
}  # fmt: skip
NEEDS_EARLY_STOPPING = ("patience", "again")


def options() -> Options:
    """How to train, as it is set now."""
    names = [*DIALS, *(["found"] if state.kept("train.found", ()) else [])]
    wanted = state.kept("train.dial", "medium")
    dial = st.segmented_control(
        "Network size", names, default=wanted if wanted in names else "medium",
        format_func=descriptions.DIALS.__getitem__, key=f"train.dial.{len(names)}.{state.remembered('train.turn', 0)}",
        required=True,
    )  # fmt: skip
    state.keep("train.dial", dial)
    st.caption(descriptions.ABOUT_DIALS[dial])
    base = DIALS[dial] if dial in DIALS else options_of(dict(state.kept("train.found", ())))
    key = f"train.{dial}.{state.remembered('train.turn', 0)}"
    name = f"train.settings.{dial}"
    begun = dict(state.starting(name, f"{key}.units", ()))
    with st.expander("Details", icon=":material/tune:", key=f"{key}.details"):
        chosen = _details(options_of(plain(base) | begun), key)
        if chosen != base:
            st.button(
                "Reset these settings", icon=":material/restart_alt:", key=f"{key}.reset", on_click=_reset, args=(name,)
            )
    state.keep(name, tuple(plain(chosen).items()))
    return chosen


def use(chosen: Options) -> None:
    """Take the settings of a trial as those of the next run."""
    state.keep("train.found", tuple(plain(chosen).items()))
    state.keep("train.dial", "found")
    state.keep("train.settings.found", ())
    state.remember("train.turn", state.remembered("train.turn", 0) + 1)


def _reset(name: str) -> None:
    """Go back to what the dial stands for."""
    state.keep(name, ())
    state.remember("train.turn", state.remembered("train.turn", 0) + 1)


def _details(base: Options, key: str) -> Options:
    """A column for each group of settings."""
    values: dict[str, Any] = {}
    for column, (title, group) in zip(st.columns(len(KNOBS), gap="large"), KNOBS.items(), strict=True):
        with column:
            st.markdown(f"**{title}**")
            for knob in group:
                disabled = knob.name in NEEDS_EARLY_STOPPING and not values["stop_early"]
                value = getattr(base, knob.name)
                values[knob.name] = knobs.widget(knob, value, key=f"{key}.{knob.name}", disabled=disabled)
    return replace(base, **values)
