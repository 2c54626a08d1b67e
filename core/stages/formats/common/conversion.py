"""From files of one format to those of another: which format it is, what its labels become, what is written."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from core.base.errors import FormatInvalid, LabelsMismatch
from core.base.registry import FORMATS
from core.domain import ClipLabels, Finding, Labels, Lane, Renaming, Segment, listed
from core.stages.formats.common.clip_names import base
from core.stages.formats.common.files import Files, decoded
from core.stages.formats.common.format import Format
from core.stages.formats.common.frame_times import EXACT_S, seconds_of, without
from core.stages.formats.common.writer import clock

HEAD_BYTES = 64 * 1024
OWN_SUFFIX = {
    ".csv": "csv",
    ".eaf": "elan",
    ".json": "json",
    ".srt": "srt",
    ".vtt": "vtt",
    ".xml": "cvat",
}


@dataclass(frozen=True)
class Written:
    """What was converted: files by name, "" for the one that was asked for. notes: what was odd or is lost."""

    files: dict[str, bytes]
    notes: tuple[str, ...]


def detect(name: str, head: bytes) -> Format:
    """The format of a file by its name and its first bytes; FormatInvalid where none or several fit."""
    fits = fitting(name, head)
    if len(fits) == 1:
        return fits[0]
    if not fits:
        known = ", ".join(FORMATS)
        raise FormatInvalid(f"{base(name)} is not in a known format.", f"Specify the format with --from: {known}.")
    both = " or ".join(f"{form.name} ({form.title})" for form in fits)
    raise FormatInvalid(f"{base(name)} can be read as {both}.", "Specify the format with --from.")


def fitting(name: str, head: bytes) -> list[Format]:
    """All formats that a file may be in, by its name and its first bytes; one that is no text by its name alone."""
    if binary := [form for form in FORMATS.values() if form.binary and form.looks_like(name, "")]:
        return binary
    text = decoded(head, "replace")
    return [form for form in FORMATS.values() if not form.binary and form.looks_like(name, text)]


def writable() -> tuple[str, ...]:
    """The names of the formats in which labels can be written; the others are only read."""
    return tuple(name for name, form in FORMATS.items() if not form.read_only)


def detect_files(files: Files) -> Format:
    """The format of a file, or of the files of a folder or zip."""
    if not files:
        raise FormatInvalid("There are no files.", "Give a file of labels, or a folder of them.")
    name, content = next(iter(files.items()))
    if len(files) == 1:
        return detect(name, content[:HEAD_BYTES])
    names = " ".join(files)
    fits = [form for form in FORMATS.values() if form.files and form.looks_like(names, "")]
    if len(fits) == 1:
        return fits[0]
    labelled = [file for file in files if file.lower().endswith(".json")]
    if len(labelled) == 1:
        return detect(labelled[0], files[labelled[0]][:HEAD_BYTES])
    raise FormatInvalid(f"These {len(files)} files match no format with several files.", "Give one file of labels.")


def format_for(name: str) -> Format:
    """The format that the suffix of a new file stands for; FormatInvalid where it stands for none or several."""
    if name.lower().endswith("_labels.csv"):
        return FORMATS["deepethogram"]
    match = re.search(r"\.[^./\\]+$", name)
    suffix = match[0].lower() if match else ""
    if suffix in OWN_SUFFIX:
        return FORMATS[OWN_SUFFIX[suffix]]
    fits = [form for form in FORMATS.values() if form.suffix == suffix]
    if len(fits) == 1:
        return fits[0]
    entry = f"matches {' or '.join(form.name for form in fits)}" if fits else "matches no format"
    raise FormatInvalid(
        f"The suffix {suffix or '(none)'} of {base(name)} {entry}.",
        f"Specify the format with --to: {', '.join(writable())}.",
    )


def convert(labels: Labels, form: Format, *, folder: bool = False) -> Written:
    """The labels as files of a format. What it cannot hold is told; what it cannot write is refused."""
    notes = [not_kept(form, what) for what in form.lost(labels)]
    if form.files and not folder and form.remark:
        notes.append(form.remark)
    labels = without_points(labels) if "points" not in form.keeps else labels
    if folder and form.files:
        return Written(form.files(labels), tuple(notes))
    if folder:
        raise FormatInvalid(
            f"{form.title} is one file, not a folder.", f"Give the name of a file, such as out{form.suffix}."
        )
    return Written({"": form.write(labels)}, tuple(notes))


def not_kept(form: Format, what: str) -> str:
    """That a format does not keep something, in words."""
    return f"{form.title} does not keep {what}"


def without_points(labels: Labels) -> Labels:
    """The labels without moments that have no length, for a format that cannot hold them."""
    return replace(labels, clips=tuple(_each_lane(clip, _without_points) for clip in labels.clips))


def _without_points(lane: Lane) -> Lane:
    return replace(lane, points=())


def points_as_frames(labels: Labels) -> Labels:
    """The labels with each moment as the one frame that is shown then, in a track for each such label."""
    return replace(labels, clips=tuple(_framed(clip) for clip in labels.clips))


def _framed(clip: ClipLabels) -> ClipLabels:
    points = [(lane, point) for lane in clip.lanes for point in lane.points]
    if not points:
        return clip
    info = clock(clip, "A frame for each moment")
    shown: dict[tuple[str, str, str], dict[int, Segment]] = {}
    for lane, point in points:
        frame = int(np.searchsorted(info.times_s, point.time_s + EXACT_S, side="right")) - 1
        made = Segment(*seconds_of(frame, frame + 1, info), point.label, point.confidence, point.note)
        shown.setdefault((point.label, lane.author, lane.subject), {}).setdefault(frame, made)
    seen = {(lane.author, lane.subject): lane.seen for lane in clip.lanes}
    lanes = tuple(
        Lane(tuple(own[frame] for frame in sorted(own)), (), seen[author, subject], label, author, subject)
        for (label, author, subject), own in shown.items()
    )
    kept = (lane for lane in _each_lane(clip, _without_points).lanes if lane.segments)
    return replace(clip, lanes=(*kept, *lanes))


def told(finding: Finding) -> str:
    """A finding on one line."""
    where = f"{finding.file}, line {finding.line}" if finding.line else finding.file
    ending = " (left out)" if finding.left_out and "left out" not in finding.got else ""
    return f"{where}: expected {finding.expected}, got {finding.got}{ending}"


# Labels that a project does not know ----------------------------------------------------------------------------------


def unknown_labels(labels: Labels, known: Sequence[str]) -> tuple[str, ...]:
    """The labels in use, and the background, that a project does not know, in their order: each asks for a decision."""
    used, familiar = dict.fromkeys(label for clip in labels.clips for label in clip.labels), set(known)
    return tuple(label for label in used if label not in familiar)


def renamed(labels: Labels, renaming: Renaming, known: Sequence[str] | None = None) -> Labels:
    """The labels under their new names; the stretches of those that are left out become unlabelled, never background.

    known: the labels of a project; each that is not among them must be decided on, else LabelsMismatch.
    """
    table = dict(renaming.pairs)
    if not table and known is None:
        return labels
    if strange := sorted(set(table) - {*labels.classes, labels.background}):
        raise LabelsMismatch(
            f"The file has no label {strange[0]!r}.", f"Its labels: {', '.join(labels.classes) or 'none'}."
        )
    if known is not None:
        undecided = [label for label in unknown_labels(labels, known) if label not in table]
        if undecided:
            raise LabelsMismatch(
                f"{len(undecided)} labels are unknown: {', '.join(map(repr, undecided[:20]))}.",
                "Map each of them to an existing or a new label, or leave it out.",
            )
    background = table.get(labels.background, labels.background) if labels.background else ""
    clips = tuple(_renamed_clip(clip, table, background) for clip in labels.clips)
    kept = [table.get(label, label) for label in labels.classes]
    findings = [*labels.findings, *_left_out(labels, table)]
    classes = tuple(dict.fromkeys(label for label in kept if label and label != background))
    return Labels(clips, listed(classes, clips), background, tuple(findings))


def _left_out(labels: Labels, table: dict[str, str]) -> list[Finding]:
    findings = []
    for label, name in table.items():
        count = sum(
            (clip.label == label)
            + sum(entry.label == label for lane in clip.lanes for entry in (*lane.segments, *lane.points))
            for clip in labels.clips
        )
        if not name and count:
            findings.append(Finding(label, 0, "a label to keep", f"{count} of {label!r}, left out as requested"))
    return findings


def _renamed_clip(clip: ClipLabels, table: dict[str, str], background: str) -> ClipLabels:
    named = replace(clip, label=table.get(clip.label, clip.label) if clip.label else "")
    return _each_lane(named, lambda lane: _renamed_lane(lane, table, background))


def _each_lane(clip: ClipLabels, change: Callable[[Lane], Lane]) -> ClipLabels:
    return replace(clip, lanes=tuple(change(lane) for lane in clip.lanes))


def _renamed_lane(lane: Lane, table: dict[str, str], background: str) -> Lane:
    def name(label: str) -> str:
        return table.get(label, label)

    nothing = ("", background)
    dropped = [(segment.start_s, segment.stop_s) for segment in lane.segments if not name(segment.label)]
    return replace(
        lane,
        segments=tuple(
            replace(segment, label=name(segment.label))
            for segment in lane.segments
            if name(segment.label) not in nothing
        ),
        points=tuple(
            replace(point, label=name(point.label)) for point in lane.points if name(point.label) not in nothing
        ),
        seen=without(lane.seen, dropped),
    )
