"""How a split is described."""

from core.domain import Split
from pages.ui.common import formatting


def describe(chosen: Split) -> str:
    """A split in a few words."""
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
