"""Labelled sets: their clips, how these are split, and which look alike."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from core.domain.predictions import Segment
from core.domain.validation import check


@dataclass(frozen=True)
class Item:
    """One clip of a labelled set, with what is known of it.

    video: digest. path: how the set's source names the clip, "/" between folders; only told, never opened.
    duration_s: of the clip. label: of the whole clip; "" where segments tell.
    segments: sorted, not overlapping. seen: sorted stretches that somebody looked at: inside them an instant without a
    segment is the set's background, outside them nothing is known. Every segment lies inside one of them.
    group, subject: as the source tells them, "" where it does not. split: what the source gives this clip for.
    """

    video: str
    path: str
    duration_s: float
    label: str = ""
    segments: tuple[Segment, ...] = ()
    seen: tuple[tuple[float, float], ...] = ()
    group: str = ""
    subject: str = ""
    split: Literal["", "train", "val", "test", "unused"] = ""

    def __post_init__(self):
        check(self.duration_s > 0, f"{self.path} lasts {self.duration_s} s")
        check(bool(self.label) != bool(self.seen), f"{self.path} has a label of the whole clip or seen stretches")
        ends = [moment for stretch in self.seen for moment in stretch]
        check(ends == sorted(ends) and min(ends, default=0) >= 0, f"the seen stretches of {self.path} are not in order")
        for segment in self.segments:
            inside = any(start <= segment.start_s and segment.stop_s <= stop for start, stop in self.seen)
            check(inside, f"{self.path}: the segment at {segment.start_s} s was not seen")
        for earlier, later in itertools.pairwise(self.segments):
            check(earlier.stop_s <= later.start_s, f"{self.path}: segments overlap at {later.start_s} s")


@dataclass(frozen=True)
class Finding:
    """Something that is wrong or odd in the source of a labelled set.

    file, line: where it stands; line 0 where there is none. expected, got: in words. left_out: whether the clip or the
    segment takes no part in the set.
    """

    file: str
    line: int
    expected: str
    got: str
    left_out: bool = True


@dataclass(frozen=True)
class Dataset:
    """A labelled set: clips whose labels are known.

    labels: all classes, each at least one character. background: the one of them that stands for seen instants without
    a segment; "" where there is none. source: what it was read from, in words. findings: what was wrong when it was
    read and what was therefore left out.
    """

    name: str
    labels: tuple[str, ...]
    items: tuple[Item, ...]
    background: str = ""
    source: str = ""
    findings: tuple[Finding, ...] = ()

    def __post_init__(self):
        check(len(set(self.labels)) == len(self.labels) and all(self.labels), f"the labels are {self.labels}")
        check(self.background in ("", *self.labels), f"the background {self.background!r} is none of the labels")
        known = {label for item in self.items for label in (item.label, *(part.label for part in item.segments))}
        check(known <= {"", *self.labels}, f"labels that the set does not list: {sorted(known - set(self.labels))}")

    def __repr__(self):
        return f"Dataset({self.name!r}, {len(self.items)} clips, {len(self.labels)} labels)"


@dataclass(frozen=True)
class LabelChange:
    """What a version changed of one clip. video, path: of the item; before: its label; label: its new one.

    label is "" where the clip was excluded, before is "" where it is labelled by segments.
    """

    video: str
    path: str
    before: str
    label: str = ""


@dataclass(frozen=True)
class DatasetVersion:
    """A version of a labelled set, which is a set with a name of its own, and what it changed of the one before.

    of: the name of the first version; number: from 2; before: the name of the version that it was made from.
    made: epoch seconds. author, note: as a person entered them, "" where nobody did.
    """

    name: str
    of: str
    number: int
    before: str
    made: float
    changes: tuple[LabelChange, ...]
    author: str = ""
    note: str = ""

    def __post_init__(self):
        check(self.number >= 2 and bool(self.changes), f"version {self.number} with {len(self.changes)} changes")


@dataclass(frozen=True)
class Grouping:
    """How the group of a clip is told: what clips of one group share, a split must not part.

    by: "column" or "subject" of the source, "pattern" in the clip's path, "folder" it lies in, or "clip": each alone.
    pattern: a regular expression; see groups_from in workflows. within_label: groups of different labels differ, as
    g01 of one class of UCF101 is not g01 of another.
    """

    by: Literal["column", "subject", "pattern", "folder", "clip"] = "clip"
    pattern: str = ""
    within_label: bool = False


UNUSED, TRAIN, VALIDATION, TEST = range(4)  # what a fold makes of an item


@dataclass(frozen=True)
class Fold:
    """One way to part a labelled set: indices of its items. groups: those that are tested."""

    train: tuple[int, ...]
    validation: tuple[int, ...]
    test: tuple[int, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Split:
    """Folds of a labelled set in which no group stands on two sides.

    dataset: its key. method: how the folds were made. groups: (N) the group of each item, told by grouping and with
    the items of each of joins, pairs of indices, in one. seed: of what was drawn.
    parts: (F, N) uint8, what each fold makes of each item: UNUSED, TRAIN, VALIDATION or TEST.
    """

    dataset: str
    method: Literal["given", "folds", "leave one group out"]
    grouping: Grouping
    groups: tuple[str, ...]
    parts: np.ndarray
    seed: int = 0
    joins: tuple[tuple[int, int], ...] = ()

    def __post_init__(self):
        check(self.parts.dtype == np.uint8 and self.parts.ndim == 2, f"parts are {self.parts.dtype}")
        check(self.parts.shape == (len(self.parts), len(self.groups)) and len(self.parts) >= 1, "a part for each item")
        check(int(self.parts.max(initial=0)) <= TEST, f"there is no part {self.parts.max(initial=0)}")
        torn = straddling(self.groups, self.parts)
        check(not torn, f"groups on two sides of a fold: {torn[:5]}")

    def __repr__(self):
        return f"Split({self.method}, {self.parts.shape[0]} folds of {self.parts.shape[1]} items)"

    def fold(self, number: int) -> Fold:
        """The fold of that number, from 0."""
        train, validation, test = (
            tuple(np.flatnonzero(self.parts[number] == part).tolist()) for part in (TRAIN, VALIDATION, TEST)
        )
        return Fold(train, validation, test, tuple(dict.fromkeys(self.groups[index] for index in test)))


def straddling(groups: Sequence[str], parts: np.ndarray) -> tuple[str, ...]:
    """The groups that stand on two sides of a fold, by the alphabet. parts: (F, N), see Split."""
    names, numbers = np.unique(np.array(groups, dtype=object).astype(str), return_inverse=True)  # (G,), (N,)
    torn = np.zeros(len(names), bool)
    for row in parts:
        sides = np.zeros((TEST + 1, len(names)), bool)
        sides[row, numbers] = True
        torn |= sides[TRAIN:].sum(axis=0) > 1
    return tuple(names[torn].tolist())


@dataclass(frozen=True, eq=False)
class PerceptualHashes:
    """Perceptual hashes of a clip, 64 bits each, at evenly spaced moments.

    pictures: (K,) uint64, of what is shown. motions: (K,) uint64, of what differs from the clip's usual picture.
    moving: (K,) bool, whether anything does. whole: (2,) uint64, of the mean picture and of the mean difference.
    """

    STORED_NAME: ClassVar[str] = "Looks"
    pictures: np.ndarray
    motions: np.ndarray
    moving: np.ndarray
    whole: np.ndarray

    def __post_init__(self):
        check(len(self.pictures) == len(self.motions) == len(self.moving) >= 1, f"{len(self.pictures)} pictures")
        check(self.whole.shape == (2,), f"whole is {self.whole.shape}")

    def __repr__(self):
        return f"PerceptualHashes({len(self.pictures)} moments)"


@dataclass(frozen=True)
class Pair:
    """Two items of a set, by index, that look alike: which share of the bits of their hashes differ, on average.

    motion is -1 where nothing moves in one of them. same: whether they are the same bytes.
    """

    first: int
    second: int
    picture: float
    motion: float
    same: bool = False


@dataclass(frozen=True)
class Duplicates:
    """The pairs of a set that look alike, the likest first. left: candidates that were too many to be compared."""

    dataset: str
    pairs: tuple[Pair, ...]
    compared: int
    left: int = 0
