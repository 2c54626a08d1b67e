"""A form for any step, drawn from its knobs: a new step needs no line here."""

from collections.abc import Mapping
from typing import Any

from core.base.errors import AnalysisError
from core.base.knobs import Knob, knobs
from pages.ui.common import theme
from pages.ui.common.controls.knobs import choice, switch
from pages.ui.common.controls.slider import slider


def form(step: Any, *, key: str, limits: Mapping[str, float]) -> tuple[Any, bool]:
    """The step as it is set now, and whether its sliders are at rest.

    key: names this form. limits: what bounds a slider for the clip at hand, by name; see Knob.
    What a step refuses is told here, and the step stays as it was.
    """
    values, rests = {}, []
    for knob in knobs(type(step)):
        values[knob.name], rest = _widget(knob, getattr(step, knob.name), f"{key}.{knob.name}", limits)
        rests.append(rest)
    try:
        return type(step)(**values), all(rests)
    except AnalysisError as error:
        theme.problem(str(error), error.hint)
        return step, all(rests)


def _widget(knob: Knob, value: Any, key: str, limits: Mapping[str, float]) -> tuple[Any, bool]:
    """One setting as it is set now, and whether it is at rest."""
    if knob.kind == "bool":
        return switch(knob, value, key=key), True
    if knob.kind == "choice":
        return choice(knob, value, key=key), True
    return _number(knob, value, key, limits)


def _number(knob: Knob, value: Any, key: str, limits: Mapping[str, float]) -> tuple[Any, bool]:
    """A number or a range. Where the clip ends before the knob does, its end stands for the knob's."""
    high = min(knob.high, limits.get(knob.limit, knob.high))
    shown = tuple(min(end, high) for end in value) if isinstance(value, tuple) else min(value, high)
    apart = max(knob.step, limits.get(knob.apart, 0.0))
    answer, rest = slider(
        knob.label, key=key, value=shown, low=knob.low, high=high, step=knob.step, unit=knob.unit, help=knob.help,
        follows=True, apart=apart,
    )  # fmt: skip
    if answer == shown:
        return value, rest  # as it was, also where the clip ends before it does
    if isinstance(answer, tuple):
        return _range(knob, answer, high, apart), rest
    return (int(answer) if knob.kind == "int" else answer), rest


def _range(knob: Knob, ends: tuple[float, float], high: float, apart: float) -> tuple[float, float]:
    """A range whose ends are so far apart, open to the knob's own end where it reaches the clip's."""
    first, last = ends
    if last - first < apart - knob.step / 2:
        first, last = (first, first + apart) if first + apart <= high else (high - apart, high)
    return max(first, knob.low), knob.high if last >= high else last
