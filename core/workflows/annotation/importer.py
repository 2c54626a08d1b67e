"""Import of a file of labels into a clip. Workers read the file; a page sees a bounded summary of it.

The file is kept aside: `keep`. `check` stores what it says, read in one way or another, and `take` makes its tracks.
`discard` forgets it.
"""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from core.base.errors import AnalysisError
from core.base.progress import Report, silent
from core.domain import DrawnTrack, Labels, Part, Renaming
from core.domain.fingerprint import fingerprint
from core.stages.formats import Format, ReadOptions
from core.stages.formats.common import conversion, selection
from core.stages.formats.common.files import Files, read_path
from core.stages.formats.labelstudio import rate_of
from core.workflows.annotation import files, journal, scheme
from core.workspace.jobs.lanes import short
from core.workspace.store import Store

SMALL_BYTES, SMALL_ZIP_BYTES = 2**20, 2**16  # of files that are read while a page waits
ZIP = b"PK\x03\x04"
MOST_TRACKS, MOST_LABELS, MOST_PARTS = 100, 300, 500  # that a summary lists; parts: of a kind
MOST_NOTES = 8
EXACT_S = 1e-6
KINDS = ("label file", "label summary", "label import")


@dataclass(frozen=True)
class KeptFile:
    """A file of labels that waits to be imported.

    path: where it is kept aside. name: as it was uploaded. small: whether it is read while a page waits. taking: the
    key of the import that was begun, "" before.
    """

    path: str
    name: str
    size: int
    small: bool
    taking: str = ""


@dataclass(frozen=True)
class LabelReading:
    """How a kept file is read. form: the name of its format, "" to detect it. The others: see ReadOptions.

    rate: as a person wrote it, "" for none.
    """

    path: str
    name: str
    form: str = ""
    watched: bool = False
    rate: str = ""
    every: int = 1
    confidences: bool = True
    attribute: str = ""
    only: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class ImportChoice:
    """What of a file is imported. tracks: by their places in the summary, () for all; renaming: of their labels."""

    tracks: tuple[int, ...] = ()
    renaming: Renaming = field(default_factory=Renaming)


@dataclass(frozen=True)
class LabelCount:
    """How often a label is in a track, and for how long."""

    label: str
    segments: int
    points: int
    length_s: float


@dataclass(frozen=True)
class TrackSummary:
    """What there is in a track. labels: of files with at most MOST_LABELS labels."""

    name: str = ""
    subject: str = ""
    author: str = ""
    segments: int = 0
    points: int = 0
    seen_s: float = 0.0
    labels: tuple[LabelCount, ...] = ()

    def renamed(self, renaming: Renaming, background: str) -> "TrackSummary":
        """The same under other labels. Those that are left out are not seen either."""
        names = dict(renaming.pairs)
        gone = [count for count in self.labels if names.get(count.label, count.label) in ("", background)]
        unseen_s = math.fsum(count.length_s for count in gone if not names.get(count.label, count.label))
        return replace(
            self,
            segments=self.segments - sum(count.segments for count in gone),
            points=self.points - sum(count.points for count in gone),
            seen_s=self.seen_s - unseen_s,
        )

    @property
    def holds(self) -> bool:
        """Whether anything is left to import."""
        return self.seen_s > EXACT_S or self.points > 0


@dataclass(frozen=True)
class FileSummary:
    """What a page needs to know of a file of labels, bounded however large it is.

    form: the name of its format, "" where it is in none. parts: among which there is a choice. rest: the tracks that
    are not listed, together, and rest_count their number. labels: the first that are in use, of label_count.
    notes: the first of what was odd, of note_count. error, hint: why it is refused; there are no tracks then.
    """

    form: str = ""
    parts: tuple[Part, ...] = ()
    tracks: tuple[TrackSummary, ...] = ()
    rest: TrackSummary = TrackSummary()
    rest_count: int = 0
    labels: tuple[str, ...] = ()
    label_count: int = 0
    background: str = ""
    notes: tuple[str, ...] = ()
    note_count: int = 0
    error: str = ""
    hint: str = ""


@dataclass(frozen=True)
class LabelImport:
    """What an import made. tracks: their ids; labels: those that were added to the scheme."""

    tracks: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


# The file -------------------------------------------------------------------------------------------------------------


def keep(store: Store, digest: str, stream: BinaryIO, name: str) -> KeptFile:
    """Keep an uploaded file aside until it is imported into a clip, in place of one that waits there."""
    discard(store, digest)
    path = store.keep_import(stream, name)
    size = path.stat().st_size
    with path.open("rb") as file:
        most = SMALL_ZIP_BYTES if file.read(len(ZIP)) == ZIP else SMALL_BYTES
    kept = KeptFile(str(path), name, size, size <= most)
    store.write(_kept_key(digest), kept, kind="label file", video=digest)
    return kept


def kept_file(store: Store, digest: str) -> KeptFile | None:
    """The file that waits to be imported into a clip; None where there is none, or where it is gone."""
    kept = store.known(_kept_key(digest), KeptFile)
    return kept if kept and Path(kept.path).is_file() else None


def note_taking(store: Store, digest: str, kept: KeptFile, key: str) -> None:
    """Note the import that was begun, by which any session finds it."""
    store.write(_kept_key(digest), replace(kept, taking=key), kind="label file", video=digest)


