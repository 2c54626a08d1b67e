"""MS-TCN (50Salads, GTEA, Breakfast): one label a line, a line a frame. Source: yabufarha/ms-tcn.

A file alone is one clip. A folder has groundTruth/<clip>.txt, mapping.txt with a number and a label a line, and perhaps
splits/*.bundle. Its tools drop what follows the last line end, so each list ends in one. Of a line of mapping.txt they
take the first two words, so a label is one word: spaces are written as underscores.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels
from core.stages.formats.common.clip_names import base
from core.stages.formats.common.files import Files, ReadOptions, lines_of, packed, refused, shown, text_of
from core.stages.formats.common.format import every_label
from core.stages.formats.common.frame_times import labelled_runs, seconds_of
from core.stages.formats.common.reader import BACKGROUND, Event, OddRow, Reader
from core.stages.formats.common.writer import frame_labels, names_of

NAME = "mstcn"
TITLE = "MS-TCN: a label for each frame"
SUFFIX = ".txt"
MIME = "text/plain"
UNIT, BASE, ENDS = "frames", "the first line is frame 0", "each line is one frame"
KEEPS = {"classes", "several", "split", "stretches"}
DIGIT_S = 0.0
EVERY_FRAME = True
ONE_WORD = True
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
    """The labels of one list or result file, of which each row has one."""
    rows = rows_in(text, name)
    if odd := next(_odd_rows(rows), None):
        raise refused(name, *odd, "One line is one frame.")
    return tuple(rows)


def rows_in(text: str, name: str) -> list[str]:
    """The rows of one list, or of a result file: its header, then all labels on one line."""
    lines = [line.strip() for line in text.splitlines()]
    if lines and lines[0] == HEADER:
        if len([line for line in lines if line]) != 2:
            got = f"{len(lines) - 1} lines"
            raise refused(name, 2, "one line of labels after the header", got, "One line is one frame.")
        return " ".join(lines[1:]).split()
    if not any(lines):
        raise refused(name, 1, "one label a line", "an empty file", "One line is one frame.")
    return lines


def _odd_rows(rows: Sequence[str]) -> Iterator[OddRow]:
    """The rows that hold no label, or more than one word."""
    for number, row in enumerate(rows, start=1):
        words = row.split()
        if len(words) != 1:
            got = "an empty line" if not words else f"{len(words)} words: {row[:60]!r}"
            yield number, "one label without spaces", got


def mapping_in(lines: Sequence[str]) -> tuple[list[str], list[OddRow]]:
    """The labels of mapping.txt in the order of their numbers, and the lines that tell none."""
    labels: dict[int, str] = {}
    known: set[str] = set()
    odd: list[OddRow] = []
    for number, line in enumerate(lines, 1):
        texts = line.split()
        sound = len(texts) == 2 and texts[0].isdecimal() and len(texts[0]) <= 9
        if sound and int(texts[0]) not in labels and texts[1] not in known:
            labels[int(texts[0])] = texts[1]
            known.add(texts[1])
        elif texts:
            odd.append((number, "a number and a label, each once", repr(line[:80])))
    return [labels[number] for number in sorted(labels)], odd


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
    known = None
    if mapping:
        known, odd = mapping_in(lines_of(mapping, files[mapping]))
        reader.rows_left_out(odd)
    sides = _sides(files, options.split)
    clips, used = [], {}
    wanted = reader.given(_clip_name(name) for name in lists)
    lists = {name: content for name, content in lists.items() if _clip_name(name) in wanted}
    for name, content in lists.items():
        reader.file = reader.problems.file = name
        rows = rows_in(text_of(name, content), name)
        clip = _clip(reader, name, rows, known, alone=len(lists) == 1, split=sides.get(base(name), ""))
        clips += [clip] if clip else []
        used |= dict.fromkeys(row for row in rows if len(row.split()) == 1)
    classes = known if known is not None else list(used)
    return reader.labels(clips, classes, BACKGROUND if BACKGROUND in classes else "")


def _clip_name(name: str) -> str:
    """The clip that a list is called after."""
    return base(name).removesuffix(".txt")


def _sound_rows(reader: Reader, rows: Sequence[str], known: Sequence[str] | None) -> list[str]:
    """The rows with nothing in place of those that hold no label, or one that mapping.txt lacks."""
    odd = {row[0]: row for row in _odd_rows(rows)}
    names = set(rows if known is None else known)
    for number, row in enumerate(rows, 1):
        if row not in names:
            odd.setdefault(number, (number, "a label of mapping.txt", shown(row)))
    reader.rows_left_out(odd[number] for number in sorted(odd))
    return ["" if number in odd else row for number, row in enumerate(rows, 1)]


def _clip(
    reader: Reader, name: str, rows: list[str], known: Sequence[str] | None, *, alone: bool, split: str
) -> ClipLabels | None:
    """The labels of a list; None where it is one of several and does not fit its clip, which is told."""
    clip = _clip_name(name)
    info = reader.clock(clip, alone=alone)
    frames, every = info.frame_count, reader.asked.every
    wanted = math.ceil(frames / every)
    while len(rows) > wanted and not rows[-1]:
        rows = rows[:-1]
    if len(rows) != wanted:
        fits = fits_every(len(rows), frames)
        hint = (
            f"They would match one label every {fits} frames: set --every {fits} at the command line." if fits else ""
        )
        reader.left_out(0, f"{wanted} rows for {frames} frames", f"{len(rows)} rows", hint)
        return None
    rows = _sound_rows(reader, rows, known)
    reader.sound = reader.sound or any(rows)
    events = starmap(Event, labelled_runs(rows, info, every=every, empty=BACKGROUND))
    seen = (seconds_of(0, frames, info),)
    return reader.clip(clip, events, alone=alone, exact=True, seen=seen, split=split)


def _sides(files: Files, split: int) -> dict[str, str]:
    """What the lists of a split give each ground truth for."""
    sides: dict[str, str] = {}
    for part in ("train", "test"):
        for name in (name for name in files if base(name) == f"{part}.split{split}.bundle"):
            sides |= {line.strip(): part for line in lines_of(name, files[name]) if line.strip()}
    return sides


# Writing --------------------------------------------------------------------------------------------------------------


def write(labels: Labels) -> bytes:
    """The list of one clip, or a zip of the folder of several."""
    if len(labels.clips) == 1:
        return _rows(labels.clips[0], labels, _words(labels.clips[0].labels))
    return packed(write_files(labels))


def write_files(labels: Labels) -> dict[str, bytes]:
    """mapping.txt, the lists of the clips, and which are for training and testing where that is told."""
    names = names_of(labels)
    words = _words(every_label(labels))
    classes = [BACKGROUND, *(words[label] for label in labels.classes if words[label] != BACKGROUND)]
    files = {"mapping.txt": "".join(f"{number} {label}\n" for number, label in enumerate(classes)).encode()}
    for name, clip in zip(names, labels.clips, strict=True):
        files[f"groundTruth/{name}.txt"] = _rows(clip, labels, words)
    for part in ("train", "test"):
        own = [f"{name}.txt\n" for name, clip in zip(names, labels.clips, strict=True) if clip.split == part]
        if own:
            files[f"splits/{part}.split1.bundle"] = "".join(own).encode()
    return files


def _rows(clip: ClipLabels, labels: Labels, words: Mapping[str, str]) -> bytes:
    if BACKGROUND in {words[label] for label in clip.labels} and labels.background != BACKGROUND:
        raise FormatInvalid(
            f"MS-TCN calls {BACKGROUND!r} what is no label, and a label of {clip.name!r} is called so.", "Rename it."
        )
    rows = frame_labels(clip, "MS-TCN", BACKGROUND)
    return "".join(f"{words.get(label, label)}\n" for label in rows).encode()


def _words(labels: Sequence[str]) -> dict[str, str]:
    """What is written for each label, with underscores for its spaces; two that would be the same are refused."""
    words: dict[str, str] = {}
    for label in labels:
        word = "_".join(label.split())
        if other := next((known for known, written in words.items() if written == word), ""):
            raise FormatInvalid(
                f"MS-TCN holds no spaces in labels: {other!r} and {label!r} would both be {word!r}.",
                "Rename one of them.",
            )
        words[label] = word
    return words
