"""Whatever becomes of one line or one value of a file, its reader gives labels or says what is wrong."""

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, Lane, Segment
from core.stages.formats import ReadOptions
from core.stages.formats.common import conversion
from core.stages.formats.common.files import Files
from core.workflows.annotation import files as label_files
from tests.labels import A, file_name, labels

SEGMENTS = (Segment(0.0, 0.08, "run"), Segment(0.08, 0.2, "walk"), Segment(0.28, 0.32, "run"))
VALUES: list[Any] = [
    "walk",
    "other",
    "background",
    "",
    0,
    -1,
    0.1,
    1e9,
    None,
    True,
    [],
    {},
    [0.3, 0.1],
    [[0, 1], [0.5, 0.2]],
]
GARBLED = (b"", b"?!", b"-1", b"1e9")
MIRRORED = bytes.maketrans(b"0123456789", b"9876543210")
CLOCK = ReadOptions(clips=(A,), rate_hz=Fraction(25))
ASKED = (CLOCK, ReadOptions(clips=(A,), rate_hz=Fraction(25), watched=True), ReadOptions(rate_hz=Fraction(25)))


def written(name: str) -> list[Files]:
    """Files of a format as it writes them: of labels one after another, and where it can, of some at the same time."""
    form = FORMATS[name]
    made = [labels(*SEGMENTS) if "stretches" in form.keeps else labels(label="walk")]
    if "overlaps" in form.keeps and name != "boris-binary":
        lanes = (
            Lane((Segment(0.0, 0.2, "walk"),), seen=((0.0, 0.4),), name="a"),
            Lane((Segment(0.08, 0.28, "run"), Segment(0.3, 0.36, "walk")), seen=((0.0, 0.4),), name="b", subject="s"),
        )
        made.append(Labels((ClipLabels("a.mp4", lanes, info=A),), ("walk", "run")))
    return [form.files(entry) if form.files else {file_name(form): form.write(entry)} for entry in made]


def of_lines(content: bytes) -> Iterator[bytes]:
    """The content with one line gone, doubled, exchanged with the next, cut, or garbled."""
    lines = content.split(b"\n")
    for at, line in enumerate(lines):
        for changed in (
            [], [line, line], [line[: len(line) // 2]], [line.translate(MIRRORED)], [line.replace(b"0.", b"-0.")],
            [line.replace(b",", b",,")], *([text] for text in GARBLED),
        ):  # fmt: skip
            yield b"\n".join([*lines[:at], *changed, *lines[at + 1 :]])
        yield b"\n".join([*lines[:at], *lines[at : at + 2][::-1], *lines[at + 2 :]])


def of_values(content: bytes) -> Iterator[bytes]:
    """The JSON with one value gone, doubled, or another."""
    for path in _paths(json.loads(content)):
        for value in (*VALUES, KeyError, copy.copy):
            changed = json.loads(content)
            inner = changed
            for key in path[:-1]:
                inner = inner[key]
            if value is KeyError:
                del inner[path[-1]]
            elif value is copy.copy and isinstance(inner, list):
                inner.insert(path[-1], inner[path[-1]])
            elif value is copy.copy:
                inner[f"{path[-1]}9"] = inner[path[-1]]
            else:
                inner[path[-1]] = value
            yield json.dumps(changed).encode()


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key)
        yield from _paths(inner, (*path, key))


@pytest.mark.parametrize("name", conversion.writable())
def test_a_changed_file_gives_labels_or_is_refused(name: str):
    kept = 0
    for files in written(name):
        for file, content in files.items():
            changes = of_values(content) if content[:1] in (b"{", b"[") else of_lines(content)
            for at, changed in enumerate(changes):
                try:
                    label_files.tracks_of(FORMATS[name].read({**files, file: changed}, ASKED[at % len(ASKED)]))
                    kept += 1
                except FormatInvalid as error:
                    assert str(error) and error.hint, changed
    assert kept
