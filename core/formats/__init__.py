"""Files that tell others what was found: each module in this folder is one format.

A format module has NAME (its short name), TITLE (for menus), SUFFIX, MIME and write(analysis) -> bytes. Where one
file can hold several clips it also has write_all(analyses) -> bytes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from core.domain import Analysis
from core.registry import FORMATS


@dataclass(frozen=True)
class Format:
    """One kind of file. write: one clip; write_all: several clips in one file, None where it cannot hold them."""

    name: str
    title: str
    suffix: str
    mime: str
    write: Callable[[Analysis], bytes]
    write_all: Callable[[Sequence[Analysis]], bytes] | None = None


def _load() -> None:
    for found in sorted(iter_modules(__path__), key=lambda found: found.name):
        module = import_module(f"{__name__}.{found.name}")
        several = getattr(module, "write_all", None)
        entry = Format(module.NAME, module.TITLE, module.SUFFIX, module.MIME, module.write, several)
        FORMATS.add(module.NAME, entry)


_load()
