"""Values to canonical JSON."""

import base64
import json
import types
from collections.abc import Mapping
from dataclasses import is_dataclass
from fractions import Fraction
from typing import Any, TypeGuard, Union, get_args, get_origin

import numpy as np

from core.domain.serialization.common import (
    DTYPES,
    LARGEST_INT,
    Arrays,
    element_hints,
    field_hints,
    is_text,
    stored_name,
)


def to_json(value: Any, *, arrays: Arrays | None = None) -> str:
    """The canonical JSON of `value`: sorted keys, no blanks, ASCII.

    arrays: where given, arrays are put aside there under "array0", "array1"... instead of being written out.
    ValueError for NaN and infinity, TypeError for what has no JSON or is not what its field declares.
    """
    return json.dumps(_plain(value, Any, arrays), sort_keys=True, separators=(",", ":"), allow_nan=False)


def pretty_json(value: Any) -> str:
    """The same values for people to read: indented, letters as they are, fields in the order of their class."""
    text = json.dumps(_plain(value, Any, None), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return text if is_text(text, errors="strict") else json.dumps(json.loads(text), indent=2) + "\n"


def _plain(value: Any, hint: Any, arrays: Arrays | None) -> Any:
    """What json.dumps can write of `value`, checked against `hint`."""
    if type(value) is str and hint in (Any, str):  # most values are
        return value
    value = value.item() if _is_scalar(value) else value
    hint = _branch(value, hint)
    if is_dataclass(value) and not isinstance(value, type):
        return _plain_dataclass(value, arrays)
    if _is_array(value):
        return _plain_array(value, arrays)
    if _is_mapping(value):
        return _plain_mapping(value, hint, arrays)
    if _is_sequence(value):
        hints = element_hints(hint, len(value))
        return [_plain(element, inner, arrays) for element, inner in zip(value, hints, strict=True)]
    return _plain_scalar(value, hint)


def _plain_dataclass(value: object, arrays: Arrays | None) -> dict[str, Any]:
    hints = field_hints(type(value))
    return {"type": stored_name(type(value))} | {
        name: _plain(getattr(value, name), hint, arrays) for name, (hint, _) in hints.items()
    }


def _plain_mapping(value: Mapping[Any, Any], hint: Any, arrays: Arrays | None) -> dict[str, Any]:
    if strange := [key for key in value if not isinstance(key, str)]:
        raise TypeError(f"JSON keys are strings, got {strange[0]!r}")
    inner = get_args(hint)[1] if get_args(hint) else Any
    return {key: _plain(element, inner, arrays) for key, element in value.items()}


def _plain_array(value: np.ndarray, arrays: Arrays | None) -> dict[str, Any]:
    if value.dtype.newbyteorder("<").str.lstrip("|") not in DTYPES:
        raise TypeError(f"Arrays of {value.dtype} have no JSON")
    if arrays is not None:
        name = f"array{len(arrays)}"
        arrays[name] = value
        return {"type": "array", "name": name}
    little = np.ascontiguousarray(value.astype(value.dtype.newbyteorder("<"), copy=False))
    coded = base64.b64encode(little.tobytes()).decode("ascii")
    return {"type": "array", "dtype": little.dtype.str.lstrip("|"), "shape": list(value.shape), "base64": coded}


def _plain_scalar(value: Any, hint: Any) -> Any:
    if hint is float and type(value) is int:
        value = float(value)
    if hint is Fraction and type(value) is int:
        value = Fraction(value)
    if hint in (str, int, float, bool, Fraction) and type(value) is not hint:
        raise TypeError(f"A field declared {hint.__name__} holds {value!r}")
    if isinstance(value, Fraction):
        return str(value) if hint is Fraction else {"type": "Fraction", "value": str(value)}
    if isinstance(value, float):
        return value + 0.0  # -0.0 becomes 0.0
    if isinstance(value, int) and abs(value) >= LARGEST_INT:
        raise ValueError(f"{value} is too large for JSON")
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"{type(value).__name__} has no JSON: {value!r}")


def _branch(value: Any, hint: Any) -> Any:
    """Of a union the member that `value` is written as, else the hint itself."""
    if get_origin(hint) not in (Union, types.UnionType):
        return hint
    members = [member for member in get_args(hint) if member is not type(None)]
    exact = [member for member in members if isinstance(member, type) and type(value) is member]
    return (exact or members)[0] if value is not None and (exact or len(members) == 1) else Any


def _is_scalar(value: Any) -> TypeGuard[np.generic]:
    """Whether it is a scalar of NumPy."""
    return isinstance(value, np.generic)


def _is_array(value: Any) -> TypeGuard[np.ndarray]:
    return isinstance(value, np.ndarray)


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


def _is_sequence(value: Any) -> TypeGuard[tuple[Any, ...] | list[Any]]:
    return isinstance(value, tuple | list)
