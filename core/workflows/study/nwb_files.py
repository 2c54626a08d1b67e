"""The clips of a study as NWB files: what is known of each recording, and when it began."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.base.errors import AnalysisError, FormatInvalid
from core.base.progress import Report, silent
from core.domain import Labels
from core.stages.formats.nwb import writer
from core.stages.formats.nwb.recording import LabelingMethod, NwbRecording
from core.workflows.study.clips import ClipFailure, StudyClip
from core.workflows.study.library.clock_times import clock_s
from core.workflows.study.result import Study
from core.workspace.store.videos import file_name

FOLDER = "nwb"
STARTS = ("session_start", "session_start_time", "session start", "datetime", "date")
CLOCKS = ("time", "start_time", "time of day")
SUBJECTS = ("subject", "subject_id")
METHODS: dict[str, LabelingMethod] = {"model": "automated", "annotator": "manual", "corrected": "curated"}
HINT = (
    "Add a metadata column session_start with date and time, such as 2026-03-01T14:05+01:00, or columns date and time."
)


def files(study: Study, start: str = "", report: Report = silent) -> Iterator[tuple[str, bytes | ClipFailure]]:
    """An NWB file of each clip by its name in the folder, or why there is none.

    start: a date and time for all clips, or the metadata column that holds it; "" to look for such a column.
    """
    writer.require()
    names = _names([clip.name for clip in study.clips])
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.nwb")
        for place, (clip, name) in enumerate(zip(study.clips, names, strict=True)):
            report(place, len(names), "Writing NWB files")
            try:
                writer.write(recording(study, clip, start), path)
            except AnalysisError as error:
                yield name, ClipFailure(clip.name, error)
            else:
                yield name, path.read_bytes()


def _names(clips: Sequence[str]) -> list[str]:
    """The name of the file of each clip, no two alike, also where upper and lower case do not count."""
    names: dict[str, None] = {}
    taken: set[str] = set()
    for clip in clips:
        stem = Path(file_name(clip.replace("/", "_"))).stem
        name, number = f"{stem}.nwb", 2
        while name.casefold() in taken:
            name, number = f"{stem}-{number}.nwb", number + 1
        taken.add(name.casefold())
        names[name] = None
    return list(names)


def recording(study: Study, clip: StudyClip, start: str = "") -> NwbRecording:
    """A clip of a study with what is known of its recording; FormatInvalid where nobody says when it began."""
    columns = study.columns
    metadata = dict(zip(columns, study.cells.get(clip.name, ("",) * len(columns)), strict=True))
    chosen = columns[study.subject] if study.subject is not None else ""
    subject = metadata.get(chosen, "") or _first(metadata, SUBJECTS)[1] or clip.labels.subject
    labels = replace(clip.labels, name=clip.name)
    return NwbRecording(
        Labels((labels,), study.labels),
        session_start(metadata, start),
        subject,
        _method(study, clip),
        clip.digest,
        metadata,
        _about(study, clip),
    )


def _method(study: Study, clip: StudyClip) -> LabelingMethod:
    """Who labelled; of a file of labels it is known only where the file names a model."""
    source = study.about.get("labels")
    if isinstance(source, Mapping):
        return METHODS.get(str(source.get("from")), "unknown")
    return "automated" if study.about.get("model") or clip.labels.model else "unknown"


def _about(study: Study, clip: StudyClip) -> dict[str, Any]:
    """How the labels of a clip were made, as plain JSON: what is told of the study, without its other clips."""
    kept = {name: study.about[name] for name in ("program", "version", "model", "labels") if name in study.about}
    recipe = study.about.get("recipe")
    if isinstance(recipe, Mapping) and clip.name in recipe:
        recipe = recipe[clip.name]
    return {**kept, "recipe": recipe, "labels_from": clip.source}


# When a recording began -----------------------------------------------------------------------------------------------


def session_start(metadata: Mapping[str, str], start: str = "") -> datetime:
    """The moment of the first frame, with a time zone: that of this computer where none is given.

    start: as of `files`. FormatInvalid where it is missing or not exact; no time is ever made up.
    """
    if start and (moment := _moment(start)):
        return moment
    column, text = _first(metadata, (start,) if start else STARTS)
    if start and not column:
        text = f"{start!r} is neither a date with a time nor a column of the metadata."
        raise FormatInvalid(text, f"Columns: {', '.join(metadata) or 'none'}. {HINT}")
    if not text:
        raise FormatInvalid("The metadata do not say when the recording began.", HINT)
    clock, time = _first(metadata, CLOCKS)
    moment = _moment(text) or _moment(text, clock_s(time) if clock else None)
    if moment is None:
        raise FormatInvalid(f"The column {column!r} holds {text[:80]!r}, which is no date with a time of day.", HINT)
    return moment


def _moment(text: str, since_midnight_s: float | None = None) -> datetime | None:
    """A moment with a time zone; None for any other text. since_midnight_s: the time of day for a date alone."""
    try:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            moment = datetime.fromisoformat(text)
        else:
            if since_midnight_s is None:
                return None
            moment = datetime(day.year, day.month, day.day) + timedelta(seconds=since_midnight_s)
        return moment if moment.tzinfo else moment.astimezone()
    except (ValueError, OverflowError, OSError):
        return None


def _first(metadata: Mapping[str, str], names: Sequence[str]) -> tuple[str, str]:
    """The first of these columns that is filled, else the first that is there; ("", "") where none is."""
    columns = {column.casefold(): (column, text.strip()) for column, text in metadata.items()}
    there = [columns[name.casefold()] for name in names if name.casefold() in columns]
    return next((entry for entry in there if entry[1]), there[0] if there else ("", ""))
