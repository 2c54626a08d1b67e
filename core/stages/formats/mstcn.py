"""MS-TCN (50Salads, GTEA, Breakfast): one label a line, a line a frame. Source: yabufarha/ms-tcn.

A file alone is one clip. A folder has groundTruth/<clip>.txt, mapping.txt with a number and a label a line, and perhaps
splits/*.bundle. Its tools drop what follows the last line end, so each list ends in one.
"""

import math
import re
from collections.abc import Sequence

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels
from core.stages.formats.common.clip_names import base
from core.stages.formats.common.files import Files, ReadOptions, lines_of, packed, refused, shown, text_of
from core.stages.formats.common.frame_times import runs, seconds_of
from core.stages.formats.common.reader import BACKGROUND, Reader, of_runs
from core.stages.formats.common.writer import frame_labels, names_of, without_blanks

NAME = "mstcn"
TITLE = "MS-TCN: a label for each frame"
SUFFIX = ".txt"
MIME = "text/plain"
UNIT, BASE, ENDS = "frames", "the first line is frame 0", "each line is one frame"
KEEPS = {"classes", "several", "split", "stretches"}
DIGIT_S = 0.0
ASKS = {"every"}
REMARK = "Each frame has exactly one label; `background` where nothing happens. Several clips become a zip."
HEADER = "### Frame level recognition: ###"


def looks_like(name: str, head: str) -> bool:
    """Whether a file has one word a line, or is a folder with groundTruth/."""
    if "groundTruth/" in name:
        return True
    lines = head.split("\n")[:-1] or [head]
    words = all(len(line.split()) == 1 for line in lines) and not re.match(r"\s*[\[{<\d]", head)
    return head.startswith(HEADER) or (name.lower().endswith((".txt",)) and words)


# Reading --------------------------------------------------------------------------------------------------------------


def labels_in(text: str, name: str) -> tuple[str, ...]:
    """The labels of one list, or of a result file: its header, then all labels on one line."""
    lines = text.splitlines()
    if lines and lines[0].strip() == HEADER:
        if len(lines) != 2:
            raise _wrong(name, 2, "one line of labels after the header", f"{len(lines) - 1} lines")
        return tuple(lines[1].split())
    if not lines:
        raise _wrong(name, 1, "one label a line", "an empty file")
    for number, line in enumerate(lines, start=1):
        words = line.split()
        if len(words) != 1:
            got = "an empty line" if not words else f"{len(words)} words: {line[:60]!r}"
            raise _wrong(name, number, "one label without spaces", got)
    return tuple(line.strip() for line in lines)


def mapping_in(lines: Sequence[str], name: str) -> list[str]:
    """The labels of mapping.txt in the order of their numbers."""
    labels: dict[int, str] = {}
    known: set[str] = set()
    for number, line in enumerate(lines, 1):
        texts = line.split()
        if not texts:
            continue
        if (
            len(texts) != 2
            or not texts[0].isdecimal()
            or len(texts[0]) > 9
            or int(texts[0]) in labels
            or texts[1] in known
        ):
            raise refused(name, number, "a number and a label, each once", repr(line[:80]))
        labels[int(texts[0])] = texts[1]
        known.add(texts[1])
    return [labels[number] for number in sorted(labels)]


