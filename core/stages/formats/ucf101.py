"""UCF101: one label a clip. classInd.txt numbers the classes from 1, trainlistNN.txt and testlistNN.txt use them.

The class is the folder: file names may spell it otherwise. Lines of test lists carry no number. The group is class and
gNN, not gNN alone. Counts: harvitronix/five-video-classification-methods.
"""

import re
from collections.abc import Mapping, Sequence

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels, listed
from core.stages.formats.common.clip_names import base
from core.stages.formats.common.files import Files, ReadOptions, lines_of, packed, refused
from core.stages.formats.common.reader import Reader
from core.stages.formats.common.writer import without_blanks

NAME = "ucf101"
TITLE = "UCF101: lists of clips and their classes"
SUFFIX = ".zip"
MIME = "application/zip"
UNIT, BASE, ENDS = "whole clips", "classes are numbered from 1", "there are no ends"
KEEPS = {"classes", "several", "split", "whole"}
DIGIT_S = 0.0
REMARK = "Three lists in a folder or ZIP file; a prediction becomes its best label for the clip."
GROUP = re.compile(r"_(?P<group>g\d+)_c\d+")


def looks_like(name: str, head: str) -> bool:
    """Whether a file is one of the lists, or a folder has classInd.txt."""
    return "classInd.txt" in name or bool(re.fullmatch(r"(train|test)list0\d\.txt", base(name)))


# Reading --------------------------------------------------------------------------------------------------------------


def classes_in(lines: Sequence[str], name: str) -> dict[str, int]:
    """The number of each class, from 1."""
    classes: dict[str, int] = {}
    numbers: set[int] = set()
    for number, line in enumerate(lines, 1):
        texts = line.split()
        if not texts:
            continue
        if len(texts) != 2 or not texts[0].isdecimal() or len(texts[0]) > 9:
            raise refused(name, number, "a number and the name of a class", repr(line[:80]))
        if texts[1] in classes or int(texts[0]) in numbers:
            raise refused(name, number, "each class and each number once", repr(line[:80]))
        classes[texts[1]] = int(texts[0])
        numbers.add(int(texts[0]))
    return classes


def clip_in(line: str, classes: Mapping[str, int]) -> tuple[str, str] | tuple[str, str, bool]:
    """Class and clip of a line; where it is wrong, what was expected and got, and False."""
    texts = line.split()
    label, _, clip = texts[0].rpartition("/")
    label = label.rpartition("/")[2]
    if not label or not clip or len(texts) > 2:
        return "Class/clip.avi and perhaps a number", repr(line[:80]), False
    if label not in classes:
        return "a class of classInd.txt", label, False
    if len(texts) == 2 and texts[1] != str(classes[label]):
        return f"{classes[label]}, the number of {label}", texts[1], False
    return label, clip


def group_of(label: str, clip: str) -> str:
    """The group of a clip, "" where its name tells none."""
    match = GROUP.search(clip)
    return f"{label} {match['group']}" if match else ""


def read(files: Files, options: ReadOptions) -> Labels:
    """The clips of the lists of one split."""
    index = next((name for name in files if base(name) == "classInd.txt"), "")
    if not index:
        raise FormatInvalid("There is no classInd.txt beside the lists.", "Give the folder that holds all three lists.")
    classes = classes_in(lines_of(index, files[index]), index)
    reader, clips = Reader(index, options), []
    where: dict[str, str] = {}
    groups: dict[str, tuple[str, str]] = {}
    for part in ("train", "test"):
        name = next((name for name in files if base(name) == f"{part}list{options.split:02}.txt"), "")
        if not name:
            raise refused(index, 0, f"a list {part}list{options.split:02}.txt beside it", "none")
        reader.file = reader.problems.file = name
        for number, line in enumerate(lines_of(name, files[name]), 1):
            if line.strip() and (clip := _clip(reader, number, line, classes, part)):
                _check_sides(reader, number, clip, where, groups)
                clips.append(clip)
        reader.problems.finish()
    return reader.labels(clips, sorted(classes, key=classes.__getitem__))


def _clip(reader: Reader, number: int, line: str, classes: Mapping[str, int], part: str) -> ClipLabels | None:
    texts = clip_in(line, classes)
    if len(texts) == 3:
        reader.problems.add(number, texts[0], texts[1])
        return None
    label, clip = texts
    info = reader.info(clip, alone=False)
    side = "train" if part == "train" else "test"
    return ClipLabels(f"{label}/{clip}", label=label, split=side, group=group_of(label, clip), info=info)


def _check_sides(
    reader: Reader, number: int, clip: ClipLabels, where: dict[str, str], groups: dict[str, tuple[str, str]]
) -> None:
    """Each clip once, each group on one side."""
    here = f"{reader.file}, line {number}"
    if clip.name in where:
        reader.problems.add(number, f"{clip.name} once", f"also in {where[clip.name]}")
    where[clip.name] = here
    side, line = groups.setdefault(clip.group, (clip.split, here)) if clip.group else (clip.split, here)
    if side != clip.split:
        reader.problems.add(number, f"group {clip.group} in one list only", f"also in {line}: this split would leak")


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """A zip of the three lists."""
    return packed(write_files(labels))


def write_files(labels: Labels) -> dict[str, bytes]:
    """classInd.txt, trainlist01.txt and testlist01.txt. Clips that are for nothing else are for training."""
    whole = {clip.name: whole_label(clip, "UCF101") for clip in labels.clips}
    classes = (
        listed(labels.classes, ())
        if set(whole.values()) <= set(labels.classes)
        else tuple(dict.fromkeys(whole.values()))
    )
    without_blanks(classes, "UCF101")
    without_blanks([base(name) for name in whole], "UCF101")
    number = {label: index for index, label in enumerate(classes, 1)}
    parts: dict[str, list[str]] = {"train": [], "test": []}
    for clip in labels.clips:
        if clip.split not in ("", "train", "test"):
            raise FormatInvalid(
                f"UCF101 has lists for training and testing, and {clip.name!r} is for {clip.split}.", "Leave it out."
            )
        label = whole[clip.name]
        line = f"{label}/{base(clip.name)}"
        parts["test" if clip.split == "test" else "train"].append(
            f"{line}\n" if clip.split == "test" else f"{line} {number[label]}\n"
        )
    index = "".join(f"{index} {label}\n" for label, index in number.items())
    lists = {f"{part}list01.txt": "".join(lines).encode() for part, lines in parts.items()}
    return {"classInd.txt": index.encode(), **lists}


def whole_label(clip: ClipLabels, title: str) -> str:
    """The label of a whole clip: its own, or the best one of a network."""
    if clip.label or clip.ranking:
        return clip.label or clip.ranking[0].label
    raise FormatInvalid(
        f"{title} holds one label per clip, but {clip.name!r} has labelled segments.",
        "Choose a format that holds segments.",
    )
