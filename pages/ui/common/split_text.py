"""How a split is described."""

from typing import TYPE_CHECKING

from core.domain import Split
from pages.ui.common import formatting

if TYPE_CHECKING:
    pass


def split(chosen: Split) -> str:
    """How a set is split, in a few words."""
    text = {
        "column": "told by the set itself",
        "subject": "the subjects",
        "folder": "told by the folder",
        "clip": "each clip by itself",
        "pattern": "told by the names",
    }[chosen.grouping.by]
    groups = f"{formatting.count(len(set(chosen.groups)), 'group')}, {text}"
    if chosen.method == "folds":
        return f"{formatting.count(len(chosen.parts), 'fold')} by group ({groups})"
    how = "the split that it came with" if chosen.method == "given" else "each group left out once"
    return f"{how} ({groups})"