def fits_every(rows: int, frames: int) -> int:
    """For how many frames a row stands, where rows fit frames so; 0 where no whole number does."""
    return next((every for every in range(2, 31) if rows == math.ceil(frames / every)), 0)


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of a list, or of all lists of a folder."""
    lists = {name: content for name, content in files.items() if "groundTruth/" in name and name.endswith(".txt")}
    mapping = next((name for name in files if base(name) == "mapping.txt" and len(files) > 1), "")
    if not lists and len(files) > 1:
        raise FormatInvalid("There are no lists groundTruth/<clip>.txt.", "Give the folder that holds groundTruth.")
    lists = lists or dict(files)
    reader = Reader(mapping or next(iter(lists)), options)
    known = mapping_in(lines_of(mapping, files[mapping]), mapping) if mapping else None
    sides = _sides(files, options.split)
    clips, used = [], {}
    wanted = reader.given(_clip_name(name) for name in lists)
    lists = {name: content for name, content in lists.items() if _clip_name(name) in wanted}
    for name, content in lists.items():
        reader.file = reader.problems.file = name
        rows = labels_in(text_of(name, content), name)
        used |= dict.fromkeys(rows)
        if known is not None:
            _check_known(reader, rows, known)
        clip = _clip(reader, name, rows, options, alone=len(lists) == 1, split=sides.get(base(name), ""))
        clips.append(clip)
        reader.problems.finish()
    classes = known if known is not None else list(used)
    return reader.labels(clips, classes, BACKGROUND if BACKGROUND in classes else "")


def _clip_name(name: str) -> str:
    """The clip that a list is called after."""
    return base(name).removesuffix(".txt")


def _check_known(reader: Reader, rows: Sequence[str], known: Sequence[str]) -> None:
    names = set(known)
    for label, first, stop in runs(rows):
        if label not in names:
            reader.problems.add(first + 1, "a label of mapping.txt", f"{shown(label)} in {stop - first} rows")


def _clip(
    reader: Reader, name: str, rows: Sequence[str], options: ReadOptions, *, alone: bool, split: str
) -> ClipLabels:
    clip = _clip_name(name)
    info = reader.clock(clip, alone=alone)
    frames, every = info.frame_count, options.every
    if len(rows) != math.ceil(frames / every):
        fits = fits_every(len(rows), frames)
        hint = (
            f"They would match one label every {fits} frames: set --every {fits} at the command line." if fits else ""
        )
        raise refused(name, 0, f"{math.ceil(frames / every)} rows for {frames} frames", f"{len(rows)} rows", hint)
    events = of_runs(rows, info, every=every, empty=BACKGROUND)
    seen = (seconds_of(0, frames, info),)
    return reader.clip(clip, events, alone=alone, exact=True, seen=seen, split=split)


def _sides(files: Files, split: int) -> dict[str, str]:
    """What the lists of a split give each ground truth for."""
    sides: dict[str, str] = {}
    for part in ("train", "test"):
        for name in (name for name in files if base(name) == f"{part}.split{split}.bundle"):
            sides |= {line.strip(): part for line in lines_of(name, files[name]) if line.strip()}
    return sides


def _wrong(name: str, line: int, expected: str, got: str) -> FormatInvalid:
    return refused(name, line, expected, got, "One line is one frame.")


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """The list of one clip, or a zip of the folder of several."""
    return _rows(labels.clips[0], labels) if len(labels.clips) == 1 else packed(write_files(labels))


def write_files(labels: Labels) -> dict[str, bytes]:
    """mapping.txt, the lists of the clips, and which are for training and testing where that is told."""
    names = names_of(labels)
    classes = [BACKGROUND, *(label for label in labels.classes if label != BACKGROUND)]
    without_blanks(classes, "MS-TCN")
    files = {"mapping.txt": "".join(f"{number} {label}\n" for number, label in enumerate(classes)).encode()}
    for name, clip in zip(names, labels.clips, strict=True):
        files[f"groundTruth/{name}.txt"] = _rows(clip, labels)
    for part in ("train", "test"):
        own = [f"{name}.txt\n" for name, clip in zip(names, labels.clips, strict=True) if clip.split == part]
        if own:
            files[f"splits/{part}.split1.bundle"] = "".join(own).encode()
    return files


def _rows(clip: ClipLabels, labels: Labels) -> bytes:
    without_blanks(clip.labels, "MS-TCN")
    if BACKGROUND in clip.labels and labels.background != BACKGROUND:
        raise FormatInvalid(
            f"MS-TCN calls {BACKGROUND!r} what is no label, and a label of {clip.name!r} is called so.", "Rename it."
        )
    return "".join(f"{label}\n" for label in frame_labels(clip, "MS-TCN", BACKGROUND)).encode()
