"""The open lists of the program: preprocessing steps, backbones, metrics and formats, each looked up by name."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from core.base.errors import UnknownName

T = TypeVar("T")


class Registry(Mapping[str, T], Generic[T]):
    """Definitions by name, in the order of adding or as arranged; an unknown name says what it may have meant."""

    def __init__(self, noun: str):
        self.noun = noun
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> T:
        """File `entry` under `name`, which must be new, and give it back."""
        if name in self._entries:
            raise ValueError(f"There are two {self.noun}s named {name!r}")
        self._entries[name] = entry
        return entry

    def arrange(self, *names: str) -> None:
        """List these entries first, in this order; all others follow as they were added."""
        self._entries = {name: self[name] for name in names} | self._entries

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            raise unknown(self.noun, name, self._entries) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def unknown(noun: str, name: str, known: Mapping[str, Any]) -> UnknownName:
    """The error for a name that is not among `known`, with the nearest ones or all of them as its hint."""
    near = get_close_matches(name, known, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(known) or 'none'}."
    return UnknownName(f"There is no {noun} named {name!r}.", hint)


STEPS: Registry[type] = Registry("preprocessing step")
BACKBONES: Registry[Any] = Registry("backbone")
METRICS: Registry[Any] = Registry("metric")
FORMATS: Registry[Any] = Registry("format")
