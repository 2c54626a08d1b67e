"""FERAL: a list of class numbers for each clip, one a frame. Source: BORIS boris/analysis_plugins/export_to_feral.py.

Class 0 is `other`, what is no label. BORIS' own exporter labels the frame at a stop too, which is told, not mended.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import starmap
from typing import Any

from core.base.errors import FormatInvalid
from core.domain import ClipLabels, Labels
from core.stages.formats.common.clip_names import base
from core.stages.formats.common.files import Files, ReadOptions, json_of, one_file, shown
from core.stages.formats.common.frame_times import labelled_runs, seconds_of
from core.stages.formats.common.reader import Event, Reader
from core.stages.formats.common.writer import frame_labels, json_bytes

NAME = "feral"
TITLE = "FERAL: a class for each frame"
SUFFIX = ".json"
MIME = "application/json"
UNIT, BASE, ENDS = "frames", "the first of the list is frame 0", "each number is one frame"
KEEPS = {"classes", "several", "split", "stretches"}
DIGIT_S = 0.0
EVERY_FRAME = True
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
    reader.problems.finish()
    names = _names(reader, entry["class_names"])
    sides = _sides(reader, entry.get("splits", {}), entry["labels"])
    wanted = reader.given(entry["labels"])
    rows = {clip: row for clip, row in entry["labels"].items() if clip in wanted}
    empty = names.get(0, "" if OTHER in names.values() else OTHER)
    clips = [_clip(reader, clip, row, names, empty, len(rows) == 1) for clip, row in rows.items()]
    kept = [replace(clip, split=sides.get(name, "")) for name, clip in zip(rows, clips, strict=True) if clip]
    return reader.labels(kept, [label for number, label in sorted(names.items()) if number], empty)


def _names(reader: Reader, entries: Mapping[str, Any]) -> dict[int, str]:
    """The classes by their numbers; what is no number with a label is left out."""
    names: dict[int, str] = {}
    known: set[str] = set()
    for number, value in entries.items():
        where = f"$.class_names.{number}"
        index, label = reader.count(number, where, "a number as text"), reader.label(value, where)
        if index in names or label in known:
            reader.left_out(where, "a number and a label, each once", shown(value))
        elif index >= 0 and label:
            names[index] = label
            known.add(label)
    return names


def _sides(reader: Reader, entry: Any, labelled: Mapping[str, Any]) -> dict[str, str]:
    """What clips are for; one in two splits, which contradict each other, is for nothing."""
    sides: dict[str, str] = {}
    for part, clips in entry.items() if isinstance(entry, dict) else ():
        for at, clip in enumerate(clips) if isinstance(clips, list) else ():
            where = f"$.splits.{part}[{at}]"
            if not isinstance(clip, str) or part == "inference":
                continue
            side = part if part in SPLITS else ""
            if clip not in labelled:
                reader.unused(where, "a clip that has labels", shown(clip))
            elif sides.get(clip, side) != side:
                reader.unused(where, f"{clip} in one split", f"{sides[clip] or 'no split'} too")
                side = ""
            sides[clip] = side
    return sides


def _clip(reader: Reader, name: str, row: Any, names: Mapping[int, str], empty: str, alone: bool) -> ClipLabels | None:
    """The labels of a clip, without frames whose number is none of the classes; None where they do not fit the clip."""
    where = f"$.labels.{name}"
    if not isinstance(row, list):
        reader.left_out(where, "a list of class numbers", shown(row))
        return None
    info = reader.clock(name, alone=alone)
    if len(row) != info.frame_count:
        hint = "BORIS' exporter counts duration times rate where it does not know the frames: export again from it."
        reader.left_out(where, f"{info.frame_count} numbers, as the clip has frames", f"{len(row)}", hint)
        return None
    labels = [names.get(value) if isinstance(value, int) and not isinstance(value, bool) else None for value in row]
    odd = (at for at, label in enumerate(labels) if label is None)
    reader.rows_left_out((f"{where}[{at}]", "a number of class_names", shown(row[at])) for at in odd)
    reader.sound = reader.sound or any(labels)
    events = starmap(
        Event, labelled_runs(["" if label is None else label for label in labels], info, line=0, empty=empty or None)
    )
    seen = (seconds_of(0, info.frame_count, info),)
    return reader.clip(name, events, alone=alone, exact=True, seen=seen)


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