def discard(store: Store, digest: str) -> None:
    """Forget the file that waits, with all that was read of it."""
    if kept := store.known(_kept_key(digest), KeptFile):
        store.discard_import(kept.path)
    for key in store.made_of(digest, *KINDS):
        store.delete(key)


def _kept_key(digest: str) -> str:
    return fingerprint("label file", 1, digest)


# What it says ---------------------------------------------------------------------------------------------------------


def summary_key(digest: str, reading: LabelReading) -> str:
    """The name of what a file says of a clip when it is read so."""
    return fingerprint("label summary", 1, digest, reading)


@short()
def check(store: Store, digest: str, reading: LabelReading, report: Report = silent) -> None:
    """Read a file, and store what a page needs to know of it; for one that is refused, why."""
    report(0, 0, f"Reading {reading.name}")
    store.write(summary_key(digest, reading), summary(store, digest, reading), kind="label summary", video=digest)


def summary(store: Store, digest: str, reading: LabelReading) -> FileSummary:
    """What a file says of a clip, in short."""
    known = FileSummary()
    try:
        given = read_path(Path(reading.path))
        form = files.form_of(given, reading.form)
        known = replace(known, form=form.name)
        known = replace(known, parts=_listed(selection.of(given, form)))
        labels = _read(store, digest, given, form, reading)
        return _summarised(known, labels, files.tracks_of(labels))
    except AnalysisError as error:
        return replace(known, error=str(error), hint=error.hint)


def _listed(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts of the kinds of which there are not too many to choose among."""
    kinds = [part.kind for part in parts]
    few = {kind for kind in dict.fromkeys(kinds) if kinds.count(kind) <= MOST_PARTS}
    return tuple(part for part in parts if part.kind in few)


def _read(store: Store, digest: str, given: Files, form: Format, reading: LabelReading) -> Labels:
    options = ReadOptions(
        watched=reading.watched,
        rate_hz=rate_of(reading.rate) if reading.rate.strip() else None,
        every=reading.every,
        confidences=reading.confidences,
        attribute=reading.attribute,
        only=reading.only,
    )
    entry = store.entry(digest)
    return files.read(given, entry.info, entry.name, form=form.name, options=options)


def _summarised(known: FileSummary, labels: Labels, tracks: Sequence[DrawnTrack]) -> FileSummary:
    """What was read, in short."""
    used = tuple(dict.fromkeys(label for clip in labels.clips for label in clip.labels))
    rows = [_track_summary(track, counted=len(used) <= MOST_LABELS) for track in tracks]
    rest = rows[MOST_TRACKS:]
    return replace(
        known,
        tracks=tuple(rows[:MOST_TRACKS]),
        rest=TrackSummary(
            segments=sum(row.segments for row in rest), seen_s=max((row.seen_s for row in rest), default=0.0)
        ),
        rest_count=len(rest),
        labels=used[:MOST_LABELS],
        label_count=len(used),
        background=labels.background,
        notes=tuple(map(conversion.told, labels.findings[:MOST_NOTES])),
        note_count=len(labels.findings),
    )


def _track_summary(track: DrawnTrack, *, counted: bool) -> TrackSummary:
    """counted: whether its labels are listed."""
    counts: dict[str, tuple[int, int, float]] = {}
    for segment in track.segments if counted else ():
        segments, points, length_s = counts.get(segment.label, (0, 0, 0.0))
        counts[segment.label] = segments + 1, points, length_s + segment.stop_s - segment.start_s
    for point in track.points if counted else ():
        segments, points, length_s = counts.get(point.label, (0, 0, 0.0))
        counts[point.label] = segments, points + 1, length_s
    listed = tuple(LabelCount(label, *numbers) for label, numbers in counts.items())
    return TrackSummary(
        track.name, track.subject, track.author, len(track.segments), len(track.points), track.seen_s, listed
    )


# Its tracks -----------------------------------------------------------------------------------------------------------


def import_key(digest: str, reading: LabelReading, choice: ImportChoice) -> str:
    """The name of an import."""
    return fingerprint("label import", 1, digest, reading, choice)


@short()
def take(store: Store, digest: str, reading: LabelReading, choice: ImportChoice, report: Report = silent) -> None:
    """Make tracks of a clip out of what a file holds, all or none; done twice, they are there once."""
    report(0, 0, f"Reading {reading.name}")
    given = read_path(Path(reading.path))
    labels = _read(store, digest, given, files.form_of(given, reading.form), reading)
    labels = files.with_tracks(labels, choice.tracks) if choice.tracks else labels
    title = Path(reading.name).stem
    tracks = [replace(track, name=track.name or title) for track in files.tracks_of(labels, choice.renaming)]
    report(0, 0, f"Saving {len(tracks)} tracks" if len(tracks) != 1 else "Saving 1 track")
    key = import_key(digest, reading, choice)
    ids = [fingerprint("imported track", key, number)[:32] for number in range(len(tracks))]
    added = scheme.add(store, (label for track in tracks for label in track.labels), tracks)
    journal.begin_all(store, digest, dict(zip(ids, tracks, strict=True)))
    store.write(key, LabelImport(tuple(ids), added), kind="label import", video=digest)


def imported(store: Store, key: str) -> LabelImport | None:
    """What an import made, where it has ended well."""
    with suppress(AnalysisError):
        return store.known(key, LabelImport) if key else None
    return None
