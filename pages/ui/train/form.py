"""The settings of a training run: a single dial, and a form for each setting, drawn from a table of knobs."""

from dataclasses import replace
from typing import Any

import streamlit as st

from core.workflows.training import DIALS, Options, options_of
from core.workflows.training.option_knobs import KNOBS
from core.workflows.training.options import plain
from pages.ui import state
from pages.ui.common.controls import knobs
from pages.ui.train import descriptions

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
