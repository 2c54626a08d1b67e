"""A labelled set as its source tells it, before any clip was looked at."""

from dataclasses import dataclass
from typing import Literal

from core.domain import Finding
from core.stages.formats.common.files import Findings, refused

__all__ = ["FORMS", "Draft", "Entry", "Findings", "Source", "SourceForm", "Stretch", "refused"]

SourceForm = Literal["", "folder", "csv", "labels", "ucf", "hmdb", "mstcn"]
FORMS: dict[SourceForm, str] = {
    "folder": "A folder with a subfolder for each class",
    "csv": "A CSV table of clips and labels",
    "labels": "Labels of another program (ELAN, BORIS, VIA ...)",
    "ucf": "UCF101 split lists",
    "hmdb": "HMDB51 split lists",
    "mstcn": "A label for each frame (MS-TCN layout)",
}


@dataclass(frozen=True)
class Source:
    """Where a labelled set is read from.

    path: a folder, a CSV file or a zip. form: its layout, "" to find out. name: of the set, "" to take the source's.
    split: number of the split lists. clips: the folder of the clips where it is not that of the lists.
    watched: whether all of each clip was watched, so that between the labelled stretches there is background.
    columns: what a CSV's own headers mean, as (meaning, header). every: MS-TCN labels stand for every so many frames.
    """

    path: str
    form: SourceForm = ""
    name: str = ""
    split: int = 1
    clips: str = ""
    watched: bool = False
    columns: tuple[tuple[str, str], ...] = ()
    every: int = 1


@dataclass(frozen=True)
class Stretch:
    """A labelled stretch as a file tells it, in seconds or in frames. resolution: what its last digit stands for."""

    start: float
    stop: float
    label: str
    line: int
    resolution: float = 0.0


@dataclass(frozen=True)
class Entry:
    """A clip as a source tells it.

    file: where the clip lies. path: how the source names it. listed, line: where the source says so.
    stretches: in seconds, or where row_count is given in rows of a list, one for every so many frames of the clip.
    """

    file: str
    path: str
    label: str = ""
    stretches: tuple[Stretch, ...] = ()
    row_count: int = 0
    every: int = 1
    group: str = ""
    subject: str = ""
    split: Literal["", "train", "val", "test", "unused"] = ""
    listed: str = ""
    line: int = 0


@dataclass(frozen=True)
class Draft:
    """All that a source tells. labels: in the order of the classes. source: what was read, in words."""

    name: str
    labels: tuple[str, ...]
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    source: str
    background: str = ""
    watched: bool = False
