"""The command line: the same code, keys and results as the pages.

Results go to standard output or to a file, whole or not at all; progress, `error: ` and `hint: ` lines go to standard
error. Exit codes: 0, 1 for an error, 2 for a wrong call, 130 when interrupted.
"""

import argparse
import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeAlias

from core import codec, evaluation, formats, insight, narrative, pipeline, settings, training
from core.domain import Analysis, ModelCard, Recipe, Renaming
from core.errors import AnalysisError, FormatInvalid
from core.formats import converting
from core.formats.files import read_path
from core.formats.json import write_video
from core.formats.labelstudio import rate_of
from core.metrics import label_files, score_report
from core.registry import BACKBONES, FORMATS, unknown
from core.store import Store
from core.training import command
from core.words import searching

SPARSE_S = 10.0  # between lines of progress where they are kept
REDRAWN_S = 0.1  # between lines of progress where each takes the place of the one before
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


@dataclass(frozen=True)
class Output:
    """What a command made: bytes by file name, or under "" what goes to standard output or the one file asked for."""

    files: dict[str, bytes]
    failed: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; gives its exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if problem := _problem(chosen):
        parser.error(problem)
    try:
        with _quiet():
            output = chosen.run(chosen)
        _deliver(output.files, getattr(chosen, "output", None))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except AnalysisError as error:
        _complain(error)
        return 1
    except BrokenPipeError:  # whoever read the result has gone; nothing is left to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return 1
    return 1 if output.failed else 0


def probe(chosen: argparse.Namespace) -> Output:
    """What can be measured of a clip."""
    store = Store(settings.current().workspace)
    with Progress(chosen.clip) as progress:
        digest = pipeline.add_video(store, chosen.clip, progress)
    return Output({"": write_video(store.video(digest))})


def models(chosen: argparse.Namespace) -> Output:
    """The models that can be used; what is wrong with others is told as errors."""
    here = settings.current()
    for error in pipeline.broken_models(here).values():
        _complain(error)
    rows = [_row(card) for card in pipeline.models(here).values()]
    if chosen.format == "json":
        return Output({"": (json.dumps(rows, indent=2, ensure_ascii=False) + "\n").encode()})
    return Output({"": _table(rows).encode()})


def analyze(chosen: argparse.Namespace) -> Output:
    """Labels over time of each clip. Where one of several fails, it is told and the others go on."""
    here = settings.current()
    store = Store(here.workspace)
    cards = pipeline.models(here)
    if chosen.model not in cards:
        raise pipeline.broken_models(here).get(chosen.model) or unknown("model", chosen.model, cards)
    card = cards[chosen.model]
    recipe = _recipe(chosen.recipe) if chosen.recipe else Recipe()
    _check_place(chosen.output)
    found, failed = [], False
    for clip in chosen.clips:
        try:
            found.append(_analyze(store, clip, recipe, card, here.engine))
        except AnalysisError as error:
            _complain(error, clip if len(chosen.clips) > 1 else "")
            failed = True
    return Output(_written(chosen, found), failed)


def features(chosen: argparse.Namespace) -> Output:
    """What a CNN sees at each step of a clip: its features, or the mean of each channel of a layer, as an .npz file."""
    here = settings.current()
    store = Store(here.workspace)
    name = BACKBONES[chosen.backbone].name
    recipe = _recipe(chosen.recipe) if chosen.recipe else Recipe()
    _check_place(chosen.output)
    with Progress(chosen.clip) as progress:
        if chosen.layer:
            insight.study(store, name, progress).layer(chosen.layer)
        digest = pipeline.add_video(store, chosen.clip, progress)
        if chosen.layer:
            found = insight.layer_means(store, digest, recipe, name, chosen.layer, progress)
        else:
            found = insight.features(store, digest, recipe, name, here.engine, progress)
    return Output({"": insight.as_npz(found, chosen.layer or "features")})


