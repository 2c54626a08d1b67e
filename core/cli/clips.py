"""Commands about clips: measure, list the models, label over time, features, search, and the report in words."""

import argparse
import json
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from core.base import settings
from core.base.errors import AnalysisError, ClusterFailed, FormatInvalid
from core.base.progress import Report, heard
from core.base.registry import BACKBONES, FORMATS, unknown
from core.cli import console, watching
from core.domain import Analysis, ModelCard, Recipe
from core.stages import formats, narrative
from core.stages.formats.common import conversion
from core.stages.formats.json import write_video
from core.workflows import clip_files, clips, explanations, predictions, texts
from core.workflows import models as models_workflow
from core.workflows.search import query
from core.workspace.jobs.cluster import spread
from core.workspace.store import Store


def probe(chosen: argparse.Namespace) -> console.Output:
    """What can be measured of a clip."""
    store = Store(settings.current().workspace)
    with console.TerminalProgress(chosen.clip) as progress:
        digest = clips.add_video(store, chosen.clip, progress)
    return console.Output({"": write_video(store.video(digest))})


def models(chosen: argparse.Namespace) -> console.Output:
    """The models that can be used; what is wrong with others is told as errors."""
    here = settings.current()
    for error in models_workflow.ModelLibrary.of(here).broken().values():
        console.complain(error)
    rows = [_row(card) for card in models_workflow.ModelLibrary.of(here).cards().values()]
    if chosen.format == "json":
        return console.Output({"": (json.dumps(rows, indent=2, ensure_ascii=False) + "\n").encode()})
    return console.Output({"": _table(rows).encode()})


def _row(card: ModelCard) -> dict[str, object]:
    return {
        "name": card.name,
        "title": card.title,
        "backbone": card.backbone,
        "labels": len(card.labels),
        "scores": card.scores,
    }


