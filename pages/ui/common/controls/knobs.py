"""Streamlit's widget for a setting that is described by a knob."""

from typing import Any

import streamlit as st

from core.base.knobs import Knob

FINE = 0.001  # a float with a finer grid is typed


def switch(knob: Knob, value: bool, *, key: str, disabled: bool = False) -> bool:
    """A setting that is on or off."""
    return st.toggle(knob.label, value=value, key=key, help=knob.help or None, disabled=disabled)


def choice(knob: Knob, value: str, *, key: str, disabled: bool = False) -> str:
    """One of several values, under the names that people know them by."""
    names = dict(zip(knob.choices, knob.choice_labels, strict=True))
    index = knob.choices.index(value)
    return st.selectbox(
        knob.label, knob.choices, index, names.__getitem__, key=key, help=knob.help or None, disabled=disabled
    )


def widget(knob: Knob, value: Any, *, key: str, disabled: bool = False) -> Any:
    """A setting as it is set now. Whole numbers and fine ones are typed, others have a slider."""
    if knob.kind == "bool":
        return switch(knob, value, key=key, disabled=disabled)
    if knob.kind == "choice":
        return choice(knob, value, key=key, disabled=disabled)
    about, kind = knob.help or None, int if knob.kind == "int" else float
    low, high, step = kind(knob.low), kind(knob.high), kind(knob.step)
    if kind is float and knob.step >= FINE:
        return st.slider(knob.label, low, high, value, step, key=key, help=about, disabled=disabled)
    grid = "%d" if kind is int else "%.5f"
    typed = st.number_input(knob.label, low, high, value, step, grid, key=key, help=about, disabled=disabled)
    return kind(typed)  # type: ignore[arg-type]  # None only where it begins empty
