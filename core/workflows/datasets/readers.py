"""Folders and lists read as labelled sets: a folder a class, UCF101, HMDB51, MS-TCN.

Nothing is decoded here. Whatever does not fit is a finding with file and line, or, where nothing can be read at all,
FormatInvalid.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Literal

from core.base.errors import FormatInvalid
from core.stages.formats import hmdb51, mstcn, ucf101
from core.stages.formats.common.csv_tables import SIDES
from core.stages.formats.common.reader import BACKGROUND
from core.workflows.clip_files import files_below, is_of_the_system
from core.workflows.datasets.annotation_files import files_of, is_labels, read_labels
from core.workflows.datasets.csv_reader import read_csv
from core.workflows.datasets.draft import FORMS, Draft, Entry, Findings, Source, SourceForm, Stretch, refused
from core.workflows.datasets.file_listing import ClipFiles, clips_below, lines_of, shown

SplitPart = Literal["", "train", "val", "test", "unused"]


def read(source: Source) -> Draft:
    """The set that lies at a source, whatever its layout. A zip must have been unpacked before."""
    path = Path(source.path)
    if not path.exists():
        raise FormatInvalid(f"There is no file or folder {path}.", "Check the spelling; give the whole path.")
    form = source.form or form_of(path)
    if form == "csv":
        return read_csv(
            _table(path), name=source.name, clips=source.clips, watched=source.watched, columns=source.columns
        )
    if form == "labels":
        return read_labels(path, name=source.name, clips=source.clips, watched=source.watched)
    if not path.is_dir():
        raise refused(path.name, 0, f"a folder ({FORMS[form]})", "a file")
    if form == "folder":
        return read_folder(path, name=source.name)
    if form == "mstcn":
        return read_mstcn(path, name=source.name, split=source.split, clips=source.clips, every=source.every)
    lists = {"ucf": read_ucf_lists, "hmdb": read_hmdb_lists}[form]
    return lists(path, name=source.name, split=source.split, clips=source.clips)


def form_of(path: Path) -> SourceForm:
    """The layout of a file or folder; FormatInvalid where none or several fit."""
    if path.is_file():
        if is_labels(path):
            return "labels"
        if path.suffix.lower() in (".csv", ".tsv"):
            return "csv"
        raise refused(path.name, 0, "a folder, a zip or a CSV table", f"a file that ends in {path.suffix or 'nothing'}")
    fits: list[SourceForm] = []
    inner = [
        path,
        *(folder for folder in sorted(path.iterdir()) if folder.is_dir() and not is_of_the_system(folder.name)),
    ]
    if any((path / "classInd.txt").is_file() for path in inner):
        fits.append("ucf")
    if any(hmdb51.LIST.fullmatch(path.name) for place in inner for path in place.glob("*_test_split?.txt")):
        fits.append("hmdb")
    if (path / "groundTruth").is_dir():
        fits.append("mstcn")
    if not fits and len(_tables(path)) == 1:
        fits.append("labels" if is_labels(_tables(path)[0]) else "csv")
    if not fits and not _tables(path) and files_of(path):
        fits.append("labels")
    if len(fits) > 1:
        both = " and as ".join(FORMS[form] for form in fits)
        raise FormatInvalid(f"{path} can be read as {both}.", "Specify the layout.")
    return fits[0] if fits else "folder"


def _tables(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".csv", ".tsv") and path.is_file())


def _table(path: Path) -> Path:
    """The CSV file at a path, or the only one in a folder."""
    if path.is_file():
        return path
    paths = _tables(path)
    if len(paths) != 1:
        raise refused(
            path.name, 0, "one CSV table in the folder", f"{len(paths)}", "Give the path of the table itself."
        )
    return paths[0]


# A folder a class -----------------------------------------------------------------------------------------------------


def read_folder(path: Path, *, name: str = "") -> Draft:
    """The set of a folder whose subfolders are the classes; clips may lie deeper, and the path is kept for groups.

    Where the subfolders are called train, val, test and the like, they are the split, with the classes in them.
    """
    findings, entries, labels = Findings(), [], []
    if not _folders_in(path):
        hint = "Give the folder that holds one folder for each class, with the clips of that class in it."
        raise refused(str(path), 0, "a subfolder for each class", "none", hint)
    _loose_files(path, path, findings)
    for folder, label, side in _class_folders(path, findings):
        own = [
            Entry(str(file), shown(file, path), label, split=side, listed=shown(file, path))
            for file in files_below(folder)
        ]
        labels.append(label)
        entries += own
        if not own:
            findings.left_out(shown(folder, path), 0, "clips of this class in its folder", "an empty folder")
    labels = list(dict.fromkeys(labels))
    return Draft(name or path.name, tuple(labels), tuple(entries), tuple(findings.all), f"folder {path}")


def _folders_in(path: Path) -> list[Path]:
    """The folders right below one, by the alphabet."""
    return [folder for folder in sorted(path.iterdir()) if folder.is_dir() and not is_of_the_system(folder.name)]


def _class_folders(path: Path, findings: Findings) -> list[tuple[Path, str, SplitPart]]:
    """The folders with the clips of a class, each with its label and the part of the split that it lies in.

    Folders are parts of a split where all of them are called so, at least one for training and one to judge by, and
    each holds folders: a class may be called "test" too.
    """
    folders = _folders_in(path)
    sides: dict[Path, SplitPart] = {folder: SIDES.get(folder.name.lower(), "") for folder in folders}
    if "train" not in sides.values() or not {"val", "test"} & set(sides.values()):
        return [(folder, shown(folder, path), "") for folder in folders]
    if not all(sides.values()) or not all(_folders_in(folder) for folder in folders):
        return [(folder, shown(folder, path), "") for folder in folders]
    for folder in folders:
        _loose_files(folder, path, findings)
    return [(inner, shown(inner, folder), sides[folder]) for folder in folders for inner in _folders_in(folder)]


def _loose_files(path: Path, root: Path, findings: Findings) -> None:
    for file in sorted(inner for inner in path.iterdir() if inner.is_file() and not is_of_the_system(inner.name)):
        findings.left_out(shown(file, root), 0, "clips inside the folder of a class", "a file beside the folders")


# UCF101 ---------------------------------------------------------------------------------------------------------------


def read_ucf_lists(path: Path, *, name: str = "", split: int = 1, clips: str = "") -> Draft:
    """The set that classInd.txt, trainlist0N.txt and testlist0N.txt describe. The group is class and gNN."""
    findings = Findings()
    lists = _folder_with("classInd.txt", path)
    classes = ucf101.classes_in(lines_of(lists / "classInd.txt", path), shown(lists / "classInd.txt", path))
    parts = {"train": lists / f"trainlist{split:02}.txt", "test": lists / f"testlist{split:02}.txt"}
    missing = [file.name for file in parts.values() if not file.is_file()]
    if missing:
        raise refused(lists.name, 0, f"the lists of split {split}", f"no {' and no '.join(missing)}")
    known_clips = clips_below(Path(clips) if clips else path)
    rows = [
        (part, file, number, line)
        for part, file in parts.items()
        for number, line in enumerate(lines_of(file, path), 1)
        if line.strip()
    ]
    entries = [entry for row in rows if (entry := _ucf_entry(row, path, classes, known_clips, findings))]
    entries = _in_one_list(entries, findings)
    _unlisted(entries, known_clips, set(classes), findings)
    labels = tuple(sorted(classes, key=classes.__getitem__))
    return Draft(name or path.name, labels, tuple(entries), tuple(findings.all), f"UCF101 lists, split {split}, {path}")


def _folder_with(file: str, path: Path) -> Path:
    """The folder that holds this file: `path` itself or one right below it."""
    paths = [folder for folder in (path, *sorted(path.iterdir())) if (folder / file).is_file()]
    if len(paths) != 1:
        raise refused(str(path), 0, f"one {file} in this folder or right below it", f"{len(paths)}")
    return paths[0]


def _ucf_entry(
    row: tuple[str, Path, int, str], root: Path, classes: dict[str, int], clips: ClipFiles, findings: Findings
) -> Entry | None:
    part, file, number, line = row
    listed = shown(file, root)
    texts = ucf101.clip_in(line, classes)
    if len(texts) == 3:
        findings.left_out(listed, number, texts[0], texts[1])
        return None
    label, clip = texts
    if path := _located(clips, (f"{label}/{clip}",), listed, number, findings):
        named = ucf101.group_of(label, clip)
        return Entry(str(path), f"{label}/{clip}", label, group=named, split=_side(part), listed=listed, line=number)
    return None


def _side(part: str) -> SplitPart:
    return "train" if part == "train" else "test"


def _located(clips: ClipFiles, ends: Sequence[str], listed: str, line: int, findings: Findings) -> Path | None:
    """The one clip whose path ends so; else a finding."""
    for end in ends:
        paths = clips.ending(end)
        if len(paths) == 1:
            return paths[0]
        if paths:
            where = ", ".join(shown(path, clips.root) for path in paths[:3])
            findings.left_out(listed, line, f"one clip {end}", f"{len(paths)}: {where}")
            return None
    findings.left_out(listed, line, f"a clip {ends[0]} below {clips.root}", "none")
    return None


def _in_one_list(entries: Sequence[Entry], findings: Findings) -> list[Entry]:
    """The entries without those that are listed more than once; groups that stand in both lists are told."""
    where: dict[str, list[Entry]] = {}
    sides: dict[str, dict[str, Entry]] = {}
    for entry in entries:
        where.setdefault(entry.file, []).append(entry)
        if entry.group:
            sides.setdefault(entry.group, {}).setdefault(entry.split, entry)
    for twice in (group for group in where.values() if len(group) > 1):
        for entry in twice:
            other = next(listed for listed in twice if listed is not entry)
            findings.left_out(
                entry.listed, entry.line, f"{entry.path} once", f"also in {other.listed}, line {other.line}"
            )
    for group, both in sides.items():
        if {"train", "test"} <= set(both):
            other = both["train"]
            findings.noted(
                both["test"].listed,
                both["test"].line,
                f"group {group} in one list only",
                f"also in {other.listed}, line {other.line}: this split would leak",
            )
    return [entry for entry in entries if len(where[entry.file]) == 1]


def _unlisted(entries: Iterable[Entry], clips: ClipFiles, labels: set[str], findings: Findings) -> None:
    """Say which clips in folders of classes no list names."""
    listed = {entry.file for entry in entries}
    for paths in clips.by_end.values():
        for path in paths:
            if path.parent.name in labels and str(path) not in listed:
                findings.left_out(shown(path, clips.root), 0, "a line in one of the lists", "none that takes it in")


# HMDB51 ---------------------------------------------------------------------------------------------------------------


def read_hmdb_lists(path: Path, *, name: str = "", split: int = 1, clips: str = "") -> Draft:
    """The set that <class>_test_split<N>.txt describe: 1 is for training, 2 for testing, 0 is not used."""
    findings = Findings()
    lists = [file for file in files_below(path) if hmdb51.LIST.fullmatch(file.name)]
    paths = {
        (match["label"], int(match["split"])): file for file in lists if (match := hmdb51.LIST.fullmatch(file.name))
    }
    labels = sorted({label for label, _ in paths})
    if not any(number == split for _, number in paths):
        raise refused(str(path), 0, f"lists named <class>_test_split{split}.txt", "none")
    known_clips = clips_below(Path(clips) if clips else path)
    entries: list[Entry] = []
    for label in labels:
        if (label, split) in paths:
            entries += _hmdb_entries(paths[label, split], path, label, known_clips, findings)
        else:
            findings.left_out(label, 0, f"a list {label}_test_split{split}.txt", "none")
    entries = _in_one_list(entries, findings)
    _unlisted(entries, known_clips, set(labels), findings)
    return Draft(
        name or path.name, tuple(labels), tuple(entries), tuple(findings.all), f"HMDB51 lists, split {split}, {path}"
    )


def _hmdb_entries(file: Path, root: Path, label: str, clips: ClipFiles, findings: Findings) -> list[Entry]:
    listed, entries = shown(file, root), []
    for number, line in enumerate(lines_of(file, root), 1):
        if not line.strip():
            continue
        pair = hmdb51.clip_in(line)
        if pair is None:
            findings.left_out(listed, number, "a clip, then 0, 1 or 2", repr(line[:80]))
        elif clip := _located(clips, (f"{label}/{pair[0]}", pair[0]), listed, number, findings):
            entries.append(Entry(str(clip), f"{label}/{pair[0]}", label, split=pair[1], listed=listed, line=number))
    for part, count in hmdb51.COUNTS.items():
        got = sum(entry.split == part for entry in entries)
        if got != count:
            findings.noted(listed, 0, f"{count} clips to {part} with, as in HMDB51", str(got))
    return entries


# MS-TCN ---------------------------------------------------------------------------------------------------------------


def read_mstcn(path: Path, *, name: str = "", split: int = 1, clips: str = "", every: int = 1) -> Draft:
    """The set of a folder with groundTruth/<clip>.txt, a label a frame, and perhaps mapping.txt and splits/.

    every: a label stands for so many frames. Clips are found by their name without suffix, anywhere below the folder.
    """
    if every < 1:
        raise refused(path.name, 0, "a label for every 1 or more frames", str(every))
    findings = Findings()
    lists = sorted((path / "groundTruth").glob("*.txt"))
    if not lists:
        raise refused(str(path), 0, "lists groundTruth/<clip>.txt", "none")
    mapping = path / "mapping.txt"
    labels = _mapping(mapping, path, findings) if mapping.is_file() else _labels_of(lists, path, findings)
    sides = _bundles(path, split, {file.name for file in lists}, findings)
    known_clips = clips_below(Path(clips) if clips else path)
    known = set(labels)
    entries = [entry for file in lists if (entry := _mstcn_entry(file, path, known, known_clips, every, findings))]
    entries = [_with_side(entry, sides) for entry in entries]
    background = BACKGROUND if BACKGROUND in labels else ""
    text = f"labels of each frame, {path}"
    return Draft(
        name or path.name, tuple(labels), tuple(entries), tuple(findings.all), text, background, bool(background)
    )


def _mapping(file: Path, root: Path, findings: Findings) -> list[str]:
    """The labels of a mapping; lines that tell none are told."""
    labels, odd = mstcn.mapping_in(lines_of(file, root))
    for line, expected, got in odd:
        findings.left_out(shown(file, root), int(line), expected, got)
    return labels


def _labels_of(lists: Sequence[Path], root: Path, findings: Findings) -> list[str]:
    """The labels that the lists use, by the alphabet, where no mapping tells them."""
    labels = sorted({line for file in lists for line in lines_of(file, root) if line.strip()})
    findings.noted(
        "mapping.txt", 0, "the list of all labels", f"none: the {len(labels)} names in use are taken as they are"
    )
    return labels


def _bundles(path: Path, split: int, known: set[str], findings: Findings) -> dict[str, SplitPart]:
    """What the lists of a split give each ground truth for; none where there are no such lists."""
    sides: dict[str, SplitPart] = {}
    for part in ("train", "test"):
        file = path / "splits" / f"{part}.split{split}.bundle"
        if not file.is_file():
            continue
        for number, line in enumerate(lines_of(file, path), 1):
            if line.strip() and line not in known:
                findings.noted(shown(file, path), number, "the name of a list in groundTruth", repr(line[:80]))
            elif line in sides and sides[line] != part:
                findings.noted(
                    shown(file, path), number, f"{line} on one side", "both sides: it is not used in this split"
                )
                sides[line] = "unused"
            elif line.strip():
                sides[line] = _side(part)
    return sides


def _with_side(entry: Entry, sides: dict[str, SplitPart]) -> Entry:
    return replace(entry, split=sides.get(Path(entry.listed).name, ""))


def _mstcn_entry(
    file: Path, root: Path, known: set[str], clips: ClipFiles, every: int, findings: Findings
) -> Entry | None:
    listed = shown(file, root)
    paths = clips.by_stem.get(file.stem, ()) or clips.by_stem.get(file.name.split(".")[0], ())
    if len(paths) != 1:
        got = ", ".join(shown(path, clips.root) for path in paths[:3]) or "none"
        findings.left_out(listed, 0, f"one clip named {file.stem} below {clips.root}", got)
        return None
    lines = lines_of(file, root)
    stretches, first = [], 0
    for label, run in groupby(lines):
        stop = first + len(list(run))
        if label in known:
            stretches.append(Stretch(first, stop, label, first + 1))
        else:
            rows = f"{label[:80]!r} in {stop - first} rows" if label.strip() else f"{stop - first} empty rows"
            findings.left_out(listed, first + 1, "a label of mapping.txt", rows)
        first = stop
    path = shown(paths[0], clips.root)
    return Entry(
        str(paths[0]), path, stretches=tuple(stretches), row_count=len(lines), every=every, listed=listed, line=0
    )
