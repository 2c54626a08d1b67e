"""A slider that reports its value while it moves, with a box for exact numbers (a Components v2 component)."""

from pathlib import Path
from typing import Any

from pages.ui import state
from pages.ui.common import theme

_slider = theme.component(Path(__file__).with_name("slider.js"))

Number = float | tuple[float, float]


def slider(
    label: str,
    *,
    key: str,
    value: Any,
    low: float,
    high: float,
    step: float,
    unit: str = "",
    help: str = "",
    follows: bool = False,
    apart: float = 0.0,
) -> tuple[Number, bool]:
    """The value that was set, a pair for a range, and whether it is at rest (nothing is being dragged).

    value: where it begins. A new key begins anew. follows: `value` is also where it stands from now on, until it is
    moved: it follows what else sets the same thing. apart: how near the ends of a range may come to each other.
    """
    begin = {"value": list(value) if isinstance(value, tuple) else value, "settled": True}
    latest = _latest(key, begin, follows)
    shown = latest["value"] if latest else value
    shown = list(shown) if isinstance(value, tuple) else shown
    data = {"label": label, "value": shown, "low": low, "high": high, "step": step, "unit": unit, "help": help}
    data["apart"] = apart
    answer = _slider(key=key, data=data, default={"value": begin}, on_value_change=_nothing).value
    if follows and latest is None:
        return _within(value, value, low, high), True
    return _within(answer["value"], value, low, high), bool(answer.get("settled", True))


def _latest(key: str, begin: dict, follows: bool) -> dict | None:
    """What the browser says; None before it said anything, and for one that follows, unless it says something new."""
    known = state.widget(key)
    latest = known.get("value") if isinstance(known, dict) else None
    if not follows:
        return latest
    text = str(latest or begin)
    new = latest is not None and text != state.remembered(f"told.{key}", "")
    state.remember(f"told.{key}", text)
    return latest if new else None


def _nothing() -> None:
    """Streamlit wants a callback to keep the value of a component."""


def _within(sent: Any, like: Any, low: float, high: float) -> Any:
    """What the browser sent, in bounds and of the kind of `like`."""
    if isinstance(like, tuple):
        return tuple(sorted(min(max(float(end), low), high) for end in sent))
    bounded = min(max(sent, low), high)
    return round(bounded) if isinstance(like, int) else float(bounded)
