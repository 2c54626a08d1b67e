"""Time of every parser over inputs that double in size: none grows faster than about n log n."""

import gc
import json
import random
import statistics
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from core.base.errors import AnalysisError, FormatInvalid
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, Lane, ModelCard, Recipe, Segment, VideoInfo, listed, serialization
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion, selection
from core.workflows import datasets
from core.workflows.annotation import files as label_files
from core.workflows.texts import parser
from tests.labels import files_of, steady

LEAST_S = 0.02  # below, the clock and the machine tell more than the parser
MOST_RATIO = 3.2  # n log n gives 2.1 to 2.2, n squared 4
SMALLEST, LARGEST = 64, 2**18  # pieces of an input
Work = Callable[[int], Callable[[], object]]


def time_s(work: Callable[[], object], times: int = 3) -> float:
    """Median of the time that the process takes for it, of so many times."""
    times_s = []
    for _ in range(times):
        start_s = time.process_time()
        with suppress(AnalysisError):
            work()
        times_s.append(time.process_time() - start_s)
    return statistics.median(times_s)


def check_growth(make: Work, most: int = LARGEST) -> None:
    """Double the input until it takes LEAST_S; from there one more doubling must not take MOST_RATIO times as long."""
    size, ratios = SMALLEST, []
    gc.disable()
    try:
        while (once_s := time_s(make(size), 1)) < LEAST_S:
            size *= 2 if once_s > LEAST_S / 8 else 4
            if size > most:
                return
        for _ in range(3):  # a machine that others share may stumble
            ratios.append(time_s(make(2 * size)) / time_s(make(size)))
            if ratios[-1] < MOST_RATIO:
                return
    finally:
        gc.enable()
    pytest.fail(f"{size} pieces: twice as many took {ratios} times as long")


def test_the_measure_itself_tells_linear_work_from_what_grows_faster():
    check_growth(lambda count: lambda: sorted(random.Random(0).random() for _ in range(count)))
    with pytest.raises(pytest.fail.Exception):
        check_growth(lambda count: lambda: sum(range(int(count**2.5))))


# JSON, recipes, model cards -------------------------------------------------------------------------------------------

PLAIN: dict[str, Callable[[int], str]] = {
    "names": lambda count: json.dumps({f"name {number}": number for number in range(count)}),
    "last name twice": lambda count: "{" + "".join(f'"{number}": 0,' for number in range(count)) + '"z": 1, "z": 2}',
    "objects": lambda count: json.dumps([{"a": number} for number in range(count)]),
    "digits": lambda count: "1" * count,
    "text": lambda count: json.dumps("\u00e9\"\\" * count),
    "brackets": lambda count: "[" * count,
    "spaces": lambda count: " " * count + "x",
    "no end": lambda count: '["' + "a" * count,
}  # fmt: skip


@pytest.mark.parametrize("case", PLAIN)
def test_json_in_proportion_to_its_size(case):
    def make(count: int) -> Callable[[], object]:
        text = PLAIN[case](count)
        return lambda: serialization.plain_value(text)

    check_growth(make)


STEPS = '{"type": "Recipe", "steps": [%s]}'
CARD = '{"type": "ModelCard", "name": "a", "title": "a", "backbone": "i3d", "backbone_version": 1, "labels": [%s]%s}'
STORED: dict[str, tuple[type, Callable[[int], str]]] = {
    "recipe": (Recipe, lambda count: STEPS % ", ".join(['{"type": "Trim", "start_s": 0.0, "stop_s": 1.0}'] * count)),
    "recipe of strangers": (Recipe, lambda count: STEPS % ", ".join(['{"type": "Nothing"}'] * count)),
    "card": (ModelCard, lambda count: CARD % (", ".join(f'"label {number}"' for number in range(count)), "")),
    "card of strange fields": (
        ModelCard,
        lambda count: CARD % ("", "".join(f', "field {number}": 1' for number in range(count))),
    ),
}


@pytest.mark.parametrize("case", STORED)
def test_recipes_and_cards_in_proportion_to_their_size(case):
    kind, text_of = STORED[case]

    def make(count: int) -> Callable[[], object]:
        text = text_of(count)
        return lambda: serialization.from_json(text, kind)

    check_growth(make)