def _table(rows: Sequence[dict[str, object]]) -> str:
    """Columns of text, as wide as their widest entry."""
    cells = [["name", "title", "backbone", "labels", "held-out scores"]]
    for row in rows:
        scores = row["scores"]
        assert isinstance(scores, dict)
        told = ", ".join(f"{name} {value:.3f}" for name, value in scores.items())
        cells.append([str(row[key]) for key in ("name", "title", "backbone", "labels")] + [told or "-"])
    widths = [max(len(line[i]) for line in cells) for i in range(5)]
    lines = ("  ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)).rstrip() for line in cells)
    return "\n".join(lines) + "\n"


def analyze(chosen: argparse.Namespace) -> console.Output:
    """Labels over time of each clip. Where one of several fails, it is told and the others go on."""
    here = settings.current()
    store = Store(here.workspace)
    cards = models_workflow.ModelLibrary.of(here).cards()
    if chosen.model not in cards:
        raise models_workflow.ModelLibrary.of(here).broken().get(chosen.model) or unknown("model", chosen.model, cards)
    card = cards[chosen.model]
    recipe = console.preparation(chosen)
    console.check_place(chosen.output, folder=True)
    if chosen.watch:
        _watch(chosen, store, recipe, card, here.engine)
    listed = [clip_files.clips_at(text) for text in chosen.clips]
    paths = [path for files in listed for path in files]
    several = len(paths) > 1 or Path(paths[0]).name != Path(chosen.clips[0]).name  # a folder of one clip gives a list
    _check_output(chosen, several=several)
    if several:
        analyses = _analyze_all(store, paths, recipe, card, here.engine)
    else:
        analyses = [_analyze(store, paths[0], recipe, card, here.engine, text=chosen.words)]
    form = FORMATS[chosen.format]
    for what in form.rewritten(formats.labels_of(*analyses)):
        print(f"note: {conversion.not_kept(form, what)}", file=sys.stderr)
    return console.Output(_written(chosen, analyses, several=several), len(analyses) < len(paths))


def _watch(chosen: argparse.Namespace, store: Store, recipe: Recipe, card: ModelCard, engine: str) -> None:
    """Analyse what is in a folder and what comes into it; results are written as soon as they are there."""
    known: list[Analysis] = []
    form = FORMATS[chosen.format]

    def take(paths: Sequence[str]) -> None:
        analyses = _analyze_all(store, paths, recipe, card, engine)
        known.extend(analyses)
        if chosen.output:
            names = [_file_name(analysis, known, form.suffix) for analysis in analyses]
            contents = [form.write(formats.labels_of(analysis)) for analysis in analyses]
            console.deliver(dict(zip(names, contents, strict=True)), chosen.output)
        if analyses:
            names = ", ".join(Path(analysis.video.path).name for analysis in analyses)
            print(f"{names}: analysed", file=sys.stderr)

    watching.watch(chosen.clips[0], take)


def _check_output(chosen: argparse.Namespace, *, several: bool) -> None:
    """Refuse to put several clips into one file of a format that holds one."""
    if several and not FORMATS[chosen.format].several and not console.may_be_folder(chosen.output):
        hint = "Give a folder as --output, or choose another --format."
        raise AnalysisError(f"{chosen.format} holds one clip per file.", hint)


def _analyze_all(store: Store, paths: Sequence[str], recipe: Recipe, card: ModelCard, engine: str) -> list[Analysis]:
    """What a model says of each clip; the next is read while the network computes. Failures are told in order."""
    outcomes: dict[int, Analysis | AnalysisError] = {}
    telling, following = threading.Lock(), 0

    def look(place: int, report: Report) -> None:
        nonlocal following
        try:
            digest = clips.add_video(store, paths[place], heard(report))
            predictions.predict(store, digest, recipe, card.name, engine, report)
            outcome = predictions.analysis(store, digest, recipe, card, engine)
        except ClusterFailed:
            raise
        except AnalysisError as error:
            outcome = error
        with telling:
            outcomes[place] = outcome
            while following in outcomes:
                _tell(paths[following], outcomes[following])
                following += 1

    places = range(len(paths))
    with console.TerminalProgress("analyze") as progress:
        spread(look, [(place,) for place in places], clips.sizes(paths), "Analysing clips", progress)
    return [outcome for place in places if isinstance(outcome := outcomes[place], Analysis)]


def _tell(clip: str, outcome: Analysis | AnalysisError) -> None:
    """What a person should know of a clip that was analysed, or was not."""
    if isinstance(outcome, AnalysisError):
        console.complain(outcome, clip)
    elif outcome.words == ():
        print(
            f"note: {clip}: it has no subtitles or transcript; the prediction is based on video only.", file=sys.stderr
        )


def _analyze(
    store: Store, clip: str, recipe: Recipe, card: ModelCard, engine: str, *, text: str | None = None
) -> Analysis:
    """What a model says of a clip. text: a file of its subtitles, which is kept beside it first."""
    with console.TerminalProgress(clip) as progress:
        digest = clips.add_video(store, clip, progress)
        if text:
            _take_words(store, digest, text)
        predictions.predict(store, digest, recipe, card.name, engine, progress)
    analysis = predictions.analysis(store, digest, recipe, card, engine)
    _tell(clip, analysis)
    return analysis


def _take_words(store: Store, digest: str, path: str) -> None:
    """Keep the subtitles or the transcript in a file beside a clip, and tell what was odd."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise FormatInvalid(
            f"The text file {path} cannot be read: {error}", "Give subtitles or a transcript."
        ) from error
    for note in texts.take_file(store, digest, Path(path).name, content):
        print(f"note: {path}: {note}", file=sys.stderr)


def _written(chosen: argparse.Namespace, analyses: Sequence[Analysis], *, several: bool) -> dict[str, bytes]:
    """The results as one file, or with a folder as --output as one file a clip."""
    form = FORMATS[chosen.format]
    into_folder = console.is_folder(chosen.output)
    if into_folder or (several and not form.several):
        return {
            _file_name(analysis, analyses, form.suffix): form.write(formats.labels_of(analysis))
            for analysis in analyses
        }
    return {"": form.write(formats.labels_of(*analyses, many=several))} if analyses else {}


def _file_name(analysis: Analysis, analyses: Sequence[Analysis], suffix: str) -> str:
    """The clip's name with another suffix; where two clips would share it, with the start of the digest too."""
    stems = [Path(other.video.path).stem for other in analyses if other.video.digest != analysis.video.digest]
    stem = Path(analysis.video.path).stem
    return f"{stem}-{analysis.video.digest[:8]}{suffix}" if stem in stems else stem + suffix


def features(chosen: argparse.Namespace) -> console.Output:
    """What a CNN sees at each step of a clip: its features, or the mean of each channel of a layer, as an .npz file."""
    here = settings.current()
    store = Store(here.workspace)
    name = BACKBONES[chosen.backbone].name
    recipe = console.recipe(chosen.recipe) if chosen.recipe else Recipe()
    console.check_place(chosen.output)
    with console.TerminalProgress(chosen.clip) as progress:
        if chosen.layer:
            explanations.study(store, name, progress).layer(chosen.layer)
        digest = clips.add_video(store, chosen.clip, progress)
        if chosen.layer:
            found = explanations.layer_means(store, digest, recipe, name, chosen.layer, progress)
        else:
            found = explanations.features(store, digest, recipe, name, here.engine, progress)
    return console.Output({"": explanations.as_npz(found, chosen.layer or "features")})


def search(chosen: argparse.Namespace) -> console.Output:
    """Moments that fit words, of the library or of some clips; clips that nothing has looked at yet are looked at."""
    here = settings.current()
    store = Store(here.workspace)
    console.check_place(chosen.output)
    digests = None if chosen.library or not chosen.clips else [_looked_at(store, clip, here) for clip in chosen.clips]
    with console.TerminalProgress("search") as progress:
        hits = query.search(store, chosen.query, digests, chosen.most, progress)
    if hits.waiting:
        text = f"{len(hits.waiting)} of {len(hits.waiting) + hits.clips} clips"
        print(f"note: {text} cannot be searched yet: analyse them with `analyze` first.", file=sys.stderr)
    if not hits.trusted and hits.clips and not hits.said:
        print("note: no known action is close to this query.", file=sys.stderr)
    return console.Output({"": query.written(hits, chosen.format).encode()})


def _looked_at(store: Store, clip: str, here: settings.Settings) -> str:
    """The digest of a clip, once the usual model has looked at it."""
    with console.TerminalProgress(clip) as progress:
        digest = clips.add_video(store, clip, progress)
        predictions.predict(store, digest, Recipe(), models_workflow.DEFAULT_MODEL, here.engine, progress)
    return digest


def report(chosen: argparse.Namespace) -> console.Output:
    """What happens in a clip, or in several together, told in words."""
    here = settings.current()
    store = Store(here.workspace)
    console.check_place(chosen.output)
    card, _ = models_workflow.ModelLibrary.of(store).get(chosen.model)
    recipe = console.preparation(chosen)
    subjects = [subject for clip in chosen.clips for subject in _subjects(store, clip, recipe, card, here.engine)]
    return console.Output({"": narrative.write(subjects, language=chosen.language, form=chosen.format).encode()})


def _subjects(store: Store, text: str, recipe: Recipe, card: ModelCard, engine: str) -> Iterator[narrative.Subject]:
    """What a model says of a clip, or of each clip of the labelled set of that name."""
    if Path(text).exists() or text not in {entry.name for entry in store.datasets()}:
        yield narrative.Subject(Path(text).name, _analyze(store, text, recipe, card, engine).track)
        return
    for item in store.dataset(text).items:
        with console.TerminalProgress(item.path) as progress:
            predictions.predict(store, item.video, recipe, card.name, engine, progress)
        yield narrative.Subject(item.path, predictions.analysis(store, item.video, recipe, card, engine).track)


# What can be asked ----------------------------------------------------------------------------------------------------


def add(commands: console.Commands) -> None:
    """Offer these commands."""
    _add_probe(commands)
    _add_models(commands)
    _add_analyze(commands)
    _add_features(commands)
    _add_search(commands)
    _add_report(commands)


def _add_probe(commands: console.Commands) -> None:
    argument_parser = commands.add_parser(
        "probe",
        help="print the properties of a clip",
        description="Measure the properties of a clip and print them as JSON.",
    )
    argument_parser.add_argument("clip", metavar="CLIP")
    argument_parser.set_defaults(run=probe)


def _add_models(commands: console.Commands) -> None:
    listed = commands.add_parser("models", help="list the models", description="List the available models.")
    listed.add_argument("--format", choices=("text", "json"), default="text")
    listed.set_defaults(run=models)


def _add_analyze(commands: console.Commands) -> None:
    about = "Predict which action happens when. Several clips give a JSON list, or a CSV table with a path column."
    several = commands.add_parser("analyze", help="label clips over time", description=about)
    several.add_argument("clips", metavar="CLIP", nargs="+", help="a clip, or a folder of clips")
    several.add_argument("--model", default=models_workflow.DEFAULT_MODEL, help="see `models` (default: %(default)s)")
    console.add_preparation(several)
    several.add_argument("--words", metavar="FILE", help="subtitles or a transcript, stored with the clip")
    several.add_argument("--format", choices=conversion.writable(), default="json")
    place = "a file, or a folder for one file per clip; also s3://bucket/file or s3://bucket/folder/"
    several.add_argument("--output", metavar="PATH", help=place)
    several.add_argument(
        "--watch", action="store_true", help="go on with files that come into the folder, until interrupted"
    )
    several.set_defaults(run=analyze, problem=_analyze_problem)


def _analyze_problem(chosen: argparse.Namespace) -> str:
    """What does not fit together in a call, in words; empty if all does."""
    if chosen.watch and (chosen.words or len(chosen.clips) > 1 or not Path(chosen.clips[0]).is_dir()):
        return "--watch takes one folder that is there, and no --words"
    if chosen.watch and chosen.output is not None and not console.may_be_folder(chosen.output):
        return "--watch writes one file per clip: give a folder as --output, or none"
    if chosen.words and len(chosen.clips) > 1:
        return f"--words takes one clip, got {len(chosen.clips)}"
    if chosen.words and Path(chosen.clips[0]).is_dir():
        return "--words takes one clip, got a folder"
    if len(chosen.clips) == 1 or FORMATS[chosen.format].several:
        return ""
    if not console.may_be_folder(chosen.output):
        return f"{chosen.format} holds one clip per file: give a folder as --output"
    return ""


def _add_features(commands: console.Commands) -> None:
    about = (
        "Write features, or a layer's channels, at each time step to an .npz file: times_s, values, layer, channels."
    )
    seen = commands.add_parser("features", help="write the features of a clip as arrays", description=about)
    seen.add_argument("clip", metavar="CLIP")
    seen.add_argument("--backbone", required=True, help="the CNN, such as i3d-kinetics400 or efficientnet-lite0")
    seen.add_argument("--layer", help="write the spatial mean of each channel of this layer instead of the features")
    seen.add_argument("--recipe", metavar="FILE", help="a saved recipe (default: the clip as it is)")
    seen.add_argument("--output", metavar="FILE.npz", required=True)
    seen.set_defaults(run=features)


def _add_search(commands: console.Commands) -> None:
    about = (
        "Search for moments by text, in any of 16 languages: in the given clips, which are analysed first if "
        "necessary, or in all analysed clips of the library."
    )
    sought = commands.add_parser("search", help="search for moments by text", description=about)
    sought.add_argument("query", metavar="QUERY", help="such as: 'someone rides a horse'")
    sought.add_argument("clips", metavar="CLIP", nargs="*")
    sought.add_argument("--library", action="store_true", help="search all clips of the library (default)")
    sought.add_argument(
        "--most", type=int, default=20, metavar="N", help="maximum number of moments (default: %(default)s)"
    )
    sought.add_argument("--format", choices=("text", "json"), default="text")
    sought.add_argument("--output", metavar="FILE")
    sought.set_defaults(run=search, problem=_search_problem)


def _search_problem(chosen: argparse.Namespace) -> str:
    """What does not fit together in a call, in words; empty if all does."""
    if chosen.library and chosen.clips:
        return "give clips or --library, not both"
    return "--most must be at least 1" if chosen.most < 1 else ""


def _add_report(commands: console.Commands) -> None:
    about = (
        "Write a report on what happens in one or several clips: when, how often, how long, how confident, what is "
        "unusual, and what to review first. All numbers come from the predicted labels."
    )
    argument_parser = commands.add_parser("report", help="write a report on what happens", description=about)
    argument_parser.add_argument("clips", metavar="CLIP", nargs="+", help="a clip, or the name of a dataset")
    languages = ", ".join(f"{name}: {language.title}" for name, language in narrative.LANGUAGES.items())
    argument_parser.add_argument("--language", choices=tuple(narrative.LANGUAGES), default="en", help=languages)
    argument_parser.add_argument(
        "--format", choices=tuple(narrative.FORMS), default="text", help="vtt: chapters for a player"
    )
    argument_parser.add_argument(
        "--model", metavar="NAME", default=models_workflow.DEFAULT_MODEL, help="(default: %(default)s)"
    )
    console.add_preparation(argument_parser)
    argument_parser.add_argument("--output", metavar="FILE")
    argument_parser.set_defaults(run=report)
