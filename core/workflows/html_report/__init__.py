"""What all HTML reports share: a page that opens anywhere, and how numbers are written in it.

Nothing in a report asks a network, since a content policy in the file forbids it. Templates escape all names of clips
and labels. A template extends "base.html.jinja", which lies here.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from core.base.percentages import per_cent

HERE = Path(__file__).parent


def rendered(
    template: Path, values: Mapping[str, Any], *, filters: Mapping[str, Callable] | None = None, tests: Any = None
) -> bytes:
    """A report as bytes of one HTML file. template: its file; filters, tests: that it uses besides ours."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader([template.parent, HERE]), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.tests.update(tests or {})
    made.filters |= {"percent": percent, "clock": clock} | dict(filters or {})
    return made.get_template(template.name).render(values).encode("utf-8", "xmlcharrefreplace")


def percent(value: float | None) -> str:
    """A share as people read it."""
    return "–" if value is None else per_cent(value, decimals=1)


def clock(moment_s: float) -> str:
    """A moment of a clip as m:ss.t."""
    tenths = round(moment_s * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"
