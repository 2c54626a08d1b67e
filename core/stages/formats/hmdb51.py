"""HMDB51 lists: one label a clip. <class>_test_split<1|2|3>.txt: a clip, then 1 for training, 2 for testing, 0 for
neither in this split, which is not "validation". Same rule in open-mmlab/mmaction2 parse_hmdb51_split.
"""

import re
from typing import Literal

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels
from core.stages.formats.common.clip_names import base
from core.stages.formats.common.files import Files, ReadOptions, lines_of, packed, refused, shown
from core.stages.formats.common.reader import Reader
from core.stages.formats.common.writer import one_line
from core.stages.formats.ucf101 import whole_label

NAME = "hmdb51"
TITLE = "HMDB51: a list of clips for each class"
SUFFIX = ".zip"
MIME = "application/zip"
UNIT, BASE, ENDS = "whole clips", "classes are named, not numbered", "there are no ends"
KEEPS = {"several", "split", "whole"}
DIGIT_S = 0.0
REMARK = "One list per class in a folder or ZIP file; a prediction becomes its best label for the clip."
LIST = re.compile(r"(?P<label>.+)_test_split(?P<split>[123])\.txt")
PARTS: dict[str, Literal["unused", "train", "test"]] = {"0": "unused", "1": "train", "2": "test"}
COUNTS = {"train": 70, "test": 30}


def looks_like(name: str, head: str) -> bool:
    """Whether a file is such a list."""
    return bool(re.search(r"_test_split[123]\.txt", name))


def clip_in(line: str) -> tuple[str, Literal["unused", "train", "test"]] | None:
    """Clip and side of a line, None where it tells none."""
    texts = line.rsplit(maxsplit=1)
    return (texts[0].strip(), PARTS[texts[1]]) if len(texts) == 2 and texts[1] in PARTS else None


def read(files: Files, options: ReadOptions) -> Labels:
    """The clips of the lists of one split, those that are not used in it too."""
    texts = {base(name): name for name in files if LIST.fullmatch(base(name))}
    matches = {name: match for name in texts if (match := LIST.fullmatch(name))}
    classes = sorted({match["label"] for match in matches.values()})
    if not classes:
        raise FormatInvalid("There are no lists <class>_test_split1.txt.", "Give the folder of the lists.")
    reader, clips = Reader(next(iter(files)), options), []
    for label in classes:
        name = texts.get(f"{label}_test_split{options.split}.txt")
        if name is None:
            raise refused(label, 0, f"a list {label}_test_split{options.split}.txt", "none")
        reader.file = reader.problems.file = name
        clips += _clips(reader, label, lines_of(name, files[name]))
    return reader.labels(clips, classes)


def _clips(reader: Reader, label: str, lines: list[str]) -> list[ClipLabels]:
    clips: dict[str, ClipLabels] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        pair = clip_in(line)
        if pair is None:
            reader.problems.add(number, "a clip, then 0, 1 or 2", shown(line[:80]))
        elif pair[0] in clips:
            reader.problems.add(number, f"{pair[0]} once", "a second line for it")
        else:
            info = reader.info(pair[0], alone=False)
            clips[pair[0]] = ClipLabels(f"{label}/{pair[0]}", label=label, split=pair[1], info=info)
    for part, count in COUNTS.items():
        got = sum(clip.split == part for clip in clips.values())
        if got != count:
            reader.noted(0, f"{count} clips to {part} with, as in HMDB51", str(got))
    reader.problems.finish()
    return list(clips.values())


def write(labels: Labels) -> bytes:
    """A zip of the lists."""
    return packed(write_files(labels))


def write_files(labels: Labels) -> dict[str, bytes]:
    """A list for each class. Clips that are for nothing else are for training."""
    number = {part: digit for digit, part in PARTS.items()} | {"": "1"}
    lists: dict[str, list[str]] = {}
    for clip in labels.clips:
        label, name = whole_label(clip, "HMDB51"), base(clip.name)
        one_line([label, name], "HMDB51")
        if "/" in label or "\\" in label or label.startswith("."):
            raise FormatInvalid(
                f"HMDB51 names files after labels, and {label!r} is not a valid file name.", "Rename it: no slashes."
            )
        if clip.split not in number:
            raise FormatInvalid(f"HMDB51 has no validation, and {clip.name!r} is for {clip.split}.", "Leave it out.")
        lists.setdefault(label, []).append(f"{name} {number[clip.split]}\n")
    return {f"{label}_test_split1.txt": "".join(lines).encode() for label, lines in lists.items()}
