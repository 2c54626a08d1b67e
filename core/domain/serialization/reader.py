"""JSON to values, strictly."""

import base64
import binascii
import json
import math
import re
import types
from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, Field, is_dataclass
from fractions import Fraction
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

import numpy as np

from core.base.errors import AnalysisError, FormatInvalid, UnknownName
from core.base.registry import STEPS
from core.domain import Step
from core.domain.serialization.common import (
    DTYPES,
    LARGEST_INT,
    element_hints,
    field_hints,
    is_list,
    is_object,
    is_text,
    stored_name,
)

T = TypeVar("T")
LONGEST_TEXT = 64 * 2**20  # characters
DEEPEST = 40  # levels of nesting
LONGEST_NUMBER = 400  # characters
FRACTION = re.compile(r"(-?\d{1,40})(?:/(\d{1,40}))?", re.ASCII)


def from_json(text: str, expected: type[T], *, source: str = "", arrays: Mapping[str, np.ndarray] | None = None) -> T:
    """The value that `text` holds, which must be an `expected` through and through.

    source: the file it came from, named in errors. arrays: those that to_json put aside.
    Fields that the text leaves out take their defaults where they have one; unknown fields are refused.
    """
    reader = _Reader(source, arrays or {})
    return reader.value(reader.parsed(text), expected, "$")


def plain_value(text: str, *, source: str = "") -> Any:
    """The JSON of `text` as dicts, lists, strings, finite numbers, booleans and None, for readers of other formats."""
    reader = _Reader(source, {})
    return reader.value(reader.parsed(text), Any, "$")


