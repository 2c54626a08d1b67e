"""Neurodata Without Borders (NWB 2): the labels of one clip as a file that neurophysiology tools and archives read.

Studies write it, which know when each recording began; as a format of FORMATS it is only read.

recording: what such a file holds  tables: names that writer and reader share  hdf5: files from outside, with bounds
contents: what hdf5 gives, made in a process of its own  reader: labels out of that
writer: with pynwb and ndx-ethogram, which a person may install
"""

from core.base.errors import FormatInvalid
from core.domain import Labels
from core.stages.formats.common.files import Files, ReadOptions, one_file

NAME = "nwb"
TITLE = "NWB (Neurodata Without Borders)"
SUFFIX = ".nwb"
MIME = "application/x-hdf5"
UNIT, BASE, ENDS = "seconds, 64-bit numbers", "from 0, the first frame", "stop_time is excluded"
KEEPS = {
    *("classes", "confidence", "notes", "overlaps", "points", "split", "stretches", "tracks", "unlabelled", "whole")
}
DIGIT_S = 1e-9
BINARY = READ_ONLY = True


def looks_like(name: str, head: str) -> bool:
    """Whether a file is called like an NWB file."""
    return name.lower().endswith(SUFFIX)


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of a file."""
    from core.stages.formats.nwb import contents, reader

    return reader.recording(contents.read(*one_file(files)), options).labels


def write(labels: Labels) -> bytes:
    """Refused: a file of labels does not say when its recording began."""
    raise FormatInvalid(
        "An NWB file must say when the recording began, which label files do not.",
        "Write NWB files with `python -m core study --nwb`, or on the page Study.",
    )