# Subtitles and transcripts --------------------------------------------------------------------------------------------

ASS = "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,"
TEXTS: dict[str, tuple[str, str, str]] = {
    "overrides without an end": (ASS, "{\\", ""),
    "overrides without an end, and one with": (ASS, "{\\", "}x{\\b1}"),
    "overrides": (ASS, "{\\b1}x", ""),
    "tags without an end": (ASS, "<a ", ""),
    "entities": (ASS, "&lt;&#x", ""),
    "dialogues": ("", ASS + "word\n", ""),
    "commas": ("Dialogue:", ",", ""),
    "cues": ("WEBVTT\n\n", "00:01.000 --> 00:02.000\nwalk\n\n", ""),
    "cues without blank lines": ("", "00:00:01,000 --> 00:00:02,000\nwalk\n", ""),
    "lines of one cue": ("00:00:01,000 --> 00:00:02,000\n", "walk\n", ""),
    "arrows": ("00:00:01,000 --> 00:00:02,000\n", "-->", ""),
    "transcript": ("", "[00:01:02] walk\n", ""),
    "transcript in seconds": ("", "12.5 walk\n", ""),
    "table of Whisper": ("start\tend\ttext\n", "1000\t2000\twalk\n", ""),
    "lines without a time": ("", "walk\n", ""),
    **{f"transcript, then {piece!r}": ("0:12", piece, "x") for piece in (" ", "\t", ":", "- ", " -->", "1", "]", ";")},
    **{
        f"only {piece!r}": ("", piece, "") for piece in (" ", "\r", "\n", "[", "(", "1", "1:", "<", "&", "\u00e9", "\0")
    },
}


@pytest.mark.parametrize("case", TEXTS)
def test_subtitles_and_transcripts_in_proportion_to_their_size(case):
    head, piece, tail = TEXTS[case]

    def make(count: int) -> Callable[[], object]:
        content = (head + piece * count + tail).encode()
        return lambda: parser.read("a.srt", content, duration_s=3600.0)

    check_growth(make)


# Files of labels ------------------------------------------------------------------------------------------------------


def segments(count: int, *, distinct: bool = False) -> tuple[Segment, ...]:
    """Segments of a frame each, with a frame between them."""
    starts = (number * 2 / 25 for number in range(count))
    names = (f"label{number}" if distinct else f"l{number % 3}" for number in range(count))
    return tuple(Segment(start_s, start_s + 0.04, name) for start_s, name in zip(starts, names, strict=True))


def of_lanes(lanes: tuple[Lane, ...], info: VideoInfo) -> Labels:
    made = ClipLabels("a.mp4", lanes, info=info)
    return Labels((made,), listed((), (made,)))


def one_lane(count: int, *, distinct: bool = False) -> Labels:
    info = steady(2 * count + 1)
    return of_lanes((Lane(segments(count, distinct=distinct), seen=((0.0, info.duration_s),)),), info)


def many_lanes(count: int) -> Labels:
    rows = segments(count)
    return of_lanes(tuple(Lane((row,), name=f"track {i}") for i, row in enumerate(rows)), steady(2 * count + 1))


def as_pages_read(name: str, content: bytes, info: VideoInfo) -> None:
    """A file as the Label page reads it: its format told, its parts listed, its labels as tracks."""
    form = FORMATS[name]
    with suppress(FormatInvalid):
        conversion.detect_files(files_of(form, content))
    files = files_of(form, content)
    with suppress(FormatInvalid):
        selection.of(files, form)
    options = ReadOptions(watched=True)
    labels = label_files.read(files, info, "a.mp4", form=name, options=options)
    conversion.unknown_labels(labels, labels.classes)
    label_files.tracks_of(labels)