class _Reader:
    """Revives one text; each method takes parsed JSON, what is expected there, and the path to it."""

    def __init__(self, source: str, arrays: Mapping[str, np.ndarray]):
        self.source = source
        self.arrays = arrays

    def wrong(self, path: str, expected: str, got: Any, hint: str = "") -> FormatInvalid:
        """The error for one place of the text."""
        where = f"{self.source}, {path}" if self.source else path
        return FormatInvalid(f"{where}: expected {expected}, got {_shown(got)}", hint or _HINT)

    def parsed(self, text: object) -> Any:
        """The text as dicts, lists, strings, finite numbers, booleans and None, of bounded depth."""
        if not isinstance(text, str) or len(text) > LONGEST_TEXT:
            raise self.wrong("$", f"JSON text of at most {LONGEST_TEXT} characters", type(text).__name__)
        try:
            parsed = json.loads(
                text.removeprefix("\ufeff"),
                object_pairs_hook=self._object,
                parse_int=self._int,
                parse_float=self._float,
                parse_constant=self._constant,
            )
        except json.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise self.wrong(place, "JSON", error.msg) from error
        except RecursionError as error:
            raise self.wrong("$", f"at most {DEEPEST} levels", "more") from error
        return parsed

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            raise self.wrong("$", "each name once", f"{next(key for key in counts if counts[key] > 1)!r} twice")
        return result

    def _int(self, digits: str) -> int:
        if len(digits) > 20 or abs(int(digits)) >= LARGEST_INT:
            raise self.wrong("$", "whole numbers below 2^63", digits)
        return int(digits)

    def _float(self, digits: str) -> float:
        if len(digits) > LONGEST_NUMBER or not math.isfinite(float(digits)):
            raise self.wrong("$", "finite numbers", digits)
        return float(digits) + 0.0

    def _constant(self, name: str) -> float:
        raise self.wrong("$", "finite numbers", name)

    def value(self, got: Any, hint: Any, path: str) -> Any:
        """`got` as `hint` declares it."""
        origin = get_origin(hint)
        if hint is Any:
            return self._free(got, path, 0)
        if hint is Step:
            return self._step(got, path)
        if origin in (Union, types.UnionType):
            return self._union(got, hint, path)
        if origin is Literal:
            return self._literal(got, hint, path)
        if origin in (tuple, list):
            return self._sequence(got, hint, path)
        if origin is dict or hint is dict:
            return self._dict(got, hint, path)
        if hint is np.ndarray or origin is np.ndarray:
            return self._array(got, path)
        if isinstance(hint, type) and is_dataclass(hint):
            return self._dataclass(got, hint, path)
        return self._scalar(got, hint, path)

    def _scalar(self, got: Any, hint: Any, path: str) -> Any:
        if hint is float and type(got) is int:
            return float(got)
        if hint is Fraction:
            return self._fraction(got, path)
        if hint in (str, int, float, bool):
            if type(got) is not hint or (isinstance(got, str) and not is_text(got)):
                raise self.wrong(path, _NOUNS[hint], got)
            return got
        if hint in (None, type(None)):
            if got is not None:
                raise self.wrong(path, "null", got)
            return None
        raise TypeError(f"Fields declared {hint} cannot be read from JSON")

    def _fraction(self, got: Any, path: str) -> Fraction:
        found = FRACTION.fullmatch(str(got)) if type(got) in (str, int) else None
        if found is None or (found[2] is not None and int(found[2]) == 0):
            raise self.wrong(path, 'a fraction such as "30000/1001"', got)
        return Fraction(int(found[1]), int(found[2] or 1))

    def _free(self, got: Any, path: str, depth: int) -> Any:
        """Plain JSON as it is."""
        if depth > DEEPEST:
            raise self.wrong(path, f"at most {DEEPEST} levels", "more")
        if is_object(got):
            self._names(got, path)
            return {key: self._free(element, f"{path}.{key}", depth + 1) for key, element in got.items()}
        if is_list(got):
            return [self._free(element, f"{path}[{place}]", depth + 1) for place, element in enumerate(got)]
        if isinstance(got, str) and not is_text(got):
            raise self.wrong(path, "text", got)
        return got

    def _names(self, got: dict[str, Any], path: str) -> None:
        for key in got:
            if not is_text(key):
                raise self.wrong(path, "names that are text", key)

    def _union(self, got: Any, hint: Any, path: str) -> Any:
        members = get_args(hint)
        if got is None and type(None) in members:
            return None
        errors: list[FormatInvalid] = []
        for member in (member for member in members if member is not type(None)):
            try:
                return self.value(got, member, path)
            except FormatInvalid as error:
                errors.append(error)
        if len(errors) == 1:
            raise errors[0]
        raise self.wrong(path, " or ".join(_NOUNS.get(member, str(member)) for member in members), got)

    def _literal(self, got: Any, hint: Any, path: str) -> Any:
        choices = get_args(hint)
        if not any(type(got) is type(choice) and got == choice for choice in choices):
            raise self.wrong(path, " or ".join(repr(choice) for choice in choices), got)
        return got

    def _sequence(self, got: Any, hint: Any, path: str) -> tuple[Any, ...] | list[Any]:
        if not is_list(got):
            raise self.wrong(path, "a list", got)
        try:
            hints = element_hints(hint, len(got))
        except TypeError as error:
            raise self.wrong(path, f"a list of {len(get_args(hint))} values", f"{len(got)} values") from error
        pairs = enumerate(zip(got, hints, strict=True))
        values = (self.value(element, inner, f"{path}[{place}]") for place, (element, inner) in pairs)
        return list(values) if get_origin(hint) is list else tuple(values)

    def _dict(self, got: Any, hint: Any, path: str) -> dict[str, Any]:
        if not is_object(got):
            raise self.wrong(path, "an object", got)
        self._names(got, path)
        inner = get_args(hint)[1] if get_args(hint) else Any
        return {key: self.value(element, inner, f"{path}.{key}") for key, element in got.items()}

    def _array(self, got: Any, path: str) -> np.ndarray:
        if not is_object(got) or got.get("type") != "array":
            raise self.wrong(path, "an array", got)
        if set(got) == {"type", "name"} and isinstance(got["name"], str) and got["name"] in self.arrays:
            return self.arrays[got["name"]]
        if set(got) != {"type", "dtype", "shape", "base64"} or got["dtype"] not in DTYPES:
            raise self.wrong(path, "an array of numbers with dtype, shape and base64", got)
        shape = self.value(got["shape"], tuple[int, ...], f"{path}.shape")
        raw = self._bytes(got["base64"], f"{path}.base64")
        dtype = np.dtype(got["dtype"])
        if any(side < 0 for side in shape) or math.prod(shape) * dtype.itemsize != len(raw):
            raise self.wrong(f"{path}.shape", f"the shape of {len(raw) / dtype.itemsize:g} values", list(shape))
        try:
            return np.frombuffer(raw, dtype).reshape(shape)
        except ValueError as error:  # too many dimensions, or empty ones that are too long
            raise self.wrong(f"{path}.shape", "a shape", str(error)) from error

    def _bytes(self, got: Any, path: str) -> bytes:
        try:
            return base64.b64decode(self.value(got, str, path), validate=True)
        except (binascii.Error, ValueError) as error:
            raise self.wrong(path, "base64", got) from error

    def _step(self, got: Any, path: str) -> Any:
        name = self._type_of(got, path, "a preprocessing step")
        try:
            kind = STEPS[name]
        except UnknownName as error:
            raise self.wrong(f"{path}.type", "a preprocessing step", name, error.hint) from error
        return self._dataclass(got, kind, path)

    def _type_of(self, got: Any, path: str, expected: str) -> str:
        if not is_object(got) or not isinstance(got.get("type"), str):
            raise self.wrong(path, f'{expected}, an object with its "type"', got)
        return got["type"]

    def _dataclass(self, got: Any, kind: type, path: str) -> Any:
        name = stored_name(kind)
        if self._type_of(got, path, name) != name:
            raise self.wrong(f"{path}.type", repr(name), got["type"])
        hints = field_hints(kind)
        self._check_fields(got, hints, path)
        given = {
            name: self.value(got[name], hint, f"{path}.{name}") for name, (hint, _) in hints.items() if name in got
        }
        try:
            with np.errstate(all="ignore"):
                return kind(**given)
        except AnalysisError as error:
            raise self.wrong(path, f"a valid {name}", str(error), error.hint) from error
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
            raise self.wrong(path, f"a valid {name}", str(error)) from error

    def _check_fields(self, got: dict[str, Any], hints: Mapping[str, tuple[Any, Field[Any]]], path: str) -> None:
        """Every field that has no default is there, and nothing else."""
        if strange := [name for name in got if name != "type" and name not in hints]:
            raise self.wrong(path, f"only {', '.join(hints) or 'no fields'}", strange[0])
        for name, (_, field) in hints.items():
            if name not in got and field.default is MISSING and field.default_factory is MISSING:
                raise self.wrong(path, f"the field {name!r}", "none")


_HINT = "The file is damaged or was edited by hand: use the original, or create it again."
_NOUNS: dict[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    type(None): "null",
    Fraction: "a fraction",
    np.ndarray: "an array",
}


def _shown(got: Any) -> str:
    """What was found there, short enough for a message and safe to print."""
    text = got if isinstance(got, str) else repr(got) if isinstance(got, int | float) or got is None else _size(got)
    text = ascii(text)[1:-1] if not text.isprintable() else text
    return text if len(text) <= 120 else f"{text[:117]}..."


def _size(got: Any) -> str:
    """A list or an object in a few words."""
    if is_object(got):
        return f"an object with {', '.join(map(str, list(got)[:8])) or 'nothing in it'}"
    return f"a list of {len(got)}" if is_list(got) else type(got).__name__
