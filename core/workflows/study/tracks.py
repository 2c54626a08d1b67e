"""Where the labels of a study are from: a model that looks at each clip, or files of labels of any format."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from core.base.errors import AnalysisError, FormatInvalid
from core.base.progress import Report, heard
from core.base.threads import side_by_side
from core.domain import Analysis, ClipLabels, ModelCard, Recipe, VideoInfo, labels_of_analysis
from core.stages.formats.common import clip_names
from core.workflows import clips, predictions
from core.workflows.study.clips import ClipFailure, GivenClips, StudyClip, StudyTracks, first_names
from core.workflows.study.label_files import LabelFiles
from core.workspace.store import Store


def about(report: Report, place: int, count: int, name: str) -> Report:
    """A report whose messages say which of several clips or files they are about."""
    where = f"{place} of {count}, {name}" if count > 1 else name
    return lambda done, total, message: report(done, total, f"{where}: {message}")


# A model --------------------------------------------------------------------------------------------------------------


def predicted(
    store: Store, given: GivenClips, recipe: Recipe, card: ModelCard, engine: str, report: Report
) -> StudyTracks:
    """What a model says of each clip; what is stored already is not made again. A clip that fails stops no other."""
    outcomes: dict[int, tuple[StudyClip, Analysis] | ClipFailure] = {}

    def look(place: int, report: Report) -> None:
        path, name = given.paths[place], given.names[place]
        try:
            digest = clips.add_video(store, path, heard(report))
            predictions.predict(store, digest, recipe, card.name, engine, report)
            analysis = predictions.analysis(store, digest, recipe, card, engine)
        except AnalysisError as error:
            outcomes[place] = ClipFailure(name, error)
            return
        outcomes[place] = StudyClip(name, path, labels_of_analysis(analysis), digest, card.name), analysis

    places = range(len(given.paths))
    side_by_side(look, [(place,) for place in places], clips.sizes(given.paths), "Analysing clips", report)
    known = [outcome for place in places if isinstance(outcome := outcomes[place], tuple)]
    failures = tuple(outcome for place in places if isinstance(outcome := outcomes[place], ClipFailure))
    wordless = [clip.name for clip, analysis in known if analysis.words == ()]
    notes = (
        [f"clips without subtitles or transcript, labelled by video only: {first_names(wordless)}"] if wordless else []
    )
    return StudyTracks(given, tuple(clip for clip, _ in known), failures, tuple(notes))


# Files of labels ------------------------------------------------------------------------------------------------------


def labelled(store: Store, given: GivenClips, path: str, form: str, report: Report) -> StudyTracks:
    """What files of labels say of the clips that are given, or of all that they name where none is given.

    Nothing is analysed. A clip that can be read is measured; of another one the file of labels must state the length.
    path: of a file or a folder; form: the name of their format, "" to detect it.
    """
    infos, unreadable = _measured(store, given, report)
    files = LabelFiles(tuple(infos.values()), given.paths)
    files.read(Path(path), form, report)
    given = given if given.paths else _named(files)
    own, notes = _bound(files, given, infos)
    known: list[StudyClip] = []
    failures = list(files.failures)
    for place, (clip_path, name) in enumerate(zip(given.paths, given.names, strict=True)):
        try:
            if place in own:
                known.append(_clip(name, clip_path, own[place], infos.get(place)))
        except AnalysisError as error:
            failures.append(ClipFailure(name, error))
            continue
        if place in own and place in unreadable:
            length = f"its length of {known[-1].labels.end_s:g} s is that in {known[-1].source}"
            notes.append(f"{name} cannot be read as a video ({unreadable[place]}); {length}")
    if without := [name for place, name in enumerate(given.names) if place not in own]:
        notes.append(f"clips without labels, which take no part: {first_names(without)}")
    return StudyTracks(given, tuple(known), tuple(failures), (*files.notes, *notes))


def _measured(store: Store, given: GivenClips, report: Report) -> tuple[dict[int, VideoInfo], dict[int, AnalysisError]]:
    """The clips as they are measured, and why others cannot be, by their places."""
    infos: dict[int, VideoInfo] = {}
    unreadable: dict[int, AnalysisError] = {}
    for place, (path, name) in enumerate(zip(given.paths, given.names, strict=True)):
        try:
            digest = clips.add_video(store, path, about(report, place + 1, len(given.paths), name))
            infos[place] = replace(store.video(digest), path=path)
        except AnalysisError as error:
            unreadable[place] = error
    return infos, unreadable


def _named(files: LabelFiles) -> GivenClips:
    """The clips that files of labels name; a name without a suffix is that of the clip with one."""
    names = tuple(dict.fromkeys(clip.name for _, clip in files.clips))
    stems = {clip_names.stem(name) for name in names if clip_names.stem(name) != clip_names.base(name)}
    kept = tuple(name for name in names if name not in stems)
    return GivenClips(kept, kept)


def _bound(
    files: LabelFiles, given: GivenClips, infos: dict[int, VideoInfo]
) -> tuple[dict[int, list[tuple[str, ClipLabels]]], list[str]]:
    """What files say of each clip, by its place, and what is told of labels that are of none."""
    own: dict[int, list[tuple[str, ClipLabels]]] = {}
    strange = list(files.of_others)
    notes: list[str] = []
    places = {id(info): place for place, info in infos.items()}
    for file, clip in files.clips:
        fits = (places[id(clip.info)],) if clip.info else clip_names.places(clip.name, given.paths)
        if len(fits) == 1:
            own.setdefault(fits[0], []).append((file, clip))
        elif fits:
            notes.append(f"{file}: {clip.name!r} can mean {len(fits)} clips; these labels are not used")
        else:
            strange.append(clip.name)
    if strange:
        notes.append(f"labels of other clips, which are not used: {first_names(strange)}")
    return own, notes


def _clip(name: str, path: str, entries: Sequence[tuple[str, ClipLabels]], info: VideoInfo | None) -> StudyClip:
    """A clip with what a file says of it; FormatInvalid where several do, or where nobody knows how long it lasts."""
    files = [file for file, _ in entries]
    if len(files) > 1:
        hint = "Keep one file of labels for each clip."
        raise FormatInvalid(f"Its labels are in {len(files)} places: {first_names(files)}.", hint)
    labels = entries[0][1] if info is None else replace(entries[0][1], info=info)
    if labels.end_s <= 0:
        hint = "Give the clip as a video that can be read, or use a format that states the length, such as BORIS'."
        raise FormatInvalid(f"Its length is not known: {files[0]} does not state it.", hint)
    return StudyClip(name, path, labels, info.digest if info else "", files[0])