TABLES_OF_FRAMES = ("boris-binary", "deepethogram", "feral")
SHAPES: dict[str, Callable[[int], Labels]] = {
    "rows": one_lane,
    "labels": partial(one_lane, distinct=True),
    "tracks": many_lanes,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", conversion.writable())
def test_files_of_labels_in_proportion_to_their_rows(name: str, shape: str):
    def make(count: int) -> Callable[[], object]:
        labels = SHAPES[shape](count)
        try:
            content = FORMATS[name].write(labels)
        except FormatInvalid:
            pytest.skip("this format does not hold that")
        return lambda: as_pages_read(name, content, steady(2 * count + 1))

    if name in TABLES_OF_FRAMES and shape != "rows":
        pytest.skip("a row for each frame with a column for each label: the file itself grows with the square")
    check_growth(make)


PIECES = ("{", '"', "<a>", "&lt;", "-->", ",", " ", "\n", "1")


@pytest.mark.parametrize("piece", PIECES)
@pytest.mark.parametrize("name", [name for name in conversion.writable() if "stretches" in FORMATS[name].keeps])
def test_odd_files_of_labels_in_proportion_to_their_size(name: str, piece: str):
    """A file of its format with one piece many times, in its middle."""
    whole = FORMATS[name].write(one_lane(2))
    if whole.startswith(b"PK"):
        whole = b"1 walk\n2 run\n"
    place = whole.rfind(b"l1") + 1 or len(whole) // 2

    def make(count: int) -> Callable[[], object]:
        content = whole[:place] + piece.encode() * count + whole[place:]
        return lambda: as_pages_read(name, content, steady(5))

    check_growth(make, 2**16)


# Tables and lists of datasets -----------------------------------------------------------------------------------------


def class_number(count: int) -> str:
    return "".join(f"{number + 1} class{number}\n" for number in range(count))


LISTS: dict[str, Callable[[int], dict[str, str]]] = {
    "table": lambda count: {"set.csv": "path,label\n" + "".join(f"c{i}.mp4,l{i % 5}\n" for i in range(count))},
    "labels": lambda count: {"set.csv": "path,label\n" + "".join(f"c{i}.mp4,l{i}\n" for i in range(count))},
    "groups": lambda count: {"set.csv": "path,label,group\n" + "".join(f"c{i}.mp4,l,g{i}\n" for i in range(count))},
    "one clip": lambda count: {"set.csv": "path,label\n" + "c0.mp4,l\n" * count},
    "stretches": lambda count: {
        "set.csv": "path,start_s,end_s,label\n" + "".join(f"c0.mp4,{i}.0,{i}.5,l{i}\n" for i in range(count))
    },
    "columns": lambda count: {"set.csv": "path,label" + ",more" * count + "\nc0.mp4,l" + ",1" * count + "\n"},
    "columns of different names": lambda count: {
        "set.csv": "path,label" + "".join(f",c{i}" for i in range(count)) + "\nc0.mp4,l\n"
    },
    "quotes": lambda count: {"set.csv": "path,label\nc0.mp4," + '"' * count},
    "classes of UCF101": lambda count: {
        "classInd.txt": class_number(count),
        "trainlist01.txt": "".join(f"class{i}/c{i}.avi {i + 1}\n" for i in range(count)),
        "testlist01.txt": "".join(f"class{i}/d{i}.avi\n" for i in range(count)),
    },
    "lists of HMDB51": lambda count: {
        "walk_test_split1.txt": "".join(f"c{i}.avi {i % 3}\n" for i in range(count)),
        "run_test_split1.txt": "".join(f"d{i}.avi {i % 3}\n" for i in range(count)),
    },
    "frames of MS-TCN": lambda count: {
        "mapping.txt": "".join(f"{i} l{i}\n" for i in range(count)),
        "groundTruth/c0.txt": "".join(f"l{i}\n" for i in range(count)),
    },
}  # fmt: skip


@pytest.mark.parametrize("case", LISTS)
def test_tables_and_lists_of_datasets_in_proportion_to_their_size(tmp_path: Path, case: str):
    def make(count: int) -> Callable[[], object]:
        for name, text in LISTS[case](count).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        return lambda: datasets.read(datasets.Source(str(tmp_path)))

    (tmp_path / "c0.mp4").write_bytes(b"")
    check_growth(make)