def score(chosen: argparse.Namespace) -> Output:
    """How well predicted labels over time agree with the true ones."""
    found = label_files.compare_mstcn(chosen.truth, chosen.prediction, background=chosen.background)
    content = json.dumps(score_report.report(found), indent=2, ensure_ascii=False, allow_nan=False)
    return Output({"": f"{content}\n".encode("utf-8", "backslashreplace")})


def convert(chosen: argparse.Namespace) -> Output:
    """Labels of one file as a file of another format; what was odd and what is lost is told as notes."""
    _check_place(chosen.output)
    folder = chosen.output.endswith("/") or Path(chosen.output).is_dir()
    form = FORMATS[chosen.to] if chosen.to else converting.format_for(chosen.output)
    files = read_path(chosen.labels)
    source = FORMATS[chosen.source] if chosen.source else converting.detect_files(files)
    store = Store(settings.current().workspace) if chosen.video else None
    clips = tuple(store.video(_added(store, clip)) for clip in chosen.video) if store else ()
    asked = formats.Asked(
        clips,
        watched=chosen.watched,
        rate_hz=rate_of(chosen.rate) if chosen.rate else None,
        every=chosen.every,
        split=chosen.split,
        attribute=chosen.attribute,
        confidences=not chosen.plain,
    )
    labels = converting.renamed(source.read(files, asked), _renaming(chosen))
    labels = converting.points_as_frames(labels) if chosen.points == "frame" else labels
    written = converting.convert(labels, form, folder=folder)
    for note in (*map(converting.told, labels.findings), *written.notes):
        print(f"note: {note}", file=sys.stderr)
    return Output(written.files)


def _added(store: Store, clip: str) -> str:
    with Progress(clip) as progress:
        return pipeline.add_video(store, clip, progress)


def _renaming(chosen: argparse.Namespace) -> Renaming:
    """What --map and --drop say."""
    pairs = [told.partition("=") for told in chosen.map]
    if wrong := [old for old, _, new in pairs if not old or not new]:
        raise AnalysisError(f"--map {wrong[0]} does not say what becomes of the label.", "Write --map OLD=NEW.")
    told = [*((old, new) for old, _, new in pairs), *((label, "") for label in chosen.drop)]
    if len(dict(told)) < len(told):
        raise AnalysisError("--map and --drop name a label twice.", "Say of each label once what becomes of it.")
    return Renaming(tuple(told))


