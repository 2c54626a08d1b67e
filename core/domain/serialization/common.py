"""What writer and reader share: limits, and what the fields of a dataclass declare."""

from dataclasses import Field, fields
from functools import cache
from typing import Any, TypeGuard, get_args, get_origin, get_type_hints

import numpy as np

from core.domain import Recipe, Step

Arrays = dict[str, np.ndarray]
LARGEST_INT = 2**63
DTYPES = tuple(np.dtype(kind).str.lstrip("|") for kind in "?bBhHiIqQefd")


def is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    """Whether parsed JSON is an object; its names are always strings."""
    return isinstance(value, dict)


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether parsed JSON is a list."""
    return isinstance(value, list)


def element_hints(hint: Any, count: int) -> tuple[Any, ...]:
    """What each of `count` elements of a tuple is declared as."""
    inner = get_args(hint) if get_origin(hint) in (tuple, list) else ()
    if (len(inner) == 2 and inner[1] is Ellipsis) or len(inner) == 1:
        return (inner[0],) * count
    if inner and len(inner) != count:
        raise TypeError(f"A field declared {hint} holds {count} values")
    return inner or (Any,) * count


@cache
def field_hints(kind: type) -> dict[str, tuple[Any, Field[Any]]]:
    """What each field of a dataclass declares, and the field."""
    hints = get_type_hints(kind)
    if kind is Recipe:
        hints["steps"] = tuple[Step, ...]
    return {field.name: (hints[field.name], field) for field in fields(kind) if field.init}


def stored_name(kind: type) -> str:
    """The name under which a dataclass is written: its own, or the one that it had when files first held it."""
    return vars(kind).get("STORED_NAME", kind.__name__)


def is_text(text: str, *, errors: str = "surrogateescape") -> bool:
    """Whether `text` is Unicode; the stand-ins for bytes of file names that are not UTF-8 count by default."""
    try:
        text.encode("utf-8", errors)
    except UnicodeEncodeError:
        return False
    return True
