"""Settings that a form draws: those of preprocessing steps and of trainings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from typing import Any, Literal

KnobKind = Literal["int", "float", "bool", "choice", "range"]


@dataclass(frozen=True)
class Knob:
    """One setting, with all that a form needs to draw it.

    low, high: bounds, both allowed. step: the grid of a slider; values off the grid are valid.
    choices: the values of a "choice"; choice_labels: the same in words. A "range" is a pair, lower end first.
    limit: the name of what bounds a slider for the clip at hand; empty for none.
    apart: the name of the least distance of the two ends of a range for the clip at hand; empty for one step.
    """

    name: str
    kind: KnobKind
    default: Any
    label: str
    low: float = 0
    high: float = 0
    step: float = 1
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    choice_labels: tuple[str, ...] = ()
    limit: str = ""
    apart: str = ""


def knob(
    default: Any,
    *,
    label: str,
    low: float = 0,
    high: float = 0,
    step: float = 1,
    unit: str = "",
    help: str = "",
    choices: Mapping[str, str] | None = None,
    limit: str = "",
    apart: str = "",
) -> Any:
    """A dataclass field that is a setting: see Knob. choices: each value with what it is called in a form."""
    words = dict(choices or {})
    drawn = Knob(
        "",
        _kind(default),
        default,
        label,
        low,
        high,
        step,
        unit,
        help,
        tuple(words),
        tuple(words.values()),
        limit,
        apart,
    )
    return field(default=default, metadata={"knob": drawn})


def _kind(default: Any) -> KnobKind:
    kinds: dict[type, KnobKind] = {bool: "bool", int: "int", float: "float", str: "choice", tuple: "range"}
    return kinds[type(default)]


@cache
def knobs(owner: type) -> tuple[Knob, ...]:
    """The settings of a class of `knob()` fields, in the order in which a form shows them."""
    return tuple(replace(field.metadata["knob"], name=field.name) for field in fields(owner))
