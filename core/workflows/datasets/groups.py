"""Groups: what clips share that a split must not part, told by a column, a pattern in the names, or a folder."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.base.errors import SplitInvalid
from core.domain import Dataset, Grouping, Item

UCF = Grouping("pattern", r"_(?P<group>g\d+)_c\d+", within_label=True)
SHORT = {
    "gNN": UCF,
    "column": Grouping("column"),
    "subject": Grouping("subject"),
    "folder": Grouping("folder"),
    "clip": Grouping("clip"),
}
WHO = "person|subject|participant|actor|player|animal|mouse|rat"
PATTERNS = (
    ("the person in the file name", rf"(?i)(?<![a-z])(?P<group>(?:{WHO})[-_ ]?\d+)"),
    ("the file name up to the first _", r"^(?P<group>[^_]+)_"),
    ("the file name up to the first -", r"^(?P<group>[^-]+)-"),
    ("the file name up to the first space", r"^(?P<group>[^ ]+) "),
    ("the file name after the last _", r"_(?P<group>[^_]+)$"),
    ("the file name without its last number", r"^(?P<group>.*?)[-_ ]*\d+$"),
)
NAMED = {pattern: title for title, pattern in PATTERNS} | {UCF.pattern: "gNN in the file name"}
COUNTER = re.compile(r"[a-z]?\d+", re.IGNORECASE)  # c01, c02...: clips are counted so, not what they share
MAX_LISTED_CLIPS = 20  # clips named in an error


@dataclass(frozen=True)
class Offer:
    """A grouping that fits a set. count: its groups; examples: a few of their names."""

    title: str
    grouping: Grouping
    count: int
    examples: tuple[str, ...]


def grouping_of(text: str) -> Grouping:
    """The grouping that a short name or a pattern stands for: gNN, column, subject, folder, clip, or an expression."""
    if text in SHORT:
        return SHORT[text]
    _compiled(text)
    return Grouping("pattern", text)


def groups_from(dataset: Dataset, grouping: Grouping, *, joins: Iterable[tuple[int, int]] = ()) -> tuple[str, ...]:
    """The group of each item, with the items of each of `joins` in one.

    A pattern is searched in the clip's name without its suffix, or in its whole path where it holds a "/"; its group
    named "group" counts, else its first, else all that it found. SplitInvalid names clips that have no group.
    """
    groups = [_group(item, grouping) for item in dataset.items]
    lost = [item.path for item, group in zip(dataset.items, groups, strict=True) if not group]
    if lost:
        named = ", ".join(lost[:MAX_LISTED_CLIPS]) + (
            f" and {len(lost) - MAX_LISTED_CLIPS} more" if len(lost) > MAX_LISTED_CLIPS else ""
        )
        hint = "Choose another grouping. Each clip needs a group, so that no group is in both training and test data."
        raise SplitInvalid(
            f"{len(lost)} of {len(groups)} clips have no group by {describe_grouping(grouping)}: {named}", hint
        )
    return _joined(groups, joins)


def offers(dataset: Dataset) -> tuple[Offer, ...]:
    """The groupings that fit the set, the likeliest first; the last is each clip on its own."""
    group_offers: list[Offer] = []
    for title, grouping in _candidates():
        if grouping.by == "clip" or not any(_same_groups(dataset, grouping, known) for known in group_offers):
            try:
                names = list(dict.fromkeys(groups_from(dataset, grouping)))
            except SplitInvalid:
                continue
            if grouping.by == "clip" or _tells(dataset, grouping, len(names)):
                group_offers.append(Offer(title, grouping, len(names), tuple(names[:4])))
    return tuple(group_offers)


def describe_grouping(grouping: Grouping) -> str:
    """A grouping as people read it."""
    text = {
        "column": "the group column",
        "subject": "the subject column",
        "folder": "the folder of the clip",
        "clip": "each clip on its own",
        "pattern": NAMED.get(grouping.pattern, f"the pattern {grouping.pattern}"),
    }[grouping.by]
    return f"{text}, separately for each class" if grouping.within_label else text


def _candidates() -> Iterable[tuple[str, Grouping]]:
    yield "Group column of the dataset", Grouping("column")
    yield "Subject column of the dataset", Grouping("subject")
    yield "gNN in the file name, separately for each class (UCF101)", UCF
    for title, pattern in PATTERNS:
        yield title.removeprefix("the ").capitalize(), Grouping("pattern", pattern)
    yield "Folder of the clip", Grouping("folder")
    yield "Each clip on its own", Grouping("clip")


def _group(item: Item, grouping: Grouping) -> str:
    folder, _, name = item.path.rpartition("/")
    if grouping.by == "pattern":
        text = _found(
            _compiled(grouping.pattern), item.path if "/" in grouping.pattern else name.rpartition(".")[0] or name
        )
    else:
        text = {"column": item.group, "subject": item.subject, "folder": folder, "clip": item.video}[grouping.by]
    return f"{item.label} {text}" if text and grouping.within_label and item.label else text


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        hint = r"For g01 in a name, use g\d+; for the part before the first _, use ^[^_]+_ ."
        raise SplitInvalid(f"{pattern!r} is not a valid regular expression: {error}", hint) from error


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    if match is None:
        return ""
    if "group" in pattern.groupindex:
        return match["group"] or ""
    return (match[1] or "") if pattern.groups else match[0]


def _joined(groups: Sequence[str], joins: Iterable[tuple[int, int]]) -> tuple[str, ...]:
    """The groups with those of joined items made one, under the name that comes first in the alphabet."""
    chief = {group: group for group in groups}

    def root(group: str) -> str:
        while chief[group] != group:
            chief[group] = chief[chief[group]]
            group = chief[group]
        return group

    for first, second in joins:
        left, right = sorted((root(groups[first]), root(groups[second])))
        chief[right] = left
    return tuple(root(group) for group in groups)


def _same_groups(dataset: Dataset, grouping: Grouping, known: Offer) -> bool:
    """Whether a grouping parts the set just as one that is offered already."""
    try:
        pairs = set(zip(groups_from(dataset, grouping), groups_from(dataset, known.grouping), strict=True))
    except SplitInvalid:
        return False
    return len({text for text, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)


def _tells(dataset: Dataset, grouping: Grouping, count: int) -> bool:
    """Whether groups tell more than the classes do, and less than the clips."""
    told = grouping.by in ("column", "subject") or grouping == UCF
    if told or not 2 <= count < len(dataset.items):
        return told and count >= 2
    groups = groups_from(dataset, grouping)
    if all(COUNTER.fullmatch(group) for group in set(groups)):
        return False
    labels_of: dict[str, set[str]] = {}
    for group, item in zip(groups, dataset.items, strict=True):
        labels_of.setdefault(group, set()).add(item.label)
    mixed = any(len(labels) > 1 for labels in labels_of.values())
    return mixed or count > len(dataset.labels)
