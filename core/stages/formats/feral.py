"""FERAL: a list of class numbers for each clip, one a frame. Source: BORIS boris/analysis_plugins/export_to_feral.py.

Class 0 is `other`, what is no label. BORIS' own exporter labels the frame at a stop too, which is told, not mended.
"""

from collections.abc import Mapping
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels
from core.stages.formats.common.clip_names import base
from core.stages.formats.common.files import Files, ReadOptions, json_of, one_file, shown
from core.stages.formats.common.frame_times import seconds_of
from core.stages.formats.common.reader import Reader, of_runs
from core.stages.formats.common.writer import frame_labels, json_bytes

NAME = "feral"
TITLE = "FERAL: a class for each frame"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = "frames", "the first of the list is frame 0", "each number is one frame"
KEEPS = {"classes", "several", "split", "stretches"}
DIGIT_S = 0.0
REMARK = "Each frame has exactly one class; `other` where nothing happens."
OTHER = "other"
SPLITS = ("train", "val", "test")


def looks_like(name: str, head: str) -> bool:
    """Whether a file is FERAL's."""
    return '"is_multilabel"' in head or '"class_names"' in head


def read(files: Files, options: ReadOptions) -> Labels:
    """The labels of all clips."""
    name, content = one_file(files)
    entry = json_of(name, content)
    reader = Reader(name, options)
    for key, kind in (("class_names", dict), ("labels", dict)):
        if not isinstance(entry, dict) or not isinstance(entry.get(key), kind):
            reader.problems.add(f"$.{key}", "an object", shown(entry.get(key) if isinstance(entry, dict) else entry))
    reader.problems.finish()
    if entry.get("is_multilabel", False) is not False:
        hint = "That layout is not documented: export with one label per frame."
        reader.problems.add("$.is_multilabel", "false", shown(entry["is_multilabel"]), hint)
    names = _names(reader, entry["class_names"])
    sides = _sides(reader, entry.get("splits", {}), entry["labels"])
    reader.problems.finish()
    wanted = reader.given(entry["labels"])
    rows = {clip: row for clip, row in entry["labels"].items() if clip in wanted}
    clips = [_clip(reader, clip, row, names, sides.get(clip, ""), len(rows) == 1) for clip, row in rows.items()]
    return reader.labels(clips, [label for number, label in sorted(names.items()) if number], names.get(0, OTHER))


def _names(reader: Reader, entries: Mapping[str, Any]) -> dict[int, str]:
    names: dict[int, str] = {}
    for number, value in entries.items():
        index = reader.count(number, f"$.class_names.{number}", "a number as text")
        label = reader.label(value, f"$.class_names.{number}")
        if index < 0 or not label or index in names or label in names.values():
            reader.problems.add(f"$.class_names.{number}", "a number and a label, each once", shown(value))
        names[index] = label
    return names


def _sides(reader: Reader, entry: Any, labelled: Mapping[str, Any]) -> dict[str, str]:
    sides: dict[str, str] = {}
    for part, clips in entry.items() if isinstance(entry, dict) else ():
        for at, clip in enumerate(clips) if isinstance(clips, list) else ():
            where = f"$.splits.{part}[{at}]"
            if not isinstance(clip, str) or part == "inference":
                continue
            if clip not in labelled:
                reader.problems.add(where, "a clip that has labels", shown(clip))
            elif sides.get(clip, part) != part:
                reader.problems.add(where, f"{clip} in one split", f"{sides[clip]} too")
            sides[clip] = part if part in SPLITS else ""
    return sides


def _clip(reader: Reader, name: str, row: Any, names: Mapping[int, str], split: str, alone: bool) -> ClipLabels:
    where = f"$.labels.{name}"
    if not isinstance(row, list):
        reader.problems.add(where, "a list of class numbers", shown(row))
        row = []
    strange = [
        at
        for at, value in enumerate(row)
        if isinstance(value, bool) or not isinstance(value, int) or value not in names
    ]
    for at in strange[:20]:
        reader.problems.add(f"{where}[{at}]", "a number of class_names", shown(row[at]))
    reader.problems.finish()
    info = reader.clock(name, alone=alone)
    if len(row) != info.frame_count:
        hint = "BORIS' exporter counts duration times rate where it does not know the frames: export again from it."
        reader.problems.add(where, f"{info.frame_count} numbers, as the clip has frames", f"{len(row)}", hint)
        reader.problems.finish()
    events = of_runs([names[value] for value in row], info, line=0, empty=names.get(0, OTHER))
    seen = (seconds_of(0, info.frame_count, info),)
    return reader.clip(name, events, alone=alone, exact=True, seen=seen, split=split)


def write(labels: Labels) -> bytes:
    """One row of numbers for each clip."""
    classes = [OTHER, *labels.classes]
    if len(set(classes)) < len(classes):
        raise FormatInvalid(f"FERAL calls {OTHER!r} what is no label, and a class is called so.", "Rename it.")
    number = {label: index for index, label in enumerate(classes)}
    rows: dict[str, list[int]] = {}
    splits: dict[str, list[str]] = {"train": [], "val": [], "test": [], "inference": []}
    for clip in labels.clips:
        name = base(clip.name)
        if name in rows:
            raise FormatInvalid(
                f"FERAL names clips without folders, and two are called {name!r}.", "Rename one of them."
            )
        rows[name] = [number[label] for label in frame_labels(clip, "FERAL", OTHER)]
        if clip.split in SPLITS:
            splits[clip.split].append(name)
    names = {str(index): label for label, index in number.items()}
    content = {"is_multilabel": False, "class_names": names, "labels": rows, "splits": splits}
    return json_bytes(content, indent=None)
