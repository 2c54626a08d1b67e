"""How a split is described."""

from typing import TYPE_CHECKING

from core.domain import Split
from pages.ui.common import formatting

if TYPE_CHECKING:
    pass


def split(found: Split) -> str:
    """How a set is split, in a few words."""
    told = {
        "column": "told by the set itself",
        "subject": "the subjects",
        "folder": "told by the folder",
        "clip": "each clip by itself",
        "pattern": "told by the names",
    }[found.grouping.by]
    groups = f"{formatting.count(len(set(found.groups)), 'group')}, {told}"
    if found.method == "folds":
        return f"{formatting.count(len(found.parts), 'fold')} by group ({groups})"
    how = "the split that it came with" if found.method == "given" else "each group left out once"
    return f"{how} ({groups})"
