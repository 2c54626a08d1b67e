"""Files of labels about many clips: those of a folder, each in a format of its own, or one file or folder of lists."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from core.base.errors import FormatInvalid
from core.base.progress import Report
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels, VideoInfo
from core.stages.formats import Format, ReadOptions
from core.stages.formats.common import clip_names, conversion, selection
from core.stages.formats.common.files import Files, read_path
from core.workflows.clip_files import files_below
from core.workflows.clips import SUFFIXES
from core.workflows.study.clips import ClipFailure, first_names

LISTS = (".txt", ".bundle")  # of formats that are a folder of lists
MOST_NOTES = 5  # of a file


@dataclass
class LabelFiles:
    """Gathers what files of labels say of clips.

    infos: the clips that could be measured; paths: of all that were given. clips: with the file that tells of each.
    of_others: files that are named after no clip that was given. failures: files that cannot be read.
    """

    infos: Sequence[VideoInfo]
    paths: Sequence[str]
    clips: list[tuple[str, ClipLabels]] = field(default_factory=list)
    of_others: list[str] = field(default_factory=list)
    failures: list[ClipFailure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def read(self, path: Path, form: str, report: Report) -> None:
        """Read a file, or all files of a folder; of these, one that cannot be read is told and stops no other."""
        known = FORMATS[form] if form else None
        if not path.is_dir():
            files = read_path(path)
            self._take(path.name, files, known or conversion.detect_files(files))
            return
        unknown: list[str] = []
        for name, parts in _parted(path).items():
            report(0, 0, f"Reading {name}")
            try:
                own = known or _format_of(parts)
                if own is None:
                    unknown.append(name)
                    continue
                self._take(name, {part: _content(file) for part, file in parts.items()}, own)
            except FormatInvalid as error:
                self.failures.append(ClipFailure(name, error))
        if unknown:
            self.notes.append(f"{path.name}: files in no known format, which are not used: {first_names(unknown)}")

    def _take(self, name: str, files: Files, form: Format) -> None:
        """What files say. Those that count the frames of a clip that was not given are told with the other clips."""
        try:
            labels = selection.read(files, form, ReadOptions(tuple(self.infos), by_name=True))
        except FormatInvalid:
            if form.frames and len(files) == 1 and self.paths and not self._named_after_clip(name):
                self.of_others.append(name)
                return
            raise
        self._note(labels)
        self.clips += [(name, clip) for clip in labels.clips]

    def _named_after_clip(self, name: str) -> bool:
        return any(clip_names.base(name).startswith(clip_names.stem(path)) for path in self.paths)

    def _note(self, labels: Labels) -> None:
        texts = [conversion.told(finding) for finding in labels.findings]
        more = [f"{len(texts) - MOST_NOTES} more remarks like these"] if len(texts) > MOST_NOTES else []
        self.notes += [*texts[:MOST_NOTES], *more]


def _parted(folder: Path) -> dict[str, dict[str, Path]]:
    """The files of a folder by what is read together: lists of a format that is a folder of them, or each alone."""
    below = files_below(folder)
    names = {file.relative_to(folder).as_posix(): file for file in below if file.suffix.lower() not in SUFFIXES}
    lists = {name: file for name, file in names.items() if file.suffix.lower() in LISTS}
    if len(lists) < 2 or not _fitting(lists):
        return {name: {name: file} for name, file in names.items()}
    others = {name: {name: file} for name, file in names.items() if name not in lists}
    return {folder.name: lists, **others}


def _format_of(parts: Mapping[str, Path]) -> Format | None:
    """The format of files that are read together; None where there is none, FormatInvalid where several fit."""
    if len(parts) > 1:
        return conversion.detect_files(dict.fromkeys(parts, b""))
    ((name, file),) = parts.items()
    head = _content(file, conversion.HEAD_BYTES)
    return conversion.detect(name, head) if conversion.fitting(name, head) else None


def _fitting(names: Mapping[str, Path]) -> bool:
    text = " ".join(names)
    return any(form.files and form.looks_like(text, "") for form in FORMATS.values())


def _content(file: Path, most: int = 0) -> bytes:
    """The bytes of a file, or the first of them."""
    try:
        if most:
            with file.open("rb") as stream:
                return stream.read(most)
        (content,) = read_path(file).values()
    except (OSError, ValueError) as error:
        hint = "Check its permissions, or take it out of the folder. A ZIP file is given by its own path."
        raise FormatInvalid(f"{file.name} cannot be read: {error}", hint) from error
    return content
