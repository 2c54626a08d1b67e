"""The split that options in words ask for."""

from core.base.errors import SplitInvalid
from core.domain import Dataset, Grouping, Split
from core.workflows import datasets

FOLDS = 5
LEAVE_ONE_OUT = "leave-one-group-out"


def split_for(dataset: Dataset, groups: str, folds: str, seed: int = 0) -> Split:
    """The split that was asked for in words; by default the set's own, else folds by the likeliest groups."""
    grouping = datasets.grouping_of(groups) if groups else datasets.offers(dataset)[0].grouping
    if folds == LEAVE_ONE_OUT:
        return datasets.leave_one_group_out(dataset, grouping, seed=seed)
    if not folds and {"train", "test"} <= {item.split for item in dataset.items}:
        return datasets.given_split(dataset, grouping, seed=seed)
    return datasets.grouped_folds(dataset, grouping, count=_count(folds, dataset, grouping), seed=seed)


def _count(folds: str, dataset: Dataset, grouping: Grouping) -> int:
    if folds:
        try:
            return int(folds)
        except ValueError:
            raise SplitInvalid(f"{folds!r} is no number of folds.", f"Give a number, or {LEAVE_ONE_OUT}.") from None
    return min(FOLDS, len(set(datasets.groups_from(dataset, grouping))))
