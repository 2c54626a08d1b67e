"""Files of labels of other programs, in seconds, beside a folder of clips: read as a labelled set."""

from collections.abc import Iterator
from pathlib import Path

from core.base.errors import FormatInvalid
from core.base.registry import FORMATS
from core.domain import ClipLabels, Labels
from core.stages.formats import Format, ReadOptions
from core.stages.formats.common import conversion
from core.stages.formats.common.clip_names import base, stem
from core.stages.formats.common.files import Files, read_path
from core.stages.formats.common.reader import BACKGROUND
from core.workflows.datasets.draft import Draft, Entry, Findings, Stretch
from core.workflows.datasets.file_listing import ClipFiles, clips_below, shown

ALONE = (".eaf", ".vtt", ".srt", ".nwb")  # files of one clip each, which may lie in a folder together


def is_labels(path: Path) -> bool:
    """Whether a file is one of labels that is no plain table of clips."""
    try:
        return _format(read_path(path)).name != "csv"
    except FormatInvalid:
        return False


def files_of(path: Path) -> list[Path]:
    """The file at a path, or those of one clip each in a folder."""
    if path.is_file():
        return [path]
    inner = [file for file in sorted(path.iterdir()) if file.is_file()]
    tables = [path for path in inner if path.suffix.lower() in (".csv", ".tsv")]
    return [path for path in inner if path.suffix.lower() in ALONE] or (tables if len(tables) == 1 else [])


def read_labels(path: Path, *, name: str = "", clips: str = "", watched: bool = False) -> Draft:
    """The set of a file of labels, or of a folder of files of one clip each. Clips are found by their names.

    watched: between the labelled stretches of a clip there is background; else nothing is known there. Formats that
    count frames are refused: a frame means a moment only on its clip's own clock, which nobody has measured yet.
    """
    root = path if path.is_dir() else path.parent
    known_clips, findings = clips_below(Path(clips) if clips else root), Findings()
    entries, labels = [], {}
    for file in files_of(path):
        form, file_labels = _read(file)
        findings.all += file_labels.findings
        labels |= dict.fromkeys(file_labels.classes)
        entries += _entries(file_labels, form, shown(file, root), known_clips, findings)
    some = any(entry.stretches for entry in entries)
    background = BACKGROUND if some and (watched or BACKGROUND in labels) else ""
    kept = [label for label in labels if label != background]
    listed = (background, *kept) if background else tuple(kept)
    text = f"labels {path}"
    return Draft(name or path.stem, listed, tuple(entries), tuple(findings.all), text, background, watched)


def _format(files: Files) -> Format:
    return conversion.detect_files(files)


def _read(file: Path) -> tuple[Format, Labels]:
    files = read_path(file)
    form = _format(files)
    if not form.digit_s and form.name != "boris-binary":
        raise FormatInvalid(
            f"{file.name}: {form.title} counts frames, which cannot be converted without the clip.",
            f"Convert it to a table first: python -m core convert {file.name} labels.csv --video CLIP.",
        )
    return form, form.read(files, ReadOptions())


def _entries(labels: Labels, form: Format, listed: str, clips: ClipFiles, findings: Findings) -> Iterator[Entry]:
    """An entry for each clip of a file that is there."""
    for clip in labels.clips:
        there = clips.ending(clip.name) or clips.ending(base(clip.name)) or clips.by_stem.get(stem(clip.name), ())
        if len(there) != 1:
            got = ", ".join(shown(path, clips.root) for path in there[:3]) or "none"
            findings.left_out(listed, 0, f"one clip {clip.name} below {clips.root}", got)
            continue
        for lane in clip.lanes:
            for point in lane.points:
                text = f"{point.label} at {point.time_s:g} s, a moment without a length"
                findings.left_out(listed, 0, "a segment", text)
        stretches = tuple(_stretches(clip, form.digit_s or FORMATS["boris"].digit_s))
        if not clip.label and not stretches:
            findings.left_out(listed, 0, f"labels of {clip.name}", "none")
            continue
        label = "" if stretches else clip.label
        if stretches and clip.label:
            findings.left_out(listed, 0, f"{clip.name} as a whole or by segments", "both: the segments are used")
        path = shown(there[0], clips.root)
        yield Entry(
            file=str(there[0]), path=path, label=label, stretches=stretches,
            group=clip.group, subject=clip.subject, split=clip.split, listed=listed,
        )  # fmt: skip


def _stretches(clip: ClipLabels, digit_s: float) -> Iterator[Stretch]:
    for lane in clip.lanes:
        for segment in lane.segments:
            yield Stretch(segment.start_s, segment.stop_s, segment.label, 0, digit_s)
