"""How a split is described."""

from typing import TYPE_CHECKING

from core.domain import Split
from pages.ui.common import formatting

if TYPE_CHECKING:
    pass


def split(chosen: Split) -> str:
    """How a set is split, in a few words."""
    text = {
        "column": "given in the dataset",
        "subject": "by subject",
        "folder": "by folder",
        "clip": "each clip on its own",
        "pattern": "by file name",
    }[chosen.grouping.by]
    groups = f"{formatting.count(len(set(chosen.groups)), 'group')}, {text}"
    if chosen.method == "folds":
        return f"{formatting.count(len(chosen.parts), 'fold')} by group ({groups})"
    how = "the original split" if chosen.method == "given" else "leave one group out"
    return f"{how} ({groups})"