def train(chosen: argparse.Namespace) -> Output:
    """Train on a labelled set, test on groups that were held out, and perhaps save the network."""
    here = settings.current()
    store = Store(here.workspace)
    _check_place(chosen.output)
    asked = {name: getattr(chosen, name) for name in ("groups", "folds", "backbone", "seed", "save", "words")}
    options = training.Options(cell=chosen.cell)
    with Progress(chosen.dataset) as progress:
        told = command.run(store, chosen.dataset, engine=here.engine, options=options, report=progress, **asked)
    for finding in store.dataset(told["dataset"]).findings:
        where = f"{finding.file}, line {finding.line}" if finding.line else finding.file
        kept = "left out" if finding.left_out else "note"
        print(f"{kept}: {where}: expected {finding.expected}, got {finding.got}", file=sys.stderr)
    for warning in told["warnings"]:
        print(f"warning: {warning}", file=sys.stderr)
    return Output({"": (json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()})


def evaluate(chosen: argparse.Namespace) -> Output:
    """Judge a model, or a training, on a labelled set; with --output the report and all numbers as files too."""
    here = settings.current()
    store = Store(here.workspace)
    _check_place(chosen.folder)
    asked = {name: getattr(chosen, name) for name in ("model", "groups", "split", "strangers", "match")}
    with Progress(chosen.dataset) as progress:
        judged = evaluation.command.run(store, chosen.dataset, engine=here.engine, report=progress, **asked)
        files = evaluation.command.files(store, judged, progress) if chosen.folder else {}
    _deliver(files, chosen.folder)
    for warning in judged.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    told = evaluation.tables.printed(judged)
    return Output({"": (json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()})


def _analyze(store: Store, clip: str, recipe: Recipe, card: ModelCard, engine: str) -> Analysis:
    with Progress(clip) as progress:
        digest = pipeline.add_video(store, clip, progress)
        pipeline.predict(store, digest, recipe, card.name, engine, progress)
    return pipeline.analysis(store, digest, recipe, card, engine)


def search(chosen: argparse.Namespace) -> Output:
    """Moments that fit words, of the library or of some clips; clips that nothing has looked at yet are looked at."""
    here = settings.current()
    store = Store(here.workspace)
    _check_place(chosen.output)
    digests = None if chosen.library or not chosen.clips else [_looked_at(store, clip, here) for clip in chosen.clips]
    with Progress("search") as progress:
        found = searching.search(store, chosen.query, digests, chosen.most, progress)
    if found.waiting:
        told = f"{len(found.waiting)} of {len(found.waiting) + found.clips} clips"
        print(f"note: {told} cannot be searched yet: `analyze` has not looked at them.", file=sys.stderr)
    if not found.trusted and found.clips:
        print("note: no label that is known here comes near these words.", file=sys.stderr)
    return Output({"": searching.written(found, chosen.format).encode()})


def _looked_at(store: Store, clip: str, here: settings.Settings) -> str:
    """The digest of a clip, once the usual model has looked at it."""
    with Progress(clip) as progress:
        digest = pipeline.add_video(store, clip, progress)
        pipeline.predict(store, digest, Recipe(), pipeline.DEFAULT_MODEL, here.engine, progress)
    return digest


def report(chosen: argparse.Namespace) -> Output:
    """What happens in a clip, or in several together, told in words."""
    here = settings.current()
    store = Store(here.workspace)
    _check_place(chosen.output)
    card, _ = pipeline.model_of(store, chosen.model)
    recipe = _recipe(chosen.recipe) if chosen.recipe else Recipe()
    subjects = [subject for told in chosen.clips for subject in _subjects(store, told, recipe, card, here.engine)]
    return Output({"": narrative.write(subjects, language=chosen.language, form=chosen.format).encode()})


def _subjects(store: Store, told: str, recipe: Recipe, card: ModelCard, engine: str) -> Iterator[narrative.Subject]:
    """What a model says of a clip, or of each clip of the labelled set of that name."""
    if Path(told).exists() or told not in {entry.name for entry in store.datasets()}:
        yield narrative.Subject(Path(told).name, _analyze(store, told, recipe, card, engine).track)
        return
    for item in store.dataset(told).items:
        with Progress(item.path) as progress:
            pipeline.predict(store, item.video, recipe, card.name, engine, progress)
        yield narrative.Subject(item.path, pipeline.analysis(store, item.video, recipe, card, engine).track)


def _recipe(path: str) -> Recipe:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FormatInvalid(
            f"The recipe {path} cannot be read: {error}", "Give a file saved on the page Prepare."
        ) from error
    return codec.from_json(text, Recipe, source=path)


# What is written ----------------------------------------------------------------------------------------------------


def _written(chosen: argparse.Namespace, found: Sequence[Analysis]) -> dict[str, bytes]:
    """The results as one file, or with a folder as --output as one file a clip."""
    form = FORMATS[chosen.format]
    several = len(chosen.clips) > 1
    into_folder = bool(chosen.output) and Path(chosen.output).is_dir()
    if into_folder or (several and not form.several):
        return {_file_name(one, found, form.suffix): form.write(formats.labels_of(one)) for one in found}
    return {"": form.write(formats.labels_of(*found, many=several))} if found else {}


def _file_name(one: Analysis, found: Sequence[Analysis], suffix: str) -> str:
    """The clip's name with another suffix; where two clips would share it, with the start of the digest too."""
    stems = [Path(other.video.path).stem for other in found if other.video.digest != one.video.digest]
    stem = Path(one.video.path).stem
    return f"{stem}-{one.video.digest[:8]}{suffix}" if stem in stems else stem + suffix


def _check_place(output: str | None) -> None:
    """Refuse a place that cannot be written to before the long work begins."""
    if output and not Path(output).absolute().parent.is_dir():
        raise AnalysisError(
            f"There is no folder {Path(output).absolute().parent}.", "Make it, or choose another --output."
        )


def _deliver(files: dict[str, bytes], output: str | None) -> None:
    for name, content in files.items():
        if output:
            _write(Path(output, name) if name else Path(output), content)
        else:
            sys.stdout.buffer.write(content)
            sys.stdout.flush()


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(path)
    except OSError as error:
        raise AnalysisError(f"{path} cannot be written: {error.strerror}.", "Choose another --output.") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


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


# What is told meanwhile -----------------------------------------------------------------------------------------------


class Progress:
    """A report for standard error: one line that is redrawn on a terminal, a line now and then elsewhere."""

    def __init__(self, name: str):
        self.name = name
        self.stream: TextIO = sys.stderr
        self.redraws = self.stream.isatty()
        self.told_at = 0.0
        self.message = ""

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *_why: object) -> None:
        if self.redraws:
            print("\r\x1b[2K", end="", file=self.stream, flush=True)

    def __call__(self, done: int, total: int, message: str) -> None:
        now = time.monotonic()
        wait_s = REDRAWN_S if self.redraws else SPARSE_S
        if message == self.message and now - self.told_at < wait_s:
            return
        self.told_at, self.message = now, message
        line = f"{self.name}: {message}" + (f" ({done} of {total})" if total > 0 else "")
        print(
            f"\r\x1b[2K{line}" if self.redraws else line, end="" if self.redraws else "\n", file=self.stream, flush=True
        )


def _complain(error: AnalysisError, about: str = "") -> None:
    print(f"error: {about}: {error}" if about else f"error: {error}", file=sys.stderr)
    if error.hint:
        print(f"hint: {error.hint}", file=sys.stderr)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Send what native libraries print on descriptors 1 and 2 nowhere; Python's own sys.stderr goes on as before."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    shown = sys.stderr
    sys.stdout.flush()
    shown.flush()
    kept = [os.dup(1), os.dup(2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        if shown is sys.__stderr__:
            sys.stderr = open(os.dup(kept[1]), "w", buffering=1, encoding=shown.encoding, errors="backslashreplace")
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stdout.flush()
        for descriptor, original in zip((1, 2), kept, strict=True):
            os.dup2(original, descriptor)
            os.close(original)
        os.close(nowhere)
        sys.stderr = shown


# What can be asked ----------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m core",
        description="Labels over time for video clips, with the code and the results of the dashboard.",
        epilog="KINETOSCOPE_WORKSPACE names the folder in which clips and results are kept.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    one = commands.add_parser("probe", help="measure a clip", description="Measure a clip and print it as JSON.")
    one.add_argument("clip", metavar="CLIP")
    one.set_defaults(run=probe)

    listed = commands.add_parser("models", help="list the models", description="List the models that can be used.")
    listed.add_argument("--format", choices=("text", "json"), default="text")
    listed.set_defaults(run=models)

    about = "Find out which action happens when. Several clips: a JSON list, or a CSV table with their paths."
    several = commands.add_parser("analyze", help="label clips over time", description=about)
    several.add_argument("clips", metavar="CLIP", nargs="+")
    several.add_argument("--model", default=pipeline.DEFAULT_MODEL, help="see `models` (default: %(default)s)")
    several.add_argument("--recipe", metavar="FILE", help="a saved recipe, applied before what the model needs itself")
    several.add_argument("--format", choices=tuple(FORMATS), default="json")
    several.add_argument("--output", metavar="PATH", help="a file, or a folder for one file a clip")
    several.set_defaults(run=analyze)

    _add_features(commands)
    _add_convert(commands)
    _add_score(commands)
    _add_train(commands)
    _add_search(commands)
    _add_report(commands)
    _add_evaluate(commands)
    return parser


def _add_features(commands: Commands) -> None:
    about = (
        "Write what a CNN sees at each step of a clip as arrays: times_s, values, layer and channels, in an .npz file."
    )
    seen = commands.add_parser("features", help="write what a CNN sees as arrays", description=about)
    seen.add_argument("clip", metavar="CLIP")
    seen.add_argument("--backbone", required=True, help="the CNN, such as i3d-kinetics400 or efficientnet-lite0")
    seen.add_argument(
        "--layer", help="the mean of each channel of this layer over the picture, instead of the features"
    )
    seen.add_argument("--recipe", metavar="FILE", help="a saved recipe (default: the clip as it is)")
    seen.add_argument("--output", metavar="FILE.npz", required=True)
    seen.set_defaults(run=features)


def _add_convert(commands: Commands) -> None:
    about = "Turn a file of labels into one of another program. The suffix says the format where it can."
    turned = commands.add_parser("convert", help="turn label files into those of other programs", description=about)
    turned.add_argument("labels", metavar="IN", type=Path, help="a file, or the folder or zip of a format of several")
    turned.add_argument("output", metavar="OUT", help="a file, or a folder (ending in /) for a format of several")
    turned.add_argument("--from", dest="source", metavar="NAME", help=f"format of IN: {', '.join(FORMATS)}")
    turned.add_argument("--to", metavar="NAME", help="format of OUT")
    clip = "the clip that the labels are about, for formats that count frames; again for each of several"
    turned.add_argument("--video", metavar="CLIP", action="append", default=[], help=clip)
    watched = "all of each clip was looked at: where there is no label, nothing happens"
    turned.add_argument("--watched", action="store_true", help=watched)
    turned.add_argument("--map", metavar="OLD=NEW", action="append", default=[], help="rename a label")
    turned.add_argument("--drop", metavar="LABEL", action="append", default=[], help="leave a label out")
    moments = "moments without a length: left out where OUT cannot hold them, or given the one frame shown then"
    turned.add_argument("--points", choices=("keep", "frame"), default="keep", help=moments)
    turned.add_argument("--rate", metavar="N", help="frameRate of Label Studio's Video tag")
    turned.add_argument("--every", type=_at_least_1, default=1, metavar="N", help="a label stands for N frames")
    turned.add_argument("--split", type=int, choices=(1, 2, 3), default=1, help="which of the numbered lists")
    turned.add_argument("--attribute", default="", metavar="NAME", help="VIA: the label; ELAN: tier, for tiers' names")
    turned.add_argument("--plain", action="store_true", help="a number at the end of a subtitle is part of its label")
    turned.set_defaults(run=convert)


def _at_least_1(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _add_score(commands: Commands) -> None:
    about = "Score predicted labels over time against the true ones: two label files, or two folders of them, as JSON."
    scored = commands.add_parser("score", help="score label files against the truth", description=about)
    scored.add_argument("truth", metavar="TRUTH", type=Path)
    scored.add_argument("prediction", metavar="PREDICTION", type=Path)
    scored.add_argument("--format", choices=("mstcn",), default="mstcn", help="mstcn: one label a line, a line a frame")
    blank = "label whose segments do not count, '' for none (default: background, where a file has it)"
    scored.add_argument("--background", metavar="LABEL", help=blank)
    scored.add_argument("--output", metavar="FILE")
    scored.set_defaults(run=score)


def _add_train(commands: Commands) -> None:
    about = "Train a recurrent network on a labelled set, and test it on groups of clips that it never saw, as JSON."
    trained = commands.add_parser("train", help="train on a labelled set", description=about)
    trained.add_argument("dataset", metavar="DATASET", help="a folder, zip or table, or the name of a stored set")
    pattern = "how clips tell their group: gNN, column, subject, folder, clip, or a regular expression"
    trained.add_argument("--groups", metavar="PATTERN", default="", help=f"{pattern} (default: the likeliest)")
    folds = f"a number, or {command.LEAVE_ONE_OUT} (default: the set's own split, else {command.FOLDS})"
    trained.add_argument("--folds", metavar="N", default="", help=folds)
    trained.add_argument("--backbone", metavar="NAME", default="i3d-kinetics400", help="CNN (default: %(default)s)")
    trained.add_argument("--cell", choices=("gru", "lstm"), default="gru")
    trained.add_argument("--seed", type=int, default=0, metavar="N")
    spoken = "let subtitles and transcripts beside the clips take part, and tell what they add"
    trained.add_argument("--words", action="store_true", help=spoken)
    trained.add_argument("--save", metavar="NAME", default="", help="train on all clips too, and keep that as a model")
    trained.add_argument("--output", metavar="FILE")
    trained.set_defaults(run=train)


def _add_evaluate(commands: Commands) -> None:
    about = (
        "Judge a model, or a training by what its networks said of clips they never saw, on a labelled set, as JSON."
    )
    judged = commands.add_parser("evaluate", help="judge a model on a labelled set", description=about)
    judged.add_argument("dataset", metavar="DATASET", help="a folder, zip or table, or the name of a stored set")
    judged.add_argument("--model", metavar="NAME", required=True, help="a model, or the name or key of a training")
    pattern = "how clips tell their group: gNN, column, subject, folder, clip, or a regular expression"
    judged.add_argument("--groups", metavar="PATTERN", default="", help=f"{pattern} (default: the likeliest)")
    split = (
        "judge some clips alone: given, unseen (by the model), the key of a stored split, or a file, one clip a line"
    )
    judged.add_argument("--split", metavar="FILE", default="", help=split)
    match = "a label of the set and the label of the model that stands for it; may be repeated"
    judged.add_argument("--match", metavar="LABEL=LABEL", action="append", default=[], help=match)
    fate = "clips whose label the model does not know (default: %(default)s)"
    judged.add_argument("--strangers", choices=("left out", "wrong"), default="left out", help=fate)
    judged.add_argument("--output", metavar="DIR", dest="folder", help="a folder for the report and all numbers")
    judged.set_defaults(run=evaluate)


def _add_search(commands: Commands) -> None:
    about = (
        "Find moments by words, in any of 16 languages: in the clips named, which are looked at first where nothing "
        "has, or else in all clips of the library that were analysed."
    )
    sought = commands.add_parser("search", help="find moments by words", description=about)
    sought.add_argument("query", metavar="QUERY", help="such as: 'someone rides a horse'")
    sought.add_argument("clips", metavar="CLIP", nargs="*")
    sought.add_argument("--library", action="store_true", help="all clips of the library, which is the default")
    sought.add_argument("--most", type=int, default=20, metavar="N", help="moments at most (default: %(default)s)")
    sought.add_argument("--format", choices=("text", "json"), default="text")
    sought.add_argument("--output", metavar="FILE")
    sought.set_defaults(run=search)


def _add_report(commands: Commands) -> None:
    about = (
        "Tell in words what happens in a clip, or in several together: when, how often, how long, how sure, what is "
        "unusual, and where to look first. Every number comes out of the labels that a model found."
    )
    told = commands.add_parser("report", help="tell in words what happens", description=about)
    told.add_argument("clips", metavar="CLIP", nargs="+", help="a clip, or the name of a labelled set")
    languages = ", ".join(f"{name}: {language.title}" for name, language in narrative.LANGUAGES.items())
    told.add_argument("--language", choices=tuple(narrative.LANGUAGES), default="en", help=languages)
    told.add_argument("--format", choices=tuple(narrative.FORMS), default="text", help="vtt: chapters for a player")
    told.add_argument("--model", metavar="NAME", default=pipeline.DEFAULT_MODEL, help="(default: %(default)s)")
    told.add_argument("--recipe", metavar="FILE", help="a saved recipe, applied before what the model needs itself")
    told.add_argument("--output", metavar="FILE")
    told.set_defaults(run=report)


def _problem(chosen: argparse.Namespace) -> str:
    """What does not fit together in a call, in words; empty if all does."""
    if chosen.run is search:
        if chosen.library and chosen.clips:
            return "name clips or give --library, not both"
        return "--most is a number from 1 on" if chosen.most < 1 else ""
    if chosen.run is not analyze or len(chosen.clips) == 1 or FORMATS[chosen.format].several:
        return ""
    if not chosen.output or Path(chosen.output).is_file():
        return f"{chosen.format} holds one clip a file: give a folder as --output"
    return ""


if __name__ == "__main__":
    sys.exit(main())
